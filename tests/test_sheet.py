"""The sheet of labels: written for a spreadsheet, corrected by a person, read back without surprises."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from audit import workbook
from audit.classify import label_snapshot
from audit.errors import UsageError
from audit.models import (
    Brand,
    Cause,
    Feature,
    Keyword,
    Label,
    LabelOrigin,
    Outcome,
    Owner,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
)
from audit.sheet import COLUMNS, WORDS, read_sheet, read_workbook, write_sheet, write_workbook

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
URL = "https://www.forum.example/lumivelo?utm_source=x"
ROWS = [("Lumivelo scam: they took my money", URL), ("Lumivelo — отзывы, рекомендую", "https://b.example/2")]


def snapshot_of(rows: list[tuple[str, str]], engine: str = "google") -> Snapshot:
    query = SerpQuery(engine=engine, keyword="Lumivelo", country="GB", language="en")
    results = tuple(
        SerpResult(feature=Feature.ORGANIC, title=title, url=url, position=n, rank=n)
        for n, (title, url) in enumerate(rows, start=1)
    )
    serp = Serp(
        id="s1", query=query, fetched_at=NOW, outcome=Outcome(status=Status.RESULTS), results=results, fallbacks={}
    )
    return Snapshot(
        brand=Brand(name="Lumivelo"),
        taken_at=NOW,
        tool="test",
        brief_digest="d",
        keywords=(Keyword(text="Lumivelo"),),
        plan=(query,),
        serps=(serp,),
    )


def written(rows: list[tuple[str, str]], people: list[Label] | None = None) -> str:
    snapshot = snapshot_of(rows)
    return write_sheet(snapshot, *label_snapshot(snapshot, people or []))


def as_written(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def parsed(text: str) -> list[dict[str, str]]:
    """The rows in the order of the page."""
    return sorted(as_written(text), key=lambda row: int(row["seen"].split()[1]))


def sheet(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def corrected(text: str, **changes: str) -> list[Label]:
    """The sheet with the first row changed, read back."""
    rows = parsed(text)
    rows[0] |= changes
    return read_sheet(sheet(rows), who="ann", when=NOW)


def test_written_for_excel_and_for_a_person() -> None:
    text = written(ROWS)
    assert text.startswith("\ufeff"), "Excel reads UTF-8 by the mark"
    rows = parsed(text)
    assert list(rows[0]) == list(COLUMNS)
    assert [row["address"] for row in rows] == [URL, "https://b.example/2"]
    assert [row["sentiment"] for row in rows] == ["negative", "positive"]
    assert "cue:" in rows[0]["because"]
    assert rows[0]["seen"] == "google 1 (Lumivelo)"
    assert float(rows[0]["confidence"]) > 0.5


def test_uncertain_and_weighty_rows_come_first() -> None:
    rows = [(f"Lumivelo, part {n}", f"https://{n}.example/") for n in (1, 2, 3, 4)]
    snapshot = snapshot_of(rows)
    labels, keys = label_snapshot(snapshot)
    for place, confidence in (("s1/1", 0.95), ("s1/2", 0.5), ("s1/3", 1.0), ("s1/4", 0.4)):
        labels[keys[place]] = labels[keys[place]].model_copy(update={"confidence": confidence})
    written_rows = as_written(write_sheet(snapshot, labels, keys))
    assert [row["address"][8] for row in written_rows] == ["2", "4", "1", "3"], "doubt times 1/position"


def test_the_uncertain_come_before_the_weighty() -> None:
    rows = [(f"Lumivelo, part {n}", f"https://{n}.example/") for n in (1, 2, 3, 4)]
    snapshot = snapshot_of(rows)
    labels, keys = label_snapshot(snapshot)
    for place, confidence, asked in (
        ("s1/1", 0.5, False),
        ("s1/2", 0.5, True),
        ("s1/3", 0.9, False),
        ("s1/4", 0.6, True),
    ):
        labels[keys[place]] = labels[keys[place]].model_copy(update={"confidence": confidence, "uncertain": asked})
    found = as_written(write_sheet(snapshot, labels, keys))
    assert [(row["address"][8], row["uncertain"]) for row in found] == [
        ("2", "yes"),
        ("4", "yes"),
        ("1", ""),
        ("3", ""),
    ]


def test_the_engines_probabilities_and_reasons_stand_in_the_row() -> None:
    row = parsed(written(ROWS))[0]
    assert sum(map(float, row["p"].split(" / "))) == pytest.approx(1, abs=0.02)
    assert {"cause", "severity", "because", "p"} <= set(row)


def test_untouched_sheet_decides_nothing() -> None:
    assert read_sheet(written(ROWS), who="ann", when=NOW) == []


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_read(word: str) -> None:
    (label,) = corrected(written(ROWS), sentiment=word.upper(), checked="x")
    assert label.sentiment == WORDS[word]
    assert (label.by, label.who, label.when, label.confidence) == (LabelOrigin.PERSON, "ann", NOW, 1.0)


@pytest.mark.parametrize(("word", "step"), [("-1", -1.0), ("-0,5", -0.5), ("0", 0.0), ("0.5", 0.5), ("1.0", 1.0)])
def test_numbers_are_read_too(word: str, step: float) -> None:
    (label,) = corrected(written(ROWS), sentiment=word, checked="x")
    assert label.sentiment == step


def test_all_a_person_may_say() -> None:
    (label,) = corrected(
        written(ROWS),
        sentiment="rather negative", about_brand="no", owner="competitor", cause="competitor", severity="3",
        note="a shop next door\nwrote it",
    )  # fmt: skip
    assert (label.sentiment, label.about_brand, label.severity) == (-0.5, False, 3)
    assert (label.owner, label.cause) == (Owner.COMPETITOR, Cause.COMPETITOR)
    assert label.note == "a shop next door\nwrote it"
    assert label.address == "forum.example/lumivelo"


def test_praise_has_neither_cause_nor_severity() -> None:
    (label,) = corrected(written(ROWS), sentiment="positive")
    assert (label.severity, label.cause) == (0, Cause.UNKNOWN)


def test_a_check_mark_confirms_and_a_blank_gives_back() -> None:
    assert [label.sentiment for label in corrected(written(ROWS), checked="x")] == [-1.0]
    assert corrected(written(ROWS), sentiment=" ", note="no idea") == []


def test_a_persons_label_survives_by_normalised_address() -> None:
    people = corrected(written(ROWS), sentiment="neutral", note="settled in May")
    later = snapshot_of([("other", "https://c.example/"), (ROWS[0][0], "http://m.forum.example/lumivelo/#top")], "bing")
    labels, keys = label_snapshot(later, people)
    label = labels[keys["s1/2"]]
    assert (label.sentiment, label.by, label.who, label.when) == (0.0, LabelOrigin.PERSON, "ann", NOW)
    assert (label.note, label.confidence) == ("settled in May", 1.0)
    assert labels[keys["s1/1"]].by is not LabelOrigin.PERSON


def test_another_title_keeps_the_word_and_asks_again() -> None:
    people = corrected(written(ROWS), sentiment="positive")
    labels, keys = label_snapshot(snapshot_of([("Lumivelo refunds everyone", URL)]), people)
    label = labels[keys["s1/1"]]
    assert (label.sentiment, label.by) == (1.0, LabelOrigin.PERSON)
    assert label.confidence < 1.0
    assert "title:changed" in label.because


def test_the_newer_word_counts_and_unchanged_people_rows_are_not_read_again() -> None:
    (old,) = corrected(written(ROWS), sentiment="positive", note="=kept")
    new = old.model_copy(update={"sentiment": 0.0, "when": NOW + timedelta(days=1)})
    text = written(ROWS, [new, old])
    assert parsed(text)[0]["sentiment"] == "neutral"
    assert parsed(text)[0]["who"] == "ann"
    assert read_sheet(text, who="bob", when=NOW) == []


def test_one_row_an_address() -> None:
    rows = parsed(written([*ROWS, ("Lumivelo scam again", "http://forum.example/lumivelo")]))
    assert len(rows) == 2
    assert rows[0]["seen"].count("google") == 2


def test_results_without_an_address_go_by_their_key() -> None:
    rows = [("is Lumivelo a scam", ""), ("Lumivelo lawsuit", "")]
    people = corrected(written(rows), sentiment="positive")
    labels, keys = label_snapshot(snapshot_of(rows), people)
    assert labels[keys["s1/1"]].by is LabelOrigin.PERSON
    assert labels[keys["s1/2"]].by is not LabelOrigin.PERSON


TRIGGERS = "=+-@\t\r\n|%＝＋－＠"


@settings(deadline=None)
@given(
    st.text(st.sampled_from(" \u00a0\u200b\u200e\ufeff"), max_size=2),
    st.sampled_from(TRIGGERS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
def test_no_cell_runs(before: str, trigger: str, after: str) -> None:
    text = written([(before + trigger + after, "https://a.example/")])
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        assert not any(cell.lstrip(" \u00a0\u200b\u200e\ufeff").startswith(tuple(TRIGGERS)) for cell in row)


@pytest.mark.parametrize(
    "note", ["=HYPERLINK(1)", "+7 495", "-50 %", "@SUM(1)", "＝1+1", "'=1", "''+1", "'twas", "| x", "% up"]
)
def test_the_guard_comes_off_again(note: str) -> None:
    label = corrected(written(ROWS), checked="x")[0].model_copy(update={"note": note})
    rows = parsed(written(ROWS, [label]))
    assert rows[0]["note"].startswith("'")
    rows[0]["checked"] = "x"
    assert [back.note for back in read_sheet(sheet(rows), who="ann", when=NOW)] == [note]


def test_an_apostrophe_typed_by_hand_stays() -> None:
    (label,) = corrected(written(ROWS), checked="x", note="'twas settled")
    assert label.note == "'twas settled"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_any_note_comes_back_as_it_was(note: str) -> None:
    label = corrected(written(ROWS), checked="x")[0].model_copy(update={"note": note.strip()})
    text = written(ROWS, [label])
    rows = parsed(text)
    rows[0]["checked"] = "x"
    (back,) = read_sheet(sheet(rows), who="ann", when=NOW)
    assert back.note == note.strip()
    assert back.title_hash == label.title_hash


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_and_the_sep_line(delimiter: str) -> None:
    rows = parsed(written(ROWS))
    rows[1]["sentiment"] = "neutral"
    (label,) = read_sheet(f"sep={delimiter}\n" + sheet(rows, delimiter), who="ann", when=NOW)
    assert (label.address, label.sentiment) == ("b.example/2", 0.0)


def test_a_row_typed_by_hand() -> None:
    (label,) = read_sheet("address,sentiment\nhttps://x.example/a,negative\n", who="ann", when=NOW)
    assert (label.address, label.sentiment, label.severity) == ("x.example/a", -1.0, 1)


GOOD: dict[str, str] = {"key": "k", "address": "a.example", "sentiment": "negative", "note": "two\nlines"}


@pytest.mark.parametrize(
    ("change", "column", "mend"),
    [
        ({"sentiment": "wonderful"}, "sentiment", "rather negative"),
        ({"sentiment": "2"}, "sentiment", "-0.5"),
        ({"about_brand": "perhaps"}, "about_brand", "yes, no"),
        ({"owner": "mine"}, "owner", "third_party"),
        ({"cause": "envy"}, "cause", "competitor"),
        ({"severity": "9"}, "severity", "0, 1, 2, 3, 4"),
        ({"address": " ", "key": ""}, "address", "Write the address"),
    ],
)
def test_a_bad_row_gets_line_column_and_mend(change: dict[str, str], column: str, mend: str) -> None:
    blank = dict.fromkeys(COLUMNS, "")
    text = sheet([blank | GOOD, blank | GOOD | change])
    with pytest.raises(UsageError) as caught:
        read_sheet(text, who="ann", when=NOW)
    said = str(caught.value)
    assert said.startswith(f"line 4, column '{column}': "), "the first row spans two lines"
    assert mend in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 'sentiment': is missing."),
        ("address\na.example\n", "line 1, column 'sentiment': is missing."),
        ("sentiment\nneutral\n", "line 1, column 'address': is missing."),
        ('address,sentiment\na.example,neutral\n"b"c,neutral\n', "line 3: is no CSV"),
        ("address,sentiment\na.example,neutral\nwww.a.example/,positive\n", "line 3, column 'sentiment': contradicts"),
    ],
)
def test_a_bad_sheet_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match="line"):
        read_sheet(text, who="ann", when=NOW)
    try:
        read_sheet(text, who="ann", when=NOW)
    except UsageError as error:
        assert str(error).startswith(said)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_noise_never_breaks_it(noise: str) -> None:
    facts: Any = None
    try:
        facts = read_sheet("address,sentiment\n" + noise, who="ann", when=NOW)
    except UsageError as error:
        facts = str(error)
    assert facts is not None


# ---------------------------------------------------------------- workbooks


def as_workbook(rows: list[tuple[str, str]], people: list[Label] | None = None) -> bytes:
    snapshot = snapshot_of(rows)
    return write_workbook(snapshot, *label_snapshot(snapshot, people or []))


def edited(data: bytes, **changes: object) -> bytes:
    """The workbook as another program saves it, with cells of the first row changed."""
    book = load_workbook(io.BytesIO(data))
    sheet = book.active
    assert sheet is not None
    names = [cell.value for cell in sheet[1]]
    for name, value in changes.items():
        sheet.cell(2, names.index(name) + 1).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_ready_to_work_in() -> None:
    sheet = load_workbook(io.BytesIO(as_workbook(ROWS))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    assert (sheet.freeze_panes, sheet.auto_filter.ref is not None) == ("A2", True)
    offered = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert offered["B2:B3"] == '"negative,rather negative,neutral,rather positive,positive,unread"'
    assert len(offered) == 6
    assert sheet.column_dimensions["H"].width > 40


def test_the_workbook_says_what_the_sheet_says() -> None:
    rows = [*ROWS, ("=HYPERLINK(1)", "https://c.example/"), ("+7 495 _x0041_ \x1b[2J <b>&amp;", "https://d.example/")]
    listed = list(workbook.read(as_workbook(rows)))
    names = listed[0][1]
    found = [dict(zip(names, cells, strict=False)) for _, cells in listed[1:]]
    plain = [
        {k: v.removeprefix("'") if k == "title" else v for k, v in row.items()} for row in as_written(written(rows))
    ]
    assert [{k: row.get(k, "") for k in plain[0]} for row in found] == plain
    sheet = load_workbook(io.BytesIO(as_workbook(rows))).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}, "no formula"
    assert all(cell.value is None for row in sheet.iter_rows() for cell in row if cell.data_type == "n")


def test_an_untouched_workbook_decides_nothing_and_a_changed_one_does() -> None:
    data = as_workbook(ROWS)
    assert read_workbook(data, who="ann", when=NOW) == []
    assert read_workbook(edited(data), who="ann", when=NOW) == [], "saved by another program"
    for given_answer, step in (("rather negative", -0.5), (-0.5, -0.5), (0, 0.0), (1, 1.0), ("POSITIVE", 1.0)):
        (label,) = read_workbook(edited(data, sentiment=given_answer, checked="x"), who="ann", when=NOW)
        assert (label.sentiment, label.who, label.by) == (step, "ann", LabelOrigin.PERSON)
    (label,) = read_workbook(edited(data, about_brand="no", severity=2, checked=True), who="ann", when=NOW)
    assert not label.about_brand


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=40))
def test_any_note_comes_back_from_a_workbook(note: str) -> None:
    label = corrected(written(ROWS), checked="x")[0].model_copy(update={"note": note.strip()})
    listed = list(workbook.read(as_workbook(ROWS, [label])))
    where = listed[0][1].index("note")
    told = [cells[where] if len(cells) > where else "" for _, cells in listed[1:]]
    assert sorted(told) == sorted(["", note.strip()])


def test_a_bad_cell_of_a_workbook_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        read_workbook(edited(as_workbook(ROWS), sentiment="wonderful"), who="ann", when=NOW)
    assert str(caught.value).startswith("line 2, column 'sentiment': ")


def test_a_workbook_made_by_hand() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["address", "note", "sentiment"])
    sheet.append([None, None, None])
    sheet.append(["https://x.example/a", None, "negative"])
    book.create_sheet("other").append(["sentiment"])
    out = io.BytesIO()
    book.save(out)
    (label,) = read_workbook(out.getvalue(), who="ann", when=NOW)
    assert (label.address, label.sentiment, label.note) == ("x.example/a", -1.0, "")


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, body in parts.items():
            book.writestr(name.replace("__", "/").replace("_xml", ".xml"), body)
    return out.getvalue()


ENTITY = (
    b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]><worksheet xmlns="a"><sheetData><row>'
    b'<c t="inlineStr"><is><t>&x;</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 torn",
        b"address,sentiment\n",
        zipped(),
        zipped(xl__worksheets__sheet1_xml=b"<broken"),
        zipped(xl__worksheets__sheet1_xml=zlib.compress(b"x")),
        zipped(xl__worksheets__sheet1_xml=b"<worksheet/>"),
        zipped(xl__worksheets__sheet1_xml=ENTITY),
        as_workbook(ROWS)[:-400],
    ],
)
def test_what_is_no_workbook_is_told_in_one_sentence(data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        read_workbook(data, who="ann", when=NOW)
    assert "\n" not in str(caught.value)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "LARGEST_PART", 2000)
    bomb = zipped(xl__worksheets__sheet1_xml=b"<worksheet><sheetData><row><c><v>" + b"1" * 3000)
    with pytest.raises(UsageError, match="too large"):
        read_workbook(bomb, who="ann", when=NOW)


def test_an_entity_reads_no_file() -> None:
    assert list(workbook.read(zipped(xl__worksheets__sheet1_xml=ENTITY))) == [(1, [""])]
