"""A result -> its label: the order of evidence, people, causes, ratings in print, and the door for other programs."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.classify import classify, label_snapshot, result_key, title_hash
from audit.models import (
    AggregateRating,
    Brand,
    Cause,
    Competitor,
    Feature,
    Hit,
    Keyword,
    Label,
    LabelOrigin,
    Method,
    Outcome,
    Owner,
    PageType,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
)
from audit.rated import printed_rating, step_of, step_of_share
from audit.rows import classify_row

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BRAND = Brand(
    name="Lumivelo",
    domains=("lumivelo.example",),
    hostile=("lumivelo-sucks.example",),
    competitors=(Competitor(name="Velorama", domains=("velorama.example",)),),
)


def label(title: str, url: str = "https://city.example/a", snippet: str = "", **facts: Any) -> Label:
    hit = Hit(feature=Feature.ORGANIC, title=title, snippet=snippet, url=url, rating=facts.pop("rating", None))
    return classify(hit, BRAND, keyword=Keyword(text="Lumivelo", language=facts.pop("language", "en")), **facts)


# ---------------------------------------------------------------- the order of evidence


def test_own_pages_are_not_praise() -> None:
    own = label("Lumivelo: the best bikes, award-winning", "https://lumivelo.example/")
    assert (own.sentiment, own.by, own.owner, own.page_type) == (0.0, LabelOrigin.RULE, Owner.OWNED, PageType.OFFICIAL)
    assert label("Lumivelo", "https://lumivelo.example/", method=Method(owned_sentiment=0.5)).sentiment == 0.5


def test_a_hostile_host_is_negative_whatever_it_says() -> None:
    hostile = label("Lovely Lumivelo", "https://lumivelo-sucks.example/")
    assert (hostile.sentiment, hostile.by, hostile.because) == (-1.0, LabelOrigin.RULE, ("owner:hostile",))


def test_a_complaint_site_holds_complaints_unless_the_words_say_clearly_otherwise() -> None:
    url = "https://www.pissedconsumer.com/lumivelo"
    assert label("Lumivelo order 4711", url).sentiment == -1.0
    solved = label("Lumivelo: problem solved, excellent, would recommend, thank you", url)
    assert solved.by is not LabelOrigin.RULE


def test_stars_are_not_overridden_by_words() -> None:
    rated = AggregateRating(value=4.7, rating_count=312)
    five = label("Lumivelo scam? horrible, fraud", "https://www.trustpilot.com/review/x", rating=rated)
    assert (five.sentiment, five.by) == (1.0, LabelOrigin.RATING)
    assert five.because == ("rating:4.7/5 (312)", "rating_in:row")


def test_few_votes_say_nothing() -> None:
    few = label("Lumivelo", rating=AggregateRating(value=1.0, rating_count=4))
    assert (few.sentiment, few.note) == (0.0, "few_ratings")
    assert label("Lumivelo", rating=AggregateRating(value=1.0, rating_count=5)).sentiment == -1.0


def test_the_press_prints_numbers_that_are_no_ratings() -> None:
    assert (
        label("Lumivelo scores 2.1 out of 5 with investors", "https://www.reuters.com/x").by is not LabelOrigin.RATING
    )


def test_words_come_last_and_are_told() -> None:
    words = label("Lumivelo scam: they took my money", "https://www.reddit.com/r/x")
    assert (words.sentiment, words.by) == (-1.0, LabelOrigin.LEXICON)
    assert "cue:scam" in words.because
    assert 0.5 < words.confidence < 1.0


def test_what_nobody_reads_is_unread() -> None:
    unread = label("Der Kundendienst von Lumivelo ist nicht zu erreichen", language="de")
    assert (unread.sentiment, unread.confidence, unread.by) == (None, 0.0, LabelOrigin.UNREAD)
    assert unread.because == ("language:unread",)


def test_the_page_behind_is_read_too() -> None:
    assert label("Lumivelo", text="Fraud, lies, never again, they stole my money").sentiment == -1.0


def test_not_about_the_brand() -> None:
    assert not label("A bike to remember").about_brand
    assert not label("Lumivelo surname: meaning and origin").about_brand


@pytest.mark.parametrize(
    ("title", "url", "cause", "least_severity"),
    [
        ("Lumivelo fined by regulator over fraud", "https://www.reuters.com/x", Cause.MEDIA, 4),
        ("Lumivelo recalls bikes after battery fire", "https://www.bbc.co.uk/news/x", Cause.MEDIA, 4),
        ("Lumivelo broke after a week, faulty", "https://www.trustpilot.com/review/x", Cause.CUSTOMER, 2),
        ("Lumivelo broke after a week, faulty", "https://play.google.com/store/apps/x", Cause.FAULT, 2),
        ("Data breach at Lumivelo exposes records", "https://www.bbc.co.uk/news/x", Cause.FAULT, 3),
        ("Lumivelo: rude staff, no reply", "https://www.yelp.com/biz/x", Cause.CUSTOMER, 1),
        ("Why Lumivelo is a scam", "https://velorama.example/blog", Cause.COMPETITOR, 1),
        ("Lumivelo is awful", "https://city.example/a", Cause.UNKNOWN, 1),
    ],
)
def test_cause_and_severity(title: str, url: str, cause: Cause, least_severity: int) -> None:
    told = label(title, url)
    assert told.sentiment is not None
    assert told.sentiment < 0
    assert told.cause is cause
    assert told.severity >= least_severity


def test_praise_has_neither_cause_nor_severity() -> None:
    good = label("Lumivelo is excellent, highly recommend", "https://www.reddit.com/r/x")
    assert (good.sentiment, good.cause, good.severity) == (1.0, Cause.UNKNOWN, 0)


# ---------------------------------------------------------------- identity


def test_a_result_is_the_same_on_every_page_and_in_every_spelling() -> None:
    one = Hit(
        feature=Feature.ORGANIC, title="Lumivelo  Reviews", url="https://www.a.example/x?utm_source=1", snippet="s"
    )
    two = Hit(feature=Feature.VIDEO, title="lumivelo reviews", url="http://m.a.example/x/#top", snippet="S")
    other = Hit(feature=Feature.ORGANIC, title="Lumivelo", url="https://a.example/x", snippet="s")
    assert result_key(one) == result_key(two) != result_key(other)
    assert title_hash("Ｌumivelo ") == title_hash("lumivelo")


# ---------------------------------------------------------------- snapshots and people


def snapshot(*pages: list[tuple[str, str, Feature]], status: Status = Status.RESULTS) -> Snapshot:
    serps = []
    for number, page in enumerate(pages, start=1):
        query = SerpQuery(engine="google", keyword="Lumivelo", country="GB", language="en", page=number)
        results = tuple(
            SerpResult(feature=feature, title=title, url=url, position=n, rank=n)
            for n, (title, url, feature) in enumerate(page, start=1)
        )
        kept = results if status is Status.RESULTS else ()
        serps.append(
            Serp(
                id=f"s{number}", query=query, fetched_at=NOW, outcome=Outcome(status=status), results=kept, fallbacks={}
            )
        )
    return Snapshot(
        brand=BRAND, taken_at=NOW, tool="test", brief_digest="d", keywords=(Keyword(text="Lumivelo", language="en"),),
        plan=tuple(serp.query for serp in serps), serps=tuple(serps),
    )  # fmt: skip


def test_every_labelled_surface_of_every_answered_page() -> None:
    page = [("Lumivelo", "https://a.example/", Feature.ORGANIC), ("pic", "https://b.example/", Feature.IMAGE)]
    labels, keys = label_snapshot(snapshot(page, page))
    assert set(keys) == {"s1/1", "s2/1"}, "pictures carry no words"
    assert len(labels) == 1, "the same result is labelled once"
    assert set(keys.values()) == set(labels)


def test_a_blocked_page_has_no_labels() -> None:
    assert label_snapshot(snapshot([], status=Status.BLOCKED)) == ({}, {})


def test_a_person_wins_and_keeps_who_when_and_why() -> None:
    page = [("Lumivelo scam", "https://a.example/x", Feature.ORGANIC)]
    labels, keys = label_snapshot(snapshot(page))
    mine = labels[keys["s1/1"]].model_copy(
        update={"sentiment": 0.0, "by": LabelOrigin.PERSON, "who": "ann", "when": NOW, "note": "settled"}
    )
    later = [("Lumivelo scam", "http://www.a.example/x/?utm_source=y", Feature.ORGANIC)]
    labels, keys = label_snapshot(snapshot(later), [mine])
    told = labels[keys["s1/1"]]
    assert (told.sentiment, told.by, told.confidence) == (0.0, LabelOrigin.PERSON, 1.0)
    assert (told.who, told.when, told.note) == ("ann", NOW, "settled")


def test_the_later_word_of_two_people_counts_in_any_order() -> None:
    page = [("Lumivelo scam", "https://a.example/x", Feature.ORGANIC)]
    labels, keys = label_snapshot(snapshot(page))
    base = labels[keys["s1/1"]].model_copy(update={"by": LabelOrigin.PERSON, "who": "ann", "when": NOW})
    newer = base.model_copy(update={"sentiment": 0.5, "who": "bob", "when": NOW + timedelta(days=1)})
    for people in itertools.permutations([base, newer]):
        labels, keys = label_snapshot(snapshot(page), people)
        assert labels[keys["s1/1"]].who == "bob"


# ---------------------------------------------------------------- ratings in print


@pytest.mark.parametrize(
    ("title", "snippet", "on_five"),
    [
        ("Lumivelo Reviews", "TrustScore 1.6 out of 5 · 3,918 reviews", 1.6),
        ("Lumivelo", "4.6 (3,871) · Bicycle shop · Open", 4.6),
        ("Lumivelo — 4,9 из 5", "274 оценки", 4.9),
        ("Лумивело — 4,4, 502 отзыва", "", 4.4),
        ("Лумівело", "4,3 з 5 · 212 оцінок", 4.3),
        ("루미벨로 - 11번가", "리뷰 876 ★3.3 · 무료배송", 3.3),
        ("루미벨로", "평점 4.7 · 리뷰 3.2만", 4.7),
        ("루미벨로 호텔", "9.4 우수함 · 이용 후기 2,045개", 4.73),
        ("流光", "4.8 · 21.6万个评分", 4.8),
        ("流光 后货架", "4.3分 累计评价986", 4.3),
        ("Lumivelo", "★★★★☆ great", 4.0),
        ("Lumivelo", "4.1 star rating", 4.1),
        ("Lumivelo", "4.1 · 38 Google reviews", 4.1),
        ("Lumivelo", "4.8 Excellent", 4.8),
        ("Lumivelo", "4.9 (12K)", 4.9),
        ("Lumivelo", "8.6 Fabulous · 1,033 reviews", 4.38),
    ],
)
def test_a_printed_rating(title: str, snippet: str, on_five: float) -> None:
    found = printed_rating(title, snippet)
    assert found is not None
    assert found.rating is not None
    assert found.rating.on_five == pytest.approx(on_five, abs=0.06)


@pytest.mark.parametrize(
    ("title", "snippet", "share"),
    [
        ("Lumivelo on Steam", "Overwhelmingly Positive (96% of 83,114 user reviews)", 0.96),
        ("流光", "好评度 98%", 0.98),
        ("루미벨로", "만족도 92%", 0.92),
    ],
)
def test_a_printed_share(title: str, snippet: str, share: float) -> None:
    found = printed_rating(title, snippet)
    assert found is not None
    assert found.share == pytest.approx(share)


@pytest.mark.parametrize(
    "text",
    [
        "Version 4.5 is out",
        "£4.50 (12 pack)",
        "Open 9.30 to 5.30",
        "204 hp, 0–62 mph 7.6 s",
        "Top 10 of 2024",
        "5 reasons to love it",
        "2023-10-11",
        "ISO 9001",
        "4-star hotel by the sea",
        "iPhone 4.7 good deals",
        "v2.1 great update",
        "",
    ],
)
def test_a_number_alone_is_no_rating(text: str) -> None:
    assert printed_rating(text, "") is None


@pytest.mark.parametrize(
    ("on_five", "level"),
    [(5.0, 1.0), (4.5, 1.0), (4.49, 0.5), (4.0, 0.5), (3.99, 0.0), (3.5, 0.0), (3.49, -0.5), (3.0, -0.5), (2.99, -1.0)],
)
def test_levels_of_a_rating(on_five: float, level: float) -> None:
    assert step_of(on_five) == level


def test_levels_of_a_share() -> None:
    assert [step_of_share(share) for share in (0.9, 0.75, 0.6, 0.45, 0.2)] == [1.0, 0.5, 0.0, -0.5, -1.0]


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_may_hold_a_rating(title: str, snippet: str) -> None:
    found = printed_rating(title, snippet)
    assert found is None or found.shown


# ---------------------------------------------------------------- the door


def row(**fields: Any) -> dict[str, object]:
    return classify_row({"id": "r1", "brand": "Lumivelo", "lang": "en", **fields})


def test_the_door_answers_in_its_own_words() -> None:
    answer = row(title="Lumivelo scam: they took my money", domain="reddit.com")
    assert set(answer) == {"id", "label", "p", "uncertain", "cause", "page_type", "owner", "because"}
    assert (answer["id"], answer["label"]) == ("r1", -2)
    assert isinstance(answer["p"], dict)
    assert list(answer["p"]) == ["neg", "neu", "pos"]
    assert sum(answer["p"].values()) == pytest.approx(1.0, abs=0.01)
    assert json.loads(json.dumps(answer)) == answer


def test_the_door_knows_own_pages_ratings_strangers_and_silence() -> None:
    assert row(title="Lumivelo: awful news for thieves", domain="lumivelo.example")["label"] == 0
    assert row(title="Lumivelo", domain="lumivelo.blogspot.com")["because"] != ["owner:owned"]
    assert row(title="Lumivelo", rating=4.8)["label"] == 2
    assert row(title="Lumivelo", rating={"value": 2.1, "rating_count": 90})["label"] == -2
    assert row(title="Lumivelo surname: meaning")["label"] is None
    assert row(title="Der Service ist schlecht und das Geld ist weg", lang="de")["label"] is None


@pytest.mark.parametrize(
    ("given_row", "said"),
    [
        ({"title": "x"}, "id: is missing"),
        ({"id": 1}, "all empty"),
        ({"id": 1, "title": 5}, "title: a string is wanted, not int"),
        ({"id": 1, "title": "x", "rating": "five"}, "rating: a number or an object"),
        ({"id": 1, "title": "x", "rating": True}, "rating: a number or an object"),
        ({"id": 1, "title": "x", "rating": {"value": "many"}}, "rating.value"),
        ({"id": 1, "title": "x", "rating": {"stars": 5}}, "rating."),
    ],
)
def test_the_door_says_what_is_wrong_in_one_line(given_row: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        classify_row(given_row)
    assert said in str(caught.value)


@given(
    st.fixed_dictionaries(
        {"id": st.integers(), "title": st.text(min_size=1, max_size=80).filter(str.strip)},
        optional={
            "lang": st.sampled_from(["en", "ru", "uk", "ko", "zh", "de", ""]),
            "brand": st.text(max_size=20),
            "snippet": st.text(max_size=80),
            "domain": st.text(max_size=40),
        },
    )
)
def test_the_door_stands_any_row(given_row: dict[str, object]) -> None:
    answer = classify_row(given_row)
    assert answer["label"] in (-2, -1, 0, 1, 2, None)
