"""What a check looks at: the snapshot, its labels, its weighed pages and its scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from audit.models import Feature, Label, Method, Score, Serp, SerpResult, Snapshot
from audit.shares import Cell, Item, PageShares, pages, pure_brand, surfaces


class Board(NamedTuple):
    snapshot: Snapshot
    labels: Mapping[str, Label]
    keys: Mapping[str, str]
    cells: Sequence[Cell]
    scores: Sequence[Score]
    method: Method

    @property
    def brand(self) -> Score:
        return self.scores[0]

    @property
    def pages(self) -> list[PageShares]:
        return pages(self.cells)

    @property
    def brand_pages(self) -> list[PageShares]:
        """Answered pages of queries for the brand and nothing else, with something scored on them."""
        return [page for page in pages(pure_brand(self.cells)) if page.items]

    def by_keyword(self) -> Iterator[tuple[str, list[PageShares]]]:
        groups: dict[str, list[PageShares]] = defaultdict(list)
        for cell in self.cells:
            if cell.page:
                groups[cell.query.keyword].append(cell.page)
        yield from groups.items()

    def negatives(self) -> dict[str, list[Item]]:
        """Negative rows by normalised address, the best placed first: the same page on four engines is one matter."""
        found: dict[str, list[Item]] = defaultdict(list)
        for page in self.pages:
            for item in page.negatives:
                found[item.label.address].append(item)
        return {address: sorted(items, key=lambda item: item.place) for address, items in found.items()}

    def surfaces(self, *features: Feature) -> Iterator[tuple[str, Serp, SerpResult, Label]]:
        """Labelled blocks beside the organic rows, with their result id."""
        for result_id, serp, result in surfaces(self.snapshot, *features):
            label = self.labels.get(self.keys.get(result_id, ""))
            if label is not None:
                yield result_id, serp, result, label


def ids(items: Sequence[Item], most: int = 5) -> tuple[str, ...]:
    """Result ids as evidence, the first few."""
    return tuple(item.id for item in items[:most])
