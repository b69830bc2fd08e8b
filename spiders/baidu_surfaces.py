"""What stands around Baidu's rows: ads, open-platform cards, related searches. Used by spiders/engines/baidu.py only.

Baidu marks its own results `result` and cards of its open platform `result-op`; `tpl` names the template of a card
and `mu` the page it stands for. A card that stands for a page (encyclopaedia, forum, a partner's site) is a row like
any other; one that stands for another search of Baidu (images, news, videos) is a box.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from audit.models import AggregateRating, Feature, Hit, Link
from spiders.address import host, http, path, under
from spiders.dates import leading_date
from spiders.links import named_once
from spiders.ratings import read_count, read_rating
from spiders.tree import Node, Tree, ancestors, attr, below, fold, text

HOMEPAGE = "https://www.baidu.com/"
LONGEST_TEXT = 2_000  # characters of an answer that are kept as its snippet
LONGEST_LINE = 60  # characters of a line that shows a rating or a date
SHORTEST_TITLE = 4  # characters of a card's title; less is a button
MOST_NODES = 1_000  # of one block that are looked at for a rating or a date; real rows hold at most 300
SHORTEST_BLOCK = 20  # characters; less is a spacer or a lone label

ADS = (
    "[data-tuiguang], [class*=tuiguang], [class*=ec_pp], [class*=ec_ad], .ecom_pingzhuan, "
    "[data-landurl], [data-click*=tuiguang], .ad-block, [data-is-main-url], a[href*='baidu.com/baidu.php']"
)
AD_ITEMS = ".ad-block, table[class*=ec_pp], div[class*=ec_pp_f]"
AD_SHOP = "e.baidu.com"  # where Baidu sells: an empty place for an advertisement links it
AD_WORDS = frozenset({"广告", "推广", "商业推广", "品牌广告", "推广链接", "廣告"})
AD_SIGNS = "广廣推"  # every label holds one; single signs are found fastest

# Parts of template names of cards; the first that is met decides.
TEMPLATES = {
    Feature.AI_ANSWER: ("wenda_generate", "ai_", "ai-", "chat"),
    Feature.RELATED_SEARCHES: ("recommend", "app/rs"),
    Feature.OTHER: ("toplist", "hotlist", "fanyi"),
    Feature.VIDEO: ("video", "vd_"),
    Feature.IMAGE: ("img_", "image"),
    Feature.TOP_STORIES: ("realtime", "news"),
    Feature.LOCAL_PACK: ("map", "poi"),
}
# Searches and tools of Baidu by host; encyclopaedia, questions, forum, documents and articles are pages.
SERVICES = {
    "image.baidu.com": Feature.IMAGE,
    "v.baidu.com": Feature.VIDEO,
    "video.baidu.com": Feature.VIDEO,
    "news.baidu.com": Feature.TOP_STORIES,
    "map.baidu.com": Feature.LOCAL_PACK,
    "ditu.baidu.com": Feature.LOCAL_PACK,
    "fanyi.baidu.com": Feature.OTHER,
    "nourl.ubs.baidu.com": Feature.OTHER,
    "opendata.baidu.com": Feature.OTHER,
}
AD_COUNTER = "/baidu.php"
COUNTERS = frozenset({"/link", AD_COUNTER, "/aladdin.php", "/url"})  # paths of click counters
_NEWS = re.compile(r"[?&](?:tn=(?:news|baidurt)\b|rtt=\d)")
_TOOL_URL = re.compile(r"['\"]?url['\"]?\s*:\s*['\"](https?:[^'\"\s]{1,2000})['\"]")
_COUNTED = re.compile(r"[条个人](?:用户)?(?:评价|点评)")
_APPROVED = re.compile(r"(?:好评率?\s?[:：]?\s?)?(\d{1,3})%(?:好评)?")
RATED = ("评分", "评价", "点评", "好评", "★", "⭐")  # one of them, or points, is in every line of stars
_POINTS = re.compile(r"\d分")
ICONS = "i[class*=icon], .c-tools, .c-tip-icon"


def own(url: str) -> bool:
    return under(host(url), "baidu.com")


def is_opaque(url: str) -> bool:
    """A click counter that does not say where it leads."""
    return path(url) in COUNTERS and own(url)


def is_ad_link(url: str) -> bool:
    return AD_COUNTER in url and path(url) == AD_COUNTER and own(url)


def service(url: str) -> Feature | None:
    """What a card's page is when it is another search or tool of Baidu, None for every page that can be read."""
    name = host(url)
    if not under(name, "baidu.com"):
        return None
    where = path(url)
    if where.startswith("/sf/vsearch"):
        return Feature.VIDEO
    if name in ("www.baidu.com", "m.baidu.com", "baidu.com"):
        if where in COUNTERS:
            return None
        return Feature.TOP_STORIES if _NEWS.search(url) else Feature.OTHER
    if name.endswith("lightapp.baidu.com") or where.rstrip("/").endswith("/search"):
        return SERVICES.get(name, Feature.OTHER)
    return SERVICES.get(name)


def address(block: Node, link: Node | None) -> str:
    """The page a row stands for: `mu`, what its menu or its link says, else the click counter as it is."""
    linked = http(attr(link, "href"), HOMEPAGE)
    for url in (http(attr(block, "mu"), HOMEPAGE), linked):
        if url and not is_opaque(url):
            return url
    named = (http(_tool_url(node), HOMEPAGE) for node in below(block, "[data-tools]"))
    return next((url for url in named if url and not is_opaque(url)), linked)


def _tool_url(node: Node) -> str:
    """Menus are JSON on some pages and a script's literal on others."""
    match = _TOOL_URL.search(attr(node, "data-tools"))
    return match[1] if match is not None else ""


def title_link(tree: Tree, block: Node) -> Node | None:
    """The first link of the heading, or the link around it: a second one in it is a badge ("官网")."""
    found = tree.first("title", block, "h3 a[href]", "a[href] h3", "h2 a[href]", ".c-title a[href]")
    if found is None or found.tag == "a":
        return found
    return next((above for above in ancestors(found) if above.tag == "a"), None)


def plain(tree: Tree, node: Node | None, *, most: int = 0) -> str:
    """Text without icons, which are letters of an icon font."""
    return text(node, skip=tree.ids(ICONS), most=most)


def outside_links(block: Node) -> Iterator[tuple[str, Node]]:
    """Links to pages: not to searches, tools or ads of Baidu."""
    for link in block.css("a[href]"):
        url = http(attr(link, "href"), HOMEPAGE)
        if url and not is_ad_link(url) and service(url) is None:
            yield url, link


def links(tree: Tree, block: Node) -> tuple[Link, ...]:
    """Every address once, in page order, with the longest name its links give it."""
    return named_once((url, plain(tree, link) or attr(link, "title")) for url, link in outside_links(block))


# ---------------------------------------------------------------- ads


def is_ad(tree: Tree, block: Node, lines: str) -> bool:
    """By a name on the block or in it, by the counter of a link, or by the label's word on a line of its own."""
    return block.mem_id in tree.holders(ADS) or (_says(lines) and _labelled(block))


def _labelled(block: Node) -> bool:
    """A node whose own words are the label and nothing else; headings and highlighted words do not count."""
    labels = (node for node in block.css("span, a, div") if _says(node.text(deep=False)))
    return any(not any(up.tag == "h3" for up in ancestors(node)) for node in labels)


def _says(lines: str) -> bool:
    if not any(sign in lines for sign in AD_SIGNS):  # far cheaper than a look at every line
        return False
    return not AD_WORDS.isdisjoint(map(str.strip, lines.split("\n")))


def advertisements(tree: Tree, block: Node) -> Iterator[Hit]:
    """One hit an advertisement; the landing page is named beside the click counter or nowhere."""
    for item in below(block, AD_ITEMS) or [block]:
        link = title_link(tree, item) or item.css_first("a[href]")
        linked = address(item, link)
        if link is None or not plain(tree, link) or host(linked) == AD_SHOP:
            continue
        landing = next((url for node in item.css("[data-landurl]") if (url := http(attr(node, "data-landurl")))), "")
        shown = tree.first("ad_site", item, *SITES, "[class*=ec-footer]")
        yield Hit(
            feature=Feature.AD,
            title=plain(tree, link),
            url=landing or ("" if is_opaque(linked) else linked),
            displayed_url=plain(tree, shown),
        )


SITES = ("a.c-showurl, span.c-showurl", ".c-showurl", "[class*=source-text]", "span.g", "[class*=showurl]")


# ---------------------------------------------------------------- cards


def kind(block: Node, url: str) -> Feature | None:
    """What a card is; None is an ordinary row."""
    if "result" in attr(block, "class").split():
        return None
    template = attr(block, "tpl").lower()
    found = next((feature for feature, parts in TEMPLATES.items() if any(p in template for p in parts)), None)
    if found is not None:
        return found
    return service(attr(block, "mu")) or (service(url) if url else Feature.OTHER)


def read_box(tree: Tree, block: Node, feature: Feature) -> Iterator[Hit]:
    """Hits of a typed block; what shows nothing is no hit, what is not understood is one hit with its links."""
    named = tree.first("head", block, "h3", ".c-title, .cr-title", "h2", "[class*=title]")
    head = attr(named, "title") or plain(tree, named)
    if feature is Feature.RELATED_SEARCHES:
        yield from searches(tree, block)
    elif feature is Feature.AI_ANSWER:
        said = text(
            tree.first("ai", block, "[class*=markdown-content]", "[class*=markdown]", "[class*=answer]") or block
        )
        if said:
            yield Hit(feature=feature, snippet=said[:LONGEST_TEXT], links=links(tree, block))
    elif feature in (Feature.VIDEO, Feature.TOP_STORIES) and (found := list(cards(tree, block, feature))):
        yield from found
    else:
        said = plain(tree, block, most=LONGEST_TEXT + len(head) + 1).removeprefix(head).strip()
        if head or len(said) >= SHORTEST_BLOCK:
            yield Hit(
                feature=feature,
                title=head,
                snippet=said[:LONGEST_TEXT],
                rating=rating(block, frozenset()),
                links=links(tree, block),
            )


def searches(tree: Tree, block: Node) -> Iterator[Hit]:
    """Other queries: links of this search, else the data the page's script would make them of."""
    seen: set[str] = set()
    for link in block.css("a[href*='wd='], a[href*='word=']"):
        said = plain(tree, link) or attr(link, "title")
        if said and said not in seen:
            seen.add(said)
            yield Hit(feature=Feature.RELATED_SEARCHES, title=said)
    for said in () if seen else _data_searches(block):
        if said not in seen:
            seen.add(said)
            yield Hit(feature=Feature.RELATED_SEARCHES, title=said)


def _data_searches(block: Node) -> Iterator[str]:
    """`<!--s-data:{"list": [{"text": ...}], "newList": [[{"word": ...}]]}-->`."""
    _, found, rest = (block.html or "").partition("<!--s-data:")
    try:
        data: object = json.loads(rest.partition("-->")[0]) if found else None
    except (ValueError, RecursionError):
        return
    stack = [data.get(key) for key in ("newList", "list")] if isinstance(data, dict) else []
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack += reversed(item)
        elif isinstance(item, dict):
            said = item.get("text") or item.get("word")
            if isinstance(said, str) and said:
                yield said


def cards(tree: Tree, block: Node, feature: Feature) -> Iterator[Hit]:
    """Linked titles of a list of videos or stories; the heading links the whole list."""
    seen: set[str] = set()
    for url, link in outside_links(block):
        name = attr(link, "title") or plain(tree, link)
        if len(name) < SHORTEST_TITLE or url in seen or any(up.tag == "h3" for up in ancestors(link)):
            continue
        seen.add(url)
        line = link.parent if link.parent is not None and link.parent.mem_id != block.mem_id else link
        yield Hit(feature=feature, title=name, url=url, date=shown_date(line) or None)


def shown_date(node: Node) -> str:
    """Raw date words of a card: the first small node whose whole text is a date."""
    pieces = dict.fromkeys(piece.text() for piece in node.css("span, div, p")[:MOST_NODES])  # most repeat the inner
    said = (words for piece in pieces if len(words := fold(piece).strip(" -·")) <= LONGEST_LINE)
    return next((words for words in said if leading_date(words)[0] == words != ""), "")


def rating(block: Node, skip: frozenset[int]) -> AggregateRating | None:
    """Stars of a row, or how many opinions Baidu counts for its site ("685条评价", up to 2018), which is no value."""
    counted: AggregateRating | None = None
    if not _may_rate(block.text()):
        return None
    for node in block.css("span, a, div, p")[:MOST_NODES]:
        said = node.text()
        if len(said) > LONGEST_LINE or node.mem_id in skip or not _may_rate(said):
            continue
        said = text(node)
        found = read_rating(said) or _approval(said)
        if found is not None:
            return found
        if counted is None and _COUNTED.search(said):
            counted = AggregateRating(review_count=read_count(said))
    return counted


def _may_rate(said: str) -> bool:
    if not any(sign in said for sign in "评分★⭐"):  # single signs are found fastest, and most texts have none
        return False
    return any(word in said for word in RATED) or ("分" in said and _POINTS.search(said) is not None)


def _approval(said: str) -> AggregateRating | None:
    """ "73%好评": the share of good opinions, on a scale of 100."""
    match = _APPROVED.fullmatch(said) if "好评" in said else None
    share = int(match[1]) if match is not None else -1
    return AggregateRating(value=float(share), best=100.0, worst=0.0) if 0 <= share <= 100 else None
