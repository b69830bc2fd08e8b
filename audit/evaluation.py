"""How well an engine of meaning reads labelled results: figures, calibration, confusion, errors by kind.

Rows are JSON lines (id, lang, brand, title, snippet, domain, label -2..2 or null for another bearer of the name,
and where known page_type, cause, hard), or a label sheet's CSV, of which only the rows a person checked count.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.errors import UsageError
from audit.models import Label
from audit.sheet import WORDS

Row = Mapping[str, Any]
Pair = tuple[int | None, int | None]
"""(truth, read): -1, 0, 1, or None for another bearer of the name or an unread text."""
CLASSES = (-1, 0, 1)
NAMES = {-1: "negative", 0: "neutral", 1: "positive", None: "not about it"}
SURE = 0.7
SETTLED = 0.3
"""Share of the results a person settles, the most uncertain first."""
_YES = ("yes", "true", "1", "y", "x", "+")
_SAME_KIND = {"qa": "question_answer", "own_site": "official"}
_SAME_CAUSE = {"unfair_user": "mistaken_user", "outdated": "outdated_or_solved"}


@dataclass(frozen=True, slots=True)
class Told:
    """A labelled result and what an engine read in it."""

    row: Row
    label: Label

    @property
    def truth(self) -> int | None:
        return side(self.row["label"])

    @property
    def read_as(self) -> int | None:
        return side(self.label.sentiment) if self.label.about_brand else None


def side(label: float | None) -> int | None:
    return None if label is None else (label > 0) - (label < 0)


def rows_of(text: str, where: str = "", brand: str = "", language: str = "") -> list[dict[str, Any]]:
    """Labelled rows of JSON lines or of a label sheet. UsageError with the line where a row cannot be meant."""
    if text.lstrip("\ufeff \n").startswith("{"):
        rows = [
            _json_row(line, f"{where}:{number}") for number, line in enumerate(text.splitlines(), 1) if line.strip()
        ]
    else:
        rows = list(_sheet_rows(text, where))
    rows = [row | {"brand": row.get("brand") or brand} for row in rows]
    rows = [row for row in rows if not language or row.get("lang", "") == language]
    if not rows:
        raise UsageError("holds no labelled row.", where=where, mend="Label some: column `checked`, or key `label`.")
    return rows


def _json_row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or "label" not in row or "title" not in row:
        raise UsageError("is no labelled row.", where=where, mend="One JSON object a line, with title and label.")
    label = row["label"]
    if isinstance(label, bool) or not (label is None or (isinstance(label, int | float) and -2 <= label <= 2)):
        raise UsageError(f"label {label!r} is none.", where=where, mend="A label is -2 to 2, or null.")
    return {"id": where, "snippet": "", "domain": "", "lang": ""} | row


def _sheet_rows(text: str, where: str) -> Iterable[dict[str, Any]]:
    lines = text.removeprefix("\ufeff")
    head = lines.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(lines, newline=""), delimiter=max(",;\t", key=head.count))
    if not {"sentiment", "title"} <= set(reader.fieldnames or ()):
        raise UsageError("is neither JSON lines nor a label sheet.", where=where, mend="Make one: repaudit label.")
    for number, cells in enumerate(reader, 2):
        said = str(cells.get("sentiment", "")).strip().casefold()
        checked = str(cells.get("checked") or "").strip() or str(cells.get("who") or "").strip()
        if not checked or said not in WORDS or WORDS[said] is None:
            continue
        about = str(cells.get("about_brand", "yes")).strip().casefold() in _YES
        yield {
            "id": f"{where}:{number}",
            "lang": cells.get("language") or "",
            "title": cells.get("title") or "",
            "snippet": cells.get("snippet") or "",
            "domain": (cells.get("address") or "").partition("://")[2],
            "label": 2 * (WORDS[said] or 0.0) if about else None,
            "cause": cells.get("cause") or "",
            "hard": cells.get("note") or "",
        }


# ---------------------------------------------------------------- figures


def macro_f1(pairs: Sequence[Pair], classes: Iterable[int] = CLASSES) -> float:
    """Mean F1 over the classes of (truth, read) pairs; a pair of an unread row hurts recall only."""
    scores = []
    for wanted in classes:
        hits = sum(truth == read == wanted for truth, read in pairs)
        both = sum(truth == wanted for truth, _ in pairs) + sum(read == wanted for _, read in pairs)
        scores.append(2 * hits / both if both else 1.0)
    return sum(scores) / len(scores)


def accuracy(pairs: Sequence[Pair]) -> float:
    return sum(truth == read for truth, read in pairs) / len(pairs) if pairs else 0.0


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


def figures(read: Sequence[Told]) -> dict[str, Any]:
    """Everything `repaudit evaluate` prints, as one JSON object."""
    about = [each for each in read if each.truth is not None]
    pairs = [(each.truth, each.read_as) for each in about]
    hard = [(each.truth, each.read_as) for each in about if each.row.get("hard")]
    known = [(each.truth == each.read_as, each.label.confidence) for each in about if each.read_as is not None]
    sure = [right for right, p in known if p >= SURE]
    error, bins = calibration(known)
    return {
        "rows": len(about),
        "accuracy": accuracy(pairs),
        "macro_f1": macro_f1(pairs) if pairs else 0.0,
        "hard": {"rows": len(hard), "accuracy": accuracy(hard), "macro_f1": macro_f1(hard) if hard else None},
        "ece": error,
        "reliability": [{"confidence": c, "right": r, "rows": n} for c, r, n in bins],
        "sure": {"from": SURE, "right": sum(sure) / max(1, len(sure)), "coverage": len(sure) / max(1, len(known))},
        "settled": {"share": SETTLED, "accuracy": _settled(read)},
        "confusion": _confusion(read),
        "null": _null(read),
        "page_type": _agreeing(read, "page_type"),
        "cause": _agreeing([e for e in read if (e.truth or 0) < 0 and (e.read_as or 0) < 0], "cause"),
        "errors_by_kind": _errors(about),
    }


def uncertain_first(label: Label) -> tuple[bool, float]:
    """Key that puts what a person should look at first: uncertain labels, then the least sure."""
    return (not label.uncertain, label.confidence)


def _settled(read: Sequence[Told]) -> float:
    order = sorted(read, key=lambda each: uncertain_first(each.label))
    rest = order[round(SETTLED * len(order)) :]
    right = len(order) - len(rest) + sum(each.truth == each.read_as for each in rest)
    return right / max(1, len(order))


def _confusion(read: Sequence[Told]) -> dict[str, dict[str, int]]:
    counts = Counter((each.truth, each.read_as) for each in read)
    return {NAMES[truth]: {NAMES[got]: counts[truth, got] for got in NAMES} for truth in NAMES}


def _null(read: Sequence[Told]) -> dict[str, float | int | None]:
    null = [each for each in read if each.truth is None]
    called = [each for each in read if not each.label.about_brand]
    found = sum(not each.label.about_brand for each in null)
    return {
        "rows": len(null),
        "found": found,
        "called": len(called),
        "recall": found / len(null) if null else None,
        "precision": found / len(called) if called else None,
    }


def _agreeing(read: Sequence[Told], what: str) -> dict[str, float | int | None]:
    """How often a claimed page type or cause is the labelled one; `unknown` claims nothing."""
    same = _SAME_KIND if what == "page_type" else _SAME_CAUSE
    told = [(same.get(w, w), str(getattr(each.label, what))) for each in read if (w := each.row.get(what))]
    told = [(wanted, got) for wanted, got in told if got != "unknown" and wanted not in ("none", "unknown")]
    return {"rows": len(told), "accuracy": sum(a == b for a, b in told) / len(told) if told else None}


def _errors(about: Sequence[Told]) -> dict[str, dict[str, int]]:
    """Kind of difficulty, as the labeller named it -> rows and errors; kinds of one row are counted as `other`."""
    kinds = Counter(kind_of(each.row) for each in about)
    out: dict[str, dict[str, int]] = defaultdict(lambda: {"rows": 0, "wrong": 0})
    for each in about:
        kind = kind_of(each.row)
        entry = out[kind if kinds[kind] > 1 or kind == "plain" else "other"]
        entry["rows"] += 1
        entry["wrong"] += each.truth != each.read_as
    return dict(sorted(out.items(), key=lambda item: -item[1]["wrong"]))


KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("rating only", ("rating", "рейтинг", "평점", "评分", "оценк", "оцінк", "star")),
    ("irony", ("iron", "sarcas", "ирони", "іроні", "반어", "비꼬", "讽", "反语", "阴阳")),
    ("own page", ("own ", "boilerplate", "своём сайте", "own site", "자사", "官网", "公关", "сайт", "招商")),
    ("outdated", ("old", "solved", "outdated", "former", "стар", "решён", "вирішен", "옛", "해결", "旧", "已解决")),
    (
        "actor",
        ("victim", "plaintiff", "accuser", "actor", "истец", "позивач", "실행자", "사칭", "冒充", "原告", "假冒"),
    ),
    ("negation", ("negat", "litotes", "отриц", "запереч", "부정", "否定", "не ")),
    ("mixed", ("mixed", "смеш", "змішан", "혼합", "장단점", "好坏")),
    ("question", ("question", "вопрос", "питан", "질문", "疑问", "“坏过啥”")),
    ("idiom", ("idiom", "slang", "colloq", "идиом", "сленг", "지인", "은어", "관용", "俗语", "比喻", "梗")),
    ("understatement", ("understat", "euphem", "bureau", "эвфем", "канцеляр", "완곡", "委婉")),
    ("other bearer", ("same name", "person", "homonym", "омоним", "тёзка", "동명", "同名")),
    ("bad words in good or neutral", ("words", "слова", "term", "단어", "词")),
)


def kind_of(row: Row) -> str:
    """The kind of difficulty a row's note speaks of: the first of `KINDS` one of whose words it holds."""
    note = str(row.get("hard") or "").casefold()
    if not note:
        return "plain"
    return next((name for name, words in KINDS if any(word in note for word in words)), "other")
