"""The plug of a search engine: an engine file says where things are, this base decides and numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import islice
from typing import ClassVar, final

from audit.models import Feature, Hit, Outcome, Page, Serp, SerpQuery, SerpResult, Status
from spiders import guards
from spiders.address import host, http, parameter
from spiders.dates import read_date
from spiders.tree import Tree, UnreadableError, attr, fold

ENOUGH_MARKS = 3  # of one engine: no other page can have more, and each costs a pass over the page
STATUS_KINDS = {429: "rate_limit", 403: "access_denied", 401: "login", 451: "access_denied"}


class Engine(ABC):
    """One search engine. Subclasses are pure: no network, clock or state; `parse` is final.

    `hits` yields in page order, addresses already unwrapped, `date` as the page writes it ("3 days ago").
    """

    name: ClassVar[str]
    homepage: ClassVar[str]
    languages: ClassVar[tuple[str, ...]]
    index: ClassVar[str]
    """Whose index answers: engines that share one are one vote."""
    verified: ClassVar[date]
    """Newest recorded page this file was true on."""
    host_marks: ClassVar[tuple[str, ...]]
    """Labels of its hosts, as in `("google",)` for www.google.de, or whole hosts with dots."""
    query_parameters: ClassVar[tuple[str, ...]] = ("q",)
    query_box: ClassVar[str] = "input[name=q]"
    marks: ClassVar[tuple[str, ...]]
    """CSS of nodes that only this engine's pages have: result pages, empty pages and challenges."""

    @abstractmethod
    def url(self, query: SerpQuery) -> str:
        """Address that asks this query as a visitor of that country and language would."""

    @abstractmethod
    def blocked(self, page: Page, tree: Tree) -> str:
        """Kind of the block this page is (captcha, consent, js_shell, ...), or ""."""

    @abstractmethod
    def says_nothing_found(self, tree: Tree) -> bool:
        """True only on the engine's own node or sentence for "nothing found"."""

    @abstractmethod
    def hits(self, tree: Tree) -> Iterator[Hit]:
        """Everything on the page, in page order."""

    def shows_something_else(self, tree: Tree) -> bool:
        """True when the engine says nothing matched and shows results of another query below."""
        return False

    def corrected_query(self, tree: Tree) -> str:
        """The query whose results are shown where the engine corrected the spelling by itself, or ""."""
        return ""

    def vertical(self, page: Page, tree: Tree) -> str:
        """Name of another product of the engine (images, shopping, maps) this page belongs to, or ""."""
        return ""

    def displayed_query(self, tree: Tree) -> str:
        """What the page's own search box holds, or ""."""
        return fold(attr(tree.one(self.query_box), "value"))

    def owns(self, url: str) -> bool:
        """True when the address is on one of this engine's hosts."""
        name = host(url)
        labels = name.split(".")
        return any(mark == name if "." in mark else mark in labels[-3:] for mark in self.host_marks)

    def recognises(self, page: Page, tree: Tree) -> int:
        """How surely the page is of this engine: 100 by address, 10 a mark, three at most; 0 is a stranger."""
        by_address = 100 if self.owns(page.url) else 0
        found = islice(filter(tree.has, self.marks), ENOUGH_MARKS)
        return by_address + 10 * sum(1 for _ in found)

    @final
    def parse(self, page: Page, query: SerpQuery | None = None, tree: Tree | None = None) -> Serp:
        """Read a page to its one outcome. Raises nothing for any bytes."""
        asked = query.keyword if query else parameter(page.url, *self.query_parameters)
        try:
            tree = tree or Tree.of(page.body, page.header("content-type"))
        except UnreadableError as error:
            return self._serp(page, query, asked, Outcome(status=Status.FAILED, kind=error.kind, why=error.why))
        shown = self.displayed_query(tree)
        hits, outcome, warnings = self._judge(page, tree, asked, shown)
        serp = self._serp(page, query, asked or shown, outcome)
        return serp.model_copy(
            update={
                "results": number(hits, partial(self._cleaned, page)),
                "displayed_query": shown,
                "warnings": tuple(warnings),
                "fallbacks": dict(tree.tally),
            }
        )

    def _judge(self, page: Page, tree: Tree, asked: str, shown: str) -> tuple[list[Hit], Outcome, list[str]]:
        """The order of reliability section 1.1; no branch ends in success by default."""
        early = self._no_page(page, tree)
        if early is not None:
            return [], early, []
        cut = guards.truncated(page.body)
        if cut:
            return [], Outcome(status=Status.FAILED, kind="Truncated", why=cut), []
        if asked and shown and not guards.same_query(asked, shown):
            return [], Outcome(status=Status.UNRECOGNISED, kind="echo", why=f"the page answers {shown!r}"), []
        return self._rows(tree, asked or shown)

    def _no_page(self, page: Page, tree: Tree) -> Outcome | None:
        if page.failure:
            return Outcome(status=Status.FAILED, kind=page.failure, why="transport")
        kind = self.blocked(page, tree) or guards.shared_challenge(page, tree)
        if kind:
            return _blocked(kind, f"{self.name}: mark of {kind}")
        if page.status in STATUS_KINDS:
            return _blocked(STATUS_KINDS[page.status], f"status {page.status}")
        if page.status is not None and page.status >= 400:
            return Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {page.status}")
        if guards.error_page(page, tree):
            return Outcome(status=Status.FAILED, kind="ErrorPage", why="the browser's own error page")
        vertical = self.vertical(page, tree)
        return Outcome(status=Status.UNRECOGNISED, kind="vertical", why=vertical) if vertical else None

    def _rows(self, tree: Tree, query: str) -> tuple[list[Hit], Outcome, list[str]]:
        hits = list(self.hits(tree))
        organic = [hit for hit in hits if hit.feature is Feature.ORGANIC]
        if organic and self.shows_something_else(tree):
            why = "the engine says nothing matched and shows another query's results"
            return _demoted(hits), Outcome(status=Status.NO_RESULTS, kind="fallback", why=why), []
        if organic:
            corrected = self.corrected_query(tree)
            why = guards.decoy(f"{query} {corrected}" if query else "", hits)
            if why:
                return _demoted(hits), _blocked("decoy", why), []
            warnings = [] if query else ["the page does not say which query it answers"]
            warnings += [f"the engine shows results for {corrected!r}"] if corrected else []
            return hits, Outcome(status=Status.RESULTS, why=f"{len(organic)} organic rows"), warnings
        if self.says_nothing_found(tree):
            return hits, Outcome(status=Status.NO_RESULTS, why="the engine's own words"), []
        why = "no row anchor and no sentence of absence"
        return hits, Outcome(status=Status.UNRECOGNISED, kind="layout", why=why), []

    def _cleaned(self, page: Page, hit: Hit) -> dict[str, object]:
        """The address made absolute, the date read against the page's own time."""
        day = read_date(hit.date, page.fetched_at) if hit.date else None
        return {"url": http(hit.url, page.url or self.homepage), "date": day}

    def _serp(self, page: Page, query: SerpQuery | None, asked: str, outcome: Outcome) -> Serp:
        return Serp(
            query=query or SerpQuery(engine=self.name, keyword=asked),
            url=page.url,
            fetched_at=page.fetched_at,
            outcome=outcome,
            evidence=page.evidence,
            source=page.source,
            fallbacks={},
        )


def number(hits: Iterable[Hit], cleaned: Callable[[Hit], Mapping[str, object]] | None = None) -> tuple[SerpResult, ...]:
    """Position over all blocks and rank within the feature, both from 1: the only place that counts.

    Fields that `cleaned` gives take the place of the hit's own.
    """
    ranks: dict[Feature, int] = {}
    results = []
    for position, hit in enumerate(hits, start=1):
        ranks[hit.feature] = rank = ranks.get(hit.feature, 0) + 1
        fields = {**hit.__dict__, **(cleaned(hit) if cleaned else {}), "position": position, "rank": rank}
        results.append(SerpResult(**fields))  # pydantic's own constructor: `model_construct` takes four times as long
    return tuple(results)


def _blocked(kind: str, why: str) -> Outcome:
    return Outcome(status=Status.BLOCKED, kind=kind, why=why)


def _demoted(hits: Sequence[Hit]) -> list[Hit]:
    """Rows that answer another question stay visible as `other`: nothing is lost, nothing is scored."""
    other = {"feature": Feature.OTHER}
    return [hit.model_copy(update=other) if hit.feature is Feature.ORGANIC else hit for hit in hits]
