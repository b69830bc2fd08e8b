"""The gate as its fetchers meet it: who may be asked, when, and that nobody finds another way out."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from audit.models import Outcome, Status
from spiders.gate.client import Answer, Client
from spiders.gate.egress import Egress
from spiders.gate.gate import Gate, Permit, Skipped
from spiders.gate.pace import DAY, Forgetful, Manners
from spiders.gate.wire import FetchError
from tests.test_pace import FakeClock, blocked
from tests.web import FORBIDDEN, PAGE, Handler, Web, answer, hang, raw, reset, routes

GOOD = Outcome(status=Status.RESULTS)
FORBID = b"User-agent: *\nDisallow: /search\n"
PLAIN = answer(200, FORBID, content_type="text/plain")


class Script(Client):
    """robots.txt per origin, no network; keeps who asked for what, and when."""

    def __init__(self, clock: FakeClock, files: dict[str, Answer | FetchError] | None = None) -> None:
        super().__init__(Egress())
        self.clock, self.files = clock, files or {}
        self.asked: list[tuple[str, float]] = []

    async def get(self, url: str, most: int) -> Answer:
        self.asked.append((url, self.clock.now()))
        found = self.files.get(url.removesuffix("/robots.txt"), Answer(404, (), b""))
        if isinstance(found, FetchError):
            raise found
        return found


class World:
    """A gate with everything from outside replaced."""

    def __init__(self, **files: bytes | int | FetchError) -> None:
        self.clock, self.memory = FakeClock(), Forgetful()
        self.client = Script(self.clock, {f"https://{name}.example": said(file) for name, file in files.items()})

    def gate(self, budget: int = 300) -> Gate:
        """A new run over the same memory."""
        return Gate(self.memory, manners=Manners(budget=budget), client=self.client, clock=self.clock)


def said(file: bytes | int | FetchError) -> Answer | FetchError:
    """A file, a status without one, or a failure."""
    if isinstance(file, FetchError):
        return file
    return Answer(file, (), b"") if isinstance(file, int) else Answer(200, (), file)


async def granted(gate: Gate, url: str, **options: Any) -> Permit:
    got = await gate.ask(url, **options)
    assert isinstance(got, Permit), got
    return got


async def refused(gate: Gate, url: str, **options: Any) -> Skipped:
    got = await gate.ask(url, **options)
    assert isinstance(got, Skipped), got
    return got


async def fetched(gate: Gate, url: str) -> None:
    """A whole good visit."""
    await granted(gate, url)
    gate.tell(url, 200, (), GOOD)


# ---------------------------------------------------------------- robots and consent


def test_robots_decide() -> None:
    async def run() -> None:
        world = World(a=FORBID)
        gate = world.gate()
        skipped = await refused(gate, "https://a.example/search?q=lumivelo")
        assert (skipped.reason, skipped.why) == ("robots", "robots.txt says Disallow: /search")
        assert skipped.outcome == Outcome(status=Status.SKIPPED, kind="robots", why=skipped.why)
        permit = await granted(gate, "https://a.example/about")
        assert (permit.host, permit.seconds, permit.most, permit.overrides) == ("a.example", 45.0, 16_777_216, "")
        assert [url for url, _ in world.client.asked] == ["https://a.example/robots.txt"]

    asyncio.run(run())


def test_consent_is_per_host_and_printed() -> None:
    async def run() -> None:
        gate = World(a=FORBID, b=FORBID).gate()
        permit = await granted(gate, "https://a.example/search", consent={"a.example"})
        assert permit.overrides == "robots.txt says Disallow: /search"
        assert (await refused(gate, "https://b.example/search", consent={"a.example"})).reason == "robots"
        assert (
            await refused(gate, "https://b.example/search", consent={"example", "www.b.example"})
        ).reason == "robots"
        gate.leave(permit.url)
        permit = await granted(gate, "https://a.example/about", consent={"a.example"})
        assert permit.overrides == "", "nothing was set aside where robots allow"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("file", "consents"),
    [
        (b"<html>Just a moment...</html>", True),
        (503, False),
        (429, False),
        (FetchError("Deadline"), False),
        (FetchError("Tls"), False),
    ],
)
def test_unreachable_robots_forbid_and_consent_speaks_for_no_server_in_trouble(
    file: bytes | int | FetchError, consents: bool
) -> None:
    async def run() -> None:
        assert (await refused(World(a=file).gate(), "https://a.example/")).reason == "robots"
        got = await World(a=file).gate().ask("https://a.example/", consent={"a.example"})
        assert isinstance(got, Permit) is consents

    asyncio.run(run())


def test_robots_are_asked_once_a_day_by_all_runs_and_sooner_after_trouble() -> None:
    async def run() -> None:
        world = World(a=FORBID, b=FetchError("Dns"))
        for later in (0, 60, 600, DAY - 700, 1000):
            world.clock.time += later
            gate = world.gate()
            await refused(gate, "https://a.example/search")
            await refused(gate, "https://a.example/search/x")
            await refused(gate, "https://b.example/")
        asked = Counter(url for url, _ in world.client.asked)
        assert asked == {"https://a.example/robots.txt": 2, "https://b.example/robots.txt": 4}

    asyncio.run(run())


def test_robots_are_of_an_origin() -> None:
    async def run() -> None:
        world = World(a=FORBID)
        await refused(world.gate(), "https://A.example./search")
        await granted(world.gate(), "http://a.example/search")
        urls = [url for url, _ in world.client.asked]
        assert urls == ["https://a.example/robots.txt", "http://a.example/robots.txt"]

    asyncio.run(run())


def test_a_busy_robots_txt_suspends_the_host() -> None:
    async def run() -> None:
        world = World()
        world.client.files["https://a.example"] = Answer(429, (("Retry-After", "7200"),), b"")
        assert (await refused(world.gate(), "https://a.example/")).reason == "robots"
        world.clock.time += 7199
        assert (await refused(world.gate(), "https://a.example/", consent={"a.example"})).reason == "suspended"
        assert len(world.client.asked) == 1, "no early request"

    asyncio.run(run())


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://169.254.169.254/latest/",
        "https://a.example:8443/",
        "https://user@a.example/",
        "https://a.example\\@b.example/",
        "https://localhost/",
        "",
    ],
)
def test_an_address_that_may_not_be_dialled_is_a_failure(url: str) -> None:
    async def run() -> None:
        world = World()
        skipped = await refused(world.gate(), url, consent={"127.0.0.1", "localhost"})
        assert (skipped.outcome.status, skipped.outcome.kind) == (Status.FAILED, "EgressRefused")
        assert world.client.asked == []

    asyncio.run(run())


def test_a_name_that_leads_inside_is_refused_with_its_robots() -> None:
    async def run() -> None:
        async with Web() as web, Gate(egress=web.egress(), clock=FakeClock()) as gate:
            web.names["inside.example"] = [[FORBIDDEN]]
            skipped = await refused(gate, f"http://inside.example:{web.port}/")
            assert skipped.reason == "EgressRefused"
            assert web.accepts == []

    asyncio.run(run())


# ---------------------------------------------------------------- suspensions, budget, turns


def test_a_captcha_is_never_retried() -> None:
    """Not in the run, not after a restart, not with consent; other hosts go on."""

    async def run() -> None:
        world = World(a=FORBID)
        gate = world.gate()
        permit = await granted(gate, "https://a.example/search", consent={"a.example"})
        told = gate.tell(permit.url, 200, (), blocked("captcha"))
        assert told is not None
        assert told.until == world.clock.now() + 3600
        for _ in range(3):
            world.clock.time += 1199
            for run_ in (gate, world.gate()):
                skipped = await refused(run_, "https://a.example/search", consent={"a.example"})
                assert skipped.reason == "suspended"
                assert "captcha" in skipped.why
        await granted(gate, "https://b.example/")
        world.clock.time += 4
        await granted(world.gate(), "https://a.example/about")

    asyncio.run(run())


@pytest.mark.parametrize(("value", "seconds"), [("20", 20), ("7200", 7200), ("soon", DAY), ("99999999", DAY)])
def test_no_request_comes_before_retry_after(value: str, seconds: float) -> None:
    async def run() -> None:
        world = World()
        await fetched(world.gate(), "https://a.example/")
        gate = world.gate()
        permit = await granted(gate, "https://a.example/")
        gate.tell(permit.url, 429, (("Retry-After", value),), blocked("rate_limit"))
        end = world.clock.now() + seconds
        for moment in (end - seconds + 1, end - 0.01):
            world.clock.time = moment
            assert (await refused(world.gate(), "https://a.example/")).reason == "suspended"
        world.clock.time = end
        await fetched(world.gate(), "https://a.example/")
        assert world.memory.suspensions("a.example") == [], "the success cleared it"

    asyncio.run(run())


def test_a_suspension_during_the_wait_is_seen() -> None:
    async def run() -> None:
        world = World()
        one, two = world.gate(), world.gate()
        await fetched(one, "https://a.example/")
        permit = await granted(one, "https://a.example/1")
        waiting = asyncio.ensure_future(two.ask("https://a.example/2"))
        await asyncio.sleep(0)
        one.tell(permit.url, 200, (), blocked("captcha"))
        got = await waiting
        assert isinstance(got, Skipped)
        assert got.reason == "suspended"

    asyncio.run(run())


def test_budget() -> None:
    async def run() -> None:
        world = World(a=FORBID)
        for number in range(3):
            await fetched(world.gate(budget=3), f"https://a.example/{number}")
            await refused(world.gate(budget=3), "https://a.example/search")
        skipped = await refused(world.gate(budget=3), "https://a.example/4")
        assert (skipped.reason, skipped.why) == ("budget", "a.example was asked 3 times today")
        await fetched(world.gate(budget=3), "https://b.example/")
        world.clock.time += DAY / 2
        await fetched(world.gate(budget=3), "https://a.example/4")

    asyncio.run(run())


def test_one_at_a_time_and_never_too_near() -> None:
    """Ten asked at once of two hosts by two runs; each host sees them one by one, at least the delay apart."""

    async def run() -> dict[str, list[float]]:
        world = World()
        gates = [world.gate(), world.gate()]
        begun: dict[str, list[float]] = {"a.example": [], "b.example": []}
        inside: Counter[tuple[int, str]] = Counter()

        async def visit(number: int) -> None:
            host = f"{'ab'[number % 2]}.example"
            run_ = number // 2 % 2
            async with gates[run_].visit(f"https://{host}/{number}") as permit:
                assert isinstance(permit, Permit)
                inside[run_, host] += 1
                assert inside[run_, host] == 1
                begun[host].append(world.clock.now())
                for _ in range(number):
                    await asyncio.sleep(0)
                gates[run_].tell(permit.url, 200, (), GOOD)
                inside[run_, host] -= 1

        await asyncio.gather(*map(visit, range(20)))
        for url, at in world.client.asked:
            begun[url.split("/")[2]].append(at)
        return begun

    begun = asyncio.run(run())
    for arrivals in begun.values():
        assert len(arrivals) >= 11, "ten pages and at least one robots.txt"
        assert min(later - earlier for earlier, later in pairwise(sorted(arrivals))) >= 5


def test_crawl_delay_is_kept() -> None:
    async def run() -> None:
        world = World(a=b"User-agent: *\nCrawl-delay: 30")
        gate, begun = world.gate(), []
        for number in range(3):
            begun.append((await granted(gate, f"https://a.example/{number}")).until)
            gate.tell(f"https://a.example/{number}", 200, (), GOOD)
        assert [later - earlier for earlier, later in pairwise(begun)] == [30, 30]

    asyncio.run(run())


def test_a_turn_nobody_gives_back_is_lost_in_time() -> None:
    async def run() -> None:
        world = World()
        gate = world.gate()
        lost = await granted(gate, "https://a.example/1")
        waiting = asyncio.ensure_future(gate.ask("https://a.example/2"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        world.clock.time = lost.until
        permit = await granted(gate, "https://a.example/3")
        gate.tell(lost.url, 200, (), GOOD)
        waiting = asyncio.ensure_future(gate.ask("https://a.example/4"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done(), "who comes late gives nobody else's turn back"
        gate.leave(permit.url)
        assert isinstance(await waiting, Permit)

    asyncio.run(run())


def test_a_visit_that_breaks_gives_its_turn_back() -> None:
    async def run() -> None:
        gate = World().gate()
        with pytest.raises(RuntimeError):
            async with gate.visit("https://a.example/1") as permit:
                assert isinstance(permit, Permit)
                raise RuntimeError
        await granted(gate, "https://a.example/2")
        async with gate.visit("file:///etc/passwd") as skipped:
            assert isinstance(skipped, Skipped)

    asyncio.run(run())


def test_an_ask_that_is_cancelled_blocks_nobody() -> None:
    class Stuck(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    async def run() -> None:
        world = World()
        gate = Gate(world.memory, client=world.client, clock=Stuck())
        waiting = asyncio.ensure_future(gate.ask("https://a.example/1"))
        for _ in range(10):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not gate._turns

    asyncio.run(run())


# ---------------------------------------------------------------- the whole way, on loopback


@pytest.mark.parametrize(
    ("robots", "arrived"),
    [
        (PLAIN, ["/robots.txt", "/about"]),
        (answer(404), ["/robots.txt", "/search?q=x", "/about"]),
        (answer(503), ["/robots.txt"]),
        (answer(200, b"<!doctype html><title>Just a moment...</title>"), ["/robots.txt"]),
        (reset, ["/robots.txt"]),
        (hang, ["/robots.txt"]),
        (raw(b"garbage\r\n\r\n"), ["/robots.txt"]),
    ],
)
def test_what_arrives_at_a_server(robots: Handler, arrived: list[str]) -> None:
    """Only what robots allow is ever asked, through the proxy, and the server sees nothing else."""

    async def run() -> list[str]:
        async with Web() as web:
            base = await web.site("a.example", routes(robots_txt=robots, rest=answer()))
            client = Client(web.egress(), seconds=0.3 if robots is hang else 5)
            async with Gate(egress=web.egress(), client=client, clock=FakeClock()) as gate:
                for path in ("/search?q=x", "/about"):
                    async with gate.visit(base + path) as permit:
                        if isinstance(permit, Permit):
                            got = await through(gate, permit.url)
                            assert got.endswith(PAGE)
                            gate.tell(permit.url, 200, (), GOOD)
            return [request.path for request in web.arrivals]

    assert asyncio.run(run()) == arrived


async def through(gate: Gate, url: str) -> bytes:
    from tests.test_proxy import get

    return (await get(gate.proxy, url)).data


def test_closing_closes_the_way() -> None:
    async def run() -> None:
        async with Web() as web:
            base = await web.site("a.example")
            async with Gate(egress=web.egress()) as gate:
                assert (await through(gate, base)).endswith(PAGE)
            with pytest.raises(ConnectionRefusedError):
                await through(gate, base)

    asyncio.run(run())
