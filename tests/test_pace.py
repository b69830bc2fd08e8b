"""Retry-After, rests, budgets and turns, by a clock that the tests move."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Outcome, Status
from spiders.gate.pace import DAY, RETRY_CAP, Forgetful, Manners, Memory, Pace, SystemClock, rest, retry_after
from spiders.gate.wire import Headers

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp()
GOOD = Outcome(status=Status.RESULTS)
NONE = Outcome(status=Status.NO_RESULTS)


class FakeClock:
    """Moves only when somebody sleeps, or a test says so."""

    def __init__(self, now: float = NOW, chance: float = 0.0) -> None:
        self.time, self._chance = now, chance

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        until = self.time + seconds
        await asyncio.sleep(0)
        self.time = max(self.time, until)

    def chance(self) -> float:
        return self._chance


def blocked(kind: str) -> Outcome:
    return Outcome(status=Status.BLOCKED, kind=kind)


def failed(kind: str = "HttpStatus") -> Outcome:
    return Outcome(status=Status.FAILED, kind=kind)


def http_date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)


RETRY_AFTER: list[tuple[str, float]] = [
    ("20", 20),
    (" 20 ", 20),
    ("0", 0),
    ("0000000000000020", 20),
    ("86400", DAY),
    ("86401", RETRY_CAP),
    ("9" * 5000, RETRY_CAP),
    (http_date(120), 120),
    (http_date(-120), 0),
    (http_date(3 * DAY), RETRY_CAP),
    ("Monday, 02-Nov-26 12:02:00 GMT", 120),  # RFC 850
    ("Mon Nov  2 12:02:00 2026", 120),  # asctime
    ("Mon, 02 Nov 2026 14:02:00 +0200", 120),
    ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ("Fri, 31 Dec 9999 23:59:59 GMT", RETRY_CAP),
    ("-5", RETRY_CAP),
    ("1.5", RETRY_CAP),
    ("1e3", RETRY_CAP),
    ("20 seconds", RETRY_CAP),
    ("soon", RETRY_CAP),
    ("", RETRY_CAP),
    ("２０", RETRY_CAP),
    ("0x20", RETRY_CAP),
    ("Mon, 99 Nov 2026 12:02:00 GMT", RETRY_CAP),
    ("Mon, 02 Nov 2026", RETRY_CAP),
]


@pytest.mark.parametrize(("value", "seconds"), RETRY_AFTER, ids=[value[:30] or "empty" for value, _ in RETRY_AFTER])
def test_retry_after(value: str, seconds: float) -> None:
    asked = retry_after((("retry-AFTER", value),), NOW)
    assert asked is not None
    assert asked.seconds == seconds
    if value.strip() not in ("86400",) and seconds == RETRY_CAP:
        assert "86400 s" in asked.why, "what was changed is said"


def test_retry_after_in_other_forms() -> None:
    assert retry_after((), NOW) is None
    several = retry_after((("Retry-After", "5"), ("Retry-After", "50"), ("Retry-After", "1")), NOW)
    assert several is not None
    assert several.seconds == 50, "of several the longest"
    theirs = (("Date", http_date(-3600)), ("Retry-After", http_date(-3540)))
    skewed = retry_after(theirs, NOW)
    assert skewed is not None
    assert skewed.seconds == 60, "a server whose clock is behind ours means its own time"
    lost = retry_after((("Date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("Retry-After", http_date(60))), NOW)
    assert lost is not None
    assert lost.seconds == 60, "a server without a clock is read by ours"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_the_reader(value: str, date: str) -> None:
    asked = retry_after((("Retry-After", value), ("Date", date)), NOW)
    assert asked is not None
    assert 0 <= asked.seconds <= RETRY_CAP


CLOUDFLARE: Headers = (("Server", "cloudflare"),)
AFTER_20: Headers = (("Retry-After", "20"),)
AFTER_2_H: Headers = (("Retry-After", "7200"),)

RESTS: list[tuple[int | None, Headers, Outcome, str, float]] = [
    (429, (), blocked("rate_limit"), "rate_limit", 180),
    (403, (), blocked("access_denied"), "access_denied", 180),
    (429, (), failed(), "rate_limit", 180),
    (403, (), failed(), "access_denied", 180),
    (503, (), failed(), "rate_limit", 180),
    (202, (), blocked("rate_limit"), "rate_limit", 180),
    (200, (), blocked("captcha"), "captcha", 3600),
    (429, (), blocked("captcha"), "captcha", 3600),
    (200, (), blocked("recaptcha"), "recaptcha", 7 * DAY),
    (403, CLOUDFLARE, blocked("waf"), "cloudflare", 15 * DAY),
    (403, (("cf-mitigated", "challenge"),), blocked("waf"), "cloudflare", 15 * DAY),
    (403, (), blocked("waf"), "waf", 3600),
    (200, (), blocked("decoy"), "decoy", 3600),
    (429, AFTER_20, blocked("rate_limit"), "rate_limit", 20),
    (503, AFTER_20, failed(), "rate_limit", 20),
    (429, AFTER_2_H, blocked("rate_limit"), "rate_limit", 7200),
    (429, (("Retry-After", http_date(-60)),), blocked("rate_limit"), "rate_limit", 0),
    (429, (("Retry-After", "soon"),), blocked("rate_limit"), "rate_limit", DAY),
    (429, AFTER_20, blocked("captcha"), "captcha", 3600),
    (429, AFTER_2_H, blocked("captcha"), "captcha", 7200),
    (403, (("Retry-After", "99999999"), *CLOUDFLARE), blocked("waf"), "cloudflare", 15 * DAY),
    (500, AFTER_20, failed(), "retry_after", 20),
    (301, AFTER_20, failed("RedirectRefused"), "retry_after", 20),
    (500, (), failed(), "retry_after", 0),
    (404, (), failed(), "retry_after", 0),
    (200, (), blocked("consent"), "retry_after", 0),
    (200, (), blocked("js_shell"), "retry_after", 0),
    (None, (), failed("Dns"), "retry_after", 0),
    (200, CLOUDFLARE, Outcome(status=Status.UNRECOGNISED, kind="layout"), "retry_after", 0),
]


@pytest.mark.parametrize(("status", "headers", "outcome", "kind", "seconds"), RESTS)
def test_rest(status: int | None, headers: Headers, outcome: Outcome, kind: str, seconds: float) -> None:
    assert rest(status, headers, outcome, NOW)[:2] == (kind, seconds)


def pace(memory: Memory | None = None, manners: Manners | None = None, clock: FakeClock | None = None) -> Pace:
    return Pace(memory or Forgetful(), manners or Manners(), clock or FakeClock())


def test_a_suspension_outlives_the_run_and_ends() -> None:
    memory, clock = Forgetful(), FakeClock()
    told = pace(memory, clock=clock).hear("a.example", 429, AFTER_20, blocked("rate_limit"))
    assert told is not None
    assert (told.host, told.kind, told.until) == ("a.example", "rate_limit", NOW + 20)
    assert "2026-11-02T12:00:20+00:00" in str(told)
    again = pace(memory, clock=clock)
    for later, suspended in ((0, True), (19.9, True), (20, False), (5000, False)):
        clock.time = NOW + later
        assert bool(again.suspended("a.example")) is suspended
        assert again.suspended("b.example") is None


def test_kinds_stand_side_by_side_and_a_success_clears_all() -> None:
    memory, clock = Forgetful(), FakeClock()
    one = pace(memory, clock=clock)
    one.hear("a.example", 429, (), blocked("rate_limit"))
    one.hear("a.example", 200, (), blocked("captcha"))
    longest = one.suspended("a.example")
    assert longest is not None
    assert (longest.kind, longest.until) == ("captcha", NOW + 3600)
    one.hear("a.example", 429, AFTER_20, blocked("rate_limit"))
    assert max(until for kind, until, _ in memory.suspensions("a.example") if kind == "rate_limit") == NOW + 180
    one.hear("a.example", 500, (), failed())
    assert one.suspended("a.example") is not None, "a failure clears nothing"
    for good in (GOOD, NONE):
        one.hear("a.example", 200, (), blocked("captcha"))
        assert one.hear("a.example", 200, (), good) is None
        assert one.suspended("a.example") is None


def test_a_budget_is_of_a_day_and_shared_by_runs() -> None:
    memory, clock, manners = Forgetful(), FakeClock(), Manners(budget=3)

    def counts(host: str) -> bool:
        return pace(memory, manners, clock).count(host)

    assert [counts("a.example") for _ in range(5)] == [True, True, True, False, False]
    assert counts("b.example")
    clock.time = NOW + 12 * 3600
    assert counts("a.example"), "a new day (UTC)"


async def turns(pacers: list[Pace], clock: FakeClock, times: int, least: float = 0.0) -> list[float]:
    arrivals = []
    for number in range(times):
        assert await pacers[number % len(pacers)].turn("a.example", least)
        arrivals.append(clock.now())
    return arrivals


def gaps(arrivals: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(arrivals)]


@pytest.mark.parametrize(("chance", "least", "gap"), [(0.0, 0.0, 5.0), (0.5, 0.0, 6.25), (0.0, 30.0, 30.0)])
def test_turns_are_never_nearer_than_the_delay(chance: float, least: float, gap: float) -> None:
    """One run or two runs that share a memory: the arrivals of both together keep the distance."""
    for runs in (1, 2):
        memory, clock = Forgetful(), FakeClock(chance=chance)
        pacers = [pace(memory, clock=clock) for _ in range(runs)]
        assert gaps(asyncio.run(turns(pacers, clock, 6, least))) == [gap] * 5


def test_the_gap_counts_from_the_end_of_a_slow_answer() -> None:
    async def run() -> list[float]:
        clock = FakeClock()
        one, begun = pace(clock=clock), []
        for _ in range(3):
            assert await one.turn("a.example")
            begun.append(clock.now())
            clock.time += 40
            one.ended("a.example")
        return gaps(begun)

    assert asyncio.run(run()) == [45, 45]


def test_a_queue_longer_than_patience_takes_no_turn() -> None:
    async def run() -> None:
        clock, memory = FakeClock(), Forgetful()
        assert await pace(memory, clock=clock).turn("a.example", least=1000)
        assert not await pace(memory, clock=clock).turn("a.example")
        assert await pace(memory, clock=clock).turn("b.example")
        clock.time += 1000
        assert await pace(memory, clock=clock).turn("a.example"), "the turn that was not taken is still free"
        assert clock.now() == NOW + 1000

    asyncio.run(run())


def test_a_clock_set_back_does_not_stop_the_run() -> None:
    async def run() -> None:
        clock = FakeClock()
        one = Pace(Forgetful(), Manners(patience=10), clock)
        one.ended("a.example")
        clock.time -= 3600
        assert await one.turn("a.example")

    asyncio.run(run())


def check_memory(memory: Memory) -> None:
    """What every Memory must do; the store's own is put to the same test."""
    assert memory.suspensions("a.example") == []
    memory.suspend("a.example", "captcha", NOW + 10, "first")
    memory.suspend("a.example", "captcha", NOW + 5, "shorter")
    memory.suspend("a.example", "rate_limit", NOW + 7, "other")
    assert sorted(memory.suspensions("a.example")) == [
        ("captcha", NOW + 10, "first"),
        ("rate_limit", NOW + 7, "other"),
    ]
    memory.suspend("a.example", "captcha", NOW + 20, "longer")
    assert ("captcha", NOW + 20, "longer") in memory.suspensions("a.example")
    memory.suspend("b.example", "captcha", NOW, "b")
    memory.release("a.example")
    memory.release("none.example")
    assert memory.suspensions("a.example") == []
    assert memory.suspensions("b.example") == [("captcha", NOW, "b")]
    assert memory.robots("https://a.example") is None
    memory.keep_robots("https://a.example", NOW, "", b"User-agent: *\r\n\xff\x00")
    memory.keep_robots("https://b.example", NOW, "status 503", b"")
    memory.keep_robots("https://a.example", NOW + 1, "", b"\xff")
    assert memory.robots("https://a.example") == (NOW + 1, "", b"\xff")
    assert memory.robots("https://b.example") == (NOW, "status 503", b"")
    spent = [memory.spend("a.example", "2026-11-02", 2) for _ in range(3)]
    assert spent == [True, True, False]
    assert memory.spend("a.example", "2026-11-03", 2)
    assert memory.spend("b.example", "2026-11-02", 2)
    assert not memory.spend("c.example", "2026-11-02", 0)
    assert memory.reserve("a.example", NOW, 5, NOW + 60) == NOW
    assert memory.reserve("a.example", NOW, 7, NOW + 60) == NOW + 5
    assert memory.reserve("a.example", NOW, 5, NOW + 6) == NOW + 12, "too late, not taken"
    assert memory.reserve("a.example", NOW, 5, NOW + 60) == NOW + 12
    assert memory.reserve("a.example", NOW + 100, 5, NOW + 160) == NOW + 100
    assert memory.reserve("b.example", NOW, 5, NOW) == NOW


def test_the_forgetful_memory() -> None:
    check_memory(Forgetful())


def test_the_systems_clock() -> None:
    clock = SystemClock()
    assert clock.now() > NOW - 365 * DAY
    assert all(0 <= clock.chance() < 1 for _ in range(100))
    asyncio.run(clock.sleep(0))
