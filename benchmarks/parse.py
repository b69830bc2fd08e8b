"""Milliseconds a page and peak memory, per engine, beside a bare `lxml.html` parse of the same bytes.

    python -m benchmarks.parse [--rounds 15]

Reads the recorded pages beside the checkout; decoding, guards, finding out the engine, outcome, every feature and
the frozen documents are all included on our side. Target: at most 2.0 times lxml on pages over 500 KB.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import lxml.html

from audit.models import Page, Serp
from spiders.reading import read

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus" / "serp"
LARGE = 500_000
TARGET = 2.0
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def best(work: Callable[[], object], rounds: int) -> float:
    """Best CPU milliseconds of some rounds: the least disturbed one."""
    times = []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times) * 1000


def peak(work: Callable[[], object]) -> float:
    """Peak of Python's own allocations in MiB (lexbor's and lxml's C trees are not counted by tracemalloc)."""
    tracemalloc.start()
    work()
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top / 2**20


def measure(page: Page, rounds: int) -> tuple[int, float, float, float]:
    """Size in bytes, our milliseconds, lxml's, and our peak in MiB."""
    ours = best(lambda: read(page), rounds)
    bare = best(lambda: lxml.html.document_fromstring(page.body), rounds)
    return len(page.body), ours, bare, peak(lambda: read(page))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    if not CORPUS.is_dir():
        sys.exit("The recorded pages are not beside this checkout.")
    rows: dict[str, list[tuple[int, float, float, float]]] = defaultdict(list)
    for path in sorted(CORPUS.glob("*/*.html")):
        page = Page(body=path.read_bytes(), fetched_at=NOW)
        reading = read(page)[0]
        if isinstance(reading, Serp) and reading.results:
            rows[reading.query.engine].append(measure(page, rounds))
    report(rows)


def report(rows: dict[str, list[tuple[int, float, float, float]]]) -> None:
    print(f"{'engine':12} pages  ms/page  lxml ms  times   over 500 KB: pages  times (worst)  peak MiB")
    for engine, pages in sorted(rows.items()):
        ours, bare = (statistics.fmean(p[i] for p in pages) for i in (1, 2))
        large = [p[1] / p[2] for p in pages if p[0] > LARGE]
        ratio = f"{statistics.fmean(large):.2f} ({max(large):.2f})" if large else "-"
        top = max(p[3] for p in pages)
        times = f"{ours:8.2f} {bare:8.2f} {ours / bare:6.2f}"
        print(f"{engine:12} {len(pages):5} {times} {len(large):19}  {ratio:>13} {top:9.1f}")
    large = [p[1] / p[2] for pages in rows.values() for p in pages if p[0] > LARGE]
    if large:
        mean, worst = statistics.fmean(large), max(large)
        print(f"Pages over 500 KB: {mean:.2f} times lxml on average, worst {worst:.2f}; target {TARGET}.")


if __name__ == "__main__":
    main()
