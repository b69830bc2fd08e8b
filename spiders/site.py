"""The plug of a review site, and the reader of schema.org markup that serves any page without a plug of its own."""

from __future__ import annotations

import logging
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, ClassVar, final
from weakref import WeakKeyDictionary

from audit.models import AggregateRating, Outcome, Page, Review, ReviewProfile, Status
from spiders import guards
from spiders.address import host, under
from spiders.dates import read_date
from spiders.engine import STATUS_KINDS
from spiders.markup import Claim, Claims, Node, aggregate, from_microdata, json_ld, scaled, tidy
from spiders.ratings import read_count, read_number
from spiders.subject import choose, heading
from spiders.tree import Node as Element
from spiders.tree import Tree, UnreadableError, ancestors, attr, below, fold, text

MAX_MARKUP = 3_000_000  # characters given to extruct, which costs some 50 ms a megabyte
MAX_RDFA = 600_000  # RDFa costs ten times as much
SMALL = 40_000  # bytes; block pages without a node of their own are small

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
    """Registrable domains of the site; subdomains are included."""
    verified: ClassVar[date]
    """Newest recorded page this file was true on."""

    @abstractmethod
    def blocked(self, page: Page, tree: Tree) -> str:
        """Kind of the block this page is, by the site's own marks, or ""."""

    @abstractmethod
    def subject(self, tree: Tree) -> str:
        """Who the profile is about, or "" when the page does not say so without doubt."""

    @abstractmethod
    def rating(self, tree: Tree) -> AggregateRating | None:
        """The subject's rating, or None."""

    def histogram(self, tree: Tree) -> dict[str, int] | None:
        """Stars to counts, or None where the page shows none."""
        return None

    def reviews(self, tree: Tree) -> Iterator[Review]:
        """Opinions about the subject, in page order."""
        yield from ()

    def says_nothing_found(self, tree: Tree) -> bool:
        """True only on the site's own node or sentence for "no reviews"."""
        return False

    def doubt(self, tree: Tree) -> str:
        """Why a rating on the page is not read (several subjects, ...), or ""."""
        return ""

    def owns(self, url: str) -> bool:
        """True when the address is on one of this site's hosts."""
        name = host(url)
        return bool(name) and any(under(name, domain) for domain in self.hosts)

    @final
    def parse(self, page: Page, tree: Tree | None = None) -> ReviewProfile:
        """Read a page to its one outcome. Raises nothing for any bytes."""
        try:
            if page.body.lstrip()[:1] in (b"{", b"["):
                raise UnreadableError("NotHtml", "JSON, not a page")
            tree = tree or Tree.of(page.body, page.header("content-type"))
        except UnreadableError as error:
            return self._profile(page, Outcome(status=Status.FAILED, kind=error.kind, why=error.why))
        early = self._no_page(page, tree)
        if early is not None:
            return self._profile(page, early)
        found = self._profile(page, self._outcome(tree))
        return found.model_copy(
            update={
                "subject": self.subject(tree),
                "rating": self.rating(tree),
                "histogram": self.histogram(tree),
                "reviews": tuple(_cleaned(self.reviews(tree), page.fetched_at)),
                "warnings": tuple(filter(None, [self.doubt(tree)])),
            }
        )

    def _no_page(self, page: Page, tree: Tree) -> Outcome | None:
        """The order of reliability section 1.1: transport, block marks, status, error page, cut body."""
        if page.failure:
            return Outcome(status=Status.FAILED, kind=page.failure, why="transport")
        kind = self.blocked(page, tree) or guards.shared_challenge(page, tree) or site_challenge(page, tree)
        if kind:
            return Outcome(status=Status.BLOCKED, kind=kind, why=f"{self.name}: mark of {kind}")
        if page.status in STATUS_KINDS:
            return Outcome(status=Status.BLOCKED, kind=STATUS_KINDS[page.status], why=f"status {page.status}")
        if page.status is not None and page.status >= 400:
            return Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {page.status}")
        if guards.error_page(page, tree):
            return Outcome(status=Status.FAILED, kind="ErrorPage", why="the browser's own error page")
        cut = guards.truncated(page.body)
        return Outcome(status=Status.FAILED, kind="Truncated", why=cut) if cut else None

    def _outcome(self, tree: Tree) -> Outcome:
        rating = self.rating(tree)
        if rating is not None and rating.value is not None:
            return Outcome(status=Status.RESULTS, why="a rating")
        if any(True for _ in self.reviews(tree)):
            return Outcome(status=Status.RESULTS, why="reviews")
        if self.says_nothing_found(tree):
            return Outcome(status=Status.NO_RESULTS, why="the site's own words")
        return Outcome(
            status=Status.UNRECOGNISED,
            kind="layout",
            why=self.doubt(tree) or "no rating, no review, no sentence of absence",
        )

    def _profile(self, page: Page, outcome: Outcome) -> ReviewProfile:
        return ReviewProfile(
            site=self.name if self.hosts else host(page.url),
            url=page.url,
            outcome=outcome,
            fetched_at=page.fetched_at,
            source=page.source,
            evidence=page.evidence,
        )


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


def read_profile(page: Page, tree: Tree | None = None) -> ReviewProfile:
    """What the page's own markup says about its main subject, for pages of any site."""
    return SchemaOrg().parse(page, tree)


# ---------------------------------------------------------------- schema.org


class SchemaOrg(ReviewSite):
    """JSON-LD, then microdata and RDFa, then the hreview microformats; of several subjects, the page's own."""

    name = "schema_org"
    homepage = "https://schema.org/AggregateRating"
    hosts = ()
    verified = date(2025, 7, 7)

    def blocked(self, page: Page, tree: Tree) -> str:
        return ""

    def subject(self, tree: Tree) -> str:
        return _reading(tree).claim.subject or heading(tree)

    def rating(self, tree: Tree) -> AggregateRating | None:
        return _reading(tree).claim.rating

    def reviews(self, tree: Tree) -> Iterator[Review]:
        yield from _reading(tree).claim.reviews

    def says_nothing_found(self, tree: Tree) -> bool:
        """A count of 0 for the page's own subject is the site's statement (sites R2), not our conclusion."""
        rating = self.rating(tree)
        return rating is not None and rating.value is None and 0 in (rating.rating_count, rating.review_count)

    def doubt(self, tree: Tree) -> str:
        return _reading(tree).doubt


class _Reading:
    """The chosen claim of a page; an empty claim with `doubt` where the choice would be a guess."""

    def __init__(self, tree: Tree) -> None:
        self.claim, self.doubt = choose(list(claims(tree)), tree)


_READINGS: WeakKeyDictionary[Tree, _Reading] = WeakKeyDictionary()  # read once per tree, forgotten with it


def _reading(tree: Tree) -> _Reading:
    if tree not in _READINGS:
        _READINGS[tree] = _Reading(tree)
    return _READINGS[tree]


def claims(tree: Tree) -> Iterator[Claim]:
    """Claims of the first syntax that holds a rating or a review (sites R5)."""
    weak: list[Claim] = []
    for syntax in (_by_json_ld, _by_microdata, _by_microformat, _by_rdfa, _by_rdfa_lite):
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


def _by_microdata(tree: Tree) -> Iterator[Claim]:
    if "itemprop" in tree.source and re.search("ratingValue|reviewBody|reviewRating", tree.source):
        yield from Claims(from_microdata(_extruct("microdata", tree, MAX_MARKUP)))


def _by_rdfa(tree: Tree) -> Iterator[Claim]:
    if _RDFA.search(tree.source):
        nodes = [node for item in _extruct("rdfa", tree, MAX_RDFA) if isinstance(node := tidy(item), dict)]
        yield from Claims(nodes)


_RDFA = re.compile(r"property\s*=\s*[\"']?[^\"'>]{0,60}ratingValue")


def _by_rdfa_lite(tree: Tree) -> Iterator[Claim]:
    """Properties by mere nesting, as people write them: strict RDFa gives an image's `ratingValue` to the image."""
    if not _RDFA.search(tree.source):
        return
    for node in tree.all("[typeof$=AggregateRating]"):
        rating = aggregate({name.lower(): _part(node, f"[property$={name}]") for name in _AGGREGATE})
        owner = next((above for above in ancestors(node) if "typeof" in above.attributes), None)
        name = "" if owner is None else _part(owner, "[property=name], [property$=':name']")
        if rating is not None:
            yield Claim(name, "", rating)


_AGGREGATE = ("ratingValue", "bestRating", "worstRating", "ratingCount", "reviewCount")


def _extruct(syntax: str, tree: Tree, limit: int) -> list[Any]:
    """Items of one syntax by extruct. It is imported here because the import alone costs 0.4 s."""
    if len(tree.source) > limit:
        return []
    import extruct  # noqa: TID251

    body = tree.source.encode("utf-8", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("rdflib").setLevel(logging.CRITICAL)
        try:
            return list(extruct.extract(body, encoding="UTF-8", syntaxes=[syntax], errors="strict")[syntax])
        except Exception:  # a stranger's markup may break a parser anywhere: then it claims nothing
            return []


def _by_microformat(tree: Tree) -> Iterator[Claim]:
    """hReview-aggregate and h-review-aggregate; single hReviews are opinions."""
    if "review" not in tree.source:
        return
    for node in tree.all(".hreview-aggregate, .h-review-aggregate"):
        yield Claim(_part(node, ".item .fn, .p-item .p-name, .item, .p-item, .h-item, .fn"), "", _hrating(node))
    for node in tree.all(".hreview, .h-review"):
        score = _hnumber(node, ".rating .value, .p-rating, .rating")
        rating = None if score is None else scaled(score, _hnumber(node, ".best, .p-best"), None, None, None)
        words = _part(node, ".description, .e-content, .p-content")
        if rating is not None or words:
            title, when = _part(node, ".summary, .p-summary"), _part(node, ".dtreviewed, .dt-published, .dt-reviewed")
            review = Review(rating=rating, title=title, text=words, date=when or None)
            yield Claim(_part(node, ".item .fn, .p-item .p-name, .item, .p-item"), "", None, (review,))


def _hrating(node: Element) -> AggregateRating | None:
    value = _hnumber(node, ".rating .average, .average, .p-average, .rating .value, .p-rating, .rating")
    votes, reviews = read_count(_part(node, ".votes, .p-votes")), read_count(_part(node, ".count, .p-count"))
    if value is None and votes is None and reviews is None:
        return None
    return scaled(value, _hnumber(node, ".best, .p-best"), _hnumber(node, ".worst, .p-worst"), votes, reviews)


def _hnumber(node: Element, css: str) -> float | None:
    return read_number(_part(node, css))


def _part(node: Element, css: str) -> str:
    """First filled match of the selectors in their order; titles of abbreviations and value-title spans win."""
    for selector in css.split(", "):
        for found in below(node, selector):
            hidden = next(iter(below(found, ".value-title")), None)
            words = attr(hidden, "title") or (attr(found, "title") if found.tag == "abbr" else "")
            words = words or attr(found, "content") or attr(found, "value") or text(found)
            if words:
                return fold(words)
    return ""
