"""One result in the words of a language: its mark, owner, reasons and links. Everything else is made of rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from audit.models import (
    AggregateRating,
    Audit,
    Feature,
    Label,
    LabelOrigin,
    Outcome,
    Owner,
    PageType,
    Serp,
    SerpQuery,
    SerpResult,
)
from reports import safety
from reports.words import Words

OWN = frozenset({Owner.OWNED, Owner.MANAGED})
SNIPPET = 160
TITLE = 120
REASONS = 4
PAGE = 10
SHORT_NAME = 3
_STATUS = re.compile(r"status (\d{3})")
_WARNINGS = (
    (re.compile(r"the (?:page|response) does not say .*query.*"), "query_unstated"),
    (re.compile(r"the engine shows results for ['\"](?P<text>.+)['\"]"), "corrected"),
    (re.compile(r".*(?:not google\.com's|not that of Naver's|organic rows only|are not the page's).*"), "not_the_page"),
    (re.compile(r".*(?:positions have gaps|organic ranks are|one of several readings).*"), "gaps"),
    (re.compile(r"left out, not an engine of ours: .*"), "left_out"),
)
"""Notes the reading room writes in English, and their sentence in the report's language."""


@dataclass(frozen=True)
class Mark:
    """A judgement as glyph, word and style class: never colour alone."""

    style: str
    glyph: str
    short: str
    """The word of a matrix cell: the kind without its step."""
    word: str
    level: float | None = None


@dataclass(frozen=True)
class Row:
    """A result as a reader sees it. Texts are cleaned; `url` is "" where no link may be made."""

    anchor: str
    position: int
    rank: int
    feature: Feature
    feature_word: str
    title: str
    url: str
    address: str
    host: str
    snippet: str
    date: str
    stars: str
    lang: str
    mark: Mark
    about: bool
    owner: Owner
    owner_word: str
    type_word: str
    reasons: str
    confidence: str
    by: str
    sources: tuple[tuple[str, str], ...] = ()
    cues: str = ""
    """`reasons` in short: deciding words without saying that they are, nothing where there are none."""
    page: int = 1
    """Page of the query it stands on: ranks begin anew on each."""
    dated: str = ""
    """The date as the page gives it, ISO where it is whole."""

    @property
    def quote(self) -> str:
        """What it says in one line: the title, or the text of a block that has none."""
        return self.snippet or self.title if self.title == self.feature_word else self.title

    @property
    def details(self) -> str:
        """Address, date and kind of block, as far as the row has them."""
        kind = "" if self.feature is Feature.ORGANIC else self.feature_word
        return " · ".join(part for part in (self.address, self.date, kind) if part)

    @property
    def whose(self) -> str:
        """Kind of block, owner, kind of page, date and stars, as far as the row has them."""
        kind = "" if self.feature is Feature.ORGANIC else self.feature_word
        owner = self.owner_word if self.host and self.owner is not Owner.UNKNOWN else ""
        return " · ".join(part for part in (kind, owner, self.type_word, self.date, self.stars) if part)


@dataclass(frozen=True)
class Place:
    """Where a result stands: one line of the register, a link to its row."""

    anchor: str
    text: str
    rank: str = ""
    """Place among the web results, or the kind of block."""


@dataclass(frozen=True)
class Failed:
    """A page that gave no answer: what it became, what proved it, how to mend it."""

    word: str
    why: str
    mend: str


class Reader:
    """Reads an Audit aloud in one language."""

    def __init__(self, audit: Audit, words: Words) -> None:
        self.audit, self.words = audit, words

    # ------------------------------------------------------------ marks

    @cached_property
    def marks(self) -> dict[float | None, Mark]:
        """The legend: five levels and the unread."""
        levels = {1.0: "p", 0.5: "p", 0.0: "u", -0.5: "n", -1.0: "n", None: "x"}
        return {level: self._mark(level, style) for level, style in levels.items()}

    def _mark(self, level: float | None, style: str) -> Mark:
        kind = {"p": "positive", "u": "neutral", "n": "negative", "x": "unread"}[style]
        half = level is not None and abs(level) == 0.5
        word = self.words.name("mark", f"rather_{kind}" if half else kind)
        glyph = {"p": "▲", "u": "●", "n": "▼", "x": "○"}[style]
        return Mark(f"{style} h" if half else style, glyph, self.words.name("short", kind), word, level)

    def mark(self, label: Label | None) -> Mark:
        return self.marks[label.sentiment if label else None]

    # ------------------------------------------------------------ rows

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Every result by its id (`s1/4`)."""
        return {f"{s.id}/{r.position}": self._row(s, r) for s in self.audit.snapshot.serps for r in s.results}

    def of(self, serp: Serp) -> tuple[Row, ...]:
        return tuple(self.rows[f"{serp.id}/{r.position}"] for r in serp.results)

    def first_page(self, serp: Serp) -> dict[int, Row]:
        """The ten slots of a page: organic rank, or position over all blocks when the method says so."""
        rows = self.of(serp)
        if self.audit.method.by_position:
            return {row.position: row for row in rows if row.position <= PAGE}
        return {row.rank: row for row in rows if row.feature is Feature.ORGANIC and row.rank <= PAGE}

    def _row(self, serp: Serp, result: SerpResult) -> Row:
        label = self.audit.label_of(f"{serp.id}/{result.position}")
        owner = label.owner if label else Owner.UNKNOWN
        feature = self.words.name("feature", result.feature.value)
        return Row(
            anchor=f"{anchor(serp.id)}-{result.position}",
            position=result.position,
            rank=result.rank,
            feature=result.feature,
            feature_word=feature,
            title=safety.clip(result.title, TITLE) or safety.shown_address(result.url) or feature,
            url=safety.link(result.url),
            address=safety.shown_address(result.url) if result.url else safety.clip(result.displayed_url, 78),
            host=safety.host(result.url) or safety.clip(result.source, 40),
            snippet=safety.clip(result.snippet, SNIPPET),
            date=self.words.iso_date(result.date) if result.date else "",
            stars=self.stars(result.rating),
            lang=safety.language_tag((label.language if label else "") or serp.query.language),
            mark=self.mark(label),
            about=label.about_brand if label else True,
            owner=owner,
            owner_word=self.words.name("owner", owner.value),
            type_word=self._type(label),
            reasons=self.reasons(label),
            cues=self.reasons(label, short=True),
            confidence=self.words.percent(label.confidence) if label and label.sentiment is not None else "",
            by=self.words.name("by", label.by.value) if label else self.words.name("by", LabelOrigin.UNREAD.value),
            sources=tuple(self._sources(result)),
            page=serp.query.page,
            dated=result.date or "",
        )

    def _type(self, label: Label | None) -> str:
        other = label is None or label.page_type is PageType.OTHER
        return "" if label is None or other else self.words.name("page_type", label.page_type.value)

    def _sources(self, result: SerpResult) -> Iterator[tuple[str, str]]:
        if result.feature is Feature.ORGANIC:
            return
        for cited in result.links:
            if url := safety.link(cited.url):
                yield safety.clip(cited.title, 80) or safety.host(url), url

    def reasons(self, label: Label | None, *, short: bool = False) -> str:
        """Why a label is what it is: deciding words quoted together, then each fact in its own words."""
        if label is None or not label.because:
            return ""
        facts = [fact.partition(":") for fact in label.because]
        brand = self.audit.snapshot.brand.name
        cues = [
            safety.clip(detail.replace("[brand]", brand), 40)
            for kind, _, detail in facts
            if kind == "cue" and detail != "none"
        ]
        quoted = [self.words.say("common.quoted", text=cue) for cue in dict.fromkeys(cues)][:REASONS]
        listed = ", ".join(quoted)
        told = [listed if short else self.words.say("because.cue", detail=listed)] if quoted else []
        rest = [
            self._reason(kind, detail) for kind, _, detail in facts if kind != "cue" or (detail == "none" and not short)
        ]
        return "; ".join([*told, *rest][:REASONS])

    def _reason(self, kind: str, detail: str) -> str:
        shown = safety.clip(detail, 80)
        for key in (f"because.{kind}_{shown}", f"because.{kind}"):
            if self.words.has(key):
                return self.words.say(key, detail=shown)
        return safety.clip(f"{kind}: {detail}" if detail else kind, 100)

    def stars(self, rating: AggregateRating | None) -> str:
        """`4.3 of 5`, with the counts the page gave, each under its own name."""
        if rating is None or rating.value is None:
            return ""
        parts = [self.figure(rating)]
        if rating.rating_count is not None:
            parts.append(self.words.say("reviews.rating_count", n=rating.rating_count))
        if rating.review_count is not None:
            parts.append(self.words.say("reviews.review_count", n=rating.review_count))
        return ", ".join(parts)

    def figure(self, rating: AggregateRating | None) -> str:
        if rating is None or rating.value is None:
            return ""
        digits = 0 if rating.value.is_integer() else 1 if (rating.value * 10).is_integer() else 2
        value = self.words.number(rating.value, digits)
        if rating.best is None:
            return value
        return self.words.say("reviews.of_best", value=value, best=rating.best)

    # ------------------------------------------------------------ places

    def engine(self, name: str) -> str:
        return self.words.name("engine", name)

    @cached_property
    def _cells(self) -> tuple[SerpQuery, ...]:
        return tuple(dict.fromkeys([*self.audit.snapshot.plan, *(s.query for s in self.audit.snapshot.serps)]))

    @cached_property
    def _everywhere(self) -> dict[str, bool]:
        return _differs(self._cells)

    @cached_property
    def _alike(self) -> dict[tuple[str, str], dict[str, bool]]:
        groups: dict[tuple[str, str], list[SerpQuery]] = {}
        for query in self._cells:
            groups.setdefault((query.engine, query.keyword), []).append(query)
        return {pair: _differs(cells) for pair, cells in groups.items()}

    def where(self, query: SerpQuery) -> str:
        """Place, language, device and page of a cell, as far as they differ within this audit."""
        return self._told(query, self._everywhere)

    def spot(self, query: SerpQuery) -> str:
        """Engine, keyword, and only what sets the cell apart from others of the same two."""
        return self._named(query, self._told(query, self._alike[query.engine, query.keyword]))

    def _told(self, query: SerpQuery, differs: Mapping[str, bool]) -> str:
        parts = []
        if differs["country"] and query.country:
            parts.append(self.words.territory(query.country))
        elif differs["language"] and query.language:
            parts.append(self.words.language_name(query.language))
        if differs["device"]:
            parts.append(self.words.name("device", query.device.value))
        if differs["page"] and query.page > 1:
            parts.append(self.words.say("common.page", n=query.page))
        return " · ".join(parts)

    def cell_name(self, query: SerpQuery) -> str:
        """Engine, keyword and place, in one line."""
        return self._named(query, self.where(query))

    def _named(self, query: SerpQuery, where: str) -> str:
        keyword = self.words.say("common.quoted", text=safety.clip(query.keyword, 80))
        return " · ".join(part for part in (self.engine(query.engine), keyword, where) if part)

    def keyword_language(self, text: str) -> str:
        keyword = self.audit.snapshot.keyword(text)
        return safety.language_tag(keyword.language) if keyword else ""

    def place(self, result_id: str) -> Place | None:
        """A result id, or the address of a review profile, as a link; None for what this audit does not hold."""
        if result_id in self.profiles:
            return self.profiles[result_id]
        row, serp = self.rows.get(result_id), self.serps.get(result_id.partition("/")[0])
        if row is None or serp is None:
            return None
        rank = self.words.number(row.rank) if row.feature is Feature.ORGANIC else row.feature_word
        return Place(row.anchor, self.spot(serp.query), rank)

    @cached_property
    def profiles(self) -> dict[str, Place]:
        """Review profiles by address."""
        told = enumerate(self.audit.snapshot.profiles, start=1)
        return {p.url: Place(f"p{at}", site_name(p.site)) for at, p in told if p.url}

    @cached_property
    def by_address(self) -> dict[str, Row]:
        """The first row of each address: an answer's cited source may stand among the results."""
        found: dict[str, Row] = {}
        for row in self.rows.values():
            if row.url and row.about:
                found.setdefault(row.url, row)
        return found

    @cached_property
    def serps(self) -> dict[str, Serp]:
        return {serp.id: serp for serp in self.audit.snapshot.serps}

    # ------------------------------------------------------------ failures

    def failed(self, outcome: Outcome) -> Failed:
        return Failed(self.outcome(outcome), self._proof(outcome.why), self._mend(outcome))

    def _proof(self, why: str) -> str:
        """The mark that proved it. The reader's own words are English; a status code needs no language."""
        if found := _STATUS.fullmatch(why):
            return self.words.say("http.status", code=found[1])
        return safety.clip(why, 120) if self.words.language == "en" else ""

    def warnings(self, serp: Serp) -> tuple[str, ...]:
        """The reader's notes about a page in this language; those without a sentence are counted."""
        known = [self._warning(text) for text in serp.warnings]
        left = known.count("")
        more = [self.words.say("warning.other", n=left)] if left else []
        return (*dict.fromkeys(filter(None, known)), *more)

    def _warning(self, text: str) -> str:
        for pattern, key in _WARNINGS:
            if found := pattern.fullmatch(text):
                quoted = found.groupdict().get("text", "")
                return self.words.say(f"warning.{key}", text=safety.clip(quoted, 80))
        return safety.clip(text, 160) if self.words.language == "en" else ""

    def outcome(self, outcome: Outcome) -> str:
        status, kind = outcome.status.value.lower(), safety.clip(outcome.kind, 40)
        known = f"{status}_{kind.lower()}"
        if kind and self.words.has(f"outcome.{known}"):
            return self.words.name("outcome", known)
        word = self.words.name("outcome", status)
        return f"{word} ({kind})" if kind else word

    def _mend(self, outcome: Outcome) -> str:
        status = outcome.status.value.lower()
        known = f"{status}_{outcome.kind.lower()}"
        return self.words.name("mend", known if self.words.has(f"mend.{known}") else status)


def _differs(cells: Sequence[SerpQuery]) -> dict[str, bool]:
    seen = {key: {getattr(q, key) for q in cells} for key in ("country", "language", "device", "page")}
    return {key: len(values) > 1 for key, values in seen.items()}


def places(reader: Reader, evidence: Sequence[str], most: int) -> tuple[Place, ...]:
    """Evidence as links, at most so many; what this audit does not hold is left out."""
    return tuple(p for p in map(reader.place, evidence) if p is not None)[:most]


def site_name(site: str) -> str:
    """A review site by the name it was read under: a host as it stands, `google_maps` as Google Maps, `bbb` as BBB."""
    words = safety.clip(site.replace("_", " "), 60)
    if "." in words:
        return words
    return words.upper() if len(words) <= SHORT_NAME else words.title()


def anchor(serp_id: str) -> str:
    """A serp id as a fragment: letters and digits only, so that it can never leave its attribute."""
    return "".join(char for char in serp_id if char.isascii() and char.isalnum()) or "s"
