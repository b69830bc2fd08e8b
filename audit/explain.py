"""The arithmetic of one score, line by line, so that anyone can compute it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.curve import load
from audit.errors import UsageError
from audit.models import Audit, Scope, Score
from audit.shares import Cell, Item, PageShares, cells, mix, pages


def explain(audit: Audit, what: str = "brand") -> list[str]:
    """Lines for `brand`, an engine, a keyword or a page id. Raises `UsageError` where the audit has no such score."""
    names = {"brand": audit.score}
    names |= {s.engine: s for s in audit.scores if s.scope is Scope.ENGINE}
    names |= {s.keyword: s for s in audit.scores if s.scope is Scope.KEYWORD}
    names |= {s.serp: s for s in audit.scores if s.scope is Scope.PAGE}
    if what not in names:
        raise UsageError(f"{what!r} is no score of this audit.", mend=f"Known: {', '.join(names)}.")
    score = names[what]
    board = cells(audit.snapshot, audit.labels, audit.label_keys, load(audit.method.curve), audit.method)
    chosen = [cell for cell in board if _belongs(cell, score)]
    lines = [f"{what}: {_range(score)}"]
    if score.scope is Scope.PAGE:
        return [*lines, *(line for page in pages(chosen) for line in _page(page, audit))]
    return [*lines, *_mix(chosen), *_shares(score)]


def _belongs(cell: Cell, score: Score) -> bool:
    if score.scope is Scope.PAGE:
        return cell.page is not None and cell.page.serp.id == score.serp
    return (not score.engine or cell.query.engine == score.engine) and (
        not score.keyword or cell.query.keyword == score.keyword
    )


def _mix(chosen: Sequence[Cell]) -> Iterator[str]:
    """Pages with their weights; the products add up to the score."""
    told = [cell for cell in chosen if cell.page and cell.page.items]
    yield f"  {len(pages(chosen))} of {len(chosen)} planned pages answered, {len(told)} with scored results:"
    total = 0.0
    for weight, cell in zip(mix(told), told, strict=True) if told else ():
        assert cell.page is not None
        dominance = cell.page.dominance or 0.0
        total += weight * dominance
        query = cell.query
        place = f"{cell.page.serp.id} {query.engine} {query.keyword!r}"
        yield f"  {weight:.4f} x {dominance:+7.2f} = {weight * dominance:+7.2f}   {place}"
    if told:
        yield f"  sum {total:+.2f}"
    yield from (f"  not answered: {c.query.engine} {c.query.keyword!r}" for c in chosen if c.page is None)


def _page(page: PageShares, audit: Audit) -> Iterator[str]:
    query = page.serp.query
    yield f"  {query.engine} {query.keyword!r}, curve {audit.method.curve}: weight x label"
    total = 0.0
    for item in page.items:
        total += item.weight * item.sentiment
        yield _row(item)
    yield f"  sum {total:+.4f}, times 100 = {100 * total:+.2f}"
    evidence = page.serp.evidence
    if evidence:
        yield f"  evidence: {evidence.file or evidence.record or page.serp.url} sha256 {evidence.sha256}"


def _row(item: Item) -> str:
    label = item.label
    why = ", ".join(label.because[:3])
    product = item.weight * item.sentiment
    head = f"  {item.id:>7} at {item.place:2}: {item.weight:.4f} x {item.sentiment:+.1f} = {product:+.4f}"
    return f"{head}   {label.by} {label.confidence:.2f} ({why})  {item.result.title[:60]} <{item.result.url}>"


def _shares(score: Score) -> Iterator[str]:
    if score.positive is not None and score.negative is not None and score.neutral is not None:
        parts = score.positive, score.neutral, score.negative
        positive, neutral, negative = (f"{100 * part:.1f} %" for part in parts)
        yield f"  attention: positive {positive}, neutral {neutral}, negative {negative}"
    yield f"  coverage {100 * score.coverage:.1f} %, unread {100 * score.unlabelled:.1f} %"


def _range(score: Score) -> str:
    if score.dominance is None or score.low is None or score.high is None:
        return "no score: nothing answered and read"
    return f"{score.dominance:+.0f} ({score.low:.0f}…{score.high:.0f})"
