"""What stands in Brave's boxes: rows, advertisements, answers, clusters, the panel. Used by engines/brave.py only.

A box names its kind in `id` or `data-type`; where it does not, the tab its own "view all" link opens tells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from audit.models import AggregateRating, Feature, Hit, Link
from spiders.address import host, http, parameter, path
from spiders.dates import leading_date
from spiders.ratings import read_rating
from spiders.tree import SILENT_TAGS, Node, Tree, attr, below, card_of, first_below, holding, text

HOMEPAGE = "https://search.brave.com/"
OWN = ("search.brave.com", "safesearch.brave.com", "search.bravesoftware.com")
LONGEST = 2_000  # characters kept of an answer or of a block of unknown kind
LONGEST_SNIPPET = 300  # characters, where nothing but the whole row could be found
SHORTEST_TEXT = 40  # characters that make a paragraph of a panel its description
LONGEST_LABEL = 120  # characters of a line of stars or of a date label

CARD_HEIGHT = 4  # levels between a link and the card it stands in

CLICKS = "/a/redirect"  # the counter of advertisements; `click_url` holds the advertiser's page
# Kind of a box that is no row: the first selector that the box or anything in it matches.
KINDS: tuple[tuple[Feature, str], ...] = (
    (Feature.AI_ANSWER, "#llm-snippet, #summarizer, [class*=chatllm], [id*=chatllm], [class*=llm-output]"),
    (Feature.FEATURED_SNIPPET, "[id*=featured-snippet], [data-type*=featured], [class*=featured-snippet]"),
    (Feature.KNOWLEDGE_PANEL, "#infobox, #infobox-snippet, [class*=infobox]"),
    (Feature.RELATED_SEARCHES, "#related-queries, a.related-query, a[href*='source=related']"),
    (Feature.TOP_STORIES, "#news, #news-carousel, [data-type=news], [class*=news-cluster], a[href^='/news?']"),
    (Feature.VIDEO, "#videos, #video-carousel, [data-type^=video], [class*=video-cluster], a[href^='/videos?']"),
    (Feature.DISCUSSION, "#discussions, [data-type^=discussion], [data-type^=forum], [class*=discussion]"),
    (
        Feature.LOCAL_PACK,
        "#locations, #pois, [data-type^=loc], [data-type^=poi], [class*=location-], [class*=poi-], [class*=local-]",
    ),
    (Feature.IMAGE, "#images, [data-type^=image], [class*=image-cluster], [class*=image-grid], a[href^='/images?']"),
    (Feature.PEOPLE_ALSO_ASK, "#faq, .faq-item, details summary"),
)
SITELINKS = ".result-cluster a[href], [class*=deep-results] a[href], a.deep-link"
EXTRAS = ".result-cluster, [class*=deep-results], [class*=thumbnail], [class*=attributes]"
TITLES = (".search-snippet-title", ".snippet-title", ".title")
CARD_TITLES = ("h2, h3, h4, .title, .snippet-title", "[class*=line-clamp]")
SNIPPETS = (
    ".generic-snippet .content",
    ".snippet-description",
    ".content",
    ".description",
    ".generic-snippet, [class*='-snippet ']",
)
ADDRESSES = ("cite", ".snippet-url", ".netloc, .url")
SOURCES = (".site-name-content > :first-child", ".sitename, .site-name")
STARS = "[class*=rating], [class*=attr], .ml-10"
CARD_SOURCES = ("[class*=site] span", ".anchor", "cite")
HEADS = ("header, h1, h2, h3, h4, h5", ".title")


def unwrap(href: str) -> str:
    """The advertiser behind the click counter; other addresses are the real ones."""
    return parameter(href, "click_url") if is_click(href) else href


def is_click(href: str) -> bool:
    return CLICKS in href and path(href) == CLICKS and (not host(href) or host(href) in OWN)


def outside(link: Node | None) -> str:
    """Address of a link that leaves Brave, "" for its tabs, tools and click counters."""
    href = attr(link, "href")
    url = "" if is_click(href) else http(href, HOMEPAGE)
    return "" if host(url) in OWN else url


def outside_links(node: Node) -> list[tuple[str, Node]]:
    return [(url, link) for link in node.css("a[href]") if (url := outside(link))]


def links(node: Node, css: str = "a[href]") -> tuple[Link, ...]:
    """Each outside address once, with the first words a link gives it."""
    names: dict[str, str] = {}
    for link in node.css(css):
        url = outside(link)
        if url:
            names[url] = names.get(url) or text(link) or attr(link, "aria-label")
    return tuple(Link(title=name, url=url) for url, name in names.items())


def read(tree: Tree, box: Node) -> Iterator[Hit]:
    """The hits of one box; tools of Brave (other engines, paging) have no link out and show nothing."""
    if (box.tag or "") in SILENT_TAGS:
        return
    link = next((link for link in box.css("a[href]") if link.text().strip()), None)
    web = attr(box, "data-type") == "web"
    if link is not None and (is_sold(box) or is_click(attr(link, "href")) or (web and not outside(link))):
        yield advertisement(tree, box, link)
        return
    feature = None if web else kind(box)
    if link is not None and feature is Feature.FEATURED_SNIPPET:
        yield row(tree, box, link, feature)
    elif link is not None and (web or (feature is None and is_row(box, link))):
        yield row(tree, box, link)
    else:
        yield from module(tree, box, feature)


def is_sold(box: Node) -> bool:
    """By the box's own names."""
    held = box.attributes
    typed, names = held.get("data-type") or "", held.get("class") or ""
    sponsored = "sponsored" in typed or "sponsored" in names
    return sponsored or typed == "ad" or "ad" in names.split() or (held.get("id") or "").startswith("search-ad")


def is_row(box: Node, link: Node) -> bool:
    """A box of unknown kind whose first link leads out and shows an address or a title is a row."""
    typed = "standalone" in attr(box, "class").split() or attr(box, "data-type")
    return not typed and bool(outside(link)) and link.css_first(", ".join((*ADDRESSES, *TITLES))) is not None


def kind(box: Node) -> Feature | None:
    return next((feature for feature, css in KINDS if box.css_first(css) is not None), None)


# ---------------------------------------------------------------- rows


def row(tree: Tree, box: Node, link: Node, feature: Feature = Feature.ORGANIC) -> Hit:
    raw, said = snippet(tree, box, link)
    return Hit(
        feature=feature,
        title=title(tree, box, link),
        url=outside(link),
        displayed_url=text(tree.first("displayed", box, *ADDRESSES)),
        snippet=said,
        date=raw or None,
        rating=rating(box),
        source=text(tree.first("source", box, *SOURCES)),
        links=links(box, SITELINKS),
    )


def title(tree: Tree, box: Node, link: Node) -> str:
    """The title node in the link; without its class the last words in the link that are not the shown address."""
    found = tree.first("title", link, *TITLES)
    if found is not None:
        return text(found) or attr(found, "title")
    if not below(link, ADDRESSES[0]):
        outer = next((node for node in below(box, ", ".join(TITLES)) if node.tag != "a"), None)
        return text(link) or text(outer)
    parts = [text(child) for child in link.iter() if child.css_first(ADDRESSES[0]) is None]
    return next((part for part in reversed(parts) if part), text(link))


def snippet(tree: Tree, box: Node, link: Node) -> tuple[str, str]:
    """Raw date words and the text. The date stands before the text, or as an attribute below ("Published ...")."""
    scope = first_below(box, ".result-wrapper, .result-content") or box
    found = tree.first("snippet", scope, *SNIPPETS)
    if found is None:
        skipped = [link, *link.css("*"), *box.css(f"{EXTRAS}, {SITELINKS}")]
        said = text(scope, skip=frozenset(node.mem_id for node in skipped))
        return leading_date(said[:LONGEST_SNIPPET])
    extras = frozenset(node.mem_id for node in found.css(EXTRAS))
    raw, said = leading_date(text(found, skip=extras))
    return raw or labelled_date(scope, "[class*=attributes]"), said


def labelled_date(scope: Node, css: str) -> str:
    """The first piece below the matches whose whole text is a date."""
    pieces = (text(piece).strip(" -·|") for part in scope.css(css) for piece in (part, *below(part, "*")))
    return next((words for words in once_each(pieces) if leading_date(words)[0] == words), "")


def once_each(lines: Iterable[str]) -> Iterator[str]:
    """Short lines, each once: a node and the only node in it say the same."""
    seen: set[str] = set()
    for words in lines:
        if 4 <= len(words) <= LONGEST_LABEL and words not in seen:
            seen.add(words)
            yield words


def rating(box: Node) -> AggregateRating | None:
    """ "Rating: 4.5 - 32.7K votes" beside the stars of a row."""
    for star in below(box, STARS):
        said = text(star)
        found = read_rating(said) if 0 < len(said) <= LONGEST_LABEL else None
        if found is not None:
            return found
    return None


def advertisement(tree: Tree, box: Node, link: Node) -> Hit:
    """The advertiser's page as far as it can be read without following the counter."""
    return Hit(
        feature=Feature.AD,
        title=title(tree, box, link),
        url=http(unwrap(attr(link, "href"))) or outside(link),
        displayed_url=text(tree.first("displayed", box, *ADDRESSES)),
        snippet=snippet(tree, box, link)[1],
        rating=rating(box),
    )


# ---------------------------------------------------------------- modules


def module(tree: Tree, box: Node, feature: Feature | None) -> Iterator[Hit]:
    if feature is Feature.AI_ANSWER:
        yield from answer(box)
    elif feature is Feature.KNOWLEDGE_PANEL:
        yield from panel(tree, box)
    elif feature is Feature.RELATED_SEARCHES:
        yield from related(box)
    elif feature is Feature.PEOPLE_ALSO_ASK:
        yield from questions(tree, box)
    elif feature is Feature.IMAGE:
        yield Hit(feature=feature, title=text(tree.first("head", box, *HEADS)), links=links(box))
    elif feature is not None:
        yield from cards(tree, box, feature)
    elif outside_links(box):
        head = text(tree.first("head", box, *HEADS))
        yield Hit(feature=Feature.OTHER, title=head, snippet=text(box, most=LONGEST)[:LONGEST], links=links(box))


def answer(box: Node) -> Iterator[Hit]:
    """The summary with the pages it names; a button that would make one is no answer."""
    buttons = frozenset(node.mem_id for node in box.css("button, header, footer, form"))
    cited = links(box)
    sources = frozenset(link.mem_id for _, link in outside_links(box))
    said = text(box, skip=buttons | sources, most=LONGEST)
    if len(said) >= SHORTEST_TEXT or cited:
        yield Hit(feature=Feature.AI_ANSWER, snippet=said[:LONGEST], links=cited)


def panel(tree: Tree, box: Node) -> Iterator[Hit]:
    head = tree.first("panel", box, ".infobox-header-title", "header a[href]", "h1, h2, h3, .title")
    site = tree.first("panel_site", box, "[class*=website] a[href]", "header a[href]")
    if head is not None and text(head):
        yield Hit(
            feature=Feature.KNOWLEDGE_PANEL,
            title=text(head),
            url=outside(site),
            snippet=description(box),
            rating=rating(box),
            links=links(box),
        )


def description(box: Node) -> str:
    """The first paragraph of a panel: a section without another section in it, its source link left out."""
    for part in below(box, "section, p, [class*=description]"):
        if not below(part, "section, details, img"):
            said = text(part, skip=frozenset(node.mem_id for node in part.css("a[href]")))
            if len(said) >= SHORTEST_TEXT:
                return said[:LONGEST]
    return ""


def related(box: Node) -> Iterator[Hit]:
    queries: set[str] = set()
    for link in box.css("a[href*='q=']"):
        said = " ".join(text(part) for part in link.css("span, strong") if not below(part, "span, strong"))
        query = parameter(attr(link, "href"), "q") or said or text(link)
        if query and query not in queries and not outside(link):
            queries.add(query)
            yield Hit(feature=Feature.RELATED_SEARCHES, title=query)


def questions(tree: Tree, box: Node) -> Iterator[Hit]:
    """Questions stand closed; the page an answer was taken from is its address."""
    for item in box.css("details") or box.css(".faq-item, [class*=faq-item]"):
        asked = tree.first("question", item, "summary .title", "summary", ".title, [class*=question]")
        found = outside_links(item)
        if text(asked):
            answered = tree.first("answer", item, ".content, [class*=answer]")
            yield Hit(
                feature=Feature.PEOPLE_ALSO_ASK,
                title=text(asked),
                url=found[0][0] if found else "",
                snippet=text(answered),
            )


def cards(tree: Tree, box: Node, feature: Feature) -> Iterator[Hit]:
    """A cluster: one hit a page. Without links it is one hit with its words."""
    urls: set[str] = set()
    found = outside_links(box)
    held = holding(found, box)
    for url, link in found:
        named = card_title(tree, link)
        if url in urls or not named:
            continue
        urls.add(url)
        around = card_of(link, box, held, CARD_HEIGHT)
        yield Hit(
            feature=feature,
            title=named,
            url=url,
            date=labelled_date(around, "span, time, [class*=time], [class*=metadata]") or None,
            rating=rating(around) if feature is Feature.LOCAL_PACK else None,
            source=text(tree.first("card_source", around, *CARD_SOURCES)),
        )
    head = text(box, most=LONGEST)[:LONGEST] if not urls else ""
    if head and feature is Feature.LOCAL_PACK:
        yield Hit(feature=feature, snippet=head, rating=rating(box))


def card_title(tree: Tree, link: Node) -> str:
    """The title of a card: its heading, else its longest line."""
    found = tree.first("card_title", link, *CARD_TITLES)
    if found is not None and text(found):
        return text(found)
    lines = [text(part) for part in islice(below(link, "div, span, p"), 30) if not below(part, "div, span, p")]
    return max(lines, key=len, default="") or text(link) or attr(link, "title") or attr(link, "aria-label")
