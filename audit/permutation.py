"""Did it move? Permutation within a question, pooled over questions (reliability section 4).

Captures of one question at two times are exchangeable if nothing changed; so every way of dealing them to the two
times is as likely as the one seen. Nothing is assumed about how pages wobble.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations
from math import comb, prod, sqrt
from typing import NamedTuple

DRAWS = 4000
"""Random deals where not every deal can be tried; the standard error of p = 0.05 is then 0.003."""
EXACT = 20_000
"""Up to this many deals all are tried."""
POWER_FACTOR = 1.96 + 0.84
"""Two-sided test at 5 % with power 80 %: the smallest effect is 2.8 standard deviations of the null."""
_EPSILON = 1e-9


class Series(NamedTuple):
    """One question: its weight, and a figure of every capture before and after."""

    weight: float
    before: tuple[float, ...]
    after: tuple[float, ...]


class Permuted(NamedTuple):
    effect: float
    p: float
    spread: float
    """Standard deviation of the effect if nothing had changed."""

    @property
    def smallest_seen(self) -> float:
        return POWER_FACTOR * self.spread


def permuted(series: Sequence[Series], *, seed: int, draws: int = DRAWS) -> Permuted | None:
    """Weighted mean difference after - before, its two-sided p and spread; None where no question has both sides."""
    whole = [s for s in series if s.before and s.after]
    total = sum(s.weight for s in whole)
    if not total:
        return None
    deals = [[s.weight / total * difference for difference in _deals(s)] for s in whole]
    effect = sum(options[0] for options in deals)
    null = _every(deals) if prod(map(len, deals)) <= EXACT else _some(deals, seed, draws)
    return Permuted(effect, _p(effect, null), sqrt(sum(value * value for value in null) / len(null)))


def _deals(series: Series) -> list[float]:
    """The difference of means of every deal of the captures to the two times; the one seen comes first."""
    values = (*series.before, *series.after)
    many, whole = len(series.before), sum(values)
    rest = len(values) - many
    sums = [sum(values[at] for at in chosen) for chosen in combinations(range(len(values)), many)]
    assert len(sums) == comb(len(values), many)
    return [(whole - part) / rest - part / many for part in sums]


def _every(deals: Sequence[Sequence[float]]) -> list[float]:
    sums = [0.0]
    for options in deals:
        sums = [value + option for value in sums for option in options]
    return sums


def _some(deals: Sequence[Sequence[float]], seed: int, draws: int) -> list[float]:
    """The deal seen, and random ones: counting it too keeps p honest (Phipson and Smyth 2010)."""
    generator = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    drawn = (generator.choices(options, k=draws) for options in deals)
    return [sum(options[0] for options in deals), *map(sum, zip(*drawn, strict=True))]


def _p(effect: float, null: Sequence[float]) -> float:
    return sum(abs(value) >= abs(effect) - _EPSILON for value in null) / len(null)


def adjusted(ps: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg 1995: p-values of several questions, corrected for their number; in the given order."""
    order = sorted(range(len(ps)), key=lambda at: ps[at], reverse=True)
    found, least = [0.0] * len(ps), 1.0
    for place, at in enumerate(order):
        least = min(least, ps[at] * len(ps) / (len(ps) - place))
        found[at] = least
    return found
