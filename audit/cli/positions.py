"""Bring your history: past positions and labels of a rank tracker, as snapshots marked as imported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, emit, known_engine, open_brief, open_store, say, tool
from audit.errors import DocumentError, NotEnoughError, UsageError
from audit.files import moment

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.position_table import Table
    from audit.positions import Bad, Imported
    from audit.store import Store

NAMED = 10
"""Bad rows named in the message; `--json` and `--skip-bad` name all."""


@app.command()
def positions(
    brief_path: BriefPath,
    path: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Export of a rank tracker, or a table of your own.")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="HEADING=FIELD: keyword position url title snippet engine country date label ..."),
    ] = None,
    engine: Annotated[str, typer.Option(help="Whose positions these are, where no column tells.")] = "",
    page: Annotated[str, typer.Option(help="Address that rows without one are about: the tracked site.")] = "",
    at: Annotated[str, typer.Option("--at", help="When they were taken, where no column tells: 2025-03-31.")] = "",
    date_format: Annotated[str, typer.Option(help="DMY, MDY or a pattern, where dates can be read in two ways.")] = "",
    label_scale: Annotated[str, typer.Option(help="1-5, -2-2 or -1-1, where labels can be read in two ways.")] = "",
    encoding: Annotated[str, typer.Option(help="Of the file, where it cannot be told.")] = "",
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Take the other rows where some cannot be read.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Past positions and labels from CSV; every number from them is marked as imported.

    Exit 5 and nothing is kept where a row cannot be read, each named by its line; --skip-bad takes the others.
    """
    from audit.position_table import decoded, mapped, read_table
    from audit.positions import Hints, imported
    from spiders.registry import engines

    brief = open_brief(brief_path)
    day = moment(at, "--at")
    hints = Hints(known_engine(engine), page, day.date() if day else None, date_format, label_scale)
    mapping, data = mapped(map_ or ()), _bytes(path)
    try:
        table = read_table(decoded(data, encoding), mapping)
        found = imported(
            table, brief, hints, engines={e.name: e.index or e.name for e in engines().values()}, tool=tool()
        )
    except UsageError as error:
        raise UsageError(error.what, where=f"{path.name}: {error.where}".strip(": "), mend=error.mend) from None
    if found.bad and not skip_bad:
        raise DocumentError(_named(found.bad), where=path.name, mend="Mend them, or take the others with --skip-bad.")
    if not found.snapshots and not found.labels:
        raise NotEnoughError("no position and no label in it.", where=path.name, mend="Look at its columns.")
    with open_store(brief, brief_path) as store:
        kept = _keep(store, brief, found)
    _tell(table, found, kept, as_json)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror}).", where=str(path), mend="Name a CSV file.") from None


def _keep(store: Store, brief: Brief, found: Imported) -> tuple[int, int]:
    """Snapshots and labels that were new: the very same table twice is kept once."""
    before = len(store.snapshots(brief.brand.name))
    for snapshot in found.snapshots:
        store.save_snapshot(snapshot)
    known = set(store.all_labels(brief.brand.name))
    labels = store.save_labels(brief.brand.name, [label for label in found.labels if label not in known])
    return len(store.snapshots(brief.brand.name)) - before, labels


def _named(bad: Sequence[Bad]) -> str:
    told = "; ".join(f"line {row.line}: {row.why}" for row in bad[:NAMED])
    more = f"; and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return f"{len(bad)} row{'s' if len(bad) > 1 else ''} cannot be read, nothing was kept: {told}{more}."


def _tell(table: Table, found: Imported, kept: tuple[int, int], as_json: bool) -> None:
    facts = {"rows": found.rows, "unranked": found.unranked, "repeated": found.repeated}
    facts |= {"dates": len(found.snapshots), "new_snapshots": kept[0], "labels": len(found.labels)}
    facts["new_labels"] = kept[1]
    bad = [row._asdict() for row in found.bad]
    if as_json:
        emit({**facts, "bad": bad, "columns_not_read": table.unread, "regions_not_read": found.regions})
        return
    say(
        f"{found.rows} positions read: {found.unranked} not ranked, {found.repeated} repeated; "
        f"{len(found.snapshots)} dates ({kept[0]} new), {len(found.labels)} labels ({kept[1]} new)."
    )
    for row in found.bad:
        say(f"line {row.line}: {row.why}; left out")
    if table.unread:
        say(f"Columns not read: {', '.join(table.unread)}.")
    if found.regions:
        say(f"Regions that name no country, taken for the brief's: {', '.join(found.regions)}.")
    say("All of it is marked as imported. Next: repaudit history <brief>")
