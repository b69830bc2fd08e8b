"""Cells per minute and pages per second of a live collection, beside bare Playwright and bare Scrapy doing the same.

    python -m benchmarks.collect [--cells 12] [--pages 40] [--rounds 5]

Recorded pages beside the checkout (else the demonstration's) are served over HTTPS on loopback by another process, with
politeness off. Our side is everything: gate, robots, proxy, archive, store, outcome. The bare sides load the same pages
with the same browser program, blocked kinds and contexts, or read them with the same reader in the same mode of Scrapy;
they ask nobody and keep nothing. Rounds are interleaved; medians are printed.
Targets: at most 15 % over bare Playwright, at most 25 % over bare Scrapy.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from audit.store import Store
from benchmarks.bare import Asked, Program, by_playwright, by_scrapy
from benchmarks.loopback import Served, Site, serving
from benchmarks.recorded import SERPS, Cell, Planned, brief_of, recorded_cells, recorded_landings
from spiders.address import host
from spiders.archive.visits import Purpose
from spiders.browser import find_browser
from spiders.browser.fetch import ARGUMENTS, Fetcher, Options, Proxy
from spiders.browser.memory import tree
from spiders.crawl import Desk, Landings, crawl
from spiders.gate.client import Client
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.landing import read_landing
from spiders.live import Live
from spiders.registry import engines
from spiders.run import Errand, Run

VERBOSE = bool(os.environ.get("VERBOSE"))
HOSTS = 8
SWIFT = Manners(delay=0.0, jitter=0.0, budget=1_000_000, total=60.0)
MOST_SECONDS = 180.0  # no further round is begun after these
BROWSER_TARGET, SCRAPY_TARGET = 1.15, 1.25
LOOKS = 0.05  # seconds between two looks at the memory


class Took(NamedTuple):
    seconds: float
    cpu: float
    """CPU seconds of this process and of the browser: what a busy machine cannot distort."""
    own: int
    """Peak bytes of this process."""
    below: int
    """Peak bytes of everything below it but the serving process."""
    answered: int


class Peak:
    """The largest memory seen in a `with` block, looked at from a thread of its own."""

    def __init__(self, besides: int) -> None:
        self.own = self.below = 0
        self._besides = besides
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOKS):
            sizes = tree(os.getpid())
            own, besides = sizes.pop(os.getpid(), 0), sum(tree(self._besides).values())
            self.own, self.below = max(self.own, own), max(self.below, sum(sizes.values()) - besides)


class Side(NamedTuple):
    name: str
    once: Callable[[], Coroutine[Any, Any, tuple[float, int]]]


@contextmanager
def kept_run() -> Iterator[tuple[Run, Store]]:
    """A fresh run with a fresh store, as `repaudit run` opens them."""
    with tempfile.TemporaryDirectory() as name, Store.open(str(Path(name) / "store.sqlite")) as store:  # noqa: SIM117
        with Run(Path(name) / "run", tool="bench", clock=lambda: datetime.now(UTC), keep=store.keep) as run:
            yield run, store


def gate_of(served: Served, store: Store) -> Gate:
    egress = served.web().egress()
    client = Client(egress, tls=ssl.create_default_context(cadata=served.root))
    return Gate(store.memory, egress=egress, client=client, manners=SWIFT)


async def our_cells(served: Served, program: Program, brief: Planned) -> tuple[float, int]:
    """Everything of `repaudit run` from the first cell to the last; the browser is started before."""
    with kept_run() as (run, store):
        async with gate_of(served, store) as gate:
            way = gate.proxy.chromium
            proxy = Proxy(way["proxy"]["server"], way["proxy"]["username"], way["proxy"]["password"])
            options = Options(
                program.path, proxy=proxy, arguments=(*way["args"], served.trust), sandbox=program.sandbox
            )
            async with Fetcher(options) as fetcher:
                live = Live(brief, run, gate, told=lambda line: print(line, file=sys.stderr) if VERBOSE else None)
                begun = time.perf_counter()
                await live.collect(fetcher)
                seconds = time.perf_counter() - begun
        return seconds, sum(entry.page is not None and not entry.page.failure for entry in run.visits)


async def our_pages(served: Served, urls: list[str]) -> tuple[float, int]:
    with kept_run() as (run, store):
        async with gate_of(served, store) as gate:
            desk = Desk(gate, run, told=lambda *_: None)
            begun = time.perf_counter()
            await crawl(Landings, [Errand(url, Purpose.LANDING) for url in urls], desk)
            read = [read_landing(page) for entry in run.visits if (page := entry.page) is not None]
            seconds = time.perf_counter() - begun
            assert len(read) == len(urls)
        return seconds, sum(entry.page is not None and not entry.page.failure for entry in run.visits)


def measure(sides: list[Side], rounds: int, besides: int, end: float) -> dict[str, list[Took]]:
    """Every side once a round, in turn, in reverse every other round; no round begins after `end`."""
    found: dict[str, list[Took]] = {side.name: [] for side in sides}
    for number in range(rounds):
        if number and time.monotonic() > end:
            break
        for side in sides if number % 2 == 0 else reversed(sides):
            begun = cpu_seconds()
            with Peak(besides) as peak:
                seconds, answered = asyncio.run(side.once())
            found[side.name].append(Took(seconds, cpu_seconds() - begun, peak.own, peak.below, answered))
    return found


def cpu_seconds() -> float:
    return sum(os.times()[:4])


def told(found: dict[str, list[Took]], unit: str, scale: float) -> None:
    """A line a side: median rate, spread, CPU a page, peak memory of our process and below it."""
    for name, rounds in found.items():
        seconds = [took.seconds for took in rounds]
        rate, count = rounds[0].answered * scale / statistics.median(seconds), rounds[0].answered
        own, below = (max(getattr(took, what) for took in rounds) / 2**20 for what in ("own", "below"))
        cpu = statistics.median(took.cpu for took in rounds) * 1000 / max(count, 1)
        spread = f"{min(seconds):.1f}-{max(seconds):.1f} s"
        print(f"{name:36} {count:4} {rate:8.1f} {unit:10} {spread:>12} {cpu:6.0f} ms {own:5.0f} + {below:4.0f} MiB")


def verdict(found: dict[str, list[Took]], other: int, target: float) -> None:
    """The first side against another one: medians of the ratios of each round."""
    ours, bare = next(iter(found.values())), list(found.values())[other]
    name = list(found)[other]
    wall = statistics.median(a.seconds / b.seconds for a, b in zip(ours, bare, strict=True))
    cpu = statistics.median(a.cpu / b.cpu for a, b in zip(ours, bare, strict=True))
    reached = "met" if wall <= target else "NOT met"
    print(f"  beside {name}: {wall:.2f} times the time (target {target}, {reached}), {cpu:.2f} times the CPU")


def browser_rounds(cells: list[Cell], rounds: int, end: float) -> None:
    found = find_browser()
    if not found.path:
        print(found.words)
        return
    brief = brief_of(cells)
    asked = [Asked(cell.query, engines()[cell.query.engine].url(cell.query)) for cell in cells]
    pages: dict[str, dict[str, bytes]] = defaultdict(dict)
    parameters = {}
    for cell, one in zip(cells, asked, strict=True):
        pages[host(one.url)][cell.query.keyword] = cell.body
        parameters[host(one.url)] = engines()[cell.query.engine].query_parameters
    sites = [Site(name, held, parameters[name]) for name, held in pages.items()]
    sandbox = not (hasattr(os, "geteuid") and os.geteuid() == 0)
    with serving(sites) as served:
        ours = Program(found.path, (), sandbox)
        bare = Program(found.path, (*ARGUMENTS, served.mapped, served.trust), sandbox)
        sides = [
            Side("our browser, everything included", partial(our_cells, served, ours, brief)),
            Side("bare Playwright, same loads", partial(by_playwright, bare, asked)),
        ]
        took = measure(sides, rounds, served.process, end)
    told(took, "cells/min", 60)
    verdict(took, 1, BROWSER_TARGET)


def scrapy_rounds(bodies: list[bytes], count: int, rounds: int, end: float) -> None:
    """The same pages again and again on eight hosts, which are asked side by side."""
    hosts = [f"host{number}.example" for number in range(HOSTS)]
    shelves: dict[str, dict[str, bytes]] = {name: {} for name in hosts}
    for number in range(count):
        shelves[hosts[number % HOSTS]][str(number)] = bodies[number % len(bodies)]
    with serving([Site(name, shelf) for name, shelf in shelves.items()]) as served, resolving(served):
        urls = [f"https://{hosts[number % HOSTS]}:{served.port}/{number}" for number in range(count)]
        sides = [
            Side("our Scrapy, everything included", partial(our_pages, served, urls)),
            Side("bare Scrapy, same pages, same reader", partial(by_scrapy, urls, reading=True)),
            Side("bare Scrapy, fetching only", partial(by_scrapy, urls, reading=False)),
        ]
        took = measure(sides, rounds, served.process, end)
    told(took, "pages/s", 1)
    verdict(took, 1, SCRAPY_TARGET)
    verdict(took, 2, SCRAPY_TARGET)


@contextmanager
def resolving(served: Served) -> Iterator[None]:
    """Plain Scrapy asks the system for names and authorities: here they are those of the loopback web."""
    asked, before = socket.getaddrinfo, os.environ.get("SSL_CERT_FILE")

    def known(name: Any, *rest: Any, **more: Any) -> Any:
        return asked(served.addresses.get(name, name), *rest, **more)

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root.pem"
        root.write_text(served.root, "utf-8")
        os.environ["SSL_CERT_FILE"], socket.getaddrinfo = str(root), known  # type: ignore[assignment]
        try:
            yield
        finally:
            socket.getaddrinfo = asked
            del os.environ["SSL_CERT_FILE"]
            if before is not None:
                os.environ["SSL_CERT_FILE"] = before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=12)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("browser", "scrapy"))
    wanted = parser.parse_args()
    begun = time.monotonic()
    if not SERPS.is_dir():
        print("The recorded pages are not beside this checkout: the demonstration's own are loaded instead.")
    print(f"{'':36} {'n':>4} {'median':>19} {'from - to':>12} {'CPU':>9} {'peak own + below':>17}")
    if wanted.only != "scrapy":
        browser_rounds(recorded_cells(wanted.cells), wanted.rounds, begun + MOST_SECONDS / 2)
    if wanted.only != "browser":
        scrapy_rounds(recorded_landings(), wanted.pages, wanted.rounds, begun + MOST_SECONDS)


if __name__ == "__main__":
    main()
