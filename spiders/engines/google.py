"""Google: rendered pages of 2024-2026, their predecessors back to 2007, phone pages, and the markup without scripts.

A result is a heading inside a link (or a link inside a heading) in the result column; spiders/google_walk.py tells
rows from boxes and keeps page order, google_rows.py reads a row, google_surfaces.py what stands around the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from audit.models import Hit, Page, SerpQuery
from spiders import google_surfaces as surfaces
from spiders.address import host, parameter, path
from spiders.engine import Engine
from spiders.google_links import HOMEPAGE, outside_links
from spiders.google_walk import FORCED_BACK, SUGGESTION, Walk
from spiders.guards import same_query
from spiders.tree import Node, Tree, attr, fold, text

ROWS_A_PAGE = 10  # more were ignored since 2025-09 (engines reference, rule 10)
CONTENT = (
    "#rso, #search, #res, #ires, #topstuff, #botstuff, #main h3, #main a[href^='/url?'], "
    "a[href^=http] h3, h3 a[href^=http], a[href^=http] > [role=heading], a[href^='/url?q=http'] h3, "
    "a[href^='/url?q=http'] > div"
)

# Google's own sentences for "nothing found"; read only inside its own message node.
NOTHING = re.compile(
    r"did not match any documents|no results found for|ничего не найдено|не найдено ни одного документа|"
    r"нет результатов|результатов не найдено|нічого не знайдено|не відповідає жоден|немає результатів|"
    r"не знайдено жодного|일치하는 검색결과가 없습니다|검색결과가 없습니다|找不到|没有找到|沒有找到|查無|"
    r"一致する情報は見つかりません|一致する検索結果はありません|検索結果はありません|"
    r"aucun document ne correspond|aucun résultat|keine ergebnisse|keine dokumente|stimmen mit keinen|"
    r"no se ha encontrado ning|no obtuvo ning|no se han encontrado|nessun risultato|non ha prodotto risultati|"
    r"nenhum documento|geen resultaten|geen documenten|nie została odnaleziona|nie znaleziono|sonuç bulunamadı|"
    r"arama sonucu mevcut değil|^\D*0 results",
    re.IGNORECASE,
)
MESSAGES = "#topstuff, #botstuff .mnr-c, #res > .med, #main > .xpd, #main > div > .xpd, #result-stats, #resultStats"
PARAGRAPHS = "#center_col p, #main p, #res p, #search p, #botstuff p"  # where the message node has a new name
QUERY_ECHO = 20  # characters of the query that such a paragraph must repeat; long queries are cut short in it
NO_QUERY = re.compile(r"\.\.\.|…")
OTHER_TABS = {"isch": "images", "nws": "news", "shop": "shopping", "vid": "videos", "bks": "books", "lcl": "places"}
OTHER_MODES = {
    **{"1": "places", "2": "images", "7": "videos", "12": "news", "18": "forums", "28": "shopping", "36": "books"},
    **{"39": "short videos", "50": "ai mode"},
}
CAPTCHA = "form#captcha-form, form[action*='CaptchaRedirect'], form[action^='/sorry/']"
# On pages without results only: the help article on "unusual traffic", and the puzzle itself.
CAPTCHA_ALONE = "a[href*='answer/86640'], a[href*='answer=86640'], .g-recaptcha[data-sitekey]"


class Google(Engine):
    name = "google"
    homepage = HOMEPAGE
    languages = ("en", "ru", "uk", "ko", "zh", "de", "fr", "es")
    index = "google"
    verified = date(2026, 5, 28)
    host_marks = ("google",)
    query_box = "textarea[name=q], input[name=q]"
    marks = (
        "#rso, #sfcnt",
        "#topstuff, #botstuff, #mbEnd",
        "form#tsf, header#hdr form, form[name=gs][action='/search']",
        "form#captcha-form input[name=continue], form[action*='consent.google']",
        "#yvlrue, noscript a[href*='/httpservice/retry/enablejs'], noscript a[href*='gbv=1']",
        "#result-stats, #resultStats",
    )

    def url(self, query: SerpQuery) -> str:
        asked = {"q": query.keyword, "hl": query.language, "gl": query.country.lower(), "pws": "0"}
        if query.page > 1:
            asked["start"] = str((query.page - 1) * ROWS_A_PAGE)
        return f"{self.homepage}search?{urlencode({key: value for key, value in asked.items() if value})}"

    def blocked(self, page: Page, tree: Tree) -> str:
        if self.owns(page.url) and path(page.url).startswith("/sorry"):
            return "captcha"
        if host(page.url).startswith("accounts.google."):
            return "login"
        if tree.has("#rso"):  # nearly every page of results, found without reading all of it
            return ""
        if tree.has(CAPTCHA):
            return "captcha"
        if tree.has(CONTENT):
            return ""
        if tree.has(CAPTCHA_ALONE):
            return "captcha"
        if host(page.url).startswith("consent.google.") or tree.has("form[action*='consent.google'], #L2AGLb, #W0wltc"):
            return "consent"
        if tree.has("#yvlrue, noscript a[href*='enablejs'], noscript meta[content*='enablejs']"):
            return "js_shell"
        return "js_shell" if tree.has("noscript a[href*='gbv=1'], noscript meta[content*='gbv=1']") else ""

    def displayed_query(self, tree: Tree) -> str:
        """The box; a textarea keeps the query as text. Saved pages with an emptied box still have their title."""
        first = tree.one(self.query_box)  # nearly always enough, and found without reading the whole page
        held = box_text(first) if first is not None else ""
        if held or tree.has("form#captcha-form"):
            return held
        for box in tree.all(self.query_box):
            held = box_text(box)
            if held:
                return held
        return "" if NO_QUERY.search(tree.title) else title_query(tree)

    def vertical(self, page: Page, tree: Tree) -> str:
        asked = {name: parameter(page.url, name) if self.owns(page.url) else "" for name in ("tbm", "udm")}
        form = tree.one("form#tsf, form[action='/search']")
        for field in form.css("input[name]") if form is not None else ():
            name = attr(field, "name")
            asked[name] = asked.get(name, "") or attr(field, "value")
        return OTHER_TABS.get(asked["tbm"], "") or OTHER_MODES.get(asked["udm"], "")

    def corrected_query(self, tree: Tree) -> str:
        """ "Showing results for": a link that forces the spelling back (`nfpr=1`) beside the corrected one."""
        corrected = tree.one(SUGGESTION)
        if corrected is not None and tree.has(FORCED_BACK):
            return text(corrected)
        shown, titled = self.displayed_query(tree), title_query(tree)
        cut = NO_QUERY.search(tree.title) or NO_QUERY.search(shown)
        return titled if shown and titled and not cut and not same_query(shown, titled) else ""

    def says_nothing_found(self, tree: Tree) -> bool:
        if any(
            (NOTHING.search(text(node)) or surfaces.suggests(node)) and not outside_links(node)
            for node in tree.all(MESSAGES)
        ):
            return True
        echo = self.displayed_query(tree)[:QUERY_ECHO].casefold()
        said = (text(node) for node in tree.all(PARAGRAPHS)) if echo else ()
        return any(echo in line.casefold() and NOTHING.search(line) for line in said)

    def shows_something_else(self, tree: Tree) -> bool:
        """The message above the rows offers the query without its quotation marks, or says that nothing was found."""
        boxes = (tree.one(css) for css in ("#topstuff", "#taw", "#botstuff .mnr-c"))
        parts = (part for box in boxes if box is not None for part in box.css("#topstuff, .card-section, p, .mnr-c"))
        for node in parts:
            for link in node.css('a[href*="/search?"]'):
                shown = self.displayed_query(tree)
                other = parameter(attr(link, "href"), "q")
                unquoted = '"' in shown and '"' not in other and same_query(shown, other)
                if text(link) and (unquoted or NOTHING.search(text(node))):
                    return True
        return False

    def hits(self, tree: Tree) -> Iterator[Hit]:
        yield from Walk(tree).hits()


def box_text(box: Node) -> str:
    return fold(attr(box, "value") or (box.text() if box.tag == "textarea" else ""))


def title_query(tree: Tree) -> str:
    """Query in the page title, "acme - Google Search" in any language; "" where the title has another form."""
    query, _, engine = tree.title.rpartition(" - ")
    return fold(query) if "google" in engine.casefold() else ""
