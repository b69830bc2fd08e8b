"""Rating text in eight languages. Each list says why its strings exist."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.ratings import MAX_TEXT, read_bars, read_count, read_counts, read_number, read_rating, says_none

Shown = tuple[float, float, int | None, int | None]
"""Value, best, rating count, review count."""


def shown(text: str) -> Shown | None:
    found = read_rating(text)
    if found is None:
        return None
    assert found.value is not None
    assert found.best is not None
    return found.value, found.best, found.rating_count, found.review_count


# The scale stands in the text.
SCALED: list[tuple[str, Shown]] = [
    ("Rated 4.5 out of 5, 1,024 reviews", (4.5, 5, None, 1024)),
    ("8.6/10(1,660,522)", (8.6, 10, 1660522, None)),
    ("Rating: 4.5/5 · ‎12 reviews · ‎$15.00 · In stock", (4.5, 5, None, 12)),
    ("평점 4.5/5 (리뷰 1,250개)", (4.5, 5, None, 1250)),
    ("5점 만점에 4.5점", (4.5, 5, None, None)),
    ("评分 8.2/10, 6323人评价", (8.2, 10, 6323, None)),
    ("4,4 von 5 Sternen, 1.024 Rezensionen", (4.4, 5, None, 1024)),
    ("4,5 de 5 (230 opiniones)", (4.5, 5, None, 230)),
    ("Оцінка: 4,5 з 5 · 88 відгуків", (4.5, 5, None, 88)),
    ("4,9 из 5, лучший зал района", (4.9, 5, None, None)),
    ("4,2 sur 5 · 1 204 avis", (4.2, 5, None, 1204)),
    ("Rated 4/5 by customers", (4, 5, None, None)),
    ("4/5", (4, 5, None, None)),
    ("66%(51)", (66, 100, 51, None)),
]

# No scale in the text, a value up to 5 and a witness: word, star, or count directly behind. Best is then 5.
WITNESSED: list[tuple[str, Shown]] = [
    ("4.6(2,903)", (4.6, 5, 2903, None)),
    ("4.6 (2,903) · Coffee shop · 12:30", (4.6, 5, 2903, None)),
    ("4.6 store rating (5.2K)", (4.6, 5, 5200, None)),
    ("4,7 · 1 815 отзывов", (4.7, 5, None, 1815)),
    ("4,7 · 1\u202f815 отзывов", (4.7, 5, None, 1815)),  # narrow no-break space
    ("Рейтинг: 4,8 · ‎312 голосов", (4.8, 5, 312, None)),
    ("4.8 ★ 1,250개 리뷰", (4.8, 5, None, 1250)),
    ("★1.4 후기 2,318 · 화물,택배", (1.4, 5, None, 2318)),
    ("평점 4.7 · 리뷰 3.2만 · 에디터 추천", (4.7, 5, None, 32000)),
    ("Bewertung: 3,2 - 112 Abstimmungen", (3.2, 5, 112, None)),
    ("Note : 4,5 · 1 204 avis", (4.5, 5, None, 1204)),
    ("Valoración: 4,6 · 2.310 reseñas", (4.6, 5, None, 2310)),
    ("4.5 - 32.7K votes", (4.5, 5, 32700, None)),
    ("4.8 · 21.6万个评分", (4.8, 5, 216000, None)),
    ("4.9分 超棒 3,106条点评", (4.9, 5, None, 3106)),
    ("4.3 · 2,3 тыс. отзывов", (4.3, 5, None, 2300)),
    ("4 star rating based on 749 reviews", (4, 5, None, 749)),
    ("Rating: 5 · ‎3 votes", (5, 5, 3, None)),
    ("4.5 stars", (4.5, 5, None, None)),
]

# Rows of stars. Five full ones among other words are an ornament.
GLYPHS: list[tuple[str, Shown | None]] = [
    ("★★★★☆", (4, 5, None, None)),
    ("⭐️⭐️⭐️⭐️⭐️", (5, 5, None, None)),
    ("★★★½☆", (3.5, 5, None, None)),
    ("★★★★★ (123)", (5, 5, 123, None)),
    ("★★★★★ 4.7 (2,318) £21.00", (4.7, 5, 2318, None)),
    ("4.2 ★★★★☆ 리뷰 1,377개 · 4성급", (4.2, 5, None, 1377)),
    ("★★★★★ SALE ★★★★★", None),
    ("★★★", None),
]

# Prices, dates, versions, distances, counts alone, hotel classes, sports, pages, hours.
NO_RATING = [
    "",
    "Python 3.12 (2023)",
    "version 2.3 (45)",
    "4.5 km",
    "$4.50 (12)",
    "4,50 € (12)",
    "9/10/2015",
    "12.04.2024",
    "page 1 of 10",
    "3 of 5 people agree",
    "open 24/7",
    "4-star hotel",
    "5 star hotel in Riga",
    "1 815 отзывов",
    "2,3 тыс. отзывов",
    "1,024 reviews",
    "Top 10 kettles (2024)",
    "Chapter 4 (12)",
    "3.5 million users",
    "iPhone 4.5 inch",
    "방문자리뷰 1,234",
    "reviews",
]

# A value above its best, or of nobody: not a rating, and not a bad one.
IMPOSSIBLE = ["6.3/5", "11/10 (4)", "Rating: 7.2", "120%(5)", "0.0 (0)", "0/5 (0 reviews)"]


@pytest.mark.parametrize(("text", "expected"), [*SCALED, *WITNESSED, *GLYPHS])
def test_rating(text: str, expected: Shown | None) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize("text", [*NO_RATING, *IMPOSSIBLE])
def test_no_rating(text: str) -> None:
    assert read_rating(text) is None


def test_percent_begins_at_zero_and_other_scales_say_nothing_of_their_worst() -> None:
    percent, five = read_rating("66%(51)"), read_rating("4.5/5")
    assert percent is not None
    assert percent.worst == 0
    assert five is not None
    assert five.worst is None


def test_both_counts_are_kept_apart() -> None:
    assert shown("4,8 · 265 оценок · 251 отзыв") == (4.8, 5, 265, 251)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4,7", 4.7),
        ("4.7", 4.7),
        ("1 815", 1815),
        ("1\u202f815", 1815),
        ("1\u00a0815,5", 1815.5),
        ("1,815", 1815),
        ("1.815,5", 1815.5),
        ("1,815.5", 1815.5),
        ("1.024.000", 1024000),
        ("1,234,567.8", 1234567.8),
        ("0,125", 0.125),
        ("4.500", 4.5),  # machines write decimals with a dot
        ("3.778657913208008", 3.778657913208008),
        ("-3", -3),
        ("66%", 66),
        ("４．５", 4.5),
        ("none", None),
        ("", None),
    ],
)
def test_number(text: str, number: float | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1 815", 1815),
        ("1 815", 1815),
        ("1.815", 1815),
        ("2'310", 2310),
        ("17K", 17000),
        ("32.7K", 32700),
        ("1.2M", 1200000),
        ("5.2만", 52000),
        ("1.2万", 12000),
        ("3천", 3000),
        ("2,3 тыс.", 2300),
        ("1,2 млн", 1200000),
        ("21 тис.", 21000),
        ("3 mil opiniones", 3000),
        ("(2,903)", 2903),
        ("999+", 999),
        ("4.5", None),
        ("12.05.2024", None),
        ("", None),
    ],
)
def test_count(text: str, count: int | None) -> None:
    assert read_count(text) == count


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_a_possible_rating_or_none(text: str) -> None:
    found = read_rating(text)
    if found is not None:
        assert found.value is not None
        assert found.best is not None
        assert 0 <= found.value <= found.best
    read_number(text)
    read_count(text)


# What review sites write where nobody has rated or reviewed yet, and sentences that only look alike.
NOTHING = [
    "No reviews yet",
    "There are no reviews for Lumivelo yet.",
    "0 reviews",
    "(0 Bewertungen)",
    "Keine Rezensionen",
    "Be the first to review!",
    "Not yet rated",
    "Нет оценок",
    "0 отзывов",
    "Отзывов пока нет",
    "Отзывов об этом месте пока нет",
    "Немає відгуків",
    "Відгуків ще немає",
    "暂无评价",
    "0条评论",
    "还没有点评",
    "아직 리뷰가 없습니다",
    "리뷰 0",
    "Aucun avis",
    "Sin opiniones",
    "Reviews: 0",
]
SOMETHING = [
    "",
    "10 reviews",
    "4.0 reviews",
    "1 000 отзывов",
    "30条评论",
    "리뷰 03",
    "Casino reviews",
    "no problem with reviews",
    "There are no more reviews",
    "Reviews",
    "No reviews. " * 30,
]


@pytest.mark.parametrize("text", NOTHING)
def test_a_notice_of_absence(text: str) -> None:
    assert says_none(text)


@pytest.mark.parametrize("text", SOMETHING)
def test_no_notice_of_absence(text: str) -> None:
    assert not says_none(text)


@pytest.mark.parametrize(
    ("rows", "total", "bars"),
    [
        (["5 star 50%", "4 star 29%", "3 star 13%", "2 star 6%", "1 star 2%"], 112, [56, 32, 15, 7, 2]),
        (["5 stars represent 67% of rating", "4 stars represent 33%"], 1200, [804, 396]),
        (["5 звёзд 1 204", "1 звезда: 3"], None, [1204, 3]),
        (["5 estrellas, 2000 reseñas", "4 estrellas, 500 reseñas"], None, [2000, 500]),
        (["5星 (12)", "4星(3)"], None, [12, 3]),
        (["5-star 80%", "4-star 20%"], None, None),  # shares of nobody knows how many
        (["5 star 50%"], 10, None),  # one bar is no histogram
        (["Great", "5 days"], 10, None),
    ],
)
def test_bars(rows: list[str], total: int | None, bars: list[int] | None) -> None:
    found = read_bars(rows, total)
    assert (None if found is None else list(found.values())) == bars


def test_counts_by_their_words() -> None:
    assert read_counts("265 оценок · 251 отзыв") == (265, 251)
    assert read_counts("1 815 отзывов") == (None, 1815)
    assert read_counts("57 фото") == (None, None)


@pytest.mark.parametrize("piece", ["1 ", "1.1", "4.5 ", "rating 4 ", "(1 ", "1k ", "1 of ", "★", "a", "1,1 "])
def test_evil_text_takes_linear_time(piece: str) -> None:
    """A second for two thousand characters would be a hundred times too long; text beyond them is not read."""
    start = time.perf_counter()
    read_rating(piece * MAX_TEXT)
    says_none(piece * MAX_TEXT)
    read_bars([piece * MAX_TEXT], 5)
    read_counts(piece * MAX_TEXT)
    assert time.perf_counter() - start < 1


def test_a_word_that_begins_with_a_digit_is_not_the_count() -> None:
    assert read_counts("/5рейтингbewertung 66") == (66, None)  # was a crash: "5рей" is no number
    assert read_counts("4,7bewertung 10") == (10, None)
