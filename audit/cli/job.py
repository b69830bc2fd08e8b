"""The main job, step by step: a brief, pages, labels, a score, a report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer  # noqa: TID251

from audit.cli.base import (
    AsJson,
    BriefPath,
    Moment,
    app,
    current_audit,
    emit,
    known_engine,
    now,
    open_brief,
    open_store,
    progress,
    say,
    tool,
)
from audit.errors import RenderError, UsageError
from audit.files import file_name, moment, read_text, write_text

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Audit, Snapshot
    from audit.store import Store
    from spiders.collect import Arrival, Hint

DEMO_TIME = "2026-11-20T09:00Z"


@app.command()
def init(path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("brief.toml")) -> None:
    """Write a commented brief to fill in."""
    if path.exists():
        raise UsageError("exists already.", where=str(path), mend="Name another file, or move this one away.")
    write_text(path, files("audit").joinpath("example.toml").read_text("utf-8"))
    say(f"Written: {path}. Fill in the brand and the markets, then: repaudit import {path} FILES...")


@app.command("import")
def import_(
    brief_path: BriefPath,
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="Saved pages, MHTML, HAR, WARC, API JSON, folders.")
    ],
    engine: Annotated[str, typer.Option(help="Whose pages these are, where they do not tell.")] = "",
    query: Annotated[str, typer.Option(help="The query, where the page does not tell.")] = "",
    country: Annotated[str, typer.Option(help="Country they were asked from, like GB.")] = "",
    language: Annotated[str, typer.Option(help="Language of the interface, like en.")] = "",
    page: Annotated[int, typer.Option(min=0, help="1 or 2: which page of results.")] = 0,
    url: Annotated[str, typer.Option(help="Address of the page, where the file does not tell.")] = "",
    at: Moment = "",
    add: Annotated[
        bool, typer.Option("--add", help="Join the latest snapshot instead of beginning a new one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read saved pages into a snapshot; every file is answered with what it became."""
    from spiders.collect import Hint, collect

    brief = open_brief(brief_path)
    hint = Hint(known_engine(engine), query, country, language, page)
    with open_store(brief, brief_path) as store:
        before = store.latest(brief.brand.name) if add else None
        arrivals = list(_arrivals(store, brief, paths, hint, url, moment(at, "--at")))
        taken = max((a.page.fetched_at for a in arrivals), default=now())
        snapshot = collect(brief, arrivals, taken_at=taken, tool=tool(), before=before)
        store.save_snapshot(snapshot)
    _tell_import(arrivals, snapshot, as_json)


def _arrivals(
    store: Store, brief: Brief, paths: list[Path], hint: Hint, url: str, at: datetime | None
) -> Iterator[Arrival]:
    """Keep the bytes first, then read them."""
    from spiders.collect import arrive
    from spiders.saved import expand, open_file

    for path in progress(expand(paths), "Reading"):
        for page in open_file(path, url=url, now=now()):
            kept = store.keep(page if at is None else page.model_copy(update={"fetched_at": at}))
            whole = page.model_copy(update={"evidence": kept, "fetched_at": at or page.fetched_at})
            yield from arrive(whole, brief, hint)


def _tell_import(arrivals: list[Arrival], snapshot: Snapshot, as_json: bool) -> None:
    from spiders.collect import describe

    lines = [describe(arrival) for arrival in arrivals]
    answered = len({s.query for s in snapshot.serps if s.outcome.answered and s.query in set(snapshot.plan)})
    if as_json:
        emit({"files": lines, "planned": len(snapshot.plan), "answered": answered})
        return
    for line in lines:
        say(f"{line['file']}: {line['words']}")
    say(f"{answered} of {len(snapshot.plan)} planned pages answered. Next: repaudit report <brief>")


@app.command()
def label(
    brief_path: BriefPath,
    out: Annotated[Path, typer.Option("--out", help="Where to write the sheet.")] = Path("labels.csv"),
    read: Annotated[Path | None, typer.Option("--read", help="Read a corrected sheet back.")] = None,
    who: Annotated[str, typer.Option(help="Who decided (kept with every label).")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the labels as CSV for a person to correct, or read the corrections back."""
    from audit.sheet import read_sheet, write_sheet

    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        if read is not None:
            people = read_sheet(read_text(read), who=who or os.environ.get("USER", "person"), when=now())
            store.save_labels(brief.brand.name, people)
            _tell(
                as_json,
                {"kept": len(people)},
                f"{len(people)} labels of yours kept; they win over every automatic one.",
            )
            return
        audit = current_audit(brief, store)
        write_text(out, write_sheet(audit.snapshot, audit.labels, audit.label_keys))
        mend = f"Correct the column 'sentiment', then: repaudit label {brief_path} --read {out} --who NAME"
        _tell(as_json, {"written": str(out), "labels": len(audit.labels)}, f"Written: {out}. {mend}")


@app.command()
def score(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """Score the latest snapshot: dominance with its range, and the verdict."""
    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        audit = current_audit(brief, store)
    if as_json:
        say(audit.model_dump_json())
        return
    from reports.words import Words

    for line in Words("en").summary(audit):
        say(line)


@app.command()
def explain(
    brief_path: BriefPath,
    what: Annotated[str, typer.Argument(help="`brand`, an engine, a keyword, or a page like s1.")] = "brand",
    as_json: AsJson = False,
) -> None:
    """Print the arithmetic of one score, line by line."""
    from audit.explain import explain as lines

    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        told = list(lines(current_audit(brief, store), what))
    _tell(as_json, {"lines": told}, *told)


@app.command()
def report(
    brief_path: BriefPath,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; default: <brand>.<language>.html.")
    ] = None,
    language: Annotated[str, typer.Option("--lang", help="Language of the report: en ru uk ko zh.")] = "",
    expanded: Annotated[bool, typer.Option("--expanded", help="Open all details, for paper.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the HTML audit of the latest snapshot."""
    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        audit = current_audit(brief, store)
    path = _report(audit, brief, out, language or brief.style.language, expanded).resolve()
    _tell(as_json, {"report": str(path)}, f"Report: {path}")


def _tell(as_json: bool, facts: dict[str, object], *words: str) -> None:
    """The same for machines and for people."""
    if as_json:
        emit(facts)
        return
    for line in words:
        say(line)


def _report(audit: Audit, brief: Brief, out: Path | None, language: str, expanded: bool) -> Path:
    from reports.render import html

    path = out or Path(f"{file_name(brief.brand.name)}.{language}.html")
    write_text(path, html(audit, style=brief.style, language=language, expanded=expanded), RenderError)
    return path


@app.command()
def demo(out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("repaudit-demo")) -> None:
    """Run the whole job on the demonstration brand and print where the report is."""
    from spiders.collect import Hint, collect

    source = demo_folder()
    brief_path = source / "brief.toml"
    brief = open_brief(brief_path)
    out.mkdir(parents=True, exist_ok=True)
    with open_store(brief.model_copy(update={"store": "demo.sqlite"}), out / "brief.toml") as store:
        arrivals = list(_arrivals(store, brief, [source / "pages"], Hint(), "", moment(DEMO_TIME, "--at")))
        snapshot = collect(brief, arrivals, taken_at=arrivals[0].page.fetched_at, tool=tool())
        store.save_snapshot(snapshot)
        audit = current_audit(brief, store)
    path = _report(audit, brief, out / "report.html", brief.style.language, expanded=False)
    from reports.words import Words

    for line in Words("en").summary(audit):
        say(line)
    say(f"Report: {path.resolve()}")


def demo_folder() -> Path:
    """The demonstration inside the package (a wheel) or beside it (a checkout)."""
    for folder in (Path(str(files("audit"))) / "demo", Path(__file__).resolve().parents[2] / "examples" / "demo"):
        if (folder / "brief.toml").exists():
            return folder
    raise UsageError("the demonstration is not part of this installation.", mend="Run ./run demo in a checkout.")
