"""What a row of Google says besides its title: snippet, date, stars, site, sitelinks; and which addresses are rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit.models import Page, Serp, SerpResult
from spiders.google_links import is_ad, outward, unwrap
from spiders.google_rows import has_address, lines
from spiders.registry import engines
from spiders.tree import Tree
from tests.test_engines import FIXTURES, read_case


def row(case: str, rank: int) -> SerpResult:
    return read_case(FIXTURES / "google" / case).organic[rank - 1]


@pytest.mark.parametrize(
    ("case", "rank", "date", "snippet"),
    [
        ("results", 2, "2026-10-29", "Do you agree with the rating of LumiVelo? Voice your opinion today."),
        ("results", 3, "2024-01-05", "A motor with temperament."),
        ("results", 4, "2026-06-01", "I rode it for a year."),
        ("results-2013", 1, "2013-03-12", "Folding bicycles for trains and stairs."),
        ("results-2015", 1, "2015-03-12", "How to fold it."),
        ("results-basic", 1, "2025-12-28", "Складані велосипеди."),
        ("results-phone", 2, "2026-03-12", "Kundinnen und Kunden schreiben über Motor, Akku und Lieferung."),
        ("results-boxes", 1, None, "A bicycle that folds goes where a bicycle cannot go."),
        ("results-without-headings", 4, "2026-01-09", "Three weeks for a hinge."),
    ],
)
def test_date_stands_apart_from_snippet(case: str, rank: int, date: str | None, snippet: str) -> None:
    found = row(case, rank)
    assert (found.date, found.snippet) == (date, snippet)


@pytest.mark.parametrize(
    ("case", "rank", "value", "best", "ratings", "reviews"),
    [
        ("results", 2, 2.4, 5.0, None, 318),
        ("results-2013", 2, 3.9, 5.0, None, 212),
        ("results-phone", 2, 4.1, 5.0, 1204, None),
        ("results-boxes", 3, 4.4, 5.0, 87, None),
    ],
)
def test_stars_with_value_scale_and_count(
    case: str, rank: int, value: float, best: float, ratings: int | None, reviews: int | None
) -> None:
    found = row(case, rank).rating
    assert found is not None
    assert (found.value, found.best, found.rating_count, found.review_count) == (value, best, ratings, reviews)


def test_rows_without_stars_have_none() -> None:
    assert row("results", 1).rating is None
    assert row("results-phone", 1).rating is None


def test_site_name_breadcrumb_and_sitelinks() -> None:
    first = row("results", 1)
    assert (first.source, first.displayed_url) == ("LumiVelo", "https://lumivelo.example")
    assert [link.title for link in first.links] == ["Support", "Jobs"]
    assert row("results-phone", 1).displayed_url == "https://lumivelo.example › de"


def _serp(rows: str) -> Serp:
    page = f"<html><body><form id=tsf><input name=q value=lumivelo></form><div id=rso>{rows}</div></body></html>"
    return engines()["google"].parse(Page(body=page.encode(), fetched_at=datetime(2026, 11, 1, tzinfo=UTC)))


def test_breadcrumb_without_host_names_the_site() -> None:
    (found,) = _serp(
        "<div><a href='https://lumivelo.example/a/b'><h3>Lumivelo</h3><cite>Lumivelo Rotterdam › a › b</cite></a></div>"
    ).organic
    assert (found.source, found.displayed_url) == ("Lumivelo Rotterdam", "Lumivelo Rotterdam › a › b")


@pytest.mark.parametrize(
    ("beside", "value", "count"),
    [
        ("<span role=img aria-label='Rated 4.8 out of 5,'></span><span>(1.2K)</span>", 4.8, 1200),
        ("<div>Bewertung: 4,5 - ‎38 Rezensionen</div>", 4.5, 38),
        ("<div>Рейтинг: 3,7 · 1 204 голоса</div>", 3.7, 1204),
        ("<div>8.6/10(1,660)</div>", 8.6, 1660),
    ],
)
def test_stars_of_other_layouts(beside: str, value: float, count: int) -> None:
    link = "<a href='https://jury.example/'><h3>Lumivelo jury</h3><cite>https://jury.example</cite></a>"
    (found,) = _serp(f"<div>{link}{beside}<div>Riders judge the hinge of the Lumivelo.</div></div>").organic
    assert found.rating is not None
    assert found.rating.value == value
    assert count in (found.rating.rating_count, found.rating.review_count)
    assert found.snippet == "Riders judge the hinge of the Lumivelo."


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://lumivelo.example/", "https://lumivelo.example/"),
        ("/url?q=https://lumivelo.example/%25D0%25B2&sa=U", "https://lumivelo.example/%D0%B2"),
        ("/url?sa=t&url=https%3A%2F%2Flumivelo.example%2F", "https://lumivelo.example/"),
        ("https://www.google.co.uk/url?q=http://lumivelo.example/", "http://lumivelo.example/"),
        (
            "https://books.google.com/books?id=Z1&q=lumivelo&sa=X",
            "https://books.google.com/books?id=Z1&q=lumivelo&sa=X",
        ),
        ("https://support.google.com/merchants/answer/77", "https://support.google.com/merchants/answer/77"),
        ("https://www.google.com/travel/flights", "https://www.google.com/travel/flights"),
        ("https://google.lumivelo.example/search?q=x", "https://google.lumivelo.example/search?q=x"),
        ("https://www.google.com/travel/flights?q=to+rotterdam", ""),
        ("https://www.google.com/search?q=lumivelo&tbm=isch", ""),
        ("https://webcache.googleusercontent.com/search?q=cache:x:lumivelo.example", ""),
        ("https://scholar.google.com/scholar?q=lumivelo&oi=scholart", ""),
        ("/search?q=lumivelo", ""),
        ("/aclk?sa=l&adurl=https://pedalia.example/", ""),
        ("https://www.googleadservices.com/pagead/aclk?sa=L", ""),
        ("#", ""),
        ("javascript:void(0)", ""),
    ],
)
def test_which_addresses_lead_outside(href: str, url: str) -> None:
    assert outward(href) == url


def test_ads_are_known_by_their_wrapper_alone() -> None:
    assert is_ad("/aclk?sa=l")
    assert is_ad("https://www.google.de/aclk?sa=l")
    assert not is_ad("https://pedalia.example/aclk?sa=l")
    assert unwrap("https://pedalia.example/url?q=https://lumivelo.example/").startswith("https://pedalia.example/")


def test_lines_of_any_depth() -> None:
    tree = Tree("<body><div id=x>" + "<div>" * 5_000 + "deep" + "</div>" * 5_000 + "</div></body>")
    node = tree.one("#x")
    assert node is not None
    assert lines(tree, node) == ["deep"]


def test_page_of_links_alone_is_no_page_of_results() -> None:
    """A page made to be slow: thousands of links, none a result. Each is looked at once."""
    many = "".join(
        f"<a href='https://site{number}.example/'>A link of many words {number}</a>" for number in range(4_000)
    )
    assert str(_serp(many).outcome) == "UNRECOGNISED layout"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (["Lumivelo", "https://lumivelo.example › de"], True),
        (["Lumivelo", "www.lumivelo.example/shop"], True),
        (["Lumivelo", "Lumivelo Rotterdam › shop"], True),
        (["Lumivelo", "YouTube · Pedal TV"], False),
        (["lumivelo.example"], False),
        ([], False),
    ],
)
def test_what_counts_as_an_address(said: list[str], shown: bool) -> None:
    assert has_address(said) is shown
