"""The gate's own small client against every fault of the loopback web: each ends in its one name."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from spiders.gate.client import AGENT, Answer, Client
from spiders.gate.wire import FetchError
from tests.web import FAULTS, PAGE, Handler, Web, answer, chunked, endless, raw

MOST = 1_000_000
SECONDS = 0.3


async def ask(handler: Handler, most: int = MOST) -> tuple[Answer, Web]:
    async with Web() as web:
        base = await web.site("host.example", handler)
        return await Client(web.egress(), seconds=5).get(f"{base}/robots.txt", most), web


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    """Named, and the next address works."""
    handler, kind = FAULTS[name]

    async def run() -> str:
        async with Web() as web:
            faulty, good = await web.site("host.example", handler), await web.site("good.example")
            client = Client(web.egress(), seconds=SECONDS if kind == "Deadline" else 5)
            with pytest.raises(FetchError) as error:
                await client.get(faulty, MOST)
            assert (await client.get(good, MOST)).body == PAGE
            return error.value.kind

    assert asyncio.run(run()) == kind


@pytest.mark.parametrize(
    "handler",
    [
        answer(),
        chunked(PAGE[:10], PAGE[10:]),
        chunked(PAGE, end=b"0;x=y\r\nX-Trailer: 1\r\n\r\n"),
        raw(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE),
        raw(b"HTTP/1.1 200 \r\nno header\r\nbad name: x\r\nContent-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE)),
        raw(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + PAGE),
        answer(body=gzip.compress(PAGE), content_encoding="gzip"),
        chunked(gzip.compress(PAGE), content_encoding="gzip"),
    ],
)
def test_whole(handler: Handler) -> None:
    got, web = asyncio.run(ask(handler))
    assert (got.status, got.body) == (200, PAGE)
    (request,) = web.arrivals
    assert (request.method, request.path) == ("GET", "/robots.txt")
    assert request.headers["host"] == f"host.example:{web.port}"
    assert request.headers["user-agent"] == AGENT
    assert not {"cookie", "referer", "authorization"} & set(request.headers)


@pytest.mark.parametrize("handler", [endless, answer(body=b"x" * 5000), chunked(b"x" * 5000)])
def test_reading_stops_at_the_limit(handler: Handler) -> None:
    got, _ = asyncio.run(ask(handler, 1000))
    assert got.body == b"x" * 1000


def test_a_redirect_is_an_answer() -> None:
    got, web = asyncio.run(ask(answer(301, b"", location="http://127.66.0.1/")))
    assert (got.status, got.header("location")) == (301, "http://127.66.0.1/")
    assert web.accepts == []


@pytest.mark.parametrize("fault", ["good", "self_signed", "expired", "wrong_host"])
def test_tls(fault: str) -> None:
    async def run() -> str:
        async with Web() as web:
            base = await web.site("safe.example", tls=fault)
            client = Client(web.egress(), tls=web.authority.client(), seconds=5)
            try:
                return str((await client.get(base, MOST)).status)
            except FetchError as error:
                assert web.arrivals == []
                return error.kind

    assert asyncio.run(run()) == ("200" if fault == "good" else "Tls")


def test_tls_to_a_host_without_it() -> None:
    """It answers the handshake in plain text."""

    def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def run() -> None:
        async with Web() as web:
            server = await asyncio.start_server(refuse, web.dead("plain.example"), web.port)
            client = Client(web.egress(), tls=web.authority.client(), seconds=5)
            with pytest.raises(FetchError, match="Tls"):
                await client.get(f"https://plain.example:{web.port}/", MOST)
            server.close()
            await server.wait_closed()

    asyncio.run(run())


def test_ambient_proxies_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.66.0.1:9")
    got, web = asyncio.run(ask(answer()))
    assert got.status == 200
    assert web.accepts == []
