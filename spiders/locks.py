"""One holder at a time: a lock the kernel frees when its holder dies, and a note that says who that is."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from audit.errors import AlreadyRunningError, StoreError
from audit.files import file_name
from spiders.archive.disk import on_disk, write_whole

Clock = Callable[[], datetime]
LOOKS, BETWEEN = 20, 0.1
"""How often and after how many seconds the holder's note is looked for."""


class Lock:
    """A held lock; a context manager. The note stays behind, and means nothing without the lock."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        self._lock.release()


def hold(path: Path, taken: str, clock: Clock) -> Lock:
    """Take a lock or raise: `AlreadyRunningError` with process and age, `StoreError` where a disk has no locks.

    `taken` begins the sentence for whoever comes second. A killed holder leaves nothing to clean up.
    """
    lock, note = FileLock(path, fallback_to_soft=False), path.with_name(f"{path.name}.owner")
    try:
        with on_disk(path):
            _take(lock, note, taken, clock)
    except NotImplementedError:
        what = "this disk keeps no locks, so two runs could not be told apart."
        raise StoreError(what, where=str(path), mend="Keep the store on a local disk.") from None
    try:
        write_whole(note, json.dumps({"process": os.getpid(), "since": clock().isoformat(timespec="seconds")}))
    except BaseException:
        lock.release()
        raise
    return Lock(lock)


def _take(lock: FileLock, note: Path, taken: str, clock: Clock) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        where, mend = str(note.parent), "Wait for it, or end it."
        _signed(note)
        raise AlreadyRunningError(f"{taken} ({_holder(note, clock())}).", where=where, mend=mend) from None


def _signed(note: Path) -> None:
    """Wait a moment for the holder to sign: of runs begun at once the others come before it has."""
    for _ in range(LOOKS):
        if note.exists():
            return
        time.sleep(BETWEEN)


def only_run(root: Path, brand: str, clock: Clock) -> Lock:
    """The lock of a brand's collection: of runs begun at once exactly one goes on; other brands are not concerned."""
    with on_disk(root):
        root.mkdir(parents=True, exist_ok=True)
    return hold(root / f"{file_name(brand)}.lock", f"a run for {brand!r} is going on already", clock)


def _holder(note: Path, now: datetime) -> str:
    """Who holds it, for people; a note that is not there yet, or cannot be read, is no reason to fail."""
    try:
        said = json.loads(note.read_text("utf-8"))
        age = max(int((now - datetime.fromisoformat(said["since"])).total_seconds()), 0)
        return f"process {int(said['process'])}, for {age} s, since {said['since']}"
    except (OSError, ValueError, LookupError, TypeError):
        return "another process"
