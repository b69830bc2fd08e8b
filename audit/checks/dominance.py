"""Which side holds more attention, and which rows hold most of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Severity
from audit.shares import Item, key_weights


def check(board: Board) -> Iterator[Finding]:
    score = board.brand
    if score.positive is None or score.negative is None:
        return
    good = score.positive >= score.negative
    severity = Severity.GOOD if good and score.negative < score.positive / 2 else Severity.WATCH
    yield Finding(
        check="dominance",
        subject="brand",
        value=score.dominance,
        weight=max(score.positive, score.negative),
        severity=severity if good else Severity.ACT,
        evidence=_weightiest(board, positive=good),
        facts={"positive": score.positive, "negative": score.negative, "more": "positive" if good else "negative"},
    )


def _weightiest(board: Board, *, positive: bool, most: int = 3) -> tuple[str, ...]:
    """The first appearance of the rows that weigh most on the winning side."""
    weights = key_weights(board.cells)
    first: dict[str, Item] = {}
    sides: dict[str, list[Item]] = defaultdict(list)
    for page in board.pages:
        for item in page.items:
            if (item.sentiment > 0) if positive else item.negative:
                sides[item.label.key].append(item)
                first.setdefault(item.label.key, item)
    keys = sorted(sides, key=lambda key: -weights.get(key, 0.0) * abs(first[key].sentiment))
    return tuple(first[key].id for key in keys[:most])
