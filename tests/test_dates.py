"""Dates of search pages. Each list says why its strings exist."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.dates import MAX_RAW, leading_date, read_date

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)

# The day stands in the text.
ABSOLUTE = [
    ("Jul 12, 2025", "2025-07-12"),
    ("July 12th, 2025", "2025-07-12"),
    ("12 Jul 2025", "2025-07-12"),
    ("12-Jul-2025", "2025-07-12"),
    ("Sept. 5, 2025", "2025-09-05"),
    ("Posted on Mon, Jul 14, 2025", "2025-07-14"),
    ("28.12.2025", "2025-12-28"),
    ("28.12.25", "2025-12-28"),
    ("28/12/2025", "2025-12-28"),
    ("10/23/2015", "2015-10-23"),
    ("03/04/2015", "2015-03-04"),  # month first, as US pages write
    ("2025.12.28.", "2025-12-28"),
    ("25.12.28.", "2025-12-28"),  # the closing dot is Korean: year first
    ("2025. 12. 28.", "2025-12-28"),
    ("2025-12-28", "2025-12-28"),
    ("2025-12-28T23:59:00Z", "2025-12-28"),
    ("2025-12-28 10:00:01.123+09:00", "2025-12-28"),
    ("2023年12月1日", "2023-12-01"),
    ("2023년 5월 3일", "2023-05-03"),
    ("12 июля 2025", "2025-07-12"),
    ("12 июля 2025 г.", "2025-07-12"),
    ("3 квітня 2025 р.", "2025-04-03"),
    ("12. Juli 2025", "2025-07-12"),
    ("1er janvier 2024", "2024-01-01"),
    ("12 juil. 2025", "2025-07-12"),
    ("12 de julio de 2025", "2025-07-12"),
]

# Counted back from the page's own time.
DISTANCES = [
    ("3 days ago", "2026-03-28"),
    ("3d ago", "2026-03-28"),
    ("an hour ago", "2026-03-31"),
    ("13 hours ago", "2026-03-30"),
    ("2 weeks ago", "2026-03-17"),
    ("just now", "2026-03-31"),
    ("Yesterday, 12:30", "2026-03-30"),
    ("vor 3 Tagen", "2026-03-28"),
    ("vor einem Tag", "2026-03-30"),
    ("hace 3 días", "2026-03-28"),
    ("il y a 2 jours", "2026-03-29"),
    ("3주 전", "2026-03-10"),
    ("1시간 전", "2026-03-31"),
    ("어제", "2026-03-30"),
    ("3天前", "2026-03-28"),
    ("昨天", "2026-03-30"),
    ("前天 10:11", "2026-03-29"),
    ("刚刚", "2026-03-31"),
    ("2个月前", "2026-01-31"),
    ("вчера", "2026-03-30"),
    ("5 дн. назад", "2026-03-26"),
    ("3 години тому", "2026-03-31"),
    ("2 роки тому", "2024-03-31"),
    ("5 лет назад", "2021-03-31"),
]

# Months are of unlike length; the last day is the nearest one before.
CALENDAR = [
    ("1 month ago", "2026-02-28"),
    ("месяц назад", "2026-02-28"),
    ("4 months ago", "2025-11-30"),
    ("2 месяца назад", "2026-01-31"),
    ("1 year ago", "2025-03-31"),
    ("Feb 29, 2024", "2024-02-29"),
    ("Feb 29, 2025", None),
    ("29 февраля", "2024-02-29"),
    ("31.04.2025", None),
    ("2025-13-01", None),
    ("0 days ago", "2026-03-31"),
]

# Without a year: the last such day up to the page's own.
YEARLESS = [
    ("July 4", "2025-07-04"),
    ("31 марта", "2026-03-31"),
    ("1 апреля", "2025-04-01"),
    ("12월 28일", "2025-12-28"),
    ("3月30日", "2026-03-30"),
]

# No date, an impossible one, one years ahead, one before anybody wrote pages.
NO_DATE = [
    "",
    "hello",
    "Python 3.12",
    "12 people 2025",
    "12:30",
    "18 hours",
    "2035-01-01",
    "Jan 1, 1500",
    "9999 years ago",
]


@pytest.mark.parametrize(("raw", "expected"), [*ABSOLUTE, *DISTANCES, *CALENDAR, *YEARLESS])
def test_date(raw: str, expected: str | None) -> None:
    assert read_date(raw, NOW) == expected


@pytest.mark.parametrize("raw", NO_DATE)
def test_no_date(raw: str) -> None:
    assert read_date(raw, NOW) is None


def test_leap_day_counts_back_a_year() -> None:
    assert read_date("1 year ago", datetime(2024, 2, 29, tzinfo=UTC)) == "2023-02-28"


def test_midnight_is_the_pages_own() -> None:
    assert read_date("2 hours ago", datetime(2026, 1, 1, 1, 0, tzinfo=UTC)) == "2025-12-31"


# A full date or an engine's label in front, with separator or glued.
LEADING = [
    ("Jul 12, 2025 — text", "Jul 12, 2025", "text"),
    ("Jul 12, 2025· text", "Jul 12, 2025", "text"),
    ("Jul 12, 2025 ... text", "Jul 12, 2025", "text"),
    ("Jul 12, 2025", "Jul 12, 2025", ""),
    ("2025.12.28.안녕하세요", "2025.12.28.", "안녕하세요"),
    ("2025. 12. 28. 안녕", "2025. 12. 28.", "안녕"),
    ("3주 전안녕 하세요", "3주 전", "안녕 하세요"),
    ("3天前安卓", "3天前", "安卓"),
    ("2023年12月1日 - 文本", "2023年12月1日", "文本"),
    ("2023年12月1日文本", "2023年12月1日", "文本"),
    ("12 июля 2025 г. Текст", "12 июля 2025 г.", "Текст"),
    ("12 июля · текст", "12 июля", "текст"),
    ("28.12.2025 – Text", "28.12.2025", "Text"),
    ("2025-12-28T10:00:00Z text", "2025-12-28T10:00:00Z", "text"),
    ("vor 3 Tagen · Text", "vor 3 Tagen", "Text"),
    ("hace 3 días — texto", "hace 3 días", "texto"),
    ("3 days ago · text", "3 days ago", "text"),
    ("3 days ago The company", "3 days ago", "The company"),
    ("3 days agoThe company", "3 days ago", "The company"),
    ("Yesterday · text", "Yesterday", "text"),
    ("昨天 - 文", "昨天", "文"),
]

# Sentences that only begin like a date.
SENTENCES = [
    "3 days ago I bought a kettle",
    "3일 전에 샀다",
    "3年前我买的",
    "May 12 people came",
    "Yesterday we went",
    "Version 12, 2025 text",
    "12 people, 2025",
    "10.0.0.1 is an address",
    "2025 was a good year",
    "No date here",
    "",
]


@pytest.mark.parametrize(("snippet", "raw", "rest"), LEADING)
def test_leading_date(snippet: str, raw: str, rest: str) -> None:
    assert leading_date(snippet) == (raw, rest)
    assert read_date(raw, NOW) is not None


@pytest.mark.parametrize("snippet", SENTENCES)
def test_a_sentence_keeps_its_words(snippet: str) -> None:
    assert leading_date(snippet) == ("", snippet)


@given(
    st.dates(date(1990, 1, 1), date(2026, 3, 31)), st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%b %d, %Y"])
)
@settings(max_examples=200, deadline=None)
def test_every_day_is_read_in_every_spelling(day: date, spelling: str) -> None:
    written = day.strftime(spelling)
    assert read_date(written, NOW) == day.isoformat()
    assert leading_date(f"{written} — words") == (written, "words")


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_ends_in_a_date_or_none(text: str) -> None:
    found = read_date(text, NOW)
    assert found is None or date.fromisoformat(found)
    raw, rest = leading_date(text)
    assert raw in text
    assert rest in text


@pytest.mark.parametrize("piece", ["1", "1 ", "1.", "2025-1 ", "a", "jan ", "3 d", "12 july ", "vor ", "年", "\u0663"])
def test_evil_text_takes_linear_time(piece: str) -> None:
    start = time.perf_counter()
    for _ in range(20):
        read_date(piece * 20_000, NOW)
        leading_date(piece * 20_000)
    assert time.perf_counter() - start < 1
    assert MAX_RAW < 1000
