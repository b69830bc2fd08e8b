"""From weighed phrases to probabilities: how much the parts of a result count.

Two questions are kept apart. *Which way* is told by the words alone (`DIRECTION`); *whether at all* by how much
was said, by the kind of page and by what the text is for (`NEUTRALITY`). So a page's kind makes an opinion more
or less likely, never a bad one. The numbers were fitted (`python -m tests.gold --fit`) on labelled results and
on invented ones as they were read before any phrase was added for them; nothing of a labelled text is in them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

_LEAST = 0.5
"""Less than this is no phrase met."""
_OPINION = frozenset(
    {"review_site", "forum", "social", "question_answer", "blog", "video", "app_store", "complaint_site", "shop"}
)
_PRESS = frozenset({"news", "industry_media"})
_LISTING = frozenset({"job_board", "directory", "encyclopedia", "government", "official"})

# `silent` is no fit but a stand: a text of which no phrase is known is neutral, and 40 % sure. Of 76 fresh lines
# like that 22 were neutral; a person is to look at them first.
DIRECTION: Mapping[str, float] = {
    "cleared": 0.55,
    "end": 0.54,
    "mixed": -0.20,
    "net": 0.65,
    "title": 0.46,
}
NEUTRALITY: Mapping[str, float] = {
    "accuser": 0.40,
    "bias": 0.85,
    "listing": -0.31,
    "neutral": 2.90,
    "official": 2.19,
    "opinion": -3.16,
    "press": -2.04,
    "silent": -0.56,
    "strength": -0.84,
    "victim": 2.49,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sums of weighed phrases, praise and blame both positive numbers."""

    title_praise: float = 0.0
    title_blame: float = 0.0
    body_praise: float = 0.0
    body_blame: float = 0.0
    end: float = 0.0
    """Net of the last sentence: the last word weighs more."""
    context: Mapping[str, int] = field(default_factory=dict)
    kind: str = ""

    @property
    def praise(self) -> float:
        return self.title_praise + self.body_praise

    @property
    def blame(self) -> float:
        return self.title_blame + self.body_blame

    @property
    def silent(self) -> bool:
        return self.praise + self.blame < _LEAST


def features(evidence: Evidence) -> tuple[dict[str, float], dict[str, float]]:
    """Named numbers of the order of one: which way, and whether at all.

    Where no phrase was met, the kind of page says nothing: a forum is no opinion by itself.
    """
    met = evidence.context
    neutrality = {
        "bias": 1.0,
        "neutral": min(met.get("neutral", 0), 4) / 2,
        "official": min(met.get("official", 0), 3) / 2,
        "victim": float(bool(met.get("victim"))),
    }
    if evidence.silent:
        return {}, neutrality | {"silent": 1.0}
    praise, blame = evidence.praise, evidence.blame
    neutrality |= {"strength": math.log1p(praise + blame), "accuser": float(bool(met.get("accuser")))}
    for name, kinds in (("opinion", _OPINION), ("press", _PRESS), ("listing", _LISTING)):
        neutrality[name] = math.tanh((praise + blame) / 2) * (evidence.kind in kinds)
    direction = {
        "net": math.tanh((praise - blame) / 4),
        "title": math.tanh((evidence.title_praise - evidence.title_blame) / 3),
        "end": math.tanh(evidence.end / 3),
        "mixed": min(praise, blame) / (max(praise, blame) + 1),
        "cleared": float(bool(met.get("cleared"))),
    }
    return direction, neutrality


def probabilities(evidence: Evidence) -> tuple[float, float, float]:
    """(negative, neutral, positive), adding up to 1."""
    ways, whether = features(evidence)
    way = sum(DIRECTION.get(name, 0.0) * value for name, value in ways.items())
    none = sum(NEUTRALITY.get(name, 0.0) * value for name, value in whether.items())
    raw = (math.exp(-way), math.exp(none), math.exp(way))
    total = sum(raw)
    return (raw[0] / total, raw[1] / total, raw[2] / total)
