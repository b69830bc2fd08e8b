"""What a head looks at in a text: words, pieces of words, what stands around the brand, and phrases of the lexicon.

The same functions serve training and reading, so a weight always meets the feature it was made for. The brand is
one sign (`BRAND`) whatever its name: a head learns what is said of it, never who it is.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple
from unicodedata import normalize

from audit.headlines import headlines
from audit.lexicon import BRAND, THIN, Cue, Lexicon, longest
from audit.names import mask

LONGEST = 4000
"""Signs read of a text; what follows adds time and hardly a feature."""
BLOCKS = ("word", "char", "letter", "left", "right")
"""Kinds of n-grams, each with its own norm: 1/sqrt(how many)."""
_NEAR_SIGNS, _NEAR_WORDS = 30, 4
_STRONGEST, _FULL_VALENCE = 3.0, 4.0
"""A strong phrase of the lexicon and a word of the strongest valence both count as one."""
_TOKEN = re.compile(rf"[\w{BRAND}]+(?:'\w+)?|[^\w\s]")
_DIGITS = str.maketrans("123456789", "0" * 9)
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_CYRILLIC = re.compile(r"[а-яёіїєґ]")
_ENDING = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which features a head has; kept in its file."""

    least: int = 3
    most: int = 5
    """Length of the pieces of words, their two edges counted as signs."""
    window: int = 5
    """Words looked at on each side of the brand; 0: none."""
    cues: bool = True
    """Whether the phrases of the lexicon are features, with the side of the brand they stand on."""
    across: bool = False
    """Whether pieces run over the borders of words, where spaces are set as one likes. There are no word-grams then."""
    letters: tuple[int, int] = (0, 0)
    """Length of the pieces of a text whose syllables are taken apart into letters (Korean); (0, 0): none."""
    trade: bool = False
    """Whether the verbs of headlines are features (`audit/headlines.py`)."""


class Text(NamedTuple):
    """A text made ready: `signs` in lower case with the brand as one sign, and its words."""

    signs: str
    words: list[str]
    endings: frozenset[str]
    """How the brand's name ends where it bends: who does and who is done to."""


def ready(text: str, names: Sequence[str], lexicon: Lexicon) -> Text:
    """Lower case, drawn-out signs cut to two, digits all alike, the brand's names put out of sight."""
    plain = _DRAWN_OUT.sub(r"\1\1", lexicon.prepare(text[:LONGEST]))
    masked = mask(plain, names, lexicon) if names else plain
    signs = masked.replace(THIN, " ").translate(_DIGITS)
    return Text(signs, _TOKEN.findall(signs), _endings(plain, masked) if masked is not plain else frozenset())


def as_text(masked: str) -> Text:
    """`ready` of a text that is prepared and masked already."""
    signs = _DRAWN_OUT.sub(r"\1\1", masked.replace(THIN, " ").translate(_DIGITS))
    return Text(signs, _TOKEN.findall(signs), frozenset())


def _endings(plain: str, masked: str) -> frozenset[str]:
    found, at = set(), 0
    parts = masked.split(BRAND)
    for part, following in pairwise(parts):
        at += len(part)
        end = plain.find(following, at + 1) if following else len(plain)
        name = plain[at:end]
        if len(name) > _ENDING + 1 and _CYRILLIC.search(name):
            found.add(f"ending {name[-_ENDING:]}")
        at = max(end, at)
    return frozenset(found)


def word_grams(words: Sequence[str]) -> list[str]:
    """Single words and pairs."""
    return [*words, *(f"{one} {two}" for one, two in pairwise(words))]


def char_grams(word: str, least: int, most: int) -> list[str]:
    """Pieces of one word, its edges marked by a space; a word too short for any is its own piece."""
    edged = f" {word} "
    size = len(edged)
    if size <= least:
        return [edged]
    return [
        edged[at : at + length] for length in range(least, min(most, size - 1) + 1) for at in range(size - length + 1)
    ]


def around(words: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    """What stands left and right of the brand within `width` words: words, pairs, and the nearest marked `1`."""
    left: list[str] = []
    right: list[str] = []
    for at, word in enumerate(words):
        if BRAND in word:
            before, after = words[max(0, at - width) : at], words[at + 1 : at + 1 + width]
            left += [*before, *(f"1 {near}" for near in before[-1:]), *_pairs([*before, "*"])]
            right += [*after, *(f"1 {near}" for near in after[:1]), *_pairs(["*", *after])]
    return left, right


def _pairs(words: Sequence[str]) -> Iterable[str]:
    return (f"{one} {two}" for one, two in pairwise(words))


def blocks(text: Text, recipe: Recipe) -> dict[str, list[str]]:
    """Every n-gram of a text by block. A piece counts once for each different word it is in, all else once."""
    left, right = around(text.words, recipe.window)
    found = {"left": _once(left), "right": _once(right), "letter": letter_pieces(text.signs, recipe)}
    if recipe.across:
        return found | {"word": [], "char": pieces_across(text.signs, recipe)}
    pieces = [piece for word in _once(text.words) for piece in distinct_pieces(word, recipe)]
    return found | {"word": _once(word_grams(text.words)), "char": pieces}


def pieces_across(signs: str, recipe: Recipe) -> list[str]:
    """The pieces of a whole text, each once, in order of length and place."""
    return _runs(signs, recipe.least, recipe.most)


def letter_pieces(signs: str, recipe: Recipe) -> list[str]:
    """The pieces of a text in letters rather than syllables: endings and misspellings that share no syllable."""
    return _runs(normalize("NFKD", signs), *recipe.letters) if recipe.letters[1] else []


def _runs(signs: str, least: int, most: int) -> list[str]:
    size = len(signs)
    return _once(signs[at : at + length] for length in range(least, most + 1) for at in range(size - length + 1))


def distinct_pieces(word: str, recipe: Recipe) -> list[str]:
    """The pieces of one word, each once."""
    return _once(char_grams(word, recipe.least, recipe.most))


def _once(grams: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(grams))


def signals(text: Text, lexicon: Lexicon, valence: Mapping[str, float], trade: bool = False) -> dict[str, float]:
    """Named numbers of 0..1: phrases of the lexicon and words of known valence, by side of the brand and nearness.

    With `trade` also the verbs of headlines, and what all three say together (`balance`).
    """
    sums: dict[str, float] = defaultdict(float)
    _cue_signals(text.signs, lexicon, sums)
    _valence_signals(text.words, valence, sums)
    if trade:
        _trade_signals(text.signs, lexicon.language, sums)
    told = {name: math.tanh(value) for name, value in sums.items()}
    told.update(dict.fromkeys(text.endings, 1.0))
    return told


def _trade_signals(signs: str, language: str, sums: dict[str, float]) -> None:
    known = headlines(language)
    if known is None:
        return
    places = [met.start() for met in re.finditer(BRAND, signs)]
    for cue in known.found(signs):
        weight = cue.phrase.weight
        if not weight:
            continue
        tone, size = "+" if weight > 0 else "-", abs(weight) / _STRONGEST
        sums[f"trade {cue.phrase.category}"] += size
        sums[f"trade {tone}"] += size
        if places:
            brand = min(places, key=lambda place: abs(place - cue.start))
            side = "left" if cue.start < brand else "right"
            sums[f"trade {side} {tone}"] += size
            if abs(brand - cue.start) < _NEAR_SIGNS:
                sums[f"trade near {side} {tone}"] += size
    balance = sum(sums.get(f"{kind} +", 0.0) - sums.get(f"{kind} -", 0.0) for kind in ("tone", "valence", "trade"))
    if balance:
        sums[f"balance {'+' if balance > 0 else '-'}"] = abs(balance)


def _cue_signals(signs: str, lexicon: Lexicon, sums: dict[str, float]) -> None:
    found = lexicon.phrases.all(signs)
    places = [met.start() for met in re.finditer(BRAND, signs)]
    for cue in longest([cue for cue in found if not cue.aside], len(signs)):
        weight = cue.phrase.weight
        size = abs(weight) / _STRONGEST or 1.0
        tone = ("+" if weight > 0 else "-") if weight else cue.phrase.category
        sums[f"kind {cue.phrase.category}"] += size
        if weight:
            sums[f"tone {tone}"] += size
        if places:
            _sided(cue, places, tone, size, sums)
    for cue in found:
        if cue.aside:
            sums[f"aside {cue.phrase.category}"] += 1


def _sided(cue: Cue, places: Sequence[int], tone: str, size: float, sums: dict[str, float]) -> None:
    brand = min(places, key=lambda place: abs(place - cue.start))
    side = "left" if cue.start < brand else "right"
    sums[f"{side} {tone}"] += size
    if abs(brand - cue.start) < _NEAR_SIGNS:
        sums[f"near {side} {tone}"] += size


def _valence_signals(words: Sequence[str], valence: Mapping[str, float], sums: dict[str, float]) -> None:
    if not valence:
        return
    places = [at for at, word in enumerate(words) if BRAND in word]
    for at, word in enumerate(words):
        value = valence.get(word)
        if value is None:
            continue
        tone, size = "+" if value > 0 else "-", abs(value) / _FULL_VALENCE
        sums[f"valence {tone}"] += size
        if places:
            brand = min(places, key=lambda place: abs(place - at))
            side = "left" if at < brand else "right"
            sums[f"valence {side} {tone}"] += size
            if abs(brand - at) <= _NEAR_WORDS:
                sums[f"valence near {side} {tone}"] += size
