"""Themes of reviews: found in five languages through inflection, with the right side, and quotes that name nobody."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AggregateRating, Outcome, Review, ReviewProfile, Status
from audit.themes import FOLDER, LONGEST, QUOTES, mentions, spoken, theme_languages, theme_names, themes
from reports.words import languages, sentences
from tests.audits import NOW

URL = "https://stars.example/lumivelo"


def review(text: str, stars: float | None = None, **more: str) -> Review:
    rating = None if stars is None else AggregateRating(value=stars, best=5)
    return Review(rating=rating, text=text, **more)


def profile_of(*reviews: Review) -> ReviewProfile:
    return ReviewProfile(site="stars", url=URL, reviews=reviews, outcome=Outcome(status=Status.RESULTS), fetched_at=NOW)


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Shipping took ages and the courier lost my parcel.", {"delivery"}),
        ("en", "They refused my refund!", {"refund"}),
        ("en", "There was a hidden fee, and the waiter was rude.", {"honesty", "staff"}),
        ("en", "The battery overheated under warranty.", {"safety", "warranty"}),
        ("ru", "Курьером доставили быстро", {"delivery", "waiting"}),
        ("ru", "Сотрудники хамят, деньги не возвращают", {"staff", "refund"}),
        ("ru", "Цены завышены, а еда несвежая", {"price", "food"}),
        ("ru", "Грязно, в номере воняет", {"comfort"}),
        ("uk", "Посилку не надіслали, гроші не повертають", {"delivery", "refund"}),
        ("uk", "Менеджери ввічливі, якістю задоволена", {"staff", "quality"}),
        ("uk", "Застосунок зависає, служба підтримки мовчить", {"usability", "support"}),
        ("uk", "Сервісний центр відремонтував за гарантією", {"warranty"}),
        ("ko", "배송이 너무 늦었어요", {"delivery", "waiting"}),
        ("ko", "직원분들이 불친절하고 가격도 비쌌어요", {"staff", "price"}),
        ("ko", "환불을 안 해줘요", {"refund"}),
        ("ko", "고객센터에서 답변을 받지 못했습니다", {"support", "communication"}),
        ("ko", "맛있고 매장이 깨끗해요", {"food", "comfort"}),
        ("zh", "物流很慢客服不理人", {"delivery", "waiting", "support"}),
        ("zh", "质量差还不给退款", {"quality", "refund"}),
        ("zh", "房间干净但是隔音不好，早餐不新鲜", {"comfort", "food"}),
        ("zh", "乱收费，骗子商家", {"honesty"}),
    ],
)
def test_the_theme_of_a_sentence(language: str, text: str, wanted: set[str]) -> None:
    assert wanted <= set(mentions(text, language))


@pytest.mark.parametrize(
    ("language", "text", "not_wanted"),
    [
        ("en", "I appreciate the apple pie, and the happy staffing of the shipyard.", "usability"),
        ("en", "A stone-cold latecomer", "waiting"),
        ("en", "Not a user-friendly one", "staff"),
        ("ru", "Проблемы гарантированы", "warranty"),
        ("ru", "Ответственный подход", "delivery"),
        ("uk", "Роль магазину в місті", "food"),
        ("ko", "접속이 안 되고 방송을 하자고 했다", "honesty"),
        ("ko", "접속이 안 되고 방송을 하자고 했다", "quality"),
        ("zh", "我很喜欢这个城市", "price"),
    ],
)
def test_a_word_within_another_is_no_mention(language: str, text: str, not_wanted: str) -> None:
    assert not_wanted not in mentions(text, language)


def test_every_language_holds_the_same_themes_and_every_report_has_their_words() -> None:
    assert theme_languages() == ("en", "ko", "ru", "uk", "zh")
    for language in theme_languages():
        words = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
        assert tuple(sorted(words)) == theme_names()
        for name, entries in words.items():
            assert len(set(entries)) == len(entries), f"{language} {name}: twice"
            assert all(entry == entry.casefold() and entry.strip("^* ") for entry in entries)
    for language in languages():
        assert [name for name in theme_names() if f"theme.{name}" not in sentences(language)] == []


def test_counts_and_sides_by_stars_first() -> None:
    found = themes(
        [
            profile_of(
                review("Great delivery, lovely delivery.", 1),
                review("Delivery was late.", 5),
                review("Delivery as usual.", 3),
                review("The weather was fine.", 1),
            )
        ]
    )
    delivery = next(theme for theme in found if theme.name == "delivery")
    assert (delivery.profile, delivery.mentions, delivery.negative, delivery.positive) == (URL, 3, 1, 1)
    assert found[0].name == "delivery", "the most spoken of first"


def test_without_stars_the_text_is_read() -> None:
    found = themes([profile_of(review("Terrible quality, it broke after a day. Do not buy, total scam.", None))])
    quality = next(theme for theme in found if theme.name == "quality")
    assert (quality.negative, quality.positive) == (1, 0)


def test_quotes_are_short_clear_from_both_sides_and_name_nobody() -> None:
    reviews = [
        review(f"The price of part number {n} is far too high for what it does.", 1, author="x") for n in range(6)
    ]
    reviews += [review("Price ok. Fair prices for every bike in the shop.", 5, date="2026-10-01", author="secret")]
    reviews += [review("Prices: write to ann.doe@mail.example or +44 20 7946 0958 or www.doe.example now.", 1)]
    (price, *_) = themes([profile_of(*reviews)])
    assert price.name == "price"
    assert len(price.quotes) == QUOTES
    assert {quote.stars for quote in price.quotes} == {1.0, 5.0}
    assert "Fair prices for every bike in the shop." in {quote.text for quote in price.quotes}
    assert len({quote.text for quote in price.quotes}) == QUOTES
    (only,) = themes([profile_of(reviews[-1])])[:1]
    assert "doe" not in only.quotes[0].text
    assert "7946" not in only.quotes[0].text
    assert "secret" not in price.model_dump_json()


def test_a_long_sentence_is_clipped_around_the_word() -> None:
    text = "word " * 200 + "refund " + "more " * 200
    quote = mentions(text, "en")["refund"]
    assert "refund" in quote
    assert len(quote) <= LONGEST + 2
    assert quote.startswith("…word")
    assert quote.endswith("…")


def test_a_language_that_is_not_read_gives_nothing() -> None:
    assert themes([profile_of(review("Die Lieferung war spät und das Rad kaputt.", 1, language="de"))]) == ()
    assert themes([profile_of()]) == ()
    assert themes([]) == ()


@pytest.mark.parametrize(("text", "told", "language"), [("Швидко", "uk-UA", "uk"), ("빠름", "", "ko"), ("", "en", "")])
def test_what_language_a_review_is_in(text: str, told: str, language: str) -> None:
    assert spoken(review(text, language=told), text) == language


@given(st.text(max_size=400), st.sampled_from(["en", "ru", "uk", "ko", "zh"]))
def test_noise_never_breaks_it(noise: str, language: str) -> None:
    for quote in mentions(noise, language).values():
        assert len(quote) <= LONGEST + 12
        assert "\n" not in quote
