"""The smallest HTTP client, for what the gate itself must read: robots.txt, through the same egress rule as all."""

from __future__ import annotations

import asyncio
import ssl
from typing import NamedTuple

from spiders.gate.decode import decoded
from spiders.gate.egress import Connection, Egress, Target, read_target
from spiders.gate.wire import FetchError, Headers, read_answer_head, read_body, written

SECONDS = 12.0  # for the whole of one request: look-up, connection, TLS, head and body
AGENT = "repaudit"


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes
    """Decoded; the first bytes only where there were more than asked for."""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


class Client:
    """One request, one connection; redirects are answers, and the caller decides about them."""

    def __init__(
        self, egress: Egress, *, agent: str = AGENT, tls: ssl.SSLContext | None = None, seconds: float = SECONDS
    ) -> None:
        self._egress, self._tls, self._seconds = egress, tls, seconds
        self.agent = agent

    def through(self, egress: Egress) -> Client:
        """The same client with another way out."""
        return Client(egress, agent=self.agent, tls=self._tls, seconds=self._seconds)

    async def get(self, url: str, most: int) -> Answer:
        """GET an address, at most `most` bytes of body. `FetchError` names whatever went wrong."""
        target = read_target(url, self._egress.rule)
        try:
            async with asyncio.timeout(self._seconds):
                connection = await self._egress.open(target.host, target.port)
                try:
                    return await self._exchange(connection, target, most)
                finally:
                    connection.writer.transport.abort()
        except TimeoutError:
            raise FetchError("Deadline", f"{target.host} took over {self._seconds:g} s") from None

    async def _exchange(self, connection: Connection, target: Target, most: int) -> Answer:
        reader, writer = connection
        if target.scheme == "https":
            await self._secure(writer, target.host)
        writer.write(written(f"GET {target.path} HTTP/1.1", self._headers(target)))
        head = await read_answer_head(reader)
        body, cut = await read_body(reader, head, most)
        encodings = ", ".join(head.all("content-encoding"))
        if not cut:
            body = decoded(body, encodings, most)
        elif encodings:
            raise FetchError("TooLarge", f"over {most} bytes encoded")
        return Answer(head.status, head.headers, body)

    def _headers(self, target: Target) -> Headers:
        return (
            ("Host", target.authority),
            ("User-Agent", self.agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        )

    async def _secure(self, writer: asyncio.StreamWriter, host: str) -> None:
        self._tls = self._tls or ssl.create_default_context()
        try:
            await writer.start_tls(self._tls, server_hostname=host)
        except ssl.SSLError as error:
            raise FetchError("Tls", error.reason or type(error).__name__) from None
        except TimeoutError:
            raise
        except OSError as error:
            raise FetchError("Tls", type(error).__name__) from None
