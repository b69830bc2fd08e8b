"""Suggestions: every engine's answer read, marks taken off, another shape never taken for an empty list."""

from __future__ import annotations

import json

import pytest

from audit.models import SerpQuery
from spiders.address import parameter
from spiders.registry import engines
from spiders.suggestions import ENDPOINTS, address, read_words

WORDS = ("lumivelo отзывы", "lumivelo scam")
ANSWERS = {
    "google": ["lumivelo", list(WORDS), [], {"google:suggestrelevance": [1, 2]}],
    "bing": {"s": [{"q": "\ue000lumivelo\ue001 отзывы"}, {"q": WORDS[1]}]},
    "baidu": {"q": "lumivelo", "g": [{"type": "sug", "q": word} for word in WORDS]},
    "yandex": ["lumivelo", list(WORDS)],
    "naver": {"query": ["lumivelo"], "items": [[[word] for word in WORDS]]},
    "duckduckgo": ["lumivelo", list(WORDS)],
    "brave": ["lumivelo", list(WORDS)],
}


def test_every_endpoint_is_of_an_engine_and_has_an_answer_here() -> None:
    assert set(ENDPOINTS) == set(ANSWERS)
    assert set(ENDPOINTS) <= set(engines())


@pytest.mark.parametrize("engine", list(ANSWERS))
def test_words_in_order(engine: str) -> None:
    assert read_words(engine, json.dumps(ANSWERS[engine]).encode()) == WORDS


@pytest.mark.parametrize("engine", list(ANSWERS))
def test_address_asks_for_the_keyword(engine: str) -> None:
    query = SerpQuery(engine=engine, keyword="Акме & co", country="UA", language="uk")
    url = address(query)
    assert url.startswith("https://")
    assert parameter(url, "q", "qry", "wd", "part") == query.keyword


def test_no_endpoint_no_address() -> None:
    assert address(SerpQuery(engine="yahoo", keyword="x")) == ""


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'["x", [1, 2]]', b'{"antiFlag": 1}', b'["x", null]'])
@pytest.mark.parametrize("engine", list(ANSWERS))
def test_another_shape_is_unreadable(engine: str, body: bytes) -> None:
    assert read_words(engine, body) is None


def test_empty_list_is_an_answer() -> None:
    assert read_words("google", b'["x", []]') == ()


def test_markup_and_doubles_go() -> None:
    body = json.dumps(["x", ["<b>lumivelo</b> &amp; co", "lumivelo & co", " "]]).encode()
    assert read_words("google", body) == ("lumivelo & co",)
