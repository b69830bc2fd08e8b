"""Text -> what it means for the brand, with the phrases that decided.

Meaning is towards the brand, not the text: its names are masked, a fraud that *uses* the brand is not its
fraud, a suit the brand brings is not brought against it, the trouble another firm gave is not its trouble.
A text whose language has no lexicon is unread, which is not neutral.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from string import punctuation
from typing import NamedTuple

from audit.bearer import Named
from audit.combine import Evidence, Shares, head_of, probabilities
from audit.heads import head
from audit.lexicon import BRAND, THIN, Cue, Lexicon, languages, lexicon, longest
from audit.moods import moods
from audit.names import mask
from audit.scope import Sentence, factor, is_denied, sentence_of, sentences

FULL_FROM = 3.0
"""From here on a reading is a whole step (1), below it half a step (0.5)."""
MIXED_FROM = 0.45
"""Where the weaker side holds this share of the stronger, the text is mixed: half a step at most."""
_QUOTED_PRAISE = -0.5
_GOOD_ENDS = {"cleared": 3.0, "solved": 1.0}
_TURN_BESIDE = frozenset({"negator", "negator_after", "nobody", "contrast", "now", "solved", "rival", "feared"})
_OF_PAGE = 0.25
"""What a phrase of the page behind a result counts beside one of its title or snippet."""
_TEXTBLOB, _TEXTBLOB_LEAST = 2.0, 0.1
"""TextBlob's polarity (-1..1) counts as a phrase of this weight, from this strength on."""
_SHOWN, _WORDS = 8, 3
_LONGEST = 4000
_SHORT = 60
_ENOUGH = 10
"""Of fewer words the head of results is not asked: it learnt from titles with snippets."""
_SIGNS_OF_A_WORD = 2
""" Korean and Chinese: about so many signs say what a word says elsewhere."""
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\s*[-–—~]\s*\d{1,2}[:.]\d\d|\b\d{1,2}:\d\d\b")
_PRICE = re.compile(r"[$£€₴₽¥￥₩]\s?\d|\d\s?(?:руб|грн|원|元|万元|USD|₴|₽|€)", re.IGNORECASE)
_FIGURE = re.compile(r"\d+")
_CALL = re.compile(r"[!！]")
_QUOTE = re.compile(r"[«“\"„「『']")
_QUOTED = re.compile(r"[\"“«'„]([^\"”»“„]{2,40})[\"”»']")
_TURNED_BY_CONTEXT = frozenset({"fraud", "legal", "data", "complaint", "safety", "quality", "service", "finance"})


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
    named: Named | None = None
    """What may tell another bearer of the name from the brand (audit/bearer.py)."""

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


class _Text(NamedTuple):
    """One result made ready: prepared, and prepared with the brand's names masked."""

    title: str
    snippet: str
    kind: str
    names: tuple[str, ...]
    lex: Lexicon
    plain: str
    masked: str

    @property
    def border(self) -> int:
        """Where the title ends; a text without a title is all title."""
        return self.masked.find("¦") if self.title.strip() else len(self.masked)

    @property
    def words(self) -> float:
        return len(self.masked.split()) if self.lex.spaced else len(self.masked) / _SIGNS_OF_A_WORD


def read(title: str, snippet: str, language: str, names: Sequence[str] = (), kind: str = "") -> Reading:
    """Read one result. `language` is one of the shelf, else the reading is empty (unread).

    `kind` is the page type's value: on a page that lists or instructs, the same words weigh less.
    """
    if language not in languages():
        return Reading("")
    lex = lexicon(language)
    plain = lex.prepare(f"{title[:_LONGEST]} ¦ {snippet[:_LONGEST]}")
    text = _Text(title, snippet, kind, tuple(names), lex, plain, mask(plain, names, lex))
    cues, context = _met(text.masked, lex)
    parts = sentences(text.masked, [cue for cue in cues if not cue.phrase.weight])
    weighed = _weighed(text.masked, cues, context, lex, parts)
    strength = sum(abs(weight) for _, weight in weighed)
    raw = f"{title} ¦ {snippet}"[:_LONGEST]
    named = Named(language, raw, plain, text.masked, text.names, dict(context), strength)
    del context["namesake_hint"]
    evidence = _evidence(text, weighed, parts, context)
    p = probabilities(evidence)
    return Reading(
        language=language,
        evidence=evidence,
        p=p,
        because=_because(text, weighed, evidence, p),
        categories=_categories(weighed),
        context=frozenset(evidence.context),
        named=named,
    )


def _because(text: _Text, weighed: list[tuple[Cue, float]], evidence: Evidence, p: Shares) -> tuple[str, ...]:
    """What decided: phrases, or where there are none the words a head went by; then the other readers."""
    told = [f"cue:{_shown(cue)}" for cue, w in sorted(weighed, key=lambda e: -abs(e[1]))[:_SHOWN] if w]
    told = told or (_learnt(text.masked, text.lex.language, p) if evidence.result else [])
    told += [f"{name}:{mood:+.2f}" for name in ("textblob", "vader") if (mood := evidence.moods.get(name))]
    if evidence.head:
        told.append(f"head:{evidence.head_side:+.2f}")
    if evidence.result:
        told.append(f"result:{evidence.result[2] - evidence.result[0]:+.2f}")
    return (*told, *(f"context:{name}" for name in sorted(evidence.context)))


def with_page(result: Reading, page: Reading) -> Reading:
    """A result's reading with the page behind it, read together with it: weaker than title and snippet, unless
    these say nothing."""
    if not result.language or result.evidence.silent or page.evidence.silent:
        return page
    near, far = result.evidence, page.evidence
    evidence = replace(
        near,
        body_praise=near.body_praise + _OF_PAGE * max(far.body_praise - near.body_praise, 0.0),
        body_blame=near.body_blame + _OF_PAGE * max(far.body_blame - near.body_blame, 0.0),
    )
    return replace(result, evidence=evidence, p=probabilities(evidence), categories=page.categories)


def _heads(text: _Text, evidence: Evidence) -> Evidence:
    """With the word of the head of reviews or of news, where phrases leave doubt."""
    kind = head_of(evidence, len(text.title) + len(text.snippet))
    asked = head(text.lex.language, "review" if kind == "review" else "title") if kind else None
    if asked is None:
        return evidence
    both = bool(text.title.strip() and text.snippet.strip())
    said = f"{text.title}. {text.snippet}" if both else text.title + text.snippet
    return replace(evidence, head=asked.p(said[:_LONGEST], text.names).p)


def _learnt(masked: str, language: str, p: Shares) -> list[str]:
    """Words the head of results took the side from, where no phrase explains it."""
    results, side = head(language, "result"), p.index(max(p)) - 1
    if results is None or not side:
        return []
    told = [word for word, weight in results.words_of(masked) if weight * side > 0 and word.strip(punctuation)]
    return [f"word:{word.strip()}" for word in told[:_WORDS]]


def _shape(title: str, snippet: str) -> dict[str, float]:
    """How a text is built, whatever it says: prices, hours and figures are of shops and lists, dots of talk."""
    whole = f"{title} ¦ {snippet}"[:_LONGEST]
    return {
        "asks": float(title.rstrip().endswith(("?", "？"))),
        "clock": float(bool(_CLOCK.search(whole))),
        "price": float(bool(_PRICE.search(whole))),
        "figures": min(len(_FIGURE.findall(whole)), 6) / 6,
        "calls": float(bool(_CALL.search(whole))),
        "trails": float("…" in whole or "..." in whole),
        "quotes": float(bool(_QUOTE.search(title))),
        "short": float(len(whole) < _SHORT),
    }


# ---------------------------------------------------------------- weighing


def _met(text: str, lex: Lexicon) -> tuple[list[Cue], Counter[str]]:
    """Phrases that count, in order of place, and the kinds of context met.

    A context that lies within a longer phrase is none: "[brand] sued over" is not "[brand] sued".
    """
    found = lex.phrases.all(text)
    said = [cue for cue in found if not cue.aside]
    kinds = {(cue.phrase.text, cue.phrase.category) for cue in found if cue.aside and not _within(cue, said)}
    return _beside(longest(said, len(text)), said), Counter(category for _, category in kinds)


def _beside(taken: list[Cue], said: list[Cue]) -> list[Cue]:
    """A phrase may both say something and turn what stands around it ("sadly", "repaired"): both are kept."""
    spans = {(cue.start, cue.end): cue for cue in taken}
    turning = [
        cue
        for cue in said
        if cue.phrase.category in _TURN_BESIDE and (other := spans.get((cue.start, cue.end))) and other.phrase.weight
    ]
    return sorted({*taken, *turning}, key=lambda cue: cue.start) if turning else taken


def _within(aside: Cue, cues: list[Cue]) -> bool:
    size = aside.end - aside.start
    return any(cue.start <= aside.start and aside.end <= cue.end and cue.end - cue.start > size for cue in cues)


def _weighed(
    text: str, cues: list[Cue], context: Counter[str], lex: Lexicon, parts: list[Sentence]
) -> list[tuple[Cue, float]]:
    """Each cue with the weight its surroundings leave it."""
    if not cues:
        return []
    marks = [cue for cue in cues if not cue.phrase.weight]
    cleared = [m for m in marks if m.phrase.category in _GOOD_ENDS and not is_denied(m, marks, text, lex)]
    context.update({mark.phrase.category for mark in cleared})
    quotes = [(m.start(1), m.end(1)) for m in _QUOTED.finditer(text) if len(m.group(1).split()) <= 2]
    out = [(mark, _GOOD_ENDS[mark.phrase.category]) for mark in cleared]
    for cue in cues:
        weight = cue.phrase.weight
        if not weight:
            continue
        weight *= factor(cue, sentence_of(cue, parts), text, lex, cues)
        if weight > 0 and lex.spaced and any(a <= cue.start < b for a, b in quotes):
            weight *= _QUOTED_PRAISE
        out.append((cue, weight * _by_context(cue, weight, context)))
    return out


def _by_context(cue: Cue, weight: float, context: Counter[str]) -> float:
    if weight >= 0 or cue.phrase.category not in _TURNED_BY_CONTEXT:
        return 1.0
    if context["victim"] or context["accuser"]:
        return 0.1
    if context["cleared"]:
        return 0.25
    return 0.5 if context["solved"] else 1.0


def _evidence(text: _Text, weighed: list[tuple[Cue, float]], parts: list[Sentence], context: Counter[str]) -> Evidence:
    def total(sign: int, cues: Iterable[tuple[Cue, float]]) -> float:
        return sum(abs(weight) for _, weight in cues if weight * sign > 0)

    felt = moods(f"{text.title}. {text.snippet}"[:_LONGEST]) if text.lex.language == "en" else {}
    mood = felt.get("textblob", 0.0)
    mood = _TEXTBLOB * mood if abs(mood) >= _TEXTBLOB_LEAST else 0.0
    whole = text.title.strip() and text.snippet.strip() and text.words >= _ENOUGH
    border, results = text.border, head(text.lex.language, "result") if whole else None
    title = [entry for entry in weighed if entry[0].start < border]
    body = [entry for entry in weighed if entry[0].start >= border]
    end, near = _placed(text.masked, weighed, parts)
    evidence = Evidence(
        title_praise=total(1, title),
        title_blame=total(-1, title),
        body_praise=total(1, body) + max(mood, 0.0),
        body_blame=total(-1, body) + max(-mood, 0.0),
        end=end,
        near=near,
        words=text.words,
        context={name: times for name, times in context.items() if times},
        kind=text.kind,
        moods=felt | _shape(text.title, text.snippet),
        result=results.of(text.masked) if results else None,
    )
    return _heads(text, evidence)


def _placed(text: str, weighed: list[tuple[Cue, float]], parts: list[Sentence]) -> tuple[float, float]:
    """Net of the last sentence, and of those that name the brand."""
    last = parts[-1].start if parts else 0
    naming = [part for part in parts if BRAND in text[part.start : part.end]]
    near = (weight for cue, weight in weighed if any(part.start <= cue.start < part.end for part in naming))
    return sum(weight for cue, weight in weighed if cue.start >= last), sum(near)


def _categories(weighed: list[tuple[Cue, float]]) -> tuple[str, ...]:
    heavy: Counter[str] = Counter()
    for cue, weight in weighed:
        if weight < 0:
            heavy["complaint" if cue.phrase.weight > 0 else cue.phrase.category] += round(-weight * 100)
    return tuple(name for name, _ in heavy.most_common())


def _shown(cue: Cue) -> str:
    return cue.found.replace(BRAND, "[brand]").replace(THIN, " ").strip()
