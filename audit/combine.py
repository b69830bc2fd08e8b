"""From evidence of several kinds to probabilities that mean what they say.

One small logistic regression over three classes, shared by all languages: its coefficients stand in `combine.toml`
and were fitted by `python -m benchmarks.fit` on labelled results as they were read *without* the phrases that fire
on them alone, so that it learnt how far the words can be trusted on results nobody has seen. A rating and a rule
(whose page it is) are not overridden by words; how often they are right stands in the same file.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
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
_LEAST = 0.5
"""Less than this is no phrase met."""
_OPINION = frozenset(
    {"review_site", "forum", "social", "question_answer", "blog", "video", "app_store", "complaint_site", "shop"}
)
_PRESS = frozenset({"news", "industry_media"})
_LISTING = frozenset({"directory", "encyclopedia", "government", "official"})
_KINDS = (("opinion", _OPINION), ("press", _PRESS), ("listing", _LISTING), ("jobs", frozenset({"job_board"})))
_UNPLACED = {"opinion": 0.5, "press": 0.5}
"""A text without an address may be from either."""
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
    context: Mapping[str, int] = field(default_factory=dict)
    kind: str = ""
    """The page type's value."""
    moods: Mapping[str, float] = field(default_factory=dict)
    """Other readers, -1..1: `textblob`, `vader` (English); and how the text is built, 0..1."""
    head: Shares | None = None
    """What a trained head says (audit/heads.py), where it was asked."""

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
        """True where no phrase speaks and a head is sure."""
        return self.silent and abs(self.head_side) >= HEAD_SURE


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


def features(evidence: Evidence) -> dict[str, float]:
    """Named numbers of the order of one; names without a coefficient say nothing."""
    praise, blame, met = evidence.praise, evidence.blame, evidence.context
    strength = math.tanh((praise + blame) / 3)
    told = {
        "bias": 1.0,
        "net": math.tanh((praise - blame) / 4),
        "title": math.tanh((evidence.title_praise - evidence.title_blame) / 3),
        "end": math.tanh(evidence.end / 3),
        "strength": strength,
        "much": math.log1p(praise + blame) / 3,
        "mixed": 2 * min(praise, blame) / (max(praise, blame) + 1),
        "silent": float(evidence.silent),
        "neutral": min(met.get("neutral", 0), 4) / 2,
        "official": min(met.get("official", 0), 3) / 2,
    }
    told |= {name: float(bool(met.get(name))) for name in _FLAGS}
    for name, kinds in _KINDS:
        among = float(evidence.kind in kinds) if evidence.kind else _UNPLACED.get(name, 0.0) * strength
        told |= {f"in_{name}": among, f"said_{name}": strength * among}
    told["hush_talk"] = told["silent"] * told["in_opinion"]
    told["hush_press"] = told["silent"] * told["in_press"]
    told["hush_asks"] = told["silent"] * evidence.moods.get("asks", 0.0)
    told["complaint_site"] = float(evidence.kind == "complaint_site")
    return told | dict(evidence.moods) | _of_head(evidence, strength)


def shares(told: Mapping[str, float], weights: Mapping[str, Shares] | None = None) -> Shares:
    """Probabilities of named features; `weights` where others than the shipped coefficients are to be tried."""
    known = model().weights if weights is None else weights
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
    """(negative, neutral, positive) of what the words and the page say."""
    p = shares(features(evidence))
    told = evidence.context.get("neutral", 0) + evidence.context.get("official", 0)
    if evidence.silent and not told and not evidence.by_head:
        return _hushed(p)
    return _founded(p, evidence)


def _founded(p: Shares, evidence: Evidence) -> Shares:
    """No accusation without a phrase that accuses, or a head that is sure: polarity words and the kind of page alone
    call nothing negative."""
    if evidence.blame > _LEAST or evidence.head_side <= -HEAD_SURE:  # the half is what English polarity may weigh
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

    weights: Mapping[str, Shares]
    rules: Mapping[str, float]
    """Rule -> how often its side is the right one."""
    certain_from: float
    """A label whose probability is below this is uncertain: a person is to look at it."""


@cache
def model() -> Model:
    table = tomllib.loads(FILE.read_text("utf-8"))
    return Model(
        weights={name: (float(w[0]), float(w[1]), float(w[2])) for name, w in table["weights"].items()},
        rules={name: float(share) for name, share in table["rules"].items()},
        certain_from=float(table["certain_from"]),
    )
