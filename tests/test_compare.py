"""What may be claimed about a movement: three verdicts, and no missing page ever improves anything."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta

import pytest

from audit.compare import Captured, Question, captured, compare, judged
from audit.models import Comparison, Keyword, Method, Moved, Origin, SerpQuery
from audit.permutation import Series, adjusted, permuted
from audit.shares import Cell
from tests.audits import NOW, keys_of, labels_of, snapshot_of

KEYWORDS = ("acme", "acme reviews", "acme scam", "acme price", "acme jobs", "acme app")
GOOD, BAD, MIXED = "++0+0+0+00", "--0-0-0-00", "+0-+00-0+0"
KNOWN = {"captures_before": 5, "captures_after": 5}
SUBSETS = 10_000


def capture(pages: Mapping[tuple[str, str], str | None], days: int = 0, **changed: object) -> Captured:
    snapshot = snapshot_of(pages).model_copy(update={"taken_at": NOW + timedelta(days=days), **changed})
    return captured(snapshot, labels_of(snapshot), keys_of(snapshot), Method())


def side(signs: str, count: int, days: int = 0) -> list[Captured]:
    return [capture({("google", keyword): signs for keyword in KEYWORDS}, days) for _ in range(count)]


def brand(before: list[Captured], after: list[Captured]) -> Comparison:
    return compare(before, after, seed=1)[0]


# ---------------------------------------------------------------- verdicts


def test_a_clear_move_is_changed() -> None:
    told = brand(side(GOOD, 2), side(BAD, 2, days=7))
    assert (told.verdict, told.why) == (Moved.CHANGED, "")
    assert told.effect == pytest.approx(-2 * (told.before or 0))
    assert told.p is not None and told.p <= 0.05
    assert told.since == NOW
    assert (told.captures_before, told.captures_after, told.common_pages) == (2, 2, len(KEYWORDS))
    assert told.worst == told.best == told.effect


def test_the_same_pages_show_no_change_and_say_what_would_have_been_seen() -> None:
    told = brand(side(MIXED, 2), side(MIXED, 2))
    assert (told.verdict, told.effect, told.smallest_seen) == (Moved.NO_CHANGE_SHOWN, 0, 0)
    assert told.overlap_within == told.overlap_between == 1


def test_single_captures_cannot_show_a_change() -> None:
    told = brand(side(GOOD, 1), side(BAD, 1))
    assert (told.verdict, told.why, told.smallest_seen) == (Moved.NO_CHANGE_SHOWN, "few_captures", None)
    assert told.effect is not None and told.effect < 0


def test_a_keyword_needs_more_captures_than_the_brand() -> None:
    few = compare(side(GOOD, 2), side(BAD, 2), seed=1)
    assert {c.why for c in few[1:]} == {"few_captures"}
    many = compare(side(GOOD, 5), side(BAD, 5), seed=1)
    assert [c.keyword for c in many] == ["", *KEYWORDS]
    assert {c.verdict for c in many} == {Moved.CHANGED}


def test_other_contexts_plans_and_methods_are_not_compared() -> None:
    google = {("google", "acme"): GOOD, ("google", "acme reviews"): GOOD}
    bing = {("bing", "acme"): GOOD, ("bing", "acme reviews"): GOOD}
    other_words = {("google", "buy acme"): GOOD, ("google", "acme login"): GOOD}
    assert brand([capture(google)], [capture(bing)]).why == "context"
    assert brand([capture(google)], [capture(other_words)]).why == "plan"
    past = capture(google, origin=Origin.POSITIONS)
    assert brand([past], [capture(google)]).why == "method"
    one = {("google", "acme"): GOOD, ("google", "acme reviews"): None}
    told = brand([capture(one)] * 2, [capture(google)] * 2)
    assert (told.verdict, told.why) == (Moved.NOT_COMPARABLE, "few_pages")


# ---------------------------------------------------------------- missing pages


def test_an_engine_that_never_answered_is_out_of_scope() -> None:
    pages = {(engine, k): GOOD if engine == "google" else None for engine in ("google", "baidu") for k in KEYWORDS}
    worse = {key: BAD if signs else None for key, signs in pages.items()}
    assert brand([capture(pages)] * 2, [capture(worse)] * 2).verdict is Moved.CHANGED


def test_missing_bad_pages_do_not_improve_the_brand() -> None:
    """Half of the questions stand badly; were their pages simply left out, the brand would seem to rise."""
    before = {("google", k): BAD if at % 2 else GOOD for at, k in enumerate(KEYWORDS)}
    after = {("google", k): None if at % 2 else GOOD for at, k in enumerate(KEYWORDS)}
    told = brand([capture(before)] * 2, [capture(after)] * 2)
    assert told.verdict is not Moved.CHANGED
    assert told.worst is not None and told.worst < 0


def question(at: int, before: list[float | None], after: list[float | None], weight: float) -> Question:
    asked = SerpQuery(engine="google", keyword=f"k{at}")
    return Question(Cell(asked, Keyword(text=asked.keyword), "google", None, None), tuple(before), tuple(after), weight)


def some_missing(values: list[float], chance: random.Random, share: float) -> list[float | None]:
    return [None if chance.random() < share else value for value in values]


def test_no_subset_of_missing_pages_ever_improves_anything() -> None:
    """10,000 random subsets: "changed for the better" is said only where the whole pages say it too."""
    chance, improved, wholes = random.Random(4), 0, 0
    for at in range(SUBSETS):
        lift = chance.choice((0, 0, 0, -15, 15, 45))
        pages = [
            ([gauss(chance, base) for _ in range(2)], [gauss(chance, base + lift) for _ in range(2)])
            for base in (chance.uniform(-60, 60) for _ in range(4))
        ]
        weight = 1 / len(pages)
        whole = judged([question(n, [*old], [*new], weight) for n, (old, new) in enumerate(pages)], 2, at, KNOWN)
        share = chance.choice((0.02, 0.1, 0.3))
        part = judged(
            [
                question(n, some_missing(old, chance, share), some_missing(new, chance, share), weight)
                for n, (old, new) in enumerate(pages)
            ],
            2,
            at,
            KNOWN,
        )
        wholes += better(whole)
        if better(part):
            improved += 1
            assert better(whole), (at, whole, part)
    assert wholes > 1000  # the whole pages do say it often
    assert improved > 100  # and so do many of their subsets: the guard is no wall


def gauss(chance: random.Random, middle: float) -> float:
    return max(-100.0, min(100.0, chance.gauss(middle, 8)))


def better(told: Comparison) -> bool:
    return told.verdict is Moved.CHANGED and (told.effect or 0) > 0


# ---------------------------------------------------------------- the test itself


def test_three_captures_of_one_question_can_never_fire() -> None:
    """Reliability 4.2: the smallest p of three against three is 0.10."""
    told = permuted([Series(1, (0, 0, 0), (9, 9, 9))], seed=1)
    assert told is not None and told.p == pytest.approx(0.1)
    four = permuted([Series(1, (0, 0, 0, 0), (9, 9, 9, 9))], seed=1)
    assert four is not None and four.p == pytest.approx(2 / 70)
    five = permuted([Series(1, (0,) * 5, (9,) * 5)], seed=1)
    assert five is not None and five.p == pytest.approx(2 / 252)


def test_nothing_on_one_side_is_no_test() -> None:
    assert permuted([Series(1, (), (1.0,)), Series(1, (2.0,), ())], seed=1) is None


def test_random_deals_agree_with_all_deals() -> None:
    pages = [Series(1, (at, at + 3.0), (at + 4.0, at + 1.0)) for at in range(5)]
    every = permuted(pages, seed=1)
    more = permuted([*pages, *(Series(0, (1.0,) * 4, (1.0,) * 4) for _ in range(3))], seed=1)
    assert every is not None and more is not None
    assert more.effect == pytest.approx(every.effect)
    assert more.p == pytest.approx(every.p, abs=0.03)


def test_benjamini_hochberg() -> None:
    """The example of the 1995 paper, table 1: fifteen p-values, four fall below 0.05."""
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    ps += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    corrected = adjusted(ps)
    assert sum(p <= 0.05 for p in corrected) == 4
    assert corrected == sorted(corrected)
    assert adjusted(ps[::-1]) == corrected[::-1]
