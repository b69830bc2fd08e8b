"""Numbers to inline SVG: no script, no text that scales, colours by the style sheet (light, dark, paper).

Every chart says in its <title> what it shows, and has its table beside it in the report. Lines over time are in
`reports.lines`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

SCORE_SPAN = 200.0
"""From -100 to +100 (scoring section 3)."""
BORDERS = (-10.0, 40.0)
"""Where verdicts change (scoring section 7)."""


class Svg(str):
    """Markup made here and nowhere else; every stranger's text in it is already escaped."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Part:
    """One piece of a bar: a share 0..1, its style class, its name, and the sign drawn on it."""

    share: float
    style: str
    name: str
    sign: str = ""


SIGN_FITS = 4.0
"""Per cent of the width from which a one-character sign fits, on a phone too."""


def bar(parts: Sequence[Part], title: str, *, height: int = 28) -> Svg:
    """A stacked bar over the full width; pieces are told apart by colour, by sign and by the words beside it."""
    total = sum(part.share for part in parts if part.share > 0)
    pieces, at = [], 0.0
    for part in parts:
        if part.share <= 0 or not total:
            continue
        width = 100 * part.share / total
        pieces.append(_piece(at, width, height, part))
        at += width
    return svg("bar", title, height, "".join(pieces))


def _piece(at: float, width: float, height: int, part: Part) -> str:
    style = escape(part.style)
    place = f'x="{at:.2f}%" width="{width:.2f}%" height="{height}"'
    piece = f'<rect class="f-{style}" {place}><title>{escape(part.name)}</title></rect>'
    if part.sign and width >= SIGN_FITS:
        piece += (
            f'<text class="s-{style}" x="{at + width / 2:.2f}%" y="{height / 2 + 5:.0f}">{escape(part.sign)}</text>'
        )
    return piece


def score_range(value: float | None, low: float | None, high: float | None, title: str) -> Svg:
    """The score on its scale of -100 to +100 with its range as a band and the borders of the verdicts as ticks."""
    marks = [
        '<rect class="track" x="0" y="13" width="100%" height="6" rx="3"/>',
        *(f'<rect class="tick" x="{_at(border)}" y="8" width="1" height="16"/>' for border in BORDERS),
        f'<rect class="zero" x="{_at(0)}" y="4" width="1" height="24"/>',
    ]
    if value is not None:
        side = "p" if value > 0 else "n" if value < 0 else "u"
        if low is not None and high is not None:
            width = 100 * (high - low) / SCORE_SPAN
            marks.append(f'<rect class="f-{side} band" x="{_at(low)}" y="9" width="{width:.2f}%" height="14" rx="3"/>')
        marks.append(f'<circle class="f-{side} dot" cx="{_at(value)}" cy="16" r="7"/>')
    return svg("scale", title, 32, "".join(marks))


def _at(score: float) -> str:
    inside = min(100.0, max(-100.0, score))
    return f"{100 * (inside + 100) / SCORE_SPAN:.2f}%"


# ---------------------------------------------------------------- ratings


STEP = 22
"""Height of a row: the same as in the table beside the bars, so that both read as one line."""


def histogram(shares: Sequence[float], title: str) -> Svg:
    """One bar a row, the longest over the full width; the table with the numbers stands beside it."""
    most = max(shares, default=0.0)
    bars = [
        f'<rect class="f-bar" x="0" y="{STEP * at + 5}" width="{100 * share / most if most else 0:.1f}%" height="12"/>'
        for at, share in enumerate(shares)
    ]
    return svg("hist", title, STEP * len(shares), "".join(bars))


# ---------------------------------------------------------------- competitors


@dataclass(frozen=True)
class Dot:
    """A measured name: its score with its range, and the words that stand beside the line."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    told: str
    own: bool = False
    """The brand of the audit: drawn as a diamond, not told by colour."""


ROW = 48


def dots(rows: Sequence[Dot], title: str) -> Svg:
    """Scores on one scale of -100 to +100, each with its range; what was not measured has a line without a mark."""
    inner = [f'<rect class="zero" x="50%" y="20" width="1" height="{ROW * len(rows) - 20}"/>']
    for at, row in enumerate(rows):
        inner += _dot(row, ROW * at)
    return svg("dots", title, ROW * len(rows), "".join(inner))


def _dot(row: Dot, top: int) -> list[str]:
    bold = "name own" if row.own else "name"
    parts = [
        f'<text class="{bold}" x="0" y="{top + 16}">{escape(row.name)}</text>',
        f'<text class="told" x="100%" y="{top + 16}">{escape(row.told)}</text>',
        f'<rect class="track" x="0" y="{top + 30}" width="100%" height="2"/>',
    ]
    if row.value is None:
        return parts
    if row.low is not None and row.high is not None:
        width = 100 * (row.high - row.low) / SCORE_SPAN
        parts.append(f'<rect class="f-bar band" x="{_at(row.low)}" y="{top + 27}" width="{width:.2f}%" height="8"/>')
    parts.append(_sign(_at(row.value), top + 31, diamond=row.own))
    return parts


def _sign(x: str, y: float, *, diamond: bool, hollow: bool = False) -> str:
    style = "dot hollow" if hollow else "dot"
    if not diamond:
        return f'<circle class="{style}" cx="{x}" cy="{y:.1f}" r="5"/>'
    return f'<svg x="{x}" y="{y:.1f}" overflow="visible"><polygon class="{style}" points="0,-7 7,0 0,7 -7,0"/></svg>'


# ---------------------------------------------------------------- effort and effect

CELL, MARK = 3, 26
"""Marks a cell holds side by side on a phone, and the room one takes."""


def effort_effect(cells: Mapping[tuple[int, int], Sequence[int]], names: Sequence[Sequence[str]], title: str) -> Svg:
    """Numbers of actions by effort (three columns) and effect (rows, strongest first). `names`: columns, then rows."""
    columns, rows = names
    tall = [max(1, *(-(-len(cells.get((row, col), ())) // CELL) for col in range(3))) for row in range(len(rows))]
    inner, top = [], 0
    for row, name in enumerate(rows):
        height = 34 + MARK * tall[row]
        inner.append(f'<text class="name" x="0" y="{top + 18}">{escape(name)}</text>')
        inner.append(f'<rect class="grid" x="0" y="{top}" width="100%" height="1"/>')
        for col in range(3):
            inner += _marks(cells.get((row, col), ()), col, top + 40)
        top += height + 8
    inner.append(f'<rect class="grid" x="0" y="{top}" width="100%" height="1"/>')
    inner += [
        f'<text class="tick" x="{100 * col / 3 + 100 / 6:.2f}%" y="{top + 18}">{escape(name)}</text>'
        for col, name in enumerate(columns)
    ]
    return svg("effort", title, top + 26, "".join(inner))


def _marks(numbers: Sequence[int], column: int, top: int) -> list[str]:
    marks = []
    for at, number in enumerate(numbers):
        line, place = divmod(at, CELL)
        across = min(CELL, len(numbers) - CELL * line)
        x, y = 100 * column / 3 + 100 / 6 + 9 * (place - (across - 1) / 2), top + MARK * line
        marks.append(f'<circle class="dot" cx="{x:.2f}%" cy="{y}" r="11"/>')
        marks.append(f'<text class="on" x="{x:.2f}%" y="{y + 4}">{number}</text>')
    return marks


def svg(style: str, title: str, height: float, inner: str) -> Svg:
    head = f'<svg class="{style}" role="img" width="100%" height="{height:.0f}">'
    return Svg(f"{head}<title>{escape(title)}</title>{inner}</svg>")
