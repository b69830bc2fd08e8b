"""Bodies as servers meant them: chunks joined, codings undone, with a cap and a demand for the end of the stream.

A cut gzip body reads like a short page everywhere else (reliability 2.1), so an unfinished stream is a failure.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from spiders.tree import MAX_BYTES

_CHUNK = re.compile(rb"\s*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CODINGS = 2  # of one body; more is a trick


class BodyError(ValueError):
    """A body that cannot be had; `kind` is one of the FAILED kinds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


def decode(raw: bytes, headers: Sequence[tuple[str, str]]) -> bytes:
    """The body as the server meant it: chunks joined, codings undone, at most 16 MiB. Raises `BodyError`.

    Archives often keep the headers of a body they have decoded already: what is not of its coding stays.
    """
    values = {name.lower(): value.lower() for name, value in headers}
    body = _joined_chunks(raw) if "chunked" in values.get("transfer-encoding", "") else raw
    codings = [name.strip() for name in values.get("content-encoding", "").split(",") if name.strip()]
    if len(codings) > _CODINGS:
        raise BodyError("BadEncoding")
    for coding in reversed(codings):
        body = _undone(body, coding)
    if len(body) > MAX_BYTES:
        raise BodyError("TooLarge")
    return body


def _joined_chunks(raw: bytes) -> bytes:
    parts: list[bytes] = []
    place = 0
    while match := _CHUNK.match(raw, place):
        size = int(match.group(1), 16)
        if size == 0:
            return b"".join(parts)
        parts.append(raw[match.end() : match.end() + size])
        place = match.end() + size
        if place > len(raw):
            raise BodyError("Truncated")
    if parts:
        raise BodyError("Truncated")
    return raw


def _undone(body: bytes, coding: str) -> bytes:
    reader = _READERS.get(coding)
    if coding in ("identity", "none") or not body:
        return body
    if reader is None:
        raise BodyError("BadEncoding")
    if body.lstrip()[:1] in (b"<", b"{", b"["):
        return body  # decoded already
    return reader(body, MAX_BYTES)


def inflate(body: bytes, limit: int = MAX_BYTES) -> bytes:
    """Gunzip, every member, at most `limit` bytes. Raises `BodyError` TooLarge, Truncated or BadEncoding."""
    return _inflated(body, limit, zlib.MAX_WBITS | 16)


def _inflated(body: bytes, limit: int, window: int) -> bytes:
    parts: list[bytes] = []
    room = limit + 1
    while body:
        reader = zlib.decompressobj(window)
        try:
            part = reader.decompress(body, room)
        except zlib.error:
            if parts:
                break  # padding behind the last member
            raise BodyError("BadEncoding") from None
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise BodyError("TooLarge")
        if not reader.eof:
            raise BodyError("Truncated")
        body = reader.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _deflated(body: bytes, limit: int) -> bytes:
    """With or without the zlib head: servers do both."""
    try:
        return _inflated(body, limit, zlib.MAX_WBITS)
    except BodyError as error:
        if error.kind != "BadEncoding":
            raise
        return _inflated(body, limit, -zlib.MAX_WBITS)


def _brotli(body: bytes, limit: int) -> bytes:
    library = _library("brotli")
    reader = library.Decompressor()
    try:
        parts: list[bytes] = [reader.process(body, output_buffer_limit=limit + 1)]
        while sum(map(len, parts)) <= limit and not reader.can_accept_more_data() and not reader.is_finished():
            parts.append(reader.process(b"", output_buffer_limit=limit + 1))
    except library.error:
        raise BodyError("BadEncoding") from None
    return _complete(b"".join(parts), limit, finished=reader.is_finished())


def _zstd(body: bytes, limit: int) -> bytes:
    library = _library("compression.zstd", "backports.zstd")
    reader = library.ZstdDecompressor()
    try:
        found = reader.decompress(body, max_length=limit + 1)
    except library.ZstdError:
        raise BodyError("BadEncoding") from None
    return _complete(found, limit, finished=reader.eof)


def _complete(body: bytes, limit: int, *, finished: bool) -> bytes:
    if len(body) > limit:
        raise BodyError("TooLarge")
    if not finished:
        raise BodyError("Truncated")
    return body


def _library(*names: str) -> Any:
    """The first of these that is installed: such bodies are rare, so the libraries are no dependency."""
    for name in names:
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
    raise BodyError("BadEncoding")


_READERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": inflate,
    "x-gzip": inflate,
    "deflate": _deflated,
    "br": _brotli,
    "zstd": _zstd,
}
