"""Dianping (大众点评): shops in China.

Digits and words are partly drawn with private fonts, so a saved page does not contain them: such texts are left out.
The stars of a shop are the site's own assessment (星级来自业内综合评估) unless a number is written beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

from audit.models import AggregateRating, Review
from spiders.markup import scaled, score
from spiders.ratings import read_count, read_number
from spiders.site import ReviewSite
from spiders.tree import Node, Tree, attr, below, text

HALF_STARS = re.compile(r"(?:str|star[_-]?)(\d{2})\b")  # sml-str45, star_45: tenths of a star
OPINIONS = ".comment-item, .reviews-items > ul > li, .review-list-main .main-review"
DRAWN_HERE = ".comment-item [class^=fr-], .review-words svgmtsi"
WRITTEN, OTHERS = ".mid-score, .star-score, .brief-info .score", ".shop-list, #shop-all-list, .nearby, .comment-item"
DRAWN = "span:empty, svgmtsi, [class^=fr-], .review-words bb"


class Dianping(ReviewSite):
    name = "dianping"
    homepage = "https://www.dianping.com/"
    hosts = ("dianping.com",)
    marks = (".mid-rank-stars", "#reviewCount, #reviewlist-wrapper")
    walls = (("#yodaBox, .yoda-wrapper", "captcha"),)
    absence = "#reviewCount, .not-found, .no-review, #reviewlist-wrapper > .msg"
    starless = True
    verified = date(2018, 9, 2)

    def url(self, subject: str) -> str:
        return f"https://www.dianping.com/search/keyword/0/0_{quote(subject)}"

    def subject(self, tree: Tree) -> str:
        head = tree.one("h1.shop-name, h1, .shop-name")
        skip = frozenset(node.mem_id for node in head.css("a, button, i")) if head is not None else frozenset[int]()
        return text(head, skip=skip)

    def rating(self, tree: Tree) -> AggregateRating | None:
        written = (node for node in tree.all(WRITTEN) if not tree.inside(node, OTHERS))
        value = read_number(text(next(written, None)))
        reviews = read_count(text(tree.one("#reviewCount")))
        return None if value is None and reviews is None else scaled(value, None, None, None, reviews)

    def reviews(self, tree: Tree) -> Iterator[Review]:
        for item in tree.all(OPINIONS):
            said = next(iter(below(item, ".J-desc, .review-words, .desc")), None)
            drawn = said is None or bool(below(said, DRAWN))
            yield Review(
                rating=score(_stars(next(iter(below(item, ".sml-rank-stars, .star, [class*=sml-str]")), None))),
                text="" if drawn else text(said),
                date=_date(item),
                replied=bool(below(item, ".J-follows, .shop-reply, .reply-content")),
            )

    def doubt(self, tree: Tree) -> str:
        stars = _stars(tree.one(".mid-rank-stars"))
        own = f"{stars} stars are the site's own assessment, not a mean of ratings" if stars is not None else ""
        drawn = "some texts are drawn with private fonts and left out" if tree.has(DRAWN_HERE) else ""
        return "; ".join(filter(None, [own, drawn]))


def _stars(node: Node | None) -> float | None:
    match = HALF_STARS.search(attr(node, "class"))
    return int(match[1]) / 10 if match else None


def _date(item: Node) -> str | None:
    shown = next(iter(below(item, ".misc-info .time, .time")), None)
    match = re.search(r"\d{4}-\d{2}-\d{2}", text(shown))
    return match.group() if match else None
