"""Pages that exist to attack the brand; only the brief says which."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board, ids
from audit.models import Finding, Owner, Severity


def check(board: Board) -> Iterator[Finding]:
    items = [item for page in board.pages for item in page.items if item.label.owner is Owner.HOSTILE]
    if items:
        yield Finding(
            check="hostile",
            subject="brand",
            value=board.brand.hostile,
            weight=board.brand.hostile or 0.0,
            severity=Severity.ACT,
            evidence=ids(sorted(items, key=lambda item: item.place)),
            facts={"n": len({item.label.address for item in items})},
        )
