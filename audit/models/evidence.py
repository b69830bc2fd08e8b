"""What arrives and what it says: pages, results, ratings, and the `Snapshot` that holds them. No judgement."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from audit.models.asked import Brand, Document, Keyword, SerpQuery

SNAPSHOT_SCHEMA = 2
READABLE_SNAPSHOTS = (1, 2)
"""Version 2 only added fields; every snapshot of version 1 reads as it is."""


class Evidence(Document):
    """Where the bytes are. `sha256` is of the bytes as they arrived."""

    sha256: str
    size: int = 0
    file: str = ""
    """Name of the file it came from (no folder), or empty."""
    warc: str = ""
    record: str = ""
    screenshot: str = ""


class Page(Document):
    """What arrived, unread. The same for a browser, an API, a saved file and an archive."""

    url: str = ""
    """Final address, or empty where a saved file does not know it."""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = Field(repr=False)
    fetched_at: datetime
    """Time zone aware. For a saved file: its own Date, else the file's time."""
    source: str = "import"
    """`import`, `browser`, `api:<provider>`, `archive`, `manual`."""
    failure: str = ""
    """Named transport error (reliability: Dns, Connect, Tls, Deadline, Reset, DataLoss, ...) or empty."""
    evidence: Evidence | None = None

    def header(self, name: str) -> str:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


class Status(StrEnum):
    """Every page ends in exactly one."""

    RESULTS = "RESULTS"
    NO_RESULTS = "NO_RESULTS"
    BLOCKED = "BLOCKED"
    FAILED = "FAILED"
    UNRECOGNISED = "UNRECOGNISED"
    SKIPPED = "SKIPPED"


class Outcome(Document):
    """`kind` details the status; `why` is the mark that proved it.

    NO_RESULTS: "" or `fallback` (the engine says nothing matched and shows something else).
    BLOCKED: captcha, js_shell, consent, login, rate_limit, access_denied, waf, geo, decoy.
    FAILED: Truncated, HttpStatus, PageTooDeep, TooManyNodes, CharsetDoubt, NotHtml, ErrorPage, Empty, ...
    UNRECOGNISED: layout, echo, short_list, other_engine, other_site, other_subject, vertical, unknown_source.
    SKIPPED: robots, budget, suspended, not_asked.
    """

    status: Status
    kind: str = ""
    why: str = ""

    @property
    def answered(self) -> bool:
        """True when the engine answered the query: only such pages may enter a score."""
        return self.status in (Status.RESULTS, Status.NO_RESULTS)

    def __str__(self) -> str:
        return f"{self.status} {self.kind}".strip()


class Feature(StrEnum):
    ORGANIC = "organic"
    AD = "ad"
    AI_ANSWER = "ai_answer"
    FEATURED_SNIPPET = "featured_snippet"
    KNOWLEDGE_PANEL = "knowledge_panel"
    PEOPLE_ALSO_ASK = "people_also_ask"
    TOP_STORIES = "top_stories"
    VIDEO = "video"
    IMAGE = "image"
    LOCAL_PACK = "local_pack"
    DISCUSSION = "discussion"
    ENCYCLOPEDIA = "encyclopedia"
    QUESTION_ANSWER = "question_answer"
    RELATED_SEARCHES = "related_searches"
    SUGGESTION = "suggestion"
    OTHER = "other"


class AggregateRating(Document):
    """schema.org AggregateRating. A rating count is not a review count; neither is copied into the other."""

    value: float | None = None
    best: float | None = None
    worst: float | None = None
    rating_count: int | None = None
    review_count: int | None = None

    @property
    def on_five(self) -> float | None:
        """The value on 1-5 (sites R4): best defaults to 5, worst to 1 (0 when best is 100)."""
        if self.value is None:
            return None
        best = 5.0 if self.best is None else self.best
        worst = self.worst if self.worst is not None else (0.0 if best == 100 else 1.0)
        if best <= worst or not worst <= self.value <= best:
            return None
        return 1 + 4 * (self.value - worst) / (best - worst)


class Link(Document):
    title: str = ""
    url: str


class Hit(Document):
    """What an engine file reads, in page order; not yet numbered."""

    feature: Feature
    title: str = ""
    url: str = ""
    """Real address, wrappers decoded; empty where the page gives none (a question, a suggestion)."""
    displayed_url: str = ""
    snippet: str = ""
    date: str | None = None
    """ISO date (2025-12-28), read against the page's own time where the page says "3 days ago"."""
    rating: AggregateRating | None = None
    source: str = ""
    """Site name as shown."""
    links: tuple[Link, ...] = ()
    """Sitelinks of a row; cited sources of an AI answer."""


class SerpResult(Hit):
    """A numbered hit. `position` counts all blocks of the page, `rank` counts within the feature; both from 1."""

    position: int = Field(ge=1)
    rank: int = Field(ge=1)


class Serp(Document):
    """One search page, read."""

    id: str = ""
    """`s1`, `s2`, ... within a snapshot; a result is `s1/4` by its position."""
    query: SerpQuery
    url: str = ""
    fetched_at: datetime
    outcome: Outcome
    displayed_query: str = ""
    """What the page says was searched; differs from the keyword when the engine corrected it."""
    results: tuple[SerpResult, ...] = ()
    evidence: Evidence | None = None
    also: tuple[Evidence, ...] = ()
    """Other captures that fed this page: its suggestions."""
    source: str = "import"
    warnings: tuple[str, ...] = ()
    fallbacks: Annotated[dict[str, int], Field(default_factory=dict)]
    """How often each anchor hit, by its place in the ordered list: {"row:0": 10} is a healthy page."""

    def of(self, feature: Feature) -> tuple[SerpResult, ...]:
        return tuple(r for r in self.results if r.feature is feature)

    @property
    def organic(self) -> tuple[SerpResult, ...]:
        return self.of(Feature.ORGANIC)

    @property
    def context(self) -> tuple[str, str, str, str]:
        """Two pages are comparable only where these agree."""
        q = self.query
        return (q.engine, q.country, q.language, q.device.value)


class Review(Document):
    """One opinion. `author` is a keyed pseudonym, never the name."""

    rating: AggregateRating | None = None
    title: str = ""
    text: str = ""
    date: str | None = None
    author: str = ""
    language: str = ""
    replied: bool | None = None


class ReviewProfile(Document):
    """What one review site shows about one subject."""

    site: str
    url: str = ""
    subject: str = ""
    rating: AggregateRating | None = None
    histogram: dict[str, int] | None = None
    """Stars to counts, e.g. {"5": 20, "1": 3}; None where the page shows none."""
    reviews: tuple[Review, ...] = ()
    outcome: Outcome
    fetched_at: datetime
    source: str = "import"
    """`import`, `serp`, `api:<name>`, `manual`."""
    evidence: Evidence | None = None
    warnings: tuple[str, ...] = ()


class Landing(Document):
    """The page behind a result."""

    url: str
    title: str = ""
    text: str = ""
    """Main text, at most the beginning that judging needs."""
    language: str = ""
    """As the page itself says."""
    published: str | None = None
    outcome: Outcome
    fetched_at: datetime
    evidence: Evidence | None = None


class Failure(Document):
    """Something that was asked or offered and gave no page: kept by name, lowers coverage."""

    what: str
    outcome: Outcome
    evidence: Evidence | None = None


class Origin(StrEnum):
    """Where a snapshot's pages came from."""

    LIVE = "live"
    IMPORT = "import"
    POSITIONS = "positions"
    """A table of past positions and labels: no page stands behind it, and every number from it says so."""


class Snapshot(Document):
    """What the web said at one time. Evidence only: no label, no judgement."""

    schema_version: int = SNAPSHOT_SCHEMA
    brand: Brand
    taken_at: datetime
    tool: str
    """`repaudit 0.1.0`."""
    brief_digest: str
    origin: Origin = Origin.IMPORT
    slot: str = ""
    """Due time of a periodic run, or the common name of repeated captures: they belong to one set."""
    capture: int = Field(default=1, ge=1)
    """Which of the repeated captures of its slot."""
    keywords: tuple[Keyword, ...]
    plan: tuple[SerpQuery, ...]
    """Every cell that should have been answered: coverage is measured against it."""
    engine_shares: dict[str, float] = Field(default_factory=dict)
    """Market share by engine, any unit; missing = equal."""
    engine_indexes: dict[str, str] = Field(default_factory=dict)
    """Whose index answers for an engine; engines that share one are one vote. Missing = its own."""
    consents: dict[str, str] = Field(default_factory=dict)
    """Hosts whose robots forbid automatic requests and which were asked all the same, with the client's own words."""
    serps: tuple[Serp, ...] = ()
    profiles: tuple[ReviewProfile, ...] = ()
    landings: tuple[Landing, ...] = ()
    failures: tuple[Failure, ...] = ()

    @model_validator(mode="after")
    def _known_schema(self) -> Self:
        if self.schema_version not in READABLE_SNAPSHOTS:
            raise ValueError(
                f"snapshot schema {self.schema_version} is unknown here; this version reads {SNAPSHOT_SCHEMA}"
            )
        return self

    def keyword(self, text: str) -> Keyword | None:
        return next((k for k in self.keywords if k.text == text), None)
