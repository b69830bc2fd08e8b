"""Every fault of a server against both real fetchers: named, within its deadline, and the next address still works."""

from __future__ import annotations

import asyncio
import gzip
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.models import Evidence, Outcome, Page, Status
from spiders.archive.visits import Purpose
from spiders.browser import find_browser
from spiders.browser.fetch import Fetcher, Options, Proxy
from spiders.browser.place import Place
from spiders.crawl import Desk, Landings, crawl
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.run import Errand, Kept, Run
from tests.web import FAULTS, PAGE, Handler, Web, answer, raw, reset_in_body, routes, whole

DEADLINE = 4.0  # seconds, for the sake of the test
GRACE = 2.0  # reliability B1: deadline + 2 s
SWIFT = Manners(delay=0.0, jitter=0.0, total=DEADLINE)
BROWSER = find_browser()
LONG = (
    b"<html><body>"
    + "".join(chr(97 + n * n % 26) + str(n * 7919 % 997) for n in range(9_000)).encode()
    + b"</body></html>"
)
MORE: dict[str, Handler] = {
    "gzip_cut_in_the_middle": answer(body=gzip.compress(LONG)[:9_000], content_encoding="gzip"),
    "reset_in_body": reset_in_body,
    "body_over_length": answer(content_length="20"),
    "empty": answer(body=b""),
    "redirect_loop": raw(whole(302, b"", location="/again")),
    "redirect_to_file": raw(whole(302, b"", location="file:///etc/passwd")),
    "redirect_to_script": raw(whole(302, b"", location="javascript:alert(1)")),
    "download": answer(content_type="application/zip"),
}
# What a fetcher may call it: layers see a broken answer differently, but none may call it a page.
NAMED = {
    "Reset", "BadHttp", "DataLoss", "LengthDoubt", "Truncated", "BadEncoding", "TooLarge", "Deadline", "Empty",
    "RedirectLoop", "RedirectRefused", "NotHtml", "Connect",
}  # fmt: skip


async def faulty(web: Web) -> dict[str, str]:
    """One host for every fault, robots free; and a good one."""
    handlers = {name: handler for name, (handler, _) in FAULTS.items()} | MORE
    found = {}
    for name, handler in handlers.items():
        host = f"{name.replace('_', '-')}.example"
        found[name] = await web.site(host, routes(robots_txt=answer(404), rest=handler)) + "/page"
    found["good"] = await web.site("good.example", routes(robots_txt=answer(404), rest=answer(body=PAGE * 3))) + "/page"
    return found


Ask = Callable[[str], Awaitable[tuple[str, int]]]


async def all_named(ask: Ask, urls: dict[str, str]) -> dict[str, tuple[str, float]]:
    """Each fault, then the good page: what it was called, and how long it took."""
    told = {}
    for name, url in urls.items():
        begun = time.monotonic()
        kind, _ = await ask(url)
        told[name] = (kind, time.monotonic() - begun)
        after, size = await ask(urls["good"])
        assert (after, size > 0) == ("", True), f"after {name} the next address is {after or 'empty'}"
    return told


async def by_scrapy(folder: Path) -> dict[str, tuple[str, float]]:
    async with Web() as web, Gate(egress=web.egress(), manners=SWIFT) as gate:
        urls = await faulty(web)
        with Run(folder, tool="test", clock=lambda: datetime.now(UTC), keep=kept) as run:
            told: list[Kept] = []
            desk = Desk(gate, run, told=lambda _, entry: told.append(entry))

            async def ask(url: str) -> tuple[str, int]:
                await crawl(Landings, [Errand(url, Purpose.LANDING)], desk)
                page = told[-1].page
                return (page.failure, len(page.body)) if page else (str(told[-1].visit.skipped), 0)

            return await all_named(ask, urls)


async def by_chromium() -> dict[str, tuple[str, float]]:
    async with Web() as web, Gate(egress=web.egress(), manners=SWIFT) as gate:
        urls = await faulty(web)
        way = gate.proxy.chromium
        options = Options(
            program=BROWSER.path,
            proxy=Proxy(**{k: v for k, v in way["proxy"].items() if k != "bypass"}),
            arguments=tuple(way["args"]),
            deadline=DEADLINE,
            sandbox=os.geteuid() != 0,
        )
        async with Fetcher(options) as fetcher:

            async def ask(url: str) -> tuple[str, int]:
                capture = await fetcher.visit(url, Place("GB", "en"), reader)
                return capture.page.failure, len(capture.page.body)

            return await all_named(ask, urls)


def reader(page: Page) -> Outcome:
    return Outcome(status=Status.RESULTS)


def kept(page: Page) -> Evidence:
    assert page.evidence is not None
    return page.evidence


def judge(told: dict[str, tuple[str, float]], *, arrives_whole: frozenset[str] = frozenset()) -> None:
    assert told.pop("good")[0] == ""
    assert {name for name, (kind, _) in told.items() if kind not in NAMED} == arrives_whole
    assert {name: took for name, (_, took) in told.items() if took > DEADLINE + GRACE} == {}


def test_scrapy_names_every_fault(tmp_path: Path) -> None:
    judge(asyncio.run(by_scrapy(tmp_path / "run")))


@pytest.mark.skipif(not BROWSER.path, reason="no browser on this machine")
def test_chromium_names_every_fault() -> None:
    # Only the end mark of the stream is missing: every byte of the page is there, and the browser shows it.
    judge(asyncio.run(by_chromium()), arrives_whole=frozenset({"no_last_chunk", "cut_gzip"}))
