"""What the review sites' figures are worth: shrunk towards the middle while few have voted (scoring section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, ReviewProfile, Severity
from audit.stars import FEWEST, low_share, shrunk

GOOD, FAIR, POOR = 4.5, 3.5, 3.0


def check(board: Board) -> Iterator[Finding]:
    for profile in board.snapshot.profiles:
        five = profile.rating.on_five if profile.rating else None
        if five is not None:
            yield _finding(profile, five)


def _finding(profile: ReviewProfile, five: float) -> Finding:
    rating = profile.rating
    count = (
        (rating.rating_count if rating and rating.rating_count is not None else rating.review_count) if rating else None
    )
    steady = shrunk(five, count or 0)
    few = count is None or count < FEWEST
    low = low_share(profile.histogram)
    facts: dict[str, str | int | float | None] = {
        "site": profile.site,
        "rating": rating.value if rating else None,
        "best": (rating.best if rating else None) or 5,
        "n": count,
        "shrunk": steady,
        "low": low.share if low else None,
    }
    return Finding(
        check="review_rating_few" if few else "review_rating",
        subject=f"profile:{profile.url}",
        value=steady,
        severity=Severity.INFO if few else _severity(steady),
        evidence=(profile.url,) if profile.url else (),
        facts=facts,
    )


def _severity(rating: float) -> Severity:
    if rating >= GOOD:
        return Severity.GOOD
    return Severity.INFO if rating >= FAIR else Severity.WATCH if rating >= POOR else Severity.ACT
