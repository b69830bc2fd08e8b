"""The parsed page: one lexbor parse, found by CSS, read as a person sees it.

lexbor because a whole search page costs less than half of what lxml takes and follows the HTML standard.
Two of its habits are hidden here: `css_matches` also looks below a node, and `text()` also reads scripts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice, takewhile

from selectolax.lexbor import LexborHTMLParser, LexborNode  # noqa: TID251

from spiders.charset import decode, is_utf8

Node = LexborNode
MAX_BYTES = 16 * 1024 * 1024  # reliability B4: decoded size cap
MAX_TAGS = 400_000  # real pages hold at most 8,479 elements
SUSPICIOUS_TAGS = 20_000
MAX_DEPTH = 2_000  # real pages are at most 65 deep
TALLEST = 100  # levels that are climbed from a link
SILENT_TAGS = frozenset({"script", "style", "noscript", "template", "svg", "head", "title", "iframe", "object"})
UNREAD = SILENT_TAGS | {"-comment", "-doctype", "-document", None}  # lexbor's names of what is neither text nor element
BLOCK_TAGS = frozenset(
    (
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "option",
    )
)
# Words for screen readers only ("opens in new window"); a sighted searcher does not meet them.
HIDDEN_CLASSES = frozenset(
    {"visually-hidden", "sr-only", "blind", "u-hidden", "u_hc", "screen-reader-text", "a11y-hidden"}
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr".split())


class UnreadableError(ValueError):
    """The bytes are no page that may be parsed; `kind` is one of the FAILED kinds."""

    def __init__(self, kind: str, why: str) -> None:
        self.kind, self.why = kind, why
        super().__init__(f"{kind}: {why}")


class Tree:
    """A parsed page, made of text or of bytes known to be clean UTF-8."""

    def __init__(self, page: str | bytes) -> None:
        self._page = page
        self.parser = LexborHTMLParser(page)
        self._first: dict[str, Node | None] = {}
        self._found: dict[str, list[Node]] = {}
        self._ids: dict[str, frozenset[int]] = {}
        self._holders: dict[str, frozenset[int]] = {}
        self.tally: Counter[str] = Counter()
        """Which fallback of each anchor hit: `title:0` is the first choice, `title:miss` none."""

    @classmethod
    def of(cls, body: bytes, content_type: str = "") -> Tree:
        """Parse bytes as they arrived. Raises `UnreadableError` for what no parser should be fed."""
        guard(body)
        if b"\0" not in body and is_utf8(body):
            return cls(body)
        source, _ = decode(body, content_type)
        return cls(source.replace("\0", ""))

    @cached_property
    def source(self) -> str:
        """The decoded text, for marks that live in scripts and comments: made when asked for, few pages need it."""
        return self._page if isinstance(self._page, str) else self._page.decode()

    def all(self, css: str) -> list[Node]:
        """Every match once, in page order; kept, since a pass over a whole page costs as much as reading a row."""
        if css not in self._found:
            self._found[css] = once(self.parser.css(css), css)
        return self._found[css]

    def one(self, css: str) -> Node | None:
        """The first match in page order; kept."""
        if css not in self._first:
            self._first[css] = self.parser.css_first(css)
        return self._first[css]

    def has(self, css: str) -> bool:
        return self.one(css) is not None

    def holders(self, css: str) -> frozenset[int]:
        """`mem_id` of every match and of all nodes around it; kept: one pass in place of one in every block."""
        if css not in self._holders:
            found: set[int] = set()
            for node in self.all(css):
                up: Node | None = node
                while up is not None and up.mem_id not in found:
                    found.add(up.mem_id)
                    up = up.parent
            self._holders[css] = frozenset(found)
        return self._holders[css]

    def ids(self, css: str) -> frozenset[int]:
        """`mem_id` of every match; kept, so that `matches` and `closest` cost a set look-up."""
        if css not in self._ids:
            self._ids[css] = frozenset(node.mem_id for node in self.all(css))
        return self._ids[css]

    def matches(self, node: Node, css: str) -> bool:
        """True when the node itself matches (never because of something below it)."""
        return node.mem_id in self.ids(css)

    def closest(self, node: Node | None, css: str) -> Node | None:
        """The node itself or its nearest ancestor that matches."""
        wanted = self.ids(css)
        while node is not None and wanted:
            if node.mem_id in wanted:
                return node
            node = node.parent
        return None

    def inside(self, node: Node, css: str) -> bool:
        return self.closest(node, css) is not None

    def first(self, anchor: str, node: Node | None, *selectors: str) -> Node | None:
        """The first match strictly below a node of an ordered list of selectors; counts which one hit."""
        for place, css in enumerate(selectors if node is not None else ()):
            found = first_below(node, css) if node is not None else None
            if found is not None:
                self.tally[f"{anchor}:{place}"] += 1
                return found
        self.tally[f"{anchor}:miss"] += 1
        return None

    @cached_property
    def title(self) -> str:
        node = self.one("title")
        return fold(node.text()) if node is not None else ""


def guard(body: bytes) -> None:
    """Refuse, in linear time, what would cost a parser minutes (reliability section 3, depth)."""
    if len(body) > MAX_BYTES:
        raise UnreadableError("TooLarge", f"{len(body)} bytes, at most {MAX_BYTES} are read")
    tags = body.count(b"<")
    if tags > MAX_TAGS:
        raise UnreadableError("TooManyNodes", f"{tags} tags, at most {MAX_TAGS} are read")
    if tags > SUSPICIOUS_TAGS and (depth := nesting(body)) > MAX_DEPTH:
        raise UnreadableError("PageTooDeep", f"tags nested {depth} deep, at most {MAX_DEPTH} are read")


def nesting(body: bytes) -> int:
    """Deepest nesting by a plain count of opening and closing tags."""
    depth = deepest = 0
    for match in _TAG.finditer(body):
        if match.group(1):
            depth = max(0, depth - 1)
        elif match.group(2).lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


# Zero-width characters, soft hyphen and direction controls: invisible, and a way to dress one title as another.
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def fold(text: str) -> str:
    """Runs of white space become one blank; zero-width and direction marks go."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def text(node: Node | None, *, skip: frozenset[int] = frozenset(), most: int = 0) -> str:
    """Visible text of a node as a reader sees it: inline tags join, block tags part, scripts and hidden words go.

    `skip` holds `mem_id`s of nodes below it that are left out (a date inside a snippet). With `most`, reading stops
    somewhere behind so many characters: for callers that keep only the beginning.
    """
    child = node.first_child if node is not None else None
    if child is not None and child.is_text_node and child.next is None:  # half of all calls
        return fold(child.text_content or "")
    parts: list[str] = []
    size, reach = 0, most or MAX_BYTES  # raw characters read, and those after which what they come to is looked at
    inside: list[tuple[Node, str]] = []  # no recursion: strangers choose the depth
    while child is not None or inside:
        if child is None:
            child, gap = inside.pop()
            parts.append(gap)
        elif child.is_text_node:
            words = child.text_content or ""
            parts.append(words)
            size += len(words)
            if size >= reach:
                found = fold("".join(parts))
                if len(found) >= most:
                    return found
                reach = 2 * size  # white space: doubled, so that all looks together stay linear
        elif (tag := child.tag) not in UNREAD and child.mem_id not in skip and not hidden(child):
            gap = " " if tag in BLOCK_TAGS else ""
            parts.append(gap)
            inside.append((child, gap))
            child = child.first_child
            continue
        child = child.next
    return fold("".join(parts))


def hidden(node: Node) -> bool:
    """Hidden by its own attributes; style sheets are not read."""
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if style and _HIDDEN_STYLE.search(style):
        return True
    classes = attributes.get("class")
    return bool(classes) and not HIDDEN_CLASSES.isdisjoint((classes or "").split())


def attr(node: Node | None, name: str) -> str:
    """An attribute, "" where the node or the attribute is missing or empty."""
    return (node.attrs.get(name) or "").strip() if node is not None and node.is_element_node else ""


def names(node: Node) -> list[str]:
    """Tag, classes and id of a node as CSS writes them: `li`, `.row`, `#main`."""
    return [node.tag or "", *("." + name for name in attr(node, "class").split()), "#" + attr(node, "id")]


def below(node: Node, css: str) -> list[Node]:
    """Matches strictly below a node (lexbor counts the node itself, before all others)."""
    found = once(node.css(css), css)
    return found[1:] if found and found[0].mem_id == node.mem_id else found


def first_below(node: Node, css: str) -> Node | None:
    """The first match strictly below a node; lexbor stops there."""
    found = node.css_first(css)
    if found is None or found.mem_id != node.mem_id:
        return found
    return next(iter(below(node, css)), None)


def once(nodes: list[Node], css: str) -> list[Node]:
    """lexbor gives a node once for every selector of a list that it matches."""
    return list({node.mem_id: node for node in nodes}.values()) if len(nodes) > 1 and "," in css else nodes


def ancestors(node: Node) -> Iterator[Node]:
    """Parents, nearest first."""
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def up_to(node: Node, top: Node) -> Iterator[Node]:
    """Parents, nearest first, below `top`."""
    return takewhile(lambda above: above.mem_id != top.mem_id, ancestors(node))


def holding(found: Iterable[tuple[str, Node]], top: Node) -> dict[int, set[str]]:
    """The addresses of links found, by every node below `top` that they stand in."""
    held: dict[int, set[str]] = defaultdict(set)
    for url, link in found:
        for above in islice(up_to(link, top), TALLEST):
            held[above.mem_id].add(url)
    return held


def card_of(link: Node, top: Node, held: dict[int, set[str]], height: int) -> Node:
    """The largest node around a link, below `top` and at most `height` levels up, that leads nowhere else."""
    card = link
    for above in islice(up_to(link, top), height):
        if len(held[above.mem_id]) > 1:
            break
        card = above
    return card


def outermost(nodes: Iterable[Node]) -> list[Node]:
    """Those of some nodes in page order that stand in no other of them; no node is climbed twice."""
    kept: list[Node] = []
    covered: dict[int, bool] = {}
    for node in nodes:
        trail: list[int] = []
        up: Node | None = node
        while up is not None and up.mem_id not in covered:
            trail.append(up.mem_id)
            up = up.parent
        within = up is not None and covered[up.mem_id]
        covered.update(dict.fromkeys(trail, within))
        if not within:
            kept.append(node)
            covered[node.mem_id] = True
    return kept
