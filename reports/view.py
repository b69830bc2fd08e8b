"""An Audit as plain objects for the templates: every word chosen, every number written, nothing left to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.models import Action, Audit, Finding, HouseStyle, LabelOrigin, Scope, Serp, Severity, Verdict
from reports import pages, panels, safety
from reports.charts import Part, Svg, bar, score_range
from reports.rows import Mark, Place, Reader
from reports.words import Fact, Words

FIRST_ACTIONS = 5
FIRST_FINDINGS = 6
PLACES = 5
_WEIGHT = {Severity.ACT: 0, Severity.WATCH: 1, Severity.GOOD: 2, Severity.INFO: 3}
LIMITS = ("snapshot", "labels", "curve", "place", "cause", "exposure", "law")
GLOSSARY = ("dominance", "range", "attention", "control", "exposure", "coverage", "owner", "severity", "evidence")


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
class FindingView:
    style: str
    glyph: str
    word: str
    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class ActionView:
    number: int
    title: str
    text: str
    tags: tuple[str, ...]
    light: str
    light_word: str
    because: tuple[str, ...]
    places: tuple[Place, ...]


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
    bar: Svg
    shares: tuple[Share, ...]
    ratio: str
    coverage: str
    change: str
    changes: tuple[str, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Line:
    """A row of a two- or three-column table of the method page."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class MethodView:
    facts: tuple[Line, ...]
    curve: tuple[Line, ...]
    curve_source: str
    origins: tuple[Line, ...]
    languages: tuple[Line, ...]
    keywords: tuple[Line, ...]
    engines: tuple[Line, ...]
    limits: tuple[str, ...]
    glossary: tuple[Line, ...]


@dataclass(frozen=True)
class Report:
    head: Head
    actions: tuple[ActionView, ...]
    more_actions: tuple[ActionView, ...]
    findings: tuple[FindingView, ...]
    more_findings: tuple[FindingView, ...]
    legend: tuple[Mark, ...]
    matrix: tuple[pages.MatrixRow, ...]
    by_engine: tuple[pages.ScoreLine, ...]
    by_keyword: tuple[pages.ScoreLine, ...]
    negatives: tuple[panels.Negative, ...]
    holdings: tuple[panels.Holding, ...]
    control_bar: Svg
    control: str
    grid: tuple[panels.GridRow, ...]
    surfaces: tuple[panels.Surface, ...]
    unseen: str
    reviews: tuple[panels.ReviewSite, ...]
    stars: tuple[panels.StarRow, ...]
    keywords: tuple[pages.KeywordView, ...]
    plan_engines: tuple[str, ...]
    plan: tuple[pages.PlanRow, ...]
    lost: tuple[pages.Lost, ...]
    excluded: int
    method: MethodView
    proofs: tuple[pages.Proof, ...]
    tool: str
    made: str


def build(audit: Audit, words: Words, *, expanded: bool = False) -> Report:
    reader = Reader(audit, words)
    serps = pages.ordered(reader)
    acts, found = actions(reader), findings(reader)
    held, around = panels.holdings(reader, serps), panels.surfaces(reader)
    return Report(
        head=head(reader),
        actions=acts[:FIRST_ACTIONS],
        more_actions=acts[FIRST_ACTIONS:],
        findings=found[:FIRST_FINDINGS],
        more_findings=found[FIRST_FINDINGS:],
        legend=tuple(reader.marks.values()),
        matrix=pages.matrix(reader, serps),
        by_engine=pages.score_lines(reader, Scope.ENGINE),
        by_keyword=pages.score_lines(reader, Scope.KEYWORD),
        negatives=panels.negatives(reader),
        holdings=held,
        control_bar=control_bar(words, held),
        control=words.say("control.sentence", control=audit.score.control, hostile=audit.score.hostile),
        grid=panels.grid(reader, serps),
        surfaces=around,
        unseen=panels.unseen(reader, around),
        reviews=panels.review_sites(reader),
        stars=panels.star_rows(reader),
        keywords=pages.keyword_pages(reader, serps, expanded=expanded),
        plan_engines=tuple(reader.engine(name) for name in pages.plan_engines(reader)),
        plan=pages.plan(reader),
        lost=pages.lost(reader, serps),
        excluded=sum(not row.about for row in reader.rows.values()),
        method=method(reader),
        proofs=pages.proofs(reader, serps),
        tool=safety.clip(audit.snapshot.tool, 60),
        made=words.time(audit.made_at),
    )


# ---------------------------------------------------------------- first screen


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
        bar=attention_bar(reader),
        shares=tuple(shares(reader)),
        ratio=ratio(words, score.positive, score.negative),
        coverage=coverage(reader),
        change=words.say("verdict_page.changes" if audit.changes else "verdict_page.baseline", n=len(audit.changes)),
        changes=tuple(change(words, c.kind, c.subject, c.before, c.after) for c in audit.changes),
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
    if positive >= negative:
        key = "ratio.positive" if positive > negative else "ratio.equal"
        return words.say(key, times=words.number(positive / negative, 1))
    return words.say("ratio.negative", times=words.number(negative / positive, 1))


def coverage(reader: Reader) -> str:
    snapshot = reader.audit.snapshot
    came = {pages.same_cell(serp.query) for serp in snapshot.serps if serp.outcome.answered}
    answered = sum(pages.same_cell(query) in came for query in snapshot.plan)
    return reader.words.say("coverage.sentence", answered=answered, n=len(snapshot.plan))


def figures(reader: Reader) -> Iterator[Figure]:
    words, score, rules = reader.words, reader.audit.score, reader.audit.method
    first = words.number(score.first_negative) if score.first_negative else words.say("figure.no_negative")
    yield Figure(words.say("figure.first_negative"), first, words.say("figure.first_negative_note"))
    both = words.say("figure.top", three=score.negatives_top3, ten=score.negatives_top10)
    yield Figure(words.say("figure.negatives"), both, words.say("figure.negatives_note"))
    yield Figure(words.say("figure.control"), words.percent(score.control), words.say("figure.control_note"))
    model = words.name("exposure_model", rules.exposure_model)
    yield Figure(words.say("figure.exposure"), words.percent(score.exposure), words.say("figure.exposure_note", model=model))
    yield Figure(words.say("figure.coverage"), words.percent(score.coverage), coverage(reader))


def change(words: Words, kind: str, subject: str, before: str, after: str) -> str:
    return words.say("verdict_page.change", kind=words.name("change", kind), subject=subject, before=before, after=after)


# ---------------------------------------------------------------- findings and actions


def findings(reader: Reader) -> tuple[FindingView, ...]:
    """What decided, gravest first; a finding about a review profile stands with its profile as well."""
    order = sorted(reader.audit.findings, key=lambda f: (_WEIGHT[f.severity], -f.weight, f.check, f.subject))
    return tuple(_finding(reader, finding) for finding in order)


def _finding(reader: Reader, finding: Finding) -> FindingView:
    style, glyph = {
        Severity.ACT: ("n", "▼"),
        Severity.WATCH: ("w", "◆"),
        Severity.GOOD: ("p", "▲"),
        Severity.INFO: ("u", "●"),
    }[finding.severity]
    word = reader.words.name("finding_severity", finding.severity.value)
    return FindingView(style, glyph, word, panels.sentence(reader, finding), places(reader, finding.evidence))


def places(reader: Reader, evidence: Sequence[str]) -> tuple[Place, ...]:
    return tuple(p for p in map(reader.place, evidence) if p is not None)[:PLACES]


def actions(reader: Reader) -> tuple[ActionView, ...]:
    told = {f"{f.check}|{f.subject}": panels.sentence(reader, f) for f in reader.audit.findings}
    order = sorted(reader.audit.actions, key=lambda a: a.priority)
    return tuple(_action(reader, action, at, told) for at, action in enumerate(order, start=1))


def _action(reader: Reader, action: Action, number: int, told: dict[str, str]) -> ActionView:
    words = reader.words
    facts: dict[str, Fact] = {"brand": reader.audit.snapshot.brand.name, **action.facts}
    effort = words.say("action_page.effort", effort=words.name("effort", action.effort))
    department = words.name("department", action.department) if action.department else ""
    return ActionView(
        number=number,
        title=words.say(f"action.{action.id}.title", **facts),
        text=words.say(f"action.{action.id}.text", **facts) if words.has(f"action.{action.id}.text") else "",
        tags=tuple(tag for tag in (effort, department) if tag),
        light=action.light.value,
        light_word=words.name("light", action.light.value),
        because=tuple(dict.fromkeys(told[key] for key in action.findings if key in told))[:2],
        places=places(reader, action.evidence),
    )


# ---------------------------------------------------------------- control, method


def control_bar(words: Words, held: Sequence[panels.Holding]) -> Svg:
    parts = [Part(h.share, h.owner, f"{h.word} {h.percent}", h.letter) for h in held]
    told = words.list([f"{h.word} {h.percent}" for h in held])
    return bar(parts, words.say("chart.control", shares=told))


def method(reader: Reader) -> MethodView:
    audit, words = reader.audit, reader.words
    return MethodView(
        facts=tuple(method_facts(reader)),
        curve=tuple(Line(str(at), words.number(100 * w, 1)) for at, w in enumerate(normal(audit.curve), start=1)),
        curve_source=safety.clip(audit.curve_source, 400),
        origins=tuple(origins(reader)),
        languages=tuple(read_languages(reader)),
        keywords=tuple(demand(reader)),
        engines=tuple(engine_weights(reader)),
        limits=tuple(words.say(f"limit.{key}") for key in LIMITS),
        glossary=tuple(Line(words.say(f"term.{key}"), words.say(f"meaning.{key}")) for key in GLOSSARY),
    )


def normal(curve: Sequence[float]) -> list[float]:
    """The curve as shares of the first ten places."""
    ten = curve[: pages.PAGE]
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
    yield Line(words.say("method.tool"), safety.clip(audit.snapshot.tool, 60))
    yield Line(words.say("method.brief"), safety.clip(audit.snapshot.brief_digest, 64))


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
        yield Line(name, words.number(count), words.say("method.was_read"))
    if unread:
        yield Line(words.say("method.unread"), words.number(unread), words.say("method.unread_note"))


def demand(reader: Reader) -> Iterator[Line]:
    for keyword in reader.audit.snapshot.keywords:
        kind = reader.words.name("keyword_kind", keyword.kind.value)
        yield Line(safety.clip(keyword.text, 80), reader.words.number(keyword.demand), kind)


def engine_weights(reader: Reader) -> Iterator[Line]:
    shares_, words = reader.audit.snapshot.engine_shares, reader.words
    for name in pages.plan_engines(reader):
        share = shares_.get(name)
        value = words.say("method.equal") if share is None else words.number(share, 0 if share == int(share) else 1)
        yield Line(reader.engine(name), value)


def house(style: HouseStyle) -> HouseStyle:
    """The white label, made harmless: a colour is a colour, a logo is embedded, texts are one line."""
    return HouseStyle(
        agency=safety.clip(style.agency, 80),
        logo=safety.logo(style.logo),
        accent=safety.colour(style.accent, HouseStyle().accent),
        footer=safety.clip(style.footer, 300),
        contact=safety.clip(style.contact, 200),
        disclaimer=safety.clip(style.disclaimer, 600),
        language=style.language,
    )
