"""What strangers wrote, made harmless: text without control and bidi marks, http(s) links only.

Escaping is the template's work (autoescape); this is the layer below it, for what escaping does not cover.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

REL = "noopener noreferrer nofollow"
_JUNK = re.compile(r"[\x00-\x20\x7f]+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_LOGO = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}")
# Joiners keep emoji and Indic words whole; every other format character (bidi, zero width, tags) only hides things.
_KEPT = frozenset("\u200c\u200d")
LOGO_LIMIT = 200_000
PICTURE_LIMIT = 700_000
"""Characters of one captured page: half a megabyte of JPEG."""
_PICTURE = re.compile(r"data:image/jpeg;base64,[A-Za-z0-9+/]+={0,2}")


def clean(text: str) -> str:
    """One line of visible text: no control, bidi, surrogate or private character, single spaces."""
    visible = text if text.isprintable() else "".join(_visible(char) for char in text)
    return " ".join(visible.split())


def _visible(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "" if kind in ("Cf", "Cs", "Co", "Cn") and char not in _KEPT else char


def clip(text: str, limit: int) -> str:
    """Cleaned text of at most `limit` characters, cut at a space where one is near."""
    text = clean(text)
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > limit * 0.7 else head).rstrip(" ,.;:") + "…"


def link(url: str) -> str:
    """The address when it may become a link, else "": http or https, a host, no user name, no backslash."""
    address = _JUNK.sub("", clean(url))
    parts = _split(address)
    if parts is None or parts.scheme.lower() not in ("http", "https") or "\\" in address:
        return ""
    return "" if not parts.hostname or "@" in parts.netloc else address


def shown_address(url: str, limit: int = 78) -> str:
    """An address for the eye: host in its ASCII form, so that look-alike letters show, then the path."""
    address = link(url)
    parts = _split(address) if address else None
    if parts is None:
        return clip(url, limit)
    tail = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return clip(host(address) + tail, limit)


def host(url: str) -> str:
    """The host of a link in ASCII (punycode), without `www.`; "" where there is none."""
    parts = _split(link(url))
    name = (parts.hostname or "") if parts else ""
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError:
        name = name.encode("ascii", "backslashreplace").decode("ascii")
    return name.removeprefix("www.")


def language_tag(tag: str) -> str:
    return tag if _LANGUAGE.fullmatch(tag) else ""


def colour(value: str, default: str) -> str:
    """A six-digit colour or the default: nothing else may reach the style sheet."""
    return value if _COLOUR.fullmatch(value) else default


def logo(value: str) -> str:
    """An embedded picture or "": a remote address would be a request."""
    return value if len(value) <= LOGO_LIMIT and _LOGO.fullmatch(value) else ""


def picture(value: str) -> str:
    """A captured page as an embedded JPEG or "": it comes from our own camera, and is looked at all the same."""
    return value if len(value) <= PICTURE_LIMIT and _PICTURE.fullmatch(value) else ""


def css_string(text: str) -> str:
    """Text as a CSS string of hexadecimal escapes only, so that no character of it is ever syntax."""
    return '"' + "".join(f"\\{ord(char):06x}" for char in clean(text)) + '"'


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
