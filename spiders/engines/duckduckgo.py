"""DuckDuckGo: the page drawn by scripts (2015, 2019, React since 2023) and the two without, html and lite.

React pages name every block in `data-layout`; older pages and html hold rows as boxes of a link in a heading; lite is
a table of three lines a result. Blocks are found in one query in page order, what stands inside a block is not met
again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from audit.models import Feature, Hit, Link, Page, SerpQuery
from spiders import bing_surfaces as bing
from spiders import yahoo_surfaces as yahoo
from spiders.address import host, http, parameter, path, under
from spiders.dates import leading_date
from spiders.engine import Engine
from spiders.tree import Node, Tree, ancestors, attr, below, first_below, fold, hidden, names, outermost, text

HOMEPAGE = "https://duckduckgo.com/"
OWN = "duckduckgo.com"
REGIONS = {"gb": "uk-en", "ua": "ua-uk", "kr": "kr-kr", "cn": "cn-zh", "tw": "tw-tzh", "ru": "ru-ru"}
"""Region codes that are not country-language (engines reference, section 6)."""

ROWS = (
    "article[data-testid=result], article[data-testid=ad], article[data-nrn=result], .result, .web-result, "
    "#links .results_links, #links > .web-result-sponsored, td > a.result-link"
)
MODULES = (
    ".zci-wrapper > .zci, #zero_click_abstract, .zci.is-active, .module, .related-searches, "
    "form[action*='/lite'] ~ table"
)
NO_ROWS = frozenset({".result--more", ".result--sep"})
BLOCKS = f"li[data-layout], {ROWS}, {MODULES}"
ADS = (
    "[data-testid=ad], li[data-layout=ad], .result--ad, #ads .result, .results--ads .result, .web-result-sponsored, "
    ".result.sponsored, .results_links.sponsored, tr.result-sponsored, .result:has(.badge--ad)"
)
TITLES = ("a[data-testid=result-title-a]", "a.result__a", "h2 a[href]", "a.large", ".links_main > a[href]")
DISPLAYED = ("a[data-testid=result-extras-url-link]", "a.result__url", ".url", ".link-text")
SNIPPETS = ("[data-result=snippet]", ".result__snippet", ".snippet", "td.result-snippet")
DATES = (".result__timestamp, .timestamp", ".result__extras__url > span:not([class])")
SOURCES = (":has(> a[data-testid=result-extras-url-link]) > p", "a[data-testid=result-extras-url-link] p:first-child")
HEADS = (".module__title", ".module__title__sub", ".zci__header", "#zero_click_heading", "h1")
SITELINKS = "li[id^='sl-'] a[href], .result__sitelinks a[href], a.sponsored__sitelink, ul.sitelinks a[href]"
RATING = "[data-testid*=rating], [aria-label*=rating], [class*=rating], [class*=stars]"

# Words of `data-layout` and of the older module classes; the first that is met decides.
KINDS = {
    "wikinlp": Feature.AI_ANSWER,
    "assist": Feature.AI_ANSWER,
    "about": Feature.KNOWLEDGE_PANEL,
    "zero_click": Feature.KNOWLEDGE_PANEL,
    "video": Feature.VIDEO,
    "image": Feature.IMAGE,
    "news": Feature.TOP_STORIES,
    "place": Feature.LOCAL_PACK,
    "map": Feature.LOCAL_PACK,
    "forum": Feature.DISCUSSION,
    "discussion": Feature.DISCUSSION,
}
TABS = {"images": "images", "videos": "videos", "news": "news", "shopping": "shopping", "maps": "maps", "chat": "chat"}
VERTICALS = "[data-testid$='-vertical']:not([data-testid=web-vertical])"

NOTHING = "[class*=no-results], [data-testid*=no-results], [data-result=no-results]"
SAID_PLACES = (
    "section[data-testid=mainline] > :not(ol), #links > :not(.result), #message, form[action*='/lite'] ~ table"
)
SAYS_NOTHING = re.compile(
    r"^(?:sorry, )?no (?:more )?results(?: (?:found )?for\b|\.|$)|ничего не найдено|результатов не найдено|"
    r"нічого не знайдено|результатів не знайдено|검색 결과가 없습니다|결과를 찾을 수 없|"
    r"(?:找不到|未找到|没有找到|沒有找到).*(?:结果|結果)|^keine (?:weiteren )?(?:ergebnisse|treffer)|"
    r"^aucun (?:autre )?résultat|^no se (?:han encontrado|encontraron) (?:más )?resultados",
    re.IGNORECASE,
)
SITE_SEARCH = "a[href*='q='][href*='+site:'], a[data-testid=result-extras-site-search-link]"
ONE_SITE = re.compile(r"\s*site:\S+$")
SPELLING = "#did_you_mean, #did_you_means, #message, .msg--spelling, section[data-testid=mainline] > :not(ol)"
ONLY_ASKS = re.compile(r"^(?:did you mean|not many|возможно|можливо|meinten sie|quisiste|essayez)", re.IGNORECASE)
CORRECTS = re.compile(r"^(?:including|showing) results", re.IGNORECASE)
LONGEST = 2_000  # characters of a block's own text
STEPS = 5  # wrappers in wrappers: uddg, y.js, Yahoo, Bing


class DuckDuckGo(Engine):
    name = "duckduckgo"
    homepage = HOMEPAGE
    languages = ("en", "ru", "uk", "ko", "zh", "de", "fr", "es")
    index = "bing"
    verified = date(2026, 7, 9)
    host_marks = ("duckduckgo",)
    marks = (
        "#links_wrapper, #links.results, #react-layout",
        "#duckbar, #react-duckbar, a[title=DuckDuckGo], form[action*='/lite'] ~ table",
        "form#challenge-form[action*=duckduckgo], [data-testid=anomaly-modal]",
        "td > a.result-link, a.result__a, article[data-testid=result]",
        "#zero_click_wrapper, #search_form_input_homepage, #state_hidden",
    )

    def url(self, query: SerpQuery) -> str:
        return f"{HOMEPAGE}?{urlencode({'q': query.keyword, 'kl': region(query), 'ia': 'web'})}"

    def blocked(self, page: Page, tree: Tree) -> str:
        if tree.has(ROWS):
            return ""
        if tree.has(
            "form#challenge-form, [data-testid=anomaly-modal], .anomaly-modal__modal, form[action*='anomaly.js']"
        ):
            return "captcha"
        if tree.has(NOTHING):
            return ""
        if page.status == 202 or tree.has("a[href^='mailto:error-lite']"):
            return "rate_limit"
        return "js_shell" if is_shell(tree) else ""

    def vertical(self, page: Page, tree: Tree) -> str:
        """A tab is another product only where no web rows stand below it: `ia` also names an open answer box."""
        if tree.has(ROWS) and not tree.has(VERTICALS):
            return ""
        asked = parameter(page.url, "iax", "iaxm", "iar", "ia") if self.owns(page.url) else ""
        shown = attr(tree.one(VERTICALS), "data-testid").removesuffix("-vertical")
        return shown or TABS.get(asked, "")

    def displayed_query(self, tree: Tree) -> str:
        """The box, the title, or a row's link that asks the same query of one site only."""
        held = super().displayed_query(tree)
        if not held and tree.title.endswith(" at DuckDuckGo"):
            held = tree.title.removesuffix(" at DuckDuckGo")
        if not held:
            held = ONE_SITE.sub("", parameter(attr(tree.one(SITE_SEARCH), "href"), "q"))
        return fold(held)

    def says_nothing_found(self, tree: Tree) -> bool:
        if any(shown(node) for node in tree.all(NOTHING)):
            return True
        cells = (cell for node in tree.all(SAID_PLACES) for cell in node.css("td, p, h1, h2, div") or [node])
        return any(SAYS_NOTHING.search(text(cell)[:200]) for cell in cells)

    def shows_something_else(self, tree: Tree) -> bool:
        """The sentence of absence stands above the first row; at the end of all rows it says "no more"."""
        titles = ", ".join(TITLES[:2])
        first = next((node for node in tree.all(f"{NOTHING}, {titles}") if shown(node)), None)
        return first is not None and tree.matches(first, NOTHING)

    def corrected_query(self, tree: Tree) -> str:
        """Corrected by itself: the note names two queries, the one shown and "search only for" the one asked."""
        for note in tree.all(SPELLING):
            queries = [node for node in note.css("a[href*='q='], a[data-query]") if shown(node)]
            said = text(note) if queries else ""
            if queries and not ONLY_ASKS.search(said) and (len(queries) > 1 or CORRECTS.search(said)):
                return fold(attr(queries[0], "data-query")) or text(queries[0])
        return ""

    def hits(self, tree: Tree) -> Iterator[Hit]:
        met: set[int] = set()
        for block in tree.all(BLOCKS):
            if block.mem_id in met or any(above.mem_id in met for above in ancestors(block)):
                continue  # lexbor gives a node once for each selector of a list that it matches
            found = list(read_block(tree, block))
            if found or attr(block, "data-layout"):
                met.add(block.mem_id)
            yield from found


def region(query: SerpQuery) -> str:
    country = query.country.lower()
    if not country:
        return "wt-wt"
    return REGIONS.get(country, f"{country}-{query.language.lower() or 'en'}")


def is_shell(tree: Tree) -> bool:
    """The page before its scripts ran: the column is there and empty, and scripts are told to fill it."""
    if tree.has("#links a[href], #links p, #react-layout a[href], a.result-link"):
        return False
    return tree.has(".msg--noscript, noscript meta[content*='/html']") or "DDG.Pages.SERP" in tree.source


def shown(node: Node) -> bool:
    """Older pages keep empty boxes ready, switched off by a class."""
    return not any(hidden(n) or "is-hidden" in attr(n, "class").split() for n in (node, *ancestors(node)))


def read_block(tree: Tree, block: Node) -> Iterator[Hit]:
    layout = attr(block, "data-layout")
    if layout in ("", "organic", "ad") and (title := title_of(tree, block)) is not None:
        row = row_of(block)
        yield from read_row(tree, row, title)
    elif layout.startswith("related") or ".related-searches" in names(block):
        for link in block.css("a[href*='q=']"):
            yield Hit(feature=Feature.RELATED_SEARCHES, title=text(link))
    elif layout or tree.matches(block, MODULES):
        yield from read_module(tree, block, layout)


def title_of(tree: Tree, block: Node) -> Node | None:
    if block.tag == "a":
        return block
    if tree.matches(block, MODULES) or not NO_ROWS.isdisjoint(names(block)):
        return None
    return tree.first("title", block, *TITLES)


def row_of(block: Node) -> Node:
    """The box that holds the whole row; a lite row is its line of the table."""
    if block.tag != "a":
        return block
    return next((above for above in ancestors(block) if above.tag == "tr"), block)


def read_row(tree: Tree, row: Node, link: Node) -> Iterator[Hit]:
    url = unwrap(attr(link, "href"))
    if tree.inside(row, ADS) or is_click(url):
        yield row_hit(tree, row, link, Feature.AD, advertiser(url))
    elif url and not (under(host(url), OWN) and parameter(url, "q")):
        yield row_hit(tree, row, link, Feature.ORGANIC, url)


def row_hit(tree: Tree, row: Node, link: Node, feature: Feature, url: str) -> Hit:
    lines = [row, *lines_below(row)] if row.tag == "tr" else [row]
    raw, snippet = dated_snippet(tree, lines)
    source = first_of(tree, "source", lines, SOURCES) if row.tag != "tr" else None
    named = frozenset((source.mem_id,)) if source is not None else frozenset()
    return Hit(
        feature=feature,
        title=text(link),
        url=url,
        displayed_url=text(first_of(tree, "displayed", lines, DISPLAYED), skip=named),
        snippet=snippet,
        date=raw or None,
        rating=bing.rating(row, RATING, RATING) if tree.ids(RATING) else None,
        source=text(source),
        links=tuple(sitelinks(row)),
    )


def lines_below(row: Node) -> Iterator[Node]:
    """The lines of a lite result after its title: snippet, then address and date."""
    line = row.next
    while line is not None:
        if line.tag == "tr":
            if line.css_first("a.result-link") is not None:
                return
            yield line
        line = line.next


def first_of(tree: Tree, anchor: str, lines: list[Node], selectors: tuple[str, ...]) -> Node | None:
    for css in selectors:
        for line in lines:
            found = first_below(line, css)
            if found is not None:
                tree.tally[f"{anchor}:{selectors.index(css)}"] += 1
                return found
    tree.tally[f"{anchor}:miss"] += 1
    return None


def dated_snippet(tree: Tree, lines: list[Node]) -> tuple[str, str]:
    """Date words and snippet. React puts the date in a span of its own before the text, without any sign between."""
    node = first_of(tree, "snippet", lines, SNIPPETS)
    if node is None:
        return "", ""
    stamp = next(iter(css for line in lines for css in below(line, ", ".join(DATES)) if text(css)), None)
    if stamp is not None:
        return text(stamp), text(node)
    for span in node.css("span > span:first-child"):
        words = text(span)
        if words and leading_date(f"{words} · .")[0] == words:
            return words, text(node, skip=frozenset({span.mem_id}))
    return leading_date(text(node))


def sitelinks(row: Node) -> Iterator[Link]:
    for link in outermost(below(row, SITELINKS)):
        url, title = advertiser(unwrap(attr(link, "href"))), text(link)
        if url and title:
            yield Link(title=title, url=url)


def read_module(tree: Tree, box: Node, layout: str) -> Iterator[Hit]:
    """A typed block. One without content ("Generate answer", a closed map) shows nothing and is no hit."""
    feature = kind_of(box, layout)
    if feature in (Feature.KNOWLEDGE_PANEL, Feature.AI_ANSWER):
        yield from read_answer(tree, box, feature)
    elif not tree.matches(box, "form[action*='/lite'] ~ table"):
        yield from read_cards(box, feature)
    elif box.css_first("form, a.result-link") is None:
        yield from read_answer(tree, box, Feature.KNOWLEDGE_PANEL)


def kind_of(box: Node, layout: str) -> Feature:
    named = layout or f"{attr(box, 'id')} {attr(box, 'class')}"
    kind = next((feature for word, feature in KINDS.items() if word in named), None)
    if kind is None and ".zci" in names(box):
        return Feature.KNOWLEDGE_PANEL
    return kind or Feature.OTHER


def read_answer(tree: Tree, box: Node, feature: Feature) -> Iterator[Hit]:
    """An answer or a panel with the pages it names."""
    body = tree.first(
        "answer",
        box,
        "[data-testid=duckassist-answer-content]",
        ".module__text",
        ".zci__content",
        ".zci__result",
    )
    sources = cited(box)
    if feature is Feature.AI_ANSWER and body is None:
        return
    skip = frozenset(node.mem_id for node in box.css("a[href], .module__title"))
    said = text(body or box, skip=skip, most=LONGEST)[:LONGEST]
    if said:
        panel = feature is Feature.KNOWLEDGE_PANEL
        url = sources[0].url if panel and sources else ""
        yield Hit(feature=feature, title=heading(box) if panel else "", url=url, snippet=said, links=sources)


def heading(box: Node) -> str:
    subtitle = frozenset(node.mem_id for node in box.css(".zci__header__sub"))
    heads = (text(head, skip=subtitle) for css in HEADS for head in box.css(css))
    return next(filter(None, heads), "")


def cited(box: Node) -> tuple[Link, ...]:
    """Outside pages a block links, each once."""
    found: dict[str, str] = {}
    for link in box.css("a[href]"):
        url = unwrap(attr(link, "href"))
        if url and not under(host(url), OWN):
            found[url] = found.get(url) or text(link)
    return tuple(Link(title=title, url=url) for url, title in found.items())


def read_cards(box: Node, feature: Feature) -> Iterator[Hit]:
    """A row of cards: one hit a page; a block without outside links is one hit with its words."""
    urls: set[str] = set()
    for link in box.css("a[href]"):
        url = advertiser(raw) if is_click(raw := unwrap(attr(link, "href"))) else raw
        head = next(iter(link.css("h2, h3, h4, [title]")), None)
        title = attr(head, "title") or text(head) or text(link)
        if url and title and url not in urls and (is_click(raw) or not under(host(url), OWN)):
            urls.add(url)
            yield Hit(feature=Feature.AD if is_click(raw) else feature, title=title, url=url)
    words = "" if urls else text(box, most=LONGEST)[:LONGEST]
    if words and feature not in (Feature.IMAGE, Feature.VIDEO):
        yield Hit(feature=feature, snippet=words)


def unwrap(url: str) -> str:
    """duckduckgo.com/l/?uddg=<percent-encoded> holds the real address; decoded once, more would spoil a plus sign."""
    url = http(url, HOMEPAGE)
    if under(host(url), OWN) and path(url).rstrip("/") == "/l":
        return http(parameter(url, "uddg")) or url
    return url


def is_click(url: str) -> bool:
    return under(host(url), OWN) and path(url) == "/y.js"


def advertiser(url: str) -> str:
    """The advertiser's page behind the click counters of DuckDuckGo, Yahoo and Bing; "" where it cannot be read."""
    for _ in range(STEPS):
        if is_click(url):
            url = http(parameter(url, "u3", "u"))
        elif under(host(url), OWN):
            url = http(parameter(url, "uddg"))
        elif bing.is_ad(url):
            return bing.ad_address(url)
        else:
            inner = yahoo.unwrap(url)
            if inner == url:
                return url
            url = inner
    return ""
