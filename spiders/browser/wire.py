"""What passes on the wire of one tab, seen through Chromium's own protocol: exact bytes, a cap.

`response.body()` is encoded anew and `content()` always closes its tags, so neither is evidence; routing never sees
redirect hops (platform reference). Only the main document is taken; pictures, fonts and media are refused unless a
screenshot is wanted.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Coroutine
from typing import Any, NamedTuple

from playwright.async_api import CDPSession, Error  # noqa: TID251

from spiders.browser.net import failure_kind
from spiders.tree import MAX_BYTES

_CHUNK = 1 << 20
_HEAVY = ("Image", "Font", "Media")
_UNDONE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Arrived(NamedTuple):
    """The main document as it came."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Wire:
    """Listens to one tab from `start` on; `last` is the newest main document, `trouble` the FAILED kind met."""

    def __init__(self, session: CDPSession, *, pictures: bool, token: tuple[str, str] | None = None) -> None:
        self._session, self._pictures, self._token = session, pictures, token
        self._frame = ""
        self._shown: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.last: Arrived | None = None
        self.trouble = ""
        self.failed = asyncio.Event()
        """Set with `trouble`: a request whose body broke is sometimes never answered by the browser."""

    async def start(self) -> None:
        """The token is shown to the proxy here: left to Playwright, every request of a page waits for its program."""
        patterns = [{"resourceType": "Document", "requestStage": stage} for stage in ("Request", "Response")]
        if not self._pictures:
            patterns += [{"resourceType": kind, "requestStage": "Request"} for kind in _HEAVY]
        self._session.on("Fetch.requestPaused", self._paused)
        self._session.on("Fetch.authRequired", self._asked)
        send = self._session.send
        await asyncio.gather(
            send("Network.setCacheDisabled", {"cacheDisabled": True}),  # a page is asked anew, never remembered
            send("Fetch.enable", {"patterns": patterns, "handleAuthRequests": True}),
            self._learn_frame(),
        )

    async def _learn_frame(self) -> None:
        self._frame = (await self._session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]

    def _asked(self, event: dict[str, Any]) -> None:
        """The proxy gets the token, once a request; a server that asks for a name gets none."""
        answer: dict[str, str] = {"response": "CancelAuth"}
        proxied = event["authChallenge"].get("source") == "Proxy" and event["requestId"] not in self._shown
        if proxied and self._token is not None:
            self._shown.add(event["requestId"])
            answer = {"response": "ProvideCredentials", "username": self._token[0], "password": self._token[1]}
        self._soon(self._told(event["requestId"], answer))

    async def _told(self, request: str, answer: dict[str, str]) -> None:
        with contextlib.suppress(Error):
            await self._session.send("Fetch.continueWithAuth", {"requestId": request, "authChallengeResponse": answer})

    def _paused(self, event: dict[str, Any]) -> None:
        self._soon(self._answer(event))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, event: dict[str, Any]) -> None:
        request = {"requestId": event["requestId"]}
        try:
            if event["resourceType"] in _HEAVY:
                await self._session.send("Fetch.failRequest", {**request, "errorReason": "BlockedByClient"})
            elif not self._is_document(event):
                await self._session.send("Fetch.continueRequest", request)
            else:
                await self._take(event, request)
        except Error:
            return  # the tab was closed or went elsewhere; goto tells

    def _is_document(self, event: dict[str, Any]) -> bool:
        """An answer of the main frame that has a body: no redirect, no failure, no frame within."""
        status = event.get("responseStatusCode")
        return event.get("frameId") == self._frame and status is not None and status not in _REDIRECTS

    async def _take(self, event: dict[str, Any], request: dict[str, Any]) -> None:
        headers = [(h["name"], h["value"]) for h in event.get("responseHeaders", [])]
        try:
            body = await self._body(request)
        except Error as error:
            self._fail(_reading_failed(str(error)))
            return
        kind = "TooLarge" if body is None else "DataLoss" if _short(headers, body) else ""
        if kind or body is None:
            self._fail(kind)
            return
        status = event["responseStatusCode"]
        self.last = Arrived(event["request"]["url"], status, tuple(headers), body)
        kept = [{"name": n, "value": v} for n, v in headers if n.lower() not in _UNDONE]
        answer = {**request, "responseCode": status, "responseHeaders": kept, "body": base64.b64encode(body).decode()}
        await self._session.send("Fetch.fulfillRequest", answer)

    def _fail(self, kind: str) -> None:
        self.trouble = self.trouble or kind
        self.failed.set()

    async def _body(self, request: dict[str, Any]) -> bytes | None:
        """Read as a stream, so that a body that swells is dropped at the cap; None where it is too large."""
        handle = (await self._session.send("Fetch.takeResponseBodyAsStream", request))["stream"]
        parts, size = [], 0
        while True:
            piece = await self._session.send("IO.read", {"handle": handle, "size": _CHUNK})
            part = base64.b64decode(piece["data"]) if piece.get("base64Encoded") else piece["data"].encode()
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                return None
            if piece.get("eof"):
                return b"".join(parts)


def _short(headers: list[tuple[str, str]], body: bytes) -> bool:
    """Fewer bytes than announced; told only where no coding stands between the two figures."""
    named = {name.lower(): value.strip() for name, value in headers}
    length = named.get("content-length", "")
    return not named.get("content-encoding") and length.isdigit() and len(body) < int(length)


def _reading_failed(said: str) -> str:
    return failure_kind(said) if "ERR_" in said else "DataLoss"
