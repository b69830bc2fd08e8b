"""What the work needs from a machine: each thing checked by using it, each gap with its mend."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from audit.errors import RepauditError

DISK_NEEDED = 500_000_000  # bytes: a brand's yearly evidence at some 80 kB a page
EPOCH = datetime(2026, 11, 1, tzinfo=UTC)  # this version is younger than any right clock
KEYS = ("BRAVE_API_KEY", "SERPAPI_API_KEY", "DATAFORSEO_LOGIN", "YANDEX_API_KEY", "NAVER_CLIENT_ID", "SEARXNG_URL")


class Finding(NamedTuple):
    good: bool
    what: str


def examine(brief_path: Path | None, now: datetime | None = None) -> Iterator[Finding]:
    """Every check in turn; nothing is changed and nothing is fetched."""
    yield Finding(sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or newer is needed)")
    yield _browser()
    yield _clock(now or datetime.now(UTC))
    yield _disk(brief_path.parent if brief_path else Path())
    present = [name for name in KEYS if os.environ.get(name)]
    yield Finding(True, f"keys of APIs in the environment: {', '.join(present) or 'none (saved responses need none)'}")
    if brief_path is not None:
        yield from _store(brief_path)


def _browser() -> Finding:
    from spiders.browser.program import find_browser

    found = find_browser()
    return Finding(bool(found.path), found.words)


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


def _store(brief_path: Path) -> Iterator[Finding]:
    from audit.cli.base import open_brief, open_store

    try:
        brief = open_brief(brief_path)
        with open_store(brief, brief_path) as store:
            troubles = store.verify()
    except RepauditError as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, f"brief of {brief.brand.name}: {len(brief.plan())} pages planned")
    yield Finding(not troubles, "; ".join(troubles) or "store opens and is as it was written")
