"""Pages for the measurement of collecting: recorded ones beside the checkout, else those of the demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from audit.brief import Brief, parse_brief
from audit.models import Page, Serp, SerpQuery, Status
from spiders.reading import read
from spiders.registry import engines

ROOT = Path(__file__).resolve().parent.parent
SERPS = ROOT.parent / "shared" / "corpus" / "serp"
REVIEWS = ROOT.parent / "shared" / "corpus" / "reviews"
DEMO = ROOT / "examples" / "demo" / "pages"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
TAIL = 2_000  # bytes within which a page ends its document
LARGEST = 1_600_000  # bytes: the largest recorded result page has 1.46 MB


class Cell(NamedTuple):
    query: SerpQuery
    body: bytes


class Planned(Brief):
    """A brief whose plan is given."""

    cells: tuple[SerpQuery, ...]

    def plan(self) -> tuple[SerpQuery, ...]:
        return self.cells


def brief_of(cells: list[Cell]) -> Planned:
    words = '[brand]\nname = "Lumivelo"\n[[markets]]\ncountry = "GB"\nlanguage = "en"\nengines = ["google"]\n'
    base = parse_brief(words + "[collect]\nsuggestions = false\n")
    fields = {name: getattr(base, name) for name in Brief.model_fields}
    return Planned(**fields, cells=tuple(cell.query for cell in cells))


def recorded_cells(most: int) -> list[Cell]:
    """Answered result pages with what they answer: as many of each engine as there are, in turn."""
    folder, pattern = (SERPS, "*/*.html") if SERPS.is_dir() else (DEMO, "*.html")
    shelves: dict[str, dict[str, Cell]] = {}
    for path in sorted(folder.glob(pattern)):
        cell = _cell(path.read_bytes())
        if cell is not None:
            shelves.setdefault(cell.query.engine, {}).setdefault(cell.query.keyword, cell)
    return list(_in_turn([list(shelf.values()) for shelf in shelves.values()]))[:most]


def _cell(body: bytes) -> Cell | None:
    reading = read(Page(body=body, fetched_at=NOW))[0]
    if not isinstance(reading, Serp) or reading.outcome.status is not Status.RESULTS or not reading.query.keyword:
        return None
    if reading.query.engine not in engines() or b"</html>" not in body[-TAIL:]:
        return None  # saved without its end: the live guard rightly calls it Truncated
    return Cell(
        SerpQuery(engine=reading.query.engine, keyword=reading.query.keyword, country="GB", language="en"), body
    )


def _in_turn(shelves: list[list[Cell]]) -> Iterator[Cell]:
    for place in range(max(map(len, shelves), default=0)):
        yield from (shelf[place] for shelf in shelves if place < len(shelf))


def recorded_landings() -> list[bytes]:
    """Pages for Scrapy: of review sites and beside."""
    folder, pattern = (REVIEWS, "*/*.html") if REVIEWS.is_dir() else (DEMO, "*.html")
    bodies = (path.read_bytes() for path in sorted(folder.glob(pattern)))
    return [body for body in bodies if 0 < len(body) <= LARGEST]
