"""A rank tracker's past -> snapshots by date and people's labels, all marked as imported.

Such a table lists single rows of pages that nobody kept: what stood on the other places is unknown, not empty. So a
page holds only the rows that are listed and carries the warning `positions only`; a keyword that was tracked and is not
ranked on a day has no page that day, which lowers coverage; and the snapshot's origin, `positions`, keeps it from being
compared with pages that were really seen. Labels in the table are people's, given by "imported" on the row's date: a
later word of a person wins over them. A table knows days only; a day stands for its noon in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from audit.address import normal_address
from audit.brief import Brief
from audit.classify import title_hash
from audit.errors import UsageError
from audit.models import (
    Device,
    Feature,
    Keyword,
    Label,
    LabelOrigin,
    Origin,
    Outcome,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
)
from audit.position_labels import has_signs, scale_of, sentiment_of
from audit.position_table import Table, day_of, day_order, position_of

PARTIAL = "positions only"
"""Warning of a page of which a table lists some rows."""
WHO = "imported"
LONGEST = 2_000
"""Signs of a title or snippet that are kept; no engine shows as many."""
_ENGINES = {"google": "google гугл 구글 谷歌", "yandex": "yandex яндекс 얀덱스", "naver": "naver 네이버"}
_ENGINES |= {"baidu": "baidu 百度 바이두", "bing": "bing бинг 빙 必应", "duckduckgo": "duckduckgo ddg"}
_COUNTRIES = {
    **{"US": "united states|usa|сша|미국|美国", "GB": "united kingdom|uk|great britain|england|великобритания|英国"},
    **{"RU": "russia|россия|росія|러시아|俄罗斯", "UA": "ukraine|украина|україна", "KZ": "kazakhstan|казахстан"},
    **{"KR": "south korea|korea|корея|대한민국|한국|韩国", "CN": "china|китай|중국|中国", "DE": "germany|германия"},
    **{"FR": "france|франция", "ES": "spain|испания", "IT": "italy|италия", "PL": "poland|польша|польща"},
    **{"CA": "canada|канада", "AU": "australia|австралия", "IN": "india|индия", "BY": "belarus|беларусь"},
    **{"NL": "netherlands", "BR": "brazil", "JP": "japan|япония|일본|日本", "TR": "turkey|türkiye|турция"},
}
_PHONES = ("mobile", "phone", "smartphone", "ios", "android", "моб", "смартфон", "телефон", "모바일", "手机", "移动")
_HOST = re.compile(r"[^\s/@:?#]+\.[^\s/@:?#.]{2,}(?:[/?#:]\S*)?")


class Hints(NamedTuple):
    """What a person says where the table does not."""

    engine: str = ""
    page: str = ""
    """Address that rows without one are about: the tracked site."""
    day: date | None = None
    date_format: str = ""
    label_scale: str = ""


class Bad(NamedTuple):
    line: int
    why: str


class Row(NamedTuple):
    """One position of one day."""

    line: int
    query: SerpQuery
    day: date
    position: int | None
    url: str
    title: str
    snippet: str
    sentiment: float | None


class Imported(NamedTuple):
    """What a table became; every row is a position, unranked, repeated or bad."""

    snapshots: tuple[Snapshot, ...]
    labels: tuple[Label, ...]
    bad: tuple[Bad, ...]
    rows: int
    unranked: int
    repeated: int
    regions: tuple[str, ...]
    """Regions that name no country: their rows stand under the brief's."""


def imported(table: Table, brief: Brief, hints: Hints, *, engines: Mapping[str, str], tool: str) -> Imported:
    """Snapshots by date, oldest first, and the labels. `engines`: those known, with whose index each answers from.

    `UsageError` where the whole table cannot be read."""
    reader = _Reader(table, brief, hints, engines)
    rows: list[Row] = []
    bad: list[Bad] = []
    for line, cells in table.rows:
        try:
            rows += reader.rows(line, cells)
        except ValueError as error:
            bad.append(Bad(line, str(error)))
    ranked = [row for row in rows if row.position is not None]
    kept, repeated, clashes = _placed(ranked)
    days = _by_day(kept)
    snapshots = (
        _snapshots(days, tuple(dict.fromkeys(row.query for row in rows)), brief, (engines, tool)) if days else []
    )
    counts = (len(rows), len(rows) - len(ranked), repeated)
    bad = sorted([*bad, *clashes])
    return Imported(tuple(snapshots), _labels(rows), tuple(bad), *counts, tuple(dict.fromkeys(reader.regions)))


class _Reader:
    """One table's rows; ValueError with what is wrong with a row, without its line."""

    def __init__(self, table: Table, brief: Brief, hints: Hints, engines: Iterable[str]) -> None:
        self._table, self._brief, self._hints, self._engines = table, brief, hints, tuple(engines)
        self._order = self._day_order()
        self._scale = scale_of(self._column("label"), hints.label_scale)
        self._signs = has_signs(self._column("label"))
        self._engine = hints.engine or self._only_engine()
        self._texts = {keyword.text.casefold(): keyword.text for keyword in brief.keywords()}
        self.regions: list[str] = []

    def _column(self, field: str) -> list[str]:
        at = self._table.columns.get(field)
        return [] if at is None else [cells[at] for _, cells in self._table.rows if at < len(cells)]

    def _day_order(self) -> str:
        days = [*self._table.days.values(), *self._column("date")]
        if not days and self._hints.day is None:
            mend = "Say when the positions were taken: --at 2025-03-31, or --map 'HEADING=date'."
            raise UsageError("has no column of dates.", mend=mend)
        return day_order(days, self._hints.date_format)

    def _only_engine(self) -> str:
        asked = {engine for market in self._brief.markets for engine in market.engines}
        if len(asked) != 1 and "engine" not in self._table.columns:
            mend = "Say whose positions these are: --engine google, or --map 'HEADING=engine'."
            raise UsageError("has no column of search engines.", mend=mend)
        return next(iter(asked)) if len(asked) == 1 else ""

    def rows(self, line: int, cells: Sequence[str]) -> Iterator[Row]:
        """One row, or one a day of a wide table."""
        if any(cell.strip() for cell in cells[self._table.width :]):
            raise ValueError(f"{len(cells)} cells under {self._table.width} headings")
        said = {field: _clean(cells[at]) if at < len(cells) else "" for field, at in self._table.columns.items()}
        query = self._query(said)
        url = _address(said.get("url", "") or self._hints.page)
        sentiment = sentiment_of(said.get("label", ""), self._scale, signs=self._signs)
        for day, cell in self._days(cells, said):
            place = position_of(cell)
            if place is not None and not url:
                raise ValueError("names no page; --page ADDRESS says which one is tracked")
            yield Row(line, query, day, place, url, said.get("title", ""), said.get("snippet", ""), sentiment)

    def _days(self, cells: Sequence[str], said: Mapping[str, str]) -> Iterator[tuple[date, str]]:
        if self._table.days:
            for at, heading in self._table.days.items():
                yield self._day(heading), cells[at] if at < len(cells) else ""
        elif "date" in said:
            yield self._day(said["date"]), said["position"]
        elif self._hints.day is not None:
            yield self._hints.day, said["position"]

    def _day(self, cell: str) -> date:
        day = day_of(cell, self._order)
        if day is None:
            raise ValueError(f"{cell[:30]!r} is no date")
        return day

    def _query(self, said: Mapping[str, str]) -> SerpQuery:
        if not said["keyword"]:
            raise ValueError("no keyword")
        named = said.get("engine", "")
        engine = self._known_engine(named) if named else self._engine
        if not engine:
            raise ValueError("names no search engine")
        country, language = self._market(engine, said.get("country", ""), said.get("language", ""))
        device = f"{said.get('device', '')} {named}".casefold()
        return SerpQuery(
            engine=engine,
            keyword=self._texts.get(said["keyword"].casefold(), said["keyword"]),
            country=country,
            language=language,
            device=Device.PHONE if any(word in device for word in _PHONES) else Device.DESKTOP,
        )

    def _known_engine(self, cell: str) -> str:
        text = cell.casefold()
        for name in self._engines:
            if any(word in text for word in _ENGINES.get(name, name).split()):
                return name
        raise ValueError(f"{cell[:30]!r} is no engine of ours")

    def _market(self, engine: str, region: str, language: str) -> tuple[str, str]:
        """Country and language, as the row says or else as the brief's market of this engine has them."""
        country = country_of(region)
        if region and not country:
            self.regions.append(region[:60])
        markets = [m for m in self._brief.markets if engine in m.engines and country in ("", m.country)]
        same = len({(m.country, m.language) for m in markets}) == 1
        spoken = language[:2].lower() if re.fullmatch(r"[A-Za-z]{2}([-_].*)?", language) else ""
        return country or (markets[0].country if same else ""), spoken or (markets[0].language if same else "")


def country_of(region: str) -> str:
    """ISO 3166 code of a region that is one or names its country; "" else."""
    text = region.strip()
    if re.fullmatch(r"[A-Za-z]{2}", text):
        return "GB" if text.upper() == "UK" else text.upper()
    if locale := re.fullmatch(r"[a-z]{2}[-_]([A-Z]{2})", text, re.IGNORECASE):
        return locale[1].upper()
    words = text.casefold()
    return next((code for code, names in _COUNTRIES.items() if re.search(rf"(?<!\w)(?:{names})(?!\w)", words)), "")


def _clean(cell: str) -> str:
    """One line without control signs; a spreadsheet's guard before a formula is taken off."""
    text = " ".join("".join(c if c.isprintable() else " " for c in cell[:LONGEST]).split())
    return text[1:] if re.match(r"'[=+\-@|%]", text) else text


def _address(cell: str) -> str:
    """A web address, with its scheme where a table leaves it out. ValueError for another scheme or no address."""
    if not cell:
        return ""
    if re.match(r"https?://[^\s/]", cell, re.IGNORECASE) and normal_address(cell):
        return cell
    if _HOST.fullmatch(cell) and normal_address(cell):
        return f"https://{cell}"
    raise ValueError(f"{cell[:40]!r} is no address")


# ---------------------------------------------------------------- documents


def _placed(rows: Iterable[Row]) -> tuple[list[Row], int, list[Bad]]:
    """Rows with one page a place; the very same again is counted, another page on a taken place is wrong."""
    taken: dict[tuple[SerpQuery, date, int | None], Row] = {}
    clashes, repeated = [], 0
    for row in rows:
        first = taken.setdefault((row.query, row.day, row.position), row)
        if first is row:
            continue
        if normal_address(first.url) == normal_address(row.url):
            repeated += 1
        else:
            clashes.append(Bad(row.line, f"position {row.position} is another page's already (line {first.line})"))
    return list(taken.values()), repeated, clashes


def _by_day(rows: Iterable[Row]) -> dict[date, dict[SerpQuery, list[Row]]]:
    found: dict[date, dict[SerpQuery, list[Row]]] = {}
    for row in sorted(rows, key=lambda row: row.day):
        found.setdefault(row.day, {}).setdefault(row.query, []).append(row)
    return found


def _snapshots(
    days: Mapping[date, Mapping[SerpQuery, list[Row]]],
    plan: tuple[SerpQuery, ...],
    brief: Brief,
    made: tuple[Mapping[str, str], str],
) -> list[Snapshot]:
    """One a day. The plan of each is everything the table ever asked: a day without a keyword covers less."""
    engines, tool = made
    known = {keyword.text: keyword for keyword in brief.keywords()}
    texts = {query.keyword: query.language for query in plan}
    base = Snapshot(
        brand=brief.the_brand(),
        taken_at=_noon(min(days)),
        tool=tool,
        brief_digest=brief.digest(),
        origin=Origin.POSITIONS,
        keywords=tuple(known.get(text, Keyword(text=text, language=language)) for text, language in texts.items()),
        plan=plan,
        engine_shares=brief.engine_shares,
        engine_indexes={query.engine: engines.get(query.engine, query.engine) for query in plan},
    )
    return [
        base.model_copy(update={"taken_at": _noon(day), "serps": _serps(day, asked)}) for day, asked in days.items()
    ]


def _serps(day: date, asked: Mapping[SerpQuery, list[Row]]) -> tuple[Serp, ...]:
    return tuple(_serp(f"s{number}", query, _noon(day), rows) for number, (query, rows) in enumerate(asked.items(), 1))


def _serp(name: str, query: SerpQuery, at: datetime, rows: Sequence[Row]) -> Serp:
    return Serp(
        id=name,
        query=query,
        fetched_at=at,
        outcome=Outcome(status=Status.RESULTS, why="listed in a table of positions"),
        displayed_query=query.keyword,
        results=tuple(
            SerpResult(
                feature=Feature.ORGANIC,
                title=row.title,
                url=row.url,
                snippet=row.snippet,
                position=row.position or 1,
                rank=row.position or 1,
            )
            for row in sorted(rows, key=lambda row: row.position or 0)
        ),
        source="positions",
        warnings=(PARTIAL,),
        fallbacks={},
    )


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _labels(rows: Iterable[Row]) -> tuple[Label, ...]:
    """The newest label of every page in the table: an older one of the same page would never count."""
    found: dict[str, Row] = {}
    for row in rows:
        if row.sentiment is not None and row.url:
            address = normal_address(row.url)
            if address not in found or row.day >= found[address].day:
                found[address] = row
    return tuple(_label(address, row) for address, row in found.items())


def _label(address: str, row: Row) -> Label:
    bad = row.sentiment is not None and row.sentiment < 0
    return Label(
        key="",
        address=address,
        title_hash=title_hash(row.title) if row.title else "",
        sentiment=row.sentiment,
        confidence=1.0,
        severity=1 if bad else 0,
        by=LabelOrigin.PERSON,
        because=(f"person:{WHO}",),
        who=WHO,
        when=_noon(row.day),
    )
