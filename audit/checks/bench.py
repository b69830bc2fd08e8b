"""What waits on page two, next to rise: negatives at 11-13, and own pages there that a push would bring up."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Label, Severity
from audit.shares import IN_CONTROL

NEXT = 3


def check(board: Board) -> Iterator[Finding]:
    near: list[tuple[str, Label]] = []
    for serp in board.snapshot.serps:
        if serp.outcome.answered and serp.query.page == 2:
            for row in serp.organic[:NEXT]:
                label = board.labels.get(board.keys.get(f"{serp.id}/{row.position}", ""))
                if label is not None and label.about_brand:
                    near.append((f"{serp.id}/{row.position}", label))
    bad = tuple(result_id for result_id, label in near if (label.sentiment or 0) < 0)
    own = tuple(result_id for result_id, label in near if label.owner in IN_CONTROL)
    for name, evidence, severity in (("bench", bad, Severity.WATCH), ("bench_own", own, Severity.INFO)):
        if evidence:
            facts: dict[str, str | int | float | None] = {"n": len(evidence)}
            value = float(len(evidence))
            yield Finding(check=name, subject="brand", value=value, severity=severity, evidence=evidence, facts=facts)
