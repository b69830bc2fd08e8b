"""Tripadvisor: hotels, restaurants, sights. Its terms forbid to keep what its API gives; a page is a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote_plus

from audit.models import Review
from spiders.nodes import shown
from spiders.ratings import read_rating
from spiders.site import ReviewSite
from spiders.tree import Node, Tree, attr, text

OPINIONS = "[data-test-target=HR_CC_CARD], [data-automation=reviewCard], .reviewSelector, .review-container"
TITLES = "[data-test-target=review-title], .noQuotes, .quote"
WORDS = "[data-test-target=review-body], [data-automation^=reviewText], .partial_entry, .entry p"
DATES = "[data-automation=reviewDate], .ratingDate"
STARS = "[aria-label], [alt], [title], svg title"


class Tripadvisor(ReviewSite):
    name = "tripadvisor"
    homepage = "https://www.tripadvisor.com/"
    hosts = ("tripadvisor",)
    marks = (
        "meta[property='al:ios:url'][content^='tripadvisor:']",
        "meta[property='og:site_name'][content=TripAdvisor], meta[property='og:site_name'][content=Tripadvisor]",
        "[data-test-target=HR_CC_CARD], .sprite-rating_rr",
    )
    absence = ".heading_rating, [data-test-target=reviews-tab], [data-automation=reviewCount]"
    verified = date(2018, 7, 11)

    def url(self, subject: str) -> str:
        return f"https://www.tripadvisor.com/Search?q={quote_plus(subject)}"

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = list(super().reviews(tree))
        yield from found or (review for item in tree.all(OPINIONS) if (review := _review(item)) is not None)


def _review(item: Node) -> Review | None:
    """One card; None for the empty ones that the page fills while it is scrolled."""
    said, title = shown(item, WORDS), shown(item, TITLES)
    labels = (attr(node, name) or text(node) for node in item.css(STARS) for name in ("aria-label", "alt", "title"))
    stars = next((found for label in labels if (found := read_rating(label)) is not None), None)
    when = next((attr(node, "title") or text(node) for node in item.css(DATES)), "")
    return Review(rating=stars, title=title, text=said, date=when or None) if said or title else None
