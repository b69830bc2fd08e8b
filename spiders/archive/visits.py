"""WARC out and replay: every visit of a run is written whole and synced before anyone reads its page.

A visit is up to four records in this order: `response` (the bytes the server sent, codings undone), `resource`
`urn:rendered:` (the page as the browser showed it, where that differs), `resource` `urn:view:` (a screenshot), and last
`metadata` with the visit as JSON. A visit without its metadata never happened: that is how a torn end is told.
"""

from __future__ import annotations

import hashlib
import io
import os
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, NamedTuple, Self

from pydantic import ValidationError
from warcio.recordloader import ArcWarcRecord  # noqa: TID251
from warcio.statusandheaders import StatusAndHeaders  # noqa: TID251
from warcio.warcwriter import WARCWriter  # noqa: TID251

from audit.errors import StoreError
from audit.models import Document, Evidence, Outcome, Page, SerpQuery
from spiders.archive.disk import on_disk, sync_folder, write_all
from spiders.archive.members import members
from spiders.archive.reading import Record, stored

VISIT_SCHEMA = 1
RENDERED, VIEW = "urn:rendered:", "urn:view:"
JSON_TYPE, HTML_TYPE = "application/json", "text/html; charset=utf-8"
# Never written: they open doors. The codings are undone in what is written.
_PRIVATE = frozenset({"set-cookie", "set-cookie2", "cookie", "authorization", "proxy-authorization", "x-api-key"})
_UNDONE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
LEVEL = 6  # zlib's own default
_GZIP = zlib.MAX_WBITS | 16
_NAMESPACE = uuid.UUID("6f2a1d0e-55d5-5b0c-9d6b-0a8c3f6c2b11")  # of record ids: the same run writes the same ids


class Purpose(StrEnum):
    """Why a page was asked for."""

    SERP = "serp"
    SUGGESTIONS = "suggestions"
    PROFILE = "profile"
    LANDING = "landing"
    API = "api"


class Context(Document):
    """From where and as whom a page was asked for."""

    country: str = ""
    language: str = ""
    device: str = ""
    user_agent: str = ""
    browser: str = ""


class Visit(Document):
    """One asked address and what came of it, as its metadata record tells it."""

    schema_version: int = VISIT_SCHEMA
    run: str
    number: int
    """Place within the run, from 1."""
    purpose: Purpose
    asked: str
    """The address that was asked, secrets removed."""
    cell: SerpQuery | None = None
    """The cell of the plan this visit answers."""
    site: str = ""
    context: Context = Context()
    at: datetime
    url: str = ""
    """Final address; empty where nothing arrived."""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    source: str = ""
    failure: str = ""
    waived: str = ""
    """The robots rule that the client's consent set aside, or ""."""
    skipped: Outcome | None = None
    """Set where no request was sent: robots, budget, suspended."""
    sha256: str = ""
    """Of the body that was read."""
    record: str = ""
    """WARC-Record-ID of that body."""
    screenshot: str = ""
    """WARC-Record-ID of the screenshot."""


class Sent(NamedTuple):
    """A body as the server sent it, codings undone, with the headers it came under."""

    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Capture(NamedTuple):
    """What a fetcher brings: the page to be read, and where a browser made it of something else, what was sent."""

    page: Page
    sent: Sent | None = None
    screenshot: bytes | None = None


class _Entry(NamedTuple):
    """A record to be written; a response carries its page for status and headers."""

    name: str
    type: str
    url: str
    body: bytes
    mime: str = ""
    page: Page | None = None


class Archive:
    """One WARC of one run, append only. A context manager; every kept visit is on the disk when `keep` returns.

    A visit is written in one piece, and taken back where the disk refuses it: the file never holds a part of one.
    """

    def __init__(self, path: Path, *, run: str, tool: str, at: datetime) -> None:
        self.path, self.run = path, run
        self.places: dict[str, int] = {}
        """Where each record written here begins, by its id."""
        self._pending, self._record = io.BytesIO(), io.BytesIO()
        self._writer = WARCWriter(self._record, gzip=False, warc_version="1.1")
        with on_disk(path):
            self._stream = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            self._end = path.stat().st_size
            sync_folder(path.parent)
        if not self._end:
            self._info(tool, at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._stream >= 0:
            os.close(self._stream)
            self._stream = -1

    def keep(self, visit: Visit, capture: Capture | None = None) -> tuple[Visit, Page | None]:
        """Write a visit; returns it with its record ids, and the page with its evidence."""
        if capture is None:
            self._metadata(visit)
            return visit, None
        page = capture.page
        sha256 = hashlib.sha256(page.body).hexdigest()
        told = visit.model_copy(
            update={
                "url": page.url,
                "status": page.status,
                "headers": public(page.headers),
                "source": page.source,
                "failure": page.failure,
                "sha256": sha256,
                "record": self._bodies(visit, capture),
                "screenshot": self._screenshot(visit, page.url, capture.screenshot),
            }
        )
        self._metadata(told)
        return told, with_evidence(page, told, self.path.name)

    def _bodies(self, visit: Visit, capture: Capture) -> str:
        page, sent = capture.page, capture.sent
        url = page.url or visit.asked
        response = self._name(visit, "response")
        if sent is None or sent.body == page.body:
            self._write(_Entry(response, "response", url, page.body, page=page), visit.at)
            return response
        as_sent = page.model_copy(update={"headers": sent.headers})
        self._write(_Entry(response, "response", url, sent.body, page=as_sent), visit.at)
        rendered = self._name(visit, "rendered")
        self._write(_Entry(rendered, "resource", RENDERED + url, page.body, HTML_TYPE), visit.at)
        return rendered

    def _screenshot(self, visit: Visit, url: str, picture: bytes | None) -> str:
        if picture is None:
            return ""
        name = self._name(visit, "view")
        self._write(_Entry(name, "resource", VIEW + (url or visit.asked), picture, picture_type(picture)), visit.at)
        return name

    def _metadata(self, visit: Visit) -> None:
        body = visit.model_dump_json().encode()
        self._write(_Entry(self._name(visit, "metadata"), "metadata", visit.asked, body, JSON_TYPE), visit.at)
        self._commit()

    def _commit(self) -> None:
        data = self._pending.getvalue()
        self._pending.seek(0)
        self._pending.truncate()
        with on_disk(self.path):
            try:
                write_all(self._stream, data)
            except OSError:
                with suppress(OSError):  # where even this fails, the next sitting cuts the end
                    os.ftruncate(self._stream, self._end)
                raise
        self._end += len(data)

    def _name(self, visit: Visit, role: str) -> str:
        return f"<urn:uuid:{uuid.uuid5(_NAMESPACE, f'{self.run}/{visit.number}/{role}')}>"

    def _write(self, entry: _Entry, at: datetime) -> None:
        """One record with the digests of its payload and of its whole block, in hexadecimal SHA-256."""
        http = _http(entry.page, len(entry.body)) if entry.page is not None else None
        if http is not None:
            http.compute_headers_buffer()
        block = (http.headers_buff if http is not None else b"") + entry.body
        fields = {
            "WARC-Record-ID": entry.name,
            "WARC-Date": stamp(at),
            "WARC-Payload-Digest": f"sha256:{hashlib.sha256(entry.body).hexdigest()}",
            "WARC-Block-Digest": f"sha256:{hashlib.sha256(block).hexdigest()}",
        }
        record = self._writer.create_warc_record(
            entry.url,
            entry.type,
            payload=io.BytesIO(entry.body),
            length=len(entry.body),
            warc_content_type=entry.mime,
            warc_headers_dict=fields,
            http_headers=http,
        )
        self.places[entry.name] = self._end + self._pending.tell()
        self._member(record)

    def _member(self, record: ArcWarcRecord) -> None:
        """A record as a gzip member of its own. The library packs at level 9: 1.7 times the time for 1 % less."""
        self._writer.write_record(record)
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
        self._pending.write(packer.compress(self._record.getvalue()) + packer.flush())
        self._record.seek(0)
        self._record.truncate()

    def _info(self, tool: str, at: datetime) -> None:
        facts = {"software": tool, "format": "WARC File Format 1.1", "isPartOf": self.run}
        record = self._writer.create_warcinfo_record(self.path.name, facts)
        record.rec_headers.replace_header("WARC-Date", stamp(at))
        record.rec_headers.replace_header("WARC-Record-ID", f"<urn:uuid:{uuid.uuid5(_NAMESPACE, f'{self.run}/info')}>")
        self._member(record)


def _http(page: Page, length: int) -> StatusAndHeaders:
    """Status and headers as they came, less what is private; codings are undone, so their headers are kept aside."""
    lines = [
        (f"X-Archive-Orig-{name}" if name.lower() in _UNDONE else name, value) for name, value in public(page.headers)
    ]
    return StatusAndHeaders(str(page.status or 200), [*lines, ("Content-Length", str(length))], protocol="HTTP/1.1")


def public(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without cookies and keys, on one line each."""
    return tuple((n, " ".join(v.split())) for n, v in headers if n.lower() not in _PRIVATE)


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC, as WARC 1.1 wants it."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def picture_type(picture: bytes) -> str:
    return "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"


def with_evidence(page: Page, visit: Visit, warc: str) -> Page:
    """The page as it will be stored: the visit's public facts, and where its bytes are."""
    evidence = Evidence(
        sha256=visit.sha256, size=len(page.body), warc=warc, record=visit.record, screenshot=visit.screenshot
    )
    return page.model_copy(update={"headers": visit.headers, "evidence": evidence})


class Replayed(NamedTuple):
    """A visit as it was kept, with its page; `trouble` names what is wrong with the record, or ""."""

    visit: Visit | None
    page: Page | None
    trouble: str = ""


def replay(stream: IO[bytes], warc: str) -> Iterator[Replayed]:
    """Every whole visit of a WARC in order. Broken ends and altered records are named, never skipped."""
    waiting: dict[str, Record] = {}
    for record in stored(stream):
        if record.failure and record.kind != "metadata":
            waiting[record.id] = record
            if not record.id:
                yield Replayed(None, None, f"{warc}: {record.failure}")
        elif record.kind != "metadata":
            waiting[record.id] = record
        else:
            yield _replayed(record, waiting, warc)
            waiting.clear()


def replay_files(paths: Sequence[Path]) -> Iterator[Replayed]:
    """Visits of WARCs, WACZs and folders of WARCs, in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from replay_files(sorted(path.glob("*.warc.gz")))
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as box:
                for name in sorted(n for n in box.namelist() if n.startswith("archive/") and n.endswith(".warc.gz")):
                    with box.open(name) as stream:
                        yield from replay(stream, name.rpartition("/")[2])
        else:
            with path.open("rb") as stream:
                yield from replay(stream, path.name)


def _replayed(record: Record, waiting: dict[str, Record], warc: str) -> Replayed:
    if record.failure:
        return Replayed(None, None, f"{warc}: the record {record.id} is {record.failure}")
    try:
        visit = Visit.model_validate_json(record.body)
    except ValidationError:
        return Replayed(None, None, f"{warc}: the record {record.id} is no visit this version can read")
    lost = [f"{warc}: {other.id} is {other.failure}" for other in waiting.values() if other.failure]
    if not visit.record:
        return Replayed(visit, None, "; ".join(lost))
    body = waiting.get(visit.record)
    if body is None or body.failure or hashlib.sha256(body.body).hexdigest() != visit.sha256:
        return Replayed(visit, None, f"{warc}: the body of {visit.asked} ({visit.record}) is missing or was altered")
    if visit.screenshot and visit.screenshot not in waiting:
        lost.append(f"{warc}: the screenshot of {visit.asked} is missing")
    return Replayed(visit, _page(visit, body.body, warc), "; ".join(lost))


def _page(visit: Visit, body: bytes, warc: str) -> Page:
    page = Page(
        url=visit.url,
        status=visit.status,
        headers=visit.headers,
        body=body,
        fetched_at=visit.at,
        source=visit.source,
        failure=visit.failure,
    )
    return with_evidence(page, visit, warc)


def places(path: Path) -> dict[str, int]:
    """Where every record of a whole WARC begins, by its id: some hundred bytes for each."""
    with on_disk(path), path.open("rb") as stream:
        return {m.fields.get("WARC-Record-ID", ""): m.begin for m in members(stream)}


def read_page(path: Path, place: int, visit: Visit) -> Page:
    """The page of a visit, its bytes read now; `StoreError` where they are not those that were kept."""
    with on_disk(path), path.open("rb") as stream:
        stream.seek(place)
        record = next(stored(stream), None)
    if record is None or record.failure or hashlib.sha256(record.body).hexdigest() != visit.sha256:
        what = f"the body of {visit.asked} ({visit.record}) is missing or was altered."
        raise StoreError(what, where=str(path), mend="Restore the folder from a copy.")
    return _page(visit, record.body, path.name)
