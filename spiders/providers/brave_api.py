"""Brave Search API: Brave's own index as JSON; `mixed` holds the order of the page, the blocks hold the rows.

Brave has no words for "nothing found": it leaves `web` out. Such a response stays unrecognised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from audit.models import AggregateRating, Feature, Hit, Link, Outcome, Page, SerpQuery
from spiders.address import parameter
from spiders.ask import ApiRequest, Keys, Way, address
from spiders.provider import USUAL, Answer, Provider, get, rows, stars, trouble, whole, word

Row = Mapping[str, object]

_BLOCKS = {
    "web": Feature.ORGANIC,
    "news": Feature.TOP_STORIES,
    "videos": Feature.VIDEO,
    "discussions": Feature.DISCUSSION,
    "faq": Feature.PEOPLE_ALSO_ASK,
    "locations": Feature.LOCAL_PACK,
    "infobox": Feature.KNOWLEDGE_PANEL,
}
_PATH = "/res/v1/web/search"
_ROWS = "20"  # the most of one request, and about what a page of search.brave.com shows
# Countries and languages Brave takes (its documentation, "Country codes", "Language codes"); others are an error 422.
_COUNTRIES = (
    "AR AU AT BE BR CA CL DK FI FR DE GR HK IN ID IT JP KR MY MX NL NZ NO CN PL PT PH RU SA ZA ES SE CH TW TR GB US"
)
_EVERYWHERE = "ALL"
_LANGUAGES = {"zh": "zh-hans", "ja": "jp", "pt": "pt-pt"}


class BraveApi(Provider):
    name = "brave_api"
    homepage = "https://brave.com/search/api/"
    engines = ("brave",)
    asks = engines
    address = "https://api.search.brave.com"
    verified = date(2026, 11, 1)
    documentation = "https://api-dashboard.search.brave.com/documentation"

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        url = address(
            self.base(way),
            way.path or _PATH,
            q=query.keyword,
            count=_ROWS,
            offset=str(query.page - 1),
            country=query.country if len(query.country) == 2 and query.country in _COUNTRIES else _EVERYWHERE,
            search_lang=_LANGUAGES.get(query.language, query.language),
        )
        return ApiRequest("GET", url, secret_headers=(("X-Subscription-Token", keys["key"]),))

    def recognises(self, document: object) -> bool:
        kind = get(document, "type")
        if kind == "ErrorResponse":
            return isinstance(get(document, "error"), Mapping)
        return kind == "search" and isinstance(get(document, "query", "original"), str)

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        asked = get(document, "query")
        offset = whole(parameter(page.url, "offset"))
        yield Answer(
            engine="brave",
            hits=[_hit(kind, row) for kind, row in _in_order(document)],
            keyword=word(asked, "original"),
            corrected=word(asked, "altered"),
            country=word(asked, "country") or parameter(page.url, "country"),
            language=word(get(asked, "language"), "main") or parameter(page.url, "search_lang"),
            page=(offset or 0) + 1,
            trouble=_trouble(get(document, "error")) if get(document, "type") == "ErrorResponse" else None,
        )


def _trouble(error: object) -> Outcome:
    parts = [word(error, "status"), word(error, "code"), word(error, "detail", "message")]
    return trouble(" ".join(part.replace("_", " ") for part in parts if part))


def _in_order(document: object) -> list[tuple[str, Row]]:
    """Rows as the page shows them: top, main, side of `mixed`, then whatever `mixed` does not name."""
    blocks = {kind: rows(document, kind, "results") for kind in _BLOCKS}
    order: list[tuple[str, int]] = []
    for entry in (row for part in ("top", "main", "side") for row in rows(document, "mixed", part)):
        kind, index = word(entry, "type"), whole(get(entry, "index"))
        everything = get(entry, "all") is True or index is None
        order += _places(kind, blocks.get(kind, ()), everything, index or 0)
    order += [(kind, place) for kind, block in blocks.items() for place in range(len(block))]
    return [(kind, blocks[kind][place]) for kind, place in dict.fromkeys(order)]


def _places(kind: str, block: Sequence[Row], everything: bool, index: int) -> list[tuple[str, int]]:
    return [(kind, place) for place in (range(len(block)) if everything else [index]) if place < len(block)]


def _hit(kind: str, row: Row) -> Hit:
    return Hit(
        feature=_BLOCKS[kind],
        title=word(row, "question", "title", "label"),
        url=word(row, "url", "website_url", "provider_url"),
        displayed_url=_shown(get(row, "meta_url")),
        snippet=word(row, "answer", "description", "long_desc"),
        date=word(row, "page_age", "age") or None,
        rating=_rating(row),
        source=word(get(row, "profile"), "long_name", "name") or word(get(row, "meta_url"), "hostname"),
        links=tuple(
            Link(title=word(link, "title"), url=word(link, "url"))
            for link in [*rows(row, "deep_results", "buttons"), *rows(row, "deep_results", "links")]
        ),
    )


def _shown(meta: object) -> str:
    return f"{word(meta, 'netloc', 'hostname')} {word(meta, 'path')}".strip()


def _rating(row: Row) -> AggregateRating | None:
    given = rows(row, "rating") or rows(row, "ratings")
    if not given:
        return None
    first = given[0]
    return stars(
        get(first, "ratingValue"),
        best=get(first, "bestRating"),
        votes=get(first, "ratingCount"),
        reviews=get(first, "reviewCount"),
    )
