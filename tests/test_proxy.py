"""The way out: only with the token, only to public addresses, whole or cut, and nothing left behind."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import ssl
import threading
import unicodedata
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

from spiders.gate.egress import Rule
from spiders.gate.proxy import HOME, Limits, Proxy
from tests.test_egress import PRIVATE, SPELLINGS
from tests.web import (
    FORBIDDEN,
    PAGE,
    Handler,
    NoRule,
    Request,
    Web,
    answer,
    chunked,
    drip,
    endless,
    hang,
    raw,
    reset_in_body,
    routes,
    whole,
)

HASTE = Limits(head=0.3, idle=0.3, total=2.0, down=500_000, up=10_000)


class Heard(NamedTuple):
    """All that came back, and whether it ended in a close (a reset otherwise)."""

    data: bytes
    closed: bool

    @property
    def status(self) -> int:
        return int(self.data.split(b" ", 2)[1]) if self.data else 0

    def header(self, name: str) -> str:
        lines = self.data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        return next((line.partition(": ")[2] for line in lines if line.lower().startswith(name.lower() + ":")), "")


async def say(proxy: Proxy, data: bytes) -> Heard:
    """Send bytes to the proxy as they are and hear it out."""
    reader, writer = await asyncio.open_connection(HOME, proxy.port)
    heard = bytearray()
    try:
        writer.write(data)
        while piece := await reader.read(65_536):
            heard += piece
        return Heard(bytes(heard), closed=True)
    except ConnectionError:
        return Heard(bytes(heard), closed=False)
    finally:
        writer.transport.abort()


def secret(proxy: Proxy) -> str:
    user = urlsplit(proxy.url)
    return "Basic " + base64.b64encode(f"{user.username}:{user.password}".encode()).decode()


def asking(proxy: Proxy, url: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    head = (f"{method} {url} HTTP/1.1", "Host: x", f"Proxy-Authorization: {secret(proxy)}", *lines, "", "")
    return "\r\n".join(head).encode("utf-8") + body


async def get(proxy: Proxy, url: str, *lines: str) -> Heard:
    return await say(proxy, asking(proxy, url, *lines))


async def connect(proxy: Proxy, authority: str, inside: bytes) -> Heard:
    head = asking(proxy, authority, method="CONNECT")
    return await say(proxy, head + inside)


async def settled(proxy: Proxy) -> None:
    """Wait until every connection is written down."""
    while proxy._tasks:
        await asyncio.sleep(0)


async def browse(proxy: Proxy, url: str) -> Heard:
    """GET as a careless fetcher does it: five redirects followed, wherever they lead."""
    for _ in range(5):
        heard = await get(proxy, url)
        location = heard.header("location")
        if not location:
            return heard
        url = urljoin(url, location)
    return heard


async def naive(web: Web, url: str) -> None:
    """What fetchers without a gate do: every spelling the system understands is dialled."""
    host = unquote(unicodedata.normalize("NFKC", urlsplit(url).netloc.rpartition(":")[0])).replace("。", ".").lower()
    try:
        address = socket.inet_ntoa(socket.inet_aton(host.strip("[].")))
    except (OSError, UnicodeError):
        address = host.strip("[].").partition("%")[0]
    connection = await web.dial(address, web.port)
    connection.writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await connection.reader.read()
    await connection.close()


def hosts() -> list[str]:
    return SPELLINGS + [f"[{address}]" if ":" in address else address for address in PRIVATE]


# ---------------------------------------------------------------- the way in


@pytest.mark.parametrize("line", ["", "Proxy-Authorization: Basic Z2F0ZTp3cm9uZw==", "Proxy-Authorization: Bearer x"])
def test_without_the_token_nothing_is_dialled(line: str) -> None:
    async def run() -> None:
        async with Web() as web, Proxy(web.egress()) as proxy:
            base = await web.site("good.example")
            for first in (f"GET {base}/ HTTP/1.1", f"CONNECT good.example:{web.port} HTTP/1.1"):
                heard = await say(proxy, "\r\n".join(filter(None, (first, "Host: x", line))).encode() + b"\r\n\r\n")
                assert heard.status == 407
                assert heard.header("Proxy-Authenticate").startswith("Basic")
            assert web.dials == []
            assert (await get(proxy, base + "/")).status == 200, "with the token it passes"

    asyncio.run(run())


def test_it_listens_on_loopback_with_a_token_of_its_own() -> None:
    async def run() -> tuple[str, str]:
        async with Web() as web, Proxy(web.egress()) as one, Proxy(web.egress()) as two:
            assert one._server is not None
            assert [s.getsockname()[0] for s in one._server.sockets] == [HOME]
            assert one.chromium["proxy"]["bypass"] == "<-loopback>"
            return one.url, two.url

    one, two = asyncio.run(run())
    assert urlsplit(one).password != urlsplit(two).password
    assert len(urlsplit(one).password or "") >= 32


# ---------------------------------------------------------------- the way inside is closed


def test_no_vector_leads_inside() -> None:
    """Direct, by CONNECT, by redirect, with every spelling and every kind of private address: 0 accepts."""

    async def run() -> None:
        async with Web() as web, Proxy(web.egress()) as proxy:
            jumps = await web.site("jump.example", jump)
            for host in hosts():
                for heard in (
                    await get(proxy, f"http://{host}:{web.port}/"),
                    await connect(proxy, f"{host}:{web.port}", b"GET / HTTP/1.1\r\n\r\n"),
                    await browse(proxy, f"{jumps}/?" + quote(f"http://{host}:{web.port}/")),
                ):
                    assert heard.status in (400, 403), host
            assert web.accepts == []
            assert len(web.arrivals) == len(hosts()), "each redirect was really served"
            assert {p.kind for p in proxy.passages} == {"EgressRefused", "BadRequest", ""}
            assert (await browse(proxy, f"{jumps}/?{jumps}/end")).status == 404, "an honest redirect passes"
            for host in hosts():
                await naive(web, f"http://{host}:{web.port}/")
            assert len(web.accepts) == len(hosts()), "the naive fetcher reaches the forbidden every time"

    asyncio.run(run())


async def jump(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Leads wherever the query says, as a hostile page would."""
    url = unquote(request.path.partition("?")[2])
    writer.write(whole(302, b"", location=url) if url else whole(404, b""))


def test_names_that_turn_inside_are_refused_at_the_second_look() -> None:
    async def run(rule: Rule | None) -> tuple[list[int], int]:
        async with Web() as web:
            proxy_egress = web.egress(rule and NoRule(web))
            async with Proxy(proxy_egress) as proxy:
                await web.site("good.example")
                (address,) = web.names["good.example"][0]
                web.names["turncoat.example"] = [[address], [FORBIDDEN]]
                web.names["two.example"] = [[web.dead("dead.example"), FORBIDDEN]]
                statuses = [
                    (await get(proxy, f"http://{name}:{web.port}/")).status
                    for name in ("turncoat.example", "turncoat.example", "two.example")
                ]
                return statuses, len(web.accepts)

    assert asyncio.run(run(None)) == ([200, 403, 403], 0)
    assert asyncio.run(run(Rule())) == ([200, 200, 200], 2), "the naive case goes inside"


# ---------------------------------------------------------------- plain HTTP


def test_a_request_is_passed_on_without_what_is_ours() -> None:
    async def run() -> None:
        async with Web() as web, Proxy(web.egress()) as proxy:
            base = await web.site("good.example", answer(gate_failure="Spoofed", keep_alive="timeout=5", x_own="1"))
            lines = ("Connection: keep-alive, X-Hop", "X-Hop: 1", "Proxy-Connection: keep-alive", "X-End: 2")
            heard = await get(proxy, f"{base}/a?b=%20c", *lines)
            assert heard.data.endswith(PAGE)
            assert heard.closed
            assert (heard.header("Gate-Failure"), heard.header("Keep-Alive"), heard.header("X-Own")) == ("", "", "1")
            (request,) = web.arrivals
            assert (request.method, request.path) == ("GET", "/a?b=%20c")
            assert request.headers["host"] == f"good.example:{web.port}"
            assert request.headers["x-end"] == "2"
            assert request.headers["connection"] == "close"
            assert not {"proxy-authorization", "proxy-connection", "x-hop"} & set(request.headers)

    asyncio.run(run())


def test_a_body_is_passed_on_but_no_second_request() -> None:
    seen: list[bytes] = []

    async def keep(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readexactly(int(request.headers["content-length"])))
        writer.write(whole(200, b"taken"))
        await writer.drain()
        seen.append(await reader.read())

    async def run() -> None:
        async with Web() as web, Proxy(web.egress(), HASTE) as proxy:
            base = await web.site("good.example", keep)
            second = b"GET http://127.66.0.1/ HTTP/1.1\r\nHost: good.example\r\n\r\n"
            await say(proxy, asking(proxy, base, "Content-Length: 5", method="POST", body=b"hello" + second))
            assert seen[0] == b"hello"
            assert b"".join(seen[1:]) == b""
            heard = await say(proxy, asking(proxy, base, "Content-Length: 99999", method="POST"))
            assert heard.header("Gate-Failure") == "TooLarge"

    asyncio.run(run())


BAD_REQUESTS = [
    b"HELLO\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: good.example\r\n{auth}\r\n\r\n",
    b"GET http://good.example/ HTTP/2\r\n{auth}\r\n\r\n",
    b"TRACE http://good.example/ HTTP/1.1\r\n{auth}\r\n\r\n",
    b"GET https://good.example/ HTTP/1.1\r\n{auth}\r\n\r\n",
    b"POST http://good.example/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{auth}\r\n\r\n0\r\n\r\n",
    b"POST http://good.example/ HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n{auth}\r\n\r\nhello!",
    b"POST http://good.example/ HTTP/1.1\r\nContent-Length: +5\r\n{auth}\r\n\r\nhello",
    b"CONNECT good.example HTTP/1.1\r\n{auth}\r\n\r\n",
    b"CONNECT http://good.example:80/ HTTP/1.1\r\n{auth}\r\n\r\n",
    b"CONNECT 2606:4700::1111:443 HTTP/1.1\r\n{auth}\r\n\r\n",
    b"\r\n\r\n",
    b"GET http://good.example/ HTTP/1.1\r\n" + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET http://good.exa",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@pytest.mark.parametrize("data", BAD_REQUESTS)
def test_a_bad_request_dials_nothing(data: bytes) -> None:
    async def run() -> None:
        async with Web() as web, Proxy(web.egress(), HASTE) as proxy:
            await web.site("good.example")
            auth = f"Proxy-Authorization: {secret(proxy)}".encode()
            heard = await say(proxy, data.replace(b"{auth}", auth))
            assert heard.status not in (200, 204)
            assert web.dials == []

    asyncio.run(run())


# ---------------------------------------------------------------- cut, slow, endless


@pytest.mark.parametrize(
    ("handler", "kind", "closed"),
    [
        (answer(), "", True),
        (chunked(b"<html>", b"x</html>"), "", True),
        (raw(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE), "", True),
        (reset_in_body, "Reset", False),
        (endless, "TooLarge", False),
        (drip, "Deadline", False),
    ],
)
def test_what_is_cut_never_looks_whole(handler: Handler, kind: str, closed: bool) -> None:
    """A body without length that ends in a plain close is whole to every fetcher; a cut one must end in a reset."""

    async def run() -> None:
        async with Web() as web, Proxy(web.egress(), HASTE) as proxy:
            base = await web.site("host.example", handler)
            plain = await get(proxy, base + "/")
            tunnel = await connect(proxy, f"host.example:{web.port}", b"GET / HTTP/1.1\r\nHost: host.example\r\n\r\n")
            await settled(proxy)
            assert (plain.closed, tunnel.closed) == (closed, closed)
            assert [p.kind for p in proxy.passages] == (["", kind] * 2 if kind else ["", ""])
            assert len(plain.data) <= HASTE.down + 1000
            failed = proxy.failure("host.example")
            assert (failed.kind if failed else "") == kind

    asyncio.run(run())


@pytest.mark.parametrize(
    ("handler", "status", "kind"),
    [
        (hang, 504, "Deadline"),
        (raw(b""), 502, "Reset"),
        (raw(b"HELLO\r\n\r\n"), 502, "BadHttp"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"), 502, "TooLarge"),
    ],
)
def test_no_answer_gets_one_of_ours(handler: Handler, status: int, kind: str) -> None:
    async def run() -> None:
        async with Web() as web, Proxy(web.egress(), HASTE) as proxy:
            heard = await get(proxy, await web.site("host.example", handler))
            assert (heard.status, heard.header("Gate-Failure")) == (status, kind)

    asyncio.run(run())


def test_dead_and_unknown_hosts() -> None:
    async def run() -> None:
        async with Web() as web, Proxy(web.egress()) as proxy:
            web.dead("dead.example")
            for host, kind in (("dead.example", "Connect"), ("none.example", "Dns")):
                for heard in (
                    await get(proxy, f"http://{host}:{web.port}/"),
                    await connect(proxy, f"{host}:{web.port}", b""),
                ):
                    assert (heard.status, heard.header("Gate-Failure")) == (502, kind)
                failed = proxy.failure(host)
                assert failed is not None
                assert failed.kind == kind

    asyncio.run(run())


def test_a_silent_client_is_shown_out_and_a_crowd_refused() -> None:
    async def run() -> None:
        async with Web() as web, Proxy(web.egress(), HASTE._replace(connections=3)) as proxy:
            base = await web.site("good.example")
            assert await say(proxy, b"") == Heard(b"", closed=True)
            idle = [await asyncio.open_connection(HOME, proxy.port) for _ in range(3)]
            assert (await get(proxy, base)).status == 0
            for _, writer in idle:
                writer.transport.abort()

    asyncio.run(run())


def test_tls_goes_through_untouched() -> None:
    async def run() -> bytes:
        async with Web() as web, Proxy(web.egress()) as proxy:
            await web.site("safe.example", tls="good")
            reader, writer = await asyncio.open_connection(HOME, proxy.port)
            writer.write(asking(proxy, f"safe.example:{web.port}", method="CONNECT"))
            await reader.readuntil(b"\r\n\r\n")
            await writer.start_tls(web.authority.client(), server_hostname="safe.example")
            writer.write(b"GET /x HTTP/1.1\r\nHost: safe.example\r\n\r\n")
            assert isinstance(writer.get_extra_info("ssl_object"), ssl.SSLObject)
            data = await reader.read()
            writer.close()
            return data

    assert asyncio.run(run()).endswith(PAGE)


# ---------------------------------------------------------------- nothing left, nothing told


def test_closing_leaves_no_task_socket_or_thread() -> None:
    async def run() -> int:
        async with Web() as web:
            await web.site("host.example", hang)
            proxy = Proxy(web.egress())
            await proxy.start()
            busy = [asyncio.ensure_future(connect(proxy, f"host.example:{web.port}", b"GET")) for _ in range(5)]
            while len(web.dials) < 5:
                await asyncio.sleep(0)
            await proxy.close()
            await proxy.close()
            await asyncio.gather(*busy)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(HOME, proxy.port)
            assert not proxy._tasks
            return len([task for task in asyncio.all_tasks() if "proxy" in repr(task.get_coro())])

    before = threading.active_count()
    assert asyncio.run(run()) == 0
    assert threading.active_count() == before


def test_no_log_and_no_passage_holds_a_query_or_the_token(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> str:
        async with Web() as web, Proxy(web.egress(), HASTE) as proxy:
            base = await web.site("good.example", routes(fine=answer(), slow=hang, cut=reset_in_body))
            for path in ("fine", "slow", "cut", "none"):
                await get(proxy, f"{base}/{path}?key=CANARY1", "Cookie: CANARY2")
            await get(proxy, "http://10.0.0.1/CANARY3?CANARY4")
            await settled(proxy)
            assert {p.host for p in proxy.passages} == {"good.example", ""}
            token = urlsplit(proxy.url).password or "none"
            assert token not in caplog.text + repr(proxy) + repr(proxy.passages)
            return repr(proxy.passages)

    with caplog.at_level(logging.DEBUG):
        kept = asyncio.run(run())
    assert "good.example" in caplog.text
    assert "CANARY" not in caplog.text + kept
    assert "Basic" not in caplog.text + kept
