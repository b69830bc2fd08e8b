"""WARC and WACZ in: the responses of any archive, each decoded with a cap or named as a failure."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from warcio.archiveiterator import ArchiveIterator  # noqa: TID251

from spiders.archive.bodies import decode
from spiders.gate.wire import FetchError
from spiders.tree import MAX_BYTES

MAX_TOTAL = 1024 * 1024 * 1024  # decoded bytes of one archive: bounds the time a bomb can take
MAX_RAW = MAX_BYTES + 64 * 1024  # stored body with its chunk lines
_MEMBER = re.compile(r"archive/[^/\\]+\.warc(?:\.gz)?")
# Writers disagree on what a payload is, and warcio cannot read hexadecimal MD5: only these prove an altered record.
_BROKEN = re.compile(r"block digest failed: sha(?:1|256):", re.I)
_CUT = "cut"  # the archive itself ends here; a record its crawler cut is followed by others
_BLOCK = 64 * 1024


class Record(NamedTuple):
    """One response of an archive, decoded. `failure` names why there is no body."""

    url: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    date: str = ""
    """WARC-Date, as written."""
    id: str = ""
    kind: str = ""
    """WARC-Resource-Type of crawlers that write it: document, script, ..."""
    failure: str = ""


class _Budget:
    """Bytes that may still be decoded from one archive file."""

    def __init__(self, total: int) -> None:
        self.left = total

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise FetchError("TooLarge")


class _Counted(io.RawIOBase):
    """A stream that stops at the budget. `take` gives what is ready: waiting for more would lose it at a cut."""

    def __init__(self, take: Callable[[int], bytes], budget: _Budget) -> None:
        self._take, self._budget = take, budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._take(_BLOCK if size is None or size < 0 else size)
        self._budget.spend(len(data))
        return data


def read_warc(stream: IO[bytes], *, total: int = MAX_TOTAL) -> Iterator[Record]:
    """Responses of a WARC, compressed or not. What breaks the file becomes a last record with its failure."""
    yield from _records(stream, _Budget(total))


def read_wacz(path: Path, *, total: int = MAX_TOTAL) -> Iterator[Record]:
    """Responses of every WARC inside a WACZ. Members are streamed, never written, and only `archive/*.warc[.gz]`."""
    budget = _Budget(total)
    try:
        with zipfile.ZipFile(path) as box:
            for member in sorted(_members(box), key=lambda info: info.filename):
                with box.open(member) as stream:
                    yield from _records(stream, budget)
    except Exception as error:  # a hostile zip breaks the library in many ways: all mean the same here
        yield Record(failure=_kind(error))


def is_wacz(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as box:
            return bool(_members(box))
    except Exception:  # as above
        return False


def _members(box: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [info for info in box.infolist() if _MEMBER.fullmatch(info.filename)]


def stored(stream: IO[bytes], *, total: int = MAX_TOTAL) -> Iterator[Record]:
    """Every record of an archive of our own, whatever its type and address; `kind` is its WARC-Type."""
    yield from _records(stream, _Budget(total), _read_own)


def _records(
    stream: IO[bytes], budget: _Budget, reader: Callable[[Any], Record | None] | None = None
) -> Iterator[Record]:
    """Decompressed here and not by warcio, which counts nothing and takes a cut stream for its end."""
    reader = reader or _read
    buffered = io.BufferedReader(stream) if isinstance(stream, io.RawIOBase) else stream
    head = buffered.read(2)
    joined: Any = _Joined(head, buffered)
    take = gzip.GzipFile(fileobj=joined).read1 if head == b"\x1f\x8b" else joined.read
    iterator = iter(ArchiveIterator(_Counted(take, budget), check_digests=True))
    cut = False
    while not cut:
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # warcio prints its doubts
                record = next(iterator, None)
                read = reader(record) if record is not None else None
        except Exception as error:  # broken archives raise what they like, AttributeError included
            yield Record(failure=_kind(error))
            return
        if record is None:
            return
        if read is not None:
            cut = read.failure == _CUT
            yield read._replace(failure="Truncated") if cut else read


class _Joined:
    """The bytes already read, then the rest of the stream."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        taken, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
        return taken + self._rest.read(size - len(taken) if size >= 0 else size)


def _kind(error: Exception) -> str:
    if isinstance(error, FetchError):
        return error.kind
    return "Truncated" if isinstance(error, EOFError) else "DataLoss"


def _read(record: Any) -> Record | None:
    """A response or resource with an http address; None for everything else an archive holds."""
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    if record.rec_type not in ("response", "resource") or not url.strip("<>").startswith(("http://", "https://")):
        return None
    http = record.http_headers
    headers = (
        tuple((str(k), str(v)) for k, v in http.headers) if http else (("content-type", str(record.content_type)),)
    )
    code = str(http.get_statuscode()) if http else ""
    found = Record(
        url=url.strip("<>"),
        status=int(code) if code.isdigit() else None,
        headers=headers,
        date=record.rec_headers.get_header("WARC-Date") or "",
        id=record.rec_headers.get_header("WARC-Record-ID") or "",
        kind=record.rec_headers.get_header("WARC-Resource-Type") or "",
    )
    try:
        return found._replace(body=_body(record, headers))
    except FetchError as error:
        return found._replace(failure=error.kind)
    except EOFError:
        return found._replace(failure=_CUT)


def _read_own(record: Any) -> Record | None:
    if record.rec_type == "warcinfo":
        return None
    fields = record.rec_headers
    found = Record(
        url=(fields.get_header("WARC-Target-URI") or "").strip("<>"),
        date=fields.get_header("WARC-Date") or "",
        id=fields.get_header("WARC-Record-ID") or "",
        kind=record.rec_type,
    )
    try:
        return found._replace(body=_body(record, ()))
    except FetchError as error:
        return found._replace(failure=error.kind)
    except EOFError:
        return found._replace(failure=_CUT)


def _body(record: Any, headers: Sequence[tuple[str, str]]) -> bytes:
    raw = record.raw_stream.read(MAX_RAW + 1)
    if len(raw) > MAX_RAW:
        raise FetchError("TooLarge")
    if record.rec_headers.get_header("WARC-Truncated"):
        raise FetchError("Truncated")
    declared = record.payload_length if record.http_headers else record.length
    if declared is not None and declared >= 0 and len(raw) < declared:
        raise FetchError("Truncated")
    if any(_BROKEN.match(problem) for problem in record.digest_checker.problems):
        raise FetchError("DataLoss")
    return decode(raw, headers)
