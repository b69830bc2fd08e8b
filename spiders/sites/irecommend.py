"""iRecommend: reviews of goods and services in Russian. Its `reviewCount` counts votes, not written reviews."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.markup import Claim, number, scaled, score
from spiders.nodes import shown
from spiders.ratings import read_count
from spiders.site import ReviewSite
from spiders.tree import Node, Tree, attr, below, text

OPINIONS = ".list-comments > li, .reviews-list-item"
OTHERS = ".ProductTizer, .smTeaser"  # cards of other products, with figures of their own


class IRecommend(ReviewSite):
    name = "irecommend"
    homepage = "https://irecommend.ru/"
    hosts = ("irecommend.ru",)
    marks = (
        ".total-votes [itemprop=reviewCount]",
        ".reviews-list-item, .ProductTizer[data-nid]",
        ".read-all-reviews-link",
    )
    walls = ((".captcha-checker, .captcha-container", "captcha"),)
    absence = ".read-all-reviews-link, .total-votes, .view-empty, .no-reviews"
    verified = None

    def url(self, subject: str) -> str:
        return f"https://irecommend.ru/srch?query={quote_plus(subject)}"

    def rating(self, tree: Tree) -> AggregateRating | None:
        if not _own(tree, "[itemprop=aggregateRating], .fivestar-summary, .total-votes"):
            return None if tree.has(OTHERS) else super().rating(tree)
        value = number(_own(tree, "[itemprop=ratingValue]") or _own(tree, ".average-rating span"))
        votes = read_count(_own(tree, ".total-votes [itemprop=reviewCount]") or _own(tree, ".total-votes"))
        written = read_count(_own(tree, ".read-all-reviews-link .counter, .reviewsLink .counter"))
        return None if value is None and votes is None and written is None else scaled(value, 5, 1, votes, written)

    def listed(self, tree: Tree) -> Iterator[Claim]:
        """The products of a search or a catalogue: cards of their own, none of them the page's subject."""
        for card in tree.all(".ProductTizer[data-nid]"):
            value, written = (shown(card, css) for css in (".average-rating span", ".read-all-reviews-link .counter"))
            yield Claim(shown(card, ".title"), "", scaled(number(value), 5, 1, None, read_count(written)))

    def reviews(self, tree: Tree) -> Iterator[Review]:
        shown = [review for item in tree.all(OPINIONS) if (review := _review(item)) is not None]
        yield from shown or super().reviews(tree)


def _own(tree: Tree, css: str) -> str:
    """First filled match outside the cards of other products."""
    found = (node for node in tree.all(css) if not tree.inside(node, OTHERS))
    return next((words for node in found if (words := attr(node, "content") or text(node))), "")


def _review(item: Node) -> Review | None:
    title, said = (
        shown(item, ".reviewTitle, [class*=reviewTitle]"),
        shown(item, "[itemprop=reviewBody], .reviewTextSnippet"),
    )
    when = shown(item, ".created, .date-created, [itemprop=datePublished]")
    stars = len(below(item, ".fivestarWidgetStatic .on, .starsRating .on"))
    if not title and not said:
        return None
    return Review(rating=score(stars or None, worst=1), title=title, text=said, date=when or None)
