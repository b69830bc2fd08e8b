"""The tables of a brief: what may stand in brief.toml, checked one by one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from audit.models import Device, Document, HouseStyle, KeywordKind

DEFAULT_KINDS = (KeywordKind.BRAND, KeywordKind.EVALUATION, KeywordKind.COMPLAINT)
_COUNTRY = re.compile(r"^[A-Z]{2}$")
_LANGUAGE = re.compile(r"^[a-z]{2}$")
_COLOUR = re.compile(r"^#[0-9a-fA-F]{6}$")
_LOGO = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}")
LONGEST_LOGO = 200_000  # characters; the report takes no more
LEGIBLE = 4.5
"""Contrast of text by WCAG 2.2 AA (1.4.3). In dark mode the report lightens the accent until it reaches it too."""


def _whole_addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    for address in addresses:
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{address!r} is no address; write it whole, like 'https://www.youtube.com/@acme'")
    return addresses


class BrandTable(Document):
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    hostile: tuple[str, ...] = ()
    namesakes: tuple[str, ...] = ()

    @field_validator("domains", "partners", "hostile")
    @classmethod
    def _bare_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for name in hosts:
            if "/" in name or " " in name or "." not in name:
                raise ValueError(f"{name!r} is no host name; write it like 'acme.example', without https:// and path")
        return tuple(name.lower() for name in hosts)

    @field_validator("profiles")
    @classmethod
    def _addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        return _whole_addresses(addresses)


class KeywordTable(Document):
    text: str = Field(min_length=1)
    language: str = ""
    kind: KeywordKind = KeywordKind.OTHER
    demand: Annotated[float, Field(ge=0)] = 1.0
    product: str = ""


class Market(Document):
    """A country and a language: which engines are asked, with which classes of keywords."""

    country: str
    language: str
    engines: tuple[str, ...] = Field(min_length=1)
    kinds: tuple[KeywordKind, ...] = DEFAULT_KINDS
    per_class: int = Field(default=3, ge=0, le=20)
    brand: str = ""
    """The brand as written in this market; empty = brand.name."""
    keywords: tuple[KeywordTable, ...] = ()
    """Keywords of the consultant's own: plain strings, or tables with kind, demand, product."""
    device: Device = Device.DESKTOP
    pages: int = Field(default=1, ge=1, le=2)

    @field_validator("country")
    @classmethod
    def _country(cls, value: str) -> str:
        if not _COUNTRY.match(value):
            raise ValueError(f"{value!r} is no country; write two capital letters, like 'GB' (ISO 3166)")
        return value

    @field_validator("language")
    @classmethod
    def _language(cls, value: str) -> str:
        if not _LANGUAGE.match(value):
            raise ValueError(f"{value!r} is no language; write two small letters, like 'en' (ISO 639-1)")
        return value

    @field_validator("engines")
    @classmethod
    def _engines(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = (info.context or {}).get("engines") or names
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is no engine of ours; known: {', '.join(known)}")
        return names

    @field_validator("keywords", mode="before")
    @classmethod
    def _plain_words(cls, value: Any) -> Any:
        return [{"text": k} if isinstance(k, str) else k for k in value] if isinstance(value, list) else value


class CollectTable(Document):
    """What `repaudit run` fetches beside the result pages."""

    reviews: tuple[str, ...] = ()
    """Addresses of review profiles of the brand."""
    landings: int = Field(default=0, ge=0, le=50)
    """How many pages behind the results of each query are fetched, first rows first."""
    suggestions: bool = True
    screenshots: bool = False
    repeat: int = Field(default=1, ge=1, le=20)
    """Captures of one time, each in a fresh browser: their wobble is the noise a movement must rise above."""

    retention_days: int = Field(default=180, ge=1)
    """How long snapshots with their pages are meant to be kept; `repaudit doctor` says when some are older."""

    @field_validator("reviews")
    @classmethod
    def _whole(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        return _whole_addresses(addresses)


class Figure(Document):
    """A rating read by a person where a site may not be asked; printed as typed in."""

    site: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    url: str = ""
    value: float
    best: float = 5
    worst: float = 1
    rating_count: int | None = Field(default=None, ge=0)
    review_count: int | None = Field(default=None, ge=0)
    seen_at: datetime

    @model_validator(mode="after")
    def _on_its_scale(self) -> Self:
        if not self.worst <= self.value <= self.best:
            raise ValueError(f"{self.value:g} is not between {self.worst:g} and {self.best:g}")
        return self


class ScoreTable(Document):
    curve: str = "reciprocal"
    by_position: bool = False
    coverage_floor: float = Field(default=0.7, ge=0, le=1)
    owned_sentiment: float = 0.0

    @field_validator("owned_sentiment")
    @classmethod
    def _owned(cls, value: float) -> float:
        if value not in (0.0, 0.5):
            raise ValueError("owned_sentiment is 0 or 0.5: more would count control as praise")
        return value


class StyleTable(HouseStyle):
    """The white label as it may stand in a brief; `logo` is a file beside the brief, or a data address."""

    @field_validator("accent")
    @classmethod
    def _legible(cls, value: str) -> str:
        if not _COLOUR.match(value):
            raise ValueError(f"{value!r} is no colour; write six hexadecimal digits, like '#00456F'")
        if contrast_with_white(value) < LEGIBLE:
            raise ValueError(
                f"{value!r} is too pale on white: contrast {contrast_with_white(value):.1f}, at least {LEGIBLE}; "
                f"take a darker one, like {darker(value)!r}"
            )
        return value

    @field_validator("logo")
    @classmethod
    def _local(cls, value: str) -> str:
        if value.startswith("data:") and not _LOGO.fullmatch(value):
            raise ValueError("is no embedded picture; write 'data:image/png;base64,...', or the name of a file")
        if len(value) > LONGEST_LOGO:
            raise ValueError(f"is longer than {LONGEST_LOGO:,} characters; save the picture smaller")
        if "://" in value or value.startswith("//"):
            raise ValueError(f"{value!r} would be fetched; save the picture beside the brief and name the file")
        return value

    @field_validator("language")
    @classmethod
    def _written(cls, value: str) -> str:
        if not _LANGUAGE.match(value):
            raise ValueError(f"{value!r} is no language; write two small letters, like 'en' (ISO 639-1)")
        return value


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0..1 (WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_with_white(colour: str) -> float:
    return 1.05 / (luminance(colour) + 0.05)


def darker(colour: str) -> str:
    """The nearest shade of a colour that is legible on white."""
    for part in range(100, -1, -1):
        shade = "#" + "".join(f"{int(colour[at : at + 2], 16) * part // 100:02X}" for at in (1, 3, 5))
        if contrast_with_white(shade) >= LEGIBLE:
            return shade
    return "#000000"
