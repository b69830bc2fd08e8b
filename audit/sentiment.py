"""Text -> what it means for the brand, with the phrases that decided.

Meaning is towards the brand, not the text: its names are masked, a fraud that *uses* the brand is not its
fraud, a suit the brand brings is not brought against it. A text whose language has no lexicon is unread,
which is not neutral. Weights below were set by cross-validation on labelled results; see tests/gold.py.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from audit.lexicon import BRAND, Cue, Lexicon, languages, lexicon
from audit.names import mask

NEUTRAL_BELOW = 0.9
"""Less evidence than this decides nothing: one weak word is not a verdict."""
FULL_FROM = 3.0
"""From here on a reading is a whole step (1), below it half a step (0.5)."""
MIXED_FROM = 0.45
"""Where the weaker side holds this share of the stronger, the text is mixed: half a step at most."""
_DENIED_BAD, _DENIED_GOOD = 0.6, 0.8
_ASKED = 0.2
_BEFORE_BUT, _AFTER_BUT = 0.6, 1.4
_NEUTRAL_STEP = 0.45
_CLEARED, _SOLVED = 3.0, 1.0
_TEXTBLOB = 2.0
_TEXTBLOB_LEAST = 0.1
_SHOWN = 8
_SLOPE, _NEUTRAL_BIAS, _BIAS_FADE = 0.55, 0.9, 0.12
_LONGEST = 4000
_SENTENCE = re.compile(r"(?<=[!?…。！？；¦|·—–])|(?<=[.;])(?!\d)|(?=[¦|·])")
_QUOTED = re.compile(r"[\"“«'„]([^\"”»“„]{2,40})[\"”»']")
_TURNED_BY_CONTEXT = frozenset({"fraud", "legal", "data", "complaint", "safety", "quality", "service"})


@dataclass(frozen=True, slots=True)
class Reading:
    """`score` is evidence for (+) or against (-) the brand; `p` = (negative, neutral, positive), adds up to 1."""

    language: str
    score: float = 0.0
    praise: float = 0.0
    blame: float = 0.0
    p: tuple[float, float, float] = (0.0, 1.0, 0.0)
    because: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Categories of the bad news found, the heaviest first."""
    context: frozenset[str] = frozenset()
    """Kinds of context met: neutral, victim, accuser, cleared, solved, namesake, outdated, question, official."""

    @property
    def level(self) -> float | None:
        """-1, -0.5, 0, 0.5 or 1; None where no language was read."""
        if not self.language:
            return None
        if abs(self.score) < NEUTRAL_BELOW:
            return 0.0
        weaker, stronger = sorted((self.praise, self.blame))
        whole = abs(self.score) >= FULL_FROM and weaker < MIXED_FROM * stronger
        return math.copysign(1.0 if whole else 0.5, self.score)

    @property
    def confidence(self) -> float:
        """Probability of the side `level` took, 0 for an unread text."""
        level = self.level
        return 0.0 if level is None else self.p[0 if level < 0 else 2 if level > 0 else 1]


def read(text_title: str, text_snippet: str, language: str, names: Sequence[str] = ()) -> Reading:
    """Read one result. `language` is one of the shelf, else the reading is empty (unread)."""
    if language not in languages():
        return Reading("")
    lex = lexicon(language)
    raw = f"{text_title[:_LONGEST]} ¦ {text_snippet[:_LONGEST]}"
    text = mask(lex.prepare(raw), names, lex)
    context = _context(text, lex)
    weighed = _weighed(text, lex, context)
    praise, blame = (sum(abs(w) for _, w in weighed if w * sign > 0) for sign in (1, -1))
    score = praise - blame
    because = [f"cue:{_shown(cue)}" for cue, w in sorted(weighed, key=lambda e: -abs(e[1]))[:_SHOWN] if w]
    if language == "en" and (mood := textblob_polarity(f"{text_title}. {text_snippet}"[:_LONGEST])):
        because.append(f"textblob:{mood:+.2f}")
        score += _TEXTBLOB * mood if abs(mood) >= _TEXTBLOB_LEAST else 0.0
    neutral = sum(context[kind] for kind in ("neutral", "official"))
    because += [f"context:{kind}" for kind in sorted(context)]
    score *= _NEUTRAL_STEP ** min(neutral, 3)
    return Reading(
        language=language,
        score=score,
        praise=praise,
        blame=blame,
        p=_probabilities(score, praise + blame),
        because=tuple(because),
        categories=_categories(weighed),
        context=frozenset(context),
    )


def textblob_polarity(text: str) -> float:
    """TextBlob's polarity of an English text, -1..1; 0.0 for a text it knows no word of."""
    return round(float(_textblob()(text).sentiment.polarity), 2)


@cache
def _textblob() -> type:
    from textblob import TextBlob  # noqa: TID251 - here and lazily: the import costs most of a second

    return TextBlob  # type: ignore[no-any-return]


# ---------------------------------------------------------------- what language


_LETTERS = {"ru": "ыэъё", "uk": "іїєґ"}
_FOREIGN_LATIN = frozenset(
    """der die und das ist nicht mit ein eine auf für von zu dem den sich auch wir ich sie bei nach wie aus oder über mehr
    le la les des est une dans pour avec sur pas que qui vous nous sont avis ce cette aux du au je mon très
    el los las una del por para con como más pero muy está son su sus al lo esta estas hay mi nos
    il di che non per una sono della con questo più anche gli alla del ho molto
    não uma para com mais dos das muito foi são você em na ao
    nie się jest na do to że dla jak czy po od przez oraz tak już
    het een van niet voor met zijn op aan ook maar naar wel geen ik
    ve bir bu için çok ile da de ama gibi olarak daha och att det som är inte för med på en av jag""".split()
)
_SHARED = frozenset("a as do me on to is in no so we he as per plan service on do at one due son sale date".split())
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


def language_of(text: str, hint: str = "") -> str:
    """The language of the shelf a text is in, or "" for one that cannot be read. `hint` settles ties only."""
    weights = {name: len(pattern.findall(text[:_LONGEST])) for name, pattern in _SCRIPTS}
    for name in ("hangul", "kana", "han"):
        weights[name] = round(weights[name] * _SIGN_WEIGHT)
    script = max(weights, key=lambda name: weights[name])
    if not weights[script]:
        return ""
    if weights["kana"] and weights["kana"] * 4 > weights["han"] and script in ("kana", "han"):
        return ""
    words = re.findall(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)?", text[:_LONGEST].casefold().replace("’", "'").replace("ʼ", "'"))
    match script:
        case "hangul":
            return "ko"
        case "han":
            return "zh"
        case "cyrillic":
            return _cyrillic(text.casefold(), words, hint)
        case "latin":
            return _latin(words, text, hint)
    return ""


def _cyrillic(text: str, words: list[str], hint: str) -> str:
    points = {
        code: 3 * sum(text.count(letter) for letter in letters) + sum(word in lexicon(code).common for word in words)
        for code, letters in _LETTERS.items()
    }
    if re.search(r"[ђјљњћџќѓѕўәғқңөұүһ]", text) or (points["ru"] == points["uk"] == 0 and hint not in ("", *points)):
        return ""
    if points["ru"] == points["uk"]:
        return hint if hint in points else "ru"
    return max(points, key=lambda code: points[code])


def _latin(words: list[str], text: str, hint: str) -> str:
    english = lexicon("en").common
    ours = sum(word in english and word not in _SHARED for word in words)
    theirs = sum(word in _FOREIGN_LATIN and word not in english for word in words)
    marked = len(re.findall(r"[à-öø-ɏßñ]", text.casefold()))
    if theirs + (marked > 1) * 2 > ours:
        return ""
    if ours or hint == "en":
        return "en"
    if hint and hint not in languages():
        return ""
    return "en" if _has_english(words) else ""


def _has_english(words: list[str]) -> bool:
    lex = lexicon("en")
    text = lex.prepare(" ".join(words))
    return any(word in lex.common for word in words) or any(lex.turning.all(text)) or any(lex.context.all(text))


# ---------------------------------------------------------------- weighing


def _context(text: str, lex: Lexicon) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for phrase in {cue.phrase for cue in lex.context.all(text)}:
        kinds[phrase.category] += 1
    return kinds


def _weighed(text: str, lex: Lexicon, context: Counter[str]) -> list[tuple[Cue, float]]:
    """Each cue with the weight its surroundings leave it."""
    cues = lex.turning.longest(text)
    marks = [cue for cue in cues if not cue.phrase.weight]
    kinds = Counter(cue.phrase.category for cue in marks)
    context.update(kind for kind in ("cleared", "solved") if kinds[kind])
    spans = list(_sentences(text))
    quotes = [(m.start(1), m.end(1)) for m in _QUOTED.finditer(text) if len(m.group(1).split()) <= 2]
    out = [(cue, _CLEARED if cue.phrase.category == "cleared" else _SOLVED) for cue in marks if cue.phrase.category in ("cleared", "solved")]
    for cue in cues:
        if cue.phrase.weight:
            weight = cue.phrase.weight * _around(cue, text, marks, spans, lex)
            if weight > 0 and lex.spaced and any(a <= cue.start < b for a, b in quotes):
                weight *= -0.5
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
    if sum(_denies(mark, cue, text, lex) for mark in near) % 2:
        factor *= -(_DENIED_BAD if cue.phrase.weight < 0 else _DENIED_GOOD)
    turns = [mark.start for mark in marks if mark.phrase.category == "contrast"]
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
    return len(between.split()) + 1 if lex.spaced else len(between.replace("\u200a", ""))


def _sentences(text: str) -> Iterable[tuple[int, int, bool]]:
    start = 0
    for part in _SENTENCE.split(text):
        end = start + len(part)
        if part.strip():
            yield start, end, part.rstrip(" ¦|·\u200a").endswith(("?", "？"))
        start = end


def _probabilities(score: float, evidence: float) -> tuple[float, float, float]:
    raw = (math.exp(-_SLOPE * score), math.exp(_NEUTRAL_BIAS - _BIAS_FADE * evidence), math.exp(_SLOPE * score))
    total = sum(raw)
    return (raw[0] / total, raw[1] / total, raw[2] / total)


def _categories(weighed: list[tuple[Cue, float]]) -> tuple[str, ...]:
    heavy: Counter[str] = Counter()
    for cue, weight in weighed:
        if weight < 0:
            heavy["complaint" if cue.phrase.weight > 0 else cue.phrase.category] += round(-weight * 100)
    return tuple(name for name, _ in heavy.most_common())


def _shown(cue: Cue) -> str:
    return cue.found.replace(BRAND, "[brand]").replace("\u200a", " ").strip()
