"""How many results are really unfavourable: the labelled shares, corrected for the labeller's known errors.

Counting an imperfect labeller's labels is biased (Forman 2008; Moreo & Sebastiani 2021). The table of truth against
reading, per language, is inverted: M'p = q, clipped, renormalised; the interval comes from drawing the rows of M and
the shares q from Dirichlet(count + 1/2). It assumes that errors carry over from the labelled results to these
(reliability reference, section 4.4). What a person labelled needs no correction and gets none.
"""

from __future__ import annotations

import random
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from audit.agreement import CLASSES, Pair, side
from audit.models import ENOUGH_LABELLED, Label, LabelOrigin, Prevalence, Share

FILE = Path(__file__).with_name("confusion.toml")
FEWEST = 30
"""Fewer results give no interval worth printing: 30 are good for +-15 points (reliability section 4.4)."""
DRAWS = 2000
TAIL = 0.05
"""5th to 95th percentile: a 90 % interval."""
PRIOR = 0.5
"""Jeffreys' prior of a multinomial, as in the reference."""
SEED = 20080101
Shares = tuple[float, float, float]
Table = tuple[Shares, Shares, Shares]
"""Counts: a row a true class (negative, neutral, positive), a column a reading."""
_EVEN = 1e-9
"""Below this a table is taken for one that cannot be inverted: its readings say nothing about the truth."""


class Confusion(NamedTuple):
    """What is known about the labeller in one language."""

    table: Table
    source: str
    """`people` or `shipped`."""

    @property
    def labelled(self) -> int:
        return round(sum(map(sum, self.table)))


class Counts(NamedTuple):
    """Results of one language about the brand: (negative, neutral, positive), by whom they were labelled."""

    machine: Shares
    people: Shares

    @property
    def items(self) -> int:
        return round(sum(self.machine) + sum(self.people))

    @property
    def counted(self) -> Shares:
        return normal(tuple(a + b for a, b in zip(self.machine, self.people, strict=True)))


def prevalences(labels: Iterable[Label], found: Sequence[Pair] = ()) -> tuple[Prevalence, ...]:
    """Corrected shares a language with enough results, and one line (language "") over all where there are several.

    `labels`: those of the audit, one a result; unread ones and those of another bearer are nobody's count. `found`:
    the engine against people. A language with neither 200 of these nor a shipped table is left out.
    """
    counts, known = _counts(labels), confusions(found)
    told = {language: count for language, count in counts.items() if language in known}
    draws = {language: drawn(count, known[language].table) for language, count in told.items()}
    lines = [
        _line(language, told[language].counted, told[language].items, known[language], draws[language])
        for language in sorted(told)
        if told[language].items >= FEWEST
    ]
    items = sum(count.items for count in told.values())
    if len(told) > 1 and items >= FEWEST:
        lines.append(_pooled(told, known, draws))
    return tuple(lines)


def _counts(labels: Iterable[Label]) -> dict[str, Counts]:
    sides: dict[str, Counter[tuple[bool, int]]] = defaultdict(Counter)
    for label in labels:
        if (taken := side(label)) is not None and label.language:
            sides[label.language][label.by is LabelOrigin.PERSON, taken] += 1
    return {
        language: Counts(*(_three(found[person, taken] for taken in CLASSES) for person in (False, True)))
        for language, found in sides.items()
    }


def _line(language: str, counted: Shares, items: int, known: Confusion, draws: Sequence[Shares]) -> Prevalence:
    """The middle of the draws as value: the plain inversion can leave its own interval once it is clipped."""
    shares = [_share([draw[at] for draw in draws]) for at in range(len(CLASSES))]
    return Prevalence(
        language=language,
        items=items,
        labelled=known.labelled,
        source=known.source,
        counted=_rounded(counted),
        negative=shares[0],
        neutral=shares[1],
        positive=shares[2],
    )


def _pooled(
    counts: Mapping[str, Counts], known: Mapping[str, Confusion], draws: Mapping[str, Sequence[Shares]]
) -> Prevalence:
    """Over all languages, each by its number of results and with its own table."""
    size = {language: float(count.items) for language, count in counts.items()}
    mixed = [
        mean(tuple(drawn_now), tuple(size.values())) for drawn_now in zip(*(draws[name] for name in size), strict=True)
    ]
    whole = mean(tuple(count.counted for count in counts.values()), tuple(size.values()))
    used = [known[language] for language in counts]
    sources = {each.source for each in used}
    together = Confusion(_summed([each.table for each in used]), sources.pop() if len(sources) == 1 else "shipped")
    return _line("", whole, round(sum(size.values())), together, mixed)


# ---------------------------------------------------------------- arithmetic


def corrected(counts: Shares, table: Table) -> Shares:
    """Shares of the truth behind readings counted so: M'p = q solved, clipped, renormalised."""
    observed = normal(counts)
    rows = [normal(row) for row in table]
    return _solved(observed, (rows[0], rows[1], rows[2]))


def drawn(counts: Counts, table: Table, *, draws: int = DRAWS, seed: int = SEED) -> list[Shares]:
    """Shares of the truth as they may also be, by the posterior of the table and of the counts."""
    generator = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    parts = (sum(counts.machine), sum(counts.people))
    out = []
    for _ in range(draws):
        truths: list[Shares] = []
        if parts[0]:
            rows = (_dirichlet(generator, table[0]), _dirichlet(generator, table[1]), _dirichlet(generator, table[2]))
            truths.append(_solved(_dirichlet(generator, counts.machine), rows))
        if parts[1]:
            truths.append(_dirichlet(generator, counts.people))
        out.append(mean(tuple(truths), tuple(part for part in parts if part)))
    return out


def _solved(observed: Shares, rows: Table) -> Shares:
    """Cramer's rule; where the table says nothing, what was observed stays."""
    columns = tuple(zip(*rows, strict=True))
    whole = _determinant(columns)
    if abs(whole) < _EVEN:
        return observed
    found = []
    for at in range(len(CLASSES)):
        swapped = [(*row[:at], value, *row[at + 1 :]) for row, value in zip(columns, observed, strict=True)]
        found.append(max(0.0, _determinant(swapped) / whole))
    return normal(found)


def _determinant(rows: Sequence[Sequence[float]]) -> float:
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _dirichlet(generator: random.Random, counts: Shares) -> Shares:
    return normal([generator.gammavariate(count + PRIOR, 1.0) for count in counts])


def normal(values: Sequence[float]) -> Shares:
    """Scaled to add up to 1; even where all are 0."""
    total = sum(values)
    return _three(value / total for value in values) if total > 0 else (1 / 3, 1 / 3, 1 / 3)


def mean(shares: Sequence[Shares], weights: Sequence[float]) -> Shares:
    whole = sum(weights)
    return _three(sum(w * s[at] for w, s in zip(weights, shares, strict=True)) / whole for at in range(len(CLASSES)))


def _share(values: Sequence[float]) -> Share:
    ordered, last = sorted(values), len(values) - 1
    low, middle, high = (ordered[round(at * last)] for at in (TAIL, 0.5, 1 - TAIL))
    return Share(value=round(middle, 4), low=round(low, 4), high=round(high, 4))


def _three(values: Iterable[float]) -> Shares:
    negative, neutral, positive = values
    return negative, neutral, positive


def _rounded(shares: Shares) -> Shares:
    return _three(round(share, 4) for share in shares)


def _summed(tables: Sequence[Table]) -> Table:
    rows = [_three(sum(table[row][column] for table in tables) for column in range(3)) for row in range(3)]
    return rows[0], rows[1], rows[2]


# ---------------------------------------------------------------- what is known of the labeller


def confusions(found: Sequence[Pair] = ()) -> dict[str, Confusion]:
    """By language: counted against people where they labelled enough, else as shipped."""
    people = {language: Confusion(table, "people") for language, table in _of_people(found).items()}
    enough = {language: each for language, each in people.items() if each.labelled >= ENOUGH_LABELLED}
    return {language: Confusion(table, "shipped") for language, table in shipped().items()} | enough


def _of_people(found: Sequence[Pair]) -> dict[str, Table]:
    told: dict[str, Counter[tuple[int, int | None]]] = defaultdict(Counter)
    for pair in found:
        if (sides := pair.sides) is not None and pair.language:
            told[pair.language][sides] += 1
    return {language: table_of(counter) for language, counter in told.items()}


def table_of(counter: Mapping[tuple[int, int | None], int]) -> Table:
    """Counts of (truth, reading) as a table; what was not read is in no column."""
    rows = [_three(float(counter.get((truth, read), 0)) for read in CLASSES) for truth in CLASSES]
    return rows[0], rows[1], rows[2]


@cache
def shipped() -> dict[str, Table]:
    """The tables of `confusion.toml`; written by `python -m benchmarks.confusion --write`."""
    if not FILE.exists():
        return {}
    found = tomllib.loads(FILE.read_text("utf-8"))
    tables = {}
    for language, facts in found.items():
        rows = [_three(float(count) for count in facts[name]) for name in ("negative", "neutral", "positive")]
        tables[language] = (rows[0], rows[1], rows[2])
    return tables
