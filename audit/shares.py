"""The arithmetic of attention: which results weigh how much on a page, and how pages add up.

Formulas: scoring reference, section 3. A scope (page, keyword, engine, brand) is a mix of pages; every figure of it
is the weighted mean of the pages' figures, so that each number is a plain sum that a person can follow.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from audit.curve import Curve
from audit.models import Feature, Keyword, KeywordKind, Label, Method, Owner, Serp, SerpQuery, SerpResult, Snapshot

IN_CONTROL = frozenset({Owner.OWNED, Owner.MANAGED})


class Item(NamedTuple):
    """A scored row: about the brand, organic, read. `weight` is its share of the page's scored attention."""

    id: str
    place: int
    weight: float
    label: Label
    result: SerpResult

    @property
    def sentiment(self) -> float:
        return self.label.sentiment or 0.0

    @property
    def negative(self) -> bool:
        return self.sentiment < 0


class Cell(NamedTuple):
    """A planned question with its weights; `page` is what answered it, None where nothing did."""

    query: SerpQuery
    keyword: Keyword
    index_name: str
    share: float | None
    page: PageShares | None


class PageShares(NamedTuple):
    """One answered page, weighed. `unread` is the share of attention about the brand that nobody could read."""

    serp: Serp
    items: tuple[Item, ...]
    unread: float | None
    exposure_base: float

    def share(self, wanted: Callable[[Item], bool]) -> float | None:
        """Attention share of the items that `wanted` accepts; None where nothing was scored."""
        return sum(item.weight for item in self.items if wanted(item)) if self.items else None

    @property
    def dominance(self) -> float | None:
        return 100 * sum(item.weight * item.sentiment for item in self.items) if self.items else None

    @property
    def positive(self) -> float | None:
        return self.share(lambda item: item.sentiment > 0)

    @property
    def negative(self) -> float | None:
        return self.share(lambda item: item.sentiment < 0)

    @property
    def neutral(self) -> float | None:
        return self.share(lambda item: item.sentiment == 0)

    @property
    def control(self) -> float | None:
        return self.share(lambda item: item.label.owner in IN_CONTROL)

    @property
    def hostile(self) -> float | None:
        return self.share(lambda item: item.label.owner is Owner.HOSTILE)

    @property
    def exposure(self) -> float | None:
        """Chance that a searcher looks at one or more negatives: 1 - prod(1 - base^(k-1)), independence assumed.

        A base of 0 stands for the model `click`: one click a visit, so exposure equals N.
        """
        if not self.items or not self.exposure_base:
            return self.negative
        looks = (self.exposure_base ** (item.place - 1) for item in self.items if item.negative)
        return 1 - math.prod(1 - look for look in looks)

    @property
    def negatives(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.negative)


def weigh(serp: Serp, labels: Mapping[str, Label], keys: Mapping[str, str], curve: Curve, method: Method) -> PageShares:
    """Weigh the organic rows of one page down to `method.depth`."""
    rows = [
        (row, labels[keys[f"{serp.id}/{row.position}"]])
        for row in serp.organic
        if row.rank <= method.depth and keys.get(f"{serp.id}/{row.position}") in labels
    ]
    about = [(row, label, _place(row, method)) for row, label in rows if label.about_brand]
    scored = [(row, label, place) for row, label, place in about if label.sentiment is not None]
    mass, whole = (sum(curve.weight(place) for _, _, place in group) for group in (scored, about))
    items = tuple(
        Item(f"{serp.id}/{row.position}", place, curve.weight(place) / mass, label, row) for row, label, place in scored
    )
    base = method.exposure_base if method.exposure_model == "scan" else 0.0
    return PageShares(serp, items, max(0.0, 1 - mass / whole) if about else None, base)


def _place(row: SerpResult, method: Method) -> int:
    return row.position if method.by_position else row.rank


def cells(
    snapshot: Snapshot, labels: Mapping[str, Label], keys: Mapping[str, str], curve: Curve, method: Method
) -> tuple[Cell, ...]:
    """Every planned question of page one with what answered it; the newest answer where there are several."""
    answers: dict[SerpQuery, Serp] = {}
    for serp in snapshot.serps:
        best = answers.get(serp.query)
        if serp.outcome.answered and (best is None or serp.fetched_at > best.fetched_at):
            answers[serp.query] = serp
    plan = snapshot.plan or tuple(dict.fromkeys(serp.query for serp in snapshot.serps))
    known = list(snapshot.engine_shares.values())
    usual = sum(known) / len(known) if known else None
    return tuple(
        Cell(
            query,
            snapshot.keyword(query.keyword) or Keyword(text=query.keyword),
            snapshot.engine_indexes.get(query.engine, query.engine),
            snapshot.engine_shares.get(query.engine, usual),
            weigh(answers[query], labels, keys, curve, method) if query in answers else None,
        )
        for query in plan
        if query.page == 1
    )


def mix(chosen: Sequence[Cell]) -> list[float]:
    """Weights of cells, adding up to 1: demand within an engine, engines of one index merged, indexes by share.

    Without market shares each index is one vote.
    """
    engines: dict[str, list[int]] = defaultdict(list)
    indexes: dict[str, list[str]] = defaultdict(list)
    for place, cell in enumerate(chosen):
        if cell.query.engine not in engines:
            indexes[cell.index_name].append(cell.query.engine)
        engines[cell.query.engine].append(place)
    shares = {engine: chosen[places[0]].share for engine, places in engines.items()}
    weights = [0.0] * len(chosen)
    votes = _normal([sum(s for e in members if (s := shares[e]) is not None) for members in indexes.values()], shares)
    for vote, members in zip(votes, indexes.values(), strict=True):
        for part, engine in zip(_equal_if_zero([shares[e] or 0.0 for e in members]), members, strict=True):
            places = engines[engine]
            for demand, place in zip(_equal_if_zero([chosen[p].keyword.demand for p in places]), places, strict=True):
                weights[place] = vote * part * demand
    return weights


def _normal(values: Sequence[float], shares: Mapping[str, float | None]) -> list[float]:
    """Votes of the indexes: by share where shares are known, else one each."""
    known = any(share is not None for share in shares.values())
    return _equal_if_zero(values if known else [1.0] * len(values))


def _equal_if_zero(values: Sequence[float]) -> list[float]:
    total = sum(values)
    return [value / total if total else 1 / len(values) for value in values]


def mean(chosen: Sequence[Cell], figure: Callable[[PageShares], float | None]) -> float | None:
    """A figure over answered cells that have it; None where none has."""
    told = [(cell, value) for cell in chosen if cell.page and (value := figure(cell.page)) is not None]
    if not told:
        return None
    weights = mix([cell for cell, _ in told])
    return sum(weight * value for weight, (_, value) in zip(weights, told, strict=True))


def coverage(chosen: Sequence[Cell]) -> float:
    """Answered weight / planned weight, 0..1; 0 where nothing was planned."""
    return sum(weight for weight, cell in zip(mix(chosen), chosen, strict=True) if cell.page) if chosen else 0.0


def key_weights(chosen: Sequence[Cell]) -> dict[str, float]:
    """Label key -> its weight in the scope's dominance: D = 100 * sum(weight * sentiment)."""
    told = [cell for cell in chosen if cell.page and cell.page.items]
    found: dict[str, float] = defaultdict(float)
    for weight, cell in zip(mix(told), told, strict=True):
        for item in cell.page.items if cell.page else ():
            found[item.label.key] += weight * item.weight
    return dict(found)


def pages(chosen: Iterable[Cell]) -> list[PageShares]:
    return [cell.page for cell in chosen if cell.page is not None]


def pure_brand(chosen: Iterable[Cell]) -> list[Cell]:
    """Cells that ask for the brand and nothing else."""
    return [cell for cell in chosen if cell.keyword.kind is KeywordKind.BRAND]


def surfaces(snapshot: Snapshot, *features: Feature) -> list[tuple[str, Serp, SerpResult]]:
    """Blocks beside the organic rows, with their result ids, of answered pages."""
    return [
        (f"{serp.id}/{result.position}", serp, result)
        for serp in snapshot.serps
        if serp.outcome.answered
        for result in serp.results
        if result.feature in features
    ]
