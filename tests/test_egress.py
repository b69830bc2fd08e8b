"""No forbidden address is ever dialled: spellings, answers of the resolver, second looks; each with its naive case."""

from __future__ import annotations

import ast
import asyncio
import socket
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders import loopback
from spiders.gate.client import Client
from spiders.gate.egress import Connection, Egress, Rule, carried, closed, read_authority, read_host, read_target
from spiders.gate.wire import FetchError
from tests.web import FORBIDDEN, NoRule, Web

ROOT = Path(__file__).resolve().parent.parent

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::f7f7:f7f7",
    "2001:0:808:808:0:0:80ff:fffe",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:127.0.0.1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::2004",
]

SPELLINGS = [  # what systems, libraries and browsers have taken for 127.66.0.1, 127.0.0.1 or another inside address
    "2135031809",
    "0x7f420001",
    "0X7F420001",
    "017720400001",
    "0x7f.0x42.0x0.0x1",
    "0177.0102.0.01",
    "0177.66.0.1",
    "127.66.1",
    "127.4325377",
    "0x7f.66.0.1",
    "127.66.0.0x1",
    "127.66.0.1.",
    "127.066.0.1",
    "00000127.66.0.1",
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.000.000.001",
    "0",
    "0.0",
    "0x0",
    "00",
    "0.0.0.0",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.66.0.1]",
    "[::ffff:7f42:1]",
    "[0000:0000:0000:0000:0000:ffff:7f42:0001]",
    "[::127.66.0.1]",
    "[2002:7f42:1::]",
    "[64:ff9b::7f42:1]",
    "[2001:0:7f42:1::]",
    "[fe80::1%25lo]",
    "[fd00::1]",
    "[::ffff:10.0.0.1]",
    "10.0.0.1",
    "167772161",
    "0xa000001",
    "012.0.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "192.168.0.1",
    "192.168.1",
    "172.16.0.1",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "１２７.６６.０.１",
    "①②⑦.⑥⑥.⓪.①",
    "127。66。0。1",
    "127．66．0．1",
    "127｡66｡0｡1",
    "%31%32%37.66.0.1",
    "127%2e66%2e0%2e1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "intranet",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
]

SHAPES = [  # whole addresses that two readers read in two ways, or that are no web address
    "http://good.example@127.66.0.1/",
    "http://good.example:80@127.66.0.1/",
    "http://127.66.0.1@good.example/",
    "http://good.example\\@127.66.0.1/",
    "http://127.66.0.1\\.good.example/",
    "http:\\\\127.66.0.1/",
    "http://good.example\t@127.66.0.1/",
    "http://127.66.0.1\n.good.example/",
    " http://good.example/",
    "http://good.example /",
    "http://good.example:99999/",
    "http://good.example:0/",
    "http://good.example:22/",
    "http://good.example:8080/",
    "http://good.example:٨٠/",
    "http://good.example:80:80/",
    "http://[::1/",
    "http://[127.66.0.1]/",
    "http://[]/",
    "http:///etc/passwd",
    "http:good.example",
    "//good.example/",
    "http://.good.example/",
    "http://good..example/",
    "http://-good.example/",
    "http://good.example,127.66.0.1/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 130 + "example/",
    "http://good.example/" + "x" * 9000,
    "ftp://good.example/",
    "file:///etc/passwd",
    "gopher://127.66.0.1/",
    "data:text/html,x",
    "javascript:alert(1)",
    "ws://good.example/",
    "chrome://version",
    "",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_closed(address: str) -> None:
    assert closed(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_open(address: str) -> None:
    assert closed(ip_address(address)) == ""


@given(st.ip_addresses(v=4))
def test_what_an_ipv6_address_carries_decides(inner: object) -> None:
    inside = ip_address(str(inner))
    number = int(inside)
    for outer in (
        ip_address(0xFFFF << 32 | number),
        ip_address(0x64_FF9B << 96 | number),
        ip_address(0x2002 << 112 | number << 80 | 1),
    ):
        assert outer.version == 6
        assert carried(outer) == (inside,)
        assert bool(closed(outer)) is bool(closed(inside))


@pytest.mark.parametrize("host", SPELLINGS)
def test_spelling_is_refused(host: str) -> None:
    for read in (lambda: read_target(f"http://{host}/", Rule()), lambda: read_authority(f"{host}:80", Rule())):
        with pytest.raises(FetchError) as error:
            read()
        assert error.value.kind == "EgressRefused"


@pytest.mark.parametrize("url", SHAPES)
def test_shape_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as error:
        read_target(url, Rule())
    assert error.value.kind == "EgressRefused"


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("http://good.example", "http://good.example", "/"),
        ("HTTPS://Good.EXAMPLE./a?b=1#c", "https://good.example", "/a?b=1"),
        ("https://good.example:443/?q=a%5Cb", "https://good.example", "/?q=a%5Cb"),
        ("https://good.example:80/", "https://good.example:80", "/"),
        ("http://8.8.8.8/", "http://8.8.8.8", "/"),
        ("http://[2606:4700:4700:0::1111]/x", "http://[2606:4700:4700::1111]", "/x"),
        ("https://пример.example/поиск", "https://xn--e1afmkfd.example", "/поиск"),
        ("https://Straße.example/", "https://xn--strae-oqa.example", "/"),
        ("https://123.example/", "https://123.example", "/"),
        ("https://good.example/a@b", "https://good.example", "/a@b"),
    ],
)
def test_honest_address(url: str, origin: str, path: str) -> None:
    target = read_target(url, Rule())
    assert (target.origin, target.path) == (origin, path)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    for read in (read_target, read_authority, read_host):
        try:
            read(text, Rule())
        except FetchError as error:
            assert error.kind == "EgressRefused"


# ---------------------------------------------------------------- dialled addresses, counted at the listener


def ways(forbidden: str, dead: str) -> list[list[list[str]]]:
    """Answers of a resolver that lead inside: alone, behind or before a public one, and at the second look."""
    return [[[forbidden]], [[dead, forbidden]], [[forbidden, dead]], [[dead], [forbidden]]]


async def try_all(web: Web, rule: Rule | None) -> int:
    """Ask for every forbidden address in every way; how many tries there were."""
    client = Client(web.egress(rule), seconds=5)
    dead, tries = web.dead("dead.example"), 0
    for number, address in enumerate([FORBIDDEN, *PRIVATE]):
        for way, answers in enumerate(ways(address, dead)):
            name = f"n{number}w{way}.example"
            web.names[name] = [list(one) for one in answers]
            for _ in answers:
                tries += 1
                try:
                    await client.get(f"http://{name}:{web.port}/", 1000)
                except FetchError:
                    continue
    return tries


def test_no_answer_of_a_resolver_leads_inside() -> None:
    async def run(rule: bool) -> tuple[int, int, int]:
        async with Web() as web:
            tries = await try_all(web, None if rule else NoRule(web))
            return tries, len(web.accepts), max(web.lookups.values())

    tries, accepts, lookups = asyncio.run(run(rule=True))
    assert (tries, accepts) == (5 * (len(PRIVATE) + 1), 0)
    _, accepts, _ = asyncio.run(run(rule=False))
    assert accepts == 4 * (len(PRIVATE) + 1), "the naive case reaches the forbidden in every way"
    assert lookups == 2, "one look-up a connection, two connections in the rebinding case"


def test_the_checked_address_is_the_dialled_one() -> None:
    """Between check and dial there is no second look: a resolver that changes its mind is asked once."""

    async def run() -> None:
        async with Web() as web:
            await web.site("good.example")
            (address,) = web.names["good.example"][0]
            web.names["turncoat.example"] = [[address], [FORBIDDEN]]
            connection = await web.egress().open("turncoat.example", web.port)
            await connection.close()
            assert web.dials == [address]
            assert web.lookups["turncoat.example"] == 1
            with pytest.raises(FetchError, match="EgressRefused"):
                await web.egress().open("turncoat.example", web.port)
            assert web.accepts == []

    asyncio.run(run())


@pytest.mark.parametrize("answers", [[], ["nonsense"], ["127.20.0.1", "nonsense"], ["fe80::1%lo"]])
def test_a_resolver_is_not_trusted(answers: list[str]) -> None:
    async def run() -> None:
        async with Web() as web:
            await web.site("good.example")
            web.names["odd.example"] = [answers]
            with pytest.raises(FetchError) as error:
                await web.egress().open("odd.example", web.port)
            assert error.value.kind == ("EgressRefused" if answers else "Dns")
            assert web.dials == []

    asyncio.run(run())


def test_failures_are_named() -> None:
    async def run() -> dict[str, str]:
        kinds = {}
        async with Web() as web:
            web.dead("dead.example")
            await web.site("good.example")
            for host, port in (("dead.example", web.port), ("none.example", web.port), ("good.example", 25)):
                try:
                    await web.egress().open(host, port)
                except FetchError as error:
                    kinds[host] = error.kind
        return kinds

    assert asyncio.run(run()) == {"dead.example": "Connect", "none.example": "Dns", "good.example": "EgressRefused"}


def test_a_living_address_behind_a_dead_one_is_reached() -> None:
    async def run() -> None:
        async with Web() as web:
            await web.site("good.example")
            web.names["two.example"] = [[web.dead("dead.example"), web.names["good.example"][0][0]]]
            answer = await Client(web.egress()).get(f"http://two.example:{web.port}/", 1000)
            assert answer.status == 200

    asyncio.run(run())


WAY_OUT = {"egress.py", "client.py", "proxy.py", "post.py"}
LOOPBACK = ROOT / "spiders" / "loopback.py"
"""It serves the demonstration's web on this machine; `test_the_loopback_door_leads_home_only` holds it to that."""
SOCKETS = {"socket", "ssl", "http", "ftplib", "smtplib", "telnetlib", "aiohttp", "requests", "httpx", "urllib3"}


def test_there_is_no_other_way_out() -> None:
    """The rule has no setting; a subclass, a connection or a library of sockets elsewhere would be a second way."""
    for path in [p for room in ("audit", "spiders", "reports") for p in (ROOT / room).rglob("*.py")]:
        if path == LOOPBACK:
            continue
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        bases = {ast.unparse(base).rpartition(".")[2] for n in nodes if isinstance(n, ast.ClassDef) for base in n.bases}
        assert "Rule" not in bases, path.name
        if path.parent.name == "gate" and path.name in WAY_OUT:
            continue
        used = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
        assert not used & {"open_connection", "create_connection", "start_server", "urlopen"}, path.name
        imported = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
        imported |= {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom) and not n.level}
        assert not {name.partition(".")[0] for name in imported} & SOCKETS, path.name
        assert "urllib.request" not in imported, path.name


def test_the_loopback_door_leads_home_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rule admits 127.0.0.1 and nothing else that is closed, and whatever was resolved, 127.0.0.1 is dialled."""
    rule = loopback._HomeRule()
    closed_ones = ("127.0.0.2", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1", "fc00::1")
    assert rule.refusal(ip_address("127.0.0.1")) == ""
    assert all(rule.refusal(ip_address(address)) for address in closed_ones)
    dialled: list[tuple[str, int]] = []

    async def dial(address: str, port: int) -> Connection:
        dialled.append((address, port))
        raise OSError

    monkeypatch.setattr(loopback, "system_dial", dial)
    door = loopback.Door(port=4433, hosts=("shop.example",), root="", pin="")
    for address in ("127.0.0.2", "93.184.216.34"):
        with pytest.raises(OSError):
            asyncio.run(door._dial(address, 443))
    assert set(dialled) == {("127.0.0.1", 4433)}
    with pytest.raises(socket.gaierror):
        asyncio.run(door._resolve("elsewhere.example", 443))


def test_the_systems_own_resolver_and_dialler() -> None:
    """Names and connections of the machine itself, refused and not: no network is needed for loopback."""

    async def run() -> None:
        async with Web() as web:
            await web.site("good.example")
            egress = Egress()
            with pytest.raises(FetchError, match="EgressRefused: localhost leads to"):
                await egress.open("localhost", 80)
            with pytest.raises(FetchError, match="EgressRefused"):
                await egress.open(web.names["good.example"][0][0], 80)
            assert web.arrivals == []

    asyncio.run(run())
