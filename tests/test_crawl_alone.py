"""The spiders by Scrapy's own command, alone, over HTTPS on loopback; and what its settings really are."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.models import Evidence, Page
from spiders.archive.visits import Purpose, replay_files
from spiders.crawl import Desk, Landings, Profiles, crawl
from spiders.gate.client import Client
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.loopback import Loopback, Reply, Request
from spiders.run import Errand, Run
from tests.web import Web, answer, routes

ROOT = Path(__file__).resolve().parent.parent
PROFILE = (ROOT / "examples" / "demo" / "pages" / "trustpilot-lumivelo.html").read_bytes()
SITE, ROBOTLESS, FORBIDDING = "www.trustpilot.com", "blog.lumivelo.example", "closed.lumivelo.example"
TEXT = b"<p>" + b"The Lumivelo bicycle was delivered on time and the brakes work well in the rain. " * 20 + b"</p>"
ARTICLE = (
    b"<html lang=en><head><title>A ride</title></head><body><article><h1>A ride</h1>"
    + TEXT
    + b"</article></body></html>"
)
# Reliability section 3, "Scrapy settings": what must hold whatever Scrapy's own defaults become.
SAFE = {
    "DOWNLOAD_MAXSIZE": 16_777_216,
    "DOWNLOAD_FAIL_ON_DATALOSS": True,
    "DOWNLOAD_TIMEOUT": 12,
    "RETRY_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "REFERER_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "COOKIES_ENABLED": False,
    "COMPRESSION_ENABLED": False,
    "REDIRECT_ENABLED": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "JOBDIR": None,
    "LOG_LEVEL": "WARNING",
}


def command(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *words], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


def test_scrapy_list_shows_the_spiders() -> None:
    done = command("list")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["apis", "landings", "profiles"]


def test_every_safe_setting_holds() -> None:
    from scrapy.crawler import Crawler  # noqa: TID251
    from scrapy.utils.project import get_project_settings  # noqa: TID251

    crawler = Crawler(Profiles, get_project_settings())
    assert {name: crawler.settings[name] for name in SAFE} == SAFE
    handlers = crawler.settings.getwithbase("DOWNLOAD_HANDLERS")
    assert {scheme for scheme, handler in handlers.items() if handler is not None} <= {"http", "https"}
    said = command("settings", "--get", "DOWNLOAD_VERIFY_CERTIFICATES")
    assert said.stdout.strip() == "True", "as Scrapy's own command sees it"


def answered(request: Request) -> Reply:
    if request.path == "/robots.txt":
        return (
            Reply(b"User-agent: *\nDisallow: /", type="text/plain") if request.host == FORBIDDING else Reply(b"", 404)
        )
    return Reply(PROFILE if request.host == SITE else ARTICLE)


async def crawled(folder: Path, spider: str, urls: list[str], *, trusted: bool = True) -> tuple[list[Any], list[str]]:
    """The lines of the feed and what the hosts were asked."""
    arrived: list[str] = []
    async with Loopback(
        (SITE, ROBOTLESS, FORBIDDING), answered, seen=lambda r: arrived.append(r.host + r.path)
    ) as door:
        (door if trusted else door._replace(root=other_root(folder))).write(folder / "door.json")
        feed = folder / "out.jsonl"
        words = ("-a", f"urls={' '.join(urls)}", "-a", f"evidence={folder / 'evidence'}")
        done = await asyncio.to_thread(
            command, "crawl", spider, *words, "-a", f"loopback={folder / 'door.json'}", "-O", str(feed)
        )
        assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in feed.read_text("utf-8").splitlines()], arrived


def other_root(folder: Path) -> str:
    """An authority that signed nothing here."""
    from spiders.loopback import make_certificates

    (folder / "other").mkdir()
    make_certificates(folder / "other", ["other.example"])
    return str(folder / "other" / "root.pem")


def kept(folder: Path) -> Iterator[str]:
    for entry in replay_files(sorted((folder / "evidence").iterdir())):
        assert entry.trouble == ""
        assert entry.visit is not None
        yield f"{entry.visit.asked} {entry.visit.failure or entry.visit.skipped or entry.visit.status}"


def test_profiles_alone(tmp_path: Path) -> None:
    url = f"https://{SITE}/review/lumivelo.example"
    lines, arrived = asyncio.run(crawled(tmp_path, "profiles", [url]))
    (profile,) = lines
    assert (profile["site"], profile["rating"]["value"], profile["outcome"]["status"]) == ("trustpilot", 4.6, "RESULTS")
    assert arrived == [f"{SITE}/robots.txt", f"{SITE}/review/lumivelo.example"]
    assert list(kept(tmp_path)) == [f"{url} 200"]


def test_landings_alone_obey_robots(tmp_path: Path) -> None:
    urls = [f"https://{ROBOTLESS}/ride", f"https://{FORBIDDING}/ride"]
    lines, arrived = asyncio.run(crawled(tmp_path, "landings", urls))
    (landing,) = lines
    assert (landing["title"], landing["language"], landing["outcome"]["status"]) == ("A ride", "en", "RESULTS")
    assert f"{FORBIDDING}/ride" not in arrived
    assert sorted(kept(tmp_path)) == [f"{urls[0]} 200", f"{urls[1]} SKIPPED robots"]


def test_a_certificate_of_a_stranger_is_refused(tmp_path: Path) -> None:
    lines, arrived = asyncio.run(crawled(tmp_path, "landings", [f"https://{ROBOTLESS}/ride"], trusted=False))
    assert arrived == []
    assert [line["outcome"]["status"] for line in lines] == []
    (said,) = kept(tmp_path)
    assert "SKIPPED robots" in said, "unreachable robots mean no"


@pytest.mark.parametrize("fault", ["self_signed", "expired", "wrong_host"])
def test_scrapy_itself_verifies(tmp_path: Path, fault: str) -> None:
    """Even where the gate's own client would have taken the certificate."""
    page, heard = asyncio.run(by_scrapy(tmp_path, fault))
    assert (page.failure, page.body, heard) == (page.failure or "none", b"", 0)


def test_scrapy_takes_a_good_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
    page, heard = asyncio.run(by_scrapy(tmp_path, "good"))
    assert (page.failure, b"Lumivelo" in page.body, heard) == ("", True, 1)


async def by_scrapy(folder: Path, fault: str) -> tuple[Page, int]:
    """What one address gives, and how many requests for it arrived."""
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    async with Web() as web:
        (folder / "root.pem").write_text(web.authority.root(), "utf-8")
        base = await web.site("shop.example", routes(robots_txt=answer(404), rest=answer()), tls=fault)
        client = Client(web.egress(), tls=careless)
        with Run(folder / "run", tool="test", clock=lambda: datetime.now(UTC), keep=evidence) as run:
            async with Gate(egress=web.egress(), client=client, manners=Manners(delay=0.0, jitter=0.0)) as gate:
                told: list[Page] = []
                desk = Desk(gate, run, told=lambda _, entry: told.append(entry.page) if entry.page else None)
                await crawl(Landings, [Errand(base + "/page", Purpose.LANDING)], desk)
        return told[0], sum(request.path == "/page" for request in web.arrivals)


def evidence(page: Page) -> Evidence:
    assert page.evidence is not None
    return page.evidence
