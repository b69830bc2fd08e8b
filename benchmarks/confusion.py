"""Counts truth against reading per language: `python -m benchmarks.confusion`; `--write` writes audit/confusion.toml.

The lexicons grew in sight of the gold, so plain counts would make the engine look better than it is on results
nobody has seen, and the correction of shares too small. Two honest counts are added up (benchmarks/gold.py): *fresh*
rows written blind and never read by anybody who works on the engine, and the *thinned* others, read without the
surplus of phrases that fire on one labelled row alone. A row counts once, however often it is drawn.
"""

from __future__ import annotations

import sys
from collections import Counter

from audit.agreement import macro_f1
from audit.evaluation import Told
from audit.prevalence import FILE, Table, table_of
from benchmarks.gold import DRAWS, sets, suspects, told
from tests.gold import LANGUAGES

NAMES = ("negative", "neutral", "positive")
HEAD = """\
# Written by `python -m benchmarks.confusion --write`: what is read (columns: negative, neutral, positive) of results
# that are truly negative, neutral, positive, per language. Rows read as they would be on results nobody has seen.
"""
"""The file says how it came to be: its numbers are printed in reports."""


def counted(language: str) -> Counter[tuple[int, int | None]]:
    """(truth, reading) of the rows about the brand; what is thinned is read several times and averaged."""
    found: Counter[tuple[int, int | None]] = Counter()
    rows = sets(language)
    for one in told(rows["test"]):
        _add(found, one, DRAWS)
    doubted = suspects(language, rows)
    for draw in range(DRAWS):
        for name in ("gold", "dev"):
            for one in told(rows[name], doubted.without(rows[name], name, draw)):
                _add(found, one, 1)
    return found


def _add(found: Counter[tuple[int, int | None]], one: Told, times: int) -> None:
    if one.truth is not None:
        found[one.truth, one.read_as] += times


def averaged(found: Counter[tuple[int, int | None]]) -> Table:
    rows = [tuple(round(count / DRAWS) for count in row) for row in table_of(found)]
    return tuple(rows)  # type: ignore[return-value]


def main(arguments: list[str]) -> int:
    lines = [HEAD]
    for language in LANGUAGES:
        found = counted(language)
        table = averaged(found)
        pairs = [pair for pair, times in found.items() for _ in range(times)]
        unread = sum(times for (_, read), times in found.items() if read is None) / DRAWS
        right = sum(table[at][at] for at in range(3)) / sum(map(sum, table))
        told_so = f"{sum(map(sum, table)):.0f} results, {right:.3f} right, macro-F1 {macro_f1(pairs):.3f}"
        print(f"{language}  {told_so}, not read {unread:.1f}")
        lines.append(f"[{language}]")
        lines += [f"{name} = {[int(count) for count in row]}" for name, row in zip(NAMES, table, strict=True)]
        lines.append("")
    if "--write" in arguments:
        FILE.write_text("\n".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
