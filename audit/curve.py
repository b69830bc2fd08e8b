"""Attention curves: how much a position is looked at. Each is a file with source and year; none is silent."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files

from audit.errors import UsageError
from audit.models import Document

LENGTH = 10  # page one
_FORMULAS: dict[str, Callable[[int], float]] = {
    "1/k": lambda k: 1 / k,
    "1": lambda _: 1.0,
    "21-k": lambda k: float(max(21 - k, 0)),
    "1/log2(k+1)": lambda k: 1 / math.log2(k + 1),
}


class Curve(Document):
    """`values[0]` is position 1, any unit; `weight` beyond the list is the last value (a longer page still counts)."""

    name: str
    version: str
    year: int
    kind: str
    source: str
    confirmed: str
    formula: str = ""
    values: tuple[float, ...] = ()
    in_range: bool = True
    """False: a curve that is no division of one page; selectable, but not part of the score's range."""

    def weight(self, position: int) -> float:
        """Attention of a position, from 1; unnormalised."""
        if self.formula:
            return _FORMULAS[self.formula](position)
        return self.values[min(position, len(self.values)) - 1]

    def weights(self, length: int = LENGTH) -> tuple[float, ...]:
        return tuple(self.weight(k) for k in range(1, length + 1))


@cache
def curves() -> dict[str, Curve]:
    """Every curve of the shelf by name."""
    shelf = [item for item in files("audit.curves").iterdir() if item.name.endswith(".toml")]
    found = [Curve(**tomllib.loads(item.read_text("utf-8"))) for item in sorted(shelf, key=lambda i: i.name)]
    return {curve.name: curve for curve in found}


def load(name: str, own: Sequence[float] | None = None) -> Curve:
    """A curve by name, or the client's own click shares as `own` (ten or more, position 1 first)."""
    if own is not None:
        if len(own) < LENGTH:
            raise UsageError(
                f"a curve needs {LENGTH} values, this has {len(own)}.", where="own curve", mend="Add them."
            )
        kind, source = "the client's own click shares", "the client's Search Console"
        return Curve(
            name="own", version="1", year=0, kind=kind, source=source, confirmed="by the client", values=tuple(own)
        )
    if name not in curves():
        raise UsageError(f"{name!r} is no curve.", where="score.curve", mend=f"Known: {', '.join(curves())}.")
    return curves()[name]
