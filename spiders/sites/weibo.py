"""Weibo (微博): posts of a search, comments under a post. What an account says of itself is no opinion about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import quote

from audit.models import Review
from spiders.markup import Claim, Value, words
from spiders.nodes import shown
from spiders.site import ReviewSite
from spiders.state import dig, find, node
from spiders.tree import Tree, attr, below, text

MENTION = re.compile(r"@[\w·-]{1,40}")  # names of other people within the words
FULL = "[node-type=feed_list_content_full], [node-type=feed_list_content], p.txt"


class Weibo(ReviewSite):
    name = "weibo"
    homepage = "https://weibo.com/"
    hosts = ("weibo.com", "weibo.cn")
    marks = (
        ".card-wrap[mid]",
        "div.c[id^=C_], div.c[id^=M_]",
        ".card-no-result",
    )
    walls = (("a[href*='passport.weibo.com/visitor'], form[action*='passport.weibo']", "login"),)
    absence = ".card-no-result"
    rated = False
    verified = date(2020, 6, 19)

    def url(self, subject: str) -> str:
        return f"https://s.weibo.com/weibo?q={quote(subject)}"

    def subject(self, tree: Tree) -> str:
        """The words searched; on a page of comments the account under whose post they stand."""
        asked = attr(tree.one(".search-input input[node-type=text], .search-input input, input[name=q]"), "value")
        return asked or (text(tree.one("div.c#M_ > div a, div.c[id^=M_] > div a")) if _comments(tree) else "")

    def says_nothing_found(self, tree: Tree) -> bool:
        return tree.has(self.absence)

    def reviews(self, tree: Tree) -> Iterator[Review]:
        for card in tree.all(".card-wrap[mid]"):
            said = shown(card, FULL)
            when = shown(card, ".from a")
            yield Review(text=_unnamed(said.removesuffix("收起d")), date=when or None, language="zh")
        yield from _comments(tree)

    def document(self, data: Value) -> Sequence[Claim] | None:
        if dig(data, "data", "cards") is None:
            return None
        posts = [node(item["mblog"]) for item in find(dig(data, "data", "cards"), "mblog")]
        said = tuple(
            Review(text=_unnamed(words(p.get("text"))), date=words(p.get("created_at")) or None) for p in posts
        )
        return [Claim(words(dig(data, "data", "cardlistInfo", "query")), "", None, said)] if said else []


def _comments(tree: Tree) -> list[Review]:
    """Comments of the plain mobile page: one block each, its hour behind the words."""
    found = []
    for block in tree.all("div.c[id^=C_]"):
        said = shown(block, ".ctt")
        when = re.search(r"\d{4}-\d{2}-\d{2}|\d{2}月\d{2}日|今天|昨天", text(next(iter(below(block, ".ct")), None)))
        found.append(Review(text=_unnamed(said), date=when.group() if when else None, language="zh"))
    return found


def _unnamed(said: str) -> str:
    return MENTION.sub("@…", said).strip()
