"""A long history: `diff` and the trend in a store of 1,000 snapshots of 60 pages: `python -m benchmarks.history`.

Snapshots are made, not collected: 20 questions of 3 engines, ten results each, two captures a due time, and no two of
them alike. Every command runs in a process of its own that has done the same on a small store before: Python, its
libraries and our word lists are loaded then. Processor time is the figure, the clock's stands beside it.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from audit.brief import Brief, parse_brief
from audit.models import Evidence, Feature, Origin, Outcome, Point, Serp, SerpQuery, SerpResult, Snapshot, Status
from audit.store import Store
from spiders.collect import collect

SNAPSHOTS = 1000
TARGET_SECONDS = 1.0
"""Issue: diff and trend in under a second, after the process has loaded."""
FIRST = datetime(2007, 1, 1, 6, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 2
BRIEF = """
[brand]
name = "Acme"
domains = ["acme.example"]
[[markets]]
country = "GB"
language = "en"
engines = ["google", "bing", "brave"]
kinds = ["brand", "evaluation", "complaint"]
per_class = 6
keywords = ["acme lamps", "acme offices", "acme returns", "acme store", "acme warranty", "acme parts", "acme lights"]
"""
TITLES = (
    "Acme opens a store",
    "Acme reviews: excellent service, recommended",
    "Acme is a scam, avoid",
    "About Acme",
    "Acme lamps compared",
    "Why I love Acme",
    "Acme complaint: money stolen",
    "Acme on the map",
)


CHILD = """
import json, os, resource, sys, time
from audit.cli import app
small, large, words = sys.argv[1], sys.argv[2], sys.argv[3:]
os.chdir(small)
app(["history", "brief.toml"], standalone_mode=False)
app(["diff", "brief.toml"], standalone_mode=False)
os.chdir(large)
wall, busy = time.perf_counter(), time.process_time()
app(words, standalone_mode=False)
wall, busy = time.perf_counter() - wall, time.process_time() - busy
sys.stderr.write(json.dumps([wall, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


class Measured(NamedTuple):
    wall: float
    busy: float
    """Seconds of a processor: what a machine with other work to do takes does not count."""
    mebibytes: float


def snapshot(brief: Brief, number: int, empty: Snapshot, chance: random.Random) -> Snapshot:
    """Two captures a week; which pages stand where wobbles."""
    week, capture = divmod(number, 2)
    at = FIRST + timedelta(weeks=week, minutes=11 * capture)
    serps = tuple(serp(f"s{n}", cell, at, chance) for n, cell in enumerate(brief.plan(), start=1))
    place = {"taken_at": at, "slot": f"{FIRST + timedelta(weeks=week):%Y-%m-%dT%H:%MZ}", "capture": capture + 1}
    return empty.model_copy(update={"serps": serps, "origin": Origin.LIVE, **place})


def serp(name: str, cell: SerpQuery, at: datetime, chance: random.Random) -> Serp:
    rows = chance.sample(range(16), 10)
    results = tuple(
        SerpResult(
            feature=Feature.ORGANIC,
            title=f"{TITLES[row % len(TITLES)]} ({row})",
            url=f"https://site{row}.example/{cell.keyword.replace(' ', '-')}",
            snippet="What it says about Acme, in a sentence or two of an ordinary length, as engines print it.",
            position=place,
            rank=place,
        )
        for place, row in enumerate(rows, start=1)
    )
    return Serp(
        id=name,
        query=cell,
        fetched_at=at,
        outcome=Outcome(status=Status.RESULTS),
        results=results,
        evidence=Evidence(sha256=f"{chance.getrandbits(256):064x}"),
        fallbacks={},
    )


def build(folder: Path, number: int) -> None:
    """A store with this many snapshots and the points that scoring each of them left behind."""
    brief, chance = parse_brief(BRIEF), random.Random(number)
    (folder / "brief.toml").write_text(BRIEF, "utf-8")
    empty = collect(brief, [], taken_at=FIRST, tool="benchmark")
    subjects = ["brand", *(f"engine:{e}" for e in ("google", "bing", "brave"))]
    subjects += [f"keyword:{keyword.text}" for keyword in brief.keywords()]
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        for at in range(number):
            made = snapshot(brief, at, empty, chance)
            name = store.save_snapshot(made)
            if at < number - 2:  # the newest two are scored by the command that is measured
                points = [Point(taken_at=made.taken_at, subject=s, value=chance.uniform(-9, 9)) for s in subjects]
                store.series.save_points("Acme", name, "m", points)


def measure(small: Path, large: Path, *words: str) -> Measured:
    """The best of some rounds, each in a process of its own that has loaded everything on a small store before."""
    return min((_once(small, large, words) for _ in range(ROUNDS)), key=lambda told: told.busy)


def _once(small: Path, large: Path, words: Sequence[str]) -> Measured:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(small), str(large), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    if done.returncode:
        sys.exit(done.stderr)
    return Measured(*json.loads(done.stderr.splitlines()[-1]))


def main() -> int:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else SNAPSHOTS
    late = 0
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        build(Path(small), 4)
        begun = time.perf_counter()
        build(Path(large), number)
        size = (Path(large) / "repaudit.sqlite").stat().st_size / 2**20
        print(f"{number} snapshots of 60 pages: {size:.0f} MiB, built in {time.perf_counter() - begun:.0f} s")
        for words in (
            ("diff", "brief.toml"),
            ("diff", "brief.toml", str(min(number // 2, 400)), "1"),
            ("history", "brief.toml"),
            ("history", "brief.toml", "--subject", "all", "--json"),
        ):
            told = measure(Path(small), Path(large), *words)
            late += told.busy > TARGET_SECONDS
            print(f"{' '.join(words):44} {told.busy:5.2f} s of CPU ({told.wall:.2f} s), peak {told.mebibytes:.0f} MiB")
    print(f"Target: each under {TARGET_SECONDS:g} s after the process has loaded.")
    return min(late, 1)


if __name__ == "__main__":
    sys.exit(main())
