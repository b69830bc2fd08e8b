"""What it takes to forget a person who wrote a review: to find the name in bytes, and to take it out of documents.

Authors are never kept: a review in a snapshot carries no name, at most a pseudonym keyed per brand. The name stands in
the pages as they arrived, and may stand in a title, a snippet or an address. So a request is answered from the bytes:
a page that holds the name is forgotten whole; in the snapshots made from it the reviews that stand next to the name in
the page lose words and date and keep their stars (where it cannot be told which of two neighbours is meant, both do);
the name itself is masked wherever else it stands. A name is found in any case, in entities, escapes and address form,
and in every encoding pages come in; not in pictures, and not declined: give every spelling that counts. The next
capture of the same page brings the person back: forget again after it.
"""

from __future__ import annotations

import hmac
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any
from urllib.parse import quote, unquote

from audit.errors import UsageError

FORGOTTEN = "[forgotten]"
"""Stands where a name stood."""
SHORTEST = 2
"""Signs of a name; a shorter one would forget everything."""
SHORTEST_QUOTE = 20
"""Signs from which on a text tells whose it is; shorter ones ("good service") are anybody's."""
_ENCODINGS = ("cp1251", "koi8-r", "cp949", "gb18030", "big5", "shift_jis", "latin-1", "utf-16")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
_TAG = re.compile(r"<[^<>]*>")
_GLUE = r"[\s\u00a0._+\-]*"  # between the words of a name, as slugs and handles write it
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")  # scripts that write names without blanks around
_PROBES = (60, 25)  # signs of a review's text by which it is found in its page

Body = Callable[[str], bytes | None]


def pseudonym(key: bytes, brand: str, name: str) -> str:
    """Of a person, by a key kept outside of store and archives; another one for every brand."""
    own = hmac.digest(key, f"brand:{brand}".encode(), "sha256")
    return hmac.digest(own, normal(name).encode(), "sha256").hex()[:32]


def normal(text: str) -> str:
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold().split())


class Named:
    """A person by every spelling given. `UsageError` for a name that is too short to mean one."""

    def __init__(self, names: Sequence[str], pseudonyms: Iterable[str] = ()) -> None:
        self._pseudonyms = frozenset(pseudonyms)
        words = [normal(name).split() for name in names]
        if not words or any(len("".join(w)) < SHORTEST for w in words):
            raise UsageError("this is no name.", where="--author", mend="Write the name as the page shows it.")
        self._seen = re.compile("|".join(map(_pattern, words)))
        spelled = {unicodedata.normalize(form, name) for name in names for form in ("NFC", "NFD", "NFKC")}
        forms = [_pattern(spelling.split()) for spelling in sorted({*spelled, *(quote(s) for s in spelled)})]
        self._masked = re.compile("|".join(forms), re.IGNORECASE)

    def in_text(self, text: str) -> bool:
        opened = _opened(text)
        return any(self._seen.search(normal(view)) for view in ((text,) if opened is text else (text, opened)))

    def in_bytes(self, body: bytes) -> bool:
        return any(self._seen.search(view) for text in _texts(body) for view in _views(text))

    def wrote(self, author: str) -> bool:
        return bool(author) and (author in self._pseudonyms or self.in_text(author))

    def without(self, text: str) -> str:
        """The text with the name masked; all of it where the name stands in a form that cannot be cut out."""
        cut = self._masked.sub(FORGOTTEN, text)
        return FORGOTTEN if self.in_text(cut) else cut

    def masked(self, value: Any) -> Any:
        """The same for every string of a JSON document."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, Mapping):
            return {self.without(key): self.masked(item) for key, item in value.items()}
        return [self.masked(item) for item in value] if isinstance(value, list) else value

    def places(self, text: str) -> list[int]:
        return [found.start() for found in self._seen.finditer(text)]


def _pattern(words: Sequence[str]) -> str:
    """Whole words only, but in scripts that do not part them."""
    joined = _GLUE.join(map(re.escape, words))
    before = "" if _WIDE.match(words[0][0]) else r"(?<![^\W_])"
    after = "" if _WIDE.match(words[-1][-1]) else r"(?![^\W_])"
    return f"{before}{joined}{after}"


def _texts(body: bytes) -> Iterator[str]:
    """A page in the encodings it may be in."""
    try:
        yield body.decode("utf-8")
        if b"\0" not in body:
            return
    except UnicodeDecodeError:
        yield body.decode("utf-8", "replace")
    yield from (body.decode(encoding, "replace") for encoding in _ENCODINGS)


def _views(text: str) -> tuple[str, ...]:
    opened = _opened(text)
    return normal(text), normal(opened), normal(_TAG.sub(" ", opened))


def _opened(text: str) -> str:
    """Escapes of JSON, entities of HTML and percents of addresses undone."""
    if "\\u" in text:
        text = _ESCAPES.sub(lambda found: _unescaped(found.group()), text)
    if "&" in text:
        text = html.unescape(html.unescape(text))
    return unquote(text, errors="replace") if "%" in text else text


def _unescaped(run: str) -> str:
    units = b"".join(int(code, 16).to_bytes(2, "big") for code in run.split("\\u")[1:])
    return units.decode("utf-16-be", "replace")


# ---------------------------------------------------------------- whose review


def theirs(body: bytes, reviews: Sequence[str], named: Named) -> set[int]:
    """Which of a page's reviews may be the person's: those next to the name, and those not found in the page at all."""
    found: set[int] = set()
    for text in _texts(body):
        for view in _views(text):
            names = named.places(view)
            if names:
                found |= _neighbours(names, [_all(view, normal(review)) for review in reviews])
    return found


def _neighbours(names: Sequence[int], spots: Sequence[Sequence[int]]) -> set[int]:
    placed = sorted((place, which) for which, places in enumerate(spots) for place in places)
    found = {which for which, places in enumerate(spots) if not places}
    for name in names:
        before = [which for place, which in placed if place <= name]
        after = [which for place, which in placed if place > name]
        found |= {*before[-1:], *after[:1]}
    return found


def _all(view: str, review: str) -> list[int]:
    for size in _PROBES:
        probe = review[:size]
        if probe and (places := [found.start() for found in re.finditer(re.escape(probe), view)]):
            return places
    return []


def words_of(review: Mapping[str, Any]) -> str:
    return f"{review.get('text') or ''}".strip() or f"{review.get('title') or ''}".strip()


def written_by(snapshot: Mapping[str, Any], named: Named, body: Body) -> set[str]:
    """Normalised words of the reviews of a snapshot that may be the person's. `body` gives pages that hold the name."""
    lost: set[str] = set()
    for profile in snapshot.get("profiles", ()):
        reviews = profile.get("reviews", ())
        page = body((profile.get("evidence") or {}).get("sha256", ""))
        chosen = theirs(page, [words_of(r) for r in reviews], named) if page is not None else set()
        chosen |= {at for at, review in enumerate(reviews) if named.wrote(review.get("author", ""))}
        lost |= {normal(words_of(reviews[at])) for at in chosen}
    return lost - {""}


def without_author(document: Any, named: Named, pages: Set[str], lost: Set[str]) -> Any:
    """A snapshot or an audit without the person. `pages`: digests of pages that held the name."""
    cut = dict(document)
    if "snapshot" in cut:
        cut["snapshot"] = without_author(cut["snapshot"], named, pages, lost)
    if "profiles" in cut:
        cut["profiles"] = [_profile(profile, named, lost) for profile in cut["profiles"]]
    if "landings" in cut:
        cut["landings"] = [_landing(landing, pages) for landing in cut["landings"]]
    return _unquoted(named.masked(cut), "\n".join(sorted(lost)), lost)


def _unquoted(value: Any, together: str, lost: Set[str]) -> Any:
    """Without strings that quote a forgotten review, in whole or in part: a snippet, a quote of a theme."""
    if isinstance(value, str):
        said = normal(value).strip(" .…\"'«»“”")
        quotes = len(said) >= SHORTEST_QUOTE and (said in together or any(text in said for text in lost if _long(text)))
        return FORGOTTEN if quotes else value
    if isinstance(value, Mapping):
        return {key: _unquoted(item, together, lost) for key, item in value.items()}
    return [_unquoted(item, together, lost) for item in value] if isinstance(value, list) else value


def _long(text: str) -> bool:
    return len(text) >= SHORTEST_QUOTE


def _profile(profile: Mapping[str, Any], named: Named, lost: Set[str]) -> dict[str, Any]:
    empty = {"title": "", "text": "", "author": "", "date": None}
    reviews = [
        {**review, **empty} if normal(words_of(review)) in lost or named.wrote(review.get("author", "")) else review
        for review in profile.get("reviews", ())
    ]
    return {**profile, "reviews": reviews}


def _landing(landing: Mapping[str, Any], pages: Set[str]) -> dict[str, Any]:
    held = (landing.get("evidence") or {}).get("sha256", "") in pages
    return {**landing, "text": ""} if held else dict(landing)
