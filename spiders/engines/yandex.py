"""Yandex: pages of 2015-2026, yandex.ru, .com, .kz, .by, .uz, .com.tr, and the same HTML from its Search API.

An item of the result list is a row unless Yandex gives it a block name of its own, labels it as an ad, or links one
of its own search services. Item classes are hashed on some pages of 2026; ids, `data-` attributes and the names of
its React components are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from audit.models import Feature, Hit, Link, Page, SerpQuery
from spiders import yandex_surfaces as surfaces
from spiders.address import host, parameter, path
from spiders.dates import leading_date
from spiders.engine import Engine
from spiders.guards import same_query, words
from spiders.tree import Node, Tree, ancestors, attr, below, fold, text

MOST_BLOCKS = 1_000  # a node is given once for each selector it matches; real pages hold at most 60 blocks
RELATED = ".RelatedSearches, .RelatedBottom, .Related, .related, .AppndQuestions, .serp-footer__related"
BLOCKS = (
    ".serp-item, [class*=serp-block_type_], #search-result > li, [data-fast][data-cid], "
    f"#search-result-aside [data-cid], .b-serp-item, {RELATED}"
)
RELATED_CLASSES = frozenset(name.strip(" .") for name in RELATED.split(","))
# Yandex's own offers and notices, and the columns beside the rows.
NO_BLOCK = frozenset({"serp-adv__add", "RequestMeta", "EmptySearchResults"})
ASIDE = frozenset({"content__right", "serp-list_right_yes", "#search-result-aside"})
SOLD = "serp-adv"  # what advertisements stand in
SNIPPETS = (
    ".OrganicTextContentSpan",
    ".extended-text__short",
    ".OrganicText, .organic__text",
    ".serp-item__text, .b-serp-item__text, .social-snippet2__text",
    ".TextContainer, .text-container",
    ".Organic-ContentWrapper, .organic__content-wrapper",
)
# The long form of a snippet and its switch: hidden by a style sheet until asked for.
FOLDED = ".ExtendedText-Full, .extended-text__full, .ExtendedText-Toggle, .extended-text__toggle, .A11yHidden"
DATES = "time, [class*=__date], [class*=-Date], [data-mtime]"

DOMAINS = {"RU": "ru", "BY": "by", "KZ": "kz", "UZ": "uz", "TR": "com.tr"}
REGIONS = {
    **{"RU": 225, "UA": 187, "US": 84, "GB": 102, "DE": 96, "FR": 124, "ES": 204, "TR": 983, "KR": 135, "JP": 137},
    **{"PL": 120, "KZ": 159, "BY": 149},
}
"""Yandex's own numbers of countries (engines reference, section 4)."""

# Messages above the rows: 2013-2020, then React. A RequestMeta also tells of links taken out by law.
MESSAGES = ".misspell__message, .RequestMeta-Message, .Misspell, .Reask"
NOTHING = re.compile(
    r"ничего не (?:нашл|найден)|нічого не (?:знайшл|знайден)|нічога не (?:знайшл|знойдзен)|"
    r"\bnothing (?:was )?found|\bno (?:search )?results|\bdid(?:n't| not) find anything|\bno matches|"
    r"ештеңе таб|hech narsa topilmadi|(?:hiçbir )?(?:sonuç|şey) bulunamadı|\bnichts gefunden|\baucun résultat",
    re.IGNORECASE,
)
INEXACT = re.compile(
    r"точного совпадения|без кавычек|точного збігу|без лапок|\bexact match|without (?:the )?quot", re.IGNORECASE
)
ADDED = re.compile(r"добавлен|додан|дададзен|\badded|\bincluded|\bincluding|қосыл|eklen|qo.shil", re.IGNORECASE)
QUOTED = re.compile(r"«([^»]{1,400})»|“([^”]{1,400})”")
ENOUGH = 0.5  # share of rows that carry every word asked: less, and the added query has taken the page over
_TITLE = re.compile(r"^(?P<query>.+?)\s[—–-]\s(?:Яндекс|Yandex)(?::\s(?P<found>.*))?$", re.IGNORECASE)
_HEADER = re.compile(r'headerData\s*=\s*\{"value":"((?:[^"\\]|\\.){1,400})"')
CUT = ("…", "...")
TABS = frozenset({"images", "video", "maps", "news", "products", "market", "translate", "shopping", "chat"})


class Yandex(Engine):
    name = "yandex"
    homepage = surfaces.HOMEPAGE
    languages = ("ru", "en", "uk", "kk", "be", "tr", "uz")
    index = "yandex"
    verified = date(2026, 5, 28)
    host_marks = ("yandex", "ya.ru", "www.ya.ru")
    query_parameters = ("text",)
    query_box = "input[name=text], textarea[name=text]"
    marks = (
        "body.b-page__body, body.b-page_ajax_yes, .serp-header, .HeaderDesktop, .suggest2-form, .CheckboxCaptcha",
        "li.serp-item, .serp-item__wrap, .b-serp-item, #search-result[data-reqid], #search-result [data-fast], "
        ".EmptySearchResults, .misspell__message, .mini-suggest, form[action*='checkcaptcha']",
    )

    def url(self, query: SerpQuery) -> str:
        country = query.country.upper()
        asked = {"text": query.keyword, "lr": str(REGIONS.get(country, ""))}
        if query.page > 1:
            asked["p"] = str(query.page - 1)
        given = {key: value for key, value in asked.items() if value}
        return f"https://yandex.{DOMAINS.get(country, 'com')}/search/?{urlencode(given)}"

    def blocked(self, page: Page, tree: Tree) -> str:
        if page.header("x-yandex-captcha") == "captcha":
            return "captcha"
        if self.owns(page.url) and path(page.url).startswith("/showcaptcha"):
            return "captcha"
        if tree.has("#search-result, .serp-item, .b-serp-item"):
            return ""
        return "captcha" if tree.has("form[action*='checkcaptcha'], .CheckboxCaptcha, .AdvancedCaptcha") else ""

    def displayed_query(self, tree: Tree) -> str:
        """The box; pages that fill it by script still name the query in their title or for their links elsewhere."""
        for box in tree.all(self.query_box):
            held = fold(attr(box, "value") or (box.text() if box.tag == "textarea" else ""))
            if held:
                return held
        match = _TITLE.match(tree.title)
        if match is not None and not match["query"].endswith(CUT):
            return fold(match["query"])
        written = _HEADER.search(tree.source)
        if written is not None and "\\" not in written[1]:
            return fold(written[1])
        elsewhere = (parameter(attr(link, "href"), "q") for link in tree.all("a.competitors__link, .competitors a"))
        return fold(next(filter(None, elsewhere), ""))

    def vertical(self, page: Page, tree: Tree) -> str:
        first = path(page.url).strip("/").split("/")[0] if self.owns(page.url) else ""
        first = first if first in TABS else host(page.url).split(".")[0] if self.owns(page.url) else ""
        if first in TABS:
            return first
        for node in tree.all("form input[name=text], .HeaderNav-Tab_selected, .navigation__item_state_selected"):
            named = attr(node, "data-tid") or re.sub(r".*item_name_(\w+).*", r"\1", attr(node, "class"))
            form = next((up for up in ancestors(node) if up.tag == "form"), None) if node.tag == "input" else None
            named = path(attr(form, "action")).strip("/").split("/")[0] if form is not None else named
            if named in TABS:
                return named
        return ""

    def corrected_query(self, tree: Tree) -> str:
        """The other query whose results are shown: the message also links the way back (`noreask=1`)."""
        for message in tree.all(MESSAGES):
            if message.css_first("a[href*='noreask=1']") is not None:
                return other_query(message)
        return ""

    def says_nothing_found(self, tree: Tree) -> bool:
        if tree.has(".EmptySearchResults"):
            return True
        if any(NOTHING.search(text(message)) for message in tree.all(MESSAGES)):
            return True
        match = _TITLE.match(tree.title)
        return match is not None and NOTHING.search(match["found"] or "") is not None

    def shows_something_else(self, tree: Tree) -> bool:
        """Nothing matched as asked, or another spelling was added and took most of the rows."""
        for message in tree.all(MESSAGES):
            said = text(message)
            if NOTHING.search(said) or INEXACT.search(said):
                return True
            back = message.css_first("a[href*='noreask=1']")
            if back is None or not ADDED.search(said):
                continue
            asked = parameter(attr(back, "href"), "text") or self.displayed_query(tree)
            if not same_query(asked, other_query(message)) and carried(tree, asked) < ENOUGH:
                return True
        return False

    def hits(self, tree: Tree) -> Iterator[Hit]:
        met: set[int] = set()
        names: dict[int, frozenset[str]] = {}
        for block in tree.all(BLOCKS)[:MOST_BLOCKS]:
            parent = block.parent
            if parent is None or any(above.mem_id in met for above in ancestors(block)):
                continue  # part of a block that was read
            met.add(block.mem_id)
            if parent.mem_id not in names:  # the blocks of a list stand in the same nodes
                names[parent.mem_id] = frozenset(names_around(block))
            around = names[parent.mem_id]
            if NO_BLOCK.isdisjoint(around) and NO_BLOCK.isdisjoint(attr(block, "class").split()):
                yield from read_block(tree, block, around)


def names_around(block: Node) -> Iterator[str]:
    """Classes and, behind a `#`, ids of the nodes a block stands in."""
    for above in ancestors(block):
        yield from attr(above, "class").split()
        yield f"#{attr(above, 'id')}"


def other_query(message: Node) -> str:
    """The query that a message names beside the one asked."""
    for link in message.css("a[href]"):
        named = parameter(attr(link, "href"), "text")
        if named and "noreask=1" not in attr(link, "href"):
            return fold(named)
    match = QUOTED.search(text(message))
    return fold(match[1] or match[2]) if match is not None else text(message.css_first("b, strong"))


def carried(tree: Tree, asked: str) -> float:
    """Share of the rows whose text has every word of a query, whole."""
    wanted = set(words(asked))
    rows = [set(words(text(row))) for row in tree.all(BLOCKS)[:MOST_BLOCKS] if below(row, "h2")]
    return sum(wanted <= row for row in rows) / len(rows) if rows else 0.0


def read_block(tree: Tree, block: Node, around: frozenset[str]) -> Iterator[Hit]:
    """The hits of a block; `around` are the classes and ids of the nodes it stands in."""
    names = attr(block, "class").split()
    if not RELATED_CLASSES.isdisjoint(names):
        asked = "AppndQuestions" in names
        yield from surfaces.searches(block, Feature.PEOPLE_ALSO_ASK if asked else Feature.RELATED_SEARCHES)
        return
    title = surfaces.title_of(tree, block)
    if SOLD in around or surfaces.is_ad(tree, block, title):
        yield from surfaces.advertisements(tree, block, title)
        return
    aside = not ASIDE.isdisjoint(around) or not ASIDE.isdisjoint(names)
    kind = surfaces.kind(block, title, aside=aside)
    if kind is None and title is not None:
        yield row_hit(tree, block, title)
    elif kind is not None:
        yield from surfaces.read_box(tree, block, kind, title)


def row_hit(tree: Tree, block: Node, title: surfaces.Title) -> Hit:
    shown = tree.first("displayed", block, *surfaces.DISPLAYED)
    url = address(title, shown)
    raw, said = leading_date(snippet(tree, block, title))
    return Hit(
        feature=Feature.ORGANIC if url else Feature.OTHER,
        title=title.words,
        url=url,
        displayed_url=surfaces.site_line(shown),
        snippet=said,
        date=raw or row_date(block) or None,
        rating=surfaces.rating(block),
        links=sitelinks(block, url, shown),
    )


def address(title: surfaces.Title, shown: Node | None) -> str:
    """The title's link; where that is a click counter without the address, the line of the address links it."""
    url = surfaces.unwrap(attr(title.link, "href"))
    if (url and not surfaces.is_wrapper(url)) or shown is None:
        return url
    named = [surfaces.unwrap(attr(link, "href")) for link in shown.css("a[href]")]
    return next((real for real in reversed(named) if real and not surfaces.is_wrapper(real)), url)


def snippet(tree: Tree, block: Node, title: surfaces.Title) -> str:
    folded = f"{FOLDED}, {surfaces.UNSEEN}, .Sitelinks, .sitelinks, .Meta, .serp-meta"
    found = tree.first("snippet", block, *SNIPPETS)
    scope = found if found is not None else block
    skip = frozenset(node.mem_id for node in below(scope, folded))
    if found is None:
        site = below(block, ", ".join(surfaces.DISPLAYED))
        skip |= {title.heading.mem_id, title.link.mem_id, *(node.mem_id for node in site)}
    return text(scope, skip=skip)


def row_date(block: Node) -> str:
    for node in below(block, DATES):
        said = text(node) or attr(node, "data-mtime")
        if said and leading_date(said)[0] == said:
            return said
    return ""


def sitelinks(block: Node, url: str, shown: Node | None) -> tuple[Link, ...]:
    """Other pages of the row's own site linked inside the row; the address line repeats the row and its home page."""
    mine, site = url.partition("#")[0], host(url)
    path_line = {link.mem_id for link in shown.css("a[href]")} if shown is not None else set()
    found: dict[str, str] = {}
    for other, link in surfaces.outside_links(block):
        here = host(other) == site and other.partition("#")[0] != mine and link.mem_id not in path_line
        if here and other not in found and (name := text(link)):
            found[other] = name
    return tuple(Link(title=title, url=other) for other, title in found.items())
