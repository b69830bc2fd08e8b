"""What differs between two times, by name: entered, left, rose, fell, relabelled, ratings, suggestions, coverage.

A difference is not yet a change; `audit.compare` says what may be claimed. Results are matched by normalised address,
else by host and title where an address carries a session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from audit.address import host_of, normal_address
from audit.compare import Captured
from audit.models import (
    Change,
    ChangeKind,
    Feature,
    Label,
    ReviewProfile,
    SerpQuery,
    Snapshot,
)
from audit.shares import coverage

OFTEN, SELDOM = 0.8, 0.2
"""Seen in this share of captures of one side and at most that of the other: persistent (reliability 4.3)."""
MOVE = 2
"""Places; a result moves 0.5 to 0.6 places by itself (Moreno and Lopes 2021, in reliability 4.1)."""
RATING_MOVE = 0.1
"""The last figure that sites print."""
COVERAGE_MOVE = 0.05
SUGGESTING = frozenset({Feature.SUGGESTION, Feature.RELATED_SEARCHES, Feature.PEOPLE_ALSO_ASK})


class Sighting(NamedTuple):
    """One result in one capture of one page."""

    id: str
    place: int
    title: str
    sentiment: float | None


class Track(NamedTuple):
    """A result over the captures of one time."""

    sightings: tuple[Sighting, ...]
    captures: int

    @property
    def place(self) -> float:
        return median(sighting.place for sighting in self.sightings)

    @property
    def share(self) -> float:
        return len(self.sightings) / self.captures

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]


def changes(before: Sequence[Captured], after: Sequence[Captured]) -> tuple[Change, ...]:
    """Every difference, what concerns negatives first, then what concerns the first places."""
    found = [
        *_results(before, after),
        *_suggestions(before, after),
        *_ratings(before, after),
        *_coverage(before, after),
    ]
    return tuple(sorted(found, key=_importance))


def _importance(change: Change) -> tuple[bool, float, str, str]:
    place = min((p for p in (change.before, change.after) if p is not None), default=99.0)
    return ((change.sentiment or 0.0) >= 0, place, change.kind.value, change.subject)


# ---------------------------------------------------------------- results


def _results(before: Sequence[Captured], after: Sequence[Captured]) -> Iterator[Change]:
    old, new = (_answered(side) for side in (before, after))
    for query in new:
        if query in old:
            yield from _of_page(query, _matched(old[query], new[query]), new[query])


def _answered(side: Sequence[Captured]) -> dict[SerpQuery, dict[str, Track]]:
    """Page -> address -> its track; only pages that answered, in the order of the plan."""
    sightings: dict[SerpQuery, dict[str, list[Sighting]]] = {}
    captures: dict[SerpQuery, int] = {}
    for capture in side:
        for cell in capture.cells:
            if cell.page is None:
                continue
            captures[cell.query] = captures.get(cell.query, 0) + 1
            page = sightings.setdefault(cell.query, {})
            for item in cell.page.items:
                seen = Sighting(item.id, item.place, item.result.title, item.sentiment)
                page.setdefault(item.label.address or item.label.key, []).append(seen)
    return {
        query: {address: Track(tuple(seen), captures[query]) for address, seen in page.items()}
        for query, page in sightings.items()
    }


def _matched(old: Mapping[str, Track], new: Mapping[str, Track]) -> dict[str, Track]:
    """The old tracks under the new addresses: one that only changed its session keeps its past."""
    by_title = {_name(address, track): address for address, track in new.items() if address not in old}
    moved = {}
    for address, track in old.items():
        other = by_title.get(_name(address, track)) if address not in new else None
        moved[other or address] = track
    return moved


def _name(address: str, track: Track) -> tuple[str, str]:
    return host_of(address), " ".join(track.last.title.casefold().split())


def _of_page(query: SerpQuery, old: Mapping[str, Track], new: Mapping[str, Track]) -> Iterator[Change]:
    captures = max((track.captures for track in (*old.values(), *new.values())), default=0)
    for address in dict.fromkeys((*new, *old)):
        change = _of_result(address, old.get(address), new.get(address))
        if change is not None:
            held = _persistent(old.get(address), new.get(address)) if captures > 1 else None
            facts = {"engine": query.engine, "keyword": query.keyword, "persistent": held}
            yield change.model_copy(update=facts)


def _of_result(address: str, old: Track | None, new: Track | None) -> Change | None:
    seen = new or old
    if seen is None:
        return None
    facts = {"subject": address, "title": seen.last.title, "sentiment": seen.last.sentiment}
    if old is None and new is not None:
        return Change(kind=ChangeKind.ENTERED, after=new.place, evidence=_ids(new), **facts)
    if new is None and old is not None:
        return Change(kind=ChangeKind.LEFT, before=old.place, **facts)
    if old is None or new is None:
        return None
    if _side(old.last.sentiment) != _side(new.last.sentiment):
        levels = {"before": old.last.sentiment, "after": new.last.sentiment}
        return Change(kind=ChangeKind.RELABELLED, evidence=_ids(new), **levels, **facts)
    if abs(new.place - old.place) < MOVE:
        return None
    kind = ChangeKind.ROSE if new.place < old.place else ChangeKind.FELL
    return Change(kind=kind, before=old.place, after=new.place, evidence=_ids(new), **facts)


def _ids(track: Track) -> tuple[str, ...]:
    return (track.last.id,)


def _side(sentiment: float | None) -> int | None:
    return None if sentiment is None else (sentiment > 0) - (sentiment < 0)


def _persistent(old: Track | None, new: Track | None) -> bool:
    low, high = sorted((old.share if old else 0.0, new.share if new else 0.0))
    return low <= SELDOM and high >= OFTEN


# ---------------------------------------------------------------- beside the results


def _suggestions(before: Sequence[Captured], after: Sequence[Captured]) -> Iterator[Change]:
    """Suggestions of questions that were answered, with suggestions, at both times."""
    old, new = (_suggested(side) for side in (before, after))
    for asked, texts in new.items():
        if asked not in old:
            continue
        for text in dict.fromkeys((*texts, *old[asked])):
            if (text in texts) != (text in old[asked]):
                kind = ChangeKind.SUGGESTION_APPEARED if text in texts else ChangeKind.SUGGESTION_GONE
                yield Change(kind=kind, subject=text, engine=asked[0], keyword=asked[1], evidence=texts.get(text, ()))


def _suggested(side: Sequence[Captured]) -> dict[tuple[str, str, Feature], dict[str, tuple[str, ...]]]:
    found: dict[tuple[str, str, Feature], dict[str, tuple[str, ...]]] = {}
    for capture in side:
        for serp in capture.snapshot.serps:
            for row in serp.results if serp.outcome.answered else ():
                if row.feature in SUGGESTING:
                    asked = (serp.query.engine, serp.query.keyword, row.feature)
                    text = " ".join((row.title or row.snippet).split())
                    found.setdefault(asked, {})[text] = (f"{serp.id}/{row.position}",)
    return found


def _ratings(before: Sequence[Captured], after: Sequence[Captured]) -> Iterator[Change]:
    old, new = (_profiles(side[-1].snapshot) for side in (before, after))
    for subject, profile in new.items():
        was, now = (p.rating.value if p and p.rating else None for p in (old.get(subject), profile))
        if was is None or now is None or _scale(old[subject]) != _scale(profile):
            continue
        if round(abs(now - was), 6) >= RATING_MOVE:
            yield Change(kind=ChangeKind.RATING_MOVED, subject=subject, title=profile.site, before=was, after=now)


def _profiles(snapshot: Snapshot) -> dict[str, ReviewProfile]:
    return {(normal_address(p.url) or p.site): p for p in snapshot.profiles if p.rating is not None}


def _scale(profile: ReviewProfile) -> tuple[float | None, float | None]:
    return (profile.rating.best, profile.rating.worst) if profile.rating else (None, None)


def _coverage(before: Sequence[Captured], after: Sequence[Captured]) -> Iterator[Change]:
    was, now = (min(coverage(capture.cells) for capture in side) for side in (before, after))
    if abs(now - was) >= COVERAGE_MOVE:
        yield Change(kind=ChangeKind.COVERAGE, subject="brand", before=was, after=now)


def labels_of(changed: Sequence[Change], labels: Mapping[str, Label]) -> tuple[Change, ...]:
    """The changes with what a suggestion means, where it was labelled: `labels` by result id of the newer snapshot."""
    return tuple(
        change.model_copy(update={"sentiment": label.sentiment})
        if change.sentiment is None and change.evidence and (label := labels.get(change.evidence[0]))
        else change
        for change in changed
    )
