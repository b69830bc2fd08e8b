"""One organic row of Google: title, address, snippet, date, stars, sitelinks. Used by spiders/engines/google.py only.

Names of classes are tried where they say more than structure does; each has a fallback that reads the row as a
person would, line by line: the heading, the line that looks like an address, the longest line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from audit.models import AggregateRating, Feature, Hit, Link
from spiders.address import host
from spiders.dates import leading_date
from spiders.google_links import outward
from spiders.ratings import read_rating
from spiders.tree import BLOCK_TAGS, MAX_BYTES, SILENT_TAGS, Node, Tree, ancestors, attr, fold, text

UNSEEN = (
    "[hidden], [style*='display:none'], [style*='display: none'], "
    "[style*='visibility:hidden'], [style*='visibility: hidden']"
)
LONGEST_SNIPPET = 300  # characters, where nothing but the whole row could be found
LONGEST_STARS = 120  # characters of a line of stars
MOST_STARS = 20  # of one row that are looked at
STARS_HEIGHT = 3  # levels between the drawn stars and the node that also holds their count
LONGEST_BUTTON = 20  # characters of "Read more" at the end of a snippet
SHORTEST_SNIPPET = 15  # characters; a shorter longest line is a label
STARS_BY_NAME = "g-review-stars, span.z3HNkc"
STARS = f"{STARS_BY_NAME}, span.Y0A0hc, [role=img][aria-label]"

SNIPPETS = (
    "div.VwiC3b, div.IsZvec",
    "div.ITZIwc",
    "span.st, div.st, div.s .std",
    "div.BNeawe.s3v9rd",
    "div.JTuIPc > div, div.BmP5tf > div.MUxGbd, div.LZ8hH",
    "div.s, td.j font, div.std",
)
NOT_SNIPPET = "cite, .f.kv, .action-menu, .gl, nobr, h2, h3, table, span.a, span.sm"
SITE_NAMES = ("span.VuuXrf", "[data-sncf] cite + span", "span.qzEoUe + span")
DISPLAYED = ("cite", "span.qzEoUe, span.QHTnWc, .UPmit, .BNeawe.UPmiT", "span.a")

_DIGIT = re.compile(r"\d")
_CRUMB = " › "
_ADDRESS = re.compile(r"(?:https?://)?[^\s/]+\.[^\W\d_]{2,}")
_ADDRESS_LINE = re.compile(r"(?:https?://)?[\w.-]+\.[^\W\d_]{2,}(?::\d+)?(?:/\S*|\s?›.*)?")
_NOT_ADDRESS = re.compile(r"\s+-(?:\s.*)?$")  # "www.acme.example/ - 13k -"
_PERCENT = re.compile(r"(\d{1,3})\s?%\W+(\d[\d.,]*[KM]?)")
# What a line of stars has and most other lines have not: the short way past them.
_STARRED = re.compile(r"\d[.,]\d[^\w,.;]{0,4}[/(·\-–★]|\d/(?:5|10|100)\b|\d\s?%\s?\(|[★⭐]")


class Unit(NamedTuple):
    """A row (kind "row", its link and its title node) or a typed box."""

    kind: str
    node: Node
    link: Node | None = None
    url: str = ""


def lines(
    tree: Tree, node: Node, *, skip: frozenset[int] = frozenset(), breaks: bool = True, most: int = MAX_BYTES
) -> list[str]:
    """What a person sees of a node, line by line: block tags and (with `breaks`) `<br>` end a line. No recursion.

    Stops after the line with which `most` characters are reached: blocks of unknown kind can be half the page.
    """
    unseen = tree.ids(UNSEEN)
    found: list[str] = []
    pieces: list[str] = []
    left = most
    stack = [(node.iter(include_text=True, skip_empty=False), True)]
    while stack:
        child = next(stack[-1][0], None)
        if child is None:
            ends = stack.pop()[1]
        else:
            tag = child.tag or ""
            if tag == "-text":
                pieces.append(child.text_content or "")
                continue
            if tag[0] == "-" or tag in SILENT_TAGS or child.mem_id in skip or child.mem_id in unseen:
                continue
            if tag == "br" and not breaks:
                pieces.append(" ")
                continue
            ends = tag in BLOCK_TAGS
            stack.append((child.iter(include_text=True, skip_empty=False), ends))
        if ends and pieces:
            line = fold("".join(pieces))
            pieces.clear()
            if line:
                found.append(line)
                left -= len(line)
                if left <= 0:
                    break
    return found


def has_address(said: list[str]) -> bool:
    """True when a line below the title shows where a link leads: what every result of every year has."""
    return any(_CRUMB in line or _ADDRESS_LINE.fullmatch(line) for line in said[1:])


def row_hit(tree: Tree, unit: Unit, around: Node) -> Hit:
    """A result; `around` is the largest node that holds this row and no other."""
    row = _Row(tree, unit, around)
    said, where = row.snippet()
    raw, snippet = leading_date(said)
    shown, source, meta = row.displayed()
    return Hit(
        feature=Feature.ORGANIC,
        title=title(tree, unit),
        url=unit.url,
        displayed_url=shown,
        snippet=snippet,
        date=raw or meta or None,
        rating=rating(around) or row.rating_in_words(where, said),
        source=source,
        links=row.sitelinks(),
    )


def title(tree: Tree, unit: Unit) -> str:
    """The words of the inner of link and heading: badges ("[PDF]") or the address stand in the outer one."""
    if (
        unit.link is not None
        and unit.node.tag != "a"
        and any(up.mem_id == unit.node.mem_id for up in ancestors(unit.link))
    ):
        return text(unit.link) or text(unit.node)
    if unit.node.tag == "a":
        return next(iter(lines(tree, unit.node, most=1)), "")
    return text(unit.node)


def rating(node: Node) -> AggregateRating | None:
    """Stars of a row: the text beside them ("Rating: 4.5 · 1,234 votes", "4.7(733)", "66%(51)") and their label."""
    found: AggregateRating | None = None
    for star in node.css(STARS)[:MOST_STARS]:
        label = attr(star, "aria-label").strip(" ,.")
        if label and _DIGIT.search(label) is None:
            continue  # a labelled picture
        for said in _beside(star, node):
            read = read_stars(said) or (read_stars(f"{label} {said}") if label else None)
            if read is not None and (read.rating_count or read.review_count):
                return read
            found = found or read
        found = found or (read_rating(label) if label else None)
    return found


def _beside(star: Node, row: Node) -> Iterator[str]:
    """What stands in the stars, right behind them, and around them within their line."""
    yield text(star)
    if star.next is not None:
        yield fold(star.next.text_content or "") if star.next.tag == "-text" else text(star.next)
    for above in islice(ancestors(star), STARS_HEIGHT):
        said = text(above) if above.mem_id != row.mem_id else ""
        if len(said) >= LONGEST_STARS:
            break
        yield said


def read_stars(said: str) -> AggregateRating | None:
    """A per cent value beside stars is a rating; elsewhere it would need a bracketed count."""
    if _DIGIT.search(said) is None:
        return None
    percent = _PERCENT.search(said)
    return read_rating(said) or (read_rating(f"{percent[1]}% ({percent[2]})") if percent is not None else None)


class _Row:
    """One row while it is read: its node, its heading, and the parts that are neither."""

    def __init__(self, tree: Tree, unit: Unit, around: Node) -> None:
        self.tree, self.unit, self.around = tree, unit, around
        self.head = frozenset({unit.node.mem_id} if unit.link is None else {unit.node.mem_id, unit.link.mem_id})

    def snippet(self) -> tuple[str, Node | None]:
        """The snippet and the node it was read from; None where it is the longest line of the row."""
        for part in self.around.css("[data-sncf]"):
            said = self._said(part)
            if said:
                self.tree.tally["snippet:0"] += 1
                return said, part
        named = self.tree.first("snippet", self.around, *SNIPPETS)
        said = self._said(named) if named is not None else ""
        return (said, named) if said else (self._longest_line(), None)

    def _said(self, part: Node) -> str:
        return text(part, skip=frozenset(node.mem_id for node in part.css(NOT_SNIPPET)) | self._buttons(part))

    def _buttons(self, part: Node) -> frozenset[int]:
        """ "Read more" and "Translate this page": short links to the row's own page at the end of the snippet."""
        found = part.css("a[href]")
        if not found or len(text(found[-1])) > LONGEST_BUTTON:
            return frozenset()
        mine = outward(attr(found[-1], "href")).partition("#")[0] == self.unit.url.partition("#")[0]
        return frozenset({found[-1].mem_id}) if mine else frozenset()

    def _longest_line(self) -> str:
        said = lines(self.tree, self.around, skip=self._others(), breaks=False)
        longest = max(said, key=len, default="")
        return (longest if len(longest) >= SHORTEST_SNIPPET else " ".join(said)[:LONGEST_SNIPPET]).rstrip(" -")

    def _others(self) -> frozenset[int]:
        """Nodes that are no snippet: heading, address, links to other pages, tables of sitelinks."""
        skipped = {node.mem_id for node in self.around.css(f"{NOT_SNIPPET}, ul, {SITE_NAMES[0]}")}
        skipped -= {node.mem_id for node in self.around.css("table") if node.css_first("h3") is None}
        for link in self.around.css("a[href]"):
            if outward(attr(link, "href")) != self.unit.url:
                skipped.add(link.mem_id)
        return self.head.union(skipped)

    def displayed(self) -> tuple[str, str, str]:
        """Address and site name as shown, and the date of rows that show "10+ comments · 1 year ago" instead."""
        source = text(self.tree.first("source", self.around, *SITE_NAMES))
        said = text(self.tree.first("displayed", self.around, *DISPLAYED)) or self._address_line()
        shown = _NOT_ADDRESS.sub("", said)
        first, crumb, _ = shown.partition(_CRUMB)
        if _ADDRESS.match(shown):
            return shown, source, ""
        if crumb:
            return shown, source or first, ""
        raw, _ = leading_date(said.rpartition("·")[2].strip())
        return "", source, raw or leading_date(text(self.tree.first("date", self.around, ".slp", "span.f")))[0]

    def _address_line(self) -> str:
        said = lines(self.tree, self.unit.link) if self.unit.link is not None else []
        return next((line for line in said if _CRUMB in line or _ADDRESS_LINE.fullmatch(line)), "")

    def rating_in_words(self, snippet: Node | None, said: str) -> AggregateRating | None:
        """On pages whose stars have no name we know: a line apart from title and snippet with value and count."""
        if self.tree.ids(STARS_BY_NAME) or (snippet is not None and "data-sncf" in snippet.attributes):
            return None
        skip = self.head if snippet is None else self.head | {snippet.mem_id}
        for line in lines(self.tree, self.around, skip=skip):
            if len(line) < LONGEST_STARS and _STARRED.search(line) is not None and line not in said:
                read = read_stars(line)
                if read is not None and (read.rating_count or read.review_count):
                    return read
        return None

    def sitelinks(self) -> tuple[Link, ...]:
        """Other pages of the row's own site linked inside the row, each with the longest name its links give it."""
        site, mine = host(self.unit.url), self.unit.url.partition("#")[0]
        names: dict[str, str] = {}
        for link in self.around.css("a[href]"):
            href = attr(link, "href")
            url = outward(href) if site in href else ""
            if url and host(url) == site and url.partition("#")[0] != mine:
                name = text(link) or attr(link, "aria-label")
                names[url] = max(names.get(url, ""), name, key=len)
        return tuple(Link(title=name, url=url) for url, name in names.items() if name)
