"""Labelling by single keys: every answer is kept at once, comes back on undo, and strangers cannot move the cursor."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner  # noqa: TID251

from audit.classify import label_snapshot
from audit.cli import app
from audit.models import Cause, Label, LabelOrigin, Snapshot
from audit.quick import Quick, answer, guess, plain, subject, waiting
from audit.sheet import Place, in_order
from audit.store import Store
from tests.test_sheet import NOW, snapshot_of

ROWS = [
    ("Lumivelo scam: they took my money", "https://a.example/1"),
    ("Lumivelo reviews: excellent, highly recommended", "https://b.example/2"),
    ("Lumivelo e-bikes are sold in three sizes", "https://c.example/3"),
]


class Kept:
    """A keeper that remembers every call."""

    def __init__(self) -> None:
        self.labels: list[Label] = []
        self.calls: list[str] = []

    def keep(self, label: Label) -> None:
        self.labels.append(label)
        self.calls.append(f"keep {label.address} {label.sentiment}")

    def take_back(self, label: Label) -> None:
        self.labels.remove(label)
        self.calls.append(f"back {label.address}")


def queue_of(snapshot: Snapshot) -> Sequence[Sequence[Place]]:
    """In the order of the page, so that the tests can name results."""
    labels, keys = label_snapshot(snapshot)
    return sorted(in_order(snapshot, labels, keys), key=lambda places: places[0].hit.position)


def sitting(keys: str, kept: Kept, rows: list[tuple[str, str]] | None = None) -> tuple[int, list[str]]:
    told: list[str] = []
    left = iter(keys)
    quick = Quick(queue_of(snapshot_of(rows or ROWS)), "ann", lambda: NOW, lambda: next(left, ""), told.append, kept)
    return quick.run(), told


def test_each_key_is_one_answer_kept_at_once() -> None:
    kept = Kept()
    count, told = sitting("13", kept)
    assert kept.calls == ["keep a.example/1 -1.0", "keep b.example/2 0.0"], "what was answered stays when input ends"
    assert count == 2
    label = kept.labels[0]
    assert (label.by, label.who, label.when, label.confidence) == (LabelOrigin.PERSON, "ann", NOW, 1.0)
    assert (label.p, label.uncertain) == (None, False)
    shown = "\n".join(told)
    for part in ("Lumivelo scam", "a.example", "google 1 (Lumivelo)", "guess: negative", "cue:", "[1/3]"):
        assert part in shown


@pytest.mark.parametrize(("key", "sentiment"), [("1", -1.0), ("2", -0.5), ("3", 0.0), ("4", 0.5), ("5", 1.0)])
def test_five_levels(key: str, sentiment: float) -> None:
    kept = Kept()
    sitting(key, kept)
    assert kept.labels[0].sentiment == sentiment
    assert (kept.labels[0].severity > 0) is (sentiment < 0)


def test_not_about_the_brand_skip_and_quit() -> None:
    kept = Kept()
    assert sitting("snq5", kept)[0] == 1
    assert [(label.address, label.about_brand) for label in kept.labels] == [("b.example/2", False)]


def test_undo_takes_back_and_asks_again() -> None:
    kept = Kept()
    count, _ = sitting("15u4q", kept)
    assert kept.calls == [
        "keep a.example/1 -1.0",
        "keep b.example/2 1.0",
        "back b.example/2",
        "keep b.example/2 0.5",
    ]
    assert count == 2
    assert sitting("1uuq", Kept())[0] == 0, "the first one can only be asked again"


def test_an_unknown_key_is_told_and_asked_again() -> None:
    kept = Kept()
    _, told = sitting("x?9 5q", kept)
    assert kept.calls == ["keep a.example/1 1.0"]
    assert sum(line.startswith("1 negative") for line in told) == 6, "once a result, once a wrong key"


def test_a_title_cannot_steer_the_terminal() -> None:
    hostile = "Lumivelo \x1b[2J\x1b]0;owned\x07 \u202etxet \u200b\r\nfake line"
    _, told = sitting("q", Kept(), [(hostile, "https://a.example/\x1b[31m")])
    assert not [line for line in told if any(sign in line for sign in "\x1b\x07\r\n\u202e\u200b")]
    assert len(plain("x" * 9000)) <= 400


def test_praise_keeps_no_cause_and_blame_keeps_the_engines() -> None:
    (places,) = queue_of(snapshot_of(ROWS[:1]))
    guessed = places[0].label.model_copy(update={"cause": Cause.MEDIA, "severity": 4})
    assert answer(guessed, "1", "ann", NOW).cause is Cause.MEDIA
    assert answer(guessed, "1", "ann", NOW).severity == 4
    assert (answer(guessed, "5", "ann", NOW).cause, answer(guessed, "5", "ann", NOW).severity) == (Cause.UNKNOWN, 0)
    assert "not about the brand" in guess(guessed.model_copy(update={"about_brand": False}))


def test_what_was_answered_waits_no_more_until_its_title_changes() -> None:
    queue = queue_of(snapshot_of(ROWS))
    answered = {subject(queue[0][0].label)}
    assert [places[0].label.address for places in waiting(queue, answered)] == ["b.example/2", "c.example/3"]
    changed = queue_of(snapshot_of([("Lumivelo refunds everyone", ROWS[0][1]), *ROWS[1:]]))
    assert len(waiting(changed, answered)) == 3


# ---------------------------------------------------------------- the store

BRAND = "Lumivelo"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(str(tmp_path / "s.sqlite")) as opened:
        yield opened


def person(sentiment: float, who: str, hour: int) -> Label:
    (places,) = queue_of(snapshot_of(ROWS[:1]))
    said = answer(places[0].label, "5", who, datetime(2026, 11, 21, hour, tzinfo=UTC))
    return said.model_copy(update={"sentiment": sentiment})


def test_the_history_keeps_everybody_and_the_newest_wins(store: Store) -> None:
    ann, bob = person(-1.0, "ann", 9), person(1.0, "bob", 10)
    store.save_labels(BRAND, [ann])
    store.save_labels(BRAND, [bob])
    assert store.all_labels(BRAND) == [ann, bob]
    assert store.labels(BRAND) == [bob]


def test_a_label_taken_back_leaves_what_was_there_before(store: Store) -> None:
    before, slip = person(0.5, "ann", 9), person(-1.0, "ann", 10)
    store.save_labels(BRAND, [before])
    store.save_labels(BRAND, [slip])
    store.withdraw_label(BRAND, slip)
    assert store.labels(BRAND) == [before]
    store.withdraw_label(BRAND, before)
    assert store.labels(BRAND) == store.all_labels(BRAND) == []
    store.save_labels(BRAND, [slip])
    assert store.labels(BRAND) == [slip], "said again is said"
    assert store.verify() == []


# ---------------------------------------------------------------- the command

BRIEF = """
[brand]
name = "Lumivelo"
domains = ["lumivelo.example"]
[[markets]]
country = "GB"
language = "en"
engines = ["google"]
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    with Store.open(str(tmp_path / "repaudit.sqlite")) as opened:
        opened.save_snapshot(snapshot_of(ROWS))
    return tmp_path


def run(job: Path, *words: str, keys: str = "") -> str:
    done = CliRunner().invoke(app, ["label", str(job / "brief.toml"), *words], input=keys, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def kept_in(job: Path) -> list[Label]:
    with Store.open(str(job / "repaudit.sqlite")) as opened:
        return opened.all_labels(BRAND)


def test_here_by_lines_and_a_second_person(job: Path) -> None:
    shown = run(job, "--here", "--who", "ann", keys="1\n\n5\nq\n")
    assert "2 labels of yours kept" in shown
    assert [label.who for label in kept_in(job)] == ["ann", "ann"]
    assert "[1/1]" in run(job, "--here", "--who", "bob", keys="s\n"), "what ann answered is not asked again"
    told = run(job, "--here", "--second", "--who", "bob", keys="1\n4\nq\n")
    assert "[1/3]" in told
    assert "2 results were labelled by two people: Krippendorff's alpha" in told
    assert "person:ann" not in told, "a second person does not see what the first one said"


def test_a_workbook_out_and_back(job: Path) -> None:
    sheet = job / "labels.xlsx"
    assert "Written" in run(job, "--out", str(sheet))
    assert sheet.read_bytes().startswith(b"PK")
    assert "0 labels" in run(job, "--read", str(sheet), "--who", "ann"), "nothing was changed"


def test_what_a_person_said_is_in_the_audit(job: Path) -> None:
    run(job, "--here", "--who", "ann", keys="5\n5\n5\n")
    done = CliRunner().invoke(app, ["score", str(job / "brief.toml"), "--json"], catch_exceptions=False)
    assert '"validations":[{"language":"en","labelled":3' in done.stdout


def test_the_dumb_reader_ends_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.cli.label import _line

    monkeypatch.setattr(sys, "stdin", io.StringIO(" 2 please\n\n"))
    assert [_line(), _line(), _line()] == ["2", "?", ""]
