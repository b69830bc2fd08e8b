"""Results about the brand that nobody could read; they are not counted as neutral."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Severity


def check(board: Board) -> Iterator[Finding]:
    share = board.brand.unlabelled
    if share <= 0:
        return
    rows = [
        f"{page.serp.id}/{row.position}"
        for page in board.pages
        for row in page.serp.organic
        if (label := board.labels.get(board.keys.get(f"{page.serp.id}/{row.position}", "")))
        and label.about_brand
        and label.sentiment is None
    ]
    severe = share > board.method.unlabelled_ceiling
    yield Finding(
        check="unread",
        subject="brand",
        value=share,
        weight=share,
        severity=Severity.ACT if severe else Severity.INFO,
        evidence=tuple(rows[:5]),
        facts={"n": len(rows), "share": share},
    )
