"""Yelp: local businesses. Reviews that Yelp does not recommend are outside both its value and its count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote, quote_plus

from audit.models import Review
from spiders.nodes import label, shown
from spiders.ratings import read_rating
from spiders.site import ReviewSite
from spiders.tree import Node, Tree, below, text

OPINIONS = (
    "li:has(a[href*='/user_details']):has([aria-label$='star rating'])",
    "div.review[id^=review_]",
    "div.review[data-review-id]",
)
STARS = "[aria-label$='star rating'], [title$='star rating'], [alt$='star rating'], .rating"
WORDS = "span[lang], .review_comment, .review-content p"
DATE = re.compile(r"\b(?:\d{1,2}/\d{1,2}/\d{4}|[A-Z][a-z]{2} \d{1,2}, \d{4})\b")


class Yelp(ReviewSite):
    name = "yelp"
    homepage = "https://www.yelp.com/"
    hosts = ("yelp",)
    marks = ("meta[name=yelp-biz-id]", 'meta[property="og:site_name"][content=Yelp]', "#bizInfoHeader #bizRating")
    absence = "#bizRating, a[href*='/writeareview/biz'], a[href='#reviews']"
    verified = date(2026, 3, 5)

    def url(self, subject: str) -> str:
        if re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", subject):
            return f"https://www.yelp.com/biz/{quote(subject)}"
        return f"https://www.yelp.com/search?find_desc={quote_plus(subject)}"

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = list(super().reviews(tree))
        yield from found or (_review(item) for item in next(filter(None, map(tree.all, OPINIONS)), []))


def _review(item: Node) -> Review:
    stars = label(next(iter(below(item, STARS)), None))
    when = DATE.search(text(item))
    return Review(
        rating=read_rating(stars.replace(" rating", "")),
        text=shown(item, WORDS),
        date=when.group() if when else None,
    )
