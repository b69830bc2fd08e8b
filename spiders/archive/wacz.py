"""WACZ out: the evidence of a run as one file that replays in public viewers (WACZ 1.1.1, specs.webrecorder.net).

Holds the WARC as it is, an index (CDXJ), the list of pages, and SHA-256 of every part.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from spiders.archive.members import Member, members
from spiders.archive.visits import Visit, replay, stamp

WACZ_VERSION = "1.1.1"
_INDEXED = frozenset({"response", "resource"})


def export_wacz(warcs: Sequence[Path], out: Path, *, title: str, tool: str, at: datetime) -> int:
    """Write a WACZ of these WARCs beside and rename; returns how many pages it lists."""
    pages = [page for warc in warcs for page in _pages(warc)]
    draft = out.with_name(out.name + ".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as box:
        parts = [_add_file(box, warc) for warc in warcs]
        parts.append(_add(box, "indexes/index.cdx", _index(warcs)))
        parts.append(_add(box, "pages/pages.jsonl", _page_list(title, pages)))
        facts = _package(title, tool, at, parts, pages)
        package = _add(box, "datapackage.json", json.dumps(facts, ensure_ascii=False, indent=2).encode())
        seal = {"path": "datapackage.json", "hash": package["hash"]}
        _add(box, "datapackage-digest.json", json.dumps(seal).encode())
    draft.replace(out)
    return len(pages)


def _add(box: zipfile.ZipFile, path: str, body: bytes) -> dict[str, Any]:
    info = zipfile.ZipInfo(path)  # its own time is 1980: the same run gives the same file
    box.writestr(info, body)
    name = path.rpartition("/")[2]
    return {"name": name, "path": path, "hash": f"sha256:{hashlib.sha256(body).hexdigest()}", "bytes": len(body)}


def _add_file(box: zipfile.ZipFile, warc: Path) -> dict[str, Any]:
    """A WARC as it is, never held whole."""
    path, size, digest = f"archive/{warc.name}", 0, hashlib.sha256()
    info = zipfile.ZipInfo(path)
    info.file_size = warc.stat().st_size  # tells zipfile whether it needs the large format
    with warc.open("rb") as stream, box.open(info, "w") as out:
        while piece := stream.read(1 << 20):
            out.write(piece)
            digest.update(piece)
            size += len(piece)
    return {"name": warc.name, "path": path, "hash": f"sha256:{digest.hexdigest()}", "bytes": size}


def _package(
    title: str, tool: str, at: datetime, parts: Sequence[dict[str, Any]], pages: Sequence[dict[str, str]]
) -> dict[str, Any]:
    first = {"mainPageUrl": pages[0]["url"], "mainPageDate": pages[0]["ts"]} if pages else {}
    return {
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        "title": title,
        "created": stamp(at),
        "software": tool,
        **first,
        "resources": list(parts),
    }


def _page_list(title: str, pages: Sequence[dict[str, str]]) -> bytes:
    head = {"format": "json-pages-1.0", "id": "pages", "title": title}
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (head, *pages)).encode()


def _pages(warc: Path) -> Iterator[dict[str, str]]:
    """Every page that arrived, under the address it finally had."""
    with warc.open("rb") as stream:
        for entry in replay(stream, warc.name):
            if entry.visit is not None and entry.visit.record:
                yield _page(entry.visit)


def _page(visit: Visit) -> dict[str, str]:
    asked = f"{visit.cell.engine}: {visit.cell.keyword}" if visit.cell else visit.site or visit.asked
    id_ = hashlib.sha256(f"{visit.run}/{visit.number}".encode()).hexdigest()[:22]
    return {"id": id_, "url": visit.url or visit.asked, "ts": stamp(visit.at), "title": asked}


def _index(warcs: Sequence[Path]) -> bytes:
    return "".join(sorted(line for warc in warcs for line in _lines(warc))).encode()


def _lines(warc: Path) -> Iterator[str]:
    with warc.open("rb") as stream:
        for member in members(stream):
            fields = member.fields
            if fields.get("WARC-Type") not in _INDEXED:
                continue
            url = fields["WARC-Target-URI"]
            facts = {
                "url": url,
                **_http_facts(member),
                "digest": fields["WARC-Payload-Digest"],
                "length": str(member.end - member.begin),
                "offset": str(member.begin),
                "filename": warc.name,
            }
            moment = "".join(char for char in fields["WARC-Date"][:19] if char.isdigit())
            yield f"{surt(url)} {moment} {json.dumps(facts)}\n"


def _http_facts(member: Member) -> dict[str, str]:
    if member.fields["WARC-Type"] == "resource":
        return {"mime": member.fields.get("Content-Type", "").partition(";")[0], "status": "200"}
    lines = member.http
    kind = next((line[13:] for line in lines if line.lower().startswith("content-type:")), "")
    return {"mime": kind.partition(";")[0].strip(), "status": lines[0].split(" ")[1]}


def surt(url: str) -> str:
    """Sort-friendly form of an address, as indexes of web archives use it: `example,www)/path?a=1`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return url
    port = f":{parts.port}" if parts.port else ""
    host = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{host}{port}){(parts.path or '/').lower()}{'?' + query.lower() if query else ''}"
