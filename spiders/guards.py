"""What makes a page no evidence: cut short, a decoy, a browser's own error, a challenge of a shared kind."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from audit.models import Feature, Hit, Page
from spiders.address import host
from spiders.tree import Tree, fold

UNBALANCED = 2  # boxes open minus closed: browser-made pages balance, hand-made ones are off by one or two
_CLOSED = (b"div", b"ol", b"ul", b"table", b"form", b"main", b"section", b"article")  # HTML lets none of them stay open
_CODE = re.compile(rb"<(script|style)[\s>]")
DECOY_ROWS = 4  # fewer rows prove nothing about a page
_TAIL = 4096
_END = re.compile(rb"</(?:html|body)\s*>", re.I)
_OPERATOR = re.compile(r"-?\b(?:site|inurl|intitle|filetype|ext|lang|date|mime|url|host):\S*", re.I)
_WORD = re.compile(r"\w+")
_WIDE = re.compile(r"[぀-ヿ㐀-鿿가-힯]")
_CLOUDFLARE = re.compile(r"/cdn-cgi/challenge-platform/|cf[-_]chl[-_]|challenges\.cloudflare\.com")
SMALL_PAGE = 20_000  # bytes; DataDome's page is 1.7 kB, good pages that name it are far larger


def truncated(body: bytes) -> str:
    """Why the body is cut, or "". A body without end tag is whole when it ends outside a tag and its boxes balance."""
    if _END.search(body[-_TAIL:]):
        return ""
    tail = body.rstrip()
    if tail.rfind(b"<") > tail.rfind(b">"):
        return "ends inside a tag"
    rest, inside = _without_code(body.lower())
    if inside:
        return f"ends inside a {inside}"
    surplus = {name: len(re.findall(rb"<" + name + rb"[\s>]", rest)) - rest.count(b"</" + name) for name in _CLOSED}
    left = {name.decode(): count for name, count in surplus.items() if count > 0}
    if sum(left.values()) <= UNBALANCED:
        return ""
    return f"{', '.join(f'{count} {name}' for name, count in left.items())} left open, no end tag"


def _without_code(low: bytes) -> tuple[bytes, str]:
    """The page without scripts and styles, and which of them it ends in; tags inside a script's strings are no tags."""
    parts: list[bytes] = []
    place = 0
    while match := _CODE.search(low, place):
        parts.append(low[place : match.start()])
        name = match.group(1)
        end = low.find(b"</" + name, match.end())
        if end < 0:
            return b"".join(parts), name.decode()
        place = end
    return b"".join([*parts, low[place:]]), ""


def error_page(page: Page, tree: Tree) -> bool:
    """A browser's own error page, which `content()` returns after a failed navigation."""
    inner = "#error-information-popup-container, #main-message"
    return page.url.startswith("chrome-error:") or (tree.has("#main-frame-error") and tree.has(inner))


def shared_challenge(page: Page, tree: Tree) -> str:
    """Challenges that stand in front of many sites: (kind) or "". Each needs two marks; one alone is in good pages."""
    if tree.title in ("Just a moment...", "Attention Required! | Cloudflare") and _CLOUDFLARE.search(tree.source):
        return "waf"
    if len(page.body) < SMALL_PAGE and "captcha-delivery.com" in tree.source:
        return "waf"
    if len(page.body) < SMALL_PAGE and ("_Incapsula_Resource" in tree.source or "token.awswaf.com" in tree.source):
        return "waf"
    return "captcha" if len(page.body) < SMALL_PAGE and tree.has("#px-captcha, form#captcha-form") else ""


def words(query: str) -> list[str]:
    """Query words in folded case without operators; Chinese and Japanese as pairs of characters, Korean as written."""
    plain = unicodedata.normalize("NFKC", _OPERATOR.sub(" ", query)).casefold()
    found: list[str] = []
    for word in _WORD.findall(plain):
        if _WIDE.search(word) and len(word) > 2:
            found += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            found.append(word)
    return [w for w in found if len(w) > 1 or _WIDE.match(w)] or found


def names_query(query: str, texts: Sequence[str]) -> bool:
    """True when any query word stands in any text; endings of long words may differ (Slavic cases)."""
    stems = [word[: max(4, len(word) - 3)] if len(word) > 5 else word for word in words(query)]
    plain = (unicodedata.normalize("NFKC", text).casefold() for text in texts)
    return any(stem in text for text in plain for stem in stems)


def decoy(query: str, hits: Sequence[Hit]) -> str:
    """Why the rows cannot answer this query, or "": no query word anywhere in title, snippet or address."""
    rows = [hit for hit in hits if hit.feature is Feature.ORGANIC]
    if len(rows) < DECOY_ROWS or not words(query):
        return ""
    if names_query(query, [part for row in rows for part in (row.title, row.snippet, row.url, row.displayed_url)]):
        return ""
    ((name, count),) = Counter(host(row.url) for row in rows).most_common(1)
    return f"no query word in {len(rows)} rows, {count} of them from {name}"


def same_query(asked: str, shown: str) -> bool:
    """The page's own search box says what was asked; case, spacing and quotation marks do not matter."""
    return _plain(asked) == _plain(shown)


def _plain(query: str) -> str:
    kept = unicodedata.normalize("NFKC", query).casefold()
    return fold(re.sub(r"[\"'“”„«»‘’`+]", " ", kept)).replace(" ", "")
