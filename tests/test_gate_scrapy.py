"""Scrapy behind the gate: literals, redirects and names that lead inside, and the same Scrapy without it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from spiders import settings
from spiders.gate.gate import Gate
from tests.web import FORBIDDEN, Web, raw, whole

scrapy = pytest.importorskip("scrapy")
SPELLED = ("127.66.0.1", "2135031809", "0x7f420001", "0177.0102.0.1", "127.66.1", "[::ffff:127.66.0.1]")


def options() -> dict[str, Any]:
    own = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    return own | {
        "TWISTED_REACTOR_ENABLED": False,
        "REDIRECT_ENABLED": True,
        "DOWNLOADER_MIDDLEWARES": {},  # the proxy alone: our own middleware asks before it
        "DOWNLOAD_DELAY": 0,
        "HTTPERROR_ALLOW_ALL": True,
        "LOG_ENABLED": False,
    }


async def crawl(urls: list[str], meta: dict[str, str]) -> dict[str, str]:
    """What Scrapy says of each address: a status with the gate's own failure, or the name of its error."""
    from scrapy.crawler import AsyncCrawlerRunner  # noqa: TID251

    said: dict[str, str] = {}

    class Reach(scrapy.Spider):  # type: ignore[name-defined,misc]
        name = "reach"

        async def start(self) -> Any:
            for url in urls:
                yield scrapy.Request(url, meta={**meta, "asked": url}, errback=self.failed, dont_filter=True)

        def parse(self, response: Any) -> None:
            failure = response.headers.get("Gate-Failure", b"").decode()
            said[response.meta["asked"]] = f"{response.status} {failure}".strip()

        def failed(self, failure: Any) -> None:
            said[failure.request.meta["asked"]] = type(failure.value).__name__

    await AsyncCrawlerRunner(options()).crawl(Reach)
    return said


async def reach(*, gated: bool) -> tuple[int, dict[str, str]]:
    async with Web() as web, Gate(egress=web.egress()) as gate:
        inside = f"http://{FORBIDDEN}:{web.port}/"
        good, jump = (
            await web.site("good.example"),
            await web.site("jump.example", raw(whole(302, b"", location=inside))),
        )
        web.names["inside.example"] = [[FORBIDDEN]]
        literal = f"http://{web.names['jump.example'][0][0]}:{web.port}/"
        urls = [f"http://{host}:{web.port}/" for host in SPELLED]
        if not gated:
            return len(web.accepts), await crawl([*urls, literal], {}) | {"accepts": str(len(web.accepts))}
        urls += [f"https://{FORBIDDEN}:{web.port}/", f"http://inside.example:{web.port}/", good, jump]
        said = await crawl(urls, {"proxy": gate.proxy.url})
        assert said.pop(good) == "200"
        return len(web.accepts), said


def test_scrapy_finds_no_way_inside() -> None:
    accepts, said = asyncio.run(reach(gated=True))
    assert accepts == 0
    assert len(said) == len(SPELLED) + 3
    assert {words for url, words in said.items() if url.startswith("http:")} == {"403 EgressRefused"}
    _, said = asyncio.run(reach(gated=False))
    accepts, reached = int(said.pop("accepts")), [url for url, words in said.items() if words == "200"]
    assert accepts == len(reached) >= 3, "without it the plain address, the redirect and others lead inside"
    assert any("127.20.0." in url for url in reached), "the redirect"
