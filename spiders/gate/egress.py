"""Which addresses may be dialled, decided on the very address that is dialled.

A name is resolved once, every answer must be a public unicast address, and the checked address itself is dialled, so
that neither a second answer nor a second look-up (DNS rebinding) can lead inside. Hosts spelled to mislead (decimal,
octal, hexadecimal, user names, backslashes) are refused before any look-up.

One exception, for APIs only: a host of the user's own that the brief names, at its one port. Result pages never get it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import unicodedata
from collections.abc import Collection, Sequence
from copy import copy
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple, Protocol, Self
from urllib.parse import SplitResult, urlsplit

from spiders.gate.wire import HEAD_BYTES, FetchError

Address = IPv4Address | IPv6Address

RESOLVE_SECONDS = 10.0
DIAL_SECONDS = 5.0  # for each address of a name
DIALS = 3  # addresses of a name that are tried
PORTS = frozenset({80, 443})
URL_LENGTH = 8_192  # characters; longer ones are no result page's

# Not public, by the IANA IPv4 special-purpose registry (RFC 6890 and its updates, read 2026-11), plus multicast,
# reserved space, and the one public address that is a cloud's own control service.
_CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; many systems dial it as loopback
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata at 100.100.100.200
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's host service
            "169.254.0.0/16",  # link-local, and most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_CLOUDS = frozenset(map(ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254")))  # Azure, Alibaba, AWS
_OPEN_6 = IPv6Network("2000::/3")  # all global unicast there is
_CLOSED_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))  # protocols, documentation
_TEREDO = IPv6Network("2001::/32")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # upper half of the interface identifier (RFC 5214)

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")


def closed(address: Address) -> str:
    """Why this address is not public, or "". What a tunnel address carries must be public as well."""
    if isinstance(address, IPv4Address):
        return next((f"{address} is in {net}" for net in _CLOSED_4 if address in net), "")
    if address.scope_id:
        return f"{address} is of one link"
    for inner in carried(address):
        if closed(inner):
            return f"{address} carries {closed(inner)}"
    if address.ipv4_mapped or address in _NAT64 or address in _TEREDO:
        return ""
    if address not in _OPEN_6:
        return f"{address} is outside {_OPEN_6}"
    return next((f"{address} is in {net}" for net in _CLOSED_6 if address in net), "")


def carried(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """IPv4 addresses an IPv6 address leads to: mapped, NAT64, 6to4, Teredo (server and client), ISATAP."""
    number = int(address)
    low = IPv4Address(number & 0xFFFF_FFFF)
    if address.ipv4_mapped or address in _NAT64:
        return (low,)
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    return (low,) if (number >> 32) & 0xFFFF_FFFF in _ISATAP else ()


def own_refusal(address: Address) -> str:
    """Why even an own host may not be there, or "": link-local, multicast and unspecified, and clouds' own services."""
    inner = carried(address) if isinstance(address, IPv6Address) else ()
    if any(one.is_link_local or one.is_multicast or one.is_unspecified or one in _CLOUDS for one in (address, *inner)):
        return f"{address} is no host of anybody's own"
    return ""


class OwnHost(NamedTuple):
    """A service of the user's own, as the brief names it: this very host (lower case) at this very port."""

    host: str
    port: int


class Rule:
    """What may be dialled. Not configurable: only a web that is loopback as a whole puts another in its place.

    `admitting` gives a copy for requests to the user's own APIs, and no others.
    """

    ports: frozenset[int] = PORTS
    _own: frozenset[OwnHost] = frozenset()

    def admitting(self, own: Collection[OwnHost]) -> Self:
        rule = copy(self)
        rule._own = frozenset(own)
        return rule

    def refusal(self, address: Address) -> str:
        return closed(address)

    def literal(self, host: str) -> Address | None:
        """The address a host is, None where it is a name; `FetchError` where it is spelled to mislead."""
        if ":" in host:
            return _ipv6(host)
        if not _NUMBER.fullmatch(host.rpartition(".")[2]):
            return None
        try:
            return IPv4Address(host)
        except AddressValueError:
            raise _refused(f"{host[:60]!r} is an address in disguise") from None

    def is_own(self, host: str, port: int) -> bool:
        """True for a service of the user's own, whose address may be private."""
        return OwnHost(host, port) in self._own

    def check_port(self, port: int) -> None:
        if port not in self.ports:
            raise _refused(f"port {port} is not one of {', '.join(map(str, sorted(self.ports)))}")


class Target(NamedTuple):
    """An address read strictly. `path` includes the query; the host is in lower case and ASCII."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port, as the Host header writes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


def read_target(url: str, rule: Rule) -> Target:
    """The parts of an http(s) address; `FetchError` EgressRefused for anything two readers could read in two ways."""
    if len(url) > URL_LENGTH or "\\" in url or any(ord(char) <= 0x20 or ord(char) == 0x7F for char in url):
        raise _refused("blanks, control characters, a backslash, or too long")
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", _port(parts)
    except ValueError as error:
        raise _refused(f"no address: {error}") from None
    if scheme not in ("http", "https"):
        raise _refused(f"scheme {scheme[:20]!r}")
    if "@" in parts.netloc or not host:
        raise _refused("a user name before the host, or no host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme, *_place(host, port, rule), path)


def read_authority(text: str, rule: Rule) -> tuple[str, int]:
    """Host and port of a CONNECT request, read as strictly."""
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise _refused("an address without brackets")
    if not _PORT.fullmatch(port):
        raise _refused("no port")
    return _place(host, int(port), rule)


def _place(host: str, port: int, rule: Rule) -> tuple[str, int]:
    if rule.is_own(host.lower(), port):
        return host.lower(), port
    name = read_host(host, rule)
    rule.check_port(port)
    return name, port


def read_host(host: str, rule: Rule) -> str:
    """The host in ASCII and lower case without final dot; addresses in their one spelling."""
    name = _ascii(host).removesuffix(".")
    literal = rule.literal(name)
    if literal is not None:
        if refusal := rule.refusal(literal):
            raise _refused(refusal)
        return str(literal)
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise _refused(f"{host[:60]!r} is no public host name")
    return name


def _port(parts: SplitResult) -> int:
    _, _, tail = parts.netloc.rpartition("]")[2].partition(":")
    if tail and not _PORT.fullmatch(tail):
        raise ValueError("the port is no number")
    return int(tail) if tail else 443 if parts.scheme.lower() == "https" else 80


def _ascii(host: str) -> str:
    """Other scripts as browsers map them, close enough: whatever differs is a name that does not exist."""
    if host.isascii():
        return host.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).lower()).replace("\u3002", ".")
    labels = folded.split(".")
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def _ipv6(host: str) -> Address:
    try:
        return IPv6Address(host)
    except AddressValueError:
        raise _refused(f"{host[:60]!r} is no address") from None


def _refused(why: str) -> FetchError:
    return FetchError("EgressRefused", why)


class Resolver(Protocol):
    """Every address of a name, as text. Raises `OSError` where there is none."""

    async def __call__(self, host: str, port: int) -> Sequence[str]: ...


class Dialler(Protocol):
    """A TCP connection to a literal address. Raises `OSError`."""

    async def __call__(self, address: str, port: int) -> Connection: ...


class Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def close(self) -> None:
        """Close and wait; never raises for a peer that is gone already."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            return


async def system_resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


async def system_dial(address: str, port: int) -> Connection:
    return Connection(*await asyncio.open_connection(address, port, limit=HEAD_BYTES))


class Egress:
    """The only place that opens a connection to the outside."""

    def __init__(
        self, rule: Rule | None = None, *, resolve: Resolver = system_resolve, dial: Dialler = system_dial
    ) -> None:
        self.rule = rule or Rule()
        self._resolve, self._dial = resolve, dial

    def admitting(self, own: Collection[OwnHost]) -> Egress:
        """The same way out, and to these own hosts besides."""
        return Egress(self.rule.admitting(own), resolve=self._resolve, dial=self._dial)

    async def open(self, host: str, port: int) -> Connection:
        """A connection to a host that `read_host` read. `FetchError` EgressRefused, Dns, Connect or Deadline."""
        if not self.rule.is_own(host, port):
            self.rule.check_port(port)
        failure = FetchError("Connect", "no address answered")
        for address in (await self._addresses(host, port))[:DIALS]:
            try:
                async with asyncio.timeout(DIAL_SECONDS):
                    return await self._dial(str(address), port)
            except TimeoutError:
                failure = FetchError("Deadline", f"{host} did not answer in {DIAL_SECONDS:g} s")
            except OSError as error:
                failure = FetchError("Connect", f"{host}: {error.strerror or type(error).__name__}")
        raise failure

    async def _addresses(self, host: str, port: int) -> list[Address]:
        """The addresses of a host, once; one that is not public spoils all, whatever its place in the answer."""
        refused = own_refusal if self.rule.is_own(host, port) else self.rule.refusal
        literal = self.rule.literal(host)
        found = [literal] if literal is not None else [_answer(text) for text in await self._ask(host, port)]
        for address in found:
            if refusal := refused(address):
                raise _refused(f"{host} leads to {refusal}" if literal is None else refusal)
        return found

    async def _ask(self, host: str, port: int) -> Sequence[str]:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await self._resolve(host, port)
        except TimeoutError:
            raise FetchError("Dns", f"no answer for {host} in {RESOLVE_SECONDS:g} s") from None
        except (OSError, UnicodeError):
            raise FetchError("Dns", f"{host} has no address") from None
        if not found:
            raise FetchError("Dns", f"{host} has no address")
        return found


def _answer(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError:
        raise _refused(f"the resolver answered {text[:60]!r}") from None
