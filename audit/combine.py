"""From evidence of several kinds to probabilities that mean what they say.

One small logistic regression over three classes, shared by all languages: its coefficients stand in `combine.toml`
and were fitted by `python -m benchmarks.fit` on labelled results as they were read *without* the phrases that fire
on them alone, so that it learnt how far the words can be trusted on results nobody has seen. A rating and a rule
(whose page it is) are not overridden by words; how often they are right stands in the same file.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

Shares = tuple[float, float, float]
"""Probabilities (negative, neutral, positive); they add up to 1."""
FILE = Path(__file__).with_name("combine.toml")
SIDES = ("neg", "neu", "pos")
SILENT = (0.5, 0.6)
"""Least and most that neutral gets of a text of which no phrase is known."""
UNFOUNDED = 0.4
"""Most of its sum with neutral that negative gets where no phrase accuses."""
_FLOOR = 0.01
"""A share of the head of results below this counts as this."""
_THIN = 4
"""So many words more halve what a phrase is of a text."""
_LEAST = 0.5
"""Less than this is no phrase met."""
_OPINION = frozenset(
    {"review_site", "forum", "social", "question_answer", "blog", "video", "app_store", "complaint_site", "shop"}
)
_PRESS = frozenset({"news", "industry_media"})
_LISTING = frozenset({"directory", "encyclopedia", "government", "official"})
_KINDS = tuple(
    (f"in_{name}", f"said_{name}", kinds, unplaced)
    for name, kinds, unplaced in (
        ("opinion", _OPINION, 0.5),
        ("press", _PRESS, 0.5),
        ("listing", _LISTING, 0.0),
        ("jobs", frozenset({"job_board"}), 0.0),
    )
)
"""Names of their two features, the kinds of page, and how much a text without an address is taken to be of them: it
may be from either of the first two."""
_CUSTOMERS = frozenset({"review_site", "app_store", "shop", "complaint_site"})
_HEAD_OF = dict.fromkeys(_CUSTOMERS, "review") | dict.fromkeys(_PRESS, "title")
"""Which trained head knows the manner of a page: that of reviews, or that of news. Talk in a forum is neither."""
FEW = 1.5
"""Less than this (one weak phrase) leaves doubt: a head is asked."""
LONG = 240
"""And in a text of more signs than this, where many weak voices add up."""
HEAD_SURE = 0.6
"""From here on a head alone may take a side where no phrase was met. Of 33 labelled results (thinned) like that the
combiner then had 29 right; neutral, as silence is read, would have been right in 9."""
ALONE = 0.5
"""Share of the phrases alone in the mix, and the power that makes its probabilities mean what they say (a mean of two
is too modest): found on folds of the labelled results (benchmarks/fit.py)."""
SHARPENED = 1.25
HEARD = 1 / 3
"""From this share on the head of results hears an accusation: more than by chance."""
_FLAGS = ("cleared", "solved", "victim", "accuser", "question", "outdated")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sums of weighed phrases, praise and blame both positive numbers, and what else a text showed."""

    title_praise: float = 0.0
    title_blame: float = 0.0
    body_praise: float = 0.0
    body_blame: float = 0.0
    end: float = 0.0
    """Net of the last sentence: the last word weighs more."""
    near: float = 0.0
    """Net of the sentences that name the brand."""
    words: float = 0.0
    """How many words the text has."""
    context: Mapping[str, int] = field(default_factory=dict)
    kind: str = ""
    """The page type's value."""
    moods: Mapping[str, float] = field(default_factory=dict)
    """Other readers, -1..1: `textblob`, `vader` (English); and how the text is built, 0..1."""
    head: Shares | None = None
    """What a trained head of reviews or of news says (audit/heads.py), where it was asked."""
    result: Shares | None = None
    """What the head of search results says; None where the language has none."""

    @property
    def praise(self) -> float:
        return self.title_praise + self.body_praise

    @property
    def blame(self) -> float:
        return self.title_blame + self.body_blame

    @property
    def silent(self) -> bool:
        return self.praise + self.blame < _LEAST

    @property
    def head_side(self) -> float:
        """The head's word, -1..1; 0.0 where none was asked."""
        return self.head[2] - self.head[0] if self.head else 0.0

    @property
    def by_head(self) -> bool:
        """True where no phrase speaks and a head does."""
        return self.silent and (abs(self.head_side) >= HEAD_SURE or self.result is not None)


def head_of(evidence: Evidence, size: int) -> str:
    """The head to ask about a text of `size` signs: "review", "title", or "" where the phrases leave no doubt."""
    doubtful = evidence.praise + evidence.blame < FEW or size > LONG
    return _HEAD_OF.get(evidence.kind, "") if doubtful else ""


def _of_head(evidence: Evidence, strength: float) -> dict[str, float]:
    kind = _HEAD_OF.get(evidence.kind)
    if evidence.head is None or kind is None:
        return {}
    side = evidence.head_side
    return {f"head_{kind}": side, f"weak_{kind}": side * (1 - strength), f"sure_{kind}": 0.5 - evidence.head[1]}


def _of_result(told: Shares | None) -> dict[str, float]:
    """How far the head of results stands on either side of neutral."""
    if told is None:
        return {}
    bad, none, good = (max(share, _FLOOR) for share in told)
    return {
        "result_against": math.log(bad / none),
        "result_for": math.log(good / none),
        "result_side": good - bad,
        "result_quiet": none - 1 / 3,
    }


def features(evidence: Evidence) -> dict[str, float]:
    """Named numbers of the order of one; names without a coefficient say nothing."""
    praise, blame, met = evidence.praise, evidence.blame, evidence.context
    strength = math.tanh((praise + blame) / 3)
    told = {
        "bias": 1.0,
        "net": math.tanh((praise - blame) / 4),
        "title": math.tanh((evidence.title_praise - evidence.title_blame) / 3),
        "end": math.tanh(evidence.end / 3),
        "near": math.tanh(evidence.near / 3),
        "dense": math.tanh((praise - blame) / (1 + evidence.words / _THIN)),
        "strength": strength,
        "much": math.log1p(praise + blame) / 3,
        "mixed": 2 * min(praise, blame) / (max(praise, blame) + 1),
        "silent": float(evidence.silent),
        "neutral": min(met.get("neutral", 0), 4) / 2,
        "official": min(met.get("official", 0), 3) / 2,
    }
    for flag in _FLAGS:
        if met.get(flag):
            told[flag] = 1.0
    for inside, said, kinds, unplaced in _KINDS:
        among = float(evidence.kind in kinds) if evidence.kind else unplaced * strength
        if among:
            told[inside], told[said] = among, strength * among
    told["hush_talk"] = told["silent"] * told.get("in_opinion", 0.0)
    told["hush_press"] = told["silent"] * told.get("in_press", 0.0)
    told["hush_asks"] = told["silent"] * evidence.moods.get("asks", 0.0)
    told["complaint_site"] = float(evidence.kind == "complaint_site")
    if evidence.kind:
        told[f"on_{evidence.kind}"] = 1.0
    return told | dict(evidence.moods) | _of_head(evidence, strength) | _of_result(evidence.result)


def shares(told: Mapping[str, float], known: Mapping[str, Shares]) -> Shares:
    """Probabilities of named features by these coefficients."""
    against = none = good = 0.0
    for name, value in told.items():
        if value and name in known:
            weight = known[name]
            against += weight[0] * value
            none += weight[1] * value
            good += weight[2] * value
    top = max(against, none, good)
    lifted = (math.exp(against - top), math.exp(none - top), math.exp(good - top))
    total = lifted[0] + lifted[1] + lifted[2]
    return (lifted[0] / total, lifted[1] / total, lifted[2] / total)


def probabilities(evidence: Evidence) -> Shares:
    """(negative, neutral, positive) of what the words and the page say. Where the head of results was asked, two
    readers are mixed: the phrases alone, and phrases and head together. The first knows what it was told, the second
    what most results like this are; the mix is better than either on results that neither had seen."""
    alone = _of_phrases(evidence)
    if evidence.result is None:
        return alone
    both = shares(features(evidence), model().results)
    mixed = [ALONE * one + (1 - ALONE) * other for one, other in zip(alone, both, strict=True)]
    lifted = [share**SHARPENED for share in mixed]
    total = sum(lifted)
    return _founded((lifted[0] / total, lifted[1] / total, lifted[2] / total), evidence)


def _of_phrases(evidence: Evidence) -> Shares:
    p = shares(features(evidence), model().phrases)
    told = evidence.context.get("neutral", 0) + evidence.context.get("official", 0)
    if evidence.silent and not told and abs(evidence.head_side) < HEAD_SURE:
        return _hushed(p)
    heard = evidence.head_side <= -HEAD_SURE
    return p if heard else _founded(p, replace(evidence, result=None))


def _founded(p: Shares, evidence: Evidence) -> Shares:
    """No accusation without a phrase that accuses or a head that hears one: polarity words and the kind of page alone
    call nothing negative."""
    heard = evidence.head_side <= -HEAD_SURE or (evidence.result is not None and evidence.result[0] >= HEARD)
    if heard or evidence.blame > _LEAST:  # the half is what English polarity may weigh
        return p
    bad = min(p[0], UNFOUNDED * (p[0] + p[1]))
    return (bad, p[1] + p[0] - bad, p[2])


def _hushed(p: Shares) -> Shares:
    """Where no phrase was met the page alone may not accuse or praise: neutral, and for a person to look at."""
    neutral = min(max(p[1], SILENT[0]), SILENT[1])
    rest = (1 - neutral) / ((p[0] + p[2]) or 1.0)
    return (p[0] * rest, neutral, p[2] * rest)


def of_rule(rule: str, side: int) -> Shares:
    """What a rule's or a rating's word is worth; `side` is -1, 0 or 1. What it leaves goes to the others evenly."""
    right = model().rules.get(rule, model().rules["any"])
    rest = (1 - right) / 2
    spread = [rest, rest, rest]
    spread[side + 1] = right
    return (spread[0], spread[1], spread[2])


@dataclass(frozen=True, slots=True)
class Model:
    """The coefficients of `combine.toml`."""

    phrases: Mapping[str, Shares]
    """Of the phrases alone."""
    results: Mapping[str, Shares]
    """Of phrases and the head of results together."""
    rules: Mapping[str, float]
    """Rule -> how often its side is the right one."""
    certain_from: float
    """A label whose probability is below this is uncertain: a person is to look at it."""


@cache
def model() -> Model:
    table = tomllib.loads(FILE.read_text("utf-8"))
    return Model(
        phrases=_coefficients(table["phrases"]),
        results=_coefficients(table["results"]),
        rules={name: float(share) for name, share in table["rules"].items()},
        certain_from=float(table["certain_from"]),
    )


def _coefficients(table: Mapping[str, Sequence[float]]) -> dict[str, Shares]:
    return {name: (float(w[0]), float(w[1]), float(w[2])) for name, w in table.items()}
