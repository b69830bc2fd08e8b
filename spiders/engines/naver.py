"""Naver integrated search: a stack of blocks, not ten links. Rendered pages of 2025-2026, lists of 2013-2024, phone.

A block names its kind in `data-block-id`, `data-meta-area` or a `sp_` class. Web documents are the organic rows; so
are posts that stand in the same stream without a header of their own. Posts under a header ("popular posts", a
topic) are discussions, and whatever counts the click on ader.naver.com or adcr.naver.com is sold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from audit.models import Feature, Hit, Page, SerpQuery
from spiders import naver_surfaces as surfaces
from spiders.address import host, http, parameter
from spiders.engine import Engine
from spiders.guards import same_query
from spiders.naver_boxes import Reader
from spiders.tree import Node, Tree, attr, fold, hidden, text

ROWS_A_PAGE = 15  # web documents; `start` is 1, 16, 31 (engines reference, section 5)

COLUMNS = ("#main_pack", "#sub_pack", "#ct")  # phone pages have #ct
PARTS = frozenset({"sc_new", "section", "sc", "ad_section", "api_subject_bx"})
PART = "section, .sc_new, .api_subject_bx, [data-block-id]"  # what a wrapper of blocks holds
DEEPEST = 8  # wrappers around a block; real pages have one
CONTENT = "#main_pack .api_subject_bx, #main_pack .sc_new, #main_pack .section, #ct .api_subject_bx, #notfound"
# Ids and classes of Naver's own notes in a column: nothing found, and a corrected spelling.
EMPTY = re.compile(r"no_?result|not_?found")
SPELLING = re.compile(r"sp_keyword|typo|suggest|spell")

TITLE_TAIL = re.compile(r"\s*:\s*네이버 (?:통합|웹|\S*)\s?검색$")
# Naver's own sentences. The page of a stopped network offers a button that leads to a puzzle.
NOTHING = re.compile(
    r"검색\s?결과가 없습니다|검색된 (?:결과|문서)가 없습니다|찾을 수 있는 결과가 없|no results", re.IGNORECASE
)
STOPPED = re.compile(r"서비스 이용이 제한|비정상적인 (?:움직임|검색|접근|요청)|검색을 일시적으로 제한|접근이 제한")
PUZZLE = re.compile(r"제한 해제|보안 절차|보안 확인|자동\s?입력 방지|보안문자|로봇이 아닙니다")
CAPTCHA = "[id*=captcha], [class*=captcha], form[action*=captcha], script[src*=captcha]"

CORRECTED = re.compile(r"(?:으로|로) 검색(?:한|된) 결과|검색\s?결과(?:입니다|를 (?:보여|제공|먼저))|대신 검색")

WEB = frozenset({"", "nexearch", "web", "webkr", "m", "nx", "ur", "site"})  # values of `where` and `ssc` of web pages


class Naver(Engine):
    name = "naver"
    homepage = surfaces.HOMEPAGE
    languages = ("ko",)
    index = "naver"
    verified = date(2026, 2, 3)
    host_marks = surfaces.OWN
    query_parameters = ("query",)
    query_box = "#nx_query, form[name=search] input[name=query]"
    marks = (
        "form#nx_search_form, input#nx_query",
        "#main_pack.main_pack, #sub_pack.sub_pack, #ct .api_subject_bx",
        "[data-block-id*=prs_template], .sc_new .api_subject_bx, #main_pack .lst_total",
        "[href*='pstatic.net/sstatic/search'], [src*='pstatic.net/sstatic/search'], [href*='sstatic.naver.net/search']",
        "#notfound.api_noresult_wrap, fieldset.greenwindow",
    )

    def url(self, query: SerpQuery) -> str:
        asked = {"where": "nexearch", "query": query.keyword}
        if query.page > 1:
            asked = {"where": "web", "query": query.keyword, "start": str((query.page - 1) * ROWS_A_PAGE + 1)}
        return f"{self.homepage}search.naver?{urlencode(asked)}"

    def blocked(self, page: Page, tree: Tree) -> str:
        if tree.has(CONTENT):
            return ""
        if host(page.url) == "nid.naver.com":
            return "login"
        said = text(tree.one("body"))
        if not STOPPED.search(said) and not PUZZLE.search(said):
            return ""
        return "captcha" if PUZZLE.search(said) or tree.has(CAPTCHA) else "rate_limit"

    def vertical(self, page: Page, tree: Tree) -> str:
        """The tab: `ssc` ("tab.news.all") on pages since 2024, `where` before; phone names begin with `m_`."""
        address = page.url if self.owns(page.url) else ""
        form = "#nx_search_form input[name={0}], form[name=search] input[name={0}]"
        for name in ("ssc", "where"):
            asked = parameter(address, name) or attr(tree.one(form.format(name)), "value")
            tab = (asked.split(".")[1:2] or [asked])[0].removeprefix("m_")
            if asked:
                return "" if tab in WEB else tab
        return ""

    def displayed_query(self, tree: Tree) -> str:
        held = super().displayed_query(tree)
        return held or (fold(TITLE_TAIL.sub("", tree.title)) if TITLE_TAIL.search(tree.title) else "")

    def says_nothing_found(self, tree: Tree) -> bool:
        return any(NOTHING.search(text(note)) for note in notes(tree, EMPTY))

    def shows_something_else(self, tree: Tree) -> bool:
        """The sentence of absence stands in the column itself, above results of another question."""
        return self.says_nothing_found(tree)

    def corrected_query(self, tree: Tree) -> str:
        """A note that names the answered query and links the one that was typed."""
        for note in notes(tree, SPELLING):
            if not CORRECTED.search(text(note)):
                continue
            typed = next((q for link in note.css("a[href]") if (q := asked_again(link))), "")
            for part in note.css("em, strong, b, mark, a[href]"):
                named = text(part).strip(" '\"‘’“”")
                if typed and named and not same_query(named, typed) and not CORRECTED.search(named):
                    return named
        return ""

    def hits(self, tree: Tree) -> Iterator[Hit]:
        """Many pages have no block of web documents; their posts and questions are then the ordinary rows."""
        reader = Reader(tree)
        found = [hit for block in blocks(tree) for hit in reader.read(block)]
        posts_only = not reader.web and not any(hit.feature is Feature.ORGANIC for hit in found)
        for hit in found:
            post = posts_only and hit.feature in (Feature.DISCUSSION, Feature.QUESTION_ANSWER)
            yield hit.model_copy(update={"feature": Feature.ORGANIC}) if post else hit


def blocks(tree: Tree) -> list[Node]:
    """The outermost blocks of all columns in page order; where none is marked, the children of the columns."""
    found = [block for column in columns(tree) for block in parts(column)]
    tree.tally[f"block:{0 if found else 1}"] += 1
    return found or [child for column in columns(tree) for child in column.iter() if (child.tag or "-")[0] != "-"]


def columns(tree: Tree) -> list[Node]:
    return [column for css in COLUMNS for column in tree.all(css)[:1]]


def parts(column: Node) -> Iterator[Node]:
    """Marked blocks below a node, a wrapper of blocks entered; without recursion, strangers choose the depth."""
    stack = [column.iter()]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
        elif (node.tag or "-")[0] == "-" or is_note(names(node)):
            continue  # a comment, or a note of Naver's own
        elif is_part(node):
            yield node
        elif len(stack) < DEEPEST and node.css_first(PART) is not None:
            stack.append(node.iter())


def is_part(node: Node) -> bool:
    marked = node.tag == "section" or "data-block-id" in node.attributes
    return marked or not PARTS.isdisjoint(attr(node, "class").split())


def is_note(named: str) -> bool:
    return EMPTY.search(named) is not None or SPELLING.search(named) is not None


def notes(tree: Tree, named: re.Pattern[str]) -> Iterator[Node]:
    """Visible messages in the columns themselves, beside the blocks or in their place."""
    for column in columns(tree):
        for child in column.iter():
            if named.search(names(child)) and not hidden(child):
                yield child


def names(node: Node) -> str:
    held = node.attributes
    return f"{held.get('id')} {held.get('class')}"


def asked_again(link: Node) -> str:
    """The query of a link that searches on Naver, "" for others."""
    url = http(attr(link, "href"), surfaces.HOMEPAGE)
    return parameter(url, "query") if surfaces.is_own(url) else ""
