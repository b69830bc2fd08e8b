"""What language a text is in: one of the shelf `languages/`, or none that can be read here.

Scripts first, then everyday words. A search result is a few words, so a hint (the keyword's language) settles
what the text leaves open, and nothing more.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from audit.lexicon import languages, lexicon

_LONGEST = 4000
_LETTERS = {"ru": "ыэъё", "uk": "іїєґ"}
_NEITHER = re.compile(r"[ђјљњћџќѓѕўәғқңөұүһ]")
"""Letters of Serbian, Macedonian, Belarusian, Kazakh: Cyrillic that is not read here."""
_SHARED = frozenset(re.findall(r"\w+", "a as do me on to is in no so we he per plan service at one due son sale date"))
"""Words that English shares with another language in Latin letters."""
_SCRIPTS = (
    ("hangul", re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]")),
    ("kana", re.compile(r"[\u3040-\u30ff]")),
    ("han", re.compile(r"[\u3400-\u9fff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("latin", re.compile(r"[a-zA-Z\u00c0-\u024f]")),
    ("other", re.compile(r"[\u0590-\u08ff\u0900-\u0fff\u0e00-\u0eff\u0370-\u03ff\u10a0-\u10ff]")),
)
_SIGN_WEIGHT = 2.5
"""A Hangul or Han sign carries about as much as this many letters of an alphabet."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@lru_cache(maxsize=4096)
def language_of(text: str, hint: str = "") -> str:
    """The language of the shelf a text is in, or "" for one that cannot be read. `hint` settles near ties only."""
    text = text[:_LONGEST]
    script, weights = _script(text)
    if not weights[script]:
        return ""
    if weights["kana"] and weights["kana"] * 4 > weights["han"] and script in ("kana", "han"):
        return ""
    match script:
        case "hangul":
            return "ko"
        case "han":
            return "zh"
        case "cyrillic":
            return _cyrillic(text.casefold(), hint)
        case "latin":
            return _latin(text.casefold(), hint)
    return ""


def _script(text: str) -> tuple[str, dict[str, int]]:
    if text.isascii():
        return "latin", dict.fromkeys((name for name, _ in _SCRIPTS), 0) | {"latin": int(any(map(str.isalpha, text)))}
    weights = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS}
    for name in ("hangul", "kana", "han"):
        weights[name] = round(weights[name] * _SIGN_WEIGHT)
    return max(weights, key=lambda name: weights[name]), weights


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("’", "'").replace("ʼ", "'"))


def _cyrillic(text: str, hint: str) -> str:
    words = _words(text)
    points = {
        code: 3 * sum(text.count(letter) for letter in letters) + sum(word in lexicon(code).common for word in words)
        for code, letters in _LETTERS.items()
    }
    if _NEITHER.search(text) or (points["ru"] == points["uk"] == 0 and hint not in ("", *points)):
        return ""
    if points["ru"] == points["uk"]:
        return hint if hint in points else "ru"
    return max(points, key=lambda code: points[code])


def _latin(text: str, hint: str) -> str:
    words, english = _words(text), lexicon("en").common
    ours = sum(word in english and word not in _SHARED for word in words)
    theirs = sum(word in _foreign_latin() and word not in english for word in words)
    marked = len(re.findall(r"[à-öø-ɏßñ]", text))
    if theirs + (marked > 1) * 2 > ours + (hint == "en"):  # one borrowed word does not undo what the market says
        return ""
    if ours or hint == "en":
        return "en"
    if hint and hint not in languages():
        return ""
    return "en" if any(word in english for word in words) or _says_something(words) else ""


def _says_something(words: list[str]) -> bool:
    lex = lexicon("en")
    return bool(lex.phrases.all(lex.prepare(" ".join(words))))


@cache
def _foreign_latin() -> frozenset[str]:
    lines = files("audit").joinpath("languages/unread.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.partition(":")[2].split())
