"""VADER's compound: English and emoji."""

from __future__ import annotations

from audit.combine import Shares
from audit.judges import Judge, Options, Question, of_polarity
from audit.moods import vader_polarity


class Vader:
    name = "vader"

    def p(self, question: Question) -> Shares | None:
        return of_polarity(vader_polarity(f"{question.title}. {question.snippet}"), spread=0.8)


def make(_: Options) -> Judge:
    return Vader()
