"""brief.toml -> Brief: who is audited, where people look, what they type, and how the report looks.

Errors name the file, the key (and the line where it can be told) and the mend.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from audit.errors import BriefError
from audit.keywords import matrix
from audit.models import Brand, Competitor, Document, Keyword, Method, Profile, SerpQuery
from audit.tables import BrandTable, CollectTable, Figure, KeywordTable, Market, ScoreTable, StyleTable
from audit.tables_alerts import AlertsTable
from audit.tables_meaning import MeaningTable
from audit.tables_providers import Askable, ProviderTable, check_providers
from audit.tables_schedule import MoneyTable, ScheduleTable

_USERINFO = re.compile(r"//[^\s/@'\"]+@")  # a password in an address is not repeated in an error
_NOT_ASKED: dict[str, Any] = {
    **dict.fromkeys(("alerts", "meaning", "schedule", "money"), True),
    # Asked beside the plan, and never part of it; these four stand in every digest that was ever made.
    "collect": set(CollectTable.model_fields) - {"reviews", "landings", "suggestions", "screenshots"},
    "competitors": {"__all__": {"measure"}},
}
"""What moves no question and no answer: an older snapshot stays comparable when it is switched on."""


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
    providers: dict[str, ProviderTable] = Field(default_factory=dict)
    """API -> the engines it is asked for instead of their result pages."""
    figures: tuple[Figure, ...] = ()
    alerts: AlertsTable = AlertsTable()
    meaning: MeaningTable = MeaningTable()
    schedule: ScheduleTable | None = None
    money: MoneyTable | None = None
    score: ScoreTable = ScoreTable()
    style: StyleTable = StyleTable()
    store: str = "repaudit.sqlite"
    """Path beside the brief, or a postgresql:// address."""

    @field_validator("providers")
    @classmethod
    def _providers(cls, tables: dict[str, ProviderTable], info: ValidationInfo) -> dict[str, ProviderTable]:
        check_providers(tables, (info.context or {}).get("providers"))
        return tables

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

    def asked_of(self, cell: SerpQuery) -> str:
        """The API that is asked for this cell; "" where the engine itself is."""
        return next((name for name, table in self.providers.items() if cell.engine in table.engines), "")

    def method(self) -> Method:
        return Method(**self.score.model_dump(), judge=self.meaning.engine)

    def digest(self) -> str:
        """Identity of what was asked: equal digests make equal plans."""
        rest = {"style": StyleTable(), "store": "", "collect": CollectTable(), "consent": {}, "figures": ()}
        routes = {name: ProviderTable(engines=table.engines) for name, table in self.providers.items()}
        asked = self.model_copy(update={**rest, "providers": routes})
        written = asked.model_dump_json(exclude={**_NOT_ASKED, **({} if routes else {"providers": True})})
        return hashlib.sha256(written.encode()).hexdigest()[:16]


def read_brief(path: Path, engines: Sequence[str] = (), providers: Mapping[str, Askable] | None = None) -> Brief:
    """Read and check a brief; `engines` are the names a market may ask, `providers` the APIs that may be asked.

    Raises `BriefError` with file, key or line, and the mend.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise BriefError("there is no such file.", where=str(path), mend="Make one with: repaudit init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BriefError(f"cannot be read ({error}).", where=str(path), mend="Save it as UTF-8 text.") from None
    return parse_brief(text, str(path), engines, providers)


def parse_brief(
    text: str,
    where: str = "brief.toml",
    engines: Sequence[str] = (),
    providers: Mapping[str, Askable] | None = None,
) -> Brief:
    """The brief of a TOML text; `where` names it in errors."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mend = "Mend that line; strings stand in quotes."
        raise BriefError(f"is not valid TOML: {error}.", where=where, mend=mend) from None
    try:
        return Brief.model_validate(raw, context={"engines": engines, "providers": providers})
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
    got = "" if "; " in message else f"Got {problem.get('input')!r}."
    return _USERINFO.sub("//***@", message[0].lower() + message[1:]), _USERINFO.sub("//***@", got)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    tables: dict[str, type[Document]] = {
        "brand": BrandTable,
        "competitors": Competitor,
        "markets": Market,
        "collect": CollectTable,
        "providers": ProviderTable,
        "figures": Figure,
        "score": ScoreTable,
        "style": StyleTable,
        "meaning": MeaningTable,
        "alerts": AlertsTable,
        "schedule": ScheduleTable,
        "money": MoneyTable,
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
