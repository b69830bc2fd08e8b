"""The Scrapy spiders: review profiles, pages behind results, APIs. Every address goes through the gate and the archive.

    scrapy crawl profiles -a urls="https://... https://..." -O profiles.jsonl
    scrapy crawl landings -a urls="https://..." -O landings.jsonl
    scrapy crawl apis     -a urls="https://..." -O serps.jsonl

Within `repaudit run` the same spiders get their errands and the open gate and run handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
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
from spiders.archive.visits import Capture, Purpose
from spiders.gate.decode import ACCEPT_ENCODING, decoded
from spiders.gate.gate import Gate, Permit
from spiders.gate.wire import FetchError
from spiders.landing import read_landing
from spiders.reading import read
from spiders.run import Errand, Kept, Run

MOST_HOPS = 5  # redirects of one address (reliability section 3)
_READABLE = ("html", "json", "xml", "text/", "javascript")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Names of Scrapy's errors to FAILED kinds; the proxy knows better where it saw the failure itself.
_KINDS = {
    "DownloadTimeoutError": "Deadline",
    "CannotResolveHostError": "Dns",
    "DownloadConnectionRefusedError": "Connect",
    "ResponseDataLossError": "DataLoss",
    "DownloadCancelledError": "TooLarge",
    "UnsupportedURLSchemeError": "RedirectRefused",
}


class Desk:
    """What a spider works with: the gate to ask, the run to keep in, and who is told of every finished errand."""

    def __init__(
        self, gate: Gate, run: Run, *, consent: Iterable[str] = (), told: Callable[[Errand, Kept], None]
    ) -> None:
        self.gate, self.run, self.consent, self._told = gate, run, frozenset(consent), told

    def finish(self, errand: Errand, capture: Capture | None = None, skipped: Outcome | None = None) -> Kept:
        entry = self.run.keep(errand, capture, skipped=skipped)
        self._told(errand, entry)
        return entry


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
        desk = self._desk
        answer = await desk.gate.ask(request.url, consent=desk.consent)
        if not isinstance(answer, Permit):
            desk.finish(request.meta["errand"], skipped=answer.outcome)
            raise IgnoreRequest(answer.why)
        if answer.overrides:
            request.meta["errand"] = request.meta["errand"]._replace(waived=answer.overrides)
        request.meta["proxy"] = desk.gate.proxy.url
        request.meta["download_timeout"] = min(answer.seconds, request.meta.get("download_timeout", answer.seconds))
        request.headers["Accept-Encoding"] = ACCEPT_ENCODING
        return None

    def process_response(self, request: Request, response: Response) -> Request | Response:
        page = _page(request, response, self._failure(request, response))
        outcome = Outcome(status=Status.FAILED, kind=page.failure) if page.failure else Outcome(status=Status.RESULTS)
        if page.status is not None and page.status >= 400:
            outcome = Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {page.status}")
        self._desk.gate.tell(request.url, page.status, page.headers, outcome)
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
            self._desk.gate.leave(request.url)


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
        url=request.url,
        status=None if "Gate-Failure" in response.headers else response.status,
        headers=headers,
        body=body,
        fetched_at=datetime.now(UTC),
        source="scrapy",
        failure=failure,
    )


def _no_page(headers: tuple[tuple[str, str], ...], body: bytes) -> str:
    if not body.strip():
        return "Empty"
    kind = next((value.lower() for name, value in headers if name.lower() == "content-type"), "text/html")
    return "" if any(mark in kind for mark in _READABLE) else "NotHtml"


def _redirect(request: Request, response: Response) -> Request | None:
    """The next address, asked anew of the gate; none for a loop too long or a scheme that is not the web's."""
    location = response.headers.get("Location")
    hops = request.meta.get("hops", 0)
    if response.status not in _REDIRECTS or not location:
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
        desk: Desk | None = None,
        errands: Sequence[Errand] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.desk = desk
        self.errands = [*errands, *(Errand(url, self.purpose) for url in urls.split())]
        self._evidence = Path(evidence)
        self._own: list[Any] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Any:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.close_desk, signal=signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        if self.desk is None:
            await self._open_desk()
        for errand in self.errands:
            meta = {"errand": errand, "handle_httpstatus_all": True}
            yield Request(errand.url, meta=meta, callback=self.parse, errback=self.failed, dont_filter=True)

    async def _open_desk(self) -> None:
        """A gate that forgets and a run of its own, for `scrapy crawl`."""
        now = datetime.now(UTC)
        folder = self._evidence / f"{self.name}-{now:%Y%m%dT%H%M%SZ}"
        run = Run(folder, tool="repaudit scrapy", clock=lambda: datetime.now(UTC), keep=_kept)
        gate = Gate()
        run.__enter__()
        await gate.__aenter__()
        self._own = [run, gate]
        self.desk = Desk(gate, run, told=lambda *_: None)

    async def close_desk(self) -> None:
        if self._own:
            run, gate = self._own
            await gate.__aexit__(None, None, None)
            run.seal()
            run.__exit__(None, None, None)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[dict[str, Any]]:
        page: Page = response.meta["page"]
        failure = response.meta.get("failure", "")
        if failure:
            page = page.model_copy(update={"failure": failure, "body": b""})
        yield from self._finished(response.meta["errand"], page)

    def failed(self, failure: Any) -> Iterator[dict[str, Any]]:
        if failure.check(IgnoreRequest):
            return
        request = failure.request
        url, desk = request.url, self.desk
        passage = desk.gate.proxy.failure(host(url)) if desk else None
        kind = _KINDS.get(type(failure.value).__name__, "Reset")
        kind = passage.kind if passage is not None and kind == "Reset" else kind
        page = Page(url=url, body=b"", fetched_at=datetime.now(UTC), source="scrapy", failure=kind)
        yield from self._finished(request.meta["errand"], page)

    def _finished(self, errand: Errand, page: Page) -> Iterator[dict[str, Any]]:
        if self.desk is None:
            return
        entry = self.desk.finish(errand, Capture(page))
        if entry.page is not None:
            yield from self.items(errand, entry.page)

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

    def items(self, errand: Errand, page: Page) -> Iterator[dict[str, Any]]:
        for reading in read(page):
            if isinstance(reading, Serp):
                yield reading.model_dump(mode="json")


def _kept(page: Page) -> Evidence:
    return page.evidence or Evidence(sha256="")


async def crawl(spider: type[ErrandSpider], errands: list[Errand], desk: Desk) -> None:
    """Run one spider over its errands in the loop that is running."""
    if not errands:
        return
    values = {name: getattr(own_settings, name) for name in dir(own_settings) if name.isupper()}
    runner = AsyncCrawlerRunner({**values, "LOG_ENABLED": False})
    await asyncio.ensure_future(runner.crawl(spider, desk=desk, errands=errands))
