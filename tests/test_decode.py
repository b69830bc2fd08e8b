"""Encodings undone: whole or named, never half, never over the cap."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from spiders.gate.decode import DECODED_BYTES, MEMBERS, decoded
from spiders.gate.wire import FetchError

TEXT = b"<html>" + bytes(range(256)) * 200 + b"</html>"
brotli: Any = import_module("brotli")
zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("name", PACK)
def test_whole(name: str) -> None:
    assert decoded(PACK[name](TEXT), name) == TEXT
    assert decoded(PACK[name](TEXT), f" {name.upper()} ") == TEXT
    assert decoded(PACK[name](b""), name) == b""


@pytest.mark.parametrize("encodings", ["", "identity", "identity, "])
def test_none(encodings: str) -> None:
    assert decoded(TEXT, encodings) == TEXT


def test_other_wholes() -> None:
    assert decoded(raw_deflate(TEXT), "deflate") == TEXT
    assert decoded(gzip.compress(TEXT) + gzip.compress(b"more"), "gzip") == TEXT + b"more"
    assert decoded(zstd.compress(TEXT) + zstd.compress(b"more"), "zstd") == TEXT + b"more"
    assert decoded(gzip.compress(TEXT) + bytes(8), "gzip") == TEXT, "padding behind the end"
    assert decoded(gzip.compress(brotli.compress(TEXT)), "br, gzip") == TEXT
    assert decoded(b"", "gzip") == b"", "an empty body has no stream"


@pytest.mark.parametrize("name", PACK)
@pytest.mark.parametrize("missing", [1, 8, 40])
def test_cut(name: str, missing: int) -> None:
    with pytest.raises(FetchError) as error:
        decoded(PACK[name](TEXT)[:-missing], name)
    assert error.value.kind == "Truncated"


@pytest.mark.parametrize("name", PACK)
def test_other_bytes(name: str) -> None:
    with pytest.raises(FetchError) as error:
        decoded(b"<html>no stream at all</html>", name)
    assert error.value.kind in ("BadEncoding", "Truncated")


@pytest.mark.parametrize("encodings", ["snappy", "gzip, snappy", "gzip, gzip, gzip", "compress"])
def test_unknown(encodings: str) -> None:
    with pytest.raises(FetchError) as error:
        decoded(gzip.compress(TEXT), encodings)
    assert error.value.kind == "BadEncoding"


@pytest.mark.parametrize("name", PACK)
def test_at_and_over_the_cap(name: str) -> None:
    assert decoded(PACK[name](bytes(1000)), name, 1000) == bytes(1000)
    with pytest.raises(FetchError) as error:
        decoded(PACK[name](bytes(1001)), name, 1000)
    assert error.value.kind == "TooLarge"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_stopped_at_the_cap(name: str) -> None:
    """Sixteen times the cap: memory stays near one cap, and a second layer does not help."""
    bomb = PACK[name](bytes(16 * DECODED_BYTES))
    tracemalloc.start()
    try:
        for body, encodings in ((bomb, name), (gzip.compress(bomb), f"{name}, gzip")):
            with pytest.raises(FetchError) as error:
                decoded(body, encodings)
            assert error.value.kind == "TooLarge"
        assert tracemalloc.get_traced_memory()[1] < 4 * DECODED_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_thousands_of_members_are_refused(name: str) -> None:
    with pytest.raises(FetchError) as error:
        decoded(PACK[name](b"") * (MEMBERS + 1), name)
    assert error.value.kind == "BadEncoding"
