"""Proof of the store: every byte, row and seal against its digest; a sentence for everything that is not as it was."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import sqlalchemy as sa  # noqa: TID251

from audit.errors import StoreError
from audit.seal import digest, fits, unpacked, whole
from audit.store import database as db


def verify(base: db.Database) -> list[str]:
    """A sentence for everything that is altered or missing; [] when all is as it was written."""
    found: list[str] = []
    for check in (_file, _bytes, _rows, _tombstones, _chain, _captures, _evidence):
        try:
            found += check(base)
        except StoreError as error:
            found.append(str(error))
    return found


def _file(base: db.Database) -> Iterator[str]:
    if base.engine.dialect.name == "sqlite":
        with base.transaction(write=False) as link:
            lines = [str(line) for (line,) in link.exec_driver_sql("PRAGMA integrity_check(20)")]
        yield from (f"database file: {line}" for line in lines if line != "ok")


def _bytes(base: db.Database) -> Iterator[str]:
    with base.transaction(write=False) as link:
        names = list(link.execute(sa.select(db.blobs.c.sha256)).scalars())
    emptied = _stones(base, "page")
    for name in names:
        with base.transaction(write=False) as link:
            row = link.execute(sa.select(db.blobs).where(db.blobs.c.sha256 == name)).first()
        body = None if row is None else unpacked(row.data)
        if row is not None and row.data == b"" and name in emptied:
            continue
        if body is None or hashlib.sha256(body).hexdigest() != name or row is None or row.size != len(body):
            yield f"page {str(name)[:12]}: the bytes are not those that arrived"


def _rows(base: db.Database) -> Iterator[str]:
    for row in base.rows(db.fetches):
        if digest(row.document) != row.digest or f'"sha256":"{row.sha256}"' not in str(row.document):
            yield f"fetch {row.number}: its record was altered"
    for row in base.rows(db.labels):
        if digest(row.brand, row.saved_at, row.document) != row.digest:
            yield f"label {row.number}: its record was altered"
    for row in base.rows(db.archives):
        if digest(row.run, row.file, row.size, row.sha256, row.snapshot) != row.digest:
            yield f"archive {row.file}: its record was altered"
    anew = _stones(base, "audit")
    for row in base.rows(db.audits):
        known = fits(row, row.made_at) or row.digest in anew.get(row.id, {}).values()
        if digest(row.document) != row.digest or not known:
            yield f"audit {row.id}: its record was altered"


def _tombstones(base: db.Database) -> Iterator[str]:
    for row in base.rows(db.tombstones):
        if digest(row.kind, row.name, row.at, row.why, row.subject, row.was, row.now) != row.digest:
            yield f"tombstone {row.number}: its record was altered"


def _chain(base: db.Database) -> Iterator[str]:
    """Every seal over its document, and every snapshot sealed upon the one before it.

    One that was forgotten, whole or in part, was sealed anew; what rests on its old seal rests on its tombstone.
    """
    anew = _stones(base, "snapshot", "dropped")
    seals: dict[str, frozenset[str]] = {}
    for row in base.rows(db.snapshots):
        stones = anew.get(row.id, {})
        if not whole(row) or not (fits(row, row.taken_at) or row.seal in stones.values()):
            yield f"snapshot {row.id}: the seal does not match"
        elif row.previous not in seals.get(row.brand, frozenset({""})):
            yield f"snapshot {row.id}: the snapshot before it is missing or was replaced"
        seals[row.brand] = frozenset({row.seal or "", *stones})


def _captures(base: db.Database) -> Iterator[str]:
    """Every snapshot stands in the list of captures, under the time it was taken."""
    with base.transaction(write=False) as link:
        listed = {row.snapshot: row.taken_at for row in link.execute(sa.select(db.captures))}
        for name, taken_at in link.execute(sa.select(db.snapshots.c.id, db.snapshots.c.taken_at)):
            if listed.get(name) != taken_at:
                yield f"snapshot {name}: it is missing in the list of captures, or its time was altered"


def _evidence(base: db.Database) -> Iterator[str]:
    with base.transaction(write=False) as link:
        kept = set(link.execute(sa.select(db.blobs.c.sha256)).scalars())
    for number, sha256 in ((row.number, row.sha256) for row in base.rows(db.fetches)):
        if sha256 not in kept:
            yield f"fetch {number}: its page {sha256[:12]} is missing"
    for row in filter(whole, base.rows(db.snapshots)):
        for name in sorted(set(re.findall(r'"sha256":"([0-9a-f]{64})"', row.document)) - kept):
            yield f"snapshot {row.id}: the page {name[:12]} it rests on is not kept here"


def _stones(base: db.Database, *kinds: str) -> dict[str, dict[str, str]]:
    """Of what was forgotten: its old seals, each with the one that took its place."""
    found: dict[str, dict[str, str]] = {}
    for row in base.rows(db.tombstones, db.tombstones.c.kind.in_(kinds)):
        found.setdefault(row.name, {})[row.was] = row.now
    return found
