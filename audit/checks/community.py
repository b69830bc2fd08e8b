"""Unfavourable threads where people talk to each other: forums, networks, questions and answers."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, PageType, Severity

TALK = frozenset({PageType.FORUM, PageType.SOCIAL, PageType.QUESTION_ANSWER})


def check(board: Board) -> Iterator[Finding]:
    threads = [items[0] for items in board.negatives().values() if items[0].label.page_type in TALK]
    if threads:
        yield Finding(
            check="community",
            subject="brand",
            value=float(len(threads)),
            weight=max(item.weight for item in threads),
            severity=Severity.WATCH,
            evidence=tuple(item.id for item in sorted(threads, key=lambda item: item.place)[:5]),
            facts={"n": len(threads)},
        )
