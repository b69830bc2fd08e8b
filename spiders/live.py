"""The live web -> arrivals: engines in a real browser, then suggestions, review sites and pages behind results.

Every cell ends in one outcome and is kept in the run before it is read. What an earlier sitting answered is not asked
again. Engines are asked side by side, each in its own turn; the gate keeps every host's pace.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from audit.brief import Brief
from audit.models import Evidence, Landing, Outcome, Page, ReviewProfile, Serp, SerpQuery, Status
from spiders import registry, suggestions
from spiders.address import host
from spiders.apis import Apis, keyring
from spiders.archive.visits import Capture, Context, Purpose
from spiders.browser.fetch import BUTTONS, Fetcher, Person
from spiders.browser.place import Place
from spiders.collect import Arrival, Beside, arrived, rated, with_suggestions
from spiders.crawl import Apis as ApiSpider
from spiders.crawl import Landings, Profiles, crawl
from spiders.desk import Desk
from spiders.gate.gate import Gate, Permit
from spiders.landing import read_landing
from spiders.run import Errand, Kept, Run
from spiders.secret import Keyring

Told = Callable[[str], None]
"""A line of progress for people."""


class Collected(NamedTuple):
    """What a run brought, ready for `spiders.collect.collect`."""

    arrivals: list[Arrival]
    """Readings; the bytes of their pages stay in the archive."""
    beside: Beside
    taken_at: datetime | None
    """Of the last visit; None where nothing was visited."""


class Live:
    """One brand's collection: what is asked, through whom, and who is told."""

    def __init__(
        self,
        brief: Brief,
        run: Run,
        gate: Gate,
        *,
        told: Told,
        person: Person | None = None,
        keys: Keyring | None = None,
    ) -> None:
        self.brief, self.run, self.gate, self._told, self._person = brief, run, gate, told, person
        self._apis = Apis(brief, keyring(run.folder.parent.parent) if keys is None else keys)
        self._rows: dict[SerpQuery, tuple[str, ...]] = {}
        """Of each answered cell, the addresses of its organic rows: all that is still needed of its page."""

    async def collect(self, fetcher: Fetcher) -> None:
        """Ask everything that is not answered yet. Afterwards the run holds it all; `read_run` reads it.

        `StoreError` where the disk refused a visit, whoever swallowed it on the way.
        """
        await self._serps(fetcher)
        self._check()
        await self._answers()
        desk = Desk(self.gate, self.run, consent=self.brief.consent, told=self._said)
        for spider, errands in ((ApiSpider, self._suggestions), (Profiles, self._profiles), (Landings, self._landings)):
            await crawl(spider, errands(), desk)
            self._check()

    async def _serps(self, fetcher: Fetcher) -> None:
        by_engine: dict[str, list[SerpQuery]] = defaultdict(list)
        self._recall()
        for cell in self.brief.plan():
            if cell not in self._rows and not self.brief.asked_of(cell):
                by_engine[cell.engine].append(cell)
        tasks = [asyncio.ensure_future(self._engine(fetcher, cells)) for cells in by_engine.values()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answers(self) -> None:
        """Cells that an API is asked for, through a gate of their own: its own hosts are for nobody else."""
        cells = [cell for cell in self.brief.plan() if cell not in self._rows and self.brief.asked_of(cell)]
        for cell, why in [(cell, why) for cell in cells if (why := self._apis.cannot(cell))]:
            errand, outcome = self._apis.errand(cell), Outcome(status=Status.SKIPPED, kind="not_asked", why=why)
            self.run.keep(errand, skipped=outcome)
            self._say(errand, outcome)
        if not cells:
            return
        async with self.gate.for_apis(self._apis.own) as gate:
            desk = Desk(gate, self.run, told=self._answered, secrets=self._apis.secrets)
            await crawl(ApiSpider, self._apis.asked(cells), desk)
            self._check()

    def _check(self) -> None:
        """What a library swallows: a disk that refused, and a person's wish to stop."""
        self.run.check()
        self.run.stop.check()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError

    def _answered(self, errand: Errand, entry: Kept) -> None:
        if entry.arrived and errand.cell is not None:
            self._say(errand, self._heard(entry, errand.cell))
        else:
            self._said(errand, entry)

    def _recall(self) -> None:
        """What earlier sittings answered, one page at a time."""
        for entry in self.run.visits:
            if entry.visit.purpose is Purpose.SERP and entry.visit.cell is not None and entry.arrived:
                self._heard(entry, entry.visit.cell)

    def _heard(self, entry: Kept, cell: SerpQuery, glance: _Glance | None = None) -> Outcome:
        page = entry.page
        known = glance.of(page) if glance is not None and page is not None else None
        reading = known or arrived(cell, page, None, entry.visit.at).reading
        if isinstance(reading, Serp) and reading.outcome.answered:
            self._rows[cell] = tuple(row.url for row in reading.organic if row.url)
        return reading.outcome

    async def _engine(self, fetcher: Fetcher, cells: Sequence[SerpQuery]) -> None:
        for cell in cells:
            self.run.stop.check()
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
            self.run.stop.check()  # the turn may have been long in coming
            if not isinstance(answer, Permit):
                self.run.keep(errand, skipped=answer.outcome)
                self._say(errand, answer.outcome)
                return
            errand = errand._replace(waived=answer.overrides)
            glance = _Glance(cell)
            capture = await fetcher.visit(url, Place.of(cell), glance.outcome, buttons=BUTTONS, person=self._person)
            if capture.page.failure:
                self.run.stop.check()  # a Ctrl-C ends the browser too: that is no failure of the engine's
            capture = self._refined(answer.host, capture)
            entry = self.run.keep(errand, capture)
            outcome = self._heard(entry, cell, glance)
            self.gate.tell(url, capture.page.status, capture.page.headers, outcome)
        self._say(errand, outcome)

    def _refined(self, host: str, capture: Capture) -> Capture:
        """The browser says only that the tunnel failed; the proxy saw why."""
        passage = self.gate.proxy.failure(host)
        if passage is None or capture.page.failure != "EgressRefused":
            return capture
        return capture._replace(page=capture.page.model_copy(update={"failure": passage.kind}))

    def _said(self, errand: Errand, entry: Kept) -> None:
        self._say(errand, _outcome(entry))

    def _say(self, errand: Errand, outcome: Outcome) -> None:
        what = f"{errand.cell.engine} {errand.cell.keyword!r}" if errand.cell else errand.url.partition("?")[0]
        self._told(f"{errand.purpose.value} {what}: {outcome}")

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
        """The first organic rows of every answered page, each address once, in the order of the plan.

        A review profile among them is here already: it is read as both.
        """
        done = {entry.visit.asked for kind in (Purpose.LANDING, Purpose.PROFILE) for entry in self._visited(kind)}
        wanted = behind(self.brief, self._rows)
        return [Errand(url, Purpose.LANDING) for url in wanted if url not in done]

    def _visited(self, purpose: Purpose) -> Iterable[Kept]:
        return (entry for entry in self.run.visits if entry.visit.purpose is purpose and entry.arrived)


class _Glance:
    """The reading the browser waited for, so that the very same page is not read twice."""

    def __init__(self, cell: SerpQuery) -> None:
        self._cell = cell
        self._last: tuple[Page, Serp | ReviewProfile] | None = None

    def outcome(self, page: Page) -> Outcome:
        reading = arrived(self._cell, page, None, page.fetched_at).reading
        self._last = (page, reading)
        return reading.outcome

    def of(self, page: Page) -> Serp | ReviewProfile | None:
        """What was read of this page; None where it changed since."""
        if self._last is None:
            return None
        seen, reading = self._last
        same = (seen.body, seen.url, seen.headers, seen.status, seen.failure)
        return reading if same == (page.body, page.url, page.headers, page.status, page.failure) else None


def behind(brief: Brief, rows: Mapping[SerpQuery, Sequence[str]]) -> tuple[str, ...]:
    """Addresses behind the results that the brief wants read, each once, in the order of its plan."""
    most = brief.collect.landings
    return tuple(dict.fromkeys(url for cell in brief.plan() for url in rows.get(cell, ())[:most]))


def read_run(brief: Brief, visits: Iterable[Kept]) -> Collected:
    """Visits of a run, live or replayed, to what they say. The same visits give the same answer.

    One page is held at a time.
    """
    book = _Book(brief)
    for entry in visits:
        book.add(entry)
    return book.collected()


class _Book:
    """What the visits of a run say, as far as they were read."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._cells: dict[SerpQuery, Arrival] = {}
        self._proposed: dict[SerpQuery, tuple[Evidence | None, tuple[str, ...]]] = {}
        self._profiles: dict[str, list[Arrival]] = {}
        self._landings: dict[str, Landing] = {}
        self._both: dict[str, Landing] = {}
        """Review profiles as pages, for those that stand behind a result too."""
        self._waived: set[str] = set()
        self._taken_at: datetime | None = None

    def add(self, entry: Kept) -> None:
        visit, page = entry.visit, entry.page
        self._taken_at = max(filter(None, (self._taken_at, visit.at)))
        if visit.waived:
            self._waived.add(host(visit.asked))
        if visit.purpose is Purpose.SERP and visit.cell is not None:
            self._serp(visit.cell, _light(arrived(visit.cell, page, visit.skipped, visit.at, visit.site or "browser")))
        elif page is None:
            return
        elif visit.purpose is Purpose.SUGGESTIONS and visit.cell is not None and not page.failure:
            words = suggestions.read_words(visit.cell.engine, page.body)
            if words is not None:
                self._proposed[visit.cell] = (page.evidence, words)
        elif visit.purpose is Purpose.PROFILE:
            self._profiles[visit.asked] = [_light(told) for told in rated(page, self._brief, visit.site)]
            if self._brief.collect.landings:
                self._both[visit.asked] = read_landing(page)
        elif visit.purpose is Purpose.LANDING:
            self._landings[visit.asked] = read_landing(page)

    def _serp(self, cell: SerpQuery, told: Arrival) -> None:
        """The newest answer stands; else the newest page: being put off says less than the page that caused it."""
        known = self._cells.get(cell)
        if known is None or told.reading.outcome.answered or _says_more(told.reading, known.reading):
            self._cells[cell] = told

    def collected(self) -> Collected:
        nothing = (None, ())
        found = [with_suggestions(told, *self._proposed.get(cell, nothing)) for cell, told in self._cells.items()]
        for url in _in_order(self._brief.collect.reviews, self._profiles):
            found += self._profiles[url]
        rows = {cell: _addresses(told) for cell, told in self._cells.items()}
        wanted = behind(self._brief, rows)
        pages = {url: self._both[url] for url in wanted if url in self._both} | self._landings
        landings = tuple(pages[url] for url in _in_order(wanted, pages))
        consents = {name: self._brief.consent.get(name, "") for name in sorted(self._waived)}
        return Collected(found, Beside(consents, landings), self._taken_at)


def _says_more(told: Serp | ReviewProfile, known: Serp | ReviewProfile) -> bool:
    return not known.outcome.answered and (told.evidence is not None or known.evidence is None)


def _light(arrival: Arrival) -> Arrival:
    return arrival._replace(page=arrival.page.model_copy(update={"body": b""}))


def _addresses(arrival: Arrival) -> tuple[str, ...]:
    serp = arrival.reading
    return tuple(row.url for row in serp.organic if row.url) if isinstance(serp, Serp) else ()


def _in_order(wanted: Sequence[str], found: Mapping[str, object]) -> list[str]:
    """What was found, in the order it was wanted in; the rest by name. Which fetch came first changes nothing."""
    return [*(url for url in wanted if url in found), *sorted(set(found) - set(wanted))]


def _outcome(entry: Kept) -> Outcome:
    """What a visit beside the result pages became, as people are told."""
    page = entry.page
    if page is None:
        return entry.visit.skipped or Outcome(status=Status.SKIPPED, kind="not_asked")
    if page.failure:
        return Outcome(status=Status.FAILED, kind=page.failure)
    return Outcome(status=Status.RESULTS, why=f"{len(page.body)} bytes")


def _site_of(url: str) -> str:
    """The review site whose address this is; the general reader for any other."""
    return next((name for name, plug in registry.sites().items() if plug.owns(url)), "schema_org")
