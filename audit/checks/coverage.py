"""Planned pages that were not answered: they lower coverage, never the score."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Severity


def check(board: Board) -> Iterator[Finding]:
    missing = [cell for cell in board.cells if cell.page is None]
    if missing:
        short = board.brand.coverage < board.method.coverage_floor
        yield Finding(
            check="coverage",
            subject="brand",
            value=board.brand.coverage,
            weight=1 - board.brand.coverage,
            severity=Severity.ACT if short else Severity.WATCH,
            facts={"n": len(missing), "planned": len(board.cells), "share": board.brand.coverage},
        )
