"""Texts that read almost alike: overlap of their runs of characters, so that it works in every script.

Resemblance after Broder (1997, "On the resemblance and containment of documents"); pairs to compare are found by the
smallest hashes of each text, so that a thousand reviews are not compared a million times.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

RUN = 4
"""Characters of a run: about a syllable or two in an alphabet, a phrase in Han signs."""
ALIKE = 0.6
"""Share of common runs from which two texts are near copies: a convention. Jindal & Liu (2008, "Opinion spam and
analysis") ask for 0.9 of word pairs; copies in which a name or a number was changed stand lower."""
SHORTEST = 40
"""Fewer letters (a Han or Hangul sign counts for `SIGN`) are a phrase anybody may write: "great service, thanks"."""
SIGN = 2.5
_SKETCH = 12
"""Smallest hashes kept of a text: two texts at `ALIKE` share none of them less than once in 10,000 times."""
_CROWD = 60
"""So many texts of one hash are compared with the first of them only."""
_GAPS = re.compile(r"[\W_]+")
_SIGNS = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


def runs(text: str) -> frozenset[str]:
    """The runs of a text; none where it is too short to prove anything."""
    plain = _GAPS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    if len(plain) + (SIGN - 1) * len(_SIGNS.findall(plain)) < SHORTEST:
        return frozenset()
    return frozenset(plain[at : at + RUN] for at in range(len(plain) - RUN + 1))


def resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Common runs of all runs, 0..1."""
    return len(one & other) / len(one | other) if one and other else 0.0


def alike(texts: Sequence[str]) -> list[list[int]]:
    """Groups of two and more near copies, as places in `texts`, each in order."""
    known = [runs(text) for text in texts]
    leader = list(range(len(texts)))
    for one, other in sorted(_candidates(known)):
        a, b = _first(leader, one), _first(leader, other)
        if a != b and resemblance(known[one], known[other]) >= ALIKE:
            leader[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = defaultdict(list)
    for at in range(len(texts)):
        groups[_first(leader, at)].append(at)
    return [group for group in groups.values() if len(group) > 1]


def _candidates(known: Iterable[frozenset[str]]) -> set[tuple[int, int]]:
    by_hash: dict[int, list[int]] = defaultdict(list)
    for at, found in enumerate(known):
        for number in sorted({zlib.crc32(run.encode("utf-8", "replace")) for run in found})[:_SKETCH]:
            by_hash[number].append(at)
    pairs = set()
    for places in by_hash.values():
        firsts = places if len(places) <= _CROWD else places[:1]
        pairs |= {(one, other) for one in firsts for other in places if one < other}
    return pairs


def _first(leader: list[int], at: int) -> int:
    while leader[at] != at:
        leader[at] = leader[leader[at]]
        at = leader[at]
    return at
