"""Audit -> spreadsheet, CSV, JSON: the same facts for people who calculate. Only importer of xlsxwriter.

Strings stay strings: in the workbook every text is typed as one, in the CSV what a spreadsheet might run gets an
apostrophe, as in the label sheet (`audit.sheet`). Rows are made one at a time.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audit.models import Audit
from reports import safety
from reports.records import SHEETS, Cell, Link, Sheet
from reports.words import Words

if TYPE_CHECKING:
    from xlsxwriter.format import Format  # noqa: TID251
    from xlsxwriter.worksheet import Worksheet  # noqa: TID251

SCHEMA = Path(__file__).parent / "audit.schema.json"
SCHEMA_ID = "urn:repaudit:audit"
LONGEST_CELL = 32_767  # characters a cell of a workbook may hold
LONGEST_LINK = 2_079  # characters of an address Excel follows
MOST_LINKS = 60_000  # a sheet may hold 65,530; what is over stays text
FIRST_YEAR = 1901  # a workbook counts days from 1900
DAY, MOMENT, TEXT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "@"
_UNSEEN = " \u00a0\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_RUNS = re.compile(rf"[{_UNSEEN}]*[=+\-@\t\r\n\0|%＝＋－＠]|'")
"""What a spreadsheet may run, also behind signs nobody sees; a test holds it equal to that of the label sheet."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
BOM = "\ufeff"


# ---------------------------------------------------------------- workbook


class _Formats(NamedTuple):
    head: Format
    text: Format
    link: Format
    day: Format
    moment: Format
    share: Format


def xlsx(audit: Audit, out: Path, *, language: str = "en", agency: str = "") -> None:
    """A workbook of results, labels, negatives, ratings, scores and method, written row by row.

    `agency` is the only name in its properties. Raises `OSError` where the file cannot be written.
    """
    from xlsxwriter import Workbook  # noqa: TID251

    words = Words(language)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, {**options, "strings_to_numbers": False, "default_date_format": MOMENT}) as book:
        book.set_properties(
            {"author": safety.clip(agency, 80), "title": words.say("report.title"), "created": _naive(audit.made_at)}
        )
        formats = _formats(book)
        for sheet in SHEETS:
            _fill(book.add_worksheet(words.name("export.sheet", sheet.name)), sheet, audit, words, formats)


def _formats(book: object) -> _Formats:
    add = book.add_format  # type: ignore[attr-defined]
    return _Formats(
        head=add({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "num_format": TEXT}),
        text=add({"num_format": TEXT, "valign": "top"}),
        link=add({"num_format": TEXT, "valign": "top", "font_color": "#00456F", "underline": 1}),
        day=add({"num_format": DAY, "valign": "top", "align": "left"}),
        moment=add({"num_format": MOMENT, "valign": "top", "align": "left"}),
        share=add({"num_format": "0.0%", "valign": "top"}),
    )


def _fill(page: Worksheet, sheet: Sheet, audit: Audit, words: Words, formats: _Formats) -> None:
    for column, (name, width) in enumerate(sheet.columns.items()):
        page.set_column(column, column, width)
        page.write_string(0, column, words.name("export.column", name), formats.head)
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.repeat_rows(0)
    page.fit_to_pages(1, 0)
    links = last = 0
    for last, row in enumerate(sheet.rows(audit, words), start=1):
        for column, (name, cell) in enumerate(zip(sheet.columns, row, strict=True)):
            links += _write(page, (last, column), cell, formats, share=name in sheet.shares, linked=links < MOST_LINKS)
    page.autofilter(0, 0, last, len(sheet.columns) - 1)


def _write(page: Worksheet, at: tuple[int, int], cell: Cell, formats: _Formats, *, share: bool, linked: bool) -> bool:
    """Write one cell by its type; True where it became a link."""
    if cell is None or cell == "":
        return False
    if isinstance(cell, Link):
        address = safety.link(cell)
        if linked and address and len(address) <= LONGEST_LINK:
            return bool(page.write_url(*at, address, formats.link, _text(cell)) == 0)
        page.write_string(*at, _text(cell), formats.text)
    elif isinstance(cell, str):
        page.write_string(*at, _text(cell), formats.text)
    elif isinstance(cell, date):
        _write_date(page, at, cell, formats)
    elif math.isfinite(cell):
        page.write_number(*at, cell, formats.share if share else None)
    return False


def _write_date(page: Worksheet, at: tuple[int, int], cell: date, formats: _Formats) -> None:
    if cell.year < FIRST_YEAR:
        page.write_string(*at, cell.isoformat(), formats.text)
    elif isinstance(cell, datetime):
        page.write_datetime(*at, _naive(cell), formats.moment)
    else:
        page.write_datetime(*at, cell, formats.day)


def _text(text: str) -> str:
    """Visible text of a length a cell may have."""
    return safety.clean(text)[:LONGEST_CELL]


def _naive(when: datetime) -> datetime:
    """UTC without its zone: a workbook knows none."""
    return when.astimezone(UTC).replace(tzinfo=None, microsecond=0)


# ---------------------------------------------------------------- text


def csv_lines(audit: Audit, *, language: str = "en", sheet: str = "results") -> Iterator[str]:
    """One sheet as CSV, a line at a time: UTF-8 with BOM, every cell in quotes, no cell a formula."""
    words = Words(language)
    wanted = next(s for s in SHEETS if s.name == sheet)
    heads = (words.name("export.column", name) for name in wanted.columns)
    yield BOM + _line(heads)
    for row in wanted.rows(audit, words):
        yield _line(map(_plain, row))


def _line(cells: Iterator[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(tamed, cells))
    return out.getvalue()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds")
    return repr(cell) if isinstance(cell, float) else str(cell)


def tamed(cell: str) -> str:
    """A cell that no spreadsheet runs; a plain number stays one."""
    return f"'{cell}" if _RUNS.match(cell) and not _NUMBER.fullmatch(cell) else cell


def untamed(cell: str) -> str:
    """The cell as it was before `tamed`."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell[1:]) else cell


def to_json(audit: Audit) -> str:
    """The whole Audit, every field written, as `audit.schema.json` says it."""
    return audit.model_dump_json(indent=1) + "\n"


def schema() -> str:
    """The published JSON Schema (draft 2020-12) of `to_json`."""
    told: Mapping[str, object] = Audit.model_json_schema(mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return json.dumps({**head, **told}, ensure_ascii=False, indent=1) + "\n"
