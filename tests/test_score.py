"""The score against arithmetic done by hand: published vectors, roll-up, range, verdict."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.curve import curves, load
from audit.errors import UsageError
from audit.models import Audit, KeywordKind, LabelOrigin, Method, Scope, Score, Verdict
from tests.audits import audit_of, keys_of, labels_of, snapshot_of

# Scoring reference, section 2.5: signs of positions 1-10.
A, B, C = "+++-+00-00", "+-00000000", "+---0+++++"
VECTORS = {
    "uniform": (20.0, 0.0, 30.0),
    "linear20": (27.7, 0.6, 20.0),
    "dcg": (39.0, 8.1, 22.7),
    "reciprocal": (56.6, 17.1, 19.2),
    "gofish-100": (60.0, 17.0, 17.0),
    "backlinko-2022": (56.8, 13.7, 11.1),
    "sistrix-2020": (58.2, 14.5, 13.0),
    "firstpagesage": (68.6, 22.4, 17.8),
    "aol-2006": (65.2, 33.9, 35.7),
    "awr-2014": (74.2, 24.1, 5.8),
}


def line(audit: Audit, scope: Scope, name: str) -> Score:
    return next(s for s in audit.scores if s.scope is scope and name in (s.engine, s.keyword, s.serp))


@pytest.mark.parametrize("curve", VECTORS)
def test_published_vectors(curve: str) -> None:
    got = [audit_of(signs, method=Method(curve=curve)).score.dominance for signs in (A, B, C)]
    assert [round(value or 0, 1) for value in got] == list(VECTORS[curve])


@pytest.mark.parametrize(("signs", "positive", "negative"), [(A, 69.4, 12.8), (B, 34.1, 17.1), (C, 56.2, 37.0)])
def test_published_shares(signs: str, positive: float, negative: float) -> None:
    score = audit_of(signs).score
    assert round(100 * (score.positive or 0), 1) == positive
    assert round(100 * (score.negative or 0), 1) == negative


def test_counts_first_negative_and_exposure() -> None:
    score = audit_of(A).score
    assert (score.first_negative, score.negatives_top3, score.negatives_top10) == (4, 0, 2)
    assert score.exposure == pytest.approx(0.61, abs=0.005)  # reference, section 3
    stricter = audit_of(A, method=Method(exposure_base=0.7)).score
    assert stricter.exposure == pytest.approx(0.40, abs=0.005)
    by_click = audit_of(A, method=Method(exposure_model="click")).score
    assert by_click.exposure == pytest.approx(by_click.negative)


def test_only_read_rows_about_the_brand_weigh() -> None:
    score = audit_of("+?x-").score
    assert score.items == 2
    assert score.dominance == pytest.approx(100 * (1 - 1 / 4) / (1 + 1 / 4))
    assert score.unlabelled == pytest.approx((1 / 2) / (1 + 1 / 2 + 1 / 4))


def test_nothing_scored_is_none_not_zero() -> None:
    audit = audit_of("??")
    assert audit.score.dominance is None
    assert audit.score.low is None
    assert audit.score.exposure is None
    assert audit.score.unlabelled == pytest.approx(1.0)
    assert audit.verdicts == (Verdict.NOT_ENOUGH,)


def test_roll_up_by_demand_and_engine_share() -> None:
    pages = {("google", "a"): "+", ("google", "b"): "-", ("yandex", "a"): "-"}
    audit = audit_of(pages, demand={"a": 3, "b": 1}, shares={"google": 40, "yandex": 60})
    assert line(audit, Scope.ENGINE, "google").dominance == pytest.approx(50)  # (3 - 1) / 4
    assert audit.score.dominance == pytest.approx(0.4 * 50 - 0.6 * 100)
    assert line(audit, Scope.KEYWORD, "a").dominance == pytest.approx(100 * (0.4 - 0.6))


def test_engines_of_one_index_count_once() -> None:
    pages = {("google", "a"): "+", ("bing", "a"): "-", ("yahoo", "a"): "-", ("duckduckgo", "a"): "-"}
    indexes = {"bing": "bing", "yahoo": "bing", "duckduckgo": "bing"}
    assert audit_of(pages, indexes=indexes).score.dominance == pytest.approx(0)
    assert audit_of(pages).score.dominance == pytest.approx(-50)


def test_a_missing_cell_lowers_coverage_not_the_score() -> None:
    audit = audit_of({("google", "a"): "+", ("google", "b"): None}, demand={"a": 3, "b": 1})
    assert audit.score.dominance == pytest.approx(100)
    assert audit.score.coverage == pytest.approx(0.75)
    (finding,) = [f for f in audit.findings if f.check == "coverage"]
    assert finding.facts["n"] == 1


def test_unknown_share_is_the_mean_of_the_known() -> None:
    pages = {("google", "a"): "+", ("yandex", "a"): "-", ("naver", "a"): "+"}
    audit = audit_of(pages, shares={"google": 20, "yandex": 60})
    assert audit.score.dominance == pytest.approx(100 * (20 - 60 + 40) / 120)


def test_the_newest_answer_takes_the_cell() -> None:
    snapshot = snapshot_of({("google", "acme"): "+"})
    older = snapshot_of({("google", "acme"): "-"}).serps[0]
    older = older.model_copy(update={"id": "s2", "fetched_at": older.fetched_at.replace(year=2025)})
    both = snapshot.model_copy(update={"serps": (older, *snapshot.serps)})
    from audit.score import score

    audit = score(both, labels_of(both), keys_of(both), method=Method(), made_at=both.taken_at)
    assert audit.score.dominance == pytest.approx(100)


def test_range_is_the_widest_and_holds_the_score() -> None:
    score = audit_of(A, confidence=1.0).score
    by_curve = [audit_of(A, method=Method(curve=c.name)).score.dominance for c in curves().values() if c.in_range]
    assert score.low == pytest.approx(min(d for d in by_curve if d is not None))
    assert score.high == pytest.approx(max(d for d in by_curve if d is not None))


def test_labels_of_a_person_are_not_doubted() -> None:
    snapshot = snapshot_of({("google", "acme"): "+"})
    from audit.score import score

    labels = labels_of(snapshot, confidence=0.5, by=LabelOrigin.PERSON)
    audit = score(snapshot, labels, keys_of(snapshot), method=Method(), made_at=snapshot.taken_at)
    assert (audit.score.low, audit.score.high) == (100, 100)
    doubted = audit_of("+", confidence=0.5).score
    assert doubted.low == pytest.approx(50)


def test_same_input_same_audit() -> None:
    assert audit_of(A, confidence=0.6).model_dump_json() == audit_of(A, confidence=0.6).model_dump_json()


def test_verdicts_in_their_order() -> None:
    sure = {"confidence": 1.0}
    assert audit_of("o+++++++++", **sure).verdicts[0] is Verdict.POSITIVE  # type: ignore[arg-type]
    assert audit_of("+o++++++++", **sure).verdicts == (Verdict.ABSOLUTE,)  # type: ignore[arg-type]
    assert audit_of("+o++++++-+", **sure).verdicts == (Verdict.POSITIVE,)  # type: ignore[arg-type]
    assert audit_of("+-++++++++", **sure).verdicts == (Verdict.CONTESTED,)  # type: ignore[arg-type]
    assert audit_of("--++000000", **sure).verdicts[0] is Verdict.NEGATIVE  # type: ignore[arg-type]


def test_absolute_is_overridden_by_the_gravest_claim() -> None:
    kinds = {"acme news": KeywordKind.OTHER}
    pages = {("google", "acme"): "+o++++++++", ("google", "acme news"): "+o+++++++!"}
    assert Verdict.ABSOLUTE not in audit_of(pages, kinds=kinds, confidence=1.0).verdicts


def test_no_verdict_without_evidence() -> None:
    assert audit_of({("google", "a"): "+", ("google", "b"): None}).verdicts == (Verdict.NOT_ENOUGH,)
    no_brand_query = audit_of("+o+++", kinds={"acme": KeywordKind.COMPLAINT})
    assert no_brand_query.verdicts == (Verdict.NOT_ENOUGH,)
    assert audit_of("+??+").verdicts == (Verdict.NOT_ENOUGH,)


def test_two_verdicts_where_the_range_spans_a_border() -> None:
    audit = audit_of("+o+00m0000", confidence=1.0, method=Method(curve="uniform"))
    assert audit.score.dominance == pytest.approx(15)
    assert audit.verdicts == (Verdict.CONTESTED, Verdict.POSITIVE)


def test_under_attack_needs_new_grave_items() -> None:
    calm = audit_of("-000000000")
    attacked = audit_of({("google", "acme"): "!!h0000000"}, previous=calm)
    assert attacked.verdicts[0] is Verdict.UNDER_ATTACK
    assert audit_of("!!h0000000").verdicts[0] is Verdict.NEGATIVE
    assert audit_of("!!h0000000", previous=attacked).verdicts[0] is Verdict.NEGATIVE


def test_page_two_never_enters_dominance() -> None:
    snapshot = snapshot_of({("google", "acme"): "+"})
    second = snapshot.serps[0].model_copy(update={"id": "s2", "query": snapshot.plan[0].model_copy(update={"page": 2})})
    from audit.score import score

    both = snapshot.model_copy(update={"serps": (*snapshot.serps, second), "plan": (*snapshot.plan, second.query)})
    labels = labels_of(both)
    labels["s2-1"] = labels["s2-1"].model_copy(update={"sentiment": -1.0})
    audit = score(both, labels, keys_of(both), method=Method(), made_at=both.taken_at)
    assert audit.score.dominance == pytest.approx(100)
    assert [f.check for f in audit.findings if f.check.startswith("bench")] == ["bench"]


def test_unknown_curve_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="'nonsense' is no curve"):
        load("nonsense")


def test_every_curve_has_a_source_and_falls() -> None:
    for curve in curves().values():
        weights = curve.weights()
        assert len(weights) == 10
        assert curve.source
        assert curve.confirmed
        assert weights[0] >= weights[1] >= weights[2] > 0


PAGES = st.dictionaries(
    st.tuples(st.sampled_from(["google", "bing", "yandex"]), st.sampled_from(["a", "b", "c"])),
    st.none() | st.text("+-0?xohpm!", max_size=12),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(PAGES, st.sampled_from(sorted(curves())))
def test_laws(pages: dict[tuple[str, str], str | None], curve: str) -> None:
    """Bounds, adding up, and the range around the score, for any snapshot and curve."""
    for score in audit_of(pages, method=Method(curve=curve, draws=20)).scores:
        assert 0 <= score.coverage <= 1 + 1e-9
        assert 0 <= score.unlabelled <= 1 + 1e-9
        if score.dominance is None:
            assert score.positive is None
            assert score.low is None
            continue
        assert -100 - 1e-9 <= score.dominance <= 100 + 1e-9
        assert (score.positive or 0) + (score.negative or 0) + (score.neutral or 0) == pytest.approx(1)
        assert score.low is not None
        assert score.high is not None
        assert score.low - 1e-9 <= score.dominance <= score.high + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.text("+-0pm", min_size=1, max_size=10), st.data())
def test_a_better_label_never_lowers_the_score(signs: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(signs) - 1))
    better = signs[:place] + "+" + signs[place + 1 :]
    before, after = (audit_of(s, method=Method(draws=2)).score.dominance for s in (signs, better))
    assert (after or 0) >= (before or 0) - 1e-9
