"""What an action could do to the score: pages are weighed again without the named results, or with an own page on them.

Nothing is guessed. A result that leaves lets those below it move up, and the first of page two come in where page two
was asked; a page that enters takes one place, moves the rest down, and the last one leaves. The figure is the
score alone, without its range.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from audit.curve import load
from audit.models import (
    Audit,
    Effect,
    Feature,
    Label,
    LabelOrigin,
    Owner,
    Scope,
    Score,
    Serp,
    SerpQuery,
    SerpResult,
)
from audit.shares import Cell, Item, PageShares, cells, coverage, mean, pages, weigh
from audit.verdict import verdicts

OWN = "own-page-to-come"
"""Label key of a page that does not exist yet."""


class Row(NamedTuple):
    """A result with the key of its label, so that it can move."""

    id: str
    result: SerpResult
    key: str


class Stage:
    """The pages of one audit, ready to be changed and weighed again."""

    def __init__(self, audit: Audit, previous: Audit | None = None) -> None:
        self._audit, self._previous = audit, previous
        self._curve = load(audit.method.curve)
        self._labels = audit.labels | {OWN: _own_label(audit)}
        self.cells = cells(audit.snapshot, audit.labels, audit.label_keys, self._curve, audit.method)
        self.pages = {page.serp.id: page for page in pages(self.cells)}
        self._second = {_first(s.query): s for s in audit.snapshot.serps if s.query.page == 2 and s.outcome.answered}

    def items(self) -> Iterable[Item]:
        return (item for page in self.pages.values() for item in page.items)

    def left(self, gone: Collection[str]) -> Effect | None:
        """The score if these results (`s1/4`) left the first page."""
        away, changed = frozenset(gone), {}
        for serp_id in dict.fromkeys(name.partition("/")[0] for name in gone):
            if serp_id in self.pages:
                changed[serp_id] = self._without(self.pages[serp_id].serp, away)
        return self._effect(changed, tuple(gone))

    def entered(self, places: Mapping[str, int]) -> Effect | None:
        """The score if an own page took this place (by serp id): the one that stands lower, or else a new one."""
        changed, taken = {}, []
        for serp_id, place in places.items():
            serp = self.pages[serp_id].serp
            changed[serp_id] = self._with(serp, place)
            taken += [f"{serp_id}/{row.position}" for row in serp.organic if row.rank == place]
        return self._effect(changed, tuple(taken))

    def risen(self, waiting: Collection[str]) -> Effect | None:
        """The score if these results of page two took the last places of page one."""
        rows = {row.id: row for serp in self._second.values() for row in self._rows(serp)}
        serps = {serp.id: serp for serp in self._audit.snapshot.serps}
        changed: dict[str, PageShares] = {}
        for name in waiting:
            query = _first(serps[name.partition("/")[0]].query)
            page = next((p for p in self.pages.values() if p.serp.query == query), None)
            if name in rows and page is not None and page.serp.organic:
                changed[page.serp.id] = self._put(page.serp, rows[name], page.serp.organic[-1].rank)
        return self._effect(changed, tuple(waiting))

    # ------------------------------------------------------------ pages that never were

    def _rows(self, serp: Serp) -> list[Row]:
        keys = self._audit.label_keys
        named = ((f"{serp.id}/{result.position}", result) for result in serp.results)
        return [Row(name, result, keys.get(name, "")) for name, result in named]

    def _without(self, serp: Serp, gone: frozenset[str]) -> PageShares:
        rows = self._rows(serp)
        kept = _closed(rows, gone)
        bad = {self._address(row.key) for row in rows if row.id in gone}
        coming = [row for row in self._bench(serp) if self._address(row.key) not in bad]
        for row in coming[: len(rows) - len(kept)]:
            kept = _opened(kept, row, 1 + max((r.result.rank for r in _organic(kept)), default=0))
        return self._weighed(serp, kept)

    def _with(self, serp: Serp, place: int) -> PageShares:
        below = [row for row in (*_organic(self._rows(serp)), *self._bench(serp)) if self._owned(row.key)]
        lower = [row for row in below if row.id.partition("/")[0] != serp.id or row.result.rank > place]
        return self._put(serp, lower[0] if lower else _new_page(self._audit), place)

    def _put(self, serp: Serp, row: Row, place: int) -> PageShares:
        """The row at this rank, taken from where it stood; the page keeps its length."""
        rows = self._rows(serp)
        last = max(place, *(r.result.rank for r in _organic(rows)), 0)
        moved = _opened(_closed(rows, frozenset({row.id})), row, place)
        kept = [r for r in moved if r.result.feature is not Feature.ORGANIC or r.result.rank <= last]
        return self._weighed(serp, kept)

    def _bench(self, serp: Serp) -> list[Row]:
        second = self._second.get(_first(serp.query))
        return _organic(self._rows(second)) if second else []

    def _address(self, key: str) -> str:
        return self._labels[key].address if key in self._labels else key

    def _owned(self, key: str) -> bool:
        return key in self._labels and self._labels[key].owner is Owner.OWNED

    def _weighed(self, serp: Serp, rows: Sequence[Row]) -> PageShares:
        changed = serp.model_copy(update={"results": tuple(row.result for row in rows)})
        keys = {f"{serp.id}/{row.result.position}": row.key for row in rows}
        return weigh(changed, self._labels, keys, self._curve, self._audit.method)

    # ------------------------------------------------------------ and what they would score

    def _effect(self, changed: Mapping[str, PageShares], results: tuple[str, ...]) -> Effect | None:
        before = self._audit.score.dominance
        if before is None or not changed:
            return None
        after = [c._replace(page=changed.get(c.page.serp.id, c.page)) if c.page else c for c in self.cells]
        score = _figures(after)
        if score.dominance is None:
            return None
        (verdict, *_) = verdicts(score, after, self._audit.method, self._previous)
        return Effect(before=before, after=score.dominance, verdict=verdict.value, results=results)


def _figures(chosen: Sequence[Cell]) -> Score:
    """What a verdict asks for; no range."""
    return Score(
        scope=Scope.BRAND,
        dominance=mean(chosen, lambda page: page.dominance),
        positive=mean(chosen, lambda page: page.positive),
        negative=mean(chosen, lambda page: page.negative),
        unlabelled=mean(chosen, lambda page: page.unread) or 0.0,
        coverage=coverage(chosen),
    )


def _first(query: SerpQuery) -> SerpQuery:
    return query if query.page == 1 else query.model_copy(update={"page": 1})


def _organic(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.result.feature is Feature.ORGANIC]


def _closed(rows: Sequence[Row], gone: frozenset[str]) -> list[Row]:
    """Without those rows; what stood below moves up by as many places."""
    kept: list[Row] = []
    places = ranks = 0
    for row in sorted(rows, key=lambda r: r.result.position):
        organic = row.result.feature is Feature.ORGANIC
        if row.id in gone:
            places, ranks = places + 1, ranks + organic
        else:
            kept.append(_shifted(row, -places, -ranks * organic))
    return kept


def _opened(rows: Sequence[Row], new: Row, rank: int) -> list[Row]:
    """With the new row at this organic rank; what stands there and below moves down by one."""
    web = _organic(rows)
    end = max((row.result.position for row in rows), default=0) + 1
    position = next((row.result.position for row in web if row.result.rank >= rank), end)
    down = [
        _shifted(row, 1, int(row.result.feature is Feature.ORGANIC)) if row.result.position >= position else row
        for row in rows
    ]
    placed = new._replace(result=new.result.model_copy(update={"position": position, "rank": rank}))
    return sorted([*down, placed], key=lambda row: row.result.position)


def _shifted(row: Row, places: int, ranks: int) -> Row:
    if not places and not ranks:
        return row
    update = {"position": row.result.position + places, "rank": row.result.rank + ranks}
    return row._replace(result=row.result.model_copy(update=update))


def _new_page(audit: Audit) -> Row:
    domain = next(iter(audit.snapshot.brand.domains), "")
    result = SerpResult(feature=Feature.ORGANIC, url=f"https://{domain}/" if domain else "", position=1, rank=1)
    return Row("", result, OWN)


def _own_label(audit: Audit) -> Label:
    """An own page counts what the method says it counts, no more."""
    level = audit.method.owned_sentiment
    return Label(key=OWN, address=OWN, sentiment=level, confidence=1, owner=Owner.OWNED, by=LabelOrigin.RULE)
