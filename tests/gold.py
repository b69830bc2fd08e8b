"""How well meaning is read: `python -m tests.gold` prints accuracy, macro-F1 and calibration per language.

Three classes over the rows that are about the brand; a row read as unread or as another's counts as wrong.
TextBlob stands beside: what a user would take instead. With names of sets (`ru_rusentne`) it samples those.
`--fit` fits the numbers of audit/weights.py on the rows that the words decide, and prints what five folds say.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.classify import classify_row, judged_row
from audit.models import LabelOrigin
from audit.sentiment import read, textblob_polarity
from audit.tongue import language_of
from audit.weights import features

SHARED = Path(__file__).parents[2] / "shared"
GOLD = SHARED / "gold"
SETS = SHARED / "sentiment"
LANGUAGES = ("en", "ru", "uk", "ko", "zh")
SAMPLE = 600
FOLDS = 5
GIVEN = ("id", "lang", "brand", "title", "snippet", "domain")
Pair = tuple[int | None, int | None]


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def side(label: float | None) -> int | None:
    return None if label is None else (label > 0) - (label < 0)


def given(row: Mapping[str, Any]) -> dict[str, object]:
    return {name: row.get(name, "") for name in GIVEN}


def read_row(row: Mapping[str, Any]) -> tuple[int | None, float]:
    """Side, and the probability it was given."""
    answer = classify_row(given(row))
    label, p = answer["label"], answer["p"]
    assert label is None or isinstance(label, int)
    assert isinstance(p, dict)
    return side(label), max(p.values())


def macro_f1(pairs: Sequence[Pair], classes: Iterable[int] = (-1, 0, 1)) -> float:
    """Mean F1 over the classes of (truth, read) pairs; a pair of an unread row hurts recall only."""
    scores = []
    for wanted in classes:
        hits = sum(truth == read_as == wanted for truth, read_as in pairs)
        both = sum(truth == wanted for truth, _ in pairs) + sum(read_as == wanted for _, read_as in pairs)
        scores.append(2 * hits / both if both else 1.0)
    return sum(scores) / len(scores)


def accuracy(pairs: Sequence[Pair]) -> float:
    return sum(truth == read_as for truth, read_as in pairs) / len(pairs)


def calibration(rows: Sequence[tuple[bool, float]]) -> tuple[float, list[tuple[float, float, int]]]:
    """Expected error of the confidences, and (mean confidence, share right, rows) of the bins that hold any."""
    bins: dict[int, list[tuple[bool, float]]] = {}
    for right, confidence in rows:
        bins.setdefault(min(int(confidence * 10), 9), []).append((right, confidence))
    told = [
        (sum(c for _, c in held) / len(held), sum(r for r, _ in held) / len(held), len(held))
        for _, held in sorted(bins.items())
    ]
    return sum(abs(c - r) * n for c, r, n in told) / max(1, len(rows)), told


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


# ---------------------------------------------------------------- fitting


Row = tuple[dict[str, float], dict[str, float], int]
Fitted = tuple[dict[str, float], dict[str, float]]


def decided_by_words(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Features and class (0, 1, 2) of the rows about the brand that no rule and no rating decides."""
    out = []
    for row in rows:
        label, reading = judged_row(given(row))
        truth = side(row["label"])
        if truth is not None and label.by is LabelOrigin.LEXICON:
            out.append((*features(reading.evidence), truth + 1))
    return out


def shares(fitted: Fitted, row: Row) -> tuple[float, float, float]:
    way, none = (
        sum(weights.get(name, 0.0) * value for name, value in values.items())
        for weights, values in zip(fitted, row[:2], strict=True)
    )
    raw = (math.exp(-way), math.exp(none), math.exp(way))
    return (raw[0] / sum(raw), raw[1] / sum(raw), raw[2] / sum(raw))


def fit(rows: Sequence[Row], penalty: float = 1.0, steps: int = 600) -> Fitted:
    """Least log loss by gradient; `penalty` is L2, the bias is left alone. Steps are scaled by their history (Adam)."""
    fitted: Fitted = ({name: 0.0 for row in rows for name in row[0]}, {name: 0.0 for row in rows for name in row[1]})
    mean = [dict.fromkeys(weights, 0.0) for weights in fitted]
    spread = [dict.fromkeys(weights, 0.0) for weights in fitted]
    for step in range(1, steps + 1):
        rate = 0.1 * (1 - step / (steps + 1))
        for at, slope in enumerate(_slopes(fitted, rows, penalty)):
            for name, value in slope.items():
                mean[at][name] += 0.1 * (value - mean[at][name])
                spread[at][name] += 0.001 * (value * value - spread[at][name])
                size = math.sqrt(spread[at][name] / (1 - 0.999**step)) + 1e-9
                fitted[at][name] -= rate * mean[at][name] / (1 - 0.9**step) / size
    return fitted


def _slopes(fitted: Fitted, rows: Sequence[Row], penalty: float) -> Fitted:
    ways, whether = fitted
    slopes = (
        {name: penalty * value for name, value in ways.items()},
        {name: penalty * value * (name != "bias") for name, value in whether.items()},
    )
    for row in rows:
        bad, none, good = shares(fitted, row)
        truth = row[2]
        for name, value in row[0].items():
            slopes[0][name] += ((good - bad) - ((truth == 2) - (truth == 0))) * value
        for name, value in row[1].items():
            slopes[1][name] += (none - (truth == 1)) * value
    return slopes


def folds_say(rows: Sequence[Row], penalty: float) -> tuple[float, float, float]:
    """Accuracy, mean log loss and calibration error of rows the fit had not seen."""
    order = list(range(len(rows)))
    random.Random(11).shuffle(order)
    told: list[tuple[bool, float]] = []
    loss = 0.0
    for fold in range(FOLDS):
        fitted = fit([rows[at] for n, at in enumerate(order) if n % FOLDS != fold], penalty, 200)
        for at in order[fold::FOLDS]:
            p = shares(fitted, rows[at])
            told.append((p.index(max(p)) == rows[at][2], max(p)))
            loss -= math.log(max(p[rows[at][2]], 1e-9))
    return sum(right for right, _ in told) / len(told), loss / len(told), calibration(told)[0]


def print_fit(paths: Sequence[Path]) -> None:
    rows = decided_by_words(row for path in paths for row in rows_of(path))
    out = sys.stdout.write
    for penalty in (0.3, 1.0, 3.0, 10.0):
        out("penalty {:4}  accuracy {:.3f}  log loss {:.3f}  ECE {:.3f}\n".format(penalty, *folds_say(rows, penalty)))
    for title, weights in zip(("DIRECTION", "NEUTRALITY"), fit(rows), strict=True):
        out(f"{title}\n" + "".join(f'    "{name}": {value:.2f},\n' for name, value in sorted(weights.items())))


def main(names: Sequence[str]) -> int:
    out = sys.stdout.write
    if names and names[0] == "--fit":
        print_fit([Path(name) for name in names[1:]] or [GOLD / f"{code}.jsonl" for code in LANGUAGES])
        return 0
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
