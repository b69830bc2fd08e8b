"""Competitors that pay to stand beside the brand's name, or stand among its results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from audit.board import Board
from audit.models import Feature, Finding, Owner, Severity


def check(board: Board) -> Iterator[Finding]:
    by_keyword: dict[str, list[str]] = defaultdict(list)
    names: dict[str, set[str]] = defaultdict(set)
    for result_id, serp, result, label in board.surfaces(Feature.AD):
        if label.owner is Owner.COMPETITOR:
            by_keyword[serp.query.keyword].append(result_id)
            names[serp.query.keyword].add(result.displayed_url or result.title)
    for keyword, evidence in by_keyword.items():
        yield Finding(
            check="competitor_ad",
            subject=f"keyword:{keyword}",
            value=float(len(evidence)),
            severity=Severity.WATCH,
            evidence=tuple(evidence[:5]),
            facts={"n": len(evidence), "who": ", ".join(sorted(names[keyword])[:3])},
        )
