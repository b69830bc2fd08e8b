"""Naver Place: shops and restaurants in Korea.

Stars were taken off in 2022 and came back in 2026 only where the owner shows them: no stars is no information.
The count of visitors' reviews is shown always.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from audit.models import AggregateRating, Review
from spiders.markup import Claim, Node, Value, count, many, number, scaled, score, words
from spiders.site import ReviewSite
from spiders.state import assigned, dig, find, node
from spiders.tree import Tree


class NaverPlace(ReviewSite):
    name = "naver_place"
    homepage = "https://map.naver.com/"
    hosts = ("place.naver.com", "map.naver.com")
    marks = (
        "#_pcmap_list_scroll_container",
        "meta[property='og:url'][content*='place.naver.com']",
    )
    absence = ".place_section_content, .no_review, [class*=empty]"
    starless = True
    verified = None

    def url(self, subject: str) -> str:
        return f"https://map.naver.com/p/search/{quote(subject)}"

    def subject(self, tree: Tree) -> str:
        return words(_place(tree).get("name")) or super().subject(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        place = _place(tree)
        return _rating(place) if place else super().rating(tree)

    def reviews(self, tree: Tree) -> Iterator[Review]:
        state = node(assigned(tree, "__APOLLO_STATE__"))
        for key, item in state.items():
            if key.startswith("VisitorReview:") and isinstance(item, dict):
                yield _review(item)

    def document(self, data: Value) -> Sequence[Claim] | None:
        answers = [node(dig(item, "data", "visitorReviews")) for item in many(data)]
        found = [answer for answer in answers if isinstance(answer.get("items"), list)]
        if not found:
            return None
        items = [node(item) for answer in found for item in many(answer["items"])]
        total = next((count(answer.get("total")) for answer in found), None)
        subject = next((name for item in items if (name := words(item.get("businessName")))), "")
        return [Claim(subject, "", scaled(None, None, None, None, total), tuple(map(_review, items)))]


def _place(tree: Tree) -> Node:
    state = assigned(tree, "__APOLLO_STATE__")
    return next(find(state, "name", "visitorReviewsTotal"), {}) if isinstance(state, dict) else {}


def _rating(place: Node) -> AggregateRating:
    total = count(place.get("visitorReviewsTotal"))
    return scaled(number(place.get("visitorReviewsScore")), 5, None, None, total)


def _review(item: Node) -> Review:
    return Review(
        rating=score(item.get("rating") or None),
        text=words(item.get("body")),
        date=words(item.get("visited")) or words(item.get("created")) or None,
        language="ko",
        replied=bool(words(dig(item, "reply", "body"))),
    )
