"""How often a host is asked, and when not at all: delay, daily budget, Retry-After, suspensions that outlive a run."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import NamedTuple, Protocol

from audit.models import Outcome, Status
from spiders.gate.wire import Headers

DAY = 86_400.0
RETRY_CAP = DAY  # a Retry-After over this, or one nobody can read, is taken as this
# Seconds a host rests after a block of each kind: searxng's figures (`search.suspended_times`, read 2026-08).
RESTS = {
    "rate_limit": 180.0,
    "access_denied": 180.0,
    "captcha": 3_600.0,
    "recaptcha": 7 * DAY,
    "cloudflare": 15 * DAY,
    "waf": 3_600.0,  # other walls and decoys: no figure of searxng's, kept like a captcha
    "decoy": 3_600.0,
}
SERVERS_WORD = frozenset({"rate_limit", "access_denied", "retry_after"})  # here Retry-After replaces the figure
_STATUS_KINDS = {403: "access_denied", 429: "rate_limit", 503: "rate_limit"}
_RANDOM = SystemRandom()
_SECONDS = re.compile(r"[0-9]+")
_LONGEST_NUMBER = 12  # digits; more are over the cap anyhow, and int() has its own limit


class Clock(Protocol):
    """Wall clock in seconds since 1970 (UTC), waiting by it, and chance in [0, 1) for the jitter."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...

    def chance(self) -> float: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        return _RANDOM.random()


class Memory(Protocol):
    """What outlives a run and is shared by runs. Times are seconds since 1970; every method is one transaction."""

    def suspensions(self, host: str) -> list[tuple[str, float, str]]:
        """Kind, end and reason of each suspension of a host, ended ones too."""
        ...

    def suspend(self, host: str, kind: str, until: float, why: str) -> None:
        """Keep a suspension; of two of one kind the later end stays."""
        ...

    def release(self, host: str) -> None:
        """Forget all suspensions of a host."""
        ...

    def robots(self, origin: str) -> tuple[float, str, bytes] | None:
        """Time, trouble and bytes last kept for an origin."""
        ...

    def keep_robots(self, origin: str, at: float, trouble: str, body: bytes) -> None: ...

    def spend(self, host: str, day: str, most: int) -> bool:
        """Count one request of that day (2026-11-02), unless `most` are counted already; says whether it was."""
        ...

    def reserve(self, host: str, earliest: float, gap: float, latest: float) -> float:
        """The next free moment of a host, at `earliest` or later, and none free for `gap` seconds after it.

        A moment after `latest` is returned without being taken. Atomic: two runs never get moments nearer than `gap`.
        """
        ...


class Forgetful:
    """A Memory that lasts as long as the process: for tests, and where there is no store."""

    def __init__(self) -> None:
        self._suspensions: dict[str, dict[str, tuple[float, str]]] = {}
        self._robots: dict[str, tuple[float, str, bytes]] = {}
        self._spent: dict[tuple[str, str], int] = {}
        self._free: dict[str, float] = {}

    def suspensions(self, host: str) -> list[tuple[str, float, str]]:
        return [(kind, until, why) for kind, (until, why) in self._suspensions.get(host, {}).items()]

    def suspend(self, host: str, kind: str, until: float, why: str) -> None:
        kinds = self._suspensions.setdefault(host, {})
        if kind not in kinds or until > kinds[kind][0]:
            kinds[kind] = (until, why)

    def release(self, host: str) -> None:
        self._suspensions.pop(host, None)

    def robots(self, origin: str) -> tuple[float, str, bytes] | None:
        return self._robots.get(origin)

    def keep_robots(self, origin: str, at: float, trouble: str, body: bytes) -> None:
        self._robots[origin] = (at, trouble, body)

    def spend(self, host: str, day: str, most: int) -> bool:
        spent = self._spent.get((host, day), 0)
        self._spent[host, day] = spent + (spent < most)
        return spent < most

    def reserve(self, host: str, earliest: float, gap: float, latest: float) -> float:
        at = max(earliest, self._free.get(host, earliest))
        if at <= latest:
            self._free[host] = at + gap
        return at


class Manners(NamedTuple):
    """How a host is treated; every figure is ours but the delay (reliability F2: at least 5 s for engines)."""

    delay: float = 5.0
    """Seconds from one request to the next, at least."""
    jitter: float = 2.5
    """Up to so many seconds more, by chance."""
    budget: int = 300
    """Requests of one host in a day (UTC)."""
    patience: float = 120.0
    """Seconds one waits for a turn; a longer queue is a spent budget."""
    total: float = 45.0
    """Seconds one address may take with all its retries and redirects, once it is its turn (reliability B3)."""


class Suspension(NamedTuple):
    host: str
    kind: str
    until: float
    why: str

    def __str__(self) -> str:
        end = datetime.fromtimestamp(self.until, UTC).isoformat(timespec="seconds")
        return f"{self.host} rests until {end}: {self.why}"


class Pace:
    """The turns of every host."""

    def __init__(self, memory: Memory, manners: Manners, clock: Clock) -> None:
        self._memory, self._manners, self._clock = memory, manners, clock
        self._ended: dict[str, float] = {}

    def suspended(self, host: str) -> Suspension | None:
        """The suspension that ends last, None where the host may be asked."""
        now = self._clock.now()
        running = [Suspension(host, *row) for row in self._memory.suspensions(host) if row[1] > now]
        return max(running, key=lambda suspension: suspension.until, default=None)

    def hear(self, host: str, status: int | None, headers: Headers, outcome: Outcome) -> Suspension | None:
        """What an answer means for the next request: a success clears, a block or Retry-After suspends."""
        if outcome.answered:
            if self._memory.suspensions(host):  # a look is free, a write waits for the disk
                self._memory.release(host)
            return None
        now = self._clock.now()
        kind, seconds, why = rest(status, headers, outcome, now)
        if seconds <= 0:
            return None
        self._memory.suspend(host, kind, now + seconds, why)
        return Suspension(host, kind, now + seconds, why)

    def count(self, host: str) -> bool:
        """Take one request from today's budget; False where it is spent."""
        day = datetime.fromtimestamp(self._clock.now(), UTC).date().isoformat()
        return self._memory.spend(host, day, self._manners.budget)

    async def turn(self, host: str, least: float = 0.0) -> bool:
        """Wait for the host's next turn, `least` seconds (its Crawl-delay) before the one after; False: too far off."""
        now = self._clock.now()
        gap = max(self._manners.delay, least) + self._manners.jitter * self._clock.chance()
        latest = now + self._manners.patience
        ended = self._ended.get(host, now)
        earliest = ended + gap if host in self._ended and ended <= now else now
        at = self._memory.reserve(host, max(now, earliest), gap, latest)
        if at > latest:
            return False
        while (left := at - self._clock.now()) > 0:
            await self._clock.sleep(left)
        return True

    def ended(self, host: str) -> None:
        """A request is over: the gap counts from here, so that a slow answer does not bring two arrivals together."""
        self._ended[host] = self._clock.now()


def rest(status: int | None, headers: Headers, outcome: Outcome, now: float) -> tuple[str, float, str]:
    """Kind, seconds and reason of the rest an unanswered request asks for; 0 s where it asks for none."""
    kind = _kind(status, headers, outcome) or "retry_after"
    seconds = RESTS.get(kind, 0.0)
    asked = retry_after(headers, now)
    if asked is not None and (kind in SERVERS_WORD or asked.seconds > seconds):
        return kind, asked.seconds, f"{kind}, {asked.why}"
    return kind, seconds, kind


def _kind(status: int | None, headers: Headers, outcome: Outcome) -> str:
    kind = outcome.kind if outcome.status is Status.BLOCKED else ""
    if kind == "waf" and _cloudflare(headers):
        kind = "cloudflare"
    return kind if kind in RESTS else _STATUS_KINDS.get(status or 0, "")


def _cloudflare(headers: Headers) -> bool:
    names = {key.lower(): value.strip().lower() for key, value in headers}
    return names.get("server") == "cloudflare" or "cf-mitigated" in names


class Asked(NamedTuple):
    """A Retry-After as we keep it: 0 s where its moment is past."""

    seconds: float
    why: str


def retry_after(headers: Headers, now: float) -> Asked | None:
    """The longest Retry-After; None where there is none. Unreadable or over the cap means the cap, and says so."""
    date = next((value for key, value in headers if key.lower() == "date"), "")
    asked = [_asked(value.strip(), date, now) for key, value in headers if key.lower() == "retry-after"]
    return max(asked, key=lambda one: one.seconds, default=None)


def _asked(value: str, date: str, now: float) -> Asked:
    seconds = _seconds(value, date, now)
    if seconds is None:
        return Asked(RETRY_CAP, f"Retry-After {value[:40]!r} cannot be read, kept as {RETRY_CAP:g} s")
    if seconds > RETRY_CAP:
        return Asked(RETRY_CAP, f"Retry-After {value[:40]!r} is over the cap, kept as {RETRY_CAP:g} s")
    return Asked(max(seconds, 0.0), f"Retry-After {value[:40]}")


def _seconds(value: str, date: str, now: float) -> float | None:
    """Seconds from now. A date counts from our clock or the server's own, whichever asks for more."""
    if _SECONDS.fullmatch(value):
        digits = value.lstrip("0") or "0"
        return float(digits) if len(digits) <= _LONGEST_NUMBER else RETRY_CAP + 1
    then = _moment(value)
    if then is None:
        return None
    theirs = _moment(date)
    clocks = [now, theirs] if theirs is not None and abs(theirs - now) <= DAY else [now]
    return max(then - clock for clock in clocks)


def _moment(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
