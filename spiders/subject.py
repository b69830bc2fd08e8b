"""Whose rating it is: of several claims on a page, the one about the page's own subject."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from weakref import WeakKeyDictionary

from audit.models import AggregateRating
from spiders.address import host, http, path
from spiders.markup import Claim
from spiders.ratings import read_counts, read_rating
from spiders.tree import Node, Tree, ancestors, attr, text

CLIMB = 6  # ancestors of the heading that may still be its own block
LARGEST_BLOCK = 400  # nodes; the own block of a heading holds some dozens
LONGEST_LINE = 160  # characters of a line that may show a rating
OTHER_HEADINGS = 3  # more headings than these in a block: it is no longer the subject's own
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d{1,6}\)(\S{1,2000})")
_NOTES = "[rel=canonical], [property='og:url'], [property='al:ios:url'], [property='al:android:url'], [rel=alternate]"


def heading(tree: Tree) -> str:
    """The page's own heading: a single h1, else the h1 that the title repeats, else og:title, else the title."""
    found = [words for node in tree.all("h1") if (words := text(node))]
    if len(found) == 1:
        return found[0]
    title = _plain(tree.title)
    repeated = [words for words in found if f" {_plain(words)} " in f" {title} "]
    return max(repeated, key=len, default="") or attr(tree.one('meta[property="og:title"]'), "content") or tree.title


def addresses(tree: Tree) -> tuple[str, ...]:
    """Addresses the page says it has: the browser's note, canonical link, og:url, links into the site's own app."""
    if tree not in _ADDRESSES:
        saved = _SAVED_FROM.search(tree.source[:3000])
        found = [saved[1]] if saved else []
        found += [attr(node, "href") or attr(node, "content") for node in tree.all(_NOTES)]
        _ADDRESSES[tree] = tuple(url if "//" not in url[:2] else "https:" + url for url in found if url)
    return _ADDRESSES[tree]


_ADDRESSES: WeakKeyDictionary[Tree, tuple[str, ...]] = WeakKeyDictionary()  # read once per tree, forgotten with it


def beside_heading(tree: Tree) -> AggregateRating | None:
    """The rating shown in the block of the page's one heading, on a page known to be about one subject.

    The smallest block around the heading that shows a rating is asked; where it shows several different ones with
    counts, or belongs to other headings as well, the answer is None.
    """
    heads = [node for node in tree.all("h1") if text(node)]
    if len(heads) != 1:
        return None
    for above in islice(ancestors(heads[0]), CLIMB):
        too_large = len(above.css("*")) > LARGEST_BLOCK or len(above.css("h1, h2, h3")) > OTHER_HEADINGS
        if above.tag == "body" or too_large:
            return None
        lines = list(_lines(above, heads[0]))
        found = [rating for line in lines if (rating := read_rating(line)) is not None and rating.value is not None]
        if found:
            return _agreed(found, lines)
    return None


def _agreed(found: list[AggregateRating], lines: list[str]) -> AggregateRating | None:
    """The fullest of ratings that do not contradict each other; counts may stand in lines of their own."""
    counted = [rating for rating in found if rating.rating_count is not None or rating.review_count is not None]
    pool = counted or found
    if len({rating.value for rating in pool}) != 1:
        return None
    counts = [read_counts(line) for line in lines]
    votes = {count[0] for count in counts} - {None}
    reviews = {count[1] for count in counts} - {None}
    if counted or len(votes) > 1 or len(reviews) > 1:
        return pool[0]
    shown = {"rating_count": next(iter(votes), None), "review_count": next(iter(reviews), None)}
    return pool[0].model_copy(update=shown)


def _lines(block: Node, head: Node) -> Iterator[str]:
    """Labels and short texts of a block that hold a digit, the heading itself left out."""
    skip = frozenset({head.mem_id})
    inside = skip | {node.mem_id for node in head.css("*")}
    nodes = [node for node in block.css("*") if node.mem_id not in inside]
    words = [text(block, skip=skip)]
    for node in nodes:
        words += [*(attr(node, name) for name in ("aria-label", "title", "alt")), text(node, skip=skip)]
    yield from (line for line in words if len(line) <= LONGEST_LINE and any(char.isdigit() for char in line))


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
    return Claim(chosen.subject, chosen.url, chosen.rating, tuple(reviews), histogram=chosen.histogram)


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
