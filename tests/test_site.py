"""The schema.org reader on synthetic pages, and on the recorded ones where they are at hand."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AggregateRating, Page, ReviewProfile, Status
from spiders.markup import aggregate, json_ld, words
from spiders.reading import read_profile
from spiders.sites.schema_org import SchemaOrg
from spiders.state import assigned, chunks, dig, find, json_document
from spiders.subject import beside_heading
from spiders.tree import Tree

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ROOT = Path(__file__).parent
CASES = sorted((ROOT / "fixtures" / "sites" / "schema_org").iterdir())
CORPUS = ROOT.parent.parent / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the recorded pages are not at hand (../shared/corpus)")


def read(folder: Path) -> tuple[ReviewProfile, dict[str, Any]]:
    case = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    page = Page(
        url=case["url"],
        status=case["status"],
        body=(folder / "page.html").read_bytes(),
        fetched_at=case["fetched_at"],
    )
    return read_profile(page), tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_synthetic_page(folder: Path) -> None:
    profile, expected = read(folder)
    assert (profile.outcome.status, profile.outcome.kind) == (expected["outcome"], expected["kind"])
    assert profile.subject == expected["subject"]
    wanted = expected.get("rating")
    assert profile.rating == (AggregateRating(**wanted) if wanted else None)
    assert len(profile.reviews) == expected["reviews"]
    assert [review.date for review in profile.reviews] == expected.get("dates", [None] * expected["reviews"])
    assert [r.title for r in profile.reviews] == expected.get("titles", [r.title for r in profile.reviews])


def test_reviewers_are_never_kept() -> None:
    profiles = [read(folder)[0] for folder in CASES]
    assert sum(len(profile.reviews) for profile in profiles) >= 5
    assert all(review.author == "" for profile in profiles for review in profile.reviews)
    assert not any("Nobody Invented" in profile.model_dump_json() for profile in profiles)


def test_an_ambiguous_page_says_why() -> None:
    profile, _ = read(CASES[0].parent / "list_page")
    assert profile.rating is None
    assert profile.warnings == ("2 claims about 2 subjects, none of them surely the page's own",)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"ratingvalue": "4,7", "ratingcount": "1 815"}, (4.7, 5, 1815)),
        ({"ratingvalue": "4.500", "ratingcount": "12.0"}, (4.5, 5, 12)),
        ({"ratingvalue": 66, "bestrating": "100", "ratingcount": "5.2K"}, (66, 100, 5200)),
        ({"ratingvalue": 8.2, "ratingcount": 3}, (8.2, None, 3)),  # above 5 without a scale: the scale is unknown
        ({"ratingvalue": "n/a", "ratingcount": 3}, (None, None, 3)),
        ({"ratingvalue": 0, "ratingcount": 0}, (None, None, 0)),  # not rated is not bad
        ({"ratingvalue": ["4.5"], "ratingcount": [{"@value": "9"}]}, (4.5, 5, 9)),
    ],
)
def test_numbers_of_a_rating(value: dict[str, Any], shown: tuple[float | None, float | None, int]) -> None:
    rating = aggregate(value)
    assert rating is not None
    assert (rating.value, rating.best, rating.rating_count) == shown


def test_an_empty_rating_is_none() -> None:
    assert aggregate({"ratingvalue": "", "ratingcount": None}) is None


@pytest.mark.parametrize("script", ["", "null", "{", "[[[", '"x"', "{}{}", "[" * 5000, '{"a": ' + "9" * 5000 + "}"])
def test_json_ld_that_is_none(script: str) -> None:
    assert all(not node for node in json_ld(script))


def test_json_ld_several_documents_in_one_script() -> None:
    assert json_ld('{"a": 1}\n{"b": 2};') == [{"a": 1}, {"b": 2}]


def test_words_drop_half_surrogates_and_tags() -> None:
    assert words("a\ud83d b <i>c</i> &amp; d") == "a b c & d"


@given(
    st.binary(max_size=300), st.sampled_from(["ld+json", "itemprop ratingValue", "hreview", 'property="ratingValue"'])
)
@settings(max_examples=60, deadline=None)
def test_any_bytes_end_in_an_outcome(noise: bytes, mark: str) -> None:
    page = Page(body=b"<html><body>" + mark.encode() + noise + b"</body></html>", fetched_at=NOW)
    assert read_profile(page).outcome.status is not Status.RESULTS


def test_failed_transport_and_wrong_status_are_no_absence() -> None:
    page = Page(body=b"", failure="Dns", fetched_at=NOW)
    assert str(read_profile(page).outcome) == "FAILED Dns"
    page = Page(body=b"<html></html>", status=429, fetched_at=NOW)
    assert str(read_profile(page).outcome) == "BLOCKED rate_limit"


def test_the_general_reader_owns_no_host() -> None:
    assert not SchemaOrg().owns("https://schema.org/AggregateRating")


def _truths() -> list[Path]:
    folder = CORPUS / "truth"
    found = [
        path for name in ("schema_*", "trustpilot_*", "tripadvisor_*", "google_play_*") for path in folder.glob(name)
    ]
    return sorted(found) or [folder / "none.json"]


# ---------------------------------------------------------------- the data of scripts, and what stands beside a heading


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ('window.state = {"a": [1, 2]};', {"a": [1, 2]}),
        ('var state = JSON.parse(\'{"a": "it\\\\\'s \\\\u0442"}\');'.replace("\\\\", "\\"), {"a": "it's т"}),
        ('window["state"]={"a":1}', {"a": 1}),
        ("state = undefined; other_state = {}; mystate = [1]", None),
        ("state = {a: 1}", None),
        ("state = JSON.parse('{", None),
        ("state = " + "[" * 3000, None),
    ],
)
def test_assigned_state(script: str, value: Any) -> None:
    assert assigned(Tree(f"<html><script>{script}</script></html>"), "state") == value


def test_chunks_are_joined_before_they_are_read() -> None:
    one, two = json.dumps('1:{"name": "Lumi'), json.dumps('velo", "total": 3}\n2:["$", null]\n')
    tree = Tree(f"<script>self.__next_f.push([1,{one}])</script><script>self.__next_f.push([1,{two}])</script>")
    assert chunks(tree) == [{"name": "Lumivelo", "total": 3}, ["$", None]]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b")]}'\n[1, null]", [1, None]),
        (b'\xef\xbb\xbf [{"a": NaN}]', [{"a": None}]),
        (b"for(;;);{}", {}),
        (b"<html>", None),
        (b"[1,", None),
        (b"[" * 100_000, None),
        (b"", None),
    ],
)
def test_an_answer_in_json(body: bytes, value: Any) -> None:
    assert json_document(body) == value


def test_fields_are_dug_without_raising() -> None:
    data: Any = {"a": [{"b": None}, 7]}
    assert dig(data, "a", 1) == 7
    assert dig(data, "a", 0, "b", "c") is None
    assert dig(data, "a", 5) is None
    assert dig(data, 0) is None
    assert [dict(found) for found in find(data, "b")] == [{"b": None}]


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        ("<h1>Lumivelo</h1><p>4,7 · 1 815 отзывов</p>", (4.7, None, 1815)),
        ("<h1>Lumivelo</h1><i aria-label='4.5 of 5 bubbles'></i><a>1,215 reviews</a>", (4.5, None, 1215)),
        ("<h1>Lumivelo</h1><span>4.8</span> <span>265 оценок</span>", (4.8, 265, None)),
        ("<h1>4.5 Stars (90 reviews)</h1><p>about us</p>", None),  # the heading itself is a name
        ("<h1>Lumivelo</h1><p>4.7 (90 reviews)</p><p>2.1 (12 reviews)</p>", None),  # whose is it?
        ("<h1>Lumivelo</h1><h1>Pedalux</h1><p>4.7 (90 reviews)</p>", None),
        ("<h1>Top lights</h1><h2>a</h2><h2>b</h2><h2>c</h2><p>4.7 (90 reviews)</p>", None),
    ],
)
def test_the_rating_beside_the_heading(block: str, shown: Any) -> None:
    found = beside_heading(Tree(f"<body><main><div>{block}</div></main></body>"))
    assert (found and (found.value, found.rating_count, found.review_count)) == shown


def test_a_review_in_both_microformats_is_one() -> None:
    page = Page(body=b"<p class='hreview h-review'><b class='description e-content'>Good</b></p>", fetched_at=NOW)
    assert [review.text for review in read_profile(page.model_copy(update={"url": "https://a.example/"})).reviews] == [
        "Good"
    ]


@needs_corpus
@pytest.mark.parametrize("truth", _truths(), ids=lambda path: path.stem)
def test_recorded_rating_is_exact(truth: Path) -> None:
    """Value, scale and count of every recorded page with markup; what the truth leaves out is unknown."""
    wanted = json.loads(truth.read_text(encoding="utf-8"))
    page = Page(body=(CORPUS / wanted["file"]).read_bytes(), fetched_at=NOW)
    rating = read_profile(page).rating or AggregateRating()
    assert rating.value == wanted["rating"]
    for key, value in (("best", rating.best), ("worst", rating.worst)):
        assert wanted.get(key) in (None, value)
    counts = (rating.rating_count, rating.review_count)
    assert wanted.get("count") is None or wanted["count"] in counts
    assert wanted.get("ratingCount") in (None, rating.rating_count)
    assert wanted.get("reviewCount") in (None, rating.review_count)


@needs_corpus
def test_no_recorded_page_crashes_the_reader() -> None:
    pages = sorted(path for path in (CORPUS / "reviews").rglob("*") if path.is_file())
    outcomes = [read_profile(Page(body=p.read_bytes(), fetched_at=NOW)).outcome for p in pages]
    assert len(outcomes) == len(pages) > 0


def test_rdfa_reviews_stand_in_the_order_of_the_page() -> None:
    """The library gives a graph, in another order each time; a replay must give the very same document."""
    said = [f"Opinion number {number}: the kettle boils and pours well." for number in range(8)]
    reviews = "".join(
        f'<div property="review" typeof="Review"><p property="reviewBody">{words}</p></div>' for words in said
    )
    rating = (
        '<div property="aggregateRating" typeof="AggregateRating"><b property="ratingValue">4.5</b>'
        '<b property="reviewCount">8</b></div>'
    )
    body = (
        '<html><body><div vocab="https://schema.org/" typeof="Product"><h1 property="name">Acme Kettle</h1>'
        f"{rating}{reviews}</div></body></html>"
    )
    profile = read_profile(Page(body=body.encode(), fetched_at=datetime(2026, 11, 1, tzinfo=UTC)))
    assert [review.text for review in profile.reviews] == said
