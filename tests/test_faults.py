"""Every fault of a server against both real fetchers: named, within its deadline, and the next address still works."""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from audit.models import Evidence, Outcome, Page, Status
from spiders.archive.visits import Purpose
from spiders.browser import find_browser
from spiders.browser.fetch import Fetcher, Options, Proxy
from spiders.browser.memory import tree, watched
from spiders.browser.place import Place
from spiders.crawl import Desk, Landings, crawl
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.run import Errand, Kept, Run
from tests.web import FAULTS, HUNGRY, PAGE, Handler, Request, Web, answer, raw, reset_in_body, whole

DEADLINE = 4.0  # seconds, for the sake of the test
GRACE = 2.0  # reliability B1: deadline + 2 s
GROWTH = 300 * 2**20  # bytes (reliability B1)
CAP = 220 * 2**20  # bytes of one process of the browser, for the sake of the test; a plain page takes about 100
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
    "RedirectLoop", "RedirectRefused", "NotHtml", "Connect", "BrowserCrashed",
}  # fmt: skip


async def faulty(web: Web, *more: dict[str, Handler]) -> dict[str, str]:
    """One host for every fault, robots free; and a good one."""
    handlers = {name: handler for name, (handler, _) in FAULTS.items()} | MORE
    for others in more:
        handlers |= others
    found = {}
    for name, handler in handlers.items():
        host = f"{name.replace('_', '-')}.example"
        found[name] = await web.site(host, roaming(handler)) + "/page"
    found["good"] = await web.site("good.example", roaming(answer(body=PAGE * 3))) + "/page"
    return found


def roaming(handler: Handler) -> Handler:
    """Robots are free, all else is the handler's."""

    async def handle(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (answer(404) if request.path == "/robots.txt" else handler)(request, reader, writer)

    return handle


class Told(NamedTuple):
    """What a fault was called, and how long it took."""

    kind: str
    seconds: float


class Grown(NamedTuple):
    """Bytes that this process and everything below it hold more than before the faults."""

    own: int
    below: int

    @classmethod
    def since(cls, before: tuple[int, int]) -> Grown:
        gc.collect()
        own, below = memory()
        return cls(own - before[0], below - before[1])


def memory() -> tuple[int, int]:
    sizes = tree(os.getpid())
    own = sizes.pop(os.getpid())
    return own, sum(sizes.values())


Ask = Callable[[str], Awaitable[tuple[str, int]]]


async def all_named(ask: Ask, urls: dict[str, str]) -> tuple[dict[str, Told], Grown]:
    """Each fault, then the good page; and what of it all stays in memory."""
    told = {}
    await ask(urls["good"])
    before = memory()
    for name, url in urls.items():
        begun = time.monotonic()
        kind, _ = await ask(url)
        told[name] = Told(kind, time.monotonic() - begun)
        after, size = await ask(urls["good"])
        assert (after, size > 0) == ("", True), f"after {name} the next address is {after or 'empty'}"
    return told, Grown.since(before)


async def by_scrapy(folder: Path) -> tuple[dict[str, Told], Grown]:
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


async def by_chromium() -> tuple[dict[str, Told], Grown]:
    async with Web() as web, Gate(egress=web.egress(), manners=SWIFT) as gate:
        urls = await faulty(web, HUNGRY)
        way = gate.proxy.chromium
        options = Options(
            program=BROWSER.path,
            proxy=Proxy(**{k: v for k, v in way["proxy"].items() if k != "bypass"}),
            arguments=tuple(way["args"]),
            deadline=DEADLINE,
            sandbox=os.geteuid() != 0,
            memory=CAP,
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


def judge(told: dict[str, Told], grown: Grown, *, arrives_whole: frozenset[str] = frozenset()) -> None:
    assert told.pop("good").kind == ""
    assert {name: one.kind for name, one in told.items() if one.kind not in NAMED and name not in arrives_whole} == {}
    assert {one.kind for name, one in told.items() if name in arrives_whole} <= {""}
    assert {name: one.seconds for name, one in told.items() if one.seconds > DEADLINE + GRACE} == {}
    assert max(grown) <= GROWTH


def test_scrapy_names_every_fault(tmp_path: Path) -> None:
    judge(*asyncio.run(by_scrapy(tmp_path / "run")))


@pytest.mark.skipif(not BROWSER.path, reason="no browser on this machine")
def test_chromium_names_every_fault() -> None:
    told, grown = asyncio.run(by_chromium())
    assert {told[name].kind for name in HUNGRY} <= {"TooLarge", "BrowserCrashed", "Deadline"}
    if watched():
        assert "TooLarge" in {told[name].kind for name in HUNGRY}, "the watch is awake"
    # Only the end mark of the stream is missing: every byte of the page is there, and the browser shows it.
    judge(told, grown, arrives_whole=frozenset({"no_last_chunk", "cut_gzip"}))
