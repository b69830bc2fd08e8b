"""Apple's App Store, per country: pages, and saved answers of its lookup, search and review feeds.

The markup of its pages calls the number of ratings `reviewCount`; the page itself says "Ratings", and the lookup
answer `userRatingCount`: it is a count of ratings (sites R1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.markup import Claim, Node, Value, count, many, number, scaled, score, words
from spiders.site import ReviewSite
from spiders.state import dig, find, node, script
from spiders.tree import Tree

DATA = "script#serialized-server-data"


class AppStore(ReviewSite):
    name = "app_store"
    homepage = "https://apps.apple.com/"
    hosts = ("apps.apple.com", "itunes.apple.com")
    marks = (
        "meta[name='apple:content_id'], meta[property='og:site_name'][content='App Store']",
        "script#software-application",
    )
    absence = ".we-customer-ratings, [class*=product-ratings], [data-test-no-ratings]"
    verified = None

    def url(self, subject: str) -> str:
        if subject.removeprefix("id").isdigit():
            return f"https://apps.apple.com/us/app/id{subject.removeprefix('id')}"
        return f"https://apps.apple.com/us/iphone/search?term={quote_plus(subject)}"

    def rating(self, tree: Tree) -> AggregateRating | None:
        found = super().rating(tree)
        if found is None or found.rating_count is not None:
            return found
        return found.model_copy(update={"rating_count": found.review_count, "review_count": None})

    def histogram(self, tree: Tree) -> dict[str, int] | None:
        shown = next(find(script(tree, DATA), "ratingAverage", "ratingCounts"), {})
        bars = [count(bar) for bar in many(shown.get("ratingCounts"))]
        found = {str(stars): n for stars, n in zip(range(5, 0, -1), bars, strict=False) if n is not None}
        return found if len(found) == 5 and any(found.values()) else None

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = [_opinion(item) for item in find(script(tree, DATA), "contents", "rating", "title")]
        yield from found or super().reviews(tree)

    def document(self, data: Value) -> Sequence[Claim] | None:
        if "itunes.apple.com" in words(dig(data, "feed", "id", "label")):
            return [_feed([node(entry) for entry in many(dig(data, "feed", "entry"))])]
        results = dig(data, "results")
        if dig(data, "resultCount") is None or not isinstance(results, list):
            return None
        return [_app(node(item)) for item in results if words(dig(item, "trackName"))]


def _app(item: Node) -> Claim:
    value, votes = number(item.get("averageUserRating")), count(item.get("userRatingCount"))
    return Claim(words(item.get("trackName")), words(item.get("trackViewUrl")), scaled(value, 5, 1, votes, None))


def _feed(entries: list[Node]) -> Claim:
    """Reviews of one app; the first entry may be the app itself. An empty feed proves nothing: it also fails so."""
    named = next((words(dig(entry, "im:name", "label")) for entry in entries if "im:name" in entry), "")
    reviews = tuple(
        Review(
            rating=score(words(dig(entry, "im:rating", "label")), worst=1),
            title=words(dig(entry, "title", "label")),
            text=words(dig(entry, "content", "label")),
            date=words(dig(entry, "updated", "label")) or None,
        )
        for entry in entries
        if "im:rating" in entry
    )
    return Claim(named, "", None, reviews)


def _opinion(item: Node) -> Review:
    return Review(
        rating=score(item.get("rating"), worst=1),
        title=words(item.get("title")),
        text=words(item.get("contents")),
        date=words(item.get("date")) or None,
        replied=item.get("response") is not None,
    )
