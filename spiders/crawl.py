"""The Scrapy spiders: review profiles, pages behind results, APIs. Every address goes through the gate and the archive.

    scrapy crawl profiles -a urls="https://... https://..." -O profiles.jsonl
    scrapy crawl landings -a urls="https://..." -O landings.jsonl
    scrapy crawl apis     -a urls="https://..." -O serps.jsonl

Within `repaudit run` the same spiders get their errands and the open gate and run handed over. A key never leaves a
request: what is asked of the gate, archived, told and logged is the public part of the address.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urljoin

import scrapy  # noqa: TID251
from scrapy import signals  # noqa: TID251
from scrapy.crawler import AsyncCrawlerRunner, Crawler  # noqa: TID251
from scrapy.exceptions import IgnoreRequest  # noqa: TID251
from scrapy.http import Request, Response  # noqa: TID251

from audit.models import Evidence, Outcome, Page, ReviewProfile, Serp, Status
from spiders import settings as own_settings
from spiders.address import host
from spiders.apis import Asked, by_hand
from spiders.archive.visits import Capture, Purpose
from spiders.desk import Desk
from spiders.gate.decode import ACCEPT_ENCODING, decoded
from spiders.gate.gate import Gate, Permit
from spiders.gate.wire import FetchError
from spiders.landing import read_landing
from spiders.loopback import Door
from spiders.reading import read
from spiders.run import Errand, Run
from spiders.secret import Scrubber, Secret, logs_scrubbed

__all__ = ["Apis", "Desk", "ErrandSpider", "GateMiddleware", "Landings", "Profiles", "crawl"]

MOST_HOPS = 5  # redirects of one address (reliability section 3)
_READABLE = ("html", "json", "xml", "text/", "javascript")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEY_REFUSED = Outcome(status=Status.SKIPPED, kind="suspended", why="this API has just refused the key")
# Names of Scrapy's errors to FAILED kinds; the proxy knows better where it saw the failure itself.
_KINDS = {
    "DownloadTimeoutError": "Deadline",
    "CannotResolveHostError": "Dns",
    "DownloadConnectionRefusedError": "Connect",
    "ResponseDataLossError": "DataLoss",
    "DownloadCancelledError": "TooLarge",
    "UnsupportedURLSchemeError": "RedirectRefused",
}


class GateMiddleware:
    """Scrapy's only way out: leave is asked for each address, redirects included, and what came is told."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GateMiddleware:
        return cls(crawler)

    @property
    def _desk(self) -> Desk:
        spider = self._crawler.spider
        if not isinstance(spider, ErrandSpider) or spider.desk is None:
            raise IgnoreRequest("this spider has no desk")
        return spider.desk

    async def process_request(self, request: Request) -> Request | Response | None:
        desk, url = self._desk, _public(request)
        answer = await desk.ask(url)
        if answer is None:
            raise IgnoreRequest("stopped")
        if not isinstance(answer, Permit):
            desk.finish(request.meta["errand"], skipped=answer.outcome)
            raise IgnoreRequest(answer.why)
        if answer.host in desk.refused:
            desk.gate.leave(url)
            desk.finish(request.meta["errand"], skipped=KEY_REFUSED)
            raise IgnoreRequest(KEY_REFUSED.why)
        if answer.overrides:
            request.meta["errand"] = request.meta["errand"]._replace(waived=answer.overrides)
        request.meta["proxy"] = desk.gate.proxy.url
        request.meta["download_timeout"] = min(answer.seconds, request.meta.get("download_timeout", answer.seconds))
        request.headers["Accept-Encoding"] = ACCEPT_ENCODING
        return None

    def process_response(self, request: Request, response: Response) -> Request | Response:
        desk, url = self._desk, _public(request)
        page = _page(request, response, self._failure(request, response))
        page = desk.clean(page) if _is_asked(request) else page
        outcome = Outcome(status=Status.FAILED, kind=page.failure) if page.failure else Outcome(status=Status.RESULTS)
        if page.status is not None and page.status >= 400:
            outcome = Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {page.status}")
        if page.status == 401 and _is_asked(request):
            desk.refused.add(host(url))
        desk.gate.tell(url, page.status, page.headers, outcome)
        following = _redirect(request, response)
        if following is not None:
            return following
        request.meta["page"] = page
        return response

    def _failure(self, request: Request, response: Response) -> str:
        """What the proxy saw: its own refusals, and a body that ended in a reset."""
        refused = response.headers.get("Gate-Failure")
        if refused:
            return str(refused.decode("ascii", "replace"))
        passage = self._desk.gate.proxy.failure(host(request.url))
        return passage.kind if passage is not None else ""

    def process_exception(self, request: Request, exception: Exception) -> None:
        with contextlib.suppress(FetchError):  # an address that was refused had no turn
            self._desk.gate.leave(_public(request))


def _public(request: Request) -> str:
    """The address without any key."""
    return str(request.meta.get("public", request.url))


def _is_asked(request: Request) -> bool:
    """True for a request to an API, with keys."""
    return "public" in request.meta


def _page(request: Request, response: Response, failure: str) -> Page:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
    codings = ", ".join(v for n, v in headers if n.lower() == "content-encoding")
    body = b"" if failure else response.body
    try:
        body = decoded(body, codings) if body else b""
    except FetchError as error:
        body, failure = b"", error.kind
    failure = failure or _no_page(headers, body)
    return Page(
        url=_public(request),
        status=None if "Gate-Failure" in response.headers else response.status,
        headers=headers,
        body=body,
        fetched_at=datetime.now(UTC),
        source=request.meta.get("source", "scrapy"),
        failure=failure,
    )


def _no_page(headers: tuple[tuple[str, str], ...], body: bytes) -> str:
    if not body.strip():
        return "Empty"
    kind = next((value.lower() for name, value in headers if name.lower() == "content-type"), "text/html")
    return "" if any(mark in kind for mark in _READABLE) else "NotHtml"


def _redirect(request: Request, response: Response) -> Request | None:
    """The next address, asked anew of the gate; none for a loop too long or a scheme that is not the web's.

    A request with keys is never led on: they are for the host they were sent to.
    """
    location = response.headers.get("Location")
    hops = request.meta.get("hops", 0)
    if response.status not in _REDIRECTS or not location:
        return None
    if _is_asked(request):
        request.meta["failure"] = "RedirectRefused"
        return None
    url = urljoin(request.url, location.decode("latin-1"))
    if hops >= MOST_HOPS or not url.startswith(("http://", "https://")):
        kind = "RedirectLoop" if hops >= MOST_HOPS else "RedirectRefused"
        request.meta["failure"] = kind
        return None
    return request.replace(url=url, meta={**request.meta, "hops": hops + 1}, dont_filter=True)


class ErrandSpider(scrapy.Spider):
    """A spider with a list of addresses. `desk` is handed over, or made for a run of its own."""

    purpose: ClassVar[Purpose]

    def __init__(
        self,
        urls: str = "",
        evidence: str = "evidence",
        loopback: str = "",
        desk: Desk | None = None,
        errands: Sequence[Errand | Asked] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.desk = desk
        self.errands: list[Errand | Asked] = [*errands, *map(self.errand, urls.split())]
        self._evidence = Path(evidence)
        self._door = Door.read(Path(loopback)) if loopback else None
        self._own: list[Any] = []
        self._quiet = contextlib.ExitStack()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Any:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.close_desk, signal=signals.spider_closed)
        if spider._door is not None:
            spider._quiet.enter_context(spider._door.trusted())
        spider._quiet.enter_context(logs_scrubbed(spider.desk.scrubber if spider.desk else Scrubber(spider.secrets)))
        return spider

    def errand(self, url: str) -> Errand | Asked:
        """An address of the command line."""
        return Errand(url, self.purpose)

    @property
    def secrets(self) -> list[Secret]:
        """Those of its own requests."""
        return [secret for asked in self.errands if isinstance(asked, Asked) for secret in asked.request.secrets]

    async def start(self) -> AsyncIterator[Any]:
        if self.desk is None:
            await self._open_desk()
        for errand in self.errands:
            if self.desk is None or self.desk.over:
                return
            yield self._request(errand)

    def _request(self, errand: Errand | Asked) -> Request:
        """The only place where keys are put into a request."""
        asked = errand.request if isinstance(errand, Asked) else None
        errand = errand.errand if isinstance(errand, Asked) else errand
        request = Request(
            asked.sent_url if asked else errand.url,
            callback=self.parse,
            errback=self.failed,
            meta={"errand": errand, "handle_httpstatus_all": True},
            dont_filter=True,
        )
        if asked is None:
            return request
        request.meta.update(public=errand.url, source=errand.site or "scrapy")
        return request.replace(method=asked.method, headers=asked.sent_headers, body=asked.body)

    async def _open_desk(self) -> None:
        """A gate that forgets and a run of its own, for `scrapy crawl`."""
        now = datetime.now(UTC)
        folder = self._evidence / f"{self.name}-{now:%Y%m%dT%H%M%SZ}"
        run = Run(folder, tool="repaudit scrapy", clock=lambda: datetime.now(UTC), keep=_kept)
        gate = self._door.gate() if self._door else Gate()
        run.__enter__()
        await gate.__aenter__()
        self._own = [run, gate]
        self.desk = Desk(gate, run, told=lambda *_: None, secrets=self.secrets)

    async def close_desk(self) -> None:
        self._quiet.close()
        if self._own:
            run, gate = self._own
            await gate.__aexit__(None, None, None)
            run.seal()
            run.__exit__(None, None, None)

    async def parse(self, response: Response, **kwargs: Any) -> AsyncIterator[dict[str, Any]]:
        page: Page = response.meta["page"]
        failure = response.meta.get("failure", "")
        if failure:
            page = page.model_copy(update={"failure": failure, "body": b""})
        async for item in self._finished(response.meta["errand"], page):
            yield item

    async def failed(self, failure: Any) -> AsyncIterator[dict[str, Any]]:
        if failure.check(IgnoreRequest):
            return
        request = failure.request
        url, desk = _public(request), self.desk
        passage = desk.gate.proxy.failure(host(url)) if desk else None
        kind = _KINDS.get(type(failure.value).__name__, "Reset")
        kind = passage.kind if passage is not None and kind == "Reset" else kind
        source = request.meta.get("source", "scrapy")
        page = Page(url=url, body=b"", fetched_at=datetime.now(UTC), source=source, failure=kind)
        async for item in self._finished(request.meta["errand"], page):
            yield item

    async def _finished(self, errand: Errand, page: Page) -> AsyncIterator[dict[str, Any]]:
        """Where a desk was handed over, its run is read as a whole later: only a spider alone feeds lines.

        What we cut off ourselves did not happen: it is no failure of the site, and may look whole without being it.
        """
        if self.desk is None or self.desk.cut:
            return
        entry = self.desk.finish(errand, Capture(page))
        if entry.page is not None and self._own:
            for item in self.items(errand, entry.page):
                yield item

    def items(self, errand: Errand, page: Page) -> Iterator[dict[str, Any]]:
        """What the page says, as lines of a feed."""
        raise NotImplementedError


class Profiles(ErrandSpider):
    """Ratings and reviews of a brand on review sites."""

    name = "profiles"
    purpose = Purpose.PROFILE

    def items(self, errand: Errand, page: Page) -> Iterator[dict[str, Any]]:
        for reading in read(page, site=errand.site):
            if isinstance(reading, ReviewProfile):
                yield reading.model_dump(mode="json")


class Landings(ErrandSpider):
    """The pages behind the results."""

    name = "landings"
    purpose = Purpose.LANDING

    def items(self, errand: Errand, page: Page) -> Iterator[dict[str, Any]]:
        yield read_landing(page).model_dump(mode="json")


class Apis(ErrandSpider):
    """Answers of search APIs and of suggestion services."""

    name = "apis"
    purpose = Purpose.API

    def errand(self, url: str) -> Errand | Asked:
        return by_hand(Errand(url, self.purpose))

    def items(self, errand: Errand, page: Page) -> Iterator[dict[str, Any]]:
        for reading in read(page):
            if isinstance(reading, Serp):
                yield reading.model_dump(mode="json")


def _kept(page: Page) -> Evidence:
    return page.evidence or Evidence(sha256="")


async def crawl(spider: type[ErrandSpider], errands: Sequence[Errand | Asked], desk: Desk) -> None:
    """Run one spider over its errands in the loop that is running.

    Scrapy takes a cancellation for its end: it returns as if all were done, and its engine goes on asking. So the
    cancellation stays here, the spider is left without a way out, and with its last request it ends by itself.
    """
    if not errands:
        return
    values = {name: getattr(own_settings, name) for name in dir(own_settings) if name.isupper()}
    runner = AsyncCrawlerRunner({**values, "LOG_ENABLED": False})
    crawling = runner.crawl(spider, desk=desk, errands=errands)
    try:
        await asyncio.shield(crawling)
    except asyncio.CancelledError:
        await desk.end()
        await asyncio.wait({crawling})
        raise
