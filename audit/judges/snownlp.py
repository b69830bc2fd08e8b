"""SnowNLP, a Chinese package (extra `chinese`): trained on shop reviews, knows no neutral of its own."""

from __future__ import annotations

from collections.abc import Callable

from audit.combine import Shares
from audit.errors import UsageError
from audit.judges import Judge, Options, Question, of_polarity

Positive = Callable[[str], float]
"""Text -> probability 0..1 that it is positive."""


class SnowNlp:
    name = "snownlp"

    def __init__(self, positive: Positive) -> None:
        self._positive = positive

    def p(self, question: Question) -> Shares | None:
        text = f"{question.title}。{question.snippet}".strip()
        if question.language not in ("", "zh") or not text:
            return None
        return of_polarity(2 * self._positive(text) - 1, spread=0.9)


def make(options: Options) -> Judge:
    return SnowNlp(options.session or _installed())


def _installed() -> Positive:
    try:
        from snownlp import SnowNLP
    except ImportError:
        raise UsageError(
            "the package snownlp is not installed.", where="engine", mend="Install it: pip install 'repaudit[chinese]'."
        ) from None
    return lambda text: float(SnowNLP(text).sentiments)
