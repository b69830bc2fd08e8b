"""Engines and keywords on which the negative outweighs the positive while the brand as a whole may look well."""

from __future__ import annotations

from collections.abc import Iterator

from audit.board import Board
from audit.models import Finding, Scope, Severity

FAR = 20.0  # points below the brand's own score: more than a usual range


def check(board: Board) -> Iterator[Finding]:
    whole = board.brand.dominance
    for score in board.scores:
        if score.scope not in (Scope.ENGINE, Scope.KEYWORD) or score.dominance is None or whole is None:
            continue
        name = score.engine if score.scope is Scope.ENGINE else score.keyword
        if score.dominance < 0 and score.dominance <= whole - FAR:
            yield Finding(
                check="gap",
                subject=f"{score.scope}:{name}",
                value=score.dominance,
                weight=(whole - score.dominance) / 200,
                severity=Severity.WATCH,
                facts={"name": name, "whole": whole, "scope": score.scope.value},
            )
