"""Each check finds what it is for, and nothing where there is nothing; actions answer findings."""

from __future__ import annotations

import pytest

from audit.advice import ACTION_IDS, CALM, KEEP, NO_ALARM, RULES, advise
from audit.checks import checks
from audit.models import (
    AggregateRating,
    Audit,
    Feature,
    Finding,
    KeywordKind,
    Light,
    Method,
    Outcome,
    Owner,
    ReviewProfile,
    SerpResult,
    Severity,
    Status,
)
from audit.score import score
from tests.audits import NOW, audit_of, keys_of, labels_of, snapshot_of


def found(audit: Audit, check: str) -> list[Finding]:
    return [finding for finding in audit.findings if finding.check == check]


def test_the_shelf_is_found() -> None:
    assert {"dominance", "negative_on_top", "control", "review_rating", "coverage"} <= set(checks())


def test_dominance_names_the_winning_side_and_its_weightiest_rows() -> None:
    (good,) = found(audit_of("0+-+++++++"), "dominance")
    assert (good.severity, good.facts["more"], good.evidence[0]) == (Severity.GOOD, "positive", "s1/2")
    (bad,) = found(audit_of("-+00"), "dominance")
    assert (bad.severity, bad.facts["more"], bad.evidence) == (Severity.ACT, "negative", ("s1/1",))


def test_negative_on_top_is_grave_only_where_nobody_asked_for_it() -> None:
    pages = {("google", "acme"): "+-0-", ("google", "acme complaints"): "--0"}
    audit = audit_of(pages, kinds={"acme complaints": KeywordKind.COMPLAINT})
    brand, complaint = found(audit, "negative_on_top")
    assert (brand.subject, brand.value, brand.severity, brand.evidence) == ("keyword:acme", 2, Severity.ACT, ("s1/2",))
    assert (complaint.severity, complaint.facts["n"]) == (Severity.WATCH, 2)
    assert not found(audit_of("+00-"), "negative_on_top")


def test_grave_claims_once_per_address() -> None:
    (grave,) = found(audit_of("+!0"), "grave")
    assert (grave.subject, grave.value) == ("result:s1/2", 4)
    assert not found(audit_of("+-0"), "grave")


def test_control_and_own_page() -> None:
    (firm,) = found(audit_of("oo00"), "control")
    assert firm.severity is Severity.GOOD
    (loose,) = found(audit_of("0000000o"), "control")
    assert loose.severity is Severity.WATCH
    (missing,) = found(audit_of("0000o"), "own_page_missing")
    assert missing.value == 5
    assert not found(audit_of("0o0"), "own_page_missing")


def test_hostile_unread_and_another_bearer() -> None:
    audit = audit_of("+h?x")
    assert found(audit, "hostile")[0].evidence == ("s1/2",)
    assert found(audit, "unread")[0].evidence == ("s1/3",)
    assert found(audit, "another_bearer")[0].value == pytest.approx(0.25)


def test_gap_names_an_engine_far_below_the_whole() -> None:
    audit = audit_of({("google", "acme"): "+++", ("yandex", "acme"): "---", ("bing", "acme"): "+++"})
    (gap,) = found(audit, "gap")
    assert gap.subject == "engine:yandex"
    assert gap.value == pytest.approx(-100)


def with_surface(feature: Feature, sentiment: float, owner: Owner) -> Audit:
    snapshot = snapshot_of({("google", "acme"): "o+"})
    serp = snapshot.serps[0]
    block = SerpResult(feature=feature, title="- is acme a scam", url="https://rival.example/", position=3, rank=1)
    serp = serp.model_copy(update={"results": (*serp.results, block)})
    snapshot = snapshot.model_copy(update={"serps": (serp,)})
    labels = labels_of(snapshot)
    labels["s1-3"] = labels["s1-3"].model_copy(update={"sentiment": sentiment, "owner": owner})
    return score(snapshot, labels, keys_of(snapshot), method=Method(), made_at=NOW)


def test_surfaces_are_judged_beside_the_score() -> None:
    audit = with_surface(Feature.PEOPLE_ALSO_ASK, -1.0, Owner.UNKNOWN)
    assert audit.score.items == 2
    (warning,) = found(audit, "warning_surface")
    assert warning.facts["feature"] == "people_also_ask"
    (ad,) = found(with_surface(Feature.AD, 0.0, Owner.COMPETITOR), "competitor_ad")
    assert ad.evidence == ("s1/3",)
    assert not found(with_surface(Feature.AD, 0.0, Owner.OWNED), "competitor_ad")


def with_profile(value: float, count: int | None) -> Audit:
    profile = ReviewProfile(
        site="stars.example",
        url="https://stars.example/acme",
        subject="Acme",
        rating=AggregateRating(value=value, best=5, rating_count=count),
        outcome=Outcome(status=Status.RESULTS),
        fetched_at=NOW,
    )
    snapshot = snapshot_of({("google", "acme"): "o+"}).model_copy(update={"profiles": (profile,)})
    return score(snapshot, labels_of(snapshot), keys_of(snapshot), method=Method(), made_at=NOW)


def test_review_rating_counts_votes() -> None:
    (poor,) = found(with_profile(2.1, 20), "review_rating")
    assert poor.value == pytest.approx(2.46, abs=0.005)
    assert poor.severity is Severity.ACT
    (few,) = found(with_profile(5.0, 3), "review_rating_few")
    assert few.severity is Severity.INFO


def test_actions_answer_findings_most_urgent_first() -> None:
    actions = advise(audit_of("-!+0"))
    assert [a.priority for a in actions] == list(range(1, len(actions) + 1))
    assert actions[-1].id == KEEP
    assert {"find_cause", "examine_grave", "raise_own_page", "pave_first_page"} <= {a.id for a in actions}
    audit = audit_of("-!+0")
    told = {f"{f.check}|{f.subject}" for f in audit.findings}
    assert all(set(a.findings) <= told for a in actions)
    assert all(a.findings for a in actions[:-1])


def test_no_alarm_where_the_positive_dominates_absolutely() -> None:
    actions = advise(audit_of("+o++++++++", confidence=1.0))
    assert [a.id for a in actions] == ["serve_advocates", NO_ALARM]
    assert [a.id for a in advise(audit_of("pooooooooo", confidence=1.0)) if a.id in CALM] == []


def test_action_ids_are_unique_and_lights_fit() -> None:
    assert len(set(ACTION_IDS)) == len(ACTION_IDS)
    assert {rule.light for rule in RULES} == {Light.GREEN, Light.YELLOW}
