"""Naver's blocks: what kind each is, and what stands in those that are no rows. Used by engines/naver.py only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice

from audit.models import Feature, Hit
from spiders import naver_surfaces as rows
from spiders.address import host, parameter
from spiders.naver_surfaces import AD_BADGES, AD_WORDS, is_ad, is_own, links, outside, outside_links, target
from spiders.ratings import read_rating
from spiders.tree import Node, Tree, ancestors, attr, below, fold, hidden, outermost, text

LONGEST = 2_000  # characters kept of an answer or of a block of unknown kind
AD_SITES = (".lnk_url", "[class*=url]:not([class*=area])")
AD_TEXTS = (".link_desc, .ad_dsc a", "[class*=desc], [class*=dsc]")
ANSWER_TOOLS = "button, [role=dialog], [class*=header], [class*=feedback]"
SHORTEST_TEXT = 40  # characters that make an answer; less is a button or a lone header

# First letters of the words in `data-block-id`, `data-meta-area`, `id` and `class` of a block; first kind that fits.
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ai", ("ai-briefing", "abL_", "heL_", "fds-aib", "sp_aib")),
    ("questions", ("sp_intent_faq", "_au_sp_intent_faq")),
    ("related", ("qra/", "keyword/", "kwX_", "kwL_", "nx_right_related", "related_srch", "sp_related", "refinequery")),
    ("shop", ("shp_", "shs_", "shopping", "sp_nshop", "sp_shop", "_sp_nshop")),
    ("encyclopedia", ("sp_nkindic", "kindic", "ldc_", "dct_", "encyc", "sp_nterms", "terms/")),
    ("kin", ("kin/", "sp_nkin", "klg_", "kin", "_kinBase")),
    ("news", ("news/", "sp_nnews", "nws", "news", "_newsBase")),
    ("video", ("video/", "clip", "shortents", "sp_nvideo", "sp_video", "vdo", "video", "_videoBase")),
    ("image", ("image/", "sp_nimage", "sp_image", "img_", "urB_im", "image", "photo")),
    ("place", ("place", "loc-main", "sp_nplace", "nx_place", "pll_", "plc", "nmb_", "plB_")),
    ("panel", ("cs_", "mcs_", "people_info", "_kgs")),
    (
        "web",
        (
            "web/",
            "sp_nweb",
            "sp_web",
            "sp_ntotal",
            "web_",
            "sit_",
            "nsite",
            "webdoc",
            "_websiteBase",
            "_webBase",
            "site",
        ),
    ),
    ("posts", ("review/", "ugc", "ugB_", "rrB_hd", "sp_nreview", "sp_nblog", "sp_ncafe", "sp_ninfl", "blog", "cafe")),
    ("posts", ("influencer", "ink_", "intentblock", "popular", "view/", "_au_view", "_blogBase", "_cafeBase")),
    ("web", ("urB_", "rrB_")),
)
NAMES = ("data-block-id", "data-meta-area", "data-meta-ssuid", "id", "class")
# What a block holds, where its own names tell nothing; first kind that fits.
HOLDS: tuple[tuple[str, str], ...] = (
    ("place", "#place-app-root, [id*=place-main], [id*=loc-main], [class*=place_section], [data-loc_plc-doc-id]"),
    ("ai", "[class*=fds-aib]"),
    ("questions", ".faq_item"),
    ("news", "a.news_tit"),
    ("kin", "a.question_text"),
    ("web", ".fds-web-doc-root, [data-template-id=webItem], .total_tit .link_tit"),
    ("posts", ".fds-ugc-block-mod, [data-template-id^=ugcItem], a.total_tit, .sh_blog_top"),
)
STAYS = re.compile(r"[?#/](?!/)|javascript:|(?:https?:)?//(?:(?:[ms]\.)?search|keep|help|nid|saedu)\.naver\.com\b")
"""Links that search again, open a tool or do nothing."""
FEATURES = {
    "news": Feature.TOP_STORIES,
    "kin": Feature.QUESTION_ANSWER,
    "video": Feature.VIDEO,
    "encyclopedia": Feature.ENCYCLOPEDIA,
    "posts": Feature.DISCUSSION,
    "web": Feature.ORGANIC,
    "shop": Feature.OTHER,
}
STREAM = frozenset({"posts", "kin", "encyclopedia"})  # rows like any other where they stand in the stream
STREAM_AREAS = ("urB_", "rrB_")  # `data-meta-area` of the stream of mixed results since 2025
TOPIC_AREAS = ("ugB_", "heB_")  # of posts under a topic
HEADERS = ("h2", "[class*=header-headline], [class*=comps-header-title]", ".api_title, .mod_title_area, .section_head")
OFFICIAL = frozenset({"공식홈페이지", "공식 홈페이지", "홈페이지", "공식사이트", "공식 사이트", "웹사이트"})


class Reader:
    """Reads the blocks of one page."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.queries: set[str] = set()
        self.web = False
        """True once a block of web documents was met, also one that gave no row."""

    def read(self, block: Node) -> Iterator[Hit]:
        if hidden(block):
            return
        kind = self.kind(block)
        if kind in FEATURES:
            yield from self.documents(block, kind)
        elif kind == "ads":
            yield from self.advertisements(block)
        elif kind == "ai":
            yield from self.answer(block)
        elif kind == "questions":
            yield from self.questions(block)
        elif kind == "related":
            yield from self.related(block)
        elif kind == "place":
            yield from self.places(block)
        elif kind == "panel":
            yield from self.panel(block)
        elif kind == "image":
            yield Hit(feature=Feature.IMAGE, title=header(block), links=links(block))
        else:
            yield from self.other(block)

    def kind(self, block: Node) -> str:
        """By its own names, then by what it holds: known parts, only advertisements, only searches, or documents."""
        words = " ".join(attr(block, name) for name in NAMES).split()
        place = min(map(place_of, words), default=len(KINDS))
        if place < len(KINDS):
            return KINDS[place][0]
        held = next((kind for kind, css in HOLDS if block.css_first(css) is not None), "")
        if held:
            return held
        hrefs = [attr(link, "href") for link in block.css("a[href]")]
        counted = [href for href in hrefs if not STAYS.match(href)]
        if sum(map(is_ad, counted)) * 2 > len(counted):
            return "ads"
        if not counted and any("query=" in href for href in hrefs):
            return "related"
        return "" if header(block) or not rows.titled(self.tree, block) else "web"

    def documents(self, block: Node, kind: str) -> Iterator[Hit]:
        self.web = self.web or kind == "web"
        found = rows.titled(self.tree, block)
        if not found and (kind == "web" or kind in STREAM):
            found = rows.linked_twice(self.tree, block)
        feature = Feature.ORGANIC if kind in STREAM and streams(block, len(found)) else FEATURES[kind]
        for doc in found:
            if rows.sold(doc):
                yield rows.hit(self.tree, doc, Feature.AD)
            elif feature is not Feature.OTHER:
                yield rows.hit(self.tree, doc, finer(feature, doc.url))
        if not found and feature is Feature.ORGANIC:
            start = self.scripts.pop(attr(block, "id"), None)
            yield from rows.scripted(self.tree, start) if start is not None else ()
        elif not found or feature is Feature.OTHER:
            yield from self.other(block)

    @cached_property
    def scripts(self) -> dict[str, int]:
        return rows.scripts(self.tree)

    def advertisements(self, block: Node) -> Iterator[Hit]:
        """Power links are list items; a brand advertisement is one block with many links."""
        listed = [item for item in block.css("li") if item.css_first("[class*=tit], [class*=head]") is not None]
        paid = [item for item in listed if any(is_ad(attr(link, "href")) for link in item.css("a[href]"))]
        titles = ("a[class*=head]", "a[class*=tit]", "[class*=tit]:not(.site):not(h2)", "a[href]")
        for item in outermost(paid) or [block]:
            said = text(self.tree.first("ad_title", item, *titles))
            if said:
                yield Hit(
                    feature=Feature.AD,
                    title=said,
                    displayed_url=text(self.tree.first("ad_site", item, *AD_SITES)),
                    snippet=text(self.tree.first("ad_text", item, *AD_TEXTS)),
                )

    def answer(self, block: Node) -> Iterator[Hit]:
        """The briefing with the pages it names; its frame before the answer has arrived says nothing."""
        head = self.tree.first("answer_head", block, "h2", "[class*=header-title]")
        tools = frozenset(node.mem_id for node in block.css(ANSWER_TOOLS))
        cited = links(block)
        sources = frozenset(link.mem_id for _, link in outside_links(block))
        said = text(block, skip=tools | sources, most=LONGEST)
        if len(said) >= SHORTEST_TEXT or cited:
            yield Hit(feature=Feature.AI_ANSWER, title=text(head), snippet=said[:LONGEST], links=cited)

    def questions(self, block: Node) -> Iterator[Hit]:
        titles = ("[class*=question] .title", "strong", "[class*=question]", "a[href]")
        for item in outermost(block.css("[class*=faq_item], [class*=faq-item]") or block.css("li")):
            asked = text(self.tree.first("question", item, *titles))
            found = outside_links(item)
            if asked:
                yield Hit(
                    feature=Feature.PEOPLE_ALSO_ASK,
                    title=asked,
                    url=found[0][0] if found else "",
                    snippet=text(self.tree.first("answer", item, "a[class*=answer]", "[class*=answer]")),
                )

    def related(self, block: Node) -> Iterator[Hit]:
        """Other queries, each once a page; the button for more is none."""
        for link in block.css("a[href*='query=']"):
            url, said = target(link), text(link)
            query = fold(parameter(url, "query")) if is_own(url) and said and not said.endswith("더보기") else ""
            if query and query not in self.queries:
                self.queries.add(query)
                yield Hit(feature=Feature.RELATED_SEARCHES, title=query)

    def places(self, block: Node) -> Iterator[Hit]:
        """One hit a place, advertisements told apart; a block without a list is one place."""
        for item in outermost(block.css("li")) or [block]:
            named = next(((url, said) for url, link in outside_links(item) if len(said := place_name(link)) > 1), None)
            if named is None:
                continue
            url, name = named
            said = text(item).removeprefix(name).strip()
            paid = is_ad(url) or any(text(badge) in AD_WORDS for badge in below(item, f"{AD_BADGES}, span, em"))
            yield Hit(
                feature=Feature.AD if paid else Feature.LOCAL_PACK,
                title=name,
                url="" if is_ad(url) else url,
                snippet=said[:LONGEST],
                rating=read_rating(said),
            )

    def panel(self, block: Node) -> Iterator[Hit]:
        """A card of facts about a company, a person, a film, an examination."""
        head = header(block) or text(self.tree.first("panel", block, "[class*=title]", "strong", "h3"))
        facts = (text(node) for node in below(block, "dd, p, [class*=desc], [class*=text_expand]"))
        said = next((words for words in facts if len(words) >= SHORTEST_TEXT), "")
        found = links(block)
        site = next((link.url for link in found if link.title in OFFICIAL), "")
        if head:
            yield Hit(feature=Feature.KNOWLEDGE_PANEL, title=head, url=site, snippet=said[:LONGEST], links=found)

    def other(self, block: Node) -> Iterator[Hit]:
        found = links(block)
        if found:
            yield Hit(
                feature=Feature.OTHER, title=header(block), snippet=text(block, most=LONGEST)[:LONGEST], links=found
            )


@lru_cache(maxsize=4096)
def place_of(word: str) -> int:
    """The first place in KINDS that a word of a block fits, else the length of KINDS."""
    return next((place for place, (_, starts) in enumerate(KINDS) if word.startswith(starts)), len(KINDS))


def header(block: Node) -> str:
    """The block's own header; a heading that is a link to a page belongs to a document."""
    nodes = (node for css in HEADERS for node in block.css(css))
    return next((said for node in nodes if (said := text(node)) and not leads_out(node)), "")


def streams(block: Node, documents: int) -> bool:
    """A block of the stream has no header and one document; blocks of a topic or a service have a header or a list."""
    area = attr(block, "data-meta-area")
    if area.startswith(TOPIC_AREAS) or header(block):
        return False
    return documents == 1 or area.startswith(STREAM_AREAS)


def leads_out(node: Node) -> bool:
    return bool(outside(next((up for up in islice(ancestors(node), 3) if up.tag == "a"), None)))


def finer(feature: Feature, url: str) -> Feature:
    """A question among posts is a question."""
    return Feature.QUESTION_ANSWER if feature is Feature.DISCUSSION and host(url) == "kin.naver.com" else feature


def place_name(link: Node) -> str:
    """First words of a link without the hidden ones that name its parts."""
    unseen = frozenset(node.mem_id for node in link.css("[class*=blind]"))
    first = next((said for part in link.iter() if (said := text(part, skip=unseen))), "")
    return (first or text(link, skip=unseen))[: rows.LONGEST_LABEL]
