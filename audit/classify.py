"""A result -> what it means for the brand, with the facts that decided.

Order of evidence: a person, then a rule (whose page, what venue), then a rating, then the words. Where none
of them can speak the result is unread, which is not neutral.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.address import host_of, normal_address, path_of
from audit.combine import Shares, model, of_rule
from audit.judges import Judge, Question
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
from audit.owners import about_brand, of_another_bearer, owner_of
from audit.pagekind import likeliest_page_type, page_type_of_words
from audit.rated import FEWEST, Printed, printed_rating, step_of, step_of_share
from audit.sentiment import Reading, read, with_page
from audit.tongue import language_of
from audit.venues import Venue, page_type_of, venue

LABELLED = frozenset(Feature) - {Feature.IMAGE, Feature.OTHER}
"""Surfaces that get a label; pictures carry no words to read."""
CLEARLY_KIND = 3.0
"""On a complaint site the words must praise this much (sentiment.Reading.score) to overrule the venue."""
ANOTHER = "bearer:another"
"""The fact that another bearer of the name is meant."""
OTHER_TITLE_CONFIDENCE = 0.75
"""What a person's label is worth under a title they did not see (scoring reference, section 4: ask again)."""
WHOLE_FROM = 0.8
"""A judge that is this sure means a whole step."""
_PERSON_SAYS = ("sentiment", "about_brand", "owner", "cause", "severity", "who", "when", "note")
_KEY_LENGTH = 16
_SEVERITY = {"fraud": 4, "legal": 4, "safety": 4, "data": 3, "finance": 3}
_SEVERITY |= {"labour": 2, "quality": 2, "complaint": 2, "service": 1}
"""Scoring reference, section 4: what is claimed counts, not how loudly."""
_FAULT = frozenset({"quality", "safety", "data"})
_NEUTRAL_TYPES = frozenset({PageType.ENCYCLOPEDIA})
_PRESS = frozenset({PageType.NEWS, PageType.INDUSTRY_MEDIA, PageType.GOVERNMENT})
_CUSTOMERS = frozenset({PageType.REVIEW_SITE, PageType.COMPLAINT_SITE, PageType.SHOP})
_TALK = frozenset({PageType.FORUM, PageType.SOCIAL, PageType.BLOG, PageType.VIDEO, PageType.QUESTION_ANSWER})
_REPORTED = frozenset({"finance", "fraud", "labour", "safety"})
"""Claims that are the press's own or an authority's where a newspaper makes them; faults of a thing are not."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one kind of evidence says."""

    sentiment: float | None
    p: Shares | None
    by: LabelOrigin
    because: tuple[str, ...] = ()
    note: str = ""

    @property
    def confidence(self) -> float:
        """Probability of the side taken."""
        return 0.0 if self.p is None or self.sentiment is None else self.p[_side(self.sentiment) + 1]


def _ruled(rule: str, sentiment: float, by: LabelOrigin, because: tuple[str, ...], note: str = "") -> _Verdict:
    return _Verdict(sentiment, of_rule(rule, _side(sentiment)), by, because, note)


UNREAD = _Verdict(None, None, LabelOrigin.UNREAD, ("language:unread",))


def _side(sentiment: float) -> int:
    return (sentiment > 0) - (sentiment < 0)


def result_key(hit: Hit) -> str:
    """Identity of a result: the same address, title and snippet are the same result on every page."""
    parts = (normal_address(hit.url), _plain(hit.title), _plain(hit.snippet))
    return hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()[:_KEY_LENGTH]


def title_hash(title: str) -> str:
    """Digest of a title's words: a person's label holds while they stay the same."""
    return hashlib.sha256(_plain(title).encode("utf-8", "replace")).hexdigest()[:_KEY_LENGTH]


def classify(
    hit: Hit,
    brand: Brand,
    *,
    text: str = "",
    method: Method | None = None,
    keyword: Keyword | None = None,
    judge: Judge | None = None,
) -> Label:
    """Label one result. `text` is the page behind it, where it was read; `keyword` helps tell the language; `judge`
    takes the place of the words."""
    return judged(hit, brand, text=text, method=method, keyword=keyword, judge=judge)[0]


def judged(
    hit: Hit,
    brand: Brand,
    *,
    text: str = "",
    method: Method | None = None,
    keyword: Keyword | None = None,
    judge: Judge | None = None,
) -> tuple[Label, Reading]:
    """`classify`, and the reading of the words it rests on."""
    host, path = host_of(hit.url), path_of(hit.url)
    owner, kind, place = owner_of(hit.url, brand), page_type_of(host, path), venue(host, path)
    if owner is Owner.OWNED:
        kind = PageType.OFFICIAL
    language = language_of(f"{hit.title} {hit.snippet} {text}", keyword.language if keyword else "")
    names = (*brand.names, *brand.products)
    rated = bool(hit.rating) or printed_rating(hit.title, hit.snippet) is not None
    kind = page_type_of_words(kind, f"{host}{path}", hit.title, hit.snippet, language, rated)
    place_kind = kind.value if host else ""
    reading = read(hit.title, hit.snippet, language, names, place_kind)
    if text:
        reading = with_page(reading, read(hit.title, f"{hit.snippet} {text}", language, names, place_kind))
    verdict = _decide(hit, owner, place, kind, reading, method or Method())
    if judge is not None and verdict.by in (LabelOrigin.LEXICON, LabelOrigin.MODEL, LabelOrigin.UNREAD):
        verdict = by_judge(judge, Question(hit.title, hit.snippet, language, names, place_kind)) or verdict
    page_type = likeliest_page_type(kind, f"{host}{path}", hit.title, hit.snippet, language, rated)
    another = of_another_bearer(reading, page_type, owner, place, rated)
    label = Label(
        key=result_key(hit),
        address=normal_address(hit.url),
        title_hash=title_hash(hit.title),
        sentiment=verdict.sentiment,
        confidence=round(verdict.confidence, 3),
        p=None if verdict.p is None else _rounded(verdict.p),
        uncertain=verdict.confidence < model().certain_from,
        about_brand=not another and about_brand(hit, brand, language, owner),
        owner=owner,
        page_type=page_type,
        cause=_cause(verdict, owner, kind, reading),
        severity=_severity(verdict, kind, reading),
        language=language,
        by=verdict.by,
        because=(*verdict.because, ANOTHER) if another else verdict.because,
        note=verdict.note,
    )
    return label, reading


def label_snapshot(
    snapshot: Snapshot, people: Sequence[Label] = (), *, method: Method | None = None, judge: Judge | None = None
) -> tuple[dict[str, Label], dict[str, str]]:
    """Labels by key, and result id (`s1/4`) -> key, for every labelled surface of every answered page."""
    by_person = _newest(people)
    pages = {normal_address(each.url): each.text for each in snapshot.landings if each.outcome.answered and each.text}
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
                text = pages.get(normal_address(hit.url), "")
                label = classify(hit, snapshot.brand, text=text, method=method, keyword=keyword, judge=judge)
                labels[key] = _with_person(label, by_person)
    return labels, keys


# ---------------------------------------------------------------- the order of evidence


def _decide(hit: Hit, owner: Owner, place: Venue | None, kind: PageType, reading: Reading, method: Method) -> _Verdict:
    """Rule, rating, words; the first that speaks."""
    rated = _rated(hit, place)
    return _by_rule(owner, place, kind, reading, rated, method) or rated or by_words(reading) or UNREAD


def _by_rule(
    owner: Owner, place: Venue | None, kind: PageType, reading: Reading, rated: _Verdict | None, method: Method
) -> _Verdict | None:
    if owner is Owner.OWNED:
        return _ruled("owned", method.owned_sentiment, LabelOrigin.RULE, ("owner:owned",))
    if owner is Owner.HOSTILE:
        return _ruled("hostile", -1.0, LabelOrigin.RULE, ("owner:hostile",))
    if place and place.complaint and reading.score < CLEARLY_KIND:
        because = (f"venue:{kind}", f"site:{place.name}", *reading.because[:3])
        return _ruled("complaint_site", -1.0, LabelOrigin.RULE, because)
    if rated:
        return None
    if kind in _NEUTRAL_TYPES and abs(reading.score) < CLEARLY_KIND:
        return _ruled("encyclopedia", 0.0, LabelOrigin.RULE, (f"venue:{kind}",))
    notice = kind in (PageType.JOB_BOARD, PageType.DIRECTORY) and "neutral" in reading.context
    if notice and abs(reading.score) < CLEARLY_KIND:
        return _ruled("notice", 0.0, LabelOrigin.RULE, (f"venue:{kind}", "context:neutral"))
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
        return _ruled("share", step_of_share(printed.share), LabelOrigin.RATING, (f"share:{printed.shown}",))
    return _by_rating(printed.rating, "text") if printed.rating else None


def _by_rating(rating: AggregateRating, where: str) -> _Verdict | None:
    on_five = rating.on_five
    if on_five is None:
        return None
    count = rating.rating_count if rating.rating_count is not None else rating.review_count
    shown = f"rating:{rating.value:g}/{rating.best or 5:g}" + (f" ({count})" if count is not None else "")
    because = (shown, f"rating_in:{where}")
    if count is not None and count < FEWEST:
        return _ruled("few_ratings", 0.0, LabelOrigin.RATING, because, note="few_ratings")
    return _ruled(f"rating_in_{where}", step_of(on_five), LabelOrigin.RATING, because)


def by_words(reading: Reading) -> _Verdict | None:
    if reading.level is None:
        return None
    because = reading.because or ("cue:none",)
    by = LabelOrigin.MODEL if reading.evidence.by_head and reading.level else LabelOrigin.LEXICON
    return _Verdict(reading.level, reading.p, by, because)


def by_judge(judge: Judge, question: Question) -> _Verdict | None:
    p = judge.p(question)
    if p is None:
        return None
    side = p.index(max(p)) - 1
    return _Verdict(side * (1.0 if max(p) >= WHOLE_FROM else 0.5), p, LabelOrigin.MODEL, (f"engine:{judge.name}",))


def _cause(verdict: _Verdict, owner: Owner, kind: PageType, reading: Reading) -> Cause:
    """Why a negative exists, from whose page it is and what it claims; never from its tone. Which page and claim mean
    which cause was counted on the project's labelled results; where no cause leads, none is claimed."""
    if verdict.sentiment is None or verdict.sentiment >= 0:
        return Cause.UNKNOWN
    claims = reading.categories[:2]
    if owner is Owner.COMPETITOR:
        return Cause.COMPETITOR
    if "outdated" in reading.context and kind in _PRESS | _NEUTRAL_TYPES:
        return Cause.OUTDATED
    if kind is PageType.APP_STORE:
        return Cause.FAULT if claims else Cause.CUSTOMER
    if kind in _CUSTOMERS or (kind in _TALK and claims):
        return Cause.CUSTOMER
    if kind is PageType.GOVERNMENT or "legal" in claims:
        return Cause.MEDIA
    return _of_claim(claims[0], kind) if claims else Cause.UNKNOWN


def _of_claim(claim: str, kind: PageType) -> Cause:
    if kind in _PRESS and claim in _REPORTED:
        return Cause.MEDIA
    if claim in _FAULT:
        return Cause.FAULT
    told = kind in (PageType.DIRECTORY, PageType.JOB_BOARD) and claim in ("service", "complaint")
    return Cause.CUSTOMER if told else Cause.UNKNOWN


def _rounded(p: Shares) -> Shares:
    """Three digits that still add up to 1."""
    bad, good = round(p[0], 3), round(p[2], 3)
    return (bad, round(1 - bad - good, 3), good)


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
    kept = {name: getattr(told, name) for name in _PERSON_SAYS} | {"p": None, "uncertain": not same_title}
    confidence = 1.0 if same_title else OTHER_TITLE_CONFIDENCE
    return label.model_copy(update=kept | {"confidence": confidence, "by": LabelOrigin.PERSON, "because": because})


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
