"""Forgetting: no byte of a name is left, the chain of seals holds, and `verify` tells forgotten from altered."""

from __future__ import annotations

import html
import json
import random
import sqlite3
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from audit.cli import main
from audit.errors import StoreError, UsageError
from audit.forgetting import FORGOTTEN, Named, normal, pseudonym, theirs
from audit.models import (
    AggregateRating,
    Brand,
    Evidence,
    Keyword,
    Landing,
    Origin,
    Outcome,
    Page,
    Review,
    ReviewProfile,
    Snapshot,
    Status,
)
from audit.store import ArchiveEntry, Store
from audit.store.forget import forgotten_days
from spiders.archive.forget import TOMBSTONE, concerned
from spiders.archive.reading import stored
from spiders.archive.visits import Capture, Purpose, replay
from spiders.run import Errand, Run
from tests.audits import serp_of

NOW = datetime.now(UTC).replace(microsecond=0)
BRIEF = """
[brand]
name = "Lumivelo"
domains = ["lumivelo.example"]
[[markets]]
country = "GB"
language = "en"
engines = ["google"]
"""
OK = Outcome(status=Status.RESULTS)
SYLLABLES = {
    "latin": "ba ke li mo nu ra se ti vo zu",
    "cyrillic": "ба ке ли мо ну ра се ти во зу",
    "hangul": "박 케 리 모 누 라 세 티 보 주",
    "han": "柏 柯 黎 莫 努 拉 瑟 蒂 沃 祖",
    "greek": "βα κε λι μο νυ ρα σε τι βο ζυ",
}


def names(count: int, seed: int = 5) -> list[str]:
    """Invented names in five scripts; nobody is called so."""
    dice, found = random.Random(seed), set[str]()
    while len(found) < count:
        script = list(SYLLABLES)[len(found) % 5]
        parts = SYLLABLES[script].split()
        word = ["".join(dice.choices(parts, k=4 if script not in ("hangul", "han") else 2)) for _ in range(2)]
        found.add("".join(word) if script in ("hangul", "han") else " ".join(w.title() for w in word))
    return sorted(found)


def opinion(number: int) -> str:
    return f"Opinion {number}: the bicycle of {1000 + number} days had a bell and a basket, number {number * 7}."


def markup(people: list[str], first: int = 0) -> bytes:
    rows = "".join(
        f"<div class='r'><b>{html.escape(name)}</b><i>4</i><p>{opinion(first + at)}</p></div>"
        for at, name in enumerate(people)
    )
    return f"<html><title>Reviews</title><body>{rows}</body></html>".encode()


def page(body: bytes, at: datetime, name: str = "p") -> Page:
    return Page(url=f"https://reviews.example/{name}", status=200, body=body, fetched_at=at, source="browser")


def snapshot(at: datetime, evidence: Evidence, count: int, first: int = 0, brand: str = "Lumivelo") -> Snapshot:
    stars = AggregateRating(value=4, best=5, worst=1)
    reviews = tuple(Review(rating=stars, text=opinion(first + n), date="2026-01-02") for n in range(count))
    fetched = {"outcome": OK, "fetched_at": at, "evidence": evidence}
    return Snapshot(
        brand=Brand(name=brand, domains=("lumivelo.example",)),
        taken_at=at,
        tool="test",
        brief_digest="d",
        origin=Origin.LIVE,
        keywords=(Keyword(text="lumivelo", language="en"),),
        plan=(),
        serps=(serp_of("s1", "google", "lumivelo", "+0-").model_copy(update={"fetched_at": at, "evidence": None}),),
        profiles=(ReviewProfile(site="trustpilot", url="https://reviews.example/p", reviews=reviews, **fetched),),
        landings=(Landing(url="https://reviews.example/l", text="A page of its own.", **fetched),),
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def collected(folder: Path, people: list[str], at: datetime, first: int = 0) -> str:
    """One run as `repaudit run` leaves it: WARC, store, snapshot, seal."""
    run_folder = folder / "repaudit.evidence" / f"{at:%Y%m%dT%H%M%SZ}-0123456789abcdef"
    with (
        Store.open(str(folder / "repaudit.sqlite")) as store,
        Run(run_folder, tool="test", clock=lambda: at, keep=store.keep) as run,
    ):
        quiet = page(b"<html>nobody is named here</html>", at, "quiet")
        run.keep(Errand(quiet.url, Purpose.LANDING), Capture(quiet))
        shown = page(markup(people, first), at, quote(people[0]))
        kept = run.keep(
            Errand(shown.url, Purpose.PROFILE, site="trustpilot"), Capture(shown, screenshot=b"\x89PNG" * 9)
        )
        assert kept.page is not None
        assert kept.page.evidence is not None
        name = store.save_snapshot(snapshot(at, kept.page.evidence, len(people), first))
        for entry in run.finish():
            store.save_archive(ArchiveEntry(run_folder.name, entry.file, entry.size, entry.sha256, name))
        run.seal()
    return name


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["repaudit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(str(ended.value.code or 0))


def authors(people: list[str]) -> list[str]:
    return [part for name in people for part in ("--author", name)]


def clear_bytes(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file as it is, and what compressed parts of it hold."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "brief.toml"):
        data = path.read_bytes()
        yield path, data
        if path.name.endswith(".gz"):
            while data:
                reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield path, reader.decompress(data)
                data = reader.unused_data
        if path.suffix == ".sqlite":
            link = sqlite3.connect(path)
            for (blob,) in link.execute("SELECT data FROM blobs WHERE data <> x''"):
                yield path, zlib.decompress(blob)
            link.close()


def found_in(folder: Path, people: list[str]) -> set[str]:
    wanted = {form: name for name in people for form in (name, quote(name), html.escape(name), json.dumps(name)[1:-1])}
    return {
        f"{path.name}: {name}"
        for path, data in clear_bytes(folder)
        for form, name in wanted.items()
        if form.encode() in data
    }


# ---------------------------------------------------------------- the promise


def test_500_names_in_five_scripts_leave_no_byte(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people = names(500)
    weeks = [NOW - timedelta(weeks=week) for week in (3, 2, 1)]
    ids = [collected(folder, people[at * 166 : at * 166 + 168], when, at * 166) for at, when in enumerate(weeks)]
    assert run(monkeypatch, "report", "brief.toml", "--out", "r.html", "--csv", "--json-file") == 0
    assert run(monkeypatch, "verify", "brief.toml") == 0
    shown = capsys.readouterr()
    outside = {p: p.read_bytes() for p in folder.glob("r.*")} | {folder: (shown.out + shown.err).encode()}
    outside |= {folder / "repaudit.sqlite": (folder / "repaudit.sqlite").read_bytes()}
    masked = [name for name in people if any(name.encode() in data for data in outside.values())]
    assert masked == []  # before anything is forgotten, no name stands in clear outside of the evidence
    packed = (zlib.compress(markup(people[:168])), zlib.compress(markup(people[166:334], 166)))
    assert all(data[40:400] in outside[folder / "repaudit.sqlite"] for data in packed)

    assert run(monkeypatch, "forget", "brief.toml", *authors(people), "--yes") == 0
    assert "Forgotten: " in capsys.readouterr().out
    assert found_in(folder, people) == set()
    raw = (folder / "repaudit.sqlite").read_bytes()
    assert not any(data[at : at + 60] in raw for data in packed for at in range(0, len(data), 60))
    assert not list(folder.glob("r.*"))
    assert run(monkeypatch, "verify", "brief.toml") == 0
    assert f"3 snapshots: forgotten on {NOW:%Y-%m-%d} by request" in capsys.readouterr().out
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        for id_ in ids:
            reviews = store.snapshot(id_).profiles[0].reviews
            assert {(r.text, r.date) for r in reviews} == {("", None)}
            assert all(r.rating is not None and r.rating.value == 4 for r in reviews)
    assert run(monkeypatch, "score", "brief.toml") in (0, 4)


def test_one_of_many_is_forgotten_and_the_others_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people = names(10)
    first = collected(folder, people, NOW - timedelta(days=9))
    second = collected(folder, names(4, seed=9), NOW - timedelta(days=2), first=50)
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        untouched = store.snapshot(second)
    assert run(monkeypatch, "forget", "brief.toml", "--author", people[4].upper(), "--yes", "--json") == 0
    counts = json.loads(capsys.readouterr().out)["forgotten"]
    assert (counts["page"], counts["snapshot"], counts["archive"]) == (1, 1, 1)
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        texts = [review.text for review in store.snapshot(first).profiles[0].reviews]
        assert texts[4] == ""
        assert sum(text == "" for text in texts) == 2  # of two neighbours it cannot be told which one is meant
        assert store.snapshot(first).landings[0].text == ""
        assert store.snapshot(second) == untouched
        assert store.verify() == []
        sha256 = store.snapshot(first).profiles[0].evidence
        assert sha256 is not None
        with pytest.raises(StoreError, match=r"was forgotten on .* by request"):
            store.body(sha256.sha256)
    assert run(monkeypatch, "verify", "brief.toml") == 0
    collected(folder, names(3, seed=2), NOW - timedelta(days=1), first=90)
    assert run(monkeypatch, "verify", "brief.toml") == 0  # what follows rests on the new seal


def test_an_archive_replays_without_the_person(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = names(3)
    collected(folder, people, NOW - timedelta(days=2))
    (warc,) = (folder / "repaudit.evidence").glob("*/*.warc.gz")
    before = warc.read_bytes()
    assert concerned(warc, Named([people[1]])) == 1
    assert run(monkeypatch, "forget", "brief.toml", "--author", people[1], "--yes") == 0
    with warc.open("rb") as stream:
        visits = list(replay(stream, warc.name))
    assert [v.trouble for v in visits] == ["", ""]
    quiet, gone = visits
    assert quiet.page is not None
    assert gone.page is None
    assert gone.visit is not None
    assert gone.visit.skipped is not None
    assert (gone.visit.skipped.kind, gone.visit.purpose) == ("forgotten", Purpose.PROFILE)
    with warc.open("rb") as stream:
        stones = [record for record in stored(stream) if record.url.startswith(TOMBSTONE)]
    assert [json.loads(stone.body)["type"] for stone in stones] == ["response", "resource"]
    assert warc.read_bytes()[:200] == before[:200]
    with Run(warc.parent, tool="test", clock=lambda: NOW, keep=lambda _: Evidence(sha256="")) as again:
        assert again.sealed  # its promises know the new digest


def test_quotes_of_a_forgotten_review_go_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snippet of a result page and an audit's theme quote it without naming anybody."""
    people = names(4)
    at = NOW - timedelta(days=4)
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        kept = store.keep(page(markup(people), at))
        whole = snapshot(at, kept, 4)
        quoting = whole.serps[0].results[0].model_copy(update={"snippet": f"{opinion(3)[:40].upper()}..."})
        plain = whole.serps[0].results[1].model_copy(update={"snippet": f"By {people[3]}: a bell"})
        serp = whole.serps[0].model_copy(update={"results": (quoting, plain, *whole.serps[0].results[2:])})
        name = store.save_snapshot(whole.model_copy(update={"serps": (serp,)}))
    assert run(monkeypatch, "score", "brief.toml") == 0
    assert run(monkeypatch, "forget", "brief.toml", "--author", people[3], "--yes") == 0
    link = sqlite3.connect(folder / "repaudit.sqlite")
    documents = [d for table in ("snapshots", "audits") for (d,) in link.execute(f"SELECT document FROM {table}")]
    link.close()
    assert len(documents) == 2
    assert not any(opinion(3)[:40].casefold() in document.casefold() for document in documents)
    assert all(opinion(0) in document for document in documents)
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        rows = store.snapshot(name).serps[0].results
        assert [row.snippet for row in rows[:2]] == [FORGOTTEN, f"By {FORGOTTEN}: a bell"]
        audit = store.latest_audit("Lumivelo")
        assert audit is not None
        assert audit.snapshot == store.snapshot(name)
        assert store.verify() == []


def test_stopped_between_store_and_archive_it_is_named_and_finished_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people = names(3)
    collected(folder, people, NOW - timedelta(days=2))

    def power_cut(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr("spiders.archive.forget.put_in_place", power_cut)
        assert run(monkeypatch, "forget", "brief.toml", "--author", people[1], "--yes") == 130
    assert run(monkeypatch, "verify", "brief.toml") == 3
    assert run(monkeypatch, "forget", "brief.toml", "--author", people[1], "--yes") == 0
    assert run(monkeypatch, "verify", "brief.toml") == 0
    assert found_in(folder, [people[1]]) == set()
    assert not list(folder.rglob("*.part"))


def test_a_run_that_goes_on_is_not_touched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = names(3)
    collected(folder, people, NOW - timedelta(days=2))
    (open_folder,) = (folder / "repaudit.evidence").glob("*-0123456789abcdef")
    with Run(open_folder, tool="test", clock=lambda: NOW, keep=lambda _: Evidence(sha256="")):
        assert run(monkeypatch, "forget", "brief.toml", "--author", people[1], "--yes") == 3


def test_a_page_that_comes_again_can_be_forgotten_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = names(3)
    ids = []
    for days in (9, 2):
        ids.append(collected(folder, people, NOW - timedelta(days=days)))
        assert run(monkeypatch, "forget", "brief.toml", "--author", people[0], "--yes") == 0
        assert run(monkeypatch, "verify", "brief.toml") == 0
        assert found_in(folder, [people[0]]) == set()
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        assert [store.snapshot(name).profiles[0].reviews[0].text for name in ids] == ["", ""]


def test_tables_of_positions_do_not_age(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "p.csv").write_text("keyword,position,url,date\nlumivelo,1,https://a.example/,2015-01-01\n", "utf-8")
    assert run(monkeypatch, "positions", "brief.toml", "p.csv") == 0
    assert run(monkeypatch, "forget", "brief.toml", "--older-than", "1y", "--yes") == 0
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        assert len(store.snapshots("Lumivelo")) == 1


def test_a_changed_byte_is_still_named_after_forgetting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = names(4)
    for week in (3, 2):
        collected(folder, people, NOW - timedelta(weeks=week), first=week * 10)
    assert run(monkeypatch, "forget", "brief.toml", "--author", people[0], "--yes") == 0
    path = folder / "repaudit.sqlite"
    clean = path.read_bytes()
    for change in (
        "UPDATE snapshots SET document = replace(document, 'trustpilot', 'yelp') WHERE number = 1",
        "UPDATE tombstones SET was = 'x' WHERE kind = 'snapshot'",
        "UPDATE snapshots SET previous = 'x' WHERE number = 2",
        "DELETE FROM tombstones",
        "UPDATE blobs SET data = x'' WHERE length(data) > 0",
    ):
        link = sqlite3.connect(path)
        with link:
            link.execute(change)
        link.close()
        with Store.open(str(path)) as store:
            assert store.verify() != [], change
        path.write_bytes(clean)
    (warc, _) = sorted((folder / "repaudit.evidence").glob("*/*.warc.gz"))
    warc.write_bytes(warc.read_bytes()[:-7])
    assert run(monkeypatch, "verify", "brief.toml") == 3


# ---------------------------------------------------------------- age and brand


def test_an_age_goes_and_its_points_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = (400, 300, 20, 10)
    ids = [collected(folder, names(3, seed=age), NOW - timedelta(days=age), first=age) for age in ages]
    days = [f"{NOW - timedelta(days=age):%Y-%m-%d}" for age in ages]  # nobody scored them yet
    assert run(monkeypatch, "doctor", "brief.toml") in (0, 1)
    assert "2 of 4 snapshots are older than the 180 days" in capsys.readouterr().out
    assert run(monkeypatch, "forget", "brief.toml", "--older-than", "brief", "--yes") == 0
    assert run(monkeypatch, "history", "brief.toml") == 0
    assert [text[:10] for text in capsys.readouterr().out.splitlines()[-4:]] == days
    assert run(monkeypatch, "diff", "brief.toml") == 0
    assert run(monkeypatch, "verify", "brief.toml") == 0
    assert found_in(folder, [*names(3, seed=400), *names(3, seed=300)]) == set()
    assert found_in(folder, names(3, seed=20)) != set()
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        assert [entry.id for entry in store.snapshots("Lumivelo")] == ids[2:]
        with pytest.raises(StoreError, match=r"forgotten on .* by age"):
            store.snapshot(ids[0])
        assert any("by age" in told for told in forgotten_days(store.forgetting.tombstones()))
    assert len(list((folder / "repaudit.evidence").glob("*/*.warc.gz"))) == 2
    assert run(monkeypatch, "forget", "brief.toml", "--older-than", "180d", "--yes") == 0
    assert "Nothing of it is here." in capsys.readouterr().out


def test_a_brand_goes_and_another_ones_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = names(5)
    collected(folder, people, NOW - timedelta(days=30))
    at = NOW - timedelta(days=3)
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        kept = store.keep(page(b"<html>of another brand</html>", at, "other"))
        other = store.save_snapshot(snapshot(at, kept, 1, brand="Velmora"))
    assert run(monkeypatch, "report", "brief.toml", "--out", "r.html") == 0
    (folder / "repaudit.sqlite.before-0004").write_bytes(b"an older copy")
    assert run(monkeypatch, "forget", "brief.toml", "--brand", "--yes") == 0
    assert found_in(folder, [*people, "Lumivelo", "lumivelo.example/"]) <= {"repaudit.sqlite: lumivelo.example/"}
    assert not (folder / "r.html").exists()
    assert not (folder / "repaudit.sqlite.before-0004").exists()
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        assert store.verify() == []
        assert store.series.brands() == ["Velmora"]
        assert store.body(kept.sha256)
        assert store.snapshot(other).brand.name == "Velmora"
        store.save_snapshot(snapshot(NOW, kept, 1))
        assert store.verify() == []


# ---------------------------------------------------------------- asking first


def test_nothing_goes_unasked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people = names(3)
    collected(folder, people, NOW - timedelta(days=2))
    files = {p: p.read_bytes() for p in folder.rglob("*") if p.suffix in (".sqlite", ".gz")}
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert run(monkeypatch, "forget", "brief.toml", "--author", people[0]) == 2
    told = capsys.readouterr().err
    assert "nothing was forgotten; it would take" in told
    assert "1 page" in told
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert run(monkeypatch, "forget", "brief.toml", "--brand") == 2
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        assert store.verify() == []
        assert store.forgetting.tombstones() == []
    assert all(p.read_bytes() == data for p, data in files.items() if p.suffix == ".gz")
    for arguments in ((), ("--brand", "--older-than", "1d"), ("--older-than", "soon"), ("--author", "Lumivelo")):
        assert run(monkeypatch, "forget", "brief.toml", *arguments, "--yes") == 2
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert run(monkeypatch, "forget", "brief.toml", "--brand") == 0


def test_a_report_that_cannot_be_removed_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    collected(folder, names(3), NOW - timedelta(days=2))
    (folder / "out" / "kept").mkdir(parents=True)
    with Store.open(str(folder / "repaudit.sqlite")) as store:
        store.forgetting.remember_report("Lumivelo", str(folder / "out"), NOW)
    assert run(monkeypatch, "forget", "brief.toml", "--brand", "--yes") == 3
    assert f"not removed: {folder / 'out'}" in capsys.readouterr().err


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["Mirabel Osterkamp", "Люмила Вербицкая", "박세라", "柏莉莎", "Zoë d'Arvil"])
def test_a_name_is_found_in_every_form_and_masked(name: str) -> None:
    person = Named([name])
    forms = [name, name.upper(), html.escape(name), quote(name), json.dumps(name), name.replace(" ", "&nbsp;")]
    forms += ["".join(f"&#{ord(c)};" for c in name), f"x {name}, y", name.replace(" ", "</b> <i>")]
    for form in forms:
        assert person.in_bytes(f"<p>{form}</p>".encode()), form
        assert person.without(form) != form or "<" in form
        assert not person.in_text(person.without(form))
    for encoding in ("utf-16", "cp1251", "cp949", "gb18030"):
        try:
            assert person.in_bytes(name.encode(encoding))
        except UnicodeEncodeError:
            continue
    assert not person.in_bytes("Mirabella Osterkampova, Люмилав, 박세진".encode())
    assert person.masked({"a": [f"by {name}", 3, None]}) == {"a": [f"by {FORGOTTEN}", 3, None]}


def test_pseudonyms_are_keyed_by_brand_and_name() -> None:
    key = bytes(32)
    assert pseudonym(key, "Lumivelo", "Ana  Ber") == pseudonym(key, "Lumivelo", "ana ber")
    others = {pseudonym(k, b, "Ana Ber") for k in (key, bytes(31) + b"x") for b in ("Lumivelo", "Velmora")}
    assert len(others) == 4
    assert Named(["Ana Ber"], [pseudonym(key, "Lumivelo", "Ana Ber")]).wrote(pseudonym(key, "Lumivelo", "Ana Ber"))
    for nobody in ([], [" "], ["x"]):
        with pytest.raises(UsageError):
            Named(nobody)


def test_the_reviews_beside_a_name_and_those_that_cannot_be_found() -> None:
    people = names(6)
    texts = [opinion(n) for n in range(6)]
    chosen = theirs(markup(people), texts, Named([people[3]]))
    assert {3} <= chosen <= {2, 3}
    assert theirs(markup(people), [*texts, "written nowhere on it"], Named([people[3]])) == chosen | {6}
    assert theirs(markup(people), texts, Named(["Nobody Atall"])) == set()
    assert normal("  Ａ\u200bb ") == "ab"
