"""What moved since the last snapshot, and the line of all snapshots: what may be claimed, and what may not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.models import Change, ChangeKind, Comparison, Moved, Point, ReviewProfile
from reports import safety
from reports.charts import Svg
from reports.lines import Names, Spot, figures, trend
from reports.rows import Place, Reader, places, site_name

BRAND = "brand"
ORDER = tuple(ChangeKind)
STYLE = {Moved.CHANGED: "n", Moved.NO_CHANGE_SHOWN: "u", Moved.NOT_COMPARABLE: "x"}
PLACED = frozenset({ChangeKind.ENTERED, ChangeKind.LEFT, ChangeKind.ROSE, ChangeKind.FELL})


@dataclass(frozen=True)
class MovedView:
    """One of three verdicts about a movement, with what it rests on."""

    style: str
    word: str
    keyword: str
    lang: str
    sentence: str
    notes: tuple[str, ...]
    before: str
    after: str
    effect: str
    p: str


@dataclass(frozen=True)
class ChangeRow:
    text: str
    lang: str
    where: str
    before: str
    after: str
    mark: str
    """Style class of the label now; "" where none is known."""
    glyph: str
    word: str
    seen: str
    """Whether it was seen in most captures or in a single one."""
    places: tuple[Place, ...]


@dataclass(frozen=True)
class ChangeGroup:
    word: str
    rows: tuple[ChangeRow, ...]


@dataclass(frozen=True)
class TrendRow:
    date: str
    value: str
    range: str
    negatives: str
    coverage: str
    note: str


@dataclass(frozen=True)
class TrendView:
    chart: Svg
    rows: tuple[TrendRow, ...]
    imported: bool
    broken: bool
    missing: bool


# ---------------------------------------------------------------- comparisons


def brand_move(reader: Reader) -> MovedView | None:
    found = next((c for c in reader.audit.comparisons if not c.keyword), None)
    return moved(reader, found) if found else None


def keyword_moves(reader: Reader) -> tuple[MovedView, ...]:
    return tuple(moved(reader, c) for c in reader.audit.comparisons if c.keyword)


def moved(reader: Reader, found: Comparison) -> MovedView:
    words = reader.words
    up = found.verdict is Moved.CHANGED and (found.effect or 0) > 0
    return MovedView(
        style="p" if up else STYLE[found.verdict],
        word=words.name("moved", found.verdict.value),
        keyword=safety.clip(found.keyword, 80),
        lang=reader.keyword_language(found.keyword),
        sentence=_sentence(reader, found),
        notes=tuple(_notes(reader, found)),
        before=words.signed(found.before),
        after=words.signed(found.after),
        effect=words.signed(found.effect),
        p=words.p(found.p),
    )


def _sentence(reader: Reader, found: Comparison) -> str:
    words = reader.words
    facts = {"since": found.since, "before": found.before, "after": found.after, "effect": found.effect}
    known = found.why if words.has(f"moved_why.{found.why}") else "other"
    why = words.name("moved_why", known)
    return words.say(f"moved_sentence.{found.verdict.value}", why=why, p=words.p(found.p), **facts)


def _notes(reader: Reader, found: Comparison) -> Iterator[str]:
    words = reader.words
    if found.verdict is Moved.NO_CHANGE_SHOWN and found.smallest_seen is not None:
        yield words.say("moved_note.power", smallest=float(round(found.smallest_seen)))
    if found.worst is not None and found.best is not None:
        yield words.say("moved_note.bounds", worst=found.worst, best=found.best)
    if found.overlap_within is not None and found.overlap_between is not None:
        yield words.say("moved_note.noise", within=found.overlap_within, between=found.overlap_between)
    if found.common_pages:
        yield words.say(
            "moved_note.basis", n=found.common_pages, before=found.captures_before, after=found.captures_after
        )


# ---------------------------------------------------------------- differences


def differences(reader: Reader) -> tuple[ChangeGroup, ...]:
    groups = []
    for kind in ORDER:
        rows = tuple(_difference(reader, c) for c in reader.audit.changes if c.kind is kind)
        if rows:
            groups.append(ChangeGroup(reader.words.name("change", kind.value), rows))
    return tuple(groups)


def _difference(reader: Reader, change: Change) -> ChangeRow:
    words = reader.words
    now = reader.marks.get(change.sentiment) if change.sentiment is not None else None
    before, after = (_value(reader, change.kind, v) for v in (change.before, change.after))
    seen = "" if change.persistent is None else words.say(f"change_seen.{'most' if change.persistent else 'some'}")
    return ChangeRow(
        text=_text(reader, change),
        lang=reader.keyword_language(change.keyword) if _quoted(change) else "",
        where=" · ".join(part for part in (_engine(reader, change), _asked(reader, change)) if part),
        before=before,
        after=after,
        mark=now.style if now else "",
        glyph=now.glyph if now else "",
        word=now.word if now else "",
        seen=seen,
        places=places(reader, change.evidence, 1),
    )


def _quoted(change: Change) -> bool:
    return bool(change.title) or change.kind in (ChangeKind.SUGGESTION_APPEARED, ChangeKind.SUGGESTION_GONE)


def _text(reader: Reader, change: Change) -> str:
    if change.kind is ChangeKind.RATING_MOVED and change.subject in reader.profiles:
        return reader.profiles[change.subject].text
    return safety.clip(change.title, 100) or safety.clip(change.subject, 100)


def _engine(reader: Reader, change: Change) -> str:
    return reader.engine(change.engine) if change.engine else ""


def _asked(reader: Reader, change: Change) -> str:
    return reader.words.say("common.quoted", text=safety.clip(change.keyword, 80)) if change.keyword else ""


def _value(reader: Reader, kind: ChangeKind, value: float | None) -> str:
    words = reader.words
    if value is None:
        return ""
    if kind is ChangeKind.RELABELLED:
        mark = reader.marks.get(value)
        return f"{mark.glyph} {mark.word}" if mark else ""
    if kind is ChangeKind.COVERAGE:
        return words.percent(value)
    return words.number(value) if kind in PLACED else words.say("reviews.bare", value=value)


# ---------------------------------------------------------------- trend


def score_trend(reader: Reader) -> TrendView | None:
    """The brand's score over all snapshots, this one last; None for a first snapshot."""
    points = [p for p in reader.audit.trend if p.subject == BRAND]
    if not points:
        return None
    now = reader.audit.snapshot.taken_at
    if all(p.taken_at < now for p in points):
        points.append(_present(reader))
    points.sort(key=lambda p: p.taken_at)
    spots = [_spot(reader, p) for p in points]
    written = [reader.words.signed(tick) for tick in figures(spots)]
    return TrendView(
        chart=trend(spots, _names(reader, points, reader.words.say("chart.trend", n=len(points))), written),
        rows=tuple(_row(reader, p) for p in reversed(points)),
        imported=any(p.imported for p in points),
        broken=any(p.breaks for p in points),
        missing=any(p.value is None for p in points),
    )


def _present(reader: Reader) -> Point:
    score = reader.audit.score
    return Point(
        taken_at=reader.audit.snapshot.taken_at,
        value=score.dominance,
        low=score.low,
        high=score.high,
        negatives=score.negatives_top10,
        coverage=score.coverage,
    )


def _names(reader: Reader, points: Sequence[Point], title: str) -> Names:
    first, last = (reader.words.short_date(p.taken_at) for p in (points[0], points[-1]))
    return Names(title, first, last, reader.words.say("trend.break"))


def _spot(reader: Reader, point: Point) -> Spot:
    words = reader.words
    value = words.signed(point.value) if point.value is not None else words.say("trend.missing")
    told = f"{words.date(point.taken_at)}: {value} {words.range(point.low, point.high)}".strip()
    return Spot(point.taken_at, point.value, point.low, point.high, point.breaks, point.imported, told)


def _row(reader: Reader, point: Point) -> TrendRow:
    words = reader.words
    notes = [
        words.say(f"trend.{key}")
        for key, told in (("missing", point.value is None), ("broken", point.breaks), ("imported", point.imported))
        if told
    ]
    return TrendRow(
        date=words.date(point.taken_at),
        value=words.signed(point.value),
        range=words.range(point.low, point.high),
        negatives=words.number(point.negatives),
        coverage=words.percent(point.coverage),
        note=" · ".join(notes),
    )


def rating_line(reader: Reader, profile: ReviewProfile) -> Svg | None:
    """The site's own figure over time; None with fewer than two."""
    points = sorted(
        (p for p in reader.audit.trend if p.subject == f"profile:{profile.url}"), key=lambda point: point.taken_at
    )
    if len(points) < 2:
        return None
    words = reader.words
    spots = [
        Spot(
            p.taken_at,
            p.value,
            breaks=p.breaks,
            hollow=p.imported,
            told=f"{words.date(p.taken_at)}: {words.say('reviews.bare', value=p.value)}",
        )
        for p in points
    ]
    written = [words.say("reviews.bare", value=tick) for tick in figures(spots)]
    ends = [words.say("reviews.bare", value=p.value) for p in (points[0], points[-1])]
    title = words.say("chart.rating", site=site_name(profile.site), first=ends[0], last=ends[1])
    return trend(spots, _names(reader, points, title), written)
