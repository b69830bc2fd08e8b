"""Numbers to inline SVG: no script, no text that scales, colours by the style sheet (light, dark, paper).

Every chart says in its <title> what it shows, and has its table or sentence beside it in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    return _svg("bar", title, height, "".join(pieces))


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
    return _svg("scale", title, 32, "".join(marks))


def _at(score: float) -> str:
    inside = min(100.0, max(-100.0, score))
    return f"{100 * (inside + 100) / SCORE_SPAN:.2f}%"


def _svg(style: str, title: str, height: int, inner: str) -> Svg:
    return Svg(
        f'<svg class="{style}" role="img" width="100%" height="{height}"><title>{escape(title)}</title>{inner}</svg>'
    )
