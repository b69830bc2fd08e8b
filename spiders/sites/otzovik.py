"""Otzovik: the largest general review site in Russian. Its robot question answers with status 200."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.markup import scaled, score
from spiders.nodes import shown
from spiders.ratings import read_count, read_number
from spiders.site import ReviewSite, marked
from spiders.tree import Node, Tree, attr, below, text

OPINIONS = ".item[itemprop=review], .review-list-chunk > .item, .review-list > .item"


class Otzovik(ReviewSite):
    name = "otzovik"
    homepage = "https://otzovik.com/"
    hosts = ("otzovik.com",)
    marks = (".product-header-rating-row", "meta[property='og:site_name'][content=Отзовик]", "input[name=captcha_url]")
    walls = (("input[name=captcha_url]", "captcha"),)
    absence = ".reviews-counter, .no-reviews, .review-list > .empty"
    verified = date(2026, 4, 23)

    def url(self, subject: str) -> str:
        return f"https://otzovik.com/?search_text={quote_plus(subject)}"

    def subject(self, tree: Tree) -> str:
        return text(tree.one("h1.product-name .fn, .product-name [itemprop=name]")) or super().subject(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        found = marked(tree).claim.rating
        if found is not None:
            return found
        stars = tree.one(".product-header-rating-row abbr.rating, .product-header-rating-row .product-rating")
        value, reviews = read_number(attr(stars, "title")), read_count(text(tree.one(".reviews-counter .votes")))
        return None if value is None and reviews is None else scaled(value, 5, 1, None, reviews)

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = [_review(item) for item in tree.all(OPINIONS)]
        yield from found or super().reviews(tree)


def _review(item: Node) -> Review:
    parts = {name: shown(item, css) for name, css in PARTS.items()}
    stars = next((attr(node, "title") for node in below(item, ".rating-score, .product-rating, .rating")), "")
    when = next((attr(node, "title") or attr(node, "content") for node in below(item, DATES)), "")
    said = " ".join(filter(None, (parts["plus"], parts["minus"], parts["words"])))
    return Review(rating=score(stars or parts["stars"], worst=1), title=parts["title"], text=said, date=when or None)


PARTS = {
    "title": ".review-title",
    "plus": ".review-plus",
    "minus": ".review-minus",
    "words": ".review-body, .review-teaser, [itemprop=description]",
    "stars": ".rating-score",
}
DATES = ".review-postdate abbr, [itemprop=datePublished], abbr.value"
