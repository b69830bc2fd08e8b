"""One collection run: what was visited, kept whole on disk before it is read, and taken up again after any end.

The archive is the memory of a run: a visit whose metadata record is on the disk happened, anything else did not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from filelock import FileLock, Timeout

from audit.errors import StoreError
from audit.models import Evidence, Outcome, Page, SerpQuery
from spiders.archive.visits import Archive, Capture, Context, Purpose, Visit, mend, replay

Keep = Callable[[Page], Evidence]
LOCK = "lock"
SEALED = "sealed"


class Errand(NamedTuple):
    """An address to be asked, and why."""

    url: str
    purpose: Purpose
    cell: SerpQuery | None = None
    site: str = ""
    context: Context = Context()
    waived: str = ""
    """The robots rule that consent sets aside for it."""


class Kept(NamedTuple):
    """A visit of this run, and its page where one arrived."""

    visit: Visit
    page: Page | None


class Finished(NamedTuple):
    """A WARC as it is at the end of a run."""

    file: str
    size: int
    sha256: str


class Run:
    """An open run in its folder; a context manager. Two processes never have the same run open."""

    def __init__(self, folder: Path, *, tool: str, clock: Callable[[], datetime], keep: Keep) -> None:
        self.folder, self.name = folder, folder.name
        self._tool, self._clock, self._keep = tool, clock, keep
        self._lock: FileLock | None = None
        self._archive: Archive | None = None
        self._number = 0
        self.visits: list[Kept] = []
        """Everything visited so far, earlier sittings included, in order."""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._locked()
        for path in self.warcs():
            mend(path)
        self.visits = list(self._replayed())
        self._number = max((entry.visit.number for entry in self.visits), default=0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive is not None:
            self._archive.close()
            self._archive = None
        if self._lock is not None:
            self._lock.release()

    def _locked(self) -> FileLock:
        """The kernel frees the lock of a killed process; the note beside it is for the message only."""
        lock, note = FileLock(self.folder / LOCK), self.folder / "owner"
        try:
            lock.acquire(timeout=0)
        except Timeout:
            other = note.read_text("utf-8") if note.exists() else "another process"
            where, mend = str(self.folder), "Wait for it, or end it."
            raise StoreError(f"this run is open already ({other}).", where=where, mend=mend) from None
        note.write_text(f"process {os.getpid()}, since {self._clock().isoformat(timespec='seconds')}", "utf-8")
        return lock

    def warcs(self) -> list[Path]:
        return sorted(self.folder.glob("*.warc.gz"))

    def _replayed(self) -> Iterator[Kept]:
        for path in self.warcs():
            with path.open("rb") as stream:
                for entry in replay(stream, path.name):
                    if entry.trouble:
                        raise StoreError(entry.trouble, where=str(self.folder), mend="Restore the folder from a copy.")
                    if entry.page is not None:
                        self._keep(entry.page)
                    if entry.visit is not None:
                        yield Kept(entry.visit, entry.page)

    @property
    def sealed(self) -> bool:
        return (self.folder / SEALED).exists()

    def keep(
        self,
        errand: Errand,
        capture: Capture | None = None,
        *,
        skipped: Outcome | None = None,
    ) -> Kept:
        """Write one visit to the archive, then to the store; returns it as a replay would."""
        self._number += 1
        told = Visit(
            run=self.name,
            number=self._number,
            purpose=errand.purpose,
            asked=errand.url,
            cell=errand.cell,
            site=errand.site,
            context=errand.context,
            waived=errand.waived,
            at=capture.page.fetched_at if capture else self._clock(),
            skipped=skipped,
        )
        visit, page = self._open().keep(told, capture)
        if page is not None:
            self._keep(page)
        entry = Kept(visit, page)
        self.visits.append(entry)
        return entry

    def _open(self) -> Archive:
        """A file of its own for every sitting: what an earlier one wrote is never touched again."""
        if self._archive is None:
            path = self.folder / f"{self.name}-{len(self.warcs()) + 1:03}.warc.gz"
            self._archive = Archive(path, run=self.name, tool=self._tool, at=self._clock())
        return self._archive

    def seal(self) -> list[Finished]:
        """Close the run: nothing is added any more. Returns what its files are."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None
        finished = [self._finished(path) for path in self.warcs()]
        (self.folder / SEALED).write_text("".join(f"{f.sha256}  {f.file}\n" for f in finished), "utf-8")
        return finished

    def _finished(self, path: Path) -> Finished:
        body = path.read_bytes()
        return Finished(path.name, len(body), hashlib.sha256(body).hexdigest())


def run_folder(root: Path, digest: str, now: datetime) -> Path:
    """The folder of the newest run of this plan that was not finished, else of a new one, named by time and plan."""
    unfinished = [f for f in sorted(root.glob(f"*-{digest}")) if f.is_dir() and not (f / SEALED).exists()]
    return unfinished[-1] if unfinished else root / f"{now:%Y%m%dT%H%M%SZ}-{digest}"


def check_files(root: Path, wanted: Iterator[Finished] | list[Finished]) -> list[str]:
    """A sentence for every archive that is missing or not what it was."""
    found = []
    for entry in wanted:
        path = next(iter(root.glob(f"*/{entry.file}")), None)
        if path is None:
            found.append(f"archive {entry.file} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry.sha256:
            found.append(f"archive {entry.file} was altered: {first_trouble(path) or 'its bytes are not those sealed'}")
    return found


def first_trouble(path: Path) -> str:
    """Where an altered archive breaks, as far as its records tell."""
    with path.open("rb") as stream:
        return next((entry.trouble for entry in replay(stream, path.name) if entry.trouble), "")
