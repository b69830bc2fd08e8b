"""How far labels can be trusted, and what reviews talk about."""

from __future__ import annotations

from pydantic import Field

from audit.models.asked import Document

ENOUGH_LABELLED = 200
"""Below this many results labelled by people a language is "not validated" (reliability section 4.4)."""


class Validation(Document):
    """The engine against people, for one language."""

    language: str
    labelled: int = Field(ge=0)
    """Results a person labelled that the engine had labelled too."""
    agree: float | None = None
    """Share with the same of three classes."""
    macro_f1: float | None = None
    alpha: float | None = None
    """Krippendorff's alpha (ordinal) between people, where two labelled the same results."""
    both: int = 0
    """Results that two people labelled."""

    @property
    def validated(self) -> bool:
        return self.labelled >= ENOUGH_LABELLED


class Share(Document):
    """A share with its interval, 0..1."""

    value: float
    low: float
    high: float


class Prevalence(Document):
    """Shares of negative, neutral and positive results corrected for the labeller's known errors.

    Classify-and-count is biased; the confusion of the engine against people is inverted and both are drawn from
    their posterior (reliability section 4.4). Counts results, not attention.
    """

    language: str
    """Empty = all languages of the brand pooled."""
    items: int
    labelled: int
    """Results behind the confusion table."""
    source: str = ""
    """`people` or `shipped`: whose truth the confusion table was counted against."""
    counted: tuple[float, float, float]
    """Negative, neutral, positive as labelled."""
    negative: Share
    neutral: Share
    positive: Share


class Quote(Document):
    text: str
    language: str = ""
    date: str | None = None
    stars: float | None = None
    """On 1-5."""


class Theme(Document):
    """What the reviews of a profile talk about."""

    name: str
    """delivery, price, staff, quality, refund, support, ... (ids; the report's language file holds the words)."""
    profile: str
    """Address of the profile, or its site's name."""
    mentions: int
    negative: int = 0
    positive: int = 0
    quotes: tuple[Quote, ...] = ()
