"""The trained heads: what words alone say, as probabilities, from weights of ours and the standard library.

A head is one file of the folder `trained/`: `<language>.<kind>.xz`, made by `repaudit train`. A language has a
head only where labelled text exists whose licence lets weights be shipped; elsewhere `head()` gives None.
The file, unpacked: a line of JSON, a line with the length of the next part, the n-grams one a line, then for each
n-gram one byte against the brand and one byte for it (int8 of the square root, see `_TABLE`).
"""

from __future__ import annotations

import json
import lzma
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nsmallest
from pathlib import Path
from typing import Any, Literal, NamedTuple

from audit.errors import DocumentError
from audit.grams import (
    BLOCKS,
    Recipe,
    Text,
    around,
    as_text,
    distinct_pieces,
    letter_pieces,
    pieces_across,
    ready,
    signals,
    word_grams,
)
from audit.lexicon import BRAND, Lexicon, languages, lexicon

Kind = Literal["review", "title", "result"]
Pair = tuple[float, float]
"""Weights against and for the brand, each beside the neutral class whose weight is 0."""

FORMAT = 2
"""What is written. 2 knows pieces across words and of letters, and the verbs of headlines; 1 is still read."""
READABLE = (1, 2)
FOLDER = Path(__file__).parent / "trained"
VALENCE = "valence"
"""The block that holds words with a valence (-4..4) rather than weights."""
SHOWN = 6
_MEMORY = 20_000
"""Words whose pieces are remembered summed up; the memory starts anew beyond."""
_TABLE = tuple(math.copysign((byte / 127) ** 2, byte) for byte in range(-128, 128))
_NOTHING: Pair = (0.0, 0.0)


class Reading(NamedTuple):
    """`p` = (negative, neutral, positive), adds up to 1. `words` decided most: weight > 0 speaks for the brand."""

    p: tuple[float, float, float]
    words: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Head:
    """One language, one kind of text. Safe to share between texts; a bounded memory of words makes it fast."""

    language: str
    kind: str
    recipe: Recipe
    bias: Pair
    signals: Mapping[str, Pair]
    grams: Mapping[str, Mapping[str, Pair]]
    valence: Mapping[str, float]
    card: Mapping[str, Any]
    """What the file says about its making: sets, licences, rows, seed."""
    _lexicon: Lexicon
    _memory: dict[str, tuple[float, float, int]]

    def p(self, text: str, names: Sequence[str] = ()) -> Reading:
        """Read one text. `names`: the brand and its aliases, which are masked in whatever case they stand."""
        made = ready(text, names, self._lexicon)
        parts: dict[str, Pair] = {}
        against, good = self.bias
        for bad, fine in (self._words(made, parts), self._around(made), self._signals(made, parts)):
            against, good = against + bad, good + fine
        return Reading(_shares(against, good), _strongest(parts))

    def of(self, masked: str) -> tuple[float, float, float]:
        """The probabilities of a text that is prepared and masked already, by its words and pieces alone."""
        return _shares(*self._raw(as_text(masked)))

    def words_of(self, masked: str) -> tuple[tuple[str, float], ...]:
        """What decided `of`, the heaviest first."""
        parts: dict[str, Pair] = {}
        self._words(as_text(masked), parts)
        return _strongest(parts)

    def _raw(self, text: Text) -> Pair:
        """Sums are exact, so that the order of a set does not show in them."""
        if self.recipe.across:
            whole = set(pieces_across(text.signs, self.recipe))
            known, scale = self.grams["char"], 1 / math.sqrt(len(whole) or 1)
            found = [known[piece] for piece in whole & known.keys()]
            bad, fine = math.fsum(pair[0] for pair in found), math.fsum(pair[1] for pair in found)
            return self.bias[0] + bad * scale, self.bias[1] + fine * scale
        known, whole = self.grams["word"], set(word_grams(text.words))
        pieces = [self._pieces(word) for word in set(text.words)]
        scale, small = 1 / math.sqrt(len(whole) or 1), 1 / math.sqrt(sum(each[2] for each in pieces) or 1)
        found = [known[gram] for gram in whole & known.keys()]
        against, good = math.fsum(pair[0] for pair in found), math.fsum(pair[1] for pair in found)
        bad, fine = math.fsum(each[0] for each in pieces), math.fsum(each[1] for each in pieces)
        return self.bias[0] + against * scale + bad * small, self.bias[1] + good * scale + fine * small

    def _words(self, text: Text, parts: dict[str, Pair]) -> Pair:
        if self.recipe.across:
            return self._across(text, parts)
        known, whole = self.grams["word"], set(word_grams(text.words))
        scale = 1 / math.sqrt(len(whole) or 1)
        pieces = {word: self._pieces(word) for word in text.words}
        small = 1 / math.sqrt(sum(count for _, _, count in pieces.values()) or 1)
        for gram in whole:
            found = known.get(gram, _NOTHING)
            piece = pieces.get(gram, (0.0, 0.0, 0))
            bad, fine = found[0] * scale + piece[0] * small, found[1] * scale + piece[1] * small
            if bad or fine:
                parts[gram] = (bad, fine)
        return _sum(parts.values())

    def _across(self, text: Text, parts: dict[str, Pair]) -> Pair:
        known, whole = self.grams["char"], pieces_across(text.signs, self.recipe)
        scale = 1 / math.sqrt(len(whole) or 1)
        for piece in whole:
            found = known.get(piece)
            if found:
                parts[piece] = (found[0] * scale, found[1] * scale)
        known, whole = self.grams["letter"], letter_pieces(text.signs, self.recipe)
        bad, fine = _sum(filter(None, map(known.get, whole)))
        scale = 1 / math.sqrt(len(whole) or 1)
        against, good = _sum(parts.values())
        return against + bad * scale, good + fine * scale

    def _pieces(self, word: str) -> tuple[float, float, int]:
        """Weights of all pieces of a word, and how many there are."""
        kept = self._memory.get(word)
        if kept is None:
            if len(self._memory) >= _MEMORY:
                self._memory.clear()
            pieces, known = distinct_pieces(word, self.recipe), self.grams["char"]
            kept = (*_sum(known[piece] for piece in pieces if piece in known), len(pieces))
            self._memory[word] = kept
        return kept

    def _around(self, text: Text) -> Pair:
        if not self.recipe.window or BRAND not in text.signs:
            return _NOTHING
        against = good = 0.0
        for block, grams in zip(("left", "right"), around(text.words, self.recipe.window), strict=True):
            known, distinct = self.grams[block], set(grams)
            bad, fine = _sum(known[gram] for gram in distinct if gram in known)
            scale = 1 / math.sqrt(len(distinct) or 1)
            against, good = against + bad * scale, good + fine * scale
        return against, good

    def _signals(self, text: Text, parts: dict[str, Pair]) -> Pair:
        if not self.recipe.cues:
            return _NOTHING
        told = signals(text, self._lexicon, self.valence, self.recipe.trade)
        found = [(weights, told[name]) for name, weights in self.signals.items() if name in told]
        return sum(w[0] * value for w, value in found), sum(w[1] * value for w, value in found)


def _sum(pairs: Iterable[Pair]) -> Pair:
    against = good = 0.0
    for bad, fine in pairs:
        against += bad
        good += fine
    return against, good


def _shares(against: float, good: float) -> tuple[float, float, float]:
    top = max(against, good, 0.0)
    raw = (math.exp(against - top), math.exp(-top), math.exp(good - top))
    total = sum(raw)
    return (raw[0] / total, raw[1] / total, raw[2] / total)


def _strongest(parts: Mapping[str, Pair]) -> tuple[tuple[str, float], ...]:
    told = ((gram, fine - bad) for gram, (bad, fine) in parts.items())
    most = nsmallest(SHOWN, told, key=lambda each: (-abs(each[1]), each[0]))
    return tuple((gram.replace(BRAND, "[brand]"), round(weight, 3)) for gram, weight in most)


# ---------------------------------------------------------------- files


@cache
def head(language: str, kind: Kind) -> Head | None:
    """The shipped head, read when first asked for; None where a language has none of this kind."""
    path = FOLDER / f"{language}.{kind}.xz"
    return load(path) if path.is_file() else None


def load(path: Path) -> Head:
    """A head from a file `repaudit train` wrote; DocumentError for anything else."""
    try:
        return unpack(lzma.decompress(path.read_bytes()))
    except (OSError, lzma.LZMAError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DocumentError(
            f"these are no weights of a head ({type(error).__name__}).",
            where=str(path),
            mend="Make them with `repaudit train`.",
        ) from error


def unpack(data: bytes) -> Head:
    """A head from the unpacked bytes of its file. Raises ValueError or KeyError where they are not one."""
    line, _, rest = data.partition(b"\n")
    facts = json.loads(line)
    if facts["format"] not in READABLE or facts["language"] not in languages():
        raise ValueError("another format, or a language that is not on the shelf")
    size, _, rest = rest.partition(b"\n")
    grams = rest[: int(size)].decode("utf-8").split("\n")
    codes = array("b", rest[int(size) :])
    if len(codes) != 2 * len(grams):
        raise ValueError("weights and n-grams do not agree in number")
    tables, at = {}, 0
    for name, count, scale in facts["blocks"]:
        tables[name] = _table(grams[at : at + count], codes[2 * at : 2 * (at + count)], float(scale))
        at += count
    return Head(
        language=facts["language"],
        kind=facts["kind"],
        recipe=_recipe(facts["recipe"]),
        bias=(float(facts["bias"][0]), float(facts["bias"][1])),
        signals={name: (float(bad), float(fine)) for name, (bad, fine) in facts["signals"].items()},
        grams={name: tables.get(name, {}) for name in BLOCKS},
        valence={word: fine for word, (_, fine) in tables.get(VALENCE, {}).items()},
        card=facts["card"],
        _lexicon=lexicon(facts["language"]),
        _memory={},
    )


def _recipe(told: Mapping[str, Any]) -> Recipe:
    least, most = told.get("letters", (0, 0))
    return Recipe(**{**told, "letters": (int(least), int(most))})


def _table(grams: Sequence[str], codes: Sequence[int], scale: float) -> dict[str, Pair]:
    weight = [value * scale for value in _TABLE]
    pairs = ((weight[bad + 128], weight[fine + 128]) for bad, fine in zip(codes[::2], codes[1::2], strict=True))
    return dict(zip(grams, pairs, strict=True))


def pack(facts: Mapping[str, Any], tables: Mapping[str, Mapping[str, Pair]]) -> bytes:
    """The bytes of a file: n-grams in order of the alphabet, weights as int8 of their root."""
    grams: list[str] = []
    codes = array("b")
    blocks = []
    for name, table in tables.items():
        scale = max((abs(value) for pair in table.values() for value in pair), default=1.0) or 1.0
        blocks.append((name, len(table), float(f"{scale:.6g}")))
        for gram in sorted(table):
            grams.append(gram)
            codes.extend(_code(value / scale) for value in table[gram])
    line = json.dumps({"format": FORMAT, **facts, "blocks": blocks}, ensure_ascii=False, sort_keys=True)
    text = "\n".join(grams).encode("utf-8")
    return lzma.compress(b"\n".join((line.encode("utf-8"), str(len(text)).encode(), text)) + codes.tobytes(), preset=9)


def _code(share: float) -> int:
    return round(math.copysign(math.sqrt(min(abs(share), 1.0)) * 127, share))
