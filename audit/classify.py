"""A result -> what it means for the brand, with the facts that decided.

Order of evidence: a person, then a rule (whose page, what venue), then a rating, then the words. Where none
of them can speak the result is unread, which is not neutral.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from audit.address import host_of, normal_address, path_of
from audit.lexicon import languages, lexicon
from audit.models import (
    AggregateRating,
    Brand,
    Cause,
    Feature,
    Hit,
    Keyword,
    Label,
    LabelOrigin,
    Method,
    Owner,
    PageType,
    Snapshot,
)
from audit.names import host_carries
from audit.owners import about_brand, of_another_bearer, owner_of
from audit.rated import FEWEST, Printed, printed_rating, step_of, step_of_share
from audit.sentiment import Reading, read
from audit.tongue import language_of
from audit.venues import Venue, page_type_of, telling_part, venue

LABELLED = frozenset(Feature) - {Feature.IMAGE, Feature.OTHER}
"""Surfaces that get a label; pictures carry no words to read."""
RULE_CONFIDENCE = 0.9
RATING_CONFIDENCE = 0.92
COMPLAINT_CONFIDENCE = 0.85
CLEARLY_KIND = 3.0
"""On a complaint site the words must praise this much (sentiment.Reading.score) to overrule the venue."""
OTHER_TITLE_CONFIDENCE = 0.75
"""What a person's label is worth under a title they did not see (scoring reference, section 4: ask again)."""
NAMELESS = "\ue001"
"""Stands for the name in a row that gives none: a private-use sign no text holds."""
_PERSON_SAYS = ("sentiment", "about_brand", "owner", "cause", "severity", "who", "when", "note")
_KEY_LENGTH = 16
_SEVERITY = {"fraud": 4, "legal": 4, "safety": 4, "data": 3, "finance": 3}
_SEVERITY |= {"labour": 2, "quality": 2, "complaint": 2, "service": 1}
"""Scoring reference, section 4: what is claimed counts, not how loudly."""
_FAULT = frozenset({"quality", "safety", "data"})
_NEUTRAL_TYPES = frozenset({PageType.ENCYCLOPEDIA})
_PRESS = frozenset({PageType.NEWS, PageType.INDUSTRY_MEDIA, PageType.GOVERNMENT})
_CUSTOMERS = frozenset({PageType.REVIEW_SITE, PageType.COMPLAINT_SITE, PageType.APP_STORE, PageType.SHOP})


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one kind of evidence says."""

    sentiment: float | None
    confidence: float
    by: LabelOrigin
    because: tuple[str, ...] = ()
    note: str = ""


def result_key(hit: Hit) -> str:
    """Identity of a result: the same address, title and snippet are the same result on every page."""
    parts = (normal_address(hit.url), _plain(hit.title), _plain(hit.snippet))
    return hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()[:_KEY_LENGTH]


def title_hash(title: str) -> str:
    """Digest of a title's words: a person's label holds while they stay the same."""
    return hashlib.sha256(_plain(title).encode("utf-8", "replace")).hexdigest()[:_KEY_LENGTH]


def classify(
    hit: Hit, brand: Brand, *, text: str = "", method: Method | None = None, keyword: Keyword | None = None
) -> Label:
    """Label one result. `text` is the page behind it, where it was read; `keyword` helps tell the language."""
    return judged(hit, brand, text=text, method=method, keyword=keyword)[0]


def judged(
    hit: Hit, brand: Brand, *, text: str = "", method: Method | None = None, keyword: Keyword | None = None
) -> tuple[Label, Reading]:
    """`classify`, and the reading of the words it rests on."""
    host, path = host_of(hit.url), path_of(hit.url)
    owner, kind, place = owner_of(hit.url, brand), page_type_of(host, path), venue(host, path)
    if owner is Owner.OWNED:
        kind = PageType.OFFICIAL
    language = language_of(f"{hit.title} {hit.snippet} {text}", keyword.language if keyword else "")
    names = (*brand.names, *brand.products)
    reading = read(hit.title, f"{hit.snippet} {text}".strip(), language, names, kind)
    verdict = _decide(hit, owner, place, kind, reading, method or Method())
    label = Label(
        key=result_key(hit),
        address=normal_address(hit.url),
        title_hash=title_hash(hit.title),
        sentiment=verdict.sentiment,
        confidence=round(verdict.confidence, 3),
        about_brand=about_brand(hit, brand, language, owner) and not of_another_bearer(reading, kind, owner, place),
        owner=owner,
        page_type=kind,
        cause=_cause(verdict, owner, kind, reading),
        severity=_severity(verdict, kind, reading),
        language=language,
        by=verdict.by,
        because=verdict.because,
        note=verdict.note,
    )
    return label, reading


def label_snapshot(
    snapshot: Snapshot, people: Sequence[Label] = (), *, method: Method | None = None
) -> tuple[dict[str, Label], dict[str, str]]:
    """Labels by key, and result id (`s1/4`) -> key, for every labelled surface of every answered page."""
    by_person = _newest(people)
    labels: dict[str, Label] = {}
    keys: dict[str, str] = {}
    for serp in snapshot.serps:
        if not serp.outcome.answered:
            continue
        keyword = snapshot.keyword(serp.query.keyword) or Keyword(text=serp.query.keyword, language=serp.query.language)
        for hit in serp.results:
            if hit.feature not in LABELLED:
                continue
            key = result_key(hit)
            keys[f"{serp.id}/{hit.position}"] = key
            if key not in labels:
                labels[key] = _with_person(classify(hit, snapshot.brand, method=method, keyword=keyword), by_person)
    return labels, keys


# ---------------------------------------------------------------- the order of evidence


def _decide(hit: Hit, owner: Owner, place: Venue | None, kind: PageType, reading: Reading, method: Method) -> _Verdict:
    """Rule, rating, words; the first that speaks."""
    rated = _rated(hit, place)
    return (
        _by_rule(owner, place, kind, reading, rated, method)
        or rated
        or _by_words(reading)
        or _Verdict(None, 0.0, LabelOrigin.UNREAD, ("language:unread",))
    )


def _by_rule(
    owner: Owner, place: Venue | None, kind: PageType, reading: Reading, rated: _Verdict | None, method: Method
) -> _Verdict | None:
    if owner is Owner.OWNED:
        return _Verdict(method.owned_sentiment, RULE_CONFIDENCE, LabelOrigin.RULE, ("owner:owned",))
    if owner is Owner.HOSTILE:
        return _Verdict(-1.0, RULE_CONFIDENCE, LabelOrigin.RULE, ("owner:hostile",))
    if place and place.complaint and reading.score < CLEARLY_KIND:
        because = (f"venue:{kind}", f"site:{place.name}", *reading.because[:3])
        return _Verdict(-1.0, COMPLAINT_CONFIDENCE, LabelOrigin.RULE, because)
    if rated:
        return None
    if kind in _NEUTRAL_TYPES and abs(reading.score) < CLEARLY_KIND:
        return _Verdict(0.0, RULE_CONFIDENCE, LabelOrigin.RULE, (f"venue:{kind}",))
    notice = kind in (PageType.JOB_BOARD, PageType.DIRECTORY) and "neutral" in reading.context
    if notice and abs(reading.score) < CLEARLY_KIND:
        return _Verdict(0.0, RULE_CONFIDENCE, LabelOrigin.RULE, (f"venue:{kind}", "context:neutral"))
    return None


def _rated(hit: Hit, place: Venue | None) -> _Verdict | None:
    if hit.rating and hit.rating.on_five is not None:
        return _by_rating(hit.rating, "row")
    if place and place.page_type in _PRESS:
        return None
    return _by_print(printed_rating(hit.title, hit.snippet))


def _by_print(printed: Printed | None) -> _Verdict | None:
    if printed is None:
        return None
    if printed.share is not None:
        because = (f"share:{printed.shown}",)
        return _Verdict(step_of_share(printed.share), 0.85, LabelOrigin.RATING, because)
    return _by_rating(printed.rating, "text") if printed.rating else None


def _by_rating(rating: AggregateRating, where: str) -> _Verdict | None:
    on_five = rating.on_five
    if on_five is None:
        return None
    count = rating.rating_count if rating.rating_count is not None else rating.review_count
    shown = f"rating:{rating.value:g}/{rating.best or 5:g}" + (f" ({count})" if count is not None else "")
    because = (shown, f"rating_in:{where}")
    if count is not None and count < FEWEST:
        return _Verdict(0.0, 0.6, LabelOrigin.RATING, because, note="few_ratings")
    return _Verdict(step_of(on_five), RATING_CONFIDENCE, LabelOrigin.RATING, because)


def _by_words(reading: Reading) -> _Verdict | None:
    if reading.level is None:
        return None
    because = reading.because or ("cue:none",)
    return _Verdict(reading.level, reading.confidence, LabelOrigin.LEXICON, because)


def _cause(verdict: _Verdict, owner: Owner, kind: PageType, reading: Reading) -> Cause:
    """Why a negative exists, from whose page it is and what it claims; never from its tone."""
    if verdict.sentiment is None or verdict.sentiment >= 0:
        return Cause.UNKNOWN
    claims = reading.categories[:2]
    if owner is Owner.COMPETITOR:
        return Cause.COMPETITOR
    if reading.context & {"solved", "outdated"}:
        return Cause.OUTDATED
    if "legal" in claims or (kind in _PRESS and claims):
        return Cause.MEDIA
    if kind in _CUSTOMERS:
        return Cause.FAULT if claims[:1] and claims[0] in _FAULT else Cause.CUSTOMER
    if claims and claims[0] in _FAULT:
        return Cause.FAULT
    return Cause.CUSTOMER if {"complaint", "service"} & set(claims) and kind is PageType.FORUM else Cause.UNKNOWN


def _severity(verdict: _Verdict, kind: PageType, reading: Reading) -> int:
    if verdict.sentiment is None or verdict.sentiment >= 0:
        return 0
    claimed = max((_SEVERITY[name] for name in reading.categories[:2]), default=1)
    if kind in _PRESS and claimed == 2:
        return 3
    return max(claimed, 2) if kind is PageType.COMPLAINT_SITE else claimed


# ---------------------------------------------------------------- people


def _newest(people: Sequence[Label]) -> dict[str, Label]:
    """By address, or by key for a result without one; the later word counts."""
    told: dict[str, Label] = {}
    for label in people:
        subject = label.address or label.key
        before = told.get(subject)
        if before is None or not (label.when and before.when) or label.when >= before.when:
            told[subject] = label
    return told


def _with_person(label: Label, people: Mapping[str, Label]) -> Label:
    """A person's word wins. Where the title is another than the one they saw it holds with less confidence:
    engines cut titles differently, and a page may have changed, so the sheet shows it to be asked again."""
    told = people.get(label.address or label.key)
    if told is None:
        return label
    same_title = not told.title_hash or told.title_hash == label.title_hash
    because = (f"person:{told.who}",) if same_title else (f"person:{told.who}", "title:changed")
    kept = {name: getattr(told, name) for name in _PERSON_SAYS}
    confidence = 1.0 if same_title else OTHER_TITLE_CONFIDENCE
    return label.model_copy(update=kept | {"confidence": confidence, "by": LabelOrigin.PERSON, "because": because})


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


# ---------------------------------------------------------------- the door for other programs


def classify_row(row: Mapping[str, object]) -> dict[str, object]:
    """One JSON object in, one out. ValueError with a one-line message where the input cannot be meant."""
    label, reading = judged_row(row)
    host = host_of(f"{row.get('domain') or ''}")
    other = of_another_bearer(reading, label.page_type, label.owner, venue(host))
    silent = other or label.sentiment is None
    return {
        "id": row.get("id"),
        "label": None if silent else round(2 * (label.sentiment or 0.0)),
        "p": _shares(label, reading),
        "because": ["context:namesake", *label.because] if other else list(label.because),
    }


def judged_row(row: Mapping[str, object]) -> tuple[Label, Reading]:
    """Without a brief the owner is told from the host: a host that carries the brand's name is its own, unless
    the address itself is a venue's."""
    fields = _fields(row)
    host = host_of(fields["domain"])
    names = (fields["brand"],) if fields["brand"] else ()
    lex = lexicon(fields["lang"] if fields["lang"] in languages() else "en")
    owns = bool(names) and not venue(host, path_of(fields["domain"])) and host_carries(telling_part(host), names, lex)
    brand = Brand(name=fields["brand"] or NAMELESS, domains=(host,) if owns else ())
    hit = Hit(
        feature=Feature.ORGANIC,
        title=fields["title"],
        snippet=fields["snippet"],
        url=f"https://{fields['domain']}" if fields["domain"] else "",
        rating=_row_rating(row.get("rating")),
    )
    keyword = Keyword(text=fields["brand"] or "row", language=fields["lang"])
    return judged(hit, brand, text=fields["text"], keyword=keyword)


def _shares(label: Label, reading: Reading) -> dict[str, float]:
    """The words' own probabilities where the words decided; else what `confidence` leaves, evenly to the other
    two sides, and equal thirds for an unread text."""
    sides = ("neg", "neu", "pos")
    if label.sentiment is None:
        return dict.fromkeys(sides, round(1 / 3, 3))
    if label.by is LabelOrigin.LEXICON:
        return {side: round(share, 3) for side, share in zip(sides, reading.p, strict=True)}
    taken = sides[1 + (label.sentiment > 0) - (label.sentiment < 0)]
    rest = (1 - label.confidence) / 2
    return {side: round(label.confidence if side == taken else rest, 3) for side in sides}


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
