"""What stands around Bing's rows, and the wrappers of its links. The engines that buy Bing's index meet the same ones.

A block is typed by the parts it holds; the tab that its heading opens stands among them (`/videos/search`), so that
the type does not hang on a class alone. What holds nothing known is one `other` with its links, never dropped.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from audit.models import AggregateRating, Feature, Hit, Link
from spiders.address import host, http, parameter, path, under
from spiders.dates import leading_date
from spiders.guards import names_query, same_query
from spiders.links import named_once
from spiders.ratings import read_rating
from spiders.tree import Node, Tree, attr, below, card_of, holding, outermost, text

HOMEPAGE = "https://www.bing.com/"
HIDDEN = ".b_hide, .b_hidden, .expansionAccessibilityText"
CONTROLS = (
    "button, form, [role=button], [role=menu], [role=tooltip], [role=listbox], [role=combobox], fieldset, "
    "[class*=fdbk], [class*=_skeleton], .mc_vtvc_htc, .b_crt_citation_num"
)
HEADINGS = ("h2", "h3, [role=heading]", ".b_topTitle, .b_traits, .b_primtxt")

# First match holds: a panel and an AI answer may carry videos and maps, a list of videos related searches.
KINDS = {
    "note": "#sp_requery, #sp_recourse",
    "ai": "#ca_main, .copans_container, .b_sydConvCont, [data-testid=bing-chat-answer], .gs_aidisc, .b_cs_disclaimer, "
    ".rd_summary_info, .developer_answercard_wrapper, .b_crtrm, #b_wpt_creator",
    "panel": ".b_entityTP, .b_cbContainer_ent2, [class*=lite-entcard], .b_gwaDlWrapper",
    "questions": "[data-tag='RelatedQnA.Item'], #relatedQnAListDisplay, .df_alaskcarousel, .df_qntext, .rqnaacfacc",
    "places": ".b_loccardans, .b_lmLocal, #lMapContainer, #loc_hy, [data-type=Business], .dynMap, "
    "h2 a[href^='/maps'], h2 a[href*='bing.com/maps']",
    "videos": ".b_vidAns, .mc_vtvc, #serpvidans, #vidans2, .vsathm, .vidr, "
    "h2 a[href^='/videos/'], h2 a[href*='bing.com/videos/']",
    "news": ".b_nwsAns, #ans_nws, .b_richnews, .na_ccw, .na_cl, h2 a[href^='/news/'], h2 a[href*='bing.com/news/']",
    "images": ".b_imgans, .imgAns, #irpserp, .irphead, .iaplanner, "
    "h2 a[href^='/images/'], h2 a[href*='bing.com/images/']",
    "answer": "#d_ans, .d_ans, .b_focusTextLarge, .b_focusTextMedium, .df_da, .rwrl, .ntro-algo-text",
    "related": ".b_rs, #brsv3, .b_rrsr, .richrswrapper, .b_mrs, .rsExplr, .disambig-outline, .exploreAns",
}
TABS = {
    "images": Feature.IMAGE,
    "videos": Feature.VIDEO,
    "news": Feature.TOP_STORIES,
    "maps": Feature.LOCAL_PACK,
    "search": Feature.RELATED_SEARCHES,
    "shop": Feature.OTHER,
}

LONGEST_TEXT = 2_000  # characters of an answer that are kept as its snippet
LONGEST_STARS = 120  # characters of a line of stars
LONGEST_TITLE = 80  # characters that stand for a block without heading
LONGEST_DATE = 40  # characters of a card's date
SHORTEST_BLOCK = 20  # characters; less is a spacer or a lone label
WORDY = 8  # characters that make a link text a title
MOST_CARDS = 100  # of one block; carousels hold thirty
CARD_HEIGHT = 6  # levels between a card's link and the node that holds all it says

RATED_LINES = ".b_sritem, .b_factrow li, .b_factrow, li.b_annooverride"
STARS = ".csrc[aria-label], [role=img][aria-label*='5'], [role=img][aria-label*='10']"
_COUNT = re.compile(r"\((\d[\d.,\s]*[KMk]?)\)")
_AD_PATHS = ("/aclk", "/aclick")
_WRAPPERS = {"/ck/a": "u", "/cr": "r", "/alink/link": "url", "/newtabredir": "url", "/news/apiclick.aspx": "url"}
_OUTWARD = ("http", "//", "/ck/", "/cr?", "/alink/", "/newtabredir", "/news/apiclick")


# ---------------------------------------------------------------- addresses


def own(url: str) -> bool:
    return under(host(url), "bing.com")


def is_ad(href: str) -> bool:
    """Bing's click counters: `/aclk`, `/aclick`, and `<number>.r.msn.com` up to 2015."""
    return (own(href) and path(href).startswith(_AD_PATHS)) or host(href).endswith("r.msn.com")


def unpacked(packed: str) -> str:
    """Address of urlsafe base64 without padding; click counters percent-encode it once more."""
    try:
        plain = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
    return unquote(plain) if "%3a" in plain[:8].lower() else plain


@lru_cache(maxsize=4096)
def unwrap(href: str) -> str:
    """The real address of `bing.com/ck/a?...&u=a1<base64>` and its kin; "" for what is none or cannot be read."""
    url = http(href, HOMEPAGE)
    name = wrapper(url)
    if not name:
        return url
    held = parameter(url, name)
    return http(unpacked(held[2:]) if name == "u" else held, HOMEPAGE)


def wrapper(url: str) -> str:
    """Parameter that holds the address of a wrapped link, "" for a plain one."""
    return _WRAPPERS.get(path(url), "") if own(url) else ""


def ad_address(href: str) -> str:
    """Where an advertisement leads, without following it; "" where the page does not say."""
    url = http(href, HOMEPAGE)
    return http(unpacked(parameter(url, "u"))) if is_ad(url) else ("" if own(url) else url)


def outside(link: Node) -> str:
    """Address of a link that leaves Bing, unwrapped; "" for tabs, tools, scripts and advertisements."""
    href = attr(link, "href")
    if not href.startswith(_OUTWARD):
        return ""
    url = unwrap(href)
    return "" if not url or own(url) or is_ad(url) else url


def outside_links(node: Node) -> Iterator[tuple[str, Node]]:
    for link in node.css("a[href]"):
        url = outside(link)
        if url:
            yield url, link


def links(node: Node) -> tuple[Link, ...]:
    """Every outside page once, in page order, with the longest name its links give it."""
    return named_once((url, text(link) or attr(link, "aria-label")) for url, link in outside_links(node))


def answers_another(asked: str, instead: str, rows: Iterable[str]) -> bool:
    """True when the rows shown for `instead` answer nothing of what was asked.

    Either the exact phrase was not found and its quotation marks were dropped, or no row has a word of the query.
    """
    if re.search(r"[\"“”«»]", asked) and not re.search(r"[\"“”«»]", instead) and same_query(asked, instead):
        return True
    return not names_query(asked, list(rows))


# ---------------------------------------------------------------- parts of a row or a card


def visible(node: Node | None, more: str = "") -> str:
    """Text without what style sheets hide and without the parts named in `more`."""
    if node is None:
        return ""
    return text(node, skip=frozenset(part.mem_id for part in node.css(f"{HIDDEN}, {more}" if more else HIDDEN)))


def heading(node: Node, *, outside_of: Node | None = None) -> str:
    inner = frozenset(part.mem_id for part in outside_of.css("*")) if outside_of is not None else frozenset()
    heads = (visible(head) for css in HEADINGS for head in node.css(css) if head.mem_id not in inner)
    return next(filter(None, heads), "")


def rating(node: Node, lines: str = RATED_LINES, stars: str = STARS) -> AggregateRating | None:
    """Stars of a row: the line that shows them ("7.5/10 (331.4K)"), else their label with the count beside it."""
    for line in node.css(lines):
        said = text(line)
        read = read_rating(said) if len(said) <= LONGEST_STARS else None
        if read is not None:
            return read
    for star in node.css(stars):
        label = attr(star, "aria-label") or attr(star, "title")
        read = read_rating(label)
        if read is not None:
            beside = _COUNT.search(text(star.parent)[:LONGEST_STARS])
            counted = read_rating(f"{read.value:g}/{read.best:g} {beside[0]}") if beside is not None else None
            return counted or read
    return None


def shown_date(node: Node) -> str:
    """Raw date words of a card: the first piece whose whole text is a date; known places before any small piece."""
    for css in ("time, .news_dt, .meta_pd_content, .mc_vtvc_meta_row span, .b_secondaryText", "span, cite, td"):
        for piece in node.css(css):
            words = text(piece).strip(" -·—‎")
            if 4 <= len(words) <= LONGEST_DATE and leading_date(words)[0] == words:
                return words
    return ""


class Card(NamedTuple):
    """A linked title inside a block, and the node that holds all it says."""

    title: str
    url: str
    scope: Node


def cards(box: Node) -> Iterator[Card]:
    """Linked titles of a list or carousel, each address once with the longest title its links give it."""
    found: dict[str, tuple[str, Node]] = {}
    linked = list(outside_links(box))
    for url, link in linked:
        head = next(iter(link.css(".na_t, .na_t_news_caption, [class*=title], h2, h3, h4, h5")), None)
        title = visible(head) or visible(link) or attr(link, "title")
        if len(title) >= WORDY and len(title) > len(found[url][0] if url in found else ""):
            found[url] = (title, link)
    held = holding(linked, box)
    for url, (title, link) in islice(found.items(), MOST_CARDS):
        yield Card(title, url, card_of(link, box, held, CARD_HEIGHT))


# ---------------------------------------------------------------- typed blocks


def advertisements(tree: Tree, box: Node) -> Iterator[Hit]:
    """One hit an advertisement; sitelinks and callouts below it go with it."""
    for item in outermost(below(box, "li, .sb_add, .pa_item, .slide")) or [box]:
        head = tree.first("ad_title", item, "h2 a[href]", "a[href]:has(h2)", "h3 a[href]", "a[href]")
        title = visible(head) or attr(head, "title") or attr(head, "aria-label")
        if head is not None and title:
            site = tree.first("ad_site", item, ".b_adurl cite", "cite", ".b_attribution")
            yield Hit(
                feature=Feature.AD,
                title=title,
                url=ad_address(attr(head, "href")),
                displayed_url=text(site),
                snippet=visible(item.css_first("p"), ".b_adSlug, .b_adlabel"),
                rating=rating(item),
            )


def ai_answer(tree: Tree, box: Node) -> Iterator[Hit]:
    """The written answer with the pages it cites; a frame that was not filled is no answer."""
    body = tree.first(
        "ai_answer", box, "[data-testid=bing-chat-answer]", ".b_cnt_resp", ".devmag_card_content", ".b_crtrm_cnt"
    )
    said = visible(body or box, CONTROLS)[:LONGEST_TEXT]
    cited = links(box)
    if said and (body is not None or cited):
        yield Hit(feature=Feature.AI_ANSWER, title=heading(box, outside_of=body), snippet=said, links=cited)


def questions(_: Tree, box: Node) -> Iterator[Hit]:
    items = box.css("[data-tag='RelatedQnA.Item']") or box.css(".df_qntext, .df_alaskcr, .b_expansion_text")
    seen: set[str] = set()
    for item in items:
        title = attr(item, "data-query") or text(item.css_first(".df_qntext, .b_expansion_text")) or text(item)
        if title and title not in seen:
            seen.add(title)
            url = next((url for url, _ in outside_links(item)), "")
            yield Hit(feature=Feature.PEOPLE_ALSO_ASK, title=title, url=url)


def videos(tree: Tree, box: Node) -> Iterator[Hit]:
    """Cards of the carousel. Their links open Bing's own player; newer ones name the page in a data attribute."""
    for item in outermost(box.css(".mc_vtvc, .vidr")):
        head = tree.first("video", item, ".mc_vtvc_title", "[title]", "a[href*='/videos/']")
        title = attr(head, "title") or text(head)
        if title:
            site = text(next(iter(item.css(".mc_vtvc_meta_channel span, cite")), None))
            dated = shown_date(item) or None
            yield Hit(feature=Feature.VIDEO, title=title, url=video_address(item), date=dated, source=site)


def video_address(item: Node) -> str:
    for node in item.css("[vrhm]"):
        try:
            data = json.loads(attr(node, "vrhm"))
        except (ValueError, RecursionError):
            continue
        held = next((data[name] for name in ("murl", "smturl") if data.get(name)), "") if isinstance(data, dict) else ""
        if isinstance(held, str) and " " not in held and http(held):
            return http(held)
    return next((url for url, _ in outside_links(item)), "")


def news(tree: Tree, box: Node) -> Iterator[Hit]:
    for card in cards(box):
        site = tree.first("news_site", card.scope, ".na_footer_name", "cite", ".source")
        dated = shown_date(card.scope)
        name = visible(site, ".b_secondaryText")
        yield Hit(feature=Feature.TOP_STORIES, title=card.title, url=card.url, date=dated or None, source=name)


def places(_: Tree, box: Node) -> Iterator[Hit]:
    items = outermost(box.css("[data-type=Business], .b_maglistcard, .b_scard, .b_lcard, .listings-item, .listCard"))
    for item in items or [box]:
        name = heading(item)
        if name:
            said = visible(item, f"{CONTROLS}, h2, .ibsvc, .l_magbtns, .entityButtons")
            yield Hit(
                feature=Feature.LOCAL_PACK,
                title=name,
                url=next((url for url, _ in outside_links(item)), ""),
                snippet=said[:LONGEST_TEXT],
                rating=rating(item),
            )


def images(_: Tree, box: Node) -> Iterator[Hit]:
    yield Hit(feature=Feature.IMAGE, title=heading(box), links=links(box))


def panel(tree: Tree, box: Node) -> Iterator[Hit]:
    """What Bing holds about an entity: name, description, stars and the pages it names."""
    head = tree.first("panel", box, ".b_entityTitle", ".b_gwaTitle", *HEADINGS)
    body = tree.first("panel_text", box, ".b_snippet", "[class*=snippet]", ".b_paractl", "p")
    title = visible(head)
    if title:
        yield Hit(
            feature=Feature.KNOWLEDGE_PANEL,
            title=title,
            snippet=visible(body, CONTROLS)[:LONGEST_TEXT],
            rating=rating(box),
            links=links(box),
        )


def answer(tree: Tree, box: Node) -> Iterator[Hit]:
    """An answer lifted from one page; without a page it is Bing's own (a fact, a calculation)."""
    cited = links(box)
    fact = tree.first("answer", box, ".b_focusTextLarge", ".b_focusTextMedium", ".df_da", ".rwrl", ".ntro-algo-text")
    said = visible(fact or box, CONTROLS)[:LONGEST_TEXT]
    if said:
        raw, rest = leading_date(said)
        yield Hit(
            feature=Feature.FEATURED_SNIPPET if cited else Feature.OTHER,
            title=cited[0].title if cited else heading(box) or said[:LONGEST_TITLE],
            url=cited[0].url if cited else "",
            snippet=rest,
            date=raw or None,
            links=cited,
        )


def related(_: Tree, box: Node) -> Iterator[Hit]:
    closed = frozenset(link.mem_id for part in box.css(HIDDEN) for link in part.css("a"))
    for link in box.css("a[href]"):
        if link.mem_id in closed:
            continue
        title = text(link.css_first(".b_secondaryFocus, [class*=uggestion_text]")) or text(link)
        if title and not attr(link, "href").startswith(("javascript:", "#")):
            yield Hit(feature=Feature.RELATED_SEARCHES, title=title)


def other(tree: Tree, box: Node) -> Iterator[Hit]:
    """A block of unknown kind. One whose every link asks Bing another question is a list of searches."""
    head, said, found = heading(box), visible(box, CONTROLS), links(box)
    asked = [link for link in box.css("a[href]") if parameter(unwrap(attr(link, "href")), "q") and text(link)]
    if not found and len(asked) > 1 and all(path(unwrap(attr(link, "href"))) == "/search" for link in asked):
        yield from related(tree, box)
    elif len(said) >= SHORTEST_BLOCK and (found or head):
        yield Hit(feature=Feature.OTHER, title=head or said[:LONGEST_TITLE], snippet=said[:LONGEST_TEXT], links=found)


def kind(item: Node) -> str:
    return next((name for name, css in KINDS.items() if item.css_first(css) is not None), "other")


READERS = {
    "ai": ai_answer,
    "panel": panel,
    "questions": questions,
    "places": places,
    "videos": videos,
    "news": news,
    "images": images,
    "answer": answer,
    "related": related,
    "other": other,
}
