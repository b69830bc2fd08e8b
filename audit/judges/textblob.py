"""TextBlob's polarity: English only; what a user would take instead, and the comparison of every table."""

from __future__ import annotations

from audit.combine import Shares
from audit.judges import Judge, Options, Question, of_polarity
from audit.moods import textblob_polarity


class TextBlob:
    name = "textblob"

    def p(self, question: Question) -> Shares | None:
        return of_polarity(textblob_polarity(f"{question.title}. {question.snippet}"))


def make(_: Options) -> Judge:
    return TextBlob()
