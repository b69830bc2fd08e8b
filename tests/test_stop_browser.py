"""A visit of the browser that is stopped: its cancellation is not lost, and no work of it stays behind."""

from __future__ import annotations

import asyncio

from spiders.archive.visits import Capture
from spiders.browser import contexts
from spiders.browser.fetch import Fetcher, Options, _Ends


class Quiet:
    """A wire on which nothing goes wrong."""

    def __init__(self) -> None:
        self.trouble, self.failed = "", asyncio.Event()


def test_a_visit_that_is_put_down_does_not_swallow_its_own_cancellation() -> None:
    """A tab crashed, its work is slow to end, and just then the run is stopped."""

    async def put_down() -> bool:
        ending, end, crashed = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def work() -> Capture:
            try:
                await asyncio.Event().wait()
            finally:
                ending.set()
                await end.wait()
            raise AssertionError("never")

        crashed.set()
        ends = _Ends(asyncio.get_running_loop().time() + 3_600, crashed, Quiet())  # type: ignore[arg-type]
        visit = asyncio.ensure_future(Fetcher(Options(program=""))._timed(work(), "https://a.example/", ends))
        await ending.wait()
        visit.cancel()
        end.set()
        await asyncio.wait({visit})
        return visit.cancelled()

    assert asyncio.run(put_down())


def test_a_visit_that_is_stopped_leaves_no_work_behind() -> None:
    async def stopped() -> tuple[bool, int]:
        begun = asyncio.Event()

        async def work() -> Capture:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError("never")

        before = asyncio.all_tasks()
        ends = _Ends(asyncio.get_running_loop().time() + 3_600, asyncio.Event(), Quiet())  # type: ignore[arg-type]
        visit = asyncio.ensure_future(Fetcher(Options(program=""))._timed(work(), "https://a.example/", ends))
        await begun.wait()
        visit.cancel()
        await asyncio.wait({visit})
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return visit.cancelled(), len(asyncio.all_tasks() - before)

    assert asyncio.run(stopped()) == (True, 0)


def test_a_closing_does_not_swallow_a_cancellation_that_comes_with_its_end() -> None:
    async def closing() -> bool:
        closed = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(contexts.within(closed))
        await asyncio.sleep(0)
        closed.set_result(None)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(closing())
