"""What it means: labels, findings, scores, actions, and the `Audit` that holds them. No sentences."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from audit.models.asked import Document
from audit.models.evidence import SerpResult, Snapshot
from audit.models.movement import Change, Comparison, Point, Rival
from audit.models.trust import Prevalence, Theme, Validation

AUDIT_SCHEMA = 2
READABLE_AUDITS = (1, 2)
"""Version 2 only added fields; every audit of version 1 reads as it is."""


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
    p: tuple[float, float, float] | None = None
    """Calibrated probabilities (negative, neutral, positive); None where nobody could read it or a person decided."""
    uncertain: bool = False
    """A person should look: the label may well be another one."""
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
    judge: str = "shipped"
    """Which engine read the words."""


class Light(StrEnum):
    """Legal light of an action: ordinary, only with conditions or counsel, never recommended."""

    GREEN = "green"
    YELLOW = "yellow"


class Effect(Document):
    """What an action could do to the score: recomputed without the named results, never guessed."""

    before: float
    after: float
    verdict: str = ""
    """The verdict after it."""
    results: tuple[str, ...] = ()
    """Result ids that would leave the first page, or change hands."""


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
    rule: str = ""
    """Id of the legal rule behind the light, as in the report's language file."""
    effect: Effect | None = None


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
    comparisons: tuple[Comparison, ...] = ()
    """The brand first, then keywords; empty for a first snapshot."""
    trend: tuple[Point, ...] = ()
    rivals: tuple[Rival, ...] = ()
    validations: tuple[Validation, ...] = ()
    prevalence: tuple[Prevalence, ...] = ()
    themes: tuple[Theme, ...] = ()
    actions: tuple[Action, ...] = ()

    @model_validator(mode="after")
    def _known_schema(self) -> Self:
        if self.schema_version not in READABLE_AUDITS:
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
