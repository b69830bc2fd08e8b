"""What is asked: the brand, its keywords, and the cells of the plan. Holds the base of every document."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Document(BaseModel):
    """Base of every noun: frozen and strict, so that a typo is an error and a stored fact stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


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
    measure: bool = False
    """Ask the same classes of keywords for it in the same run, and show it side by side."""


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
