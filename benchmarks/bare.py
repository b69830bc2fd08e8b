"""The same loads as anybody would write them: plain Playwright, plain Scrapy. Nobody is asked and nothing is kept."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, NamedTuple

import scrapy  # noqa: TID251
from playwright.async_api import BrowserContext, Route, async_playwright  # noqa: TID251
from scrapy.crawler import AsyncCrawlerRunner  # noqa: TID251

from audit.models import Page, SerpQuery
from spiders import settings
from spiders.browser.place import Place, options
from spiders.landing import read_landing

HEAVY = ("image", "font", "media")
KEPT = ("USER_AGENT", "TWISTED_REACTOR_ENABLED", "CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_DELAY")


class Asked(NamedTuple):
    query: SerpQuery
    url: str


class Program(NamedTuple):
    path: str
    arguments: tuple[str, ...]
    sandbox: bool


async def by_playwright(program: Program, cells: list[Asked]) -> tuple[float, int]:
    """Seconds for all cells, engines side by side, one context a market, a tab a page; how many had a body."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program.path, args=list(program.arguments), chromium_sandbox=program.sandbox
        )
        contexts = {}
        for place in {Place.of(cell.query) for cell in cells}:
            contexts[place] = await browser.new_context(**options(place, playwright.devices))
        engines: dict[str, list[Asked]] = defaultdict(list)
        for cell in cells:
            engines[cell.query.engine].append(cell)
        begun = time.perf_counter()
        found = await asyncio.gather(*(_engine(contexts, asked) for asked in engines.values()))
        seconds = time.perf_counter() - begun
        await browser.close()
    return seconds, sum(found)


async def _engine(contexts: dict[Place, BrowserContext], cells: list[Asked]) -> int:
    return sum([await _load(contexts[Place.of(cell.query)], cell.url) for cell in cells])


async def _load(context: BrowserContext, url: str) -> bool:
    tab = await context.new_page()
    await tab.route("**/*", _light)
    await tab.goto(url, wait_until="load")
    body = await tab.content()
    await tab.close()
    return len(body) > 1_000


async def _light(route: Route) -> None:
    if route.request.resource_type in HEAVY:
        await route.abort()
    else:
        await route.continue_()


async def by_scrapy(urls: list[str], *, reading: bool) -> tuple[float, int]:
    """Seconds for all addresses, and how many had a body; `reading` them as our spider does, or only fetching them."""
    sizes: list[int] = []

    class Bare(scrapy.Spider):
        name = "bare"

        async def start(self) -> Any:
            for url in urls:
                yield scrapy.Request(url, dont_filter=True)

        def parse(self, response: Any, **kwargs: Any) -> Any:
            sizes.append(len(response.body))
            if reading:
                page = Page(url=response.url, status=200, body=response.body, fetched_at=datetime.now(UTC))
                yield read_landing(page).model_dump(mode="json")

    values = {name: getattr(settings, name) for name in KEPT}
    runner = AsyncCrawlerRunner({**values, "DOWNLOAD_VERIFY_CERTIFICATES": True, "LOG_ENABLED": False})
    begun = time.perf_counter()
    await asyncio.ensure_future(runner.crawl(Bare))
    return time.perf_counter() - begun, sum(size > 0 for size in sizes)
