"""The gzip members of a WARC, found without holding it: where each record stands, and where a file breaks.

A record of ours is one member. Memory is bounded by the head kept of each, whatever the size of file and record.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from audit.errors import StoreError
from spiders.archive.disk import on_disk

PIECE = 64 * 1024  # bytes read, and bytes decompressed, at once
HEAD = 16 * 1024  # of a record: its WARC header and, of a response, the HTTP header
_MAGIC = b"\x1f\x8b\x08"
_VERSION = b"WARC/1."
_LOST = bytes(16)  # ends no member: a power cut leaves zeros where bytes were promised and never written
_ENDS_A_VISIT = frozenset({"metadata", "warcinfo"})


class Member(NamedTuple):
    """A whole member: its place in the file, and the beginning of what it holds."""

    begin: int
    end: int
    head: bytes

    @property
    def fields(self) -> dict[str, str]:
        """The WARC header."""
        lines = self.head.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in lines if ": " in line)

    @property
    def http(self) -> list[str]:
        """Lines of the HTTP header behind it."""
        block = self.head.partition(b"\r\n\r\n")[2]
        return block.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")


class BrokenMemberError(StoreError):
    """No whole member begins at `place`. `torn`: the file ends within it."""

    def __init__(self, place: int, *, torn: bool) -> None:
        self.place, self.torn = place, torn
        what = f"the archive breaks at byte {place}."
        super().__init__(what, mend="Take its run up again, or restore the folder from a copy.")


def members(stream: IO[bytes]) -> Iterator[Member]:
    """Whole members from the beginning on. `BrokenMemberError` at the first that is none."""
    begin, ahead = 0, stream.read(PIECE)
    while ahead:
        reader, head, fed = zlib.decompressobj(zlib.MAX_WBITS | 16), b"", 0
        while not reader.eof:
            try:
                held = reader.decompress(ahead, PIECE)
            except zlib.error:
                raise BrokenMemberError(begin, torn=False) from None
            head += held[: HEAD - len(head)]
            fed += len(ahead) - len(reader.unconsumed_tail) - len(reader.unused_data)
            ahead = reader.unused_data if reader.eof else reader.unconsumed_tail or stream.read(PIECE)
            if not ahead and not reader.eof and not held:
                raise BrokenMemberError(begin, torn=True)
        yield Member(begin, begin + fed, head)
        begin, ahead = begin + fed, ahead or stream.read(PIECE)


def mend(path: Path) -> int:
    """Cut a torn end after a crash, back to the last whole visit; returns the bytes cut.

    Only an end is cut. `StoreError` where whole records follow the damage, or where the file goes on behind a record
    that cannot be read: that is no crash, and what it holds was acknowledged.
    """
    with on_disk(path):
        kept, broken = _whole(path)
        size = path.stat().st_size
        if broken is not None and not _is_torn_end(path, broken):
            what = f"is damaged at byte {broken.place}, and not by a crash: nothing was changed."
            raise StoreError(what, where=str(path), mend="Restore the folder from a copy.")
        if kept < size:
            with path.open("r+b") as stream:
                stream.truncate(kept)
                os.fsync(stream.fileno())
    return size - kept


def _whole(path: Path) -> tuple[int, BrokenMemberError | None]:
    """Where the last whole visit ends, and what breaks the file behind it."""
    kept = 0
    with path.open("rb") as stream:
        try:
            for member in members(stream):
                if member.fields.get("WARC-Type") in _ENDS_A_VISIT:
                    kept = member.end
        except BrokenMemberError as broken:
            return kept, broken
    return kept, None


def _is_torn_end(path: Path, broken: BrokenMemberError) -> bool:
    with path.open("rb") as stream:
        if not broken.torn:
            stream.seek(max(broken.place, path.stat().st_size - len(_LOST)))
            if stream.read() != _LOST:
                return False
        return not any(_is_record(path, place) for place in _beginnings(stream, broken.place + 1))


def _beginnings(stream: IO[bytes], place: int) -> Iterator[int]:
    """Where a member could begin, from a place on."""
    stream.seek(place)
    held = b""
    while piece := stream.read(PIECE):
        held += piece
        found = held.find(_MAGIC)
        while found >= 0:
            yield place + found
            found = held.find(_MAGIC, found + 1)
        spare = len(_MAGIC) - 1
        place, held = place + max(len(held) - spare, 0), held[-spare:]


def _is_record(path: Path, place: int) -> bool:
    with path.open("rb") as stream:
        stream.seek(place)
        try:
            return next(members(stream)).head.startswith(_VERSION)
        except (BrokenMemberError, StopIteration):
            return False
