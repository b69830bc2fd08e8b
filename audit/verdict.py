"""The sentence on top: bands of the scoring reference, section 7, first match in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audit.models import Audit, Label, Method, Owner, Score, Verdict
from audit.shares import Cell, Item, pages, pure_brand

NEGATIVE_AT = -10.0
POSITIVE_AT = 40.0
ABSOLUTE_SHARE = 0.80
TOP = 3
GRAVE = 3
GRAVEST = 4
ATTACKS = 2


def verdicts(
    score: Score, chosen: Sequence[Cell], method: Method, previous: Audit | None = None
) -> tuple[Verdict, ...]:
    """One verdict, or two where the range spans a border: the score's own first, then the worse one it may be."""
    if not _enough(score, chosen, method):
        return (Verdict.NOT_ENOUGH,)
    attacked = len(new_attacks(chosen, previous)) >= ATTACKS
    own = _band(score.dominance or 0.0, score, chosen, attacked)
    ends = [_band(end, score, chosen, attacked) for end in (score.low, score.high) if end is not None]
    other = next((band for band in ends if band is not own), None)
    return (own,) if other is None else (own, other)


def _enough(score: Score, chosen: Sequence[Cell], method: Method) -> bool:
    return (
        score.dominance is not None
        and score.coverage >= method.coverage_floor
        and score.unlabelled <= method.unlabelled_ceiling
        and any(page.items for page in pages(pure_brand(chosen)))
    )


def _band(dominance: float, score: Score, chosen: Sequence[Cell], attacked: bool) -> Verdict:
    outweighed = dominance <= NEGATIVE_AT or (score.negative or 0.0) > (score.positive or 0.0)
    if outweighed:
        return Verdict.UNDER_ATTACK if attacked else Verdict.NEGATIVE
    if _absolute(score, chosen):
        return Verdict.ABSOLUTE
    brand_pages = pages(pure_brand(chosen))
    on_top = any(item.place <= TOP for page in brand_pages for item in page.negatives)
    return Verdict.POSITIVE if dominance >= POSITIVE_AT and not on_top else Verdict.CONTESTED


def _absolute(score: Score, chosen: Sequence[Cell]) -> bool:
    """P >= 0.80, no negative for the brand's name, an own page in the top 3, and nothing of severity 4 anywhere."""
    brand_pages = [page for page in pages(pure_brand(chosen)) if page.items]
    gravest = any(item.label.severity >= GRAVEST for page in pages(chosen) for item in page.negatives)
    return (
        (score.positive or 0.0) >= ABSOLUTE_SHARE
        and not gravest
        and not any(page.negatives for page in brand_pages)
        and all(_own_on_top(page.items) for page in brand_pages)
    )


def _own_on_top(items: Sequence[Item]) -> bool:
    return any(item.label.owner is Owner.OWNED and item.place <= TOP for item in items)


def new_attacks(chosen: Sequence[Cell], previous: Audit | None) -> Mapping[str, Label]:
    """Hostile or grave negatives by address that the previous audit did not have; none without one."""
    if previous is None:
        return {}
    seen = {label.address for label in previous.labels.values()}
    return {
        item.label.address: item.label
        for page in pages(chosen)
        for item in page.negatives
        if item.label.address not in seen and (item.label.owner is Owner.HOSTILE or item.label.severity >= GRAVE)
    }
