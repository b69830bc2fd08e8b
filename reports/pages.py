"""Page by page: the first-page matrix, each keyword's results, the plan against what came, the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from audit.models import Evidence, Feature, Outcome, Scope, Score, Serp, SerpQuery, Status
from reports import safety
from reports.rows import PAGE, Failed, Reader, Row, anchor, site_name

ROOMY = 400
"""Results up to which a report quotes every snippet; beyond, it would no longer fit a mail."""


@dataclass(frozen=True)
class MatrixRow:
    """One page of the matrix. `span` is the height of the keyword cell, 0 where it is already drawn."""

    keyword: str
    lang: str
    span: int
    engine: str
    where: str
    anchor: str
    cells: tuple[Row | None, ...]
    failed: Failed | None
    empty: str
    score: str
    range: str


@dataclass(frozen=True)
class RowView:
    """A row of a page's table: what stands in other tables is linked, not said again."""

    row: Row
    lang: str
    """Language of the quotation where it is another than the report's."""
    snippet: str
    reasons: str
    first: str
    """Anchor of the same result where it was told in full; "" where it is told here."""
    case: str
    """Its place in the register of negatives."""


@dataclass(frozen=True)
class Shown:
    """How pages are shown: folds open or not, results of the register (id to anchor), pictures by serp id."""

    expanded: bool
    registered: Mapping[str, str]
    pictures: Mapping[str, str]
    told: dict[str, str] = field(default_factory=dict)
    """Label key to the anchor of the row that told it in full."""


@dataclass(frozen=True)
class PageView:
    """One search page with all its blocks, in page order."""

    anchor: str
    engine: str
    where: str
    rows: tuple[RowView, ...]
    picture: str
    """The page as captured, as a data address; "" where none was given."""
    failed: Failed | None
    empty: str
    summary: str
    searched: str
    time: str
    digest: str
    file: str
    source: str
    warnings: tuple[str, ...]
    open: bool


@dataclass(frozen=True)
class KeywordView:
    keyword: str
    lang: str
    kind: str
    score: str
    range: str
    pages: tuple[PageView, ...]


@dataclass(frozen=True)
class Cell:
    """One planned query: answered or not, in a word."""

    style: str
    glyph: str
    word: str
    anchor: str


@dataclass(frozen=True)
class PlanRow:
    keyword: str
    lang: str
    where: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Lost:
    """A page that was asked or offered and gave no answer."""

    what: str
    failed: Failed


@dataclass(frozen=True)
class Proof:
    """One kept record: the bytes a page was read from."""

    id: str
    what: str
    file: str
    size: str
    time: str
    sha256: str
    source: str


@dataclass(frozen=True)
class ScoreLine:
    name: str
    lang: str
    score: str
    range: str
    positive: str
    neutral: str
    negative: str
    first_negative: str
    coverage: str


def ordered(reader: Reader) -> tuple[Serp, ...]:
    """Pages by keyword as the brief lists them, then engine as the plan does, then place."""
    snapshot = reader.audit.snapshot
    keywords = {k.text: at for at, k in enumerate(snapshot.keywords)}
    engines = {name: at for at, name in enumerate(dict.fromkeys(q.engine for q in snapshot.plan))}

    def key(serp: Serp) -> tuple[int, str, int, str, str, str, str, int]:
        q = serp.query
        known = (keywords.get(q.keyword, len(keywords)), q.keyword, engines.get(q.engine, len(engines)), q.engine)
        return (*known, q.country, q.language, q.device.value, q.page)

    return tuple(sorted(snapshot.serps, key=key))


# ---------------------------------------------------------------- matrix


def matrix(reader: Reader, serps: Sequence[Serp]) -> tuple[MatrixRow, ...]:
    first = [serp for serp in serps if serp.query.page == 1]
    rows: list[MatrixRow] = []
    for _, group in groupby(first, key=lambda serp: serp.query.keyword):
        pages = list(group)
        rows += [_matrix_row(reader, serp, len(pages) if at == 0 else 0) for at, serp in enumerate(pages)]
    return tuple(rows)


def _matrix_row(reader: Reader, serp: Serp, span: int) -> MatrixRow:
    slots, score = reader.first_page(serp), page_score(reader, serp)
    return MatrixRow(
        keyword=safety.clip(serp.query.keyword, 80),
        lang=reader.keyword_language(serp.query.keyword),
        span=span,
        engine=reader.engine(serp.query.engine),
        where=reader.where(serp.query),
        anchor=anchor(serp.id),
        cells=tuple(slots.get(at) for at in range(1, PAGE + 1)),
        failed=None if serp.outcome.answered else reader.failed(serp.outcome),
        empty="" if slots or not serp.outcome.answered else reader.outcome(serp.outcome),
        score=reader.words.signed(score.dominance if score else None),
        range=reader.words.range(score.low, score.high) if score else "",
    )


def page_score(reader: Reader, serp: Serp) -> Score | None:
    return next((s for s in reader.audit.scores if s.scope is Scope.PAGE and s.serp == serp.id), None)


# ---------------------------------------------------------------- keywords


def keyword_pages(reader: Reader, serps: Sequence[Serp], shown: Shown) -> tuple[KeywordView, ...]:
    """All pages under their keywords. Long reports open folded; a link into a folded page opens it."""
    few = len(serps) <= 6
    make = partial(_page, reader, shown=shown, opened=shown.expanded or few)
    return tuple(
        _keyword(reader, text, tuple(make(serp) for serp in group))
        for text, group in groupby(serps, key=lambda serp: serp.query.keyword)
    )


def _keyword(reader: Reader, text: str, pages: tuple[PageView, ...]) -> KeywordView:
    score = next((s for s in reader.audit.scores if s.scope is Scope.KEYWORD and s.keyword == text), None)
    keyword = reader.audit.snapshot.keyword(text)
    return KeywordView(
        keyword=safety.clip(text, 120),
        lang=reader.keyword_language(text),
        kind=reader.words.name("keyword_kind", keyword.kind.value) if keyword else "",
        score=reader.words.signed(score.dominance) if score and score.dominance is not None else "",
        range=reader.words.range(score.low, score.high) if score else "",
        pages=pages,
    )


def _page(reader: Reader, serp: Serp, *, shown: Shown, opened: bool) -> PageView:
    rows, words = reader.of(serp), reader.words
    kept = serp.evidence if len(reader.rows) <= ROOMY else None  # the annex names it with its whole digest
    return PageView(
        anchor=anchor(serp.id),
        engine=reader.engine(serp.query.engine),
        where=reader.where(serp.query),
        rows=tuple(_shown_row(reader, serp, row, shown) for row in rows),
        picture=safety.picture(shown.pictures.get(serp.id, "")),
        failed=None if serp.outcome.answered else reader.failed(serp.outcome),
        empty=reader.outcome(serp.outcome) if serp.outcome.status is Status.NO_RESULTS else "",
        summary=_summary(reader, serp, rows),
        searched=_searched(serp),
        time=words.time(serp.fetched_at),
        digest=short(kept),
        file=safety.clip(kept.file, 80) if kept else "",
        source=words.name("source", serp.source.partition(":")[0]),
        warnings=reader.warnings(serp),
        open=opened,
    )


def _shown_row(reader: Reader, serp: Serp, row: Row, shown: Shown) -> RowView:
    """What the register says of a negative is not said again.

    A long report quotes only blocks and the unread, and tells a result that stands on several pages in full once.
    """
    result_id = f"{serp.id}/{row.position}"
    case, long = shown.registered.get(result_id, ""), len(reader.rows) > ROOMY
    quoted = not long or row.feature is not Feature.ORGANIC or row.mark.style[0] == "x"
    first = shown.told.setdefault(reader.audit.label_keys.get(result_id, result_id), row.anchor) if long else ""
    again = first not in ("", row.anchor)
    return RowView(
        row=row,
        lang="" if row.lang == reader.words.language else row.lang,
        snippet=row.snippet if quoted and not case and not again else "",
        reasons="" if case or again else row.cues,
        first=first if again else "",
        case=case,
    )


def _searched(serp: Serp) -> str:
    """What the engine searched instead, where it corrected the query."""
    asked, shown = safety.clean(serp.query.keyword), safety.clip(serp.displayed_query, 100)
    return shown if shown and shown.casefold() != asked.casefold() else ""


def _summary(reader: Reader, serp: Serp, rows: Sequence[Row]) -> str:
    if not serp.outcome.answered:
        return reader.outcome(serp.outcome)
    counts = {style: sum(row.mark.style[0] == style and row.about for row in rows) for style in "pn"}
    return reader.words.say("keywords.summary", n=len(rows), positive=counts["p"], negative=counts["n"])


def joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def short(kept: Evidence | None) -> str:
    return safety.clean(kept.sha256)[:12] if kept else ""


# ---------------------------------------------------------------- coverage


def plan_engines(reader: Reader) -> tuple[str, ...]:
    return tuple(dict.fromkeys(q.engine for q in reader.audit.snapshot.plan))


def plan(reader: Reader) -> tuple[PlanRow, ...]:
    """Every planned query once: a row per keyword and place, a column per engine."""
    snapshot = reader.audit.snapshot
    came = {serp.query: serp for serp in snapshot.serps}
    lines: dict[tuple[str, ...], dict[str, SerpQuery]] = {}
    for query in snapshot.plan:
        lines.setdefault((query.keyword, reader.where(query)), {})[query.engine] = query
    return tuple(
        PlanRow(
            keyword=safety.clip(keyword, 80),
            lang=reader.keyword_language(keyword),
            where=where,
            cells=tuple(_cell(reader, came.get(cells[e])) if e in cells else None for e in plan_engines(reader)),
        )
        for (keyword, where), cells in lines.items()
    )


def _cell(reader: Reader, serp: Serp | None) -> Cell:
    if serp is None:
        return Cell("x", "○", reader.outcome(Outcome(status=Status.SKIPPED, kind="not_asked")), "")
    if serp.outcome.status is Status.RESULTS:
        return Cell("p", "✓", reader.words.say("coverage.rows", n=len(serp.results)), anchor(serp.id))
    style, glyph = ("u", "✓") if serp.outcome.answered else ("n", "✕")
    return Cell(style, glyph, reader.outcome(serp.outcome), anchor(serp.id))


def lost(reader: Reader, serps: Sequence[Serp]) -> tuple[Lost, ...]:
    """Every page that failed, by name: planned ones, offered ones, review profiles."""
    return tuple(_lost(reader, serps))


def _lost(reader: Reader, serps: Sequence[Serp]) -> Iterator[Lost]:
    snapshot = reader.audit.snapshot
    for serp in serps:
        if not serp.outcome.answered:
            yield Lost(reader.cell_name(serp.query), reader.failed(serp.outcome))
    came = {serp.query for serp in serps}
    for query in snapshot.plan:
        if query not in came:
            yield Lost(reader.cell_name(query), reader.failed(Outcome(status=Status.SKIPPED, kind="not_asked")))
    for failure in snapshot.failures:
        yield Lost(safety.clip(failure.what, 160), reader.failed(failure.outcome))
    for profile in snapshot.profiles:
        if not profile.outcome.answered:
            yield Lost(safety.shown_address(profile.url) or site_name(profile.site), reader.failed(profile.outcome))


# ---------------------------------------------------------------- scores and evidence


def score_lines(reader: Reader, scope: Scope) -> tuple[ScoreLine, ...]:
    return tuple(_score_line(reader, score) for score in reader.audit.scores if score.scope is scope)


def _score_line(reader: Reader, score: Score) -> ScoreLine:
    words = reader.words
    keyword = score.scope is Scope.KEYWORD
    return ScoreLine(
        name=safety.clip(score.keyword, 80) if keyword else reader.engine(score.engine),
        lang=reader.keyword_language(score.keyword) if keyword else "",
        score=words.signed(score.dominance),
        range=words.range(score.low, score.high),
        positive=words.percent(score.positive),
        neutral=words.percent(score.neutral),
        negative=words.percent(score.negative),
        first_negative=words.number(score.first_negative),
        coverage=words.percent(score.coverage),
    )


def proofs(reader: Reader, serps: Sequence[Serp]) -> tuple[Proof, ...]:
    return tuple(_proofs(reader, serps))


def _proofs(reader: Reader, serps: Sequence[Serp]) -> Iterator[Proof]:
    words, snapshot = reader.words, reader.audit.snapshot
    for serp in serps:
        if serp.evidence:
            yield _proof(
                reader,
                safety.clean(serp.id),
                reader.cell_name(serp.query),
                serp.evidence,
                words.time(serp.fetched_at),
                serp.source,
            )
    for at, profile in enumerate(snapshot.profiles, start=1):
        if profile.evidence:
            what = joined(site_name(profile.site), safety.clip(profile.subject, 80))
            yield _proof(reader, f"p{at}", what, profile.evidence, words.time(profile.fetched_at), profile.source)
    for at, failure in enumerate(snapshot.failures, start=1):
        if failure.evidence:
            yield _proof(reader, f"f{at}", safety.clip(failure.what, 120), failure.evidence, "", "import")


def _proof(reader: Reader, id_: str, what: str, kept: Evidence, time: str, source: str) -> Proof:
    return Proof(
        id=id_,
        what=what,
        file=safety.clip(kept.file or kept.warc, 80),
        size=reader.words.number(kept.size) if kept.size else "",
        time=time,
        sha256=safety.clean(kept.sha256),
        source=reader.words.name("source", source.partition(":")[0]),
    )
