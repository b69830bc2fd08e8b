"""Planted secrets, every way of failing, debug logs on: then every byte that was written is searched for them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import io
import json
import logging
import os
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from audit.brief import Brief, parse_brief
from audit.store import ArchiveEntry, Store
from spiders.apis import askable, keyring
from spiders.browser.fetch import Fetcher, Options
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.live import Live
from spiders.run import Run
from spiders.secret import variable
from tests.test_ask import HOSTS, OWN, SEVEN, HouseRule, snapshot_of
from tests.test_cli import run as command
from tests.web import FAULTS, Handler, Web, answer, raw, routes, whole

SWIFT = Manners(delay=0.0, jitter=0.0, total=2.0)
# What they protect -> a value with characters that every coding treats in its own way.
CANARIES = {
    name: f"CAN4RY-{number:02}/{name[::-1]}+={number}z"
    for number, name in enumerate(
        (
            *("brave_api.key", "yandex_api.key", "yandex_api.id", "naver_api.id", "naver_api.key", "serpapi.key"),
            *("dataforseo.user", "dataforseo.key", "searxng.user", "searxng.key", "openserp.user", "openserp.key"),
            *("smtp", "userinfo", "cookie", "database"),
        ),
        start=10,
    )
}
IN_FILE = ("brave_api.key", "naver_api.id", "naver_api.key", "searxng.user", "searxng.key", "serpapi.key")


def plain(name: str) -> str:
    """For the user name of an address, where most characters cannot stand."""
    return "".join(char for char in CANARIES[name] if char.isalnum())


# ---------------------------------------------------------------- the search


def forms(value: str) -> Iterator[bytes]:
    """A value as text, backwards, percent-coded, in JSON, in hexadecimal and in base64 at any of its three places."""
    for text in (value, value[::-1]):
        yield text.encode()
        yield quote(text, safe="").encode()
        yield quote(text, safe="").lower().encode()
        yield quote(text).encode()
        yield json.dumps(text).replace("/", "\\/")[1:-1].encode()
        yield text.encode().hex().encode()
        for code in (base64.b64encode, base64.urlsafe_b64encode):
            for shift in range(3):
                whole_code = code(bytes(shift) + text.encode() + bytes(3))
                yield whole_code[-(-shift * 8 // 6) : (shift + len(text)) * 8 // 6]


def layers(body: bytes, depth: int = 4) -> Iterator[bytes]:
    """The bytes and everything packed in them: gzip members, zip members, zlib, the cells of a database."""
    yield body
    if not depth:
        return
    for inner in (*_gzip(body), *_zip(body), *_zlib(body), *_cells(body)):
        yield from layers(inner, depth - 1)


def _gzip(body: bytes) -> Iterator[bytes]:
    if body.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(body)


def _zip(body: bytes) -> Iterator[bytes]:
    if body.startswith(b"PK"):
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(body)) as box:
            for info in box.infolist():
                yield info.filename.encode() + info.comment
                yield box.read(info)


def _zlib(body: bytes) -> Iterator[bytes]:
    if body[:1] == b"\x78":
        with contextlib.suppress(zlib.error):
            yield zlib.decompress(body)


def _cells(body: bytes) -> Iterator[bytes]:
    if not body.startswith(b"SQLite format 3\0"):
        return
    link = sqlite3.connect(":memory:")
    link.deserialize(body)
    for (table,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in link.execute(f'SELECT * FROM "{table}"'):
            yield from (cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)
    link.close()


def found(folder: Path, values: dict[str, str], leave: Sequence[str] = ()) -> set[str]:
    """`secret in file` for every secret found below a folder, but for the files that hold them by right."""
    wanted = {name: tuple(set(forms(value))) for name, value in values.items()}
    hits = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in leave):
        for layer in layers(path.read_bytes()):
            hits |= {f"{name} in {path.name}" for name, spelled in wanted.items() if any(s in layer for s in spelled)}
        named = str(path.relative_to(folder)).encode()
        hits |= {
            f"{name} is the name of {path}" for name, spelled in wanted.items() if any(s in named for s in spelled)
        }
    return hits


# ---------------------------------------------------------------- those who would leak


def echo(status: int, *, html: bool = False, **headers: str) -> Handler:
    """Says back whatever it was sent, in every coding, in body and headers: the worst an API can do to its user."""

    async def handle(request: Any, reader: Any, writer: Any) -> None:
        sent = await reader.readexactly(int(request.headers.get("content-length", 0)))
        known = f"{request.path} {request.headers} {sent.decode('utf-8', 'replace')}"
        tokens = [word for word in (*request.headers.values(), *request.path.split("=")) if len(word) > 5]
        coded = [base64.b64encode(f"{'x' * shift}{word}".encode()).decode() for word in tokens for shift in range(3)]
        told = {"error": f"no access for {known}", "tokens": tokens, "coded": coded, "percent": quote(known, safe="")}
        opened = [base64.b64decode(word.partition(" ")[2]).decode() for word in tokens if word.startswith("Basic ")]
        body = json.dumps(told | {"rawData": coded[0] if coded else "", "opened": opened}).encode()
        body = b"<html><body>" + body.replace(b"\\/", b"/") + b"</body></html>" if html else body
        echoed = {f"x_echo_{n}": quote(word, safe="+/=") for n, word in enumerate(tokens)}
        kind = "text/html" if html else "application/json"
        cookie = f"sid={CANARIES['cookie']}"
        writer.write(whole(status, body, content_type=kind, set_cookie=cookie, **headers, **echoed))
        await writer.drain()

    return handle


SITTINGS: tuple[tuple[Handler, ...], ...] = (
    (
        echo(200),
        echo(401),
        echo(403),
        echo(429, retry_after=quote(CANARIES["cookie"])),
        echo(500),
        echo(200, html=True),
    ),
    (
        echo(302, location="https://evil.example/?k=" + CANARIES["cookie"]),
        *(handler for handler, _ in list(FAULTS.values())[:5]),
    ),
    tuple(handler for handler, _ in list(FAULTS.values())[5:11]),
    tuple(handler for handler, _ in list(FAULTS.values())[11:17]),
    (
        echo(503, retry_after=quote(CANARIES["cookie"])),
        echo(404, html=True),
        raw(b"HTTP/1.1 200 OK\r\n\r\n"),
        answer(429),
        echo(418),
        echo(200),
    ),
)
BRIEF = """
store = "repaudit.sqlite"

[brand]
name = "Velmora"
domains = ["velmora.example"]

[[markets]]
country = "GB"
language = "en"
engines = {engines}
kinds = []
keywords = ["Velmora kettle"]

[collect]
suggestions = false
reviews = ["https://me:{userinfo}@reviews.example/velmora"]
"""


def brief_text(port: int) -> str:
    own = f"address = 'http://{OWN}:{port}'\nown_host = '{OWN}'\n"
    tables = (f"[providers.{n}]\nengines = ['{e}']\n{'' if n in HOSTS else own}" for e, n in SEVEN.items())
    return BRIEF.format(engines=json.dumps(list(SEVEN)), userinfo=plain("userinfo")) + "".join(tables)


async def sitting(folder: Path, number: int, handlers: Sequence[Handler]) -> tuple[Brief, str]:
    """One run with its store, evidence and snapshot; returns the brief and the token of the way out."""
    async with Web() as web:
        (folder / "brief.toml").write_text(brief_text(web.port), "utf-8")
        brief = parse_brief((folder / "brief.toml").read_text("utf-8"), providers=askable())
        for name, handler in zip((*HOSTS.values(), OWN), handlers, strict=True):
            await web.site(name, handler, tls="" if name == OWN else "good")
        await web.site("reviews.example", routes(robots_txt=answer(404), rest=echo(200, html=True)), tls="good")
        Path(os.environ["SSL_CERT_FILE"]).write_text(web.authority.root(), "utf-8")
        rule = HouseRule(web, {web.names[OWN][0][0]})
        place = folder / "repaudit.evidence" / f"r{number}"
        with Store.open(str(folder / "repaudit.sqlite")) as store:  # noqa: SIM117  (two lines are read more easily)
            with Run(place, tool="test", clock=lambda: datetime.now(UTC), keep=store.keep) as run:
                memory = (
                    store.memory if number == len(SITTINGS) - 1 else None
                )  # rests would keep later ones from asking
                async with Gate(memory, egress=web.egress(rule), manners=SWIFT) as gate:
                    token = urlsplit(gate.proxy.url).password or ""
                    with (folder / "told.txt").open("a", encoding="utf-8") as told:
                        live = Live(brief, run, gate, told=lambda line: print(line, file=told), keys=keyring(folder))
                        await live.collect(Fetcher(Options(program="")))
                finished = run.finish()
                id_ = store.save_snapshot(snapshot_of(brief, run.visits))
                for entry in finished:
                    store.save_archive(ArchiveEntry(place.name, entry.file, entry.size, entry.sha256, id_))
                run.seal()
        return brief, token


def commands(folder: Path) -> None:
    """What a user types afterwards, right and wrong; every stream goes to a file."""
    wrong = folder / "inputs"
    wrong.mkdir()
    text = (folder / "brief.toml").read_text("utf-8")
    key = CANARIES["serpapi.key"]
    bad = {
        "key.toml": text + f'key = "{key}"\n',
        "syntax.toml": f"store = {key}",
        "address.toml": text.replace("https://me:", "ftp://me:"),
        "store.toml": text.replace("repaudit.sqlite", f"postgresql://me:{plain('database')}@127.0.0.1:1/none"),
        "nothing.toml": text.replace("repaudit.sqlite", "empty.sqlite"),
        "scheme.toml": text.replace("repaudit.sqlite", f"mysql://me:{plain('database')}@127.0.0.1/none"),
    }
    for name, body in bad.items():
        (wrong / name).write_text(body, "utf-8")
    (wrong / "table.csv").write_text("keyword,position,url,date\nx,second,https://a.example/,2026-11-01\n", "utf-8")
    asked: list[tuple[str, ...]] = [
        ("positions", "brief.toml", "inputs/table.csv", "--engine", "google"),
        ("doctor", "brief.toml"),
        ("run", "brief.toml", "--replay", "repaudit.evidence/r0", "--json"),
        ("score", "brief.toml", "--json"),
        ("report", "brief.toml"),
        ("export", "brief.toml", "--wacz", "proof.wacz"),
        ("verify", "brief.toml"),
        ("report", "brief.toml", "--out", "none/such/report.html"),
        ("run", "brief.toml", "--replay", "nothing.warc.gz"),
        *(("score", f"inputs/{name}") for name in bad),
    ]
    for number, arguments in enumerate(asked):
        done = command(*arguments, cwd=folder)
        (folder / f"streams-{number:02}.txt").write_text(f"{arguments} {done.returncode}\n{done.stdout}{done.stderr}")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("canaries")
    tables: dict[str, dict[str, str]] = {}
    for name in IN_FILE:
        provider, _, secret = name.partition(".")
        tables.setdefault(provider, {})[secret] = CANARIES[name]
    lines = [f"[{p}]\n" + "".join(f'{s} = "{v}"\n' for s, v in held.items()) for p, held in tables.items()]
    (folder / "secrets.toml").write_text("".join(lines), "utf-8")
    (folder / "secrets.toml").chmod(0o600)
    log = logging.FileHandler(folder / "debug.log", encoding="utf-8")
    before = logging.getLogger().level
    logging.getLogger().addHandler(log)
    logging.getLogger().setLevel(logging.DEBUG)
    values = CANARIES | {"userinfo": plain("userinfo"), "database": plain("database")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "root.pem"))
        patch.setenv("REPAUDIT_SMTP_PASSWORD", CANARIES["smtp"])
        for name in set(CANARIES) - set(IN_FILE):
            provider, _, secret = name.partition(".")
            if secret:
                patch.setenv(variable(provider, secret), CANARIES[name])
        try:
            for number, handlers in enumerate(SITTINGS):
                _, token = asyncio.run(sitting(folder, number, handlers))
                values[f"proxy token {number}"] = token
            commands(folder)
        finally:
            logging.getLogger().setLevel(before)
            logging.getLogger().removeHandler(log)
            log.close()
    yield folder, values


Written = tuple[Path, dict[str, str]]


def test_no_byte_outside_the_secrets_file_holds_a_canary(written: Written) -> None:
    folder, values = written
    own = ["secrets.toml", "brief.toml", *(path.name for path in (folder / "inputs").iterdir())]
    assert len(values) >= 12 + len(SITTINGS)
    assert found(folder, values, leave=own) == set()


def test_the_run_was_what_it_should_be(written: Written) -> None:
    """Without these, silence would prove nothing: every kind of file is there, and every answer was kept."""
    folder, _ = written
    names = {path.name for path in folder.rglob("*")}
    assert {"repaudit.sqlite", "proof.wacz", "debug.log", "told.txt", "streams-00.txt"} <= names
    assert any(name.endswith(".html") for name in names)
    assert len(list(folder.rglob("*.warc.gz"))) == len(SITTINGS)
    told = (folder / "told.txt").read_text("utf-8")
    wanted = (
        "login",
        "access_denied",
        "rate_limit",
        "HttpStatus",
        "RedirectRefused",
        "DataLoss",
        "TooLarge",
        "Deadline",
    )
    assert [kind for kind in wanted if kind not in told] == []
    warcs = b"".join(gzip.decompress(path.read_bytes()) for path in folder.rglob("*.warc.gz"))
    assert b"no access for" in warcs
    assert b"***" in warcs
    assert b"X-Repaudit-Scrubbed" in warcs
    log = (folder / "debug.log").read_text("utf-8")
    assert "scrapy" in log or "Crawled" in log, "debug lines were written"
    assert "serpapi.com/search.json?***" in log, "addresses without their queries"
    assert log.count("api_key=") == log.count("api_key=***"), "and masked where a server's own words repeat them"
    streams = "".join(path.read_text("utf-8") for path in folder.glob("streams-*.txt"))
    assert "naver_api can be asked for naver (id, key)" in streams
    assert "a secret does not stand in a brief" in streams
    codes = {path.read_text("utf-8").partition("\n")[0][-1] for path in folder.glob("streams-*.txt")}
    assert codes == {"0", "2", "3", "4", "5", "6"}, "a right command, and errors of every branch a user can reach"


def test_the_search_finds_a_writer_that_leaks(written: Written, tmp_path: Path) -> None:
    """The same search over the same run, written by somebody careless: every secret in every wrapping."""
    _, values = written
    wrapped: dict[str, Any] = {
        "plain.log": lambda v: f"GET https://api.example/?api_key={v}".encode(),
        "percent.log": lambda v: quote(v, safe="").encode(),
        "back.txt": lambda v: v[::-1].encode(),
        "base.json": lambda v: base64.b64encode(f"someone:{v}:more".encode()),
        "hex.txt": lambda v: v.encode().hex().encode(),
        "page.warc.gz": lambda v: gzip.compress(b"first record") + gzip.compress(v.encode()),
        "proof.wacz": _zipped,
        "store.sqlite": _stored,
    }
    for name, wrap in wrapped.items():
        for number, value in enumerate(values.values()):
            place = tmp_path / f"{number}"
            place.mkdir(exist_ok=True)
            (place / name).write_bytes(wrap(value))
    hits = {name: found(tmp_path / f"{number}", {name: value}) for number, (name, value) in enumerate(values.items())}
    assert {name: {hit.rpartition(" ")[2] for hit in told} for name, told in hits.items()} == {
        name: set(wrapped) for name in values
    }


def _zipped(value: str) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("archive/data.warc.gz", gzip.compress(value.encode()))
    return box.getvalue()


def _stored(value: str) -> bytes:
    link = sqlite3.connect(":memory:")
    link.execute("CREATE TABLE pages (body BLOB)")
    link.execute("INSERT INTO pages VALUES (?)", (zlib.compress(b"<html>" + value.encode()),))
    link.commit()
    body = link.serialize()
    link.close()
    return body
