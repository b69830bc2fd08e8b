"""SerpApi: many engines in one shape, a section for each block of the page, ranks within a section only.

The vendor gives no order between sections, so positions over all blocks follow the usual page: ads on top, answers,
stories, rows. "Hasn't returned any results" and "Fully empty" are its own words for nothing found. SearchApi.io
writes the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial

from audit.models import AggregateRating, Device, Feature, Hit, Link, Outcome, Page, SerpQuery
from spiders.ask import ApiRequest, Keys, Way, address
from spiders.provider import USUAL, Answer, Provider, get, moment, rows, stars, strings, trouble, whole, word

Row = Mapping[str, object]

NO_ORDER = "the vendor gives no order between blocks: positions over all blocks are not the page's"
_WEB = {
    "google": "google",
    "google_light": "google",
    "google_light_fast": "google",
    "bing": "bing",
    "baidu": "baidu",
    "yandex": "yandex",
    "naver": "naver",
    "duckduckgo": "duckduckgo",
    "duckduckgo_light": "duckduckgo",
    "yahoo": "yahoo",
    "brave": "brave",
}
_ROWS = 10
# Engine to its parameters: the words, the country, the language, the page with the number of its first row or page and
# the step (serpapi.com, one documentation page an engine).
_ASKED = {
    "google": ("q", "gl", "hl", "start", 0, _ROWS),
    "bing": ("q", "cc", "setlang", "first", 1, _ROWS),
    "baidu": ("q", "", "", "pn", 0, _ROWS),
    "yandex": ("text", "", "lang", "p", 0, 1),
    "naver": ("query", "", "", "page", 1, 1),
    "duckduckgo": ("q", "", "", "start", 0, _ROWS),
    "yahoo": ("p", "vc", "vl", "b", 1, _ROWS),
}
_REGIONS = {("GB", "en"): "uk-en", ("UA", "uk"): "ua-uk", ("KR", "ko"): "kr-kr", ("CN", "zh"): "cn-zh"}
"""DuckDuckGo's own codes where they are not country and language."""
_PHONES = frozenset({"google", "bing", "baidu"})  # engines with a parameter for the device
_EMPTY_WORDS = ("hasn't returned any results", "has not returned any results")
_EMPTY_STATE = "fully empty"
_OTHER_QUERY = "empty showing fixed spelling"


class SerpApi(Provider):
    name = "serpapi"
    homepage = "https://serpapi.com/"
    engines = ("google", "bing", "baidu", "yandex", "naver", "duckduckgo", "yahoo", "brave")
    asks = tuple(_ASKED)
    address = "https://serpapi.com"
    verified = date(2026, 11, 1)
    documentation = "https://serpapi.com/search-api"

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        """This API takes its key in the address only, so the request keeps it apart until it is sent."""
        words, country, language, page, first, step = _ASKED[query.engine]
        asked = {"engine": query.engine, words: query.keyword}
        asked |= {country: query.country.lower()} if country else {}
        asked |= {language: query.language} if language else {}
        if query.engine == "duckduckgo" and query.country:
            usual = f"{query.country}-{query.language}".lower()
            asked["kl"] = _REGIONS.get((query.country, query.language), usual)
        if query.engine in _PHONES:
            asked["device"] = "mobile" if query.device is Device.PHONE else "desktop"
        if query.page > 1:
            asked[page] = str(first + (query.page - 1) * step)
        url = address(self.base(way), way.path or "/search.json", **asked)
        return ApiRequest("GET", url, secret_parameters=(("api_key", keys["key"]),))

    def recognises(self, document: object) -> bool:
        if isinstance(get(document, "search_metadata"), Mapping):
            return isinstance(get(document, "search_parameters"), Mapping) or bool(word(document, "error"))
        error = word(document, "error")
        return "serpapi.com" in error or error == "Your account has run out of searches."

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        asked, meta = get(document, "search_parameters"), get(document, "search_metadata")
        about = get(document, "search_information")
        product = word(asked, "engine")
        engine = _WEB.get(product) or product.partition("_")[0]
        hits = [hit for section in _SECTIONS for hit in section(document)]
        nothing = _nothing(document)
        yield Answer(
            engine=engine if engine in self.engines else "",
            hits=hits,
            keyword=word(asked, "q", "query", "text", "p"),
            corrected=_corrected(about),
            country=word(asked, "gl", "cc", "country"),
            language=word(asked, "hl", "lang", "setlang"),
            device=Device.PHONE if word(asked, "device") in ("mobile", "phone") else Device.DESKTOP,
            page=_page(asked),
            url=word(meta, f"{product}_url", f"{engine}_url", "request_url"),
            at=moment(word(meta, "created_at")),
            trouble=None if nothing or hits else _trouble(document),
            nothing=nothing,
            fallback=word(about, "organic_results_state") if _state(about).startswith(_OTHER_QUERY) else "",
            vertical="" if product in _WEB else product or "an engine without a name",
            warnings=(NO_ORDER,) if len({hit.feature for hit in hits}) > 1 else (),
        )


def _state(about: object) -> str:
    return word(about, "organic_results_state").lower()


def _nothing(document: object) -> str:
    error = word(document, "error")
    if any(words in error.lower() for words in _EMPTY_WORDS):
        return error
    state = word(get(document, "search_information"), "organic_results_state")
    return state if state.lower() == _EMPTY_STATE else ""


def _trouble(document: object) -> Outcome | None:
    error = word(document, "error") or word(get(document, "search_metadata"), "error")
    status = word(get(document, "search_metadata"), "status")
    if error:
        return trouble(error)
    return None if status in ("", "Success", "Cached") else trouble(f"status {status}", kind="Interrupted")


def _corrected(about: object) -> str:
    """Only where the state says that the corrected query was searched; a mere suggestion was not."""
    state = _state(about)
    searched = "fixed spelling" in state or state.startswith("including results")
    return word(about, "spelling_fix", "including_results_for") if searched else ""


def _page(asked: object) -> int:
    """From whichever parameter the engine counts by: rows from 0 (Google, Baidu), from 1 (Bing, Yahoo), or pages."""
    for name, first, size in (("start", 0, 10), ("pn", 0, 10), ("first", 1, 10), ("b", 1, 10)):
        offset = whole(get(asked, name))
        if offset is not None:
            return 1 + max(0, offset - first) // size
    if get(asked, "text") is not None:  # Yandex counts its pages from 0
        return 1 + (whole(get(asked, "p")) or 0)
    return whole(get(asked, "page")) or 1


# ---------------------------------------------------------------- sections


def _rows(feature: Feature, *path: str) -> Callable[[object], list[Hit]]:
    return partial(_listed, feature, path)


def _listed(feature: Feature, path: tuple[str, ...], document: object) -> list[Hit]:
    return [_hit(row, feature) for row in rows(document, *path)]


def _hit(row: Row, feature: Feature) -> Hit:
    return Hit(
        feature=feature,
        title=word(row, "question", "title", "query", "name"),
        url="" if feature is Feature.RELATED_SEARCHES else word(row, "link", "website", "url"),
        displayed_url=word(row, "displayed_link", "displayed_brand"),
        snippet=word(row, "snippet", "description", "answer", "address"),
        date=word(row, "date", "published_date") or None,
        rating=_rating(row),
        source=word(row, "source") or word(get(row, "source"), "name"),
        links=_links(row),
    )


def _links(row: Row) -> tuple[Link, ...]:
    given = [*rows(row, "sitelinks", "inline"), *rows(row, "sitelinks", "expanded"), *rows(row, "sitelinks", "list")]
    if not given and isinstance(get(row, "sitelinks"), list):
        given = rows(row, "sitelinks")
    return tuple(Link(title=word(link, "title"), url=word(link, "link")) for link in given)


def _rating(row: Row) -> AggregateRating | None:
    for place in ("top", "bottom"):
        read = get(row, "rich_snippet", place, "detected_extensions")
        found = stars(get(read, "rating"), votes=get(read, "votes"), reviews=get(read, "reviews"))
        if found is not None:
            return found
    return stars(
        get(row, "rating"),
        votes=get(row, "votes"),
        reviews=get(row, "reviews") or get(row, "review_count"),
    )


def _ads(document: object, *, top: bool) -> list[Hit]:
    given = [*rows(document, "ads"), *rows(document, "ads_results")]
    chosen = [row for row in given if (word(row, "block_position") != "bottom") is top]
    return [_hit(row, Feature.AD) for row in chosen]


def _overview(document: object) -> list[Hit]:
    found = get(document, "ai_overview")
    text = " ".join(_block_texts(rows(found, "text_blocks")))
    if not text and not rows(found, "references"):
        return []
    links = tuple(Link(title=word(row, "title"), url=word(row, "link")) for row in rows(found, "references"))
    return [Hit(feature=Feature.AI_ANSWER, title="", snippet=text, links=links)]


def _block_texts(blocks: list[Row]) -> Iterator[str]:
    for block in blocks:
        yield from filter(None, (word(block, "title"), word(block, "snippet")))
        yield from filter(None, (word(item, "title", "snippet") for item in rows(block, "list")))


def _answer_box(document: object) -> list[Hit]:
    return [
        Hit(
            feature=Feature.FEATURED_SNIPPET,
            title=word(row, "title"),
            url=word(row, "link"),
            displayed_url=word(row, "displayed_link"),
            snippet=word(row, "snippet", "answer", "result") or " ".join(strings(row, "list")),
        )
        for row in [*rows(document, "answer_box"), *rows(document, "featured_snippet")]
    ]


def _panel(document: object) -> list[Hit]:
    return [
        Hit(
            feature=Feature.KNOWLEDGE_PANEL,
            title=word(row, "title"),
            url=word(row, "website") or word(get(row, "source"), "link"),
            snippet=word(row, "description", "type"),
            rating=_rating(row),
            source=word(get(row, "source"), "name"),
        )
        for row in rows(document, "knowledge_graph")
    ]


def _places(document: object) -> list[Hit]:
    given = rows(document, "local_results", "places") or (
        rows(document, "local_results") if isinstance(get(document, "local_results"), list) else []
    )
    hits = [_hit(row, Feature.LOCAL_PACK) for row in given]
    links = [word(get(row, "links"), "website") for row in given]
    return [hit.model_copy(update={"url": hit.url or link}) for hit, link in zip(hits, links, strict=True)]


_SECTIONS: tuple[Callable[[object], list[Hit]], ...] = (
    partial(_ads, top=True),
    _overview,
    _answer_box,
    _panel,
    _rows(Feature.TOP_STORIES, "top_stories"),
    _rows(Feature.TOP_STORIES, "news_results"),
    _places,
    _rows(Feature.ORGANIC, "organic_results"),
    _rows(Feature.ORGANIC, "web_results"),
    _rows(Feature.PEOPLE_ALSO_ASK, "related_questions"),
    _rows(Feature.DISCUSSION, "discussions_and_forums"),
    _rows(Feature.VIDEO, "inline_videos"),
    _rows(Feature.VIDEO, "video_results"),
    _rows(Feature.IMAGE, "inline_images"),
    partial(_ads, top=False),
    _rows(Feature.RELATED_SEARCHES, "related_searches"),
)
