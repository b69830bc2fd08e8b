"""Unusual figures in reviews: each pattern is found where it was planted, praise and blame alike, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from audit.alike import ALIKE, alike, resemblance, runs
from audit.checks.suspicion import (
    FEWEST_DATED,
    burst,
    check,
    copies_across,
    j_shape,
    near_duplicates,
    rating_only,
)
from audit.models import AggregateRating, Finding, Method, Outcome, Review, ReviewProfile, Severity, Status
from audit.score import score
from tests.audits import NOW, keys_of, labels_of, snapshot_of

URL = "https://stars.example/lumivelo"
LAST = date(2026, 10, 30)
PRAISE = "The Aurora arrived well packed, the motor pulls evenly uphill and the shop answered within the hour."
TEXTS = {
    "en": PRAISE,
    "ru": "Велосипед пришёл вовремя, мотор тянет ровно, а в магазине ответили на все вопросы без промедления.",
    "uk": "Велосипед приїхав вчасно, двигун тягне рівно, а в крамниці відповіли на всі запитання без зволікань.",
    "ko": "자전거가 제때 도착했고 모터 힘이 고르며 매장에서 모든 질문에 바로 답해 주어 정말 만족합니다.",
    "zh": "自行车按时送到，电机爬坡很平稳，店里对所有问题都马上回复，整体非常满意，还会再来购买配件。",
}


def review(days_ago: int, stars: float | None = 5, text: str = "", author: str = "") -> Review:
    rating = None if stars is None else AggregateRating(value=stars, best=5)
    day = (LAST - timedelta(days=days_ago)).isoformat()
    return Review(rating=rating, text=text, date=day, author=author)


def profile_of(
    reviews: Sequence[Review] = (), histogram: dict[str, int] | None = None, url: str = URL
) -> ReviewProfile:
    answered = Outcome(status=Status.RESULTS)
    reviews = sorted(reviews, key=lambda each: each.date or "", reverse=True)
    return ReviewProfile(
        site="stars", url=url, reviews=tuple(reviews), histogram=histogram, outcome=answered, fetched_at=NOW
    )


def steady(number: int = 30, every: int = 10) -> list[Review]:
    return [review(at * every, 4) for at in range(number)]


# ---------------------------------------------------------------- bursts


@pytest.mark.parametrize(("stars", "praise"), [(5, 9), (1, 0)])
def test_a_burst_of_praise_and_one_of_blame(stars: float, praise: int) -> None:
    found = burst(profile_of([*steady(), *(review(101 + at % 3, stars) for at in range(9))]))
    assert found is not None
    assert (found.check, found.severity, found.subject) == ("suspicion", Severity.WATCH, f"profile:{URL}")
    facts = found.facts
    assert (facts["kind"], facts["n"], facts["days"]) == ("burst", 9, 3)
    assert (facts["favourable"], facts["unfavourable"]) == (praise, 9 - praise)
    assert facts["since"] == (LAST - timedelta(days=103)).isoformat()
    assert found.value == pytest.approx(9 / 39)


def test_no_burst_in_a_steady_rate_or_in_a_few_reviews() -> None:
    assert burst(profile_of(steady())) is None
    assert burst(profile_of([review(0) for _ in range(FEWEST_DATED - 1)])) is None
    assert burst(profile_of([review(at % 3) for at in range(50)])) is None, "no time before to hold it against"
    assert burst(profile_of([Review(date="soon") for _ in range(50)])) is None
    assert burst(profile_of()) is None


def test_a_page_in_no_order_of_days_proves_no_rate() -> None:
    """The most helpful of years beside the newest: not a run, so nobody's burst, unless it is nearly all there is."""
    planted = profile_of([*steady(), *(review(101 + at % 3, 5) for at in range(9))])
    mixed = planted.model_copy(update={"reviews": (*planted.reviews[20:], *planted.reviews[:20])})
    assert burst(mixed) is None
    for there, asked in ((41, True), (400, False)):
        rating = AggregateRating(value=4.5, best=5, review_count=there)
        assert (burst(mixed.model_copy(update={"rating": rating})) is not None) is asked
    unrated = [each.model_copy(update={"rating": None}) for each in planted.reviews]
    assert burst(profile_of(unrated)) is None, "a thread is no review profile"


def test_chance_alone_is_no_burst() -> None:
    """200 profiles whose reviews come at random, each 60 in 300 days."""
    lot = random.Random(7)
    asked = [burst(profile_of([review(lot.randrange(300)) for _ in range(60)])) for _ in range(200)]
    assert sum(found is not None for found in asked) <= 2


# ---------------------------------------------------------------- near copies


@pytest.mark.parametrize("language", TEXTS)
def test_near_copies_are_alike_in_every_script(language: str) -> None:
    text = TEXTS[language]
    changed = f"{text[:-6]} 7!"
    other = TEXTS["ru" if language == "uk" else "uk"]
    assert resemblance(runs(text), runs(changed)) >= ALIKE
    assert resemblance(runs(text), runs(other)) < ALIKE / 2
    assert alike([text, other, changed]) == [[0, 2]]


def test_short_phrases_are_nobodys_copy() -> None:
    assert alike(["Great service, thanks!"] * 9) == []
    assert alike(["很好，满意"] * 9) == []
    assert alike([]) == []


def test_a_copied_review_on_one_profile() -> None:
    copies = [review(at, 5, f"{PRAISE} {at}", author=f"a{at}") for at in range(4)]
    found = near_duplicates(profile_of([*steady(), *copies]))
    assert found is not None
    assert (found.facts["kind"], found.facts["n"], found.facts["favourable"]) == ("near_duplicates", 4, 4)
    assert near_duplicates(profile_of([*steady(), *copies[:2]])) is None
    same_author = [each.model_copy(update={"author": "a"}) for each in copies]
    assert near_duplicates(profile_of([*steady(), *same_author])) is None


def test_copies_on_several_profiles_and_a_review_shown_twice() -> None:
    texts = (PRAISE, TEXTS["ko"], TEXTS["ru"])
    here = profile_of([review(at, 1, text, author=f"a{at}") for at, text in enumerate(texts)])
    moved = [review(at + 9, 1, text, author=f"b{at}") for at, text in enumerate(texts)]
    there = profile_of(moved, url="https://other.example/lumivelo")
    found = copies_across([here, there])
    assert found is not None
    assert (found.subject, found.facts["n"], found.facts["profiles"]) == ("brand", 6, 2)
    assert (found.facts["unfavourable"], len(found.evidence)) == (6, 2)
    shown_twice = [each.model_copy(update={"author": ""}) for each in here.reviews]
    assert copies_across([profile_of(shown_twice), profile_of(shown_twice, url="https://other.example/x")]) is None
    same_people = there.model_copy(update={"reviews": here.reviews})
    assert copies_across([here, same_people]) is None


# ---------------------------------------------------------------- stars without words, ends without middle


def test_wordless_ratings_against_the_profiles_own_habit() -> None:
    before = [review(40 + at, 4, "It does what it should." if at % 5 else "") for at in range(40)]
    flood = [review(at % 20, 5) for at in range(20)]
    found = rating_only(profile_of([*before, *flood]))
    assert found is not None
    assert (found.facts["kind"], found.facts["n"], found.facts["all"]) == ("rating_only", 20, 20)
    assert found.facts["usual_share"] == pytest.approx(0.2)
    mute = [each.model_copy(update={"text": ""}) for each in before]
    assert rating_only(profile_of([*mute, *flood])) is None, "the site's habit is no flood"
    assert rating_only(profile_of([*before, *flood[:9]])) is None
    assert rating_only(profile_of()) is None


@pytest.mark.parametrize(
    ("stars", "asked"),
    [
        ({"5": 300, "4": 5, "3": 3, "2": 4, "1": 120}, True),
        ({"5": 120, "4": 5, "3": 3, "2": 4, "1": 300}, True),
        ({"5": 300, "4": 60, "3": 20, "2": 20, "1": 90}, False),  # the everyday J
        ({"5": 430, "4": 4, "3": 2, "2": 1, "1": 5}, False),  # nearly all content
        ({"5": 20, "1": 20}, False),  # too few
        ({"5": 300, "1": 120, "10": 4}, False),  # another scale
        (None, False),
    ],
)
def test_ends_without_middle(stars: dict[str, int] | None, asked: bool) -> None:
    found = j_shape(profile_of(histogram=stars))
    assert (found is not None) is asked
    if found and stars:
        assert found.facts["top_share"] == pytest.approx(stars["5"] / sum(stars.values()), abs=1e-3)


def test_they_reach_the_audit_as_questions() -> None:
    snapshot = snapshot_of({("google", "acme"): "+-0"})
    bursting = [*steady(), *(review(101, 1) for _ in range(9))]
    profile = profile_of(bursting, {"5": 300, "4": 5, "3": 3, "2": 4, "1": 120})
    snapshot = snapshot.model_copy(update={"profiles": (profile, profile_of(url="https://quiet.example/"))})
    audit = score(snapshot, labels_of(snapshot), keys_of(snapshot), method=Method(), made_at=NOW)
    found: list[Finding] = [each for each in audit.findings if each.check == "suspicion"]
    assert [each.facts["kind"] for each in found] == ["burst", "j_shape"]
    assert all(each.severity is Severity.WATCH and each.evidence == (URL,) for each in found)
    assert callable(check)
