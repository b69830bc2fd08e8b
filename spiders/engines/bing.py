"""Bing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from audit.models import Feature, Hit, Page, SerpQuery
from spiders.address import host, parameter, path
from spiders.engine import Engine
from spiders.tree import Node, Tree, attr, text


class Bing(Engine):
    name = "bing"
    homepage = "https://www.bing.com/"
    languages = ("en", "ru", "uk", "ko", "zh")
    index = "bing"
    verified = date(2026, 4, 1)
    host_marks = ("bing",)
    marks = ("#b_results", "#b_header", "#b_content")

    def url(self, query: SerpQuery) -> str:
        return f"{self.homepage}search?{urlencode({'q': query.keyword})}"

    def blocked(self, page: Page, tree: Tree) -> str:
        return "captcha" if tree.has("div.captcha, div.captcha_header") and not tree.has("#b_results") else ""

    def says_nothing_found(self, tree: Tree) -> bool:
        return tree.has("#b_results > li.b_no")

    def hits(self, tree: Tree) -> Iterator[Hit]:
        for row in tree.all("#b_results > li.b_algo"):
            link = tree.first("title", row, "h2 a[href]")
            if link is not None:
                yield Hit(feature=Feature.ORGANIC, title=text(link), url=unwrap(attr(link, "href")), snippet=snippet(tree, row))


def snippet(tree: Tree, row: Node) -> str:
    return text(tree.first("snippet", row, "div.b_caption p"))


def unwrap(url: str) -> str:
    """bing.com/ck/a?...&u=a1<base64url> holds the real address (engines reference, redirect decoding)."""
    if not (host(url).endswith("bing.com") and path(url) == "/ck/a"):
        return url
    packed = parameter(url, "u")[2:]
    try:
        return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return url
