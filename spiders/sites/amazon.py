"""Amazon: goods. Its stars are weighted by the site; "global ratings" count stars without words too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.nodes import shown
from spiders.ratings import read_bars, read_count, read_counts, read_rating
from spiders.site import ReviewSite, marked
from spiders.tree import Node, Tree, attr, text

NAMES = "#productTitle, [data-hook=product-link], .product-title a, .product-title"
STARS = (
    "[data-hook=rating-out-of-text], #averageCustomerReviews [data-hook=average-star-rating], #acrPopover, "
    ".arp-rating-out-of-text, .averageStarRating"
)
TOTALS = "[data-hook=total-review-count], #acrCustomerReviewText, .totalReviewCount"
BARS = "#histogramTable tr, [data-hook=histogram-row], [data-hook=cr-average-stars-rating-histogram] li"
OPINIONS = "[data-hook=review], div.review[id^=R]"


class Amazon(ReviewSite):
    name = "amazon"
    homepage = "https://www.amazon.com/"
    hosts = ("amazon",)
    marks = (
        "#cm_cr-review_list, #cm_cr-product_info",
        "[data-hook=total-review-count]",
        "#acrCustomerReviewText",
    )
    walls = (("form[action='/errors/validateCaptcha']", "captcha"),)
    absence = "[data-hook=total-review-count], [data-hook=top-reviews-empty], #acrCustomerReviewText, #reviewsMedley"
    verified = date(2016, 3, 10)

    def url(self, subject: str) -> str:
        if subject.isalnum() and len(subject) == 10 and subject[:1] in "B0123456789":
            return f"https://www.amazon.com/product-reviews/{subject}"
        return f"https://www.amazon.com/s?k={quote_plus(subject)}"

    def subject(self, tree: Tree) -> str:
        return next((said for node in tree.all(NAMES) if (said := text(node))), "") or super().subject(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        shown = next((r for node in tree.all(STARS) if (r := read_rating(attr(node, "title") or text(node)))), None)
        if shown is None:
            return marked(tree).claim.rating
        return shown.model_copy(update=_total(tree))

    def histogram(self, tree: Tree) -> dict[str, int] | None:
        rows = (
            next(filter(None, (attr(a, "aria-label") for a in row.css("a"))), "") or text(row) for row in tree.all(BARS)
        )
        return read_bars(rows, next((n for n in _total(tree).values() if n is not None), None))

    def reviews(self, tree: Tree) -> Iterator[Review]:
        yield from map(_review, tree.all(OPINIONS))


def _total(tree: Tree) -> dict[str, int | None]:
    """The shown total under its own word: ratings, else reviews (the word of the years before 2019)."""
    said = next((words for node in tree.all(TOTALS) if (words := text(node))), "")
    votes, reviews = read_counts(said)
    known = votes is not None or reviews is not None
    return {"rating_count": votes, "review_count": reviews if known else read_count(said)}


def _review(item: Node) -> Review:
    label = shown(item, "[data-hook=review-star-rating], [data-hook=cmps-review-star-rating], .review-rating")
    title = shown(item, "[data-hook=review-title] > span:not([class]), [data-hook=review-title], .review-title")
    said = shown(item, "[data-hook=review-body], .review-text")
    when = shown(item, "[data-hook=review-date], .review-date")
    return Review(rating=read_rating(label), title=title, text=said, date=when.rpartition(" on ")[2] or None)
