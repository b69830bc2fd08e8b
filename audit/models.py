"""The nouns. `Snapshot` (what the web said) and `Audit` (what it means) are the two documents.

Every document is frozen, strict (`extra="forbid"`) and numbered by `schema_version`; it is stored as
JSON and can be read again in ten years. A document never holds behaviour beyond small derived facts.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SNAPSHOT_SCHEMA = 1
AUDIT_SCHEMA = 1


class Document(BaseModel):
    """Base of every noun: frozen and strict, so that a typo is an error and a stored fact stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


# ---------------------------------------------------------------- what is asked


class KeywordKind(StrEnum):
    """What a searcher wants with a keyword (reference: keyword classes of the field)."""

    BRAND = "brand"
    EVALUATION = "evaluation"
    COMPLAINT = "complaint"
    NAVIGATIONAL = "navigational"
    EMPLOYER = "employer"
    PERSON = "person"
    PRODUCT = "product"
    OTHER = "other"


class Device(StrEnum):
    DESKTOP = "desktop"
    PHONE = "phone"


class Profile(Document):
    """The brand's own page on somebody else's site (a channel, a page, a listing): owner `managed`."""

    url: str
    site: str = ""


class Competitor(Document):
    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class Brand(Document):
    """Who the audit is about."""

    name: str
    aliases: tuple[str, ...] = ()
    """Other spellings, other scripts, legal names. The name itself is not repeated here."""
    domains: tuple[str, ...] = ()
    """Own hosts; subdomains are included by rule."""
    profiles: tuple[Profile, ...] = ()
    competitors: tuple[Competitor, ...] = ()
    partners: tuple[str, ...] = ()
    """Hosts that speak for the brand without being its own (owner `earned`)."""
    hostile: tuple[str, ...] = ()
    """Hosts that exist to attack the brand; only a person may say so."""
    namesakes: tuple[str, ...] = ()
    """Words that mark another bearer of the name: such results are not about the brand."""
    products: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Name and aliases, the name first."""
        return (self.name, *self.aliases)


class Keyword(Document):
    """A question asked of the engines."""

    text: str
    language: str = ""
    """ISO 639-1 of the words, not of the interface."""
    kind: KeywordKind = KeywordKind.OTHER
    demand: float = Field(default=1.0, ge=0)
    """Searches a month, or any common unit; equal weights when nobody knows."""
    product: str = ""
    modifier: str = ""


class SerpQuery(Document):
    """One cell of the plan: this keyword, asked of this engine, from there."""

    engine: str
    keyword: str
    country: str = ""
    language: str = ""
    """Interface language sent to the engine."""
    device: Device = Device.DESKTOP
    page: int = Field(default=1, ge=1)


# ---------------------------------------------------------------- what arrives


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


# ---------------------------------------------------------------- what is read


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
    UNRECOGNISED: layout, echo, short_list, other_engine, vertical, unknown_source.
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


class Failure(Document):
    """Something that was asked or offered and gave no page: kept by name, lowers coverage."""

    what: str
    outcome: Outcome
    evidence: Evidence | None = None


class Snapshot(Document):
    """What the web said at one time. Evidence only: no label, no judgement."""

    schema_version: int = SNAPSHOT_SCHEMA
    brand: Brand
    taken_at: datetime
    tool: str
    """`repaudit 0.1.0`."""
    brief_digest: str
    keywords: tuple[Keyword, ...]
    plan: tuple[SerpQuery, ...]
    """Every cell that should have been answered: coverage is measured against it."""
    engine_shares: dict[str, float] = Field(default_factory=dict)
    """Market share by engine, any unit; missing = equal."""
    engine_indexes: dict[str, str] = Field(default_factory=dict)
    """Whose index answers for an engine; engines that share one are one vote. Missing = its own."""
    serps: tuple[Serp, ...] = ()
    profiles: tuple[ReviewProfile, ...] = ()
    failures: tuple[Failure, ...] = ()

    @model_validator(mode="after")
    def _known_schema(self) -> Self:
        if self.schema_version != SNAPSHOT_SCHEMA:
            raise ValueError(
                f"snapshot schema {self.schema_version} is unknown here; this version reads {SNAPSHOT_SCHEMA}"
            )
        return self

    def keyword(self, text: str) -> Keyword | None:
        return next((k for k in self.keywords if k.text == text), None)


# ---------------------------------------------------------------- what it means


class Owner(StrEnum):
    OWNED = "owned"
    MANAGED = "managed"
    EARNED = "earned"
    THIRD_PARTY = "third_party"
    COMPETITOR = "competitor"
    HOSTILE = "hostile"
    UNKNOWN = "unknown"


class PageType(StrEnum):
    NEWS = "news"
    REVIEW_SITE = "review_site"
    FORUM = "forum"
    QUESTION_ANSWER = "question_answer"
    SOCIAL = "social"
    VIDEO = "video"
    ENCYCLOPEDIA = "encyclopedia"
    COMPLAINT_SITE = "complaint_site"
    SHOP = "shop"
    JOB_BOARD = "job_board"
    GOVERNMENT = "government"
    BLOG = "blog"
    DIRECTORY = "directory"
    PHOTO = "photo"
    APP_STORE = "app_store"
    INDUSTRY_MEDIA = "industry_media"
    OFFICIAL = "official"
    OTHER = "other"


class Cause(StrEnum):
    """Why a negative exists. `unknown` is the default and is never guessed from tone."""

    CUSTOMER = "dissatisfied_customer"
    MISTAKEN = "mistaken_user"
    COMPETITOR = "competitor"
    FAULT = "product_or_service_fault"
    OUTDATED = "outdated_or_solved"
    MEDIA = "media_or_regulator"
    UNKNOWN = "unknown"


class LabelOrigin(StrEnum):
    """Who said so; a person wins over a rule, a rule over the lexicon, the lexicon over a model."""

    PERSON = "person"
    RULE = "rule"
    RATING = "rating"
    LEXICON = "lexicon"
    MODEL = "model"
    UNREAD = "unread"


class Label(Document):
    """What one result means for the brand.

    `sentiment` is one of -1, -0.5, 0, 0.5, 1, or None when nobody could read it: None is not neutral.
    """

    key: str
    """Identity of the result: digest of normalised address, title and snippet (`audit.classify.result_key`)."""
    address: str
    """Normalised address (`audit.classify.normal_address`); a person's label is carried by it."""
    title_hash: str = ""
    sentiment: float | None
    confidence: float = Field(ge=0, le=1)
    about_brand: bool = True
    owner: Owner = Owner.UNKNOWN
    page_type: PageType = PageType.OTHER
    cause: Cause = Cause.UNKNOWN
    severity: int = Field(default=0, ge=0, le=4)
    language: str = ""
    """Language the text was read in; empty = unread."""
    by: LabelOrigin = LabelOrigin.UNREAD
    because: tuple[str, ...] = ()
    """Words or facts that decided, as `kind:detail`: `cue:рекомендую`, `rating:4.8/5 (312)`, `venue:complaint_site`."""
    who: str = ""
    when: datetime | None = None
    note: str = ""

    @model_validator(mode="after")
    def _five_levels(self) -> Self:
        if self.sentiment not in (None, -1.0, -0.5, 0.0, 0.5, 1.0):
            raise ValueError("sentiment is one of -1, -0.5, 0, 0.5, 1 or null")
        return self


class Severity(StrEnum):
    """How much a finding matters to the client, not how angry a text is."""

    GOOD = "good"
    INFO = "info"
    WATCH = "watch"
    ACT = "act"


class Finding(Document):
    """What one check found: ids and numbers, never sentences, so that it reads in any language."""

    check: str
    subject: str
    """`brand`, `keyword:<text>`, `engine:<name>`, `result:<s1/4>`, `profile:<url>`."""
    value: float | None
    weight: float = 1.0
    severity: Severity = Severity.INFO
    evidence: tuple[str, ...] = ()
    """Result ids (`s1/4`) or profile addresses."""
    facts: dict[str, str | int | float | None] = Field(default_factory=dict)
    """Named numbers and names the sentence of a language needs."""


class Scope(StrEnum):
    PAGE = "page"
    KEYWORD = "keyword"
    ENGINE = "engine"
    BRAND = "brand"


class Score(Document):
    """One line of arithmetic: a page, a keyword, an engine, or the brand.

    Shares P, N, U are of attention and add up to 1 over labelled results about the brand; `dominance` is
    100 * (weighted mean sentiment), -100..+100 (scoring section 3). `low`..`high` is the range (section 7).
    """

    scope: Scope
    engine: str = ""
    keyword: str = ""
    serp: str = ""
    dominance: float | None
    low: float | None = None
    high: float | None = None
    positive: float | None = None
    negative: float | None = None
    neutral: float | None = None
    unlabelled: float = 0.0
    """Share of attention held by results about the brand that nobody could read."""
    control: float | None = None
    hostile: float | None = None
    exposure: float | None = None
    first_negative: int | None = None
    negatives_top3: int = 0
    negatives_top10: int = 0
    owned_top10: int = 0
    items: int = 0
    coverage: float = 0.0
    """Answered weight / planned weight, 0..1."""


class Verdict(StrEnum):
    NOT_ENOUGH = "not_enough_evidence"
    UNDER_ATTACK = "under_attack"
    NEGATIVE = "negative_dominates"
    ABSOLUTE = "positive_dominates_absolutely"
    POSITIVE = "positive_dominates"
    CONTESTED = "contested"


class Method(Document):
    """How the score was made; printed in the report, and compared before two audits are."""

    version: str = "1"
    curve: str = "reciprocal"
    curve_version: str = "1"
    by_position: bool = False
    """True: weight by position over all blocks ("absolute"); False: by organic rank."""
    depth: int = Field(default=10, ge=1)
    coverage_floor: float = 0.7
    unlabelled_ceiling: float = 0.25
    owned_sentiment: float = 0.0
    """What an own page without other evidence counts: 0, or 0.5 by choice; 1 would call control praise."""
    exposure_model: str = "scan"
    exposure_base: float = 0.8
    draws: int = 1000
    seed: int = 20080101


class Change(Document):
    """A difference between two snapshots (filled by the comparison that time brings)."""

    kind: str
    subject: str
    before: str = ""
    after: str = ""


class Light(StrEnum):
    """Legal light of an action: ordinary, only with conditions or counsel, never recommended."""

    GREEN = "green"
    YELLOW = "yellow"


class Action(Document):
    """What to do, as an id with its reasons; the report's language file holds the words."""

    id: str
    priority: int = Field(ge=1)
    light: Light = Light.GREEN
    findings: tuple[str, ...] = ()
    """`check|subject` of the findings it answers."""
    evidence: tuple[str, ...] = ()
    facts: dict[str, str | int | float | None] = Field(default_factory=dict)
    effort: str = "medium"
    """`low`, `medium`, `high`."""
    department: str = ""


class Audit(Document):
    """What a snapshot means: the one document a report is made from."""

    schema_version: int = AUDIT_SCHEMA
    snapshot: Snapshot
    made_at: datetime
    method: Method
    curve: tuple[float, ...]
    """Weights used, position 1 first."""
    curve_source: str = ""
    labels: dict[str, Label]
    """By `Label.key`."""
    label_keys: dict[str, str]
    """Result id (`s1/4`) to label key."""
    scores: tuple[Score, ...]
    verdicts: tuple[Verdict, ...]
    """One, or two when the range spans a border: both are printed."""
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    actions: tuple[Action, ...] = ()

    @model_validator(mode="after")
    def _known_schema(self) -> Self:
        if self.schema_version != AUDIT_SCHEMA:
            raise ValueError(f"audit schema {self.schema_version} is unknown here; this version reads {AUDIT_SCHEMA}")
        return self

    @property
    def score(self) -> Score:
        """The brand's line."""
        return next(s for s in self.scores if s.scope is Scope.BRAND)

    def label_of(self, result_id: str) -> Label | None:
        return self.labels.get(self.label_keys.get(result_id, ""))

    def result(self, result_id: str) -> SerpResult | None:
        serp_id, _, position = result_id.partition("/")
        serp = next((s for s in self.snapshot.serps if s.id == serp_id), None)
        if serp is None or not position.isdigit():
            return None
        return next((r for r in serp.results if r.position == int(position)), None)


class HouseStyle(Document):
    """White label of a report: whose name, colour and footer the client sees."""

    agency: str = ""
    logo: str = ""
    """A `data:image/...;base64,` address; nothing is fetched."""
    accent: str = "#00456F"
    footer: str = ""
    contact: str = ""
    disclaimer: str = ""
    language: str = "en"


Day = date
