"""Google Play: apps. Ratings, written reviews and the bars stand in the page's data, the exact value in its markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from audit.models import AggregateRating, Review
from spiders.markup import Value, count, scaled, score, words
from spiders.site import ReviewSite, marked
from spiders.state import callbacks, dig, lists
from spiders.subject import beside_heading
from spiders.tree import Tree

ROUNDED = 0.06  # the data rounds what the markup gives in full


class Figures(NamedTuple):
    """What the page's data says of an app: value, stars to counts, ratings, written reviews."""

    value: float
    bars: dict[str, int] | None
    ratings: int
    reviews: int


class GooglePlay(ReviewSite):
    name = "google_play"
    homepage = "https://play.google.com/store/apps"
    hosts = ("play.google.com",)
    marks = (
        "meta[name=appstore\\:bundle_id], meta[name=appstore\\:developer_url]",
        "link[rel=canonical][href*='play.google.com/store/']",
    )
    absence = "[itemprop=aggregateRating], [data-g-id=reviews]"
    verified = date(2019, 12, 5)

    def url(self, subject: str) -> str:
        if "." in subject and " " not in subject:
            return f"https://play.google.com/store/apps/details?id={quote(subject)}"
        return f"https://play.google.com/store/search?q={quote_plus(subject)}&c=apps"

    def rating(self, tree: Tree) -> AggregateRating | None:
        shown, found = marked(tree).claim.rating, _figures(tree)
        if found is None:
            return shown or beside_heading(tree)
        if shown is None or shown.value is None:
            return scaled(found.value, 5, 1, found.ratings, found.reviews)
        return shown.model_copy(update={"rating_count": found.ratings, "review_count": found.reviews})

    def histogram(self, tree: Tree) -> dict[str, int] | None:
        found = _figures(tree)
        return found.bars if found is not None else None

    def reviews(self, tree: Tree) -> Iterator[Review]:
        seen: set[str] = set()
        for item in lists(callbacks(tree)):
            key, stars, when = dig(item, 0), dig(item, 2), dig(item, 5, 0)
            is_review = isinstance(key, str) and isinstance(stars, int) and 1 <= stars <= 5 and isinstance(when, int)
            said = dig(item, 4)
            if not is_review or not isinstance(said, str) or str(key) in seen or not isinstance(dig(item, 1, 0), str):
                continue
            seen.add(str(key))
            replied = isinstance(dig(item, 7, 1), str)
            yield Review(rating=score(stars, worst=1), text=words(said), date=_day(when), replied=replied)
        if not seen:
            yield from super().reviews(tree)


def _figures(tree: Tree) -> Figures | None:
    """The app's own figures: value, bars, ratings and reviews side by side; similar apps have no counts."""
    shown = marked(tree).claim.rating
    for item in lists(callbacks(tree)):
        value, total, written = dig(item, 0, 1), count(dig(item, 2, 1)), count(dig(item, 3, 1))
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 5:
            continue
        same = shown is None or shown.value is None or abs(shown.value - value) < ROUNDED
        if total is not None and written is not None and same:
            return Figures(float(value), _bars(dig(item, 1)), total, written)
    return None


def _bars(value: Value) -> dict[str, int] | None:
    """One to five stars at places 1 to 5, as ["4,756", 4756]."""
    counts = [count(dig(bar, 1)) for bar in value[1:]] if isinstance(value, list) and len(value) == 6 else []
    found = {str(stars): n for stars, n in zip(range(1, 6), counts, strict=False) if n is not None}
    return dict(reversed(found.items())) if len(found) == 5 else None


def _day(seconds: Value) -> str | None:
    if not isinstance(seconds, int) or not 0 < seconds < 4_102_444_800:  # the year 2100
        return None
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
