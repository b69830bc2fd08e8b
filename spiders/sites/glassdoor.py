"""Glassdoor: what employees say of their employer, an instrument of its own beside what customers say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.markup import Node, Value, count, number, scaled, score, words
from spiders.site import ReviewSite, marked
from spiders.state import assigned, dig, find, node, script
from spiders.subject import beside_heading
from spiders.tree import Tree

JOBS = "[data-test=jobListing], [class*=JobsList]"  # job lists carry other employers' stars


class Glassdoor(ReviewSite):
    name = "glassdoor"
    homepage = "https://www.glassdoor.com/"
    hosts = ("glassdoor",)
    marks = (
        "meta[property='og:site_name'][content=Glassdoor]",
        "[class^=EmployerProfile], [data-test=employer-reviews]",
    )
    absence = "[data-test=noReviews], [data-test=no-reviews], [class*=EmptyReviews]"
    verified = date(2026, 7, 26)

    def url(self, subject: str) -> str:
        return f"https://www.glassdoor.com/Search/results.htm?keyword={quote_plus(subject)}"

    def subject(self, tree: Tree) -> str:
        found = _answer(tree)
        employer = node(found.get("employer"))
        resolved = node(dig(_cache(tree), words(employer.get("__ref")))) or employer
        return words(resolved.get("shortName")) or words(resolved.get("name")) or super().subject(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        found = _answer(tree)
        if found:
            value = number(dig(found, "ratings", "overallRating"))
            return scaled(value, 5, 1, None, count(found.get("allReviewsCount")))
        return marked(tree).claim.rating or (None if tree.has(JOBS) else beside_heading(tree))

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = _answer(tree).get("reviews")
        for item in map(node, found if isinstance(found, list) else ()):
            said = (words(item.get(part)) for part in ("pros", "cons", "advice"))
            yield Review(
                rating=score(item.get("ratingOverall"), worst=1),
                title=words(item.get("summary")),
                text=" ".join(filter(None, said)),
                date=words(item.get("reviewDateTime")) or None,
                replied=bool(item.get("employerResponses")),
            )
        if not found:
            yield from super().reviews(tree)


def _answer(tree: Tree) -> Node:
    """The employer's ratings and reviews in the page's state."""
    return next(find(_state(tree), "ratings", "allReviewsCount"), {})


def _cache(tree: Tree) -> Value:
    """The objects that `__ref` names stand beside the root of the queries."""
    return next(find(_state(tree), "ROOT_QUERY"), {})


def _state(tree: Tree) -> Value:
    return [script(tree, "script#__NEXT_DATA__"), assigned(tree, "appCache"), assigned(tree, "apolloState")]
