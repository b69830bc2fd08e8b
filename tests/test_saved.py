"""The import door: every container, built here, gives the same Page; broken and hostile ones are failures by name."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import UsageError
from audit.models import Page
from spiders import archive, saved
from spiders.archive import decode, inflate
from spiders.gate.wire import FetchError
from spiders.saved import expand, open_counted, open_file
from spiders.tree import MAX_BYTES

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EARLIER = datetime(2026, 2, 1, 12, tzinfo=UTC)
URL = "https://search.example/search?q=velmora"
HTML = "<!DOCTYPE html><html><head><title>Velmora – Suche</title></head><body>café</body></html>".encode()
HTML_TYPE = ("Content-Type", "text/html; charset=utf-8")
ANSWER = b'{"query": "velmora", "results": [], "unresponsive_engines": []}'


def keep(folder: Path, name: str, body: bytes, *, at: datetime = EARLIER) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def only(path: Path, url: str = "") -> Page:
    (page,) = open_file(path, url=url, now=NOW)
    return page


def warc(
    *records: tuple[str, list[tuple[str, str]], bytes], packed: bool = True, fields: dict[str, str] | None = None
) -> bytes:
    """A WARC of responses (address, headers with "status" first, stored body)."""
    made = [one_record("warcinfo", {}, b"software: test\r\n")]
    for url, headers, body in records:
        status = dict(headers).get("status", "200 OK")
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers if name != "status")]
        block = "\r\n".join([*lines, "", ""]).encode() + body
        made.append(one_record("response", {"WARC-Target-URI": url, **(fields or {})}, block))
    return b"".join(gzip.compress(record) if packed else record for record in made)


def one_record(kind: str, fields: dict[str, str], block: bytes) -> bytes:
    """One WARC record by ISO 28500; warcio's own writer leaves temporary files open."""
    digest = base64.b32encode(hashlib.sha1(block).digest()).decode()
    named = {
        "WARC-Type": kind,
        "WARC-Record-ID": "<urn:uuid:1>",
        "WARC-Date": "2026-02-03T04:05:06Z",
        "WARC-Block-Digest": f"sha1:{digest}",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
        **fields,
    }
    head = "\r\n".join(["WARC/1.0", *(f"{name}: {value}" for name, value in named.items()), "", ""])
    return head.encode() + block + b"\r\n\r\n"


# ---------------------------------------------------------------- one page in a file


def test_saved_html_keeps_its_bytes_with_their_digest_and_time(tmp_path: Path) -> None:
    page = only(keep(tmp_path, "page.html", HTML))
    assert page.body == HTML
    assert page.evidence is not None
    assert page.evidence.sha256 == hashlib.sha256(HTML).hexdigest()
    assert (page.evidence.size, page.evidence.file) == (len(HTML), "page.html")
    assert (page.fetched_at, page.source, page.failure, page.status) == (EARLIER, "import", "", None)


def test_file_of_tomorrow_is_of_now(tmp_path: Path) -> None:
    assert only(keep(tmp_path, "page.html", HTML, at=NOW + timedelta(days=1))).fetched_at == NOW


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (f"<!-- saved from url=(0039){URL} -->", URL),
        ("<!-- saved from url=(0014)about:internet -->", ""),
        (f"<!--\n Page saved with SingleFile \n url: {URL} \n-->", URL),
        (f'<meta name="savepage-url" content="{URL}&amp;hl=en">', URL + "&hl=en"),
        (f"<link rel=canonical href={URL}>", URL),
        (f'<link href="{URL}&amp;hl=en" rel="canonical">', URL + "&hl=en"),
        (f"<meta property='og:url' content='{URL}'>", URL),
        (f'<base href="{URL}">', URL),
        ('<base href="https://search.example/">', ""),
        ('<link rel="canonical" href="https://search.example">', ""),
        (
            '<base href="https://search.example/"><meta property="og:url" content="https://stars.example/velmora">',
            "https://stars.example/velmora",
        ),
        ('<link rel="canonical" href="/search?q=a">', ""),
        ('<link rel="canonical" href="javascript:alert(1)//x">', ""),
        ('<link rel="canonical" href="file:///home/me/page.html">', ""),
        ("", ""),
    ],
)
def test_address_is_found_only_where_it_says_more_than_a_front_page(tmp_path: Path, head: str, url: str) -> None:
    assert only(keep(tmp_path, "page.html", f"<html><head>{head}</head><body></body></html>".encode())).url == url


def test_the_callers_address_wins(tmp_path: Path) -> None:
    body = f"<!-- saved from url=(0039){URL} --><html></html>".encode()
    assert only(keep(tmp_path, "page.html", body), url="https://other.example/?q=1").url == "https://other.example/?q=1"


def test_extension_says_when_it_saved_the_page(tmp_path: Path) -> None:
    note = (
        f"<!--\n Page saved with SingleFile \n url: {URL} \n saved date: Sun Jan 18 2026 10:00:00 GMT+0100 (CET)\n-->"
    )
    page = only(keep(tmp_path, "page.html", note.encode() + HTML))
    assert page.fetched_at == datetime(2026, 1, 18, 9, tzinfo=UTC)


def test_suffix_does_not_decide(tmp_path: Path) -> None:
    page = only(keep(tmp_path, "response.html", ANSWER))
    assert page.header("content-type") == "application/json"
    assert page.body == ANSWER
    assert only(keep(tmp_path, "page.json", HTML)).header("content-type") == "text/html"


def test_xml_is_kept_as_it_is(tmp_path: Path) -> None:
    body = (
        b'<?xml version="1.0"?><!DOCTYPE y [<!ENTITY x SYSTEM "file:///etc/passwd">]><yandexsearch>&x;</yandexsearch>'
    )
    page = only(keep(tmp_path, "answer.xml", body))
    assert (page.body, page.header("content-type")) == (body, "application/xml")
    xhtml = b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"></html>'
    assert only(keep(tmp_path, "page.xhtml", xhtml)).header("content-type") == "text/html"


@pytest.mark.parametrize("body", [HTML, ANSWER])
def test_gzipped_page(tmp_path: Path, body: bytes) -> None:
    page = only(keep(tmp_path, "page.gz", gzip.compress(body)))
    assert page.body == body
    assert page.evidence is not None
    assert page.evidence.sha256 == hashlib.sha256(body).hexdigest()


# ---------------------------------------------------------------- MHTML


def mhtml(root: str, *, end: bool = True, extra: bool = True) -> bytes:
    picture = "--B\r\nContent-Type: image/png\r\nContent-Location: https://search.example/x.png\r\n\r\nPNG\r\n"
    frame = "--B\r\nContent-Type: text/html\r\nContent-ID: <frame-2@mhtml.blink>\r\n\r\n<html>frame</html>\r\n"
    return (
        "From: <Saved by Blink>\r\n"
        f"Snapshot-Content-Location: {URL}\r\nSubject: Velmora\r\n"
        "Date: Tue, 03 Feb 2026 04:05:06 -0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="B"\r\n\r\n'
        f"--B\r\n{root}\r\n{picture + frame if extra else ''}{'--B--' if end else ''}\r\n"
    ).encode()


def test_mhtml_gives_its_root_document(tmp_path: Path) -> None:
    root = (
        f"Content-Type: text/html\r\nContent-ID: <frame-1@mhtml.blink>\r\nContent-Location: {URL}\r\n"
        'Content-Transfer-Encoding: quoted-printable\r\n\r\n<html><body id=3D"a">caf=C3=A9</body></html>'
    )
    opened = open_counted(keep(tmp_path, "page.mhtml", mhtml(root)), now=NOW)
    (page,) = opened.pages
    assert page.body.decode() == '<html><body id="a">café</body></html>'
    assert page.url == URL
    assert page.fetched_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert page.evidence is not None
    assert page.evidence.record == "<frame-1@mhtml.blink>"
    assert opened.left_out == {"image/png": 1, "html for part": 1}


def test_mhtml_of_another_charset_in_base64_keeps_bytes_and_label(tmp_path: Path) -> None:
    body = "<html><body>отзывы о чайнике</body></html>".encode("cp1251")
    encoded = base64.encodebytes(body).decode()
    root = f"Content-Type: text/html; charset=windows-1251\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"
    page = only(keep(tmp_path, "page.mht", mhtml(root)))
    assert page.body == body
    assert page.header("content-type") == "text/html; charset=windows-1251"
    assert page.url == URL


def test_mhtml_cut_inside_its_root_is_truncated(tmp_path: Path) -> None:
    root = f"Content-Type: text/html\r\nContent-Location: {URL}\r\n\r\n<html><body>half a pa"
    page = only(keep(tmp_path, "page.mhtml", mhtml(root, end=False, extra=False)))
    assert (page.failure, page.body, page.url) == ("Truncated", b"", URL)


# ---------------------------------------------------------------- HAR


def entry(url: str, mime: str, text: str | None, **facts: Any) -> dict[str, Any]:
    content = {"mimeType": mime, "size": facts.pop("size", len(text or "")), **facts.pop("content", {})}
    if text is not None:
        content["text"] = text
    headers = [{"name": "content-type", "value": mime}, {"name": "Set-Cookie", "value": "SID=SECRET"}]
    sent = [{"name": "Sec-Fetch-Dest", "value": facts.pop("dest")}] if "dest" in facts else []
    return {
        "startedDateTime": "2026-02-03T05:05:06.000+01:00",
        "request": {"url": url, "headers": sent},
        "response": {"status": facts.pop("status", 200), "headers": headers, "content": content},
        **facts,
    }


def har(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}).encode()


def test_har_gives_documents_and_answers_of_known_apis(tmp_path: Path) -> None:
    packed = base64.b64encode(HTML).decode()
    body = har(
        entry("https://search.example/old", "text/html", "", status=302),
        entry(URL, "text/html; charset=utf-8", packed, content={"encoding": "base64"}, dest="document"),
        entry("https://ads.example/frame", "text/html", "<html></html>", dest="iframe"),
        entry("https://search.example/app.js", "application/javascript", "x()"),
        entry("https://search.example/suggest", "application/json", '["velmora"]', dest="empty"),
        entry("https://searx.example/search?q=velmora&token=SECRET", "application/json", ANSWER.decode(), dest="empty"),
    )
    opened = open_counted(keep(tmp_path, "session.har", body), now=NOW)
    first, second = opened.pages
    assert (first.url, first.status, first.body) == (URL, 200, HTML)
    assert first.fetched_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert second.body == ANSWER
    assert opened.left_out == {"redirect": 1, "html for iframe": 1, "application/javascript": 1, "other data": 1}
    assert "SECRET" not in "".join(page.model_dump_json() for page in opened.pages)


def test_har_saved_without_contents_says_so(tmp_path: Path) -> None:
    page = only(keep(tmp_path, "session.har", har(entry(URL, "text/html", None, size=90_000))))
    assert (page.failure, page.body, page.url) == ("DataLoss", b"", URL)


def test_har_keeps_a_refusal_with_its_status(tmp_path: Path) -> None:
    page = only(keep(tmp_path, "session.har", har(entry(URL, "text/html", "<html>slow down</html>", status=429))))
    assert (page.status, page.failure) == (429, "")


@pytest.mark.parametrize("cut", [30, 200])
def test_har_with_broken_json_is_a_failure(tmp_path: Path, cut: int) -> None:
    assert (
        only(keep(tmp_path, "session.har", har(entry(URL, "text/html", "<html></html>"))[:-cut])).failure == "DataLoss"
    )


def test_har_of_wrong_types_gives_no_page(tmp_path: Path) -> None:
    body = json.dumps(
        {"log": {"entries": [None, 7, {"response": []}, {"request": {"url": 3}, "response": {"status": "x"}}]}}
    )
    assert only(keep(tmp_path, "session.har", body.encode())).failure == "NotHtml"


# ---------------------------------------------------------------- WARC


@pytest.mark.parametrize("packed", [True, False])
def test_warc_gives_documents_with_status_date_and_record(tmp_path: Path, packed: bool) -> None:
    body = warc(
        ("https://search.example/old", [("status", "301 Moved"), HTML_TYPE], b""),
        (URL, [("status", "429 Too Many Requests"), HTML_TYPE, ("Set-Cookie", "SID=1")], HTML),
        ("https://search.example/x.png", [("Content-Type", "image/png")], b"PNG"),
        ("https://searx.example/search", [("Content-Type", "application/json")], ANSWER),
        packed=packed,
    )
    opened = open_counted(keep(tmp_path, "crawl.bin", body), now=NOW)
    page, answer = opened.pages
    assert (page.url, page.status, page.body) == (URL, 429, HTML)
    assert page.fetched_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert page.evidence is not None
    assert (page.evidence.record, page.evidence.file) == ("<urn:uuid:1>", "crawl.bin")
    assert page.header("set-cookie") == ""
    assert answer.body == ANSWER
    assert opened.left_out == {"redirect": 1, "image/png": 1}


def chunked(body: bytes, size: int = 40) -> bytes:
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_warc_bodies_are_joined_and_decoded(tmp_path: Path) -> None:
    headers = [HTML_TYPE, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    page = only(keep(tmp_path, "crawl.warc.gz", warc((URL, headers, chunked(gzip.compress(HTML))))))
    assert page.body == HTML
    assert page.evidence is not None
    assert page.evidence.sha256 == hashlib.sha256(HTML).hexdigest()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_warc_keeps_a_body_that_its_writer_decoded_already(tmp_path: Path, coding: str) -> None:
    headers = [HTML_TYPE, ("Content-Encoding", coding), ("Transfer-Encoding", "chunked")]
    assert only(keep(tmp_path, "crawl.warc.gz", warc((URL, headers, HTML)))).body == HTML


def test_warc_resource_type_of_the_crawler_leaves_frames_out(tmp_path: Path) -> None:
    body = warc((URL, [HTML_TYPE], HTML), fields={"WARC-Resource-Type": "xhr"})
    assert open_counted(keep(tmp_path, "a.warc.gz", body), now=NOW).left_out == {"html for xhr": 1}


def test_cut_warc_keeps_what_came_before_and_names_the_cut(tmp_path: Path) -> None:
    whole = warc((URL, [HTML_TYPE], HTML), (URL + "&p=2", [HTML_TYPE], os.urandom(5000)))
    first, second = open_file(keep(tmp_path, "a.warc.gz", whole[:-700]), now=NOW)
    assert (first.body, first.failure) == (HTML, "")
    assert (second.url, second.body, second.failure) == (URL + "&p=2", b"", "Truncated")


def test_cut_plain_warc_is_truncated(tmp_path: Path) -> None:
    page = only(keep(tmp_path, "a.warc", warc((URL, [HTML_TYPE], HTML), packed=False)[:-40]))
    assert (page.url, page.failure, page.body) == (URL, "Truncated", b"")


def test_altered_warc_record_is_data_loss(tmp_path: Path) -> None:
    body = warc((URL, [HTML_TYPE], HTML), packed=False)
    page = only(keep(tmp_path, "a.warc", body.replace(b"Velmora", b"Brewton")))
    assert (page.url, page.failure) == (URL, "DataLoss")


def test_warc_record_that_its_crawler_cut_is_truncated(tmp_path: Path) -> None:
    body = warc((URL, [HTML_TYPE], HTML), fields={"WARC-Truncated": "time"})
    assert only(keep(tmp_path, "a.warc.gz", body)).failure == "Truncated"


def test_warc_bomb_in_a_body_is_too_large_and_its_neighbour_lives(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(MAX_BYTES + 1))
    headers = [HTML_TYPE, ("Content-Encoding", "gzip")]
    first, second = open_file(
        keep(tmp_path, "a.warc.gz", warc((URL, headers, bomb), (URL, [HTML_TYPE], HTML))), now=NOW
    )
    assert (first.failure, first.body) == ("TooLarge", b"")
    assert second.body == HTML


def test_archive_that_unpacks_without_end_stops_at_the_budget() -> None:
    body = warc(
        (URL, [HTML_TYPE], HTML), (URL, [("Content-Type", "video/mp4")], bytes(3_000_000)), (URL, [HTML_TYPE], HTML)
    )
    records = list(archive.read_warc(io.BytesIO(body), total=1_000_000))
    assert records[0].body == HTML
    assert records[-1] == archive.Record(failure="TooLarge")


# ---------------------------------------------------------------- WACZ


def wacz(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as box:
        for name, body in members:
            box.writestr(name, body)
    return stream.getvalue()


def test_wacz_reads_its_archives_and_nothing_else(tmp_path: Path) -> None:
    good, bad = warc((URL, [HTML_TYPE], HTML)), warc(("https://evil.example/", [HTML_TYPE], b"<html>evil</html>"))
    body = wacz(
        ("archive/data.warc.gz", good),
        ("archive/../../evil.warc.gz", bad),
        ("/archive/evil.warc.gz", bad),
        ("archive/sub/evil.warc", bad),
        ("datapackage.json", b"{}"),
        ("pages/pages.jsonl", b"{}"),
    )
    page = only(keep(tmp_path, "site.wacz", body))
    assert (page.url, page.body) == (URL, HTML)
    assert [path.name for path in tmp_path.rglob("*")] == ["site.wacz"]


def test_zip_bomb_in_a_wacz_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = warc((URL, [("Content-Type", "video/mp4")], bytes(3_000_000)), packed=False)
    path = keep(tmp_path, "bomb.wacz", wacz(("archive/a.warc", record)))
    assert path.stat().st_size < 20_000
    assert list(archive.read_wacz(path, total=500_000))[-1].failure == "TooLarge"


def test_broken_wacz_and_plain_zip_are_no_pages(tmp_path: Path) -> None:
    whole = wacz(("archive/a.warc.gz", warc((URL, [HTML_TYPE], HTML))))
    assert only(keep(tmp_path, "cut.wacz", whole[:-30])).body == whole[:-30]
    damaged = whole.replace(b"\x1f\x8b", b"\x1f\x00", 1)
    assert only(keep(tmp_path, "bad.wacz", damaged)).failure == "DataLoss"
    plain = wacz(("page.html", HTML))
    assert only(keep(tmp_path, "some.zip", plain)).body == plain


# ---------------------------------------------------------------- bodies


def brotli(body: bytes) -> bytes:
    library: Any = pytest.importorskip("brotli", reason="no Brotli library here")
    packed: bytes = library.compress(body)
    return packed


def zstd(body: bytes) -> bytes:
    library: Any = pytest.importorskip("backports.zstd", reason="no Zstandard library here")
    packed: bytes = library.compress(body)
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli,
    "zstd": zstd,
}


@pytest.mark.parametrize("coding", PACKERS)
def test_every_coding_is_undone_capped_and_must_end(coding: str) -> None:
    headers = [("Content-Encoding", coding)]
    pack = PACKERS[coding]
    assert decode(pack(HTML), headers) == HTML
    noise = pack(os.urandom(3000))
    for broken, kind in (
        (noise[:-5], "Truncated"),
        (b"\xff\xfe not of this coding", "BadEncoding"),
        (pack(bytes(MAX_BYTES + 9)), "TooLarge"),
    ):
        with pytest.raises(FetchError) as error:
            decode(broken, headers)
        assert error.value.kind == kind


def test_deflate_without_its_head_and_two_codings() -> None:
    raw = zlib.compressobj(wbits=-15)
    assert decode(raw.compress(HTML) + raw.flush(), [("content-encoding", "deflate")]) == HTML
    assert decode(gzip.compress(zlib.compress(HTML)), [("content-encoding", "deflate, gzip")]) == HTML
    with pytest.raises(FetchError):
        decode(b"x", [("content-encoding", "gzip, gzip, gzip")])


@pytest.mark.parametrize("raw", [b"5\r\nabc", b"3\r\nabc\r\n", b"3\r\nabc\r\n9\r\nab"])
def test_chunks_that_stop_early_are_truncated(raw: bytes) -> None:
    with pytest.raises(FetchError, match="Truncated"):
        decode(raw, [("Transfer-Encoding", "chunked")])


def test_gzip_members_are_joined() -> None:
    assert inflate(gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"


# ---------------------------------------------------------------- broken and hostile files


def test_cut_gzip_and_noise_behind_its_mark(tmp_path: Path) -> None:
    assert only(keep(tmp_path, "a.gz", gzip.compress(os.urandom(4000))[:-9])).failure == "Truncated"
    assert only(keep(tmp_path, "b.gz", b"\x1f\x8b\x08 no gzip at all")).failure in ("BadEncoding", "Truncated")


def test_gzip_bomb_is_too_large(tmp_path: Path) -> None:
    page = only(keep(tmp_path, "page.html.gz", gzip.compress(bytes(MAX_BYTES + 1))))
    assert (page.failure, page.body) == ("TooLarge", b"")


def test_page_and_file_over_the_caps_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MAX_BYTES", 50)
    assert only(keep(tmp_path, "page.html", HTML)).failure == "TooLarge"
    monkeypatch.setattr(saved, "MAX_FILE", 40)
    assert only(keep(tmp_path, "page.json", ANSWER)).failure == "TooLarge"


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"\0" * 5000, b"<html>\0\0</html>", b"%PDF-1.7", b"PK\x03\x04", b"{", b"<", b"\xff\xfe"]
)
def test_odd_bytes_are_one_page_as_they_are(tmp_path: Path, body: bytes) -> None:
    page = only(keep(tmp_path, "odd", body))
    assert (page.body, page.failure) == (body, "")


def test_missing_file_folder_and_pipe_are_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "nowhere.html", tmp_path, tmp_path / "pipe", Path("a\0b")):
        with pytest.raises(UsageError) as error:
            open_file(path, now=NOW)
        assert error.value.mend


STARTS = [
    b"",
    b"\x1f\x8b\x08\x00",
    b"PK\x03\x04",
    b"WARC/1.0\r\n",
    b'{"log": {"entries": [',
    b"MIME-Version: 1.0\r\n",
    b"<?xml ",
    b"<html>",
]
GOOD = [
    HTML,
    ANSWER,
    gzip.compress(HTML),
    warc((URL, [HTML_TYPE, ("Transfer-Encoding", "chunked")], chunked(HTML))),
    warc((URL, [HTML_TYPE], HTML), packed=False),
    wacz(("archive/a.warc.gz", warc((URL, [HTML_TYPE], HTML)))),
    har(entry(URL, "text/html", HTML.decode())),
    mhtml(f"Content-Type: text/html\r\nContent-Location: {URL}\r\n\r\n<html></html>"),
]
QUIET = [HealthCheck.function_scoped_fixture]


@settings(max_examples=200, deadline=None, suppress_health_check=QUIET)
@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_random_bytes_never_raise(tmp_path: Path, start: bytes, rest: bytes) -> None:
    pages = open_file(keep(tmp_path, "random", start + rest), now=NOW)
    assert pages
    assert all(page.fetched_at <= NOW and page.evidence is not None for page in pages)


@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
@given(st.sampled_from(GOOD), st.data())
def test_damaged_containers_never_raise(tmp_path: Path, body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    noise = data.draw(st.binary(max_size=20))
    gone = data.draw(st.integers(0, 60))
    pages = open_file(keep(tmp_path, "damaged", body[:place] + noise + body[place + gone :]), now=NOW)
    assert pages
    assert all(not page.failure or page.body == b"" for page in pages)


# ---------------------------------------------------------------- folders


def test_expand_walks_folders_without_parts_of_pages(tmp_path: Path) -> None:
    names = [
        "b.html",
        "a.html",
        "a_files/frame.html",
        "deep/c.har",
        "deep/Seite-Dateien/x.html",
        ".hidden",
        ".git/y.html",
    ]
    for name in names:
        keep(tmp_path, name, HTML)
    found = expand([tmp_path, tmp_path / "a.html", tmp_path / "a_files" / "frame.html"])
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "a.html",
        "b.html",
        "deep/c.har",
        "a_files/frame.html",
    ]


def test_expand_names_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        expand([tmp_path / "nowhere"])
