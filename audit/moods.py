"""What other readers of English say: TextBlob and VADER, two features among others, never the verdict."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from string import punctuation
from typing import Any

_PLAIN = re.compile(r"[\w\s,.'&$%¦?!-]*", re.ASCII)
"""Signs of which emoticons are made only together with letters of `_LETTERED`: xD, o_O."""
_LETTERED = frozenset({"xd", "x", "d", "o"})
_LETTERS = re.compile(r"[a-z]+")


def textblob_polarity(text: str) -> float:
    """TextBlob's polarity of an English text, -1..1; 0.0 for a text it knows no word of."""
    return round(float(_textblob()(text)[0]), 2)


def vader_polarity(text: str) -> float:
    """VADER's compound of an English text, -1..1."""
    return float(_vader().polarity_scores(text)["compound"])


def moods(text: str) -> dict[str, float]:
    """Both readers give exactly 0.0 for a plain text that holds none of their words: they need not be asked then."""
    if not _PLAIN.fullmatch(text):
        return {"textblob": textblob_polarity(text), "vader": vader_polarity(text)}
    lowered = text.lower()
    tokens = {part for token in lowered.split() for part in (token, token.strip(punctuation))}
    return {
        "textblob": 0.0 if _textblob_words().isdisjoint(_LETTERS.findall(lowered)) else textblob_polarity(text),
        "vader": 0.0 if _vader_words().isdisjoint(tokens) else vader_polarity(text),
    }


@cache
def _textblob_words() -> frozenset[str]:
    """The longest run of letters of every word TextBlob knows: who has none of these has none of its words."""
    known = (_LETTERS.findall(word) for word in dict.keys(_textblob()) if " " not in word)
    return frozenset({max(runs, key=len) for runs in known if runs} | _LETTERED)


@cache
def _vader_words() -> frozenset[str]:
    return frozenset(_vader().lexicon)


@cache
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: TID251 - here and lazily

    return SentimentIntensityAnalyzer()


@cache
def _textblob() -> Any:
    """TextBlob's own English analyser, read from its file: importing the package would load nltk (seconds) for parts
    that are not used here. A test holds it equal to `textblob.en.sentiment`."""
    package = find_spec("textblob")  # finds it without running it
    folder = Path(package.origin).parent if package and package.origin else Path()
    spec = spec_from_file_location("audit._textblob_text", folder / "_text.py")
    if spec is None or spec.loader is None:
        raise ImportError("textblob/_text.py is missing")
    text = module_from_spec(spec)
    spec.loader.exec_module(text)
    analyser = text.Sentiment(
        path=str(folder / "en" / "en-sentiment.xml"),
        synset="wordnet_id",
        negations=("no", "not", "n't", "never"),
        modifiers=("RB",),
        modifier=lambda word: word.endswith("ly"),
        tokenizer=text.Parser().find_tokens,
        language="en",
    )
    analyser.load()
    for word, senses in list(dict.items(analyser)):  # as the package does: "terrible" gives "terribly"
        if "JJ" in senses:
            stem = word[:-1] + "i" if word.endswith("y") else word[:-2] if word.endswith("le") else word
            analyser.annotate(f"{stem}ly", "RB", *senses["JJ"])
    return analyser
