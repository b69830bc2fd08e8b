"""How fast meaning is read: `python -m benchmarks.classify`. Titles a second on one core, and the time to start.

Titles are those of the project's own labelled results, in every round with another number and address, so that no
memory of a text helps; the brands stay, as they do in an audit. TextBlob and VADER stand beside. Processor time is
measured and the best round counts, so that other work on the machine weighs little; the median round stands beside
it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from audit.judges import Judge, Question, judge
from audit.rows import label_of_row
from tests.gold import LANGUAGES, given, rows_of

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
ROUNDS = 12
START = """
import time, resource
from audit.rows import label_of_row
begun = time.process_time()
label_of_row({{"id": 1, "lang": "{lang}", "brand": "Lumivelo", "title": {title!r}, "domain": "a.example"}})
print(time.process_time() - begun)
"""
Row = Mapping[str, Any]


def rounds(language: str) -> list[list[dict[str, object]]]:
    """Every title at hand, a list a round; in each a number follows the title and the address is another."""
    files = [FIXTURES / folder / f"{language}.jsonl" for folder in ("lexicons", "fresh")]
    told = [{**given(row), "snippet": ""} for path in files for row in rows_of(path)]
    return [
        [{**row, "title": f"{row['title']} {turn}", "domain": f"{row['domain']}/{turn}"} for row in told]
        for turn in range(ROUNDS)
    ]


def speed(read: Callable[[dict[str, object]], object], told: Sequence[Sequence[dict[str, object]]]) -> list[float]:
    """Rows a second of each round but the first, which warms up; ascending."""
    found = []
    for number, each in enumerate(told):
        begun = time.process_time()
        for row in each:
            read(row)
        if number:
            found.append(len(each) / (time.process_time() - begun))
    return sorted(found)


def start(language: str) -> float:
    """Seconds of a fresh process from the imports done to its first label."""
    title = rows_of(FIXTURES / "lexicons" / f"{language}.jsonl")[0]["title"]
    code = START.format(lang=language, title=title)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    out = sys.stdout.write
    for language in LANGUAGES:
        found = speed(label_of_row, rounds(language))
        out(
            f"{language}  {found[-1]:6.0f} titles/s (median round {median(found):.0f})   "
            f"first label after {start(language):.2f} s\n"
        )
    for name in ("textblob", "vader"):
        found = speed(_asked(judge(name)), rounds("en"))
        out(f"{name}  {found[-1]:6.0f} titles/s\n")
    return 0


def _asked(engine: Judge) -> Callable[[dict[str, object]], object]:
    return lambda row: engine.p(Question(str(row["title"]), ""))


if __name__ == "__main__":
    sys.exit(main())
