"""Labelled text to learn from: public sets with their licences, and results a user labelled.

A folder of sets has a `MANIFEST.json` that says of each set its language, its kind, its licence and whether
weights made from it may be given to others. A user's own files are JSON lines or the label sheet's CSV.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from audit.errors import UsageError

BORDER = " ¦ "
"""Stands between title and snippet where a head of results is made, as it does where one reads."""
OWN_WEIGHT = 5.0
"""A result the user labelled counts as much as this many rows of a public set: it is the task itself."""
TONES: Mapping[str, int] = {
    **{"negative": -1, "rather negative": -1, "neutral": 0, "rather positive": 1, "positive": 1},
}
_NO = ("no", "false", "0", "n")
_OPINION = ("review", "sentence", "brand-feedback")


@dataclass(frozen=True, slots=True)
class Source:
    """One set as its manifest tells it."""

    name: str
    language: str
    kind: Literal["review", "title", "result"]
    licence: str
    shippable: bool


@dataclass(frozen=True, slots=True)
class Row:
    """`label` -1, 0 or 1 is toward `names` where there are any. `weight` is how much the row counts."""

    text: str
    label: int
    names: tuple[str, ...] = ()
    weight: float = 1.0
    source: str = ""


def sources(folder: Path) -> dict[str, Source]:
    """What the manifest of a folder lists, by name of set."""
    path = folder / "MANIFEST.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {each["set"]: _source(each) for each in told}
    except (OSError, ValueError, KeyError, TypeError) as error:
        mend = "A folder of sets needs one: a list with set, lang, kind, licence, permits_shipped_model."
        raise UsageError("there is no manifest that can be read.", where=str(path), mend=mend) from error


def _source(told: Mapping[str, Any]) -> Source:
    kind = str(told["kind"])
    review = any(word in kind for word in _OPINION) and "news" not in kind
    return Source(
        name=str(told["set"]),
        language=str(told["lang"]),
        kind="review" if review else "title",
        licence=str(told["licence"]),
        shippable=told["permits_shipped_model"] == "yes",
    )


def permitted(source: Source) -> Source:
    """The same source; UsageError where weights made from it may not be given to others."""
    if not source.shippable:
        raise UsageError(
            f"no weights may be shipped that were made from it (licence: {source.licence}).",
            where=source.name,
            mend="Leave it out; such a set serves to measure with, nothing else.",
        )
    return source


def chosen(
    known: Mapping[str, Source], language: str, kind: str, named: Sequence[str] = ()
) -> tuple[list[Source], list[Source]]:
    """The sets to learn from, and those of the same language and kind that are left out for their licence.

    A set asked for by name that may not be shipped from, or that nobody lists, is a UsageError.
    """
    missing = [name for name in named if name not in known]
    if missing:
        raise UsageError(
            "the manifest lists no such set.", where=missing[0], mend=f"Known: {', '.join(sorted(known))}."
        )
    if named:
        return [permitted(known[name]) for name in named], []
    fitting = [source for source in known.values() if (source.language, source.kind) == (language, kind)]
    return [s for s in fitting if s.shippable], [s for s in fitting if not s.shippable]


def rows_of(folder: Path, source: Source) -> list[Row]:
    """The rows of one set, in the order of its file."""
    return list(own_rows((folder / f"{source.name}.jsonl"), weight=1.0, source=source.name))


def own_rows(
    path: Path, names: Sequence[str] = (), *, weight: float = OWN_WEIGHT, source: str = "own", border: str = ". "
) -> Iterator[Row]:
    """Rows of a user's file: JSON lines, or a label sheet where a person confirmed or changed a row.

    A line holds `text` (or `title` and `snippet`) and `label` (-1..1, or null for one not about the brand, which
    is left out); `brand`, `names` or `target` say whom the label is about, else `names` does. `border` stands between
    title and snippet.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("this file cannot be read as UTF-8 text.", where=str(path)) from error
    rows = _from_sheet(text, border) if path.suffix.lower() == ".csv" else _from_lines(text, path, border)
    for said, label, told in rows:
        if said.strip():
            yield Row(said, label, told or tuple(names), weight, source)


def _from_lines(text: str, path: Path, border: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            label = None if told["label"] is None else float(told["label"])
        except (ValueError, KeyError, TypeError) as error:
            mend = 'A line looks like {"text": "...", "label": -1, "brand": "..."}.'
            raise UsageError("no labelled row.", where=f"{path}: line {number}", mend=mend) from error
        if label is not None:
            yield _said(told, border), (label > 0) - (label < 0), _named(told)


def _said(told: Mapping[str, Any], border: str) -> str:
    if "text" in told:
        return str(told["text"])
    return border.join(str(told.get(key) or "") for key in ("title", "snippet"))


def _named(told: Mapping[str, Any]) -> tuple[str, ...]:
    given: Iterable[Any] = told.get("names") or [told.get("brand") or told.get("target") or ""]
    return tuple(str(name) for name in given if name)


def _from_sheet(text: str, border: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    for cells in csv.DictReader(io.StringIO(text)):
        row = {name: (cell or "").strip() for name, cell in cells.items() if name and isinstance(cell, str)}
        tone = row.get("sentiment", "").casefold()
        if tone in TONES and _by_person(row, tone) and row.get("about_brand", "yes").casefold() not in _NO:
            yield border.join(_untamed(row.get(key, "")) for key in ("title", "snippet")), TONES[tone], ()


def _by_person(row: Mapping[str, str], tone: str) -> bool:
    """A row somebody checked or changed; what the machine said of itself teaches nothing."""
    return bool(row.get("checked")) or row.get("by") == "person" or tone != row.get("automatic", "").partition("|")[0]


def _untamed(cell: str) -> str:
    return cell.removeprefix("'")
