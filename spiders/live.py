"""The live web -> arrivals: engines in a real browser, then suggestions, review sites and pages behind results.

Every cell ends in one outcome and is kept in the run before it is read. What an earlier sitting answered is not asked
again. Engines are asked side by side, each in its own turn; the gate keeps every host's pace.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from audit.brief import Brief
from audit.models import Evidence, Landing, Outcome, Serp, SerpQuery, Status
from spiders import registry, suggestions
from spiders.address import host
from spiders.archive.visits import Capture, Context, Purpose
from spiders.browser.fetch import BUTTONS, Fetcher, Person
from spiders.browser.place import Place
from spiders.collect import Arrival, Beside, arrived, rated, with_suggestions
from spiders.crawl import Apis, Desk, Landings, Profiles, crawl
from spiders.gate.gate import Gate, Permit
from spiders.landing import read_landing
from spiders.run import Errand, Kept, Run

Told = Callable[[str], None]
"""A line of progress for people."""


class Collected(NamedTuple):
    """What a run brought, ready for `spiders.collect.collect`."""

    arrivals: list[Arrival]
    beside: Beside


class Live:
    """One brand's collection: what is asked, through whom, and who is told."""

    def __init__(self, brief: Brief, run: Run, gate: Gate, *, told: Told, person: Person | None = None) -> None:
        self.brief, self.run, self.gate, self._told, self._person = brief, run, gate, told, person

    async def collect(self, fetcher: Fetcher) -> None:
        """Ask everything that is not answered yet. Afterwards the run holds it all; `read_run` reads it."""
        await self._serps(fetcher)
        desk = Desk(self.gate, self.run, consent=self.brief.consent, told=self._said)
        await crawl(Apis, self._suggestions(), desk)
        await crawl(Profiles, self._profiles(), desk)
        await crawl(Landings, self._landings(), desk)

    async def _serps(self, fetcher: Fetcher) -> None:
        by_engine: dict[str, list[SerpQuery]] = defaultdict(list)
        answered = {entry.visit.cell for entry in self.run.visits if _is_answered(entry)}
        for cell in self.brief.plan():
            if cell not in answered:
                by_engine[cell.engine].append(cell)
        await asyncio.gather(*(self._engine(fetcher, cells) for cells in by_engine.values()))

    async def _engine(self, fetcher: Fetcher, cells: Sequence[SerpQuery]) -> None:
        for cell in cells:
            await self._cell(fetcher, cell)

    async def _cell(self, fetcher: Fetcher, cell: SerpQuery) -> None:
        engine = registry.engines()[cell.engine]
        url = engine.url(cell)
        context = Context(
            country=cell.country,
            language=cell.language,
            device=cell.device.value,
            browser=f"Chromium {fetcher.version}",
        )
        errand = Errand(url, Purpose.SERP, cell, context=context)
        async with self.gate.visit(url, consent=self.brief.consent) as answer:
            if not isinstance(answer, Permit):
                self._said(errand, self.run.keep(errand, skipped=answer.outcome))
                return
            errand = errand._replace(waived=answer.overrides)
            capture = await fetcher.visit(
                url,
                Place.of(cell),
                lambda page: engine.parse(page, cell).outcome,
                buttons=BUTTONS,
                person=self._person,
            )
            capture = self._refined(answer.host, capture)
            entry = self.run.keep(errand, capture)
            outcome = _outcome(entry, cell)
            self.gate.tell(url, capture.page.status, capture.page.headers, outcome)
        self._said(errand, entry)

    def _refined(self, host: str, capture: Capture) -> Capture:
        """The browser says only that the tunnel failed; the proxy saw why."""
        passage = self.gate.proxy.failure(host)
        if passage is None or capture.page.failure != "EgressRefused":
            return capture
        return capture._replace(page=capture.page.model_copy(update={"failure": passage.kind}))

    def _said(self, errand: Errand, entry: Kept) -> None:
        what = f"{errand.cell.engine} {errand.cell.keyword!r}" if errand.cell else errand.url.partition("?")[0]
        self._told(f"{errand.purpose.value} {what}: {_outcome(entry, errand.cell)}")

    def _suggestions(self) -> list[Errand]:
        if not self.brief.collect.suggestions:
            return []
        cells = [cell for cell in self.brief.plan() if cell.page == 1 and suggestions.address(cell)]
        done = {entry.visit.cell for entry in self._visited(Purpose.SUGGESTIONS)}
        return [
            Errand(suggestions.address(cell), Purpose.SUGGESTIONS, cell, context=Context(country=cell.country))
            for cell in cells
            if cell not in done
        ]

    def _profiles(self) -> list[Errand]:
        done = {entry.visit.asked for entry in self._visited(Purpose.PROFILE)}
        return [
            Errand(url, Purpose.PROFILE, site=_site_of(url)) for url in self.brief.collect.reviews if url not in done
        ]

    def _landings(self) -> list[Errand]:
        """The first organic rows of every answered page, each address once."""
        most = self.brief.collect.landings
        done = {entry.visit.asked for entry in self._visited(Purpose.LANDING)}
        wanted: dict[str, None] = {}
        for arrival in read_run(self.brief, self.run.visits).arrivals if most else ():
            if isinstance(arrival.reading, Serp):
                wanted |= dict.fromkeys(row.url for row in arrival.reading.organic[:most] if row.url)
        return [Errand(url, Purpose.LANDING) for url in wanted if url not in done]

    def _visited(self, purpose: Purpose) -> Iterable[Kept]:
        return (entry for entry in self.run.visits if entry.visit.purpose is purpose and entry.page)


def read_run(brief: Brief, visits: Sequence[Kept]) -> Collected:
    """Visits of a run, live or replayed, to what they say. The same visits give the same answer."""
    cells: dict[SerpQuery, Arrival] = {}
    profiles: dict[str, list[Arrival]] = {}
    landings: dict[str, Landing] = {}
    for visit, page in ((entry.visit, entry.page) for entry in visits):
        if visit.purpose is Purpose.SERP and visit.cell is not None:
            told, known = arrived(visit.cell, page, visit.skipped, visit.at), cells.get(visit.cell)
            if known is None or told.reading.outcome.answered or not known.reading.outcome.answered:
                cells[visit.cell] = told
        elif visit.purpose is Purpose.PROFILE and page is not None:
            profiles[visit.asked] = rated(page, brief, visit.site)
        elif visit.purpose is Purpose.LANDING and page is not None:
            landings[visit.asked] = read_landing(page)
    proposed = dict(_proposed(visits))
    found = [with_suggestions(told, *proposed.get(cell, (None, ()))) for cell, told in cells.items()]
    arrivals = [*found, *chain.from_iterable(profiles.values())]
    waived = {host(entry.visit.asked) for entry in visits if entry.visit.waived}
    consents = {name: brief.consent.get(name, "") for name in sorted(waived)}
    return Collected(arrivals, Beside(consents, tuple(landings.values())))


def _proposed(visits: Sequence[Kept]) -> Iterator[tuple[SerpQuery, tuple[Evidence | None, tuple[str, ...]]]]:
    for visit, page in ((entry.visit, entry.page) for entry in visits):
        if visit.purpose is Purpose.SUGGESTIONS and visit.cell is not None and page is not None and not page.failure:
            words = suggestions.read_words(visit.cell.engine, page.body)
            if words is not None:
                yield visit.cell, (page.evidence, words)


def _outcome(entry: Kept, cell: SerpQuery | None) -> Outcome:
    """What a visit became, as the gate and people are told."""
    visit, page = entry.visit, entry.page
    if page is None:
        return visit.skipped or Outcome(status=Status.SKIPPED, kind="not_asked")
    if cell is not None and visit.purpose is Purpose.SERP:
        return arrived(cell, page, None, visit.at).reading.outcome
    if page.failure:
        return Outcome(status=Status.FAILED, kind=page.failure)
    return Outcome(status=Status.RESULTS, why=f"{len(page.body)} bytes")


def _is_answered(entry: Kept) -> bool:
    asked = entry.visit.purpose is Purpose.SERP and entry.page is not None
    return asked and _outcome(entry, entry.visit.cell).answered


def _site_of(url: str) -> str:
    """The review site whose address this is; the general reader for any other."""
    return next((name for name, plug in registry.sites().items() if plug.owns(url)), "schema_org")
