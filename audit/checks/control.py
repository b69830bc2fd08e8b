"""How much of the first page is the brand's own: own pages and own profiles elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Severity
from audit.shares import IN_CONTROL

FIRM = 0.5  # half of the attention; the target card of scoring section 7 asks for an own page in the top 3 besides
LOOSE = 0.2


def check(board: Board) -> Iterator[Finding]:
    pages = board.brand_pages
    if not pages:
        return
    share = sum(page.control or 0.0 for page in pages) / len(pages)
    held = sum(item.label.owner in IN_CONTROL for page in pages for item in page.items)
    severity = Severity.GOOD if share >= FIRM else Severity.INFO if share >= LOOSE else Severity.WATCH
    facts = {"n": held, "slots": sum(len(page.items) for page in pages), "pages": len(pages)}
    yield Finding(
        check="control", subject="brand", value=share, weight=share, severity=severity, facts={**facts, "share": share}
    )
