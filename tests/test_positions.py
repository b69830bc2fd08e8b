"""Tables of rank trackers: dialects, dates, marks, labels, hostile cells; and what the command keeps of them."""

from __future__ import annotations

import codecs
import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.brief import Brief, parse_brief
from audit.cli import main
from audit.errors import UsageError
from audit.models import Device, Origin, Verdict
from audit.position_labels import scale_of, sentiment_of
from audit.position_table import day_of, day_order, decoded, mapped, position_of, read_table
from audit.positions import PARTIAL, Hints, Imported, country_of, imported
from audit.score import score
from audit.store import Store
from reports.head import verdict_sentence
from reports.rows import Reader
from reports.words import Words
from tests.audits import NOW, audit_of, keys_of, labels_of

BRIEF = """
[brand]
name = "Lumivelo"
domains = ["lumivelo.example"]
[[markets]]
country = "GB"
language = "en"
engines = ["google"]
keywords = ["lumivelo bikes"]
"""
TWO = BRIEF + '[[markets]]\ncountry = "UA"\nlanguage = "uk"\nengines = ["google", "bing"]\n'
KNOWN = {"google": "google", "yandex": "yandex", "naver": "naver", "baidu": "baidu", "bing": "bing"}


def brief(text: str = BRIEF) -> Brief:
    return parse_brief(text)


def read(text: str | bytes, hints: Hints = Hints(), *maps: str, about: str = BRIEF) -> Imported:  # noqa: B008
    whole = decoded(text) if isinstance(text, bytes) else text
    return imported(read_table(whole, mapped(maps)), brief(about), hints, engines=KNOWN, tool="repaudit test")


AHREFS = (
    "Keyword\tCountry\tVolume\tCurrent position\tCurrent URL\tCurrent date\tPrevious position\n"
    "lumivelo\tGB\t900\t3\thttps://lumivelo.example/\t2025-03-31\t5\n"
    "lumivelo reviews\tGB\t90\t\t\t2025-03-31\t9\n"
)
SEMRUSH = (
    "Keyword,Position,Previous position,Search Volume,URL,Timestamp,Position Type\r\n"
    '"lumivelo",3,5,900,"https://lumivelo.example/",2025-03-31,Organic\r\n'
)
RANKING = (
    "Project;Lumivelo\n\nKeyword;Search engine;Region;Device;Date;Position;Landing page\n"
    "lumivelo;Google;United Kingdom;Mobile;31.03.2025;3;lumivelo.example\n"
)
TOPVISOR = "Запросы;Поисковая система;Регион;Позиция;Релевантный URL;Дата\nlumivelo;Google;Москва;3;https://lumivelo.example/;31.03.2025\n"
WIDE = "Фраза;URL;24.03.2025;31.03.2025\nlumivelo;https://lumivelo.example/;--;3\n"
SERPSTAT = '"Keyword";"Position";"URL";"Date"\n"lumivelo";"3";"https://lumivelo.example/";"Mar 31, 2025"\n'
ACCURANKER = "Keyword,Rank,Highest Ranking URL,Search Engine,Locale,Device,Search Date\nlumivelo,3,https://lumivelo.example/,google,en-gb,desktop,2025-03-31T04:00:00Z\n"
KOREAN = "키워드,순위,주소,날짜\nlumivelo,3,https://lumivelo.example/,2025년 3월 31일\n"
CHINESE = "关键词,排名,网址,日期\nlumivelo,3,https://lumivelo.example/,2025/03/31\n"


@pytest.mark.parametrize(
    "text", [AHREFS, SEMRUSH, RANKING, TOPVISOR, WIDE, SERPSTAT, ACCURANKER, KOREAN, CHINESE], ids=range(9)
)
def test_every_dialect_gives_the_same_page(text: str) -> None:
    found = read(text)
    assert not found.bad
    (snapshot,) = found.snapshots
    assert (snapshot.taken_at, snapshot.origin) == (datetime(2025, 3, 31, 12, tzinfo=UTC), Origin.POSITIONS)
    (serp,) = snapshot.serps
    assert (serp.query.keyword, serp.query.engine, serp.warnings) == ("Lumivelo", "google", (PARTIAL,))
    assert (serp.query.country, serp.query.language) == ("GB", "en")
    (row,) = serp.results
    assert (row.rank, row.position) == (3, 3)
    assert row.url.rstrip("/") == "https://lumivelo.example"


def test_what_stands_beside_is_read_too() -> None:
    assert read(RANKING).snapshots[0].serps[0].query.device is Device.PHONE
    assert read(AHREFS).unranked == 1
    assert len(read(AHREFS).snapshots[0].plan) == 2  # asked and not ranked: it covers less
    assert read_table(AHREFS, {}).unread == ("Volume", "Previous position")
    assert read(TOPVISOR).regions == ("Москва",)
    assert read(WIDE).unranked == 1
    assert read(SEMRUSH.replace('"lumivelo"', '"Lumivelo Bikes"')).snapshots[0].keywords[0].text == "lumivelo bikes"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251"])
def test_encodings(encoding: str) -> None:
    data = TOPVISOR.encode(encoding)
    assert read(data).snapshots == read(TOPVISOR).snapshots
    assert data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or encoding != "utf-16"


def test_old_encodings_of_asia_and_none() -> None:
    assert read(KOREAN.encode("cp949")).snapshots == read(KOREAN).snapshots
    assert read(CHINESE.encode("gb18030")).snapshots == read(CHINESE).snapshots
    with pytest.raises(UsageError, match="unknown encoding"):
        decoded(bytes(range(128, 256)))
    with pytest.raises(UsageError, match="is not utf-8"):
        decoded(TOPVISOR.encode("cp1251"), "utf-8")


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    "cell",
    [
        *("2025-03-04", "2025/3/4", "2025.03.04", "20250304", "04.03.2025", "4.3.25", "2025-03-04T23:59:59Z"),
        *("2025-03-04 10:00", "4 March 2025", "Mar 4, 2025", "4 марта 2025", "4 березня 2025", "2025년 3월 4일"),
        *("2025年3月4日", "2025. 3. 4."),
    ],
)
def test_dates_that_can_only_be_read_one_way(cell: str) -> None:
    assert day_of(cell, day_order([cell])) == date(2025, 3, 4)


def test_dates_that_can_be_read_in_two_ways() -> None:
    with pytest.raises(UsageError, match=r"'03/04/2025' may be day/month or month/day\. Say which: --date-format"):
        day_order(["03/04/2025", "05/04/2025"])
    assert day_order(["03/04/2025", "25/04/2025"]) == "DMY"
    assert day_order(["03/04/2025", "04/25/2025"]) == "MDY"
    with pytest.raises(UsageError, match="may be"):
        day_order(["25/04/2025", "04/25/2025"])
    assert day_order(["04/04/2025"]) == "DMY"
    assert day_of("03/04/2025", day_order(["03/04/2025"], "mdy")) == date(2025, 3, 4)
    assert day_of("04|03|2025", day_order([], "%d|%m|%Y")) == date(2025, 3, 4)
    for nonsense in ("", "45678", "31.02.2025", "yesterday", "1.2.3.4", "99/99/2025"):
        assert day_of(nonsense, "DMY") is None
    with pytest.raises(UsageError, match="no order"):
        day_order([], "day first")


# ---------------------------------------------------------------- positions and labels


def test_positions_and_marks_of_none() -> None:
    for cell in ("-", "—", ">100", "100+", "0", "", " ", "n/a", "Not ranked", "нет", "-1", "未上榜", "--"):
        assert position_of(cell) is None
    for cell in ("3", "3.0", "#3", "3 (↑2)", " 3 ", "3,0", "3 ▲2"):
        assert position_of(cell) == 3
    for cell in ("3.4", "three", "-3", "1e3", "=3", "99999", "3/4"):
        with pytest.raises(ValueError, match="position"):
            position_of(cell)


def test_labels_in_words_signs_and_numbers() -> None:
    for cell, level in {
        "Positive": 1,
        "негатив": -1,
        "중립": 0,
        "红色": -1,
        "green": 1,
        "rather negative": -0.5,
    }.items():
        assert sentiment_of(cell, "") == level
    assert [sentiment_of(c, "", signs=True) for c in ("+", "-")] == [1, -1]
    assert sentiment_of("-", "", signs=False) is None
    assert [scale_of(c) for c in (["1", "5"], ["-2", "1"], ["-1", "0", "1"], ["positive"])] == [
        "1-5",
        "-2-2",
        "-1-1",
        "",
    ]
    assert [sentiment_of(c, "1-5") for c in "12345"] == [-1, -0.5, 0, 0.5, 1]
    assert [sentiment_of(c, "-2-2") for c in ("-2", "−1", "0", "+1", "2")] == [-1, -0.5, 0, 0.5, 1]
    with pytest.raises(UsageError, match="--label-scale"):
        scale_of(["1", "2"])
    for cell in ("6", "2.5", "splendid"):
        with pytest.raises(ValueError, match="no label"):
            sentiment_of(cell, "1-5")


def test_labels_are_a_persons_of_their_day() -> None:
    text = "keyword,position,url,date,label\nlumivelo,1,https://a.example/x,2025-03-01,negative\n"
    text += "lumivelo,1,https://a.example/x,2025-03-08,neutral\nlumivelo,-,https://b.example/,2025-03-08,positive\n"
    found = read(text)
    assert [(label.address, label.sentiment, label.who) for label in found.labels] == [
        ("a.example/x", 0.0, "imported"),
        ("b.example", 1.0, "imported"),
    ]
    assert found.labels[0].when == datetime(2025, 3, 8, 12, tzinfo=UTC)


# ---------------------------------------------------------------- what cannot be


def test_bad_rows_are_named_by_their_line() -> None:
    text = (
        'keyword,position,url,date\n"lumi\nvelo",1,https://a.example/,2025-03-01\n'
        "lumivelo,1.5,https://a.example/,2025-03-01\nlumivelo,1,javascript:alert(1),2025-03-01\n\n"
        "lumivelo,1,,2025-03-01\nlumivelo,1,https://a.example/,soon\n,1,https://a.example/,2025-03-01\n"
        "lumivelo,1,https://a.example/,2025-03-01,spare\nlumivelo,2,https://a.example/,2025-03-01\n"
        "lumivelo,2,https://b.example/,2025-03-01\nlumivelo,2,http://www.a.example,2025-03-01\n"
    )
    found = read(text)
    assert [row.line for row in found.bad] == [4, 5, 7, 8, 9, 10, 12]
    assert "average" in found.bad[0].why
    assert found.bad[-1].why == "position 2 is another page's already (line 11)"
    assert found.repeated == 1
    assert [s.query.keyword for s in found.snapshots[0].serps] == ["lumi velo", "Lumivelo"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "has no column of keywords"),
        ("", "has no column of keywords"),
        ("keyword,position,url\nx,1,https://a.example/\n", "has no column of dates"),
        (f"keyword,position,date\n{'x' * 200_000},1,2025-01-01\n", "line 2: is no CSV"),
        ("keyword,position,date,url\nx,1,01/02/2025,https://a.example/\n", "day/month"),
    ],
)
def test_tables_that_cannot_be_read_say_the_mend(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as raised:
        read(text)
    assert raised.value.mend


def test_a_person_says_what_a_table_does_not() -> None:
    text = "Term,Where\nlumivelo,4\n"
    hints = Hints(engine="bing", page="https://lumivelo.example/", day=date(2025, 3, 31))
    found = read(text, hints, "Term=keyword", "Where=position", about=TWO)
    serp = found.snapshots[0].serps[0]
    assert (serp.query.engine, serp.query.country, serp.results[0].url) == ("bing", "UA", "https://lumivelo.example/")
    with pytest.raises(UsageError, match="has no column of search engines"):
        read(text, hints._replace(engine=""), "Term=keyword", "Where=position", about=TWO)
    with pytest.raises(UsageError, match="maps nothing"):
        mapped(["Term"])
    assert [country_of(c) for c in ("uk", "London, United Kingdom", "de", "대한민국", "Indiana", "")] == [
        *("GB", "GB", "DE", "KR", "", ""),
    ]


# ---------------------------------------------------------------- properties

CELL = st.text(st.characters(codec="utf-8"), max_size=30)
PLACES = st.dictionaries(
    st.tuples(st.sampled_from(["lumivelo prices", "lumivelo reviews x", "велосипед люмивело"]), st.integers(1, 100)),
    st.tuples(st.integers(1, 10**6), st.dates(date(2015, 1, 1), date(2026, 1, 1))),
    min_size=1,
    max_size=30,
)


@given(PLACES, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(max_examples=60, deadline=None)
def test_what_was_written_is_read_again(
    places: dict[tuple[str, int], tuple[int, date]], delimiter: str, encoding: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["Keyword", "Position", "URL", "Date"])
    rows = {(key, place, f"https://a.example/{n}", day) for (key, place), (n, day) in places.items()}
    writer.writerows((key, place, url, day.isoformat()) for key, place, url, day in rows)
    found = read(out.getvalue().encode(encoding))
    again = {
        (serp.query.keyword, row.rank, row.url, snapshot.taken_at.date())
        for snapshot in found.snapshots
        for serp in snapshot.serps
        for row in serp.results
    }
    assert again == rows
    assert not found.bad


@given(st.lists(st.lists(CELL, max_size=7), max_size=8))
@settings(max_examples=150, deadline=None)
def test_no_cell_breaks_it_and_no_row_is_lost(rows: list[list[str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["keyword", "position", "url", "date", "label", "title"])
    writer.writerows(rows)
    try:
        found = read(out.getvalue())
    except UsageError as error:
        assert error.mend
        return
    written = sum(any(cell.replace("\0", "").strip() for cell in row) for row in rows)
    clashes = sum("another page's" in bad.why for bad in found.bad)
    assert found.rows - clashes + len(found.bad) == written
    for snapshot in found.snapshots:
        assert all(row.url.startswith("http") for serp in snapshot.serps for row in serp.results)


# ---------------------------------------------------------------- the command


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["repaudit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(str(ended.value.code))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_keeps_the_past_once_and_marks_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "keyword,position,url,title,date,label\n"
    for day, label in (("2025-03-01", "negative"), ("2025-03-08", "negative")):
        text += f"lumivelo,1,https://lumivelo.example/,Lumivelo,{day},\n"
        text += f"lumivelo,2,https://a.example/x,=HYPERLINK(1),{day},{label}\n"
    (folder / "past.csv").write_text(text, "utf-8")
    assert run(monkeypatch, "positions", "brief.toml", "past.csv", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rows"], facts["dates"], facts["new_snapshots"], facts["new_labels"]) == (4, 2, 2, 1)
    assert run(monkeypatch, "positions", "brief.toml", "past.csv", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["new_snapshots"], facts["new_labels"]) == (0, 0)
    assert run(monkeypatch, "history", "brief.toml") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all("[imported]" in line for line in lines)
    assert run(monkeypatch, "report", "brief.toml", "--out", "r.html") == 0
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        assert store.verify() == []


def test_the_command_keeps_nothing_where_a_row_is_bad(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "p.csv").write_text(SEMRUSH + "lumivelo,third,,,,2025-03-31,\r\n", "utf-8")
    assert run(monkeypatch, "positions", "brief.toml", "p.csv") == 5
    assert "p.csv: 1 row cannot be read, nothing was kept: line 3: 'third' is no position" in capsys.readouterr().err
    assert not (folder / "repaudit.sqlite").exists()
    assert run(monkeypatch, "positions", "brief.toml", "p.csv", "--skip-bad") == 0
    assert "line 3: 'third' is no position; left out" in capsys.readouterr().out
    assert run(monkeypatch, "positions", "brief.toml", "none.csv") == 2


def test_a_table_of_positions_gives_no_verdict() -> None:
    """It knows only the rows it lists: what it does not list may be anything."""
    audit = audit_of("+++")
    table = audit.snapshot.model_copy(update={"origin": Origin.POSITIONS})
    scored = score(table, labels_of(table), keys_of(table), method=audit.method, made_at=NOW)
    assert scored.verdicts == (Verdict.NOT_ENOUGH,)
    assert scored.score.dominance == audit.score.dominance
    said = {language: verdict_sentence(Reader(scored, Words(language))) for language in ("en", "ru", "uk", "ko", "zh")}
    assert "only a table of past positions" in said["en"]
    assert len(set(said.values())) == len(said)
