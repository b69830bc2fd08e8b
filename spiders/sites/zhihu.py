"""Zhihu (知乎): questions with their answers, and searches. No ratings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import quote_plus

from audit.models import Review
from spiders.markup import Node, Value, words
from spiders.nodes import shown
from spiders.site import ReviewSite
from spiders.state import dig, find, script
from spiders.tree import Node as Element
from spiders.tree import Tree, attr, below, text

ANSWERS = ".zm-item-answer, .AnswerItem, .List-item .ContentItem"
WORDS = ".zm-editable-content, .zm-item-rich-text, .RichContent-inner, [itemprop=text]"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Zhihu(ReviewSite):
    name = "zhihu"
    homepage = "https://www.zhihu.com/"
    hosts = ("zhihu.com",)
    marks = (
        "meta[name=apple-itunes-app][content*='zhihu://']",
        "script#js-initialData",
        ".zm-item-answer, .QuestionHeader-title",
    )
    walls = ((".Unhuman, .unhuman-container", "captcha"), (".SignFlowHomepage", "login"))
    absence = ".SearchNoContent, .SearchNoContentResult, .EmptyState"
    rated = False
    verified = date(2016, 1, 1)

    def url(self, subject: str) -> str:
        return f"https://www.zhihu.com/search?type=content&q={quote_plus(subject)}"

    def subject(self, tree: Tree) -> str:
        asked = text(tree.one("h1.QuestionHeader-title, .zm-item-title, [itemprop=mainEntity] h1"))
        return asked or attr(tree.one(".SearchBar-input input, input[name=q]"), "value")

    def says_nothing_found(self, tree: Tree) -> bool:
        return tree.has(".SearchNoContent, .SearchNoContentResult")

    def reviews(self, tree: Tree) -> Iterator[Review]:
        answers = dig(script(tree, "script#js-initialData"), "initialState", "entities", "answers")
        found = [item for item in find(answers, "content") if isinstance(item.get("content"), str)]
        yield from map(_answer, found) if found else map(_shown, tree.all(ANSWERS))


def _answer(item: Node) -> Review:
    return Review(text=words(item.get("content")), date=_day(item.get("createdTime")), language="zh")


def _shown(item: Element) -> Review:
    said = shown(item, WORDS)
    stamp = next((attr(part, "content") for part in below(item, "[itemprop=dateCreated]")), "")
    match = DAY.search(stamp or text(next(iter(below(item, ".answer-date-link, .ContentItem-time")), None)))
    return Review(text=said, date=match.group() if match else None, language="zh")


def _day(seconds: Value) -> str | None:
    if not isinstance(seconds, int) or not 0 < seconds < 4_102_444_800:  # the year 2100
        return None
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
