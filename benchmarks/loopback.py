"""A web on loopback in a process of its own, so that serving pages costs neither side of a measurement anything."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from spiders.address import parameter
from tests.web import Handler, Request, Web, answer, routes, whole

ELSEWHERE = "elsewhere.example"
"""Where all hosts are that pages refer to: it has none of it, and says so."""
STARTING = 30.0  # seconds the serving process may take to say its ports


class Site(NamedTuple):
    """Pages of one host: by the value of a query parameter, else by path."""

    host: str
    pages: Mapping[str, bytes]
    parameters: tuple[str, ...] = ()


class Served(NamedTuple):
    """What a client must know of the web: where each name is, and whom to trust."""

    port: int
    addresses: dict[str, str]
    pins: list[str]
    root: str
    process: int
    """Its id, so that its memory is told from ours."""

    def web(self) -> Web:
        """The same web as seen from here, for the gate's own dialling."""
        web = Web()
        web.port = self.port
        web.names = _Names({name: [[address]] for name, address in self.addresses.items()})
        web.stand_ins = set(self.addresses.values())
        return web

    @property
    def trust(self) -> str:
        return f"--ignore-certificate-errors-spki-list={','.join(self.pins)}"

    @property
    def mapped(self) -> str:
        """For a browser without a gate: the same names, every other one too."""
        ways = [f"MAP {name}:443 {address}:{self.port}" for name, address in self.addresses.items()]
        return "--host-resolver-rules=" + ", ".join([*ways, f"MAP * {self.addresses[ELSEWHERE]}:{self.port}"])


class _Names(dict[str, list[Sequence[str]]]):
    """Every name is on this machine: what a page refers to is loaded by both sides, as on the live web."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name) or self[ELSEWHERE]


@contextmanager
def serving(sites: list[Site]) -> Iterator[Served]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_serve, args=(sites, theirs), daemon=True)
    child.start()
    try:
        if not ours.poll(STARTING):
            raise TimeoutError("the loopback web did not start")
        yield ours.recv()
    finally:
        ours.close()
        child.kill()
        child.join()


def _serve(sites: list[Site], pipe: Connection) -> None:
    asyncio.run(_hold(sites, pipe))


async def _hold(sites: list[Site], pipe: Connection) -> None:
    async with Web() as web:
        for site in sites:
            await web.site(site.host, routes(robots_txt=answer(404), rest=_paged(site)), tls="good")
        await web.site(ELSEWHERE, answer(404), tls="good")
        addresses = {site.host: str(web.names[site.host][0][0]) for site in [*sites, Site(ELSEWHERE, {})]}
        pipe.send(Served(web.port, addresses, web.authority.pins, web.authority.root(), os.getpid()))
        await asyncio.Event().wait()


def _paged(site: Site) -> Handler:
    async def handle(request: Request, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = request.path.partition("?")[0].strip("/")
        named = parameter(f"https://{site.host}{request.path}", *site.parameters) if site.parameters else path
        body = site.pages.get(named)
        writer.write(whole(404, b"<html></html>") if body is None else whole(200, body))
        await writer.drain()

    return handle
