"""Who holds the page: the owner of every slot, the firewall of brand x product x modifier, the bench of page two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from audit.models import Feature, KeywordKind, Owner, Serp
from reports import safety
from reports.charts import Part, Svg, bar
from reports.rows import OWN, PAGE, Reader, Row, anchor
from reports.words import Words

FRIENDLY = OWN | {Owner.EARNED}
NEXT = 3
"""Places of page two that are next to rise: 11 to 13."""


@dataclass(frozen=True)
class Holding:
    """How many of the first-page slots one kind of owner holds."""

    owner: str
    letter: str
    word: str
    count: int
    share: float
    percent: str


@dataclass(frozen=True)
class GridRow:
    """Who stands at each position of one page, and which slots are open."""

    keyword: str
    lang: str
    span: int
    """Height of the keyword cell, 0 where it is already drawn."""
    engine: str
    where: str
    anchor: str
    cells: tuple[Row | None, ...]
    own: int
    open: str


@dataclass(frozen=True)
class Brick:
    """One cell of the firewall: a kind of question about one subject, all its first pages together."""

    words: str
    """The modifier, or the keyword itself where it has none."""
    own: int
    slots: int
    open: int
    bad: int
    style: str
    anchor: str


@dataclass(frozen=True)
class WallRow:
    """One subject in one language: the brand, or a product of it."""

    subject: str
    lang: str
    language: str
    bricks: tuple[tuple[Brick, ...], ...]


@dataclass(frozen=True)
class Wall:
    kinds: tuple[str, ...]
    rows: tuple[WallRow, ...]


@dataclass(frozen=True)
class BenchRow:
    """A result of page two."""

    row: Row
    place: int
    next: bool
    """Next to rise or to be pushed."""


@dataclass(frozen=True)
class Bench:
    """Page two of one query."""

    keyword: str
    lang: str
    engine: str
    where: str
    summary: str
    rows: tuple[BenchRow, ...]


# ---------------------------------------------------------------- slots


def holdings(reader: Reader, serps: Sequence[Serp]) -> tuple[Holding, ...]:
    """First-page slots by owner class, all answered pages together."""
    held = Counter(row.owner for serp in first(serps) for row in reader.first_page(serp).values())
    total = sum(held.values())
    return tuple(
        Holding(
            owner=owner.value,
            letter=reader.words.name("owner_letter", owner.value),
            word=reader.words.name("owner", owner.value),
            count=held[owner],
            share=held[owner] / total,
            percent=reader.words.percent(held[owner] / total),
        )
        for owner in Owner
        if held[owner]
    )


def sentence(reader: Reader) -> str:
    score = reader.audit.score
    return reader.words.say("control.sentence", control=score.control, hostile=score.hostile)


def control_bar(words: Words, held: Sequence[Holding]) -> Svg:
    parts = [Part(h.share, h.owner, f"{h.word} {h.percent}", h.letter) for h in held]
    told = words.list([f"{h.word} {h.percent}" for h in held])
    return bar(parts, words.say("chart.control", shares=told))


def first(serps: Sequence[Serp]) -> list[Serp]:
    return [serp for serp in serps if serp.query.page == 1]


def grid(reader: Reader, serps: Sequence[Serp]) -> tuple[GridRow, ...]:
    shown = [serp for serp in first(serps) if reader.first_page(serp)]
    spans = [0] * len(shown)
    for _, group in groupby(enumerate(shown), key=lambda pair: pair[1].query.keyword):
        places = [at for at, _ in group]
        spans[places[0]] = len(places)
    return tuple(_grid_row(reader, serp, span) for serp, span in zip(shown, spans, strict=True))


def _grid_row(reader: Reader, serp: Serp, span: int) -> GridRow:
    slots = reader.first_page(serp)
    return GridRow(
        keyword=safety.clip(serp.query.keyword, 80),
        lang=reader.keyword_language(serp.query.keyword),
        span=span,
        anchor=anchor(serp.id),
        engine=reader.engine(serp.query.engine),
        where=reader.where(serp.query),
        cells=tuple(slots.get(at) for at in range(1, PAGE + 1)),
        own=sum(row.owner in OWN for row in slots.values()),
        open=runs([at for at, row in slots.items() if is_open(row)]),
    )


def is_open(row: Row) -> bool:
    """A slot to win: neither the brand nor its partners hold it, and it does not speak for the brand."""
    return row.owner not in FRIENDLY and not row.mark.style.startswith("p")


def runs(places: Sequence[int]) -> str:
    """1, 2, 3, 5 -> `1–3, 5`."""
    parts: list[list[int]] = []
    for place in sorted(places):
        if parts and parts[-1][-1] == place - 1:
            parts[-1].append(place)
        else:
            parts.append([place])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}–{p[-1]}" for p in parts)


# ---------------------------------------------------------------- firewall


def wall(reader: Reader, serps: Sequence[Serp]) -> Wall:
    """Rows: subject and language; columns: kinds of question, as far as the brief asks them."""
    asked: dict[tuple[str, str], dict[KeywordKind, list[str]]] = {}
    for keyword in reader.audit.snapshot.keywords:
        subject = (keyword.product, keyword.language)
        asked.setdefault(subject, {}).setdefault(keyword.kind, []).append(keyword.text)
    kinds = [kind for kind in KeywordKind if any(kind in row for row in asked.values())]
    pages: dict[str, list[Serp]] = {}
    for serp in first(serps):
        pages.setdefault(serp.query.keyword, []).append(serp)
    rows = tuple(
        WallRow(
            subject=safety.clip(product, 60),
            lang=safety.language_tag(language),
            language=reader.words.language_name(language) if language else "",
            bricks=tuple(tuple(_brick(reader, text, pages.get(text, [])) for text in row.get(k, ())) for k in kinds),
        )
        for (product, language), row in asked.items()
    )
    return Wall(tuple(reader.words.name("keyword_kind", kind.value) for kind in kinds), rows)


def _brick(reader: Reader, text: str, serps: Sequence[Serp]) -> Brick:
    keyword = reader.audit.snapshot.keyword(text)
    slots = [row for serp in serps for row in reader.first_page(serp).values()]
    bad = sum(row.about and row.mark.style.startswith("n") for row in slots)
    own = sum(row.owner in OWN for row in slots)
    return Brick(
        words=safety.clip((keyword.modifier if keyword else "") or text, 60),
        own=own,
        slots=len(slots),
        open=sum(is_open(row) for row in slots),
        bad=bad,
        style="x" if not slots else "n" if bad > own else "p" if own > bad else "u",
        anchor=anchor(serps[0].id) if slots else "",
    )


# ---------------------------------------------------------------- bench


def bench(reader: Reader, serps: Sequence[Serp]) -> tuple[Bench, ...]:
    """Page two where it was asked: what stands at 11 to 20, next to rise first."""
    return tuple(_bench(reader, serp) for serp in serps if serp.query.page == 2 and serp.outcome.answered)


def _bench(reader: Reader, serp: Serp) -> Bench:
    rows = [row for row in reader.of(serp) if row.feature is Feature.ORGANIC]
    places = [BenchRow(row, PAGE + row.rank if row.rank <= PAGE else row.rank, row.rank <= NEXT) for row in rows]
    told = {style: sum(row.about and row.mark.style[0] == style for row in rows) for style in "pn"}
    own = sum(row.owner in OWN for row in rows)
    return Bench(
        keyword=safety.clip(serp.query.keyword, 80),
        lang=reader.keyword_language(serp.query.keyword),
        engine=reader.engine(serp.query.engine),
        where=reader.where(serp.query),
        summary=reader.words.say("bench.summary", n=len(rows), positive=told["p"], negative=told["n"], own=own),
        rows=tuple(places),
    )
