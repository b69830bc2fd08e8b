"""Autocomplete: what an engine proposes while a name is typed, a reputation surface of its own.

Endpoints are public and undocumented (engines reference, section 9). Suggestions depend on place, language and hour.
Each has its address and its way to the words; an answer of another shape is unreadable, never an empty list.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from audit.models import SerpQuery

LONGEST = 200  # characters of a suggestion; more is no suggestion
_TAGS = re.compile(r"<[^>]{0,200}>")
_PRIVATE_USE = dict.fromkeys(range(0xE000, 0xF900))  # Bing marks what was typed with these
_MARKETS = {"en": "en-US", "ru": "ru-RU", "uk": "uk-UA", "ko": "ko-KR", "zh": "zh-CN"}
_DUCKDUCKGO = {"GB": "uk-en", "US": "us-en", "DE": "de-de", "FR": "fr-fr", "RU": "ru-ru", "UA": "ua-uk", "KR": "kr-kr"}


class Endpoint(NamedTuple):
    url: Callable[[SerpQuery], str]
    words: Callable[[Any], list[Any]]
    """From the decoded answer to its list; raises LookupError or TypeError for another shape."""


def _plain(address: str, name: str, **more: str) -> Callable[[SerpQuery], str]:
    return lambda query: f"{address}?{urlencode({**more, name: query.keyword})}"


def _google(query: SerpQuery) -> str:
    asked = {"client": "firefox", "q": query.keyword, "hl": query.language, "gl": query.country.lower()}
    return "https://suggestqueries.google.com/complete/search?" + urlencode({k: v for k, v in asked.items() if v})


def _bing(query: SerpQuery) -> str:
    asked = {"qry": query.keyword, "csr": "1", "mkt": _MARKETS.get(query.language, "en-US"), "cvid": "0" * 32}
    return "https://www.bing.com/AS/Suggestions?" + urlencode(asked)


def _duckduckgo(query: SerpQuery) -> str:
    asked = {"type": "list", "q": query.keyword, "kl": _DUCKDUCKGO.get(query.country, "wt-wt")}
    return "https://duckduckgo.com/ac/?" + urlencode(asked)


ENDPOINTS: dict[str, Endpoint] = {
    "google": Endpoint(_google, lambda data: data[1]),
    "bing": Endpoint(_bing, lambda data: [row["q"] for row in data["s"]]),
    "baidu": Endpoint(
        _plain("https://www.baidu.com/sugrec", "wd", ie="utf-8", json="1", prod="pc"),
        lambda data: [row["q"] for row in (data.get("g", []) if data["q"] else data["g"])],  # no "g": nothing proposed
    ),
    "yandex": Endpoint(_plain("https://suggest.yandex.com/suggest-ff.cgi", "part"), lambda data: data[1]),
    "naver": Endpoint(
        _plain("https://ac.search.naver.com/nx/ac", "q", r_format="json", st="0"),
        lambda data: [row[0] for row in data["items"][0]],
    ),
    "duckduckgo": Endpoint(_duckduckgo, lambda data: data[1]),
    "brave": Endpoint(_plain("https://search.brave.com/api/suggest", "q"), lambda data: data[1]),
}


def address(query: SerpQuery) -> str:
    """Where the engine of this cell answers with suggestions; "" where none is known (Yahoo)."""
    endpoint = ENDPOINTS.get(query.engine)
    return endpoint.url(query) if endpoint else ""


def read_words(engine: str, body: bytes) -> tuple[str, ...] | None:
    """The suggestions in their order, each once; None where the answer is of no shape we know."""
    try:
        found = ENDPOINTS[engine].words(json.loads(body))
        words = [_clean(word) for word in found]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return tuple(dict.fromkeys(word for word in words if word))


def _clean(word: object) -> str:
    if isinstance(word, list):  # Naver and some clients wrap each word once more
        word = word[0]
    if not isinstance(word, str):
        raise TypeError("a suggestion is text")
    return " ".join(html.unescape(_TAGS.sub("", word)).translate(_PRIVATE_USE).split())[:LONGEST]
