"""Reads the recorded review pages beside the checkout, against truth and against what a person read there.

`python -m tests.sites_corpus [site]` prints the figures; tests/test_sites.py holds every page to them. The table of
pages read by eye (sites_corpus.toml) holds outcomes and numbers only.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from audit.models import AggregateRating, ReviewProfile
from spiders.reading import read
from spiders.registry import site
from spiders.tree import Tree
from tests.corpus import CORPUS, READ_AT, TRUTH, disputes, page

PAGES = CORPUS / "reviews"
TABLE = Path(__file__).with_suffix(".toml")


class Row(NamedTuple):
    """What one recorded page says: outcome, whose page it is, figures, number of opinions."""

    page: str
    """Folder and digest of the file's name: names of files outside stay outside."""
    outcome: str
    site: str = ""
    value: float | None = None
    best: float | None = None
    rating_count: int | None = None
    review_count: int | None = None
    reviews: int = 0


def available() -> bool:
    return TRUTH.is_dir()


def pages() -> list[Path]:
    return sorted(path for path in PAGES.rglob("*") if path.is_file() and ".peer." not in path.name)


def name_of(path: Path) -> str:
    """How the table calls a page."""
    file = path.relative_to(PAGES).as_posix()
    return f"{file.partition('/')[0]}/{hashlib.sha256(file.encode()).hexdigest()[:12]}"


@cache
def _by_name() -> dict[str, str]:
    return {name_of(path): path.relative_to(PAGES).as_posix() for path in pages()}


def has(name: str) -> bool:
    return name in _by_name()


def truths() -> Iterator[dict[str, Any]]:
    """Truth of review pages: files that name one."""
    for path in sorted(TRUTH.glob("*.json")) if available() else ():
        data = json.loads(path.read_text("utf-8"))
        if isinstance(data, dict) and str(data.get("file", "")).startswith("reviews/"):
            yield data


@cache
def by_eye() -> list[Row]:
    return [Row(**row) for row in tomllib.loads(TABLE.read_text("utf-8"))["page"]]


@cache
def profile(file: str) -> ReviewProfile:
    """The reading of a page that nobody says anything about; a search engine's reading counts as an empty profile."""
    reading = read(page(CORPUS / file))[0]
    if isinstance(reading, ReviewProfile):
        return reading
    return ReviewProfile(site=reading.query.engine, outcome=reading.outcome, fetched_at=READ_AT)


def found(name: str) -> Row:
    reading = profile(f"reviews/{_by_name()[name]}")
    rating = reading.rating or AggregateRating()
    return Row(
        page=name,
        outcome=str(reading.outcome),
        site=reading.site,
        value=rating.value,
        best=rating.best,
        rating_count=rating.rating_count,
        review_count=rating.review_count,
        reviews=len(reading.reviews),
    )


def differences(truth: dict[str, Any]) -> list[str]:
    """Where the reading departs from truth; [] is exact. What truth leaves out or calls null is unknown."""
    if "items" in truth:
        return list(_list_differences(truth))
    reading = profile(truth["file"])
    rating = reading.rating or AggregateRating()
    counts = (rating.rating_count, rating.review_count)
    pairs = [
        ("rating", rating.value),
        ("best", rating.best),
        ("worst", rating.worst),
        *((name, rating.rating_count) for name in ("ratings_count", "ratingCount")),
        *((name, rating.review_count) for name in ("reviews_count", "reviewCount")),
    ]
    given = [f"{name}: {value}, not {truth[name]}" for name, value in pairs if truth.get(name) not in (None, value)]
    if truth.get("rating", 0) is None and rating.value is not None:
        given.append(f"rating: {rating.value}, where the page shows none")
    if truth.get("count") is not None and truth["count"] not in counts:
        given.append(f"count: {counts}, not {truth['count']}")
    if truth.get("subject") and reading.subject not in (truth["subject"], named(truth["subject"])):
        given.append(f"subject: {reading.subject!r}, not {truth['subject']!r}")
    bars = {stars: n for stars, n in truth.get("distribution", {}).items() if isinstance(n, int)}
    if bars and reading.histogram != bars:
        given.append(f"histogram: {reading.histogram}, not {bars}")
    if truth.get("reviews_on_page") not in (None, len(reading.reviews)):
        given.append(f"reviews: {len(reading.reviews)}, not {truth['reviews_on_page']}")
    given += _review_differences(truth, reading)
    return [line for line in given if (truth["file"], 0) not in disputes()]


def named(subject: str) -> str:
    """Truth adds the town in brackets behind a name ("Le Restaurant (Amsterdam)"); the page's heading does not."""
    return subject.partition(" (")[0]


def _review_differences(truth: dict[str, Any], reading: ReviewProfile) -> Iterator[str]:
    for place, (wanted, review) in enumerate(zip(truth.get("reviews", []), reading.reviews, strict=False), start=1):
        stars = review.rating.value if review.rating else None
        if wanted.get("stars") not in (None, stars):
            yield f"review {place}: {stars} stars, not {wanted['stars']}"
        if wanted.get("iso") and wanted["iso"][:10] != review.date:
            yield f"review {place}: of {review.date}, not {wanted['iso']}"
        if wanted.get("title") not in (None, review.title):
            yield f"review {place}: another title"


def _list_differences(truth: dict[str, Any]) -> Iterator[str]:
    reading = profile(truth["file"])
    if reading.rating is not None or reading.subject:
        yield f"a list is read as {reading.subject!r}"
    listed = list(site(truth["site"]).listed(Tree.of((CORPUS / truth["file"]).read_bytes())))
    for wanted, claim in zip(truth["items"], listed, strict=False):
        rating = claim.rating or AggregateRating()
        given = (claim.subject, rating.value, rating.rating_count)
        if given != (wanted["name"], wanted["rating"], wanted["count"]):
            yield f"{given}, not {wanted}"
    if len(listed) < len(truth["items"]):
        yield f"{len(listed)} subjects, not {len(truth['items'])}"


def main(names: Sequence[str]) -> None:
    exact = total = 0
    for truth in truths():
        if not names or truth["file"].split("/")[1] in names:
            wrong = differences(truth)
            exact, total = exact + (not wrong), total + 1
            sys.stdout.write(f"{'BAD' if wrong else 'ok '} {truth['file']}\n")
            sys.stdout.writelines(f"      {line}\n" for line in wrong)
    sys.stdout.write(f"truth: {exact} of {total} pages exact\n")
    rows = [row for row in by_eye() if not names or row.page.split("/")[0] in names]
    right = [row for row in rows if found(row.page) == row]
    for row in rows:
        if row not in right:
            sys.stdout.write(f"BAD read {found(row.page)}\n     not  {row}\n")
    sys.stdout.write(f"read by eye: {len(right)} of {len(rows)} pages right\n")


if __name__ == "__main__":
    main(sys.argv[1:])
