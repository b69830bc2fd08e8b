"""Live collection and its evidence: run, replay, export; and what there is to collect with."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, emit, evidence_root, now, open_brief, open_store, say, tool
from audit.errors import NotEnoughError, StoreError, UsageError

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Outcome, Snapshot
    from audit.store import Store
    from spiders.browser.fetch import Options
    from spiders.run import Kept, Run


@app.command()
def run(
    brief_path: BriefPath,
    headed: Annotated[
        bool, typer.Option("--headed", help="Show the browser; a challenge then waits for you to solve it by hand.")
    ] = False,
    profile: Annotated[Path | None, typer.Option(help="Folder of a browser profile that is kept.")] = None,
    replay: Annotated[
        list[Path] | None, typer.Option(help="Archives to take instead of the web: WARC, WACZ or a run's folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the engines in a real browser, the rest with Scrapy, keep the evidence, and end in a snapshot."""
    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        snapshot = _replayed(brief, store, replay) if replay else _collected(brief, brief_path, store, headed, profile)
    answered = sum(serp.outcome.answered for serp in snapshot.serps)
    if as_json:
        emit({"planned": len(snapshot.plan), "answered": answered, "taken_at": snapshot.taken_at.isoformat()})
        return
    say(f"{answered} of {len(snapshot.plan)} planned pages answered. Next: repaudit report {brief_path}")


def _collected(brief: Brief, brief_path: Path, store: Store, headed: bool, profile: Path | None) -> Snapshot:
    from audit.store import ArchiveEntry
    from spiders.run import Run, run_folder

    options = _options(brief, headed, profile)
    folder = run_folder(evidence_root(brief, brief_path), brief.digest(), now())
    with Run(folder, tool=tool(), clock=now, keep=store.keep) as open_run:
        asyncio.run(_ask(brief, open_run, store, options))
        finished = open_run.seal()
        snapshot, name = _kept(brief, store, open_run.visits)
    for entry in finished:
        store.save_archive(ArchiveEntry(folder.name, entry.file, entry.size, entry.sha256, name))
    return snapshot


async def _ask(brief: Brief, open_run: Run, store: Store, options: Options) -> None:
    from spiders.browser.fetch import Fetcher, Proxy
    from spiders.gate.gate import Gate
    from spiders.live import Live

    async with Gate(store.memory) as gate:
        way = gate.proxy.chromium
        proxy = Proxy(way["proxy"]["server"], way["proxy"]["username"], way["proxy"]["password"])
        options = options._replace(proxy=proxy, arguments=(*options.arguments, *way["args"]))
        async with Fetcher(options) as fetcher:
            live = Live(brief, open_run, gate, told=_tell, person=_person if options.headed else None)
            await live.collect(fetcher)


def _options(brief: Brief, headed: bool, profile: Path | None) -> Options:
    from spiders.browser.fetch import Options
    from spiders.browser.program import MEND, find_browser

    found = find_browser()
    if not found.path:
        raise UsageError(MEND)
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium refuses its sandbox to root
    return Options(
        program=found.path,
        headed=headed,
        screenshots=brief.collect.screenshots,
        profile=profile,
        sandbox=not root,
    )


def _kept(brief: Brief, store: Store, visits: Sequence[Kept]) -> tuple[Snapshot, str]:
    from spiders.collect import collect
    from spiders.live import read_run

    if not visits:
        raise NotEnoughError("nothing was visited.", mend="Look at the plan of the brief.")
    found = read_run(brief, visits)
    taken = max(entry.visit.at for entry in visits)
    snapshot = collect(brief, found.arrivals, taken_at=taken, tool=tool(), beside=found.beside)
    return snapshot, store.save_snapshot(snapshot)


def _replayed(brief: Brief, store: Store, paths: Sequence[Path]) -> Snapshot:
    """The snapshot of archived visits, without network; nothing altered is taken for evidence."""
    from spiders.archive.visits import replay_files
    from spiders.run import Kept

    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise UsageError("is not there.", where=str(missing), mend="Name a WARC, a WACZ or the folder of a run.")
    visits = []
    for entry in replay_files(paths):
        if entry.trouble:
            raise StoreError(entry.trouble, mend="Replay an unaltered copy.")
        if entry.visit is not None:
            if entry.page is not None:
                store.keep(entry.page)
            visits.append(Kept(entry.visit, entry.page))
    return _kept(brief, store, visits)[0]


def _tell(line: str) -> None:
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
    runs = [folder for folder in sorted(root.glob("*")) if folder.is_dir() and run_name in ("", folder.name)]
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
    """Which engines are read, and when each file was last true on a recorded page."""
    from spiders.registry import engines as shelf

    rows = [{"name": e.name, "index": e.index, "verified": e.verified.isoformat()} for e in shelf().values()]
    _table(rows, as_json)


@app.command()
def sites(as_json: AsJson = False) -> None:
    """Which review sites are read, and when each file was last true on a recorded page."""
    from spiders.registry import sites as shelf

    rows = [{"name": s.name, "verified": s.verified.isoformat() if s.verified else "never"} for s in shelf().values()]
    _table(rows, as_json)


def _table(rows: Sequence[dict[str, str]], as_json: bool) -> None:
    for row in rows:
        if as_json:
            emit(row)
        else:
            say("  ".join(f"{value:14}" for value in row.values()).rstrip())
