"""Google Maps: places. Read from the page's own state and from saved answers of its place and search requests.

Google calls its counter "reviews", yet it counts stars without words too (Places API: "with or without text"), and
the bars add up to it: it is a count of ratings (sites R1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.address import host, path
from spiders.markup import Claim, Value, count, number, scaled, score, words
from spiders.ratings import read_bars, read_rating
from spiders.site import ReviewSite
from spiders.state import assigned, dig, json_document, lists, once
from spiders.subject import beside_heading
from spiders.tree import Tree, attr, text

FEATURE_ID = re.compile(r"0x[0-9a-f]{1,16}:0x[0-9a-f]{1,16}")  # what a place array has beside its name
ID, NAME, FIGURES, VALUE, COUNT, OPINIONS, BARS = 10, 11, 4, 7, 8, 52, 175
PLACE_LINK = "a[href*='/maps/place/'][aria-label]"


class GoogleMaps(ReviewSite):
    name = "google_maps"
    homepage = "https://www.google.com/maps"
    hosts = ("google",)
    marks = (
        "[role=feed] a[href*='/maps/place/']",
        "meta[itemprop=name][content='Google Maps']",
        "meta[property='og:site_name'][content='Google Maps']",
    )
    walls = (('form[action*="consent.google"]', "consent"), ("form#captcha-form", "captcha"))
    absence = "[role=main]:has(h1) .F7nice, [role=main]:has(h1) [jsaction*=reviewChart]"
    verified = date(2025, 11, 12)

    def url(self, subject: str) -> str:
        return f"https://www.google.com/maps/search/?api=1&query={quote_plus(subject)}"

    def owns(self, url: str) -> bool:
        return super().owns(url) and (path(url).startswith("/maps") or host(url).startswith("maps."))

    def subject(self, tree: Tree) -> str:
        place = _place(tree)
        return words(dig(place, NAME)) if place else "" if tree.has("[role=feed]") else _heading(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        place = _place(tree)
        return _rating(place) if place else _as_ratings(beside_heading(tree))

    def histogram(self, tree: Tree) -> dict[str, int] | None:
        place = _place(tree)
        return _bars(place) if place else read_bars((attr(n, "aria-label") for n in tree.all("tr[aria-label]")), None)

    def reviews(self, tree: Tree) -> Iterator[Review]:
        place = _place(tree)
        yield from _reviews(place) if place else _shown_reviews(tree)

    def listed(self, tree: Tree) -> Iterator[Claim]:
        for link in tree.all(PLACE_LINK):
            block = link.parent
            labels = block.css("[role=img][aria-label]") if block is not None else []
            found = next((r for n in labels if (r := read_rating(attr(n, "aria-label"))) is not None), None)
            yield Claim(attr(link, "aria-label"), attr(link, "href"), _as_ratings(found))

    def document(self, data: Value) -> Sequence[Claim] | None:
        found = [
            Claim(words(place[NAME]), "", _rating(place), tuple(_reviews(place)), histogram=_bars(place))
            for place in _places(data)
        ]
        return found or None


def _heading(tree: Tree) -> str:
    found = [said for node in tree.all("h1") if (said := text(node))]
    return found[0] if len(found) == 1 else ""


def _place(tree: Tree) -> list[Value]:
    """The place of a page's state, where it is one and the page shows no other."""
    if tree.has("[role=feed]"):
        return []
    found = once(tree, "google_maps", lambda: next(_lone_places(tree), None))
    shown = _heading(tree)
    return found if isinstance(found, list) and shown in ("", words(found[NAME])) else []


def _lone_places(tree: Tree) -> Iterator[list[Value]]:
    strings = dig(assigned(tree, "APP_INITIALIZATION_STATE"), 3)
    for item in strings if isinstance(strings, list) else ():
        found = list(_places(json_document(item.encode("utf-8", "replace")))) if isinstance(item, str) else []
        if len(found) == 1:
            yield found[0]


def _places(data: Value) -> Iterator[list[Value]]:
    """Place arrays; those within a place are its neighbours."""
    inside: set[int] = set()
    for item in lists(data):
        if id(item) in inside:
            continue
        if FEATURE_ID.fullmatch(_string(dig(item, ID))) and words(dig(item, NAME)):
            inside.update(id(part) for part in lists(item))
            yield item


def _string(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _rating(place: list[Value]) -> AggregateRating | None:
    value, votes = number(dig(place, FIGURES, VALUE)), count(dig(place, FIGURES, COUNT))
    return None if value is None and votes is None else scaled(value, 5, None, votes, None)


def _as_ratings(found: AggregateRating | None) -> AggregateRating | None:
    if found is None or found.rating_count is not None:
        return found
    return found.model_copy(update={"rating_count": found.review_count, "review_count": None})


def _bars(place: list[Value]) -> dict[str, int] | None:
    bars = dig(place, BARS, 3)
    numbers = [count(bar) for bar in bars] if isinstance(bars, list) and len(bars) == 5 else []
    found = {str(stars): n for stars, n in zip(range(1, 6), numbers, strict=False) if n is not None}
    return dict(reversed(found.items())) if len(found) == 5 else None


def _reviews(place: list[Value]) -> Iterator[Review]:
    """The opinions of the place's answer; the layout since 2023 first holds them twice, this is the flat one."""
    found = dig(place, OPINIONS, 0)
    for item in found if isinstance(found, list) else ():
        language = words(dig(item, 32))[:2]
        when = _day(dig(item, 27)) or words(dig(item, 1)) or None
        yield Review(rating=score(dig(item, 4)), text=words(dig(item, 3)), date=when, language=language)


def _day(milliseconds: Value) -> str:
    if not isinstance(milliseconds, int) or not 0 < milliseconds < 4_102_444_800_000:  # the year 2100
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _shown_reviews(tree: Tree) -> Iterator[Review]:
    for item in tree.all("[data-review-id][aria-label]"):
        stars = next((r for n in item.css("[role=img][aria-label]") if (r := read_rating(attr(n, "aria-label")))), None)
        said = next((w for n in item.css("[lang], .wiI7pd, .MyEned") if (w := text(n))), "")
        when = next((w for n in item.css(".rsqaWe, .xRkPPb") if (w := text(n))), "")
        yield Review(rating=stars, text=said, date=when or None)
