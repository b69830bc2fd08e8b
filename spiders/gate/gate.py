"""The one way out. Both fetchers ask here before each address, tell what came, and connect through its proxy only.

    async with Gate(memory) as gate:
        async with gate.visit(url, consent=brief_consent) as answer:
            if isinstance(answer, Permit):
                ...  # fetch through gate.proxy within answer.seconds, then
                gate.tell(url, status, headers, outcome)

`ask` decides robots, suspension, budget and turn, for every address anew: a redirect is a new address. Whether an
address may be dialled at all is decided once more where it is dialled, by the proxy.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, Self

from audit.models import Outcome, Status
from spiders.gate import robots
from spiders.gate.client import Answer, Client
from spiders.gate.decode import DECODED_BYTES
from spiders.gate.egress import Egress, OwnHost, Target, read_target
from spiders.gate.pace import Clock, Forgetful, Manners, Memory, Pace, Suspension, SystemClock
from spiders.gate.proxy import Limits, Proxy
from spiders.gate.wire import FetchError, Headers

API_DELAY = 1.1  # seconds between requests to an API: the slowest plans seen allow one a second
ROBOTS, SUSPENDED, BUDGET, REFUSED = "robots", "suspended", "budget", "EgressRefused"


class Permit(NamedTuple):
    """Leave to ask one address, once. Give it back with `tell` (or `leave`): the host's next turn waits for it."""

    url: str
    host: str
    seconds: float
    """All the time there is for this address, retries and redirects included."""
    most: int
    """Bytes of body, decoded, over which the fetch ends as TooLarge."""
    until: float
    """When the turn is lost to whoever forgot to give it back (seconds since 1970)."""
    overrides: str = ""
    """The robots rule that the user's consent set aside, for the report; "" where none was."""


class Skipped(NamedTuple):
    """No request is sent. `reason` is robots, suspended, budget or EgressRefused; `why` says it in words."""

    reason: str
    why: str

    @property
    def outcome(self) -> Outcome:
        """As the Snapshot keeps it: an address that may never be dialled is a failure, all else was passed over."""
        status = Status.FAILED if self.reason == REFUSED else Status.SKIPPED
        return Outcome(status=status, kind=self.reason, why=self.why)


class _Turn(NamedTuple):
    url: str
    until: float
    over: asyncio.Event


class Gate:
    """Robots, pace and the way out together. `memory` is what runs share; the rest is replaced in tests."""

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        manners: Manners | None = None,
        egress: Egress | None = None,
        client: Client | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._memory = memory or Forgetful()
        self._manners = manners or Manners()
        self._clock = clock or SystemClock()
        self._egress = egress or Egress()
        self._client = client or Client(self._egress)
        self._pace = Pace(self._memory, self._manners, self._clock)
        self._limits, self._by_contract = limits, False
        self._turns: dict[str, _Turn] = {}
        self._known: dict[str, tuple[float, robots.Robots]] = {}
        self.proxy = Proxy(self._egress, limits)

    async def __aenter__(self) -> Self:
        await self.proxy.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.proxy.close()

    def for_apis(self, own: Collection[OwnHost] = ()) -> Gate:
        """A gate beside this one, for APIs alone: same memory, budget and rests, own hosts besides, a shorter delay.

        It asks no robots.txt: those rules are for crawlers (RFC 9309, section 1), an API is asked by its key's owner.
        It has a proxy of its own, so that no browser and no result page can come out here.
        """
        egress = self._egress.admitting(own)
        delay, jitter = min(self._manners.delay, API_DELAY), min(self._manners.jitter, API_DELAY / 2)
        gate = Gate(
            self._memory,
            manners=self._manners._replace(delay=delay, jitter=jitter),
            egress=egress,
            client=self._client.through(egress),
            clock=self._clock,
            limits=self._limits,
        )
        gate._by_contract = True
        return gate

    async def ask(self, url: str, *, consent: Collection[str] = ()) -> Permit | Skipped:
        """Leave for one address, after waiting for the host's turn; `consent` holds hosts whose robots rules the user
        has set aside. One permit per host at a time."""
        try:
            target = read_target(url, self._egress.rule)
        except FetchError as error:
            return Skipped(REFUSED, error.why)
        turn = await self._enter(target.host, url)
        answer: Permit | Skipped | None = None
        try:
            answer = await self._decide(target, url, consent)
        finally:
            if isinstance(answer, Permit):
                self._turns[target.host] = turn._replace(until=answer.until)
            else:
                self._end(target.host, url)
        return answer

    @asynccontextmanager
    async def visit(self, url: str, *, consent: Collection[str] = ()) -> AsyncIterator[Permit | Skipped]:
        """`ask`, and the turn given back whatever happens."""
        answer = await self.ask(url, consent=consent)
        try:
            yield answer
        finally:
            if isinstance(answer, Permit):
                self.leave(url)

    def tell(self, url: str, status: int | None, headers: Headers, outcome: Outcome) -> Suspension | None:
        """What came of a permit's address: clears or suspends its host and gives the turn back.

        The suspension is for the report.
        """
        host = read_target(url, self._egress.rule).host
        suspension = self._pace.hear(host, status, headers, outcome)
        self.leave(url)
        return suspension

    def leave(self, url: str) -> None:
        """Give a turn back where nothing came; once is enough, more does no harm."""
        host = read_target(url, self._egress.rule).host
        if self._end(host, url):
            self._pace.ended(host)

    def _end(self, host: str, url: str) -> bool:
        turn = self._turns.get(host)
        if turn is None or turn.url != url:
            return False
        del self._turns[host]
        turn.over.set()
        return True

    async def _enter(self, host: str, url: str) -> _Turn:
        """One at a time: wait until the turn before is given back or lost."""
        while (turn := self._turns.get(host)) is not None and turn.until > self._clock.now():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._manners.total):
                    await turn.over.wait()
        self._turns[host] = turn = _Turn(url, self._clock.now() + self._lease, asyncio.Event())
        return turn

    @property
    def _lease(self) -> float:
        """Longest a turn can honestly take: robots with its hops, the wait, the fetch."""
        return (robots.HOPS + 2) * self._manners.patience + 2 * self._manners.total

    async def _decide(self, target: Target, url: str, consent: Collection[str]) -> Permit | Skipped:
        if (suspension := self._pace.suspended(target.host)) is not None:
            return Skipped(SUSPENDED, str(suspension))
        if self._by_contract:
            return await self._granted(target.host, url, 0.0, "")
        try:
            rules = await self._robots(target)
        except FetchError as error:
            return Skipped(REFUSED, error.why)
        verdict = rules.verdict(target.path)
        waived = not verdict.allowed and verdict.waivable and target.host in consent
        if not verdict.allowed and not waived:
            return Skipped(ROBOTS, verdict.why)
        return await self._granted(target.host, url, rules.delay, verdict.why if waived else "")

    async def _granted(self, host: str, url: str, delay: float, overrides: str) -> Permit | Skipped:
        """The budget is counted last, and only where a request will follow."""
        if not await self._pace.turn(host, delay):
            return Skipped(BUDGET, f"the next turn of {host} is over {self._manners.patience:g} s away")
        if (suspension := self._pace.suspended(host)) is not None:
            return Skipped(SUSPENDED, str(suspension))
        if not self._pace.count(host):
            return Skipped(BUDGET, f"{host} was asked {self._manners.budget} times today")
        total = self._manners.total
        return Permit(url, host, total, DECODED_BYTES, self._clock.now() + total, overrides)

    async def _robots(self, target: Target) -> robots.Robots:
        """The rules of an origin: known, kept from an earlier run, or fetched now."""
        origin = target.origin
        if origin not in self._known and (kept := self._memory.robots(origin)) is not None:
            self._known[origin] = (kept[0], robots.Robots.of(robots.Copy(*kept[1:]), self._client.agent))
        if origin in self._known:
            at, rules = self._known[origin]
            fresh = robots.TROUBLE_SECONDS if rules.trouble else robots.FRESH_SECONDS
            if at <= self._clock.now() < at + fresh:
                return rules
        copy = await robots.fetch(origin, self._get)
        at, rules = self._clock.now(), robots.Robots.of(copy, self._client.agent)
        await asyncio.to_thread(self._memory.keep_robots, origin, at, copy.trouble, copy.body)
        self._known[origin] = (at, rules)
        return rules

    async def _get(self, url: str, most: int) -> Answer:
        """A request of the gate's own: it takes a turn like any other, and a refusal counts."""
        host = read_target(url, self._egress.rule).host
        if self._pace.suspended(host) is not None or not await self._pace.turn(host):
            raise FetchError("Suspended", host)
        try:
            answer = await self._client.get(url, most)
        finally:
            self._pace.ended(host)
        if answer.status in (429, 503):
            trouble = Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {answer.status}")
            self._pace.hear(host, answer.status, answer.headers, trouble)
        return answer
