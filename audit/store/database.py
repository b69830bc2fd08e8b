"""The database under the store: tables, connections, transactions, and what a broken one says in one sentence."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa  # noqa: TID251
from sqlalchemy import event  # noqa: TID251
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError  # noqa: TID251

from audit import migrations
from audit.errors import StoreError
from audit.faults import fault

METADATA = sa.MetaData()
blobs = sa.Table(
    "blobs",
    METADATA,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer),
    sa.Column("data", sa.LargeBinary),
)


def table(name: str, *texts: str) -> sa.Table:
    """A numbered table of texts; the steps in `migrations` hold keys and constraints."""
    number = sa.Column("number", sa.Integer, primary_key=True)
    return sa.Table(name, METADATA, number, *(sa.Column(text, sa.Text) for text in texts))


fetches = table("fetches", "sha256", "document", "digest")
snapshots = table("snapshots", "id", "brand", "taken_at", "document", "previous", "seal")
labels = table("labels", "brand", "saved_at", "document", "digest")
audits = table("audits", "id", "brand", "made_at", "document", "digest")
captures = sa.Table(
    "captures",
    METADATA,
    sa.Column("snapshot", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("brand", "taken_at", "plan", "slot", "origin", "claim")),
    sa.Column("capture", sa.Integer),
)
points = table("points", "brand", "snapshot", "subject", "method", "document")
alerts = table("alerts", "brand", "key", "channel", "at", "document")
tombstones = table("tombstones", "kind", "name", "at", "why", "subject", "was", "now", "digest")
reports = table("reports", "brand", "path", "made_at")
archives = table("archives", "run", "file", "size", "sha256", "snapshot", "digest")
suspensions = sa.Table(
    "suspensions",
    METADATA,
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("host", "kind")),
    sa.Column("until", sa.Float),
    sa.Column("why", sa.Text),
)
robots = sa.Table(
    "robots",
    METADATA,
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("at", sa.Float),
    sa.Column("trouble", sa.Text),
    sa.Column("body", sa.LargeBinary),
)
spendings = sa.Table(
    "spendings",
    METADATA,
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("host", "day")),
    sa.Column("count", sa.Integer),
)
turns = sa.Table("turns", METADATA, sa.Column("host", sa.Text, primary_key=True), sa.Column("free", sa.Float))


RESTORE = "Restore the store from a copy."
LOCK_SECONDS = 30.0  # how long a writer waits for another one


class Database:
    """An open database at the newest schema. Every `transaction` raises `StoreError` in one sentence."""

    def __init__(self, engine: sa.Engine, where: str) -> None:
        self.engine = engine
        self.where = where

    @classmethod
    def open(cls, address: str, *, wait: float = LOCK_SECONDS) -> Self:
        """Open or create: a path is a SQLite file, `postgresql://...` a server. Older ones are migrated."""
        where = re.sub(r"//[^@/]*@", "//", address)  # no password in a message
        database = cls(open_server(address, where) if "://" in address else open_file(Path(address), wait), where)
        try:
            database.upgrade(Path(address) if "://" not in address else None)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        self.engine.dispose()

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        with self.transaction(write=False) as link:
            return list(link.execute(sa.select(table).where(*where).order_by(table.c.number)))

    def row(self, table: sa.Table, where: sa.ColumnElement[bool], what: str) -> Any:
        rows = self.rows(table, where)
        if not rows:
            raise StoreError(f"{what} is not in the store", where=self.where)
        return rows[0]

    def fresh(self, table: sa.Table) -> Any:
        """An insert that leaves a row that is already there as it is."""
        if self.engine.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert as on_server  # noqa: TID251

            return on_server(table).on_conflict_do_nothing()
        from sqlalchemy.dialects.sqlite import insert  # noqa: TID251

        return insert(table).on_conflict_do_nothing()

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[sa.Connection]:
        with explained(self.where), self.engine.connect() as raw:
            link = raw.execution_options(immediate=write)
            with link.begin():
                yield link

    def upgrade(self, path: Path | None) -> None:
        """Bring the schema to HEAD; refuse newer stores and strangers' files."""
        version = self.version()
        if version == migrations.HEAD:
            return
        if not migrations.known(version):
            what = f"the store was written by a newer version (schema {version}, this one reads {migrations.HEAD})"
            raise StoreError(what, where=self.where, mend="Upgrade repaudit.")
        if version is not None and path is not None:
            copy_file(path, path.with_name(f"{path.name}.before-{migrations.HEAD}"))
        with self.transaction() as link:
            if state(link)[0] != migrations.HEAD:  # unless another run was first
                migrations.upgrade(link)

    def version(self) -> str | None:
        with self.transaction(write=False) as link:
            version, tables = state(link)
        if version is None and tables:
            raise StoreError("this is a database of another program", where=self.where, mend="Name a new file.")
        return version


def open_file(path: Path, wait: float) -> sa.Engine:
    with explained(str(path)):
        if path.is_dir():
            raise StoreError("this is a folder, not a store", where=str(path), mend="Name a file in it.")
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def settle(link: sqlite3.Connection, _: object) -> None:
        link.isolation_level = None  # BEGIN is ours
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            link.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(link: sa.Connection) -> None:
        link.exec_driver_sql("BEGIN IMMEDIATE" if link.get_execution_options().get("immediate") else "BEGIN")

    return engine


def open_server(address: str, where: str) -> sa.Engine:
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


def state(link: sa.Connection) -> tuple[str | None, list[str]]:
    """Schema step of a store and its tables; (None, []) for a new one."""
    tables = sa.inspect(link).get_table_names()
    if "alembic_version" not in tables:
        return None, tables
    return link.exec_driver_sql("SELECT version_num FROM alembic_version").scalar(), tables


def copy_file(path: Path, target: Path) -> None:
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
