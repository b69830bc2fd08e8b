"""How well meaning is read: `python -m tests.gold` prints accuracy, macro-F1 and calibration per language.

Three classes over the rows that are about the brand; a row read as unread or as another's counts as wrong.
TextBlob stands beside: what a user would take instead. With names of sets (`ru_rusentne`) it samples those.
`python -m benchmarks.gold` says more: figures without the phrases that fire on one row only, errors by kind.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.evaluation import Pair, accuracy, calibration, macro_f1, side
from audit.moods import textblob_polarity
from audit.rows import classify_row
from audit.sentiment import read
from audit.tongue import language_of

SHARED = Path(__file__).parents[2] / "shared"
GOLD = SHARED / "gold"
SETS = SHARED / "sentiment"
LANGUAGES = ("en", "ru", "uk", "ko", "zh")
SAMPLE = 600
GIVEN = ("id", "lang", "brand", "title", "snippet", "domain")


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def given(row: Mapping[str, Any]) -> dict[str, object]:
    return {name: row.get(name, "") for name in GIVEN}


def read_row(row: Mapping[str, Any]) -> tuple[int | None, float]:
    """Side, and the probability it was given."""
    answer = classify_row(given(row))
    label, p = answer["label"], answer["p"]
    assert label is None or isinstance(label, int)
    assert isinstance(p, dict)
    return side(label), max(p.values())


def measure(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Figures of labelled rows: `accuracy`, `macro_f1`, `ece`, `textblob_f1`, `strangers` (null rows found)."""
    ours = [(side(row["label"]), *read_row(row)) for row in rows]
    about = [(truth, read_as) for truth, read_as, _ in ours if truth is not None]
    blob: list[Pair] = [
        (side(row["label"]), side(round(textblob_polarity(f"{row['title']}. {row['snippet']}"), 1)))
        for row in rows
        if row["label"] is not None
    ]
    strangers = [read_as is None for truth, read_as, _ in ours if truth is None]
    told = [(truth == read_as, p) for truth, read_as, p in ours if truth is not None and read_as is not None]
    return {
        "rows": len(rows),
        "accuracy": accuracy(about),
        "macro_f1": macro_f1(about),
        "ece": calibration(told)[0],
        "textblob_f1": macro_f1(blob),
        "strangers": sum(strangers) / max(1, len(strangers)),
        "lost": sum(read_as is None for _, read_as in about),
    }


def measure_set(name: str) -> tuple[float, float]:
    """Accuracy and macro-F1 of the words alone on a sample of a labelled set, its target taken for the brand."""
    rows = rows_of(SETS / f"{name}.jsonl")
    facts = next(each for each in json.loads((SETS / "MANIFEST.json").read_text("utf-8")) if each["set"] == name)
    kind = {"news": "news", "headline": "news", "review": "review_site", "social": "social"}
    page = next((page for word, page in kind.items() if word in facts["kind"]), "")
    random.Random(7).shuffle(rows)
    pairs: list[Pair] = []
    for row in rows[:SAMPLE]:
        names = (row["target"],) if row.get("target") else ()
        reading = read("", row["text"], language_of(row["text"], row["lang"]), names, page)
        pairs.append((row["label"], side(reading.level)))
    return accuracy(pairs), macro_f1(pairs, sorted({truth for truth, _ in pairs if truth is not None}))


def main(names: Sequence[str]) -> int:
    out = sys.stdout.write
    for name in names:
        out(f"{name:18} accuracy {{:.3f}}  macro-F1 {{:.3f}}\n".format(*measure_set(name)))
    everything: list[dict[str, Any]] = []
    for language in () if names else LANGUAGES:
        everything += (rows := rows_of(GOLD / f"{language}.jsonl"))
        figures = measure(rows)
        line = "{rows:4.0f} rows  accuracy {accuracy:.3f}  macro-F1 {macro_f1:.3f}  TextBlob {textblob_f1:.3f}"
        out(f"{language}  " + line.format(**figures))
        out("  ECE {ece:.3f}  strangers found {strangers:.2f}  wrongly lost {lost:.0f}\n".format(**figures))
    if everything:
        told = [(side(row["label"]) == read_as, p) for row in everything for read_as, p in [read_row(row)]]
        for mean, right, held in calibration(told)[1]:
            out(f"confidence {mean:.2f}: {right:.2f} right of {held}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
