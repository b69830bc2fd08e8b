"""openserp, self-hosted: one envelope for a single engine or for many ("mega"), rows carry their engine.

Clusters are a ranking of its own and are not read; `position.absolute` is. It has no words for "nothing found".
Source: karust/openserp, core/response.go and core/result.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from audit.models import Feature, Hit, Link, Outcome, Page, SerpQuery, Status
from spiders.ask import ApiRequest, Keys, Way, address, basic
from spiders.provider import USUAL, Answer, Provider, get, moment, rows, stars, strings, trouble, whole, word

Row = Mapping[str, object]

_NAMES = {"duck": "duckduckgo", "ddg": "duckduckgo"}
_FEATURES = {
    "organic": Feature.ORGANIC,
    "ad": Feature.AD,
    "ai_summary": Feature.AI_ANSWER,
    "ai_overview": Feature.AI_ANSWER,
    "featured_snippet": Feature.FEATURED_SNIPPET,
    "answer_box": Feature.FEATURED_SNIPPET,
    "knowledge_panel": Feature.KNOWLEDGE_PANEL,
    "people_also_ask": Feature.PEOPLE_ALSO_ASK,
    "video": Feature.VIDEO,
    "image": Feature.IMAGE,
    "news": Feature.TOP_STORIES,
    "top_stories": Feature.TOP_STORIES,
    "local": Feature.LOCAL_PACK,
    "related_searches": Feature.RELATED_SEARCHES,
    "discussions": Feature.DISCUSSION,
}
_LAST = 1_000_000
_PATHS = {"duckduckgo": "duck"}  # openserp's own name in the path
_ROWS = 10


class OpenSerp(Provider):
    name = "openserp"
    homepage = "https://github.com/karust/openserp"
    engines = ("google", "yandex", "baidu", "bing", "duckduckgo")
    asks = engines
    needs = ()
    takes = ("user", "key")
    verified = date(2026, 7, 2)
    documentation = "https://github.com/karust/openserp/blob/main/README.md"

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        url = address(
            self.base(way),
            way.path or f"/{_PATHS.get(query.engine, query.engine)}/search",
            text=query.keyword,
            lang=query.language.upper(),
            region=query.country,
            limit=str(_ROWS),
            start=str((query.page - 1) * _ROWS) if query.page > 1 else "",
        )
        return ApiRequest("GET", url, secret_headers=basic(keys))

    def recognises(self, document: object) -> bool:
        return isinstance(get(document, "query", "text"), str) and isinstance(get(document, "meta"), Mapping)

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        meta = get(document, "meta")
        failed = _failed(meta)
        given = [*rows(document, "results"), *rows(document, "serp_features")]
        asked = [*strings(document, "query", "engines_requested"), *strings(meta, "engines_responded"), *failed]
        names = list(dict.fromkeys(_engine(name) for name in [*asked, *(word(row, "engine") for row in given)] if name))
        known = [name for name in names if name in self.engines]
        others = [name for name in names if name not in self.engines]
        for name in known:
            hits = _hits([row for row in given if _engine(word(row, "engine") or name) == name])
            yield Answer(
                engine=name,
                hits=hits,
                keyword=word(get(document, "query"), "text"),
                country=word(get(document, "query"), "region"),
                language=word(get(document, "query"), "lang"),
                page=whole(get(document, "pagination", "page")) or 1,
                at=moment(word(meta, "requested_at", "timestamp")),
                trouble=trouble(failed[name]) if name in failed and not hits else None,
                warnings=(f"left out, not an engine of ours: {', '.join(others)}",) if others else (),
            )
        if others and not known:
            why = f"answers of {', '.join(others)} only"
            yield Answer(trouble=Outcome(status=Status.UNRECOGNISED, kind="other_engine", why=why))


def _engine(name: str) -> str:
    return _NAMES.get(name.lower(), name.lower())


def _failed(meta: object) -> dict[str, str]:
    """Engine to reason; the plain list names none."""
    reasons = {_engine(word(row, "engine")): word(row, "error", "reason") for row in rows(meta, "engine_errors")}
    return {_engine(name): "openserp names no reason" for name in strings(meta, "engines_failed")} | reasons


def _hits(given: list[Row]) -> list[Hit]:
    placed = sorted(given, key=lambda row: whole(get(row, "position", "absolute")) or _LAST)
    return [hit for row in placed for hit in _expanded(row)]


def _expanded(row: Row) -> list[Hit]:
    """A feature with items (questions, related searches) gives one hit an item."""
    items = rows(row, "items")
    if not items:
        return [_hit(row, row)]
    return [_hit(row, item) for item in items]


def _hit(row: Row, item: Row) -> Hit:
    kind = "ad" if get(row, "is_ad") is True else word(row, "type")
    links = tuple(
        Link(title=word(link, "title"), url=word(link, "url"))
        for link in [*rows(item, "links"), *rows(item, "rich", "sitelinks")]
    )
    return Hit(
        feature=_FEATURES.get(kind, Feature.OTHER),
        title=word(item, "title", "text", "question"),
        url=word(item, "url"),
        displayed_url=word(item, "display_url"),
        snippet=word(item, "snippet", "text", "answer") if word(item, "title") else word(item, "snippet", "answer"),
        rating=stars(get(item, "rich", "stars"), reviews=get(item, "rich", "reviews")),
        links=links,
    )
