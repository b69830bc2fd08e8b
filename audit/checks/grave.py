"""Negatives that claim something grave: safety, fraud, crime, regulator (4), or a systemic fault (3)."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board, ids
from audit.models import Finding, Severity

GRAVE = 3


def check(board: Board) -> Iterator[Finding]:
    for items in board.negatives().values():
        severity = max(item.label.severity for item in items)
        if severity >= GRAVE:
            yield Finding(
                check="grave",
                subject=f"result:{items[0].id}",
                value=float(severity),
                weight=max(item.weight for item in items),
                severity=Severity.ACT,
                evidence=ids(items),
                facts={
                    "title": items[0].result.title,
                    "place": items[0].place,
                    "n": len(items),
                    "cause": items[0].label.cause.value,
                },
            )
