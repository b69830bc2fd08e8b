"""Why the negatives exist, as far as it is known; unknown is said, not guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from audit.board import Board, ids
from audit.models import Finding, Severity


def check(board: Board) -> Iterator[Finding]:
    groups = board.negatives()
    counts = Counter(items[0].label.cause for items in groups.values())
    for cause, count in counts.most_common():
        items = [items[0] for items in groups.values() if items[0].label.cause is cause]
        yield Finding(
            check="cause",
            subject=f"cause:{cause}",
            value=float(count),
            weight=count / len(groups),
            severity=Severity.INFO,
            evidence=ids(sorted(items, key=lambda item: item.place)),
            facts={"cause": cause.value, "n": count, "all": len(groups)},
        )
