"""Questions, related searches, suggestions and answers that put a bad word beside the brand before any click."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from audit.board import Board
from audit.models import Feature, Finding, Severity

SURFACES = (
    Feature.PEOPLE_ALSO_ASK,
    Feature.RELATED_SEARCHES,
    Feature.SUGGESTION,
    Feature.AI_ANSWER,
    Feature.FEATURED_SNIPPET,
    Feature.TOP_STORIES,
    Feature.VIDEO,
    Feature.DISCUSSION,
)


def check(board: Board) -> Iterator[Finding]:
    found: dict[tuple[str, Feature], list[tuple[str, str]]] = defaultdict(list)
    for result_id, serp, result, label in board.surfaces(*SURFACES):
        if label.about_brand and (label.sentiment or 0) < 0:
            found[serp.query.keyword, result.feature].append((result_id, result.title))
    for (keyword, feature), rows in found.items():
        yield Finding(
            check="warning_surface",
            subject=f"keyword:{keyword}",
            value=float(len(rows)),
            severity=Severity.WATCH,
            evidence=tuple(result_id for result_id, _ in rows[:5]),
            facts={"feature": feature.value, "n": len(rows), "title": rows[0][1]},
        )
