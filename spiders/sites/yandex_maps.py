"""Yandex Maps: organisations, with ratings and written reviews as two counts."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.markup import scaled, score
from spiders.nodes import shown
from spiders.ratings import read_count, read_number, read_rating
from spiders.site import ReviewSite, marked
from spiders.tree import Node, Tree, attr, below, text

OPINIONS = ".business-review-view, [itemprop=review]"
OTHERS = ".search-snippet-view, .business-review-view, [class*=related], [class*=similar]"
SUMMARY = ".business-summary-rating-badge-view__rating, .business-rating-badge-view__rating-text"


class YandexMaps(ReviewSite):
    name = "yandex_maps"
    homepage = "https://yandex.ru/maps/"
    hosts = ("yandex",)
    paths = ("/maps", "/web-maps", "/navi", "/profile")
    marks = (
        ".orgpage-header-view, .business-card-title-view",
        ".business-summary-rating-badge-view",
        ".business-reviews-card-view",
    )
    walls = (("form[action*=checkcaptcha], form[action*=showcaptcha], .CheckboxCaptcha, .AdvancedCaptcha", "captcha"),)
    absence = ".business-reviews-card-view__empty, .business-header-rating-view, .business-rating-amount-view"
    verified = None

    def url(self, subject: str) -> str:
        return f"https://yandex.ru/maps/?mode=search&text={quote_plus(subject)}"

    def subject(self, tree: Tree) -> str:
        return text(tree.one("h1.orgpage-header-view__header, .card-title-view__title, h1")) or super().subject(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        found = marked(tree).claim.rating
        if found is None:
            own = next((node for node in tree.all(SUMMARY) if not tree.inside(node, OTHERS)), None)
            value = read_number(text(own))
            found = None if value is None else scaled(value, 5, None, None, None)
        if found is None:
            return None
        votes = found.rating_count if found.rating_count is not None else _count(tree, "оцен", "rating", "оцін")
        written = found.review_count if found.review_count is not None else _count(tree, "отзыв", "review", "відгук")
        return found.model_copy(update={"rating_count": votes, "review_count": written})

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = [_review(item) for item in tree.all(OPINIONS) if not _inside(item)]
        yield from found or super().reviews(tree)


COUNTERS = (
    ".business-rating-amount-view, .business-summary-rating-badge-view__rating-count, "
    ".business-header-rating-view__text, .tabs-select-view__title, .business-reviews-card-view__header"
)


def _count(tree: Tree, *stems: str) -> int | None:
    """The counter whose words are about this; a tab writes its number behind its name."""
    for node in tree.all(COUNTERS):
        said = attr(node, "aria-label") or text(node)
        if any(stem in said.casefold() for stem in stems):
            return read_count(said)
    return None


def _inside(item: Node) -> bool:
    return item.parent is not None and "business-review-view" in attr(item.parent, "class")


def _review(item: Node) -> Review:
    explicit = next((attr(node, "content") for node in below(item, "[itemprop=ratingValue]")), "")
    named = next(iter(below(item, "[aria-label*='из 5'], [aria-label*='out of 5']")), None)
    full = len(below(item, ".business-rating-badge-view__star._full"))
    stamp = next((attr(node, "content") for node in below(item, "[itemprop=datePublished]")), "")
    return Review(
        rating=score(explicit or full or None, worst=1) or read_rating(attr(named, "aria-label")),
        text=shown(item, "[itemprop=reviewBody], [class*=business-review-view__body]"),
        date=stamp or shown(item, "[class*=business-review-view__date]") or None,
        replied=bool(below(item, "[class*=business-review-comment], [class*=business-review-view__comment]")),
    )
