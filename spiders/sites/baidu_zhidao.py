"""Baidu Zhidao (百度知道): questions and answers. The page is GBK. Questions show what people complain about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote_plus

from audit.models import Review
from spiders.site import ReviewSite
from spiders.tree import Node, Tree, attr, below, text

ANSWERS = ".best-text, .answer-text, [id^=answer-content-], [id^=best-content-]"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class BaiduZhidao(ReviewSite):
    name = "baidu_zhidao"
    homepage = "https://zhidao.baidu.com/"
    hosts = ("zhidao.baidu.com",)
    marks = ("#wgt-list dl", "#wgt-ask, .ask-title")
    walls = (("a[href*='wappass.baidu.com'], script[src*='wappass.baidu.com']", "captcha"),)
    absence = "#wgt-list .no-result, .no-result, .search-noresult"
    rated = False
    verified = None

    def url(self, subject: str) -> str:
        return f"https://zhidao.baidu.com/search?word={quote_plus(subject, encoding='gbk', errors='replace')}&ie=gbk"

    def subject(self, tree: Tree) -> str:
        asked = text(tree.one(".ask-title, h1"))
        return asked or attr(tree.one("input[name=word], #kw"), "value")

    def says_nothing_found(self, tree: Tree) -> bool:
        return any("没有找到" in text(node) or "未找到" in text(node) for node in tree.all(self.absence))

    def reviews(self, tree: Tree) -> Iterator[Review]:
        for item in tree.all("#wgt-list dl"):
            title = text(next(iter(below(item, "dt a")), None))
            said = text(next(iter(below(item, "dd.answer, dd.summary")), None)).removeprefix("答：")
            if title:
                yield Review(title=title, text=said, date=_day(item), language="zh")
        if tree.has(".ask-title"):
            for answer in tree.all(ANSWERS):
                yield Review(
                    text=text(answer).removeprefix("展开全部").strip(), date=_day(answer.parent), language="zh"
                )


def _day(node: Node | None) -> str | None:
    match = DAY.search(text(node))
    return match.group() if match else None
