"""Bytes to text: what the bytes say wins over what labels say (reference: reliability section 3, charset)."""

from __future__ import annotations

import codecs
import contextlib
import re
import unicodedata

from bs4.dammit import EncodingDetector, UnicodeDammit

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_REFUSED = frozenset({"utf-7", "utf7", "x-user-defined", "replacement"})
# WHATWG: pages labelled with the narrow names are read with the wide table.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "iso-8859-1": "cp1252"}
_LONE = re.compile(r"(?<![^\x00-\x7f])[^\x00-\x7f](?![^\x00-\x7f])")
_HEAD = 4096
_STRETCH, _SAMPLE = 60, 65_536  # bytes of one stretch, and of all
_PIECE = 8_192  # bytes checked at once: small pieces stay in the cache, a whole page's text costs eight times as much
_TOLERANCE = 200  # one broken byte in 200 non-ASCII characters is a damaged UTF-8 page, not another encoding


def is_utf8(body: bytes) -> bool:
    """True where `decode` would give the bytes as they stand: strict UTF-8 without a byte order mark."""
    if body.startswith(codecs.BOM_UTF8):
        return False
    whole, start = memoryview(body), 0
    try:
        while start < len(whole):
            _, used = codecs.utf_8_decode(whole[start : start + _PIECE], "strict", start + _PIECE >= len(whole))
            start += used
    except UnicodeDecodeError:
        return False
    return True


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """Text of a page and the encoding used.

    Order: byte order mark, strict UTF-8 with any non-ASCII byte, header, meta, then detection. Strict UTF-8
    before labels because Cyrillic, Hangul and Han bytes of other encodings almost never pass as UTF-8.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace"), name
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    return _by_label(body, content_type) or _by_detection(body)


def _by_label(body: bytes, content_type: str) -> tuple[str, str] | None:
    match = _HEADER_CHARSET.search(content_type)
    labels = [match.group(1)] if match else []
    declared = EncodingDetector.find_declared_encoding(body[:_HEAD], is_html=True)
    labels += [declared] if declared else []
    for label in labels:
        name = _WIDER.get(label.lower(), label.lower())
        if name in _REFUSED or name.startswith("utf"):
            continue
        try:
            return body.decode(name), name
        except (ValueError, LookupError):  # a NUL in the label is a ValueError
            continue
    return None


def _by_detection(body: bytes) -> tuple[str, str]:
    """A page that is UTF-8 but for a few broken bytes stays UTF-8; else bs4's detector decides."""
    lenient = body.decode("utf-8", "replace")
    broken = lenient.count("�")
    if broken * _TOLERANCE <= len(lenient) - len(lenient.encode("ascii", "ignore")):
        return lenient, "utf-8"
    for name in ("gb18030", "cp949"):
        with contextlib.suppress(UnicodeDecodeError):
            text = body.decode(name)
            if _in_runs(text):
                return text, name
    sample = _sample(body)
    found = UnicodeDammit(sample, known_definite_encodings=[], is_html=True)
    detected = found.original_encoding if _is_other_script(found.unicode_markup or "") else None
    encoding = detected or "cp1252"  # what browsers take an unlabelled Latin page for
    return body.decode(encoding, "replace"), encoding


def _sample(body: bytes) -> bytes:
    """The stretches that are no UTF-8: they tell encodings apart. The decoder finds them faster than a search."""
    parts: list[bytes] = []
    view, place = memoryview(body), 0
    while len(parts) * _STRETCH < _SAMPLE:
        try:
            codecs.utf_8_decode(view[place:], "strict", True)
        except UnicodeDecodeError as error:
            start = place + error.start
            parts.append(body[start : start + _STRETCH])
            place = start + _STRETCH
        else:
            break
    return b"\n".join(parts)


def _is_other_script(text: str) -> bool:
    """Most of its foreign letters are not Latin: then the detector had something to go by."""
    foreign = [char for char in text[:_SAMPLE] if char > "\x7f" and char.isalpha()]
    return sum(not unicodedata.name(char, "").startswith("LATIN") for char in foreign) * 2 > len(foreign)


def _in_runs(text: str) -> bool:
    """Han and Hangul stand side by side; an accented letter read as one of them stands alone between Latin ones."""
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return 2 * len(_LONE.findall(text)) <= foreign
