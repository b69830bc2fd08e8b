"""Competitors measured in the same run: what is asked for them, and what the brand's audit says of them."""

from __future__ import annotations

import pytest

from audit.brief import parse_brief
from audit.models import AggregateRating, Outcome, ReviewProfile, Status
from audit.rivals import rival, rival_briefs, unmeasured
from tests.audits import NOW, audit_of

BRIEF = """
[brand]
name = "Acme"
domains = ["acme.example"]
products = ["Aurora"]
[[competitors]]
name = "Veloria"
domains = ["veloria.example"]
measure = true
[[competitors]]
name = "Pedalix"
[[markets]]
country = "GB"
language = "en"
engines = ["google", "bing"]
brand = "Acme UK"
keywords = ["acme aurora recall"]
pages = 2
[collect]
reviews = ["https://www.trustpilot.com/review/acme.example"]
"""


def test_a_rival_is_asked_for_by_its_own_name_and_nothing_of_the_brand() -> None:
    brief = parse_brief(BRIEF)
    (asked,) = rival_briefs(brief)
    texts = [keyword.text for keyword in asked.keywords()]
    assert texts[0] == "Veloria"
    assert not any("acme" in text.lower() or "Aurora" in text for text in texts)
    assert {k.kind for k in asked.keywords()} == {k.kind for k in brief.keywords() if k.kind.value != "other"}
    assert {(q.engine, q.page) for q in asked.plan()} == {("google", 1), ("bing", 1)}
    assert [c.name for c in asked.the_brand().competitors] == ["Acme", "Pedalix"]
    assert asked.collect.reviews == ()
    assert asked.digest() != brief.digest()
    assert rival_briefs(asked) == ()


def test_what_the_report_shows_of_a_rival_is_its_own_audit() -> None:
    audit = audit_of({("google", "acme"): "+-0", ("google", "acme reviews"): "++", ("bing", "acme"): None})
    profile = ReviewProfile(
        site="trustpilot",
        rating=AggregateRating(value=4.4, best=5, worst=1, review_count=7),
        outcome=Outcome(status=Status.RESULTS),
        fetched_at=NOW,
    )
    snapshot = audit.snapshot.model_copy(update={"profiles": (profile,)})
    told = rival(audit.model_copy(update={"snapshot": snapshot}))
    assert (told.dominance, told.low, told.high) == (audit.score.dominance, audit.score.low, audit.score.high)
    assert told.coverage == pytest.approx(audit.score.coverage)
    assert [(k.keyword, k.kind, k.first_negative) for k in told.keywords] == [
        ("acme", "brand", 2),
        ("acme reviews", "brand", None),
    ]
    assert told.ratings["trustpilot"].value == 4.4


def test_a_rival_without_pages_is_named_and_not_counted() -> None:
    (missing,) = unmeasured(parse_brief(BRIEF), [])
    assert (missing.name, missing.dominance, missing.coverage) == ("Veloria", None, 0)
