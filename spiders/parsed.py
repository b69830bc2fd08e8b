"""One file to one flat answer for other programs: the contract of `repaudit parse --json`, stable from 0.1 on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from audit.errors import UsageError
from audit.models import AggregateRating, Outcome, Page, ReviewProfile, Serp, SerpResult, Status
from spiders.reading import UNKNOWN, read
from spiders.saved import open_file

_ROW = ("feature", "rank", "position", "title", "url", "displayed_url", "snippet", "date")


def parse_file(path: Path, *, engine: str, site: str, url: str, now: datetime) -> dict[str, Any]:
    """Whatever the file holds becomes one line; a file with many pages gives its best one and says so."""
    try:
        pages = open_file(path, url=url, now=now)
    except UsageError as error:
        return _line(path, UNKNOWN, Outcome(status=Status.FAILED, kind="Missing", why=str(error)))
    readings = [reading for page in pages for reading in _read(page, engine, site)]
    if not readings:
        nothing = Outcome(status=Status.UNRECOGNISED, kind="unknown_source", why="no page in this file")
        return _line(path, UNKNOWN, nothing)
    best = max(readings, key=lambda reading: reading.outcome.status is Status.RESULTS)
    more = [f"{len(readings)} pages in this file; this line is one of them"] if len(readings) > 1 else []
    return _of(path, best, more)


def _read(page: Page, engine: str, site: str) -> tuple[Serp | ReviewProfile, ...]:
    return read(page, engine=engine, site=site)


def _of(path: Path, reading: Serp | ReviewProfile, more: list[str]) -> dict[str, Any]:
    warnings = [*more, *reading.warnings]
    if isinstance(reading, Serp):
        query = reading.query.keyword or reading.displayed_query
        rows = [_row(result) for result in reading.results]
        return _line(path, reading.query.engine, reading.outcome, query=query, results=rows, warnings=warnings)
    profile = _profile(reading) if reading.outcome.status is Status.RESULTS else None
    return _line(path, reading.site, reading.outcome, profile=profile, warnings=warnings)


def _line(path: Path, source: str, outcome: Outcome, **more: Any) -> dict[str, Any]:
    """The contract in its order; `more` is query, results, profile, warnings where there are any."""
    why = [outcome.why] if outcome.why and outcome.status is not Status.RESULTS else []
    return {
        "file": str(path),
        "source": source,
        "outcome": outcome.status.value,
        "kind": outcome.kind,
        "query": more.get("query", ""),
        "results": more.get("results", []),
        "profile": more.get("profile"),
        "warnings": [*more.get("warnings", []), *why],
    }


def _row(result: SerpResult) -> dict[str, Any]:
    return {**{name: getattr(result, name) for name in _ROW}, "rating": _rating(result.rating)}


def _rating(rating: AggregateRating | None) -> dict[str, Any] | None:
    return None if rating is None else rating.model_dump()


def _profile(profile: ReviewProfile) -> dict[str, Any]:
    return {
        "subject": profile.subject,
        "rating": _rating(profile.rating),
        "histogram": profile.histogram,
        "reviews": [review.model_dump(mode="json") for review in profile.reviews],
    }
