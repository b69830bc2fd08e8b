"""A small web on loopback: named hosts on 127.20.0.x play the public, one listener on 127.66.0.1 the forbidden.

Nothing else is ever dialled: an address that is no stand-in (10.x, metadata, IPv6 ...) is led to the forbidden
listener by the dialler, so that a guard that lets it pass is counted there instead of reaching anybody's network.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import errno
import gzip
import hashlib
import socket
import ssl
import tempfile
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from spiders.gate.egress import Address, Connection, Egress, Rule, closed
from spiders.gate.egress import system_dial as dial_tcp

FORBIDDEN = "127.66.0.1"
PAGE = b"<html><head><title>Lumivelo</title></head><body><h1>Lumivelo</h1></body></html>"


class Request(NamedTuple):
    host: str
    method: str
    path: str
    headers: dict[str, str]


Handler = Callable[[Request, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def whole(status: int = 200, body: bytes = PAGE, **headers: str) -> bytes:
    """An answer as bytes; `retry_after="20"` is the header Retry-After."""
    lines = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body)), "connection": "close"}
    lines |= {key.replace("_", "-"): value for key, value in headers.items()}
    head = "".join(f"{key}: {value}\r\n" for key, value in lines.items() if value)
    return f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + body


def answer(status: int = 200, body: bytes = PAGE, **headers: str) -> Handler:
    return raw(whole(status, body, **headers))


def raw(data: bytes) -> Handler:
    async def handle(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return handle


def routes(**paths: Handler) -> Handler:
    """One handler per path; `robots_txt` is /robots.txt, `rest` is all others."""

    async def handle(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = request.path.partition("?")[0].strip("/").replace("/", "_").replace(".", "_")
        await paths.get(name, paths.get("rest", answer(404)))(request, reader, writer)

    return handle


class Web:
    """Hosts by name, all on one port; counts look-ups, dials, arrivals and accepts of the forbidden listener."""

    def __init__(self) -> None:
        self.port = 0
        self.names: dict[str, list[Sequence[str]]] = {}
        """Answers of each name: one set after the other, the last one again and again."""
        self.stand_ins: set[str] = set()
        self.lookups: Counter[str] = Counter()
        self.dials: list[str] = []
        self.accepts: list[str] = []
        """Connections the forbidden listener accepted."""
        self.arrivals: list[Request] = []
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._next = 1
        self.authority = Authority()

    async def __aenter__(self) -> Self:
        await self._listen(FORBIDDEN, "", answer(body=b"<html>secret</html>"), forbidden=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(server.wait_closed() for server in self._servers))
        self.authority.close()

    async def site(self, name: str, handler: Handler | None = None, *, tls: str = "") -> str:
        """A public host; its base address. `tls` is good, self_signed, expired or wrong_host."""
        address = f"127.20.0.{self._next}"
        self._next += 1
        self.stand_ins.add(address)
        self.names[name] = [[address]]
        context = self.authority.server(name, tls) if tls else None
        await self._listen(address, name, handler or answer(), tls=context)
        return f"{'https' if tls else 'http'}://{name}:{self.port}"

    def dead(self, name: str) -> str:
        """A public host where nothing listens; its address."""
        address = f"127.20.1.{len(self.names) + 1}"
        self.stand_ins.add(address)
        self.names[name] = [[address]]
        return address

    def egress(self, rule: Rule | None = None) -> Egress:
        return Egress(rule or LoopbackRule(self), resolve=self.resolve, dial=self.dial)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.lookups[host] += 1
        answers = self.names.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such host")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def dial(self, address: str, port: int) -> Connection:
        """A stand-in as it is; every other address becomes the forbidden listener."""
        self.dials.append(address)
        target = address if address in self.stand_ins else FORBIDDEN
        assert ip_address(target).is_loopback
        return await dial_tcp(target, self.port)

    async def _listen(
        self,
        address: str,
        name: str,
        handler: Handler,
        *,
        tls: ssl.SSLContext | None = None,
        forbidden: bool = False,
    ) -> None:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if forbidden:
                self.accepts.append(str(writer.get_extra_info("peername")[0]))
            task = asyncio.get_running_loop().create_task(self._serve(name, handler, reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        try:
            server = await asyncio.start_server(accept, address, self.port, ssl=tls)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                pytest.skip(f"this system does not answer on {address}; Linux has all of 127.0.0.0/8")
            raise
        self._servers.append(server)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(
        self, name: str, handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in head[1:]) if key}
            request = Request(name, method, path, headers)
            self.arrivals.append(request)
            await handler(request, reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort()


class LoopbackRule(Rule):
    """The rule itself, but for the stand-ins of a web and its port."""

    def __init__(self, web: Web) -> None:
        self._web = web

    @property
    def ports(self) -> frozenset[int]:  # type: ignore[override]
        return frozenset({80, 443, self._web.port})

    def refusal(self, address: Address) -> str:
        return "" if str(address) in self._web.stand_ins else closed(address)


class NoRule(LoopbackRule):
    """The naive case: dials whatever a spelling or an answer means to the system. The harness must catch it."""

    def refusal(self, address: Address) -> str:
        return ""

    def literal(self, host: str) -> Address | None:
        try:
            return ip_address(socket.inet_ntoa(socket.inet_aton(host)))
        except (OSError, UnicodeError):
            return super().literal(host)


class Authority:
    """Certificates for the hosts of a web, made when the first is asked for."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.pins: list[str] = []
        """Public keys of the hosts' certificates, for a browser that is to trust these and no other."""

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def client(self) -> ssl.SSLContext:
        """A context that trusts this authority and nobody else."""
        return ssl.create_default_context(cadata=self.root())

    def root(self) -> str:
        """Its own certificate as PEM."""
        root = self._certificate("Test authority", self._key, self._key, self._name)
        return root.public_bytes(serialization.Encoding.PEM).decode()

    def server(self, host: str, fault: str) -> ssl.SSLContext:
        self._folder = self._folder or tempfile.TemporaryDirectory()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        own = fault == "self_signed"
        certificate = self._certificate(
            "other.example" if fault == "wrong_host" else host,
            key,
            key if own else self._key,
            subject if own else self._name,
            expired=fault == "expired",
        )
        path = Path(self._folder.name) / f"{host}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.pins.append(base64.b64encode(hashlib.sha256(public).digest()).decode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _certificate(
        self,
        host: str,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        issuer: x509.Name,
        *,
        expired: bool = False,
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=3))
            .not_valid_after(now + dt.timedelta(days=-1 if expired else 1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host.replace(" ", "-"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=signer is key, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )


# ---------------------------------------------------------------- faults (reliability section 2.1)


async def hang(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says nothing until the other side gives up."""
    await reader.read()


async def drip(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A head, a few bytes of body, then nothing."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4000\r\n\r\n<html>")
    await writer.drain()
    await reader.read()


async def reset(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """RST instead of an answer."""
    linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def reset_in_body(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body without length, then RST: a careless proxy turns it into a whole page."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html><body>half")
    await writer.drain()
    await asyncio.sleep(0)
    await reset(request, reader, writer)


async def endless(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body without length and without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    while not writer.transport.is_closing():
        writer.write(b"x" * 65_536)
        await writer.drain()


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n", **headers: str) -> Handler:
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end
    return raw(whole(200, body, transfer_encoding="chunked", content_length="", **headers))


_ZIPPED = gzip.compress(PAGE * 400)

FAULTS: dict[str, tuple[Handler, str]] = {
    "reset": (reset, "Reset"),
    "nothing": (raw(b""), "Reset"),
    "half_head": (raw(b"HTTP/1.1 200 OK\r\nContent-"), "BadHttp"),
    "bad_status_line": (raw(b"HELLO\r\n\r\n"), "BadHttp"),
    "huge_head": (raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n"), "TooLarge"),
    "interim_only": (raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 9), "BadHttp"),
    "length_over_body": (answer(content_length="9999"), "DataLoss"),
    "two_lengths": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), "LengthDoubt"),
    "bad_chunk": (chunked(PAGE, end=b"zz\r\n\r\n"), "DataLoss"),
    "no_last_chunk": (chunked(PAGE, end=b""), "DataLoss"),
    "cut_gzip": (answer(body=_ZIPPED[:-9], content_encoding="gzip"), "Truncated"),
    "no_gzip": (answer(content_encoding="gzip"), "BadEncoding"),
    "unknown_encoding": (answer(content_encoding="snappy"), "BadEncoding"),
    "gzip_bomb": (answer(body=gzip.compress(bytes(20_000_000)), content_encoding="gzip"), "TooLarge"),
    "double_gzip": (
        answer(body=gzip.compress(gzip.compress(bytes(20_000_000))), content_encoding="gzip, gzip"),
        "TooLarge",
    ),
    "hang": (hang, "Deadline"),
    "slow_body": (drip, "Deadline"),
}
"""Name -> what the host does, and the name our own client gives it."""


# ---------------------------------------------------------------- pages that eat memory or time in a browser


def swelling(megabytes: int) -> bytes:
    """Some kilobytes of gzip that inflate to so many MiB of blanks, and then do not end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * 1_048_576) + packer.flush(zlib.Z_FULL_FLUSH)  # the same wherever it stands
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + block * megabytes


def scripted(script: str) -> Handler:
    return answer(
        body=f"<html><head><title>Lumivelo</title></head><body><script>{script}</script></body></html>".encode()
    )


HUNGRY: dict[str, Handler] = {
    "script_bomb": routes(
        bomb_js=answer(body=swelling(2_000), content_encoding="gzip", content_type="text/javascript"),
        rest=answer(body=b"<html><body><h1>Lumivelo</h1><script src=/bomb.js></script></body></html>"),
    ),
    "style_bomb": routes(
        bomb_css=answer(body=swelling(2_000), content_encoding="gzip", content_type="text/css"),
        rest=answer(body=b"<html><head><link rel=stylesheet href=/bomb.css></head><body>Lumivelo</body></html>"),
    ),
    "fetch_bomb": routes(
        bomb_bin=answer(body=swelling(2_000), content_encoding="gzip", content_type="text/plain"),
        rest=scripted(
            "const all = []; onload = null; document.write('<p>'); "
            "for (let n = 0; n < 4; n++) { const x = new XMLHttpRequest(); x.open('GET', '/bomb.bin', false); "
            "x.send(); all.push(x.responseText); }"
        ),
    ),
    "hungry_script": scripted("const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1));"),
    "hungry_heap": scripted("const all = []; for (;;) all.push(Array.from({length: 1000}, (_, n) => ({n})));"),
    "busy_script": scripted("for (;;);"),
}
"""What only a browser runs: each must end as TooLarge, BrowserCrashed or Deadline."""
