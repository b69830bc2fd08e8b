"""The whole collection on a loopback web: the real Chromium and the real Scrapy, HTTPS, robots, blocks, replay."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.brief import Brief, parse_brief
from audit.models import Evidence, Feature, Origin, Page, SerpQuery, Snapshot, Status
from audit.store import Store
from spiders import suggestions
from spiders.address import parameter
from spiders.archive.visits import Purpose, Visit, read_page, replay_files
from spiders.browser import find_browser
from spiders.browser.fetch import Fetcher, Options, Proxy
from spiders.collect import collect
from spiders.gate.client import Client
from spiders.gate.gate import Gate, Permit
from spiders.gate.pace import Manners
from spiders.live import Live, read_run
from spiders.loopback import Door, Loopback, Reply
from spiders.loopback import Request as LoopbackRequest
from spiders.recorded import RecordedWeb
from spiders.registry import engines
from spiders.run import Finished, Kept, Run, check_files
from tests.test_cli import run as command
from tests.web import Handler, Request, Web, answer, routes, whole

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "examples" / "demo" / "pages"
SWIFT = Manners(delay=0.0, jitter=0.0, total=40.0)
BROWSER = find_browser()
pytestmark = pytest.mark.skipif(not BROWSER.path, reason="no browser on this machine")
FORBIDS = b"User-agent: *\nDisallow: /search"
BRIEF = """
[brand]
name = "Lumivelo"
domains = ["lumivelo.example"]

[[markets]]
country = "GB"
language = "en"
engines = ["google", "bing"]
per_class = 1

[[markets]]
country = "CN"
language = "zh"
engines = ["baidu"]
brand = "露米维洛"
per_class = 1

[collect]
reviews = ["https://www.trustpilot.com/review/lumivelo.example"]
landings = 1
"""
CONSENT = '\n[consent]\n"www.google.com" = "the client, 2026-11-20"\n'
FILES = {"brand": "brand", "evaluation": "reviews", "complaint": "complaints"}


def served(engine: str, language: str, brief: Brief, robots: Handler) -> Handler:
    """The demonstration's page of whatever is asked, and robots."""
    kinds = {keyword.text: FILES[keyword.kind] for keyword in brief.keywords()}
    parameters = engines()[engine].query_parameters

    async def page(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = parameter(f"https://x.example{request.path}", *parameters)
        writer.write(whole(200, (PAGES / f"{engine}-{language}-{kinds[asked]}.html").read_bytes()))
        await writer.drain()

    return routes(robots_txt=robots, rest=page)


async def open_web(web: Web, brief: Brief) -> None:
    free = answer(404)
    words = answer(body=json.dumps(["lumivelo", ["lumivelo refund"]]).encode())
    await web.site("suggestqueries.google.com", routes(robots_txt=free, complete_search=words), tls="good")
    await web.site("www.google.com", served("google", "en", brief, answer(body=FORBIDS)), tls="good")
    await web.site("www.bing.com", served("bing", "en", brief, free), tls="good")
    await web.site("www.baidu.com", served("baidu", "zh", brief, free), tls="good")
    profile = (PAGES / "trustpilot-lumivelo.html").read_bytes()
    await web.site("www.trustpilot.com", routes(robots_txt=free, rest=answer(body=profile)), tls="good")


def kept(page: Page) -> Evidence:
    assert page.evidence is not None
    return page.evidence


async def sitting(folder: Path, brief: Brief, web: Web) -> Sequence[Kept]:
    """One run of `repaudit run`, but for the web it meets."""
    client = Client(web.egress(), tls=web.authority.client())
    with Run(folder, tool="test", clock=lambda: datetime.now(UTC), keep=kept) as run:
        async with Gate(egress=web.egress(), client=client, manners=SWIFT) as gate:
            way = gate.proxy.chromium
            trust = f"--ignore-certificate-errors-spki-list={','.join(web.authority.pins)}"
            options = Options(
                program=BROWSER.path,
                proxy=Proxy(**{k: v for k, v in way["proxy"].items() if k != "bypass"}),
                arguments=(*way["args"], trust),
                sandbox=os.geteuid() != 0,
            )
            async with Fetcher(options) as fetcher:
                await Live(brief, run, gate, told=lambda _: None).collect(fetcher)
    return run.visits


def snapshot_of(brief: Brief, visits: Sequence[Kept]) -> Snapshot:
    found = read_run(brief, visits)
    return collect(brief, found.arrivals, taken_at=visits[-1].visit.at, tool="test", beside=found.beside)


def outcomes(snapshot: Snapshot) -> Counter[str]:
    return Counter(f"{serp.query.engine} {serp.outcome}" for serp in snapshot.serps)


async def without_and_with_consent(folder: Path) -> tuple[Snapshot, Snapshot, list[Request]]:
    """A run that robots keep from Google, taken up again once the client has said so."""
    brief = parse_brief(BRIEF)
    async with Web() as web:
        await open_web(web, brief)
        (folder.parent / "root.pem").write_text(web.authority.root(), "utf-8")
        first = snapshot_of(brief, await sitting(folder, brief, web))
        asked = len(web.arrivals)
        agreed = parse_brief(BRIEF + CONSENT)
        second = snapshot_of(agreed, await sitting(folder, agreed, web))
        assert web.accepts == []
        return first, second, web.arrivals[asked:]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot, Snapshot, list[Request]]:
    folder = tmp_path_factory.mktemp("live") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder.parent / "root.pem"))  # Scrapy trusts what the system trusts
        return folder, *asyncio.run(without_and_with_consent(folder))


Told = tuple[Path, Snapshot, Snapshot, list[Request]]


def test_every_cell_ends_in_its_outcome(told: Told) -> None:
    _, first, _, _ = told
    said = outcomes(first)
    assert said["google SKIPPED robots"] == 3
    assert said["bing RESULTS"] == 2
    assert said["bing BLOCKED captcha"] == 1
    assert said["baidu RESULTS"] == 2
    assert said["baidu BLOCKED captcha"] == 1
    assert len(first.serps) == len(first.plan) == 9


def test_an_imported_page_and_a_fetched_one_say_the_same(told: Told) -> None:
    from spiders.reading import read

    _, first, _, _ = told
    serp = next(
        s for s in first.serps if s.query == SerpQuery(engine="bing", keyword="Lumivelo", country="GB", language="en")
    )
    body = (PAGES / "bing-en-brand.html").read_bytes()
    (saved,) = read(Page(body=body, fetched_at=serp.fetched_at), engine="bing", query=serp.query)
    organic = [(r.rank, r.url, r.title, r.snippet) for r in serp.results if r.feature is Feature.ORGANIC]
    assert organic == [(r.rank, r.url, r.title, r.snippet) for r in saved.results if r.feature is Feature.ORGANIC]  # type: ignore[union-attr]


def test_consent_is_needed_printed_and_enough(told: Told) -> None:
    _, first, second, _ = told
    assert first.consents == {}
    assert second.consents == {"www.google.com": "the client, 2026-11-20"}
    assert outcomes(second)["google RESULTS"] == 3


def test_what_was_answered_is_not_asked_again(told: Told) -> None:
    _, _, second, later = told
    pages = [request for request in later if request.path.startswith(("/search?", "/s?"))]
    assert Counter(request.host for request in pages) == {"www.google.com": 3, "www.bing.com": 1, "www.baidu.com": 1}
    assert outcomes(second)["bing RESULTS"] == 2


def test_suggestions_ratings_and_pages_behind_results(told: Told) -> None:
    _, _, second, _ = told
    proposed = {r.title for s in second.serps for r in s.of(Feature.SUGGESTION)}
    assert proposed == {"lumivelo refund"}, "engines that asked for a human rest, and so do their suggestions"
    serp = next(s for s in second.serps if s.query.engine == "google")
    assert serp.also[0].sha256 != serp.evidence.sha256 if serp.evidence else False
    (profile,) = second.profiles
    assert profile.rating is not None
    assert (profile.site, profile.rating.value, profile.outcome.status) == ("trustpilot", 4.6, Status.RESULTS)
    assert [landing.url for landing in second.landings] == ["https://www.trustpilot.com/review/lumivelo.example"], (
        "the other hosts cannot be reached, and unreachable robots mean no"
    )


def test_replay_without_network_gives_the_same_snapshot(told: Told) -> None:
    folder, _, second, _ = told
    visits = []
    for entry in replay_files([folder]):
        assert entry.trouble == ""
        assert entry.visit is not None
        visits.append(Kept(entry.visit, entry.page))
    assert snapshot_of(parse_brief(BRIEF + CONSENT), visits) == second


def test_no_token_of_the_way_out_is_written(told: Told) -> None:
    import gzip

    folder, *_ = told
    written = b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("*.warc.gz"))
    assert b"Proxy-Authorization" not in written
    assert b"gate:" not in written


def test_command_line_replays_exports_and_verifies(told: Told, tmp_path: Path) -> None:
    folder, _, second, _ = told
    (tmp_path / "brief.toml").write_text(BRIEF + CONSENT, "utf-8")
    shutil.copytree(folder, tmp_path / "repaudit.evidence" / "run")
    done = command("run", "brief.toml", "--replay", "repaudit.evidence/run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answered = sum(serp.outcome.answered for serp in second.serps)
    facts = json.loads(done.stdout)
    assert (facts["planned"], facts["answered"]) == (9, answered)
    done = command("export", "brief.toml", "--wacz", "proof.wacz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = command("run", "brief.toml", "--replay", "proof.wacz", "--json", cwd=tmp_path)
    assert (
        again.stdout == command("run", "brief.toml", "--replay", "repaudit.evidence/run", "--json", cwd=tmp_path).stdout
    )
    assert command("verify", "brief.toml", cwd=tmp_path).returncode == 0
    assert command("run", "brief.toml", "--replay", "nothing.warc.gz", cwd=tmp_path).returncode == 2
    warc = next((tmp_path / "repaudit.evidence" / "run").glob("*.warc.gz"))
    warc.write_bytes(warc.read_bytes()[:-40])
    cut = command("run", "brief.toml", "--replay", "repaudit.evidence/run", cwd=tmp_path)
    assert cut.returncode == 3
    assert "Truncated" in cut.stderr


# ---------------------------------------------------------------- what a run holds and reads


def test_pages_are_read_back_once_and_one_at_a_time(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _, second, _ = told
    reads: list[str] = []

    def counted(path: Path, place: int, visit: Visit) -> Page:
        reads.append(visit.record)
        return read_page(path, place, visit)

    monkeypatch.setattr("spiders.run.read_page", counted)
    brief = parse_brief(BRIEF + CONSENT)
    copy = Path(shutil.copytree(folder, folder.parent / "copy"))
    with Run(copy, tool="test", clock=lambda: datetime.now(UTC), keep=kept) as run:
        assert reads == [], "a run is opened without holding a page"
        live = Live(brief, run, Gate(), told=lambda _: None)
        live._recall()
        wanted = {errand.url for errand in live._landings()}
        assert wanted.isdisjoint(entry.visit.asked for entry in run.visits if entry.arrived)
        pages = [entry.visit for entry in run.visits if entry.arrived]
        assert sorted(reads) == sorted(v.record for v in pages if v.purpose is Purpose.SERP)
        reads.clear()
        found = read_run(brief, run.visits)
        assert sorted(reads) == sorted(v.record for v in pages)
    assert all(arrival.page.body == b"" for arrival in found.arrivals)
    assert collect(brief, found.arrivals, taken_at=second.taken_at, tool="test", beside=found.beside) == second


# ---------------------------------------------------------------- the loopback web and the demonstration


def test_a_door_leads_to_this_machine_and_nowhere_else(tmp_path: Path) -> None:
    async def asked() -> tuple[list[str], list[str]]:
        seen: list[str] = []
        web = Loopback(["shop.example"], lambda _: Reply(b"User-agent: *\n"), seen=lambda r: seen.append(r.url))
        async with web as door:
            door.write(tmp_path / "door.json")
            again = Door.read(tmp_path / "door.json")
            assert again == door
            said = []
            async with again.gate() as gate:
                for url in ("https://shop.example/a", "https://other.example/", "https://10.0.0.1/", "https://[::1]/"):
                    async with gate.visit(url) as answer:
                        said.append("permit" if isinstance(answer, Permit) else answer.reason)
            return said, seen

    said, seen = asyncio.run(asked())
    assert said == ["permit", "robots", "EgressRefused", "EgressRefused"], "unreachable robots mean no"
    assert seen == ["https://shop.example/robots.txt"]


@pytest.mark.parametrize("text", ["", "{}", '{"port": 1, "hosts": [], "root": "nowhere.pem", "pin": ""}', "[1]"])
def test_a_file_that_is_no_door_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    (tmp_path / "door.json").write_text(text, "utf-8")
    done = command("run", "brief.toml", "--loopback", "door.json", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_recorded_web_answers_what_was_recorded_and_nothing_else() -> None:
    web = RecordedWeb([PAGES], parse_brief(BRIEF).plan(), words={"Lumivelo": ["lumivelo refund"]})
    asked = {
        "https://www.google.com/search?q=Lumivelo+reviews&hl=en": 200,
        "https://www.google.com/search?q=something+else": 500,
        "https://www.trustpilot.com/review/lumivelo.example": 200,
        "https://www.trustpilot.com/review/other.example": 404,
        "https://www.bing.com/robots.txt": 200,
    }
    for url, status in asked.items():
        host, _, path = url.removeprefix("https://").partition("/")
        assert web(LoopbackRequest(host, f"/{path}")).status == status, url
    for engine in ("google", "bing", "baidu"):
        url = suggestions.address(SerpQuery(engine=engine, keyword="Lumivelo"))
        host, _, path = url.removeprefix("https://").partition("/")
        assert suggestions.read_words(engine, web(LoopbackRequest(host, f"/{path}")).body) == ("lumivelo refund",)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    done = command("demo", "--out", "d", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "15 of 18 queries answered" in done.stdout
    return folder / "d", done.stderr


def rows(snapshot: Snapshot) -> dict[SerpQuery, list[tuple[str, int, str, str, str]]]:
    """What the pages show; suggestions come beside them."""
    return {
        serp.query: [
            (r.feature, r.rank, r.url, r.title, r.snippet) for r in serp.results if r.feature is not Feature.SUGGESTION
        ]
        for serp in snapshot.serps
    }


def test_the_demonstration_is_collected_live_and_says_what_its_saved_pages_say(
    demo: tuple[Path, str], tmp_path: Path
) -> None:
    folder, told = demo
    assert "serp google 'Lumivelo': RESULTS" in told
    with Store.open(str(folder / "demo.sqlite")) as store:
        live = store.latest("Lumivelo")
        files = [Finished(entry.file, entry.size, entry.sha256) for entry in store.archives()]
        assert store.verify() == []
    assert live is not None
    assert (live.origin, live.tool.endswith("(loopback)")) == (Origin.LIVE, True)
    assert check_files(folder / "demo.evidence", files) == []
    shutil.copy(ROOT / "examples" / "demo" / "brief.toml", tmp_path / "brief.toml")
    done = command("import", "brief.toml", PAGES, "--at", "2026-11-20T09:00Z", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Store.open(str(tmp_path / "repaudit.sqlite")) as store:
        saved = store.latest("Lumivelo")
    assert saved is not None
    assert {query: found for query, found in rows(live).items() if query in rows(saved)} == rows(saved)


def test_the_demonstration_shows_all_that_a_run_brings(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    with Store.open(str(folder / "demo.sqlite")) as store:
        live = store.latest("Lumivelo")
    assert live is not None
    assert all(serp.evidence and serp.evidence.screenshot for serp in live.serps)
    assert {serp.query.language for serp in live.serps if serp.of(Feature.SUGGESTION)} == {"en", "ru", "uk", "ko"}
    assert [profile.site for profile in live.profiles] == ["trustpilot"]
    assert sum(landing.outcome.status is Status.RESULTS for landing in live.landings) >= 13
    assert set(live.consents) == {"www.google.com", "www.bing.com"}
    assert outcomes(live)["google FAILED HttpStatus"] == 1
    entries = list(replay_files(sorted(folder.glob("demo.evidence/*/"))))
    assert not [entry.trouble for entry in entries if entry.trouble]


def test_without_a_browser_the_demonstration_says_so_and_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("REPAUDIT_BROWSER", raising=False)
    if find_browser().path:
        pytest.skip("a browser stands in a place that is always looked at")
    done = command("demo", "--out", "d", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No browser found" in done.stderr
    assert "saved pages are imported instead" in done.stderr
    assert "15 of 18 queries answered" in done.stdout


def test_a_browser_that_does_not_start_is_named(tmp_path: Path) -> None:
    """It says its version and then fails: a broken installation, or one that is not allowed to start."""
    program = tmp_path / "chromium"
    program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Chromium 1 || exit 7\n', "utf-8")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPAUDIT_BROWSER", str(program))
        done = command("demo", "--out", "d", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the browser does not start" in done.stderr
    assert "saved pages are imported instead" in done.stderr
