"""The import door: a saved file, whatever it holds, becomes the same `Page` a browser or an API would have brought.

The bytes decide what a file is, never its name. Nothing here judges a page: what cannot be had becomes a `Page`
with its failure named, and parts of pages (scripts, images, frames) are left out and counted.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import os
import re
import stat
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from audit.errors import UsageError
from audit.models import Evidence, Page
from spiders import registry
from spiders.address import http
from spiders.archive import Record, inflate, is_wacz, read_wacz, read_warc
from spiders.containers import HTML, is_har, is_mhtml, read_har, read_mhtml
from spiders.gate.wire import FetchError
from spiders.provider import moment, parse_document, without_secrets
from spiders.state import json_document
from spiders.tree import MAX_BYTES

MAX_FILE = 512 * 1024 * 1024
MAX_UNPACKED = 64 * 1024 * 1024  # a gzipped HAR or MHTML
MHTML_HEAD = 64 * 1024 * 1024  # the root comes first; pictures follow
_SNIFF = 64 * 1024
_HEAD = 512 * 1024  # result pages carry long scripts before their canonical link
_DATA = ("json", "xml")
_ASKED_DATA = ("", "document", "empty", "xhr", "fetch", "other")
_PRIVATE = frozenset({"set-cookie", "set-cookie2", "cookie", "authorization", "proxy-authorization"})
_PARTS = re.compile(r".+(?:_files|\.files|-Dateien|_fichiers|_archivos|_bestanden)", re.I)

# Who wrote the address down, surest first. The first four say where the page came from.
_SAVED_FROM = (
    re.compile(rb"<!--\s*saved from url=\(\d{1,6}\)(\S{1,4000})\s*-->", re.I),
    re.compile(rb"Page saved with SingleFile\s+url:\s*(\S{1,4000})", re.I),
    re.compile(rb"<!--\s*Saved from (https?://\S{1,4000}) at \S+ using monolith", re.I),
    re.compile(rb"<meta name=[\"']?savepage-url[\"']? content=[\"']([^\"']{1,4000})", re.I),
)
_SAVED_AT = (
    re.compile(rb"saved date:\s*([^\r\n(]{10,60})", re.I),
    re.compile(rb"<!--\s*Saved from https?://\S{1,4000} at (\S{10,40}) using monolith", re.I),
    re.compile(rb"<meta name=[\"']?savepage-date[\"']? content=[\"']([^\"'(]{10,60})", re.I),
)
_TAG = re.compile(rb"<(?:link|meta|base)\b[^>]{1,3000}>", re.I)
_ATTRIBUTE = re.compile(rb"([a-z:-]{1,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)


class Opened(NamedTuple):
    """Pages of a file, and how many parts of each kind were left out."""

    pages: list[Page]
    left_out: dict[str, int]


class _File(NamedTuple):
    """What every page of a file shares."""

    path: Path
    url: str
    now: datetime
    saved: datetime
    """Time of the file, never later than `now`."""


def open_file(path: Path, *, url: str = "", now: datetime) -> list[Page]:
    """Pages of one saved file, at least one. `url` is the address where the file does not tell.

    Raises `UsageError` for a file that is missing or cannot be read, and nothing else for any bytes.
    """
    return open_counted(path, url=url, now=now).pages


def open_counted(path: Path, *, url: str = "", now: datetime) -> Opened:
    """`open_file` together with what was left out."""
    left_out: Counter[str] = Counter()
    try:
        file = _described(path, url, now)
        pages = list(_pages(file, left_out))
    except OSError as error:
        raise UsageError(
            f"cannot be read ({error.strerror or error}).", where=str(path), mend="Check the file."
        ) from error
    return Opened(pages or [_failed(file, "NotHtml")], dict(left_out))


def expand(paths: Sequence[Path]) -> list[Path]:
    """Files to open, each once, in order: folders are walked by name, without hidden files and parts of pages.

    Raises `UsageError` for a path that is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise UsageError("is not there.", where=str(path), mend="Check the path.")
        for file in _walk(path) if path.is_dir() else [path]:
            found[file] = None
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != "." and not _PARTS.fullmatch(name))
        for name in sorted(files):
            path = Path(place, name)
            if name[0] != "." and path.is_file():
                yield path


def _described(path: Path, url: str, now: datetime) -> _File:
    try:
        facts = path.stat()
    except ValueError as error:  # a NUL in the name
        raise UsageError("is no name of a file.", where=repr(path.name), mend="Check the path.") from error
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError("is no file.", where=str(path), mend="Name a saved page, or let a folder be walked.")
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    try:
        changed = datetime.fromtimestamp(facts.st_mtime, UTC)
    except (ValueError, OverflowError, OSError):
        changed = now
    return _File(path, http(url), now, min(changed, now))


def _pages(file: _File, left_out: Counter[str]) -> Iterator[Page]:
    size = file.path.stat().st_size
    if size > MAX_FILE:
        yield _failed(file, "TooLarge")
        return
    with file.path.open("rb") as stream:
        head = stream.read(_SNIFF)
    if head.startswith(b"\x1f\x8b"):
        yield from _unpacked(file, left_out)
    elif head.startswith(b"WARC/"):
        yield from _from_archive(file, left_out)
    elif head.startswith(b"PK\x03\x04") and is_wacz(file.path):
        yield from _from_records(file, read_wacz(file.path), left_out)
    elif _is_container(head) or size <= MAX_BYTES:
        yield from _of_bytes(file, file.path.read_bytes(), left_out)
    else:
        yield _failed(file, "TooLarge")


def _unpacked(file: _File, left_out: Counter[str]) -> Iterator[Page]:
    """A gzipped file of any kind; its first bytes decide how much of it is unpacked."""
    head = _peek(file.path)
    if head.startswith(b"WARC/"):
        yield from _from_archive(file, left_out)
        return
    try:
        body = inflate(file.path.read_bytes(), MAX_UNPACKED if _is_container(head) else MAX_BYTES)
    except FetchError as error:
        yield _failed(file, error.kind)
        return
    yield from _of_bytes(file, body, left_out)


def _peek(path: Path) -> bytes:
    """What is ready at the start: a full read would lose the head of a short file that was cut."""
    try:
        with gzip.open(path) as stream:
            return stream.read1(_SNIFF)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""


def _is_container(head: bytes) -> bool:
    return is_har(head) or is_mhtml(head)


def _of_bytes(file: _File, body: bytes, left_out: Counter[str]) -> Iterator[Page]:
    if is_har(body[:_SNIFF]):
        yield from _from_records(file, read_har(body), left_out)
    elif is_mhtml(body[:_SNIFF]):
        yield from _from_records(file, read_mhtml(body[:MHTML_HEAD]), left_out)
    elif len(body) > MAX_BYTES:
        yield _failed(file, "TooLarge")
    else:
        yield _plain(file, body)


def _page(file: _File, body: bytes, **facts: object) -> Page:
    """A page of this file, with its evidence; `facts` are fields of `Page` and `record`."""
    url = _text(facts.pop("url", "")) or file.url
    record = _text(facts.pop("record", ""))
    evidence = Evidence(
        sha256=hashlib.sha256(body).hexdigest(), size=len(body), file=_text(file.path.name), record=record
    )
    found = {"fetched_at": file.saved, **facts, "url": without_secrets(url), "body": body, "evidence": evidence}
    return Page.model_validate(found)


def _failed(file: _File, kind: str, **facts: object) -> Page:
    return _page(file, b"", failure=kind, **facts)


def _text(value: object) -> str:
    """A stranger's string that UTF-8 can hold."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _earlier(file: _File, raw: object) -> datetime:
    """The time a container writes, unless it is none or lies in the future."""
    found = moment(_text(raw))
    return file.saved if found is None or found > file.now else found


def _headers(pairs: Iterable[tuple[object, object]]) -> tuple[tuple[str, str], ...]:
    """Without the keys and cookies that containers keep in the clear."""
    return tuple((_text(n), _text(v)) for n, v in pairs if _text(n) and _text(n).lower() not in _PRIVATE)


# ---------------------------------------------------------------- one page in a file


def _plain(file: _File, body: bytes) -> Page:
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return _page(file, body, headers=(("content-type", "application/json"),))
    if start.startswith(b"<?xml") and b"<html" not in body[:2000].lower():
        return _page(file, body, headers=(("content-type", "application/xml"),))
    head = body[:_HEAD]
    facts: dict[str, object] = {"headers": (("content-type", "text/html"),)} if b"<" in head else {}
    return _page(file, body, url=file.url or address(head), fetched_at=_earlier(file, _written(head)), **facts)


def address(head: bytes) -> str:
    """The address a saved page says it has, or "".

    A browser's or extension's own note is believed as it is; canonical link, og:url and base only where they name
    more than a front page, because a result page often carries the front page of its engine there.
    """
    for pattern in _SAVED_FROM:
        match = pattern.search(head)
        if match:
            return http(_decoded(match.group(1)))
    named = dict(reversed(list(_named(head))))
    found = (http(named.get(name, "")) for name in ("canonical", "og:url", "base"))
    return next((url for url in found if url and _is_deep(url)), "")


def _named(head: bytes) -> Iterator[tuple[str, str]]:
    for match in _TAG.finditer(head):
        pairs = {
            _decoded(name).lower(): _decoded(next((v for v in values if v), b""))
            for name, *values in _ATTRIBUTE.findall(match.group())
        }
        name = (
            pairs.get("rel", "")
            or pairs.get("property", "")
            or ("base" if match.group()[:5].lower() == b"<base" else "")
        )
        yield name.lower(), pairs.get("href", "") or pairs.get("content", "")


def _decoded(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace"))


def _is_deep(url: str) -> bool:
    return re.match(r"https?://[^/?#]+/?(?:#.*)?$", url) is None


def _written(head: bytes) -> str:
    """When an extension says it saved the page: "Mon Mar 10 2025 10:00:00 GMT+0100" or ISO 8601."""
    match = next((found for pattern in _SAVED_AT if (found := pattern.search(head))), None)
    if match is None:
        return ""
    return _decoded(match.group(1)).replace("GMT", "").removesuffix("UTC").strip()


# ---------------------------------------------------------------- many exchanges in a file


def _from_archive(file: _File, left_out: Counter[str]) -> Iterator[Page]:
    with file.path.open("rb") as stream:
        yield from _from_records(file, read_warc(stream), left_out)


def _from_records(file: _File, records: Iterable[Record], left_out: Counter[str]) -> Iterator[Page]:
    for record in records:
        if record.failure and not record.headers:
            yield _failed(file, record.failure)
            continue
        headers = _headers(record.headers)
        mime = next((value for name, value in headers if name.lower() == "content-type"), "").lower()
        why = _left(record, mime)
        if why:
            left_out[why] += 1
            continue
        yield _page(
            file,
            record.body,
            url=http(_text(record.url)),
            status=record.status,
            headers=headers,
            fetched_at=_earlier(file, record.date),
            record=record.id,
            failure=record.failure,
        )


def _left(record: Record, mime: str) -> str:
    """Why an exchange is no document, or "". Data is one only where an API that is read here wrote it."""
    if record.status is not None and 300 <= record.status < 400:
        return "redirect"
    if mime.startswith(HTML):
        return "" if record.kind in ("", "document") else f"html for {record.kind}"
    if "image" not in mime and any(mark in mime for mark in _DATA):
        return "" if record.kind in _ASKED_DATA and _is_known_data(record.body) else "other data"
    return mime.partition(";")[0].strip() or "unknown type"


def _is_known_data(body: bytes) -> bool:
    """Data that an API or a review site which is read here wrote."""
    document, data = parse_document(body), json_document(body)
    if document is not None and any(plug.recognises(document) for plug in registry.providers().values()):
        return True
    return data is not None and any(plug.document(data) is not None for plug in registry.sites().values())
