"""Bodies as servers meant them, from archives: chunks joined, codings undone, at most 16 MiB."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spiders.gate.decode import decoded
from spiders.gate.wire import FetchError
from spiders.tree import MAX_BYTES

_CHUNK = re.compile(rb"\s*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def decode(raw: bytes, headers: Sequence[tuple[str, str]]) -> bytes:
    """The body without chunks and codings. Raises `FetchError`: Truncated, BadEncoding or TooLarge.

    Archives often keep the headers of a body they have decoded already: what is not of its coding stays.
    """
    values = {name.lower(): value.lower() for name, value in headers}
    body = _joined_chunks(raw) if "chunked" in values.get("transfer-encoding", "") else raw
    codings = values.get("content-encoding", "").replace("none", "identity")
    if body.lstrip()[:1] in (b"<", b"{", b"["):
        codings = ""  # decoded already
    return decoded(body, codings, MAX_BYTES)


def inflate(body: bytes, limit: int = MAX_BYTES) -> bytes:
    """Gunzip, every member, at most `limit` bytes. Raises `FetchError` TooLarge, Truncated or BadEncoding."""
    return decoded(body, "gzip", limit)


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
            raise FetchError("Truncated", "a chunk is cut")
    if parts:
        raise FetchError("Truncated", "the last chunk is missing")
    return raw
