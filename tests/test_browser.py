"""The real Chromium as a searcher of each market, its contexts and profiles, a challenge solved by hand, its memory."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.brief import parse_brief
from audit.models import Device, Evidence, Outcome, Page, Status
from spiders.browser import find_browser
from spiders.browser.fetch import Fetcher, Options, Proxy
from spiders.browser.memory import Family, Watch, held, tree, watched
from spiders.browser.place import DESKTOP, Place
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.live import Live
from spiders.loopback import Loopback, Reply
from spiders.loopback import Request as Asked
from spiders.run import Kept, Run
from tests.web import Handler, Request, Web, answer, raw, whole

BROWSER = find_browser()
pytestmark = pytest.mark.skipif(not BROWSER.path, reason="no browser on this machine")
SWIFT = Manners(delay=0.0, jitter=0.0, total=30.0)
LIMIT = 20.0  # seconds for one address
ECHO = b"""<html><head><meta name=viewport content="width=device-width"></head><body><pre id=told></pre><script>
const intl = Intl.DateTimeFormat().resolvedOptions();
const told = {language: navigator.language, languages: navigator.languages, zone: intl.timeZone, locale: intl.locale,
  width: innerWidth, height: innerHeight, touch: navigator.maxTouchPoints, agent: navigator.userAgent,
  cookie: document.cookie, stored: localStorage.getItem("seen")};
document.cookie = "seen=yes; max-age=9999"; localStorage.setItem("seen", "yes");
document.getElementById("told").textContent = JSON.stringify(told);
</script></body></html>"""
MARKETS = {
    ("RU", "ru"): "Europe/Moscow",
    ("UA", "uk"): "Europe/Kyiv",
    ("KR", "ko"): "Asia/Seoul",
    ("CN", "zh"): "Asia/Shanghai",
    ("GB", "en"): "Europe/London",
}
ALIASES = {"Europe/Kiev": "Europe/Kyiv"}  # as browsers with older zone names call it
CLOUDY = (
    b"<html><head><title>Lumivelo - Search</title></head><body>"
    b"<div class=captcha><div class=captcha_header>One last step</div></div></body></html>"
)
CAPTCHA = b"<html><body><form id=captcha-form action=/solved></form></body></html>"


def results(page: Page) -> Outcome:
    return Outcome(status=Status.RESULTS)


def blocked_or_not(page: Page) -> Outcome:
    blocked = b"captcha-form" in page.body
    return Outcome(status=Status.BLOCKED, kind="captcha") if blocked else Outcome(status=Status.RESULTS)


@asynccontextmanager
async def fetching(web: Web, **more: Any) -> AsyncIterator[Fetcher]:
    async with Gate(egress=web.egress(), manners=SWIFT) as gate:
        way = gate.proxy.chromium
        proxy = Proxy(way["proxy"]["server"], way["proxy"]["username"], way["proxy"]["password"])
        wanted = {"arguments": tuple(way["args"]), "deadline": LIMIT, "sandbox": os.geteuid() != 0, **more}
        async with Fetcher(Options(BROWSER.path, proxy=proxy, **wanted)) as fetcher:
            yield fetcher


async def told(fetcher: Fetcher, url: str, place: Place) -> dict[str, Any]:
    page = (await fetcher.visit(url, place, results)).page
    assert page.failure == ""
    said: dict[str, Any] = json.loads(page.body.partition(b'<pre id="told">')[2].partition(b"</pre>")[0])
    return said


# ---------------------------------------------------------------- places


async def of_all_markets() -> dict[Place, tuple[dict[str, Any], str]]:
    """What the page sees of each market, and the language header it was asked with."""
    async with Web() as web, fetching(web) as fetcher:
        url = await web.site("echo.example", answer(body=ECHO))
        found = {}
        for (country, language), device in [(market, device) for market in MARKETS for device in Device]:
            place = Place(country, language, device)
            said = await told(fetcher, f"{url}/{country}/{device.value}", place)
            asked = next(r for r in web.arrivals if r.path == f"/{country}/{device.value}")
            found[place] = (said, asked.headers["accept-language"])
        return found


@pytest.fixture(scope="module")
def markets() -> dict[Place, tuple[dict[str, Any], str]]:
    return asyncio.run(of_all_markets())


@pytest.mark.parametrize("device", list(Device))
@pytest.mark.parametrize("market", list(MARKETS))
def test_a_page_sees_a_searcher_of_the_market(
    markets: dict[Place, tuple[dict[str, Any], str]], market: tuple[str, str], device: Device
) -> None:
    country, language = market
    said, header = markets[Place(country, language, device)]
    locale = f"{language}-{country}"
    assert (said["language"], said["languages"][0], said["locale"]) == (locale, locale, locale)
    assert header.startswith(locale)
    assert ALIASES.get(said["zone"], said["zone"]) == MARKETS[market]
    phone = device is Device.PHONE
    assert (said["touch"] > 0, "Mobile" in said["agent"], said["width"] < 600) == (phone, phone, phone)
    if not phone:
        assert (said["width"], said["height"]) == (DESKTOP["width"], DESKTOP["height"])
    assert (said["cookie"], said["stored"]) == ("", None), "nothing of another market or device"


# ---------------------------------------------------------------- contexts and profiles


async def twice(folder: Path | None) -> list[dict[str, Any]]:
    """The same market by two browsers, as two brands or two runs would have them; the same one is asked twice."""
    async with Web() as web:
        url = await web.site("echo.example", answer(body=ECHO))
        said = []
        for _ in range(2):
            async with fetching(web, profile=folder) as fetcher:
                said += [await told(fetcher, url, Place("GB", "en")) for _ in range(2)]
        return said


def test_no_cookie_crosses_brands() -> None:
    said = asyncio.run(twice(None))
    assert [(one["cookie"], one["stored"]) for one in said] == [("", None), ("seen=yes", "yes")] * 2


def test_a_profile_on_request_survives(tmp_path: Path) -> None:
    said = asyncio.run(twice(tmp_path / "profile"))
    assert [(one["cookie"], one["stored"]) for one in said] == [("", None), *[("seen=yes", "yes")] * 3]


async def side_by_side() -> tuple[list[str], str]:
    """A visit that fails while another one of the same market is still loading."""
    async with Web() as web, fetching(web) as fetcher:
        failed = asyncio.Event()

        async def slow(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await failed.wait()
            writer.write(whole())

        broken, good = await web.site("broken.example", raw(b"HELLO\r\n\r\n")), await web.site("good.example", slow)
        waiting = asyncio.ensure_future(fetcher.visit(good, Place("GB", "en"), results))
        kinds = [(await fetcher.visit(broken, Place("GB", "en"), results)).page.failure for _ in range(3)]
        failed.set()
        return kinds, (await waiting).page.failure


def test_a_failure_beside_it_does_not_end_a_visit() -> None:
    kinds, other = asyncio.run(side_by_side())
    assert ("" in kinds, other) == (False, "")


async def after_kills() -> list[str]:
    async with Web() as web, fetching(web) as fetcher:
        url = await web.site("good.example")
        said = []
        for _ in range(2):
            said.append((await fetcher.visit(url, Place("GB", "en"), results)).page.failure)
            for pid in set(tree(os.getpid())) - {os.getpid()}:
                with suppress(FileNotFoundError, ProcessLookupError):  # its parent went first
                    if b"chrom" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)
        said += [(await fetcher.visit(url, Place("GB", "en"), results)).page.failure for _ in range(2)]
        return said


@pytest.mark.skipif(not watched(), reason="this system has no /proc")
def test_a_killed_browser_is_started_anew() -> None:
    said = asyncio.run(after_kills())
    assert said[0] == said[-1] == ""
    assert set(said) <= {"", "BrowserCrashed"}


def test_a_server_that_asks_for_a_name_gets_none() -> None:
    async def asked() -> tuple[int | None, list[Request]]:
        async with Web() as web, fetching(web) as fetcher:
            url = await web.site("nosy.example", answer(401, www_authenticate='Basic realm="x"'))
            page = (await fetcher.visit(url, Place("GB", "en"), results)).page
            return page.status, web.arrivals

    status, arrivals = asyncio.run(asked())
    assert status == 401
    assert arrivals
    assert not any("authorization" in name for request in arrivals for name in request.headers)


# ---------------------------------------------------------------- challenges


def challenge_until(solved: asyncio.Event) -> Handler:
    async def handle(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        moved = (
            b"<script>setInterval(async () => (await (await fetch('/state')).text()) && location.reload(), 50)</script>"
        )
        if request.path == "/state":
            writer.write(whole(body=b"solved" if solved.is_set() else b""))
        else:
            writer.write(whole() if solved.is_set() else whole(429, CAPTCHA.replace(b"</body>", moved + b"</body>")))

    return handle


async def by_hand(*, helps: bool) -> tuple[Page, list[tuple[Outcome, str]]]:
    async with Web() as web, fetching(web) as fetcher:
        solved, asked = asyncio.Event(), list[tuple[Outcome, str]]()
        url = await web.site("engine.example", challenge_until(solved))

        async def person(outcome: Outcome, where: str) -> None:
            """Somebody at the window: what is solved there is seen by the same tab."""
            asked.append((outcome, where))
            if helps:
                arrived = len(web.arrivals)
                solved.set()
                while not any(r.path == "/" for r in web.arrivals[arrived:]):
                    await asyncio.sleep(0)

        capture = await fetcher.visit(url + "/", Place("GB", "en"), blocked_or_not, person=person)
        return capture.page, asked


def test_a_person_is_told_waited_for_and_the_visit_goes_on() -> None:
    page, asked = asyncio.run(by_hand(helps=True))
    ((outcome, where),) = asked
    assert (outcome.status, outcome.kind) == (Status.BLOCKED, "captcha")
    assert where.startswith("http://engine.example")
    assert (page.failure, page.status, b"captcha-form" in page.body, b"Lumivelo" in page.body) == ("", 200, False, True)


def test_an_unsolved_challenge_stays_blocked_and_is_asked_about_once() -> None:
    page, asked = asyncio.run(by_hand(helps=False))
    assert len(asked) == 1
    assert blocked_or_not(page).status is Status.BLOCKED


BRIEF = """
[brand]
name = "Lumivelo"
domains = ["lumivelo.example"]
[[markets]]
country = "GB"
language = "en"
engines = ["bing"]
per_class = 2
[collect]
suggestions = false
"""


def test_headless_a_challenge_is_kept_and_the_engine_rests(tmp_path: Path) -> None:
    visits, asked = asyncio.run(headless(tmp_path / "run"))
    first, *others = visits
    assert first.arrived
    assert others, "more cells of the same engine were planned"
    assert all(entry.visit.skipped and entry.visit.skipped.kind == "suspended" for entry in others)
    assert len(asked) == 1, "the challenge is not asked again, and nothing else of that engine"
    page = first.page
    assert page is not None
    assert b"captcha" in page.body, "the challenge itself is the evidence"


async def headless(folder: Path) -> tuple[list[Kept], list[Asked]]:
    arrived: list[Asked] = []

    def bing(request: Asked) -> Reply:
        return Reply(b"", 404) if request.path == "/robots.txt" else Reply(CLOUDY)

    def seen(request: Asked) -> None:
        if request.path.startswith("/search"):
            arrived.append(request)

    async with Loopback(("www.bing.com",), bing, seen=seen) as door, door.gate() as gate:
        way = gate.proxy.chromium
        proxy = Proxy(way["proxy"]["server"], way["proxy"]["username"], way["proxy"]["password"])
        options = Options(
            BROWSER.path, proxy=proxy, arguments=(*way["args"], *door.arguments), sandbox=os.geteuid() != 0
        )
        with Run(folder, tool="test", clock=lambda: datetime.now(UTC), keep=kept) as run:
            async with Fetcher(options) as fetcher:
                await Live(parse_brief(BRIEF), run, gate, told=lambda _: None).collect(fetcher)
            return run.visits, arrived


def kept(page: Page) -> Evidence:
    assert page.evidence is not None
    return page.evidence


# ---------------------------------------------------------------- memory


@pytest.mark.skipif(not watched(), reason="this system does not tell what a process holds")
def test_the_watch_kills_what_is_over_its_cap_and_nobody_else() -> None:
    async def watch() -> tuple[int, int, int | None]:
        child = await asyncio.create_subprocess_exec("sleep", "60")
        spared = Watch(child.pid, most=1 << 30)
        spared.look()
        alive = child.returncode
        greedy = Watch(child.pid, most=1)
        greedy.look()
        await child.wait()
        greedy.look()  # its number may be anybody's now
        return spared.kills, greedy.kills, alive

    assert asyncio.run(watch()) == (0, 1, None)


@pytest.mark.skipif(not watched(), reason="this system does not tell what a process holds")
def test_memory_is_that_of_the_process_and_its_children() -> None:
    before = held(os.getpid())
    ballast = bytearray(os.urandom(1) * 50_000_000)
    assert held(os.getpid()) - before > 40_000_000
    assert len(ballast) == 50_000_000
    assert os.getpid() in Family().of(os.getppid())
