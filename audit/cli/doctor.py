"""What the work needs from a machine: each thing checked by using it, each gap with its mend."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audit.errors import RepauditError

if TYPE_CHECKING:
    from audit.brief import Brief
    from spiders.secret import Keyring

DISK_NEEDED = 500_000_000  # bytes: a brand's yearly evidence at some 80 kB a page
EPOCH = datetime(2026, 11, 1, tzinfo=UTC)  # this version is younger than any right clock


class Finding(NamedTuple):
    good: bool
    what: str


def examine(brief_path: Path | None, now: datetime | None = None) -> Iterator[Finding]:
    """Every check in turn; nothing is changed and nothing is fetched."""
    yield Finding(sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or newer is needed)")
    yield _browser()
    yield _memory()
    yield _clock(now or datetime.now(UTC))
    yield _disk(brief_path.parent if brief_path else Path())
    yield from _keys(brief_path)
    if brief_path is not None:
        yield from _store(brief_path, now or datetime.now(UTC))


def _keys(brief_path: Path | None) -> Iterator[Finding]:
    """Of every API the brief asks: is what it needs at hand? Whether, never what."""
    from audit.cli.base import open_brief
    from spiders.apis import keyring, secret_names

    try:
        keys = keyring(brief_path.parent if brief_path else None)
    except RepauditError as error:
        yield Finding(False, str(error))
        return
    held = ", ".join(f"{name} ({', '.join(keys.of(name))})" for name in secret_names() if keys.of(name))
    yield Finding(True, f"keys of APIs at hand: {held or 'none (saved responses need none)'}")
    try:
        brief = open_brief(brief_path) if brief_path is not None else None
    except RepauditError:
        return  # told with the store
    if brief is not None:
        yield from (_provider(brief, name, keys) for name in brief.providers)


def _provider(brief: Brief, name: str, keys: Keyring) -> Finding:
    from spiders.apis import Apis

    table = brief.providers[name]
    try:
        Apis(brief.model_copy(update={"providers": {name: table}}), keys)
    except RepauditError as error:
        return Finding(False, str(error))
    held = ", ".join(keys.of(name)) or "no key"
    return Finding(True, f"{name} can be asked for {', '.join(table.engines)} ({held})")


def _browser() -> Finding:
    from spiders.browser.program import find_browser

    found = find_browser()
    return Finding(bool(found.path), found.words)


def _memory() -> Finding:
    from spiders.browser.memory import MOST, watched

    if watched():
        return Finding(True, f"a process of the browser that holds over {MOST // 2**20} MiB is ended")
    return Finding(True, "nobody watches the browser's memory: that needs Linux; the deadline alone ends what swells")


def _clock(now: datetime) -> Finding:
    good = now >= EPOCH
    mend = "" if good else "; set the clock, or every time in a report is wrong"
    return Finding(good, f"clock says {now:%Y-%m-%d %H:%M} UTC{mend}")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder or Path()).free
    try:
        with tempfile.TemporaryFile(dir=folder or Path()):
            pass
    except OSError as error:
        return Finding(False, f"cannot write beside the brief ({error.strerror}); name a folder that is yours")
    mend = "" if free >= DISK_NEEDED else f"; at least {DISK_NEEDED // 1_000_000} MB are needed, free some"
    return Finding(free >= DISK_NEEDED, f"{free // 1_000_000} MB free beside the brief{mend}")


def _store(brief_path: Path, now: datetime) -> Iterator[Finding]:
    from audit.cli.base import open_brief, open_store

    try:
        brief = open_brief(brief_path)
        with open_store(brief, brief_path) as store:
            troubles = store.verify()
            taken = [e.taken_at for e in store.series.captures(brief.brand.name) if e.origin != "positions"]
    except RepauditError as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, f"brief of {brief.brand.name}: {len(brief.plan())} pages planned")
    yield Finding(not troubles, "; ".join(troubles) or "store opens and is as it was written")
    yield _retention(brief.collect.retention_days, taken, now)


def _retention(days: int, taken: Sequence[datetime], now: datetime) -> Finding:
    """A reminder, no fault: only a person lets evidence go."""
    old = sum(when < now - timedelta(days=days) for when in taken)
    mend = f": repaudit forget <brief> --older-than {days}d" if old else ""
    return Finding(True, f"{old} of {len(taken)} snapshots are older than the {days} days they are meant to stay{mend}")
