"""When a brief is due, and which due times passed without a snapshot. Pure: the time is given, nothing is read.

A due time ("slot") is the latest one that lies behind: an RFC 3339 minute in UTC, so that it sorts as text and means
the same on every machine. In the hour that daylight saving skips a run is due as if the clock had not been moved; in
the hour it repeats, the first time only. A run that comes late, twice, or by a clock set back finds the same slot and
so the snapshot that is there already.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from audit.tables_schedule import Every, ScheduleTable

MOST_MISSED = 400
"""Due times looked back at: more than a year of daily runs."""
GRACE = timedelta(hours=2)
"""A run that is this late is missed: hourly timers have asked twice."""
_FORM = "%Y-%m-%dT%H:%MZ"
_DAY = timedelta(days=1)


class Missed(NamedTuple):
    """Due times without a snapshot, since the first one looked at."""

    since: str
    slots: tuple[str, ...]

    def __str__(self) -> str:
        number = len(self.slots)
        what = "1 due time" if number == 1 else f"{number} due times"
        shown = ", ".join(self.slots[-3:])
        have = "has" if number == 1 else "have"
        return f"{what} since {self.since} {have} no snapshot ({'..., ' if number > 3 else ''}{shown})."


def due(table: ScheduleTable, now: datetime) -> str:
    """The latest due time that is not after `now` (with time zone)."""
    return written(next(_back(table, now)))


def following(table: ScheduleTable, now: datetime) -> datetime:
    """The first due time after `now`, in UTC."""
    today = now.astimezone(ZoneInfo(table.timezone)).date()
    days = (today + n * _DAY for n in range(-1, 63))
    return next(at for day in days if _is_due(table, day) and (at := _moment(table, day)) > now)


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_FORM)


def read(slot: str) -> datetime | None:
    """The moment of a slot; None where it is a name of somebody's own."""
    try:
        return datetime.strptime(slot, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def missed(table: ScheduleTable, taken: Iterable[str], now: datetime, *, starting: bool = False) -> Missed:
    """Due times that nobody took a snapshot for, since the first one taken.

    `starting`: told by the run that takes the present one; only what passed since the last snapshot is news then.
    A due time is met by any slot from it up to the next: a schedule that was changed left no holes behind.
    """
    known = sorted(moment for slot in taken if (moment := read(slot)) is not None and moment <= now)
    if not known:
        return Missed("", ())
    since = known[-1] if starting else known[0]
    times = _since(table, since, now)
    if not starting and now - times[-1] >= GRACE:
        times.append(now)
    holes = [at for at, after in pairwise(times) if not _within(known, at, after)]
    return Missed(written(since), tuple(map(written, holes)))


def _since(table: ScheduleTable, since: datetime, now: datetime) -> list[datetime]:
    """Due times from the one in force at `since` on, oldest first; at most `MOST_MISSED`."""
    found: list[datetime] = []
    for at in _back(table, now):
        found.append(at)
        if at <= since or len(found) >= MOST_MISSED:
            break
    return found[::-1]


def _within(known: list[datetime], first: datetime, after: datetime) -> bool:
    place = bisect_left(known, after)
    return place > 0 and known[place - 1] >= first


def _back(table: ScheduleTable, now: datetime) -> Iterator[datetime]:
    """Due times that are not after `now`, the latest first, for ever."""
    day = now.astimezone(ZoneInfo(table.timezone)).date() + _DAY
    while True:
        if _is_due(table, day) and (moment := _moment(table, day)) <= now:
            yield moment
        day -= _DAY


def _is_due(table: ScheduleTable, day: date) -> bool:
    if table.every is Every.WEEKLY:
        return day.weekday() == table.weekday.number
    if table.every is Every.MONTHLY:
        return day.day == min(table.day, calendar.monthrange(day.year, day.month)[1])
    return True


def _moment(table: ScheduleTable, day: date) -> datetime:
    """In UTC. `fold=0`: the first of two equal hours, and in a skipped one the old clock's reading."""
    local = datetime.combine(day, time.fromisoformat(table.at), ZoneInfo(table.timezone))
    return local.astimezone(UTC)
