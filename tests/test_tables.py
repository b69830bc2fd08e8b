"""The audit as workbook, CSV and JSON: typed cells, the report's language, a published schema, bounded memory."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from typer.testing import CliRunner  # noqa: TID251

from audit import sheet as label_sheet
from audit.cli import app
from audit.curve import load
from audit.models import Audit
from audit.shares import weigh
from reports import tables
from reports.records import SHEETS, Book
from reports.tables import SCHEMA, csv_lines, schema, tamed, to_json, xlsx
from reports.words import Words, languages
from tests.audits import audit_of
from tests.golden.make import AUDIT

DEMO = AUDIT.parents[2] / "examples" / "demo"
REMAKE = "repaudit schema > reports/audit.schema.json"
ROOM = 12 * 1024 * 1024  # bytes that writing may take besides the audit, however long it is


@pytest.fixture(scope="module")
def audit() -> Audit:
    return Audit.model_validate_json(AUDIT.read_text("utf-8"))


def made(audit: Audit, folder: Path, language: str = "en", agency: str = "Harbour & Vale") -> Workbook:
    path = folder / f"{language}.xlsx"
    xlsx(audit, path, language=language, agency=agency)
    return load_workbook(path)


# ---------------------------------------------------------------- workbook


@pytest.mark.parametrize("language", languages())
def test_sheets_and_heads_speak_the_reports_language(audit: Audit, tmp_path: Path, language: str) -> None:
    book, words = made(audit, tmp_path, language), Words(language)
    assert book.sheetnames == [words.name("export.sheet", sheet.name) for sheet in SHEETS]
    for page, sheet in zip(book, SHEETS, strict=True):
        heads = [cell.value for cell in page[1]]
        assert heads == [words.name("export.column", name) for name in sheet.columns]
        assert len(set(heads)) == len(heads)
        assert page.freeze_panes == "A2"
        assert page.auto_filter.ref.startswith("A1:")
        assert page.column_dimensions["A"].width == pytest.approx(next(iter(sheet.columns.values())), abs=1)


def test_every_result_label_and_rating_is_there(audit: Audit, tmp_path: Path) -> None:
    results, labels, negatives, ratings, scores, method = made(audit, tmp_path)
    assert results.max_row == 1 + sum(len(serp.results) for serp in audit.snapshot.serps)
    assert labels.max_row == 1 + len(audit.labels)
    assert ratings.max_row == 1 + len(audit.snapshot.profiles)
    assert scores.max_row == 1 + len(audit.scores)
    bad = [k for k, key in audit.label_keys.items() if (audit.labels[key].sentiment or 0) < 0]
    organic = {f"{s.id}/{r.position}" for s in audit.snapshot.serps for r in s.organic}
    assert negatives.max_row == 1 + len(organic & set(bad))
    told = dict(method.iter_rows(min_row=2, values_only=True))
    assert told["Share of the page’s attention · 1"] == pytest.approx(audit.curve[0])
    assert told["Keyword · Lumivelo"] == 5400


def test_cells_have_the_type_of_what_they_hold(audit: Audit, tmp_path: Path) -> None:
    page = made(audit, tmp_path).worksheets[0]
    names = list(SHEETS[0].columns)
    row = next(
        r for r in page.iter_rows(min_row=2) if r[names.index("date")].value and r[names.index("attention")].value
    )
    cells = dict(zip(names, row, strict=True))
    assert isinstance(cells["captured"].value, datetime)
    assert isinstance(cells["date"].value, datetime)
    assert cells["rank"].data_type == cells["attention"].data_type == "n"
    assert cells["attention"].number_format == "0.0%"
    assert cells["keyword"].number_format == "@"
    assert cells["address"].hyperlink.target.startswith("https://")


def test_an_address_is_a_link_only_where_a_browser_may_go(tmp_path: Path) -> None:
    audit = audit_of("+-0")
    urls = ("https://a.example/x", "javascript:alert(1)", "https://a.example/" + "x" * 3000)
    serp = audit.snapshot.serps[0]
    rows = tuple(r.model_copy(update={"url": url}) for r, url in zip(serp.results, urls, strict=True))
    snapshot = audit.snapshot.model_copy(update={"serps": (serp.model_copy(update={"results": rows}),)})
    page = made(audit.model_copy(update={"snapshot": snapshot}), tmp_path).worksheets[0]
    column = list(SHEETS[0].columns).index("address")
    cells = [row[column] for row in page.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == list(urls)
    assert [bool(cell.hyperlink) for cell in cells] == [True, False, False]


def test_dates_no_workbook_knows_and_texts_no_cell_holds(tmp_path: Path) -> None:
    audit = audit_of("+-0")
    serp = audit.snapshot.serps[0]
    update = {"date": "1812-04-02", "snippet": "x" * 40_000}
    rows = (serp.results[0].model_copy(update=update), *serp.results[1:])
    snapshot = audit.snapshot.model_copy(update={"serps": (serp.model_copy(update={"results": rows}),)})
    page = made(audit.model_copy(update={"snapshot": snapshot}), tmp_path).worksheets[0]
    told = dict(zip(SHEETS[0].columns, [cell.value for cell in page[2]], strict=True))
    assert told["date"] == "1812-04-02"
    assert len(told["snippet"]) == tables.LONGEST_CELL


def test_attention_is_what_the_score_weighs(audit: Audit) -> None:
    book = Book(audit, Words("en"))
    curve = load(audit.method.curve)
    checked = 0
    for serp in audit.snapshot.serps:
        page = weigh(serp, audit.labels, audit.label_keys, curve, audit.method)
        told = book.attention(serp)
        assert told == pytest.approx({item.result.position: item.weight for item in page.items})
        checked += len(told)
    assert checked > 100


def test_a_workbook_names_the_agency_and_nobody_else(audit: Audit, tmp_path: Path) -> None:
    made(audit, tmp_path)
    with zipfile.ZipFile(tmp_path / "en.xlsx") as box:
        parts = {name: box.read(name).decode() for name in box.namelist() if name.endswith((".xml", ".rels"))}
    assert [name for name, text in parts.items() if "repaudit" in text.lower()] == []
    assert "Harbour &amp; Vale" in parts["docProps/core.xml"]
    assert [name for name, text in parts.items() if "<f>" in text] == []


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """A portfolio of pages is written row by row."""
    audit = audit_of({("google", f"k{n}"): "+-0-!+-0o-" for n in range(300)})
    tracemalloc.start()
    try:
        xlsx(audit, tmp_path / "long.xlsx")
        longest = sum(len(line) for line in csv_lines(audit))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert longest > 300_000
    assert peak < ROOM


# ---------------------------------------------------------------- csv


@pytest.mark.parametrize("language", languages())
def test_csv_is_utf8_with_bom_and_quoted(audit: Audit, language: str) -> None:
    text = "".join(csv_lines(audit, language=language))
    assert text.startswith('\ufeff"')
    rows = list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))
    assert rows[0] == [Words(language).name("export.column", name) for name in SHEETS[0].columns]
    assert len(rows) == 1 + sum(len(serp.results) for serp in audit.snapshot.serps)
    assert all(line.startswith('"') and line.endswith('"') for line in text[1:].split("\r\n")[:-1])


def test_numbers_of_a_csv_are_exact(audit: Audit) -> None:
    rows = list(
        csv.DictReader(io.StringIO("".join(csv_lines(audit, sheet="scores")).removeprefix("\ufeff"), newline=""))
    )
    assert float(rows[0]["Score −100…100"]) == audit.score.dominance
    assert float(rows[0]["Range from"]) == audit.score.low


def test_the_guard_is_that_of_the_label_sheet() -> None:
    """Two rooms, one guard: the report room may not import the sheet."""
    assert tables._RUNS.pattern == label_sheet._RUNS.pattern
    for cell in ("=1+1", "@x", "\u200b=x", "'x", "|x", "plain", "＝x", "-x", "+1"):
        assert tamed(cell) == label_sheet._tamed(cell)
    assert (tamed("-0.5"), label_sheet._tamed("-0.5")) == ("-0.5", "'-0.5"), "numbers stay numbers here"


# ---------------------------------------------------------------- json


def test_the_published_schema_is_that_of_the_model() -> None:
    assert SCHEMA.read_text("utf-8") == schema(), f"the documents changed. If they should: {REMAKE}"
    assert CliRunner().invoke(app, ["schema"]).stdout == schema()
    assert json.loads(schema())["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def faults(value: Any, rule: Mapping[str, Any], whole: Mapping[str, Any], at: str = "$") -> Iterator[str]:
    """A validator of those words of draft 2020-12 that the schema uses; an unknown word is a fault of the test."""
    known = {
        *("$ref", "anyOf", "type", "enum", "const", "properties", "required", "additionalProperties", "items"),
        *("prefixItems", "minItems", "maxItems", "minimum", "maximum", "format", "default", "title", "description"),
        *("$defs", "$schema", "$id", "minLength"),
    }
    assert set(rule) <= known, set(rule) - known
    if "$ref" in rule:
        yield from faults(value, whole["$defs"][rule["$ref"].rpartition("/")[2]], whole, at)
    if "anyOf" in rule and all(list(faults(value, one, whole, at)) for one in rule["anyOf"]):
        yield f"{at}: fits none of anyOf"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}: {value!r} is not in the list"
    if "const" in rule and value != rule["const"]:
        yield f"{at}: {value!r} is not {rule['const']!r}"
    if "type" in rule and not fits(value, rule["type"]):
        yield f"{at}: {value!r} is no {rule['type']}"
    elif isinstance(value, (int, float)) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        yield f"{at}: {value} is out of bounds"
    elif isinstance(value, dict):
        yield from in_object(value, rule, whole, at)
    elif isinstance(value, list):
        yield from in_array(value, rule, whole, at)


def fits(value: Any, kind: str) -> bool:
    kinds: Mapping[str, tuple[type, ...]] = {
        **{"object": (dict,), "array": (list,), "string": (str,), "null": (type(None),), "boolean": (bool,)},
        **{"integer": (int,), "number": (int, float)},
    }
    return isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))


def in_object(value: dict[str, Any], rule: Mapping[str, Any], whole: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}: {name} is missing" for name in rule.get("required", ()) if name not in value)
    for name, one in value.items():
        inner = rule.get("properties", {}).get(name, rule.get("additionalProperties", True))
        if inner is False:
            yield f"{at}: {name} is not known"
        elif isinstance(inner, Mapping):
            yield from faults(one, inner, whole, f"{at}.{name}")


def in_array(value: list[Any], rule: Mapping[str, Any], whole: Mapping[str, Any], at: str) -> Iterator[str]:
    if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
        yield f"{at}: {len(value)} items"
    first = rule.get("prefixItems", ())
    for place, one in enumerate(value):
        inner = first[place] if place < len(first) else rule.get("items")
        if isinstance(inner, Mapping):
            yield from faults(one, inner, whole, f"{at}[{place}]")


def test_what_is_written_is_what_the_schema_says(audit: Audit) -> None:
    published = json.loads(SCHEMA.read_text("utf-8"))
    for text in (to_json(audit), AUDIT.read_text("utf-8"), to_json(audit_of("+-?x"))):
        assert list(faults(json.loads(text), published, published)) == []
    assert Audit.model_validate_json(to_json(audit)) == audit


def test_the_schema_refuses_what_is_no_audit(audit: Audit) -> None:
    published = json.loads(SCHEMA.read_text("utf-8"))
    for path, value in (
        (("made_at",), None),
        (("verdicts",), ["splendid"]),
        (("snapshot", "taken_at"), 5),
        (("scores", 0, "coverage"), "all"),
        (("method", "depth"), 0),
        (("unknown",), 1),
    ):
        broken = json.loads(to_json(audit))
        inner: Any = broken
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        assert list(faults(broken, published, published)), path


def test_an_installed_validator_agrees(audit: Audit) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    published = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(json.loads(to_json(audit)))


def test_the_command_writes_them_beside_each_other_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brief.toml").write_bytes((DEMO / "brief.toml").read_bytes())
    tell = CliRunner().invoke
    pages = [str(DEMO / "pages" / name) for name in ("google-en-brand.html", "bing-en-brand.html")]
    assert tell(app, ["import", "brief.toml", *pages, "--at", "2026-11-20T09:00Z"]).exit_code == 0
    done = tell(app, ["report", "brief.toml", "--lang", "uk", "--xlsx", "--csv", "--json-file"])
    named = [Path(line.partition(": ")[2]).name for line in done.stdout.splitlines()]
    assert named == [f"Lumivelo.uk.{kind}" for kind in ("html", "xlsx", "csv", "json")]
    assert all((tmp_path / name).stat().st_size > 1000 for name in named)
    assert not list(tmp_path.glob("*.part"))
    told = json.loads(tell(app, ["report", "brief.toml", "--csv", "--json", "-o", "x.html"]).stdout)
    assert {name: Path(file).name for name, file in told.items()} == {"report": "x.html", "csv": "x.csv"}
    for options, said in (("--pictures", "no screenshots"), ("--wacz", "no run to pack"), ("-ox.pdf", "another kind")):
        refused = tell(app, ["report", "brief.toml", options])
        assert said in str(refused.exception)


def test_no_sheet_name_is_longer_than_a_workbook_bears() -> None:
    for language in languages():
        names = [Words(language).name("export.sheet", sheet.name) for sheet in SHEETS]
        assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)
        assert len({name.casefold() for name in names}) == len(names)
