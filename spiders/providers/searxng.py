"""SearXNG, a self-hosted metasearch: one response, one `Serp` for every engine that was asked.

`score` mixes engines, so order comes from `positions`. `engines` is a set when it is written: only the first
position is surely the one of `engine`; with three or more engines the others are matched so that no engine holds
a position twice, and the doubt is told. SearXNG has no words for "nothing found": an engine that was asked and is
silent proves nothing. Source of the fields: searxng/searxng, searx/webutils.py and searx/results.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import permutations

from audit.models import Feature, Hit, Outcome, Page, SerpQuery, Status
from spiders.address import parameter
from spiders.ask import ApiRequest, Keys, Way, address, basic
from spiders.provider import USUAL, Answer, Provider, clean, get, rows, strings, trouble, whole, word

Row = Mapping[str, object]

_FEATURES = {
    "videos": Feature.VIDEO,
    "images": Feature.IMAGE,
    "news": Feature.TOP_STORIES,
    "map": Feature.LOCAL_PACK,
}
_MOST_ENGINES = 5  # 120 orders to try; rows found by more engines keep the order of the list


class SearXNG(Provider):
    name = "searxng"
    homepage = "https://docs.searxng.org/"
    engines = ("google", "bing", "baidu", "yandex", "naver", "duckduckgo", "brave", "yahoo")
    asks = engines
    needs = ()
    takes = ("user", "key")
    verified = date(2026, 11, 1)
    documentation = "https://docs.searxng.org/dev/search_api.html"

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        """One engine a request. The host must list `json` under `search.formats`, else it answers 403."""
        place = f"{query.language}-{query.country}" if query.language and query.country else query.language
        url = address(
            self.base(way),
            way.path or "/search",
            q=query.keyword,
            format="json",
            engines=query.engine,
            language=place,
            pageno=str(query.page),
        )
        return ApiRequest("GET", url, secret_headers=basic(keys))

    def recognises(self, document: object) -> bool:
        return isinstance(get(document, "results"), list) and isinstance(get(document, "unresponsive_engines"), list)

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        found = _by_engine(document)
        refused = _refused(document)
        asked = [name.strip() for name in parameter(page.url, "engines").split(",") if name.strip()]
        names = list(dict.fromkeys([*found.rows, *refused, *asked]))
        known = [name for name in names if name in self.engines]
        others = [f"{name} ({len(found.rows.get(name, ()))})" for name in names if name not in self.engines]
        warnings = (f"left out, not an engine of ours: {', '.join(others)}",) if others else ()
        for name in known:
            extra = _extras(document) if len(names) == 1 else []
            yield Answer(
                engine=name,
                hits=[*found.hits(name), *extra],
                keyword=word(document, "query"),
                language=parameter(page.url, "language"),
                page=whole(parameter(page.url, "pageno")) or 1,
                trouble=trouble(refused[name]) if name in refused and name not in found.rows else None,
                warnings=(*warnings, *found.doubts(name)),
            )
        if not known:
            yield Answer(keyword=word(document, "query"), trouble=_strangers(others) if others else None)


def _strangers(others: list[str]) -> Outcome:
    why = f"answers of {', '.join(others)} only"
    return Outcome(status=Status.UNRECOGNISED, kind="other_engine", why=why)


class _Found:
    """Rows by engine with their position there."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[int, Row]]] = {}
        self.unsure: dict[str, int] = {}

    def add(self, engine: str, position: int, row: Row) -> None:
        self.rows.setdefault(engine, []).append((position, row))

    def taken(self, engine: str, position: int) -> bool:
        return any(place == position for place, _ in self.rows.get(engine, ()))

    def hits(self, engine: str) -> list[Hit]:
        placed = sorted(self.rows.get(engine, ()), key=lambda pair: pair[0])
        return [_hit(row) for _, row in placed]

    def doubts(self, engine: str) -> list[str]:
        places = sorted(place for place, _ in self.rows.get(engine, ()))
        told = [f"positions of {self.unsure[engine]} rows are one of several readings"] if engine in self.unsure else []
        if places and places != list(range(1, len(places) + 1)):
            told.append("SearXNG's positions have gaps: rows it merged or dropped are not counted here")
        return told


def _by_engine(document: object) -> _Found:
    found = _Found()
    unclear: list[tuple[Row, list[str], list[int]]] = []
    for row in rows(document, "results"):
        first = word(row, "engine")
        names = list(dict.fromkeys([*([first] if first else []), *strings(row, "engines")]))
        places = [place for raw in _list(row, "positions") if (place := whole(raw)) is not None]
        if len(names) > 2 and len(set(places[1:])) > 1:
            unclear.append((row, names, places))
            continue
        for name, place in zip(names, _padded(places, len(names)), strict=False):
            found.add(name, place, row)
    for row, names, places in unclear:
        _match(found, row, names, places)
    return found


def _match(found: _Found, row: Row, names: list[str], places: list[int]) -> None:
    """Give the first engine the first position, and the others an order that no surely read row contradicts."""
    rest = _padded(places, len(names))[1 : len(names)]
    orders = list(permutations(rest)) if len(names) <= _MOST_ENGINES else [tuple(rest)]
    fitting = [
        order
        for order in dict.fromkeys(orders)
        if not any(found.taken(name, place) for name, place in zip(names[1:], order, strict=True))
    ]
    chosen = fitting[0] if fitting else tuple(rest)
    if len(fitting) != 1:
        for name in names[1:]:
            found.unsure[name] = found.unsure.get(name, 0) + 1
    for name, place in zip(names, (*places[:1], *chosen), strict=False):
        found.add(name, place, row)


def _padded(places: list[int], length: int) -> list[int]:
    """An engine without a position of its own comes after those that have one."""
    return places + [1_000_000] * (length - len(places))


def _refused(document: object) -> dict[str, str]:
    """Engine to reason, from pairs [name, reason]."""
    pairs = [pair for pair in _list(document, "unresponsive_engines") if isinstance(pair, list) and len(pair) >= 2]
    return {clean(pair[0]): clean(pair[1]) for pair in pairs}


def _hit(row: Row) -> Hit:
    return Hit(
        feature=_FEATURES.get(word(row, "category"), Feature.ORGANIC),
        title=word(row, "title"),
        url=word(row, "url"),
        displayed_url=word(row, "pretty_url"),
        snippet=word(row, "content"),
        date=word(row, "publishedDate", "pubdate") or None,
        source=word(row, "author"),
    )


def _extras(document: object) -> list[Hit]:
    """Boxes that SearXNG merges over engines: attributable only when a single one was asked."""
    boxes = [
        Hit(
            feature=Feature.KNOWLEDGE_PANEL,
            title=word(box, "infobox"),
            url=word(box, "id"),
            snippet=word(box, "content"),
        )
        for box in rows(document, "infoboxes")
    ]
    answered = [
        Hit(feature=Feature.FEATURED_SNIPPET, title=word(row, "answer"), url=word(row, "url"))
        for row in rows(document, "answers")
    ]
    related = [Hit(feature=Feature.RELATED_SEARCHES, title=text) for text in strings(document, "suggestions")]
    return [*answered, *boxes, *related]


def _list(node: object, name: str) -> list[object]:
    found = get(node, name)
    return found if isinstance(found, list) else []
