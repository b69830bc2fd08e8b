"""Google Custom Search JSON: saved responses only, the API closes on 2027-01-01 (developers.google.com/custom-search).

A programmable engine searches what its owner allows it, so its rows are told apart from google.com's by a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from audit.models import AggregateRating, Feature, Hit, Page
from spiders.provider import Answer, Provider, get, rows, stars, trouble, whole, word

Row = Mapping[str, object]

KIND = "customsearch#search"
NOT_THE_PAGE = "a programmable engine's rows, not google.com's page"
_PAGE = 10  # rows of a page; `startIndex` counts rows


class GoogleCse(Provider):
    name = "google_cse"
    homepage = "https://programmablesearchengine.google.com/"
    engines = ("google",)
    verified = date(2026, 11, 1)
    documentation = "https://developers.google.com/custom-search/v1/reference/rest/v1/Search"

    def recognises(self, document: object) -> bool:
        return get(document, "kind") == KIND or "customsearch" in str(get(document, "error") or "")

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        request = next(iter(rows(document, "queries", "request")), {})
        error = get(document, "error")
        total = word(get(document, "searchInformation"), "totalResults") or word(request, "totalResults")
        yield Answer(
            engine="google",
            hits=[*_ads(document), *(_hit(row) for row in rows(document, "items"))],
            keyword=word(request, "searchTerms"),
            country=word(request, "gl"),
            language=word(request, "hl"),
            page=1 + ((whole(get(request, "startIndex")) or 1) - 1) // _PAGE,
            trouble=trouble(f"{word(error, 'code')} {word(error, 'message')}") if error else None,
            nothing="totalResults 0" if total == "0" else "",
            warnings=(NOT_THE_PAGE,),
        )


def _ads(document: object) -> list[Hit]:
    """The owner's own promotions stand where ads stand."""
    return [
        Hit(feature=Feature.AD, title=word(row, "title"), url=word(row, "link"), displayed_url=word(row, "displayLink"))
        for row in rows(document, "promotions")
    ]


def _hit(row: Row) -> Hit:
    return Hit(
        feature=Feature.ORGANIC,
        title=word(row, "title", "htmlTitle"),
        url=word(row, "link"),
        displayed_url=word(row, "formattedUrl", "displayLink"),
        snippet=word(row, "snippet", "htmlSnippet"),
        rating=_rating(row),
    )


def _rating(row: Row) -> AggregateRating | None:
    """The page's own schema.org rating, which Google prints under the row."""
    given = next(iter(rows(row, "pagemap", "aggregaterating")), None)
    if given is None:
        return None
    return stars(
        get(given, "ratingvalue"),
        best=get(given, "bestrating"),
        votes=get(given, "ratingcount"),
        reviews=get(given, "reviewcount"),
    )
