"""The weights of a head, from labelled text: public sets that permit it, and a user's own results."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer  # noqa: TID251

from audit.cli.base import AsJson, app, emit, say
from audit.errors import UsageError

if TYPE_CHECKING:
    from audit.labelled import Row, Source


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="The file of weights to write, like ru.title.xz.")],
    lang: Annotated[str, typer.Option(help="The language: en, ru, uk, ko or zh.")],
    kind: Annotated[str, typer.Option(help="What the head reads: result, title (news) or review.")] = "title",
    data: Annotated[Path | None, typer.Option(help="Folder of labelled sets with a MANIFEST.json.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="Only this set of --data; may be repeated.")] = None,
    labelled: Annotated[
        list[Path] | None, typer.Option(help="Your labelled results: JSON lines, or the sheet's CSV. May be repeated.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="The brand your labels are about, where a row does not say.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the weights of a head. Sets whose licence forbids it are left out, and said."""
    from audit.lexicon import languages
    from audit.training import train as trained

    if lang not in languages() or kind not in ("title", "review", "result"):
        raise UsageError(
            "no such head.", where=f"--lang {lang} --kind {kind}", mend=f"Known: {', '.join(languages())}."
        )
    if data is None and not labelled:
        raise UsageError("nothing to learn from.", mend="Name --data FOLDER, --labelled FILE, or both.")
    wanted = _public(data, sets or (), lang, cast(Literal["review", "title", "result"], kind)) if data else []
    rows = [*_rows(data, wanted), *_own(labelled or (), name or (), kind)]
    made = trained(rows, lang, kind, licences={source.name: source.licence for source in wanted})
    _write(out, made)
    counted = {source: sum(row.source == source for row in rows) for source in sorted({row.source for row in rows})}
    if as_json:
        emit({"out": str(out), "bytes": len(made), "rows": counted})
        return
    say(f"{out}: {len(made):,} bytes from {', '.join(f'{n:,} rows of {source}' for source, n in counted.items())}.")


def _public(data: Path, named: Sequence[str], lang: str, kind: Literal["review", "title", "result"]) -> list[Source]:
    from audit.labelled import chosen, sources

    wanted, refused = chosen(sources(data), lang, kind, named)
    for source in refused:
        told = f"{source.name} is left out: its licence ({source.licence}) does not let weights be shipped."
        sys.stderr.write(told + "\n")
    return wanted


def _rows(data: Path | None, wanted: Sequence[Source]) -> list[Row]:
    from audit.labelled import rows_of
    from audit.training import sample

    alone = len(wanted) == 1
    return [row for source in wanted if data for row in sample(rows_of(data, source), alone)]


def _own(paths: Sequence[Path], names: Sequence[str], kind: str) -> list[Row]:
    from audit.labelled import BORDER, own_rows

    border = BORDER if kind == "result" else ". "
    return [row for path in paths for row in own_rows(path, names, border=border)]


def _write(path: Path, made: bytes) -> None:
    """Beside first, then renamed: never half a file of weights."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(made)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(
            f"cannot be written ({error.strerror}).", where=str(path), mend="Name a folder that exists and is yours."
        ) from None
