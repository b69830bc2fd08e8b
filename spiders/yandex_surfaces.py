"""What stands around Yandex's rows: ads, wizards, cards, the AI answer. Used by spiders/engines/yandex.py only.

Yandex names its blocks itself (`data-fast-name`, before 2020 `data-fast-wzrd`, before that in a class), and its
scripts call an item organic exactly when it has no such name. Names are matched by a part: new ones keep old words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from audit.models import AggregateRating, Feature, Hit, Link
from spiders.address import host, http, parameter, path
from spiders.dates import leading_date
from spiders.links import named_once
from spiders.ratings import read_rating
from spiders.tree import Node, Tree, ancestors, attr, below, card_of, fold, holding, text, up_to

HOMEPAGE = "https://yandex.com/"
LONGEST_TEXT = 2_000  # characters of an answer that are kept as its snippet
LONGEST_STARS = 120  # characters of a line of stars
LONGEST_DATE = 40  # characters of a line that is a date
SHORTEST_TITLE = 4  # characters; less is a button
SHORTEST_BLOCK = 20  # characters; less is a spacer or a lone label
CARD_HEIGHT = 9  # levels between the link of a card and the node that holds all it says
MOST_CARDS = 60  # of one block; real ones hold at most 30

TITLES = (
    "h2, h3",
    "a.OrganicTitle-Link, a.organic__url",
    "a.serp-item__title-link, a.b-serp-item__title-link",
    ".OrganicTitle a[href], .organic__title a[href], .serp-item__title a[href]",
)
UNSEEN = ".A11yHidden, .a11y-hidden, .Favicon, .favicon, .popup, .popup2, .Extralinks, .extralinks"
UNSEEN_CLASSES = frozenset(name.strip(" .") for name in UNSEEN.split(","))

ADS = (
    "[data-fast-name*=direct], [data-fast-name^=adv], [data-fast-name=ad], .serp-adv-item, .serp-adv__item, .b-adv, "
    "[class*=t-construct-adapter__adv], .serp-item_type_direct, .organic_type_direct"
)
LABELS = ".AdvLabel, .label_theme_direct, .label_color_yellow, .serp-adv-item__label, .organic__advLabel"
# Ads and organic rows share their markup; since 2022 the word stands in a span with a hashed class.
LABEL_WORDS = frozenset({"реклама", "промо", "рэклама", "жарнама", "reklam", "reklama", "яндекс.директ"}) | {
    *("ad", "ads", "sponsored", "promo", "promoted", "advertisement", "advertising", "anzeige", "yandex.direct")
}
_AD_HOSTS = ("yabs.", "an.", "market-click")  # first labels of Yandex's own hosts

# Parts of block names; the first that is met decides.
KINDS = {
    Feature.AI_ANSWER: ("neuro", "futuris", "alice"),
    Feature.RELATED_SEARCHES: ("related",),
    Feature.PEOPLE_ALSO_ASK: ("question",),
    Feature.KNOWLEDGE_PANEL: ("entity", "object-badge", "object_badge"),
    Feature.FEATURED_SNIPPET: ("fact",),
    Feature.IMAGE: ("image",),
    Feature.VIDEO: ("video",),
    Feature.TOP_STORIES: ("news",),
    Feature.LOCAL_PACK: ("compan", "orgmn", "org_", "org1", "geo", "maps"),
}
_CLASS_NAME = re.compile(r"t-construct-adapter__([\w-]+)|serp-block_type_([\w-]+)|(?:^|\s)[tz]-([a-z][\w-]*)")
# Block names that say nothing of the kind.
_PLAIN = frozenset({"", "organic", "legacy", "snippet"})
# Services by first part of host or path: their searches are boxes, their content pages may be rows.
SERVICES = {
    **{"images": Feature.IMAGE, "video": Feature.VIDEO, "news": Feature.TOP_STORIES, "maps": Feature.LOCAL_PACK},
    **dict.fromkeys(("market", "products", "search", "yandsearch"), Feature.OTHER),
}
_OWN_HOST = re.compile(r"(?:^|\.)(?:yandex\.(?:com?\.)?[a-z]{2,3}|ya\.ru|yandexwebcache\.net)$")
_TURBO = re.compile(r"^(?:/turbo)?/([^/]+\.[^/]+)(?:/s)?(/.*)?$")
STARS = "[class*=rating i], [class*=stars i]"
CARD_TITLES = ("h3, h4", "[class*=Title], [class*=title], [class*=Headline]", "[class*=__link]")


class Title(NamedTuple):
    """The link of a row and its heading; one stands in the other, or they are the same node."""

    link: Node
    heading: Node

    @property
    def words(self) -> str:
        """Words of the inner of the two: the outer one may hold a number or a badge."""
        inner = self.link if any(up.mem_id == self.heading.mem_id for up in ancestors(self.link)) else self.heading
        return text(inner)


def title_of(tree: Tree, block: Node) -> Title | None:
    for place, css in enumerate(TITLES):
        for heading in below(block, css):
            link = _link_of(heading, block)
            if link is not None and not _unseen(heading, block) and heading.text().strip():
                tree.tally[f"title:{place}"] += 1
                return Title(link, heading)
    tree.tally["title:miss"] += 1
    return None


def _unseen(node: Node, block: Node) -> bool:
    """For screen readers, or in a menu that is closed."""
    return any(not UNSEEN_CLASSES.isdisjoint(attr(up, "class").split()) for up in (node, *up_to(node, block)))


def _link_of(heading: Node, block: Node) -> Node | None:
    """The heading itself, the link around it inside the block, or the first link in it."""
    for node in (heading, *ancestors(heading)):
        if node.mem_id == block.mem_id:
            break
        if node.tag == "a" and "href" in node.attributes:
            return node
    return next(iter(below(heading, "a[href]")), None)


# ---------------------------------------------------------------- addresses


def own(url: str) -> bool:
    name = host(url)
    return "ya" in name and _OWN_HOST.search(name) is not None


def is_ad_link(url: str) -> bool:
    return own(url) and (host(url).startswith(_AD_HOSTS) or path(url).startswith(("/an/", "/count/")))


def unwrap(url: str) -> str:
    """The real address of Turbo pages, of click counters that name it, and of warnings before an infected site."""
    url = http(url, HOMEPAGE)
    name = host(url)
    if "yandex" not in name and not name.endswith((".turbopages.org", "ya.ru")):
        return url
    where = path(url)
    if own(url) and where.startswith(("/clck/", "/safety", "/search/infected", "/infected", "/turbo")):
        named = http(parameter(url, "url") or parameter(url, "text"))
        if named:
            return named
    if name.endswith(".turbopages.org") or (own(url) and where.startswith("/turbo/")):
        match = _TURBO.match(where)
        if match is not None:
            return http(f"https://{match[1]}{match[2] or '/'}") or url
    return url


def is_wrapper(url: str) -> bool:
    return own(url) and path(url).startswith(("/clck/", "/count/"))


def service(url: str) -> Feature | None:
    """Which service of Yandex an address searches, None for any other page, its own content pages included."""
    if not own(url):
        return None
    first, _, rest = path(url).strip("/").partition("/")
    if "search" in path(url) or parameter(url, "text", "query") or (first in SERVICES and not rest):
        return SERVICES.get(first) or SERVICES.get(host(url).split(".")[0])
    return None


def outside_links(node: Node) -> Iterator[tuple[str, Node]]:
    """Links that leave Yandex, unwrapped; its ad counters are on hosts of its own."""
    for link in node.css("a[href]"):
        url = unwrap(attr(link, "href"))
        if url and not own(url):
            yield url, link


def links(node: Node) -> tuple[Link, ...]:
    """Every outside address once, in page order, with the longest name its links give it."""
    return named_once((url, text(link) or attr(link, "aria-label")) for url, link in outside_links(node))


# ---------------------------------------------------------------- ads


def is_ad(tree: Tree, block: Node, title: Title | None) -> bool:
    """By Yandex's own name on the block or in it, by the counter in the link, or by the label's word."""
    if block.mem_id in tree.holders(f"{LABELS}, {ADS}"):
        return True
    return (title is not None and is_ad_link(http(attr(title.link, "href"), HOMEPAGE))) or _labelled(block)


def _labelled(block: Node) -> bool:
    """A node whose own words are the label and nothing else; headings, links and highlighted words do not count."""
    if not _says(block.text(separator="\n")):
        return False
    labels = (node for node in block.css("span, div, label") if _says(node.text(deep=False)))
    return any(not any(up.tag in ("a", "h2", "h3") for up in up_to(node, block)) for node in labels)


def _says(lines: str) -> bool:
    return not LABEL_WORDS.isdisjoint([line.strip(" \t\r\xa0·•.:") for line in lines.casefold().split("\n")])


def ad_address(link: Node) -> str:
    """Where an advertisement leads: the link, or the address its counter is told; "" where neither says it."""
    url = unwrap(attr(link, "href"))
    if not is_ad_link(url) and not is_wrapper(url):
        return url
    named = _clicked(attr(link, "data-bem")) or parameter(url, "url", "u")
    return http(named)


def _clicked(bem: str) -> str:
    """`{"click": {"arguments": {"url": ...}}}` in the parameters of the script block."""
    try:
        value: object = json.loads(bem)
    except (ValueError, RecursionError):
        return ""
    for key in ("click", "arguments", "url"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def advertisements(tree: Tree, block: Node, title: Title | None) -> Iterator[Hit]:
    """One hit an advertisement; a gallery of goods has a link a card and no heading."""
    if title is not None:
        shown = site_line(tree.first("ad_site", block, *DISPLAYED))
        url = ad_address(title.link)
        yield Hit(feature=Feature.AD, title=title.words, url=url, displayed_url=shown, rating=rating(block))
        return
    seen: set[str] = set()
    for link in block.css("a[href]"):
        name = text(link)
        if len(name) >= SHORTEST_TITLE and name not in seen and is_ad_link(http(attr(link, "href"), HOMEPAGE)):
            seen.add(name)
            yield Hit(feature=Feature.AD, title=name, url=ad_address(link))


DISPLAYED = (".Organic-Path", ".path, .Path", ".serp-url, .serp-item__greenurl", ".b-serp-url")


def site_line(shown: Node | None) -> str:
    return text(shown, skip=unseen(shown)) if shown is not None else ""


def unseen(node: Node) -> frozenset[int]:
    """`mem_id`s of menus and of words for screen readers below a node."""
    return frozenset(found.mem_id for found in below(node, UNSEEN))


# ---------------------------------------------------------------- typed blocks


def block_name(block: Node) -> str:
    named = attr(block, "data-fast-name") or attr(block, "data-fast-wzrd")
    if named:
        return named.lower()
    first = next(iter(block.iter()), None)
    match = _CLASS_NAME.search(attr(block, "class")) or _CLASS_NAME.search(attr(first, "class"))
    return next((group for group in match.groups() if group), "") if match is not None else ""


def kind(block: Node, title: Title | None, *, aside: bool) -> Feature | None:
    """What a block is; None is an ordinary row. Beside the rows stands no row."""
    name = block_name(block)
    url = unwrap(attr(title.link, "href")) if title is not None else ""
    leaves = bool(url) and not own(url)
    found = _named_kind(name)
    if found is not None and not (found is Feature.VIDEO and leaves and not aside):
        return found
    if aside:
        return Feature.KNOWLEDGE_PANEL if title is not None else Feature.OTHER
    if title is None:
        return Feature.OTHER
    return service(url) or (Feature.OTHER if name not in _PLAIN and not leaves else None)


@lru_cache(maxsize=1024)
def _named_kind(name: str) -> Feature | None:
    return next((feature for feature, parts in KINDS.items() if any(part in name for part in parts)), None)


def read_box(tree: Tree, block: Node, feature: Feature, title: Title | None) -> Iterator[Hit]:
    """Hits of a typed block; what shows nothing is no hit, what is not understood is one hit with its links."""
    head = title.words if title is not None else heading(block)
    if feature in (Feature.RELATED_SEARCHES, Feature.PEOPLE_ALSO_ASK):
        yield from searches(block, feature)
    elif feature is Feature.AI_ANSWER:
        yield from ai_answer(tree, block, head)
    elif feature in (Feature.KNOWLEDGE_PANEL, Feature.FEATURED_SNIPPET):
        yield from answer(block, feature, head)
    elif feature is Feature.LOCAL_PACK:
        yield from places(block, head)
    else:
        found = list(cards(block, feature, title)) if feature in (Feature.VIDEO, Feature.TOP_STORIES) else []
        yield from found or whole(block, feature, head)


def whole(block: Node, feature: Feature, head: str) -> Iterator[Hit]:
    said = text(block, skip=unseen(block), most=LONGEST_TEXT)
    if head or len(said) >= SHORTEST_BLOCK:
        yield Hit(feature=feature, title=head, snippet=said[:LONGEST_TEXT], links=links(block))


def heading(block: Node) -> str:
    heads = (head for head in block.css("h2, h3, [role=heading], [class*=Header-Title]"))
    return next((said for head in heads if not _unseen(head, block) and (said := text(head))), "")


def searches(block: Node, feature: Feature) -> Iterator[Hit]:
    """Other queries, or questions of other people, each once."""
    seen: set[str] = set()
    for item in block.css("a[href], button, [role=button]"):
        said = text(item)
        if len(said) >= SHORTEST_TITLE and said not in seen:
            seen.add(said)
            yield Hit(feature=feature, title=said)


def ai_answer(tree: Tree, block: Node, head: str) -> Iterator[Hit]:
    """The answer with the pages it names; a frame that waits for its script has neither and is no answer."""
    body = tree.first("ai", block, ".FuturisGPTMessage-GroupContent", "[class*=Markdown]", "[class*=Card-Content]")
    skip = frozenset(n.mem_id for n in below(block, f"{UNSEEN}, button, [class*=Footnote], [class*=Header]"))
    said = text(body or block, skip=skip, most=LONGEST_TEXT)
    sources = below(block, "a[class*=Source]")
    named = {unwrap(attr(link, "href")): text(link) for link in sources} if sources else {}
    cited = tuple(Link(title=name, url=url) for url, name in named.items() if url) or links(block)
    if said or cited:
        yield Hit(feature=Feature.AI_ANSWER, title=head, snippet=said[:LONGEST_TEXT], links=cited)


def answer(block: Node, feature: Feature, head: str) -> Iterator[Hit]:
    """A card about the thing itself, or an answer lifted from one page."""
    cited = links(block)
    said = text(block, skip=unseen(block), most=LONGEST_TEXT + len(head) + 1).removeprefix(head).strip()
    if said or cited:
        url, said = (cited[0].url if cited else ""), said[:LONGEST_TEXT]
        yield Hit(feature=feature, title=head, url=url, snippet=said, rating=rating(block), links=cited)


def places(block: Node, head: str) -> Iterator[Hit]:
    """Organisations with their stars; one card is the block itself."""
    named: dict[str, Node] = {}
    for link in block.css('a[href*="/maps/org/"], a[href*="oid="], a[href*="/profile/"]')[:MOST_CARDS]:
        if len(text(link)) >= SHORTEST_TITLE:
            named.setdefault(unwrap(attr(link, "href")).partition("?")[0], link)
    if len(named) < 2:
        yield from answer(block, Feature.LOCAL_PACK, head)
        return
    pages = holding(named.items(), block)
    for link in named.values():
        scope = card_of(link, block, pages, CARD_HEIGHT)
        url = next((url for url, _ in outside_links(scope)), "")
        said = text(scope).removeprefix(text(link)).strip()
        yield Hit(feature=Feature.LOCAL_PACK, title=text(link), url=url, snippet=said, rating=rating(scope))


def cards(block: Node, feature: Feature, head: Title | None) -> Iterator[Hit]:
    """Titles of a carousel with the pages they come from: the title often links Yandex, the source line the page."""
    found = list(outside_links(block))
    pages = holding([*found, ("the whole list", head.link)] if head is not None else found, block)
    seen: set[str] = set()
    for url, link in found[:MOST_CARDS]:
        if url not in seen:
            seen.add(url)
            scope = card_of(link, block, pages, CARD_HEIGHT)
            names = (text(node) for css in CARD_TITLES for node in below(scope, css))
            title = next((name for name in names if len(name) >= SHORTEST_TITLE), "") or text(scope)
            yield Hit(feature=feature, title=title, url=url, date=shown_date(scope) or None)


def shown_date(node: Node) -> str:
    """Raw date words of a card: the first small node whose whole text is a date."""
    pieces = dict.fromkeys(piece.text() for piece in node.css("time, span, div")[:MOST_CARDS])  # most repeat the inner
    said = (words for piece in pieces if len(words := fold(piece).strip(" -·—")) <= LONGEST_DATE)
    return next((words for words in said if leading_date(words)[0] == words != ""), "")


def rating(node: Node) -> AggregateRating | None:
    """Stars of a row or card: their line with its count first, then the value alone, which its class proves."""
    found: AggregateRating | None = None
    for star in below(node, STARS)[:MOST_CARDS]:
        for place in (star, star.parent):
            said = text(place) if place is not None and place.mem_id != node.mem_id else ""
            read = _stars(said) if 0 < len(said) < LONGEST_STARS else None
            if read is not None and (read.rating_count or read.review_count):
                return read
            found = found or read
        found = found or read_rating(attr(star, "aria-label"))
    return found


def _stars(said: str) -> AggregateRating | None:
    return read_rating(said) or (read_rating(f"★ {said}") if re.fullmatch(r"[0-5](?:[.,]\d)?", said) else None)
