"""How fast meaning is read: `python -m benchmarks.classify`. Titles a second on one core, and the time to start.

Titles are the synthetic fixtures', a brand name in each made anew so that no memory of a text helps. TextBlob and
VADER stand beside. Processor time is measured, so that other work on the machine does not count.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from audit.judges import Question, judge
from audit.rows import label_of_row
from tests.gold import LANGUAGES, given, rows_of

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
ROUNDS = 8
START = """
import time, resource
from audit.rows import label_of_row
begun = time.process_time()
label_of_row({{"id": 1, "lang": "{lang}", "brand": "Lumivelo", "title": {title!r}, "domain": "a.example"}})
print(time.process_time() - begun)
"""
Row = Mapping[str, Any]


def rows(language: str) -> list[dict[str, object]]:
    """Titles of the fixtures, each round under another address."""
    told = []
    for turn in range(ROUNDS):
        for row in rows_of(FIXTURES / "lexicons" / f"{language}.jsonl"):
            told.append({**given(row), "snippet": "", "domain": f"{row['domain']}?{turn}"})
    return told


def speed(read: Callable[[dict[str, object]], object], told: list[dict[str, object]]) -> float:
    for row in told[:80]:
        read(row)
    begun = time.process_time()
    for row in told:
        read(row)
    return len(told) / (time.process_time() - begun)


def start(language: str) -> float:
    """Seconds of a fresh process from the imports done to its first label."""
    title = rows_of(FIXTURES / "lexicons" / f"{language}.jsonl")[0]["title"]
    code = START.format(lang=language, title=title)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    out = sys.stdout.write
    for language in LANGUAGES:
        told = rows(language)
        out(f"{language}  {speed(label_of_row, told):7.0f} titles/s   first label after {start(language):.2f} s\n")
    for name in ("textblob", "vader"):
        engine = judge(name)
        out(f"{name}  {speed(lambda row, e=engine: e.p(Question(str(row['title']), '')), rows('en')):7.0f} titles/s\n")  # type: ignore[misc]
    return 0


if __name__ == "__main__":
    sys.exit(main())
