"""Corrected shares: the arithmetic by hand, what people say is left alone, and the interval covers the truth."""

from __future__ import annotations

import random

import pytest

from audit.agreement import Pair
from audit.models import ENOUGH_LABELLED, Label, LabelOrigin
from audit.prevalence import (
    FEWEST,
    Counts,
    Table,
    confusions,
    corrected,
    drawn,
    prevalences,
    shipped,
    table_of,
)
from benchmarks.prevalence import NAMES, trials

TABLE: Table = ((80.0, 10.0, 10.0), (20.0, 70.0, 10.0), (10.0, 10.0, 80.0))
NONE = (0.0, 0.0, 0.0)
LANGUAGES = ("en", "ru", "uk", "ko", "zh")


def label(sentiment: float | None, **more: object) -> Label:
    facts = {"key": "k", "address": "a.example", "sentiment": sentiment, "confidence": 0.8, "language": "en"}
    return Label.model_validate(facts | {"by": LabelOrigin.LEXICON} | more)


def many(negative: int, neutral: int, positive: int, **more: object) -> list[Label]:
    counts = ((-1.0, negative), (0.0, neutral), (0.5, positive))
    return [label(sentiment, **more) for sentiment, count in counts for _ in range(count)]


def test_the_table_is_inverted() -> None:
    # Truth 20, 50, 30 of 100 through TABLE: 16+10+3, 2+35+3, 2+5+24.
    assert corrected((29, 40, 31), TABLE) == pytest.approx((0.2, 0.5, 0.3))


def test_what_cannot_be_is_clipped_and_a_blind_labeller_changes_nothing() -> None:
    found = corrected((1, 0, 99), TABLE)
    assert min(found) == 0
    assert sum(found) == pytest.approx(1)
    blind: Table = ((1.0, 1.0, 1.0),) * 3
    assert corrected((29, 40, 31), blind) == pytest.approx((0.29, 0.4, 0.31))


def test_the_same_counts_give_the_same_draws() -> None:
    counts = Counts((30.0, 40.0, 30.0), NONE)
    assert drawn(counts, TABLE, draws=50) == drawn(counts, TABLE, draws=50)
    assert all(sum(draw) == pytest.approx(1) and min(draw) >= 0 for draw in drawn(counts, TABLE, draws=50))


def test_what_people_labelled_is_not_corrected() -> None:
    (line,) = prevalences(many(30, 40, 30, by=LabelOrigin.PERSON))
    assert line.counted == (0.3, 0.4, 0.3)
    assert line.negative.value == pytest.approx(0.3, abs=0.02)
    (machine,) = prevalences(many(30, 40, 30))
    assert machine.negative.high - machine.negative.low > line.negative.high - line.negative.low


def test_a_page_gets_no_interval_and_a_pool_does() -> None:
    assert prevalences(many(4, 3, 3)) == ()
    assert prevalences(many(FEWEST - 1, 0, 0)) == ()
    (line,) = prevalences(many(FEWEST, 0, 0))
    assert (line.language, line.items, line.source) == ("en", FEWEST, "shipped")
    assert line.labelled == round(sum(map(sum, shipped()["en"])))


def test_unread_rows_and_others_are_nobodys_count() -> None:
    extra = [label(None)] * 50 + [label(-1.0, about_brand=False)] * 50
    assert prevalences([*many(10, 10, 10), *extra]) == prevalences(many(10, 10, 10))


def test_languages_are_pooled_by_their_size() -> None:
    lines = prevalences([*many(40, 40, 20), *many(5, 5, 10, language="ko")])
    assert [(line.language, line.items) for line in lines] == [("en", 100), ("", 120)], (
        "20 Korean ones are too few alone"
    )
    assert lines[1].counted == pytest.approx((45 / 120, 45 / 120, 30 / 120), abs=1e-4)
    for line in lines:
        for share in (line.negative, line.neutral, line.positive):
            assert share.low <= share.value <= share.high


def test_a_language_without_a_table_is_left_out() -> None:
    assert prevalences(many(40, 40, 20, language="fr")) == ()


def pairs_of(table: Table, language: str = "en") -> list[Pair]:
    sides = (-1.0, 0.0, 1.0)
    return [
        Pair(language, label(truth, by=LabelOrigin.PERSON), label(read))
        for truth, row in zip(sides, table, strict=True)
        for read, count in zip(sides, row, strict=True)
        for _ in range(int(count))
    ]


def test_people_are_believed_from_two_hundred_on() -> None:
    enough = pairs_of(TABLE)
    assert confusions(enough)["en"] == (TABLE, "people")
    assert confusions(enough)["ko"].source == "shipped"
    few = confusions(enough[: ENOUGH_LABELLED - 1])["en"]
    assert (few.source, few.table) == ("shipped", shipped()["en"])
    (line,) = prevalences(many(29, 40, 31), enough)
    assert (line.source, line.labelled) == ("people", 300)
    assert line.negative.value == pytest.approx(0.2, abs=0.02)


def test_a_row_that_was_not_read_is_in_no_column() -> None:
    assert table_of({(-1, -1): 3, (-1, None): 2, (1, 0): 1}) == ((3, 0, 0), (0, 0, 0), (0, 1, 0))


def test_every_language_ships_a_table_that_can_be_inverted() -> None:
    assert set(LANGUAGES) <= set(shipped())
    for table in shipped().values():
        assert sum(map(sum, table)) >= 100
        for at, row in enumerate(table):
            assert row[at] == max(row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_interval_covers_the_truth(language: str) -> None:
    """A small sample of `benchmarks.prevalence`: 150 brands miss 90 % by 5 points once in 20 by chance alone."""
    found = trials(shipped()[language], 150, random.Random(4), draws=200)
    for at, name in enumerate(NAMES):
        covered = sum(one.covers(at) for one in found) / len(found)
        assert 0.82 <= covered <= 0.97, name


def test_the_correction_takes_the_bias_out() -> None:
    found = trials(TABLE, 150, random.Random(5), draws=1)
    raw = sum(one.counted[0] - one.truth[0] for one in found) / len(found)
    after = sum(one.plain[0] - one.truth[0] for one in found) / len(found)
    assert abs(after) < 0.02 < abs(raw)
