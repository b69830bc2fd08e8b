"""banki.ru: what customers say of Russian banks; for them the site outranks every general one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from audit.models import Review
from spiders.markup import score
from spiders.site import ReviewSite
from spiders.tree import Node, Tree, attr, below, text

OPINIONS = "article.responses__item, [data-test=responses__response], [data-test=responses-item]"


class Banki(ReviewSite):
    name = "banki"
    homepage = "https://www.banki.ru/services/responses/"
    hosts = ("banki.ru",)
    marks = ("meta[property='og:site_name'][content='Банки.ру']", OPINIONS, "[data-test=responses-rating-grade]")
    absence = ".responses-list, [data-test=responses-empty], .responses__empty"
    verified = None

    def url(self, subject: str) -> str:
        if subject.isascii() and " " not in subject:
            return f"https://www.banki.ru/services/responses/bank/{quote(subject.lower())}/"
        return f"https://www.banki.ru/search/?q={quote_plus(subject)}"

    def reviews(self, tree: Tree) -> Iterator[Review]:
        found = list(super().reviews(tree))
        yield from found or map(_review, tree.all(OPINIONS))


def _review(item: Node) -> Review:
    parts = {name: _last(item, css) for name, css in PARTS.items()}
    stamp = next((attr(node, "datetime") for node in below(item, "time[datetime]")), "")
    stars = score(parts["stars"] or None, worst=1)
    replied = bool(below(item, ".thread-item__text, [data-test=responses-answer]"))
    return Review(
        rating=stars, title=parts["title"], text=parts["words"], date=stamp or parts["when"] or None, replied=replied
    )


PARTS = {
    "stars": "[data-test=responses-rating-grade], .rating-grade",
    "title": "a.header-h3, [data-test=responses-header], h3",
    "words": "[data-full], .responses__item__message, [data-test=responses-message]",
    "when": "[data-test=responses-datetime], time",
}


def _last(item: Node, css: str) -> str:
    """The longest match: a folded text stands beside its full one."""
    return max((text(node) for node in below(item, css)), key=len, default="")
