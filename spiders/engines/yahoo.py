"""Yahoo Search (not Yahoo Japan), main and regional hosts: recorded pages of 2015 and 2021, documented ones to 2026.

Its rows are Bing's index, never a second vote.

Since 2016 every module of a page is a box `.dd`, before that an item of the list in `#web`. A row is a module with a
result class, or one whose heading's redirect says that it stands among the web results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from audit.models import Feature, Hit, Link, Page, SerpQuery
from spiders import bing_surfaces as bing
from spiders import yahoo_surfaces as surfaces
from spiders.address import host, http, parameter, under
from spiders.dates import leading_date
from spiders.engine import Engine
from spiders.tree import Node, Tree, attr, fold, hidden, names, outermost, text

HOSTS = {"GB": "uk.", "DE": "de.", "FR": "fr.", "CA": "ca.", "TW": "tw.", "HK": "hk.", "IN": "in."}
"""Countries with a host of their own (engines reference, section 8); all others are answered by the main one."""
ROWS_A_PAGE = 7  # `b` counts so since 2024 (engines reference, section 8)
CONSENT_HOSTS = frozenset({"consent.yahoo.com", "guce.yahoo.com"})
TOO_MANY = 999  # Yahoo's own status for a client that asks too often

# Modules, first choice first: boxes in the columns (2016), items of the list (2012), boxes wherever they stand.
ITEMS = (
    "#left .dd, #main .dd, #web .dd, #right .dd",
    "#web > ol > li, #web > div, #main .ads, #right .ads, #satat",
    ".dd",
)
AD_LISTS = "ol[class*=Ads] > li"
ROW = ".algo, .algo-sr, .relsrch, .res:not(.sc)"
ADS = ".ads, .AdTop, .AdBttm, .AdNrrw, .spns, ol[class*=Ads]"
NOT_ITEMS = frozenset(
    (".pagination", ".Pgntn", ".vrtPivots", ".timefilter", ".assist", ".ds_promo_newtab", ".zrp", ".cquery", ".hidden")
) | {"#pg"}

LINKS = ("h3 a[href]", "a[href]:has(h3)", ".compTitle a[href]")
SNIPPETS = (".compText p", ".compText", ".abstr", "p.s-desc", ".compTextList li", "p")
DISPLAYED = ("span.url", ".compTitle span.fz-ms", "cite")
NAME_BEFORE = re.compile(r"(?P<name>.+?)\s(?P<address>https?://.+)")  # "Acme https://acme.example" (2024)

NOTHING_NODES = ".zrp"  # "zero results page", in every language
MESSAGES = "#main .msg, #web > p, .adultRegion .compText, #web > ol > li > .dd:not(.algo) > .compText"
NOTHING = re.compile(
    r"we did ?n[o']t find (?:any )?results for|no (?:web )?results (?:were )?found|"
    r"(?:es wurden |wir konnten |wir haben )?keine (?:such)?ergebnisse (?:für|zu) .*(?:gefunden|finden)|"
    r"aucun résultat (?:n'a été trouvé )?pour|nous n'avons (?:pas )?trouvé|"
    r"no (?:hemos encontrado|se encontraron) resultados|nessun risultato|não encontramos resultados|"
    r"找不到(?:符合|和|與)|沒有找到|没有找到|검색결과가 없습니다|ничего не найдено",
    re.IGNORECASE,
)
LONGEST_MESSAGE = 300  # characters
NOTES = "#main .msg, #left .dd, #web .dd, #main .dd"
FORCED = "a[href*='p=%2B'], a[href*='p=%2b'], a[href*='norw=1']"


class Yahoo(Engine):
    name = "yahoo"
    homepage = surfaces.HOMEPAGE
    languages = ("en", "de", "fr", "es", "zh")
    index = "bing"
    verified = date(2021, 5, 10)
    host_marks = ("yahoo",)
    query_parameters = ("p",)
    query_box = "#yschsp[name=p], input[name=p]"
    marks = (
        "form[action*='search.yahoo.com/search']",
        "#yschsp[name=p], #yschsp-bot[name=p]",
        "a#logo[href*='yahoo.co'], #hd a[href*='www.yahoo.com']",
        ":is(#results, #web, #main, #doc) a[href*='r.search.yahoo.com/']",
        "#yucsHead.yucs-srp, #yucs-top-bar",
        "input[name=originalDoneUrl][value*='search.yahoo.com'], form[action*='consent.yahoo.com']",
    )

    def owns(self, url: str) -> bool:
        """Yahoo's search hosts and its consent page; its news, finance and mail, and Yahoo Japan, are other sites."""
        return under(host(url), surfaces.OWN) or host(url) in CONSENT_HOSTS

    def url(self, query: SerpQuery) -> str:
        asked = {"p": query.keyword, "ei": "UTF-8"}
        if query.page > 1:
            asked |= {"b": str((query.page - 1) * ROWS_A_PAGE + 1), "pz": str(ROWS_A_PAGE)}
        return f"https://{HOSTS.get(query.country.upper(), '')}{surfaces.OWN}/search?{urlencode(asked)}"

    def blocked(self, page: Page, tree: Tree) -> str:
        if tree.has("#web .algo, #web .algo-sr, #web .res, a.yschttl"):
            return ""
        if host(page.url) in CONSENT_HOSTS or tree.has(
            "form.consent-form, #consent-page, form[action*='consent.yahoo']"
        ):
            return "consent"
        if page.status == TOO_MANY or (tree.title == "" and "error 999" in tree.source[:5_000]):
            return "rate_limit"
        return "captcha" if tree.has("form[action*=captcha], iframe[src*=recaptcha], .g-recaptcha") else ""

    def vertical(self, page: Page, tree: Tree) -> str:
        asked = page.url if self.owns(page.url) else ""
        return surfaces.tab(asked or http(attr(tree.one("form#sf[action]"), "action"), self.homepage))

    def displayed_query(self, tree: Tree) -> str:
        """The box; pages saved without it repeat the query in the links to Yahoo's other searches."""
        for box in tree.all(self.query_box):
            held = fold(attr(box, "value"))
            if held:
                return held
        other = tree.one("a[href*='images.search.yahoo.com/search']")
        return fold(parameter(attr(other, "href"), "p"))

    def says_nothing_found(self, tree: Tree) -> bool:
        if tree.has(NOTHING_NODES):
            return True
        said = (text(node)[:LONGEST_MESSAGE] for node in tree.all(MESSAGES) if not surfaces.links(node))
        return any(map(NOTHING.search, said))

    def shows_something_else(self, tree: Tree) -> bool:
        """Nothing matched and other rows follow, or the rows of a rewritten query name nothing that was asked."""
        if tree.has(NOTHING_NODES):
            return True
        asked, instead = self._rewritten(tree)
        return bool(instead) and bing.answers_another(asked, instead, map(text, tree.all(f"#web :is({ROW})")))

    def corrected_query(self, tree: Tree) -> str:
        return self._rewritten(tree)[1]

    def _rewritten(self, tree: Tree) -> tuple[str, str]:
        """(asked, shown instead) of a note with a link that forces the spelling back (`p=+word`) and one without."""
        for forced in tree.all(FORCED):
            note = tree.closest(forced, NOTES)
            if note is None or note.css_first(ROW) is not None:
                continue
            href = attr(forced, "href")
            others = [link for link in note.css("a[href*='p=']") if attr(link, "href") != href]
            if others:
                return parameter(href, "p").lstrip("+"), text(others[0])
        return "", ""

    def hits(self, tree: Tree) -> Iterator[Hit]:
        place, items = next(((i, css) for i, css in enumerate(ITEMS) if tree.has(css)), (0, ITEMS[0]))
        searches: set[str] = set()
        for item in outermost(tree.all(f"{items}, {AD_LISTS}")):
            if not NOT_ITEMS.isdisjoint(names(item)) or hidden(item):
                continue
            tree.tally[f"item:{place}"] += 1
            for hit in read_item(tree, item):
                if hit.feature is Feature.RELATED_SEARCHES:
                    if hit.title.casefold() in searches:
                        continue
                    searches.add(hit.title.casefold())
                yield hit


def read_item(tree: Tree, item: Node) -> Iterator[Hit]:
    if item.mem_id in tree.holders(ADS) or tree.inside(item, ADS):
        yield from surfaces.advertisements(tree, item)
        return
    if item.css_first(ROW) is not None:
        tree.tally["row:0"] += 1
        yield from read_row(tree, item)
        return
    kind = surfaces.kind(item)
    if kind != "other":
        yield from surfaces.READERS[kind](tree, item)
    elif any(surfaces.section(attr(link, "href")) == "sr" for css in LINKS[:2] for link in item.css(css)):
        tree.tally["row:1"] += 1
        yield from read_row(tree, item)
    else:
        yield from surfaces.READERS["panel" if tree.inside(item, "#right") else "other"](tree, item)


def read_row(tree: Tree, row: Node) -> Iterator[Hit]:
    link = tree.first("title", row, *LINKS)
    if link is None:
        return
    url = surfaces.unwrap(attr(link, "href"))
    if surfaces.is_ad(url):
        yield row_hit(tree, row, link, Feature.AD, surfaces.ad_address(url))
    elif surfaces.tab(url) or (surfaces.own(url) and parameter(url, "p")):
        yield from surfaces.READERS[surfaces.kind(row)](tree, row)
    elif url:
        yield row_hit(tree, row, link, Feature.ORGANIC, url)


def row_hit(tree: Tree, row: Node, link: Node, feature: Feature, url: str) -> Hit:
    body = tree.first("snippet", row, *SNIPPETS)
    raw, said = leading_date(surfaces.visible(body, surfaces.CONTROLS))
    shown = text(surfaces.address_part(link) or tree.first("displayed", row, *DISPLAYED))
    named = NAME_BEFORE.fullmatch(shown)
    return Hit(
        feature=feature,
        title=surfaces.title_of(link),
        url=url,
        displayed_url=named["address"] if named is not None else shown,
        snippet=said,
        date=raw or None,
        rating=bing.rating(row, surfaces.RATED_LINES, surfaces.STARS),
        source=named["name"] if named is not None else "",
        links=sitelinks(row, url),
    )


def sitelinks(row: Node, url: str) -> tuple[Link, ...]:
    """Other pages of the row's own site linked inside the row."""
    mine, site = url.partition("#")[0], host(url).removeprefix("www.")
    return tuple(
        link
        for link in surfaces.links(row)
        if link.title and under(host(link.url), site) and link.url.partition("#")[0] != mine
    )
