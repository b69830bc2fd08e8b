"""HTTP/1.1 as bytes: heads and bodies, with limits, and the one error of everything that ends without an answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import NamedTuple

HEAD_BYTES = 65_536  # a head over this is refused; 20 MB of headers were read as "200, 0 bytes" elsewhere
PIECE = 65_536
INTERIM_HEADS = 5  # 1xx answers before the real one; more is a game

Headers = tuple[tuple[str, str], ...]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS_LINE = re.compile(r"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")
_LENGTH = re.compile(r"[0-9]{1,15}")


class FetchError(Exception):
    """A request without a whole answer; `kind` is a FAILED kind of `Outcome`: Dns, Connect, Tls, Reset, ..."""

    def __init__(self, kind: str, why: str = "") -> None:
        self.kind, self.why = kind, why
        super().__init__(f"{kind}: {why}" if why else kind)


class Head(NamedTuple):
    """First line and headers. Lines that are no header are dropped: what is passed on is written anew."""

    first: str
    headers: Headers

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def without(self, names: frozenset[str]) -> Headers:
        return tuple((key, value) for key, value in self.headers if key.lower() not in names)

    @property
    def status(self) -> int:
        """Status of a response head; `FetchError` where the first line is none."""
        match = _STATUS_LINE.fullmatch(self.first)
        if match is None:
            raise FetchError("BadHttp", "no status line")
        return int(match.group(1))

    @property
    def length(self) -> int | None:
        """The one Content-Length, None where there is none; `FetchError` where it is doubtful."""
        values = {value.strip() for value in self.all("content-length")}
        if not values:
            return None
        if len(values) > 1 or self.all("transfer-encoding") or not _LENGTH.fullmatch(min(values)):
            raise FetchError("LengthDoubt", "the length is said in two ways")
        return int(values.pop())


async def read_head(reader: asyncio.StreamReader) -> Head:
    """The next head. `FetchError` Reset (nothing came), BadHttp (half a head) or TooLarge."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise FetchError("BadHttp" if error.partial else "Reset", "the connection ended before a head") from None
    except asyncio.LimitOverrunError:
        raise FetchError("TooLarge", f"head over {HEAD_BYTES} bytes") from None
    except ConnectionError as error:
        raise FetchError("Reset", type(error).__name__) from None
    return parse_head(raw)


async def read_answer_head(reader: asyncio.StreamReader) -> Head:
    """The head of the real answer, interim 1xx ones passed over."""
    for _ in range(INTERIM_HEADS):
        head = await read_head(reader)
        if head.status >= 200:
            return head
    raise FetchError("BadHttp", "interim answers only")


def parse_head(raw: bytes) -> Head:
    first, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    pairs = ((name, value.strip(" \t")) for name, colon, value in (line.partition(":") for line in lines) if colon)
    return Head(first, tuple((name, value) for name, value in pairs if _NAME.fullmatch(name) and _plain(value)))


def _plain(value: str) -> bool:
    return not any(char in value for char in "\r\n\0")


def written(first: str, headers: Headers) -> bytes:
    """A head as bytes."""
    lines = (first, *(f"{name}: {value}" for name, value in headers), "", "")
    return "\r\n".join(lines).encode("latin-1")


async def read_body(reader: asyncio.StreamReader, head: Head, most: int) -> tuple[bytes, bool]:
    """The body as sent, and whether reading stopped at `most` bytes. `FetchError` DataLoss where it is cut short."""
    if head.status in (204, 304):
        return b"", False
    body = bytearray()
    try:
        async for piece in _pieces(reader, head):
            body += piece
            if len(body) > most:
                return bytes(body[:most]), True
    except asyncio.IncompleteReadError:
        raise FetchError("DataLoss", "the body ended before its length") from None
    except asyncio.LimitOverrunError:
        raise FetchError("DataLoss", "a chunk head without end") from None
    except ConnectionError as error:
        raise FetchError("Reset", type(error).__name__) from None
    return bytes(body), False


async def _pieces(reader: asyncio.StreamReader, head: Head) -> AsyncIterator[bytes]:
    if "chunked" in head.get("transfer-encoding").lower():
        async for piece in _chunks(reader):
            yield piece
    elif (length := head.length) is not None:
        async for piece in _exactly(reader, length):
            yield piece
    else:
        while piece := await reader.read(PIECE):
            yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        match = _CHUNK.fullmatch(await reader.readuntil(b"\r\n"))
        if match is None:
            raise FetchError("DataLoss", "a broken chunk")
        size = int(match.group(1), 16)
        if size == 0:
            return
        async for piece in _exactly(reader, size):
            yield piece
        if await reader.readexactly(2) != b"\r\n":
            raise FetchError("DataLoss", "a broken chunk")


async def _exactly(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    while size > 0:
        piece = await reader.readexactly(min(size, PIECE))
        size -= len(piece)
        yield piece
