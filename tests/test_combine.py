"""The combiner: probabilities that add up, coefficients with the right signs, silence that accuses nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.combine import (
    FEW,
    HEAD_SURE,
    LONG,
    SILENT,
    Evidence,
    features,
    head_of,
    model,
    of_rule,
    probabilities,
    shares,
)

sums = st.floats(0, 40)
kinds = st.sampled_from(["", "news", "forum", "directory", "complaint_site", "job_board", "official", "other"])


@given(sums, sums, sums, sums, st.floats(-40, 40), kinds)
def test_any_evidence_gives_probabilities(a: float, b: float, c: float, d: float, end: float, kind: str) -> None:
    p = probabilities(Evidence(a, b, c, d, end=end, near=-end, words=20, context={"neutral": 1}, kind=kind))
    assert sum(p) == pytest.approx(1.0)
    assert all(0 <= share <= 1 for share in p)


@pytest.mark.parametrize("kind", ["", "news", "forum", "review_site"])
def test_praise_raises_the_positive_and_blame_the_negative(kind: str) -> None:
    none, good = Evidence(kind=kind), Evidence(title_praise=3, body_praise=3, end=3, kind=kind)
    bad = Evidence(title_blame=3, body_blame=3, end=-3, kind=kind)
    assert probabilities(good)[2] > max(probabilities(none)[2], 0.5)
    assert probabilities(bad)[0] > max(probabilities(none)[0], 0.5)


@given(kinds)
def test_silence_is_neutral_and_uncertain_on_every_page(kind: str) -> None:
    p = probabilities(Evidence(kind=kind))
    assert SILENT[0] <= p[1] <= SILENT[1]
    assert max(p) == p[1] < model().certain_from


def test_a_rule_is_worth_what_was_counted() -> None:
    p = of_rule("owned", 0)
    assert p[1] == model().rules["owned"]
    assert of_rule("no such rule", -1)[0] == model().rules["any"]


def test_names_without_a_coefficient_say_nothing() -> None:
    told = features(Evidence(title_praise=2))
    assert shares(told, model().phrases) == shares(told | {"unheard of": 5.0}, model().phrases)
    assert shares({"x": 1.0}, {"x": (0.0, 0.0, 50.0)})[2] == pytest.approx(1.0)


def sided(kind: str, side: float, blame: float = 0.0) -> Evidence:
    head = ((1 - side) / 2, 0.0, (1 + side) / 2)
    return Evidence(body_blame=blame, kind=kind, head=head)


@pytest.mark.parametrize("kind", ["review_site", "news"])
def test_a_sure_head_speaks_where_no_phrase_does(kind: str) -> None:
    bad, good = probabilities(sided(kind, -0.95)), probabilities(sided(kind, 0.95))
    assert bad[0] > good[0]
    assert good[2] > bad[2]
    assert max(good) > SILENT[1], "silence is no longer all that is known"
    doubtful = probabilities(sided(kind, HEAD_SURE / 2))
    assert SILENT[0] <= doubtful[1] <= SILENT[1]


def heard(against: float, good: float, **more: float) -> Evidence:
    return Evidence(kind="news", words=30, result=(against, 1 - against - good, good), **more)  # type: ignore[arg-type]


def test_the_head_of_results_moves_both_sides_and_settles_no_argument_alone() -> None:
    bad, none, good = (probabilities(heard(a, b)) for a, b in ((0.8, 0.1), (0.1, 0.1), (0.1, 0.8)))
    assert bad[0] > none[0]
    assert good[2] > none[2]
    praised = probabilities(heard(0.5, 0.2, title_praise=6.0, body_praise=6.0, end=6.0, near=6.0))
    assert praised[2] == max(praised), "phrases all of one side are not shouted down"


def test_nothing_is_negative_that_neither_phrase_nor_head_accuses() -> None:
    quiet = probabilities(heard(0.3, 0.1))
    assert quiet[1] > quiet[0]


def test_which_head_is_asked_and_when() -> None:
    assert head_of(Evidence(kind="review_site"), 20) == "review"
    assert head_of(Evidence(kind="news"), 20) == "title"
    assert head_of(Evidence(kind="forum"), 20) == "", "talk is neither a review nor a headline"
    assert head_of(Evidence(kind="news", title_blame=FEW), 20) == "", "the phrases leave no doubt"
    assert head_of(Evidence(kind="news", title_blame=FEW), LONG + 1) == "title"
