"""Whose page it is: the brief first, then what is known of the venue, never the tone."""

from __future__ import annotations

import pytest

from audit.models import Brand, Competitor, Feature, Hit, Owner, PageType, Profile
from audit.owners import about_brand, of_another_bearer, owner_of
from audit.sentiment import read
from audit.venues import venue

BRAND = Brand(
    name="Lumivelo",
    aliases=("Лумивело", "流光单车"),
    domains=("lumivelo.example", "https://www.lumivelo-shop.example/"),
    profiles=(Profile(url="https://www.facebook.com/lumivelo"), Profile(url="https://vk.com/lumivelo?w=1")),
    competitors=(Competitor(name="Velorama", domains=("velorama.example",)),),
    partners=("dealer.example",),
    hostile=("lumivelo-sucks.example",),
    namesakes=("butterfly",),
    products=("Emberline",),
)


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://lumivelo.example/", Owner.OWNED),
        ("http://help.lumivelo.example/returns?utm_source=x", Owner.OWNED),
        ("https://m.lumivelo-shop.example/a", Owner.OWNED),
        ("https://facebook.com/lumivelo", Owner.MANAGED),
        ("https://m.facebook.com/lumivelo/photos", Owner.MANAGED),
        ("https://facebook.com/lumivelofans", Owner.THIRD_PARTY),
        ("https://facebook.com/somebody", Owner.THIRD_PARTY),
        ("https://dealer.example/lumivelo", Owner.EARNED),
        ("https://www.velorama.example/vs-lumivelo", Owner.COMPETITOR),
        ("https://lumivelo-sucks.example/", Owner.HOSTILE),
        ("https://www.trustpilot.com/review/lumivelo.example", Owner.THIRD_PARTY),
        ("https://court.gov.ua/lumivelo", Owner.THIRD_PARTY),
        ("https://notlumivelo.example/", Owner.UNKNOWN),
        ("https://lumivelo.example.evil.test/", Owner.UNKNOWN),
        ("https://lumivelo.example@evil.test/", Owner.UNKNOWN),
        ("", Owner.UNKNOWN),
    ],
)
def test_owner_of(url: str, owner: Owner) -> None:
    assert owner_of(url, BRAND) is owner


def hit(title: str, url: str = "https://city.example/", snippet: str = "") -> Hit:
    return Hit(feature=Feature.ORGANIC, title=title, snippet=snippet, url=url)


@pytest.mark.parametrize(
    ("title", "url", "about"),
    [
        ("Lumivelo raises prices", "https://city.example/", True),
        ("Обзор «Лумивело»", "https://city.example/", True),
        ("骑流光的感受", "https://city.example/", True),
        ("Emberline 3 review", "https://city.example/", True),
        ("A bike to remember", "https://city.example/lumivelo-emberline", True),
        ("A bike to remember", "https://lumivelofans.example/", True),
        ("Help centre", "https://help.lumivelo.example/", True),
        ("A bike to remember", "https://city.example/", False),
        ("Lumivelo, a butterfly of Panama", "https://city.example/", False),
    ],
)
def test_about_the_brand(title: str, url: str, about: bool) -> None:
    assert about_brand(hit(title, url), BRAND) is about


def other(title: str, snippet: str, kind: PageType, host: str = "city.example", name: str = "Lumivelo") -> bool:
    reading = read(title, snippet, "en", (name,), kind)
    return of_another_bearer(reading, kind, Owner.UNKNOWN, venue(host), False)


def test_another_bearer_is_told_by_the_words() -> None:
    assert other("Lumivelo surname: meaning and origin", "", PageType.DIRECTORY)
    assert other("Lumivelo, a song by nobody: lyrics", "", PageType.OTHER)
    assert other("Walk to Lumivelo", "A ruined castle above the river and a village pub.", PageType.BLOG)


def test_one_hint_is_no_proof() -> None:
    assert not other("Lumivelo opens by the river", "Forty jobs at the new plant.", PageType.NEWS)


def test_the_name_with_its_trade_is_the_brand() -> None:
    words = ("Oakstead Homes builds by the castle", "A village, a river, a hamlet of forty houses.")
    assert not other(*words, PageType.NEWS, name="Oakstead Homes")
    assert other(words[0].replace(" Homes", ""), words[1], PageType.NEWS, name="Oakstead Homes")


def test_a_page_about_businesses_has_a_business_for_its_subject() -> None:
    words = ("Lumivelo: a novel by ideas", "A village shop by the river.")
    assert not other(*words, PageType.REVIEW_SITE, "trustpilot.com")
    assert other(*words, PageType.REVIEW_SITE, "goodreads.com"), "unless the venue is about books"
