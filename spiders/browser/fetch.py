"""The Playwright SERP fetcher: one browser, one context a market, one page at a time. It never evades a challenge.

A navigation that failed is never read. A page is finished when its reader says that it is answered or blocked, or
when nothing moves on it any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from playwright.async_api import Browser as Chromium  # noqa: TID251
from playwright.async_api import (  # noqa: TID251
    BrowserContext,
    Error,
    Playwright,
    async_playwright,
)
from playwright.async_api import Page as Tab  # noqa: TID251

from audit.models import Outcome, Page, Status
from spiders.archive.visits import Capture, Sent
from spiders.browser.net import failure_kind
from spiders.browser.place import Place, options
from spiders.browser.wire import Arrived, Wire
from spiders.guards import truncated

DEADLINE = 45.0  # seconds for one address, everything included (reliability B3)
SETTLE = 10.0  # seconds a page may take to become readable after it has loaded
UNCHANGED = 3.0  # seconds after which a page that still says nothing is taken as it is
QUIET = 400  # milliseconds without a change of the page
CLOSING = 3.0  # page.close() hung in 8 of 20 tries after failed navigations; contexts never did
SCREENSHOT_QUALITY = 70
UNFINISHED = frozenset({"js_shell", "consent"})  # blocks that an ordinary browser gets past by itself or by a click
# Consent buttons as a person meets them, refusing before agreeing: Google, Bing, Yahoo (engines reference).
BUTTONS = (
    "#W0wltc",
    "#bnp_btn_reject",
    "button[name=reject]",
    "#L2AGLb",
    "#bnp_btn_accept",
    "button[name=agree]",
    'form[action*="consent"] button',
)
_STILL = """([quiet, most]) => new Promise(done => {
  let timer = setTimeout(done, quiet);
  const again = () => { clearTimeout(timer); timer = setTimeout(done, quiet); };
  new MutationObserver(again).observe(document, {childList: true, subtree: true, characterData: true});
  setTimeout(done, most);
})"""
ARGUMENTS = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")

# A live page that opens its document closes it; hand-made saved pages may not, so the import door is milder.
_OPENED, _CLOSED = re.compile(rb"<(?:html|body)[\s>]", re.I), re.compile(rb"</(?:html|body)\s*>", re.I)
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"})  # what Chromium undoes

Reader = Callable[[Page], Outcome]
"""What a page would become; decides only whether it is finished."""
Person = Callable[[Outcome, str], Awaitable[None]]
"""Asked to solve a challenge by hand in the headed browser; returns when the person says so."""


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


class Fetcher:
    """An async context manager around one browser. `visit` answers every address with a Capture and raises nothing."""

    def __init__(self, wanted: Options, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._wanted, self._clock = wanted, clock
        self._contexts: dict[Place, BrowserContext] = {}
        self._playwright: Playwright | None = None
        self._browser: Chromium | None = None
        self.version = ""

    async def __aenter__(self) -> Self:
        self._playwright = await async_playwright().start()
        if self._wanted.profile is None:
            await self._launch()
        return self

    async def __aexit__(self, *_: object) -> None:
        for place in list(self._contexts):
            await self._drop(place)
        if self._browser is not None:
            await _within(self._browser.close())
        if self._playwright is not None:
            await self._playwright.stop()

    async def _launch(self) -> None:
        if self._playwright is None:
            raise RuntimeError("a Fetcher is used as an async context manager")
        self._browser = await self._playwright.chromium.launch(
            headless=not self._wanted.headed,
            executable_path=self._wanted.program or None,
            args=[*ARGUMENTS, *self._wanted.arguments],
            chromium_sandbox=self._wanted.sandbox,
        )
        self.version = self._browser.version

    async def visit(
        self, url: str, place: Place, reader: Reader, *, buttons: tuple[str, ...] = (), person: Person | None = None
    ) -> Capture:
        """Fetch one address as a searcher of that place. `buttons` are consent buttons that may be clicked."""
        try:
            context = await self._context(place)
            tab = await context.new_page()
        except Error as error:
            await self._restart()
            return self._failed(url, failure_kind(str(error)) if "ERR_" in str(error) else "BrowserCrashed")
        capture = await self._in_tab(_Visit(tab, url, reader, buttons, person))
        if capture.page.failure:
            await self._drop(place)
            if self._browser is not None and not self._browser.is_connected():
                await self._restart()
        elif not await _within(tab.close()):
            await self._drop(place)
        return capture

    async def _in_tab(self, visit: _Visit) -> Capture:
        tab = visit.tab
        crashed = asyncio.Event()
        tab.on("crash", lambda _: crashed.set())
        try:
            wire = await self._wire(tab)
            capture = await self._timed(self._load(visit, wire), crashed, visit, wire)
            while visit.person and _stuck(capture, visit.reader):
                await visit.person(visit.reader(capture.page), capture.page.url)
                visit = visit._replace(person=None)
                capture = await self._timed(self._settled(visit, wire), crashed, visit, wire)
        except Error as error:
            return self._failed(visit.url, failure_kind(str(error)))
        return capture

    async def _timed(self, work: Awaitable[Capture], crashed: asyncio.Event, visit: _Visit, wire: Wire) -> Capture:
        """The work, unless the deadline or a crash of the tab comes first."""
        task = asyncio.ensure_future(work)
        ends = {asyncio.ensure_future(crashed.wait()), asyncio.ensure_future(wire.failed.wait())}
        await asyncio.wait({task, *ends}, timeout=self._wanted.deadline, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        if task.done():
            return task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Error):
            await task
        return self._failed(visit.url, wire.trouble or ("BrowserCrashed" if crashed.is_set() else "Deadline"))

    async def _wire(self, tab: Tab) -> Wire:
        session = await tab.context.new_cdp_session(tab)
        frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        wire = Wire(session, frame, pictures=self._wanted.screenshots)
        await wire.start()
        return wire

    async def _load(self, visit: _Visit, wire: Wire) -> Capture:
        said: list[str] = []
        visit.tab.on("requestfailed", lambda r: said.append(r.failure or "") if r.is_navigation_request() else None)
        try:
            await visit.tab.goto(visit.url, wait_until="load", timeout=self._wanted.deadline * 1000)
        except Error as error:
            reasons = [*said, str(error)]
            named = next((reason for reason in reasons if "ERR_" in reason), str(error))
            return self._failed(visit.url, wire.trouble or failure_kind(named))
        return await self._settled(visit, wire)

    async def _settled(self, visit: _Visit, wire: Wire) -> Capture:
        """The page as soon as it can be read; after `SETTLE` seconds as it is."""
        loop = asyncio.get_running_loop()
        last = loop.time() + SETTLE
        seen, since, clicked = b"", loop.time(), False
        while True:
            capture = await self._capture(visit.tab, wire)
            if capture.page.body != seen:
                seen, since = capture.page.body, loop.time()
            outcome = visit.reader(capture.page)
            over = loop.time() > last or loop.time() - since > UNCHANGED
            if capture.page.failure or not _unfinished(outcome) or over:
                return await self._with_screenshot(visit.tab, capture)
            if outcome.kind == "consent" and not clicked:
                clicked = await _click(visit.tab, visit.buttons)
            await _still(visit.tab, QUIET, int((last - loop.time()) * 1000))

    async def _capture(self, tab: Tab, wire: Wire) -> Capture:
        arrived = wire.last
        if arrived is None:
            return self._failed(tab.url, wire.trouble or "NotHtml")
        failure = wire.trouble or _cut(arrived)
        page = Page(
            url=tab.url,
            status=arrived.status,
            headers=_as_rendered(arrived.headers),
            body=arrived.body if failure else (await tab.content()).encode("utf-8", "replace"),
            fetched_at=self._clock(),
            source="browser",
            failure=failure,
        )
        return Capture(page, Sent(arrived.body, arrived.headers))

    async def _with_screenshot(self, tab: Tab, capture: Capture) -> Capture:
        if not self._wanted.screenshots:
            return capture
        try:
            picture = await tab.screenshot(full_page=True, type="jpeg", quality=SCREENSHOT_QUALITY)
        except Error:
            return capture  # a page without its picture is still evidence
        return capture._replace(screenshot=picture)

    async def _context(self, place: Place) -> BrowserContext:
        if place not in self._contexts:
            self._contexts[place] = await self._new_context(place)
        return self._contexts[place]

    async def _new_context(self, place: Place) -> BrowserContext:
        if self._playwright is None:
            raise RuntimeError("a Fetcher is used as an async context manager")
        wanted = options(place, self._playwright.devices)
        if self._wanted.proxy is not None:
            wanted["proxy"] = {**self._wanted.proxy._asdict(), "bypass": "<-loopback>"}
        if self._wanted.profile is None:
            if self._browser is None:
                await self._launch()
            assert self._browser is not None  # launched above
            return await self._browser.new_context(**wanted)
        name = "-".join(filter(None, (place.country, place.language, place.device.value)))
        return await self._playwright.chromium.launch_persistent_context(
            self._wanted.profile / (name or "any"),
            headless=not self._wanted.headed,
            executable_path=self._wanted.program or None,
            args=[*ARGUMENTS, *self._wanted.arguments],
            chromium_sandbox=self._wanted.sandbox,
            **wanted,
        )

    async def _drop(self, place: Place) -> None:
        context = self._contexts.pop(place, None)
        if context is not None:
            await _within(context.close())

    async def _restart(self) -> None:
        """A fresh browser after a crash; every context went with the old one."""
        self._contexts.clear()
        if self._browser is not None:
            await _within(self._browser.close())
            self._browser = None

    def _failed(self, url: str, kind: str) -> Capture:
        return Capture(Page(url=url, body=b"", fetched_at=self._clock(), source="browser", failure=kind))


class _Visit(NamedTuple):
    tab: Tab
    url: str
    reader: Reader
    buttons: tuple[str, ...]
    person: Person | None


def _unfinished(outcome: Outcome) -> bool:
    if outcome.status is Status.BLOCKED:
        return outcome.kind in UNFINISHED
    return outcome.status is Status.UNRECOGNISED and outcome.kind in ("layout", "unknown_source")


def _stuck(capture: Capture, reader: Reader) -> bool:
    return not capture.page.failure and reader(capture.page).status is Status.BLOCKED


def _cut(arrived: Arrived) -> str:
    """A body cut on its way looks whole once a browser has closed its tags: the sent bytes tell."""
    named = {name.lower(): value.lower() for name, value in arrived.headers}
    if "html" not in named.get("content-type", "text/html"):
        return "NotHtml"
    if not {coding.strip() for coding in named.get("content-encoding", "").split(",")} <= _CODINGS:
        return "BadEncoding"
    if not arrived.body.strip():
        return "BadEncoding" if "content-encoding" in named else "Empty"
    end = max((match.end() for match in _CLOSED.finditer(arrived.body)), default=0)
    opened = _OPENED.search(arrived.body, end) is not None
    return "Truncated" if opened or truncated(arrived.body) else ""


def _as_rendered(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The browser gives its page in UTF-8, whatever it was sent in."""
    kept = tuple((n, v) for n, v in headers if n.lower() != "content-type")
    return (*kept, ("content-type", "text/html; charset=utf-8"))


async def _click(tab: Tab, buttons: tuple[str, ...]) -> bool:
    """Click the first visible one, as a person would."""
    for css in buttons:
        button = tab.locator(css).first
        with contextlib.suppress(Error):
            if await button.is_visible():
                await button.click(timeout=3_000)
                return True
    return False


async def _still(tab: Tab, quiet: int, most: int) -> None:
    """Wait until nothing moves; a page that goes elsewhere meanwhile is waited for."""
    try:
        await tab.evaluate(_STILL, [quiet, max(most, quiet)])
    except Error:
        with contextlib.suppress(Error):
            await tab.wait_for_load_state("load", timeout=max(most, quiet))


async def _within(closing: Awaitable[None]) -> bool:
    """Close something; False where it hung or was gone."""
    try:
        await asyncio.wait_for(closing, CLOSING)
    except (TimeoutError, Error):
        return False
    return True
