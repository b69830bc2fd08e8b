"""Complaints on review sites that nobody of the brand has answered."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Review, Severity

LOW = 2.0  # stars on 1-5, as in the share of low stars
FEWEST = 5  # fewer say nothing about a habit
GOAL = 0.8  # of the unfavourable reviews; a service level of the trade (ReplyPro)


def check(board: Board) -> Iterator[Finding]:
    for profile in board.snapshot.profiles:
        low = [review for review in profile.reviews if review.replied is not None and _low(review)]
        answered = sum(review.replied is True for review in low)
        if len(low) >= FEWEST and answered < GOAL * len(low):
            share = answered / len(low)
            yield Finding(
                check="unanswered",
                subject=f"profile:{profile.url}",
                value=share,
                weight=1 - share,
                severity=Severity.WATCH,
                evidence=(profile.url,) if profile.url else (),
                facts={"site": profile.site, "n": len(low) - answered, "all": len(low), "goal": GOAL},
            )


def _low(review: Review) -> bool:
    stars = review.rating.on_five if review.rating else None
    return stars is not None and stars <= LOW
