"""The labels as a sheet a person corrects in any spreadsheet, and the corrections read back.

One row an address, because a person's label is carried by its address. Columns a person may change are
`CHANGEABLE`; `checked` (any mark) confirms a row as it stands; a row left alone stays the machine's, and an
emptied `sentiment` hands the row back to it. Titles come from strangers: no cell may run as a formula. The same
table is written as CSV or as an Excel workbook, whichever the person's spreadsheet likes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from audit import workbook
from audit.address import normal_address
from audit.classify import title_hash
from audit.errors import UsageError
from audit.models import Cause, Label, LabelOrigin, Owner, SerpResult, Snapshot

CHANGEABLE = ("sentiment", "about_brand", "owner", "cause", "severity", "note")
COLUMNS = (
    *("checked", "sentiment", "about_brand", "owner", "cause", "severity", "note"),
    *("title", "snippet", "address", "seen", "uncertain", "p", "confidence", "by", "because"),
    *("page_type", "language", "who", "when"),
    *("automatic", "title_hash", "key"),
)
"""The last three are for reading back: leave them alone. `seen` says where the result stood; `p` is the engine's
probability of negative / neutral / positive."""
_WIDTHS = {"checked": 9, "sentiment": 16, "about_brand": 12, "owner": 13, "cause": 24, "severity": 9, "note": 30}
_WIDTHS |= {"title": 60, "snippet": 70, "address": 45, "seen": 30, "p": 18, "because": 50, "automatic": 8, "key": 8}
WORDS: Mapping[str, float | None] = {
    "negative": -1.0,
    "rather negative": -0.5,
    "neutral": 0.0,
    "rather positive": 0.5,
    "positive": 1.0,
    "unread": None,
}
_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")
_WORST = 4
_SEEN = 6
_UNSEEN = " \u00a0\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_RUNS = re.compile(rf"[{_UNSEEN}]*[=+\-@\t\r\n\0|%＝＋－＠]|'")
"""What a spreadsheet may run, also behind signs nobody sees (OWASP: CSV injection). An apostrophe counts in, so
that taking the guard off gives back the cell."""
_MARK = "#"
"""Before a digest: spreadsheets take `12e4567` for a number."""
_BOM = "\ufeff"
_Choice = TypeVar("_Choice", bound=StrEnum)


def write_sheet(snapshot: Snapshot, labels: Mapping[str, Label], keys: Mapping[str, str]) -> str:
    """CSV of every labelled address, the one most worth a look first. `keys`: result id (`s1/4`) -> key of `labels`."""
    out = io.StringIO()
    out.write(_BOM)  # Excel reads UTF-8 by it
    writer = csv.DictWriter(out, COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    for places in in_order(snapshot, labels, keys):
        writer.writerow({name: _tamed(cell) for name, cell in _row(places).items()})
    return out.getvalue()


def write_workbook(snapshot: Snapshot, labels: Mapping[str, Label], keys: Mapping[str, str]) -> bytes:
    """The same as an Excel workbook (.xlsx): strings only, the answers to choose from a list."""
    choices: dict[str, tuple[str, ...]] = {"sentiment": tuple(WORDS), "about_brand": ("yes", "no"), "checked": ("x",)}
    choices |= {"owner": tuple(Owner), "cause": tuple(Cause), "severity": tuple(map(str, range(_WORST + 1)))}
    rows = [_row(places) for places in in_order(snapshot, labels, keys)]
    long = next((row for row in rows if len(row["automatic"]) > workbook.LONGEST_CELL), None)
    if long:
        raise UsageError("a note is too long for a workbook.", where=long["address"], mend="Write a CSV sheet instead.")
    look = workbook.Look(_WIDTHS, choices, ("checked", *CHANGEABLE), snapshot.taken_at)
    return workbook.write(COLUMNS, rows, look)


def read_sheet(text: str, *, who: str, when: datetime) -> list[Label]:
    """The rows a person changed or checked, as labels of `who`. UsageError with line, column and mend."""
    return _decided(_rows(text), who, when)


def read_workbook(data: bytes, *, who: str, when: datetime) -> list[Label]:
    """The same from the first sheet of a workbook."""
    return _decided(_rows_of_workbook(data), who, when)


def _decided(rows: Iterable[tuple[int, dict[str, str]]], who: str, when: datetime) -> list[Label]:
    decided: dict[str, tuple[int, Label]] = {}
    for line, cells in rows:
        label = _label(line, cells, who, when)
        if label is None:
            continue
        known = decided.setdefault(label.address or label.key, (line, label))
        if _said(known[1]) != _said(label):
            raise UsageError(
                f"contradicts line {known[0]} about the same address.",
                where=f"line {line}, column 'sentiment'",
                mend="Keep one of the two rows.",
            )
    return [label for _, label in decided.values()]


# ---------------------------------------------------------------- writing


@dataclass(frozen=True, slots=True)
class Place:
    """One result where it stood, with its label."""

    engine: str
    keyword: str
    hit: SerpResult
    label: Label


def in_order(snapshot: Snapshot, labels: Mapping[str, Label], keys: Mapping[str, str]) -> list[list[Place]]:
    """The places of each address, the best first; addresses the uncertain first, then by what a look is worth."""
    groups: dict[str, list[Place]] = {}
    for serp in snapshot.serps:
        for hit in serp.results:
            label = labels.get(keys.get(f"{serp.id}/{hit.position}", ""))
            if label is not None:
                place = Place(serp.query.engine, serp.query.keyword, hit, label)
                groups.setdefault(label.address or label.key, []).append(place)
    ordered = [sorted(places, key=lambda p: p.hit.position) for places in groups.values()]
    return sorted(ordered, key=lambda found: (not _asked(found), -_worth_a_look(found), found[0].hit.position))


def _asked(places: list[Place]) -> bool:
    """True where the engine itself asks for a look, or a person has not seen the title as it stands now."""
    return any(place.label.uncertain for place in places)


def _worth_a_look(places: list[Place]) -> float:
    """Doubt times attention: how unsure the least sure label is, and 1/position summed over all places."""
    doubt = 1 - min(place.label.confidence for place in places)
    return doubt * sum(1 / place.hit.position for place in places)


def _row(places: list[Place]) -> dict[str, str]:
    hit, label = places[0].hit, places[0].label
    said = _said(label)
    person = label.by is LabelOrigin.PERSON
    return dict(zip(CHANGEABLE, said, strict=True)) | {
        "checked": "",
        "title": hit.title,
        "snippet": hit.snippet,
        "address": hit.url,
        "seen": "; ".join(f"{p.engine} {p.hit.position} ({p.keyword})" for p in places[:_SEEN]),
        "uncertain": "yes" if _asked(places) else "",
        "p": " / ".join(f"{share:.2f}" for share in label.p or ()),
        "confidence": f"{label.confidence:.2f}",
        "by": label.by,
        "because": "; ".join(label.because),
        "page_type": label.page_type,
        "language": label.language,
        "who": label.who,
        "when": label.when.isoformat(timespec="seconds") if label.when and person else "",
        "automatic": "|".join(said),
        "title_hash": f"{_MARK}{title_hash(hit.title)}",
        "key": f"{_MARK}{label.key}",
    }


def _said(label: Label) -> tuple[str, ...]:
    """What a label says, in the words of `CHANGEABLE`. Only a person's note is a person's."""
    sentiment = next(word for word, step in WORDS.items() if step == label.sentiment)
    note = label.note if label.by is LabelOrigin.PERSON else ""
    about = "yes" if label.about_brand else "no"
    return (sentiment, about, label.owner.value, label.cause.value, str(label.severity), note)


def _tamed(cell: str) -> str:
    return f"'{cell}" if _RUNS.match(cell) else cell


def _untamed(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell[1:]) else cell


# ---------------------------------------------------------------- reading


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with the line they begin on. A spreadsheet may have saved with ; or tabs."""
    lines = list(io.StringIO(text.removeprefix(_BOM), newline=""))
    first = 1 if lines and re.fullmatch(r"\"?sep=.\"?\s*", lines[0]) else 0
    header = lines[first] if len(lines) > first else ""
    reader = csv.reader(lines[first:], delimiter=max(",;\t", key=header.count), strict=True)
    names, before = _header(reader), reader.line_num
    while True:
        line = first + before + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            mend = "Save the sheet as CSV again, or mend the quotes there."
            raise UsageError(f"is no CSV ({error}).", where=f"line {line}", mend=mend) from None
        before = reader.line_num
        if any(cell.strip() for cell in cells):
            yield line, dict(zip(names, map(_untamed, cells), strict=False))


def _rows_of_workbook(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    rows = workbook.read(data)
    names = _names(next(rows, (1, []))[1])
    for line, cells in rows:
        if any(cell.strip() for cell in cells):
            yield line, dict(zip(names, cells, strict=False))


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        return _names(next(reader, []))
    except csv.Error as error:
        raise UsageError(f"is no CSV ({error}).", where="line 1", mend="Save the sheet as CSV again.") from None


def _names(cells: Iterable[str]) -> list[str]:
    names = [name.strip().lower() for name in cells]
    missing = next((name for name in ("sentiment", "address") if name not in names), "")
    if missing:
        mend = "Keep the first line as `repaudit label` wrote it."
        raise UsageError("is missing.", where=f"line 1, column '{missing}'", mend=mend)
    return names


def _label(line: int, cells: Mapping[str, str], who: str, when: datetime) -> Label | None:
    """None for a row the person left to the machine."""
    if not cells.get("sentiment", "").strip():
        return None
    given = _Cells(line, cells)
    sentiment = given.sentiment()
    address, key = normal_address(cells.get("address", "")), given.digest("key")
    if not address and not key:
        raise given.wrong("address", "is empty.", "Write the address of the page, or delete the row.")
    bad = sentiment is not None and sentiment < 0
    label = Label(
        key=key,
        address=address,
        title_hash=given.digest("title_hash"),
        sentiment=sentiment,
        confidence=1.0,
        about_brand=given.about(),
        owner=given.choice("owner", Owner, Owner.UNKNOWN),
        cause=given.choice("cause", Cause, Cause.UNKNOWN) if bad else Cause.UNKNOWN,
        severity=max(1, given.severity()) if bad else 0,
        by=LabelOrigin.PERSON,
        because=(f"person:{who}",),
        who=who,
        when=when,
        note=cells.get("note", "").strip(),
    )
    return label if cells.get("checked", "").strip() or _changed(label, cells) else None


def _changed(label: Label, cells: Mapping[str, str]) -> bool:
    """True where the row no longer says what was written; a sheet without `automatic` is all a person's."""
    before = cells.get("automatic", "").split("|", len(CHANGEABLE) - 1)
    return len(before) < len(CHANGEABLE) or tuple(before) != _said(label)


class _Cells:
    """One row, read with errors that name line and column."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self._line, self._cells = line, cells

    def wrong(self, column: str, what: str, mend: str) -> UsageError:
        return UsageError(what, where=f"line {self._line}, column '{column}'", mend=mend)

    def _text(self, column: str) -> str:
        return " ".join(self._cells.get(column, "").casefold().split())

    def digest(self, column: str) -> str:
        return self._cells.get(column, "").strip().removeprefix(_MARK)

    def _unknown(self, column: str, known: Iterable[str]) -> UsageError:
        shown = self._cells.get(column, "").strip()[:40]
        return self.wrong(column, f"{shown!r} is not known.", f"Write one of: {', '.join(known)}.")

    def sentiment(self) -> float | None:
        word = self._text("sentiment").replace("_", " ")
        if word in WORDS:
            return WORDS[word]
        try:
            step = float(word.replace(",", ".").replace("−", "-"))
        except ValueError:
            step = float("nan")
        if step not in WORDS.values():
            raise self._unknown("sentiment", (*WORDS, "or -1, -0.5, 0, 0.5, 1"))
        return step

    def about(self) -> bool:
        word = self._text("about_brand")
        if word not in ("", *_YES, *_NO):
            raise self._unknown("about_brand", ("yes", "no"))
        return word not in _NO

    def severity(self) -> int:
        word = self._text("severity").removesuffix(".0")
        if word and word not in map(str, range(_WORST + 1)):
            raise self._unknown("severity", map(str, range(_WORST + 1)))
        return int(word or 0)

    def choice(self, column: str, kind: type[_Choice], otherwise: _Choice) -> _Choice:
        word = self._text(column).replace(" ", "_")
        if word and word not in list(kind):
            raise self._unknown(column, list(kind))
        return kind(word) if word else otherwise
