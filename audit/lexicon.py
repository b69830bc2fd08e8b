"""The shelf `languages/`: one TOML file a language, read into phrases that can be found in a text.

A phrase of the files: `scam*` takes any ending, `_` any one word, `..` a few words (or signs) of the same
sentence, `(a|b)` either, `{b}` the brand (which the reader masks), `^` the start of a word where a language
writes without spaces between stem and particle. Phrases are found longest first and never overlap.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

BRAND = "\ue000"
"""Stands for the brand's name in a text being read; a private-use character no language owns."""

THIN = "\u200a"
"""Stands between words where a language is read without its spaces."""

STRENGTHS = {"strong": 3.0, "plain": 2.0, "weak": 1.0}
NEGATIVE = ("fraud", "legal", "safety", "complaint", "data", "labour", "finance", "quality", "service")
POSITIVE = ("award", "rating", "praise", "recommendation", "trust")
TURNING = (
    *(
        "nothing",
        "negator",
        "negator_after",
        "nobody",
        "contrast",
        "now",
        "hedge",
        "cleared",
        "solved",
        "rival",
        "feared",
    ),
)
"""What turns the phrases around it. `nothing` is a set phrase ("kind of", "no doubt") that only keeps a shorter one
from being met in it; `nobody` denies all that follows in its clause; before `now` lies what was; `rival` speaks of
another firm, `feared` of what was expected and did not come."""
CONTEXT = ("neutral", "victim", "accuser", "namesake", "namesake_hint", "question", "official", "outdated")
"""What a text is, rather than what it says; may overlap anything. `namesake` proves another bearer of the name
(a village, a novel), `namesake_hint` only in company."""
_ASIDE = frozenset(CONTEXT)
EMOJI = {
    3.0: "❤😍🥰💯🏆👏😻💖🤩",
    2.0: "👍🔥💪🥳😊🙌💐✨💅",
    -2.0: "👎😞🤬😠😤💔🤦",
    -3.0: "🤡💩🤮😡🤢",
}
_FOLDER = Path(__file__).parent / "languages"
_GAP = 3
_GAP_SIGNS = 8
_KEY = 3
_MEMORY = 50_000
"""Words a finder remembers at once."""
_WORD_OR_SIGN = re.compile(r"[\w']+|[^\w\s]")
_ONE_WORD, _ONE_STEM = re.compile(r"[\w']+"), re.compile(r"[\w']+\*")
_FIRST_TWO = re.compile(r"(\w[\w']*|\{b\})[\s,-]+(?!_)(\w[\w']*)(?![\w'*|])")
_WORD_AND_STEM = re.compile(r"(\w[\w']*|\{b\})[\s,-]+(?!_)(\w[\w']*)\*")
_FIRST_WORD = re.compile(r"(\w[\w']*(?![\w'*|_])|\{b\})")


class Phrase(NamedTuple):
    """One entry: its own words, the category it belongs to and its weight, negative for bad news."""

    text: str
    category: str
    weight: float = 0.0


class Cue(NamedTuple):
    """A phrase met in a text at `start`..`end` (offsets in the prepared text)."""

    phrase: Phrase
    start: int
    end: int
    found: str

    @property
    def aside(self) -> bool:
        """True for a phrase that says what the text is; it stands beside the others and may overlap them."""
        return self.phrase.category in _ASIDE


_Entry = tuple[str, Phrase]
_Second = Mapping[str, Sequence[_Entry]]
_Key = tuple[str, tuple[Phrase, ...], Sequence[_Entry], _Second | None, _Second | None]


class _Word(NamedTuple):
    """What the index of phrases says of one word."""

    keys: tuple[_Key, ...]
    """Each spelling it is looked up by: phrases of it alone, phrases it begins, those the next word must tell."""
    stems: tuple[Phrase, ...]
    signs: tuple[_Entry, ...]
    """Phrases its first signs begin."""
    short: bool
    """True for one of so few signs that those behind it must tell."""
    as_following: tuple[str, ...]
    """How the word before it sees it; () for a sign."""


@dataclass(frozen=True, eq=False)
class Lexicon:
    """What one language knows. `spaced` is False where words are not set apart by spaces (ko, zh)."""

    language: str
    spaced: bool
    reach: int
    """How far a negator reaches: words where spaced, else characters."""
    concord: bool
    """True where several denials of a clause are one: nobody never not (ru, uk)."""
    common: frozenset[str]
    """Function words that prove the language."""
    generic: frozenset[str]
    """Words that are part of names but name nobody alone: bank, hotel."""
    same: Mapping[int, str] = field(repr=False)
    phrases: Finder = field(repr=False)

    def prepare(self, text: str) -> str:
        """Lower case, one apostrophe, one spelling of a letter, single spaces (none where unspaced)."""
        folded = text.casefold().translate(self.same)
        return " ".join(folded.split()) if self.spaced else squash(folded)


class Finder:
    """Phrases, indexed by how they begin; finds them in time linear in the text.

    Most phrases are one word or one run of signs: those are looked up whole. Only the others cost a pattern,
    and a pattern is made when its first word is first met.
    """

    def __init__(self, phrases: Iterable[Phrase], spaced: bool, same: Mapping[int, str]) -> None:
        self._spaced = spaced
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._words: dict[str, _Word] = {}
        self._whole: dict[str, list[tuple[bool, Phrase]]] = defaultdict(list)
        self._begun: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
        self._first_word: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
        self._first_two: dict[str, dict[str, list[tuple[str, Phrase]]]] = defaultdict(lambda: defaultdict(list))
        """First word -> second -> phrases; and first word -> how the second begins -> phrases."""
        self._word_and_stem: dict[str, dict[str, list[tuple[str, Phrase]]]] = defaultdict(lambda: defaultdict(list))
        self._first_signs: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
        for phrase in phrases:
            for variant in spelled_out(phrase.text.casefold().translate(same)):
                self._enter(variant, phrase)
        sizes: dict[str, set[int]] = defaultdict(set)
        for key in self._whole:
            sizes[key[:1]].add(len(key))
        self._sizes = {sign: sorted(each) for sign, each in sizes.items()}
        self._heads = frozenset(key[:1] for key in self._first_signs)
        self._head_sizes = sorted({len(key) for key in self._first_signs})

    def _enter(self, variant: str, phrase: Phrase) -> None:
        if self._spaced and _ONE_WORD.fullmatch(variant):
            self._whole[variant].append((False, phrase))
        elif self._spaced and _ONE_STEM.fullmatch(variant):
            self._begun[variant[: min(_KEY, len(variant) - 1)]].append((variant[:-1], phrase))
        elif not self._spaced and not re.search(r"\.\.|\{b\}", variant):
            self._whole[re.sub(r"[\s*^]", "", variant)].append((variant.startswith("^"), phrase))
        elif self._spaced and (two := _FIRST_TWO.match(variant)):
            self._first_two[_sign(two.group(1))][two.group(2)].append((variant, phrase))
        elif self._spaced and (two := _WORD_AND_STEM.match(variant)):
            self._word_and_stem[_sign(two.group(1))][two.group(2)[:_KEY]].append((variant, phrase))
        elif self._spaced and (word := _FIRST_WORD.match(variant)):
            self._first_word[_sign(word.group(1))].append((variant, phrase))
        else:
            self._first_signs[_beginning(variant)].append((variant, phrase))

    def all(self, text: str) -> list[Cue]:
        """Every phrase met, overlapping ones too."""
        return self._in_words(text) if self._spaced else self._in_signs(text)

    def _in_words(self, text: str) -> list[Cue]:
        out: list[Cue] = []
        following: tuple[str, ...] = ()
        known = self._words
        for met in reversed(list(_WORD_OR_SIGN.finditer(text))):
            at, word = met.span()[0], met.group()
            told = known.get(word) or self._learnt(word)
            for key, phrases, begun, second, stem in told.keys:
                for phrase in phrases:
                    out.append(Cue(phrase, at, at + len(key), key))
                if begun:
                    self._match(begun, text, at, out)
                if following and (second or stem):
                    self._match(_continued(second, stem, following), text, at, out)
            for phrase in told.stems:
                out.append(Cue(phrase, at, met.end(), word))
            if told.signs:
                self._match(told.signs, text, at, out)
            elif told.short:
                self._match(self._by_first_signs(text[at : at + _KEY]), text, at, out)
            following = told.as_following or following
        return out

    def _learnt(self, word: str) -> _Word:
        """What the index says of a word, kept: texts of one language share most of their words."""
        if len(self._words) >= _MEMORY:
            self._words.clear()
        sizes = range(1, min(_KEY, len(word)) + 1)
        begun = (entry for size in sizes for entry in self._begun.get(word[:size], ()))
        bare, short = word.strip("'"), len(word) < _KEY
        told = _Word(
            keys=tuple(key for key in map(self._key, _spellings(word)) if any(key[1:])),
            stems=tuple(phrase for stem, phrase in begun if word.startswith(stem)),
            signs=() if short else tuple(self._by_first_signs(word[:_KEY])),
            short=short and word[0] in self._heads,
            as_following=() if not bare or not bare[0].isalnum() else _spellings(bare),
        )
        self._words[word] = told
        return told

    def _key(self, key: str) -> _Key:
        whole = tuple(phrase for _, phrase in self._whole.get(key, ()))
        return key, whole, self._first_word.get(key, ()), self._first_two.get(key), self._word_and_stem.get(key)

    def _in_signs(self, text: str) -> list[Cue]:
        out: list[Cue] = []
        places = [at for at, sign in enumerate(text) if sign != THIN]
        plain = text.replace(THIN, "")
        whole, sizes, total = self._whole, self._sizes, len(places)
        for number, at in enumerate(places):
            for size in sizes.get(text[at], ()):
                entries = whole.get(plain[number : number + size])
                if entries and number + size <= total:
                    end = places[number + size - 1] + 1
                    inside = bool(at) and text[at - 1].isalnum()
                    out += (Cue(phrase, at, end, text[at:end]) for first, phrase in entries if not (first and inside))
            if text[at] in self._heads:
                self._match(self._by_first_signs(plain[number : number + _KEY]), text, at, out)
        return out

    def _by_first_signs(self, ahead: str) -> Iterator[_Entry]:
        for size in self._head_sizes:
            yield from self._first_signs.get(ahead[:size], ())

    def _match(self, entries: Iterable[_Entry], text: str, at: int, out: list[Cue]) -> None:
        patterns = self._patterns
        for variant, phrase in entries:
            pattern = patterns.get(variant)
            if pattern is None:
                pattern = patterns[variant] = _pattern(variant, self._spaced)
            met = pattern.match(text, at)
            if met and met.end() > at:
                out.append(Cue(phrase, at, met.end(), met.group()))


def _continued(second: _Second | None, stem: _Second | None, following: tuple[str, ...]) -> Iterator[_Entry]:
    """Phrases of several words that begin with a word and with what follows it."""
    if second:
        for after in following:
            yield from second.get(after, ())
    if stem:
        after = following[0]
        for size in range(1, min(_KEY, len(after)) + 1):
            yield from stem.get(after[:size], ())


def longest(cues: Iterable[Cue], size: int) -> list[Cue]:
    """Cues of a text of `size` signs that do not overlap, the longer one kept, in order of place."""
    taken: list[Cue] = []
    busy = bytearray(size)
    for cue in sorted(cues, key=lambda c: (c.start - c.end, c.start)):
        if 1 not in busy[cue.start : cue.end]:
            busy[cue.start : cue.end] = b"\x01" * (cue.end - cue.start)
            taken.append(cue)
    return sorted(taken, key=lambda c: c.start)


def _spellings(word: str) -> tuple[str, ...]:
    """A word as it stands, and what is before its apostrophe: brand's, brand."""
    return (word, word.partition("'")[0]) if "'" in word else (word,)


def _sign(word: str) -> str:
    """A phrase's first word as it stands in a text: the brand is one sign there."""
    return BRAND if word == "{b}" else word


def squash(text: str) -> str:
    """Spaces out, but a thin mark left between words so that `^` can ask for a beginning."""
    return THIN.join(text.split())


def spelled_out(phrase: str) -> Iterator[str]:
    """`(file|lodge)s a claim` as its two readings; brackets without a bar are brackets."""
    parts = re.split(r"\(([^()]*\|[^()]*)\)", phrase)
    choices = [part.split("|") if odd % 2 else [part] for odd, part in enumerate(parts)]
    for combination in product(*choices):
        yield " ".join("".join(combination).split())


def _beginning(variant: str) -> str:
    """The letters a phrase surely begins with, at most three: the key of the index."""
    plain = variant.lstrip("^").replace("{b}", BRAND)
    literal = re.match(r"[^*_. ]+", plain)
    return literal.group()[:_KEY] if literal else plain[:1]


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
            out += BRAND + f"{THIN}?"
        elif piece.strip():
            out += f"{THIN}?".join(re.escape(sign) for sign in piece if sign != "*") + f"{THIN}?"
    return head + out.removesuffix(f"{THIN}?")


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
        concord=bool(table.get("concord", False)),
        common=frozenset(str(table["common"]).split()),
        generic=frozenset(word.casefold() for word in table["generic"]),
        same=same,
        phrases=Finder([*_polar(table), *_marks(table, (*TURNING, *CONTEXT)), *_emoji()], spaced, same),
    )


@cache
def phrases(language: str) -> tuple[Phrase, ...]:
    """What the lexicon of a language says for or against, in the order of its file."""
    return tuple(_polar(tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))))


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
