"""What stands around Google's rows: ads, answers, panels, questions, carousels. Used by spiders/engines/google.py only.

Each reader takes the node of one block and yields its hits in page order. Types come from structure (ids, data
attributes, which tab a "more" link opens); the block's own header is read last, in the languages that are served.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from audit.models import Feature, Hit
from spiders.address import host
from spiders.dates import leading_date
from spiders.google_links import (
    CARD_HEIGHT,
    ad_address,
    first_outside,
    is_ad,
    link_around,
    links,
    outside,
    outside_links,
)
from spiders.google_rows import Unit, lines, rating, read_stars
from spiders.tree import Node, Tree, ancestors, attr, below, outermost, text

LONGEST_TEXT = 2_000  # characters of an AI answer that are kept as its snippet
SHORTEST_BLOCK = 20  # characters; less is a spacer or a lone label
SHORTEST_PROSE = 60  # characters of a block that has neither link nor header
LONGEST_TITLE = 80  # characters that stand for a block without header
WORDY = 8  # characters that make a link text a title
MOST_CARDS = 100  # cards of one block that are read
MOST_PARTS = 6  # of one line between dots
DATE_WORDS = 4  # "Hace 15 horas", "Nov 11, 2023": as many words may a date at the end of a line have
DIALOG_HEIGHT = 3  # levels between a dialog and its heading
HEADING = "h3, [role=heading]"

_VIDEO_HOSTS = frozenset({"www.youtube.com", "youtube.com", "m.youtube.com", "www.tiktok.com", "vimeo.com"})
_PARTS = re.compile(r"\s?[·•|]\s?|\s[-–—]\s")  # "YouTube · Pedal TV · Mar 3, 2026"
OMITTED = 'a[href*="filter=0"], a[href*="filter%3D0"]'  # the link of "we have omitted some very similar entries"
_NUMBER = re.compile(r"\d")
_PICTURES = 'a[href*="/imgres?"], a[href*="imgil="]'

# Which tab the block's own "more" link opens.
_TAB_OF = re.compile(r"[?&](tbm=\w+|udm=\d+)")
_TABS = {
    **dict.fromkeys(("tbm=nws", "udm=12"), Feature.TOP_STORIES),
    **dict.fromkeys(("tbm=isch", "udm=2"), Feature.IMAGE),
    **dict.fromkeys(("tbm=vid", "udm=7", "udm=39"), Feature.VIDEO),
    **dict.fromkeys(("tbm=lcl", "udm=1"), Feature.LOCAL_PACK),
    "udm=18": Feature.DISCUSSION,
}

# Header words, the last resort: the block's text begins with one of them.
_HEADERS = {
    Feature.TOP_STORIES: "top stories|news|in the news|latest news|local news|главные новости|популярные новости|"
    "новости|в новостях|головні новини|новини|주요 뉴스|주요뉴스|뉴스|焦点新闻|热门新闻|头条新闻|焦點新聞|新闻|新聞|"
    "トップニュース|ニュース|à la une|actualités|dans l'actualité|dans les actualités|schlagzeilen|"
    "nachrichten|noticias|notizie|le notizie|notícias|principais notícias",
    Feature.VIDEO: "videos|video|short videos|видео|короткие видео|відео|короткі відео|동영상|짧은 동영상|视频|短视频|"
    "影片|短片|動画|ショート動画|vidéos|vídeos|kurze videos",
    Feature.IMAGE: "images|image results|картинки|изображения|зображення|이미지|图片|圖片|画像|bilder|imágenes|"
    "immagini|imagens|afbeeldingen",
    Feature.DISCUSSION: "discussions|perspectives|what people are saying|forums|обсуждения|мнения|форумы|обговорення|"
    "форуми|думки|토론|포럼|讨论|论坛|討論|ディスカッション|diskussionen|meinungen|foros|debates|"
    "points de vue|opiniones",
    Feature.LOCAL_PACK: "local results|places|businesses|места|компании|місця|компанії|장소|업체|地点|商家|地點|場所|"
    "lieux|adresses|orte|unternehmen|lugares|sitios",
}
_HEADER_WORDS = {feature: tuple(words.split("|")) for feature, words in _HEADERS.items()}


class Card(NamedTuple):
    """A linked title inside a block, and the node that holds all it says."""

    title: str
    url: str
    scope: Node


def children(node: Node) -> Iterator[Node]:
    return (child for child in node.iter() if child.tag not in ("script", "style", "noscript"))


def suggests(node: Node) -> bool:
    """The message of any language: a sentence that repeats the query in bold, then a list of advice."""
    return node.css_first("p em, p b") is not None and node.css_first("p + ul li") is not None


def shown_date(said: list[str], title: str) -> str:
    """Raw date words of a card: a line beside the title, a part of one, or its last words, that are only a date."""
    for line in said:
        for part in _date_parts(line.removeprefix(title)) if line not in title else ():
            date = part.strip(" -·—")
            if 4 <= len(date) <= 40 and leading_date(date)[0] == date:
                return date
    return ""


def _date_parts(line: str) -> Iterator[str]:
    """What may be a date in a line: words with a number, or one or two words ("Yesterday")."""
    words = line.split()
    numbered = _NUMBER.search(line) is not None
    if numbered or len(words) <= 2:
        yield line
    yield from (part for part in _PARTS.split(line)[:MOST_PARTS] if part != line and (numbered or " " not in part))
    if numbered:
        yield from (" ".join(words[-count:]) for count in range(2, DATE_WORDS + 1) if count < len(words))


# ---------------------------------------------------------------- typed blocks


def advertisements(tree: Tree, box: Node) -> Iterator[Hit]:
    """One hit an advertisement; its own sitelinks go with it."""
    if is_advertisement(box):
        items = [box]
    else:
        items = [node for node in below(box, "[data-text-ad], li") if node.css_first(HEADING) is not None]
        items = outermost(items)
    if items:
        for item in items:
            head = item.css_first(HEADING)
            if head is not None:
                yield _advertisement(tree, item, text(head), ad_address(link_around(head), item))
        return
    for card in cards(tree, box, ads=True):
        yield _advertisement(tree, card.scope, card.title, card.url)


def is_advertisement(node: Node) -> bool:
    return node.tag == "li" or "data-text-ad" in node.attributes


def _advertisement(tree: Tree, item: Node, title: str, url: str) -> Hit:
    return Hit(
        feature=Feature.AD,
        title=title,
        url=url,
        displayed_url=text(tree.first("ad_site", item, "cite", "span.x2VHCd", "span[role=text]")),
        rating=rating(item),
    )


def questions(tree: Tree, box: Node) -> Iterator[Hit]:
    pairs = box.css(".related-question-pair") or box.css("[data-q]") or [box]
    for pair in outermost(pairs):
        title = attr(pair, "data-q")
        if not title:
            title = text(tree.first("question", pair, "[role=button]", "[aria-expanded]", "div"))
        if title and (pair.mem_id != box.mem_id or pair.css_first("[aria-expanded]") is not None):
            yield Hit(feature=Feature.PEOPLE_ALSO_ASK, title=title, url=first_outside(pair))


def ai_answer(tree: Tree, box: Node) -> Iterator[Hit]:
    """The answer with its sources; the placeholder "not available for this search" has neither and is no answer."""
    body = (
        box if attr(box, "data-subtree") else tree.first("ai_answer", box, "[data-subtree=aimc]", ".f5cPye", ".pOOWX")
    )
    cited = links(box)
    said = text(body)
    if said or cited:
        head = tree.first("ai_head", box, "h1", "h2", HEADING)
        yield Hit(feature=Feature.AI_ANSWER, title=text(head), snippet=said[:LONGEST_TEXT], links=cited)


def featured(tree: Tree, box: Node, unit: Unit | None = None) -> Iterator[Hit]:
    """The answer lifted from one page, above the rows. `unit` is the heading where the box is known by structure."""
    head = unit.node if unit is not None else box.css_first("h3")
    url = (outside(link_around(head)) if head is not None else "") or first_outside(box)
    data = frozenset(node.mem_id for node in box.css(".rg_meta, h3"))
    answers = (text(node, skip=data) for css in ('[data-attrid^="wa:"]', ".mod", ".xpdopen") for node in box.css(css))
    raw, said = leading_date(next(filter(None, answers), "") or max(lines(tree, box, skip=data), key=len, default=""))
    if url:
        title = text(head) if head is not None else ""
        yield Hit(feature=Feature.FEATURED_SNIPPET, title=title, url=url, snippet=said, date=raw or None)


def panel(tree: Tree, box: Node) -> Iterator[Hit]:
    """Knowledge panel: name, description, stars and its links; a business panel carries the review score.

    A panel of the whole page has its name above the rows and the rest in the right column.
    """
    named = attr(box, "data-attrid") == "title"
    head = box if named else tree.first("panel", box, "[data-attrid=title]", ".kno-ecr-pt", HEADING, "h2")
    scope = (tree.one("#rhs") if named else None) or box
    said = text(tree.first("panel_text", scope, ".kno-rdesc span", '[data-attrid$="description"]'))
    site = tree.first(
        "panel_site", scope, '[data-attrid*="website"] a', "a.ab_button[href^=http]", ".kno-rdesc a[href]"
    )
    stars = tree.first("panel_stars", scope, '[data-attrid$=":reviews"]', '[data-attrid*="review_summary"]')
    found, rated = links(scope), (read_stars(text(stars)) if stars is not None else None) or rating(scope)
    if text(head):
        yield Hit(
            feature=Feature.KNOWLEDGE_PANEL if found or said or rated else Feature.OTHER,
            title=text(head),
            url=outside(site),
            snippet=said,
            rating=rated,
            links=found,
        )


# ---------------------------------------------------------------- blocks known only by what they hold


def block(tree: Tree, node: Node) -> Iterator[Hit]:
    """Hits of a block between the rows; of unknown kind it is one `other` with its links, never dropped."""
    if node.css_first("a[href], [role=heading], h2, h3") is None:
        yield from _prose(tree, node)
        return
    skip = dialogs(node)
    head = heading(node, skip)
    found = outside_links(node)
    feature = kind(node, head, found)
    local = list(places(tree, node)) if feature is Feature.LOCAL_PACK else []
    if local:
        yield from local
    elif feature in (Feature.TOP_STORIES, Feature.VIDEO, Feature.DISCUSSION):
        for card in cards(tree, node):
            said = lines(tree, card.scope)
            yield Hit(feature=feature, title=card.title, url=card.url, date=shown_date(said, card.title) or None)
    else:
        shortest = SHORTEST_BLOCK if found else len(head) + SHORTEST_BLOCK if head else SHORTEST_PROSE
        said = lines(tree, node, skip=skip, most=shortest)
        shown = sum(map(len, said)) >= shortest and (found or node.css_first(OMITTED) is None)
        if feature is Feature.IMAGE or shown:
            yield Hit(feature=feature, title=head or "".join(said[:1])[:LONGEST_TITLE], links=links(node))


def _prose(tree: Tree, node: Node) -> Iterator[Hit]:
    """A block of words alone; most such nodes are spacers, so dialogs are looked for last."""
    said = lines(tree, node, most=SHORTEST_PROSE)
    if sum(map(len, said)) >= SHORTEST_PROSE:
        said = lines(tree, node, skip=dialogs(node), most=SHORTEST_PROSE)
    if sum(map(len, said)) >= SHORTEST_PROSE:
        yield Hit(feature=Feature.OTHER, title=said[0][:LONGEST_TITLE])


def heading(node: Node, skip: frozenset[int]) -> str:
    """The block's own header: its first heading, linked or not, outside the dialogs it may open."""
    for head in node.css("h2, h3, [role=heading]"):
        said = text(head.css_first("a[href]")) or text(head)
        if said and (not skip or not any(up.mem_id in skip for up in ancestors(head))):
            return said
    return ""


def dialogs(node: Node) -> frozenset[int]:
    """Dialogs a block may open ("Report a problem"): a heading of level 1 beside the button that closes it."""
    found = {dialog.mem_id for dialog in node.css("g-dialog, [role=dialog]")}
    for head in node.css('[aria-level="1"]'):
        for above in islice(ancestors(head), DIALOG_HEIGHT):
            first = next(above.iter(), None)
            if first is not None and first.attributes.get("role") == "button":
                found.add(above.mem_id)
                break
    return frozenset(found)


def kind(node: Node, header: str, found: list[tuple[str, Node]]) -> Feature:
    """What a block shows: by its parts, then by the tab its "more" link opens, then by its header."""
    if node.css_first(".VkpGBb, .rllt__details, a[data-cid]") is not None:
        return Feature.LOCAL_PACK
    if node.css_first("[data-vid]") is not None:
        return Feature.VIDEO
    if node.css_first('#iur, #imagebox_bigimages, [data-attrid^="images"]') or attr(node, "id") == "imagebox_bigimages":
        return Feature.IMAGE
    for link in node.css('a[href*="tbm="], a[href*="udm="]'):
        tab = _TAB_OF.search(attr(link, "href"))
        if tab is not None and tab[1] in _TABS:
            return _TABS[tab[1]]
    lowered = (header or text(node)[:LONGEST_TITLE]).casefold()
    for feature, words in _HEADER_WORDS.items():
        if lowered.startswith(words):
            return feature
    if len(node.css(_PICTURES)) > 1:
        return Feature.IMAGE
    return Feature.VIDEO if found and {host(url) for url, _ in found} <= _VIDEO_HOSTS else Feature.OTHER


def cards(tree: Tree, node: Node, *, ads: bool = False) -> Iterator[Card]:
    """Linked titles of a carousel or list: headings first, else links that carry words; each title once."""
    seen: set[tuple[str, str]] = set()
    for card in list(_headed(tree, node, ads=ads)) or list(islice(_worded(tree, node, ads=ads), MOST_CARDS)):
        if (card.title, card.url) not in seen and card.title:
            seen.add((card.title, card.url))
            yield card


def _headed(tree: Tree, node: Node, *, ads: bool) -> Iterator[Card]:
    for head, scope in _scopes(node):
        link = link_around(head)
        url = ad_address(link, scope) if ads else outside(link)
        around = {u for u, _ in outside_links(scope)} if not url else set()
        if url or len(around) == 1:
            yield Card(text(head) if ads else _card_title(tree, head), url or around.pop(), scope)


def _scopes(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each heading of a block with the largest node around it that holds no other heading."""
    heads = node.css("[role=heading]")[:MOST_CARDS]
    held: Counter[int] = Counter()
    for head in heads:
        for above in ancestors(head):
            if above.mem_id == node.mem_id:
                break
            held[above.mem_id] += 1
    for head in heads:
        link = link_around(head)
        scope = link if link is not None else head
        for above in islice(ancestors(head), CARD_HEIGHT + 1):
            if above.mem_id == node.mem_id or held[above.mem_id] > 1:
                break
            scope = above
        yield head, scope


def _card_title(tree: Tree, head: Node) -> str:
    """All words of the heading, or its first line where the heading also holds source and date."""
    said = lines(tree, head)
    more = len(said) > 1 and (head.css_first("cite") is not None or shown_date(said[1:], ""))
    return "".join(said[:1]) if more else " ".join(said)


def _worded(tree: Tree, node: Node, *, ads: bool) -> Iterator[Card]:
    """Links with words: the longest line of each is its title. Shortened repetitions of an ad's title go."""
    title = ""
    for link in node.css("a[href]"):
        url = ad_address(link, link) if ads else outside(link)
        sold = ads and is_ad(attr(link, "href"))
        said = lines(tree, link) if url or sold else []
        longest = max((line for line in said if " · " not in line), key=len, default="".join(said[:1]))
        if len(longest) < WORDY or (sold and title and longest.startswith(title)):
            continue
        title = longest.rstrip(". …")
        yield Card(longest, url, link if len(said) > 1 or link.parent is None else link.parent)


def places(tree: Tree, node: Node) -> Iterator[Hit]:
    items = outermost(node.css(".VkpGBb")) or [
        detail.parent.parent if detail.parent is not None and detail.parent.parent is not None else detail
        for detail in node.css(".rllt__details")
    ]
    for item in outermost(items):
        name = text(tree.first("place", item, "[role=heading]", ".dbg0pd"))
        details = tree.first("place_details", item, ".rllt__details", "a[data-cid]")
        if name:
            yield _place(name, text(details), item)
    for head, scope in _scopes(node) if not items else ():
        said = text(scope)
        if " · " in said or "⋅" in said:
            yield _place(text(head), said, scope)


def places_of_2013(tree: Tree, box: Node) -> Iterator[Hit]:
    """The map box of 2010-2015: each place has a heading of its own that leads to its site."""
    for head in box.css("h3, h4"):
        url = outside(link_around(head))
        if url:
            tree.tally["place:2"] += 1
            yield Hit(feature=Feature.LOCAL_PACK, title=text(head), url=url)


def _place(name: str, details: str, item: Node) -> Hit:
    return Hit(
        feature=Feature.LOCAL_PACK,
        title=name,
        url=first_outside(item),
        snippet=details.removeprefix(name).strip(),
        rating=rating(item),
    )
