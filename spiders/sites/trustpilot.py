"""Trustpilot: reviews of companies, found by their domain.

The TrustScore is the site's own figure (newer reviews weigh more, a prior of seven at 3.5), kept as shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

from audit.models import AggregateRating, Review
from spiders.markup import Node as Record
from spiders.markup import count, number, scaled, score, words
from spiders.nodes import shown
from spiders.ratings import read_count, read_number
from spiders.site import ReviewSite, marked
from spiders.state import dig, find, node, script
from spiders.tree import Node, Tree, attr, below, text

STARS = {"five": "5", "four": "4", "three": "3", "two": "2", "one": "1"}


class Trustpilot(ReviewSite):
    name = "trustpilot"
    homepage = "https://www.trustpilot.com/"
    hosts = ("trustpilot.com",)
    marks = ('meta[property="og:site_name"][content="Trustpilot"]', "[data-business-unit-title-typography]")
    absence = "[data-reviews-count-typography], [data-no-reviews-typography], [class*=noReviews], [class*=emptyState]"
    verified = date(2025, 7, 8)

    def url(self, subject: str) -> str:
        return f"https://www.trustpilot.com/review/{quote(subject, safe='')}?languages=all"

    def subject(self, tree: Tree) -> str:
        name = words(_unit(tree).get("displayName")) or marked(tree).claim.subject
        return name or text(tree.one("#business-unit-title h1 > span")) or super().subject(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        unit = _unit(tree)
        if unit:
            reviews = unit.get("numberOfReviews")
            total = count(dig(reviews, "total") if isinstance(reviews, dict) else reviews)
            return scaled(number(unit.get("trustScore")), 5, 1, None, total)
        return marked(tree).claim.rating or _shown(tree)

    def histogram(self, tree: Tree) -> dict[str, int] | None:
        bars = node(dig(_props(tree), "filters", "reviewStatistics", "ratings"))
        return {stars: n for name, stars in STARS.items() if (n := count(bars.get(name))) is not None} or None

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = dig(_props(tree), "reviews")
        if not isinstance(found, list):
            marked_up = list(super().reviews(tree))
            yield from marked_up or map(_card, tree.all("article[data-service-review-card-paper]"))
            return
        for item in map(node, found):
            yield Review(
                rating=score(item.get("rating"), worst=1),
                title=words(item.get("title")),
                text=words(item.get("text")),
                date=words(dig(item, "dates", "publishedDate")) or None,
                language=words(item.get("language"))[:2],
                replied=item.get("reply") is not None,
            )


def _props(tree: Tree) -> Record:
    """The properties of a company's page; empty on every other page of the site."""
    props = next(find(script(tree, "script#__NEXT_DATA__"), "businessUnit", "reviews"), {})
    return props if isinstance(props.get("businessUnit"), dict) else {}


def _unit(tree: Tree) -> Record:
    return node(_props(tree).get("businessUnit"))


def _shown(tree: Tree) -> AggregateRating | None:
    """The score under the name. The picture of stars beside it is rounded to half a star and is not the score."""
    value = read_number(text(tree.one("[data-rating-typography]")))
    reviews = read_count(text(tree.one("[data-reviews-count-typography]")))
    return None if value is None and reviews is None else scaled(value, 5, 1, None, reviews)


def _card(item: Node) -> Review:
    stars = next(iter(below(item, "[data-service-review-rating]")), None)
    stamp = next(iter(below(item, "time[datetime]")), None)
    return Review(
        rating=score(attr(stars, "data-service-review-rating"), worst=1),
        title=shown(item, "[data-service-review-title-typography]"),
        text=shown(item, "[data-service-review-text-typography]"),
        date=attr(stamp, "datetime") or None,
    )
