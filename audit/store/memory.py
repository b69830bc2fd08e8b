"""What the way out remembers between runs: suspensions, robots, budgets and turns of every host.

The methods are those that `spiders.pace.Memory` asks for. Times are seconds since 1970.
"""

from __future__ import annotations

import sqlalchemy as sa  # noqa: TID251

from audit.store import database as db


class PaceMemory:
    """Shared by runs: every method is one transaction, and two runs never get turns nearer than the gap."""

    def __init__(self, base: db.Database) -> None:
        self._base = base

    def suspensions(self, host: str) -> list[tuple[str, float, str]]:
        table = db.suspensions
        with self._base.transaction(write=False) as link:
            rows = link.execute(sa.select(table).where(table.c.host == host).order_by(table.c.kind))
            return [(row.kind, row.until, row.why) for row in rows]

    def suspend(self, host: str, kind: str, until: float, why: str) -> None:
        table = db.suspensions
        with self._base.transaction() as link:
            same = (table.c.host == host) & (table.c.kind == kind)
            known = link.execute(sa.select(table.c.until).where(same).with_for_update()).scalar()
            if known is None:
                link.execute(table.insert().values(host=host, kind=kind, until=until, why=why))
            elif until > known:
                link.execute(table.update().where(same).values(until=until, why=why))

    def release(self, host: str) -> None:
        table = db.suspensions
        with self._base.transaction() as link:
            link.execute(table.delete().where(table.c.host == host))

    def robots(self, origin: str) -> tuple[float, str, bytes] | None:
        table = db.robots
        with self._base.transaction(write=False) as link:
            row = link.execute(sa.select(table).where(table.c.origin == origin)).first()
        return (row.at, row.trouble, bytes(row.body)) if row else None

    def keep_robots(self, origin: str, at: float, trouble: str, body: bytes) -> None:
        table = db.robots
        with self._base.transaction() as link:
            link.execute(table.delete().where(table.c.origin == origin))
            link.execute(table.insert().values(origin=origin, at=at, trouble=trouble, body=body))

    def spend(self, host: str, day: str, most: int) -> bool:
        """Count one request of a day unless `most` are counted already; older days are forgotten."""
        table = db.spendings
        with self._base.transaction() as link:
            same = (table.c.host == host) & (table.c.day == day)
            spent = link.execute(sa.select(table.c.count).where(same).with_for_update()).scalar()
            if (spent or 0) >= most:
                return False
            if spent is None:
                link.execute(table.delete().where((table.c.host == host) & (table.c.day < day)))
                link.execute(table.insert().values(host=host, day=day, count=1))
            else:
                link.execute(table.update().where(same).values(count=spent + 1))
        return True

    def reserve(self, host: str, earliest: float, gap: float, latest: float) -> float:
        """The next free moment of a host; a moment after `latest` is returned without being taken."""
        table = db.turns
        with self._base.transaction() as link:
            free = link.execute(sa.select(table.c.free).where(table.c.host == host).with_for_update()).scalar()
            at = max(earliest, free if free is not None else earliest)
            if at <= latest and free is None:
                link.execute(table.insert().values(host=host, free=at + gap))
            elif at <= latest:
                link.execute(table.update().where(table.c.host == host).values(free=at + gap))
        return at
