"""The register of negatives: every unfavourable page once, with all a person needs to deal with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.models import Cause, Feature, Label, Light, Owner, PageType
from reports import safety
from reports.panels import PHRASES, seen_at
from reports.plan import answering
from reports.rows import OWN, PAGE, Place, Reader, Row

QUOTE = 220
NAMED = 12
"""Results a cause lists by name; all are in the register."""
EDITED = frozenset({PageType.NEWS, PageType.INDUSTRY_MEDIA, PageType.BLOG})
HOSTED = frozenset(
    {
        PageType.REVIEW_SITE, PageType.COMPLAINT_SITE, PageType.FORUM, PageType.QUESTION_ANSWER, PageType.SOCIAL,
        PageType.VIDEO, PageType.APP_STORE, PageType.PHOTO, PageType.SHOP, PageType.JOB_BOARD,
    }
)  # fmt: skip
"""Pages whose host publishes what others write: the brand may answer there."""


@dataclass(frozen=True)
class Todo:
    number: int
    anchor: str


@dataclass(frozen=True)
class Negative:
    """One unfavourable result, once, with every place it stands at."""

    row: Row
    anchor: str
    quote: str
    places: tuple[Place, ...]
    more: str
    cause: str
    severity: int
    severity_word: str
    age: str
    kind: str
    """Type of page, or of the block it stands in."""
    said_by: str
    why: str
    note: str
    who: str
    """Who can act on it."""
    light: str
    light_word: str
    todo: tuple[Todo, ...]
    share: str
    """Attention it holds on the page where it stands best."""
    attention: float
    uncertain: bool
    ids: tuple[str, ...]


def negatives(reader: Reader) -> tuple[Negative, ...]:
    """Every unfavourable page or answer about the brand: severity times attention first, then the better place."""
    met: dict[str, list[str]] = {}
    for result_id, key in reader.audit.label_keys.items():
        label = reader.audit.labels.get(key)
        row = reader.rows.get(result_id)
        if row and row.feature not in PHRASES and label and label.about_brand and (label.sentiment or 0) < 0:
            met.setdefault(key, []).append(result_id)
    weight = {key: sum(attention(reader, i) for i in ids) for key, ids in met.items()}
    gravest = {key: max(reader.audit.labels[key].severity, 0.5) * weight[key] for key in met}
    order = sorted(met, key=lambda key: (-gravest[key], reader.rows[met[key][0]].anchor))
    return tuple(_negative(reader, at, reader.audit.labels[key], met[key]) for at, key in enumerate(order, start=1))


def _negative(reader: Reader, number: int, label: Label, ids: list[str]) -> Negative:
    weight = {i: attention(reader, i) for i in ids}
    ids = sorted(ids, key=lambda i: (-weight[i], i))
    row, words = reader.rows[ids[0]], reader.words
    places, more = seen_at(reader, ids)
    acts = answering(reader, label.cause.value, ids)
    light = Light.YELLOW if any(a.light is Light.YELLOW for _, a in acts) else Light.GREEN
    return Negative(
        row=row,
        anchor=f"n{number}",
        quote=safety.clip(row.snippet, QUOTE),
        places=places,
        more=more,
        cause=cause_word(reader, label.cause),
        severity=label.severity,
        severity_word=words.name("severity", str(label.severity)),
        age=words.age(row.dated, reader.audit.snapshot.taken_at),
        kind=_kind(reader, row),
        said_by=_said_by(reader, label, row),
        why="" if label.who else row.reasons,
        note=safety.clip(label.note, 200) if label.who else words.name("note", label.note) if label.note else "",
        who=words.name("can_act", can_act(label, row)),
        light=light.value if acts else "",
        light_word=words.name("light", light.value) if acts else "",
        todo=tuple(Todo(at, f"a{at}") for at, _ in acts),
        share=words.percent(max(weight.values()) / sum(reader.audit.curve[:PAGE])) if reader.audit.curve else "",
        attention=sum(weight.values()),
        uncertain=label.uncertain,
        ids=tuple(ids),
    )


def _kind(reader: Reader, row: Row) -> str:
    block = "" if row.feature is Feature.ORGANIC else row.feature_word
    return row.type_word or block or reader.words.say("common.unknown")


def cause_word(reader: Reader, cause: Cause) -> str:
    known = cause is not Cause.UNKNOWN
    return reader.words.name("cause", cause.value) if known else reader.words.say("negatives.cause_unknown")


def can_act(label: Label, row: Row) -> str:
    """Whose move it is: the brand's own, an editor's, a host's, an authority's, or the engine's."""
    if label.owner in OWN:
        return "brand"
    if row.feature in (Feature.AI_ANSWER, Feature.FEATURED_SNIPPET, Feature.KNOWLEDGE_PANEL):
        return "engine"
    if label.owner is Owner.HOSTILE:
        return "counsel"
    if label.page_type is PageType.GOVERNMENT:
        return "authority"
    if label.page_type is PageType.ENCYCLOPEDIA:
        return "encyclopedia"
    return "editor" if label.page_type in EDITED else "host" if label.page_type in HOSTED else "author"


def _said_by(reader: Reader, label: Label, row: Row) -> str:
    if label.who:
        when = reader.words.date(label.when) if label.when else reader.words.say("common.no_date")
        return reader.words.say("negatives.by_person", who=safety.clip(label.who, 60), when=when)
    return reader.words.say("negatives.by_tool", by=row.by, confidence=row.confidence or None)


def attention(reader: Reader, result_id: str) -> float:
    """Weight of a place by the audit's own curve; what is not in the list of ten weighs as its last place."""
    row, curve = reader.rows[result_id], reader.audit.curve
    if not curve:
        return 0.0
    place = row.position if reader.audit.method.by_position else row.rank
    if row.feature is not Feature.ORGANIC:
        place = len(curve)
    if row.page > 1:
        return 0.0
    return curve[place - 1] if place <= len(curve) else 0.0


# ---------------------------------------------------------------- causes


@dataclass(frozen=True)
class CauseGroup:
    """Unfavourable pages with one cause."""

    word: str
    count: int
    share: str
    percent: float
    todo: tuple[Todo, ...]
    members: tuple[Negative, ...]
    more: str


def causes(reader: Reader, found: Sequence[Negative]) -> tuple[CauseGroup, ...]:
    """The register grouped by cause, most frequent first."""
    groups: dict[str, list[Negative]] = {}
    for negative in found:
        groups.setdefault(negative.cause, []).append(negative)
    order = sorted(groups.items(), key=lambda pair: -len(pair[1]))
    return tuple(_group(reader, word, members, len(found)) for word, members in order)


def _group(reader: Reader, word: str, members: list[Negative], whole: int) -> CauseGroup:
    todo = {t.number: t for n in members for t in n.todo}
    share = len(members) / whole
    return CauseGroup(
        word=word,
        count=len(members),
        share=reader.words.percent(share),
        percent=round(100 * share, 1),
        todo=tuple(todo[number] for number in sorted(todo)),
        members=tuple(members[:NAMED]),
        more=reader.words.say("common.more_places", n=len(members) - NAMED) if len(members) > NAMED else "",
    )
