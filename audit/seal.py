"""Canonical JSON, digests and names of stored documents: what makes an alteration visible."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import UTC, datetime
from typing import Any

UNREADABLE = datetime.min.replace(tzinfo=UTC)
"""Stands for a time that was altered beyond reading: it sorts first and is never the latest."""


def canonical(document: Any) -> str:
    """The one JSON spelling of a document: sorted keys, no blanks, no NaN."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(*parts: object) -> str:
    """SHA-256 over texts in their order, as hex."""
    return hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def instant(when: datetime) -> str:
    """RFC 3339 in UTC; a time without zone is taken for UTC."""
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def moment(written: object) -> datetime:
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        return UNREADABLE


def document_name(when: datetime, brand: str, document: str) -> str:
    """`20260501T120000Z-1a2b3c4d5e6f`: sorts by time, and is the same for the same document."""
    return f"{instant(when)[:19].replace('-', '').replace(':', '')}Z-{digest(brand, document)[:12]}"


def unpacked(data: object) -> bytes | None:
    """Bytes of a compressed blob; None when they were altered beyond unpacking."""
    try:
        return zlib.decompress(data) if isinstance(data, bytes) else None
    except zlib.error:
        return None


def whole(row: Any) -> bool:
    """True when a snapshot's seal is there and fits its document and the seal before it."""
    return row.seal is not None and bool(row.seal == digest(row.previous, row.document))


def fits(row: Any, when: object) -> bool:
    """True when the columns beside a document name the very document: its time, brand and content."""
    return bool(row.id == document_name(moment(when), row.brand, row.document))
