"""Competitors side by side: the same kinds of questions, the same day, the same method."""

from __future__ import annotations

from dataclasses import dataclass

from audit.models import Rival
from reports import safety
from reports.charts import Dot, Svg, dots
from reports.rows import Reader, site_name


@dataclass(frozen=True)
class RivalRow:
    name: str
    own: bool
    score: str
    range: str
    positive: str
    neutral: str
    negative: str
    first_negative: str
    negatives: str
    control: str
    coverage: str
    ratings: tuple[str, ...]


@dataclass(frozen=True)
class RivalKeywordRow:
    rival: str
    keyword: str
    kind: str
    score: str
    negative: str
    first_negative: str


@dataclass(frozen=True)
class RivalsView:
    chart: Svg
    rows: tuple[RivalRow, ...]
    keywords: tuple[RivalKeywordRow, ...]


def rivals(reader: Reader) -> RivalsView | None:
    """None where no competitor was measured."""
    measured = reader.audit.rivals
    if not measured:
        return None
    everyone = [_brand(reader), *sorted(measured, key=lambda r: (r.dominance is None, -(r.dominance or 0)))]
    marks = [_dot(reader, rival, own=at == 0) for at, rival in enumerate(everyone)]
    return RivalsView(
        chart=dots(
            marks, reader.words.say("chart.rivals", list=reader.words.list([f"{m.name} {m.told}" for m in marks]))
        ),
        rows=tuple(_row(reader, rival, own=at == 0) for at, rival in enumerate(everyone)),
        keywords=tuple(_keywords(reader)),
    )


def _brand(reader: Reader) -> Rival:
    """The brand itself in the form of a rival, from its own score."""
    score, snapshot = reader.audit.score, reader.audit.snapshot
    return Rival(
        name=snapshot.brand.name,
        dominance=score.dominance,
        low=score.low,
        high=score.high,
        positive=score.positive,
        negative=score.negative,
        neutral=score.neutral,
        control=score.control,
        first_negative=score.first_negative,
        negatives_top10=score.negatives_top10,
        coverage=score.coverage,
        ratings={site_name(p.site): p.rating for p in snapshot.profiles if p.rating},
    )


def _dot(reader: Reader, rival: Rival, *, own: bool) -> Dot:
    words = reader.words
    told = f"{words.signed(rival.dominance)} {words.range(rival.low, rival.high)}".strip()
    if rival.dominance is None:
        told = words.say("rivals.unmeasured")
    return Dot(safety.clip(rival.name, 40), rival.dominance, rival.low, rival.high, told, own)


def _row(reader: Reader, rival: Rival, *, own: bool) -> RivalRow:
    words = reader.words
    told = sorted((site_name(site), reader.figure(rating)) for site, rating in rival.ratings.items())
    return RivalRow(
        name=safety.clip(rival.name, 60),
        own=own,
        score=words.signed(rival.dominance),
        range=words.range(rival.low, rival.high),
        positive=words.percent(rival.positive),
        neutral=words.percent(rival.neutral),
        negative=words.percent(rival.negative),
        first_negative=words.number(rival.first_negative),
        negatives=words.number(rival.negatives_top10) if rival.dominance is not None else words.number(None),
        control=words.percent(rival.control),
        coverage=words.percent(rival.coverage),
        ratings=tuple(f"{site} {figure}" for site, figure in told if figure),
    )


def _keywords(reader: Reader) -> list[RivalKeywordRow]:
    words = reader.words
    return [
        RivalKeywordRow(
            rival=safety.clip(rival.name, 60),
            keyword=safety.clip(asked.keyword, 80),
            kind=words.name("keyword_kind", safety.clip(asked.kind, 40)),
            score=words.signed(asked.dominance),
            negative=words.percent(asked.negative),
            first_negative=words.number(asked.first_negative),
        )
        for rival in reader.audit.rivals
        for asked in rival.keywords
    ]
