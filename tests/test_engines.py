"""Every engine against its own synthetic fixtures: what a person would write down, a line a result."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.models import Page, Serp, SerpQuery, Status
from spiders.registry import engines

FIXTURES = Path(__file__).parent / "fixtures" / "engines"
NEEDED = ("results", "no-results", "layout-changed")


def cases() -> Iterator[Path]:
    yield from sorted(path.parent for path in FIXTURES.glob("*/*/case.toml"))


def read_case(folder: Path) -> Serp:
    case = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    assert case["origin"] == "synthetic"
    page = Page(
        body=(folder / "page.html").read_bytes(),
        url=case.get("url", ""),
        status=case.get("status"),
        fetched_at=case.get("fetched_at", datetime(2026, 11, 1, 9, tzinfo=UTC)),
    )
    name = folder.parent.name
    query = SerpQuery(engine=name, keyword=case["query"]) if case.get("query") else None
    return engines()[name].parse(page, query)


def written(serp: Serp) -> list[str]:
    if serp.outcome.status is not Status.RESULTS:
        return [str(serp.outcome)]
    return ["\t".join((str(r.position), r.feature, str(r.rank), r.url, r.title)) for r in serp.results]


@pytest.mark.parametrize("folder", list(cases()), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_fixture(folder: Path) -> None:
    expected = [line for line in (folder / "expected.txt").read_text("utf-8").splitlines() if line]
    assert written(read_case(folder)) == expected


@pytest.mark.parametrize("name", list(engines()))
def test_every_engine_has_its_fixtures(name: str) -> None:
    for case in NEEDED:
        assert any(path.name.startswith(case) for path in (FIXTURES / name).glob("*")), (
            f"make {FIXTURES.name}/{name}/{case}/ with page.html, case.toml, expected.txt"
        )
    outcomes = {(path / "expected.txt").read_text("utf-8").split("\n")[0] for path in (FIXTURES / name).glob("*")}
    assert any(line.startswith("BLOCKED") for line in outcomes), f"{name} has no fixture of a block page"


@pytest.mark.parametrize("name", list(engines()))
def test_name_is_file_name_and_url_echoes(name: str) -> None:
    engine = engines()[name]
    assert engine.name == name
    query = SerpQuery(engine=name, keyword="Акме & co 후기", country="GB", language="en")
    address = engine.url(query)
    assert engine.owns(address)
    assert engine.query_parameters
    from spiders.address import parameter

    assert parameter(address, *engine.query_parameters) == query.keyword


@pytest.mark.parametrize("folder", [p for p in cases() if p.name.startswith("results")], ids=lambda p: p.parent.name)
def test_cut_page_is_never_results(folder: Path) -> None:
    """A page cut anywhere in its second half is named as cut, or at least never read as whole."""
    body = (folder / "page.html").read_bytes()
    engine = engines()[folder.parent.name]
    for tenth in range(5, 10):
        part = body[: len(body) * tenth // 10]
        outcome = engine.parse(Page(body=part, fetched_at=datetime(2026, 11, 1, tzinfo=UTC))).outcome
        assert outcome.status is not Status.RESULTS, (tenth, outcome)
