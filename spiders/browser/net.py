"""What Chromium's network errors are called here: one FAILED kind for each, so that no failed page is ever read."""

from __future__ import annotations

import re

_CODE = re.compile(r"(?:net::)?ERR_([A-Z0-9_]+)")
# First match wins; the order is from the particular to the general.
_KINDS: tuple[tuple[str, str], ...] = (
    ("NAME_NOT_RESOLVED", "Dns"),
    ("NAME_RESOLUTION_FAILED", "Dns"),
    ("CONTENT_LENGTH_MISMATCH", "DataLoss"),
    ("INCOMPLETE_CHUNKED_ENCODING", "DataLoss"),
    ("INVALID_CHUNKED_ENCODING", "DataLoss"),
    ("CONTENT_DECODING", "BadEncoding"),
    ("RESPONSE_HEADERS", "BadHttp"),
    ("INVALID_HTTP_RESPONSE", "BadHttp"),
    ("INVALID_RESPONSE", "BadHttp"),
    ("HTTP2", "BadHttp"),
    ("QUIC", "BadHttp"),
    ("TOO_MANY_REDIRECTS", "RedirectLoop"),
    ("UNSAFE_REDIRECT", "RedirectRefused"),
    ("UNKNOWN_URL_SCHEME", "RedirectRefused"),
    ("DISALLOWED_URL_SCHEME", "RedirectRefused"),
    ("INVALID_REDIRECT", "RedirectRefused"),
    ("TUNNEL_CONNECTION_FAILED", "EgressRefused"),
    ("PROXY", "EgressRefused"),
    ("BLOCKED_BY", "EgressRefused"),
    ("UNSAFE_PORT", "EgressRefused"),
    ("CERT", "Tls"),
    ("SSL", "Tls"),
    ("BAD_SSL", "Tls"),
    ("TIMED_OUT", "Deadline"),
    ("CONNECTION_RESET", "Reset"),
    ("EMPTY_RESPONSE", "Reset"),
    ("CONNECTION_CLOSED", "Reset"),
    ("SOCKET_NOT_CONNECTED", "Reset"),
    ("CONNECTION", "Connect"),
    ("ADDRESS", "Connect"),
    ("NETWORK", "Connect"),
    ("INTERNET_DISCONNECTED", "Connect"),
    ("ABORTED", "NotHtml"),  # a download instead of a page
    ("FAILED", "Reset"),
)


def failure_kind(said: str) -> str:
    """The FAILED kind of an error text like `net::ERR_CONNECTION_REFUSED at http://...`; `Reset` for an unknown one."""
    match = _CODE.search(said)
    code = match.group(1) if match else ""
    if not code:
        return "Deadline" if "imeout" in said else "BrowserCrashed" if "crash" in said.lower() else "Reset"
    return next((kind for mark, kind in _KINDS if mark in code), "Reset")
