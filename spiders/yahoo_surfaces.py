"""What stands around Yahoo's rows, and the wrappers of its links. Used by spiders/engines/yahoo.py.

Yahoo's redirects carry the address (`RU=`) and, in `_ylu`, the part of the page they stand in: `sec` is `sr` for a web
row, `sc` for a block above or between the rows, `rel` for other searches. That word outlived the classes of its time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote

from audit.models import Feature, Hit, Link
from spiders import bing_surfaces as bing
from spiders.address import host, http, parameter, path, under
from spiders.links import named_once
from spiders.tree import Node, Tree, ancestors, attr, card_of, holding, outermost, text

HOMEPAGE = "https://search.yahoo.com/"
OWN = "search.yahoo.com"
TABS = {
    "images": "images",
    "video": "videos",
    "news": "news",
    "answers": "answers",
    "shopping": "shopping",
    "celebrity": "celebrity",
    "local": "local",
    "recipes": "recipes",
    "sports": "sports",
    "finance": "finance",
}
"""Names of Yahoo's other searches as they stand in a host (`de.images.search.yahoo.com`) and in English."""

HEADINGS = (".compTitle .title, h3, h2", ".s-header, .s-titleHdr, .title", "h4, h5")
HIDDEN = ".hidden, .off-left"
CONTROLS = "button, form, [role=button], .compJsToggle, .algo-options"
RATED_LINES = ".compInfo li, [class*=ating], [class*=star], .grp-talgo-facts li"
STARS = "[role=img][aria-label], [class*=star][aria-label], [class*=ating][aria-label], [class*=star][title]"

# First match holds.
KINDS = {
    "questions": ".bingrelqa, .compContainerExp, [class*=relqa], [class*=PeopleAlsoAsk]",
    "related": ".AlsoTry, .AlsoTry_N, .sys_algo_rs, .rs-section, #satat, [class*=AlsoTry]",
    "videos": "#dd_video, .Video, h3 a[href*='video.search.yahoo.'], .s-header a[href*='video.search.yahoo.']",
    "images": "#dd_image, .Img, h3 a[href*='images.search.yahoo.'], .s-header a[href*='images.search.yahoo.']",
    "news": "[class*=sys_news], h3 a[href*='news.search.yahoo.'], .s-header a[href*='news.search.yahoo.'], .NewsDD",
    "places": "[class*=sys_local], .Local, h3 a[href*='/local/'], h3 a[href*='local.search.yahoo.']",
}
_AD_PATHS = ("/cbclk", "/aclk", "/beacon")
_PAGE_OF_CARD = re.compile(r"[?&]rurl=([^&]+)")
_YLU = re.compile(r"_ylu=([^/?;&]+)")
_SECTION = re.compile(r"\x04sec\x03([^\x04]*)")
LONGEST_TEXT, LONGEST_TITLE, SHORTEST_BLOCK, WORDY = 2_000, 80, 20, 8  # characters, as in bing_surfaces


# ---------------------------------------------------------------- addresses


def own(url: str) -> bool:
    """On Yahoo's search hosts; news.yahoo.com and its sisters are sites like any other."""
    return under(host(url), OWN)


def unwrap(href: str) -> str:
    """The real address: text after `/RU=` up to `/RK=` or `/RS=`, decoded once; up to 2012 the text after `/**`."""
    url = http(href, HOMEPAGE)
    if "yahoo." not in host(url):
        return url
    if "/RU=" in url:
        return http(unquote(url.partition("/RU=")[2].partition("/RK=")[0].partition("/RS=")[0]))
    if "/**" in url:
        return http(unquote(url.partition("/**")[2]))
    return url


def is_ad(url: str) -> bool:
    return bing.is_ad(url) or (own(url) and path(url).startswith(_AD_PATHS))


def section(href: str) -> str:
    """`sec` of `_ylu`, which is base64 of pairs joined by control characters; "" where the link has none."""
    packed = _YLU.search(href)
    if packed is None:
        return ""
    coded = packed[1].replace("-", "=").replace(".", "+").replace("_", "/")
    try:
        plain = base64.b64decode(coded.rstrip("=") + "=" * (-len(coded.rstrip("=")) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""
    found = _SECTION.search("\x04" + plain)
    return found[1] if found is not None else ""


def tab(url: str) -> str:
    """The search a Yahoo host or path belongs to ("images", "videos", ...); "" for the web."""
    if not own(url):
        return ""
    names = [*host(url).removesuffix(OWN).split("."), *path(url).split(";")[0].split("/")]
    return next((TABS[name] for name in names if name in TABS), "")


def outside(link: Node) -> str:
    """Address of a link that leaves Yahoo's searches; a card of another search names its page in `rurl`."""
    return _outside(attr(link, "href"))


@lru_cache(maxsize=4096)
def _outside(href: str) -> str:
    url = unwrap(href)
    if own(url):
        named = _PAGE_OF_CARD.search(url)
        url = http(unquote(named[1])) if named is not None else ""
    return "" if is_ad(url) or "cc.bingj.com" in url else url


def outside_links(node: Node) -> Iterator[tuple[str, Node]]:
    for link in node.css("a[href]"):
        url = outside(link)
        if url:
            yield url, link


def links(node: Node) -> tuple[Link, ...]:
    """Every outside page once, in page order, with the longest name its links give it."""
    return named_once(
        (url, text(link) or attr(link, "title") or attr(link, "aria-label")) for url, link in outside_links(node)
    )


# ---------------------------------------------------------------- typed blocks


def visible(node: Node | None, more: str = "") -> str:
    if node is None:
        return ""
    return text(node, skip=frozenset(part.mem_id for part in node.css(f"{HIDDEN}, {more}" if more else HIDDEN)))


def heading(node: Node) -> str:
    return next((said for css in HEADINGS for head in node.css(css) if (said := visible(head))), "")


def kind(item: Node) -> str:
    return next((name for name, css in KINDS.items() if item.css_first(css) is not None), "other")


def advertisements(tree: Tree, box: Node) -> Iterator[Hit]:
    """One hit a heading; an advertiser's address stands in Bing's click counter inside Yahoo's."""
    heads = outermost(box.css("h3 a[href], a[href]:has(h3)"))
    for link in heads[: bing.MOST_CARDS]:
        scope = headed(link, box)
        title = title_of(link)
        if title:
            site = tree.first("ad_site", scope, ".url", ".ad-url", "span.fz-ms", "em", "cite")
            yield Hit(
                feature=Feature.AD,
                title=title,
                url=ad_address(attr(link, "href")),
                displayed_url=text(site),
                snippet=visible(tree.first("ad_text", scope, ".compText p", ".compText", "p.abs", ".abstr", "p")),
                rating=bing.rating(scope, RATED_LINES, STARS),
            )


def headed(link: Node, box: Node) -> Node:
    """The largest node up to the box that holds this heading and no other; sitelinks below it have none."""
    scope = link
    for above in ancestors(link):
        if len(above.css("h3")) > 1:
            break
        scope = above
        if above.mem_id == box.mem_id:
            break
    return scope


def ad_address(href: str) -> str:
    url = unwrap(href)
    return "" if own(url) else bing.ad_address(url)


def questions(_: Tree, box: Node) -> Iterator[Hit]:
    for item in outermost(box.css(".itm, [class*=accordion] > li, details")):
        head = next(iter(item.css(".ttl-l, .ttl, summary, [role=button]")), None)
        title = text(head)
        if title:
            url = next((url for url, _ in outside_links(item)), "")
            yield Hit(feature=Feature.PEOPLE_ALSO_ASK, title=title, url=url)


def related(_: Tree, box: Node) -> Iterator[Hit]:
    for link in box.css("a[href]"):
        title = text(link) or parameter(attr(link, "href"), "p")
        if title and parameter(attr(link, "href"), "p"):
            yield Hit(feature=Feature.RELATED_SEARCHES, title=title)


def cards(feature: Feature, box: Node) -> Iterator[Hit]:
    """Linked titles of a list or carousel, each address once with its longest title."""
    found: dict[str, tuple[str, Node]] = {}
    linked = list(outside_links(box))
    for url, link in linked:
        title = attr(link, "title") or text(next(iter(link.css(".desc")), None)) or text(link)
        if len(title) >= len(found[url][0] if url in found else "x"):
            found[url] = (title, link)
    held = holding(linked, box)
    for url, (title, link) in islice(found.items(), bing.MOST_CARDS):
        scope = card_of(link, box, held, bing.CARD_HEIGHT)
        site = next(iter(scope.css(".s-card-cite, .cite, cite, .source")), None)
        yield Hit(feature=feature, title=title, url=url, date=bing.shown_date(scope) or None, source=text(site))


def videos(_: Tree, box: Node) -> Iterator[Hit]:
    yield from cards(Feature.VIDEO, box)


def news(_: Tree, box: Node) -> Iterator[Hit]:
    yield from cards(Feature.TOP_STORIES, box)


def images(_: Tree, box: Node) -> Iterator[Hit]:
    yield Hit(feature=Feature.IMAGE, title=heading(box), links=links(box))


def places(_: Tree, box: Node) -> Iterator[Hit]:
    """Rows of the local block; one without rows is shown as itself."""
    items = outermost(box.css("li:has(h4), li:has(.title), [class*=item]:has(h4)")) or [box]
    for item in items:
        name = heading(item)
        if name:
            yield Hit(
                feature=Feature.LOCAL_PACK,
                title=name,
                url=next((url for url, _ in outside_links(item)), ""),
                snippet=visible(item, CONTROLS)[:LONGEST_TEXT],
                rating=bing.rating(item, RATED_LINES, STARS),
            )


def panel(tree: Tree, box: Node) -> Iterator[Hit]:
    """The right column: what Yahoo holds about an entity."""
    body = tree.first("panel_text", box, ".compText p", ".compText", "p")
    found = links(box)
    if heading(box) and found:
        yield Hit(
            feature=Feature.KNOWLEDGE_PANEL,
            title=heading(box),
            snippet=visible(body, CONTROLS)[:LONGEST_TEXT],
            rating=bing.rating(box, RATED_LINES, STARS),
            links=found,
        )


def other(_: Tree, box: Node) -> Iterator[Hit]:
    """A block of unknown kind, with its text and links."""
    head, said, found = heading(box), visible(box, CONTROLS), links(box)
    if len(said) >= SHORTEST_BLOCK and (found or head):
        yield Hit(feature=Feature.OTHER, title=head or said[:LONGEST_TITLE], snippet=said[:LONGEST_TEXT], links=found)


READERS = {
    "questions": questions,
    "related": related,
    "videos": videos,
    "images": images,
    "news": news,
    "places": places,
    "panel": panel,
    "other": other,
}

# ---------------------------------------------------------------- titles and addresses of a row

LONGEST_ADDRESS = 300  # characters

ADDRESS = re.compile(r"(?:.{0,60}\s)?(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?(?:\s*›.*)?", re.DOTALL)


def address_part(link: Node) -> Node | None:
    """The address that newer pages write inside the link, above the title."""
    for part in link.css("span, cite, div"):
        said = text(part)
        if (
            0 < len(said) < LONGEST_ADDRESS
            and part.css_first("h3") is None
            and ADDRESS.fullmatch(said)
            and said != text(link)
        ):
            return part
    return None


def title_of(link: Node) -> str:
    """The heading inside the link; without one the link's words, less the address above them."""
    head = link.css_first("h3")
    if head is not None and text(head):
        return text(head)
    part = address_part(link)
    label = attr(link, "aria-label")
    if part is not None and label and squeezed(text(link)).endswith(squeezed(label)):
        return label
    return (text(link, skip=frozenset((part.mem_id,))) if part is not None else "") or text(link)


def squeezed(said: str) -> str:
    return "".join(said.split()).casefold()
