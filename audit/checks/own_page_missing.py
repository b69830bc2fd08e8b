"""Searches for the brand's name where none of the first three results is the brand's own page."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Owner, Severity

TOP = 3


def check(board: Board) -> Iterator[Finding]:
    if not board.snapshot.brand.domains:
        return  # nobody said which pages are own
    for page in board.brand_pages:
        own = [item.place for item in page.items if item.label.owner is Owner.OWNED]
        if not own or min(own) > TOP:
            query = page.serp.query
            yield Finding(
                check="own_page_missing",
                subject=f"keyword:{query.keyword}",
                value=float(min(own)) if own else None,
                severity=Severity.ACT,
                evidence=tuple(item.id for item in page.items[:TOP]),
                facts={"engine": query.engine, "place": min(own) if own else None},
            )
