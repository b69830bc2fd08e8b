"""Runs that come again: captures of one set, due times, rivals in the same command. Whoever collects is given.

A set is the snapshots of one time: captures 1..K of the brand, and of every rival that is measured, under one slot. The
store refuses a second snapshot of the same place in a set, so that whatever is started twice, late, or again after a
crash ends in the same set.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audit.cli.base import emit, say
from audit.cli.base import now as wall_clock
from audit.errors import AlreadyRunningError, NotEnoughError, RepauditError, UsageError

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.models import Snapshot
    from audit.store import Store
    from audit.tables_schedule import ScheduleTable

NEW_ALERTS = 10
"""Exit code: nothing went wrong, and there is something new to tell; the one of `repaudit alerts`."""
INTERNAL_ERROR = 70
CAPTURE_GAP = timedelta(minutes=11)
"""Between two captures: a query colours the next one's results for ten minutes (Hannák and others 2013, section 4)."""
SET_LIFE = timedelta(hours=24)
"""Captures further apart than this are not of one time; what is missing of an older set stays missing."""
_SLOT = re.compile(r"^[A-Za-z0-9:.-]{1,40}$")


class Clock(NamedTuple):
    """Time as a run sees it; tests bring their own."""

    now: Callable[[], datetime] = wall_clock
    sleep: Callable[[float], None] = time.sleep


class Turn(NamedTuple):
    """A snapshot's place in its set; no slot = a set of its own."""

    slot: str = ""
    capture: int = 1

    def mark(self, digest: str) -> str:
        """What names the folder of a run: only the same place of the same set takes it up again."""
        return f"{digest}-{self.slot.replace(':', '_')}-{self.capture}" if self.slot else digest


class Wish(NamedTuple):
    """What was asked for on the command line; `repeat` 0 = as the brief says."""

    repeat: int = 0
    slot: str = ""
    due: bool = False
    every: str = ""
    """`daily`, `weekly`, `monthly`, instead of the brief's rhythm."""

    @property
    def scheduled(self) -> bool:
        return self.due or bool(self.every)

    def checked(self, *, profile: bool = False) -> Wish:
        if self.slot and (self.scheduled or not _SLOT.match(self.slot)):
            mend = "A slot is letters, digits, points, colons and hyphens; or take --due alone."
            raise UsageError(f"{self.slot!r} cannot be.", where="--slot", mend=mend)
        if profile and self.repeat > 1:
            mend = "Captures of a set must not know of each other: leave out --profile."
            raise UsageError("a browser profile is remembered.", where="--repeat", mend=mend)
        return self


Take = Callable[["Brief", Turn], "Snapshot"]
"""Collects one snapshot, stores it and returns it."""


class Done(NamedTuple):
    """What a run of one brief came to."""

    brand: str
    planned: int
    slot: str = ""
    snapshots: tuple[Snapshot, ...] = ()
    """Of the brand, taken now."""
    captures: int = 0
    """Of the set, with those that were there already."""
    repeat: int = 1
    rivals: tuple[tuple[str, int], ...] = ()
    """Rivals with their answered pages, taken now."""

    @property
    def answered(self) -> int:
        """Of the newest capture."""
        return sum(serp.outcome.answered for serp in self.snapshots[-1].serps) if self.snapshots else 0

    def facts(self) -> dict[str, object]:
        """For machines: the set only where there is one, rivals only where some are measured."""
        of_set = {"slot": self.slot, "captures": self.captures, "repeat": self.repeat} if self.slot else {}
        return {
            "planned": self.planned,
            "answered": self.answered,
            "taken_at": self.snapshots[-1].taken_at.isoformat() if self.snapshots else None,
            **of_set,
            **({"rivals": dict(self.rivals)} if self.rivals else {}),
        }

    def __str__(self) -> str:
        if not self.snapshots:
            return f"The snapshot of {self.slot} is there already; nothing was asked."
        of = f" (capture {self.captures} of {self.repeat}, {self.slot})" if self.repeat > 1 else ""
        also = "".join(f"; {name}: {answered} answered" for name, answered in self.rivals)
        return f"{self.answered} of {self.planned} planned pages answered{of}{also}."


class Series:
    """One brief's runs in their folder and store; `collect` takes what is missing of the present set."""

    def __init__(
        self, brief: Brief, root: Path, store: Store, told: Callable[[str], None], clock: Clock | None = None
    ) -> None:
        from audit.rivals import rival_briefs

        self._brief, self._root, self._store, self._told = brief, root, store, told
        self._clock = clock or Clock()
        self._rivals = rival_briefs(brief)

    def collect(self, take: Take, wish: Wish, *, pauses: bool = True) -> Done:
        """Under the brand's lock: of runs begun at once exactly one goes on (`AlreadyRunningError` for the others)."""
        from spiders.locks import only_run

        brand, repeat = self._brief.brand.name, wish.repeat or self._brief.collect.repeat
        with only_run(self._root, brand, self._clock.now):
            slot = self._slot(wish, repeat)
            done = Done(brand, len(self._brief.plan()), slot, repeat=repeat)
            if wish.scheduled and self._ahead(slot):
                return done
            for turn in (Turn(slot, number + 1) for number in range(repeat)):
                missing = not self._has(self._brief, turn)
                if not self._fresh_enough(slot):
                    done = done._replace(captures=done.captures + (not missing))
                    continue
                if pauses and missing and turn.capture > 1:
                    self._pause(slot)
                done = self._captured(done, take, turn)
            if not wish.slot and not wish.scheduled:
                self._note().unlink(missing_ok=True)
        if done.captures < repeat:
            self._told(
                f"{brand}: the set of {slot} is of another day and stays at {done.captures} of {repeat} captures."
            )
        return done

    # ------------------------------------------------------------ which set

    def _slot(self, wish: Wish, repeat: int) -> str:
        if wish.slot:
            return wish.slot
        if wish.scheduled:
            return self._due(wish)
        return self._open_set(repeat) if repeat > 1 else ""

    def _due(self, wish: Wish) -> str:
        from audit.schedule import due, missed

        table, now = scheduled(self._brief, wish.every), self._clock.now()
        slots = [entry.slot for entry in self._store.series.captures(self._brief.brand.name)]
        slot = due(table, now)
        if slot not in slots and (told := missed(table, slots, now, starting=True)).slots:
            self._told(f"{self._brief.brand.name}: {told}")
        return slot

    def _ahead(self, slot: str) -> bool:
        """A snapshot of a later due time is there: the clock was set back, or is wrong now."""
        from audit.schedule import read

        at = read(slot)
        entries = self._store.series.captures(self._brief.brand.name)
        later = [e.slot for e in entries if at and (other := read(e.slot)) and other > at]
        if later:
            self._told(f"{self._brief.brand.name}: there is a snapshot of {max(later)} already. Is the clock right?")
        return bool(later)

    def _note(self) -> Path:
        return self._root / f"{self._brief.digest()}.set"

    def _open_set(self, repeat: int) -> str:
        """The name of the set that an interrupted run began, else of a new one; noted before anything is asked."""
        from audit.schedule import written
        from spiders.archive.disk import write_whole

        now = self._clock.now()
        try:
            said = json.loads(self._note().read_text("utf-8"))
            age = now - datetime.fromisoformat(said["since"])
            if timedelta() <= age < SET_LIFE and _SLOT.match(said["slot"]):
                return str(said["slot"])
        except (OSError, ValueError, LookupError, TypeError):
            pass  # no set was interrupted
        slot = self._unused(written(now))
        write_whole(self._note(), json.dumps({"slot": slot, "since": now.isoformat(), "repeat": repeat}))
        return slot

    def _unused(self, slot: str) -> str:
        """Two sets begun in one minute (trials) are two sets."""
        taken = {entry.slot for entry in self._store.series.captures(self._brief.brand.name)}
        names = (slot, *(f"{slot}.{number}" for number in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    # ------------------------------------------------------------ captures

    def _captured(self, done: Done, take: Take, turn: Turn) -> Done:
        """The brand's capture, then those of its rivals, as far as they are missing."""
        if not self._has(self._brief, turn):
            done = done._replace(snapshots=(*done.snapshots, take(self._brief, turn)))
        rivals = dict(done.rivals)
        for rival in self._rivals:
            if not self._has(rival, turn) and (answered := self._of_rival(rival, take, turn)) is not None:
                rivals[rival.brand.name] = answered
        return done._replace(rivals=tuple(rivals.items()), captures=done.captures + 1)

    def _of_rival(self, rival: Brief, take: Take, turn: Turn) -> int | None:
        """How many of its pages answered; a rival that cannot be measured does not undo the brand's snapshot."""
        from spiders.locks import only_run

        try:
            with only_run(self._root, rival.brand.name, self._clock.now):
                snapshot = take(rival, turn)
        except (AlreadyRunningError, NotEnoughError) as error:
            self._told(f"{rival.brand.name} was not measured: {error}")
            return None
        return sum(serp.outcome.answered for serp in snapshot.serps)

    def _has(self, brief: Brief, turn: Turn) -> bool:
        if not turn.slot:
            return False
        return self._store.series.taken(brief.brand.name, brief.digest(), *turn) is not None

    def _times(self, slot: str) -> list[datetime]:
        entries = self._store.series.captures(self._brief.brand.name) if slot else []
        return [entry.taken_at for entry in entries if entry.slot == slot and entry.plan == self._brief.digest()]

    def _fresh_enough(self, slot: str) -> bool:
        times = self._times(slot)
        return not times or self._clock.now() - min(times) < SET_LIFE

    def _pause(self, slot: str) -> None:
        """A clock set back never makes it longer than the gap."""
        times = self._times(slot)
        passed = self._clock.now() - max(times) if times else CAPTURE_GAP
        wait = min(CAPTURE_GAP - passed, CAPTURE_GAP)
        if wait > timedelta():
            self._told(
                f"Next capture in {round(wait.total_seconds())} s: pages of one time must not colour each other."
            )
            self._clock.sleep(wait.total_seconds())


def scheduled(brief: Brief, every: str = "") -> ScheduleTable:
    """When a brief is due: its `[schedule]`, or a common one of this rhythm."""
    from audit.tables_schedule import Every, ScheduleTable

    if every and every not in list(Every):
        raise UsageError(f"{every!r} is no rhythm.", where="--every", mend=f"Known: {', '.join(Every)}.")
    if not every and brief.schedule is None:
        mend = "Add the table [schedule], or name the rhythm: --every weekly."
        raise UsageError("the brief does not say when it is due.", where="--due", mend=mend)
    table = brief.schedule or ScheduleTable()
    return table.model_copy(update={"every": Every(every)}) if every else table


def told_missed(brief: Brief, store: Store) -> str:
    """One sentence on the due times that passed without a snapshot; "" where there is none, or no schedule."""
    from audit.schedule import missed

    if brief.schedule is None:
        return ""
    slots = [entry.slot for entry in store.series.captures(brief.brand.name)]
    found = missed(brief.schedule, slots, wall_clock())
    return str(found) if found.slots else ""


def named(patterns: Sequence[Path]) -> list[Path]:
    """The briefs of a portfolio; where the shell did not unfold `briefs/*.toml`, it is done here."""
    found: list[Path] = []
    for pattern in patterns:
        folder, name = pattern.parent, pattern.name
        many = sorted(folder.glob(name)) if any(sign in name for sign in "*?[") and not pattern.exists() else []
        found += many or [pattern]
    return list(dict.fromkeys(found))


# ---------------------------------------------------------------- portfolio


def portfolio_run(paths: Sequence[Path], one: Callable[[Path], tuple[Done, int]], as_json: bool) -> int:
    """Every brief in turn, each with its line; the exit code. A single brief fails as itself.

    Of several the highest code of those that failed is returned, else 10 where an alert was told.
    """
    if len(paths) == 1:
        done, alerts = one(paths[0])
        _say(paths[0], done, as_json, f" Next: repaudit report {paths[0]}")
        return NEW_ALERTS if alerts else 0
    worst = told = 0
    for path in paths:
        try:
            done, alerts = one(path)
        except Exception as error:  # whatever it is, the next brief is not concerned
            code = error.exit_code if isinstance(error, RepauditError) else INTERNAL_ERROR
            worst = max(worst, code)
            _failed(path, error, code, as_json)
        else:
            told += alerts
            _say(path, done, as_json)
    return worst or (NEW_ALERTS if told else 0)


def _say(path: Path, done: Done, as_json: bool, following: str = "") -> None:
    if as_json:
        emit(done.facts() if following else {"brief": str(path), "brand": done.brand, **done.facts()})
    elif following:
        say(f"{done}{following}")
    else:
        say(f"{path}: {done.brand}: {done}")


def _failed(path: Path, error: Exception, code: int, as_json: bool) -> None:
    words = str(error) if isinstance(error, RepauditError) else f"an error of ours ({type(error).__name__}: {error})"
    words = " ".join(words.split())
    if as_json:
        emit({"brief": str(path), "error": words, "exit_code": code})
    else:
        say(f"{path}: FAILED (exit code {code}): {words}")
