"""Forgetting in an archive: the visits that hold a person are replaced by tombstones, every other byte stays.

Of such a visit the bodies and the screenshot go, and its metadata tells that it was forgotten: a replay then finds a
page that was not asked (SKIPPED forgotten), as it finds one that robots forbade. A tombstone record keeps the digest of
what stood there. The file is written anew beside the old one; the caller puts it in its place once the store knows its
digest.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from warcio.warcwriter import WARCWriter  # noqa: TID251

from spiders.archive.disk import on_disk, sync_folder, write_whole
from spiders.archive.members import Member, members
from spiders.archive.visits import JSON_TYPE

TOMBSTONE = "urn:forgotten:"
_ENDS = "metadata"


class Person(Protocol):
    """Who is to be forgotten: told from bytes, and masked in the strings of a document."""

    def in_bytes(self, body: bytes) -> bool: ...

    def masked(self, value: Any) -> Any: ...


class Rewritten(NamedTuple):
    """A file written anew beside `path`; `visits` were replaced."""

    path: Path
    draft: Path
    visits: int
    size: int
    sha256: str


class _Record(NamedTuple):
    raw: bytes
    member: Member
    data: bytes

    @property
    def type(self) -> str:
        return self.member.fields.get("WARC-Type", "")

    @property
    def body(self) -> bytes:
        """Behind the WARC header, without the two line ends that close a record."""
        return self.data.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")


def concerned(path: Path, person: Person) -> int:
    """How many visits of an archive hold the person."""
    return sum(_holds(visit, person) for visit in _visits(path))


def rewrite(path: Path, person: Person, at: datetime) -> Rewritten | None:
    """The archive without the person, as a draft beside it; None where nothing of it is concerned."""
    if not concerned(path, person):
        return None
    draft, count = path.with_name(path.name + ".part"), 0
    with on_disk(draft), draft.open("wb") as out:
        for visit in _visits(path):
            if _holds(visit, person):
                count += 1
                out.write(_buried(visit, person, at))
            else:
                out.writelines(record.raw for record in visit)
        out.flush()
        os.fsync(out.fileno())
    with draft.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Rewritten(path, draft, count, draft.stat().st_size, sha256)


def put_in_place(rewritten: Rewritten) -> None:
    with on_disk(rewritten.path):
        rewritten.draft.replace(rewritten.path)
        sync_folder(rewritten.path.parent)


def renew_promises(folder: Path, names: tuple[str, ...], digests: Mapping[str, str]) -> None:
    """The files in which a run promised what its archives are, with the digests of those written anew."""
    for path in (folder / name for name in names if (folder / name).exists()):
        old = path.read_text("utf-8")
        lines = [line.partition("  ") for line in old.splitlines()]
        new = "".join(f"{digests.get(file, sha256)}  {file}\n" for sha256, _, file in lines)
        if new != old:
            write_whole(path, new)


def drop(path: Path) -> None:
    """An archive that goes whole."""
    with on_disk(path):
        path.unlink(missing_ok=True)


def _visits(path: Path) -> Iterator[list[_Record]]:
    """Records up to the metadata that ends a visit; what stands before the first visit, or behind the last, alone."""
    held: list[_Record] = []
    with on_disk(path), path.open("rb") as stream, path.open("rb") as again:
        for member in members(stream):
            again.seek(member.begin)
            raw = again.read(member.end - member.begin)
            record = _Record(raw, member, zlib.decompress(raw, zlib.MAX_WBITS | 16))
            if record.type == "warcinfo":
                yield [record]
                continue
            held.append(record)
            if record.type == _ENDS:
                yield held
                held = []
    if held:
        yield held


def _holds(visit: list[_Record], person: Person) -> bool:
    """Pictures are not searched: they go with the page they show."""
    return any(record.type != "warcinfo" and person.in_bytes(_searched(record)) for record in visit)


def _searched(record: _Record) -> bytes:
    picture = record.member.fields.get("Content-Type", "").startswith("image/")
    return record.data.partition(b"\r\n\r\n")[0] if picture else record.data


def _buried(visit: list[_Record], person: Person, at: datetime) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    for record in visit:
        if record.type == _ENDS:
            _write(writer, record, record.member.fields.get("WARC-Target-URI", ""), _told(record, person, at), person)
        else:
            facts = {"forgotten": at.isoformat(), "by": "request", **_old(record)}
            _write(writer, record, TOMBSTONE + facts["sha256"], facts, person)
    return out.getvalue()


def _old(record: _Record) -> dict[str, str]:
    """What stood there: the digest of its payload, as its own header tells it."""
    told = record.member.fields.get("WARC-Payload-Digest", "").rpartition(":")[2]
    return {"sha256": told or hashlib.sha256(record.body).hexdigest(), "type": record.type}


def _told(record: _Record, person: Person, at: datetime) -> dict[str, Any]:
    """The visit as it may be told: nothing of it is kept but that it was made."""
    visit = person.masked(json.loads(record.body))
    skipped = {"status": "SKIPPED", "kind": "forgotten", "why": f"forgotten on {at:%Y-%m-%d} by request"}
    nothing: dict[str, object] = {
        "record": "",
        "screenshot": "",
        "sha256": "",
        "status": None,
        "headers": [],
        "failure": "",
    }
    return {**visit, **nothing, "skipped": skipped}


def _write(writer: Any, record: _Record, uri: str, facts: Mapping[str, Any], person: Person) -> None:
    body = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    old = record.member.fields
    fields = {
        "WARC-Record-ID": old.get("WARC-Record-ID", ""),
        "WARC-Date": old.get("WARC-Date", ""),
        "WARC-Payload-Digest": digest,
        "WARC-Block-Digest": digest,
    }
    kind = _ENDS if record.type == _ENDS else "resource"
    writer.write_record(
        writer.create_warc_record(
            str(person.masked(uri)),
            kind,
            payload=io.BytesIO(body),
            length=len(body),
            warc_content_type=JSON_TYPE,
            warc_headers_dict=fields,
        )
    )
