"""What every command shares: the application, common options, and ways to speak to people and to machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer  # noqa: TID251

from audit.errors import NotEnoughError, UsageError

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Audit
    from audit.store import Store

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

BriefPath = Annotated[Path, typer.Argument(metavar="brief.toml", help="The brief of the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines: JSON on standard output.")]
Moment = Annotated[str, typer.Option("--at", help="When the pages were saved, like 2026-11-20T09:00Z.")]


def tool() -> str:
    return f"repaudit {version('repaudit')}"


def say(text: str) -> None:
    """A line for people; machines read standard output only where --json is asked for."""
    sys.stdout.write(text + "\n")


def emit(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def now() -> datetime:
    return datetime.now(UTC)


def open_brief(path: Path) -> Brief:
    from audit.brief import read_brief
    from spiders.apis import askable
    from spiders.registry import engines

    return read_brief(path, tuple(engines()), askable())


def open_store(brief: Brief, brief_path: Path) -> Store:
    from audit.store import Store

    address = brief.store
    return Store.open(address if "://" in address else str((brief_path.parent / address).resolve()))


def known_engine(name: str) -> str:
    from spiders.registry import engines

    if name and name not in engines():
        raise UsageError(f"{name!r} is no engine of ours.", where="--engine", mend=f"Known: {', '.join(engines())}.")
    return name


def current_audit(brief: Brief, store: Store) -> Audit:
    """Label and score the latest snapshot; the audit is kept."""
    from audit.advice import advise
    from audit.classify import label_snapshot
    from audit.cli.judging import judge_of
    from audit.cli.movement import Readers, over_time, rivals_of
    from audit.cli.trust import with_trust
    from audit.money import money
    from audit.score import score as score_snapshot

    snapshot = store.latest(brief.brand.name)
    if snapshot is None:
        raise NotEnoughError(
            f"there is no snapshot of {brief.brand.name!r} yet.", mend="Make one: repaudit import <brief> FILES..."
        )
    method = brief.method()
    people = store.labels(brief.brand.name)
    judge = judge_of(brief.meaning)
    labels, keys = label_snapshot(snapshot, people, method=method, judge=judge)
    previous = store.latest_audit(brief.brand.name, before=snapshot.taken_at)
    scored = score_snapshot(snapshot, labels, keys, previous, method=method, made_at=now())
    audit = over_time(scored, store, Readers(people, judge))
    audit = audit.model_copy(update={"actions": advise(audit, previous)})
    priced = money(audit, brief.money)
    rivals = rivals_of(brief, store, snapshot, judge)
    audit = audit.model_copy(update={"rivals": rivals, "findings": (*audit.findings, *priced)})
    audit = with_trust(audit, brief, store, people, judge)
    store.save_audit(audit)
    return audit


def progress(items: list[Path], words: str) -> Iterator[Path]:
    """A bar on standard error for people; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import track

    yield from track(items, words, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def evidence_root(brief: Brief, brief_path: Path) -> Path:
    """Where the archives of a brief's runs stand: beside its store."""
    name = "repaudit" if "://" in brief.store else Path(brief.store).stem
    return brief_path.parent / f"{name}.evidence"


def own_runs(brief: Brief, brief_path: Path) -> list[Path]:
    """Folders of this brief's runs, oldest first: other brands of the store, and rivals, have theirs beside them.

    A brief that was changed since finds the runs of its older self, as far as they are nobody else's.
    """
    from audit.rivals import rival_briefs

    root, digest = evidence_root(brief, brief_path), brief.digest()
    folders = [folder for folder in sorted(root.glob("*")) if folder.is_dir()]
    theirs = tuple(f"-{rival.digest()}" for rival in rival_briefs(brief))
    own = [folder for folder in folders if f"-{digest}" in folder.name]
    return own or [folder for folder in folders if not any(mark in folder.name for mark in theirs)]
