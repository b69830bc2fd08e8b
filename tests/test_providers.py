"""Saved API responses against what a person would write down, and the rules all providers share."""

from __future__ import annotations

import base64
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import Feature, Page, Serp, SerpQuery, Status
from spiders.provider import clean, moment, parse_document, stars, trouble, whole, without_secrets
from spiders.registry import engines, providers

FIXTURES = Path(__file__).parent / "fixtures" / "providers"
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/case.toml"))
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def page(body: bytes, **facts: Any) -> Page:
    return Page(body=body, **{"fetched_at": AT, **facts})


def read(name: str, document: object, query: SerpQuery | None = None, **facts: Any) -> tuple[Serp, ...]:
    return providers()[name].serps(page(b"{}", **facts), document, query)


def one(name: str, case: str) -> Serp:
    serps = loaded(FIXTURES / name / case)
    return serps[0]


def loaded(folder: Path) -> tuple[Serp, ...]:
    case = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    body = next(folder.glob("response.*")).read_bytes()
    document = parse_document(body)
    assert document is not None
    provider = providers()[folder.parent.name]
    saved = page(body, url=case.get("url", ""), fetched_at=datetime.fromisoformat(case["at"]))
    return provider.serps(saved, document)


def written(serps: tuple[Serp, ...]) -> str:
    lines = []
    for serp in serps:
        lines.append(f"{serp.query.engine} {serp.outcome}")
        lines += [f"{r.position}\t{r.feature}\t{r.rank}\t{r.url}\t{r.title}" for r in serp.results]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("folder", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_response_reads_as_a_person_would_write_it_down(folder: Path) -> None:
    assert tomllib.loads((folder / "case.toml").read_text("utf-8"))["origin"] == "synthetic"
    assert written(loaded(folder)) == (folder / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("folder", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_response_is_recognised_by_its_own_provider_only(folder: Path) -> None:
    document = parse_document(next(folder.glob("response.*")).read_bytes())
    assert [name for name, plug in providers().items() if plug.recognises(document)] == [folder.parent.name]


def test_every_provider_has_its_cases_and_says_who_it_is() -> None:
    assert {path.parent.name for path in CASES} == set(providers())
    for name, plug in providers().items():
        assert plug.name == name
        assert plug.homepage.startswith("https://")
        assert plug.documentation.startswith("https://")
        assert plug.verified <= datetime.now(UTC).date()
        assert plug.engines


def test_engine_names_are_those_of_the_shelf() -> None:
    known = {"google", "bing", "baidu", "yandex", "naver", "duckduckgo", "brave", "yahoo"} | set(engines())
    assert {engine for plug in providers().values() for engine in plug.engines} <= known


def test_serp_carries_source_evidence_echo_and_the_vendors_time() -> None:
    serp = one("serpapi", "google")
    assert serp.source == "api:serpapi"
    assert serp.query == SerpQuery(
        engine="google", keyword="Velmora kettle", country="GB", language="en", device="phone"
    )
    assert serp.fetched_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert serp.url == "https://www.google.com/search?q=Velmora+kettle&hl=en&gl=gb"
    assert any("no order between blocks" in warning for warning in serp.warnings)


def test_both_counts_stay_apart() -> None:
    rows = one("serpapi", "google").organic
    assert rows[1].rating is not None
    assert (rows[1].rating.value, rows[1].rating.rating_count, rows[1].rating.review_count) == (3.9, None, 211)
    assert rows[2].rating is not None
    assert (rows[2].rating.value, rows[2].rating.rating_count, rows[2].rating.review_count) == (4.4, 87, None)
    both = one("google_cse", "results").organic[1].rating
    assert both is not None
    assert (both.rating_count, both.review_count, both.best) == (300, 211, 5.0)
    voted = one("dataforseo", "advanced").organic[1].rating
    assert voted is not None
    assert (voted.rating_count, voted.review_count, voted.best) == (211, None, 5.0)


def test_counts_with_separators_are_whole() -> None:
    places = one("serpapi", "google").of(Feature.LOCAL_PACK)
    assert places[0].rating is not None
    assert places[0].rating.review_count == 1204


def test_machine_dates_become_days() -> None:
    assert one("brave_api", "page_order").organic[1].date == "2026-01-05"
    assert one("dataforseo", "advanced").organic[1].date == "2026-01-05"
    assert one("naver_api", "blog").results[0].date == "2026-02-11"
    assert one("yandex_api", "xml_bare").organic[0].date == "2025-11-12"


def test_links_of_rows_and_sources_of_answers_are_kept() -> None:
    serp = one("serpapi", "google")
    assert [link.url for link in serp.organic[0].links] == ["https://velmora.example/shop"]
    answer = serp.of(Feature.AI_ANSWER)[0]
    assert answer.snippet == "Velmora makes kettles. Praise"
    assert [link.title for link in answer.links] == ["Velmora tested"]


def test_second_page_is_told_by_the_engines_own_parameter() -> None:
    assert one("serpapi", "yandex").query.page == 2
    assert one("google_cse", "results").query.page == 2
    assert one("naver_api", "web").query.page == 1


def test_callers_query_wins_under_the_engine_that_answered() -> None:
    query = SerpQuery(engine="google", keyword="velmora KETTLE", country="GB", language="en")
    serps = read("searxng", json.loads((FIXTURES / "searxng/three_engines/response.json").read_text("utf-8")), query)
    assert [s.query.engine for s in serps][:2] == ["google", "bing"]
    assert {(s.query.keyword, s.query.country) for s in serps} == {("velmora KETTLE", "GB")}


def test_response_of_another_query_is_no_answer() -> None:
    document = json.loads((FIXTURES / "serpapi/google/response.json").read_text("utf-8"))
    (serp,) = read("serpapi", document, SerpQuery(engine="google", keyword="brewton kettle"))
    assert str(serp.outcome) == "UNRECOGNISED echo"
    assert serp.results == ()


def test_searxng_positions_that_cannot_be_sure_are_told() -> None:
    row = {"url": "https://a.example/", "title": "Velmora", "content": "", "engine": "google"}
    document = {
        "query": "Velmora",
        "unresponsive_engines": [],
        "results": [
            {**row, "engines": ["yahoo", "google", "bing"], "positions": [1, 2, 3]},
            {**row, "url": "https://b.example/", "engine": "bing", "engines": ["bing"], "positions": [2]},
            {**row, "url": "https://c.example/", "engine": "yahoo", "engines": ["yahoo"], "positions": [1]},
        ],
    }
    serps = {serp.query.engine: serp for serp in read("searxng", document)}
    assert [row.url for row in serps["bing"].organic] == ["https://b.example/", "https://a.example/"]
    assert [row.url for row in serps["yahoo"].organic] == ["https://c.example/", "https://a.example/"]
    assert not any("several readings" in warning for warning in serps["bing"].warnings)
    document["results"] = document["results"][:1]
    serps = {serp.query.engine: serp for serp in read("searxng", document)}
    assert any("several readings" in warning for warning in serps["bing"].warnings)


def test_searxng_engine_that_is_not_ours_is_named_not_lost() -> None:
    serp = one("searxng", "three_engines")
    assert "left out, not an engine of ours: wikipedia (1)" in serp.warnings


def test_http_refusal_without_words_is_a_block() -> None:
    (serp,) = read("brave_api", {"type": "search", "query": {"original": "velmora"}}, status=429)
    assert str(serp.outcome) == "BLOCKED rate_limit"


def test_naver_takes_the_query_from_the_address() -> None:
    assert one("naver_api", "web").query.keyword == "벨모라"
    (serp,) = read("naver_api", {"total": 0, "start": 1, "display": 0, "items": []})
    assert "the response does not say its query" in serp.warnings


def test_yandex_html_is_unwrapped_for_the_engine_file() -> None:
    body = "<!DOCTYPE html><html><body>Велмора</body></html>".encode()
    document = {"rawData": base64.b64encode(body).decode()}
    provider = providers()["yandex_api"]
    inner = provider.unwrap(page(b"{}", url="https://searchapi.api.cloud.yandex.net/v2/web/search"), document)
    assert inner is not None
    assert inner.body == body
    assert inner.url == ""
    assert inner.header("content-type") == "text/html; charset=utf-8"
    assert inner.source == "api:yandex_api"
    xml = json.loads((FIXTURES / "yandex_api/xml_in_json/response.json").read_text("utf-8"))
    assert provider.unwrap(page(b"{}"), xml) is None


def test_yandex_raw_data_that_is_no_base64_fails_by_name() -> None:
    (serp,) = read("yandex_api", {"rawData": "%%%"})
    assert str(serp.outcome) == "FAILED BadEncoding"


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("CAPTCHA", "BLOCKED captcha"),
        ("Suspended: too many requests", "BLOCKED rate_limit"),
        ("access denied", "BLOCKED access_denied"),
        ("Invalid API key.", "BLOCKED login"),
        ("timeout", "FAILED Deadline"),
        ("SSL error: certificate validation has failed", "FAILED Tls"),
        ("network error", "FAILED Connect"),
        ("parsing error", "FAILED VendorError"),
    ],
)
def test_vendors_words_become_kinds(words: str, outcome: str) -> None:
    found = trouble(words)
    assert str(found) == outcome
    assert found.why == words


def test_clean_takes_highlighting_and_leaves_words() -> None:
    assert clean("<b>Velmora</b> &quot;II&quot;  <strong>kettle</strong>") == 'Velmora "II" kettle'
    assert clean("How to use the <div> tag") == "How to use the <div> tag"
    assert clean("half \ud83d pair") == "half ? pair"
    assert clean(None) == clean(True) == clean([]) == ""


def test_numbers_of_strangers() -> None:
    assert [whole(raw) for raw in ("1,204", "(1.2K)", "4.500", 12, "no", None, True)] == [
        1204,
        1200,
        4500,
        12,
        None,
        None,
        None,
    ]
    assert stars("NaN") is None
    assert stars(0, reviews=0) is None
    assert moment("Sun, 01 Mar 2026 18:00:00 +0900") == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert moment("3 days ago") is None


def test_keys_leave_the_address() -> None:
    assert without_secrets("https://serpapi.com/search?q=a&api_key=SECRET") == "https://serpapi.com/search?q=a"
    assert "S3" not in without_secrets("https://user:S3@www.googleapis.com/customsearch/v1?key=S3&q=a")
    assert without_secrets("https://a.example/?key=1&q=a%20b") == "https://a.example/?key=1&q=a%20b"


def test_xml_is_read_without_entities() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE y [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><yandexsearch>&b;</yandexsearch>'
    outside = b'<?xml version="1.0"?><!DOCTYPE y SYSTEM "file:///etc/passwd"><yandexsearch><a/></yandexsearch>'
    assert parse_document(laughs) is None
    assert parse_document(outside) is not None
    assert parse_document(b"<html><body></body></html>") is None


def test_json_bombs_are_no_documents() -> None:
    assert parse_document(b"[" * 200_000) is None
    assert parse_document(b'{"a": NaN}') == {"a": None}
    assert parse_document(b"17") is None
    assert parse_document(b"") is None


WORDS = """
type query original results web mixed main index all error status search_metadata search_parameters engine q items
tasks result status_code rawData total start display title url link rating value engines positions text kind queries
unresponsive_engines meta organic_results ads position rank_absolute ai_overview links
"""
NAMES = st.sampled_from(WORDS.split())
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["search", "google"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(providers())), VALUES)
def test_no_document_breaks_a_provider(name: str, document: object) -> None:
    provider = providers()[name]
    provider.recognises(document)
    provider.unwrap(page(b"{}"), document)
    serps = provider.serps(page(b"{}"), document)
    assert serps
    assert all(serp.outcome.status is not Status.RESULTS or serp.organic for serp in serps)
    assert all(Serp.model_validate_json(serp.model_dump_json()).outcome == serp.outcome for serp in serps)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, object]:
    """A good response with one value anywhere replaced by something of another type."""
    folder = draw(st.sampled_from([case for case in CASES if (case / "response.json").exists()]))
    document = json.loads((folder / "response.json").read_text("utf-8"))
    node: Any = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return folder.parent.name, document
        key = draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or draw(st.integers(0, 3)) == 0:
            node[key] = draw(VALUES)
            return folder.parent.name, document
        node = node[key]


@settings(max_examples=200, deadline=None)
@given(damaged())
def test_no_damaged_response_breaks_its_provider(case: tuple[str, object]) -> None:
    name, document = case
    serps = providers()[name].serps(page(b"{}"), document)
    assert [r.position for serp in serps for r in serp.results if r.position < 1] == []
    assert all(r.url == "" or r.url.startswith(("http://", "https://")) for serp in serps for r in serp.results)
