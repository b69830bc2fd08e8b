"""How well meaning is read: `python -m tests.gold [set ...]` prints accuracy and macro-F1 per language.

Three classes over the rows that are about the brand; a row read as unread or as another's counts as wrong.
TextBlob stands beside: what a user would take instead. With names of sets (`ru_rusentne`) it samples those.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from audit.classify import classify_row
from audit.sentiment import language_of, read, textblob_polarity

SHARED = Path(__file__).parents[2] / "shared"
GOLD = SHARED / "gold"
SETS = SHARED / "sentiment"
LANGUAGES = ("en", "ru", "uk", "ko", "zh")
SAMPLE = 600


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def side(label: float | None) -> int | None:
    return None if label is None else (label > 0) - (label < 0)


def read_gold(row: dict[str, Any]) -> int | None:
    given = {name: row[name] for name in ("id", "lang", "brand", "title", "snippet", "domain")}
    label = classify_row(given)["label"]
    assert label is None or isinstance(label, int)
    return side(label)


def macro_f1(pairs: Sequence[tuple[int | None, int | None]], classes: Iterable[int] = (-1, 0, 1)) -> float:
    """Mean F1 over the classes of (truth, read) pairs; a pair of an unread row hurts recall only."""
    scores = []
    for wanted in classes:
        hits = sum(truth == read_as == wanted for truth, read_as in pairs)
        both = sum(truth == wanted for truth, _ in pairs) + sum(read_as == wanted for _, read_as in pairs)
        scores.append(2 * hits / both if both else 1.0)
    return sum(scores) / len(scores)


def accuracy(pairs: Sequence[tuple[int | None, int | None]]) -> float:
    return sum(truth == read_as for truth, read_as in pairs) / len(pairs)


def measure(language: str) -> dict[str, float]:
    """Figures of one language of the gold: `accuracy`, `macro_f1`, `textblob_f1`, `strangers` (null rows found)."""
    rows = rows_of(GOLD / f"{language}.jsonl")
    ours = [(side(row["label"]), read_gold(row)) for row in rows]
    about = [pair for pair in ours if pair[0] is not None]
    blob = [
        (side(row["label"]), side(round(textblob_polarity(f"{row['title']}. {row['snippet']}"), 1)))
        for row in rows
        if row["label"] is not None
    ]
    strangers = [read_as is None for truth, read_as in ours if truth is None]
    return {
        "rows": len(rows),
        "accuracy": accuracy(about),
        "macro_f1": macro_f1(about),
        "textblob_f1": macro_f1(blob),
        "strangers": sum(strangers) / max(1, len(strangers)),
        "lost": sum(read_as is None for _, read_as in about),
    }


def measure_set(name: str) -> tuple[float, float]:
    """Accuracy and macro-F1 of the words alone on a sample of a labelled set, its target taken for the brand."""
    rows = rows_of(SETS / f"{name}.jsonl")
    random.Random(7).shuffle(rows)  # noqa: S311 - a sample, not a secret
    pairs: list[tuple[int | None, int | None]] = []
    for row in rows[:SAMPLE]:
        names = (row["target"],) if row.get("target") else ()
        reading = read("", row["text"], language_of(row["text"], row["lang"]), names)
        pairs.append((row["label"], side(reading.level)))
    return accuracy(pairs), macro_f1(pairs, sorted({truth for truth, _ in pairs if truth is not None}))


def main(names: Sequence[str]) -> int:
    out = sys.stdout.write
    for name in names:
        out(f"{name:18} accuracy {{:.3f}}  macro-F1 {{:.3f}}\n".format(*measure_set(name)))
    for language in () if names else LANGUAGES:
        figures = measure(language)
        line = "{rows:4.0f} rows  accuracy {accuracy:.3f}  macro-F1 {macro_f1:.3f}  TextBlob {textblob_f1:.3f}"
        out(f"{language}  " + line.format(**figures))
        out("  strangers found {strangers:.2f}  wrongly lost {lost:.0f}\n".format(**figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
