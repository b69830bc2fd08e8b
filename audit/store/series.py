"""The store over time: which snapshot was taken for which due time, the points of the trend, alerts that were sent.

Lists here never load a document: a store of a thousand snapshots answers at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa  # noqa: TID251
from sqlalchemy.exc import IntegrityError  # noqa: TID251

from audit.errors import StoreError
from audit.models import Point, Snapshot
from audit.seal import canonical, instant, moment
from audit.store import database as db


class CaptureEntry(NamedTuple):
    """A snapshot without its pages."""

    id: str
    taken_at: datetime
    plan: str
    """Digest of the brief it was taken by."""
    slot: str
    capture: int
    origin: str


class PointEntry(NamedTuple):
    """A point of the trend, the snapshot it is of, and the method it was made by."""

    snapshot: str
    method: str
    point: Point


class Series:
    """What the store knows of a brand over time. Every method is one transaction."""

    def __init__(self, base: db.Database) -> None:
        self._base = base

    def captures(self, brand: str, *, gone: bool = False) -> list[CaptureEntry]:
        """Snapshots of a brand, oldest first by the time they were taken, then in the order they were saved.

        `gone`: those that were forgotten by age instead; of them only the points of the trend are left.
        """
        dropped = sa.select(db.tombstones.c.name).where(db.tombstones.c.kind == "dropped")
        table = db.captures
        query = sa.select(table, db.snapshots.c.number).join(db.snapshots, db.snapshots.c.id == table.c.snapshot)
        with self._base.transaction(write=False) as link:
            wanted = query.where(table.c.brand == brand, table.c.snapshot.in_(dropped) == gone)
            rows = link.execute(wanted.order_by(db.snapshots.c.number)).all()
        found = [CaptureEntry(r.snapshot, moment(r.taken_at), r.plan, r.slot, int(r.capture), r.origin) for r in rows]
        return sorted(found, key=lambda entry: entry.taken_at)

    def brands(self) -> list[str]:
        """Every brand with a snapshot."""
        with self._base.transaction(write=False) as link:
            return sorted(link.execute(sa.select(db.captures.c.brand).distinct()).scalars())

    def taken(self, brand: str, plan: str, slot: str, capture: int = 1) -> str | None:
        """The snapshot of a due time, if there is one."""
        table = db.captures
        with self._base.transaction(write=False) as link:
            name = link.execute(
                sa.select(table.c.snapshot).where(table.c.claim == claim(brand, plan, slot, capture))
            ).scalar()
        return None if name is None else str(name)

    # ------------------------------------------------------------ trend

    def save_points(self, brand: str, snapshot: str, method: str, points: Iterable[Point]) -> None:
        """Keep the points of a snapshot; those of an earlier scoring of it are replaced."""
        table = db.points
        rows = [
            {
                "brand": brand,
                "snapshot": snapshot,
                "subject": point.subject,
                "method": method,
                "document": canonical(point.model_dump(mode="json")),
            }
            for point in points
        ]
        with self._base.transaction() as link:
            link.execute(table.delete().where(table.c.snapshot == snapshot))
            if rows:
                link.execute(table.insert(), rows)

    def points(self, brand: str, subject: str = "") -> list[PointEntry]:
        """Points of a brand, of one subject where it is named, oldest first."""
        table = db.points
        wanted = (table.c.brand == brand) & ((table.c.subject == subject) if subject else sa.true())
        query = sa.select(table.c.snapshot, table.c.method, table.c.document).where(wanted).order_by(table.c.number)
        with self._base.transaction(write=False) as link:
            rows = link.execute(query).all()
        found = [PointEntry(name, method, Point.model_validate_json(document)) for name, method, document in rows]
        return sorted(found, key=lambda entry: entry.point.taken_at)

    # ------------------------------------------------------------ alerts

    def first_alert(self, brand: str, key: str, channel: str, at: datetime, document: str) -> bool:
        """Remember an alert; False when the same one went out on this channel before."""
        row = {"brand": brand, "key": key, "channel": channel, "at": instant(at), "document": document}
        with self._base.transaction() as link:
            return bool(link.execute(self._base.fresh(db.alerts).values(**row)).rowcount)

    def alerts(self, brand: str, channel: str, since: datetime) -> list[str]:
        """Documents of the alerts remembered on a channel since a time, oldest first."""
        table = db.alerts
        wanted = (table.c.brand == brand) & (table.c.channel == channel)
        rows = self._base.rows(table, wanted)
        return [row.document for row in rows if moment(row.at) >= since]

    def forget_alert(self, brand: str, key: str, channel: str) -> None:
        """An alert that could not be delivered did not go out."""
        table = db.alerts
        same = (table.c.brand == brand) & (table.c.key == key) & (table.c.channel == channel)
        with self._base.transaction() as link:
            link.execute(table.delete().where(same))


def claim(brand: str, plan: str, slot: str, capture: int) -> str:
    """What only one snapshot may have: a brand's place in a due time of a plan."""
    return canonical([brand, plan, slot, capture])


def register(link: sa.Connection, snapshot: Snapshot, name: str, where: str) -> None:
    """Enter a new snapshot, inside the transaction that saves it."""
    brand, plan = snapshot.brand.name, snapshot.brief_digest
    row = {
        "snapshot": name,
        "brand": brand,
        "taken_at": instant(snapshot.taken_at),
        "plan": plan,
        "slot": snapshot.slot,
        "capture": snapshot.capture,
        "origin": snapshot.origin.value,
        "claim": claim(brand, plan, snapshot.slot, snapshot.capture) if snapshot.slot else name,
    }
    try:
        link.execute(db.captures.insert().values(**row))
    except IntegrityError:
        what = f"the snapshot of {snapshot.slot} (capture {snapshot.capture}) exists already"
        raise StoreError(what, where=where, mend="Nothing is lost; it is not taken twice.") from None
