"""Brief and pages -> Snapshot. Whatever brought the pages (files, archive, later the live web), this is the one way in.

A page that answers a planned cell takes its place; everything else is kept by name, with what it became.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from audit.brief import Brief
from audit.models import (
    AggregateRating,
    Brand,
    Evidence,
    Failure,
    Feature,
    Landing,
    Outcome,
    Page,
    ReviewProfile,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
)
from audit.tables import Figure
from spiders.address import parameter
from spiders.apis import SOURCE, read_answer
from spiders.guards import same_query
from spiders.reading import read
from spiders.registry import engines


class Hint(NamedTuple):
    """What the caller knows about the pages offered; empty = find out."""

    engine: str = ""
    query: str = ""
    country: str = ""
    language: str = ""
    page: int = 0


class Arrival(NamedTuple):
    """One page and what it became: a Serp in or outside the plan, or a review profile."""

    page: Page
    reading: Serp | ReviewProfile
    planned: bool
    note: str = ""


class Beside(NamedTuple):
    """What live collection brings beside result and review pages."""

    consents: Mapping[str, str] = {}
    """Hosts that were asked although their robots forbid it, with the client's own words."""
    landings: Sequence[Landing] = ()


def arrive(page: Page, brief: Brief, hint: Hint | None = None) -> list[Arrival]:
    """Read a page and find its place in the plan."""
    hint = hint or Hint()
    wanted = _asked(hint) if hint.engine and hint.query else None
    return [_placed(page, reading, brief, hint) for reading in read(page, engine=hint.engine, query=wanted)]


def _asked(hint: Hint) -> SerpQuery:
    return SerpQuery(
        engine=hint.engine, keyword=hint.query, country=hint.country, language=hint.language, page=hint.page or 1
    )


def arrived(
    cell: SerpQuery, page: Page | None, skipped: Outcome | None, at: datetime, source: str = "browser"
) -> Arrival:
    """A page that was asked for this very cell, or the reason why none was; `source` says of whom it was asked."""
    if page is None:
        outcome = skipped or Outcome(status=Status.SKIPPED, kind="not_asked")
        empty = Page(body=b"", fetched_at=at, source=source)
        return Arrival(
            empty, Serp(query=cell, fetched_at=at, outcome=outcome, source=source, fallbacks={}), planned=True
        )
    if page.source.startswith(SOURCE):
        return Arrival(page, read_answer(page, cell), planned=True)
    reading = read(page, engine=cell.engine, query=cell)[0]
    if not isinstance(reading, Serp):
        outcome = Outcome(status=Status.UNRECOGNISED, kind="layout", why=f"this is a page of {reading.site}")
        reading = Serp(query=cell, url=page.url, fetched_at=at, outcome=outcome, evidence=page.evidence, fallbacks={})
    return Arrival(page, reading.model_copy(update={"query": cell}), planned=True)


def rated(page: Page, brief: Brief, site: str = "") -> list[Arrival]:
    """A page of a review site."""
    return [_profile(page, reading, brief) for reading in read(page, site=site) if isinstance(reading, ReviewProfile)]


def with_suggestions(arrival: Arrival, evidence: Evidence | None, words: Sequence[str]) -> Arrival:
    """The page of a cell together with what its engine proposes for the same words, as a surface of its own."""
    serp = arrival.reading
    if not isinstance(serp, Serp) or not words:
        return arrival
    first = len(serp.results) + 1
    proposed = tuple(
        SerpResult(feature=Feature.SUGGESTION, title=word, position=first + place, rank=place + 1)
        for place, word in enumerate(words)
    )
    also = (*serp.also, evidence) if evidence is not None else serp.also
    return arrival._replace(reading=serp.model_copy(update={"results": (*serp.results, *proposed), "also": also}))


def _placed(page: Page, reading: Serp | ReviewProfile, brief: Brief, hint: Hint) -> Arrival:
    if isinstance(reading, ReviewProfile):
        return _profile(page, reading, brief)
    cell = find_cell(reading, brief.plan(), hint)
    if cell is not None:
        return Arrival(page, reading.model_copy(update={"query": cell}), planned=True)
    asked = reading.query.keyword or reading.displayed_query or hint.query
    if not reading.outcome.answered:
        return Arrival(page, reading, planned=False)
    note = "the page does not say its query; name it with --query"
    if asked:
        note = f"{asked!r} on {reading.query.engine} is not in the brief's plan; add it to the keywords of a market"
    return Arrival(page, reading, planned=False, note=note)


def _profile(page: Page, profile: ReviewProfile, brief: Brief) -> Arrival:
    """A rating counts only when its subject is the brand: the first on a page is often another company's."""
    if profile.outcome.status is Status.RESULTS and not is_about(profile.subject, brief.the_brand()):
        why = f"the page rates {profile.subject or 'an unnamed subject'!r}, not {brief.brand.name!r}"
        outcome = Outcome(status=Status.UNRECOGNISED, kind="other_subject", why=why)
        return Arrival(page, profile.model_copy(update={"outcome": outcome}), planned=False, note=why)
    return Arrival(page, profile, planned=profile.outcome.status is Status.RESULTS)


def is_about(subject: str, brand: Brand) -> bool:
    """The subject names the brand, an alias or a product of it; an own host counts as a name."""
    names = (*brand.names, *brand.products, *brand.domains)
    return bool(subject) and any(_plain(name) in _plain(subject) for name in names)


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def find_cell(serp: Serp, plan: Sequence[SerpQuery], hint: Hint) -> SerpQuery | None:
    """The planned cell this page answers: same engine, same words; country and language where they are known."""
    asked = hint.query or serp.query.keyword or serp.displayed_query
    cells = [c for c in plan if c.engine == serp.query.engine and asked and same_query(c.keyword, asked)]
    cells = [c for c in cells if c.page == (hint.page or _page_of(serp))] or []
    country = (hint.country or parameter(serp.url, "gl", "cc", "country")).upper()
    language = (hint.language or parameter(serp.url, "hl", "setlang", "lang")).lower()[:2]
    for matches in (
        [c for c in cells if c.country == country and c.language == language],
        [c for c in cells if c.country == country or c.language == language],
        cells,
    ):
        if matches:
            return matches[0]
    return None


def _page_of(serp: Serp) -> int:
    """Second page by the offset in the address; 1 where it says nothing."""
    start = parameter(serp.url, "start", "first", "pn")
    return 1 + int(start) // 10 if start.isdigit() and int(start) >= 10 else 2 if parameter(serp.url, "p") == "1" else 1


def collect(
    brief: Brief,
    arrivals: Iterable[Arrival],
    *,
    taken_at: datetime,
    tool: str,
    before: Snapshot | None = None,
    beside: Beside | None = None,
) -> Snapshot:
    """The Snapshot of these arrivals. With `before`, its pages stay except where a new answered page takes the cell.

    `beside` is what live collection adds to the pages.
    """
    arrivals, beside = list(arrivals), beside or Beside()
    serps = [a.reading for a in arrivals if isinstance(a.reading, Serp)]
    profiles = [a.reading for a in arrivals if isinstance(a.reading, ReviewProfile) and a.planned]
    failures = [_failure(a) for a in arrivals if not isinstance(a.reading, Serp) and not a.planned]
    if before is not None:
        serps = [s for s in before.serps if not _replaced(s, serps)] + serps
        kept = [p for p in before.profiles if p.source != "manual"]
        profiles = [p for p in kept if p.url not in {q.url for q in profiles} or not p.url] + profiles
        failures = [*before.failures, *failures]
    return Snapshot(
        brand=brief.the_brand(),
        taken_at=taken_at,
        tool=tool,
        brief_digest=brief.digest(),
        keywords=brief.keywords(),
        plan=brief.plan(),
        engine_shares=brief.engine_shares,
        consents=dict(beside.consents),
        engine_indexes={cell.engine: engines()[cell.engine].index for cell in brief.plan()},
        serps=numbered(_unique(serps), brief.plan()),
        profiles=(*profiles, *(_typed_in(figure) for figure in brief.figures)),
        landings=tuple(beside.landings),
        failures=tuple(failures),
    )


def _typed_in(figure: Figure) -> ReviewProfile:
    counts = figure.model_dump(include={"value", "best", "worst", "rating_count", "review_count"})
    return ReviewProfile(
        site=figure.site,
        url=figure.url,
        subject=figure.subject,
        rating=AggregateRating(**counts),
        outcome=Outcome(status=Status.RESULTS, why="typed in"),
        fetched_at=figure.seen_at,
        source="manual",
    )


def numbered(serps: Sequence[Serp], plan: Sequence[SerpQuery]) -> tuple[Serp, ...]:
    """Serps in the order of the plan, then by arrival, with ids s1, s2, ..."""
    order = {cell: place for place, cell in enumerate(plan)}
    ranked = sorted(serps, key=lambda s: order.get(s.query, len(order)))
    return tuple(s.model_copy(update={"id": f"s{n}"}) for n, s in enumerate(ranked, start=1))


def _unique(serps: Sequence[Serp]) -> list[Serp]:
    """The same bytes offered twice are one page."""
    seen: dict[tuple[str, SerpQuery], Serp] = {}
    for place, serp in enumerate(serps):
        digest = serp.evidence.sha256 if serp.evidence else hashlib.sha256(str(place).encode()).hexdigest()
        seen.setdefault((digest, serp.query), serp)
    return list(seen.values())


def _replaced(old: Serp, new: Sequence[Serp]) -> bool:
    return any(s.query == old.query and (s.outcome.answered or not old.outcome.answered) for s in new)


def _failure(arrival: Arrival) -> Failure:
    profile = arrival.reading
    name = (profile.evidence.file if profile.evidence else "") or profile.url or "page"
    return Failure(what=name, outcome=profile.outcome, evidence=profile.evidence)


def describe(arrival: Arrival) -> dict[str, str | bool | int]:
    """What one page became, for people (`words`) and machines."""
    page, reading = arrival.page, arrival.reading
    name = (page.evidence.file if page.evidence else "") or page.url or "page"
    facts: dict[str, str | bool | int] = {
        "file": name,
        "sha256": page.evidence.sha256 if page.evidence else "",
        "outcome": reading.outcome.status.value,
        "kind": reading.outcome.kind,
        "why": reading.outcome.why,
        "planned": arrival.planned,
    }
    if isinstance(reading, ReviewProfile):
        return {**facts, "source": reading.site, "query": "", "organic": 0, "words": _words(arrival, reading.site)}
    organic = len(reading.organic)
    source = f"{reading.query.engine} {reading.query.keyword!r}".strip()
    return {
        **facts,
        "source": reading.query.engine,
        "query": reading.query.keyword,
        "organic": organic,
        "words": _words(arrival, source),
    }


def _words(arrival: Arrival, source: str) -> str:
    outcome = arrival.reading.outcome
    why = f" ({outcome.why})" if outcome.why else ""
    return f"{source} {outcome}{why}{f'; not scored: {arrival.note}' if arrival.note else ''}"
