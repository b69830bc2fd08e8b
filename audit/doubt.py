"""How far a score may be off: under other curves, with the weightiest label moved, with doubtful labels drawn anew.

Scoring reference, section 7: the widest of these ranges is printed, they are never added. Between captures:
not measured from one snapshot.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from audit.curve import Curve
from audit.models import Label, LabelOrigin, Method
from audit.shares import Cell, key_weights

LEVELS = (-1.0, -0.5, 0.0, 0.5, 1.0)
TAIL = 0.05  # 5th to 95th percentile


class Range(NamedTuple):
    low: float
    high: float
    source: str = ""
    """`curve`, `label` or `draws`."""

    @property
    def width(self) -> float:
        return self.high - self.low


class Doubt:
    """Draws every automatic label once; `of` then gives the range of any scope."""

    def __init__(self, labels: Mapping[str, Label], curves: Sequence[Curve], method: Method) -> None:
        self.curves = curves
        self._labels = {key: label for key, label in labels.items() if label.sentiment is not None}
        self._draws = {
            key: _drawn(label, method) for key, label in self._labels.items() if label.by is not LabelOrigin.PERSON
        }
        self._count = method.draws

    def of(self, under: Callable[[Curve | None], Sequence[Cell]]) -> Range | None:
        """The widest range; `under(curve)` gives the scope's cells weighed by that curve, None = the method's own."""
        weights = key_weights(under(None))
        if not weights:
            return None
        score = self._score(weights)
        ranges = [
            self._by_curve(under, score),
            self._by_label(weights, score),
            self._by_draws(weights),
        ]
        widest = max(ranges, key=lambda r: r.width)
        return Range(min(widest.low, score), max(widest.high, score), widest.source)

    def _score(self, weights: Mapping[str, float]) -> float:
        return 100 * sum(weight * (self._labels[key].sentiment or 0.0) for key, weight in weights.items())

    def _by_curve(self, under: Callable[[Curve | None], Sequence[Cell]], score: float) -> Range:
        scores = [score, *(self._score(key_weights(under(curve))) for curve in self.curves)]
        return Range(min(scores), max(scores), "curve")

    def _by_label(self, weights: Mapping[str, float], score: float) -> Range:
        automatic = {key: weight for key, weight in weights.items() if key in self._draws}
        if not automatic:
            return Range(score, score, "label")
        key = max(sorted(automatic), key=lambda k: automatic[k])
        now = self._labels[key].sentiment or 0.0
        down, up = moved(now, -1), moved(now, 1)
        step = 100 * automatic[key]
        return Range(score + step * (down - now), score + step * (up - now), "label")

    def _by_draws(self, weights: Mapping[str, float]) -> Range:
        totals = [0.0] * self._count
        for key, weight in weights.items():
            drawn = self._draws.get(key)
            if drawn is None:
                fixed = weight * (self._labels[key].sentiment or 0.0)
                totals = [total + fixed for total in totals]
            else:
                totals = [total + weight * value for total, value in zip(totals, drawn, strict=True)]
        totals.sort()
        last = self._count - 1
        return Range(100 * totals[round(TAIL * last)], 100 * totals[round((1 - TAIL) * last)], "draws")


def moved(sentiment: float, by: int) -> float:
    """The neighbouring level; the ends stay."""
    place = LEVELS.index(sentiment) + by
    return LEVELS[min(max(place, 0), len(LEVELS) - 1)]


def _drawn(label: Label, method: Method) -> list[float]:
    """What this label may also have been: it stays with probability `confidence`, else moves one level.

    The generator is seeded by the label's key, so that one more result changes no other draw.
    """
    generator = random.Random(f"{method.seed}:{label.key}")  # noqa: S311 - a repeatable draw, no secret
    now = label.sentiment or 0.0
    down, up = moved(now, -1), moved(now, 1)
    neighbours = (down if down != now else up, up if up != now else down)
    return [
        now if generator.random() < label.confidence else neighbours[generator.random() < 0.5]
        for _ in range(method.draws)
    ]
