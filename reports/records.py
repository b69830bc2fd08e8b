"""The rows behind the tables: what a spreadsheet of an Audit holds, sheet by sheet, one row at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from audit.models import Audit, Label, ReviewProfile, Score, Serp, SerpResult
from reports.words import Words


class Link(str):
    """An address: a link where it is http(s), text where it is not."""

    __slots__ = ()


Cell = str | int | float | date | datetime | None
Row = tuple[Cell, ...]


class Sheet(NamedTuple):
    """`columns` are names of the language files with their widths in characters."""

    name: str
    columns: Mapping[str, float]
    rows: Callable[[Audit, Words], Iterator[Row]]
    shares: frozenset[str] = frozenset()
    """Columns of shares 0..1, shown in percent."""


RESULT = {
    **{"id": 8, "engine": 12, "keyword": 26, "country": 9, "language": 9, "device": 10, "page": 7, "block": 16},
    **{"rank": 7, "position": 10, "title": 48, "address": 48, "snippet": 60, "date": 12, "label": 16, "level": 8},
    **{"attention": 11, "confidence": 11, "about": 9, "owner": 14, "type": 16, "cause": 20, "severity": 10, "by": 12},
    **{"captured": 17, "sha256": 20},
}
LABEL = {
    **{"address": 48, "label": 16, "level": 8, "confidence": 11, "about": 9, "owner": 14, "type": 16, "cause": 20},
    **{"severity": 10, "language": 9, "by": 12, "because": 44, "who": 14, "when": 17, "note": 40},
}
NEGATIVE = {
    **{"address": 48, "title": 48, "engine": 12, "keyword": 26, "rank": 7, "label": 16, "level": 8, "attention": 11},
    **{
        "cause": 20,
        "severity": 10,
        "type": 16,
        "owner": 14,
        "date": 12,
        "captured": 17,
        "acts": 16,
        "due": 12,
        "note": 40,
    },
}
RATING = {
    **{
        "site": 16,
        "subject": 26,
        "address": 44,
        "outcome": 14,
        "rating": 10,
        "best": 8,
        "worst": 8,
        "rating_count": 10,
    },
    **{"review_count": 10, "five": 10, "shrunk": 12, "read": 10, "newest": 12, "source": 12, "captured": 17},
}
SCORE = {
    **{
        "scope": 14,
        "engine": 12,
        "keyword": 26,
        "id": 8,
        "score": 9,
        "low": 9,
        "high": 9,
        "positive": 10,
        "neutral": 10,
    },
    **{
        "negative": 10,
        "unlabelled": 10,
        "control": 10,
        "hostile": 10,
        "exposure": 10,
        "first_negative": 10,
        "top3": 10,
    },
    **{"top10": 10, "owned": 10, "items": 10, "coverage": 10},
}
METHOD = {"name": 34, "value": 90}


class Book:
    """An Audit with what several sheets ask of it."""

    def __init__(self, audit: Audit, words: Words) -> None:
        self.audit, self.words = audit, words

    @cached_property
    def levels(self) -> dict[float | None, str]:
        kinds = {1.0: "positive", 0.5: "rather_positive", 0.0: "neutral", -0.5: "rather_negative", -1.0: "negative"}
        return {level: self.words.name("mark", kind) for level, kind in (*kinds.items(), (None, "unread"))}

    def yes(self, it: bool) -> str:
        return self.words.name("export", "yes" if it else "no")

    def label(self, serp: Serp, result: SerpResult) -> Label | None:
        return self.audit.labels.get(self.audit.label_keys.get(f"{serp.id}/{result.position}", ""))

    def judged(self, label: Label) -> dict[str, Cell]:
        """What a label says, by column."""
        words = self.words
        return {
            "label": self.levels[label.sentiment],
            "level": label.sentiment,
            "confidence": label.confidence,
            "about": self.yes(label.about_brand),
            "owner": words.name("owner", label.owner.value),
            "type": words.name("page_type", label.page_type.value),
            "cause": words.name("cause", label.cause.value) if (label.sentiment or 0) < 0 else "",
            "severity": label.severity if (label.sentiment or 0) < 0 else None,
            "by": words.name("by", label.by.value),
        }

    def attention(self, serp: Serp) -> dict[int, float]:
        """Share of the page's scored attention by position, as the score weighs it."""
        method, curve = self.audit.method, self.audit.curve
        weights: dict[int, float] = {}
        for result in serp.organic:
            label = self.label(serp, result)
            if label and label.about_brand and label.sentiment is not None and result.rank <= method.depth:
                place = result.position if method.by_position else result.rank
                if place > len(curve):
                    return {}  # the printed curve is that of one page
                weights[result.position] = curve[place - 1]
        total = sum(weights.values())
        return {position: weight / total for position, weight in weights.items()} if total else {}


def _row(columns: Mapping[str, float], facts: Mapping[str, Cell]) -> Row:
    return tuple(facts.get(name) for name in columns)


# ---------------------------------------------------------------- sheets


def results(audit: Audit, words: Words) -> Iterator[Row]:
    book = Book(audit, words)
    for serp in audit.snapshot.serps:
        held = book.attention(serp) if serp.query.page == 1 else {}
        for result in serp.results:
            label = book.label(serp, result)
            seen = _seen(book, serp, result)
            judged = book.judged(label) if label else {}
            yield _row(RESULT, seen | judged | {"attention": held.get(result.position)})


def _seen(book: Book, serp: Serp, result: SerpResult) -> dict[str, Cell]:
    query, words = serp.query, book.words
    return {
        "id": f"{serp.id}/{result.position}",
        "engine": words.name("engine", query.engine),
        "keyword": query.keyword,
        "country": query.country,
        "language": query.language,
        "device": words.name("device", query.device.value),
        "page": query.page,
        "block": words.name("feature", result.feature.value),
        "rank": result.rank,
        "position": result.position,
        "title": result.title,
        "address": Link(result.url),
        "snippet": result.snippet,
        "date": _date(result.date),
        "captured": serp.fetched_at,
        "sha256": serp.evidence.sha256 if serp.evidence else "",
    }


def labels(audit: Audit, words: Words) -> Iterator[Row]:
    book = Book(audit, words)
    for label in audit.labels.values():
        facts: dict[str, Cell] = {
            "address": label.address,
            "language": label.language,
            "because": "; ".join(label.because),
            "who": label.who,
            "when": label.when,
            "note": label.note,
        }
        yield _row(LABEL, book.judged(label) | facts)


def negatives(audit: Audit, words: Words) -> Iterator[Row]:
    """Every place an unfavourable result stands at; who acts and until when is left to fill."""
    book = Book(audit, words)
    for serp in audit.snapshot.serps:
        held = book.attention(serp) if serp.query.page == 1 else {}
        for result in serp.organic:
            label = book.label(serp, result)
            if label and label.about_brand and (label.sentiment or 0) < 0:
                told: dict[str, Cell] = {
                    "attention": held.get(result.position),
                    "note": label.note,
                    "acts": "",
                    "due": "",
                }
                yield _row(NEGATIVE, _seen(book, serp, result) | book.judged(label) | told)


def ratings(audit: Audit, words: Words) -> Iterator[Row]:
    shrunk = {f.subject: f.value for f in audit.findings if f.check in ("review_rating", "review_rating_few")}
    for profile in audit.snapshot.profiles:
        yield _row(RATING, _profile(profile, words) | {"shrunk": shrunk.get(f"profile:{profile.url}")})


def _profile(profile: ReviewProfile, words: Words) -> dict[str, Cell]:
    rating = profile.rating
    dates = sorted(review.date for review in profile.reviews if review.date)
    return {
        "site": profile.site,
        "subject": profile.subject,
        "address": Link(profile.url),
        "outcome": words.name("outcome", profile.outcome.status.value.lower()),
        "rating": rating.value if rating else None,
        "best": rating.best if rating else None,
        "worst": rating.worst if rating else None,
        "rating_count": rating.rating_count if rating else None,
        "review_count": rating.review_count if rating else None,
        "five": rating.on_five if rating else None,
        "read": len(profile.reviews),
        "newest": _date(dates[-1]) if dates else None,
        "source": words.name("source", profile.source),
        "captured": profile.fetched_at,
    }


def scores(audit: Audit, words: Words) -> Iterator[Row]:
    for score in audit.scores:
        yield _row(SCORE, _score(score, words))


def _score(score: Score, words: Words) -> dict[str, Cell]:
    told = score.model_dump()
    same = ("keyword", "low", "high", "positive", "neutral", "negative", "unlabelled", "control", "hostile", "exposure")
    facts: dict[str, Cell] = {name: told[name] for name in (*same, "first_negative", "items", "coverage")}
    return facts | {
        "scope": words.name("export.scope", score.scope.value),
        "engine": words.name("engine", score.engine) if score.engine else "",
        "id": score.serp,
        "score": score.dominance,
        "top3": score.negatives_top3,
        "top10": score.negatives_top10,
        "owned": score.owned_top10,
    }


def method(audit: Audit, words: Words) -> Iterator[Row]:
    """How it was made: enough to compute the score again."""
    rules, snapshot = audit.method, audit.snapshot
    yield words.say("method.version"), rules.version
    yield words.say("method.curve"), f"{rules.curve} · {rules.curve_version} · {audit.curve_source}"
    for place, weight in enumerate(audit.curve, start=1):
        yield f"{words.say('export.column.attention')} · {place}", weight
    yield words.say("method.place"), words.say("method.by_position" if rules.by_position else "method.by_rank")
    yield words.say("method.depth"), rules.depth
    yield words.say("method.floor"), rules.coverage_floor
    yield words.say("method.ceiling"), rules.unlabelled_ceiling
    yield words.say("method.owned"), rules.owned_sentiment
    yield words.say("method.exposure"), f"{words.name('exposure_model', rules.exposure_model)} · {rules.exposure_base}"
    yield words.say("method.draws"), f"{rules.draws} · {rules.seed}"
    for keyword in snapshot.keywords:
        yield f"{words.say('common.keyword')} · {keyword.text}", keyword.demand
    for name, share in snapshot.engine_shares.items():
        yield f"{words.say('common.engine')} · {words.name('engine', name)}", share
    yield words.say("method.taken"), snapshot.taken_at
    yield words.say("method.made"), audit.made_at
    yield words.say("method.brief"), snapshot.brief_digest


def _date(text: str | None) -> Cell:
    """A whole ISO date as a date, anything else as it stands."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return text


SHARES = frozenset({"attention", "confidence"})
SHEETS = (
    Sheet("results", RESULT, results, SHARES),
    Sheet("labels", LABEL, labels, SHARES),
    Sheet("negatives", NEGATIVE, negatives, SHARES),
    Sheet("ratings", RATING, ratings),
    Sheet(
        "scores",
        SCORE,
        scores,
        frozenset({"positive", "neutral", "negative", "unlabelled", "control", "hostile", "exposure", "coverage"}),
    ),
    Sheet("method", METHOD, method),
)
