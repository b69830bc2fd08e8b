"""An Audit as plain objects for the templates: every word chosen, every number written, nothing left to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from audit.models import Action, Audit, Finding, Scope, Severity
from reports import pages, panels, safety
from reports.charts import Part, Svg, bar
from reports.head import Head, head
from reports.method import MethodView, method
from reports.rows import Mark, Place, Reader
from reports.words import Fact, Words

FIRST_ACTIONS = 5
FIRST_FINDINGS = 8
SAME_CHECK = 2
FINDING_PLACES, ACTION_PLACES = 4, 2
_WEIGHT = {Severity.ACT: 0, Severity.WATCH: 1, Severity.GOOD: 2, Severity.INFO: 3}


@dataclass(frozen=True)
class FindingView:
    style: str
    glyph: str
    word: str
    text: str
    quote: str
    """The title it is about, in the language of `lang`; "" where the sentence says all."""
    lang: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class ActionView:
    number: int
    title: str
    text: str
    tags: tuple[str, ...]
    light: str
    light_word: str
    because: str
    """The first finding it answers."""
    places: tuple[Place, ...]


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
    bad_phrases: int
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
        bad_phrases=panels.bad_phrases(reader),
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


# ---------------------------------------------------------------- findings and actions


def findings(reader: Reader) -> tuple[FindingView, ...]:
    """What decided, gravest first; no check takes more than `SAME_CHECK` of the first places."""
    order = sorted(reader.audit.findings, key=_gravity)
    met: Counter[str] = Counter()
    first: list[FindingView] = []
    rest: list[FindingView] = []
    for finding in order:
        met[finding.check] += 1
        room = len(first) < FIRST_FINDINGS and met[finding.check] <= SAME_CHECK
        (first if room else rest).append(_finding(reader, finding))
    return (*first, *rest)


def _gravity(finding: Finding) -> tuple[int, bool, float, str, str]:
    """By severity; what stands on search pages before what stands on review sites; the more attention the sooner."""
    beside = finding.subject.startswith("profile:")
    return (_WEIGHT[finding.severity], beside, -finding.weight, finding.check, finding.subject)


def _finding(reader: Reader, finding: Finding) -> FindingView:
    style, glyph = {
        Severity.ACT: ("n", "▼"),
        Severity.WATCH: ("w", "◆"),
        Severity.GOOD: ("p", "▲"),
        Severity.INFO: ("u", "●"),
    }[finding.severity]
    quoted = reader.rows.get(finding.evidence[0]) if finding.evidence and "title" in finding.facts else None
    return FindingView(
        style=style,
        glyph=glyph,
        word=reader.words.name("finding_severity", finding.severity.value),
        text=panels.sentence(reader, finding),
        quote=quoted.quote if quoted else "",
        lang=quoted.lang if quoted else "",
        places=places(reader, finding.evidence, FINDING_PLACES),
    )


def places(reader: Reader, evidence: Sequence[str], most: int) -> tuple[Place, ...]:
    return tuple(p for p in map(reader.place, evidence) if p is not None)[:most]


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
        because=next((told[key] for key in action.findings if key in told), ""),
        places=places(reader, action.evidence, ACTION_PLACES),
    )


# ---------------------------------------------------------------- control


def control_bar(words: Words, held: Sequence[panels.Holding]) -> Svg:
    parts = [Part(h.share, h.owner, f"{h.word} {h.percent}", h.letter) for h in held]
    told = words.list([f"{h.word} {h.percent}" for h in held])
    return bar(parts, words.say("chart.control", shares=told))
