"""Two times of one brand -> what may be claimed about the movement, and nothing more.

Three verdicts only (reliability section 4.3): CHANGED, NO CHANGE SHOWN, NOT COMPARABLE. Pages that are missing at one
time are counted at their worst and at their best; a verdict must hold at both ends, so that a page that failed to
arrive can never improve anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from audit.curve import load
from audit.models import Comparison, Label, Method, Moved, Snapshot
from audit.overlap import between, within
from audit.permutation import Permuted, Series, adjusted, permuted
from audit.shares import Cell, cells, mix

ALPHA = 0.04
"""A little under the 5 % that may be false: then no regime shows more than 5 % of 1,000 pairs (benchmarks.movement)."""
BRAND_CAPTURES = 2
"""Captures a time that a verdict about the brand needs, and about a keyword (reliability section 4.3)."""
KEYWORD_CAPTURES = 5
FEWEST_PAGES = 2
ENDS = (-100.0, 100.0)
"""What a page that is missing may have been worth: the ends of dominance."""

Figure = Callable[[Cell], float | None]


class Captured(NamedTuple):
    """One capture of the brand's pages, weighed; `cells` in the order of its plan."""

    snapshot: Snapshot
    cells: tuple[Cell, ...]


class Question(NamedTuple):
    """A planned page asked at both times: its figure in every capture, None where it is missing."""

    cell: Cell
    before: tuple[float | None, ...]
    after: tuple[float | None, ...]
    weight: float = 0.0

    @property
    def told(self) -> bool:
        return any(v is not None for v in self.before) and any(v is not None for v in self.after)

    def series(self, missing_before: float | None = None, missing_after: float | None = None) -> Series:
        """Its captures, with missing ones at the given worth, or without them."""
        return Series(self.weight, _filled(self.before, missing_before), _filled(self.after, missing_after))


def _filled(values: Iterable[float | None], missing: float | None) -> tuple[float, ...]:
    told = (missing if value is None else value for value in values)
    return tuple(value for value in told if value is not None)


def captured(snapshot: Snapshot, labels: Mapping[str, Label], keys: Mapping[str, str], method: Method) -> Captured:
    """A snapshot weighed by a method. Both times must be labelled and weighed by the same one."""
    return Captured(snapshot, cells(snapshot, labels, keys, load(method.curve), method))


def compare(before: Sequence[Captured], after: Sequence[Captured], *, seed: int) -> tuple[Comparison, ...]:
    """The brand first, then every keyword asked at both times. Both sides hold the captures of one time each."""
    questions = asked_twice(before, after)
    since = max(capture.snapshot.taken_at for capture in before)
    known: dict[str, object] = {
        "since": since,
        "captures_before": len(before),
        "captures_after": len(after),
    }
    reason = unlike(before, after, questions)
    if reason:
        return (Comparison(verdict=Moved.NOT_COMPARABLE, why=reason, **known),)
    brand = judged(questions, BRAND_CAPTURES, seed, {**known, **_overlaps(before, after, questions)})
    keywords = dict.fromkeys(question.cell.query.keyword for question in questions)
    each = [
        judged([q for q in questions if q.cell.query.keyword == text], KEYWORD_CAPTURES, seed, known, text)
        for text in keywords
    ]
    return (brand, *_corrected(each))


def asked_twice(before: Sequence[Captured], after: Sequence[Captured]) -> list[Question]:
    """Planned pages of both times. An engine that answered at neither time is out of scope, not a doubt."""
    old, new = ([{cell.query: cell for cell in c.cells} for c in side] for side in (before, after))
    common = [cell for cell in after[0].cells if all(cell.query in side for side in (*old, *new))]
    heard = {query.engine for side in (*old, *new) for query, cell in side.items() if cell.page and cell.page.items}
    kept = [cell for cell in common if cell.query.engine in heard]
    weights = mix(kept) if kept else []
    return [
        Question(
            cell,
            tuple(_dominance(side[cell.query]) for side in old),
            tuple(_dominance(side[cell.query]) for side in new),
            weight,
        )
        for cell, weight in zip(kept, weights, strict=True)
    ]


def _dominance(cell: Cell) -> float | None:
    return cell.page.dominance if cell.page else None


def unlike(before: Sequence[Captured], after: Sequence[Captured], questions: Sequence[Question]) -> str:
    """Why the two times cannot be compared; "" when they can."""
    origins = {capture.snapshot.origin == "positions" for capture in (*before, *after)}
    if len(origins) > 1:
        return "method"
    if not questions:
        contexts = [{_context(cell) for c in side for cell in c.cells} for side in (before, after)]
        return "plan" if contexts[0] & contexts[1] else "context"
    if sum(question.told for question in questions) < FEWEST_PAGES:
        return "few_pages"
    return ""


def _context(cell: Cell) -> tuple[str, str, str, str]:
    query = cell.query
    return (query.engine, query.country, query.language, query.device.value)


def judged(
    questions: Sequence[Question], needed: int, seed: int, known: Mapping[str, object], keyword: str = ""
) -> Comparison:
    """One verdict: the test on the common pages, then at both ends of what is missing."""
    facts = {**known, "keyword": keyword, "common_pages": sum(q.told for q in questions)}
    seen = permuted([q.series() for q in questions], seed=seed)
    if seen is None:
        return Comparison(verdict=Moved.NOT_COMPARABLE, why="few_pages", **facts)
    worst, best = _ends(questions, seen, seed)
    captures = min(int(str(facts["captures_before"])), int(str(facts["captures_after"])))
    verdict, why = _verdict(seen, worst, best, captures >= needed)
    return Comparison(
        verdict=verdict,
        why=why,
        before=_level(questions, lambda s: s.before),
        after=_level(questions, lambda s: s.after),
        effect=seen.effect,
        p=max(seen.p, worst.p, best.p),
        smallest_seen=seen.smallest_seen if captures >= needed else None,
        worst=worst.effect,
        best=best.effect,
        **facts,
    )


def _ends(questions: Sequence[Question], seen: Permuted, seed: int) -> tuple[Permuted, Permuted]:
    """The test with every missing page at its worst for the brand, and at its best."""
    if all(value is not None for q in questions for value in (*q.before, *q.after)):
        return seen, seen
    low, high = ENDS
    worst = permuted([q.series(high, low) for q in questions], seed=seed)
    best = permuted([q.series(low, high) for q in questions], seed=seed)
    return worst or seen, best or seen  # nothing is missing once it is filled


def _verdict(seen: Permuted, worst: Permuted, best: Permuted, enough: bool) -> tuple[Moved, str]:
    if not enough:
        return Moved.NO_CHANGE_SHOWN, "few_captures"
    if not seen.effect or seen.p > ALPHA:
        return Moved.NO_CHANGE_SHOWN, ""
    same_side = worst.effect * best.effect > 0 and worst.effect * seen.effect > 0
    if same_side and max(worst.p, best.p) <= ALPHA:
        return Moved.CHANGED, ""
    return Moved.NO_CHANGE_SHOWN, "bounds"


def _level(questions: Sequence[Question], side: Callable[[Series], tuple[float, ...]]) -> float | None:
    """Weighted mean of the common pages at one time."""
    told = [(q.weight, side(q.series())) for q in questions if q.told]
    total = sum(weight for weight, _ in told)
    return sum(weight * sum(values) / len(values) for weight, values in told) / total if total else None


def _corrected(each: Sequence[Comparison]) -> list[Comparison]:
    """Keywords are many questions at once: Benjamini-Hochberg, and a verdict that fails it is taken back."""
    at = [place for place, comparison in enumerate(each) if comparison.p is not None]
    corrected = dict(zip(at, adjusted([each[place].p or 0.0 for place in at]), strict=True))
    return [
        comparison
        if place not in corrected
        else comparison.model_copy(
            update={
                "p": corrected[place],
                "verdict": Moved.NO_CHANGE_SHOWN if corrected[place] > ALPHA else comparison.verdict,
            }
        )
        for place, comparison in enumerate(each)
    ]


def _overlaps(
    before: Sequence[Captured], after: Sequence[Captured], questions: Sequence[Question]
) -> dict[str, float | None]:
    """How alike the lists of one time are among themselves, and how alike those of the two times are."""
    inside, across = [], []
    for question in questions:
        old, new = (_lists(side, question) for side in (before, after))
        inside += [value for value in (within(old), within(new)) if value is not None]
        across += [value for value in (between(old, new),) if value is not None]
    return {
        "overlap_within": sum(inside) / len(inside) if inside else None,
        "overlap_between": sum(across) / len(across) if across else None,
    }


def _lists(side: Sequence[Captured], question: Question) -> list[list[str]]:
    """Addresses of the page in every capture that has it, in order."""
    found = (cell.page for capture in side for cell in capture.cells if cell.query == question.cell.query)
    return [[item.label.address for item in page.items] for page in found if page is not None]
