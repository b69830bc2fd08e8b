"""Results that are not about the brand: excluded from the score, counted and listed."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Severity


def check(board: Board) -> Iterator[Finding]:
    rows = [
        f"{page.serp.id}/{row.position}"
        for page in board.pages
        for row in page.serp.organic
        if (label := board.labels.get(board.keys.get(f"{page.serp.id}/{row.position}", ""))) and not label.about_brand
    ]
    whole = sum(len(page.serp.organic) for page in board.pages)
    if rows:
        yield Finding(
            check="another_bearer",
            subject="brand",
            value=len(rows) / whole,
            weight=len(rows) / whole,
            severity=Severity.INFO,
            evidence=tuple(rows[:5]),
            facts={"n": len(rows), "all": whole},
        )
