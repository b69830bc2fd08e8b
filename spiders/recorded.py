"""A recorded web: folders of saved pages, each answered under the address its first line names.

What browsers and archives write (`<!-- saved from url=(0014)... -->`) is all it needs. Result pages are told by engine
and keyword, since the rest of an engine's address changes; every other page by its whole address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from audit.models import SerpQuery
from spiders import suggestions
from spiders.address import host, parameter
from spiders.loopback import Reply, Request
from spiders.registry import engines

_SAVED = re.compile(rb"<!-- saved from url=\(\d+\)(\S+) -->")
_HEAD = 400  # bytes in which the mark stands
_FREE = Reply(b"User-agent: *\nAllow: /\n", type="text/plain")
_ABSENT = Reply(b"<!DOCTYPE html><html><head><title>404</title></head><body>Not recorded.</body></html>", 404)
_LOST = Reply(b"<!DOCTYPE html><html><head><title>500</title></head><body>Not recorded.</body></html>", 500)


def _listed(asked: str, words: list[str]) -> Any:
    return [asked, words]


# How each engine's service wraps its words; the reading side is `spiders.suggestions`.
_WRAPPED: dict[str, Callable[[str, list[str]], Any]] = {
    "bing": lambda _, words: {"s": [{"q": word} for word in words]},
    "baidu": lambda asked, words: {"q": asked, "g": [{"q": word} for word in words]},
    "naver": lambda asked, words: {"query": [asked], "items": [[[word] for word in words]]},
}


class RecordedWeb:
    """Answers of a loopback web from folders; `words` are suggestions by keyword, `robots` rules by host."""

    def __init__(
        self,
        folders: Iterable[Path],
        plan: Sequence[SerpQuery],
        *,
        words: Mapping[str, Sequence[str]] | None = None,
        robots: Mapping[str, str] | None = None,
    ) -> None:
        self._words, self._robots = words or {}, robots or {}
        self._pages: dict[str, Path] = {}
        self._cells: dict[tuple[str, str], Path] = {}
        for path in sorted(path for folder in folders for path in folder.glob("*.html")):
            self._add(path)
        self._engines = {host(engines()[cell.engine].url(cell)): cell.engine for cell in plan}
        self._proposing = {_place(url): cell.engine for cell in plan if (url := suggestions.address(cell))}

    def _add(self, path: Path) -> None:
        with path.open("rb") as stream:
            mark = _SAVED.search(stream.read(_HEAD))
        if mark is None:
            return
        url = mark[1].decode()
        engine = next((e for e in engines().values() if e.owns(url)), None)
        asked = parameter(url, *engine.query_parameters) if engine else ""
        if engine is not None and asked:
            self._cells[engine.name, asked] = path
        else:
            self._pages[_plain(url)] = path

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that answers."""
        return tuple(dict.fromkeys([*self._engines, *map(host, (*self._proposing, *self._pages))]))

    def __call__(self, request: Request) -> Reply:
        if request.path == "/robots.txt":
            rules = self._robots.get(request.host)
            return Reply(rules.encode(), type="text/plain") if rules else _FREE
        known = self._pages.get(_plain(request.url))
        if known is not None:
            return Reply(known.read_bytes())
        return self._proposed(request) or self._result_page(request) or _ABSENT

    def _proposed(self, request: Request) -> Reply | None:
        engine = self._proposing.get(_place(request.url))
        asked = next((value for value in _values(request.url) if value in self._words), None)
        if engine is None or asked is None:
            return None
        wrap = _WRAPPED.get(engine, _listed)
        body = json.dumps(wrap(asked, list(self._words[asked])), ensure_ascii=False).encode()
        return Reply(body, type="application/json")

    def _result_page(self, request: Request) -> Reply | None:
        """A search that nobody recorded is a server's error: it must not look like an answer."""
        name = self._engines.get(request.host)
        asked = parameter(request.url, *engines()[name].query_parameters) if name else ""
        if not name or not asked:
            return None
        path = self._cells.get((name, asked))
        return Reply(path.read_bytes()) if path is not None else _LOST


def _place(url: str) -> str:
    return url.partition("?")[0]


def _values(url: str) -> list[str]:
    return [unquote(pair.partition("=")[2].replace("+", " ")) for pair in url.partition("?")[2].split("&")]


def _plain(url: str) -> str:
    return unquote(url).rstrip("/")
