"""robots.txt by RFC 9309: what a host lets us ask, and what follows where it does not say.

No file (4xx) allows everything. A server in trouble (5xx, 429, no answer, bad TLS) disallows everything, and so does
a page in the file's place (HTML, JSON: often a challenge), which is stricter than the RFC.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple
from urllib.parse import urljoin

from spiders.address import http
from spiders.gate.client import AGENT, Answer
from spiders.gate.wire import FetchError

READ_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB
HOPS = 5  # RFC 9309, 2.3.1.2: at least five redirects
FRESH_SECONDS = 86_400.0  # RFC 9309, 2.4: no copy older than 24 hours
TROUBLE_SECONDS = 600.0  # a server in trouble is asked again after this
NO_FILE_OF_RULES = "the answer is a page, not a file of rules"
LONGEST_DELAY = 86_400.0

Get = Callable[[str, int], Awaitable[Answer]]

_TOKEN = re.compile(r"[A-Za-z_-]+")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_PAGE = re.compile(rb"\s*[<{\[]|[^#\0]{0,1024}<(?:!doctype|html|head|body|script)\b", re.I)
_DELAY = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


class Copy(NamedTuple):
    """A robots.txt as fetched: its bytes (none where there is no file), or the trouble that stood in its place."""

    trouble: str
    body: bytes


class Line(NamedTuple):
    """One rule. `pieces` are the literal parts between the stars; `octets` is the length that decides."""

    allow: bool
    pattern: str
    pieces: tuple[str, ...]
    anchored: bool
    octets: int

    def matches(self, path: str) -> bool:
        """`path` in the form of `comparable`. Linear: each piece is searched behind the one before it."""
        if self.anchored and len(self.pieces) == 1:
            return path == self.pieces[0]
        first, *rest = self.pieces
        if not path.startswith(first):
            return False
        place, last = len(first), rest.pop() if self.anchored else ""
        for piece in rest:
            found = path.find(piece, place)
            if found < 0:
                return False
            place = found + len(piece)
        return not self.anchored or (path.endswith(last) and len(path) - len(last) >= place)

    def __str__(self) -> str:
        return f"{'Allow' if self.allow else 'Disallow'}: {self.pattern}"


class Verdict(NamedTuple):
    allowed: bool
    why: str = ""
    waivable: bool = False
    """A rule of the host's, which its user may set aside; nobody speaks for a server in trouble."""


class Robots(NamedTuple):
    """What a host lets us ask."""

    trouble: str = ""
    lines: tuple[Line, ...] = ()
    delay: float = 0.0
    """Crawl-delay in seconds: no part of the RFC, kept as a courtesy."""

    @classmethod
    def of(cls, copy: Copy, agent: str = AGENT) -> Robots:
        return cls(trouble=copy.trouble) if copy.trouble else parse(copy.body, agent)

    def verdict(self, path: str) -> Verdict:
        """May this path (with its query) be asked? The longest match decides, Allow where two are equal."""
        if self.trouble:
            return Verdict(False, f"robots.txt: {self.trouble}", self.trouble == NO_FILE_OF_RULES)
        form = comparable(path, wild=False)
        if form == comparable("/robots.txt", wild=False):
            return Verdict(True)
        matches = [line for line in self.lines if line.matches(form)]
        best = max(matches, key=lambda line: (line.octets, line.allow), default=None)
        if best is None or best.allow:
            return Verdict(True)
        return Verdict(False, f"robots.txt says {best}", waivable=True)


async def fetch(origin: str, get: Get) -> Copy:
    """The robots.txt of an origin, redirects followed. Raises `FetchError` only where the origin may not be dialled."""
    url = f"{origin}/robots.txt"
    for hop in range(HOPS + 1):
        try:
            answer = await get(url, READ_BYTES)
        except FetchError as error:
            if hop == 0 and error.kind == "EgressRefused":
                raise
            return Copy(str(error), b"")
        if not 300 <= answer.status < 400:
            return read(answer)
        location = answer.header("location")
        url = http(urljoin(url, location)) if location else ""
        if not url:
            return Copy(f"status {answer.status} leads nowhere", b"")
    return Copy(f"over {HOPS} redirects", b"")


def read(answer: Answer) -> Copy:
    """What an answer that is no redirect means."""
    if 400 <= answer.status < 500 and answer.status != 429:
        return Copy("", b"")
    if not 200 <= answer.status < 300:
        return Copy(f"status {answer.status}", b"")
    body = answer.body.removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(body) or b"\0" in body:
        return Copy(NO_FILE_OF_RULES, b"")
    return Copy("", answer.body)


def parse(body: bytes, agent: str = AGENT) -> Robots:
    """The rules for our product token: its own groups together, else those of `*`. Never raises."""
    groups: dict[str, list[tuple[str, str]]] = {}
    names: list[str] = []
    closed = False
    for key, value in _records(body):
        if key == "user-agent":
            names, closed = ([], False) if closed else (names, closed)
            names.append(_product(value))
            groups.setdefault(names[-1], [])
        elif key in ("allow", "disallow", "crawl-delay"):
            closed = closed or key != "crawl-delay"
            for name in dict.fromkeys(names):
                groups[name].append((key, value))
    own = groups.get(agent.lower(), groups.get("*", []))
    return Robots(lines=tuple(_lines(own)), delay=_delay(own))


def _records(body: bytes) -> Iterator[tuple[str, str]]:
    """Key and value of each line; a last line cut off by the limit is left out."""
    if len(body) >= READ_BYTES:
        body = body[: max(body.rfind(b"\n", 0, READ_BYTES), body.rfind(b"\r", 0, READ_BYTES)) + 1]
    for line in re.split(rb"[\r\n]+", body.removeprefix(b"\xef\xbb\xbf")):
        key, colon, value = line.partition(b"#")[0].decode("utf-8", "surrogateescape").partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _product(value: str) -> str:
    """`*`, or the product token before version and remarks, in lower case."""
    if value.startswith("*"):
        return "*"
    token = _TOKEN.match(value)
    return token.group().lower() if token else ""


def _lines(records: list[tuple[str, str]]) -> Iterator[Line]:
    for key, pattern in records:
        if key == "crawl-delay" or not pattern.startswith(("/", "*")):
            continue  # an empty Disallow forbids nothing
        anchored = pattern.endswith("$")
        body = pattern.removesuffix("$") if anchored else pattern
        first, *rest = (comparable(piece, wild=True) for piece in body.split("*"))
        kept = [piece for piece in rest[:-1] if piece] + rest[-1:]  # stars upon stars are one star
        yield Line(key == "allow", pattern, (first, *kept), anchored, _octets(pattern))


def _delay(records: list[tuple[str, str]]) -> float:
    values = [float(value) for key, value in records if key == "crawl-delay" and _DELAY.fullmatch(value)]
    return min(max(values, default=0.0), LONGEST_DELAY)


def comparable(text: str, *, wild: bool) -> str:
    """One form for all spellings (RFC 9309, 2.2.2): unreserved octets bare, all others as `%XX`.

    A path's own `*` and `$` are octets like others; a pattern's are gone before this is asked (`wild`).
    """
    path = text if wild else _without_dots(text)
    octets = _decoded_unreserved(path.encode("utf-8", "surrogateescape"))
    return _escaped(octets)


def _decoded_unreserved(raw: bytes) -> bytes:
    def bare(match: re.Match[bytes]) -> bytes:
        octet = int(match.group(1), 16)
        return bytes([octet]) if octet in _UNRESERVED else match.group().upper()

    return _ESCAPE.sub(bare, raw)


def _escaped(octets: bytes) -> str:
    parts = re.split(rb"(%[0-9A-F]{2})", octets)
    return "".join(
        part.decode() if place % 2 else "".join(chr(o) if o in _UNRESERVED else f"%{o:02X}" for o in part)
        for place, part in enumerate(parts)
    )


def _octets(pattern: str) -> int:
    """Length that decides between matches: octets of the pattern, an octet written `%61` counting as `a`."""
    raw = _decoded_unreserved(pattern.encode("utf-8", "surrogateescape"))
    return sum(1 if octet < 0x80 else 3 for octet in raw)


def _without_dots(path: str) -> str:
    """`/a/../search` is asked as `/search`, whoever sends it."""
    bare, mark, query = path.partition("?")
    kept: list[str] = []
    segments = re.sub(r"%2e", ".", bare, flags=re.I).split("/")
    for segment in segments[1:]:
        if segment == ".." and kept:
            kept.pop()
        elif segment not in (".", ".."):
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept) + mark + query
