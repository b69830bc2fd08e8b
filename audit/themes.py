"""What the reviews of a profile talk about: themes from word lists per language, with counts and the shortest quotes.

A count over the reviews that a page shows is a sample of ten or twenty, never of all (sites R8). Whether a mention is
unfavourable is told by the reviewer's own stars, else by reading the text. No author is ever kept (deliverable 8).
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from audit.models import Quote, Review, ReviewProfile, Theme
from audit.sentiment import read
from audit.tongue import language_of

FOLDER = Path(__file__).with_name("theme_words")
QUOTES = 3
CLEAR = 20
"""Letters a quotation needs to be understood alone (a Han or Hangul sign counts for `SIGN`)."""
SIGN = 2.5
LONGEST = 160
"""A longer sentence is clipped around the word of the theme."""
LONGEST_REVIEW = 6000
PRAISE, BLAME = 4.0, 3.0
"""Stars on 1-5: from here up favourable, below that unfavourable; three is neither (scoring section 4)."""
CUT = "…"
_SPACED = frozenset({"en", "ru", "uk"})
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_SAME = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "ё": "е", "\u00a0": " "})
_SIGNS = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_CONTACT = re.compile(r"\S+@\S+|(?:https?://|www\.)\S+|@\w{3,}|\+?\d(?:[\s().-]*\d){6,}")
"""Addresses, handles and telephone numbers: whose they are is nobody's business here."""
_MASK = "[…]"


class _Mention(NamedTuple):
    """One review on one theme: which side it takes, and the sentence that says so."""

    side: int
    quote: str
    language: str
    review: Review


def themes(profiles: Sequence[ReviewProfile], names: Sequence[str] = ()) -> tuple[Theme, ...]:
    """Themes of every profile, the most spoken of first. `names`: the brand's own, for reading texts without stars."""
    return tuple(theme for profile in profiles for theme in _of(profile, names))


def theme_names() -> tuple[str, ...]:
    return tuple(sorted({name for language in theme_languages() for name in _patterns(language)}))


@cache
def theme_languages() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def _of(profile: ReviewProfile, names: Sequence[str]) -> Iterator[Theme]:
    found: dict[str, list[_Mention]] = defaultdict(list)
    for review in profile.reviews:
        text = f"{review.title.strip()}\n{review.text}".strip()[:LONGEST_REVIEW]
        language = spoken(review, text)
        if language:
            told = side(review, language, names)
            for name, quote in mentions(text, language).items():
                found[name].append(_Mention(told, quote, language, review))
    for name, said in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        yield Theme(
            name=name,
            profile=profile.url or profile.site,
            mentions=len(said),
            negative=sum(each.side < 0 for each in said),
            positive=sum(each.side > 0 for each in said),
            quotes=tuple(_quotes(said)),
        )


def spoken(review: Review, text: str) -> str:
    """The language a review is read in; what the site says only settles what the text leaves open."""
    told = review.language.partition("-")[0].partition("_")[0].casefold()
    language = language_of(text, told)
    return language if language in theme_languages() else ""


def side(review: Review, language: str, names: Sequence[str] = ()) -> int:
    """-1, 0, 1: the reviewer's stars, else what the text says."""
    stars = review.rating.on_five if review.rating else None
    if stars is not None:
        return (stars >= PRAISE) - (stars < BLAME)
    level = read(review.title, review.text, language, names, "review_site").level or 0.0
    return (level > 0) - (level < 0)


# ---------------------------------------------------------------- words


def mentions(text: str, language: str) -> dict[str, str]:
    """Theme -> the shortest clear sentence that speaks of it, clipped."""
    found: dict[str, list[str]] = defaultdict(list)
    for sentence in _SENTENCES.split(text):
        plain = sentence.casefold().translate(_SAME)
        for name, pattern in _patterns(language).items():
            met = pattern.search(plain)
            if met:
                same = len(plain) == len(sentence)
                found[name].append(_clipped(sentence, *(met.span() if same else (0, 0))))
    return {name: min(said, key=_clearness) for name, said in found.items()}


@cache
def _patterns(language: str) -> Mapping[str, re.Pattern[str]]:
    words = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    spaced = language in _SPACED
    return {
        name: re.compile("|".join(_pattern(word.casefold().translate(_SAME), spaced) for word in entries))
        for name, entries in words.items()
    }


def _pattern(word: str, spaced: bool) -> str:
    """`stem*` takes any ending where words stand apart; elsewhere every entry does, and `^` asks for a beginning."""
    if not spaced:
        begins = r"(?<!\w)" if word.startswith("^") or word[0].isascii() else ""
        ends = r"(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else ""
        return begins + re.escape(word.removeprefix("^")) + ends
    parts = [re.escape(part.removesuffix("*")) + (r"\w*" if part.endswith("*") else "") for part in word.split()]
    return r"(?<![\w'-])" + r"\s+".join(parts) + r"(?![\w'])"


# ---------------------------------------------------------------- quotes


def _quotes(said: Sequence[_Mention]) -> Iterator[Quote]:
    """The clearest sentences, of each side in turn, so that the rarer voice is heard too; the same one once."""
    order = sorted(said, key=lambda each: (_clearness(each.quote), each.quote))
    heads = [next((each for each in order if each.side == way), None) for way in _ways(said)]
    chosen = [each for each in heads if each] + order
    told = dict.fromkeys(each.quote for each in chosen)
    for quote in list(told)[:QUOTES]:
        mention = next(each for each in chosen if each.quote == quote)
        review = mention.review
        stars = review.rating.on_five if review.rating else None
        yield Quote(text=quote, language=mention.language, date=review.date, stars=stars)


def _ways(said: Sequence[_Mention]) -> list[int]:
    """Sides by how often they were taken."""
    return sorted({-1, 1}, key=lambda way: -sum(each.side == way for each in said))


def _clearness(quote: str) -> tuple[bool, int]:
    """Short ones first, but those too short to be understood last."""
    size = round(len(quote) + (SIGN - 1) * len(_SIGNS.findall(quote)))
    return size < CLEAR, size


def _clipped(sentence: str, start: int, end: int) -> str:
    """The sentence in one line without addresses and numbers of anybody; a long one around the word that was met."""
    if len(sentence) > LONGEST:
        room = (LONGEST - (end - start)) // 2
        left, right = max(0, start - room), min(len(sentence), end + room)
        if left:
            left = next((at + 1 for at in range(left, start) if sentence[at].isspace()), left)
        if right < len(sentence):
            right = next((at for at in range(right, end, -1) if sentence[at - 1].isspace()), right)
        head, tail = CUT * bool(left), CUT * (right < len(sentence))
        sentence = head + sentence[left:right].strip() + tail
    return " ".join(_CONTACT.sub(_MASK, sentence).split())
