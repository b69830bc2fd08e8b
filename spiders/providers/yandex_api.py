"""Yandex Search API v2: base64 around XML or around the very HTML an incognito visitor gets.

HTML goes to the Yandex engine file by `unwrap`; XML is read here. Error 15 is Yandex's word for "nothing found".
Source of fields and codes: yandex.cloud/en/docs/search-api, concepts/response and reference/error-codes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from audit.models import Feature, Hit, Outcome, Page, SerpQuery, Status
from spiders.ask import JSON, ApiRequest, Keys, Way, address
from spiders.provider import USUAL, Answer, Provider, clean, get, moment, parse_document, trouble, whole, word
from spiders.secret import Secret

NOTHING_FOUND = "15"
_CODES = {
    "32": (Status.BLOCKED, "rate_limit"),
    "55": (Status.BLOCKED, "rate_limit"),
    "33": (Status.BLOCKED, "access_denied"),
    "34": (Status.BLOCKED, "login"),
    "31": (Status.BLOCKED, "login"),
    "42": (Status.BLOCKED, "login"),
    "43": (Status.BLOCKED, "access_denied"),
    "44": (Status.BLOCKED, "access_denied"),
    "100": (Status.BLOCKED, "captcha"),
}
"""Daily limit, rate limit, address not registered, user, user, key, keys' version, old address, robot suspected."""
_ROOT = "yandexsearch"
_PATH = "/v2/web/search"
_ROWS = "10"
_TYPES = {"RU": "RU", "TR": "TR", "KZ": "KK", "BY": "BE", "UZ": "UZ"}  # country to search type; any other is COM
_SPOKEN = {
    "RU": ("ru", "uk", "be", "kk"),
    "TR": ("tr",),
    "KK": ("kk", "ru"),
    "BE": ("be", "ru"),
    "UZ": ("uz", "ru"),
    "COM": ("en",),
}
"""Languages of the page in each search type, the usual one first (yandex.cloud, concepts/web-search)."""
_RUSSIA = "225"  # region id; the parameter belongs to the Russian search type only


class YandexApi(Provider):
    name = "yandex_api"
    homepage = "https://yandex.cloud/en/services/search-api"
    engines = ("yandex",)
    asks = engines
    address = "https://searchapi.api.cloud.yandex.net"
    needs = ("key", "id")
    formats = ("html", "xml")
    verified = date(2026, 11, 1)
    documentation = "https://yandex.cloud/en/docs/search-api/concepts/response"

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        """`id` is the folder of the key's service account. HTML by default: the page an incognito visitor gets."""
        kind = _TYPES.get(query.country, "COM")
        spoken = query.language if query.language in _SPOKEN[kind] else _SPOKEN[kind][0]
        asked = {
            "query": {
                "searchType": f"SEARCH_TYPE_{kind}",
                "queryText": query.keyword,
                "page": str(query.page - 1),
            },
            "groupSpec": {"groupMode": "GROUP_MODE_FLAT", "groupsOnPage": _ROWS, "docsInGroup": "1"},
            "l10n": f"LOCALIZATION_{spoken.upper()}",
            "folderId": keys["id"].reveal(),
            "responseFormat": f"FORMAT_{(way.format or self.formats[0]).upper()}",
        }
        if kind == "RU":
            asked["region"] = _RUSSIA
        return ApiRequest(
            "POST",
            address(self.base(way), way.path or _PATH),
            headers=(*JSON, ("Content-Type", "application/json")),
            body=json.dumps(asked, ensure_ascii=False).encode(),
            secret_headers=(("Authorization", Secret(f"Api-Key {keys['key'].reveal()}")),),
        )

    def recognises(self, document: object) -> bool:
        if _is_xml(document):
            return _local(document) == _ROOT
        return bool(_raw(document)) or _is_refusal(document)

    def unwrap(self, page: Page, document: object) -> Page | None:
        body = _decoded(document)
        if body is None or not _is_html(body):
            return None
        evidence = page.evidence.model_copy(update={"record": "rawData"}) if page.evidence else None
        headers = (("content-type", "text/html; charset=utf-8"),)
        source = f"api:{self.name}"
        return page.model_copy(
            update={"body": body, "headers": headers, "url": "", "source": source, "evidence": evidence}
        )

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        if not _is_xml(document):
            if _is_refusal(document):
                yield Answer(engine="yandex", trouble=trouble(word(document, "message", "error")))
                return
            body = _decoded(document)
            document = parse_document(body) if body is not None else None
        yield _answer(document) if _is_xml(document) else Answer(engine="yandex", trouble=_unreadable())


def _unreadable() -> Outcome:
    return Outcome(status=Status.FAILED, kind="BadEncoding", why="rawData is no base64 of XML or HTML")


def _is_xml(document: object) -> bool:
    return isinstance(document, etree._Element)


def _local(root: Any) -> str:
    return str(etree.QName(root).localname)


def _raw(document: object) -> str:
    """`rawData` of the synchronous answer, or of a finished deferred operation."""
    raw = get(document, "rawData") or get(document, "response", "rawData")
    return raw if isinstance(raw, str) else ""


def _decoded(document: object) -> bytes | None:
    try:
        return base64.b64decode("".join(_raw(document).split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _is_html(body: bytes) -> bool:
    return body.lstrip().startswith(b"<") and f"<{_ROOT}".encode() not in body[:2000]


def _is_refusal(document: object) -> bool:
    """The gRPC status the gateway answers with; it names the service or the cloud."""
    if not isinstance(get(document, "code"), int) or not word(document, "message"):
        return False
    return any(name in str(document).lower() for name in ("yandex", "searchapi", "search-api"))


def _answer(root: Any) -> Answer:
    error = next(iter(root.iterfind(".//response/error")), None)
    code = clean(error.get("code")) if error is not None else ""
    words = _text(error)
    return Answer(
        engine="yandex",
        hits=[_hit(doc) for doc in root.iterfind(".//group/doc")],
        keyword=_text(root.find(".//request/query")),
        corrected=_text(root.find(".//reask/text-to-show")),
        page=(whole(_text(root.find(".//request/page"))) or 0) + 1,
        at=moment(
            _compact((root.find("./response") if root.find("./response") is not None else root).get("date") or "")
        ),
        trouble=_trouble(code, words) if error is not None and code != NOTHING_FOUND else None,
        nothing=f"error 15: {words}" if code == NOTHING_FOUND else "",
        warnings=("XML holds the organic rows only: ads and boxes of the page are not in it",),
    )


def _trouble(code: str, words: str) -> Outcome:
    if code in _CODES:
        status, kind = _CODES[code]
        return Outcome(status=status, kind=kind, why=f"error {code}: {words}")
    return trouble(f"error {code}: {words}")


def _hit(doc: Any) -> Hit:
    passages = " ".join(filter(None, (_text(part) for part in doc.iterfind(".//passage"))))
    return Hit(
        feature=Feature.ORGANIC,
        title=_text(doc.find("title")),
        url=_text(doc.find("url")),
        displayed_url=_text(doc.find("domain")),
        snippet=passages or _text(doc.find("headline")) or _text(doc.find(".//extended-text")),
        date=_text(doc.find("modtime")) or None,
    )


def _text(node: Any) -> str:
    return "" if node is None else clean("".join(node.itertext()))


def _compact(raw: str) -> str:
    """20260715T120000 as ISO 8601, with its hour."""
    return f"{raw[:4]}-{raw[4:6]}-{raw[6:8]}T{raw[9:11]}:{raw[11:13]}:{raw[13:15]}" if len(raw) == 15 else raw
