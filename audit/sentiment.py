"""Text -> what it means for the brand, with the phrases that decided.

Meaning is towards the brand, not the text: its names are masked, a fraud that *uses* the brand is not its
fraud, a suit the brand brings is not brought against it, the trouble another firm gave is not its trouble.
A text whose language has no lexicon is unread, which is not neutral.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from string import punctuation
from typing import Any

from audit.bearer import Named, features
from audit.combine import Evidence, head_of, probabilities
from audit.heads import head
from audit.lexicon import BRAND, THIN, Cue, Lexicon, languages, lexicon, longest
from audit.names import mask
from audit.scope import factor, is_denied, last_sentence, sentence_of, sentences

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
_SHOWN = 8
_LONGEST = 4000
_SHORT = 60
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\s*[-–—~]\s*\d{1,2}[:.]\d\d|\b\d{1,2}:\d\d\b")
_PRICE = re.compile(r"[$£€₴₽¥￥₩]\s?\d|\d\s?(?:руб|грн|원|元|万元|USD|₴|₽|€)", re.IGNORECASE)
_FIGURE = re.compile(r"\d+")
_PLAIN = re.compile(r"[\w\s,.'&$%¦?!-]*", re.ASCII)
"""Signs of which emoticons are made only together with letters of `_LETTERED`: xD, o_O."""
_LETTERED = frozenset({"xd", "x", "d", "o"})
_LETTERS = re.compile(r"[a-z]+")
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
    bearer: Mapping[str, float] = field(default_factory=dict)
    """What tells another bearer of the name from the brand (audit/bearer.py)."""

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
    weighed = _weighed(text, cues, context, lex)
    strength = sum(abs(weight) for _, weight in weighed)
    bearer = features(Named(f"{title} ¦ {snippet}"[:_LONGEST], plain, text, names), lex, context, strength)
    del context["namesake_hint"]
    moods = _moods(f"{title}. {snippet}"[:_LONGEST]) if language == "en" else {}
    evidence = _evidence(text, weighed, context, moods | _shape(title, snippet), kind, bool(title.strip()))
    evidence = _with_head(evidence, title, snippet, language, names)
    because = [f"cue:{_shown(cue)}" for cue, w in sorted(weighed, key=lambda e: -abs(e[1]))[:_SHOWN] if w]
    because += [f"{name}:{mood:+.2f}" for name, mood in moods.items() if mood]
    because += [f"head:{evidence.head_side:+.2f}"] if evidence.head else []
    return Reading(
        language=language,
        evidence=evidence,
        p=probabilities(evidence),
        because=(*because, *(f"context:{name}" for name in sorted(evidence.context))),
        categories=_categories(weighed),
        context=frozenset(evidence.context),
        bearer=bearer,
    )


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


def _with_head(evidence: Evidence, title: str, snippet: str, language: str, names: Sequence[str]) -> Evidence:
    """What a trained head says, where phrases leave doubt and the language has one for pages like this."""
    text = f"{title}. {snippet}" if title.strip() and snippet.strip() else title + snippet
    kind = head_of(evidence, len(text))
    asked = head(language, "review" if kind == "review" else "title") if kind else None
    return replace(evidence, head=asked.p(text[:_LONGEST], names).p) if asked else evidence


def textblob_polarity(text: str) -> float:
    """TextBlob's polarity of an English text, -1..1; 0.0 for a text it knows no word of."""
    return round(float(_textblob()(text)[0]), 2)


def vader_polarity(text: str) -> float:
    """VADER's compound of an English text, -1..1."""
    return float(_vader().polarity_scores(text)["compound"])


def _moods(text: str) -> dict[str, float]:
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


def _weighed(text: str, cues: list[Cue], context: Counter[str], lex: Lexicon) -> list[tuple[Cue, float]]:
    """Each cue with the weight its surroundings leave it."""
    if not cues:
        return []
    marks = [cue for cue in cues if not cue.phrase.weight]
    found = sentences(text, marks)
    cleared = [m for m in marks if m.phrase.category in _GOOD_ENDS and not is_denied(m, marks, text, lex)]
    context.update({mark.phrase.category for mark in cleared})
    quotes = [(m.start(1), m.end(1)) for m in _QUOTED.finditer(text) if len(m.group(1).split()) <= 2]
    out = [(mark, _GOOD_ENDS[mark.phrase.category]) for mark in cleared]
    for cue in cues:
        weight = cue.phrase.weight
        if not weight:
            continue
        weight *= factor(cue, sentence_of(cue, found), text, lex, cues)
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


def _evidence(
    text: str,
    weighed: list[tuple[Cue, float]],
    context: Counter[str],
    moods: Mapping[str, float],
    kind: str,
    title: bool,
) -> Evidence:
    """A text without a title is all title: there is nothing it could be the body of."""
    border = text.find("¦") if title else len(text)
    last = last_sentence(text)

    def total(sign: int, cues: Iterable[tuple[Cue, float]]) -> float:
        return sum(abs(weight) for _, weight in cues if weight * sign > 0)

    mood = moods.get("textblob", 0.0)
    felt = _TEXTBLOB * mood if abs(mood) >= _TEXTBLOB_LEAST else 0.0
    head = [entry for entry in weighed if entry[0].start < border]
    body = [entry for entry in weighed if entry[0].start >= border]
    return Evidence(
        title_praise=total(1, head),
        title_blame=total(-1, head),
        body_praise=total(1, body) + max(felt, 0.0),
        body_blame=total(-1, body) + max(-felt, 0.0),
        end=sum(weight for cue, weight in weighed if cue.start >= last),
        context={name: times for name, times in context.items() if times},
        kind=kind,
        moods=moods,
    )


def _categories(weighed: list[tuple[Cue, float]]) -> tuple[str, ...]:
    heavy: Counter[str] = Counter()
    for cue, weight in weighed:
        if weight < 0:
            heavy["complaint" if cue.phrase.weight > 0 else cue.phrase.category] += round(-weight * 100)
    return tuple(name for name, _ in heavy.most_common())


def _shown(cue: Cue) -> str:
    return cue.found.replace(BRAND, "[brand]").replace(THIN, " ").strip()
