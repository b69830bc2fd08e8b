"""Evidence, Snapshots, people's labels and Audits in one SQLite file, or in PostgreSQL by address.

Promises (reliability sections 2.3 E1-E4, E9 and 3): bytes are kept before anyone reads them; one transaction a
fetch, and what was returned survives kill -9 and power loss; a snapshot is whole only by its seal, a digest over
its JSON and the seal before it; what was altered is found by `verify`; an older store is copied, then migrated.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import sqlalchemy as sa  # noqa: TID251
from pydantic import ValidationError
from sqlalchemy import event  # noqa: TID251
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError  # noqa: TID251

from audit import migrations
from audit.errors import DocumentError, StoreError
from audit.faults import fault
from audit.models import Audit, Document, Evidence, Label, LabelOrigin, Page, Snapshot
from audit.seal import canonical, digest, document_name, fits, instant, moment, unpacked, whole

LOCK_SECONDS = 30.0  # how long a writer waits for another one

_META = sa.MetaData()
_blobs = sa.Table(
    "blobs",
    _META,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer),
    sa.Column("data", sa.LargeBinary),
)


def _table(name: str, *texts: str) -> sa.Table:
    """A numbered table of texts; the steps in `migrations` hold keys and constraints."""
    number = sa.Column("number", sa.Integer, primary_key=True)
    return sa.Table(name, _META, number, *(sa.Column(text, sa.Text) for text in texts))


_fetches = _table("fetches", "sha256", "document", "digest")
_snapshots = _table("snapshots", "id", "brand", "taken_at", "document", "previous", "seal")
_labels = _table("labels", "brand", "saved_at", "document", "digest")
_audits = _table("audits", "id", "brand", "made_at", "document", "digest")

D = TypeVar("D", bound=Document)


class SnapshotEntry(NamedTuple):
    """A line of the list of snapshots; `whole` is False where the seal is missing or does not match."""

    id: str
    taken_at: datetime
    whole: bool


class Store:
    """An open store; a context manager. Every method is one transaction and raises `StoreError` in one sentence."""

    def __init__(self, engine: sa.Engine, where: str) -> None:
        self._engine = engine
        self._where = where

    @classmethod
    def open(cls, address: str, *, wait: float = LOCK_SECONDS) -> Self:
        """Open or create: a path is a SQLite file, `postgresql://...` a server. Older stores are migrated."""
        where = re.sub(r"//[^@/]*@", "//", address)  # no password in a message
        store = cls(_server(address, where) if "://" in address else _file(Path(address), wait), where)
        try:
            store._upgrade(Path(address) if "://" not in address else None)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ evidence

    def keep(self, page: Page) -> Evidence:
        """Keep the bytes and the circumstances of a page. The same page twice is kept once."""
        sha256 = hashlib.sha256(page.body).hexdigest()
        evidence = (page.evidence or Evidence(sha256="")).model_copy(update={"sha256": sha256, "size": len(page.body)})
        facts = page.model_dump(mode="json", exclude={"body", "evidence"})
        document = canonical({**facts, "evidence": evidence.model_dump(mode="json")})
        data = zlib.compress(page.body)
        with self._transaction() as link:
            link.execute(self._fresh(_blobs).values(sha256=sha256, size=len(page.body), data=data))
            link.execute(self._fresh(_fetches).values(sha256=sha256, document=document, digest=digest(document)))
        return evidence

    def body(self, sha256: str) -> bytes:
        """The bytes as they arrived; `StoreError` when they are missing or were altered."""
        with self._transaction(write=False) as link:
            data = link.execute(sa.select(_blobs.c.data).where(_blobs.c.sha256 == sha256)).scalar()
        if data is None:
            raise StoreError(f"no page with digest {sha256[:12]} is kept", where=self._where)
        body = unpacked(data)
        if body is None or hashlib.sha256(body).hexdigest() != sha256:
            raise StoreError(f"the page with digest {sha256[:12]} was altered", where=self._where, mend=_RESTORE)
        return body

    # ------------------------------------------------------------ snapshots

    def save_snapshot(self, snapshot: Snapshot) -> str:
        """Save and seal in one transaction. The very same snapshot twice is saved once. Returns its id."""
        document, brand = canonical(snapshot.model_dump(mode="json")), snapshot.brand.name
        name = document_name(snapshot.taken_at, brand, document)
        with self._transaction() as link:
            if link.execute(sa.select(_snapshots.c.id).where(_snapshots.c.id == name)).scalar() is None:
                last = sa.select(_snapshots.c.seal).where(_snapshots.c.brand == brand)
                previous = link.execute(last.order_by(_snapshots.c.number.desc()).limit(1)).scalar() or ""
                row = {"id": name, "brand": brand, "taken_at": instant(snapshot.taken_at), "document": document}
                link.execute(_snapshots.insert().values(**row, previous=previous))
                sealed = _snapshots.update().where(_snapshots.c.id == name)
                link.execute(sealed.values(seal=digest(previous, document)))
        return name

    def snapshots(self, brand_name: str) -> list[SnapshotEntry]:
        """Snapshots of a brand, oldest first."""
        rows = self._rows(_snapshots, _snapshots.c.brand == brand_name)
        entries = [SnapshotEntry(str(row.id), moment(row.taken_at), whole(row)) for row in rows]
        return sorted(entries, key=lambda entry: entry.taken_at)

    def snapshot(self, id: str) -> Snapshot:  # noqa: A002
        row = self._row(_snapshots, _snapshots.c.id == id, f"snapshot {id}")
        if not whole(row):
            raise StoreError(f"snapshot {id} was altered or is not whole", where=self._where, mend=_RESTORE)
        return _read(Snapshot, row.document, f"snapshot {id}")

    def latest(self, brand_name: str) -> Snapshot | None:
        """The newest whole snapshot of a brand, by the time it was taken."""
        entries = [entry for entry in self.snapshots(brand_name) if entry.whole]
        return self.snapshot(entries[-1].id) if entries else None

    # ------------------------------------------------------------ people's labels

    def save_labels(self, brand_name: str, labels: Iterable[Label]) -> int:
        """Add people's labels to the history; unchanged ones are not added again. Returns how many were new."""
        new = list(labels)
        if any(label.by is not LabelOrigin.PERSON for label in new):
            raise StoreError("only labels given by a person are kept here", where=self._where)
        now, known = instant(datetime.now(UTC)), {_subject(label): label for label in self.labels(brand_name)}
        changed = [label for label in new if known.get(_subject(label)) != label]
        rows = [canonical(label.model_dump(mode="json")) for label in changed]
        with self._transaction() as link:
            for document in rows:
                sealed = digest(brand_name, now, document)
                row = {"brand": brand_name, "saved_at": now, "document": document, "digest": sealed}
                link.execute(_labels.insert().values(**row))
        return len(rows)

    def labels(self, brand_name: str) -> list[Label]:
        """The newest label of every address: by the time the person gave it, else by the time it was saved."""
        found: dict[str, tuple[datetime, Label]] = {}
        for row in self._rows(_labels, _labels.c.brand == brand_name):
            label = _read(Label, row.document, f"label {row.number}")
            when = label.when or moment(row.saved_at)
            when = when if when.tzinfo else when.replace(tzinfo=UTC)
            known = found.get(_subject(label))
            if known is None or when >= known[0]:
                found[_subject(label)] = (when, label)
        return [label for _, label in found.values()]

    # ------------------------------------------------------------ audits

    def save_audit(self, audit: Audit) -> str:
        document, brand = canonical(audit.model_dump(mode="json")), audit.snapshot.brand.name
        name = document_name(audit.made_at, brand, document)
        row = {"id": name, "brand": brand, "made_at": instant(audit.made_at), "document": document}
        with self._transaction() as link:
            link.execute(self._fresh(_audits).values(**row, digest=digest(document)))
        return name

    def audit(self, id: str) -> Audit:  # noqa: A002
        row = self._row(_audits, _audits.c.id == id, f"audit {id}")
        if digest(row.document) != row.digest:
            raise StoreError(f"audit {id} was altered", where=self._where, mend="Score the snapshot again.")
        return _read(Audit, row.document, f"audit {id}")

    def latest_audit(self, brand_name: str, before: datetime | None = None) -> Audit | None:
        """The newest audit of a brand; with `before`, of a snapshot taken earlier than that."""
        query = sa.select(_audits.c.id).where(_audits.c.brand == brand_name)
        with self._transaction(write=False) as link:
            names = link.execute(query.order_by(_audits.c.made_at.desc(), _audits.c.number.desc())).scalars().all()
        found = (self.audit(name) for name in names)
        return next((audit for audit in found if before is None or audit.snapshot.taken_at < before), None)

    # ------------------------------------------------------------ proof

    def verify(self) -> list[str]:
        """A sentence for everything that is altered or missing; [] when all is as it was written."""
        found: list[str] = []
        for check in (self._check_file, self._check_blobs, self._check_rows, self._check_chain, self._check_evidence):
            try:
                found += check()
            except StoreError as error:
                found.append(str(error))
        return found

    def _check_file(self) -> Iterator[str]:
        if self._engine.dialect.name == "sqlite":
            with self._transaction(write=False) as link:
                lines = [str(line) for (line,) in link.exec_driver_sql("PRAGMA integrity_check(20)")]
            yield from (f"database file: {line}" for line in lines if line != "ok")

    def _check_blobs(self) -> Iterator[str]:
        with self._transaction(write=False) as link:
            names = list(link.execute(sa.select(_blobs.c.sha256)).scalars())
        for name in names:
            with self._transaction(write=False) as link:
                row = link.execute(sa.select(_blobs).where(_blobs.c.sha256 == name)).first()
            body = None if row is None else unpacked(row.data)
            if body is None or hashlib.sha256(body).hexdigest() != name or row is None or row.size != len(body):
                yield f"page {str(name)[:12]}: the bytes are not those that arrived"

    def _check_rows(self) -> Iterator[str]:
        for row in self._rows(_fetches):
            if digest(row.document) != row.digest or f'"sha256":"{row.sha256}"' not in str(row.document):
                yield f"fetch {row.number}: its record was altered"
        for row in self._rows(_labels):
            if digest(row.brand, row.saved_at, row.document) != row.digest:
                yield f"label {row.number}: its record was altered"
        for row in self._rows(_audits):
            if digest(row.document) != row.digest or not fits(row, row.made_at):
                yield f"audit {row.id}: its record was altered"

    def _check_chain(self) -> Iterator[str]:
        """Every seal over its document, and every snapshot sealed upon the one before it."""
        seals: dict[str, str] = {}
        for row in self._rows(_snapshots):
            if not whole(row) or not fits(row, row.taken_at):
                yield f"snapshot {row.id}: the seal does not match"
            elif row.previous != seals.get(row.brand, ""):
                yield f"snapshot {row.id}: the snapshot before it is missing or was replaced"
            seals[row.brand] = row.seal or ""

    def _check_evidence(self) -> Iterator[str]:
        with self._transaction(write=False) as link:
            kept = set(link.execute(sa.select(_blobs.c.sha256)).scalars())
        for number, sha256 in ((row.number, row.sha256) for row in self._rows(_fetches)):
            if sha256 not in kept:
                yield f"fetch {number}: its page {sha256[:12]} is missing"
        for row in filter(whole, self._rows(_snapshots)):
            for name in sorted(set(re.findall(r'"sha256":"([0-9a-f]{64})"', row.document)) - kept):
                yield f"snapshot {row.id}: the page {name[:12]} it rests on is not kept here"

    # ------------------------------------------------------------ inside

    def _rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        with self._transaction(write=False) as link:
            return list(link.execute(sa.select(table).where(*where).order_by(table.c.number)))

    def _row(self, table: sa.Table, where: sa.ColumnElement[bool], what: str) -> Any:
        rows = self._rows(table, where)
        if not rows:
            raise StoreError(f"{what} is not in the store", where=self._where)
        return rows[0]

    def _fresh(self, table: sa.Table) -> Any:
        """An insert that leaves a row that is already there as it is."""
        if self._engine.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert as on_server  # noqa: TID251

            return on_server(table).on_conflict_do_nothing()
        from sqlalchemy.dialects.sqlite import insert  # noqa: TID251

        return insert(table).on_conflict_do_nothing()

    @contextmanager
    def _transaction(self, *, write: bool = True) -> Iterator[sa.Connection]:
        with explained(self._where), self._engine.connect() as raw:
            link = raw.execution_options(immediate=write)
            with link.begin():
                yield link

    def _upgrade(self, path: Path | None) -> None:
        """Bring the schema to HEAD; refuse newer stores and strangers' files."""
        version = self._version()
        if version == migrations.HEAD:
            return
        if not migrations.known(version):
            what = f"the store was written by a newer version (schema {version}, this one reads {migrations.HEAD})"
            raise StoreError(what, where=self._where, mend="Upgrade repaudit.")
        if version is not None and path is not None:
            _copy(path, path.with_name(f"{path.name}.before-{migrations.HEAD}"))
        with self._transaction() as link:
            if _state(link)[0] != migrations.HEAD:  # unless another run was first
                migrations.upgrade(link)

    def _version(self) -> str | None:
        with self._transaction(write=False) as link:
            version, tables = _state(link)
        if version is None and tables:
            raise StoreError("this is a database of another program", where=self._where, mend="Name a new file.")
        return version


_RESTORE = "Restore the store from a copy."


def _file(path: Path, wait: float) -> sa.Engine:
    with explained(str(path)):
        if path.is_dir():
            raise StoreError("this is a folder, not a store", where=str(path), mend="Name a file in it.")
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def settle(link: sqlite3.Connection, _: object) -> None:
        link.isolation_level = None  # BEGIN is ours
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON"):
            link.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(link: sa.Connection) -> None:
        link.exec_driver_sql("BEGIN IMMEDIATE" if link.get_execution_options().get("immediate") else "BEGIN")

    return engine


def _server(address: str, where: str) -> sa.Engine:
    scheme, _, rest = address.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise StoreError(f"a store is a file or postgresql://..., not {scheme}://", where=where)
    try:
        return sa.create_engine(f"postgresql+psycopg://{rest}")
    except ImportError:
        mend = "Install it: uv sync --extra postgres (or pip install 'psycopg[binary]')."
        raise StoreError("the PostgreSQL driver psycopg is not installed", where=where, mend=mend) from None
    except (SQLAlchemyError, NoSuchModuleError, ValueError):
        raise StoreError("this address cannot be read", where=where, mend="postgresql://user@host/database") from None


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turns what a database or the disk throws into one `StoreError` without a traceback."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        said = str(getattr(error, "orig", None) or error)
        what, mend = fault(said)
        raise StoreError(what, where=where, mend=mend) from error


def _state(link: sa.Connection) -> tuple[str | None, list[str]]:
    """Schema step of a store and its tables; (None, []) for a new one."""
    tables = sa.inspect(link).get_table_names()
    if "alembic_version" not in tables:
        return None, tables
    return link.exec_driver_sql("SELECT version_num FROM alembic_version").scalar(), tables


def _copy(path: Path, target: Path) -> None:
    """A consistent copy by SQLite's own backup; an existing copy stays, it is the older and better one."""
    with explained(str(target)):
        if target.exists():
            return
        part = target.with_name(target.name + ".part")
        source, copy = sqlite3.connect(path), sqlite3.connect(part)
        try:
            source.backup(copy)
        finally:
            source.close()
            copy.close()
        part.replace(target)


def _subject(label: Label) -> str:
    return label.address or label.key


def _read(model: type[D], document: str, what: str) -> D:
    try:
        return model.model_validate_json(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise DocumentError(f"{what} cannot be read by this version: {first['msg']}") from None
