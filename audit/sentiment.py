"""Text -> what it means for the brand, with the phrases that decided.

Meaning is towards the brand, not the text: its names are masked, a fraud that *uses* the brand is not its
fraud, a suit the brand brings is not brought against it, the trouble another firm gave is not its trouble.
A text whose language has no lexicon is unread, which is not neutral.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from audit.lexicon import BRAND, THIN, Cue, Lexicon, languages, lexicon, longest
from audit.names import in_full, mask
from audit.weights import Evidence, probabilities

FULL_FROM = 3.0
"""From here on a reading is a whole step (1), below it half a step (0.5)."""
MIXED_FROM = 0.45
"""Where the weaker side holds this share of the stronger, the text is mixed: half a step at most."""
_DENIED_BAD, _DENIED_GOOD = 0.6, 0.8
_ASKED = 0.2
_BEFORE_BUT, _AFTER_BUT = 0.6, 1.4
_OF_ANOTHER = 0.3
"""What is left of blame in a sentence that speaks of another firm."""
_FEARED = -0.4
"""Blame that was only expected turns a little into praise."""
_QUOTED_PRAISE = -0.5
_PERHAPS = 0.6
"""What is left of a phrase after "if" or "might"."""
_CLEARED, _SOLVED = 3.0, 1.0
_HINTS = 2
"""So many words of another bearer's world prove one."""
_TEXTBLOB, _TEXTBLOB_LEAST = 2.0, 0.1
"""TextBlob's polarity (-1..1) counts as a phrase of this weight, from this strength on."""
_SHOWN = 8
_LONGEST = 4000
_SENTENCE = re.compile(r"(?<=[!?…。！？；¦|·—–])|(?<=[.;])(?!\d)|(?=[¦|·])")
_QUOTED = re.compile(r"[\"“«'„]([^\"”»“„]{2,40})[\"”»']")
_TURNED_BY_CONTEXT = frozenset({"fraud", "legal", "data", "complaint", "safety", "quality", "service"})


@dataclass(frozen=True, slots=True)
class Reading:
    """`score` is for (+) or against (-) the brand; `p` = (negative, neutral, positive), adds up to 1."""

    language: str
    evidence: Evidence = field(default_factory=Evidence)
    p: tuple[float, float, float] = (0.0, 1.0, 0.0)
    because: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Categories of the bad news found, the heaviest first."""
    context: frozenset[str] = frozenset()
    """Kinds of context met: neutral, victim, accuser, cleared, solved, namesake, outdated, question, official."""

    @property
    def score(self) -> float:
        return self.evidence.praise - self.evidence.blame

    @property
    def level(self) -> float | None:
        """-1, -0.5, 0, 0.5 or 1; None where no language was read."""
        if not self.language:
            return None
        side = max((1, 0, 2), key=lambda at: self.p[at]) - 1
        weaker, stronger = sorted((self.evidence.praise, self.evidence.blame))
        whole = abs(self.score) >= FULL_FROM and weaker < MIXED_FROM * stronger
        return math.copysign(1.0 if whole else 0.5, side) if side else 0.0

    @property
    def confidence(self) -> float:
        """Probability of the side `level` took, 0 for an unread text."""
        level = self.level
        return 0.0 if level is None else self.p[0 if level < 0 else 2 if level > 0 else 1]


def read(title: str, snippet: str, language: str, names: Sequence[str] = (), kind: str = "") -> Reading:
    """Read one result. `language` is one of the shelf, else the reading is empty (unread).

    `kind` is the page type's value: on a page that lists or instructs, the same words weigh less.
    """
    if language not in languages():
        return Reading("")
    lex = lexicon(language)
    plain = lex.prepare(f"{title[:_LONGEST]} ¦ {snippet[:_LONGEST]}")
    text = mask(plain, names, lex)
    cues, context = _met(text, lex)
    if context.pop("namesake_hint", 0) >= _HINTS:
        context["namesake"] += 1
    if context["namesake"] and in_full(plain, names, lex):
        del context["namesake"]
    weighed = _weighed(text, cues, context, lex)
    mood = textblob_polarity(f"{title}. {snippet}"[:_LONGEST]) if language == "en" else 0.0
    evidence = _evidence(text, weighed, context, mood, kind)
    because = [f"cue:{_shown(cue)}" for cue, w in sorted(weighed, key=lambda e: -abs(e[1]))[:_SHOWN] if w]
    because += [f"textblob:{mood:+.2f}"] if mood else []
    return Reading(
        language=language,
        evidence=evidence,
        p=probabilities(evidence),
        because=(*because, *(f"context:{name}" for name in sorted(evidence.context))),
        categories=_categories(weighed),
        context=frozenset(evidence.context),
    )


def textblob_polarity(text: str) -> float:
    """TextBlob's polarity of an English text, -1..1; 0.0 for a text it knows no word of."""
    return round(_textblob()(text)[0], 2)


@cache
def _textblob() -> Callable[[str], tuple[float, float]]:
    from textblob.en import sentiment  # noqa: TID251 - here and lazily: the import costs most of a second

    return sentiment  # type: ignore[no-any-return]


# ---------------------------------------------------------------- weighing


def _met(text: str, lex: Lexicon) -> tuple[list[Cue], Counter[str]]:
    """Phrases that count, in order of place, and the kinds of context met.

    A context that lies within a longer phrase is none: "[brand] sued over" is not "[brand] sued".
    """
    found = lex.phrases.all(text)
    said = [cue for cue in found if not cue.aside]
    kinds = {(cue.phrase.text, cue.phrase.category) for cue in found if cue.aside and not _within(cue, said)}
    return longest(said, len(text)), Counter(category for _, category in kinds)


def _within(aside: Cue, cues: list[Cue]) -> bool:
    size = aside.end - aside.start
    return any(cue.start <= aside.start and aside.end <= cue.end and cue.end - cue.start > size for cue in cues)


def _weighed(text: str, cues: list[Cue], context: Counter[str], lex: Lexicon) -> list[tuple[Cue, float]]:
    """Each cue with the weight its surroundings leave it."""
    marks = [cue for cue in cues if not cue.phrase.weight]
    context.update({mark.phrase.category for mark in marks} & {"cleared", "solved"})
    spans = list(_sentences(text))
    quotes = [(m.start(1), m.end(1)) for m in _QUOTED.finditer(text) if len(m.group(1).split()) <= 2]
    out = []
    for cue in cues:
        weight = cue.phrase.weight
        if not weight:
            weight = {"cleared": _CLEARED, "solved": _SOLVED}.get(cue.phrase.category, 0.0)
            out += [(cue, weight)] if weight else []
            continue
        weight *= _around(cue, text, marks, spans, lex)
        if weight > 0 and lex.spaced and any(a <= cue.start < b for a, b in quotes):
            weight *= _QUOTED_PRAISE
        out.append((cue, weight * _by_context(cue, weight, context)))
    return out


def _by_context(cue: Cue, weight: float, context: Counter[str]) -> float:
    if weight >= 0 or cue.phrase.category not in _TURNED_BY_CONTEXT:
        return 1.0
    if context["victim"] or (context["accuser"] and cue.phrase.category in ("legal", "fraud")):
        return 0.1
    if context["cleared"]:
        return 0.25
    return 0.5 if context["solved"] else 1.0


def _around(cue: Cue, text: str, marks: list[Cue], spans: list[tuple[int, int, bool]], lex: Lexicon) -> float:
    start, end, asked = next(((a, b, q) for a, b, q in spans if a <= cue.start < b), (0, len(text), False))
    factor = _ASKED if asked else 1.0
    near = [mark for mark in marks if start <= mark.start < end]
    bad = cue.phrase.weight < 0
    if sum(_denies(mark, cue, text, lex) for mark in near) % 2:
        factor *= -(_DENIED_BAD if bad else _DENIED_GOOD)
    elif bad and any(mark.phrase.category == "feared" and mark.end <= cue.start for mark in near):
        factor *= _FEARED
    elif bad and any(mark.phrase.category == "rival" for mark in near) and BRAND not in text[start:end]:
        factor *= _OF_ANOTHER
    if any(mark.phrase.category == "hedge" and mark.end <= cue.start for mark in near):
        factor *= _PERHAPS
    turns = [mark.start for mark in near if mark.phrase.category == "contrast"]
    if turns:
        factor *= _AFTER_BUT if cue.start > turns[-1] else _BEFORE_BUT
    return factor


def _denies(mark: Cue, cue: Cue, text: str, lex: Lexicon) -> bool:
    if mark.phrase.category == "negator" and mark.end <= cue.start:
        return _distance(text[mark.end : cue.start], lex) <= lex.reach
    if mark.phrase.category == "negator_after" and mark.start >= cue.end:
        return _distance(text[cue.end : mark.start], lex) <= lex.reach
    return False


def _distance(between: str, lex: Lexicon) -> int:
    if re.search(r"[,:，、]", between) and lex.spaced:
        return lex.reach + 1
    return len(between.split()) + 1 if lex.spaced else len(between.replace(THIN, ""))


def _sentences(text: str) -> Iterable[tuple[int, int, bool]]:
    start = 0
    for part in _SENTENCE.split(text):
        end = start + len(part)
        if part.strip():
            yield start, end, part.rstrip(" ¦|·\u200a").endswith(("?", "？"))
        start = end


def _evidence(text: str, weighed: list[tuple[Cue, float]], context: Counter[str], mood: float, kind: str) -> Evidence:
    border = text.find("¦")
    last = max((start for start, _, _ in _sentences(text)), default=0)

    def total(sign: int, cues: Iterable[tuple[Cue, float]]) -> float:
        return sum(abs(weight) for _, weight in cues if weight * sign > 0)

    title = [entry for entry in weighed if entry[0].start < border]
    body = [entry for entry in weighed if entry[0].start >= border]
    felt = _TEXTBLOB * mood if abs(mood) >= _TEXTBLOB_LEAST else 0.0
    return Evidence(
        title_praise=total(1, title),
        title_blame=total(-1, title),
        body_praise=total(1, body) + max(felt, 0.0),
        body_blame=total(-1, body) + max(-felt, 0.0),
        end=sum(weight for cue, weight in weighed if cue.start >= last),
        context={name: times for name, times in context.items() if times},
        kind=kind,
    )


def _categories(weighed: list[tuple[Cue, float]]) -> tuple[str, ...]:
    heavy: Counter[str] = Counter()
    for cue, weight in weighed:
        if weight < 0:
            heavy["complaint" if cue.phrase.weight > 0 else cue.phrase.category] += round(-weight * 100)
    return tuple(name for name, _ in heavy.most_common())


def _shown(cue: Cue) -> str:
    return cue.found.replace(BRAND, "[brand]").replace(THIN, " ").strip()
