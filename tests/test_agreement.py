"""Agreement: the published examples to the published digits, and people against the engine as it reads alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.agreement import alpha, between_people, kappa, macro_f1, nominal, ordinal, pairs, side, validations
from audit.classify import label_snapshot
from audit.models import ENOUGH_LABELLED, Label, LabelOrigin, Snapshot
from tests.test_sheet import snapshot_of

WHEN = datetime(2026, 11, 21, tzinfo=UTC)
# Krippendorff (2011), section C: four observers, twelve units, dots are missing.
FOUR = """1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 ."""
# Section A: two observers, two values; section B: two observers, five values.
BINARY = "0 1 0 0 0 0 0 0 1 0\n1 1 1 0 0 1 0 0 0 0"
FIVE = "1 1 2 2 4 3 3 3 5 4 4 1\n2 1 2 2 2 3 3 3 5 4 4 4"


def units(table: str) -> list[list[float]]:
    rows = [line.split() for line in table.splitlines()]
    return [[float(value) for value in column if value != "."] for column in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("table", "difference", "published"),
    [(BINARY, nominal, 0.095), (FIVE, nominal, 0.692), (FOUR, nominal, 0.743), (FOUR, ordinal, 0.815)],
)
def test_alpha_of_the_published_examples(table: str, difference: object, published: float) -> None:
    found = alpha(units(table), difference)  # type: ignore[arg-type]
    assert found == pytest.approx(published, abs=5e-4)


def test_alpha_says_nothing_of_nothing() -> None:
    assert alpha([]) is None
    assert alpha([[1], [0], []]) is None, "nobody to agree with"
    assert alpha([[1, 1], [1, 1]], ordinal) is None, "one value tells nobody apart"
    assert alpha([[1, 1], [0, 0], [-1, -1]], ordinal) == 1


@given(st.lists(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), max_size=4), max_size=12))
def test_alpha_is_one_at_most_and_order_is_nothing(table: list[list[float]]) -> None:
    for difference in (nominal, ordinal):
        found = alpha(table, difference)
        again = alpha([unit[::-1] for unit in table[::-1]], difference)
        assert (found is None) == (again is None)
        if found is not None and again is not None:
            assert found <= 1 + 1e-9
            assert found == pytest.approx(again)


def test_a_near_miss_costs_an_ordinal_scale_less() -> None:
    ends = [[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [-0.5, -0.5], [0.5, 0.5]]
    near, far = alpha([*ends, [-1.0, -0.5]], ordinal), alpha([*ends, [-1.0, 1.0]], ordinal)
    assert near is not None
    assert far is not None
    assert near > far


def test_kappa_by_hand() -> None:
    # Two readers of 50: both yes 20, both no 15, first yes 5, second yes 10; kappa = (0.7 - 0.5) / 0.5.
    told = [(1.0, 1.0)] * 20 + [(0.0, 0.0)] * 15 + [(1.0, 0.0)] * 5 + [(0.0, 1.0)] * 10
    assert kappa(told) == pytest.approx(0.4)
    assert kappa([]) is None
    assert kappa([(1, 1), (1, 1)]) is None


def test_macro_f1_by_hand() -> None:
    told: list[tuple[int, int | None]] = [(-1, -1), (-1, 0), (0, 0), (1, None)]
    assert macro_f1(told) == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert macro_f1([]) is None


# ---------------------------------------------------------------- people and engine

ROWS = [
    ("Lumivelo scam: they took my money", "https://a.example/1"),
    ("Lumivelo reviews: excellent, highly recommended", "https://b.example/2"),
    ("Lumivelo — мошенники, обманули покупателей", "https://c.example/3"),
    ("Lumivelo e-bikes are sold in three sizes", "https://d.example/4"),
]


def said(snapshot: Snapshot, place: int, sentiment: float | None, who: str = "ann", **more: object) -> Label:
    labels, keys = label_snapshot(snapshot)
    update = {"sentiment": sentiment, "by": LabelOrigin.PERSON, "who": who, "when": WHEN, "language": ""} | more
    return labels[keys[f"s1/{place}"]].model_copy(update=update)


def test_the_engine_is_read_as_if_nobody_had_spoken() -> None:
    snapshot = snapshot_of(ROWS)
    people = [said(snapshot, 1, 1.0), said(snapshot, 2, 1.0), said(snapshot, 3, -0.5)]
    found = pairs([snapshot], people)
    assert [pair.engine.by is LabelOrigin.PERSON for pair in found] == [False] * 3
    english, russian = validations(found)
    assert (english.language, english.labelled, english.agree, english.validated) == ("en", 2, 0.5, False)
    assert (russian.language, russian.labelled, russian.agree) == ("ru", 1, 1.0)
    assert english.macro_f1 == pytest.approx((0 + 2 / 3) / 2)
    assert (english.alpha, english.both) == (None, 0)


def test_rows_about_another_are_not_counted_and_unread_ones_count_against() -> None:
    snapshot = snapshot_of(ROWS)
    people = [said(snapshot, 1, -1.0, about_brand=False), said(snapshot, 2, None), said(snapshot, 3, -1.0)]
    (pair,) = pairs([snapshot], people[2:])
    unread = pair._replace(engine=pair.engine.model_copy(update={"sentiment": None}))
    assert side(unread.engine) is None
    english, russian = validations([*pairs([snapshot], people[:2]), unread])
    assert (english.labelled, english.agree) == (0, None)
    assert (russian.labelled, russian.agree, russian.macro_f1) == (1, 0.0, 0.0)


def test_an_older_snapshot_is_asked_for_what_the_newest_lost() -> None:
    older, newer = snapshot_of(ROWS), snapshot_of(ROWS[:2])
    people = [said(older, at, 0.0) for at in (1, 3)]
    asked = []

    def history() -> object:
        for name, snapshot in (("newer", newer), ("older", older), ("oldest", older)):
            asked.append(name)
            yield snapshot

    found = pairs(history(), people)  # type: ignore[arg-type]
    assert {pair.engine.address for pair in found} == {"a.example/1", "c.example/3"}
    assert asked == ["newer", "older"]
    assert pairs([], people) == []


def test_another_title_is_another_text() -> None:
    snapshot = snapshot_of(ROWS)
    person = said(snapshot, 1, 1.0, title_hash="another")
    assert pairs([snapshot], [person]) == []


def test_two_people_about_the_same_results() -> None:
    snapshot = snapshot_of(ROWS)
    ann = [said(snapshot, 1, -1.0), said(snapshot, 2, 1.0), said(snapshot, 4, 0.0)]
    bob = [said(snapshot, 1, -1.0, "bob"), said(snapshot, 2, 0.5, "bob"), said(snapshot, 4, -1.0, "bob")]
    second_thought = bob[2].model_copy(update={"sentiment": 0.0, "when": WHEN + timedelta(hours=1)})
    history = [*ann, *bob, second_thought]
    (english,) = validations(pairs([snapshot], [*bob[:2], second_thought]), history)
    assert english.both == 3
    assert english.alpha == alpha([[-1, -1], [1, 0.5], [0, 0]], ordinal)
    shared, coefficient, cohen = between_people(history)
    assert (shared, coefficient) == (3, english.alpha)
    assert cohen == kappa([(-1, -1), (1, 0.5), (0, 0)])
    assert between_people(ann) == (0, None, None), "a person does not agree with herself"


def test_two_hundred_make_a_language_validated() -> None:
    snapshot = snapshot_of(ROWS[:1])
    (pair,) = pairs([snapshot], [said(snapshot, 1, -1.0)])
    (few,) = validations([pair] * (ENOUGH_LABELLED - 1))
    (enough,) = validations([pair] * ENOUGH_LABELLED)
    assert (few.validated, enough.validated) == (False, True)
