"""Bing, also cn.bing.com: recorded pages of 2015-2026, and the page of 2010-2013 as it is documented.

The column is a list (`#b_results`), and so are the wide top (`#b_topw`) and the right side (`#b_context`); every item
of them is a row, an advertisement or a block. Rows are items, never what stands inside a block: questions, video and
news lists use headings and row classes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from audit.models import Feature, Hit, Link, Page, SerpQuery
from spiders import bing_surfaces as surfaces
from spiders.address import host, http, parameter, path, under
from spiders.dates import leading_date
from spiders.engine import Engine
from spiders.tree import Node, Tree, attr, below, fold, hidden, names, outermost, text

ROWS_A_PAGE = 10
MARKETS = frozenset(
    (
        *("en-GB", "en-US", "en-CA", "en-AU", "en-IE", "en-IN", "en-NZ", "en-ZA", "ru-RU", "uk-UA", "ko-KR", "zh-CN"),
        *("zh-TW", "zh-HK", "de-DE", "de-AT", "de-CH", "fr-FR", "fr-BE", "fr-CA", "fr-CH", "es-ES", "es-MX", "es-AR"),
    )
)
"""Markets Bing knows; unknown ones are refused (engines reference, section 2)."""

# Lists of items, first choice first: since 2013, then the page of 2010-2013 (no recorded page of it is held).
ITEMS = (
    "#b_topw > *, #b_pole .b_poleContent, #b_results > *, #b_context > *",
    "#results > ul > li, #results li.sa_wr, #results_container > .sb_ads",
)
ROW = ".b_algo, li.sa_wr"
CAPTCHA = "div.captcha, div.captcha_header, #turnstile-widget, #b_captcha"
CONSENT = "#bnp_btn_accept, #bnp_container"
NOT_ITEMS = frozenset(
    ("script", "style", "link", ".b_pag", ".b_msg", "#mfa_root", ".b_no", ".b_widgetContainer", ".sb_pag")
)
ADS = ".b_ad, .sb_ads, .b_adTop, .b_adBottom"

LINKS = ("h2 a[href]", "a[href]:has(h2)", "h3 a[href]", "a.tilk[href]")
SNIPPETS = (
    "div.b_caption p",
    "[class*=b_lineclamp]",
    ".b_algoSlug",
    ".b_snippet",
    ".b_paractl",
    "p",
    ".b_caption, .b_richcard",
)
NOT_SNIPPET = ".news_dt, .algoSlug_icon, .b_adSlug, .b_factrow, .b_attribution, .b_suffix, .b_vlist2col"
DISPLAYED = (".b_attribution cite", "cite")

# The engine's own words, read only inside its own message nodes; `li.b_no` says the same in every language.
NOTHING = re.compile(
    r"there are no results for|no results (?:were )?found for|we did(?:n't| not) find any results|"
    r"нет результатов|результатов? (?:по запросу )?не найдено|ничего не найдено|немає результатів|нічого не знайдено|"
    r"결과가 없습니다|결과를 찾을 수 없|没有(?:找到)?(?:与|与此|和).*(?:结果|內容)|没有找到|沒有.*的結果|找不到|"
    r"keine ergebnisse|aucun résultat|no hay resultados|no se (?:han )?encontra\w+ resultados|nessun risultato|"
    r"nenhum resultado|一致する情報は見つかりません|結果が見つかりません",
    re.IGNORECASE,
)
LONGEST_MESSAGE = 300  # characters
MESSAGES = "#sp_requery, #b_results .b_no, #b_results > h1, #no_results"
NOTE, FORCED = "#sp_requery, #sp_recourse", "rcrse"
TITLE_END = re.compile(r"\s[-–—]\s[^\d\W][^-–—\d]{0,24}$")  # "acme - Search", "acme – Поиск"


class Bing(Engine):
    name = "bing"
    homepage = surfaces.HOMEPAGE
    languages = ("en", "ru", "uk", "ko", "zh", "de", "fr", "es")
    index = "bing"
    verified = date(2026, 5, 28)
    host_marks = ("bing",)
    query_box = "#sb_form_q, input[name=q], textarea[name=q]"
    marks = (
        "#b_results",
        "#b_header",
        "#b_content, #b_sydConvOuter",
        "form#sb_form, #sb_form_q",
        "div.captcha_header",
        "#b_context, meta[property='og:site_name'][content=Bing]",
        "#results_container .sb_results, #sw_content #results",
    )

    def url(self, query: SerpQuery) -> str:
        market = f"{query.language.lower()}-{query.country.upper()}"
        asked = {
            "q": query.keyword,
            "mkt": market if market in MARKETS else "",
            "setlang": query.language,
            "cc": query.country.upper(),
            "first": str((query.page - 1) * ROWS_A_PAGE + 1) if query.page > 1 else "",
        }
        return f"{self.homepage}search?{urlencode({key: value for key, value in asked.items() if value})}"

    def blocked(self, page: Page, tree: Tree) -> str:
        if tree.has("#b_results > .b_algo"):
            return ""
        if tree.has(CAPTCHA):
            return "captcha"
        return "consent" if tree.has(CONSENT) and not tree.has("#b_results > *") else ""

    def vertical(self, page: Page, tree: Tree) -> str:
        """The search form of a tab leads to that tab: `/images/search`, `/maps`, `/copilotsearch`."""
        asked = path(page.url) if self.owns(page.url) else ""
        asked = asked or path(attr(tree.one("form#sb_form"), "action"))
        return "" if asked.strip("/") in ("", "search") else asked.strip("/").split("/")[0]

    def displayed_query(self, tree: Tree) -> str:
        """The box; saved pages with an emptied box still repeat the query in their tabs and title."""
        for box in tree.all(self.query_box):
            held = fold(attr(box, "value") or (box.text() if box.tag == "textarea" else ""))
            if held:
                return held
        tab = tree.one(".b_scopebar a[href*='/search?q='], .sw_menu a[href*='/search?q=']")
        asked = fold(parameter(attr(tab, "href"), "q"))
        return asked or (TITLE_END.sub("", tree.title) if TITLE_END.search(tree.title) else "")

    def says_nothing_found(self, tree: Tree) -> bool:
        return tree.has("#b_results > .b_no") or any(
            NOTHING.search(text(node)[:LONGEST_MESSAGE]) for node in tree.all(MESSAGES)
        )

    def shows_something_else(self, tree: Tree) -> bool:
        """Nothing matched and other rows follow, or the rows of a rewritten query name nothing that was asked."""
        if self.says_nothing_found(tree):
            return True
        asked, instead = self._rewritten(tree)
        return bool(instead) and surfaces.answers_another(asked, instead, map(text, tree.all("#b_results > .b_algo")))

    def corrected_query(self, tree: Tree) -> str:
        return self._rewritten(tree)[1]

    def _rewritten(self, tree: Tree) -> tuple[str, str]:
        """(asked, shown instead) of "Including results for"; a suggestion that changes nothing forces nothing back."""
        notes = outermost(note.parent or note for note in tree.all(NOTE))
        found = [node for note in notes for node in note.css("a[href*='q=']")]
        forced = [node for node in found if FORCED in attr(node, "href")]
        instead = [node for node in found if FORCED not in attr(node, "href")]
        if not instead or not (forced or tree.has("#sp_recourse")):
            return "", ""
        return text(forced[0]) if forced else self.displayed_query(tree), text(instead[0])

    def hits(self, tree: Tree) -> Iterator[Hit]:
        place, items = next(((i, css) for i, css in enumerate(ITEMS) if tree.has(css)), (0, ITEMS[0]))
        searches: set[str] = set()
        for item in outermost(tree.all(items)):
            if not NOT_ITEMS.isdisjoint(names(item)) or is_hidden(item):
                continue
            tree.tally[f"item:{place}"] += 1
            for hit in read_item(tree, item):
                if hit.feature is Feature.RELATED_SEARCHES:
                    if hit.title.casefold() in searches:
                        continue
                    searches.add(hit.title.casefold())
                yield hit


def is_hidden(item: Node) -> bool:
    return hidden(item) or "b_hide" in attr(item, "class").split()


def read_item(tree: Tree, item: Node) -> Iterator[Hit]:
    if tree.matches(item, ROW):
        yield from read_row(tree, item)
    elif item.css_first(ADS) is not None:
        yield from surfaces.advertisements(tree, item)
    else:
        kind = surfaces.kind(item)
        if kind == "other" and looks_like_row(tree, item):
            yield from read_row(tree, item)
        elif kind != "note":
            yield from surfaces.READERS[kind](tree, item)


def looks_like_row(tree: Tree, item: Node) -> bool:
    """A row whose class was renamed: an item of the column that is no block, with one linked heading."""
    if tree.matches(item, ".b_ans") or not tree.inside(item, "#b_results"):
        return False
    heads = item.css("h2")
    return len(heads) == 1 and any(surfaces.outside(link) for link in item.css("h2 a[href], a[href]:has(h2)"))


def read_row(tree: Tree, row: Node) -> Iterator[Hit]:
    link = tree.first("title", row, *LINKS)
    if link is None:
        return
    url = surfaces.unwrap(attr(link, "href"))
    tab = path(url).strip("/").split("/")[0]
    if surfaces.is_ad(url):
        yield row_hit(tree, row, link, Feature.AD, surfaces.ad_address(url))
    elif surfaces.own(url) and tab in surfaces.TABS and parameter(url, "q"):
        yield row_hit(tree, row, link, surfaces.TABS[tab], url)
    elif url or surfaces.wrapper(http(attr(link, "href"), surfaces.HOMEPAGE)):
        yield row_hit(tree, row, link, Feature.ORGANIC, url)


def row_hit(tree: Tree, row: Node, link: Node, feature: Feature, url: str) -> Hit:
    raw, said = dated_snippet(tree, row)
    return Hit(
        feature=feature,
        title=title(row, link),
        url=url,
        displayed_url=text(tree.first("displayed", row, *DISPLAYED)),
        snippet=said,
        date=raw or None,
        rating=surfaces.rating(row),
        source=text(tree.first("source", row, ".tptt", ".b_siteName")),
        links=sitelinks(row, url),
    )


def title(row: Node, link: Node) -> str:
    """The heading's link; when it is empty the heading, then what the link is called for screen readers."""
    said = text(link) if link.css_first("h2") is None and "tilk" not in attr(link, "class").split() else ""
    return said or text(row.css_first("h2")) or attr(link, "aria-label") or text(link)


def dated_snippet(tree: Tree, row: Node) -> tuple[str, str]:
    """Date words and snippet; the date stands in a span of its own, or leads the text of older rows."""
    for place, css in enumerate(SNIPPETS):
        for node in below(row, css):
            said = surfaces.visible(node, NOT_SNIPPET)
            if said:
                tree.tally[f"snippet:{place}"] += 1
                stamp = next(iter(below(row, ".news_dt")), None)
                return (text(stamp), said.lstrip("·•-—– ")) if stamp is not None else leading_date(said)
    tree.tally["snippet:miss"] += 1
    return "", ""


def sitelinks(row: Node, url: str) -> tuple[Link, ...]:
    """Other pages of the row's own site linked inside the row."""
    mine, site = url.partition("#")[0], host(url).removeprefix("www.")
    return tuple(
        link
        for link in surfaces.links(row)
        if link.title and under(host(link.url), site) and link.url.partition("#")[0] != mine
    )
