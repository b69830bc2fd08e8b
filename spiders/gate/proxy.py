"""A proxy on loopback that every request goes through: CONNECT and plain HTTP, for its owner's token only.

Browsers follow redirects, open WebSockets and fetch what pages name without asking anybody (reliability section 2.2:
host checks in the browser let 11 of 30 ways inside); here each of their connections meets the egress rule. What is
kept and logged is host, port and outcome, never a path or a query.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import os
import re
import secrets
import socket
import struct
from collections import deque
from typing import Any, NamedTuple, Self

from spiders.gate.egress import Connection, Egress, read_authority, read_target
from spiders.gate.wire import HEAD_BYTES, PIECE, FetchError, Head, Headers, read_answer_head, read_head, written

LOG = logging.getLogger(__name__)
HOME = "127.0.0.1"
USER = "gate"
FAILURE_HEADER = "Gate-Failure"  # on answers of the proxy's own; taken off answers from outside
PASSAGES_KEPT = 1_000
CHROMIUM_ARGUMENTS = (
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOME}",  # the browser itself looks up nothing
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # the name of older versions
)

# Headers of one hop (RFC 9110, 7.6.1), and those the proxy says itself.
_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"}) | frozenset(
    {"proxy-authenticate", "proxy-authorization"}
)
_REQUEST_LINE = re.compile(r"([A-Z]{1,20}) (\S+) HTTP/1\.[01]")
_STATUS = {"EgressRefused": "403 Forbidden", "Deadline": "504 Gateway Timeout", "BadRequest": "400 Bad Request"}
_UNKNOWN = "502 Bad Gateway"
_CHALLENGE = written(
    "HTTP/1.1 407 Proxy Authentication Required",
    (("Proxy-Authenticate", 'Basic realm="gate"'), ("Content-Length", "0"), ("Connection", "close")),
)


class Limits(NamedTuple):
    """Deadlines in seconds and sizes in bytes of one connection. Total time per address is the fetcher's, by Permit."""

    head: float = 10.0
    idle: float = 30.0
    total: float = 300.0
    """A browser keeps a tunnel for many requests."""
    down: int = 67_108_864
    """64 MiB: some forty of the largest recorded pages."""
    up: int = 1_048_576
    connections: int = 128


class Passage(NamedTuple):
    """A connection that was opened (`kind` is ""), or how one failed or ended too early (a FAILED kind)."""

    host: str
    port: int
    kind: str
    why: str = ""


class Proxy:
    """Listens from `start` to `close` on a port and with a token of its own; an async context manager."""

    def __init__(self, egress: Egress, limits: Limits | None = None) -> None:
        self._egress, self._limits = egress, limits or Limits()
        self._token = secrets.token_urlsafe(24)
        self._expected = b"Basic " + base64.b64encode(f"{USER}:{self._token}".encode())
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._cut = False
        self.port = 0
        self.passages: deque[Passage] = deque(maxlen=PASSAGES_KEPT)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOME, 0, limit=HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        self._cut = False

    async def close(self) -> None:
        """Stop listening and end every connection; afterwards no task and no socket is left."""
        if self._server is None:
            return
        self._server.close()
        await self.cut()
        await self._server.wait_closed()
        self._server = None

    async def cut(self) -> None:
        """End every connection, and from now on each one that comes, at once: whoever waits for an answer hears of it.

        It listens on until `close`: what asyncio has just accepted while a server closes stays open and unanswered.
        """
        self._cut = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """For Scrapy's `request.meta["proxy"]`: holds the token, so it belongs into no log."""
        return f"http://{USER}:{self._token}@{HOME}:{self.port}"

    @property
    def chromium(self) -> dict[str, Any]:
        """Arguments of Playwright's `launch`: everything through here, loopback too, and no way around."""
        way = {"server": f"http://{HOME}:{self.port}", "username": USER, "password": self._token}
        return {"proxy": {**way, "bypass": "<-loopback>"}, "args": list(CHROMIUM_ARGUMENTS)}

    def failure(self, host: str) -> Passage | None:
        """How the last connection to a host failed, None where it stands or ended well.

        To be asked after every fetch: a browser says only that the tunnel failed, and Scrapy takes a body without
        length that ends in a reset for whole (measured with 2.19 and aiohttp 3.14).
        """
        last = next((passage for passage in reversed(self.passages) if passage.host == host), None)
        return last if last is not None and last.kind else None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(Connection(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())  # ended before it began, it would do nothing itself

    async def _serve(self, client: Connection) -> None:
        """One connection, one request; ends in a close, or in a reset where something was cut short."""
        try:
            if len(self._tasks) > self._limits.connections:
                raise FetchError("Busy", "too many connections at once")
            async with asyncio.timeout(self._limits.head):
                head = await read_head(client.reader)
            if not hmac.compare_digest(head.get("proxy-authorization").encode(), self._expected):
                client.writer.write(_CHALLENGE)
            else:
                await self._pass(head, client)
            async with asyncio.timeout(self._limits.idle):
                await client.close()
        except _CutError:
            _reset(client.writer)
        except (FetchError, OSError) as error:
            LOG.debug("connection ended: %s", error.kind if isinstance(error, FetchError) else type(error).__name__)
        finally:
            client.writer.transport.abort()

    async def _pass(self, head: Head, client: Connection) -> None:
        """The request behind the token. Failures before the answer get one of ours; later ones cut the connection."""
        host, port = "", 0
        try:
            method, address = _request(head)
            if method == "CONNECT":
                host, port = read_authority(address, self._egress.rule)
                await self._tunnel(host, port, client)
            else:
                target = read_target(address, self._egress.rule)
                host, port = target.host, target.port
                if target.scheme != "http":
                    raise FetchError("BadRequest", "https goes by CONNECT")
                origin_form = written(f"{method} {target.path} HTTP/1.1", _onward(head, target.authority))
                await self._forward(origin_form, _length(head), (host, port), client)
        except _CutError as cut:
            self._note(host, port, cut.cause)
            raise
        except FetchError as error:
            self._note(host, port, error)
            client.writer.write(_own_answer(error))

    async def _open(self, host: str, port: int) -> Connection:
        server = await self._egress.open(host, port)
        self.passages.append(Passage(host, port, ""))
        return server

    def _note(self, host: str, port: int, error: FetchError) -> None:
        self.passages.append(Passage(host, port, error.kind, error.why))
        LOG.debug("%s:%d %s", host, port, error.kind)

    async def _tunnel(self, host: str, port: int, client: Connection) -> None:
        server = await self._open(host, port)
        try:
            client.writer.write(written("HTTP/1.1 200 Connection established", ()))
            await self._relay(client, server, self._limits.up)
        finally:
            server.writer.transport.abort()

    async def _forward(self, request: bytes, length: int, place: tuple[str, int], client: Connection) -> None:
        if length > self._limits.up:
            raise FetchError("TooLarge", f"request over {self._limits.up} bytes")
        server = await self._open(*place)
        try:
            head = await self._ask(request, length, client, server)
            client.writer.write(written(head.first, _back(head)))
            await self._relay(client, server, 0)
        finally:
            server.writer.transport.abort()

    async def _ask(self, request: bytes, length: int, client: Connection, server: Connection) -> Head:
        """Send the request with its body, and no byte of a second one; the head of the answer."""
        try:
            async with asyncio.timeout(self._limits.idle):
                server.writer.write(request)
                if length:
                    server.writer.write(await client.reader.readexactly(length))
                await server.writer.drain()
                return await read_answer_head(server.reader)
        except TimeoutError:
            raise FetchError("Deadline", f"no answer in {self._limits.idle:g} s") from None
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise FetchError("Reset", type(error).__name__) from None

    async def _relay(self, client: Connection, server: Connection, up: int) -> None:
        """Bytes both ways until both sides end; `_CutError` where a deadline, a cap or a reset ended it."""
        end = asyncio.get_running_loop().time() + self._limits.total
        pumps: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout_at(end) as deadline:
                idle = _Idle(deadline, end, self._limits.idle)
                ways = [_pump(server.reader, client.writer, self._limits.down, idle)]
                ways += [_pump(client.reader, server.writer, up, idle)] if up else []
                pumps += map(asyncio.ensure_future, ways)
                await asyncio.gather(*pumps)
        except TimeoutError:
            raise _CutError(FetchError("Deadline", "idle, or over the total time")) from None
        except FetchError as error:
            raise _CutError(error) from None
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


class _CutError(Exception):
    """A relay that ended too early: the client is cut off as well, for a clean close would look like the whole."""

    def __init__(self, cause: FetchError) -> None:
        self.cause = cause
        super().__init__(str(cause))


class _Idle(NamedTuple):
    deadline: asyncio.Timeout
    end: float
    seconds: float

    def push(self) -> None:
        self.deadline.reschedule(min(self.end, asyncio.get_running_loop().time() + self.seconds))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int, idle: _Idle) -> None:
    idle.push()
    try:
        while piece := await reader.read(PIECE):
            most -= len(piece)
            if most < 0:
                raise FetchError("TooLarge", "over the byte cap of a connection")
            writer.write(piece)
            await writer.drain()
            idle.push()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError as error:
        raise FetchError("Reset", type(error).__name__) from None


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST: after a plain FIN, a body without length would pass for whole."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("HH" if os.name == "nt" else "ii", 1, 0))


def _request(head: Head) -> tuple[str, str]:
    match = _REQUEST_LINE.fullmatch(head.first)
    if match is None or match.group(1) == "TRACE" or not head.first.isascii():
        raise FetchError("BadRequest", "no request line of ours")
    return match.group(1), match.group(2)


def _length(head: Head) -> int:
    if head.all("transfer-encoding"):
        raise FetchError("BadRequest", "a request body needs its length")
    return head.length or 0


def _onward(head: Head, authority: str) -> Headers:
    return (("Host", authority), *head.without(_dropped(head) | {"host"}), ("Connection", "close"))


def _back(head: Head) -> Headers:
    return (*head.without(_dropped(head) | {FAILURE_HEADER.lower()}), ("Connection", "close"))


def _dropped(head: Head) -> frozenset[str]:
    """Headers of one hop: the known ones and those that Connection names, but never a length."""
    named = {name.strip().lower() for value in head.all("connection") for name in value.split(",")}
    return _HOP | (named - {"content-length", "transfer-encoding", "content-encoding", "host"})


def _own_answer(error: FetchError) -> bytes:
    status = _STATUS.get(error.kind, _UNKNOWN)
    return written(
        f"HTTP/1.1 {status}", ((FAILURE_HEADER, error.kind), ("Content-Length", "0"), ("Connection", "close"))
    )
