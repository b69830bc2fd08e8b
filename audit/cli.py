"""The command `repaudit`: the only file that knows all rooms. Errors become one sentence and an exit code.

Heavy rooms are imported inside the commands, so that `repaudit --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer  # noqa: TID251

from audit.errors import NotEnoughError, RenderError, RepauditError, UsageError
from audit.files import file_name, moment, read_text, write_text

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Audit, Snapshot
    from audit.store import Store
    from spiders.collect import Arrival, Hint

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
INTERNAL_ERROR = 70  # sysexits.h EX_SOFTWARE
INTERRUPTED = 130
DEMO_TIME = "2026-11-20T09:00Z"

BriefPath = Annotated[Path, typer.Argument(metavar="brief.toml", help="The brief of the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines: JSON on standard output.")]
Moment = Annotated[str, typer.Option("--at", help="When the pages were saved, like 2026-11-20T09:00Z.")]


def main() -> None:
    """Entry point. No traceback reaches a user unless REPAUDIT_DEBUG is set."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except RepauditError as error:
        _stop(f"repaudit: {error}", error.exit_code)
    except KeyboardInterrupt:
        _stop("repaudit: stopped by you; what was finished is kept.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("REPAUDIT_DEBUG"):
            raise
        words = f"repaudit: an error of ours ({type(error).__name__}: {error})."
        _stop(f"{words} REPAUDIT_DEBUG=1 shows where; please report it.", INTERNAL_ERROR)


def _stop(sentence: str, code: int) -> None:
    sys.stderr.write(" ".join(sentence.split()) + "\n")
    sys.exit(code)


def tool() -> str:
    return f"repaudit {version('repaudit')}"


def say(text: str) -> None:
    """A line for people; machines read standard output only where --json is asked for."""
    sys.stdout.write(text + "\n")


def emit(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


@app.callback(invoke_without_command=True)
def _root(show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Search-reputation audits: does the good or the bad dominate what people meet when they look a brand up?"""
    if show:
        say(tool())
        raise typer.Exit


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

    brief = _brief(brief_path)
    hint = Hint(_known_engine(engine), query, country, language, page)
    with _store(brief, brief_path) as store:
        before = store.latest(brief.brand.name) if add else None
        arrivals = list(_arrivals(store, brief, paths, hint, url, moment(at, "--at")))
        taken = max((a.page.fetched_at for a in arrivals), default=_now())
        snapshot = collect(brief, arrivals, taken_at=taken, tool=tool(), before=before)
        store.save_snapshot(snapshot)
    _tell_import(arrivals, snapshot, as_json)


def _arrivals(
    store: Store, brief: Brief, paths: list[Path], hint: Hint, url: str, at: datetime | None
) -> Iterator[Arrival]:
    """Keep the bytes first, then read them."""
    from spiders.collect import arrive
    from spiders.saved import expand, open_file

    for path in _progress(expand(paths), "Reading"):
        for page in open_file(path, url=url, now=_now()):
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
) -> None:
    """Write the labels as CSV for a person to correct, or read the corrections back."""
    from audit.sheet import read_sheet, write_sheet

    brief = _brief(brief_path)
    with _store(brief, brief_path) as store:
        if read is not None:
            people = read_sheet(read_text(read), who=who or os.environ.get("USER", "person"), when=_now())
            store.save_labels(brief.brand.name, people)
            say(
                f"{len(people)} labels of yours kept; they win over every automatic one. Next: repaudit report {brief_path}"
            )
            return
        audit = _audit(brief, store)
        write_text(out, write_sheet(audit.snapshot, audit.labels, audit.label_keys))
        say(
            f"Written: {out}. Correct the column 'sentiment', then: repaudit label {brief_path} --read {out} --who NAME"
        )


@app.command()
def score(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """Score the latest snapshot: dominance with its range, and the verdict."""
    brief = _brief(brief_path)
    with _store(brief, brief_path) as store:
        audit = _audit(brief, store)
    if as_json:
        sys.stdout.write(audit.model_dump_json() + "\n")
        return
    from reports.words import Words

    for line in Words("en").summary(audit):
        say(line)


@app.command()
def explain(
    brief_path: BriefPath,
    what: Annotated[str, typer.Argument(help="`brand`, an engine, a keyword, or a page like s1.")] = "brand",
) -> None:
    """Print the arithmetic of one score, line by line."""
    from audit.explain import explain as lines

    brief = _brief(brief_path)
    with _store(brief, brief_path) as store:
        for line in lines(_audit(brief, store), what):
            say(line)


@app.command()
def report(
    brief_path: BriefPath,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; default: <brand>.<language>.html.")
    ] = None,
    language: Annotated[str, typer.Option("--lang", help="Language of the report: en ru uk ko zh.")] = "",
    expanded: Annotated[bool, typer.Option("--expanded", help="Open all details, for paper.")] = False,
) -> None:
    """Make the HTML audit of the latest snapshot."""
    brief = _brief(brief_path)
    with _store(brief, brief_path) as store:
        audit = _audit(brief, store)
    path = _report(audit, brief, out, language or brief.style.language, expanded)
    say(f"Report: {path.resolve()}")


def _report(audit: Audit, brief: Brief, out: Path | None, language: str, expanded: bool) -> Path:
    from reports.render import html

    path = out or Path(f"{file_name(brief.brand.name)}.{language}.html")
    write_text(path, html(audit, style=brief.style, language=language, expanded=expanded), RenderError)
    return path


@app.command()
def parse(
    paths: Annotated[list[Path], typer.Argument(metavar="FILES...")],
    engine: Annotated[str, typer.Option(help="Read as a page of this engine.")] = "",
    site: Annotated[str, typer.Option(help="Read as a page of this review site.")] = "",
    url: Annotated[str, typer.Option(help="Address of the page.")] = "",
    as_json: AsJson = False,
) -> None:
    """Read pages without a brief: one line a file, in order, whatever the file holds."""
    from spiders.parsed import parse_file

    _known_engine(engine)
    missing = False
    for path in paths:
        line = parse_file(path, engine=engine, site=site, url=url, now=_now())
        missing = missing or line["kind"] == "Missing"
        if as_json:
            emit(line)
        else:
            say(f"{path}: {' '.join(filter(None, _brief_words(line)))}")
    if missing:
        raise UsageError("some files are not there.", mend="Check the names.")


def _brief_words(line: dict[str, Any]) -> list[str]:
    count = len(line["results"])
    return [line["source"], line["outcome"], line["kind"], line["query"], f"{count} results" if count else ""]


@app.command()
def classify(as_json: AsJson = False) -> None:
    """Label JSON lines from standard input; keys: id, and any of lang brand title snippet domain text rating."""
    from audit.classify import classify_row

    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            answer = classify_row(json.loads(line))
        except (ValueError, TypeError, AttributeError) as error:
            raise UsageError(
                f"is no row that can be labelled ({error}).", where=f"line {number}", mend="One JSON object a line."
            ) from None
        if as_json:
            emit(answer)
        else:
            say(f"{answer['id']}: {answer['label']} {answer['because']}")


@app.command()
def demo(out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("repaudit-demo")) -> None:
    """Run the whole job on the demonstration brand and print where the report is."""
    from spiders.collect import Hint, collect

    source = demo_folder()
    brief_path = source / "brief.toml"
    brief = _brief(brief_path)
    out.mkdir(parents=True, exist_ok=True)
    with _store(brief.model_copy(update={"store": "demo.sqlite"}), out / "brief.toml") as store:
        arrivals = list(_arrivals(store, brief, [source / "pages"], Hint(), "", moment(DEMO_TIME, "--at")))
        snapshot = collect(brief, arrivals, taken_at=arrivals[0].page.fetched_at, tool=tool())
        store.save_snapshot(snapshot)
        audit = _audit(brief, store)
    path = _report(audit, brief, out / "report.html", brief.style.language, expanded=False)
    from reports.words import Words

    for line in Words("en").summary(audit):
        say(line)
    say(f"Report: {path.resolve()}")


def demo_folder() -> Path:
    """The demonstration inside the package (a wheel) or beside it (a checkout)."""
    for folder in (Path(str(files("audit"))) / "demo", Path(__file__).resolve().parent.parent / "examples" / "demo"):
        if (folder / "brief.toml").exists():
            return folder
    raise UsageError("the demonstration is not part of this installation.", mend="Run ./run demo in a checkout.")


@app.command()
def verify(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """Check every kept byte and seal of the store; exit 3 when something was altered or is missing."""
    from audit.errors import StoreError

    with _store(_brief(brief_path), brief_path) as store:
        troubles = store.verify()
    if as_json:
        emit({"troubles": troubles})
    if troubles:
        raise StoreError(
            "; ".join(troubles), mend="Restore the store from a copy; the reports made from it cannot be proved."
        )
    if not as_json:
        say("Every kept page and snapshot is as it was written.")


@app.command()
def browser() -> None:
    """Say which browser was found, or in one sentence what to do."""
    from spiders.browser import find_browser

    say(find_browser().words)


def _audit(brief: Brief, store: Store) -> Audit:
    """Label and score the latest snapshot; the audit is kept."""
    from audit.advice import advise
    from audit.classify import label_snapshot
    from audit.score import score as score_snapshot

    snapshot = store.latest(brief.brand.name)
    if snapshot is None:
        raise NotEnoughError(
            f"there is no snapshot of {brief.brand.name!r} yet.", mend="Make one: repaudit import <brief> FILES..."
        )
    method = brief.method()
    labels, keys = label_snapshot(snapshot, store.labels(brief.brand.name), method=method)
    previous = store.latest_audit(brief.brand.name, before=snapshot.taken_at)
    scored = score_snapshot(snapshot, labels, keys, previous, method=method, made_at=_now())
    audit = scored.model_copy(update={"actions": advise(scored)})
    store.save_audit(audit)
    return audit


def _brief(path: Path) -> Brief:
    from audit.brief import read_brief
    from spiders.registry import engines

    return read_brief(path, tuple(engines()))


def _known_engine(name: str) -> str:
    from spiders.registry import engines

    if name and name not in engines():
        raise UsageError(f"{name!r} is no engine of ours.", where="--engine", mend=f"Known: {', '.join(engines())}.")
    return name


def _store(brief: Brief, brief_path: Path) -> Store:
    from audit.store import Store

    address = brief.store
    return Store.open(address if "://" in address else str((brief_path.parent / address).resolve()))


def _progress(items: list[Path], words: str) -> Iterator[Path]:
    """A bar on standard error for people; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import track

    yield from track(items, words, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def _now() -> datetime:
    return datetime.now(UTC)
