"""Capterra: business software. A category page lists others' ratings; only a product's own page has a subject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote_plus

from audit.models import AggregateRating
from spiders.markup import Claim, count, number, scaled, words
from spiders.site import ReviewSite
from spiders.state import chunks, dig, find, node, script
from spiders.tree import Tree


class Capterra(ReviewSite):
    name = "capterra"
    homepage = "https://www.capterra.com/"
    hosts = ("capterra",)
    marks = ("meta[property='og:site_name'][content=Capterra]", "[data-test-id=review-cards-container]")
    absence = "[data-test-id=review-cards-container], [data-test-id=no-reviews], #reviews > p"
    verified = date(2024, 6, 8)

    def url(self, subject: str) -> str:
        return f"https://www.capterra.com/search/?query={quote_plus(subject)}"

    def rating(self, tree: Tree) -> AggregateRating | None:
        return None if _listings(tree) else super().rating(tree)

    def listed(self, tree: Tree) -> Iterator[Claim]:
        yield from _listings(tree) or super().listed(tree)


def _listings(tree: Tree) -> list[Claim]:
    """The products of a category page, in the page's data."""
    found = []
    for item in find([chunks(tree), script(tree, "script#__NEXT_DATA__")], "product", "vendor"):
        product = node(item.get("product"))
        name = words(dig(item, "upcProduct", "name")) or words(product.get("name"))
        total = count(product.get("totalReviews"))
        if name and total is not None:
            found.append(Claim(name, "", scaled(number(product.get("rating")), 5, None, None, total), aside=True))
    return found
