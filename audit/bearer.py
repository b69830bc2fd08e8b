"""Whether a result speaks of the brand or of another bearer of its name: a village, a novel, a common word.

A small logistic regression over facts every language has: how much of the name is met and where, whether the page is
of a kind that describes the world, whether anybody praises or blames, whether words of another bearer's world stand
near (`namesake`, `namesake_hint` of the lexicons). Coefficients: `bearer.toml`, fitted by `python -m benchmarks.bearer`
on the project's labelled results. A brief's `namesakes` and products are heard before (audit/owners.py).
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from audit.lexicon import BRAND, Lexicon, lexicon
from audit.names import in_another_word, in_full, only_in_lower_case

FILE = Path(__file__).with_name("bearer.toml")
MOST_HINTS = 3
"""More hints than this say no more."""
_DEFINED = re.compile(
    rf"^[«\"“'《『]?{BRAND}\w{{0,3}}[»\"”'》』]?\s*(?:\(|[–—-]\s|:\s|,\s(?:an?|the)\s|\s(?:is|was|means)\s)"
)
"""A title that begins with the name and says what it is."""
_LONG_AGO = re.compile(r"\b1[0-9]\d\d\b")
_QUOTED = re.compile(rf"[«\"“„《『「'‘]{BRAND}")
_SAID = ("neutral", "official", "question", "victim", "accuser")


class Named(NamedTuple):
    """What a result says beside the names looked for: the text as it stands, prepared, and prepared with the names
    masked; the contexts met in it; how much praise and blame there is."""

    language: str
    raw: str
    plain: str
    masked: str
    names: tuple[str, ...]
    met: Mapping[str, int]
    strength: float


def features(text: Named) -> dict[str, float]:
    """Named numbers 0..1 of a result."""
    masked, times, met, lex = text.masked, text.masked.count(BRAND), text.met, lexicon(text.language)
    told = {
        "bias": 1.0,
        "proof": float(bool(met.get("namesake"))),
        "hint": min(met.get("namesake_hint", 0), MOST_HINTS) / MOST_HINTS,
        "whole": float(in_full(text.plain, text.names, lex)),
        "once": float(times == 1),
        "absent": float(times == 0),
        "often": float(times > 2),
        "in_title": float(BRAND in masked.partition("¦")[0]),
        "defined": float(bool(_DEFINED.match(masked))),
        "quoted": float(bool(_QUOTED.search(masked))),
        "opinion": math.tanh(text.strength / 3),
        "long_ago": float(bool(_LONG_AGO.search(masked))),
        "chance": float(_by_chance(text, lex)),
    }
    told |= {f"said_{name}": float(bool(met.get(name))) for name in _SAID}
    return {name: value for name, value in told.items() if value}


def share(told: Mapping[str, float], kind: str, *, rated: bool, works: bool) -> float:
    """Probability that another bearer of the name is meant. `kind`: the page type's value; `rated`: a rating stands in
    the result; `works`: the venue's subjects are books, films, songs."""
    weights = model().weights
    raw = sum(weights.get(name, 0.0) * value for name, value in told.items()) + weights.get(f"on_{kind}", 0.0)
    raw += weights.get("rated", 0.0) * rated + weights.get("works", 0.0) * works
    return 1 / (1 + math.exp(-raw))


def _by_chance(text: Named, lex: Lexicon) -> bool:
    """The name is met by chance: a common word in lower case, or the beginning of another word."""
    if lex.language == "ko":
        return in_another_word(text.plain, text.names, lex)
    return lex.spaced and only_in_lower_case(text.raw, text.names, lex)


class Model(NamedTuple):
    """The coefficients of `bearer.toml`."""

    weights: Mapping[str, float]
    another_from: float
    """From this probability on another bearer is taken to be meant."""


@cache
def model() -> Model:
    table = tomllib.loads(FILE.read_text("utf-8"))
    weights = {name: float(weight) for name, weight in table["weights"].items()}
    return Model(weights, float(table["another_from"]))
