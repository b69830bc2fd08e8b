"""Finding a brand by name: in a sentence of five languages, and in a host.

A name bends in Russian and Ukrainian and carries particles in Korean; its short form is the name without
words that name nobody alone ("bank", "hotel", 택배).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from anyascii import anyascii  # noqa: TID251 - the one importer

from audit.lexicon import BRAND, Lexicon

SHORTEST = 4
"""A shorter word of a name may be a common word: it never stands for the brand alone (Hangul and Han: 2)."""


def _listed(words: str) -> list[str]:
    return words.split()


_NO_HOST_SIGN = re.compile(r"[^a-z0-9]")
_DOUBLED = re.compile(r"(.)\1+")
_CYRILLIC = re.compile(r"[а-яёіїєґ]", re.IGNORECASE)
_HAN_HANGUL = re.compile(r"[\u3400-\u9fff\uac00-\ud7a3]")
_SOFTENED = {"к": "[кцч]", "г": "[гзж]", "х": "[хсш]"}
"""Last letters of a stem that turn before an ending: у Мар'їнці."""
_ANOTHER_WORD = re.compile(
    r"(?!(?:은|는|이|가|을|를|에|의|도|와|과|로|으로|서|만|측|랑|이랑|까지|부터|보다|처럼|한테|께|라고|이라고|에서|에게|앱|점|사|카드)"
    r"(?![\uac00-\ud7a3]))[\uac00-\ud7a3]{2,}"
)
_JOIN = r"[\s\u200a«»\"“”„&.,'-]*"
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ'",
        _listed("a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i i e g _"),
        strict=True,
    )
)
_SAME_SOUND = tuple(
    pair.split(">")
    for pair in _listed(
        "shch>s sch>s sh>s zh>z kh>g h>g tch>c ch>c ts>c cz>c yu>u ju>u iu>u ya>a ja>a ia>a yo>o ye>e je>e yi>i "
        "eo>u eu>u oo>u ou>u ae>e x>ks w>v b>v l>r y>i j>i ck>k q>k c>k ph>f"
    )
)
_INITIALS = _listed("g kk n d tt r m b pp s ss _ j jj ch k t p h")
_VOWELS = _listed("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_FINALS = _listed("_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t")


def short_forms(names: Iterable[str], lexicon: Lexicon) -> tuple[str, ...]:
    """Names and their telling parts, longest first."""
    found: dict[str, None] = {}
    for name in names:
        whole = name.casefold().strip()
        if not whole:
            continue
        found[whole] = None
        words = [word for word in re.split(r"[\s&.,«»\"()-]+", whole) if word]
        for word in words if len(words) > 1 else ():
            if word not in lexicon.generic and len(word) >= _least(word):
                found[word] = None
        found.update(dict.fromkeys(_without_generic(whole, lexicon)))
    return tuple(sorted(found, key=len, reverse=True))


def mask(text: str, names: Sequence[str], lexicon: Lexicon) -> str:
    """A prepared text with the brand's names put out of sight: "Scamper Bank" is no scam."""
    pattern = _pattern(tuple(names), lexicon)
    return pattern.sub(BRAND, text) if pattern else text


def mentions(text: str, names: Sequence[str], lexicon: Lexicon) -> bool:
    """True where a prepared text names the brand, bent or with a particle."""
    pattern = _pattern(tuple(names), lexicon)
    return bool(pattern and pattern.search(text))


def in_full(text: str, names: Iterable[str], lexicon: Lexicon) -> bool:
    """True where a prepared text has a name with the word that says its trade: "Oakfell Homes", not "Oakfell"."""
    whole = tuple(name for name in names if _says_trade(name, lexicon))
    pattern = _whole_pattern(whole, lexicon)
    return bool(pattern and pattern.search(text))


def only_in_lower_case(text: str, names: Iterable[str], lexicon: Lexicon) -> bool:
    """True where a name in Cyrillic or Latin that has a capital is met in a text as it stands, but never with one nor
    quoted: "the shore was washed away" does not speak of the bank "Shore"."""
    if text[:1].islower():
        return False  # somebody who writes without capitals
    capital = [name for name in names if name[:1].isupper() and not _HAN_HANGUL.search(name)]
    pattern = _pattern(tuple(capital), lexicon) if capital else None
    met = list(pattern.finditer(text.lower())) if pattern else []
    return bool(met) and not any(
        text[found.start()].isupper() or text[max(0, found.start() - 1)] in "«“\"„'" for found in met
    )


def in_another_word(text: str, names: Sequence[str], lexicon: Lexicon) -> bool:
    """True where only the telling part of a Hangul name is met, and only as the beginning of another word."""
    pattern = _pattern(tuple(names), lexicon) if any(_HAN_HANGUL.search(name) for name in names) else None
    met = list(pattern.finditer(text)) if pattern else []
    return bool(met) and all(_ANOTHER_WORD.match(text, found.end()) for found in met)


@lru_cache(maxsize=1024)
def _says_trade(name: str, lexicon: Lexicon) -> bool:
    words = re.split(r"[\s&.,«»\"()-]+", name.casefold())
    return any(word in lexicon.generic for word in words) or any(_without_generic(name.casefold(), lexicon))


def host_carries(label: str, names: Iterable[str], lexicon: Lexicon) -> bool:
    """True where the telling part of a host begins or ends with the name: `oakfell-shop`. A name of few letters must
    be all of it, or stand apart: many words begin with four letters."""
    bare = _NO_HOST_SIGN.sub("", label.casefold())
    if len(bare) < SHORTEST:
        return False
    heard, parts = _sound(bare), {_sound(part) for part in re.split(r"[^a-z0-9]+", label.casefold())}
    return any(
        sound == heard or sound in parts or (len(sound) > SHORTEST and heard.startswith(sound) | heard.endswith(sound))
        for sound in _sounds(tuple(names), lexicon)
    )


@lru_cache(maxsize=256)
def _sounds(names: tuple[str, ...], lexicon: Lexicon) -> frozenset[str]:
    sounds = (_sound(romanised(form)) for form in short_forms(names, lexicon))
    return frozenset(sound for sound in sounds if len(sound) >= SHORTEST)


@lru_cache(maxsize=256)
def scripts_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Languages of the shelf whose letters the names are written in: a name keeps its form in any text."""
    joined = "".join(names)
    shapes = (
        ("en", r"[a-z]"),
        ("ru", r"[а-яё]"),
        ("uk", r"[а-яіїєґ]"),
        ("ko", r"[\uac00-\ud7a3]"),
        ("zh", r"[\u3400-\u9fff]"),
    )
    return tuple(code for code, shape in shapes if re.search(shape, joined, re.IGNORECASE))


@lru_cache(maxsize=1024)
def romanised(name: str) -> str:
    """Latin letters a host would carry for a name: in Cyrillic or Hangul as people write them, else (Han) as the tables
    of anyascii do, a reading a sign."""
    return re.sub(r"[^a-z0-9]", "", "".join(_latin(sign) for sign in name.casefold()))


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...], lexicon: Lexicon) -> re.Pattern[str] | None:
    forms = [_form(form, lexicon) for form in short_forms(names, lexicon)]
    return re.compile("|".join(forms)) if forms else None


@lru_cache(maxsize=256)
def _whole_pattern(names: tuple[str, ...], lexicon: Lexicon) -> re.Pattern[str] | None:
    return re.compile("|".join(_form(name, lexicon) for name in names)) if names else None


def _form(form: str, lexicon: Lexicon) -> str:
    words = re.split(r"[\s«»\"-]+", lexicon.prepare(form).replace("\u200a", " "))
    body = _JOIN.join(_bent(word) for word in words if word)
    return body if _HAN_HANGUL.search(form) else rf"(?<!\w){body}(?!\w)"


def _bent(word: str) -> str:
    """A word and its endings: cases in Cyrillic, the possessive in Latin, none elsewhere."""
    if _CYRILLIC.search(word) and len(word) > 3:
        stem = re.sub(r"(ец|ок|ень|[аяоеиіыуюьй]|ія|ия)$", "", word)
        fleeting = r"(?:[ео]?)" if stem != word and word.endswith(("ец", "ок", "ень")) else ""
        kept = stem if len(stem) > 2 else word
        return re.escape(kept[:-1]) + _SOFTENED.get(kept[-1], re.escape(kept[-1])) + fleeting + r"\w{0,4}"
    if _HAN_HANGUL.search(word):
        return "\u200a?".join(re.escape(sign) for sign in word)
    return re.escape(word) + r"(?:'?s)?"


def _least(word: str) -> int:
    return 2 if _HAN_HANGUL.search(word) else SHORTEST


def _without_generic(name: str, lexicon: Lexicon) -> Iterable[str]:
    if not _HAN_HANGUL.search(name):
        return
    for word in sorted(lexicon.generic, key=len, reverse=True):
        for rest in (name.removesuffix(word), name.removeprefix(word)):
            if rest != name and len(rest.strip()) >= 2:
                yield rest.strip()


def _latin(sign: str) -> str:
    if sign in _LATIN:
        return _LATIN[sign].strip("_")
    code = ord(sign) - 0xAC00
    if 0 <= code < 11172:
        parts = (_INITIALS[code // 588], _VOWELS[code % 588 // 28], _FINALS[code % 28])
        return "".join(part.strip("_") for part in parts)
    return sign if sign.isascii() else anyascii(sign).casefold()


@lru_cache(maxsize=4096)
def _sound(spelling: str) -> str:
    """One spelling for sounds that people write in several ways: kh and h, yu and u, ts and c, w and v."""
    for old, new in _SAME_SOUND:
        spelling = spelling.replace(old, new)
    return _DOUBLED.sub(r"\1", spelling)
