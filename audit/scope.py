"""What the words around a phrase leave of its weight: denial, contrast, fear, other firms, before and now.

A text is cut into sentences, a sentence into clauses (at commas, dashes and words of contrast). Most rules look
at a clause: "the old shop was terrible, {brand} is great" blames nobody here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from audit.lexicon import BRAND, THIN, Cue, Lexicon

_DENIED_BAD, _DENIED_GOOD = 0.8, 0.8
_MENDED = 0.6
"""A fault that was mended counts this much for the brand."""
_ASKED = 0.12
_BEFORE_BUT, _AFTER_BUT = 0.5, 1.5
_FORMERLY = 0.25
"""What is left of "was awful" where "now it is good" follows."""
_OF_ANOTHER = -0.3
"""Blame of another firm is a little praise of this one, and the reverse."""
_FEARED = -0.4
"""Blame that was only expected turns a little into praise."""
_BRAND_BETWEEN = 2
"""A denial that follows may stand this much further off: "complaints about {brand} there are none"."""
_PERHAPS = 0.6
"""What is left of a phrase after "if" or "might"."""
_SENTENCE = re.compile(r"(?<=[!?…。！？；¦|·—–])|(?<=[.;])(?!\d)|(?=[¦|·])")
_PAUSE = re.compile(r"[,，、:：]|\s-\s|\s(?:after|when|while|whereas)\s")
_STOP = re.compile(r"[,:，、]")
_NEGATIVE_PREFIX = re.compile(r"(?:не|ни|ані|no|not|never)\b|安|不|没")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text[start:end]` of a prepared text, with the marks in it; `edges` are the starts of its clauses."""

    start: int
    end: int
    asked: bool
    marks: tuple[Cue, ...] = ()
    edges: tuple[int, ...] = field(default=())

    def clause(self, at: int) -> tuple[int, int]:
        place = bisect_right(self.edges, at)
        return (
            self.edges[place - 1] if place else self.start,
            self.edges[place] if place < len(self.edges) else self.end,
        )


def sentences(text: str, marks: Sequence[Cue]) -> list[Sentence]:
    """Every sentence of a prepared text, in order."""
    found = []
    for start, end, asked in _spans(text):
        near = tuple(mark for mark in marks if start <= mark.start < end)
        turns = [mark.start for mark in near if mark.phrase.category in ("contrast", "now")]
        pauses = [met.end() for met in _PAUSE.finditer(text, start, end)]
        found.append(Sentence(start, end, asked, near, tuple(sorted({*turns, *pauses}))))
    return found


def sentence_of(cue: Cue, found: Sequence[Sentence]) -> Sentence:
    return next((each for each in found if each.start <= cue.start < each.end), found[-1])


def factor(cue: Cue, sentence: Sentence, text: str, lex: Lexicon, cues: Sequence[Cue]) -> float:
    """What a phrase's weight is to be multiplied with, for all that stands around it in its sentence."""
    by_kind = _turned(cue, sentence, text, lex)
    share = _ASKED if sentence.asked else 1.0
    for mark in sentence.marks:
        if mark.phrase.category == "hedge" and mark.end <= cue.start:
            share *= _PERHAPS
            break
    return by_kind * share * _by_turn(cue, sentence, cues)


def _turned(cue: Cue, sentence: Sentence, text: str, lex: Lexicon) -> float:
    bad = cue.phrase.weight < 0
    marks = sentence.marks
    if _denied(cue, marks, text, lex):
        return -(_DENIED_BAD if bad else _DENIED_GOOD)
    if bad and any(_mends(mark, cue, marks, text, lex) for mark in marks):
        return -_MENDED
    if bad and any(_was_feared(mark, cue, marks) for mark in marks):
        return _FEARED
    start, end = sentence.clause(cue.start)
    if BRAND not in text[start:end] and any(m.phrase.category == "rival" and start <= m.start < end for m in marks):
        return _OF_ANOTHER
    return 1.0


def _by_turn(cue: Cue, sentence: Sentence, cues: Sequence[Cue]) -> float:
    """Before "but" less, after it more; before "now" next to nothing, if something is said after it."""
    share = 1.0
    turns = [mark.start for mark in sentence.marks if mark.phrase.category == "contrast"]
    if turns:
        share = _AFTER_BUT if cue.start > turns[-1] else _BEFORE_BUT
    nows = [mark.start for mark in sentence.marks if mark.phrase.category == "now"]
    if nows and cue.start < nows[-1] and any(nows[-1] < c.start < sentence.end and c.phrase.weight for c in cues):
        share *= _FORMERLY
    return share


def _denied(cue: Cue, marks: Sequence[Cue], text: str, lex: Lexicon) -> bool:
    """An odd number of denials; where denials agree (ru, uk: nobody never not), they are one."""
    times = sum(_denies(mark, cue, text, lex) for mark in marks)
    if lex.concord:
        return bool(times) and not _NEGATIVE_PREFIX.match(cue.found)
    return times % 2 == 1


def _was_feared(mark: Cue, cue: Cue, marks: Sequence[Cue]) -> bool:
    """ "I feared a scam, but" ends what was only feared."""
    if mark.phrase.category != "feared" or mark.end > cue.start:
        return False
    return not any(m.phrase.category == "contrast" and mark.end <= m.start < cue.start for m in marks)


def _denies(mark: Cue, cue: Cue, text: str, lex: Lexicon) -> bool:
    kind = mark.phrase.category
    if kind == "negator" and mark.end <= cue.start:
        return distance(text[mark.end : cue.start], lex) <= lex.reach
    if kind == "negator_after" and mark.start >= cue.end:
        return distance(text[cue.end : mark.start], lex) <= lex.reach + (_BRAND_BETWEEN if lex.spaced else 0)
    if kind == "negator_after" and lex.concord and mark.end <= cue.start:
        return distance(text[mark.end : cue.start], lex) <= lex.reach
    if kind == "nobody" and mark.end <= cue.start:
        far = distance(text[mark.end : cue.start], lex) > 2 * lex.reach
        return not far and not _PAUSE.search(text, mark.end, cue.start)
    return False


def _mends(mark: Cue, cue: Cue, marks: Sequence[Cue], text: str, lex: Lexicon) -> bool:
    """ "fixed the fault", "поломку устранили": a word of mending beside the fault, and not denied itself."""
    if mark.phrase.category != "solved":
        return False
    between = text[mark.end : cue.start] if mark.end <= cue.start else text[cue.end : mark.start]
    return distance(between, lex) <= lex.reach and not is_denied(mark, marks, text, lex)


def is_denied(mark: Cue, marks: Sequence[Cue], text: str, lex: Lexicon) -> bool:
    """True where another mark denies this one: "has not solved"."""
    return any(_denies(other, mark, text, lex) for other in marks if other is not mark)


def distance(between: str, lex: Lexicon) -> int:
    """Words (signs where unspaced) between two phrases, plus one; beyond reach across a pause."""
    if lex.spaced and _STOP.search(between):
        return lex.reach + 1
    return len(between.split()) + 1 if lex.spaced else len(between.replace(THIN, ""))


def _spans(text: str) -> Iterator[tuple[int, int, bool]]:
    start = 0
    for part in _SENTENCE.split(text):
        end = start + len(part)
        if part.strip():
            yield start, end, part.rstrip(" ¦|·\u200a").endswith(("?", "？"))
        start = end
