"""The disk under a run: written whole and synced, and one sentence for whatever it refuses."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audit.errors import StoreError
from audit.faults import fault

_AS_SAID = {errno.EDQUOT: "disk is full", errno.EIO: "disk i/o error", errno.EROFS: "readonly"}


@contextmanager
def on_disk(where: Path) -> Iterator[None]:
    """Turns what the disk refuses into one `StoreError`; nothing that was acknowledged is touched by it."""
    try:
        yield
    except OSError as error:
        what, mend = fault(_AS_SAID.get(error.errno or 0, error.strerror or str(error)))
        raise StoreError(f"{what}.", where=str(where), mend=mend) from error


def write_all(stream: int, data: bytes) -> None:
    """Every byte to a file descriptor, and from there to the disk."""
    left = memoryview(data)
    while left:
        left = left[os.write(stream, left) :]
    os.fsync(stream)


def write_whole(path: Path, text: str) -> None:
    """A small file that is there whole or not at all, after a power cut too."""
    draft = path.with_name(path.name + ".part")
    with on_disk(path):
        stream = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            write_all(stream, text.encode())
        finally:
            os.close(stream)
        draft.replace(path)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names are kept by their folder; systems that cannot open one (Windows) keep them by themselves."""
    with suppress(PermissionError):
        stream = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(stream)
        finally:
            os.close(stream)
