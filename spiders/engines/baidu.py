"""Baidu: web pages of 2014-2026 from www.baidu.com.

Links of rows are click counters that say nothing; the page's address stands in `mu`: on cards since 2014, on every
row since about 2021. An older ordinary row keeps its counter as its address, with the address line beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from audit.models import Feature, Hit, Link, Page, SerpQuery
from spiders import baidu_surfaces as surfaces
from spiders.address import host, parameter, path
from spiders.dates import leading_date
from spiders.engine import Engine
from spiders.tree import Node, Tree, ancestors, attr, below, fold, text

ROWS_A_PAGE = 10
MOST_BLOCKS = 1_000  # a node is given once for each selector it matches; real pages hold at most 60 blocks
COLUMN = "#content_left > .c-container, #content_left > .result, #content_left > .result-op"
# Children of the result column; where the rows stand in a wrapper or the column lost its id, their own classes.
ROWS = ("#content_left > div, #content_left > table", "#content_left .c-container", "div.c-container[id]")
RELATED = "#rs, #rs_new, [tpl='app/rs']"
RIGHT = "#content_right .result-op, #content_right [tpl], #content_right [class*=ec_], #content_right .ad-block"
BELOW = frozenset({"rs", "rs_new"})
CAPTCHA = "[class*=passMod_dialog], script[src*='wappass.baidu.com'], a[href*='wappass.baidu.com']"
SNIPPETS = (
    ".c-abstract",
    "[class*=summary-text_]",
    "[class*=summary-gap_]",
    "[class*=content-right_]",
    "[data-module=abstract]",
    ".c-span18 > p, .c-span-last > p, .c-row p",
    "font[size='-1']",
)
DATES = ".newTimeFactor_before_abs, .c-color-gray2, .cos-color-text-minor"
FOOT = ".f13, [class*=source_], [class*=source-container], .c-tools, [class*=tts-button], .m, .c-recommend, .c-showurl"
LONGEST_SNIPPET = 300  # characters, where nothing but the whole row could be found

MESSAGES = frozenset({"hit_top_new", "content_none", "nors"})
NOTHING = re.compile(r"没有找到|未找到|沒有找到|找不到")
# "… and the words behind it were ignored", "no result for …, quotation marks were taken off".
OTHERWISE = re.compile(r"被忽略|去掉|去除|没有找到|未找到")
QUOTED = re.compile(r"[“\"「]([^”\"」]{1,200})[”\"」]")
_TITLE = re.compile(r"^(?P<query>.+?)\s*_\s*百度搜索$|^百度\w{0,4}搜索_(?P<other>.+)$")
_ADDRESS = re.compile(r"^(?:https?://)?[\w*-]+(?:\.[\w*-]+)+(?:[/.…›\s]|$)", re.ASCII)
TABS = {
    "资讯": "news",
    "新闻": "news",
    "图片": "images",
    "视频": "videos",
    "贴吧": "forum",
    "知道": "questions",
    "文库": "documents",
    "笔记": "notes",
    "地图": "maps",
    "音乐": "music",
    "采购": "shopping",
    "学术": "scholar",
}
TAB_CLASS = re.compile(r"s-tab-(news|pic|video|zhidao|wenku|tieba|b2b|map|note)(?![a-z])")
HOSTS = {"news.baidu.com": "news", "image.baidu.com": "images", "video.baidu.com": "videos", "map.baidu.com": "maps"}


class Site(NamedTuple):
    """The line under a row: an address, or a site's name, and sometimes the date of the copy."""

    displayed: str = ""
    name: str = ""
    date: str = ""


class Baidu(Engine):
    name = "baidu"
    homepage = surfaces.HOMEPAGE
    languages = ("zh",)
    index = "baidu"
    verified = date(2026, 4, 14)
    host_marks = ("baidu",)
    query_parameters = ("wd", "word")
    query_box = "input#kw, input[name=wd]"
    marks = (
        "#content_left .c-container, #content_left .result, .content_none .nors, .timeout-feedback",
        f"form[action='/s'] input[name=wd], {CAPTCHA}",
    )

    def url(self, query: SerpQuery) -> str:
        asked = {"wd": query.keyword, "ie": "utf-8"}
        if query.page > 1:
            asked["pn"] = str((query.page - 1) * ROWS_A_PAGE)
        return f"{self.homepage}s?{urlencode(asked)}"

    def blocked(self, page: Page, tree: Tree) -> str:
        if host(page.url) == "wappass.baidu.com":
            return "captcha"
        if tree.has("#content_left, .content_none"):
            return ""
        if tree.has(CAPTCHA) or tree.title == "百度安全验证":
            return "captcha"
        return "rate_limit" if tree.has("button.timeout-button") else ""

    def displayed_query(self, tree: Tree) -> str:
        """The box; the chat box of 2025 and later may hold what was asked before, so it is asked last."""
        held = super().displayed_query(tree)
        if held:
            return held
        match = _TITLE.match(tree.title)
        if match is not None:
            return fold(match["query"] or match["other"])
        return text(tree.one(".nors em")) or text(tree.one("textarea#chat-textarea"))

    def vertical(self, page: Page, tree: Tree) -> str:
        if self.owns(page.url):
            if host(page.url) in HOSTS:
                return HOSTS[host(page.url)]
            if path(page.url).startswith("/sf/vsearch"):
                return "videos"
        if attr(tree.one("form#form input[name=tn], form[name=f] input[name=tn]"), "value") == "news":
            return "news"
        tab = tree.one("#s_tab b, .s_tab b")
        named = TAB_CLASS.search(attr(tab, "class"))
        return TABS.get(text(tab), "") or (named[1] if named is not None else "")

    def corrected_query(self, tree: Tree) -> str:
        """ "Results for X are shown. Search Y all the same": the way back switches the correction off (`nojc=1`)."""
        for back in tree.all("a[href*='nojc=1']"):
            asked = parameter(attr(back, "href"), "wd", "word")
            message = next((above for above in ancestors(back) if above.tag in ("div", "p")), back)
            named = [text(node) for node in message.css("em")] + QUOTED.findall(text(message))
            return next((fold(name) for name in named if name and fold(name) != asked and len(name) < 200), "")
        return ""

    def says_nothing_found(self, tree: Tree) -> bool:
        return tree.has(".content_none .nors") or any(NOTHING.search(text(node)) for node in tree.all(".nors"))

    def shows_something_else(self, tree: Tree) -> bool:
        return any(OTHERWISE.search(text(node)) for node in tree.all(".hit_top_new, .nors, .content_none"))

    def hits(self, tree: Tree) -> Iterator[Hit]:
        """Left column, searches below it, right column: the source has the right one first, a reader has not."""
        met: set[int] = set()
        parts: tuple[list[Node], list[Node], list[Node]] = ([], [], [])
        for block in tree.all(f"{rows_of(tree)}, {RELATED}, {RIGHT}")[:MOST_BLOCKS]:
            trail = list(ancestors(block))
            if block.mem_id in met or any(above.mem_id in met for above in trail):
                continue  # a node that matches several selectors is given once for each
            met.add(block.mem_id)
            right = any(attr(above, "id") == "content_right" for above in trail)
            parts[2 if right else 1 if is_below(block) else 0].append(block)
        for block in parts[0]:
            yield from read_block(tree, block, aside=False)
        for block in parts[1]:
            yield from surfaces.searches(tree, block)
        for block in parts[2]:
            yield from read_block(tree, block, aside=True)


def is_below(block: Node) -> bool:
    return attr(block, "id") in BELOW or attr(block, "tpl") == "app/rs"


def rows_of(tree: Tree) -> str:
    place = 0 if tree.has(COLUMN) else next((n for n, css in enumerate(ROWS) if n and tree.has(css)), 0)
    tree.tally[f"row:{place}"] += 1
    return ROWS[place]


def read_block(tree: Tree, block: Node, *, aside: bool) -> Iterator[Hit]:
    lines = block.text(separator="\n")
    if not lines or lines.isspace() or not MESSAGES.isdisjoint(attr(block, "class").split()):
        return
    if surfaces.is_ad(tree, block, lines):
        yield from surfaces.advertisements(tree, block)
        return
    link = surfaces.title_link(tree, block)
    url = surfaces.address(block, link)
    kind = surfaces.kind(block, url if link is not None else "")
    if kind is None and aside:
        kind = Feature.KNOWLEDGE_PANEL
    if kind is not None:
        yield from surfaces.read_box(tree, block, kind)
    elif link is not None:
        yield row_hit(tree, block, link, url)


def row_hit(tree: Tree, block: Node, link: Node, url: str) -> Hit:
    site = site_of(tree, block)
    raw, said = dated_snippet(tree, block)
    return Hit(
        feature=Feature.ORGANIC if url else Feature.OTHER,
        title=surfaces.plain(tree, link),
        url=url,
        displayed_url=site.displayed,
        snippet=said,
        date=raw or site.date or None,
        rating=surfaces.rating(block, frozenset({link.mem_id})),
        source=site.name,
        links=sitelinks(tree, block, link, url),
    )


def site_of(tree: Tree, block: Node) -> Site:
    said = surfaces.plain(tree, tree.first("site", block, *surfaces.SITES))
    if not said:
        return Site()
    if _ADDRESS.match(said) is None:
        return Site(name=said)
    shown, _, rest = said.partition(" ")
    stamp, _ = leading_date(rest)
    return Site(displayed=shown if stamp else said, date=stamp)


def dated_snippet(tree: Tree, block: Node) -> tuple[str, str]:
    """Date words and snippet; the date is a small node before the words, or their beginning."""
    found = tree.first("snippet", block, *SNIPPETS)
    around = found.parent if found is not None and found.parent is not None else block
    stamps = below(around if around.mem_id != block.mem_id else found or block, DATES)
    stamp = next((node for node in stamps if 2 <= len(text(node)) <= surfaces.LONGEST_LINE), None)
    skip = frozenset({stamp.mem_id}) if stamp is not None else frozenset()
    if found is not None:
        said = text(found, skip=skip)
    else:
        parts = below(block, f"h3, {FOOT}, {surfaces.ICONS}")
        said = text(block, skip=skip | {node.mem_id for node in parts})[:LONGEST_SNIPPET]
    raw = text(stamp).strip(" -—·")
    if raw:
        return raw, said
    return leading_date(said)


def sitelinks(tree: Tree, block: Node, link: Node, url: str) -> tuple[Link, ...]:
    """Titled links of a row to other pages, badges and tools left out; Baidu hides which site they are on."""
    mine = {url, attr(link, "href")}
    others = [(other, node) for other, node in surfaces.outside_links(block) if other not in mine]
    tools = {tool.mem_id for part in block.css(f"h3, {FOOT}") for tool in part.css("a")} if others else set()
    found: dict[str, str] = {}
    for other, node in others:
        if other not in found and node.mem_id not in tools and (name := surfaces.plain(tree, node)):
            found[other] = name
    return tuple(Link(title=name, url=other) for other, name in found.items())
