"""What stands around the ten results: answers with their sources, suggestions, questions, advertisements, stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.models import Feature, Finding, Owner
from reports import safety
from reports.rows import OWN, Place, Reader, Row, site_name

PLACES = 6
PHRASES = frozenset({Feature.SUGGESTION, Feature.RELATED_SEARCHES, Feature.PEOPLE_ALSO_ASK})
"""Surfaces that show words, not pages."""
PER_SURFACE = 40
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
class Cited:
    """A source of an answer; `row` where the same page stands among the results, with its label."""

    title: str
    url: str
    row: Row | None


@dataclass(frozen=True)
class Item:
    """One line of a surface, once, with the places it was seen at."""

    row: Row
    places: tuple[Place, ...]
    more: str
    cited: tuple[Cited, ...]
    whose: str
    """Of an advertisement: one's own, a competitor's, or another's. Else the owner of the page."""


@dataclass(frozen=True)
class Surface:
    feature: str
    word: str
    note: str
    summary: str
    items: tuple[Item, ...]
    more: str


@dataclass(frozen=True)
class StarRow:
    """A rating printed inside a search row."""

    row: Row
    places: tuple[Place, ...]
    more: str


def bad_phrases(reader: Reader) -> int:
    """Unfavourable phrases around the results: told with their surface, counted in the register."""
    rows = (row for row in reader.rows.values() if row.feature in PHRASES and row.about and row.mark.style[0] == "n")
    return len({(row.feature, row.title.casefold()) for row in rows})


def seen_at(reader: Reader, ids: Sequence[str]) -> tuple[tuple[Place, ...], str]:
    places = tuple(p for p in map(reader.place, ids) if p is not None)
    more = reader.words.say("common.more_places", n=len(places) - PLACES) if len(places) > PLACES else ""
    return places[:PLACES], more


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
    items = tuple(_item(reader, ids) for ids in order[:PER_SURFACE])
    rows = [reader.rows[ids[0]] for ids in order]
    left = len(order) - len(items)
    return Surface(
        feature=feature.value,
        word=words.name("feature", feature.value),
        note=words.name("surface_note", feature.value) if words.has(f"surface_note.{feature.value}") else "",
        summary=words.say("surfaces.summary", n=len(rows), negative=_count(rows, "n"), positive=_count(rows, "p")),
        items=items,
        more=words.say("common.more_rows", n=left) if left else "",
    )


def _count(rows: Sequence[Row], style: str) -> int:
    return sum(row.about and row.mark.style[0] == style for row in rows)


def _item(reader: Reader, ids: Sequence[str]) -> Item:
    row = reader.rows[ids[0]]
    cited = tuple(Cited(title, url, reader.by_address.get(url)) for title, url in row.sources)
    return Item(row, *seen_at(reader, ids), cited=cited, whose=_whose(reader, row))


def _whose(reader: Reader, row: Row) -> str:
    if row.feature is not Feature.AD:
        return row.owner_word if row.host else ""
    kind = "own" if row.owner in OWN else "competitor" if row.owner is Owner.COMPETITOR else "other"
    return reader.words.say(f"surfaces.ad_{kind}")


def _rank_of(reader: Reader, result_id: str) -> int:
    """Bad news first, then good, then the rest."""
    return {"n": 0, "p": 1, "u": 2, "x": 3}[reader.rows[result_id].mark.style[0]]


def unseen(reader: Reader, shown: Sequence[Surface]) -> str:
    """Surfaces no page showed, by name: told apart from surfaces nobody looked at."""
    seen = {surface.feature for surface in shown}
    wanted = [f for f in SURFACES if f.value not in seen and f not in (Feature.OTHER, Feature.IMAGE)]
    return reader.words.list([reader.words.name("feature", f.value) for f in wanted]) if wanted else ""


def star_rows(reader: Reader) -> tuple[StarRow, ...]:
    met: dict[tuple[str, str], list[str]] = {}
    for result_id, row in reader.rows.items():
        if row.stars:
            met.setdefault((row.url or row.title, row.stars), []).append(result_id)
    return tuple(StarRow(reader.rows[ids[0]], *seen_at(reader, ids)) for ids in met.values())


# ---------------------------------------------------------------- findings


def sentence(reader: Reader, finding: Finding) -> str:
    kind, _, name = finding.subject.partition(":")
    facts = {"value": finding.value, "subject": name or reader.audit.snapshot.brand.name, kind: name} | finding.facts
    if isinstance(site := facts.get("site"), str):
        facts["site"] = site_name(site)
    own = f"check.{finding.check}_{kind}"
    return reader.words.say(own if reader.words.has(own) else f"check.{finding.check}", **facts)


def subject(reader: Reader, finding: Finding) -> str:
    """What a finding is about, in a few words."""
    kind, _, name = finding.subject.partition(":")
    if kind == "engine":
        return reader.engine(name)
    return safety.clip(name or reader.audit.snapshot.brand.name, 80)
