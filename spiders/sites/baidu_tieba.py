"""Baidu Tieba (百度贴吧): threads of a forum, of a search, or the posts of one thread. No ratings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import quote_plus

from audit.models import Review
from spiders.markup import Claim, Value, words
from spiders.nodes import shown
from spiders.site import ReviewSite
from spiders.state import dig, find, node
from spiders.tree import Node, Tree, attr, text

SHORT_DATE = re.compile(r"\d{1,2}-\d{1,2}")  # of this year
THREADS, FOUND, POSTS = "li.j_thread_list[data-field]", "div.s_post, .threadcardclass", ".l_post .d_post_content"


class BaiduTieba(ReviewSite):
    name = "baidu_tieba"
    homepage = "https://tieba.baidu.com/"
    hosts = ("tieba.baidu.com",)
    marks = (
        "link[rel=search][title=百度贴吧]",
        ".card_title_fname, .core_title_txt",
        "li.j_thread_list, .s_post, .l_post",
    )
    walls = (("a[href*='wappass.baidu.com'], script[src*='wappass.baidu.com']", "captcha"),)
    absence = ".search_noresult, .s_noresult, .no_result"
    rated = False
    verified = date(2020, 8, 2)

    def url(self, subject: str) -> str:
        return f"https://tieba.baidu.com/f/search/res?ie=utf-8&qw={quote_plus(subject)}"

    def subject(self, tree: Tree) -> str:
        """A thread's title, else the words searched, else the forum's name."""
        title = text(tree.one(".core_title_txt"))
        asked = attr(tree.one("input[name=qw], .search_inp_border[name=qw]"), "value")
        return title or asked or text(tree.one(".card_title_fname"))

    def says_nothing_found(self, tree: Tree) -> bool:
        return any("没有找到" in text(n) or "抱歉" in text(n) for n in tree.all(self.absence))

    def reviews(self, tree: Tree) -> Iterator[Review]:
        for item in tree.all(THREADS):
            title = shown(item, "a.j_th_tit, a[href*='/p/']")
            if title:
                yield Review(title=title, text=shown(item, ".threadlist_abs"), date=_created(item), language="zh")
        for item in tree.all(FOUND):
            title = shown(item, ".p_title a, .title-wrap, a.bluelink")
            when = shown(item, ".p_date, .time") or None
            yield Review(title=title, text=shown(item, ".p_content, .abstract-wrap"), date=when, language="zh")
        for item in tree.all(POSTS):
            yield Review(text=text(item), language="zh")

    def document(self, data: Value) -> Sequence[Claim] | None:
        cards = dig(data, "data", "card_list")
        if not isinstance(cards, list):
            return None
        found = [node(item) for item in find(cards, "tid", "title")]
        said = tuple(Review(title=words(i["title"]), text=words(i.get("content")), language="zh") for i in found)
        forums = {words(item.get("forum_name")) for item in found}
        return [Claim(forums.pop() if len(forums) == 1 else "", "", None, said)] if found else []


def _created(item: Node) -> str | None:
    """Year and month, or a day of this year, or an hour of today; only a day is a date."""
    said = shown(item, ".is_show_create_time")
    return f"{said.replace('-', '月')}日" if SHORT_DATE.fullmatch(said) else None
