"""What makes a page no evidence, each with a positive control."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from audit.models import Feature, Hit, Page
from spiders import guards
from spiders.address import host, http, parameter, path, under
from spiders.tree import Tree

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def rows(*titles: str, url: str = "https://x{n}.example/") -> list[Hit]:
    return [Hit(feature=Feature.ORGANIC, title=t, url=url.format(n=n)) for n, t in enumerate(titles)]


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (b"<html><body><div>x</div></body></html>", False),
        (b"<html><body><div>x</div></body>\n<!-- saved -->", False),
        (b"<div><div>fragment of a page</div></div>", False),
        (b"<html><body><div><div><div><div>x</div>", True),
        (b"<html><body><div>x</div><a href=", True),
        (b"<html><body><script>var a = 1;", True),
        (b"<html><head><style>a{}", True),
    ],
)
def test_truncated(body: bytes, cut: bool) -> None:
    assert bool(guards.truncated(body)) is cut


@pytest.mark.parametrize(
    ("query", "titles", "is_decoy"),
    [
        ("pizza delivery", ["登录", "注册", "帮助", "首页", "下载"], True),
        ("pizza delivery", ["Pizza Hut", "Login", "Help", "Start", "Sitemap"], False),
        ("электровелосипеды", ["Электровелосипед купить", "a", "b", "c"], False),
        ("露米维洛怎么样", ["露米维洛官网", "b", "c", "d"], False),
        ("루미벨로 후기", ["루미벨로를 사용한 후기", "b", "c", "d"], False),
        ("site:x.example hiring", ["We are hiring", "b", "c", "d"], False),
        ("pizza", ["登录", "注册"], False),
        ("", ["a", "b", "c", "d", "e"], False),
    ],
)
def test_decoy(query: str, titles: list[str], is_decoy: bool) -> None:
    assert bool(guards.decoy(query, rows(*titles))) is is_decoy


@pytest.mark.parametrize(
    ("asked", "shown", "same"),
    [
        ("Kelly  Kettle", "kelly kettle", True),
        ('"acme" scam', "acme scam", True),
        ("ＡＣＭＥ", "acme", True),
        ("루미벨로 후기", "루미벨로후기", True),
        ("acme", "acme reviews", False),
        ("acme scam", "acme spam", False),
    ],
)
def test_same_query(asked: str, shown: str, same: bool) -> None:
    assert guards.same_query(asked, shown) is same


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b'></script>", "waf"),
        ("<title>Just a moment...</title><p>A blog about patience</p>", ""),
        ("<title>Fine page</title><script src='/cdn-cgi/challenge-platform/h/b'></script>", ""),
        ("<script src='https://geo.captcha-delivery.com/c.js'></script>", "waf"),
        ("<script src='https://geo.captcha-delivery.com/c.js'></script>" + "<p>good page</p>" * 3000, ""),
    ],
)
def test_shared_challenge_needs_both_halves(html: str, kind: str) -> None:
    page = Page(body=html.encode(), fetched_at=NOW)
    assert guards.shared_challenge(page, Tree.of(page.body)) == kind


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("//a.example/x", "https://a.example/x"),
        ("/x", "https://base.example/x"),
        (" java\nscript:alert(1)", ""),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("http://[broken", ""),
        ("HTTPS://A.example", "HTTPS://A.example"),
    ],
)
def test_http(raw: str, clean: str) -> None:
    assert http(raw, "https://base.example/") == clean


def test_address_parts() -> None:
    assert host("https://User@WWW.A.example:8080/x") == "www.a.example"
    assert under("shop.a.example", "a.example")
    assert not under("nota.example", "a.example")
    assert (
        parameter("https://d.example/l/?uddg=https%3A%2F%2Fa.example%2F%3Fq%3D1%252B2", "uddg")
        == "https://a.example/?q=1%2B2"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://A.example:8080/x/y?q=1#z",
        "http://a.example",
        "http://a.example?q=/x",
        "https://user:word@a.example/x",
        "https://[::1]:80/x",
        "HTTP://a.example/x",
        "http://a.example/x y",
        "http://a.ex\nample/x",
        "http://a.example/x\n/y",
        "http://münchen.example/ü",
        "http://a.example:/x",
        "//a.example/x",
        "/x?q=1",
        "",
    ],
)
def test_the_quick_way_of_an_address_is_the_long_one(url: str) -> None:
    parts = urlsplit(url)
    assert (host(url), path(url)) == (parts.hostname or "", parts.path)


def test_parameters_in_every_spelling() -> None:
    assert parameter("https://a.example/?x=1&%71=a%2Bb+c&q=2#&q=3", "q") == "a+b c"
    assert parameter("/s?wd=&word=b", "word", "wd") == "b"
    assert parameter("https://a.example/?q", "q") == "" == parameter("https://a.example/#?q=1", "q")
    assert parameter("https://[a.example/?q=1", "q") == ""
