"""The door for other programs: one JSON object a result in, its label out; no brief, no snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pydantic import ValidationError

from audit.address import host_of, path_of
from audit.classify import ANOTHER, UNREAD, by_judge, by_words, judged
from audit.combine import SIDES, Shares
from audit.judges import Judge, Question
from audit.lexicon import languages, lexicon
from audit.models import AggregateRating, Brand, Feature, Hit, Keyword, Label
from audit.names import host_carries
from audit.sentiment import Reading
from audit.venues import telling_part, venue

NAMELESS = "\ue001"
"""Stands for the name in a row that gives none: a private-use sign no text holds."""
_EVEN: Shares = (0.333, 0.334, 0.333)
"""Of a text nobody could read."""


def classify_row(row: Mapping[str, object], judge: Judge | None = None) -> dict[str, object]:
    """One JSON object in, one out. ValueError with a one-line message where the input cannot be meant."""
    label = label_of_row(row, judge)
    silent = not label.about_brand or label.sentiment is None
    return {
        "id": row.get("id"),
        "label": None if silent else round(2 * (label.sentiment or 0.0)),
        "p": dict(zip(SIDES, label.p or _EVEN, strict=True)),
        "uncertain": label.uncertain,
        "cause": label.cause.value,
        "page_type": label.page_type.value,
        "owner": label.owner.value,
        "because": list(label.because),
    }


def label_of_row(row: Mapping[str, object], judge: Judge | None = None) -> Label:
    """The label of a row. Without a brief only the words can tell that it is of another bearer of the name."""
    label, _ = judged_row(row, judge)
    about = ANOTHER not in label.because
    return label if label.about_brand is about else label.model_copy(update={"about_brand": about})


def label_alone(row: Mapping[str, object], judge: Judge | None = None) -> Label:
    """What the words, or an engine in their place, say of a row, without owner, venue and stars: for comparison."""
    label, reading = judged_row(row, judge)
    fields = _fields(row)
    kind = label.page_type.value if fields["domain"] else ""
    names = (fields["brand"],) if fields["brand"] else ()
    asked = Question(fields["title"], fields["snippet"], label.language, names, kind)
    verdict = (by_words(reading) if judge is None else by_judge(judge, asked)) or UNREAD
    said = {"sentiment": verdict.sentiment, "confidence": verdict.confidence, "p": verdict.p, "by": verdict.by}
    return label.model_copy(update={**said, "about_brand": True, "because": verdict.because})


def judged_row(row: Mapping[str, object], judge: Judge | None = None) -> tuple[Label, Reading]:
    """Without a brief the owner is told from the host: a host that carries the brand's name is its own, unless
    the address itself is a venue's."""
    fields = _fields(row)
    host = host_of(fields["domain"])
    names = (fields["brand"],) if fields["brand"] else ()
    lex = lexicon(fields["lang"] if fields["lang"] in languages() else "en")
    owns = bool(names) and not venue(host, path_of(fields["domain"])) and host_carries(telling_part(host), names, lex)
    brand = _brand(fields["brand"] or NAMELESS, host if owns else "")
    hit = Hit(
        feature=Feature.ORGANIC,
        title=fields["title"],
        snippet=fields["snippet"],
        url=f"https://{fields['domain']}" if fields["domain"] else "",
        rating=_row_rating(row.get("rating")),
    )
    keyword = _keyword(fields["brand"] or "row", fields["lang"])
    return judged(hit, brand, text=fields["text"], keyword=keyword, judge=judge)


@lru_cache(maxsize=256)
def _brand(name: str, own_host: str) -> Brand:
    return Brand(name=name, domains=(own_host,) if own_host else ())


@lru_cache(maxsize=256)
def _keyword(text: str, language: str) -> Keyword:
    return Keyword(text=text, language=language)


def _fields(row: Mapping[str, object]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name in ("lang", "brand", "title", "snippet", "domain", "text"):
        value = row.get(name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{name}: a string is wanted, not {type(value).__name__}")
        fields[name] = value or ""
    if "id" not in row:
        raise ValueError("id: is missing")
    if not any(fields[name].strip() for name in ("title", "snippet", "text")) and not row.get("rating"):
        raise ValueError("title, snippet, text and rating are all empty: there is nothing to classify")
    return fields


def _row_rating(given: object) -> AggregateRating | None:
    """`{"value": 4.6, "best": 5, "rating_count": 12}` or a bare number on 1-5."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float | Mapping):
        raise ValueError("rating: a number or an object with value, best, worst, rating_count, review_count is wanted")
    facts: Mapping[str, object] = given if isinstance(given, Mapping) else {"value": given}
    try:
        return AggregateRating.model_validate(dict(facts))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"rating.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
