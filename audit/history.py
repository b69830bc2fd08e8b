"""Audits over time -> the points of a trend. A change of method or context is a break, never smoothed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from audit.address import normal_address
from audit.models import Audit, Origin, Point, Scope, Score
from audit.seal import canonical, digest

KEPT_BESIDE = 60
"""Points of each line beside the brand's that an audit carries: five years of months; `history` prints all."""
_NOT_METHOD = {"draws", "seed"}
"""They move the range by a hair and the score not at all."""


class Dot(NamedTuple):
    """A stored point: the set of captures it belongs to (its slot, else its snapshot), and its method."""

    group: str
    method: str
    point: Point


def method_of(audit: Audit) -> str:
    """Digest of what must agree before two scores may stand on one line: method, contexts, origin of the pages."""
    method = audit.method.model_dump(mode="json", exclude=_NOT_METHOD)
    contexts = sorted({(q.engine, q.country, q.language, q.device.value) for q in audit.snapshot.plan})
    imported = audit.snapshot.origin is Origin.POSITIONS
    return digest(canonical(method), canonical(contexts), imported)[:16]


def points(audit: Audit) -> tuple[Point, ...]:
    """One snapshot's points: the brand, its engines and keywords, and every review site with a rating."""
    taken, imported = audit.snapshot.taken_at, audit.snapshot.origin is Origin.POSITIONS
    lines = [
        Point(
            taken_at=taken,
            subject=_subject(score),
            value=score.dominance,
            low=score.low,
            high=score.high,
            negatives=score.negatives_top10,
            coverage=score.coverage,
            imported=imported,
        )
        for score in audit.scores
        if score.scope is not Scope.PAGE
    ]
    rated = {
        f"profile:{normal_address(p.url) or p.site}": p.rating.value
        for p in audit.snapshot.profiles
        if p.rating is not None and p.rating.value is not None
    }
    return (*lines, *(Point(taken_at=taken, subject=subject, value=value) for subject, value in rated.items()))


def _subject(score: Score) -> str:
    if score.scope is Scope.ENGINE:
        return f"engine:{score.engine}"
    return f"keyword:{score.keyword}" if score.scope is Scope.KEYWORD else "brand"


def trend(dots: Iterable[Dot]) -> tuple[Point, ...]:
    """The lines of a trend: captures of one due time become one point, and breaks are marked.

    `dots` oldest first. The order of subjects is that of their first point.
    """
    lines: dict[str, list[Dot]] = {}
    for dot in dots:
        lines.setdefault(dot.point.subject, []).append(dot)
    return tuple(point for line in lines.values() for point in _line(line))


def _line(dots: Sequence[Dot]) -> Iterable[Point]:
    before = ""
    for _, same in groupby(dots, key=lambda dot: (dot.group, dot.method)):
        captures = list(same)
        method, rating = captures[0].method, captures[0].point.subject.startswith("profile:")
        broken = bool(before) and method != before and not rating
        joined = _joined([dot.point for dot in captures])
        yield joined if joined.breaks == broken else joined.model_copy(update={"breaks": broken})
        before = method


def _joined(captures: Sequence[Point]) -> Point:
    """Several captures of one time: the mean, in the widest range, with the least coverage."""
    if len(captures) == 1:
        return captures[0]
    values = [point.value for point in captures if point.value is not None]
    return captures[-1].model_copy(
        update={
            "value": sum(values) / len(values) if values else None,
            "low": min((p.low for p in captures if p.low is not None), default=None),
            "high": max((p.high for p in captures if p.high is not None), default=None),
            "coverage": min((p.coverage for p in captures if p.coverage is not None), default=None),
        }
    )


def carried(line: Sequence[Point]) -> tuple[Point, ...]:
    """What an audit carries of a trend: the brand's whole line, and the newest points of every other one."""
    left = Counter(point.subject for point in line)
    kept = []
    for point in line:
        if point.subject == "brand" or left[point.subject] <= KEPT_BESIDE:
            kept.append(point)
        left[point.subject] -= 1
    return tuple(kept)
