"""What moved between two times, and what else was measured beside the brand. Ids and numbers, no sentences."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, field_validator

from audit.models.asked import Document
from audit.models.evidence import AggregateRating


class ChangeKind(StrEnum):
    ENTERED = "entered"
    LEFT = "left"
    ROSE = "rose"
    FELL = "fell"
    RELABELLED = "relabelled"
    RATING_MOVED = "rating_moved"
    SUGGESTION_APPEARED = "suggestion_appeared"
    SUGGESTION_GONE = "suggestion_gone"
    COVERAGE = "coverage"


class Change(Document):
    """One difference between two snapshots. A difference is not yet a change: `Comparison` says what may be claimed."""

    kind: ChangeKind
    subject: str
    """Normalised address of a result, address of a profile, text of a suggestion, or a keyword."""
    engine: str = ""
    keyword: str = ""
    title: str = ""
    before: float | None = None
    """Place, level, rating on its own scale, or share, by `kind`; None where there was none."""
    after: float | None = None
    sentiment: float | None = None
    """Of the result now, or when it was last seen."""
    persistent: bool | None = None
    """Seen in at least 80 % of the captures of one side and at most 20 % of the other; None with single captures."""
    evidence: tuple[str, ...] = ()
    """Result ids of the newer snapshot, else none."""

    @field_validator("before", "after", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        """Version 1 wrote places as text, and nothing as an empty one."""
        return None if value == "" else value


class Moved(StrEnum):
    """The only three verdicts about a movement (reliability section 4.3). "Unchanged" is never claimed."""

    CHANGED = "changed"
    NO_CHANGE_SHOWN = "no_change_shown"
    NOT_COMPARABLE = "not_comparable"


class Comparison(Document):
    """Whether the brand (keyword empty) or one keyword really moved since the snapshot of `since`."""

    verdict: Moved
    keyword: str = ""
    why: str = ""
    """An id: `few_captures`, `few_pages`, `context`, `plan`, `method`, `bounds`, `coverage`; empty when tested."""
    since: datetime | None = None
    before: float | None = None
    after: float | None = None
    effect: float | None = None
    """Points of dominance over the common pages."""
    p: float | None = Field(default=None, ge=0, le=1)
    """Permutation within keyword; Benjamini-Hochberg adjusted for keywords."""
    smallest_seen: float | None = None
    """A move of less than this many points would probably not have been seen (power 80 %)."""
    worst: float | None = None
    """Effect when every missing page is counted at its worst, and at its best (Manski bounds)."""
    best: float | None = None
    captures_before: int = 0
    captures_after: int = 0
    common_pages: int = 0
    overlap_within: float | None = None
    """Mean rank-biased overlap (p = 0.9) of captures of one time: the noise floor."""
    overlap_between: float | None = None


class Point(Document):
    """One snapshot on a line of the trend."""

    taken_at: datetime
    subject: str = "brand"
    """`brand`, `keyword:<text>`, `engine:<name>` or `profile:<url>` (then `value` is the site's rating)."""
    value: float | None
    low: float | None = None
    high: float | None = None
    negatives: int | None = None
    """Negatives among the first ten, all pages."""
    coverage: float | None = None
    breaks: bool = False
    """The method or the context differs from the point before: the line is broken here."""
    imported: bool = False
    """From a table of past positions, not from pages."""


class RivalKeyword(Document):
    keyword: str
    """As asked for the rival."""
    kind: str
    dominance: float | None
    negative: float | None = None
    first_negative: int | None = None


class Rival(Document):
    """A competitor measured in the same run by the same method; the brand itself is not repeated here."""

    name: str
    dominance: float | None
    low: float | None = None
    high: float | None = None
    positive: float | None = None
    negative: float | None = None
    neutral: float | None = None
    control: float | None = None
    first_negative: int | None = None
    negatives_top10: int = 0
    coverage: float = 0.0
    keywords: tuple[RivalKeyword, ...] = ()
    ratings: dict[str, AggregateRating] = Field(default_factory=dict)
    """By site name."""
