"""One collection run: what was visited, kept whole on disk before it is read, and taken up again after any end.

The archive is the memory of a run: a visit whose metadata record is on the disk happened, anything else did not. A run
is open, then collected (nothing is asked any more), then sealed (its snapshot is stored): killed between two of these,
the next sitting goes on from there and ends in the very same snapshot. Bodies are read from the disk when they are
asked for: what a run holds in memory does not grow with its pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

from audit.errors import StoreError
from audit.models import Evidence, Outcome, Page, SerpQuery
from spiders.archive.disk import on_disk, write_whole
from spiders.archive.members import mend
from spiders.archive.visits import Archive, Capture, Context, Purpose, Visit, places, read_page, replay
from spiders.locks import Lock, hold
from spiders.stop import Stop

Keep = Callable[[Page], Evidence]
LOCK = "lock"
COLLECTED, SEALED = "collected", "sealed"
RESTORE = "Restore the folder from a copy."


class Errand(NamedTuple):
    """An address to be asked, and why."""

    url: str
    purpose: Purpose
    cell: SerpQuery | None = None
    site: str = ""
    context: Context = Context()
    waived: str = ""
    """The robots rule that consent sets aside for it."""


class Kept:
    """A visit of a run. Its page is in hand, or read from the archive each time it is asked for."""

    __slots__ = ("_fetch", "_page", "visit")

    def __init__(self, visit: Visit, page: Page | None = None, fetch: Callable[[], Page] | None = None) -> None:
        self.visit, self._page, self._fetch = visit, page, fetch

    @property
    def arrived(self) -> bool:
        """True where there is a page, be it a failed one; nothing is read to know it."""
        return bool(self.visit.record)

    @property
    def page(self) -> Page | None:
        return self._fetch() if self._page is None and self._fetch is not None else self._page


class Finished(NamedTuple):
    """A WARC as it is at the end of a run."""

    file: str
    size: int
    sha256: str


class Run:
    """An open run in its folder; a context manager. Two processes never have the same run open."""

    def __init__(
        self, folder: Path, *, tool: str, clock: Callable[[], datetime], keep: Keep, stop: Stop | None = None
    ) -> None:
        self.folder, self.name, self.stop = folder, folder.name, stop or Stop()
        self._tool, self._clock, self._keep = tool, clock, keep
        self._lock: Lock | None = None
        self._archive: Archive | None = None
        self._trouble: StoreError | None = None
        self._places: dict[str, dict[str, int]] = {}
        self._number = 0
        self.visits: list[Kept] = []
        """Everything visited so far, earlier sittings included, in order; without bodies."""

    def __enter__(self) -> Self:
        with on_disk(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = hold(self.folder / LOCK, "this run is open already", self._clock)
        try:
            self._take_up()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        if self._lock is not None:
            self._lock.release()

    def _close(self) -> None:
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def _take_up(self) -> None:
        """Whatever an earlier sitting left: a torn end is cut while nothing is promised, later nothing may differ."""
        if self.collected:
            self._check_promise()
        else:
            for path in self.warcs():
                mend(path)
        self.visits = list(self._replayed())
        self._number = max((entry.visit.number for entry in self.visits), default=0)

    def _check_promise(self) -> None:
        with on_disk(self.folder):
            promised = (self.folder / COLLECTED).read_text("utf-8")
        if promised != _lines(self._finished()):
            raise StoreError("the archives are not those that were collected.", where=str(self.folder), mend=RESTORE)

    def warcs(self) -> list[Path]:
        return sorted(self.folder.glob("*.warc.gz"))

    def _replayed(self) -> Iterator[Kept]:
        for path in self.warcs():
            with on_disk(path), path.open("rb") as stream:
                for entry in replay(stream, path.name):
                    if entry.trouble:
                        raise StoreError(f"{entry.trouble}.", where=str(self.folder), mend=RESTORE)
                    if entry.page is not None:
                        self._keep(entry.page)
                    if entry.visit is not None:
                        yield self._light(entry.visit, path)

    def _light(self, visit: Visit, path: Path) -> Kept:
        return Kept(visit, None, partial(self._read, visit, path) if visit.record else None)

    def _read(self, visit: Visit, path: Path) -> Page:
        """The places of an earlier sitting's file are looked up once, with its first page."""
        if path.name not in self._places:
            self._places[path.name] = places(path)
        place = self._places[path.name].get(visit.record)
        if place is None:
            raise StoreError(f"the body of {visit.asked} ({visit.record}) is missing.", where=str(path), mend=RESTORE)
        return read_page(path, place, visit)

    @property
    def collected(self) -> bool:
        """Nothing is asked any more; the snapshot may not be stored yet."""
        return (self.folder / COLLECTED).exists()

    @property
    def sealed(self) -> bool:
        return (self.folder / SEALED).exists()

    def check(self) -> None:
        """Raises again what the disk refused: a library that swallows exceptions must not make a run look whole."""
        if self._trouble is not None:
            raise self._trouble

    def keep(
        self,
        errand: Errand,
        capture: Capture | None = None,
        *,
        skipped: Outcome | None = None,
    ) -> Kept:
        """Write one visit to the archive, then to the store; returns it as a replay would."""
        self.check()
        try:
            return self._kept(errand, capture, skipped)
        except StoreError as error:
            self._trouble = error
            raise

    def _kept(self, errand: Errand, capture: Capture | None, skipped: Outcome | None) -> Kept:
        if self.collected:
            raise StoreError("this run is over.", where=str(self.folder), mend="Begin a new one.")
        told = Visit(
            run=self.name,
            number=self._number + 1,
            purpose=errand.purpose,
            asked=errand.url,
            cell=errand.cell,
            site=errand.site,
            context=errand.context,
            waived=errand.waived,
            at=capture.page.fetched_at if capture else self._clock(),
            skipped=skipped,
        )
        archive = self._open()
        visit, page = archive.keep(told, capture)
        self._number += 1
        if page is not None:
            self._keep(page)
        self.visits.append(self._light(visit, archive.path))
        return Kept(visit, page)

    def _open(self) -> Archive:
        """A file of its own for every sitting: what an earlier one wrote is never touched again."""
        if self._archive is None:
            path = self.folder / f"{self.name}-{len(self.warcs()) + 1:03}.warc.gz"
            self._archive = Archive(path, run=self.name, tool=self._tool, at=self._clock())
            self._places[path.name] = self._archive.places
        return self._archive

    def finish(self) -> list[Finished]:
        """Nothing is asked any more. Returns what the files are, for the store to remember."""
        self.check()
        self._close()
        finished = self._finished()
        if not self.collected:
            write_whole(self.folder / COLLECTED, _lines(finished))
        return finished

    def seal(self) -> list[Finished]:
        """Close the run for good: its snapshot is stored."""
        finished = self.finish()
        write_whole(self.folder / SEALED, _lines(finished))
        return finished

    def _finished(self) -> list[Finished]:
        return [Finished(path.name, path.stat().st_size, sha256(path)) for path in self.warcs()]


def _lines(finished: list[Finished]) -> str:
    return "".join(f"{entry.sha256}  {entry.file}\n" for entry in finished)


def sha256(path: Path) -> str:
    with on_disk(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
        elif sha256(path) != entry.sha256:
            found.append(f"archive {entry.file} was altered: {first_trouble(path) or 'its bytes are not those sealed'}")
    return found


def first_trouble(path: Path) -> str:
    """Where an altered archive breaks, as far as its records tell."""
    with path.open("rb") as stream:
        return next((entry.trouble for entry in replay(stream, path.name) if entry.trouble), "")
