"""How alike two ranked lists are: the noise floor that a movement is held against."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations

PERSISTENCE = 0.9
"""Webber, Moffat and Zobel 2010: with 0.9 the first ten places carry 86 % of the weight."""


def rank_biased_overlap(left: Sequence[Hashable], right: Sequence[Hashable], p: float = PERSISTENCE) -> float:
    """Extrapolated rank-biased overlap of two lists without repeats, 0..1 (Webber et al. 2010, equation 32).

    Lists may differ in length; two empty lists are alike, an empty and a full one share nothing.
    """
    short, long = sorted((left, right), key=len)
    if not long:
        return 1.0
    if not short:
        return 0.0
    shared, agreement = _overlaps(short, long)
    s, depth = len(short), len(long)
    at_s, at_end = shared[s - 1], shared[depth - 1]
    total = sum(agreement[d - 1] * p**d for d in range(1, depth + 1))
    total += sum(at_s * (d - s) / (s * d) * p**d for d in range(s + 1, depth + 1))
    return (1 - p) / p * total + ((at_end - at_s) / depth + at_s / s) * p**depth


def _overlaps(short: Sequence[Hashable], long: Sequence[Hashable]) -> tuple[list[int], list[float]]:
    """Shared members down to each depth, and their share of the depth."""
    seen_short: set[Hashable] = set()
    seen_long: set[Hashable] = set()
    shared: list[int] = []
    for depth, item in enumerate(long):
        seen_long.add(item)
        if depth < len(short):
            seen_short.add(short[depth])
        shared.append(len(seen_short & seen_long))
    return shared, [count / depth for depth, count in enumerate(shared, start=1)]


def jaccard(left: Sequence[Hashable], right: Sequence[Hashable]) -> float:
    """Shared members over all members, 0..1; two empty lists are alike."""
    one, other = set(left), set(right)
    return len(one & other) / len(one | other) if one | other else 1.0


def within(lists: Sequence[Sequence[Hashable]]) -> float | None:
    """Mean rank-biased overlap of all pairs; None below two lists."""
    pairs = list(combinations(lists, 2))
    return sum(rank_biased_overlap(a, b) for a, b in pairs) / len(pairs) if pairs else None


def between(lefts: Sequence[Sequence[Hashable]], rights: Sequence[Sequence[Hashable]]) -> float | None:
    """Mean rank-biased overlap of every list of one side with every one of the other; None where a side is empty."""
    pairs = [(a, b) for a in lefts for b in rights]
    return sum(rank_biased_overlap(a, b) for a, b in pairs) / len(pairs) if pairs else None
