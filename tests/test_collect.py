"""Pages into a Snapshot: the plan's cells, what lies outside it, the same bytes twice, a rating of somebody else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from audit.brief import Brief, read_brief
from audit.models import Evidence, Page, Serp, SerpQuery, Snapshot, Status
from spiders.collect import Arrival, Hint, arrive, collect, describe

DEMO = Path(__file__).resolve().parent.parent / "examples" / "demo"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BRIEF = read_brief(DEMO / "brief.toml")


def page(name: str) -> Page:
    body = (DEMO / "pages" / name).read_bytes()
    return Page(body=body, fetched_at=NOW, evidence=Evidence(sha256=f"{hash(body):064x}", file=name))


def arrivals(*names: str, hint: Hint | None = None, brief: Brief = BRIEF) -> list[Arrival]:
    return [arrival for name in names for arrival in arrive(page(name), brief, hint)]


def snapshot(*names: str, before: Snapshot | None = None) -> Snapshot:
    return collect(BRIEF, arrivals(*names), taken_at=NOW, tool="test", before=before)


def test_a_page_takes_its_cell() -> None:
    (arrival,) = arrivals("google-uk-brand.html")
    assert arrival.planned
    assert isinstance(arrival.reading, Serp)
    assert arrival.reading.query == SerpQuery(engine="google", keyword="Люмівело", country="UA", language="uk")


def test_ids_follow_the_plan() -> None:
    snap = snapshot("baidu-zh-brand.html", "google-en-brand.html")
    assert [(s.id, s.query.engine) for s in snap.serps] == [("s1", "google"), ("s2", "baidu")]


def test_the_same_bytes_are_one_page() -> None:
    assert len(snapshot("google-en-brand.html", "google-en-brand.html").serps) == 1


def test_joining_keeps_the_old_and_replaces_only_by_an_answer() -> None:
    first = snapshot("google-en-brand.html", "bing-en-brand.html")
    joined = snapshot("google-en-reviews.html", before=first)
    assert len(joined.serps) == 3
    assert {s.query.keyword for s in joined.serps} == {"Lumivelo", "Lumivelo reviews"}


def test_a_page_outside_the_plan_is_kept_and_named() -> None:
    narrow = BRIEF.model_copy(update={"markets": BRIEF.markets[1:2]})
    (arrival,) = arrivals("google-en-brand.html", brief=narrow)
    assert not arrival.planned
    assert "not in the brief's plan" in str(describe(arrival)["words"])
    assert len(collect(narrow, [arrival], taken_at=NOW, tool="t").serps) == 1


def test_hint_names_what_the_page_does_not() -> None:
    (arrival,) = arrivals("google-en-brand.html", hint=Hint(engine="google", query="Lumivelo", country="GB"))
    assert arrival.planned


def test_hint_that_contradicts_the_page_is_told() -> None:
    (arrival,) = arrivals("google-en-brand.html", hint=Hint(engine="google", query="Lumivelo reviews"))
    assert str(arrival.reading.outcome) == "UNRECOGNISED echo"


def test_rating_of_the_brand_counts() -> None:
    snap = snapshot("trustpilot-lumivelo.html")
    assert [(p.subject, p.rating and p.rating.value) for p in snap.profiles] == [("Lumivelo", 4.6)]


def test_rating_of_another_company_does_not() -> None:
    other = BRIEF.model_copy(
        update={"brand": BRIEF.brand.model_copy(update={"name": "Acme", "aliases": (), "domains": ()})}
    )
    (arrival,) = arrivals("trustpilot-lumivelo.html", brief=other)
    assert str(arrival.reading.outcome) == "UNRECOGNISED other_subject"
    snap = collect(other, [arrival], taken_at=NOW, tool="t")
    assert not snap.profiles
    assert snap.failures[0].outcome.status is Status.UNRECOGNISED


def test_every_demo_page_is_what_it_was_written_to_be() -> None:
    snap = snapshot(*sorted(p.name for p in (DEMO / "pages").glob("*.html")))
    outcomes = {s.evidence.file: str(s.outcome) for s in snap.serps if s.evidence}
    assert outcomes.pop("bing-en-complaints.html") == "BLOCKED captcha"
    assert outcomes.pop("baidu-zh-complaints.html") == "BLOCKED captcha"
    assert set(outcomes.values()) == {"RESULTS"}
    assert len(outcomes) == 15
