"""Better Business Bureau. Its letter grade ignores customer reviews and is no rating of theirs (bbb-ne.kb.help)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote_plus

from audit.models import AggregateRating, Review
from spiders.ratings import read_count, read_rating
from spiders.site import ReviewSite, marked
from spiders.tree import Node, Tree, attr, below, text

AVERAGE = re.compile(r"average of ([\d,]+) customer reviews?", re.IGNORECASE)
GRADE = re.compile(r"(?<!\w)(?:A\+|[A-F][+-]?|NR)(?!\w)")
OPINIONS = ".bpr-review, .review-item, [id^=review-card]"


class BBB(ReviewSite):
    name = "bbb"
    homepage = "https://www.bbb.org/"
    hosts = ("bbb.org",)
    marks = ("meta[property='og:site_name'][content*='Better Business Bureau']", "[class*=bpr-]")
    absence = "[class*=bpr-review], [class*=customer-reviews], #reviews, .bpr-no-reviews"
    verified = None

    def url(self, subject: str) -> str:
        return f"https://www.bbb.org/search?find_text={quote_plus(subject)}"

    def rating(self, tree: Tree) -> AggregateRating | None:
        return marked(tree).claim.rating or _shown(tree)

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = list(super().reviews(tree))
        yield from found or map(_review, tree.all(OPINIONS))

    def doubt(self, tree: Tree) -> str:
        shown = tree.one("[class*=letter-grade], [class*=LetterGrade], [data-testid=letter-grade]")
        grade = GRADE.search(text(shown))
        return (
            f"grade {grade.group()} is the bureau's own and ignores customer reviews" if grade else super().doubt(tree)
        )


def _shown(tree: Tree) -> AggregateRating | None:
    """ "4.2/5 stars, Average of 23 Customer Reviews": the smallest block that says both."""
    if "average of" not in tree.source.lower():
        return None
    for node in reversed(tree.all("div, section, p")):
        words = text(node)
        match = AVERAGE.search(words) if len(words) <= 300 else None
        found = read_rating(words[: match.start()]) if match else None
        if match and found is not None:
            return found.model_copy(update={"rating_count": None, "review_count": read_count(match[1])})
    return None


def _review(item: Node) -> Review:
    labels = [attr(node, "aria-label") or text(node) for node in below(item, "[aria-label*=star], .visually-hidden")]
    stars = next((found for label in labels if (found := read_rating(label)) is not None), None)
    said = max((text(node) for node in below(item, ".bpr-review-text, .text-black, p, div")), key=len, default="")
    when = re.search(r"\b\d{1,2}/\d{1,2}/\d{4}\b", text(item))
    return Review(rating=stars, text=said, date=when.group() if when else None)
