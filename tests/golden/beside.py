"""What an audit holds beside its scores, written by hand: movement, rivals, trust in labels, themes of reviews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from audit.models import (
    Action,
    AggregateRating,
    Audit,
    Change,
    ChangeKind,
    Comparison,
    Effect,
    Finding,
    Moved,
    Point,
    Prevalence,
    Quote,
    Rival,
    RivalKeyword,
    Severity,
    Share,
    Theme,
    Validation,
)

BEFORE = datetime(2026, 10, 20, 9, tzinfo=UTC)
MONTHS = (5, 6, 7, 8, 9, 10)
VALUES = (38.0, 41.0, 33.0, None, 31.0, 29.0)
"""July's pages were lost: the line stops there."""
GRAVE = ("s1/5", "s3/2", "s3/3", "s9/2")
PAVED = ("s1/5", "s7/3", "s15/4")
PROFILE = "https://www.trustpilot.com/review/lumivelo.example"


def beside(audit: Audit) -> dict[str, Any]:
    """Fields of the Audit by name; what its own checks and advice say is kept."""
    return {
        "findings": (*(f for f in audit.findings if f.check != "suspicion"), *suspicions()),
        "actions": tuple(effects(audit)),
        "changes": changes(),
        "comparisons": comparisons(),
        "trend": trend(),
        "rivals": rivals(),
        "validations": validations(),
        "prevalence": prevalence(),
        "themes": themes(),
    }


def suspicions() -> tuple[Finding, ...]:
    """Unusual figures, as the check of that name gives them."""
    return (
        Finding(
            check="suspicion",
            subject=f"profile:{PROFILE}",
            value=0.31,
            severity=Severity.WATCH,
            evidence=(PROFILE,),
            facts={"kind": "burst", "n": 41, "days": 3, "share": 0.31},
        ),
        Finding(
            check="suspicion",
            subject=f"profile:{PROFILE}",
            value=6,
            severity=Severity.WATCH,
            evidence=(PROFILE,),
            facts={"kind": "near_duplicates", "n": 6},
        ),
    )


def effects(audit: Audit) -> Iterator[Action]:
    """What the score would become, for two kinds of action, and the rule behind a light."""
    before = audit.score.dominance or 0.0
    for action in audit.actions:
        update: dict[str, Any] = {}
        if action.id == "examine_grave":
            update = {"effect": _effect(before, 9.4, "positive_dominates", GRAVE), "rule": "us_ftc_465"}
        elif action.id == "pave_first_page":
            update = {"effect": _effect(before, 3.8, audit.verdicts[0].value, PAVED)}
        yield action if action.effect else action.model_copy(update=update)


def _effect(before: float, gain: float, verdict: str, results: tuple[str, ...]) -> Effect:
    return Effect(before=before, after=before + gain, verdict=verdict, results=results)


def changes() -> tuple[Change, ...]:
    court = "courtreporter.example/news/lumivelo-battery-lawsuit"
    first = {"engine": "google", "keyword": "Lumivelo"}
    return (
        Change(kind=ChangeKind.ENTERED, subject=court, after=2, sentiment=-1, persistent=True, **first),
        Change(
            kind=ChangeKind.ROSE, subject="cyclingjournal.example/reviews/lumivelo-aurora-7", before=8, after=5, **first
        ),
        Change(kind=ChangeKind.LEFT, subject="consumerdaily.example/news/lumivelo-charger-replaced", before=6, **first),
        Change(kind=ChangeKind.SUGGESTION_APPEARED, subject="lumivelo battery fire", sentiment=-1, **first),
        Change(kind=ChangeKind.RATING_MOVED, subject=PROFILE, before=4.1, after=3.8),
    )


def comparisons() -> tuple[Comparison, ...]:
    captures = {"captures_before": 2, "captures_after": 2}
    return (
        Comparison(
            verdict=Moved.CHANGED,
            since=BEFORE,
            before=29,
            after=17,
            effect=-12,
            p=0.012,
            smallest_seen=8,
            worst=-16,
            best=-9,
            common_pages=11,
            overlap_within=0.83,
            overlap_between=0.61,
            **captures,
        ),
        Comparison(
            verdict=Moved.NO_CHANGE_SHOWN,
            keyword="Lumivelo reviews",
            since=BEFORE,
            before=22,
            after=18,
            effect=-4,
            p=0.4,
            smallest_seen=19,
            worst=-9,
            best=3,
            common_pages=3,
            **captures,
        ),
        Comparison(verdict=Moved.NOT_COMPARABLE, keyword="Lumivelo complaints", why="few_captures", since=BEFORE),
    )


def trend() -> tuple[Point, ...]:
    brand = [
        Point(
            taken_at=BEFORE.replace(month=month),
            value=value,
            low=None if value is None else value - 11,
            high=None if value is None else value + 9,
            negatives=None if value is None else 21 + at,
            coverage=0.2 if value is None else 0.9,
            breaks=at == 2,
            imported=at < 2,
        )
        for at, (month, value) in enumerate(zip(MONTHS, VALUES, strict=True))
    ]
    stars = [
        Point(taken_at=BEFORE.replace(month=month), subject=f"profile:{PROFILE}", value=4.2 - at / 10)
        for at, month in enumerate(MONTHS)
    ]
    return (*brand, *stars)


def rivals() -> tuple[Rival, ...]:
    asked = RivalKeyword(keyword="Veloria reviews", kind="evaluation", dominance=31, negative=0.1, first_negative=7)
    return (
        Rival(
            name="Veloria",
            dominance=34,
            low=22,
            high=45,
            positive=0.44,
            negative=0.12,
            neutral=0.44,
            control=0.3,
            first_negative=7,
            negatives_top10=2,
            coverage=0.83,
            keywords=(asked,),
            ratings={"trustpilot": AggregateRating(value=4.4, best=5, worst=1, review_count=812)},
        ),
        Rival(name="Pedalix", dominance=None, coverage=0.2),
    )


def validations() -> tuple[Validation, ...]:
    return (
        Validation(language="en", labelled=214, agree=0.86, macro_f1=0.83, alpha=0.79, both=60),
        Validation(language="uk", labelled=12, agree=0.75, macro_f1=0.7),
    )


def prevalence() -> tuple[Prevalence, ...]:
    return (
        Prevalence(
            language="en",
            items=120,
            labelled=214,
            source="people",
            counted=(0.28, 0.47, 0.25),
            negative=Share(value=0.25, low=0.16, high=0.36),
            neutral=Share(value=0.49, low=0.37, high=0.6),
            positive=Share(value=0.26, low=0.17, high=0.36),
        ),
    )


def themes() -> tuple[Theme, ...]:
    late = Quote(text="Six weeks for a bike that was 'in stock'.", language="en", date="2026-11-02", stars=1)
    kind = Quote(text="The workshop called me back the same day.", language="en", date="2026-10-28", stars=5)
    return (
        Theme(name="delivery", profile=PROFILE, mentions=14, negative=11, positive=2, quotes=(late,)),
        Theme(name="support", profile=PROFILE, mentions=9, negative=3, positive=5, quotes=(kind,)),
    )
