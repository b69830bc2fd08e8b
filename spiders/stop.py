"""The wish to stop a run, kept and looked at before each page: what is thrown for it may be swallowed on the way.

Scrapy's engine takes a cancellation for its ordinary end (`ExecutionEngine.start_async`, read in 2.19), and a shell
starts its background jobs with SIGINT ignored: neither an exception nor another signal is enough to carry it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from audit.errors import StoreError


class Stop:
    """Asked once, by a signal handler at any moment, it holds for the rest of the command."""

    def __init__(self) -> None:
        self.asked = False
        self._wake: Callable[[], object] | None = None

    def ask(self, *, hurry: bool = False) -> None:
        """Close everything and end. Raises KeyboardInterrupt where no collection is under way that would do it.

        Asked again, it changes nothing: a supervisor may say it to the process and to its group. With `hurry` (a
        second Ctrl-C) nothing more is waited for.
        """
        again, self.asked = self.asked, True
        if self._wake is None or (hurry and again):
            raise KeyboardInterrupt
        if not again:
            self._wake()

    def check(self) -> None:
        """Ends the task that looks: nothing is asked any more."""
        if self.asked:
            raise asyncio.CancelledError

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """The work in a loop of its own; KeyboardInterrupt after everything was closed where a stop was asked."""
        with self.held():
            try:
                asyncio.run(self._awake(work))
            except asyncio.CancelledError:
                if not self.asked:
                    raise

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within it a wish waits for the end, then it is KeyboardInterrupt: for what cannot be broken off cleanly.

        What fails after the wish is its doing (a Ctrl-C ends the browser too); only a disk that refused is told.
        """
        self._wake = _later
        try:
            yield
        except Exception as error:
            if not self.asked or isinstance(error, StoreError):
                raise
        finally:
            self._wake = None
        if self.asked:
            raise KeyboardInterrupt

    async def _awake(self, work: Coroutine[Any, Any, None]) -> None:
        task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
        loop.set_exception_handler(self._unheard)
        self._wake = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            if self.asked:  # before there was anything to wake
                task.cancel()
            await task
        finally:
            self._wake = _later

    def _unheard(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Failures nobody waited for: once a stop was asked they are of what was broken off."""
        if not self.asked:
            loop.default_exception_handler(context)


def _later() -> None:
    """Nobody to wake: what was asked is seen at the next look."""
