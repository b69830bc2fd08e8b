"""`repaudit label`: the labels out as a sheet, corrections back in, or one result after the other by single keys."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, current_audit, emit, now, open_brief, open_store, say
from audit.cli.live import tell
from audit.errors import NotEnoughError, UsageError
from audit.files import read_text, write_text

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Label
    from audit.sheet import Place
    from audit.store import Store

_WORKBOOK = ".xlsx"


@app.command()
def label(
    brief_path: BriefPath,
    out: Annotated[Path, typer.Option("--out", help="Where to write the sheet; .xlsx makes a workbook.")] = Path(
        "labels.csv"
    ),
    read: Annotated[Path | None, typer.Option("--read", help="Read a corrected sheet back, CSV or .xlsx.")] = None,
    here: Annotated[bool, typer.Option("--here", help="Label in the terminal by single keys.")] = False,
    second: Annotated[
        bool, typer.Option("--second", help="With --here: ask about what others answered too, to measure agreement.")
    ] = False,
    who: Annotated[str, typer.Option(help="Who decided (kept with every label).")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the labels for a person to correct, read the corrections back, or label by single keys."""
    if here and read is not None:
        raise UsageError("--here and --read exclude each other.", mend="Give one of them.")
    brief = open_brief(brief_path)
    name = who or os.environ.get("USER", "person")
    with open_store(brief, brief_path) as store:
        if here:
            _label_here(brief, store, name, second, as_json)
        elif read is not None:
            _read_back(brief, store, read, name, as_json)
        else:
            _write(brief, store, out, brief_path, as_json)


def _write(brief: Brief, store: Store, out: Path, brief_path: Path, as_json: bool) -> None:
    from audit.sheet import write_sheet, write_workbook

    audit = current_audit(brief, store)
    if out.suffix.lower() == _WORKBOOK:
        _write_bytes(out, write_workbook(audit.snapshot, audit.labels, audit.label_keys))
    else:
        write_text(out, write_sheet(audit.snapshot, audit.labels, audit.label_keys))
    doubtful = sum(each.uncertain for each in audit.labels.values())
    if as_json:
        emit({"written": str(out), "labels": len(audit.labels), "uncertain": doubtful})
        return
    mend = f"Correct the column 'sentiment', then: repaudit label {brief_path} --read {out} --who NAME"
    say(f"Written: {out}; {doubtful} uncertain ones first. {mend}")


def _read_back(brief: Brief, store: Store, path: Path, who: str, as_json: bool) -> None:
    from audit.sheet import read_sheet, read_workbook

    if path.suffix.lower() == _WORKBOOK:
        people = read_workbook(_bytes(path), who=who, when=now())
    else:
        people = read_sheet(read_text(path), who=who, when=now())
    store.save_labels(brief.brand.name, people)
    _told(store, brief, len(people), as_json)


def _write_bytes(path: Path, body: bytes) -> None:
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(body)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        mend = "Name a folder that exists and is yours."
        raise UsageError(f"cannot be written ({error.strerror}).", where=str(path), mend=mend) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror}).", where=str(path)) from None


def _told(store: Store, brief: Brief, kept: int, as_json: bool) -> None:
    """What was kept, and how far people agree where two labelled the same results."""
    from audit.agreement import between_people

    shared, alpha, kappa = between_people(store.all_labels(brief.brand.name))
    if as_json:
        emit({"kept": kept, "labelled_by_two": shared, "alpha": alpha, "kappa": kappa})
        return
    say(f"{kept} labels of yours kept; they win over every automatic one.")
    if alpha is not None:
        beside = "" if kappa is None else f", Cohen's kappa {kappa:.2f}"
        say(f"{shared} results were labelled by two people: Krippendorff's alpha {alpha:.2f}{beside}.")


# ---------------------------------------------------------------- here, by keys


def _label_here(brief: Brief, store: Store, who: str, second: bool, as_json: bool) -> None:
    from audit.quick import Quick

    queue = _queue(brief, store, who, second)
    with _keys() as key:
        kept = Quick(queue, who, now, key, tell if as_json else say, _Kept(store, brief.brand.name)).run()
    _told(store, brief, kept, as_json)


def _queue(brief: Brief, store: Store, who: str, second: bool) -> Sequence[Sequence[Place]]:
    """What waits for an answer, the engine's own guess beside it: a second person must not see the first one's."""
    from audit.classify import label_snapshot
    from audit.cli.judging import judge_of
    from audit.quick import subject, waiting
    from audit.sheet import in_order

    snapshot = store.latest(brief.brand.name)
    if snapshot is None:
        mend = "Make one: repaudit import <brief> FILES..."
        raise NotEnoughError(f"there is no snapshot of {brief.brand.name!r} yet.", mend=mend)
    labels, keys = label_snapshot(snapshot, method=brief.method(), judge=judge_of(brief.meaning))
    spoken = store.all_labels(brief.brand.name)
    answered = {subject(label) for label in spoken if not second or label.who == who}
    return waiting(in_order(snapshot, labels, keys), answered)


class _Kept:
    """Answers in the store, each in its own transaction."""

    def __init__(self, store: Store, brand: str) -> None:
        self._store, self._brand = store, brand

    def keep(self, label: Label) -> None:
        self._store.save_labels(self._brand, [label])

    def take_back(self, label: Label) -> None:
        self._store.withdraw_label(self._brand, label)


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Single keys of a terminal; the first sign of a line where there is none, or a dumb one."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield _line
        return
    if not sys.stdin.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield _line
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield lambda: sys.stdin.read(1)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _line() -> str:
    """A line's first sign; "?" for an empty line, "" at the end of the input."""
    line = sys.stdin.readline()
    return (line.strip()[:1] or "?") if line else ""
