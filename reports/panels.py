"""What the client acts on: the register of negatives, who holds the page, the other surfaces, the review sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from audit.models import Cause, Feature, Finding, Label, Owner, ReviewProfile, Serp
from reports import safety
from reports.rows import OWN, PAGE, Failed, Place, Reader, Row, anchor, site_name

PLACES = 6
PHRASES = frozenset({Feature.SUGGESTION, Feature.RELATED_SEARCHES, Feature.PEOPLE_ALSO_ASK})
"""Surfaces that show words, not pages."""
QUOTE = 220
PER_SURFACE = 40
FRIENDLY = OWN | {Owner.EARNED}
SURFACES = (
    Feature.AI_ANSWER,
    Feature.FEATURED_SNIPPET,
    Feature.KNOWLEDGE_PANEL,
    Feature.SUGGESTION,
    Feature.RELATED_SEARCHES,
    Feature.PEOPLE_ALSO_ASK,
    Feature.TOP_STORIES,
    Feature.VIDEO,
    Feature.AD,
    Feature.LOCAL_PACK,
    Feature.DISCUSSION,
    Feature.ENCYCLOPEDIA,
    Feature.QUESTION_ANSWER,
    Feature.IMAGE,
    Feature.OTHER,
)


@dataclass(frozen=True)
class Negative:
    """One unfavourable result, once, with every place it stands at."""

    row: Row
    quote: str
    places: tuple[Place, ...]
    more: str
    cause: str
    severity: int
    severity_word: str
    said_by: str
    why: str
    note: str
    attention: float


@dataclass(frozen=True)
class Holding:
    """How many of the first-page slots one kind of owner holds."""

    owner: str
    letter: str
    word: str
    count: int
    share: float
    percent: str


@dataclass(frozen=True)
class GridRow:
    """Who stands at each position of one page, and which slots are open."""

    keyword: str
    lang: str
    span: int
    """Height of the keyword cell, 0 where it is already drawn."""
    engine: str
    where: str
    anchor: str
    cells: tuple[Row | None, ...]
    own: int
    open: str


@dataclass(frozen=True)
class Item:
    """One line of a surface, once, with the places it was seen at."""

    row: Row
    places: tuple[Place, ...]
    more: str


@dataclass(frozen=True)
class Surface:
    feature: str
    word: str
    note: str
    items: tuple[Item, ...]
    more: str


@dataclass(frozen=True)
class Star:
    stars: str
    count: str
    percent: float


@dataclass(frozen=True)
class ReviewSite:
    """A review profile: the site's own figure first, what we make of it after."""

    anchor: str
    site: str
    subject: str
    url: str
    address: str
    figure: str
    rating_count: str
    review_count: str
    histogram: tuple[Star, ...]
    trace: str
    """What was read of it, when and how."""
    notes: tuple[str, ...]
    failed: Failed | None


# ---------------------------------------------------------------- negatives


def bad_phrases(reader: Reader) -> int:
    """Unfavourable phrases around the results: told with their surface, counted in the register."""
    rows = (row for row in reader.rows.values() if row.feature in PHRASES and row.about and row.mark.style[0] == "n")
    return len({(row.feature, row.title.casefold()) for row in rows})


def negatives(reader: Reader) -> tuple[Negative, ...]:
    """Every unfavourable page or answer about the brand: severity times attention first, then the better place."""
    met: dict[str, list[str]] = {}
    for result_id, key in reader.audit.label_keys.items():
        label = reader.audit.labels.get(key)
        row = reader.rows.get(result_id)
        if row and row.feature not in PHRASES and label and label.about_brand and (label.sentiment or 0) < 0:
            met.setdefault(key, []).append(result_id)
    found = [_negative(reader, reader.audit.labels[key], ids) for key, ids in met.items()]
    return tuple(sorted(found, key=lambda n: (-max(n.severity, 0.5) * n.attention, n.row.anchor)))


def _negative(reader: Reader, label: Label, ids: list[str]) -> Negative:
    weight = {i: attention(reader, i) for i in ids}
    ids = sorted(ids, key=lambda i: (-weight[i], i))
    row, words = reader.rows[ids[0]], reader.words
    places, more = seen_at(reader, ids)
    known = label.cause is not Cause.UNKNOWN
    return Negative(
        row=row,
        quote=safety.clip(row.snippet, QUOTE),
        places=places,
        more=more,
        cause=words.name("cause", label.cause.value) if known else words.say("negatives.cause_unknown"),
        severity=label.severity,
        severity_word=words.name("severity", str(label.severity)),
        said_by=_said_by(reader, label, row),
        why="" if label.who else row.reasons,
        note=safety.clip(label.note, 200) if label.who else words.name("note", label.note) if label.note else "",
        attention=sum(weight.values()),
    )


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
    return curve[place - 1] if place <= len(curve) else 0.0


def seen_at(reader: Reader, ids: Sequence[str]) -> tuple[tuple[Place, ...], str]:
    places = tuple(p for p in map(reader.place, ids) if p is not None)
    more = reader.words.say("common.more_places", n=len(places) - PLACES) if len(places) > PLACES else ""
    return places[:PLACES], more


# ---------------------------------------------------------------- control


def holdings(reader: Reader, serps: Sequence[Serp]) -> tuple[Holding, ...]:
    """First-page slots by owner class, all answered pages together."""
    held = Counter(row.owner for serp in first(serps) for row in reader.first_page(serp).values())
    total = sum(held.values())
    return tuple(
        Holding(
            owner=owner.value,
            letter=reader.words.name("owner_letter", owner.value),
            word=reader.words.name("owner", owner.value),
            count=held[owner],
            share=held[owner] / total,
            percent=reader.words.percent(held[owner] / total),
        )
        for owner in Owner
        if held[owner]
    )


def first(serps: Sequence[Serp]) -> list[Serp]:
    return [serp for serp in serps if serp.query.page == 1]


def grid(reader: Reader, serps: Sequence[Serp]) -> tuple[GridRow, ...]:
    shown = [serp for serp in first(serps) if reader.first_page(serp)]
    spans = [0] * len(shown)
    for _, group in groupby(enumerate(shown), key=lambda pair: pair[1].query.keyword):
        places = [at for at, _ in group]
        spans[places[0]] = len(places)
    return tuple(_grid_row(reader, serp, span) for serp, span in zip(shown, spans, strict=True))


def _grid_row(reader: Reader, serp: Serp, span: int) -> GridRow:
    slots = reader.first_page(serp)
    free = [at for at, row in slots.items() if row.owner not in FRIENDLY and not row.mark.style.startswith("p")]
    return GridRow(
        keyword=safety.clip(serp.query.keyword, 80),
        lang=reader.keyword_language(serp.query.keyword),
        span=span,
        anchor=anchor(serp.id),
        engine=reader.engine(serp.query.engine),
        where=reader.where(serp.query),
        cells=tuple(slots.get(at) for at in range(1, PAGE + 1)),
        own=sum(row.owner in OWN for row in slots.values()),
        open=runs(free),
    )


def runs(places: Sequence[int]) -> str:
    """1, 2, 3, 5 -> `1–3, 5`."""
    parts: list[list[int]] = []
    for place in sorted(places):
        if parts and parts[-1][-1] == place - 1:
            parts[-1].append(place)
        else:
            parts.append([place])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}–{p[-1]}" for p in parts)


# ---------------------------------------------------------------- surfaces


def surfaces(reader: Reader) -> tuple[Surface, ...]:
    """What stands around the ten results, each text once."""
    met: dict[Feature, dict[tuple[str, str], list[str]]] = {}
    for result_id, row in reader.rows.items():
        if row.feature is not Feature.ORGANIC:
            same = (row.title.casefold(), row.url)
            met.setdefault(row.feature, {}).setdefault(same, []).append(result_id)
    return tuple(_surface(reader, feature, met[feature]) for feature in SURFACES if feature in met)


def _surface(reader: Reader, feature: Feature, met: dict[tuple[str, str], list[str]]) -> Surface:
    words = reader.words
    order = sorted(met.values(), key=lambda ids: (_rank_of(reader, ids[0]), -len(ids)))
    items = tuple(Item(reader.rows[ids[0]], *seen_at(reader, ids)) for ids in order[:PER_SURFACE])
    left = len(order) - len(items)
    return Surface(
        feature=feature.value,
        word=words.name("feature", feature.value),
        note=words.name("surface_note", feature.value) if words.has(f"surface_note.{feature.value}") else "",
        items=items,
        more=words.say("common.more_rows", n=left) if left else "",
    )


def _rank_of(reader: Reader, result_id: str) -> int:
    """Bad news first, then good, then the rest."""
    return {"n": 0, "p": 1, "u": 2, "x": 3}[reader.rows[result_id].mark.style[0]]


def unseen(reader: Reader, shown: Sequence[Surface]) -> str:
    """Surfaces no page showed, by name: told apart from surfaces nobody looked at."""
    seen = {surface.feature for surface in shown}
    wanted = [f for f in SURFACES if f.value not in seen and f not in (Feature.OTHER, Feature.IMAGE)]
    return reader.words.list([reader.words.name("feature", f.value) for f in wanted]) if wanted else ""


# ---------------------------------------------------------------- reviews


def review_sites(reader: Reader) -> tuple[ReviewSite, ...]:
    return tuple(_review_site(reader, at, p) for at, p in enumerate(reader.audit.snapshot.profiles, start=1))


def _review_site(reader: Reader, at: int, profile: ReviewProfile) -> ReviewSite:
    words, rating, subject = reader.words, profile.rating, f"profile:{profile.url}"
    return ReviewSite(
        anchor=f"p{at}",
        site=site_name(profile.site),
        subject=safety.clip(profile.subject, 100),
        url=safety.link(profile.url),
        address=safety.shown_address(profile.url),
        figure=reader.figure(rating),
        rating_count=words.number(rating.rating_count if rating else None),
        review_count=words.number(rating.review_count if rating else None),
        histogram=tuple(_stars(reader, profile.histogram or {})),
        trace=" · ".join(_trace(reader, profile)),
        notes=tuple(note for f in reader.audit.findings if f.subject == subject for note in _worth(reader, f)),
        failed=None if profile.outcome.answered else reader.failed(profile.outcome),
    )


def _trace(reader: Reader, profile: ReviewProfile) -> Iterator[str]:
    words = reader.words
    if profile.reviews:
        yield words.say("reviews.read", n=len(profile.reviews))
    if newest := max((r.date for r in profile.reviews if r.date), default=""):
        yield words.say("reviews.newest", date=words.iso_date(newest))
    yield words.say("common.captured_at", when=words.time(profile.fetched_at))
    yield words.name("source", profile.source.partition(":")[0])


def _worth(reader: Reader, finding: Finding) -> Iterator[str]:
    """What the site's figure is worth; its card has the figure itself already."""
    few = finding.check.endswith("_few")
    yield reader.words.say("reviews.few" if few else "reviews.worth", shrunk=finding.value)
    if (low := finding.facts.get("low")) is not None:
        yield reader.words.say("reviews.low", low=low)


def sentence(reader: Reader, finding: Finding) -> str:
    kind, _, name = finding.subject.partition(":")
    facts = {"value": finding.value, "subject": name or reader.audit.snapshot.brand.name, kind: name} | finding.facts
    if isinstance(site := facts.get("site"), str):
        facts["site"] = site_name(site)
    own = f"check.{finding.check}_{kind}"
    return reader.words.say(own if reader.words.has(own) else f"check.{finding.check}", **facts)


def _stars(reader: Reader, histogram: dict[str, int]) -> Iterator[Star]:
    total = sum(histogram.values())
    for stars, count in sorted(histogram.items(), key=lambda pair: pair[0], reverse=True):
        share = 100 * count / total if total else 0.0
        yield Star(safety.clip(stars, 8), reader.words.number(count), round(share, 1))


@dataclass(frozen=True)
class StarRow:
    """A rating printed inside a search row."""

    row: Row
    places: tuple[Place, ...]
    more: str


def star_rows(reader: Reader) -> tuple[StarRow, ...]:
    met: dict[tuple[str, str], list[str]] = {}
    for result_id, row in reader.rows.items():
        if row.stars:
            met.setdefault((row.url or row.title, row.stars), []).append(result_id)
    return tuple(StarRow(reader.rows[ids[0]], *seen_at(reader, ids)) for ids in met.values())
