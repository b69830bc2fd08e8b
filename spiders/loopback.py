"""A web on this machine: hosts by name, all answered on 127.0.0.1 under a certificate made on the spot.

The demonstration and the tests collect from it with the real browser and the real Scrapy. Whoever goes through its
`Door` can reach 127.0.0.1 at one port and nothing else in the world, and is asked without pauses: the hosts are this
machine, so there is nobody to be polite to.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import json
import os
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audit.errors import UsageError
from spiders.gate.client import Client
from spiders.gate.egress import Address, Connection, Egress, Rule, closed, system_dial
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners, Memory

HOME = "127.0.0.1"
UNHURRIED = Manners(delay=0.0, jitter=0.0)
"""Politeness off: for hosts of this machine only."""
_VALID = dt.timedelta(days=2)
_AUTHORITY = "repaudit loopback authority"
_TRUST = "SSL_CERT_FILE"  # what OpenSSL, and so Scrapy, takes for the system's list of authorities
_MEND = "Let a loopback web write it."


class Request(NamedTuple):
    host: str
    path: str
    """With its query."""

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


class Reply(NamedTuple):
    body: bytes
    status: int = 200
    type: str = "text/html; charset=utf-8"

    @property
    def sent(self) -> bytes:
        head = f"Content-Type: {self.type}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        return f"HTTP/1.1 {self.status} Status\r\n{head}".encode() + self.body


Answer = Callable[[Request], Reply]
Seen = Callable[[Request], None]


class Door(NamedTuple):
    """The way to a loopback web, small enough for a file: what `repaudit run --loopback FILE` reads."""

    port: int
    hosts: tuple[str, ...]
    root: str
    """Path of the authority's certificate."""
    pin: str
    """Digest of the one public key the browser may trust without it."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """`UsageError` where the file is no door."""
        try:
            said = json.loads(path.read_text("utf-8"))
            door = cls(int(said["port"]), tuple(map(str, said["hosts"])), str(said["root"]), str(said["pin"]))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UsageError(f"is no loopback web ({error}).", where=str(path), mend=_MEND) from None
        if not Path(door.root).is_file():
            raise UsageError("names a certificate that is not there.", where=str(path), mend=_MEND)
        return door

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self._asdict()), "utf-8")

    def gate(self, memory: Memory | None = None) -> Gate:
        """The one way out, led here: the same robots, suspensions and proxy, without pauses."""
        egress = Egress(_HomeRule(), resolve=self._resolve, dial=self._dial)
        trust = ssl.create_default_context(cafile=self.root)
        return Gate(memory, manners=UNHURRIED, egress=egress, client=Client(egress, tls=trust))

    @property
    def arguments(self) -> tuple[str, ...]:
        """For Chromium: this key is trusted beside the system's authorities."""
        return (f"--ignore-certificate-errors-spki-list={self.pin}",)

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Within it this process trusts the door's authority and no other."""
        before = os.environ.get(_TRUST)
        os.environ[_TRUST] = self.root
        try:
            yield
        finally:
            if before is None:
                del os.environ[_TRUST]
            else:
                os.environ[_TRUST] = before

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        if host not in self.hosts:
            raise socket.gaierror(socket.EAI_NONAME, "no host of this loopback web")
        return (HOME,)

    async def _dial(self, address: str, port: int) -> Connection:
        return await system_dial(HOME, self.port)


class _HomeRule(Rule):
    """The rule itself, but for this machine's one address."""

    def refusal(self, address: Address) -> str:
        return "" if address == ip_address(HOME) else closed(address)


class Loopback:
    """An async context manager: serves the hosts from entry to exit. `seen` is told of every request that arrives."""

    def __init__(self, hosts: Iterable[str], answer: Answer, *, seen: Seen | None = None) -> None:
        self.hosts = tuple(dict.fromkeys(hosts))
        self._answer, self._seen = answer, seen
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Door:
        within = os.environ.get("TMPDIR")  # of the sitting, which clears it after a crash too
        self._folder = tempfile.TemporaryDirectory(prefix="repaudit-web-", dir=within)
        folder = Path(self._folder.name)
        pin = make_certificates(folder, self.hosts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "host.pem")
        self._server = await asyncio.start_server(self._accept, HOME, 0, ssl=context)
        port = self._server.sockets[0].getsockname()[1]
        return Door(port, self.hosts, str(folder / "root.pem"), pin)

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._server.wait_closed()
        if self._folder is not None:
            self._folder.cleanup()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection; whoever goes away in between is nobody's fault."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            host = next((line[6:] for line in head if line.lower().startswith("host: ")), "")
            request = Request(host.partition(":")[0].lower(), head[0].split(" ")[1])
            if self._seen is not None:
                self._seen(request)
            writer.write(self._answer(request).sent)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except (OSError, EOFError, LookupError, asyncio.LimitOverrunError):
            return
        finally:
            writer.transport.abort()


# ---------------------------------------------------------------- certificates


def make_certificates(folder: Path, hosts: Sequence[str]) -> str:
    """An authority (`root.pem`) and one certificate for all hosts with its key (`host.pem`); the pin of that key."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate(_AUTHORITY, authority.public_key(), ca=True)
    leaf = _certificate("repaudit loopback web", key.public_key(), ca=False)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    signed = leaf.add_extension(names, critical=False).sign(authority, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "root.pem").write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(pem))
    (folder / "host.pem").write_bytes(private + signed.public_bytes(pem))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


def _certificate(name: str, key: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(_AUTHORITY))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _VALID)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
