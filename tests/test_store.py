"""What the store promises: nothing acknowledged is lost, nothing half is whole, nothing altered goes unseen."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from alembic.config import Config  # noqa: TID251
from alembic.script import ScriptDirectory  # noqa: TID251
from sqlalchemy import event  # noqa: TID251

from audit import migrations
from audit.errors import DocumentError, StoreError
from audit.faults import fault
from audit.models import (
    Audit,
    Brand,
    Evidence,
    Failure,
    Label,
    LabelOrigin,
    Method,
    Outcome,
    Page,
    Scope,
    Score,
    Snapshot,
    Status,
    Verdict,
)
from audit.store import Store

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
ACME = "Acme Kettles"
KILL_POINTS = 20
PAGES = 5
"""Kept in a store that is altered: more than its empty tables take."""
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def page(number: int, size: int = 20_000) -> Page:
    """Bytes that do not compress, so that a write takes pages of the database."""
    noise = random.Random(number).randbytes(size)
    return Page(
        url=f"https://serp.example/{number}", status=200, body=noise, fetched_at=NOW + timedelta(seconds=number)
    )


def snapshot(day: int = 0, brand: str = ACME, evidence: tuple[Evidence, ...] = ()) -> Snapshot:
    blocked = Outcome(status=Status.BLOCKED, kind="captcha")
    return Snapshot(
        brand=Brand(name=brand, aliases=("Акме", "艾克米")),
        taken_at=NOW + timedelta(days=day),
        tool="repaudit 0.1.0",
        brief_digest="0" * 64,
        keywords=(),
        plan=(),
        failures=tuple(Failure(what="page", outcome=blocked, evidence=item) for item in evidence),
    )


def audit(day: int = 0) -> Audit:
    return Audit(
        snapshot=snapshot(),
        made_at=NOW + timedelta(days=day),
        method=Method(),
        curve=(1.0, 0.5),
        labels={},
        label_keys={},
        scores=(Score(scope=Scope.BRAND, dominance=None),),
        verdicts=(Verdict.NOT_ENOUGH,),
    )


def label(address: str, sentiment: float | None, day: int = 0) -> Label:
    return Label(
        key=f"k-{address}",
        address=address,
        sentiment=sentiment,
        confidence=1.0,
        by=LabelOrigin.PERSON,
        who="reader",
        when=NOW + timedelta(days=day),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "brand.sqlite"


# ---------------------------------------------------------------- evidence


def test_bytes_come_back_as_they_arrived(path: Path) -> None:
    with Store.open(str(path)) as store:
        evidence = store.keep(page(1))
        assert evidence == Evidence(sha256=hashlib.sha256(page(1).body).hexdigest(), size=20_000)
        assert store.body(evidence.sha256) == page(1).body
        assert store.verify() == []


def test_a_page_is_kept_once_and_its_file_name_stays(path: Path) -> None:
    named = page(1).model_copy(update={"evidence": Evidence(sha256="", file="saved.html")})
    with Store.open(str(path)) as store:
        assert store.keep(named) == store.keep(named)
        assert store.keep(named).file == "saved.html"
        store.keep(page(1).model_copy(update={"fetched_at": NOW + timedelta(hours=1)}))  # the same bytes, later
    assert count(path, "blobs") == 1
    assert count(path, "fetches") == 2


def test_an_unknown_digest_is_an_error(path: Path) -> None:
    with Store.open(str(path)) as store, pytest.raises(StoreError, match="no page with digest"):
        store.body("0" * 64)


def count(path: Path, table: str) -> int:
    link = sqlite3.connect(path)
    try:
        return int(link.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        link.close()


# ---------------------------------------------------------------- snapshots, labels, audits


def test_snapshots_come_back_sealed_and_in_order(path: Path) -> None:
    with Store.open(str(path)) as store:
        names = [store.save_snapshot(snapshot(day)) for day in (0, 2, 1)]
        store.save_snapshot(snapshot(9, brand="Other"))
        assert [entry.id for entry in store.snapshots(ACME)] == [names[0], names[2], names[1]]
        assert all(entry.whole for entry in store.snapshots(ACME))
        assert store.snapshot(names[1]) == snapshot(2) == store.latest(ACME)
        assert store.latest("Nobody") is None
        assert store.save_snapshot(snapshot(1)) == names[2]
        assert len(store.snapshots(ACME)) == 3
        assert store.verify() == []


def test_the_newest_label_of_an_address_wins_and_history_stays(path: Path) -> None:
    with Store.open(str(path)) as store:
        assert store.save_labels(ACME, [label("a.example/x", -1), label("b.example/y", 0.5)]) == 2
        assert store.save_labels(ACME, [label("a.example/x", -0.5, day=3)]) == 1
        assert store.save_labels(ACME, [label("a.example/x", 1, day=1)]) == 1  # an older sheet, read in later
        assert store.save_labels(ACME, [label("b.example/y", 0.5)]) == 0
        assert {found.address: found.sentiment for found in store.labels(ACME)} == {
            "a.example/x": -0.5,
            "b.example/y": 0.5,
        }
        assert store.labels("Nobody") == []
        assert store.verify() == []
    assert count(path, "labels") == 4


def test_only_people_label_here(path: Path) -> None:
    rule = label("a.example", 0).model_copy(update={"by": LabelOrigin.RULE})
    with Store.open(str(path)) as store, pytest.raises(StoreError, match="by a person"):
        store.save_labels(ACME, [rule])


def test_audits_come_back(path: Path) -> None:
    with Store.open(str(path)) as store:
        assert store.latest_audit(ACME) is None
        first, second = store.save_audit(audit(0)), store.save_audit(audit(1))
        assert store.save_audit(audit(0)) == first != second
        assert store.audit(first) == audit(0)
        assert store.latest_audit(ACME) == audit(1)
        with pytest.raises(StoreError, match="not in the store"):
            store.audit("none")


# ---------------------------------------------------------------- alteration


def filled(path: Path) -> list[str]:
    with Store.open(str(path)) as store:
        evidence = tuple(store.keep(page(number)) for number in range(PAGES))
        names = [store.save_snapshot(snapshot(day, evidence=evidence)) for day in range(3)]
        store.save_labels(ACME, [label("a.example", -1)])
        store.save_audit(audit())
        assert store.verify() == []
    return names


ALTERATIONS = [
    ("UPDATE blobs SET data = zeroblob(length(data)) WHERE rowid = 1", "the bytes are not those that arrived"),
    ("UPDATE fetches SET document = replace(document, '/1', '/7') WHERE number = 2", "fetch 2: its record"),
    ("UPDATE snapshots SET document = replace(document, 'Акме', 'Acne') WHERE number = 2", "the seal does not match"),
    ("UPDATE snapshots SET taken_at = '2020-01-01T00:00:00+00:00' WHERE number = 2", "the seal does not match"),
    ("UPDATE snapshots SET seal = NULL WHERE number = 3", "the seal does not match"),
    ("UPDATE snapshots SET brand = 'Other' WHERE number = 2", "the seal does not match"),
    ("DELETE FROM snapshots WHERE number = 2", "the snapshot before it is missing"),
    ("DELETE FROM blobs WHERE rowid = 1", "is missing"),
    ("UPDATE labels SET document = replace(document, '-1.0', '1.0')", "label 1: its record"),
    ("UPDATE audits SET document = replace(document, 'reciprocal', 'gofish')", "its record was altered"),
]


@pytest.mark.parametrize(("statement", "sentence"), ALTERATIONS, ids=[a[0][:45] for a in ALTERATIONS])
def test_an_alteration_is_found(path: Path, statement: str, sentence: str) -> None:
    filled(path)
    link = sqlite3.connect(path)
    with link:
        assert link.execute(statement).rowcount == 1
    link.close()
    with Store.open(str(path)) as store:
        assert any(sentence in line for line in store.verify()), store.verify()


def test_a_snapshot_without_its_seal_is_not_read(path: Path) -> None:
    names = filled(path)
    link = sqlite3.connect(path)
    with link:
        link.execute("UPDATE snapshots SET seal = NULL WHERE number = 3")
    link.close()
    with Store.open(str(path)) as store:
        assert [entry.whole for entry in store.snapshots(ACME)] == [True, True, False]
        assert store.latest(ACME) == store.snapshot(names[1])
        with pytest.raises(StoreError, match="altered or is not whole"):
            store.snapshot(names[2])


def contents(path: Path) -> list[object]:
    """Everything a reader of the store gets, or the word for what it refuses."""
    found: list[object] = []

    def attempt(read: Callable[[], object]) -> None:
        try:
            found.append(read())
        except (StoreError, DocumentError):
            found.append("refused")

    try:
        with Store.open(str(path)) as store:
            for number in range(PAGES):
                attempt(lambda n=number: store.body(hashlib.sha256(page(n).body).hexdigest()))  # type: ignore[misc]
            for entry in store.snapshots(ACME):
                attempt(lambda name=entry.id: store.snapshot(name))  # type: ignore[misc]
            attempt(lambda: store.labels(ACME))
            attempt(lambda: store.latest_audit(ACME))
            found.append(store.verify())
    except StoreError:
        found.append("refused")
    return found


def test_a_flipped_bit_is_found_or_harmless(path: Path, tmp_path: Path) -> None:
    """Every flip is either named by `verify` (or refused), or everything reads as it was written."""
    filled(path)
    whole, good = path.read_bytes(), contents(path)
    assert good[-1] == []
    dice, named = random.Random(7), 0
    for turn in range(90):
        copy = tmp_path / f"flip{turn}.sqlite"
        data = bytearray(whole)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        copy.write_bytes(data)
        now = contents(copy)
        assert now == good or now[-1] != [], f"turn {turn}"
        named += now[-1] != []
    assert named > 20  # the rest fell into unused space: an empty table takes a page of the file


# ---------------------------------------------------------------- kill -9


def write_until_killed(path: str, pipe: Connection, statements: int) -> None:
    """Keeps pages and seals snapshots, acknowledging each; dies at its n-th statement or by its parent."""
    left = statements
    with Store.open(path) as store:

        def step(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(store._base.engine, moment, step)
        for number in range(10_000):
            evidence = store.keep(page(number, size=100_000))
            pipe.send(evidence.sha256)
            pipe.send(store.save_snapshot(snapshot(number, evidence=(evidence,))))


@forks
@pytest.mark.parametrize("point", range(KILL_POINTS))
def test_kill_9_loses_nothing_acknowledged(path: Path, point: int) -> None:
    """Even points die at a chosen statement, odd ones wherever they are when the parent has heard enough."""
    with Store.open(str(path)):
        pass
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    chosen = point % 2 == 0
    child = context.Process(target=write_until_killed, args=(str(path), theirs, 3 + point * 2 if chosen else -1))
    child.start()
    theirs.close()
    told: list[str] = []
    try:
        while chosen or len(told) < point:
            told.append(ours.recv())
    except EOFError:
        assert chosen
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    while ours.poll():  # what was acknowledged before the blow
        try:
            told.append(ours.recv())
        except EOFError:
            break
    with Store.open(str(path)) as store:
        digests = [word for word in told if re.fullmatch("[0-9a-f]{64}", word)]
        assert all(hashlib.sha256(store.body(word)).hexdigest() == word for word in digests)
        entries = store.snapshots(ACME)
        assert {word for word in told if word not in digests} <= {entry.id for entry in entries}
        assert all(entry.whole for entry in entries)
        assert store.verify() == []


def write_many(path: str, first: int) -> None:
    with Store.open(path) as store:
        for number in range(first, first + 25):
            store.save_snapshot(snapshot(number, evidence=(store.keep(page(number)),)))


@forks
def test_two_runs_write_at_once(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=write_many, args=(str(path), first)) for first in (0, 100)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    with Store.open(str(path)) as store:
        assert len(store.snapshots(ACME)) == count(path, "blobs") == 50
        assert store.verify() == []


# ---------------------------------------------------------------- what can go wrong


def test_a_full_disk_is_one_sentence_and_costs_nothing_kept(path: Path) -> None:
    with Store.open(str(path)) as store:
        kept = store.keep(page(1))
        with store._base.engine.connect() as link:
            pages = link.exec_driver_sql("PRAGMA page_count").scalar()
            link.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match=r"the disk is full\. |the disk is full") as caught:
            store.keep(page(2, size=300_000))
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 3
        assert store.body(kept.sha256) == page(1).body
        assert store.verify() == []


def test_a_locked_store_is_one_sentence(path: Path) -> None:
    with Store.open(str(path)):
        pass
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreError, match="another run is writing"):
            Store.open(str(path), wait=0.01)
    finally:
        other.close()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"this is a text, not a database; " * 40, "not a store"), (b"SQLite format 3\0" + b"\xff" * 4000, "store")],
)
def test_a_strangers_file_is_refused_and_untouched(path: Path, content: bytes, sentence: str) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=sentence):
        Store.open(str(path))
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path: Path) -> None:
    link = sqlite3.connect(path)
    with link:
        link.execute("CREATE TABLE recipes (name TEXT)")
    link.close()
    with pytest.raises(StoreError, match="another program"):
        Store.open(str(path))


def test_a_folder_and_a_foreign_scheme_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="a folder"):
        Store.open(str(tmp_path))
    with pytest.raises(StoreError, match="not mysql"):
        Store.open("mysql://user:secret@host/db")


def test_no_password_in_a_message() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql://user:secret@127.0.0.1:1/db?connect_timeout=1")
    assert "secret" not in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_a_document_of_an_unknown_schema_is_named(path: Path) -> None:
    """Sealed by a later version of ours: the seal holds, the schema is not ours."""
    later = snapshot().model_copy(update={"schema_version": 99})
    with Store.open(str(path)) as store:
        name = store.save_snapshot(later)
        with pytest.raises(DocumentError, match="schema 99"):
            store.snapshot(name)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("database or disk is full", "the disk is full"),
        ("database disk image is malformed", "the store is damaged"),
        ("file is not a database", "this file is not a store"),
        ("attempt to write a readonly database", "the store cannot be written"),
        ("something nobody foresaw\nwith a second line", "the store failed: something nobody foresaw"),
    ],
)
def test_faults_are_sentences(said: str, what: str) -> None:
    assert fault(said)[0] == what


# ---------------------------------------------------------------- schema


def test_head_is_the_newest_step() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.STEPS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_a_newer_store_is_refused(path: Path) -> None:
    filled(path)
    link = sqlite3.connect(path)
    with link:
        link.execute("UPDATE alembic_version SET version_num = '9999'")
    link.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        Store.open(str(path))
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.before-*")) == []


def test_an_older_store_is_copied_and_migrated(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = filled(path)
    steps = tmp_path / "steps"
    shutil.copytree(migrations.STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    (steps / "versions" / "v9999_note.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision = '9999'\ndown_revision = '{migrations.HEAD}'\n"
        "def upgrade():\n    op.add_column('snapshots', sa.Column('note', sa.Text))\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(migrations, "STEPS", steps)
    monkeypatch.setattr(migrations, "HEAD", "9999")
    with Store.open(str(path)) as store:
        assert store.snapshot(names[0]).brand.name == ACME
        assert store.verify() == []
    monkeypatch.undo()
    with Store.open(str(path.with_name(path.name + ".before-9999"))) as copy:
        assert [entry.id for entry in copy.snapshots(ACME)] == names
        assert copy.verify() == []


def test_a_store_of_the_first_schema_opens_with_all_it_held(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(migrations, "HEAD", "0001")
        old.setattr("audit.store.documents.register", lambda *_: None)  # the list of captures came later
        with Store.open(str(path)) as store:
            names = [store.save_snapshot(snapshot(1, evidence=(store.keep(page(1)),)))]
    with Store.open(str(path)) as store:
        assert [entry.id for entry in store.snapshots(ACME)] == names
        assert store.latest(ACME) is not None
        assert [(e.id, e.plan, e.slot) for e in store.series.captures(ACME)] == [(names[0], "0" * 64, "")]
        assert store.verify() == []
        store.memory.suspend("search.example", "captcha", 1e9, "captcha")


def test_memory_of_the_way_out_survives_a_restart(path: Path) -> None:
    with Store.open(str(path)) as store:
        memory = store.memory
        memory.suspend("a.example", "captcha", 2000.0, "a captcha")
        memory.suspend("a.example", "captcha", 1000.0, "an earlier end never shortens")
        memory.suspend("a.example", "rate_limit", 1500.0, "429")
        memory.keep_robots("https://a.example", 10.0, "", b"User-agent: *")
        memory.keep_robots("https://a.example", 20.0, "Deadline", b"")
        assert [memory.spend("a.example", "2026-11-02", 2) for _ in range(3)] == [True, True, False]
        assert memory.reserve("a.example", 100.0, 5.0, 200.0) == 100.0
    with Store.open(str(path)) as store:
        memory = store.memory
        assert memory.suspensions("a.example") == [("captcha", 2000.0, "a captcha"), ("rate_limit", 1500.0, "429")]
        assert memory.robots("https://a.example") == (20.0, "Deadline", b"")
        assert memory.robots("https://b.example") is None
        assert not memory.spend("a.example", "2026-11-02", 2)
        assert memory.spend("a.example", "2026-11-03", 2)
        assert memory.reserve("a.example", 100.0, 5.0, 200.0) == 105.0
        assert memory.reserve("a.example", 100.0, 5.0, 107.0) == 110.0
        assert memory.reserve("a.example", 100.0, 5.0, 200.0) == 110.0, "a moment too late was not taken"
        memory.release("a.example")
        assert memory.suspensions("a.example") == []


def test_settings_of_the_file(path: Path) -> None:
    with Store.open(str(path)) as store, store._base.engine.connect() as link:
        answers = [
            link.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert answers == ["delete", 2, 1]


def test_nobody_else_pays_for_the_database() -> None:
    """sqlalchemy is imported with the store and only with it, alembic only to migrate."""
    code = (
        "import sys, audit.models, spiders.site\n"
        "assert 'sqlalchemy' not in sys.modules\n"
        "import audit.store\n"
        "print('alembic' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
