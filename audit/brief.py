"""brief.toml -> Brief: who is audited, where people look, what they type, and how the report looks.

Errors name the file, the key (and the line where it can be told) and the mend.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from audit.errors import BriefError
from audit.keywords import matrix
from audit.models import (
    Brand,
    Competitor,
    Device,
    Document,
    HouseStyle,
    Keyword,
    KeywordKind,
    Method,
    Profile,
    SerpQuery,
)

DEFAULT_KINDS = (KeywordKind.BRAND, KeywordKind.EVALUATION, KeywordKind.COMPLAINT)
_COUNTRY = re.compile(r"^[A-Z]{2}$")
_LANGUAGE = re.compile(r"^[a-z]{2}$")


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


class Brief(Document):
    """A whole brief, checked."""

    brand: BrandTable
    competitors: tuple[Competitor, ...] = ()
    markets: tuple[Market, ...] = Field(min_length=1)
    demand: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Keyword text -> searches a month; keywords without a figure share the mean."""
    engine_shares: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    collect: CollectTable = CollectTable()
    consent: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    """Host -> who decided to ask it although its robots forbid it, and why. Printed in the report."""
    figures: tuple[Figure, ...] = ()
    score: ScoreTable = ScoreTable()
    style: HouseStyle = HouseStyle()
    store: str = "repaudit.sqlite"
    """Path beside the brief, or a postgresql:// address."""

    def the_brand(self) -> Brand:
        b = self.brand
        return Brand(
            name=b.name,
            aliases=b.aliases,
            domains=b.domains,
            profiles=tuple(Profile(url=url) for url in b.profiles),
            competitors=self.competitors,
            partners=b.partners,
            hostile=b.hostile,
            namesakes=b.namesakes,
            products=b.products,
        )

    def keywords(self) -> tuple[Keyword, ...]:
        """Every keyword of every market once, with its demand; equal weights where nobody knows."""
        found: dict[str, Keyword] = {}
        for market in self.markets:
            for keyword in self._of_market(market):
                found.setdefault(keyword.text, keyword)
        known = [self.demand[text] for text in found if text in self.demand]
        usual = sum(known) / len(known) if known else 1.0
        return tuple(
            k.model_copy(update={"demand": self.demand.get(k.text, usual if known and k.demand == 1.0 else k.demand)})
            for k in found.values()
        )

    def _of_market(self, market: Market) -> list[Keyword]:
        own = [Keyword(**{**k.model_dump(), "language": k.language or market.language}) for k in market.keywords]
        form = market.brand or self.brand.name
        made = matrix(form, market.language, market.kinds, products=self.brand.products, per_class=market.per_class)
        return [*made, *own]

    def plan(self) -> tuple[SerpQuery, ...]:
        """Every cell that should be answered."""
        return tuple(
            SerpQuery(
                engine=engine,
                keyword=keyword.text,
                country=market.country,
                language=market.language,
                device=market.device,
                page=page,
            )
            for market in self.markets
            for engine in market.engines
            for keyword in self._of_market(market)
            for page in range(1, market.pages + 1)
        )

    def method(self) -> Method:
        return Method(**self.score.model_dump())

    def digest(self) -> str:
        """Identity of what was asked: equal digests make equal plans."""
        rest = {"style": HouseStyle(), "store": "", "collect": CollectTable(), "consent": {}, "figures": ()}
        asked = self.model_copy(update=rest)
        return hashlib.sha256(asked.model_dump_json().encode()).hexdigest()[:16]


def read_brief(path: Path, engines: Sequence[str] = ()) -> Brief:
    """Read and check a brief; `engines` are the names a market may ask.

    Raises `BriefError` with file, key or line, and the mend.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise BriefError("there is no such file.", where=str(path), mend="Make one with: repaudit init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BriefError(f"cannot be read ({error}).", where=str(path), mend="Save it as UTF-8 text.") from None
    return parse_brief(text, str(path), engines)


def parse_brief(text: str, where: str = "brief.toml", engines: Sequence[str] = ()) -> Brief:
    """The brief of a TOML text; `where` names it in errors."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mend = "Mend that line; strings stand in quotes."
        raise BriefError(f"is not valid TOML: {error}.", where=where, mend=mend) from None
    try:
        return Brief.model_validate(raw, context={"engines": engines})
    except ValidationError as error:
        raise _brief_error(error, text, where) from None


def _brief_error(error: ValidationError, text: str, where: str) -> BriefError:
    """The first problem, in words, with its key and line; how many more there are."""
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")  # a typo explains a gap
    problem = problems[0]
    location = problem["loc"]
    key, line = _key(location), _line(text, location)
    what, mend = _words(problem, location)
    more = f" ({len(problems) - 1} more after this one)" if len(problems) > 1 else ""
    return BriefError(f"{what}{more}.", where=f"{where}{f':{line}' if line else ''}: {key}", mend=mend)


def _words(problem: Any, location: tuple[int | str, ...]) -> tuple[str, str]:
    if problem["type"] == "extra_forbidden":
        known = _known_keys(location)
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        mend = f"Did you mean '{near[0]}'?" if near else f"Known keys here: {', '.join(known)}."
        return "is no key of a brief", mend
    if problem["type"] == "missing":
        return "is missing", "Add it; `repaudit init` writes a commented example."
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:], "" if "; " in message else f"Got {problem.get('input')!r}."


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    tables: dict[str, type[Document]] = {
        "brand": BrandTable,
        "competitors": Competitor,
        "markets": Market,
        "collect": CollectTable,
        "figures": Figure,
        "score": ScoreTable,
        "style": HouseStyle,
    }
    table = tables.get(str(location[0]), Brief) if len(location) > 1 else Brief
    return list((KeywordTable if "keywords" in location else table).model_fields)


def _key(location: tuple[int | str, ...]) -> str:
    """`markets[1].engines` as a person would say it (counted from 1)."""
    parts = ""
    for part in location:
        parts += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if parts else part
    return parts


def _line(text: str, location: tuple[int | str, ...]) -> int | None:
    """Line of the last named key, within its table; None where it cannot be told (a missing key)."""
    names = [part for part in location if isinstance(part, str)]
    number = next((part for part in location if isinstance(part, int)), 0)
    seen, inside = -1, len(names) < 2
    for place, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line)
        if head:
            seen += head.group(1) == names[0]
            inside = head.group(1) == names[0] and (seen == number or not line.lstrip().startswith("[["))
            if inside and len(names) == 1:
                return place
        elif inside and re.match(rf"\s*[\"']?{re.escape(names[-1])}[\"']?\s*=", line):
            return place
    return None
