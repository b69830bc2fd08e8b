"""Whose rating it is: of several claims on a page, the one about the page's own subject."""

from __future__ import annotations

import re

from audit.models import AggregateRating
from spiders.address import host, http, path
from spiders.markup import Claim
from spiders.tree import Tree, attr, text


def heading(tree: Tree) -> str:
    """The page's own heading: a single h1, else og:title, else the title."""
    found = [words for node in tree.all("h1") if (words := text(node))]
    return found[0] if len(found) == 1 else attr(tree.one('meta[property="og:title"]'), "content") or tree.title


def choose(found: list[Claim], tree: Tree) -> tuple[Claim, str]:
    """The claim about the page's main subject, and the doubt where there is one.

    One claim outside of any list needs no proof. Of several, the best match with h1, og:title, title and
    canonical address wins; without any match none does, for the first is often another company's.
    """
    rated = [claim for claim in found if claim.rating is not None] or found
    if not rated:
        return Claim(), ""
    subjects = {(_plain(claim.subject), claim.url) for claim in rated}
    if len(subjects) == 1 and not rated[0].aside:
        return _with_reviews(_fullest(rated), found, alone=True), ""
    marks = {id(claim): likeness(claim, tree) for claim in rated}
    top = max(marks.values())
    best = [claim for claim in rated if marks[id(claim)] == top]
    if top <= 0 or len({_plain(claim.subject) for claim in best}) > 1:
        return Claim(), f"{len(rated)} claims about {len(subjects)} subjects, none of them surely the page's own"
    return _with_reviews(_fullest(best), found, alone=False), ""


def _fullest(same: list[Claim]) -> Claim:
    """Of claims about one subject the one with a value, then with most votes, then the first."""

    def weight(claim: Claim) -> tuple[bool, int]:
        rating = claim.rating or AggregateRating()
        return rating.value is not None, max(rating.rating_count or 0, rating.review_count or 0)

    return max(same, key=weight)


def _with_reviews(chosen: Claim, found: list[Claim], *, alone: bool) -> Claim:
    """The chosen claim with every review whose subject it is; nameless reviews only where nobody else is rated."""
    name, reviews = _plain(chosen.subject), list(chosen.reviews)
    for claim in found:
        theirs = _plain(claim.subject)
        same = theirs == name if theirs and name else alone and not claim.aside
        if claim is not chosen and same:
            reviews += [review for review in claim.reviews if review not in reviews]
    return Claim(chosen.subject, chosen.url, chosen.rating, tuple(reviews))


def likeness(claim: Claim, tree: Tree) -> int:
    """How surely a claim is about the page's main subject; 0 is no sign at all."""
    marks = 4 * claim.main - 4 * claim.aside
    name = _plain(claim.subject)
    if name:
        heads = [_plain(text(node)) for node in tree.all("h1")]
        marks += 8 if name in heads else 5 if any(_holds(head, name) for head in heads) else 0
        titles = (_plain(attr(tree.one('meta[property="og:title"]'), "content")), _plain(tree.title))
        marks += 3 * any(_holds(title, name) for title in titles)
    canonical = attr(tree.one("link[rel=canonical]"), "href") or attr(tree.one('meta[property="og:url"]'), "content")
    if canonical and claim.url and _same_page(http(claim.url, canonical), canonical):
        marks += 6
    return marks


def _holds(longer: str, name: str) -> bool:
    """Name within heading as whole words, or heading within name; very short ones prove nothing."""
    if min(len(longer), len(name)) < 2:
        return False
    return f" {name} " in f" {longer} " or f" {longer} " in f" {name} "


def _plain(words: str) -> str:
    return " ".join(re.findall(r"\w+", words.casefold()))


def _same_page(one: str, other: str) -> bool:
    def key(url: str) -> tuple[str, str]:
        return host(url).removeprefix("www."), path(url).rstrip("/")

    return key(one) == key(other)
