"""Negatives among the first three results, keyword by keyword."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board, ids
from audit.models import Finding, KeywordKind, Severity

TOP = 3
ASKS_FOR_IT = frozenset({KeywordKind.COMPLAINT})
"""Who types "complaints" looks for complaints; finding some there is no alarm by itself."""


def check(board: Board) -> Iterator[Finding]:
    for text, pages in board.by_keyword():
        items = sorted((i for page in pages for i in page.negatives if i.place <= TOP), key=lambda i: i.place)
        if not items:
            continue
        keyword = board.snapshot.keyword(text)
        kind = keyword.kind if keyword else KeywordKind.OTHER
        severity = Severity.WATCH if kind in ASKS_FOR_IT else Severity.ACT
        engines = {page.serp.query.engine for page in pages for i in page.negatives if i.place <= TOP}
        yield Finding(
            check="negative_on_top",
            subject=f"keyword:{text}",
            value=float(items[0].place),
            weight=max(item.weight for item in items),
            severity=severity,
            evidence=ids(items),
            facts={"first": items[0].place, "n": len(items), "engines": len(engines), "kind": kind.value},
        )
