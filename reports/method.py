"""How it was measured, so that anyone with the evidence can compute the score again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.models import ENOUGH_LABELLED, LabelOrigin, Share, Validation
from reports import pages, safety
from reports.rows import PAGE, Reader

LIMITS = ("snapshot", "labels", "curve", "place", "cause", "effect", "exposure", "law")
GLOSSARY = (
    "dominance",
    "range",
    "attention",
    "control",
    "wall",
    "bench",
    "exposure",
    "coverage",
    "owner",
    "severity",
    "evidence",
)


@dataclass(frozen=True)
class Line:
    """A row of a two- or three-column table of the method page."""

    name: str
    value: str
    note: str = ""
    lang: str = ""
    """Of the name, where it is a quotation."""


@dataclass(frozen=True)
class ValidationRow:
    """The labels of one language against people."""

    language: str
    verdict: str
    validated: bool
    labelled: str
    agree: str
    f1: str
    alpha: str


@dataclass(frozen=True)
class PrevalenceRow:
    """Shares of results as labelled, and corrected for the labeller's known errors."""

    language: str
    items: str
    cells: tuple[tuple[str, str, str], ...]
    """Negative, neutral, positive: as labelled, corrected, interval."""
    basis: str


@dataclass(frozen=True)
class MethodView:
    facts: tuple[Line, ...]
    curve: tuple[Line, ...]
    curve_source: str
    curve_lang: str
    """Of a citation; "" where the source is told in the report's own words."""
    origins: tuple[Line, ...]
    languages: tuple[Line, ...]
    keywords: tuple[Line, ...]
    engines: tuple[Line, ...]
    validations: tuple[ValidationRow, ...]
    prevalence: tuple[PrevalenceRow, ...]
    limits: tuple[str, ...]
    glossary: tuple[Line, ...]


def method(reader: Reader) -> MethodView:
    audit, words, rules = reader.audit, reader.words, reader.audit.method
    convention = words.has(f"curve.{rules.curve}")
    return MethodView(
        facts=tuple(method_facts(reader)),
        curve=tuple(Line(str(at), words.number(100 * w, 1)) for at, w in enumerate(normal(audit.curve), start=1)),
        curve_source=words.say(f"curve.{rules.curve}") if convention else safety.clip(audit.curve_source, 400),
        curve_lang="" if convention else "en",
        origins=tuple(origins(reader)),
        languages=tuple(read_languages(reader)),
        keywords=tuple(demand(reader)),
        engines=tuple(engine_weights(reader)),
        validations=tuple(validations(reader)),
        prevalence=tuple(prevalence(reader)),
        limits=tuple(words.say(f"limit.{key}") for key in LIMITS),
        glossary=tuple(Line(words.say(f"term.{key}"), words.say(f"meaning.{key}")) for key in GLOSSARY),
    )


def normal(curve: Sequence[float]) -> list[float]:
    """The curve as shares of the first ten places."""
    ten = curve[:PAGE]
    return [weight / sum(ten) for weight in ten] if sum(ten) else []


def method_facts(reader: Reader) -> Iterator[Line]:
    audit, words, rules = reader.audit, reader.words, reader.audit.method
    rank = words.say("method.by_position" if rules.by_position else "method.by_rank")
    yield Line(words.say("method.version"), safety.clip(rules.version, 40))
    yield Line(words.say("method.curve"), f"{safety.clip(rules.curve, 40)} · {safety.clip(rules.curve_version, 40)}")
    yield Line(words.say("method.place"), rank)
    yield Line(words.say("method.depth"), words.number(rules.depth))
    yield Line(words.say("method.floor"), words.percent(rules.coverage_floor))
    yield Line(words.say("method.ceiling"), words.percent(rules.unlabelled_ceiling))
    yield Line(words.say("method.owned"), words.number(rules.owned_sentiment, 1))
    model = f"{words.name('exposure_model', rules.exposure_model)} · {words.number(rules.exposure_base, 2)}"
    yield Line(words.say("method.exposure"), model)
    yield Line(words.say("method.draws"), f"{words.number(rules.draws)} · {rules.seed}")
    yield Line(words.say("method.taken"), words.time(audit.snapshot.taken_at))
    yield Line(words.say("method.made"), words.time(audit.made_at))
    version = audit.snapshot.tool.rpartition(" ")[2]  # white label: the name stands in <meta name="generator"> alone
    yield Line(words.say("method.tool"), safety.clip(version, 60))
    yield Line(words.say("method.brief"), safety.clip(audit.snapshot.brief_digest, 64))
    for host, said in sorted(audit.snapshot.consents.items()):
        yield Line(words.say("method.consent"), f"{safety.clip(host, 80)}: {safety.clip(said, 300)}")


def origins(reader: Reader) -> Iterator[Line]:
    counts = Counter(label.by for label in reader.audit.labels.values())
    total = sum(counts.values())
    for origin in LabelOrigin:
        if counts[origin]:
            share = reader.words.percent(counts[origin] / total)
            yield Line(reader.words.name("by", origin.value), reader.words.number(counts[origin]), share)


def read_languages(reader: Reader) -> Iterator[Line]:
    """Labels by the language they were read in; the unread are counted under their own name."""
    words = reader.words
    unread = sum(label.sentiment is None for label in reader.audit.labels.values())
    counts = Counter(label.language for label in reader.audit.labels.values() if label.sentiment is not None)
    for code, count in counts.most_common():
        name = words.language_name(code) if code else words.say("method.no_language")
        yield Line(name, words.number(count))
    if unread:
        yield Line(words.say("method.unread"), words.number(unread), words.say("method.unread_note"))


def validations(reader: Reader) -> Iterator[ValidationRow]:
    """Every language read, also those nobody has checked yet: silence would look like trust."""
    words, known = reader.words, {v.language: v for v in reader.audit.validations}
    read = Counter(label.language for label in reader.audit.labels.values() if label.language)
    for code in dict.fromkeys([*known, *(code for code, _ in read.most_common())]):
        found = known.get(code, Validation(language=code, labelled=0))
        yield ValidationRow(
            language=words.language_name(code),
            verdict=words.say("validation.yes" if found.validated else "validation.no", enough=ENOUGH_LABELLED),
            validated=found.validated,
            labelled=words.number(found.labelled),
            agree=words.percent(found.agree),
            f1=words.number(found.macro_f1, 2),
            alpha=words.number(found.alpha, 2),
        )


def prevalence(reader: Reader) -> Iterator[PrevalenceRow]:
    words = reader.words
    for found in reader.audit.prevalence:
        corrected = (found.negative, found.neutral, found.positive)
        yield PrevalenceRow(
            language=words.language_name(found.language) if found.language else words.say("prevalence.all"),
            items=words.number(found.items),
            cells=tuple(_cell(reader, counted, share) for counted, share in zip(found.counted, corrected, strict=True)),
            basis=words.say("prevalence.basis", n=found.labelled, source=found.source or "people"),
        )


def _cell(reader: Reader, counted: float, share: Share) -> tuple[str, str, str]:
    words = reader.words
    return (
        words.percent(counted),
        words.percent(share.value),
        f"{words.percent(share.low)}–{words.percent(share.high)}",
    )


def demand(reader: Reader) -> Iterator[Line]:
    for keyword in reader.audit.snapshot.keywords:
        kind = reader.words.name("keyword_kind", keyword.kind.value)
        lang = safety.language_tag(keyword.language)
        yield Line(safety.clip(keyword.text, 80), reader.words.number(keyword.demand), kind, lang)


def engine_weights(reader: Reader) -> Iterator[Line]:
    shares_, words = reader.audit.snapshot.engine_shares, reader.words
    for name in pages.plan_engines(reader):
        share = shares_.get(name)
        value = words.say("method.equal") if share is None else words.number(share, 0 if share == int(share) else 1)
        yield Line(reader.engine(name), value)
