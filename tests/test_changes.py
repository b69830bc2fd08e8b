"""Differences by name: results, suggestions, ratings, coverage; what is noise is not told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from audit.changes import changes, labels_of
from audit.compare import Captured, captured
from audit.models import (
    AggregateRating,
    Change,
    ChangeKind,
    Feature,
    Label,
    LabelOrigin,
    Method,
    Outcome,
    ReviewProfile,
    SerpResult,
    Snapshot,
    Status,
)
from tests.audits import NOW, SENTIMENTS, snapshot_of

CELL = ("google", "acme")


def page(*rows: str, features: Sequence[tuple[Feature, str]] = (), **changed: object) -> Captured:
    """Rows as `sign address`: `- bad.example/x`."""
    base = snapshot_of({CELL: "0"})
    results = [
        SerpResult(feature=Feature.ORGANIC, title=row, url=f"https://{row.split()[1]}", position=at, rank=at)
        for at, row in enumerate(rows, start=1)
    ]
    results += [
        SerpResult(feature=feature, title=text, position=len(rows) + at, rank=at)
        for at, (feature, text) in enumerate(features, start=1)
    ]
    serp = base.serps[0].model_copy(update={"results": tuple(results)})
    snapshot = base.model_copy(update={"serps": (serp,), **changed})
    return captured(snapshot, *_labels(snapshot), Method())


def _labels(snapshot: Snapshot) -> tuple[dict[str, Label], dict[str, str]]:
    labels, keys = {}, {}
    for serp in snapshot.serps:
        for row in serp.organic:
            key = row.title
            keys[f"{serp.id}/{row.position}"] = key
            address = row.url.removeprefix("https://")
            sentiment = SENTIMENTS[row.title[0]]
            labels[key] = Label(key=key, address=address, sentiment=sentiment, confidence=0.8, by=LabelOrigin.LEXICON)
    return labels, keys


def told(before: Captured | list[Captured], after: Captured | list[Captured]) -> list[tuple[str, str]]:
    sides = [side if isinstance(side, list) else [side] for side in (before, after)]
    return [(change.kind.value, change.subject) for change in changes(*sides)]


def test_entered_left_rose_and_fell() -> None:
    before = page("0 a.example", "0 b.example", "0 c.example", "0 d.example")
    after = page("0 d.example", "0 e.example", "0 c.example", "0 a.example")
    assert sorted(told(before, after)) == [
        ("entered", "e.example"),
        ("fell", "a.example"),
        ("left", "b.example"),
        ("rose", "d.example"),
    ]


def test_a_single_place_is_noise_and_negatives_come_first() -> None:
    before = page("0 a.example", "0 b.example", "0 c.example")
    assert told(before, page("0 b.example", "0 a.example", "0 c.example")) == []
    found = changes([before], [page("+ new.example", "0 a.example", "- bad.example")])
    assert found[0].subject == "bad.example"
    assert (found[0].after, found[0].sentiment, found[0].evidence) == (3, -1, ("s1/3",))


def test_the_same_page_with_another_label_is_relabelled() -> None:
    found = changes([page("0 a.example")], [page("- a.example")])
    assert [(c.kind, c.before, c.after) for c in found] == [(ChangeKind.RELABELLED, 0, -1)]
    assert told(page("m a.example"), page("- a.example")) == []  # the same side, only stronger


def test_an_address_with_another_session_keeps_its_past() -> None:
    before = page("0 a.example", "0 shop.example/p?sid=1")
    row = "0 shop.example/p?sid=2"
    after = page("0 a.example", row)
    moved = after.cells[0].page
    assert moved is not None
    item = moved.items[1]._replace(result=moved.items[1].result.model_copy(update={"title": "0 shop.example/p?sid=1"}))
    same_title = after.cells[0]._replace(page=moved._replace(items=(moved.items[0], item)))
    assert told(before, after._replace(cells=(same_title,))) == []
    assert len(told(before, after)) == 2  # other titles: two results


def test_a_page_that_did_not_answer_loses_nothing() -> None:
    gone = snapshot_of({CELL: None})
    found = changes([page("0 a.example")], [captured(gone, {}, {}, Method())])
    assert [c.kind for c in found] == [ChangeKind.COVERAGE]
    assert (found[0].before, found[0].after) == (1, 0)


@pytest.mark.parametrize(
    ("old", "new", "persistent"), [("aaaaa", "bbbbb", True), ("aaaab", "bbbba", True), ("aabba", "bbaab", False)]
)
def test_persistent_is_seen_often_on_one_side_and_seldom_on_the_other(old: str, new: str, persistent: bool) -> None:
    before, after = ([page(f"0 {name}.example") for name in side] for side in (old, new))
    found = [c for c in changes(before, after) if c.kind in (ChangeKind.ENTERED, ChangeKind.LEFT)]
    assert {c.persistent for c in found} <= {persistent}
    single = changes([before[0]], [page("0 z.example")])
    assert {c.persistent for c in single} == {None}


def test_suggestions_appear_and_go_where_both_times_had_some() -> None:
    words = (Feature.SUGGESTION, "acme scam"), (Feature.SUGGESTION, "acme shop")
    before, after = page("0 a.example", features=words[1:]), page("0 a.example", features=words)
    assert told(before, after) == [("suggestion_appeared", "acme scam")]
    assert told(after, before) == [("suggestion_gone", "acme scam")]
    assert told(page("0 a.example"), after) == []  # never asked before: nothing appeared
    (new,) = changes([before], [after])
    label = Label(key="k", address="", sentiment=-1, confidence=0.8)
    assert labels_of([new], {new.evidence[0]: label})[0].sentiment == -1


def profile(value: float | None, best: float = 5) -> ReviewProfile:
    return ReviewProfile(
        site="trustpilot",
        url="https://www.trustpilot.com/review/acme.example",
        rating=None if value is None else AggregateRating(value=value, best=best, worst=1),
        outcome=Outcome(status=Status.RESULTS),
        fetched_at=NOW + timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("was", "now", "wanted"),
    [
        (profile(4.2), profile(3.9), [(4.2, 3.9)]),
        (profile(4.2), profile(4.25), []),
        (profile(4.2), profile(8.4, best=10), []),
        (profile(4.2), profile(None), []),
        (profile(None), profile(4.2), []),
    ],
)
def test_ratings_move_on_one_scale_only(
    was: ReviewProfile, now: ReviewProfile, wanted: list[tuple[float, float]]
) -> None:
    found = changes([page("0 a.example", profiles=(was,))], [page("0 a.example", profiles=(now,))])
    assert [(c.before, c.after) for c in found] == wanted


def test_a_change_reads_back() -> None:
    (found,) = changes([page("0 a.example")], [page("- a.example")])
    assert Change.model_validate_json(found.model_dump_json()) == found
