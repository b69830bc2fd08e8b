"""The Audit inside its report: JSON a machine reads, harmless to a browser, small enough for a mail.

Why UTF-8 and not ASCII: escapes make Cyrillic three times and Hangul twice as long. What ASCII guards against is a
reader that takes the file for another charset; the file says UTF-8 within its first 1,024 bytes, and every character
that could be markup, a line end of a script, or invisible is still an escape. JSON that would weigh more than
`PLAIN_LIMIT` is packed: `{"packing": "gzip, base64", "audit": "..."}`, which any language's own library unpacks.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import unicodedata

from markupsafe import Markup

from audit.errors import UsageError
from audit.models import Audit

PLAIN_LIMIT = 128 * 1024
"""Bytes of JSON up to which it stands in the file as it is."""
PACKING = "gzip, base64"
_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, marks that hide or turn text, halves of characters, private use, line ends of a script."""
_ELEMENT = re.compile(r'<script type="application/json" id="audit">(.*?)</script>', re.DOTALL)


def carried(audit: Audit) -> Audit:
    """What a report carries: everything it is made from, without the texts of others that it does not show.

    Texts of reviews and of landing pages stay in the store: nothing in the report rests on them, and the least that
    proves a finding is quoted already.
    """
    profiles = tuple(
        profile.model_copy(
            update={
                "reviews": tuple(
                    review.model_copy(update={"title": "", "text": "", "author": ""}) for review in profile.reviews
                )
            }
        )
        for profile in audit.snapshot.profiles
    )
    snapshot = audit.snapshot.model_copy(update={"profiles": profiles, "landings": ()})
    return audit.model_copy(update={"snapshot": snapshot})


def embedded(audit: Audit) -> Markup:
    """The Audit as JSON that can neither end its element nor begin another. Fields at their defaults are left out."""
    facts = carried(audit).model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(facts, separators=(",", ":"), ensure_ascii=False)
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > PLAIN_LIMIT:
        whole = _escaped(text).encode()
        packed = base64.b64encode(gzip.compress(whole, compresslevel=9, mtime=0)).decode()
        text = json.dumps({"packing": PACKING, "audit": packed}, separators=(",", ":"))
    return Markup(_escaped(text))  # noqa: S704 - no character of it is markup


def _escaped(text: str) -> str:
    """Every character that could be more than text as the JSON escape of itself."""
    unsafe = (char for char in set(text) if char in "<>&" or unicodedata.category(char) in _HIDING)
    return text.translate({ord(char): _escape(char) for char in unsafe})


def _escape(char: str) -> str:
    written = json.dumps(char)[1:-1]
    return written if written.startswith("\\") else f"\\u{ord(char):04x}"


def read(report: str) -> Audit:
    """The Audit out of a report: the report can be made again from it.

    Raises `UsageError` where the text is no report of ours.
    """
    found = _ELEMENT.search(report)
    if found is None:
        raise UsageError("no audit is embedded in this file.", mend="Give a report made by `repaudit report`.")
    data = json.loads(found[1])
    if isinstance(data, dict) and data.get("packing") == PACKING:
        data = json.loads(gzip.decompress(base64.b64decode(data["audit"])))
    return Audit.model_validate(data)
