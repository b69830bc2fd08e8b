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
from typing import NamedTuple, Self

from playwright.async_api import Error  # noqa: TID251
from playwright.async_api import Page as Tab  # noqa: TID251

from audit.models import Outcome, Page, Status
from spiders.archive.visits import Capture, Sent
from spiders.browser.contexts import ARGUMENTS, Contexts, Lease, Options, Proxy, within
from spiders.browser.net import failure_kind
from spiders.browser.place import Place
from spiders.browser.wire import Arrived, Wire
from spiders.guards import truncated

__all__ = ["ARGUMENTS", "BUTTONS", "Fetcher", "Options", "Person", "Proxy", "Reader"]

SETTLE = 10.0  # seconds a page may take to become readable after it has loaded
UNCHANGED = 3.0  # seconds after which a page that still says nothing is taken as it is
QUIET = 400  # milliseconds without a change of the page
AGAIN = 0.05  # seconds until a page that went elsewhere is looked at again
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

# A live page that opens its document closes it; hand-made saved pages may not, so the import door is milder.
_OPENED, _CLOSED = re.compile(rb"<(?:html|body)[\s>]", re.I), re.compile(rb"</(?:html|body)\s*>", re.I)
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"})  # what Chromium undoes

Reader = Callable[[Page], Outcome]
"""What a page would become; decides only whether it is finished."""
Person = Callable[[Outcome, str], Awaitable[None]]
"""Asked to solve a challenge by hand in the headed browser; returns when the person says so."""


class Fetcher:
    """An async context manager around one browser. `visit` answers every address with a Capture and raises nothing."""

    def __init__(self, wanted: Options, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._wanted, self._clock = wanted, clock
        self._contexts = Contexts(wanted)

    async def __aenter__(self) -> Self:
        try:
            await self._contexts.start()
        except BaseException:  # a stop too: whoever did not come in is not led out
            await self._contexts.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._contexts.stop()

    @property
    def version(self) -> str:
        return self._contexts.version

    async def visit(
        self, url: str, place: Place, reader: Reader, *, buttons: tuple[str, ...] = (), person: Person | None = None
    ) -> Capture:
        """Fetch one address as a searcher of that place. `buttons` are consent buttons that may be clicked."""
        end = asyncio.get_running_loop().time() + self._wanted.deadline
        lease = tab = None
        try:
            async with asyncio.timeout_at(end):
                lease = await self._contexts.lease(place)
                kills = lease.watch.kills if lease.watch else 0
                tab = await lease.context.new_page()
        except (Error, TimeoutError) as error:
            if lease is not None:
                await self._contexts.give_back(lease, spoiled=True)
            return self._failed(url, "Deadline" if isinstance(error, TimeoutError) else _not_opened(str(error)))
        capture = await self._in_tab(_Visit(tab, url, reader, buttons, person), end)
        if capture.page.failure == "BrowserCrashed" and lease.watch is not None and lease.watch.kills > kills:
            capture = self._failed(url, "TooLarge")
        self._contexts.later(self._put_away(tab, lease, spoiled=bool(capture.page.failure)))
        return capture

    async def _put_away(self, tab: Tab, lease: Lease, *, spoiled: bool) -> None:
        """Beside the next visit: a tab that will not close takes its context with it."""
        closed = await within(tab.close())
        await self._contexts.give_back(lease, spoiled=spoiled or not closed)

    async def _in_tab(self, visit: _Visit, end: float) -> Capture:
        crashed = asyncio.Event()
        visit.tab.on("crash", lambda _: crashed.set())
        try:
            async with asyncio.timeout_at(end):
                wire = await self._wire(visit.tab)
            ends = _Ends(end, crashed, wire)
            capture = await self._timed(self._load(visit, wire), visit.url, ends)
            while visit.person and _stuck(capture, visit.reader):
                await visit.person(visit.reader(capture.page), capture.page.url)
                visit = visit._replace(person=None)
                ends = ends._replace(end=asyncio.get_running_loop().time() + self._wanted.deadline)
                capture = await self._timed(self._settled(visit, wire), visit.url, ends)
        except TimeoutError:
            return self._failed(visit.url, "Deadline")
        except Error as error:
            return self._failed(visit.url, "BrowserCrashed" if crashed.is_set() else failure_kind(str(error)))
        return capture

    async def _timed(self, work: Awaitable[Capture], url: str, ends: _Ends) -> Capture:
        """The work, unless the deadline or a crash of the tab comes first."""
        task = asyncio.ensure_future(work)
        others = {asyncio.ensure_future(ends.crashed.wait()), asyncio.ensure_future(ends.wire.failed.wait())}
        left = ends.end - asyncio.get_running_loop().time()
        try:
            await asyncio.wait({task, *others}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            for one in (task, *others):
                one.cancel()
        await asyncio.wait({task})  # awaited itself, its cancellation could not be told from ours
        if not task.cancelled():
            task.exception()
        kind = "BrowserCrashed" if ends.crashed.is_set() else "Deadline"
        return self._failed(url, ends.wire.trouble or kind)

    async def _wire(self, tab: Tab) -> Wire:
        session = await tab.context.new_cdp_session(tab)
        proxy = self._wanted.proxy
        token = (proxy.username, proxy.password) if proxy is not None and proxy.username else None
        wire = Wire(session, pictures=self._wanted.screenshots, token=token)
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
            capture = await self._whole(visit.tab, wire, last)
            if capture.page.body != seen:
                seen, since = capture.page.body, loop.time()
            outcome = visit.reader(capture.page)
            over = loop.time() > last or loop.time() - since > UNCHANGED
            if capture.page.failure or not _unfinished(outcome) or over:
                return await self._with_screenshot(visit.tab, capture)
            if outcome.kind == "consent" and not clicked:
                clicked = await _click(visit.tab, visit.buttons)
            await _still(visit.tab, QUIET, int((last - loop.time()) * 1000))

    async def _whole(self, tab: Tab, wire: Wire, last: float) -> Capture:
        """The page and the bytes it was made of; a page that goes elsewhere while it is read is read again there."""
        loop = asyncio.get_running_loop()
        while True:
            arrived = wire.last
            try:
                capture = await self._capture(tab, wire)
            except Error:
                if tab.is_closed() or loop.time() > last:
                    raise
            else:
                if arrived is wire.last or loop.time() > last:
                    return capture
            await _loaded(tab, last - loop.time())

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

    def _failed(self, url: str, kind: str) -> Capture:
        return Capture(Page(url=url, body=b"", fetched_at=self._clock(), source="browser", failure=kind))


class _Visit(NamedTuple):
    tab: Tab
    url: str
    reader: Reader
    buttons: tuple[str, ...]
    person: Person | None


class _Ends(NamedTuple):
    """What ends the work on a page before it is done."""

    end: float
    """On the clock of the loop."""
    crashed: asyncio.Event
    wire: Wire


def _not_opened(said: str) -> str:
    return failure_kind(said) if "ERR_" in said else "BrowserCrashed"


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


async def _loaded(tab: Tab, seconds: float) -> None:
    """Wait for the page that is on its way, and a moment more: it may be gone again already."""
    await asyncio.sleep(AGAIN)
    with contextlib.suppress(Error):
        await tab.wait_for_load_state("load", timeout=max(seconds, AGAIN) * 1000)


async def _still(tab: Tab, quiet: int, most: int) -> None:
    """Wait until nothing moves; a page that goes elsewhere meanwhile is waited for."""
    try:
        await tab.evaluate(_STILL, [quiet, max(most, quiet)])
    except Error:
        with contextlib.suppress(Error):
            await tab.wait_for_load_state("load", timeout=max(most, quiet))
