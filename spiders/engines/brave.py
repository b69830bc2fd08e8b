"""Brave Search: server-made pages of 2021-2026. Every block of the column is a box of its own; a row is a box whose
first link goes to a page and names it, an advertisement one whose link stays on Brave and counts the click.

Class names ending in a hash change with every build and are never read; ids and `data-type` have held since 2023.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice, takewhile
from urllib.parse import urlencode

from audit.models import Feature, Hit, Page, SerpQuery
from spiders import brave_surfaces as surfaces
from spiders.address import parameter, path
from spiders.engine import Engine
from spiders.guards import same_query
from spiders.tree import Node, Tree, ancestors, attr, fold, text

BOXES = ".snippet, [data-pos], [data-type]"
COLUMNS = ("#results", "aside")
ROWS = "#results [data-type=web], #results .snippet[data-pos], #results > .snippet.fdb, #results .snippet cite"

CAPTCHA = (
    "form[action*=captcha], [class*=captcha-], [id*=captcha], a[href*=pow-captcha], button.pow-button, "
    "button[name*=captcha]"
)
CAPTCHA_TITLE = re.compile(r"^(?:PoW )?Captcha - Brave Search$")
FLAGGED = "flagged as being suspicious"  # Brave's own sentence; good pages hold it at most in a script
NEEDS_SCRIPTS = "needs JavaScript to function"
TITLE_TAIL = " - Brave Search"
TABS = {"/images": "images", "/news": "news", "/videos": "videos", "/goggles": "goggles", "/ask": "ask"}
ACTIVE_TAB = "#primary-tabs .active a[href], nav .tab-item.active a[href]"

# The English sentence is Brave's own; the others are likely wordings that no recorded page has shown yet. All count
# only in a message node: a box of the column without a link to any page.
NOTHING = re.compile(
    r"not many great matches|no (?:\w+ )?(?:results|matches) (?:were )?found|did(?:n[’']t| not) (?:find|match) any|"
    r"(?:keine|nicht viele) (?:\w+ ){0,2}(?:ergebnisse|treffer|übereinstimmungen)|"
    r"(?:aucun|pas beaucoup de|peu de) (?:\w+ ){0,2}(?:résultats?|correspondances?)|"
    r"(?:no (?:hay|se (?:han )?encontr\w+)|no muchas?) (?:\w+ ){0,2}(?:resultados|coincidencias)|"
    r"(?:ничего не найдено|(?:не так много|мало|нет) (?:\w+ ){0,2}(?:результатов|совпадений))|"
    r"(?:нічого не знайдено|(?:не так багато|мало|немає) (?:\w+ ){0,2}(?:результатів|збігів))|"
    r"(?:검색 ?)?결과(?:가|를) (?:없습니다|찾을 수 없)|(?:没有|未)找到|沒有找到|匹配(?:结果)?不多",
    re.IGNORECASE,
)
DEEPEST = 8  # wrappers around a box; real pages have one
NOTE_HEIGHT = 4  # levels from the link to the whole note on a corrected spelling
LONGEST_MESSAGE = 600  # characters; the sentence and a list of advice


class Brave(Engine):
    name = "brave"
    homepage = surfaces.HOMEPAGE
    languages = ("en", "de", "fr", "es", "ru", "uk", "ko", "zh")
    index = "brave"
    verified = date(2026, 4, 4)
    host_marks = ("search.brave.com", "safesearch.brave.com")
    query_box = "#searchbox, form[action='/search'] input[name=q]"
    marks = (
        "meta[property='og:site_name'][content='Brave Search'], link[rel=search][title='Brave Search']",
        "#searchform #searchbox, form[data-testid=searchform] input[name=q]",
        "#results > .snippet[class*=svelte-], #results .snippet[data-type=web], #results > .snippet.fdb",
        "img[alt='Brave logo'], a[href*='search.brave.com'], link[href*='search.brave.com']",
        "a[href*=pow-captcha], button.pow-button, .captcha-canvas-wrapper",
    )

    def url(self, query: SerpQuery) -> str:
        """Country and interface language travel as cookies (engines reference, section 7), not in the address."""
        asked = {"q": query.keyword, "source": "web"}
        if query.page > 1:
            asked["offset"] = str(query.page - 1)
        return f"{self.homepage}search?{urlencode(asked)}"

    def blocked(self, page: Page, tree: Tree) -> str:
        """A challenge may lie over a good page as a dialog: where rows stand, they were answered."""
        if tree.has(ROWS):
            return ""
        if tree.has(CAPTCHA) or path(page.url).rstrip("/").endswith("/captcha"):
            return "captcha"
        if tree.has("#results"):
            return ""
        if CAPTCHA_TITLE.match(tree.title) or FLAGGED in tree.source:
            return "captcha"
        return "js_shell" if self.recognises(page, tree) and NEEDS_SCRIPTS in tree.source else ""

    def vertical(self, page: Page, tree: Tree) -> str:
        named = TABS.get(path(page.url).rstrip("/"), "") if self.owns(page.url) else ""
        return named or TABS.get(path(attr(tree.one(ACTIVE_TAB), "href")), "")

    def displayed_query(self, tree: Tree) -> str:
        """The box; it is filled by a script, so a saved page says its query in the title or in its tabs."""
        held = super().displayed_query(tree)
        if held:
            return held
        if tree.title.endswith(TITLE_TAIL) and not (CAPTCHA_TITLE.match(tree.title) and not tree.has("#results")):
            return fold(tree.title.removesuffix(TITLE_TAIL))
        return fold(parameter(attr(tree.one("nav a[href^='/images?']"), "href"), "q"))

    def corrected_query(self, tree: Tree) -> str:
        """The note links the query as typed with `spellcheck=0`; beside it stands the one that was answered."""
        for link in tree.all("#results a[href*='spellcheck=0']"):
            typed = parameter(attr(link, "href"), "q")
            if parameter(attr(link, "href"), "offset") or not typed or not text(link):
                continue
            inside = takewhile(lambda up: attr(up, "id") != "results", islice(ancestors(link), NOTE_HEIGHT))
            notes = (up.css("a[href], b, strong, em") for up in inside)
            for named in next((parts for parts in notes if len(parts) > 1), ()):
                said = fold(parameter(attr(named, "href"), "q")) or text(named)
                if said and not same_query(said, typed):
                    return said
        return ""

    def says_nothing_found(self, tree: Tree) -> bool:
        """In a box of the column, or as nearly all the page says where the column is missing."""
        main = tree.one("main") if not tree.has("#results") else None
        return any(says_nothing(block) for block in blocks(tree)) or (main is not None and says_nothing(main))

    def shows_something_else(self, tree: Tree) -> bool:
        """The sentence of absence above the first row."""
        for block in blocks(tree):
            if says_nothing(block):
                return True
            if any(hit.feature is Feature.ORGANIC for hit in surfaces.read(tree, block)):
                return False
        return False

    def hits(self, tree: Tree) -> Iterator[Hit]:
        for block in blocks(tree):
            yield from surfaces.read(tree, block)


def blocks(tree: Tree) -> Iterator[Node]:
    """Boxes of the column, then of the side, in page order; a plain wrapper of boxes is entered."""
    for css in COLUMNS:
        column = tree.one(css)
        stack = [column.iter()] if column is not None else []
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
            elif (node.tag or "-")[0] == "-":
                continue  # a comment; Brave's pages hold thousands
            elif is_box(node) or len(stack) >= DEEPEST or node.css_first(BOXES) is None:
                yield node
            else:
                stack.append(node.iter())


def is_box(node: Node) -> bool:
    held = node.attributes
    return "data-pos" in held or "data-type" in held or "snippet" in (held.get("class") or "").split()


def says_nothing(block: Node) -> bool:
    """A box of words only; the query repeated in it (bold or linked) may be about finding nothing, and is left out."""
    if surfaces.outside_links(block) or surfaces.kind(block) is not None:
        return False
    said = text(block, skip=frozenset(node.mem_id for node in block.css("b, strong, em, mark, a")))
    return len(said) <= LONGEST_MESSAGE and bool(NOTHING.search(said))
