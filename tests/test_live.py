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
from audit.models import Evidence, Feature, Page, SerpQuery, Snapshot, Status
from spiders.address import parameter
from spiders.archive.visits import replay_files
from spiders.browser import find_browser
from spiders.browser.fetch import Fetcher, Options, Proxy
from spiders.collect import collect
from spiders.gate.client import Client
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.live import Live, read_run
from spiders.registry import engines
from spiders.run import Kept, Run
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
    assert json.loads(done.stdout) | {"taken_at": ""} == {"planned": 9, "answered": answered, "taken_at": ""}
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
