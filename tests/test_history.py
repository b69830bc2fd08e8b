"""Points of the trend: what stands on one line, where it breaks, and how captures of one time are joined."""

from __future__ import annotations

from datetime import timedelta

from audit.history import KEPT_BESIDE, Dot, carried, method_of, points, trend
from audit.models import AggregateRating, Method, Origin, Outcome, Point, ReviewProfile, Status
from tests.audits import NOW, audit_of

PAGES = {("google", "acme"): "+-0", ("bing", "acme reviews"): "++"}


def test_points_of_an_audit_are_its_scores_and_ratings() -> None:
    profile = ReviewProfile(
        site="trustpilot",
        url="https://www.trustpilot.com/review/acme.example",
        rating=AggregateRating(value=4.4, best=5),
        outcome=Outcome(status=Status.RESULTS),
        fetched_at=NOW,
    )
    audit = audit_of(PAGES)
    audit = audit.model_copy(update={"snapshot": audit.snapshot.model_copy(update={"profiles": (profile,)})})
    found = {point.subject: point for point in points(audit)}
    assert set(found) == {
        "brand",
        "engine:google",
        "engine:bing",
        "keyword:acme",
        "keyword:acme reviews",
        "profile:trustpilot.com/review/acme.example",
    }
    brand = found["brand"]
    assert (brand.value, brand.low, brand.high) == (audit.score.dominance, audit.score.low, audit.score.high)
    assert (brand.negatives, brand.coverage, brand.imported) == (1, 1, False)
    assert found["profile:trustpilot.com/review/acme.example"].value == 4.4


def test_what_makes_two_scores_unlike() -> None:
    audit = audit_of(PAGES)
    same = audit.model_copy(update={"method": Method(draws=10, seed=1)})
    curve = audit.model_copy(update={"method": Method(curve="uniform")})
    past = audit.model_copy(update={"snapshot": audit.snapshot.model_copy(update={"origin": Origin.POSITIONS})})
    fewer = audit_of({("google", "acme"): "+-0"})
    assert method_of(same) == method_of(audit)
    assert len({method_of(a) for a in (audit, curve, past, fewer)}) == 4


def dot(
    day: int, value: float | None, group: str = "", method: str = "m", subject: str = "brand", **more: float
) -> Dot:
    point = Point(taken_at=NOW + timedelta(days=day), subject=subject, value=value, **more)
    return Dot(group or str(day), method, point)


def test_a_change_of_method_is_a_break_but_not_for_a_sites_own_rating() -> None:
    line = trend([dot(0, 1), dot(1, 2), dot(2, 3, method="n"), dot(3, 4, method="n")])
    assert [point.breaks for point in line] == [False, False, True, False]
    stars = trend([dot(0, 4, subject="profile:x"), dot(1, 4, method="n", subject="profile:x")])
    assert [point.breaks for point in stars] == [False, False]


def test_captures_of_one_time_are_one_point() -> None:
    captures = [
        dot(0, 10, "slot", low=0, high=20, coverage=1.0),
        dot(0, 20, "slot", low=15, high=30, coverage=0.5),
        dot(0, None, "slot"),
    ]
    (point,) = trend(captures)
    assert (point.value, point.low, point.high, point.coverage) == (15, 0, 30, 0.5)
    assert trend([dot(0, None, "a"), dot(1, 5, "b")])[0].value is None


def test_lines_do_not_mix() -> None:
    found = trend([dot(0, 1), dot(0, 2, subject="keyword:a"), dot(1, 3), dot(1, 4, subject="keyword:a")])
    assert [(point.subject, point.value) for point in found] == [
        ("brand", 1),
        ("brand", 3),
        ("keyword:a", 2),
        ("keyword:a", 4),
    ]


def test_an_audit_carries_the_brands_whole_line_and_the_newest_of_the_others() -> None:
    line = trend([dot(day, day, subject=subject) for day in range(100) for subject in ("brand", "engine:a")])
    kept = carried(line)
    assert [point.value for point in kept if point.subject == "brand"] == list(range(100))
    assert [point.value for point in kept if point.subject == "engine:a"] == list(range(100 - KEPT_BESIDE, 100))
