"""The first screen: what a managing director reads, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from audit.models import Origin, Verdict
from reports import safety
from reports.charts import Part, Svg, bar, score_range
from reports.rows import Mark, Reader
from reports.words import MISSING, Fact, Words, answered


@dataclass(frozen=True)
class Share:
    mark: Mark
    percent: str


@dataclass(frozen=True)
class Figure:
    """One number of the first screen with its name and what it means."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Head:
    """The first screen: what a managing director reads."""

    brand: str
    date: str
    scope: tuple[str, ...]
    verdicts: tuple[str, ...]
    sentence: str
    score: str
    range: str
    scale: Svg
    measured: bool
    bar: Svg
    shares: tuple[Share, ...]
    ratio: str
    coverage: str
    change: str
    figures: tuple[Figure, ...]


def head(reader: Reader) -> Head:
    audit, words = reader.audit, reader.words
    score = audit.score
    shown = f"{words.signed(score.dominance)} {words.range(score.low, score.high)}".strip()
    return Head(
        brand=safety.clip(audit.snapshot.brand.name, 120),
        date=words.date(audit.snapshot.taken_at),
        scope=tuple(scope(reader)),
        verdicts=tuple(words.name("verdict", v.value) for v in audit.verdicts),
        sentence=verdict_sentence(reader),
        score=words.signed(score.dominance),
        range=words.range(score.low, score.high),
        scale=score_range(score.dominance, score.low, score.high, words.say("chart.scale", score=shown)),
        measured=score.dominance is not None,
        bar=attention_bar(reader),
        shares=tuple(shares(reader)),
        ratio=ratio(words, score.positive, score.negative),
        coverage=coverage(reader),
        change=words.say("verdict_page.changes" if audit.changes else "verdict_page.baseline", n=len(audit.changes)),
        figures=tuple(figures(reader)),
    )


def scope(reader: Reader) -> Iterator[str]:
    """When, where and on what the brand was looked up."""
    words, snapshot = reader.words, reader.audit.snapshot
    times = sorted(serp.fetched_at for serp in snapshot.serps)
    if times:
        yield span(words, times[0], times[-1])
    yield words.list(list(dict.fromkeys(reader.engine(q.engine) for q in snapshot.plan)))
    places = [words.territory(q.country) for q in snapshot.plan if q.country]
    if places:
        yield words.list(list(dict.fromkeys(places)))
    spoken = [k.language for k in snapshot.keywords if k.language]
    if spoken:
        yield words.list([words.language_name(code) for code in dict.fromkeys(spoken)])
    yield words.list(list(dict.fromkeys(words.name("device", q.device.value) for q in snapshot.plan)))
    yield words.say("verdict_page.keywords", n=len(snapshot.keywords))


def span(words: Words, first: datetime, last: datetime) -> str:
    if first.date() == last.date():
        return words.say("verdict_page.captured", when=words.date(first))
    return words.say("verdict_page.captured_span", first=words.date(first), last=words.date(last))


def verdict_facts(reader: Reader) -> dict[str, Fact]:
    score = reader.audit.score
    return {
        "brand": safety.clip(reader.audit.snapshot.brand.name, 120),
        "positive": score.positive,
        "negative": score.negative,
        "neutral": score.neutral,
        "negatives": score.negatives_top10,
        "control": score.control,
        "coverage": score.coverage,
        "unread": score.unlabelled,
        "floor": reader.audit.method.coverage_floor,
        "ceiling": reader.audit.method.unlabelled_ceiling,
    }


def verdict_sentence(reader: Reader) -> str:
    """One sentence; where the range spans a border, one that says both."""
    verdicts, facts, words = reader.audit.verdicts, verdict_facts(reader), reader.words
    if not verdicts or Verdict.NOT_ENOUGH in verdicts:
        return words.say(f"sentence.{not_enough(reader)}", **facts)
    first = words.say(f"sentence.{verdicts[0].value}", **facts)
    if len(verdicts) == 1:
        return first
    return f"{first} {words.say('sentence.borderline', other=words.name('verdict', verdicts[1].value))}"


def not_enough(reader: Reader) -> str:
    score, rules = reader.audit.score, reader.audit.method
    if reader.audit.snapshot.origin is Origin.POSITIONS:
        return "not_enough_positions"
    if score.coverage < rules.coverage_floor:
        return "not_enough_coverage"
    return "not_enough_read" if score.unlabelled > rules.unlabelled_ceiling else "not_enough_brand"


def shares(reader: Reader) -> Iterator[Share]:
    score = reader.audit.score
    for level, share in ((1.0, score.positive), (0.0, score.neutral), (-1.0, score.negative)):
        yield Share(reader.marks[level], reader.words.percent(share))
    if score.unlabelled:
        yield Share(reader.marks[None], reader.words.percent(score.unlabelled))


def attention_bar(reader: Reader) -> Svg:
    """Unread attention is drawn beside the three, in proportion: it is not neutral and not nothing."""
    score, words = reader.audit.score, reader.words
    read = 1 - score.unlabelled
    held = {1.0: score.positive, 0.0: score.neutral, -1.0: score.negative}
    parts = []
    for level, share in [*((k, (v or 0) * read) for k, v in held.items()), (None, score.unlabelled)]:
        mark = reader.marks[level]
        parts.append(Part(share, mark.style, f"{mark.word} {words.percent(share)}", mark.glyph))
    title = words.say("chart.attention", positive=score.positive, neutral=score.neutral, negative=score.negative)
    return bar(parts, title, height=32)


def ratio(words: Words, positive: float | None, negative: float | None) -> str:
    if positive is None or negative is None:
        return words.say("ratio.unknown")
    if not positive and not negative:
        return words.say("ratio.none")
    if not negative:
        return words.say("ratio.no_negative")
    if not positive:
        return words.say("ratio.no_positive")
    if positive == negative:
        return words.say("ratio.equal")
    times = max(positive, negative) / min(positive, negative)
    key = "ratio.positive" if positive > negative else "ratio.negative"
    return words.say(key, times=words.number(times, 1 if times < 10 else 0))


def coverage(reader: Reader) -> str:
    snapshot = reader.audit.snapshot
    return reader.words.say("coverage.sentence", answered=answered(snapshot), n=len(snapshot.plan))


def figures(reader: Reader) -> Iterator[Figure]:
    words, score, rules = reader.words, reader.audit.score, reader.audit.method
    first, read = words.first_negative(score), score.dominance is not None
    yield Figure(words.say("figure.first_negative"), first, words.say("figure.first_negative_note"))
    both = words.say("figure.top", three=score.negatives_top3, ten=score.negatives_top10) if read else MISSING
    yield Figure(words.say("figure.negatives"), both, words.say("figure.negatives_note"))
    yield Figure(words.say("figure.control"), words.percent(score.control), words.say("figure.control_note"))
    model = words.name("exposure_model", rules.exposure_model)
    yield Figure(
        words.say("figure.exposure"), words.percent(score.exposure), words.say("figure.exposure_note", model=model)
    )
    yield Figure(words.say("figure.coverage"), words.percent(score.coverage), coverage(reader))
