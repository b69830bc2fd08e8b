"""The evidence of a run: written whole, replayed exactly, every alteration found, exported so that viewers open it."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator  # noqa: TID251

from audit.models import Outcome, Page, SerpQuery, Status
from spiders.archive.members import members, mend
from spiders.archive.visits import Archive, Capture, Context, Purpose, Replayed, Sent, Visit, replay
from spiders.archive.wacz import export_wacz, surt
from spiders.saved import open_file

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
URL = "https://search.example/search?q=velmora"
CELL = SerpQuery(engine="google", keyword="velmora", country="GB", language="en")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
CANARY = "k3y-th4t-0pens"
HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Encoding", "br"),
    ("Set-Cookie", f"session={CANARY}"),
    ("X-Api-Key", CANARY),
)


def visit(number: int, **more: object) -> Visit:
    context = Context(country="GB", language="en", device="desktop", user_agent="repaudit test")
    facts = {"run": "r1", "number": number, "purpose": Purpose.SERP, "asked": URL, "cell": CELL, "at": AT}
    return Visit.model_validate({**facts, "context": context, **more})


def page(body: bytes) -> Page:
    return Page(url=URL, status=200, headers=HEADERS, body=body, fetched_at=AT, source="browser")


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    """Four visits: rendered with a screenshot, as sent, failed, never asked."""
    path = tmp_path / "r1-1.warc.gz"
    with Archive(path, run="r1", tool="repaudit test", at=AT) as archive:
        sent = Sent(b"<html>sent</html>", HEADERS)
        archive.keep(visit(1), Capture(page(b"<html>rendered</html>"), sent=sent, screenshot=PNG))
        archive.keep(visit(2, purpose=Purpose.LANDING, cell=None), Capture(page("<p>люмивело</p>".encode())))
        lost = Page(url=URL, body=b"", fetched_at=AT, source="browser", failure="Reset")
        archive.keep(visit(3), Capture(lost))
        archive.keep(visit(4, skipped=Outcome(status=Status.SKIPPED, kind="robots")))
    return path


def read(path: Path) -> list[Replayed]:
    with path.open("rb") as stream:
        return list(replay(stream, path.name))


def test_replay_gives_back_what_was_kept(warc: Path) -> None:
    found = read(warc)
    assert [trouble for _, _, trouble in found] == ["", "", "", ""]
    visits, pages = [v for v, _, _ in found if v], [p for _, p, _ in found]
    assert [v.number for v in visits] == [1, 2, 3, 4]
    first, second, third, fourth = pages
    assert first is not None
    assert first.body == b"<html>rendered</html>"
    assert first.evidence is not None
    assert first.evidence.sha256 == hashlib.sha256(first.body).hexdigest()
    assert (first.evidence.warc, first.evidence.screenshot) == (warc.name, visits[0].screenshot)
    assert second is not None
    assert second.body.decode() == "<p>люмивело</p>"
    assert third is not None
    assert third.failure == "Reset"
    assert fourth is None
    assert visits[3].skipped == Outcome(status=Status.SKIPPED, kind="robots")
    assert visits[0].cell == CELL
    assert visits[0].context.country == "GB"


def test_the_same_visits_write_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "r1-1.warc.gz"
        with Archive(path, run="r1", tool="t", at=AT) as archive:
            archive.keep(visit(1), Capture(page(b"<html></html>")))
        made.append(path.read_bytes())
    assert made[0] == made[1]


def test_no_cookie_and_no_key_is_written(warc: Path) -> None:
    with warc.open("rb") as stream:
        for record in ArchiveIterator(stream):
            heads = str(record.rec_headers) + str(record.http_headers or "")
            assert CANARY not in heads + record.content_stream().read().decode("utf-8", "replace")


def test_another_reader_reads_it_with_right_digests(warc: Path) -> None:
    with warc.open("rb") as stream:
        records = [(r.rec_type, r.content_stream().read(), r.digest_checker.passed) for r in _checked(stream)]
    kinds = [kind for kind, _, _ in records]
    assert kinds == ["warcinfo", "response", "resource", "resource", "metadata"] + ["response", "metadata"] * 2 + [
        "metadata"
    ]
    assert records[1][1] == b"<html>sent</html>"
    assert all(passed is not False for _, _, passed in records)


def _checked(stream: io.BufferedReader) -> ArchiveIterator:
    return ArchiveIterator(stream, check_digests=True)


def test_every_bit_flip_is_named_or_changes_nothing(warc: Path) -> None:
    """300 flips; those in gzip headers change no content and are caught by the digest of the file."""
    whole, good = warc.read_bytes(), read(warc)
    generator = random.Random(7)
    named = 0
    for _ in range(300):
        broken = bytearray(whole)
        broken[generator.randrange(len(broken))] ^= 1 << generator.randrange(8)
        warc.write_bytes(broken)
        found = read(warc)
        if any(trouble for _, _, trouble in found):
            named += 1
        else:
            assert found == good
    assert named > 250


def test_a_body_swapped_for_another_is_named(tmp_path: Path) -> None:
    for name, text in (("a", b"<html>one</html>"), ("b", b"<html>two</html>")):
        (tmp_path / name).mkdir()
        with Archive(tmp_path / name / "r.warc.gz", run="r1", tool="t", at=AT) as archive:
            archive.keep(visit(1), Capture(page(text)))
    one, two = ((tmp_path / n / "r.warc.gz").read_bytes() for n in "ab")
    parts_one, parts_two = (list(members(io.BytesIO(w))) for w in (one, two))
    swapped = one[: parts_one[1][0]] + two[parts_two[1][0] : parts_two[1][1]] + one[parts_one[2][0] :]
    (tmp_path / "r.warc.gz").write_bytes(swapped)
    ((_, body, trouble),) = read(tmp_path / "r.warc.gz")
    assert body is None
    assert "missing or was altered" in trouble


@pytest.mark.parametrize("cut", [1, 40, 300, 700])
def test_torn_end_is_cut_back_to_the_last_whole_visit(warc: Path, cut: int) -> None:
    whole, good = warc.read_bytes(), read(warc)
    warc.write_bytes(whole[:-cut])
    assert mend(warc) > 0
    assert read(warc) == good[: len(read(warc))]
    assert len(read(warc)) in (2, 3)
    assert mend(warc) == 0
    with Archive(warc, run="r1", tool="t", at=AT) as archive:
        archive.keep(visit(9), Capture(page(b"<html>after</html>")))
    assert read(warc)[-1][0] is not None
    assert not any(trouble for _, _, trouble in read(warc))


def test_wacz_lists_pages_and_proves_its_parts(warc: Path, tmp_path: Path) -> None:
    out = tmp_path / "evidence.wacz"
    assert export_wacz([warc], out, title="Velmora", tool="repaudit test", at=AT) == 3
    with zipfile.ZipFile(out) as box:
        package = json.loads(box.read("datapackage.json"))
        for part in package["resources"]:
            assert part["hash"] == f"sha256:{hashlib.sha256(box.read(part['path'])).hexdigest()}"
        seal = json.loads(box.read("datapackage-digest.json"))
        assert seal["hash"] == f"sha256:{hashlib.sha256(box.read('datapackage.json')).hexdigest()}"
        pages = [json.loads(line) for line in box.read("pages/pages.jsonl").decode().splitlines()]
        lines = box.read("indexes/index.cdx").decode().splitlines()
        stored = box.read(f"archive/{warc.name}")
    assert [p["url"] for p in pages[1:]] == [URL] * 3
    assert lines == sorted(lines)
    facts = json.loads(lines[0].split(" ", 2)[2])
    part = stored[int(facts["offset"]) : int(facts["offset"]) + int(facts["length"])]
    record = next(iter(ArchiveIterator(io.BytesIO(part))))
    assert record.rec_headers.get_header("WARC-Target-URI") == facts["url"]


def test_wacz_comes_back_in_by_the_import_door(warc: Path, tmp_path: Path) -> None:
    export_wacz([warc], tmp_path / "evidence.wacz", title="Velmora", tool="t", at=AT)
    bodies = {p.body for p in open_file(tmp_path / "evidence.wacz", now=datetime(2026, 4, 1, tzinfo=UTC))}
    assert "<p>люмивело</p>".encode() in bodies


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://www.search.example/A?b=2&a=1", "example,search)/a?a=1&b=2"),
        ("http://search.example:8080", "example,search:8080)/"),
        ("urn:view:https://search.example/", "urn:view:https://search.example/"),
    ],
)
def test_surt(url: str, wanted: str) -> None:
    assert surt(url) == wanted
