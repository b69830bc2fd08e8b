"""Values over time as a line with its band: no line through what is missing, none over a break."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from reports.charts import Svg, svg

LEFT, RIGHT = 7.0, 97.0
"""Per cent of the width where the first and the last time stand; the figures of the scale stand on its lines."""
TOP, TALL = 20, 170
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 25, 50, 100)
ALONE = 0.4
"""Half the width, in per cent, of the range of a time that stands alone."""
LINES = 5
"""At most so many lines of the scale."""


@dataclass(frozen=True)
class Spot:
    """One time: a value with its range, or nothing measured."""

    when: datetime
    value: float | None
    low: float | None = None
    high: float | None = None
    breaks: bool = False
    """The line is broken before it: method or context changed."""
    hollow: bool = False
    """Not measured from pages: a table of past positions."""
    told: str = ""


@dataclass(frozen=True)
class Names:
    """Words of a chart: what it shows, first and last time, and what a break is called."""

    title: str
    first: str
    last: str
    broken: str


@dataclass(frozen=True)
class Scale:
    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        return TALL * (self.high - value) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + at * self.step for at in range(count + 1)]


def scale(spots: Sequence[Spot]) -> Scale:
    """Round borders around all values and ranges."""
    seen = [v for s in spots for v in (s.value, s.low, s.high) if v is not None] or [0.0]
    low, high = min(seen), max(seen)
    step = next((step for step in STEPS if (high - low) / step <= LINES - 1), STEPS[-1])
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    return Scale(bottom, top if top > bottom else bottom + step, step)


def across(spots: Sequence[Spot]) -> list[float]:
    """Where each time stands, in per cent of the width: by the clock, not by number."""
    first, last = spots[0].when, spots[-1].when
    span = (last - first).total_seconds()
    if not span:
        return [(LEFT + RIGHT) / 2 for _ in spots]
    return [LEFT + (RIGHT - LEFT) * (s.when - first).total_seconds() / span for s in spots]


def trend(spots: Sequence[Spot], names: Names, write: Sequence[str] | None = None) -> Svg:
    """The chart. `write` are the figures of the scale as words, lowest first (see `figures`)."""
    ruler, places = scale(spots), across(spots)
    words = list(write) if write is not None else [f"{tick:g}" for tick in ruler.ticks]
    inner = [*_ruler(ruler, words), _shapes(spots, places, ruler), *_breaks(spots, places, names.broken)]
    for spot, x in zip(spots, places, strict=True):
        inner.append(_spot(spot, x, ruler))
    bottom = TOP + TALL + 20
    inner.append(f'<text class="from" x="{LEFT}%" y="{bottom}">{escape(names.first)}</text>')
    if len(spots) > 1:
        inner.append(f'<text class="to" x="{RIGHT + 2}%" y="{bottom}">{escape(names.last)}</text>')
    return svg("trend", names.title, bottom + 6, "".join(inner))


def figures(spots: Sequence[Spot]) -> list[float]:
    """The figures of the scale, lowest first, for the language to write."""
    return scale(spots).ticks


def _ruler(ruler: Scale, words: Sequence[str]) -> Iterator[str]:
    for tick, word in zip(ruler.ticks, words, strict=True):
        y = TOP + ruler.y(tick)
        style = "zero" if tick == 0 else "grid"
        yield f'<rect class="{style}" x="0" y="{y:.1f}" width="100%" height="1"/>'
        yield f'<text class="from" x="0" y="{y - 4:.1f}">{escape(word)}</text>'


def runs(spots: Sequence[Spot]) -> list[list[int]]:
    """Stretches a line may be drawn through: no missing value within, no break."""
    found: list[list[int]] = []
    whole = False
    for at, spot in enumerate(spots):
        if spot.value is None:
            whole = False
            continue
        if whole and not spot.breaks:
            found[-1].append(at)
        else:
            found.append([at])
        whole = True
    return found


def _shapes(spots: Sequence[Spot], places: Sequence[float], ruler: Scale) -> str:
    """Bands and lines in a picture of their own that stretches with the page; strokes do not."""
    shapes = []
    for run in runs(spots):
        banded = [at for at in run if spots[at].low is not None and spots[at].high is not None]
        if banded:
            alone = ALONE if len(banded) == 1 else 0.0
            upper = [(x, ruler.y(spots[at].high or 0.0)) for at in banded for x in _around(places[at], alone)]
            lower = [(x, ruler.y(spots[at].low or 0.0)) for at in reversed(banded) for x in _around(places[at], -alone)]
            shapes.append(f'<polygon class="f-bar band" points="{_points([*upper, *lower])}"/>')
        if len(run) > 1:
            line = [(places[at], ruler.y(spots[at].value or 0.0)) for at in run]
            shapes.append(f'<polyline class="line" points="{_points(line)}"/>')
    inner = "".join(shapes)
    view = f'viewBox="0 0 100 {TALL}" preserveAspectRatio="none"'
    return f'<svg x="0" y="{TOP}" width="100%" height="{TALL}" {view}>{inner}</svg>'


def _around(x: float, half: float) -> tuple[float, ...]:
    return (x - half, x + half) if half else (x,)


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.1f}" for x, y in pairs)


def _breaks(spots: Sequence[Spot], places: Sequence[float], word: str) -> Iterator[str]:
    for at in range(1, len(spots)):
        if spots[at].breaks:
            x = (places[at - 1] + places[at]) / 2
            yield f'<line class="break" x1="{x:.2f}%" x2="{x:.2f}%" y1="{TOP}" y2="{TOP + TALL}"/>'
            yield f'<text class="tick" x="{x:.2f}%" y="{TOP - 6}">{escape(word)}</text>'


def _spot(spot: Spot, x: float, ruler: Scale) -> str:
    if spot.value is None:
        told = f"<title>{escape(spot.told)}</title>"
        return f'<text class="tick" x="{x:.2f}%" y="{TOP + TALL - 4}">✕{told}</text>'
    y = TOP + ruler.y(spot.value)
    style = "dot hollow" if spot.hollow else "dot"
    return f'<circle class="{style}" cx="{x:.2f}%" cy="{y:.1f}" r="5"><title>{escape(spot.told)}</title></circle>'
