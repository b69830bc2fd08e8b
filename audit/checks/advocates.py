"""Pages of others that speak well of the brand: what holds the first page for it without being its own."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Owner, Severity
from audit.shares import Item

OTHERS = frozenset({Owner.EARNED, Owner.THIRD_PARTY})


def check(board: Board) -> Iterator[Finding]:
    first: dict[str, Item] = {}
    for page in board.pages:
        for item in page.items:
            if item.sentiment > 0 and item.label.owner in OTHERS:
                known = first.setdefault(item.label.address, item)
                if item.place < known.place:
                    first[item.label.address] = item
    if first:
        best = sorted(first.values(), key=lambda item: item.place)
        yield Finding(
            check="advocates",
            subject="brand",
            value=float(len(best)),
            weight=max(item.weight for item in best),
            severity=Severity.GOOD,
            evidence=tuple(item.id for item in best[:5]),
            facts={"n": len(best)},
        )
