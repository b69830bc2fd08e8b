"""The main job, step by step: a brief, pages, labels, a score, a report."""

from __future__ import annotations

import tomllib
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
    evidence_root,
    known_engine,
    now,
    open_brief,
    open_store,
    progress,
    say,
    tool,
)
from audit.cli.live import collected, options, tell
from audit.errors import UsageError
from audit.files import moment, read_text, write_text

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Snapshot
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
        theirs = _of_rivals(brief, arrivals, hint)
        arrivals = [a for a in arrivals if id(a.page) not in {id(page.page) for _, found in theirs for page in found}]
        snapshot = collect(brief, arrivals, taken_at=taken, tool=tool(), before=before)
        store.save_snapshot(snapshot)
        for rival, found in theirs:
            known = store.latest(rival.brand.name) if add else None
            store.save_snapshot(collect(rival, found, taken_at=taken, tool=tool(), before=known))
    _tell_import([*arrivals, *(arrival for _, found in theirs for arrival in found)], snapshot, as_json)


def _of_rivals(brief: Brief, arrivals: list[Arrival], hint: Hint) -> list[tuple[Brief, list[Arrival]]]:
    """Pages that answer a question about a measured competitor: one more snapshot for each that got one."""
    from audit.rivals import rival_briefs
    from spiders.collect import arrive

    planned = {id(arrival.page) for arrival in arrivals if arrival.planned}
    others = {id(arrival.page): arrival.page for arrival in arrivals if id(arrival.page) not in planned}
    found = []
    for rival in rival_briefs(brief) if others else ():
        told = [again for page in others.values() for again in arrive(page, rival, hint) if again.planned]
        if any(again.reading.outcome.answered for again in told):
            found.append((rival, told))
            others = {key: page for key, page in others.items() if key not in {id(again.page) for again in told}}
    return found


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


def _tell(as_json: bool, facts: dict[str, object], *words: str) -> None:
    """The same for machines and for people."""
    if as_json:
        emit(facts)
        return
    for line in words:
        say(line)


@app.command()
def demo(out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("repaudit-demo")) -> None:
    """Run the whole job on the demonstration brand and print where the report is."""
    from audit.cli.report import Deliverable, write_report
    from spiders.job import NoBrowserError

    source = demo_folder()
    brief = open_brief(source / "brief.toml").model_copy(update={"store": "demo.sqlite"})
    out.mkdir(parents=True, exist_ok=True)
    with open_store(brief, out / "brief.toml") as store:
        try:
            _demo_collected(source, brief, out, store)
        except NoBrowserError as error:
            tell(f"{error} The demonstration's saved pages are imported instead.")
            _demo_imported(source, brief, store)
        audit = current_audit(brief, store)
    path = out / "report.html"
    write_report(Deliverable(audit, brief, source / "brief.toml", brief.style, brief.style.language, path), {})
    from reports.words import Words

    for line in Words("en").summary(audit):
        say(line)
    say(f"Report: {path.resolve()}")


def _demo_collected(source: Path, brief: Brief, out: Path, store: Store) -> None:
    """By the real browser, the real Scrapy, gate and archive, from a web that is served here meanwhile.

    Its hosts are this machine: they are asked without pauses, and what a captcha page earns is forgotten afterwards.
    """
    from spiders.job import Job
    from spiders.loopback import Loopback
    from spiders.recorded import RecordedWeb

    said = tomllib.loads(read_text(source / "web.toml"))
    folders = (source / "pages", source / "landings")
    web = RecordedWeb(folders, brief.plan(), words=said["suggestions"], robots=said["robots"])
    job = Job(brief, options(brief), told=tell, web=Loopback(web.hosts, web))
    tell("The demonstration's web is served on this machine; browser and spiders collect from it.")
    collected(evidence_root(brief, out / "brief.toml"), store, job, None)


def _demo_imported(source: Path, brief: Brief, store: Store) -> None:
    from spiders.collect import Hint, collect

    arrivals = list(_arrivals(store, brief, [source / "pages"], Hint(), "", moment(DEMO_TIME, "--at")))
    store.save_snapshot(collect(brief, arrivals, taken_at=arrivals[0].page.fetched_at, tool=tool()))


def demo_folder() -> Path:
    """The demonstration inside the package (a wheel) or beside it (a checkout)."""
    for folder in (Path(str(files("audit"))) / "demo", Path(__file__).resolve().parents[2] / "examples" / "demo"):
        if (folder / "brief.toml").exists():
            return folder
    raise UsageError("the demonstration is not part of this installation.", mend="Run ./run demo in a checkout.")
