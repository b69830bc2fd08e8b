"""A wish to stop is obeyed, whoever swallows what is thrown for it: a shell, Scrapy, the browser's part, a library."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.brief import parse_brief
from audit.cli.live import _stoppable
from audit.errors import StoreError, UsageError
from audit.models import Evidence, Outcome, Page
from spiders.apis import askable
from spiders.archive.visits import Capture, Purpose
from spiders.browser.fetch import Fetcher, Options, Person, Reader
from spiders.browser.place import Place
from spiders.crawl import Desk, Landings, crawl
from spiders.gate.egress import Egress
from spiders.gate.gate import Gate, Permit, Skipped
from spiders.gate.pace import Manners, Suspension
from spiders.gate.proxy import HOME, Proxy
from spiders.gate.wire import Headers
from spiders.job import Job
from spiders.live import Live
from spiders.run import Errand, Kept, Run
from spiders.secret import Keyring
from spiders.stop import Stop
from tests.web import PAGE, Request, Web, answer

SWIFT = Manners(delay=0.0, jitter=0.0)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BRIEF = """
[brand]
name = "Lumivelo"
domains = ["lumivelo.example"]

[[markets]]
country = "GB"
language = "en"
engines = ["google", "bing"]
per_class = 2
"""
ASKED_OF_AN_API = '\n[providers.serpapi]\nengines = ["google"]\n'
TURNS = 1_000  # of a loop: far more than a cancellation needs


def run_in(folder: Path, stop: Stop | None = None) -> Run:
    return Run(folder, tool="test", clock=lambda: NOW, keep=kept, stop=stop)


def kept(page: Page) -> Evidence:
    assert page.evidence is not None
    return page.evidence


# ---------------------------------------------------------------- the wish itself


def test_what_is_stopped_before_it_begins_does_not_begin() -> None:
    begun: list[str] = []

    async def work() -> None:
        begun.append("work")

    stop = Stop()
    with pytest.raises(KeyboardInterrupt):
        stop.ask()
    with pytest.raises(KeyboardInterrupt):
        stop.run(work())
    assert (stop.asked, begun) == (True, [])


def test_a_swallowed_cancellation_carries_no_run_to_its_end() -> None:
    stop, asked = Stop(), list[int]()

    async def work() -> None:
        for number in range(5):
            stop.check()
            asked.append(number)
            if number == 1:
                stop.ask()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
                await asyncio.sleep(0)

    with pytest.raises(KeyboardInterrupt):
        stop.run(work())
    assert asked == [0, 1]


def test_work_that_never_looks_is_not_taken_for_whole() -> None:
    stop = Stop()

    async def work() -> None:
        stop.ask()
        with suppress(asyncio.CancelledError):
            await turns()

    with pytest.raises(KeyboardInterrupt):
        stop.run(work())


def test_a_second_wish_leaves_the_closing_alone_unless_it_is_in_a_hurry() -> None:
    """A supervisor says it to the process and to its group; a person presses Ctrl-C again."""
    for hurry, wanted in ((False, ["closed"]), (True, [])):
        stop, closed = Stop(), list[str]()

        async def work(stop: Stop = stop, closed: list[str] = closed, hurry: bool = hurry) -> None:
            try:
                stop.ask()
                await turns()
            finally:
                stop.ask(hurry=hurry)
                await asyncio.sleep(0)
                closed.append("closed")

        with pytest.raises(KeyboardInterrupt):
            stop.run(work())
        assert closed == wanted


def test_what_cannot_be_broken_off_comes_to_its_end_first() -> None:
    stop, done = Stop(), list[str]()
    with pytest.raises(KeyboardInterrupt), stop.held():
        stop.ask()
        done.append("done")
    assert done == ["done"]


def test_what_fails_after_the_wish_is_its_doing_but_for_the_disk() -> None:
    for error, wanted in ((RuntimeError("closed"), KeyboardInterrupt), (StoreError("the disk is full."), StoreError)):
        stop = Stop()

        async def work(stop: Stop = stop, error: Exception = error) -> None:
            stop.ask()
            raise error

        with pytest.raises(wanted):
            stop.run(work())


def test_an_undisturbed_run_ends_as_it_ends() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("done")

    async def broken() -> None:
        raise UsageError("no.")

    Stop().run(work())
    assert done == ["done"]
    with pytest.raises(UsageError):
        Stop().run(broken())


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


# ---------------------------------------------------------------- signals


@pytest.fixture(params=["in front", "in the background"])
def shell(request: pytest.FixtureRequest) -> Iterator[str]:
    """Jobs in the background are started by a shell with SIGINT ignored (POSIX, shell command language, 2.9.3.1)."""
    handler = signal.default_int_handler if request.param == "in front" else signal.SIG_IGN
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, handler)
    try:
        yield request.param
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def struck(number: signal.Signals) -> bool:
    """Whether work that is struck in the middle comes to its end."""
    ended: list[bool] = []

    async def work() -> None:
        signal.raise_signal(number)
        await turns()
        ended.append(True)

    with _stoppable() as stop:
        stop.run(work())
    return bool(ended)


def test_sigterm_is_obeyed_in_front_and_in_the_background(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt):
        struck(signal.SIGTERM)
    assert capsys.readouterr().err == "repaudit: stopped by you; what was finished is kept.\n"
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_ctrl_c_is_for_the_job_in_front(shell: str) -> None:
    if shell == "in front":
        with pytest.raises(KeyboardInterrupt):
            struck(signal.SIGINT)
    else:
        assert struck(signal.SIGINT)


def test_a_stop_between_two_collections_ends_at_once_and_holds(shell: str) -> None:
    """While a snapshot is stored, or a set waits for its next capture: even one that a library swallows."""
    with pytest.raises(KeyboardInterrupt), _stoppable() as stop:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        stop.run(turns())


# ---------------------------------------------------------------- Scrapy


async def crawl_stopped(folder: Path) -> tuple[list[str], list[Kept], int]:
    """Five pages of two hosts, stopped while the first are under way and the others wait for their turn."""
    paths: list[str] = []
    arrived = asyncio.Event()

    async def silent(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if request.path == "/robots.txt":
            await answer(404)(request, reader, writer)
            return
        paths.append(request.host + request.path)
        if len(paths) == 2:
            arrived.set()
        await reader.read()  # until the other side is gone

    async with Web() as web, Gate(egress=web.egress(), manners=SWIFT) as gate:
        bases = [await web.site(f"{name}.example", silent) for name in ("one", "two")]
        errands = [Errand(f"{base}/{number}", Purpose.LANDING) for number in range(5) for base in bases]
        with run_in(folder) as run:
            desk = Desk(gate, run, told=lambda *_: None)
            before = asyncio.all_tasks()
            task = asyncio.ensure_future(crawl(Landings, errands, desk))
            await arrived.wait()
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled(), "Scrapy takes a cancellation for its end"
            left = [one for one in asyncio.all_tasks() - before if "scrapy" in repr(one.get_coro())]
            return paths, run.visits, len(left)


def test_a_cancelled_crawl_asks_nothing_more_and_blames_nobody(tmp_path: Path) -> None:
    paths, visits, left = asyncio.run(crawl_stopped(tmp_path))
    assert sorted(paths) == ["one.example/0", "two.example/0"]
    assert visits == [], "what we cut off ourselves is no failure of a site"
    assert left == 0


def test_a_crawl_asks_nothing_once_a_stop_was_asked(tmp_path: Path) -> None:
    """Without any cancellation: the wish alone."""

    async def crawled() -> tuple[list[str], int]:
        stop, paths = Stop(), list[str]()

        async def page(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if request.path != "/robots.txt":
                paths.append(request.path)
                stop.asked = True
            await answer(404 if request.path == "/robots.txt" else 200)(request, reader, writer)

        async with Web() as web, Gate(egress=web.egress(), manners=SWIFT) as gate:
            base = await web.site("one.example", page)
            with run_in(tmp_path, stop) as run:
                desk = Desk(gate, run, told=lambda *_: None)
                await crawl(Landings, [Errand(f"{base}/{number}", Purpose.LANDING) for number in range(5)], desk)
                return paths, len(run.visits)

    assert asyncio.run(crawled()) == (["/0"], 1), "what had arrived whole is kept"


@pytest.mark.parametrize("turns_before", range(6))
def test_whoever_comes_while_everybody_is_cut_off_hears_of_it(turns_before: int) -> None:
    """Between the kernel's accept and the first step of its task a connection is nobody's: it must not stay open."""

    async def answered() -> bytes:
        async with Proxy(Egress()) as proxy:
            with socket.create_connection((HOME, proxy.port)) as client:
                client.setblocking(False)
                for _ in range(turns_before):
                    await asyncio.sleep(0)
                await proxy.cut()
                return await asyncio.get_running_loop().sock_recv(client, 1)

    with suppress(ConnectionResetError):
        assert asyncio.run(answered()) == b""


# ---------------------------------------------------------------- engines


class OpenGate(Gate):
    """Lets everything through at once."""

    @asynccontextmanager
    async def visit(self, url: str, *, consent: Collection[str] = ()) -> AsyncIterator[Permit | Skipped]:
        yield Permit(url, "engine.example", 1.0, 1, 1.0)

    def tell(self, url: str, status: int | None, headers: Headers, outcome: Outcome) -> Suspension | None:
        return None


class Browser(Fetcher):
    """Pages of no known layout, or failed ones; calls somebody before each."""

    def __init__(self, before: Callable[[int], Awaitable[None]], failure: str) -> None:
        super().__init__(Options(program=""))
        self._before, self._failure, self.visited = before, failure, list[str]()

    async def visit(
        self, url: str, place: Place, reader: Reader, *, buttons: tuple[str, ...] = (), person: Person | None = None
    ) -> Capture:
        self.visited.append(url)
        await self._before(len(self.visited))
        body = b"" if self._failure else PAGE
        return Capture(Page(url=url, body=body, fetched_at=NOW, source="browser", failure=self._failure))


@pytest.mark.parametrize(("failure", "kept_of_them"), [("", 3), ("BrowserCrashed", 1)])
def test_engines_are_asked_nothing_once_a_stop_was_asked(tmp_path: Path, failure: str, kept_of_them: int) -> None:
    """A cancellation that is lost within a visit; and a browser that a Ctrl-C ended before its owner heard of it.

    Two engines side by side: with the third page the stop comes, and the second is under way.
    """
    stop = Stop()

    async def stopping(number: int) -> None:
        if number == 3:
            stop.ask()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    browser = Browser(stopping, failure)
    with run_in(tmp_path, stop) as run:
        live = Live(parse_brief(BRIEF), run, OpenGate(), told=lambda _: None, keys=Keyring({}))
        with pytest.raises(KeyboardInterrupt):
            stop.run(live.collect(browser))
    assert len(parse_brief(BRIEF).plan()) > 3
    assert (len(browser.visited), len(run.visits)) == (3, kept_of_them)


# ---------------------------------------------------------------- before anything is opened


def test_a_missing_key_is_said_before_a_browser_starts(tmp_path: Path) -> None:
    """With a browser that is none: were it started, that would be told instead."""
    brief = parse_brief(BRIEF + ASKED_OF_AN_API, providers=askable())
    job = Job(brief, Options(program=str(tmp_path / "none")), told=lambda _: None, keys=Keyring({}))
    with run_in(tmp_path / "run") as run, pytest.raises(UsageError, match=r"serpapi.*key"):
        asyncio.run(job.collect(run))
