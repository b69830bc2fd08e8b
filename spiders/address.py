"""Addresses as strangers write them: http(s) only, absolute, wrappers undone once."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qs, urljoin, urlsplit

_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def http(url: str, base: str = "") -> str:
    """The address if it is http(s) with a host, made absolute against `base`; else ""."""
    url = _CONTROL.sub("", url) if not url.isprintable() or " " in url else url
    if url.startswith("//"):
        url = "https:" + url
    elif not _SCHEME.match(url):
        url = urljoin(base, url) if base and url else ""
    return url if url[:8].lower().startswith(("http://", "https://")) and host(url) else ""


@lru_cache(maxsize=4096)
def host(url: str) -> str:
    """Host in lower case without port, "" where there is none or the address is broken."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def under(name: str, domain: str) -> bool:
    """`www.shop.acme.example` is under `acme.example`; `notacme.example` is not."""
    return name == domain or name.endswith("." + domain)


def path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def parameter(url: str, *names: str) -> str:
    """First value of the first query parameter present, percent-decoded exactly once."""
    try:
        values = parse_qs(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return ""
    return next((values[name][0] for name in names if values.get(name)), "")
