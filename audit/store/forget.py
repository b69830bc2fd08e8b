"""Forgetting in the store: what goes is gone from the file, and what stays can still be proved.

Three requests. An *author*: pages that hold the name are emptied, documents made from them are written anew without the
person (`audit.forgetting`). An *age*: snapshots of a brand older than its retention go with their pages, audits and
archives; points of the trend stay, they hold no person. A *brand*: all of it goes.

Every change leaves a tombstone: what it was called, its old seal or digest, the new one, the day, why, and the person
or brand as a keyed pseudonym. So the chain of seals holds: a snapshot that was written anew is sealed anew, and the
snapshot after it may rest on the old seal, which its tombstone keeps. `verify` knows what was forgotten from what was
altered. Deleted bytes are overwritten (SQLite `secure_delete`, then VACUUM; PostgreSQL VACUUM FULL); copies that a
disk, a journal, a backup or a server's write-ahead log keeps are beyond a program: forget them where they are made.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa  # noqa: TID251

from audit.forgetting import Named, without_author, written_by
from audit.models import Origin
from audit.seal import canonical, digest, instant, moment, unpacked
from audit.store import database as db

AUTHOR, BRAND, AGE = "author", "brand", "age"
TABLES = Origin.POSITIONS.value
_CITED = re.compile(r'"sha256":"([0-9a-f]{64})"')
DROPPED = '{"forgotten":'
"""Begins the document of a snapshot that was forgotten whole."""
ORPHAN_AGE = timedelta(days=1)
"""No run lasts longer: a page nobody cites for so long is of no run that is going on."""


class Tombstone(NamedTuple):
    """What was forgotten. `kind`: page, snapshot (written anew), dropped (a whole snapshot), audit, label, fetch,
    archive, brand."""

    kind: str
    name: str
    at: str
    why: str
    subject: str
    was: str
    now: str = ""


class Request(NamedTuple):
    """Who or what is to be forgotten, when and why; `subject` is a keyed pseudonym."""

    why: str
    subject: str
    at: datetime


class Gone(NamedTuple):
    """What a request takes, or would take."""

    counts: Counter[str]
    pages: frozenset[str] = frozenset()
    """Digests of the pages."""
    files: frozenset[str] = frozenset()
    """Archives that go whole."""
    since: datetime | None = None
    """Time of the oldest snapshot concerned: reports made before hold nothing of it."""


class Held(NamedTuple):
    """Where a person stands: pages that hold the name, and the words of the reviews beside it."""

    pages: frozenset[str]
    lost: frozenset[str]


class RewrittenArchive(NamedTuple):
    file: str
    size: int
    sha256: str


class _DryRunError(Exception):
    """Takes a transaction back."""


class Forgetting:
    """Of an open store. `dry` tells what would go and changes nothing; every request is one transaction."""

    def __init__(self, base: db.Database) -> None:
        self._base = base

    # ------------------------------------------------------------ an author

    def look(self, named: Named) -> Held:
        """Where a person stands in the whole store; reads every page."""
        with self._base.transaction(write=False) as link:
            names = list(link.execute(sa.select(db.blobs.c.sha256)).scalars())
        held = frozenset(name for name in names if named.in_bytes(self._body(name) or b""))
        lost: set[str] = set()
        for row in self._base.rows(db.snapshots):
            if row.document:
                lost |= written_by(json.loads(row.document), named, lambda n: self._body(n) if n in held else None)
        return Held(held, frozenset(lost))

    def _body(self, name: str) -> bytes | None:
        with self._base.transaction(write=False) as link:
            return unpacked(link.execute(sa.select(db.blobs.c.data).where(db.blobs.c.sha256 == name)).scalar())

    def author(
        self,
        named: Named,
        request: Request,
        held: Held,
        *,
        archives: Iterable[RewrittenArchive] = (),
        dry: bool = False,
    ) -> Gone:
        """Forget a person in the whole store: pages belong to no brand. `archives`: what was written anew of them."""
        work = _Work(request)
        with self._transaction(dry) as link:
            for name in sorted(held.pages):
                work.empty_page(link, name)
            for row in link.execute(sa.select(db.fetches)).all():
                work.mask(link, db.fetches, row, named)
            since = work.rewrite_all(link, named, held)
            for row in link.execute(sa.select(db.labels)).all():
                work.mask(link, db.labels, row, named)
            for table in (db.points, db.alerts):
                for row in link.execute(sa.select(table)).all():
                    work.mask(link, table, row, named)
            for archive in archives:
                work.replace_archive(link, archive)
        return Gone(work.counts, held.pages, since=since)

    # ------------------------------------------------------------ an age, a brand

    def older(self, brand: str, before: datetime, request: Request, *, dry: bool = False) -> Gone:
        """Forget a brand's snapshots taken before a time, with what only they rest on.

        Tables of past positions stay: they hold no page and no reviewer, and their times are old from the first day.
        """
        work = _Work(request)
        with self._transaction(dry) as link:
            rows = link.execute(sa.select(db.snapshots).where(db.snapshots.c.brand == brand)).all()
            kept = work.known(link, "dropped")
            kept |= set(link.execute(sa.select(db.captures.c.snapshot).where(db.captures.c.origin == TABLES)).scalars())
            old = [row for row in rows if moment(row.taken_at) < before and row.id not in kept]
            for row in old:
                work.drop_snapshot(link, row)
            for row in link.execute(sa.select(db.audits).where(db.audits.c.brand == brand)).all():
                if _taken(row.document) < before and json.loads(row.document)["snapshot"].get("origin") != TABLES:
                    work.note("audit", row.id, row.digest)
                    link.execute(db.audits.delete().where(db.audits.c.id == row.id))
            for row in link.execute(sa.select(db.alerts).where(db.alerts.c.brand == brand)).all():
                if moment(row.at) < before:
                    link.execute(db.alerts.delete().where(db.alerts.c.number == row.number))
                    work.counts["alert"] += 1
            cited = {name for row in old for name in _CITED.findall(row.document)}
            pages = work.drop_pages(link, cited, before)
            files = work.drop_archives(link, [row.id for row in old])
        return Gone(work.counts, pages, files)

    def brand(self, brand: str, request: Request, *, dry: bool = False) -> Gone:
        """Forget everything of a brand. Its chain of seals ends in one tombstone that names no one."""
        work = _Work(request)
        with self._transaction(dry) as link:
            query = sa.select(db.snapshots).where(db.snapshots.c.brand == brand).order_by(db.snapshots.c.number)
            rows = link.execute(query).all()
            for table, word in ((db.snapshots, "snapshot"), (db.captures, ""), (db.points, "point")):
                work.delete_brand(link, table, brand, word)
            for table, word in ((db.alerts, "alert"), (db.audits, "audit"), (db.labels, "label")):
                work.delete_brand(link, table, brand, word)
            alone = link.execute(sa.select(db.snapshots.c.id).limit(1)).first() is None
            cited = {name for row in rows for name in _CITED.findall(row.document)}
            pages = work.drop_pages(link, cited, request.at + ORPHAN_AGE if alone else request.at - ORPHAN_AGE)
            files = work.drop_archives(link, [row.id for row in rows])
            link.execute(db.tombstones.delete().where(db.tombstones.c.name.in_([row.id for row in rows])))
            work.note("brand", request.subject, rows[-1].seal or "" if rows else "", count=False)
            work.save(link)
        return Gone(work.counts, pages, files)

    # ------------------------------------------------------------ reports, tombstones, the file

    def remember_report(self, brand: str, path: str, at: datetime) -> None:
        """Where a report was written, so that it can be forgotten."""
        same = (db.reports.c.brand == brand) & (db.reports.c.path == path)
        with self._base.transaction() as link:
            link.execute(db.reports.delete().where(same))
            link.execute(db.reports.insert().values(brand=brand, path=path, made_at=instant(at)))

    def reports(self, brand: str = "") -> list[tuple[str, datetime]]:
        """Paths of reports with the time they were made; of every brand where none is named."""
        rows = self._base.rows(db.reports, (db.reports.c.brand == brand) if brand else sa.true())
        return [(row.path, moment(row.made_at)) for row in rows]

    def forget_report(self, path: str) -> None:
        with self._base.transaction() as link:
            link.execute(db.reports.delete().where(db.reports.c.path == path))

    def tombstones(self) -> list[Tombstone]:
        rows = self._base.rows(db.tombstones)
        return [Tombstone(r.kind, r.name, r.at, r.why, r.subject, r.was, r.now) for r in rows]

    def shrink(self) -> None:
        """Write the file anew, so that no freed page keeps a byte. Outside of any transaction, as databases ask."""
        with db.explained(self._base.where):
            if self._base.engine.dialect.name == "postgresql":
                with self._base.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
                    link.exec_driver_sql(f"VACUUM FULL {', '.join(sorted(db.METADATA.tables))}")
                return
            raw = self._base.engine.raw_connection()
            try:
                raw.cursor().execute("VACUUM")
            finally:
                raw.close()

    def copies(self) -> list[Path]:
        """Copies of the file that were made before its schema changed: they hold what is forgotten."""
        if self._base.engine.dialect.name == "postgresql":
            return []
        path = Path(self._base.where)
        return sorted(path.parent.glob(f"{path.name}.before-*"))

    @contextmanager
    def _transaction(self, dry: bool) -> Iterator[sa.Connection]:
        """A transaction; of a dry one nothing stays."""
        try:
            with self._base.transaction() as link:
                yield link
                if dry:
                    raise _DryRunError
        except _DryRunError:
            return


class _Work:
    """The steps of one request, each with its tombstone."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._notes: list[Tombstone] = []
        self.counts: Counter[str] = Counter()

    def note(self, kind: str, name: str, was: str, now: str = "", *, count: bool = True) -> None:
        at, why, subject = instant(self._request.at), self._request.why, self._request.subject
        self._notes.append(Tombstone(kind, name, at, why, subject, was, now))
        self.counts[kind] += count

    def save(self, link: sa.Connection) -> None:
        rows = [{**note._asdict(), "digest": digest(*note)} for note in self._notes]
        if rows:
            link.execute(db.tombstones.insert(), rows)
        self._notes.clear()

    @staticmethod
    def known(link: sa.Connection, kind: str) -> set[str]:
        return set(link.execute(sa.select(db.tombstones.c.name).where(db.tombstones.c.kind == kind)).scalars())

    # -------------------------------------------------------- an author

    def empty_page(self, link: sa.Connection, name: str) -> None:
        """The bytes go; the row stays, because snapshots rest on its digest."""
        link.execute(db.blobs.update().where(db.blobs.c.sha256 == name).values(data=b""))
        self.note("page", name, name)
        self.save(link)

    def mask(self, link: sa.Connection, table: sa.Table, row: Any, named: Named) -> None:
        """A small record without the name; one that has a digest gets a new one, and a tombstone with the old."""
        document = canonical(named.masked(json.loads(row.document)))
        if document == row.document:
            return
        values = {"document": document}
        if table is not db.points and table is not db.alerts:
            parts = (row.brand, row.saved_at) if table is db.labels else ()
            values["digest"] = digest(*parts, document)
            self.note(table.name.rstrip("s").removesuffix("e"), f"{row.number}", row.digest, values["digest"])
            self.save(link)
        else:
            self.counts[table.name.rstrip("s")] += 1
        link.execute(table.update().where(table.c.number == row.number).values(**values))

    def rewrite_all(self, link: sa.Connection, named: Named, held: Held) -> datetime | None:
        """Snapshots and audits without the person; returns the time of the oldest snapshot concerned."""
        times = []
        for table in (db.snapshots, db.audits):
            for number in link.execute(sa.select(table.c.number)).scalars().all():
                row = link.execute(sa.select(table).where(table.c.number == number)).one()
                document = canonical(without_author(json.loads(row.document), named, held.pages, held.lost))
                if document != row.document:
                    self._rewrite(link, table, row, document)
                if document != row.document or held.pages & frozenset(_CITED.findall(row.document)):
                    times.append(_taken(row.document))
        return min(times, default=None)

    def _rewrite(self, link: sa.Connection, table: sa.Table, row: Any, document: str) -> None:
        if table is db.snapshots:
            seal = digest(row.previous, document)
            self.note("snapshot", row.id, row.seal or "", seal)
            values = {"document": document, "seal": seal}
        else:
            values = {"document": document, "digest": digest(document)}
            self.note("audit", row.id, row.digest, values["digest"])
        link.execute(table.update().where(table.c.number == row.number).values(**values))
        self.save(link)

    def replace_archive(self, link: sa.Connection, archive: RewrittenArchive) -> None:
        for row in link.execute(sa.select(db.archives).where(db.archives.c.file == archive.file)).all():
            size = f"{archive.size}"
            sealed = digest(row.run, row.file, size, archive.sha256, row.snapshot)
            values = {"size": size, "sha256": archive.sha256, "digest": sealed}
            link.execute(db.archives.update().where(db.archives.c.number == row.number).values(**values))
            self.note("archive", row.file, row.sha256, archive.sha256)
        self.save(link)

    # -------------------------------------------------------- an age, a brand

    def drop_snapshot(self, link: sa.Connection, row: Any) -> None:
        """The document goes; its place in the chain stays, sealed anew."""
        document = canonical({"forgotten": instant(self._request.at), "why": self._request.why})
        seal = digest(row.previous, document)
        changed = db.snapshots.update().where(db.snapshots.c.id == row.id)
        link.execute(changed.values(document=document, seal=seal))
        self.note("dropped", row.id, row.seal or "", seal)
        self.save(link)

    def drop_pages(self, link: sa.Connection, cited: set[str], before: datetime) -> frozenset[str]:
        """Pages that only forgotten snapshots cite, and those that nobody cites and that arrived before a time."""
        still: set[str] = set()
        for number in link.execute(sa.select(db.snapshots.c.number)).scalars().all():
            document = link.execute(sa.select(db.snapshots.c.document).where(db.snapshots.c.number == number)).scalar()
            still.update(_CITED.findall(str(document)))
        newest: dict[str, datetime] = {}
        for name, document in link.execute(sa.select(db.fetches.c.sha256, db.fetches.c.document)):
            newest[name] = max(newest.get(name, moment("")), _arrived(document))
        kept = list(link.execute(sa.select(db.blobs.c.sha256)).scalars())
        gone = [n for n in kept if n not in still and (n in cited or newest.get(n, moment("")) < before)]
        for name in gone:
            link.execute(db.fetches.delete().where(db.fetches.c.sha256 == name))
            link.execute(db.blobs.delete().where(db.blobs.c.sha256 == name))
            self.note("page", name, name)
        self.save(link)
        return frozenset(gone)

    def drop_archives(self, link: sa.Connection, snapshots: list[str]) -> frozenset[str]:
        rows = [row for row in link.execute(sa.select(db.archives)).all() if row.snapshot in set(snapshots)]
        for row in rows:
            link.execute(db.archives.delete().where(db.archives.c.number == row.number))
            self.note("archive", row.file, row.sha256)
        self.save(link)
        return frozenset(row.file for row in rows)

    def delete_brand(self, link: sa.Connection, table: sa.Table, brand: str, word: str) -> None:
        gone = link.execute(table.delete().where(table.c.brand == brand)).rowcount
        if word:
            self.counts[word] += gone


def forgotten_word(base: db.Database, kind: str, name: str, shown: str) -> str:
    """One sentence about what is no more."""
    stones = base.rows(db.tombstones, (db.tombstones.c.kind == kind) & (db.tombstones.c.name == name))
    when = f"on {stones[-1].at[:10]} {by_whom(stones[-1].why)}" if stones else "without a tombstone"
    return f"the {'page with digest' if kind == 'page' else 'snapshot'} {shown} was forgotten {when}"


def by_whom(why: str) -> str:
    return "by age" if why == AGE else "by request"


def _taken(document: str) -> datetime:
    """When the snapshot was taken that a document is or rests on."""
    told: Mapping[str, Any] = json.loads(document)
    return moment(told.get("snapshot", told).get("taken_at", "").replace("Z", "+00:00"))


def _arrived(document: str) -> datetime:
    return moment(str(json.loads(document).get("fetched_at", "")).replace("Z", "+00:00"))


def forgotten_days(tombstones: Iterable[Tombstone]) -> Iterator[str]:
    """`3 pages, 1 snapshot: forgotten on 2026-11-25 by request`, a line a day and reason."""
    days: dict[tuple[str, str], Counter[str]] = {}
    for stone in tombstones:
        days.setdefault((stone.at[:10], stone.why), Counter())[
            "snapshot" if stone.kind == "dropped" else stone.kind
        ] += 1
    for (day, why), counts in sorted(days.items()):
        told = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(counts.items()))
        yield f"{told}: forgotten on {day} {by_whom(why)}"
