"""A real browser behind the gate: a hostile page tries every way inside; without the gate the same browser succeeds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from spiders.browser import find_browser
from spiders.gate.gate import Gate
from spiders.gate.proxy import CHROMIUM_ARGUMENTS
from tests.web import FORBIDDEN, Request, Web, answer, routes, whole

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext  # noqa: TID251

PATIENCE = 20.0  # seconds until the browser is given up; it needs about one
DECIMAL = int.from_bytes(bytes(map(int, FORBIDDEN.split("."))), "big")

# Each way asks the forbidden listener for its own number, by itself or led there by `jump`.
PAGE = """<!doctype html><html><head><title>Lumivelo</title>
<link rel=stylesheet href="http://{inside}/1"><link rel=prefetch href="http://{inside}/2">
<link rel=icon href="http://{inside}/3"><script src="http://{inside}/4"></script><script src="{jump}/5"></script>
</head><body>
<img src="http://{inside}/6"><img src="{jump}/7"><img src="//{inside}/8"><img src="http://{decimal}/9">
<iframe src="http://{inside}/10"></iframe><iframe src="{jump}/11"></iframe><object data="http://{inside}/12"></object>
<embed src="http://{inside}/13"><video src="http://{inside}/14"></video><audio src="http://{inside}/15"></audio>
<form id=f action="http://{inside}/16" method=post target=t></form><iframe name=t></iframe>
<a id=p target=_blank href="{site}/x" ping="http://{inside}/17">x</a>
<script>
const quiet = promise => promise.catch(() => 0), simple = {{mode: "no-cors"}};
quiet(fetch("http://{inside}/18", simple)); quiet(fetch("{jump}/19", simple));
quiet(fetch("http://rebound.example:{port}/20", simple));
navigator.sendBeacon("http://{inside}/21", "x");
new WebSocket("ws://{inside}/22"); new WebSocket("ws://rebound.example:{port}/23");
new EventSource("http://{inside}/24");
new Worker(URL.createObjectURL(new Blob(["fetch('http://{inside}/25', {{mode: 'no-cors'}}).catch(() => 0)"])));
const x = new XMLHttpRequest(); x.open("GET", "http://{inside}/26"); x.send();
quiet(import("http://{inside}/27"));
document.getElementById("f").submit();
const rtc = new RTCPeerConnection({{iceServers: [{{urls: "stun:{stun}"}}]}});
rtc.createDataChannel("x"); rtc.createOffer().then(offer => rtc.setLocalDescription(offer));
</script></body></html>"""
NAVIGATIONS = ("http://{inside}/28", "{jump}/29", "http://{decimal}/30")
WAYS = 30


class Datagrams(asyncio.DatagramProtocol):
    """A STUN server that only counts."""

    def __init__(self) -> None:
        self.seen = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.seen += 1


class Reached(NamedTuple):
    accepts: int
    ways: set[int]
    """Which of the numbered ways the forbidden listener was asked by."""
    datagrams: int
    pages: list[str]
    """Titles of the public pages."""


async def reach(path: str, *, gated: bool) -> Reached:
    async with Web() as web, Gate(egress=web.egress()) as gate:
        inside = f"{FORBIDDEN}:{web.port}"

        async def jump(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(whole(302, b"", location=f"http://{inside}{request.path}"))

        loop = asyncio.get_running_loop()
        udp, stun = await loop.create_datagram_endpoint(Datagrams, local_addr=(FORBIDDEN, 0))
        web.names["rebound.example"] = [[FORBIDDEN]]
        words = {
            "inside": inside,
            "decimal": f"{DECIMAL}:{web.port}",
            "jump": await web.site("jump.example", jump),
            "site": await web.site("good.example"),
            "stun": f"{FORBIDDEN}:{udp.get_extra_info('sockname')[1]}",
            "port": web.port,
        }
        start = await web.site("start.example", routes(done=answer(), rest=answer(body=PAGE.format(**words).encode())))
        options: dict[str, Any] = gate.proxy.chromium if gated else {"args": [naive_names(web)]}

        def tried() -> bool:
            """Every way was tried: seen at the listener, or at the gate as a refusal (a way each, or more)."""
            refused = sum(passage.kind == "EgressRefused" for passage in gate.proxy.passages)
            return refused >= WAYS if gated else len(ways(web)) == WAYS and stun.seen > 0

        pages = await drive(
            path, options, [start, *(url.format(**words) for url in NAVIGATIONS), start + "/done"], tried
        )
        udp.close()
        return Reached(len(web.accepts), ways(web), stun.seen, pages)


def naive_names(web: Web) -> str:
    """The browser's own look-ups, as the web's resolver answers."""
    return "--host-resolver-rules=" + ", ".join(f"MAP {name} {found[0][0]}" for name, found in web.names.items())


def ways(web: Web) -> set[int]:
    paths = (request.path.strip("/") for request in web.arrivals if not request.host)
    return {int(path) for path in paths if path.isdigit()}


async def drive(path: str, options: dict[str, Any], urls: list[str], tried: Callable[[], bool]) -> list[str]:
    """Open each address in a tab of its own, click what pings, wait until all was tried; titles of what loaded."""
    from playwright.async_api import async_playwright  # noqa: TID251

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, **options)
        context = await browser.new_context(service_workers="block")
        titles = [await visit(context, url) for url in urls]
        async with asyncio.timeout(PATIENCE):
            while not tried():
                await asyncio.sleep(0.01)
        await context.close()
        await browser.close()
    return [title for title in titles if title]


async def visit(context: BrowserContext, url: str) -> str:
    from playwright.async_api import Error  # noqa: TID251

    tab = await context.new_page()
    try:
        await tab.goto(url)
    except Error as error:
        assert "ERR_" in str(error)
        return ""
    if await tab.query_selector("#p"):
        await tab.click("#p", no_wait_after=True)
    return await tab.title()


def test_a_real_browser_finds_no_way_inside() -> None:
    path = find_browser().path
    if not path:
        pytest.skip("no browser found")
    gated = asyncio.run(reach(path, gated=True))
    assert gated == Reached(0, set(), 0, ["Lumivelo", "Lumivelo"]), "and both public pages came"
    naive = asyncio.run(reach(path, gated=False))
    assert naive.ways == set(range(1, WAYS + 1)), "without the gate every way leads inside"
    assert naive.accepts >= WAYS / 2, "some connections are used twice"
    assert naive.datagrams > 0


def test_the_browser_is_told_to_look_up_nothing() -> None:
    assert CHROMIUM_ARGUMENTS[0] == "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
