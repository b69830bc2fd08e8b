"""A table of texts as an Excel workbook, and any workbook's first sheet back as a table of texts.

Written with xlsxwriter as strings, so that nothing runs as a formula. Read with the standard library and a guarded
XML parser: a workbook from somewhere else is hostile input.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from audit.errors import UsageError

LONGEST_CELL = 32767
"""Excel's own limit."""
LARGEST_PART = 64 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 100_000, 200
_ESCAPED = re.compile(r"_x([0-9a-fA-F]{4})_")
_COLUMN = re.compile(r"[A-Z]{1,3}")
_NO_WORKBOOK = "Save it as .xlsx without a password, or as CSV."
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True)
class Look:
    """How a sheet is laid out: widths in characters, answers a column offers, and which columns are to be filled."""

    widths: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    filled: Sequence[str] = ()
    made: datetime | None = None


def write(columns: Sequence[str], rows: Sequence[Mapping[str, str]], look: Look) -> bytes:
    """A workbook of one sheet: head frozen, filters on, answers offered as lists. Every cell is a string."""
    from xlsxwriter import Workbook  # noqa: TID251

    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(out, {"in_memory": True} | options)
    if look.made:
        book.set_properties({"created": look.made.replace(tzinfo=None)})
    sheet = book.add_worksheet("labels")
    head = book.add_format({"bold": True, "bottom": 1})
    styles = [book.add_format({"valign": "top", "text_wrap": True}), book.add_format({"valign": "top"})]
    styles[0].set_bg_color("#FFF8DC")
    for at, name in enumerate(columns):
        mine = name in look.filled
        sheet.set_column(at, at, look.widths.get(name, 12), styles[0] if mine else styles[1])
        sheet.write_string(0, at, name, head)
        for down, row in enumerate(rows, start=1):
            sheet.write_string(down, at, _storable(row.get(name, "")), styles[0] if mine else styles[1])
        if name in look.choices and rows:
            _offer(sheet, at, len(rows), look.choices[name])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
    book.close()
    return out.getvalue()


def _offer(sheet: Any, column: int, rows: int, choices: Sequence[str]) -> None:
    """A list to choose from; another answer is warned of, not refused: the reader takes numbers too."""
    rule = {"validate": "list", "source": list(choices), "error_type": "warning"}
    sheet.data_validation(1, column, rows, column, rule)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")[:LONGEST_CELL]


# ---------------------------------------------------------------- reading


def read(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet with their number, texts as they stand. UsageError where it is no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            shared = [_text(item) for item in _children(_part(book, "xl/sharedStrings.xml"), "si")]
            sheet = _part(book, _first_sheet(book))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UsageError(f"is no workbook that can be read ({error}).", mend=_NO_WORKBOOK) from None
    if sheet is None:
        raise UsageError("is no workbook: it holds no sheet.", mend=_NO_WORKBOOK)
    for number, row in enumerate(sheet.iter("{*}row"), start=1):
        if number > MOST_ROWS:
            raise UsageError(f"has more than {MOST_ROWS} rows.", mend="Split it.")
        given = row.get("r", "")
        yield int(given) if given.isascii() and given.isdigit() else number, _cells(row, shared)


def _part(book: zipfile.ZipFile, name: str) -> etree._Element | None:
    if name not in book.namelist():
        return None
    with book.open(name) as stream:
        body = stream.read(LARGEST_PART + 1)
    if len(body) > LARGEST_PART:
        raise ValueError("a part of it is too large")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("its XML is broken") from error


def _first_sheet(book: zipfile.ZipFile) -> str:
    """Where the first sheet of the workbook's own order lies."""
    listed = next((item for item in _tags(_part(book, "xl/workbook.xml"), "sheet")), None)
    wanted = "" if listed is None else listed.get(_RELATION) or listed.get(_STRICT) or ""
    for relation in _tags(_part(book, "xl/_rels/workbook.xml.rels"), "Relationship"):
        if relation.get("Id") == wanted:
            target = relation.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return "xl/worksheets/sheet1.xml"


def _cells(row: etree._Element, shared: Sequence[str]) -> list[str]:
    found: list[str] = []
    for cell in _children(row, "c"):
        place = _COLUMN.match(cell.get("r", ""))
        at = _number(place.group()) if place else len(found)
        if at >= MOST_COLUMNS:
            break
        found += [""] * (at + 1 - len(found))
        found[at] = _value(cell, shared)
    return found


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: etree._Element, shared: Sequence[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_text(each) for each in _children(cell, "is"))
    value = next((each.text or "" for each in _children(cell, "v")), "")
    if kind == "s":
        return shared[int(value)] if value.isascii() and value.isdigit() and int(value) < len(shared) else ""
    return _unescaped(value) if kind == "str" else value


def _text(item: etree._Element) -> str:
    """The text of a string, plain or in runs; the reading aid of East Asian cells is none of it."""
    found = [t.text or "" for t in item.iter("{*}t") if not _of_aid(t)]
    return _unescaped("".join(found))


def _of_aid(node: etree._Element) -> bool:
    parent = node.getparent()
    return parent is not None and etree.QName(parent).localname == "rPh"


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda met: chr(int(met.group(1), 16)), text)


def _children(node: etree._Element | None, name: str) -> Iterator[etree._Element]:
    if node is not None:
        yield from node.iterchildren("{*}" + name)


def _tags(node: etree._Element | None, name: str) -> Iterator[etree._Element]:
    if node is not None:
        yield from node.iter("{*}" + name)
