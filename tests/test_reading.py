"""Any bytes become one reading; a page of another engine, of nobody, or no page at all is told apart."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import Page, ReviewProfile, Serp, Status
from spiders.reading import read

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures" / "engines"
NAMES = sorted(path.name for path in FIXTURES.glob("*"))


def page(body: bytes, **more: object) -> Page:
    return Page.model_validate({"body": body, "fetched_at": NOW, **more})


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"", "FAILED Empty"),
        (b"   \n", "FAILED Empty"),
        (b"%PDF-1.7 ...", "FAILED NotHtml"),
        (b"\x89PNG\r\n", "FAILED NotHtml"),
        (b"<html><body><p>A page about nothing in particular</p></body></html>", "UNRECOGNISED"),
        (b'{"hello": "world"}', "UNRECOGNISED unknown_source"),
        (b"<html><body><p>Please verify you are human</p></body></html>", "BLOCKED captcha"),
        (b"<html><body>We are not yet available in your country.</body></html>", "BLOCKED geo"),
        (b"<html><body><form><input></form>We did not find any results for x</body></html>", "NO_RESULTS"),
        (b"<html><body><p>No results found, said the critic.</p></body></html>", "UNRECOGNISED"),
        (
            b"<html><body><p>Verify you are human: " + b"a long essay on captchas " * 200 + b"</body></html>",
            "UNRECOGNISED",
        ),
    ],
)
def test_strangers(body: bytes, outcome: str) -> None:
    (reading,) = read(page(body))
    assert str(reading.outcome).startswith(outcome)


def test_transport_failure_is_never_read() -> None:
    (reading,) = read(page(b"<html>", failure="DataLoss"))
    assert str(reading.outcome) == "FAILED DataLoss"


@pytest.mark.parametrize("name", NAMES)
def test_finds_out_the_engine_by_itself(name: str) -> None:
    for case in sorted((FIXTURES / name).iterdir()):
        if case.name.startswith("results"):
            (reading,) = read(page((case / "page.html").read_bytes()))
            assert isinstance(reading, Serp)
            assert reading.query.engine == name, case
            assert reading.outcome.status is Status.RESULTS


@pytest.mark.parametrize("name", NAMES)
def test_page_of_another_engine_is_told_apart(name: str) -> None:
    body = (FIXTURES / name / "results" / "page.html").read_bytes()
    other = "brave" if name != "brave" else "naver"
    (reading,) = read(page(body), engine=other)
    assert reading.outcome.status is Status.UNRECOGNISED


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(body: bytes) -> None:
    for reading in read(page(body)):
        assert isinstance(reading, Serp | ReviewProfile)
        assert reading.outcome.status is not Status.RESULTS


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_damage_to_a_good_page(data: st.DataObject) -> None:
    """Bytes overwritten anywhere: still one outcome, never a crash."""
    body = bytearray((FIXTURES / "bing" / "results" / "page.html").read_bytes())
    for _ in range(20):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert read(page(bytes(body)))
