"""Live collection and its evidence: run, replay, export; and what there is to collect with."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, emit, evidence_root, now, open_brief, open_store, own_runs, say, tool
from audit.cli.periodic import Done, Series, Take, Turn, Wish, named, portfolio_run
from audit.errors import NotEnoughError, StoreError, UsageError

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Evidence, Outcome, Page, SerpQuery, Snapshot
    from audit.store import Store
    from audit.store.memory import PaceMemory
    from spiders.browser.fetch import Options
    from spiders.job import Job
    from spiders.run import Kept
    from spiders.stop import Stop


class Way(NamedTuple):
    """How a run gets its pages."""

    headed: bool = False
    profile: Path | None = None
    replay: tuple[Path, ...] = ()
    loopback: Path | None = None
    stop: Stop | None = None
    """Who may end it; None = nobody."""


@app.command()
def run(
    brief_paths: Annotated[list[Path], typer.Argument(metavar="BRIEFS...", help="One brief, or a portfolio of them.")],
    headed: Annotated[
        bool, typer.Option("--headed", help="Show the browser; a challenge then waits for you to solve it by hand.")
    ] = False,
    profile: Annotated[Path | None, typer.Option(help="Folder of a browser profile that is kept.")] = None,
    replay: Annotated[
        list[Path] | None, typer.Option(help="Archives to take instead of the web: WARC, WACZ or a run's folder.")
    ] = None,
    loopback: Annotated[
        Path | None, typer.Option(help="Ask a web on this machine instead (for trials), by the file it wrote.")
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=0, max=20, help="Captures of one time, 11 minutes apart; default: as the brief says.")
    ] = 0,
    slot: Annotated[str, typer.Option(help="Name of the time these captures stand for.")] = "",
    due: Annotated[bool, typer.Option("--due", help="Only if the brief's [schedule] has no snapshot yet.")] = False,
    every: Annotated[str, typer.Option(help="Like --due, in this rhythm: daily, weekly, monthly.")] = "",
    alerts: Annotated[
        bool, typer.Option("--alerts", help="Then tell alerts; exit code 10 where there is one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the engines in a real browser, the rest with Scrapy, keep the evidence, and end in a snapshot.

    Rivals with `measure = true` are asked in the same run. A portfolio goes one after the other: one that fails stops
    no other, and the exit code is the highest of theirs.
    """
    wish = Wish(repeat, slot, due, every).checked(profile=profile is not None)
    way = Way(headed, profile, tuple(replay or ()), loopback)
    with _stoppable() as stop:
        way = way._replace(stop=stop)
        code = portfolio_run(named(brief_paths), lambda path: _one(path, way, wish, alerts=alerts), as_json)
    if code:
        raise typer.Exit(code)


def _one(brief_path: Path, way: Way, wish: Wish, *, alerts: bool) -> tuple[Done, int]:
    """The run of one brief, and how many alerts are new."""
    from audit.rivals import rival_briefs

    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        root = evidence_root(brief, brief_path)
        take = _taker(way, root, store, rival_briefs(brief))
        pauses = not way.loopback and not way.replay
        done = Series(brief, root, store, tell).collect(take, wish, pauses=pauses)
        if not alerts or not done.snapshots:
            return done, 0
        from audit.cli.alerts import tell_alerts

        fresh, troubles = tell_alerts(brief, store)
    for line in (*(alert.text for alert in fresh), *(f"Not delivered: {trouble}" for trouble in troubles)):
        tell(line)
    return done, len(fresh)


def _taker(way: Way, root: Path, store: Store, rivals: Sequence[Brief]) -> Take:
    """One snapshot by this way: its own folder, a browser that remembers nothing of the capture before."""

    def take(brief: Brief, turn: Turn) -> Snapshot:
        if way.replay:
            return _replayed(brief, store, way.replay, rivals, turn)
        return captured(root, store, _job(brief, way, root), store.memory, turn, way.stop)

    return take


@contextmanager
def _stoppable() -> Iterator[Stop]:
    """Ctrl-C, and a service manager's SIGTERM as well: everything is closed, and the run goes on another time.

    Each has a handler of its own. A shell starts background jobs with SIGINT ignored, and so it stays: Ctrl-C is not
    for them. A SIGTERM handed on as SIGINT would be lost there.
    """
    from spiders.stop import Stop

    stop = Stop()
    handlers = {signal.SIGTERM: lambda *_: stop.ask()}
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        handlers[signal.SIGINT] = lambda *_: stop.ask(hurry=True)
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield stop
    except KeyboardInterrupt:
        tell("repaudit: stopped by you; what was finished is kept.")
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _job(brief: Brief, way: Way, root: Path) -> Job:
    from spiders.apis import keyring
    from spiders.job import Job
    from spiders.loopback import Door
    from spiders.stop import Stop

    door = Door.read(way.loopback) if way.loopback else None
    if door is not None:
        tell("A loopback web is asked, without pauses: nothing of this is the live web.")
    with (way.stop or Stop()).held():  # Playwright's own loop, asked for its browser, breaks off with a traceback
        wanted = options(brief, way.headed, way.profile)
    return Job(
        brief,
        wanted,
        told=tell,
        person=_person if way.headed else None,
        web=door,
        keys=keyring(root.parent),
    )


def collected(root: Path, store: Store, job: Job, memory: PaceMemory | None) -> Snapshot:
    """One snapshot that stands for itself, under its brand's lock."""
    from spiders.locks import only_run

    with only_run(root, job.brief.brand.name, now):
        return captured(root, store, job, memory)


def captured(
    root: Path,
    store: Store,
    job: Job,
    memory: PaceMemory | None,
    turn: Turn | None = None,
    stop: Stop | None = None,
) -> Snapshot:
    """Collect, store, seal: in this order, so that a blow between two of them costs nothing. The lock is held."""
    from audit.store import ArchiveEntry
    from spiders.run import Run, run_folder

    turn = turn or Turn()
    brief, name = job.brief, f"{tool()} (loopback)" if job.web else tool()
    folder = run_folder(root, turn.mark(brief.digest()), now())
    with Run(folder, tool=name, clock=now, keep=store.keep, stop=stop) as open_run:
        if not open_run.collected:
            open_run.stop.run(job.collect(open_run, memory))
        finished = open_run.finish()
        snapshot, id_ = _kept(brief, store, open_run.visits, name, turn)
        for entry in finished:
            store.save_archive(ArchiveEntry(folder.name, entry.file, entry.size, entry.sha256, id_))
        open_run.seal()
    return snapshot


def options(brief: Brief, headed: bool = False, profile: Path | None = None) -> Options:
    """What the browser is to be; `NoBrowserError` where there is none."""
    from spiders.browser.fetch import Options
    from spiders.browser.program import MEND, find_browser
    from spiders.job import NoBrowserError

    found = find_browser()
    if not found.path:
        raise NoBrowserError(MEND)
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium refuses its sandbox to root
    return Options(
        program=found.path,
        headed=headed,
        screenshots=brief.collect.screenshots,
        profile=profile,
        sandbox=not root,
    )


def _kept(brief: Brief, store: Store, visits: Iterable[Kept], name: str, turn: Turn) -> tuple[Snapshot, str]:
    from audit.models import Origin
    from spiders.collect import collect
    from spiders.live import read_run

    found = read_run(brief, visits)
    if found.taken_at is None:
        raise NotEnoughError("nothing was visited.", mend="Look at the plan of the brief.")
    snapshot = collect(brief, found.arrivals, taken_at=found.taken_at, tool=name, beside=found.beside)
    snapshot = snapshot.model_copy(update={"origin": Origin.LIVE, **turn._asdict()})
    return snapshot, store.save_snapshot(snapshot)


def _replayed(brief: Brief, store: Store, paths: Sequence[Path], rivals: Sequence[Brief], turn: Turn) -> Snapshot:
    """The snapshot of archived visits, without network; nothing altered is taken for evidence.

    A visit for a rival's question is the rival's; everything else is the brand's.
    """
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise UsageError("is not there.", where=str(missing), mend="Name a WARC, a WACZ or the folder of a run.")
    theirs = {cell: rival.brand.name for rival in rivals for cell in rival.plan()}
    wanted = brief.brand.name if any(rival.brand.name == brief.brand.name for rival in rivals) else None
    if wanted is None:
        own = frozenset(brief.plan())
        theirs = {cell: name for cell, name in theirs.items() if cell not in own}
    visits = (kept for kept in _read_again(paths, store.keep) if _whose(kept, theirs) == wanted)
    return _kept(brief, store, visits, tool(), turn)[0]


def _whose(kept: Kept, theirs: Mapping[SerpQuery, str]) -> str | None:
    """The rival a visit was made for; None = the brand."""
    return theirs.get(kept.visit.cell) if kept.visit.cell is not None else None


def _read_again(paths: Sequence[Path], keep: Callable[[Page], Evidence]) -> Iterator[Kept]:
    """One visit at a time: an archive may be larger than the memory."""
    from spiders.archive.visits import replay_files
    from spiders.run import Kept

    for entry in replay_files(paths):
        if entry.trouble:
            raise StoreError(entry.trouble, mend="Replay an unaltered copy.")
        if entry.visit is not None:
            if entry.page is not None:
                keep(entry.page)
            yield Kept(entry.visit, entry.page)


def tell(line: str) -> None:
    sys.stderr.write(line + "\n")


async def _person(outcome: Outcome, _: str) -> None:
    """A challenge is for a person: nothing here solves or evades one."""
    words = f"The engine asks for proof of a human ({outcome.kind}). Solve it in the browser window, then press Enter: "
    await asyncio.to_thread(input, words)


@app.command()
def export(
    brief_path: BriefPath,
    wacz: Annotated[Path, typer.Option("--wacz", help="File to write.")] = Path("evidence.wacz"),
    run_name: Annotated[str, typer.Option("--run", help="Name of the run; default: the newest.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write a run's evidence as WACZ, which public viewers replay."""
    from spiders.archive.wacz import export_wacz

    brief = open_brief(brief_path)
    root = evidence_root(brief, brief_path)
    runs = [folder for folder in own_runs(brief, brief_path) if run_name in ("", folder.name)]
    if not runs:
        raise NotEnoughError("there is no run to export.", where=str(root), mend="Make one: repaudit run <brief>")
    warcs = sorted(runs[-1].glob("*.warc.gz"))
    pages = export_wacz(warcs, wacz, title=f"{brief.brand.name}, {runs[-1].name}", tool=tool(), at=now())
    if as_json:
        emit({"written": str(wacz), "pages": pages, "run": runs[-1].name})
    else:
        say(f"Written: {wacz} with {pages} pages of run {runs[-1].name}. It opens in replayweb.page.")


@app.command()
def engines(as_json: AsJson = False) -> None:
    """Which engines are read, how each is reached, and when its file was last true on a recorded page."""
    from spiders.registry import engines as shelf
    from spiders.registry import providers

    rows = []
    for engine in shelf().values():
        apis = [plug.name for plug in providers().values() if engine.name in plug.asks]
        ways = f"browser; api: {', '.join(apis)}; saved" if apis else "browser; saved"
        facts = {"name": engine.name, "index": engine.index, "verified": engine.verified.isoformat()}
        rows.append(facts | {"reached": ways})
    _table(rows, as_json)


@app.command()
def sites(as_json: AsJson = False) -> None:
    """Which review sites are read, how each is reached, and when its file was last true on a recorded page."""
    from spiders.registry import sites as shelf

    rows = []
    for site in shelf().values():
        verified = site.verified.isoformat() if site.verified else "never"
        rows.append({"name": site.name, "verified": verified, "reached": "spider; saved; typed in"})
    _table(rows, as_json)


def _table(rows: Sequence[dict[str, str]], as_json: bool) -> None:
    for row in rows:
        if as_json:
            emit(row)
        else:
            say("  ".join(f"{value:14}" for value in row.values()).rstrip())
