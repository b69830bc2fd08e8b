"""An Audit as plain objects for the templates: every word chosen, every number written, nothing left to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audit.models import Audit, Finding, Scope, Severity
from reports import moves, pages, panels, plan, register, safety, voices, wall
from reports.charts import Svg
from reports.head import Head, head
from reports.method import MethodView, method
from reports.rivals import RivalsView, rivals
from reports.rows import Mark, Place, Reader, places
from reports.words import Words

FIRST_ACTIONS = 5
FIRST_FINDINGS = 6
SAME_CHECK = 2
FINDING_PLACES = 3
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
class Report:
    head: Head
    absent: frozenset[str]
    """Sections this audit has nothing for."""
    actions: tuple[plan.ActionView, ...]
    first_actions: tuple[plan.ActionView, ...]
    plan_chart: Svg | None
    findings: tuple[FindingView, ...]
    more_findings: tuple[FindingView, ...]
    moved: moves.MovedView | None
    keyword_moves: tuple[moves.MovedView, ...]
    differences: tuple[moves.ChangeGroup, ...]
    trend: moves.TrendView | None
    legend: tuple[Mark, ...]
    matrix: tuple[pages.MatrixRow, ...]
    by_engine: tuple[pages.ScoreLine, ...]
    by_keyword: tuple[pages.ScoreLine, ...]
    negatives: tuple[register.Negative, ...]
    causes: tuple[register.CauseGroup, ...]
    bad_phrases: int
    holdings: tuple[wall.Holding, ...]
    control_bar: Svg
    control: str
    grid: tuple[wall.GridRow, ...]
    firewall: wall.Wall
    bench: tuple[wall.Bench, ...]
    surfaces: tuple[panels.Surface, ...]
    unseen: str
    reviews: tuple[voices.ReviewSite, ...]
    themes: tuple[voices.ThemeView, ...]
    questions: tuple[voices.Question, ...]
    stars: tuple[panels.StarRow, ...]
    rivals: RivalsView | None
    keywords: tuple[pages.KeywordView, ...]
    plan_engines: tuple[str, ...]
    asked: tuple[pages.PlanRow, ...]
    lost: tuple[pages.Lost, ...]
    excluded: int
    method: MethodView
    proofs: tuple[pages.Proof, ...]
    tool: str
    made: str


def build(audit: Audit, words: Words, *, expanded: bool = False, pictures: Mapping[str, str] | None = None) -> Report:
    reader = Reader(audit, words)
    serps = pages.ordered(reader)
    acts, found, others = plan.actions(reader), findings(reader), rivals(reader)
    held, around, line = wall.holdings(reader, serps), panels.surfaces(reader), moves.score_trend(reader)
    bad, asked, said = register.negatives(reader), voices.questions(reader), voices.themes(reader)
    told = pages.Shown(expanded, {i: n.anchor for n in bad for i in n.ids}, pictures or {})
    return Report(
        head=head(reader),
        absent=_absent(trend=line, competitors=others, questions=asked, causes=bad or said, plan=acts),
        actions=acts,
        first_actions=acts[:FIRST_ACTIONS],
        plan_chart=plan.chart(reader),
        findings=found[:FIRST_FINDINGS],
        more_findings=found[FIRST_FINDINGS:],
        moved=moves.brand_move(reader),
        keyword_moves=moves.keyword_moves(reader),
        differences=moves.differences(reader),
        trend=line,
        legend=tuple(reader.marks.values()),
        matrix=pages.matrix(reader, serps),
        by_engine=pages.score_lines(reader, Scope.ENGINE),
        by_keyword=pages.score_lines(reader, Scope.KEYWORD),
        negatives=bad,
        causes=register.causes(reader, bad),
        bad_phrases=panels.bad_phrases(reader),
        holdings=held,
        control_bar=wall.control_bar(words, held),
        control=wall.sentence(reader),
        grid=wall.grid(reader, serps),
        firewall=wall.wall(reader, serps),
        bench=wall.bench(reader, serps),
        surfaces=around,
        unseen=panels.unseen(reader, around),
        reviews=voices.review_sites(reader),
        themes=said,
        questions=asked,
        stars=panels.star_rows(reader),
        rivals=others,
        keywords=pages.keyword_pages(reader, serps, told),
        plan_engines=tuple(reader.engine(name) for name in pages.plan_engines(reader)),
        asked=pages.plan(reader),
        lost=pages.lost(reader, serps),
        excluded=sum(not row.about for row in reader.rows.values()),
        method=method(reader),
        proofs=pages.proofs(reader, serps),
        tool=safety.clip(audit.snapshot.tool, 60),
        made=words.time(audit.made_at),
    )


def _absent(**shown: object) -> frozenset[str]:
    """Sections without facts: they and their links are left out."""
    return frozenset(name for name, facts in shown.items() if not facts)


# ---------------------------------------------------------------- findings


def findings(reader: Reader) -> tuple[FindingView, ...]:
    """What decided, gravest first; no check takes more than `SAME_CHECK` of the first places."""
    order = sorted(_stated(reader), key=_gravity)
    met: Counter[str] = Counter()
    first: list[FindingView] = []
    rest: list[FindingView] = []
    for finding in order:
        met[finding.check] += 1
        room = len(first) < FIRST_FINDINGS and met[finding.check] <= SAME_CHECK
        (first if room else rest).append(_finding(reader, finding))
    return (*first, *rest)


def _stated(reader: Reader) -> Iterator[Finding]:
    """All findings but open questions, which have a section of their own."""
    return (f for f in reader.audit.findings if f.check != voices.QUESTION)


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
