"""What headlines of business say in the reporter's own verbs, as features of a title head: rises, falls, news.

The lexicon of a language says what a searcher finds good or bad for a brand; these lists say what a price or a
figure did. They decide nothing by themselves: a head learns how much they count. Files: `trained/*.headlines.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from audit.lexicon import STRENGTHS, Cue, Finder, Phrase, longest

SIGNS: Mapping[str, int] = {"rise": 1, "good": 1, "fall": -1, "ill": -1}
"""The groups of a file and which way they point."""
PLAIN = "plain"
"""The group that keeps a phrase of the trade from being read as praise or blame."""
_FOLDER = Path(__file__).parent / "trained"
_ANY_FIGURE = str.maketrans("123456789", "0" * 9)


@dataclass(frozen=True, eq=False)
class Headlines:
    """The phrases of one language; `plain` are words whose valence says nothing in a headline."""

    phrases: Finder
    plain: frozenset[str]

    def found(self, signs: str) -> list[Cue]:
        """The longest phrases of a text made ready (lower case, every digit 0); they never overlap."""
        return longest(self.phrases.all(signs), len(signs))


@cache
def headlines(language: str) -> Headlines | None:
    """The phrases of a language; None where there are none."""
    path = _FOLDER / f"{language}.headlines.toml"
    if not path.is_file():
        return None
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Headlines(Finder(_phrases(table), True, {}), frozenset(str(table["plain_words"]).split()))


def _phrases(table: Mapping[str, Mapping[str, list[str]]]) -> Iterator[Phrase]:
    for text in table[PLAIN]["phrases"]:
        yield Phrase(text.translate(_ANY_FIGURE), PLAIN)
    for group, sign in SIGNS.items():
        for strength, phrases in table[group].items():
            for text in phrases:
                yield Phrase(text.translate(_ANY_FIGURE), group, sign * STRENGTHS[strength])
