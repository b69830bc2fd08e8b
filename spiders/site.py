"""The plug of a review site. Where a site has nothing special, its schema.org markup is read, so a plug can be short.

A plug says where things are; this base decides the outcome. schema.org pages of any other site are read by the same
base (spiders/sites/schema_org.py).
"""

from __future__ import annotations

import html
import logging
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar, final
from weakref import WeakKeyDictionary

from audit.models import AggregateRating, Outcome, Page, Review, ReviewProfile, Status
from spiders import guards
from spiders.address import host, path, under
from spiders.dates import read_date
from spiders.engine import STATUS_KINDS
from spiders.markup import Claim, Claims, Node, Value, from_microdata, json_ld, tidy
from spiders.microformats import microformats, rdfa_lite
from spiders.ratings import says_none
from spiders.state import json_document
from spiders.subject import addresses, beside_heading, choose, heading
from spiders.tree import Tree, UnreadableError, attr, text

MAX_MARKUP = 3_000_000  # characters given to extruct, which costs some 50 ms a megabyte
_FINDING = 40  # characters that find a text again in its page
MAX_RDFA = 600_000  # RDFa costs ten times as much
SMALL = 40_000  # bytes; block pages without a node of their own are small
BY_ADDRESS, BY_CLAIMED_ADDRESS, BY_MARK = 150, 50, 10
"""How surely a page is of a site: by its own address (an engine's is worth 100), by the one it gives itself, a mark."""

# Marks of reliability section 1.2. Words alone prove nothing; each word needs a small page.
_BLOCK_NODES = (
    ("input[name=captcha_url]", "captcha"),  # Otzovik
    (".captcha-checker, .captcha-container", "captcha"),  # iRecommend
    ('form[action*="consent.google"]', "consent"),
)
_BLOCK_WORDS = (
    ("whoa there, pardner", "access_denied"),  # Reddit
    ("verify.meituan.com", "captcha"),  # Dianping
    ("sina visitor system", "login"),  # Weibo
    ("passport.weibo.com/visitor", "login"),
)


class ReviewSite(ABC):
    """One review site. Subclasses are pure readers of a tree; `parse` is final and decides the outcome.

    `reviews` yields dates as the page writes them; authors are never kept.
    """

    name: ClassVar[str]
    homepage: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]]
    """Domains of the site with their subdomains; one without a dot stands for it in every country (amazon.co.uk)."""
    paths: ClassVar[tuple[str, ...]] = ("/",)
    """Where on these hosts the site is, when they carry other things as well."""
    marks: ClassVar[tuple[str, ...]] = ()
    """CSS of nodes that only this site's pages have."""
    walls: ClassVar[tuple[tuple[str, str], ...]] = ()
    """CSS of nodes that only its block pages have, and the kind of the block."""
    absence: ClassVar[str] = ""
    """CSS of the nodes in which the site itself says that there are no ratings or reviews."""
    rated: ClassVar[bool] = True
    """False for sites of opinions without stars: threads, questions, posts."""
    starless: ClassVar[bool] = False
    """True where a count without stars is a whole answer."""
    verified: ClassVar[date | None]
    """Newest recorded page this file was true on; None when it was written from descriptions only."""

    @abstractmethod
    def url(self, subject: str) -> str:
        """Where a visitor finds the subject: its page where addresses are made of a domain or id, else a search."""

    def blocked(self, page: Page, tree: Tree) -> str:
        """Kind of the block this page is, by the site's own marks, or ""."""
        return next((kind for css, kind in self.walls if tree.has(css)), "")

    def subject(self, tree: Tree) -> str:
        """Who the profile is about, or "" when the page does not say so."""
        return marked(tree).claim.subject or heading(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        """The subject's rating, or None."""
        if not self.rated:
            return None
        found = marked(tree).claim.rating
        return found if found is not None or not self.hosts else beside_heading(tree)

    def histogram(self, tree: Tree) -> dict[str, int] | None:
        """Stars to counts, or None where the page shows none."""
        return None

    def reviews(self, tree: Tree) -> Iterator[Review]:
        """Opinions about the subject, in page order."""
        yield from marked(tree).claim.reviews

    def says_nothing_found(self, tree: Tree) -> bool:
        """True only on the site's own node or sentence for "no reviews"."""
        return bool(self.absence) and any(says_none(text(node)) for node in tree.all(self.absence))

    def doubt(self, tree: Tree) -> str:
        """What a reader of the figures must know (several subjects, stars of the site's own making, ...), or ""."""
        return marked(tree).doubt

    def listed(self, tree: Tree) -> Iterator[Claim]:
        """Subjects of a page that lists several, with their ratings: none of them is the page's own."""
        found = list(claims(tree))
        if len({claim.subject for claim in found}) > 1:
            yield from (claim for claim in found if claim.rating is not None)

    def document(self, data: Value) -> Sequence[Claim] | None:
        """What an answer in JSON says: None when it is not this site's, empty when it says that there is nothing."""
        return None

    def owns(self, url: str) -> bool:
        """True when the address is one of this site's."""
        name, place = host(url), path(url) or "/"
        return any(_hosts(name, mark) for mark in self.hosts) and place.startswith(self.paths)

    def recognises(self, page: Page, tree: Tree) -> int:
        """How surely the page is of this site; 0 is a stranger."""
        if self.owns(page.url):
            return BY_ADDRESS
        claimed = BY_CLAIMED_ADDRESS if any(self.owns(url) for url in addresses(tree)) else 0
        return claimed + BY_MARK * sum(tree.has(mark) for mark in self.marks)

    @final
    def parse(self, page: Page, tree: Tree | None = None) -> ReviewProfile:
        """Read a page to its one outcome. Raises nothing for any bytes."""
        failed = _transport(page)
        if failed is not None:
            return self._profile(page, failed)
        data = json_document(page.body)
        if data is not None:
            return self._of_document(page, data)
        try:
            tree = tree or Tree.of(page.body, page.header("content-type"))
        except UnreadableError as error:
            return self._profile(page, Outcome(status=Status.FAILED, kind=error.kind, why=error.why))
        return self._of_tree(page, tree)

    def _of_tree(self, page: Page, tree: Tree) -> ReviewProfile:
        early = self._no_page(page, tree)
        if early is not None:
            return self._profile(page, early)
        reviews = tuple(_cleaned(self.reviews(tree), page.fetched_at))
        found = Claim(self.subject(tree), page.url, self.rating(tree), reviews, histogram=self.histogram(tree))
        doubt = self.doubt(tree)
        outcome = self._judged(found, doubt) or self._nothing(tree, doubt)
        return self._profile(page, outcome, found, tuple(filter(None, [doubt])))

    def _of_document(self, page: Page, data: Value) -> ReviewProfile:
        if page.status is not None and page.status >= 400:
            return self._profile(page, _by_status(page.status))
        found = self.document(data)
        if found is None:
            return self._profile(page, Outcome(status=Status.FAILED, kind="NotHtml", why="JSON, not a page"))
        if not found:
            return self._profile(page, Outcome(status=Status.NO_RESULTS, why="the site's own empty answer"))
        if len(found) > 1:
            return self._profile(page, _layout(f"a list of {len(found)} subjects"))
        claim = found[0]
        reviews = tuple(_cleaned(iter(claim.reviews), page.fetched_at))
        outcome = self._judged(claim, "") or _layout("no rating, no review, no sentence of absence")
        return self._profile(page, outcome, Claim(claim.subject, "", claim.rating, reviews, histogram=claim.histogram))

    def _no_page(self, page: Page, tree: Tree) -> Outcome | None:
        """The order of reliability section 1.1: block marks, status, error page, cut body."""
        kind = self.blocked(page, tree) or guards.shared_challenge(page, tree) or site_challenge(page, tree)
        if kind:
            return Outcome(status=Status.BLOCKED, kind=kind, why=f"{self.name}: mark of {kind}")
        if page.status is not None and page.status >= 400:
            return _by_status(page.status)
        if guards.error_page(page, tree):
            return Outcome(status=Status.FAILED, kind="ErrorPage", why="the browser's own error page")
        cut = guards.truncated(page.body)
        return Outcome(status=Status.FAILED, kind="Truncated", why=cut) if cut else None

    def _judged(self, found: Claim, doubt: str) -> Outcome | None:
        """RESULTS needs a value, an opinion about somebody, or the counts of a site without stars."""
        counts = (found.rating.rating_count, found.rating.review_count) if found.rating is not None else ()
        if found.rating is not None and found.rating.value is not None:
            return Outcome(status=Status.RESULTS, why="a rating")
        if found.reviews and found.subject:
            return Outcome(status=Status.RESULTS, why="reviews")
        if self.starless and any(counts):
            return Outcome(status=Status.RESULTS, why="a count of reviews, no stars")
        if 0 in counts and not any(counts) and not doubt:
            return Outcome(status=Status.NO_RESULTS, why="the site's own count of 0")
        return None

    def _nothing(self, tree: Tree, doubt: str) -> Outcome:
        if self.says_nothing_found(tree):
            return Outcome(status=Status.NO_RESULTS, why="the site's own words")
        several = sum(1 for _ in self.listed(tree)) if not doubt else 0
        listing = f"a list of {several} subjects, none of them the page's own" if several else ""
        return _layout(doubt or listing or "no rating, no review, no sentence of absence")

    def _profile(
        self, page: Page, outcome: Outcome, found: Claim | None = None, notes: tuple[str, ...] = ()
    ) -> ReviewProfile:
        found = found or Claim()
        return ReviewProfile(
            site=self.name if self.hosts else host(page.url) or self.name,
            url=page.url,
            subject=found.subject,
            rating=found.rating,
            histogram=found.histogram,
            reviews=found.reviews,
            outcome=outcome,
            fetched_at=page.fetched_at,
            source=page.source,
            evidence=page.evidence,
            warnings=notes,
        )


def _hosts(name: str, mark: str) -> bool:
    if "." in mark:
        return bool(name) and under(name, mark)
    labels = name.split(".")
    second = len(labels) > 2 and labels[-2] in ("co", "com", "net", "org")
    return len(labels) > 1 and labels[-3 if second else -2] == mark


def _transport(page: Page) -> Outcome | None:
    return Outcome(status=Status.FAILED, kind=page.failure, why="transport") if page.failure else None


def _by_status(status: int) -> Outcome:
    if status in STATUS_KINDS:
        return Outcome(status=Status.BLOCKED, kind=STATUS_KINDS[status], why=f"status {status}")
    return Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {status}")


def _layout(why: str) -> Outcome:
    return Outcome(status=Status.UNRECOGNISED, kind="layout", why=why)


def site_challenge(page: Page, tree: Tree) -> str:
    """Challenges of review sites: (kind) or ""."""
    for css, kind in _BLOCK_NODES:
        if tree.has(css):
            return kind
    if len(page.body) > SMALL:
        return ""
    low = tree.source.lower()
    return next((kind for mark, kind in _BLOCK_WORDS if mark in low), "")


def _cleaned(reviews: Iterator[Review], now: datetime) -> Iterator[Review]:
    for review in reviews:
        yield review.model_copy(update={"author": "", "date": read_date(review.date, now) if review.date else None})


# ---------------------------------------------------------------- schema.org


class Marked:
    """The chosen claim of a page's markup; an empty claim with `doubt` where the choice would be a guess."""

    def __init__(self, tree: Tree) -> None:
        self.claim, self.doubt = choose(list(claims(tree)), tree)


_MARKED: WeakKeyDictionary[Tree, Marked] = WeakKeyDictionary()  # read once per tree, forgotten with it


def marked(tree: Tree) -> Marked:
    """What the page's markup says about its own subject, and the doubt about it."""
    if tree not in _MARKED:
        _MARKED[tree] = Marked(tree)
    return _MARKED[tree]


def claims(tree: Tree) -> Iterator[Claim]:
    """Claims of the first syntax that holds a rating or a review (sites R5)."""
    weak: list[Claim] = []
    for syntax in (_by_json_ld, _by_microdata, microformats, _by_rdfa, _by_noscript):
        found = list(syntax(tree))
        if any(claim.rating is not None for claim in found):
            yield from found
            return
        weak += found
    yield from weak


def _by_json_ld(tree: Tree) -> Iterator[Claim]:
    if "ld+json" in tree.source:
        nodes: list[Node] = []
        for script in tree.all("script"):
            if "ld+json" in attr(script, "type").lower():
                nodes += json_ld(script.text())
        yield from Claims(nodes)


_MICRODATA = re.compile("ratingvalue|reviewbody|reviewrating|ratingcount|reviewcount|review-aggregate", re.IGNORECASE)
_RDFA = re.compile(r"property\s*=\s*[\"']?[^\"'>]{0,60}(?:ratingValue|:average)")


def _by_microdata(tree: Tree) -> Iterator[Claim]:
    if "itemprop" in tree.source and _MICRODATA.search(tree.source):
        yield from Claims(from_microdata(_extruct("microdata", tree.source, MAX_MARKUP)))


def _by_rdfa(tree: Tree) -> Iterator[Claim]:
    if _RDFA.search(tree.source):
        items = _extruct("rdfa", tree.source, MAX_RDFA)
        found = _in_page_order(tree, Claims([node for item in items if isinstance(node := tidy(item), dict)]))
        yield from found if any(claim.rating is not None for claim in found) else (*found, *rdfa_lite(tree))


def _in_page_order(tree: Tree, claims: Iterable[Claim]) -> list[Claim]:
    """RDFa is a graph and gives its nodes in any order, another one each time: the page's own order is put back."""

    def place(*words: str) -> tuple[int, tuple[str, ...]]:
        at = tree.source.find(next(filter(None, words), "")[:_FINDING])
        return (at if at >= 0 else len(tree.source), words)

    ordered = [
        replace(claim, reviews=tuple(sorted(claim.reviews, key=lambda review: place(review.text, review.title))))
        for claim in claims
    ]
    return sorted(ordered, key=lambda claim: place(claim.subject, claim.url))


def _by_noscript(tree: Tree) -> Iterator[Claim]:
    """Markup for visitors without scripts; a browser that has them saves it as text."""
    hidden = [html.unescape(node.text()) for node in tree.all("noscript") if "itemprop" in node.text()]
    if hidden:
        yield from Claims(from_microdata(_extruct("microdata", "\n".join(hidden), MAX_MARKUP)))


def _extruct(syntax: str, source: str, limit: int) -> list[Any]:
    """Items of one syntax by extruct. It is imported here because the import alone costs 0.4 s."""
    if len(source) > limit:
        return []
    import extruct  # noqa: TID251

    body = source.encode("utf-8", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("rdflib").setLevel(logging.CRITICAL)
        try:
            return list(extruct.extract(body, encoding="UTF-8", syntaxes=[syntax], errors="strict")[syntax])
        except Exception:  # a stranger's markup may break a parser anywhere: then it claims nothing
            return []
