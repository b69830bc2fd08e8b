"""HAR and MHTML: many exchanges in one text file, given as the records an archive gives."""

from __future__ import annotations

import base64
import binascii
import email
import json
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from email.policy import compat32

from spiders.archive import Record
from spiders.gate.wire import FetchError
from spiders.provider import get, rows
from spiders.tree import MAX_BYTES

HTML = ("text/html", "application/xhtml+xml")
_HAR = re.compile(rb'\{\s*"log"\s*:\s*\{')
_FIELD = re.compile(rb"[A-Za-z][A-Za-z-]{2,40}")


def is_har(head: bytes) -> bool:
    return _HAR.match(head[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")) is not None


def is_mhtml(head: bytes) -> bool:
    """Begins with a mail header and says which MIME it speaks."""
    first, _, _ = head[:2000].lstrip(b"\xef\xbb\xbf\r\n").partition(b":")
    return _FIELD.fullmatch(first) is not None and b"mime-version:" in head[:8000].lower()


def read_har(body: bytes) -> Iterator[Record]:
    """Exchanges of a HAR. `kind` is what the browser asked the answer for: document, iframe, script, empty, ..."""
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        yield Record(failure="DataLoss")
        return
    for entry in rows(document, "log", "entries"):
        yield _entry(entry)


def _entry(entry: Mapping[str, object]) -> Record:
    response = get(entry, "response")
    headers = [(_string(get(row, "name")), _string(get(row, "value"))) for row in rows(response, "headers")]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", _string(get(response, "content", "mimeType"))))
    status = get(response, "status")
    known = isinstance(status, int) and not isinstance(status, bool) and 0 < status < 1000
    found = Record(
        url=_string(get(entry, "request", "url")),
        status=status if known and isinstance(status, int) else None,
        headers=tuple(headers),
        date=_string(get(entry, "startedDateTime")),
        kind=_destination(entry),
    )
    try:
        return found._replace(body=_body(get(response, "content")))
    except FetchError as error:
        return found._replace(failure=error.kind)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _destination(entry: Mapping[str, object]) -> str:
    """The browser's own header before the exporter's guess: only the first tells a frame from a page."""
    sent = {_string(get(row, "name")).lower(): _string(get(row, "value")) for row in rows(entry, "request", "headers")}
    return (sent.get("sec-fetch-dest", "") or _string(get(entry, "_resourceType"))).lower()


def _body(content: object) -> bytes:
    text = get(content, "text")
    if not isinstance(text, str):
        size = get(content, "size")
        if isinstance(size, int) and size > 0:
            raise FetchError("DataLoss")  # exported without contents
        return b""
    if get(content, "encoding") != "base64":
        body = text.encode("utf-8", "replace")
    else:
        try:
            body = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            raise FetchError("BadEncoding") from None
    if len(body) > MAX_BYTES:
        raise FetchError("TooLarge")
    return body


def read_mhtml(body: bytes) -> Iterator[Record]:
    """The root document as a record of kind `document`, every other part as one of kind `part`."""
    try:
        message = email.message_from_bytes(body, policy=compat32)
        parts = [part for part in message.walk() if not part.is_multipart()]
        root = next((part for part in parts if part.get_content_type() in HTML), None)
        for part in parts:
            last = part is parts[-1]
            yield _part(message, part, is_root=part is root, cut=last and _is_cut(message))
    except Exception:  # the library has no list of what broken headers make it raise
        yield Record(failure="DataLoss")


def _part(message: Message, part: Message, *, is_root: bool, cut: bool) -> Record:
    found = Record(
        url=_field(part, "Content-Location") or _field(message, "Snapshot-Content-Location"),
        headers=(("content-type", _field(part, "Content-Type") or part.get_content_type()),),
        date=_field(message, "Date"),
        id=_field(part, "Content-ID"),
        kind="document" if is_root else "part",
    )
    if not is_root:
        return found
    if cut:
        return found._replace(failure="Truncated")
    payload = part.get_payload(decode=True)
    body = payload if isinstance(payload, bytes) else b""
    return found._replace(failure="TooLarge") if len(body) > MAX_BYTES else found._replace(body=body)


def _is_cut(message: Message) -> bool:
    return any(type(defect).__name__ == "CloseBoundaryNotFoundDefect" for defect in message.defects)


def _field(part: Message, name: str) -> str:
    return " ".join(str(part.get(name) or "").split())
