"""NAVER API HUB and the older openapi.naver.com: one product of Naver at a time, never the integrated page.

Web documents stand for the page's web block; blog, cafe, news and the like are other products and are told apart
by their own fields. The response does not repeat the query: it is taken from the address or the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from audit.models import Feature, Hit, Outcome, Page, SerpQuery, Status
from spiders.address import host, parameter, path
from spiders.ask import ApiRequest, Keys, Way, address
from spiders.provider import USUAL, Answer, Provider, get, moment, rows, trouble, whole, word

Row = Mapping[str, object]

ORDER = "the API's own relevance order, not that of Naver's page"
_PRODUCTS = {
    "blog": Feature.DISCUSSION,
    "cafe": Feature.DISCUSSION,
    "news": Feature.TOP_STORIES,
    "kin": Feature.QUESTION_ANSWER,
    "local": Feature.LOCAL_PACK,
    "encyc": Feature.ENCYCLOPEDIA,
    "image": Feature.IMAGE,
    "web": Feature.ORGANIC,
}
_FIELDS = {"bloggername": "blog", "cafename": "cafe", "originallink": "news", "mapx": "local", "sizeheight": "image"}
_HOSTS = {"kin.naver.com": "kin", "terms.naver.com": "encyc"}
_LOGIN = {"024", "028"}  # authentication failed, no client id
_RATE = {"010", "011", "012"}  # daily and per-second limits
_ROWS = 10
_HUB, _OLD = "hub", "openapi"
# Base address, path of the web documents, header of the id, header of the key. The hub's path for web documents is
# taken over from the older host and was not seen in a citable page: `path` in the brief overrides it.
_WAYS = {
    _HUB: (
        "https://naverapihub.apigw.ntruss.com",
        "/search/v1/webkr",
        "X-NCP-APIGW-API-KEY-ID",
        "X-NCP-APIGW-API-KEY",
    ),
    _OLD: ("https://openapi.naver.com", "/v1/search/webkr.json", "X-Naver-Client-Id", "X-Naver-Client-Secret"),
}


class NaverApi(Provider):
    name = "naver_api"
    homepage = "https://www.ncloud.com/product/applicationService/naverApiHub"
    engines = ("naver",)
    asks = engines
    needs = ("key", "id")
    formats = (_HUB, _OLD)
    verified = date(2026, 11, 1)
    documentation = "https://guide.ncloud-docs.com/docs/en/apihub-use"

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        base, path, id_header, key_header = _WAYS[way.format or _HUB]
        url = address(
            way.address or base,
            way.path or path,
            query=query.keyword,
            display=str(_ROWS),
            start=str(1 + (query.page - 1) * _ROWS),
            format="" if way.format == _OLD else "json",
        )
        return ApiRequest("GET", url, secret_headers=((id_header, keys["id"]), (key_header, keys["key"])))

    def recognises(self, document: object) -> bool:
        if _error(document):
            return True
        named = all(isinstance(get(document, name), int) for name in ("total", "start", "display"))
        return named and isinstance(get(document, "items"), list)

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        items = rows(document, "items")
        product = _product(page.url, items)
        start, shown = whole(get(document, "start")) or 1, whole(get(document, "display")) or 10
        yield Answer(
            engine="naver",
            hits=[_hit(row, _PRODUCTS[product]) for row in items],
            keyword=parameter(page.url, "query"),
            country="kr",
            language="ko",
            page=1 + (start - 1) // max(1, shown),
            at=moment(word(document, "lastBuildDate")),
            trouble=_trouble(document) if _error(document) else None,
            nothing="total 0" if get(document, "total") == 0 else "",
            vertical="" if product == "web" else product,
            warnings=(ORDER,),
        )


def _error(document: object) -> bool:
    return bool(word(document, "errorCode") or word(get(document, "error"), "errorCode"))


def _trouble(document: object) -> Outcome:
    inner = get(document, "error")
    code = word(document, "errorCode") or word(inner, "errorCode")
    words = word(document, "errorMessage", "message") or word(inner, "message", "details")
    why = f"error {code}: {words}"
    if code in _LOGIN:
        return Outcome(status=Status.BLOCKED, kind="login", why=why)
    if code in _RATE:
        return Outcome(status=Status.BLOCKED, kind="rate_limit", why=why)
    return trouble(why)


def _product(url: str, items: list[Row]) -> str:
    """Which product answered: by the address, else by fields only it has, else by the host all rows share."""
    place = path(url).rpartition("/")[2].removesuffix(".json").removesuffix(".xml").lower()
    for name in _PRODUCTS:
        if name in place:
            return name
    for field, name in _FIELDS.items():
        if items and all(field in row for row in items):
            return name
    hosts = {host(word(row, "link")) for row in items}
    return _HOSTS.get(next(iter(hosts)), "web") if len(hosts) == 1 else "web"


def _hit(row: Row, feature: Feature) -> Hit:
    return Hit(
        feature=feature,
        title=word(row, "title"),
        url=word(row, "originallink", "link"),
        snippet=word(row, "description"),
        date=word(row, "postdate", "pubDate") or None,
        source=word(row, "bloggername", "cafename", "category"),
    )
