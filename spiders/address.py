"""Addresses as strangers write them: http(s) only, absolute, wrappers undone once."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_plus, urljoin, urlsplit

_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
# An address without user, brackets or oddities: what `urlsplit` would say of it, in a tenth of the time.
_PLAIN = re.compile(r"https?://([\w.-]+)(?::\d*)?(/[^?#\s]*)?(?=[?#]|\Z)", re.ASCII)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
LONGEST_KEPT = 2_048  # characters of an address whose reading is remembered; a picture can stand in one


def http(url: str, base: str = "") -> str:
    """The address if it is http(s) with a host, made absolute against `base`; else ""."""
    return _http(url, base) if len(url) <= LONGEST_KEPT else _http.__wrapped__(url, base)


@lru_cache(maxsize=4096)
def _http(url: str, base: str) -> str:
    url = _CONTROL.sub("", url) if not url.isprintable() or " " in url else url
    if url.startswith("//"):
        url = "https:" + url
    elif not _SCHEME.match(url):
        url = urljoin(base, url) if base and url else ""
    return url if url[:8].lower().startswith(("http://", "https://")) and host(url) else ""


@lru_cache(maxsize=4096)
def host(url: str) -> str:
    """Host in lower case without port, "" where there is none or the address is broken."""
    plain = _PLAIN.match(url)
    if plain is not None:
        return plain[1].lower().rstrip(".")
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def under(name: str, domain: str) -> bool:
    """`www.shop.acme.example` is under `acme.example`; `notacme.example` is not."""
    return name == domain or name.endswith("." + domain)


def path(url: str) -> str:
    plain = _PLAIN.match(url)
    if plain is not None:
        return plain[2] or ""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def parameter(url: str, *names: str) -> str:
    """First value of the first query parameter present, percent-decoded exactly once."""
    found: dict[str, str] = {}
    for pair in query(url).split("&"):
        name, _, value = pair.partition("=")
        name = unquote_plus(name) if "%" in name or "+" in name else name
        if name in names:
            found.setdefault(name, value)
    return next((unquote_plus(found[name]) for name in names if name in found), "")


def query(url: str) -> str:
    """What stands between `?` and `#`."""
    if url.isprintable() and _PLAIN.match(url) is not None:
        return url.partition("#")[0].partition("?")[2]
    try:
        return urlsplit(url).query
    except ValueError:
        return ""
