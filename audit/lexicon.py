"""The shelf `languages/`: one TOML file a language, read into phrases that can be found in a text.

A phrase of the files: `scam*` takes any ending, `_` any one word, `..` a few words (or signs) of the same
sentence, `(a|b)` either, `{b}` the brand (which the reader masks), `^` the start of a word where a language
writes without spaces between stem and particle. Phrases are found longest first and never overlap.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

BRAND = "\ue000"
"""Stands for the brand's name in a text being read; a private-use character no language owns."""

STRENGTHS = {"strong": 3.0, "plain": 2.0, "weak": 1.0}
NEGATIVE = ("fraud", "legal", "safety", "complaint", "data", "labour", "finance", "quality", "service")
POSITIVE = ("award", "rating", "praise", "recommendation", "trust")
TURNING = ("negator", "negator_after", "contrast", "hedge", "cleared", "solved")
CONTEXT = ("neutral", "victim", "accuser", "namesake", "question", "official", "outdated")
"""What a text is, rather than what it says; may overlap anything."""
EMOJI = {
    3.0: "❤😍🥰💯🏆👏😻💖🤩",
    2.0: "👍🔥💪🥳😊🙌💐✨💅",
    -2.0: "👎😞🤬😠😤💔🤦",
    -3.0: "🤡💩🤮😡🤢",
}
_FOLDER = Path(__file__).parent / "languages"
_GAP = 3
_GAP_SIGNS = 8


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry: its own words, the category it belongs to and its weight, negative for bad news."""

    text: str
    category: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase met in a text at `start`..`end` (offsets in the prepared text)."""

    phrase: Phrase
    start: int
    end: int
    found: str


@dataclass(frozen=True, eq=False)
class Lexicon:
    """What one language knows. `spaced` is False where words are not set apart by spaces (ko, zh)."""

    language: str
    spaced: bool
    reach: int
    """How far a negator reaches: words where spaced, else characters."""
    common: frozenset[str]
    """Function words that prove the language."""
    generic: frozenset[str]
    """Words that are part of names but name nobody alone: bank, hotel."""
    particles: tuple[str, ...]
    """Endings a name may carry (ko), stripped when the name is looked for."""
    same: Mapping[int, str] = field(repr=False)
    turning: Finder = field(repr=False)
    context: Finder = field(repr=False)

    def prepare(self, text: str) -> str:
        """Lower case, one apostrophe, one spelling of a letter, single spaces (none where unspaced)."""
        folded = text.casefold().translate(self.same)
        return " ".join(folded.split()) if self.spaced else squash(folded)


class Finder:
    """Phrases, indexed by how they begin; finds them in time linear in the text."""

    def __init__(self, phrases: Iterable[Phrase], spaced: bool, same: Mapping[int, str]) -> None:
        self._spaced = spaced
        self._index: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
        self._sizes: set[int] = set()
        for phrase in phrases:
            for variant in spelled_out(phrase.text.casefold().translate(same)):
                start = _beginning(variant)
                self._index[start].append((variant, phrase))
                self._sizes.add(len(start))

    def all(self, text: str) -> Iterator[Cue]:
        """Every phrase met, overlapping ones too, in order of place."""
        for at in _starts(text, self._spaced):
            for size in self._sizes:
                for variant, phrase in self._index.get(text[at : at + size], ()):
                    met = _pattern(variant, self._spaced).match(text, at)
                    if met and met.end() > at:
                        yield Cue(phrase, at, met.end(), met.group())

    def longest(self, text: str) -> list[Cue]:
        """Phrases that do not overlap, the longer one kept, in order of place."""
        taken: list[Cue] = []
        busy = bytearray(len(text))
        for cue in sorted(self.all(text), key=lambda c: (c.start - c.end, c.start)):
            if not any(busy[cue.start : cue.end]):
                busy[cue.start : cue.end] = b"\x01" * (cue.end - cue.start)
                taken.append(cue)
        return sorted(taken, key=lambda c: c.start)


def squash(text: str) -> str:
    """Spaces out, but a thin mark left between words so that `^` can ask for a beginning."""
    return "\u200a".join(text.split())


def spelled_out(phrase: str) -> Iterator[str]:
    """`(file|lodge)s a claim` as its two readings."""
    parts = re.split(r"\(([^()]*)\)", phrase)
    choices = [part.split("|") if odd % 2 else [part] for odd, part in enumerate(parts)]
    for combination in product(*choices):
        yield " ".join("".join(combination).split())


def _starts(text: str, spaced: bool) -> Iterator[int]:
    if not spaced:
        yield from range(len(text))
        return
    inside = False
    for at, sign in enumerate(text):
        word = sign.isalnum()
        if not word or not inside:
            yield at
        inside = word or (sign == "'" and inside)


def _beginning(variant: str) -> str:
    """The letters a phrase surely begins with, at most three: the key of the index."""
    plain = variant.lstrip("^").replace("{b}", BRAND)
    literal = re.match(r"[^*_. ]+", plain)
    return literal.group()[:3] if literal else plain[:1]


@cache
def _pattern(variant: str, spaced: bool) -> re.Pattern[str]:
    return re.compile(_spaced_pattern(variant) if spaced else _signs_pattern(variant))


def _spaced_pattern(variant: str) -> str:
    out = ""
    for number, word in enumerate(variant.split(" ")):
        if word == "..":
            out += rf"(?:[\s,:'\"«»“”-]*[\w{BRAND}'-]+){{0,{_GAP}}}?"
            continue
        glue = r"[\s,:'\"«»“”-]+" if number else ""
        body = r"[\w'-]+" if word == "_" else re.escape(word).replace(r"\*", r"\w*").replace(r"\{b\}", BRAND)
        out += glue + body
    ends_in_word = variant[-1].isalnum() or variant[-1] in "*_"
    return out + (r"(?!\w)" if ends_in_word else "")


def _signs_pattern(variant: str) -> str:
    head = r"(?<![\w])" if variant.startswith("^") else ""
    out = ""
    for piece in re.split(r"(\.\.|\s+|\{b\})", variant.removeprefix("^")):
        if piece == "..":
            out += rf"[^.!?。！？…]{{0,{_GAP_SIGNS}}}?"
        elif piece == "{b}":
            out += BRAND
        elif piece.strip():
            out += "\u200a?".join(re.escape(sign) for sign in piece if sign != "*") + "\u200a?"
    return head + out.removesuffix("\u200a?")


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages on the shelf, in order of name."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language of the shelf; KeyError for another."""
    if language not in languages():
        raise KeyError(language)
    table = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    spaced = bool(table.get("spaced", True))
    same = _same_letters(str(table.get("same", "")))
    return Lexicon(
        language=language,
        spaced=spaced,
        reach=int(table["reach"]),
        common=frozenset(str(table["common"]).split()),
        generic=frozenset(word.casefold() for word in table["generic"]),
        particles=tuple(sorted(table.get("particles", ()), key=len, reverse=True)),
        same=same,
        turning=Finder([*_polar(table), *_marks(table, TURNING), *_emoji()], spaced, same),
        context=Finder(_marks(table, CONTEXT), spaced, same),
    )


def _same_letters(pairs: str) -> dict[int, str]:
    """`ёе ’'`: the first letter of each pair is read as the second."""
    table = {ord(pair[0]): pair[1] for pair in pairs.split() if len(pair) == 2}
    return table | {ord(sign): "'" for sign in "’ʼ‘`´ʹ"} | {ord(sign): " " for sign in "\u00a0\u202f\u3000\t\n"}


def _polar(table: Mapping[str, Mapping[str, list[str]]]) -> Iterator[Phrase]:
    for sign, categories in ((-1.0, NEGATIVE), (1.0, POSITIVE)):
        for category in categories:
            for strength, phrases in table.get(category, {}).items():
                for text in phrases:
                    yield Phrase(text, category, sign * STRENGTHS[strength])


def _marks(table: Mapping[str, Mapping[str, list[str]]], kinds: tuple[str, ...]) -> Iterator[Phrase]:
    marks = table.get("marks", {})
    return (Phrase(text, kind) for kind in kinds for text in marks.get(kind, ()))


def _emoji() -> Iterator[Phrase]:
    for weight, signs in EMOJI.items():
        for sign in signs:
            yield Phrase(sign, "praise" if weight > 0 else "complaint", weight)
