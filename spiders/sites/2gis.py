"""2GIS: firms in Russia and its neighbours, with ratings of partners merged into one; two counts are shown."""
# ruff: noqa: N999 - the site's name begins with a digit; nothing imports this file by name

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import quote

from audit.models import AggregateRating, Review
from spiders.markup import Claim, Node, Value, count, number, scaled, score, words
from spiders.ratings import read_count, read_number
from spiders.site import ReviewSite
from spiders.state import assigned, dig, find, node
from spiders.subject import addresses, beside_heading, heading
from spiders.tree import Tree, attr, text


class TwoGis(ReviewSite):
    name = "2gis"
    homepage = "https://2gis.ru/"
    hosts = ("2gis",)
    marks = (
        "script[src*='.2gis.ru/'], script[src*='.2gis.com/']",
        "link[rel=canonical][href*='2gis.']",
        "meta[property='og:description'][content*='2ГИС']",
    )
    verified = date(2026, 3, 26)

    def url(self, subject: str) -> str:
        return f"https://2gis.ru/search/{quote(subject)}"

    def subject(self, tree: Tree) -> str:
        return heading(tree) if _firm(tree) or not self.says_nothing_found(tree) else ""

    def rating(self, tree: Tree) -> AggregateRating | None:
        shown = node(_firm(tree).get("reviews"))
        if shown:
            written, votes = (count(shown.get("general_review_count" + end)) for end in ("", "_with_stars"))
            return scaled(number(shown.get("general_rating")), 5, None, votes, written)
        return _beside(tree)

    def reviews(self, tree: Tree) -> Iterator[Review]:
        data = assigned(tree, "initialState")
        order = next((node(s).get("items") for s in find(dig(data, "data", "reviewSearch"), "items", "total")), None)
        known = node(dig(data, "data", "review"))
        keys = [words(key) for key in order] if isinstance(order, list) else list(known)
        for key in keys:
            item = node(dig(known, key, "data"))
            if item:
                yield _opinion(item)

    def says_nothing_found(self, tree: Tree) -> bool:
        """Its page for a firm or search that it does not have: the one heading says so, and no firm is in its data."""
        return not _firm(tree) and any("Ничего не нашлось" in text(head) for head in tree.all("h1"))

    def document(self, data: Value) -> Sequence[Claim] | None:
        """An answer of its review service; it names the firm only by a number."""
        meta, found = node(dig(data, "meta")), dig(data, "reviews")
        if not isinstance(found, list) or not ({"branch_rating", "branch_reviews_count"} & meta.keys()):
            return None
        value, written = number(meta.get("branch_rating")), count(meta.get("branch_reviews_count"))
        subject = words(dig(found, 0, "object", "name"))
        return [Claim(subject, "", scaled(value, 5, None, None, written), tuple(_opinion(node(i)) for i in found))]


def _firm(tree: Tree) -> Node:
    """The firm of the page's data that the page's own address names; the only one where it names none."""
    known = node(dig(assigned(tree, "initialState"), "data", "entity", "profile"))
    firms = {key: node(dig(entry, "data")) for key, entry in known.items() if dig(entry, "data", "reviews") is not None}
    named = [firm for key, firm in firms.items() if any(f"/firm/{key}" in url for url in addresses(tree))]
    return named[0] if named else next(iter(firms.values())) if len(firms) == 1 else {}


def _beside(tree: Tree) -> AggregateRating | None:
    """What the page shows: "4.8 265 оценок" under the name, "251 отзыв" in its description."""
    shown = beside_heading(tree)
    said = attr(tree.one('meta[property="og:description"]'), "content")
    if shown is None:
        value = read_number(said.partition("Оценка")[2].partition(",")[0])
        shown = scaled(value, 5, None, None, None) if value is not None else None
    if shown is None or shown.review_count is not None:
        return shown
    written = next((part for part in said.split(",") if "отзыв" in part), "")
    return shown.model_copy(update={"review_count": read_count(written)})


def _opinion(item: Node) -> Review:
    return Review(
        rating=score(item.get("rating"), worst=1),
        text=words(item.get("text")),
        date=words(item.get("date_created")) or None,
        replied=bool(item.get("official_answer")),
    )
