"""The browser itself and its contexts: one a place, shared by the visits that are under way, watched for memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser as Chromium  # noqa: TID251
from playwright.async_api import BrowserContext, Error, Playwright, async_playwright  # noqa: TID251

from spiders.browser.memory import MOST, Watch
from spiders.browser.place import Place, options

DEADLINE = 45.0  # seconds for one address, everything included (reliability B3)
CLOSING = 3.0  # page.close() hung in 8 of 20 tries after failed navigations; contexts never did
ARGUMENTS = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")


class Proxy(NamedTuple):
    """The one way out."""

    server: str
    username: str = ""
    password: str = ""


class Options(NamedTuple):
    program: str
    """Path of the browser; "" for Playwright's own."""
    headed: bool = False
    screenshots: bool = False
    profile: Path | None = None
    """A folder with a profile that persists; None = nothing is kept."""
    proxy: Proxy | None = None
    arguments: tuple[str, ...] = ()
    deadline: float = DEADLINE
    sandbox: bool = True
    memory: int = MOST
    """Bytes over which a process of the browser is killed."""


@dataclass
class Lease:
    """A context in use. Given back spoiled, it is closed as soon as nobody uses it, and never handed out again."""

    place: Place
    context: BrowserContext
    watch: Watch | None
    users: int = 0
    spoiled: bool = False


class Contexts:
    """`start`, `lease` and `give_back` contexts, `stop`. A browser that died is started anew by the next lease."""

    def __init__(self, wanted: Options) -> None:
        self._wanted = wanted
        self._leases: dict[Place, Lease] = {}
        self._playwright: Playwright | None = None
        self._browser: Chromium | None = None
        self._watches: list[Watch] = []
        self._opening = asyncio.Lock()
        self._closings: set[asyncio.Future[None]] = set()
        self._sick = False
        """A context would not close: the browser is started anew when nobody uses it."""
        self.version = ""

    async def start(self) -> None:
        self._playwright = await async_playwright().start()
        if self._wanted.profile is None:
            await self._launch(self._playwright)

    async def stop(self) -> None:
        await asyncio.gather(*self._closings, return_exceptions=True)
        for lease in self._leases.values():
            await self._close(lease)
        await self._quit()
        if self._playwright is not None:
            await self._playwright.stop()

    async def lease(self, place: Place) -> Lease:
        """A living context of a place; raises `Error` where the browser cannot be started."""
        async with self._opening:
            await self._heal()
            if place not in self._leases:
                self._leases[place] = await self._opened(place)
            found = self._leases[place]
            found.users += 1
            return found

    async def give_back(self, lease: Lease, *, spoiled: bool) -> None:
        lease.users -= 1
        lease.spoiled |= spoiled
        if not lease.spoiled:
            return
        if self._wanted.profile is None:
            self._forget(lease)
            if not lease.users:
                await self._close(lease)
        elif not lease.users:  # a profile opens once: the next lease waits until it is closed
            async with self._opening:
                self._forget(lease)
                await self._close(lease)

    def _forget(self, lease: Lease) -> None:
        if self._leases.get(lease.place) is lease:
            del self._leases[lease.place]

    def later(self, work: Awaitable[None]) -> asyncio.Future[None]:
        """Closings happen beside the next visit, and end before `stop` does."""
        task = asyncio.ensure_future(work)
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)
        return task

    async def _close(self, lease: Lease) -> None:
        if not await within(lease.context.close()):
            self._sick = self._sick or self._alive()
        if self._wanted.profile is not None and lease.watch is not None:
            lease.watch.stop()

    def _alive(self) -> bool:
        return self._browser is not None and self._browser.is_connected()

    async def _heal(self) -> None:
        """A fresh browser after a crash, or after one that does not close what it is told to."""
        if self._wanted.profile is not None:
            return
        idle = not any(lease.users for lease in self._leases.values())
        if not self._alive() or (self._sick and idle):
            self._leases.clear()
            await self._quit()
        if self._browser is None and self._playwright is not None:
            await self._launch(self._playwright)

    async def _quit(self) -> None:
        for watch in self._watches:
            watch.stop()
        self._watches.clear()
        if self._browser is not None:
            await within(self._browser.close())
        self._browser, self._sick = None, False

    async def _launch(self, playwright: Playwright) -> None:
        self._browser = await playwright.chromium.launch(
            headless=not self._wanted.headed,
            executable_path=self._wanted.program or None,
            args=[*ARGUMENTS, *self._wanted.arguments],
            chromium_sandbox=self._wanted.sandbox,
        )
        self.version = self._browser.version
        await self._watched(self._browser)

    async def _watched(self, browser: Chromium) -> Watch | None:
        """Its memory is looked at from now on; the browser's own process says its number."""
        with contextlib.suppress(Error):
            session = await browser.new_browser_cdp_session()
            told = await session.send("SystemInfo.getProcessInfo")
            await session.detach()
            number = next(one["id"] for one in told["processInfo"] if one["type"] == "browser")
            watch = Watch(int(number), most=self._wanted.memory)
            watch.start()
            self._watches.append(watch)
            return watch
        return None

    async def _opened(self, place: Place) -> Lease:
        if self._playwright is None:
            raise RuntimeError("a Fetcher is used as an async context manager")
        wanted = options(place, self._playwright.devices)
        if self._wanted.proxy is not None:
            wanted["proxy"] = {"server": self._wanted.proxy.server, "bypass": "<-loopback>"}
        if self._wanted.profile is not None:
            return await self._persistent(self._playwright, self._wanted.profile, place, wanted)
        assert self._browser is not None  # `_heal` launched it
        return Lease(place, await self._browser.new_context(**wanted), next(iter(self._watches), None))

    async def _persistent(self, playwright: Playwright, folder: Path, place: Place, wanted: dict[str, object]) -> Lease:
        name = "-".join(filter(None, (place.country, place.language, place.device.value)))
        context = await playwright.chromium.launch_persistent_context(
            folder / (name or "any"),
            headless=not self._wanted.headed,
            executable_path=self._wanted.program or None,
            args=[*ARGUMENTS, *self._wanted.arguments],
            chromium_sandbox=self._wanted.sandbox,
            **wanted,  # type: ignore[arg-type]
        )
        browser = context.browser
        self.version = browser.version if browser is not None else self.version
        return Lease(place, context, await self._watched(browser) if browser is not None else None)


async def within(closing: Awaitable[None]) -> bool:
    """Close something; False where it hung or was gone."""
    try:
        async with asyncio.timeout(CLOSING):  # `wait_for` of Python 3.11 drops a cancellation that comes with the end
            await closing
    except (TimeoutError, Error):
        return False
    return True
