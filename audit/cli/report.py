"""The deliverable: the report as html, and beside it paper, workbook, CSV, JSON and the evidence pack."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer  # noqa: TID251

from audit.cli.base import (
    AsJson,
    BriefPath,
    app,
    current_audit,
    emit,
    evidence_root,
    now,
    open_brief,
    open_store,
    own_runs,
    say,
    tool,
)
from audit.errors import BriefError, NotEnoughError, RenderError, UsageError
from audit.files import file_name, write_text

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Audit, HouseStyle

OTHERS = (".pdf", ".xlsx", ".csv", ".json", ".wacz")
LOGO_BYTES = 149_000  # as text it is a third larger, and the report takes 200,000 characters
_LOGOS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"<svg", "image/svg+xml"),
    (b"<?xml", "image/svg+xml"),
)


class Wanted(NamedTuple):
    """What is written beside the html."""

    pdf: bool = False
    xlsx: bool = False
    csv: bool = False
    json: bool = False
    wacz: bool = False


class Deliverable(NamedTuple):
    """One audit in one language and one house's dress; `path` is that of the html."""

    audit: Audit
    brief: Brief
    brief_path: Path
    style: HouseStyle
    language: str
    path: Path


@app.command()
def report(
    brief_path: BriefPath,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; default: <brand>.<language>.html.")
    ] = None,
    language: Annotated[str, typer.Option("--lang", help="Language of the report: en ru uk ko zh.")] = "",
    expanded: Annotated[bool, typer.Option("--expanded", help="Open all details.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also on paper (A4), by the browser.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Also as a workbook.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also the results as CSV.")] = False,
    json_file: Annotated[bool, typer.Option("--json-file", help="Also the whole Audit as JSON.")] = False,
    wacz: Annotated[bool, typer.Option("--wacz", help="Also the evidence of the newest run.")] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Show the captured pages; the brief's collect.screenshots kept them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the audit's report, and what is asked for beside it under the same name."""
    brief = open_brief(brief_path)
    style = house_style(brief, brief_path)
    path = _html_path(out, brief, language or brief.style.language)
    with open_store(brief, brief_path) as store:
        audit = current_audit(brief, store)
    asked = Deliverable(audit, brief, brief_path, style, language or brief.style.language, path)
    shown = _pictures(asked) if pictures else {}
    made = {"report": write_report(asked, shown, expanded=expanded)}
    made |= dict(_beside(asked, shown, Wanted(pdf, xlsx, csv, json_file, wacz)))
    with open_store(brief, brief_path) as store:  # `repaudit forget` must know where they are
        for file in made.values():
            store.forgetting.remember_report(brief.brand.name, str(file.resolve()), audit.made_at)
    if as_json:
        emit({name: str(file.resolve()) for name, file in made.items()})
        return
    for name, file in made.items():
        say(f"{_NAMES[name]}: {file.resolve()}")


_NAMES = {
    "report": "Report",
    "pdf": "Paper",
    "xlsx": "Workbook",
    "csv": "CSV",
    "json": "JSON",
    "wacz": "Evidence",
}


@app.command()
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of an Audit, as `report --json-file` and `score --json` write it."""
    from reports.tables import schema as text

    say(text().rstrip("\n"))


def write_report(asked: Deliverable, pictures: Mapping[str, str], *, expanded: bool = False) -> Path:
    """The html file; raises `RenderError` where it cannot be made or written."""
    write_text(asked.path, _html(asked, pictures, expanded=expanded), RenderError)
    return asked.path


def _html(asked: Deliverable, pictures: Mapping[str, str], *, expanded: bool) -> str:
    from reports.render import html

    return html(asked.audit, style=asked.style, language=asked.language, expanded=expanded, pictures=pictures)


def _html_path(out: Path | None, brief: Brief, language: str) -> Path:
    if out is None:
        return Path(f"{file_name(brief.brand.name)}.{language}.html")
    if out.suffix.lower() in OTHERS:
        mend = f"Name the html, like {out.with_suffix('.html').name}; the others are written beside it."
        raise UsageError(f"{out.suffix} is another kind of file.", where="--out", mend=mend)
    return out


def _beside(asked: Deliverable, pictures: Mapping[str, str], wanted: Wanted) -> Iterator[tuple[str, Path]]:
    """Every other file that was asked for, whole or not at all."""
    from reports import tables

    named = {name: asked.path.with_suffix(f".{name}") for name in Wanted._fields}
    if wanted.pdf:
        with written(named["pdf"]) as draft:
            draft.write_bytes(_paper(_html(asked, pictures, expanded=True)))
        yield "pdf", named["pdf"]
    if wanted.xlsx:
        with written(named["xlsx"]) as draft:
            tables.xlsx(asked.audit, draft, language=asked.language, agency=asked.style.agency)
        yield "xlsx", named["xlsx"]
    if wanted.csv:
        with written(named["csv"]) as draft, draft.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(tables.csv_lines(asked.audit, language=asked.language))
        yield "csv", named["csv"]
    if wanted.json:
        write_text(named["json"], tables.to_json(asked.audit), RenderError)
        yield "json", named["json"]
    if wanted.wacz:
        _evidence(asked, named["wacz"])
        yield "wacz", named["wacz"]


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A draft beside the file, which takes its name when it is whole."""
    draft = path.with_name(path.name + ".part")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        mend = "Name a folder that exists and is yours."
        raise RenderError(f"cannot be written ({error.strerror or error}).", where=str(path), mend=mend) from None
    finally:
        draft.unlink(missing_ok=True)


def _browser() -> tuple[str, bool]:
    """Program and whether its sandbox can be used: Chromium refuses it to root."""
    from spiders.browser.program import MEND, find_browser

    found = find_browser()
    if not found.path:
        raise RenderError("no browser to print with.", mend=MEND)
    return found.path, not (hasattr(os, "geteuid") and os.geteuid() == 0)


def _paper(html: str) -> bytes:
    from reports.pdf import pdf

    program, sandbox = _browser()
    return pdf(html, program=program, sandbox=sandbox)


def _evidence(asked: Deliverable, out: Path) -> None:
    from spiders.archive.wacz import export_wacz

    root = evidence_root(asked.brief, asked.brief_path)
    runs = own_runs(asked.brief, asked.brief_path)
    if not runs:
        mend = "Make one: repaudit run <brief>; pages that were imported are kept in the store."
        raise NotEnoughError("there is no run to pack.", where=str(root), mend=mend)
    title = f"{asked.brief.brand.name}, {runs[-1].name}"
    export_wacz(sorted(runs[-1].glob("*.warc.gz")), out, title=title, tool=tool(), at=now())


# ---------------------------------------------------------------- pictures


def _pictures(asked: Deliverable) -> dict[str, str]:
    """Captured pages by serp id, made small; empty where the capture kept none."""
    from reports.pdf import thumbnails

    serps = asked.audit.snapshot.serps
    wanted = {s.evidence.screenshot: s.id for s in serps if s.evidence and s.evidence.screenshot}
    if not wanted:
        mend = "Set collect.screenshots = true in the brief and collect again, or leave out --pictures."
        raise NotEnoughError("this snapshot has no screenshots.", where="--pictures", mend=mend)
    files = {s.evidence.warc for s in serps if s.evidence and s.evidence.screenshot}
    program, sandbox = _browser()
    kept = _kept(evidence_root(asked.brief, asked.brief_path), files, wanted)
    return dict(thumbnails(kept, program=program, sandbox=sandbox))


def _kept(root: Path, files: set[str], wanted: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The screenshots of these records, read one at a time from the archives that hold them."""
    from spiders.archive.reading import stored

    for warc in sorted(path for path in root.glob("*/*.warc.gz") if path.name in files):
        with warc.open("rb") as stream:
            for record in stored(stream):
                if record.id in wanted and record.body and not record.failure:
                    yield wanted[record.id], record.body


# ---------------------------------------------------------------- white label


def house_style(brief: Brief, brief_path: Path) -> HouseStyle:
    """The brief's [style] with its logo embedded. Raises `BriefError` for a file that is no logo."""
    logo = brief.style.logo
    if not logo or logo.startswith("data:"):
        return brief.style
    path = brief_path.parent / logo
    try:
        body = path.read_bytes()[: LOGO_BYTES + 1]
    except OSError as error:
        raise _no_logo(
            brief_path, f"{logo} cannot be read ({error.strerror})", "Name a file beside the brief"
        ) from None
    if len(body) > LOGO_BYTES:
        raise _no_logo(brief_path, f"{logo} has more than {LOGO_BYTES:,} bytes", "Save it smaller: 440 x 80 pixels do")
    mime = next((mime for start, mime in _LOGOS if body.lstrip().startswith(start)), "")
    if not mime:
        raise _no_logo(brief_path, f"{logo} is neither PNG, JPEG nor SVG", "Save it as one of these")
    from reports.pdf import data_uri

    return brief.style.model_copy(update={"logo": data_uri(body, mime)})


def _no_logo(brief_path: Path, what: str, mend: str) -> BriefError:
    return BriefError(f"{what}.", where=f"{brief_path}: style.logo", mend=f"{mend}.")
