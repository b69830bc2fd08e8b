"""Naver's documents: the rows of web, post, news and question blocks. Used by engines/naver.py and naver_boxes.py.

Classes of the design system (`sds-comps-text-type-headline1`) and of lists until 2024 (`link_tit`) are read, hashed
ones never. Where neither is met, a document is what is linked twice with words (title and text), and where a block
was not drawn at all, the data its own script holds.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from audit.models import AggregateRating, Feature, Hit, Link
from spiders.address import host, http, parameter, path, under
from spiders.dates import leading_date
from spiders.ratings import read_rating
from spiders.tree import Node, Tree, ancestors, attr, below, fold, text

HOMEPAGE = "https://search.naver.com/"
OWN = ("search.naver.com", "m.search.naver.com", "s.search.naver.com")
TOOLS = frozenset({"keep.naver.com", "help.naver.com", "nid.naver.com", "saedu.naver.com", "searchadvisor.naver.com"})
AD_HREF = re.compile(r"(?:https?:)?//(?:ader|adcr|cr\d?\.shopping|ad\.search|adcreative|siape\.veta)\.naver\.com[/?]")
AD_WORDS = frozenset({"광고", "AD", "ad", "ⓘ광고"})
AD_BADGES = "[class*=badge], [class*=ad_], [class*=_ad], [class*=nad]"

LONGEST_LABEL = 80  # characters of a date label, a line of stars, a name
CARD_HEIGHT = 12  # levels between a title and the box of its document; real pages have at most eight

TITLES = (
    "a [class*=text-type-headline1], a[class*=text-title]",
    "a.link_tit, a.title_link, a.total_tit, .total_tit a, a.news_tit, a.question_text, a[class*=_sp_each_title]",
    ".title_area a, .tit_area a, a.info_title, a[class*=title_link], dt a, a.tit, a.title",
    "a[data-heatmap-target='.tit']",
)
NOISE = re.compile(r"after-article|repl(?:y|ies)|keyword-chip|sub_doc")  # classes of what accompanies a document
SNIPPETS = (
    "[class*=text-type-body1], a[class*=text-content]",
    ".total_dsc, .dsc_txt, .dsc_link, .dsc_area, .dsc_wrap, .news_dsc, .answer_text, .answer_area, .detail_box",
    "dd[class*=passage], dd:not([class])",
)
PREFIX = "[class*=text-left]"  # the date in front of a snippet, glued to it
STAMPS = (
    "[class*=sub-inner-text], [class*=profile-info-subtext]",
    ".sub_time, .txt_inline, time, .info_group .info, .sub_txt, .date, .time",
)
SOURCES = (
    "[class*=profile-info-title-text], [class*=info-inner-text]",
    ".sub_name, .user_info .name, .press, .name, .thumb_info",
)
ADDRESSES = (
    "[class*=breadcrumb]",
    "[class*=profile-info-subtext]",
    ".link_url, .lnk_url, .txt_url, .url",
    ".total_source",
)
DOTTED = re.compile(r"[^\W_]\.[^\W\d_]{2,}")
STAR_WORDS = ("평점", "별점", "만점", "★", "⭐", "/5", "/10")  # a line of stars has one of them
CRUMB = "›"
BOOTSTRAP = re.compile(r"entry\.bootstrap\(\s*document\.getElementById\(\s*[\"']([^\"']{1,80})[\"']\s*\)\s*,\s*(?=\{)")
MARKUP = re.compile(r"<[^<>]{0,200}>")


class Document(NamedTuple):
    """A linked title and the box that holds all it says."""

    title: Node
    link: Node
    url: str
    scope: Node


# ---------------------------------------------------------------- links


def is_own(url: str) -> bool:
    return host(url) in OWN


def is_ad(url: str) -> bool:
    return AD_HREF.match(url) is not None


def target(link: Node | None) -> str:
    """Where a link leads: `cru`, or `u` of Naver's click counter, is the real address; "" for scripts and anchors."""
    return resolved(attr(link, "href"), attr(link, "cru"))


@lru_cache(maxsize=4096)
def resolved(href: str, real: str) -> str:
    if not href or href[0] == "#":
        return ""
    url = http(href, HOMEPAGE)
    counted = path(url).endswith(("/rd", "/redirect")) and under(host(url), "naver.com") and not is_ad(url)
    return http(real) or (http(parameter(url, "u", "url")) if counted else "") or url


def outside(link: Node | None) -> str:
    """A page that is no search and no tool of Naver; advertisements included, as their counter."""
    url = target(link)
    return "" if is_own(url) or host(url) in TOOLS else url


def outside_links(node: Node) -> list[tuple[str, Node]]:
    return [(url, link) for link in node.css("a[href]") if (url := outside(link))]


def links(node: Node, *, without: Sequence[str] = ()) -> tuple[Link, ...]:
    """Each outside address once with the first words its links give it; advertisements are left out."""
    names: dict[str, str] = {}
    for url, link in outside_links(node):
        if not is_ad(url) and url not in without:
            names[url] = names.get(url) or text(link)
    return tuple(Link(title=name, url=url) for url, name in names.items() if name)


# ---------------------------------------------------------------- finding documents


def titled(tree: Tree, block: Node) -> list[Document]:
    """Documents of a block by their title nodes: the first selector that gives one."""
    for place, css in enumerate(TITLES):
        found: dict[int, tuple[Node, Node, str]] = {}
        for node in block.css(css):
            link = next((up for up in (node, *islice(ancestors(node), CARD_HEIGHT)) if up.tag == "a"), None)
            url = outside(link)
            if link is not None and url and text(node) and not accompanies(link):
                found.setdefault(link.mem_id, (node, link, url))
        if found:
            tree.tally[f"title:{place}"] += len(found)
            return scoped(block, list(found.values()))
    return []


def accompanies(link: Node) -> bool:
    """Replies, further posts of the same writer: parts of another document."""
    return any(NOISE.search(attr(up, "class")) for up in (link, *islice(ancestors(link), CARD_HEIGHT)))


def linked_twice(tree: Tree, block: Node) -> list[Document]:
    """Without any known class: addresses linked twice or more with words, the shown address not counted."""
    groups: dict[str, list[Node]] = {}
    for url, link in outside_links(block):
        if text(link):
            groups.setdefault(url, []).append(link)
    found = []
    for url, several in groups.items():
        worded = [link for link in several if not shows_address(link, url)]
        if len(several) > 1 and worded:
            found.append((worded[0], worded[0], url))
    tree.tally["title:linked"] += len(found)
    return scoped(block, found)


def scoped(block: Node, found: list[tuple[Node, Node, str]]) -> list[Document]:
    """Each title with the largest node around it, below the block, that holds no other title."""
    counts: Counter[int] = Counter()
    chains: list[list[Node]] = []
    for node, _, _ in found:
        chain = []
        for up in islice(ancestors(node), CARD_HEIGHT):
            if up.mem_id == block.mem_id:
                break
            chain.append(up)
        counts.update(up.mem_id for up in chain)
        chains.append(chain)
    documents = []
    for (node, link, url), chain in zip(found, chains, strict=True):
        alone = [up for up in chain if counts[up.mem_id] == 1]
        documents.append(Document(node, link, url, alone[-1] if alone else link))
    return documents


def shows_address(link: Node, url: str) -> bool:
    """A link whose words are the shown address ("www.acme.example › shop")."""
    said = text(link)
    return CRUMB in said or host(url).removeprefix("www.") in said


# ---------------------------------------------------------------- reading one


def sold(doc: Document) -> bool:
    if is_ad(doc.url):
        return True
    said = doc.scope.text()
    if not any(word in said for word in AD_WORDS):
        return False
    return any(text(badge) in AD_WORDS for badge in below(doc.scope, AD_BADGES))


def hit(tree: Tree, doc: Document, feature: Feature) -> Hit:
    raw, said = snippet(tree, doc)
    places = ADDRESSES if feature is Feature.ORGANIC else ()
    shown = next(filter(DOTTED.search, (text(node) for css in places for node in below(doc.scope, css))), "")
    source = text(tree.first("source", doc.scope, *SOURCES))
    return Hit(
        feature=feature,
        title=title(doc.title),
        url="" if is_ad(doc.url) else doc.url,
        displayed_url=fold(shown.replace(CRUMB, f" {CRUMB} ")),
        snippet=said,
        date=raw or stamp(doc) or None,
        rating=rating(doc),
        source=source if source != shown else "",
        links=inner_links(doc) if feature is Feature.ORGANIC else (),
    )


def title(node: Node) -> str:
    """Words of a title. Lists of 2013-2019 cut the visible text and keep the whole in an attribute."""
    said, whole = text(node), fold(attr(node, "title"))
    cut = said.rstrip(".… ")
    return whole if whole and cut != said and whole.startswith(cut) else said


def snippet(tree: Tree, doc: Document) -> tuple[str, str]:
    """Raw date words and the text. Rendered pages put the date in a node of its own, glued to the text."""
    found = tree.first("snippet", doc.scope, *SNIPPETS)
    if found is None:
        again = (link for link in doc.scope.css("a[href]") if link.mem_id != doc.link.mem_id)
        same = [link for link in again if outside(link) == doc.url]
        found = max(same, key=lambda link: len(text(link)), default=None)
    if found is None or found.mem_id == doc.title.mem_id:
        return "", ""
    stamps = {node.mem_id: text(node) for node in below(found, PREFIX)}
    raw = next((said for said in stamps.values() if leading_date(said)[0]), "")
    return (raw, text(found, skip=frozenset(stamps))) if raw else leading_date(text(found))


def stamp(doc: Document) -> str:
    """The first label of the document whose whole text is a date."""
    for node in (node for css in STAMPS for node in below(doc.scope, css)):
        words = text(node)
        if 2 <= len(words) <= LONGEST_LABEL and leading_date(words)[0] == words:
            return words
    return ""


def rating(doc: Document) -> AggregateRating | None:
    """Stars stand in a line of their own, beside title and text."""
    held = doc.scope.text()
    if not any(word in held for word in STAR_WORDS):
        return None
    known = (doc.title, *(node for css in SNIPPETS for node in below(doc.scope, css)))
    rest = text(doc.scope, skip=frozenset(node.mem_id for node in known))
    return read_rating(rest) if any(word in rest for word in STAR_WORDS) else None


def inner_links(doc: Document) -> tuple[Link, ...]:
    """Quick links and further documents of the same site."""
    if all(url == doc.url for url, _ in outside_links(doc.scope)):
        return ()
    profiles = [outside(link) for css in SOURCES for node in below(doc.scope, css) for link in around(node)]
    return links(doc.scope, without=(doc.url, *profiles))


def around(node: Node) -> Iterator[Node]:
    """The link a node stands in, or the links in it."""
    up = next((above for above in islice(ancestors(node), 3) if above.tag == "a"), None)
    if up is not None:
        yield up
    yield from node.css("a[href]")


# ---------------------------------------------------------------- blocks that were not drawn


def scripts(tree: Tree) -> dict[str, int]:
    """Where the data of each block begins in the source, by the id of the block."""
    return {found[1]: found.end() for found in BOOTSTRAP.finditer(tree.source)}


def scripted(tree: Tree, start: int) -> Iterator[Hit]:
    """The documents a block's own script holds, without a feature yet told apart: all are organic here."""
    try:
        data, _ = json.JSONDecoder().raw_decode(tree.source, start)
    except (ValueError, RecursionError):
        return
    for item in items(data):
        url, named = http(item["href"]), plain(item["title"])
        if not url or not named or is_own(url):
            continue
        tree.tally["title:script"] += 1
        raw, said = leading_date(plain(item.get("bodyText") or item.get("content")))
        prefixes = item.get("bodyPrefixes")
        first = prefixes[0] if isinstance(prefixes, list) and prefixes else None
        dated = plain(first.get("text")) if isinstance(first, dict) else ""
        feature = Feature.AD if is_ad(url) else Feature.ORGANIC
        address = "" if is_ad(url) else url
        yield Hit(feature=feature, title=named, url=address, snippet=said, date=dated or raw or None)


def items(data: Any) -> Iterator[dict[str, Any]]:
    """Every object of a block's data that has a title, an address and a profile, in order, without recursion."""
    stack = [data]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("title"), str) and isinstance(value.get("href"), str) and "profile" in value:
                yield value
                continue
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            stack.extend(reversed(value))


def plain(markup: Any) -> str:
    """Text of a string with `<mark>` in it; anything else is no text."""
    return fold(MARKUP.sub("", markup)) if isinstance(markup, str) else ""
