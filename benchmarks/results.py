"""The heads of search results as a fit may see them: made without the brands of the row they read.

The shipped ones are made by `repaudit train --kind result` (commands: audit/trained/MODEL_CARD.md) from the same rows,
`tests/fixtures/results/`. Other labelled results, the gold above all, are never learnt from, so for them the shipped
head is as good as blind. Needs scikit-learn (group dev).
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any
from unittest.mock import patch

from audit.evaluation import side
from audit.heads import Head, head, unpack
from audit.labelled import BORDER, OWN_WEIGHT
from audit.labelled import Row as Labelled
from benchmarks.gold import Row, sets

FOLDS = 5
LEARNT = ("seen", "unseen")
"""Sets of `benchmarks.gold.sets` a head of results is made from."""


@dataclass(frozen=True, slots=True)
class Heads:
    """One head a fold; `of_row` is the one that has not seen the row's brand."""

    folds: tuple[Head, ...]

    def of_row(self, row: Row) -> Head:
        return self.folds[fold_of(row)]


def fold_of(row: Row) -> int:
    """By language and brand: no head may know a row by its brand's other rows."""
    return int(sha256(f"{row['lang']} {row['brand']}".encode()).hexdigest(), 16) % FOLDS


def learnt(language: str) -> list[Row]:
    told = sets(language)
    return [row for name in LEARNT for row in told[name] if row["label"] is not None]


@cache
def heads(language: str) -> Heads:
    """Heads of a language, each made without one fold."""
    rows = learnt(language)
    return Heads(tuple(made([row for row in rows if fold_of(row) != fold], language) for fold in range(FOLDS)))


def made(rows: Sequence[Row], language: str) -> Head:
    from audit.training import train

    told = [
        Labelled(f"{row['title']}{BORDER}{row['snippet']}", side(row["label"]) or 0, (row["brand"],), OWN_WEIGHT, "own")
        for row in rows
    ]
    return unpack(lzma.decompress(train(told, language, "result")))


@contextmanager
def read_by(results: Head | None) -> Iterator[None]:
    """Read results with this head in place of the shipped one; None: with none."""

    def instead(language: str, kind: Any) -> Head | None:
        return results if kind == "result" else head(language, kind)

    with patch("audit.sentiment.head", instead):
        yield
