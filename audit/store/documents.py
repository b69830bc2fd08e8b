"""Evidence, Snapshots, people's labels and Audits in one SQLite file, or in PostgreSQL by address.

Promises (reliability sections 2.3 E1-E4, E9 and 3): bytes are kept before anyone reads them; one transaction a
fetch, and what was returned survives kill -9 and power loss; a snapshot is whole only by its seal, a digest over
its JSON and the seal before it; what was altered is found by `verify`; an older store is copied, then migrated.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple, Self, TypeVar

import sqlalchemy as sa  # noqa: TID251
from pydantic import ValidationError

from audit.errors import DocumentError, StoreError
from audit.models import Audit, Document, Evidence, Label, LabelOrigin, Page, Snapshot
from audit.seal import canonical, digest, document_name, instant, moment, unpacked, whole
from audit.store import database as db
from audit.store.forget import DROPPED, Forgetting, forgotten_word
from audit.store.memory import PaceMemory
from audit.store.proof import verify
from audit.store.series import Series, register

D = TypeVar("D", bound=Document)
WITHDRAWN = "withdrawn"
"""The only fact of a label that takes the same label back."""


class SnapshotEntry(NamedTuple):
    """A line of the list of snapshots; `whole` is False where the seal is missing or does not match."""

    id: str
    taken_at: datetime
    whole: bool


class ArchiveEntry(NamedTuple):
    """A finished WARC of a run: what its bytes were when the snapshot was sealed."""

    run: str
    file: str
    size: int
    sha256: str
    snapshot: str


class Store:
    """An open store; a context manager. Every method is one transaction and raises `StoreError` in one sentence."""

    def __init__(self, base: db.Database) -> None:
        self._base = base

    @classmethod
    def open(cls, address: str, *, wait: float = db.LOCK_SECONDS) -> Self:
        """Open or create: a path is a SQLite file, `postgresql://...` a server. Older stores are migrated."""
        return cls(db.Database.open(address, wait=wait))

    def close(self) -> None:
        self._base.close()

    @property
    def memory(self) -> PaceMemory:
        """What the way out remembers between runs."""
        return PaceMemory(self._base)

    @property
    def series(self) -> Series:
        """Snapshots over time, without their pages."""
        return Series(self._base)

    @property
    def forgetting(self) -> Forgetting:
        """What may be taken out of it, and what was."""
        return Forgetting(self._base)

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
        with self._base.transaction() as link:
            link.execute(self._base.fresh(db.blobs).values(sha256=sha256, size=len(page.body), data=data))
            emptied = (db.blobs.c.sha256 == sha256) & (db.blobs.c.data == b"")  # forgotten, and now it came again
            link.execute(db.blobs.update().where(emptied).values(data=data))
            link.execute(self._base.fresh(db.fetches).values(sha256=sha256, document=document, digest=digest(document)))
        return evidence

    def body(self, sha256: str) -> bytes:
        """The bytes as they arrived; `StoreError` when they are missing or were altered."""
        with self._base.transaction(write=False) as link:
            data = link.execute(sa.select(db.blobs.c.data).where(db.blobs.c.sha256 == sha256)).scalar()
        if data == b"":
            raise StoreError(forgotten_word(self._base, "page", sha256, sha256[:12]), where=self._base.where)
        if data is None:
            raise StoreError(f"no page with digest {sha256[:12]} is kept", where=self._base.where)
        body = unpacked(data)
        if body is None or hashlib.sha256(body).hexdigest() != sha256:
            raise StoreError(f"the page with digest {sha256[:12]} was altered", where=self._base.where, mend=db.RESTORE)
        return body

    # ------------------------------------------------------------ snapshots

    def save_snapshot(self, snapshot: Snapshot) -> str:
        """Save and seal in one transaction. The very same snapshot twice is saved once. Returns its id."""
        document, brand = canonical(snapshot.model_dump(mode="json")), snapshot.brand.name
        name = document_name(snapshot.taken_at, brand, document)
        with self._base.transaction() as link:
            if link.execute(sa.select(db.snapshots.c.id).where(db.snapshots.c.id == name)).scalar() is None:
                last = sa.select(db.snapshots.c.seal).where(db.snapshots.c.brand == brand)
                previous = link.execute(last.order_by(db.snapshots.c.number.desc()).limit(1)).scalar() or ""
                row = {"id": name, "brand": brand, "taken_at": instant(snapshot.taken_at), "document": document}
                link.execute(db.snapshots.insert().values(**row, previous=previous))
                sealed = db.snapshots.update().where(db.snapshots.c.id == name)
                link.execute(sealed.values(seal=digest(previous, document)))
                register(link, snapshot, name, self._base.where)
        return name

    def snapshots(self, brand_name: str) -> list[SnapshotEntry]:
        """Snapshots of a brand, oldest first."""
        rows = self._base.rows(db.snapshots, db.snapshots.c.brand == brand_name)
        gone = {stone.name for stone in self.forgetting.tombstones() if stone.kind == "dropped"}
        entries = [SnapshotEntry(str(row.id), moment(row.taken_at), whole(row)) for row in rows if row.id not in gone]
        return sorted(entries, key=lambda entry: entry.taken_at)

    def snapshot(self, id: str) -> Snapshot:  # noqa: A002
        row = self._base.row(db.snapshots, db.snapshots.c.id == id, f"snapshot {id}")
        if not whole(row):
            raise StoreError(f"snapshot {id} was altered or is not whole", where=self._base.where, mend=db.RESTORE)
        if str(row.document).startswith(DROPPED):
            raise StoreError(forgotten_word(self._base, "dropped", id, id), where=self._base.where)
        return _read(Snapshot, row.document, f"snapshot {id}")

    def latest(self, brand_name: str) -> Snapshot | None:
        """The newest whole snapshot of a brand, by the time it was taken."""
        for entry in reversed(self.series.captures(brand_name)):
            row = self._base.row(db.snapshots, db.snapshots.c.id == entry.id, f"snapshot {entry.id}")
            if whole(row):
                return _read(Snapshot, row.document, f"snapshot {entry.id}")
        return None

    # ------------------------------------------------------------ people's labels

    def save_labels(self, brand_name: str, labels: Iterable[Label]) -> int:
        """Add people's labels to the history; unchanged ones are not added again. Returns how many were new."""
        new = list(labels)
        if any(label.by is not LabelOrigin.PERSON for label in new):
            raise StoreError("only labels given by a person are kept here", where=self._base.where)
        now, known = instant(datetime.now(UTC)), {_subject(label): label for label in self.labels(brand_name)}
        changed = [label for label in new if known.get(_subject(label)) != label]
        rows = [canonical(label.model_dump(mode="json")) for label in changed]
        with self._base.transaction() as link:
            for document in rows:
                sealed = digest(brand_name, now, document)
                row = {"brand": brand_name, "saved_at": now, "document": document, "digest": sealed}
                link.execute(db.labels.insert().values(**row))
        return len(rows)

    def labels(self, brand_name: str) -> list[Label]:
        """The newest label of every address: by the time the person gave it, else by the time it was saved."""
        found: dict[str, tuple[datetime, Label]] = {}
        for when, label in self._spoken(brand_name):
            known = found.get(_subject(label))
            if known is None or when >= known[0]:
                found[_subject(label)] = (when, label)
        return [label for _, label in found.values()]

    def all_labels(self, brand_name: str) -> list[Label]:
        """Everything people ever said, the oldest first: agreement is between people, not with the last word."""
        return [label for _, label in self._spoken(brand_name)]

    def withdraw_label(self, brand_name: str, label: Label) -> None:
        """Take a person's label back: what was said before it counts again. The history keeps both."""
        self.save_labels(brand_name, [label.model_copy(update={"because": (WITHDRAWN,)})])

    def _spoken(self, brand_name: str) -> list[tuple[datetime, Label]]:
        """Labels with the time they were given, without those their own author took back."""
        told: list[tuple[datetime, Label]] = []
        for row in self._base.rows(db.labels, db.labels.c.brand == brand_name):
            label = _read(Label, row.document, f"label {row.number}")
            when = label.when or moment(row.saved_at)
            if label.because == (WITHDRAWN,):
                back = label.model_copy(update={"because": ()})
                told = [each for each in told if each[1].model_copy(update={"because": ()}) != back]
            else:
                told.append((when if when.tzinfo else when.replace(tzinfo=UTC), label))
        return told

    # ------------------------------------------------------------ audits

    def save_audit(self, audit: Audit) -> str:
        document, brand = canonical(audit.model_dump(mode="json")), audit.snapshot.brand.name
        name = document_name(audit.made_at, brand, document)
        row = {"id": name, "brand": brand, "made_at": instant(audit.made_at), "document": document}
        with self._base.transaction() as link:
            link.execute(self._base.fresh(db.audits).values(**row, digest=digest(document)))
        return name

    def audit(self, id: str) -> Audit:  # noqa: A002
        row = self._base.row(db.audits, db.audits.c.id == id, f"audit {id}")
        if digest(row.document) != row.digest:
            raise StoreError(f"audit {id} was altered", where=self._base.where, mend="Score the snapshot again.")
        return _read(Audit, row.document, f"audit {id}")

    def latest_audit(self, brand_name: str, before: datetime | None = None) -> Audit | None:
        """The newest audit of a brand; with `before`, of a snapshot taken earlier than that."""
        query = sa.select(db.audits.c.id).where(db.audits.c.brand == brand_name)
        with self._base.transaction(write=False) as link:
            names = link.execute(query.order_by(db.audits.c.made_at.desc(), db.audits.c.number.desc())).scalars().all()
        found = (self.audit(name) for name in names)
        return next((audit for audit in found if before is None or audit.snapshot.taken_at < before), None)

    # ------------------------------------------------------------ archives of runs

    def save_archive(self, entry: ArchiveEntry) -> None:
        """Remember a finished WARC; the same one twice is kept once."""
        row = {**entry._asdict(), "size": str(entry.size), "digest": digest(*entry)}
        with self._base.transaction() as link:
            link.execute(self._base.fresh(db.archives).values(**row))

    def archives(self) -> list[ArchiveEntry]:
        rows = self._base.rows(db.archives)
        return [ArchiveEntry(r.run, r.file, int(r.size), r.sha256, r.snapshot) for r in rows]

    # ------------------------------------------------------------ proof

    def verify(self) -> list[str]:
        """A sentence for everything that is altered or missing; [] when all is as it was written."""
        return verify(self._base)


def _subject(label: Label) -> str:
    return label.address or label.key


def _read(model: type[D], document: str, what: str) -> D:
    try:
        return model.model_validate_json(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise DocumentError(f"{what} cannot be read by this version: {first['msg']}") from None
