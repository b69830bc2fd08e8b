"""Does the 90 % interval of the corrected shares cover the truth 90 times in 100? `python -m benchmarks.prevalence`.

Per language 2,000 brands are simulated: true shares are drawn, a pool of results is drawn from them and read by a
labeller that errs as `audit/confusion.toml` says, and the table that the correction is given is itself counted on
as many labelled results as stand behind the shipped one. Beside it: what counting the labels alone would say.
Targets (reliability reference, section 4.4): 88-92 % covered. Simulation, not engine data.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import NamedTuple

from audit.prevalence import PRIOR, TAIL, Counts, Shares, Table, corrected, drawn, normal, shipped

BRANDS = 2000
RESULTS = 100
"""Unique results of a brand's pool."""
DRAWS = 300
LEAST_NEGATIVE, MOST_NEGATIVE = 0.05, 0.5
NAMES = ("negative", "neutral", "positive")
NONE: Shares = (0.0, 0.0, 0.0)


class Trial(NamedTuple):
    """One simulated brand: the truth, what was counted, and the draws of the correction."""

    truth: Shares
    counted: Shares
    plain: Shares
    """Corrected without an interval."""
    draws: list[Shares]

    def covers(self, at: int) -> bool:
        low, high = self.interval(at)
        return low <= self.truth[at] <= high

    def interval(self, at: int) -> tuple[float, float]:
        values = sorted(draw[at] for draw in self.draws)
        last = len(values) - 1
        return values[round(TAIL * last)], values[round((1 - TAIL) * last)]


def trials(
    table: Table, brands: int, generator: random.Random, *, results: int = RESULTS, draws: int = DRAWS
) -> list[Trial]:
    return [trial(table, generator, results, draws) for _ in range(brands)]


def trial(table: Table, generator: random.Random, results: int, draws: int) -> Trial:
    errs = [normal([count + PRIOR for count in row]) for row in table]
    negative = generator.uniform(LEAST_NEGATIVE, MOST_NEGATIVE)
    neutral = generator.uniform(0.1, 0.9) * (1 - negative)
    truth = (negative, neutral, 1 - negative - neutral)
    read = [0.0, 0.0, 0.0]
    for number, row in zip(_drawn_counts(generator, results, truth), errs, strict=True):
        for at, count in enumerate(_drawn_counts(generator, number, row)):
            read[at] += count
    machine = (read[0], read[1], read[2])
    labelled = [_drawn_counts(generator, round(sum(row)), err) for row, err in zip(table, errs, strict=True)]
    known: Table = tuple((float(a), float(b), float(c)) for a, b, c in labelled)  # type: ignore[assignment]
    found = drawn(Counts(machine, NONE), known, draws=draws, seed=generator.getrandbits(32))
    return Trial(truth, normal(machine), corrected(machine, known), found)


def _drawn_counts(generator: random.Random, number: int, shares: Sequence[float]) -> tuple[int, int, int]:
    drawn_now = generator.choices((0, 1, 2), shares, k=number)
    return drawn_now.count(0), drawn_now.count(1), drawn_now.count(2)


def main(arguments: Sequence[str]) -> int:
    brands = int(arguments[0]) if arguments else BRANDS
    print(f"{brands} brands a language, {RESULTS} results each")
    for language, table in shipped().items():
        found = trials(table, brands, random.Random(f"prevalence {language}"))
        for at, name in enumerate(NAMES):
            covered = sum(one.covers(at) for one in found) / brands
            width = sum(high - low for low, high in (one.interval(at) for one in found)) / brands
            bias = sum(one.counted[at] - one.truth[at] for one in found) / brands
            after = sum(one.plain[at] - one.truth[at] for one in found) / brands
            off = sum(abs(one.counted[at] - one.truth[at]) for one in found) / brands
            off_after = sum(abs(one.plain[at] - one.truth[at]) for one in found) / brands
            told = f"covered {covered:.3f}  width {width:.2f}  bias {bias:+.3f} -> {after:+.3f}"
            print(f"{language} {name:9} {told}  off by {off:.3f} -> {off_after:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
