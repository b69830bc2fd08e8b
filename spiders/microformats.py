"""hReview, h-review and RDFa read by mere nesting: what older pages say in class names and properties."""

from __future__ import annotations

from collections.abc import Iterator

from audit.models import AggregateRating, Review
from spiders.markup import Claim, aggregate, scaled
from spiders.ratings import read_count, read_number
from spiders.tree import Node, Tree, ancestors, attr, below, fold, text


def rdfa_lite(tree: Tree) -> Iterator[Claim]:
    """Properties by mere nesting, as people write them: strict RDFa gives an image's `ratingValue` to the image."""
    for node in tree.all("[typeof$=AggregateRating]"):
        rating = aggregate({name.lower(): _part(node, f"[property$={name}]") for name in _AGGREGATE})
        owner = next((above for above in ancestors(node) if "typeof" in above.attributes), None)
        name = "" if owner is None else _part(owner, "[property=name], [property$=':name']")
        if rating is not None:
            yield Claim(name, "", rating)


_AGGREGATE = ("ratingValue", "bestRating", "worstRating", "ratingCount", "reviewCount")


def microformats(tree: Tree) -> Iterator[Claim]:
    """hReview-aggregate and h-review-aggregate; single hReviews are opinions."""
    if "review" not in tree.source:
        return
    for node in tree.all(".hreview-aggregate, .h-review-aggregate"):
        name = _part(node, ".item .fn, .p-item .p-name, .item, .p-item, .h-item, .fn")
        yield Claim(name or _around(node), "", _hrating(node))
    for node in tree.all(".hreview, .h-review"):
        score = _hnumber(node, ".rating .value, .p-rating, .rating")
        rating = None if score is None else scaled(score, _hnumber(node, ".best, .p-best"), None, None, None)
        words = _part(node, ".description, .e-content, .p-content")
        if rating is not None or words:
            title, when = _part(node, ".summary, .p-summary"), _part(node, ".dtreviewed, .dt-published, .dt-reviewed")
            review = Review(rating=rating, title=title, text=words, date=when or None)
            yield Claim(_part(node, ".item .fn, .p-item .p-name, .item, .p-item"), "", None, (review,))


def _around(node: Node) -> str:
    """The name of the recipe or product that an unnamed rating stands in."""
    owners = (above for above in ancestors(node) if not _OWNERS.isdisjoint(attr(above, "class").split()))
    return next((name for above in owners if (name := _part(above, ".fn, .p-name"))), "")


_OWNERS = frozenset({"hrecipe", "h-recipe", "hproduct", "h-product", "hmedia"})


def _hrating(node: Node) -> AggregateRating | None:
    value = _hnumber(node, ".rating .average, .average, .p-average, .rating .value, .p-rating, .rating")
    votes, reviews = read_count(_part(node, ".votes, .p-votes")), read_count(_part(node, ".count, .p-count"))
    if value is None and votes is None and reviews is None:
        return None
    return scaled(value, _hnumber(node, ".best, .p-best"), _hnumber(node, ".worst, .p-worst"), votes, reviews)


def _hnumber(node: Node, css: str) -> float | None:
    return read_number(_part(node, css))


def _part(node: Node, css: str) -> str:
    """First filled match of the selectors in their order; titles of abbreviations and value-title spans win."""
    for selector in css.split(", "):
        for found in below(node, selector):
            hidden = next(iter(below(found, ".value-title")), None)
            words = attr(hidden, "title") or (attr(found, "title") if found.tag == "abbr" else "")
            words = words or attr(found, "content") or attr(found, "value") or text(found)
            if words:
                return fold(words)
    return ""
