"""Every review site on synthetic pages, and all recorded review pages where they are at hand."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AggregateRating, Page, ReviewProfile, Serp, Status
from spiders.markup import Claim
from spiders.parsed import parse_file
from spiders.reading import read, recognise_site
from spiders.registry import site, sites
from spiders.site import ReviewSite
from spiders.tree import Tree
from tests import sites_corpus

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures" / "sites"
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/case.toml") if path.parts[-3] != "schema_org")
PLUGS = [plug for plug in sites().values() if plug.hosts]
REVIEWER = "Nobody Invented"  # who writes every synthetic review
needs_corpus = pytest.mark.skipif(
    not sites_corpus.available(), reason="the recorded pages are not at hand (../shared/corpus)"
)


def page_of(folder: Path, **more: object) -> Page:
    case = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    (body,) = folder.glob("page.*")
    facts = {"url": case["url"], "status": case["status"], "fetched_at": case["fetched_at"], "body": body.read_bytes()}
    return Page.model_validate({**facts, **more})


def expected_of(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "expected.toml").read_text("utf-8"))


def identity(folder: Path) -> str:
    return f"{folder.parts[-2]}/{folder.name}"


@pytest.mark.parametrize("folder", CASES, ids=identity)
def test_synthetic_page(folder: Path) -> None:
    profile, wanted = sites()[folder.parts[-2]].parse(page_of(folder)), expected_of(folder)
    assert (profile.outcome.status, profile.outcome.kind) == (wanted["outcome"], wanted["kind"]), profile.outcome
    assert profile.subject == wanted["subject"]
    assert profile.rating == (AggregateRating(**wanted["rating"]) if "rating" in wanted else None)
    assert profile.histogram == wanted.get("histogram")
    assert len(profile.reviews) == wanted["reviews"]
    for name, given_ in (("dates", "date"), ("titles", "title"), ("texts", "text"), ("languages", "language")):
        assert [getattr(review, given_) for review in profile.reviews] == wanted.get(
            name, [getattr(review, given_) for review in profile.reviews]
        )
    assert wanted.get("warning", "") in " ".join(profile.warnings)
    if "stars" in wanted:
        assert [review.rating and review.rating.value for review in profile.reviews] == wanted["stars"]
    if "replied" in wanted:
        assert [review.replied for review in profile.reviews] == wanted["replied"]


@pytest.mark.parametrize("name", sorted(sites()))
def test_every_site_has_its_folder(name: str) -> None:
    """At least one page with figures or opinions, and one that says zero in its own words or is a block page."""
    folder = FIXTURES / name
    assert folder.is_dir(), f"make tests/fixtures/sites/{name}/<case>/ with page.html, case.toml and expected.toml"
    outcomes = {expected_of(path.parent)["outcome"] for path in folder.glob("*/case.toml")}
    assert "RESULTS" in outcomes, f"tests/fixtures/sites/{name} has no page with results"
    assert outcomes & {"NO_RESULTS", "BLOCKED"}, f"tests/fixtures/sites/{name} has no page of absence or block"
    assert not [p for p in folder.iterdir() if not (p / "case.toml").is_file()], "a case without case.toml"


def test_fixtures_are_synthetic() -> None:
    cases = list(FIXTURES.glob("*/*/case.toml"))
    assert len(cases) >= 100
    assert not [path for path in cases if tomllib.loads(path.read_text("utf-8"))["origin"] != "synthetic"]
    assert not {path.name for path in FIXTURES.iterdir()} - set(sites()), "a folder without a site"


@pytest.mark.parametrize("name", sorted(sites()))
def test_a_file_is_named_like_its_plug(name: str) -> None:
    assert sites()[name].name == name


@pytest.mark.parametrize("plug", PLUGS, ids=lambda plug: plug.name)
def test_addresses_are_the_sites_own(plug: ReviewSite) -> None:
    for subject in ("Lumivelo", "lumivelo.example", "Лумивело & Co", "id123456789", "lumivelo-bike-lights"):
        assert plug.owns(plug.url(subject)), plug.url(subject)
        assert " " not in plug.url(subject)
    assert plug.owns(plug.homepage)
    assert not plug.owns("https://lumivelo.example/")
    assert not plug.owns(f"https://{plug.name}.evil.example/")
    assert plug.verified is None or plug.verified <= date(2026, 12, 31)


@pytest.mark.parametrize("folder", CASES, ids=identity)
def test_finds_out_the_site_by_itself(folder: Path) -> None:
    """By the address; without one by marks, except where the page carries none (shared challenges)."""
    case = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    wanted = expected_of(folder)["outcome"]
    alone = case.get("alone", True)
    for url in (case["url"], "") if alone else ():
        (reading,) = read(page_of(folder, url=url))
        assert isinstance(reading, ReviewProfile)
        assert (reading.site, reading.outcome.status) == (folder.parts[-2], wanted), (url, reading.outcome)
    if not alone:
        (reading,) = read(page_of(folder))
        assert reading.outcome.status == wanted


@pytest.mark.parametrize("name", [plug.name for plug in PLUGS])
def test_a_page_of_another_site_is_told_apart(name: str) -> None:
    other = "yelp" if name != "yelp" else "trustpilot"
    for folder in (path for path in CASES if path.parts[-2] == name and expected_of(path)["outcome"] == "RESULTS"):
        (reading,) = read(page_of(folder), site=other)
        assert isinstance(reading, ReviewProfile)
        assert str(reading.outcome) == "UNRECOGNISED other_site", folder
        assert name in reading.outcome.why
        assert (reading.subject, reading.rating, reading.reviews) == ("", None, ())
        (own,) = read(page_of(folder), site=name)
        assert own.outcome.status is Status.RESULTS


def test_a_search_page_named_as_a_site_is_told_apart() -> None:
    body = (FIXTURES.parent / "engines" / "google" / "results" / "page.html").read_bytes()
    (reading,) = read(Page(body=body, fetched_at=NOW), site="trustpilot")
    assert isinstance(reading, ReviewProfile)
    assert str(reading.outcome) == "UNRECOGNISED other_engine"


@pytest.mark.parametrize("wanted", ["trustpilot", "Trustpilot", "www.trustpilot.com", "TRUSTPILOT.com"])
def test_a_site_is_known_by_name_or_host(wanted: str) -> None:
    assert site(wanted).name == "trustpilot"


def test_an_unknown_site_is_read_by_the_general_reader() -> None:
    assert site("iens").name == "schema_org"
    assert site("").name == "schema_org"
    (reading,) = read(page_of(FIXTURES / "schema_org" / "two_counts"), site="couverts")
    assert reading.outcome.status is Status.RESULTS


def test_borrowed_marks_do_not_hide_a_page() -> None:
    """A shop that uses one class name of a review site is still read by its own markup."""
    body = (FIXTURES / "schema_org" / "two_counts" / "page.html").read_text("utf-8")
    page = Page(body=body.replace("<h1>", '<div class="card-wrap" mid="1"></div><h1>').encode(), fetched_at=NOW)
    tree = Tree.of(page.body)
    place, _ = recognise_site(page, tree)
    assert place is not None
    assert place.name == "weibo"
    (reading,) = read(page)
    assert isinstance(reading, ReviewProfile)
    assert reading.rating is not None
    assert reading.outcome.status is Status.RESULTS


@pytest.mark.parametrize("folder", CASES, ids=identity)
def test_reviewers_never_leave_the_parser(folder: Path) -> None:
    profile = sites()[folder.parts[-2]].parse(page_of(folder))
    assert all(review.author == "" for review in profile.reviews)
    assert REVIEWER not in profile.model_dump_json()
    assert "NobodyInvented" not in profile.model_dump_json()


def test_reviewers_stand_in_the_fixtures() -> None:
    """Else the test above would hold of pages without reviewers."""
    named = [path for path in CASES if REVIEWER.encode() in next(path.glob("page.*")).read_bytes()]
    assert len({path.parts[-2] for path in named}) >= 20


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("google_maps/list", ["Pedalux", "Lumivelo"]),
        ("capterra/category", ["Pedalux Desk", "Lumivelo Fleet"]),
    ],
)
def test_a_list_names_its_subjects(folder: str, names: list[str]) -> None:
    """None of them is the page's subject, whatever stands first."""
    plug, page = sites()[folder.partition("/")[0]], page_of(FIXTURES / folder)
    listed: list[Claim] = list(plug.listed(Tree.of(page.body)))
    assert [claim.subject for claim in listed] == names
    assert listed[1].rating is not None
    assert listed[1].rating.value in (4.4, 4.7)
    assert f"a list of {len(names)} subjects" in plug.parse(page).outcome.why


def test_the_contract_of_parse(tmp_path: Path) -> None:
    """`repaudit parse --site`: the flat line other programs read."""
    file = tmp_path / "page.html"
    file.write_bytes((FIXTURES / "trustpilot" / "results" / "page.html").read_bytes())
    line = parse_file(file, engine="", site="trustpilot", url="", now=NOW)
    assert (line["source"], line["outcome"], line["kind"]) == ("trustpilot", "RESULTS", "")
    assert line["profile"]["subject"] == "Lumivelo"
    assert line["profile"]["rating"]["review_count"] == 1204
    assert line["profile"]["histogram"] == {"5": 800, "4": 200, "3": 63, "2": 40, "1": 101}
    assert parse_file(file, engine="", site="", url="", now=NOW) == line
    assert parse_file(file, engine="", site="otzovik", url="", now=NOW)["kind"] == "other_site"


def test_failures_with_a_named_site_keep_its_name() -> None:
    for body, kind in ((b"", "Empty"), (b"%PDF-1.7", "NotHtml")):
        (reading,) = read(Page(body=body, fetched_at=NOW), site="yelp")
        assert isinstance(reading, ReviewProfile)
        assert (reading.site, str(reading.outcome)) == ("yelp", f"FAILED {kind}")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_to_a_good_page(data: st.DataObject) -> None:
    """Bytes overwritten anywhere in any fixture: still one outcome, never a crash, never a name."""
    folder = data.draw(st.sampled_from(CASES))
    page = page_of(folder)
    body = bytearray(page.body)
    for _ in range(12):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    profile = sites()[folder.parts[-2]].parse(page.model_copy(update={"body": bytes(body)}))
    assert profile.outcome.status in Status
    assert all(review.author == "" for review in profile.reviews)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([plug.name for plug in PLUGS]),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda part: (
            st.lists(part, max_size=6)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "results",
                        "resultCount",
                        "data",
                        "meta",
                        "reviews",
                        "feed",
                        "entry",
                        "kind",
                        "cards",
                        "card_list",
                        "items",
                        "visitorReviews",
                    ]
                ),
                part,
                max_size=6,
            )
        ),
        max_leaves=20,
    ),
)
def test_any_answer_ends_in_an_outcome(name: str, value: Any) -> None:
    import json

    body = json.dumps(value).encode()
    for reading in (sites()[name].parse(Page(body=body, fetched_at=NOW)), *read(Page(body=body, fetched_at=NOW))):
        assert isinstance(reading, ReviewProfile | Serp)


# ---------------------------------------------------------------- recorded pages


@needs_corpus
@pytest.mark.parametrize("truth", list(sites_corpus.truths()), ids=lambda truth: re.sub(r"\W+", "_", truth["file"]))
def test_truth(truth: dict[str, Any]) -> None:
    """Value, scale, both counts and subject of every recorded page with truth, exactly."""
    assert sites_corpus.differences(truth) == []


@needs_corpus
@pytest.mark.parametrize("row", sites_corpus.by_eye(), ids=lambda row: row.page)
def test_recorded_page_read_by_eye(row: sites_corpus.Row) -> None:
    if not sites_corpus.has(row.page):
        pytest.skip("this page is no longer among the recorded ones")
    assert sites_corpus.found(row.page) == row


@needs_corpus
def test_the_table_is_of_pages_that_are_there() -> None:
    """Other pages may join the recorded ones; those read by eye are still most of a shelf."""
    known = {row.page for row in sites_corpus.by_eye()}
    files = {sites_corpus.name_of(path) for path in sites_corpus.pages()}
    assert len(known & files) >= 70


@needs_corpus
def test_no_recorded_reviewer_leaves_the_parser() -> None:
    """Names that truth wrote down are in no profile, except within the words of a review."""
    for truth in sites_corpus.truths():
        names = [review["author"] for review in truth.get("reviews", []) if len(review.get("author", "")) > 4]
        profile = sites_corpus.profile(truth["file"])
        shown = f"{profile.subject} {[(r.author, r.title, r.date) for r in profile.reviews]}"
        assert not [name for name in names if name in shown], truth["file"]
