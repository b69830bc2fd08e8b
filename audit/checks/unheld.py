"""Keywords whose first page shows nothing of the brand's own: the ones to publish for, "paving" in the field's word."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Severity
from audit.shares import IN_CONTROL


def check(board: Board) -> Iterator[Finding]:
    brand = board.snapshot.brand
    if not (brand.domains or brand.profiles):
        return  # nobody said which pages are own
    for text, pages in board.by_keyword():
        empty = [page for page in pages if page.items and not any(i.label.owner in IN_CONTROL for i in page.items)]
        if empty:
            yield Finding(
                check="unheld",
                subject=f"keyword:{text}",
                value=float(len(empty)),
                weight=len(empty) / len(pages),
                severity=Severity.WATCH,
                evidence=tuple(page.items[0].id for page in empty[:5]),
                facts={"n": len(empty), "pages": len(pages)},
            )
