"""Google's page order: which headings are rows, which nodes are typed boxes, and one walk over both.

Used by spiders/engines/google.py only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from audit.models import Feature, Hit
from spiders import google_surfaces as surfaces
from spiders.address import host, parameter
from spiders.google_links import ad_address, is_ad, link_around, of_posts, outside, outside_links
from spiders.google_rows import Unit, has_address, lines, row_hit, title
from spiders.tree import Node, Tree, ancestors, attr, outermost, text

MANY = 2
ENOUGH_ROWS = 3  # fewer rows of one anchor, and the next anchors are asked too
MOST_LINKS = 300  # real pages have at most 200 links out, and 30 related searches
MOST_BOXES = 200  # answers and expanders that are looked at: a page made to be slow has more
TEXT_FRAGMENT = "#:~:text="  # Google scrolls to the quoted words of an answer, never of a plain result
ROW_HEIGHT = 3  # levels between a link and the node that also holds its address
EXPANDER_HEIGHT = 4  # levels between an expander and the node that also holds the panel it opens
SHORTEST_ANSWER = 60  # characters above the title of a page that make it an answer lifted from that page

# The column that holds the results: the first that the page has. Pages without scripts and of 2010 have no #rso.
COLUMNS = (("rso", "botstuff"), ("ires", "search", "res"), ("main",))

# Row anchors, first choice first: heading in a link, phone heading (2018), heading deeper in a link, h2 (2007), link
# without heading (basic pages of 2018 and before). The second value says where the address must be shown as well:
# in the link, or in the node around it. One row of a shape that shows it speaks for all rows of that shape.
ROW_ANCHORS = (
    ("h3", ""),
    ("a[href] > [role=heading]", "link"),
    ("a[href] [role=heading]", "link"),
    ("h2 > a[href]", ""),
    ("a[href]", "link"),
    ("a[href]", "near"),
)

LONE_ADS = "[data-text-ad]"
ADS = f"{LONE_ADS}, li.ads-ad, li.ads-fr, [class*=commercial-unit], .cu-container"
ADS_BY_ID = ("tads", "tadsb", "tadsto", "bottomads", "tvcap", "atvcap", "mbEnd")
ADS_CSS = ", ".join((*(f"#{name}" for name in ADS_BY_ID), ADS))
# Boxes whose headings are not rows. The outermost one holds; on one node the first kind wins.
BOXES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("questions", (), "[data-initq], .related-question-pair"),
    ("ai", (), "[data-mcpr], [data-subtree]"),
    ("ads", ADS_BY_ID, ADS),
    ("places", ("lclbox",), ""),
    ("snippet", (), ".kp-blk:has(.xpdopen h3):not(:has(.related-question-pair)), .V3FYCf:has(h3)"),
    ("panel", ("rhs", "rhs_block"), ".knowledge-panel"),
)
ANSWER = "wa:/description"  # `data-attrid` of the text of a featured snippet
READERS = {
    "questions": surfaces.questions,
    "ai": surfaces.ai_answer,
    "ads": surfaces.advertisements,
    "places": surfaces.places_of_2013,
}
RAIL = frozenset({"rhs", "rhs_block"})  # the right column: a person reads it after the rows
CARDS = frozenset({"g-section-with-header", "g-scrolling-carousel", "g-inner-card", "product-viewer-group"})
NO_BLOCKS = frozenset({"topstuff", "result-stats", "resultStats"})  # Google's own messages, read by the engine file
SITELINKS = frozenset({"usJj9c", "mslg", "sld", "nrgt", "osl"})
EXPANDERS = "[aria-expanded=false][aria-controls]"
SUGGESTION = "#fprsl, a[href*='spell=1']"  # another spelling: "Did you mean", or "Showing results for"
FORCED_BACK = "a[href*='nfpr=1'], a.spell_orig[href]"  # beside the second: the link back to what was asked
OTHER_SEARCH = re.compile(r"[?&](?:start|tbm|udm|tbs|gbv|stick|aomd|filter|nfpr|source)=[^&]")


class Walk:
    """One page: its units, and whether none, one or many of them stand below each node."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.named: dict[str, Node] = {}
        for node in tree.all("[id]"):
            self.named.setdefault(node.id or "", node)
        ids = next((ids for ids in COLUMNS if any(name in self.named for name in ids)), ())
        self.whole = not ids
        """True where no column was found: then the whole page is one, and nothing between its rows is a block."""
        self.modern = "rso" in ids
        columns = [self.named[name] for name in ids if name in self.named] or tree.all("body")
        self.column = frozenset(node.mem_id for node in columns)
        self.units: dict[int, Unit] = {}
        self.counts: dict[int, int] = {}
        self.sole: dict[int, Unit] = {}
        self.queries: set[str] = set()
        self.panels = 0
        boxes = self._boxes()
        self.rows = self._rows(boxes)
        self._repeated = Counter(row.url for row in self.rows if row.kind == "row")
        self._place(boxes)

    # ------------------------------------------------------------ units

    def _boxes(self) -> dict[int, Unit]:
        boxes: dict[int, Unit] = {}
        for kind, ids, css in BOXES:
            found = [self.named[name] for name in ids if name in self.named]
            wanted = LONE_ADS if kind == "ads" and found else css  # the classes are for pages with other ids
            for node in (*found, *(self.tree.all(wanted) if wanted else ())):
                if kind != "ai" or is_answer(node):
                    boxes.setdefault(node.mem_id, Unit(kind, node))
        facts = self.tree.all("[data-attrid]")
        for node in facts:
            if attr(node, "data-attrid") == "title":
                boxes.setdefault(node.mem_id, Unit("panel", node))
        self._lift_answers(boxes, [node for node in facts if attr(node, "data-attrid").startswith(ANSWER)][:MOST_BOXES])
        self._lift_questions(boxes)
        return boxes

    def _lift_answers(self, boxes: dict[int, Unit], answers: list[Node]) -> None:
        """A featured snippet of any year: the nearest node that holds an answer and exactly one heading."""
        for node in answers:
            if any(up.mem_id in boxes for up in ancestors(node)):
                continue
            for above in ancestors(node):
                heads = above.css("h3")
                if heads or above.mem_id in self.column:
                    if len(heads) == 1:
                        boxes[above.mem_id] = Unit("snippet", above)
                    break

    def _lift_questions(self, boxes: dict[int, Unit]) -> None:
        """Questions without a name we know: a closed expander and the panel with an answer that it would open."""
        for button in self.tree.all(EXPANDERS)[:MOST_BOXES]:
            panel = self.named.get(attr(button, "aria-controls"))
            if panel is None or panel.css_first("h3") is None or any(up.mem_id in boxes for up in ancestors(button)):
                continue
            around = {above.mem_id for above in islice(ancestors(panel), EXPANDER_HEIGHT)}
            for above in islice(ancestors(button), EXPANDER_HEIGHT):
                if above.mem_id in around:
                    boxes[above.mem_id] = Unit("questions", above)
                    break

    def _rows(self, boxes: dict[int, Unit]) -> list[Unit]:
        """Rows and lone advertisements of the first anchor that finds enough, or of the one that finds most."""
        best: list[Unit] = []
        most = place = 0
        for number, (css, shown) in enumerate(ROW_ANCHORS):
            found = [row for node in self.tree.all(css) if (row := self._row(node, boxes)) is not None]
            if shown == "near" and len(found) > MOST_LINKS:
                continue
            found = self._with_address(found, shown) if shown else found
            count = sum(row.kind == "row" for row in found)
            if count > most and (shown != "near" or count >= ENOUGH_ROWS):
                best, most, place = found, count, number
            if most >= ENOUGH_ROWS:
                break
        if best:
            self.tree.tally[f"row:{place}"] += len(best)
        return best

    def _row(self, node: Node, boxes: dict[int, Unit]) -> Unit | None:
        """The row of an anchor, or None for headings of boxes, carousels, sitelinks and Google's own tabs."""
        link = link_around(node)
        if link is None or not self._stands_free(node, boxes):
            return None
        href = attr(link, "href")
        if is_ad(href) or not {"data-rw", "data-pcu"}.isdisjoint(link.attributes):
            return Unit("ad", node, link)
        url = outside(link)
        if not url or of_posts(href):
            return None
        return Unit("answer" if TEXT_FRAGMENT in url else "row", node, link, url)

    def _with_address(self, units: list[Unit], where: str) -> list[Unit]:
        """Units that say where they lead, and those of the same shape, which say whose video or post it is."""
        showing = [unit for unit in units if unit.kind == "row" and self._shows_address(unit, where)]
        shapes = {shape for unit in showing if (shape := _shape(unit))}
        known = {unit.node.mem_id for unit in showing}
        return [unit for unit in units if unit.kind != "row" or unit.node.mem_id in known or _shape(unit) in shapes]

    def _shows_address(self, unit: Unit, where: str) -> bool:
        """True when a line of the link, or of the node around it alone, says where it leads."""
        said = lines(self.tree, unit.link) if unit.link is not None else []
        if len(said) > 1 and has_address(said):
            return True
        if where != "near" or len("".join(said[:1])) < surfaces.WORDY:
            return False
        site = host(unit.url)
        for above in islice(ancestors(unit.node), ROW_HEIGHT):
            if any(host(other) != site for other, _ in outside_links(above)):
                return False
            name = site.removeprefix("www.")
            if has_address([line for line in lines(self.tree, above) if line == said[0] or name in line]):
                return True
        return False

    def _stands_free(self, node: Node, boxes: dict[int, Unit]) -> bool:
        """True for a heading in the column that is not hidden, and in no box, card, dialog or table of sitelinks."""
        table: Node | None = None
        for above in ancestors(node):
            if above.mem_id in self.column:
                return table is None or not is_sitelink(table)
            tag = above.tag
            if above.mem_id in boxes or tag in CARDS or is_barred(above):
                return False
            if table is None and tag == "table":
                table = above
        return False

    def _place(self, boxes: dict[int, Unit]) -> None:
        for unit in boxes.values():
            if not any(above.mem_id in boxes for above in ancestors(unit.node)):
                self._add(unit)
        for row in self.rows:
            self._add(row)
        asked_back = self.named.get("fprsl") or self.tree.one("a[href*='spell=1']")
        if asked_back is not None and not self.tree.has(FORCED_BACK):
            self._add(Unit("suggestion", asked_back))
        for link in self._related()[:MOST_LINKS]:
            if link.mem_id not in self.units and not any(up.mem_id in boxes for up in ancestors(link)):
                self._add(Unit("related", link))

    def _related(self) -> list[Node]:
        if not self.modern:
            return self.tree.all('#brs a[href*="/search?"], #main a[href^="/search?"]')
        below = [self.named[name] for name in ("botstuff", "brs") if name in self.named]
        return [link for node in below for link in node.css('a[href*="/search?"]')] or self.tree.all(".oIk2Cb a")

    def _add(self, unit: Unit) -> None:
        """Counts the unit at every node above it; two are as good as many, and so are they further up."""
        self.units[unit.node.mem_id] = unit
        above: Node | None = unit.node
        while above is not None and self.counts.get(above.mem_id, 0) < MANY:
            number = above.mem_id
            self.counts[number] = self.counts.get(number, 0) + 1
            self.sole[number] = unit
            above = above.parent

    # ------------------------------------------------------------ page order

    def hits(self) -> Iterator[Hit]:
        rail: list[tuple[Unit, Node]] = []
        for unit, node in self._ordered():
            if unit is None:
                yield from surfaces.block(self.tree, node)
            elif unit.node.id in RAIL:
                rail.append((unit, node))
            else:
                yield from self._read(unit, node)
        for unit, node in rail:
            yield from self._read(unit, node)

    def _ordered(self) -> Iterator[tuple[Unit | None, Node]]:
        """Each unit with the largest node that is its own, and each node between them. No recursion: strangers
        choose how deep a page is."""
        root = self.tree.one("body")
        stack = [(surfaces.children(root), self.whole)] if root is not None else []
        while stack:
            rest, inside = stack[-1]
            node = next(rest, None)
            if node is None:
                stack.pop()
                continue
            column = node.mem_id in self.column
            inside = inside or column
            unit = self.sole.get(node.mem_id)
            if unit is None:
                if inside and not self.whole and node.id not in NO_BLOCKS and not is_barred(node):
                    yield None, node
            elif node.mem_id in self.units:
                yield self.units[node.mem_id], node
            elif self.counts[node.mem_id] == 1 and inside and not column:
                yield unit, node
            else:
                stack.append((surfaces.children(node), inside))

    def _read(self, unit: Unit, around: Node) -> Iterator[Hit]:
        if unit.kind == "row":
            if self._repeated[unit.url] > 1 and self._answers(unit, around):
                yield from surfaces.featured(self.tree, around, unit)
            else:
                yield row_hit(self.tree, unit, around)
        elif unit.kind == "ad":
            yield Hit(feature=Feature.AD, title=title(self.tree, unit), url=ad_address(unit.link, around))
        elif unit.kind == "answer":
            yield from surfaces.featured(self.tree, around, unit)
        elif unit.kind == "snippet":
            yield from surfaces.featured(self.tree, unit.node)
        elif unit.kind == "suggestion":
            yield Hit(feature=Feature.SUGGESTION, title=text(unit.node))
        elif unit.kind == "related":
            yield from self._searches(unit.node)
        elif unit.kind == "panel":
            yield from self._panel(unit.node)
        else:
            yield from READERS[unit.kind](self.tree, unit.node)

    def _answers(self, unit: Unit, around: Node) -> bool:
        """A page that is listed twice, the first time below a long text: that text is an answer lifted from it."""
        said, name = lines(self.tree, around), title(self.tree, unit)
        above = said[: said.index(name)] if name in said else []
        return sum(map(len, above)) >= SHORTEST_ANSWER

    def _panel(self, node: Node) -> Iterator[Hit]:
        """The right column holds advertisements of old pages, and the panel; a page has one panel."""
        sold = [hit for ads in outermost(node.css(ADS_CSS)) for hit in surfaces.advertisements(self.tree, ads)]
        yield from sold
        described = not sold or node.css_first("[data-attrid], .kno-ecr-pt, .kno-rdesc") is not None
        found = list(surfaces.panel(self.tree, node)) if described and not self.panels else []
        self.panels += len(found)
        yield from found

    def _searches(self, link: Node) -> Iterator[Hit]:
        """A related search: another query, not another page, tab or tool of this one."""
        href = attr(link, "href")
        if OTHER_SEARCH.search(href) or not link_text_is_query(link):
            return
        said = text(link)
        query = parameter(href, "q") or said
        if query not in self.queries and any(char.isalnum() for char in said):
            self.queries.add(query)
            yield Hit(feature=Feature.RELATED_SEARCHES, title=said)


def _shape(unit: Unit) -> tuple[str, str] | None:
    """Class names of heading and link: whatever they are called, a page calls all its rows the same."""
    names = attr(unit.node, "class"), attr(unit.link, "class")
    return names if any(names) else None


def is_barred(node: Node) -> bool:
    """A node whose headings are no rows: hidden for good, a dialog, a sitelink, the right column of 2010.

    `visibility:hidden` does not hide: the page's own script shows such rows once it has laid them out.
    """
    attributes = node.attributes
    if not attributes:
        return False
    style, names = attributes.get("style"), attributes.get("class")
    return (
        "hidden" in attributes
        or (style is not None and "display:none" in style.replace(" ", ""))
        or attributes.get("role") == "dialog"
        or attributes.get("id") == "rhsline"
        or (names is not None and not SITELINKS.isdisjoint(names.split()))
    )


def is_answer(node: Node) -> bool:
    """The AI answer: `data-mcpr`, or one of two kinds of `data-subtree`; other kinds are parts of other blocks."""
    attributes = node.attributes
    return "data-mcpr" in attributes or attributes.get("data-subtree") in ("aimc", "aifb")


def is_sitelink(table: Node) -> bool:
    """A table below the heading of its row holds sitelinks; a table of its own is a row (2007)."""
    first = table.parent.css_first("h3") if table.parent is not None else None
    for above in ancestors(first) if first is not None else ():
        if above.tag == "table":
            return False
        if table.parent is not None and above.mem_id == table.parent.mem_id:
            return True
    return False


def link_text_is_query(link: Node) -> bool:
    """False for "More results" and other buttons, which repeat the page's own query."""
    return (
        attr(link, "role") != "button"
        and link.css_first("h3") is None
        and (link.parent is None or link.parent.tag != "h3")
    )
