"""Questions asked of a scored snapshot: one file each, found by itself.

A check is a module with `check(board) -> Iterator[Finding]`; the file name is the name in `Finding.check`, and every
report language has its sentence under `check.<name>`. Findings hold ids and numbers, never sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from audit.board import Board
from audit.models import Finding, Label, Method, Score, Snapshot
from audit.shares import Cell


@cache
def checks() -> dict[str, Callable[[Board], Iterator[Finding]]]:
    """Every check of the shelf by name."""
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").check for name in names}


def find(
    snapshot: Snapshot,
    labels: Mapping[str, Label],
    keys: Mapping[str, str],
    cells: Sequence[Cell],
    scores: Sequence[Score],
    method: Method,
) -> tuple[Finding, ...]:
    """What every check found, in the order of the shelf."""
    board = Board(snapshot, labels, keys, cells, scores, method)
    return tuple(finding for ask in checks().values() for finding in ask(board))
