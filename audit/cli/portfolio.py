"""All brands on one page: every brand with an audit in the stores or briefs named."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple
from urllib.parse import quote

import typer  # noqa: TID251

from audit.cli.base import AsJson, app, emit, now, open_brief, open_store, say, tool
from audit.cli.live import tell
from audit.cli.periodic import named
from audit.cli.report import house_style, written
from audit.errors import DocumentError, NotEnoughError, StoreError, UsageError
from audit.files import file_name

if TYPE_CHECKING:
    from audit.store import Store
    from reports.portfolio import Entry

WEEK = timedelta(days=7)
SEEN = "seen"  # the channel under which `repaudit alerts` remembers what it found
USUAL_STORE = "repaudit.sqlite"
LANGUAGES = ("en", "ru", "uk", "ko", "zh")


class Shelf(NamedTuple):
    """Where the reports may stand, and from where the page will link to them."""

    out: Path
    folders: tuple[Path, ...]
    language: str


@app.command()
def portfolio(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[STORES|BRIEFS]...", help="Default: repaudit.sqlite in this folder.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")] = Path("portfolio.html"),
    language: Annotated[str, typer.Option("--lang", help="Language of the page: en ru uk ko zh.")] = "",
    folder: Annotated[
        list[Path] | None, typer.Option("--reports", help="Folder the brands' reports stand in; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """One page over all brands: verdict, score with range, change, alerts of the last week, link to each report.

    The newest audit of every brand is taken as it was made; score a brand to bring it up to date.
    """
    from reports.render import portfolio as pieces

    paths = _paths(sources or [USUAL_STORE])
    briefs = (path for path in paths if isinstance(path, Path) and _is_brief(path))
    style = next((house_style(open_brief(path), path) for path in briefs), None)
    spoken = language or (style.language if style else "en")
    shelf = Shelf(out, (*(folder or ()), out.parent), spoken)
    entries = [entry for path in paths for entry in _entries(path, shelf)]
    if not entries:
        mend = "Score a brand first: repaudit score <brief>."
        raise NotEnoughError("there is no audit yet.", where=", ".join(map(str, paths)), mend=mend)
    with written(out) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces(entries, tool=tool(), made_at=now(), style=style, language=spoken))
    if as_json:
        emit({"portfolio": str(out.resolve()), "brands": len(entries), "linked": sum(bool(e.link) for e in entries)})
    else:
        say(f"Portfolio: {out.resolve()} ({len(entries)} brands)")


def _paths(sources: Sequence[str]) -> list[Path | str]:
    """Briefs and stores as they were named; an address of a server stays a text."""
    found: list[Path | str] = []
    for source in sources:
        if "://" in source:
            found.append(source)
        else:
            found += named([Path(source)])
    for path in found:
        if isinstance(path, Path) and not path.exists():
            raise UsageError("there is no such store or brief.", where=str(path), mend="Name stores or briefs.")
    return list(dict.fromkeys(found))


def _is_brief(path: Path | str) -> bool:
    return isinstance(path, Path) and path.suffix.lower() == ".toml"


def _entries(path: Path | str, shelf: Shelf) -> Iterator[Entry]:
    """One audit is held at a time."""
    if isinstance(path, Path) and _is_brief(path):
        brief = open_brief(path)
        with open_store(brief, path) as store:
            yield from _of(store, [brief.brand.name], shelf._replace(folders=(*shelf.folders, path.parent)))
        return
    from audit.store import Store

    beside = (path.parent,) if isinstance(path, Path) else ()
    with Store.open(str(path)) as store:
        yield from _of(store, store.series.brands(), shelf._replace(folders=(*shelf.folders, *beside)))


def _of(store: Store, brands: Sequence[str], shelf: Shelf) -> Iterator[Entry]:
    from reports.portfolio import entry

    for brand in brands:
        try:
            audit = store.latest_audit(brand)
        except (StoreError, DocumentError) as error:
            tell(f"{brand} is left out: {error}")
            continue
        if audit is not None:
            rules = (json.loads(text)["rule"] for text in store.series.alerts(brand, SEEN, now() - WEEK))
            yield entry(audit, rules, _link(brand, shelf))


def _link(brand: str, shelf: Shelf) -> str:
    """The brand's report where `repaudit report` writes it, in the page's language before others."""
    others = [language for language in LANGUAGES if language != shelf.language]
    names = [f"{file_name(brand)}.{language}.html" for language in (shelf.language, *others)]
    for path in (folder / name for name in names for folder in shelf.folders):
        if path.is_file():
            try:
                way = os.path.relpath(path.resolve(), shelf.out.resolve().parent)
            except ValueError:  # another drive of Windows
                return ""
            return quote(Path(way).as_posix(), safe="/")
    return ""
