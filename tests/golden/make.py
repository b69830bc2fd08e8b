"""Makes the golden files of the report room: `python -m tests.golden.make report`, `... beside`, `... audit`.

`audit.json` is the demonstration's web read by hand into one rich audit (five languages, six engines, pages that
failed, an advertisement of a competitor, review profiles, a person's label, changes); it is kept as a document, so
that a change of scoring does not change it. `beside` writes only what stands beside the scores anew, and
`report.<language>.html` is what the report room makes of it.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.address import normal_address
from audit.advice import advise
from audit.brief import Brief, read_brief
from audit.classify import label_snapshot
from audit.models import (
    AggregateRating,
    Audit,
    Cause,
    Evidence,
    Failure,
    Feature,
    Hit,
    HouseStyle,
    Label,
    LabelOrigin,
    Link,
    Outcome,
    Owner,
    Review,
    ReviewProfile,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
)
from audit.score import score
from spiders.dates import read_date
from spiders.ratings import read_rating
from tests.golden.beside import beside

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent.parent / "examples" / "demo"
AUDIT = HERE / "audit.json"
TAKEN = datetime(2026, 11, 20, 9, tzinfo=UTC)
MADE = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
STYLE = HouseStyle(
    agency="Harbour & Vale Reputation",
    footer="Confidential. Prepared for the management of Lumivelo only.",
    contact="audits@harbourvale.example",
)
SECOND_PAGE = ("en_complaints", "en_support", "en_vs", "en_jobs")
NOTHING = Outcome(status=Status.RESULTS)


def main(wanted: str) -> None:
    from reports.render import html
    from reports.words import languages

    if wanted == "audit":
        write(rich_audit())
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    if wanted == "beside":
        audit = audit.model_copy(update=beside(audit))
        write(audit)
    for language in languages():
        golden(language).write_text(html(audit, style=STYLE, language=language), "utf-8")


def write(audit: Audit) -> None:
    AUDIT.write_text(audit.model_dump_json(indent=1, exclude_defaults=True) + "\n", "utf-8")


def golden(language: str) -> Path:
    return HERE / f"report.{language}.html"


def rich_audit() -> Audit:
    """Every section of a report has something to show."""
    snapshot = rich_snapshot()
    labels, keys = label_snapshot(snapshot, people())
    scored = score(snapshot, labels, keys, method=brief().method(), made_at=MADE)
    advised = scored.model_copy(update={"actions": advise(scored)})
    return advised.model_copy(update=beside(advised))


def brief() -> Brief:
    return read_brief(DEMO / "brief.toml")


def people() -> tuple[Label, ...]:
    url = "https://courtreporter.example/news/lumivelo-battery-lawsuit"
    return (
        Label(
            key="by-hand",
            address=normal_address(url),
            sentiment=-1.0,
            confidence=1.0,
            owner=Owner.THIRD_PARTY,
            cause=Cause.MEDIA,
            severity=4,
            by=LabelOrigin.PERSON,
            who="analyst",
            when=TAKEN + timedelta(hours=1),
            note="The claim is open; the court has set no date.",
        ),
    )


def rich_snapshot() -> Snapshot:
    content = tomllib.loads((DEMO / "content.toml").read_text("utf-8"))
    asked = brief()
    second = next(q for q in asked.plan() if q.engine == "google" and q.country == "GB")
    plan = (*asked.plan(), second.model_copy(update={"page": 2}))
    serps = [_serp(at, page, content["rows"], plan) for at, page in enumerate(content["pages"], start=1)]
    serps.append(_second_page(len(serps) + 1, plan[-1], content["rows"]))
    return Snapshot(
        brand=asked.the_brand(),
        taken_at=TAKEN,
        tool="repaudit 0.1.0",
        brief_digest=asked.digest(),
        keywords=asked.keywords(),
        plan=plan,
        engine_shares={"google": 62, "bing": 6, "yandex": 9, "naver": 11, "baidu": 12},
        engine_indexes={},
        serps=tuple(serps),
        profiles=tuple(profiles()),
        failures=(failure(),),
    )


# ---------------------------------------------------------------- pages


def _serp(at: int, page: Mapping[str, Any], pool: Mapping[str, list[str]], plan: tuple[SerpQuery, ...]) -> Serp:
    query = next(
        q
        for q in plan
        if (q.engine, q.keyword, q.country) == (page["engine"], page["query"], page["country"]) and q.page == 1
    )
    blocked = page.get("kind", "")
    if blocked:
        outcome = Outcome(status=Status.BLOCKED, kind=blocked, why=f"{query.engine}: mark of {blocked}")
        return _made(at, query, outcome, page["file"], ())
    return _made(at, query, NOTHING, page["file"], tuple(_hits(page, pool)))


def _second_page(at: int, query: SerpQuery, pool: Mapping[str, list[str]]) -> Serp:
    hits = tuple(_row(pool[name]) for name in SECOND_PAGE)
    return _made(at, query, NOTHING, "google-en-brand-2.html", hits)


def _made(at: int, query: SerpQuery, outcome: Outcome, file: str, hits: tuple[Hit, ...]) -> Serp:
    return Serp(
        id=f"s{at}",
        query=query,
        fetched_at=TAKEN - timedelta(minutes=7 * at),
        outcome=outcome,
        displayed_query=query.keyword,
        results=tuple(_numbered(hits)),
        evidence=_evidence(file),
        fallbacks={},
    )


def _numbered(hits: tuple[Hit, ...]) -> Iterator[SerpResult]:
    ranks: dict[Feature, int] = {}
    for position, hit in enumerate(hits, start=1):
        ranks[hit.feature] = ranks.get(hit.feature, 0) + 1
        yield SerpResult(**hit.model_dump(), position=position, rank=ranks[hit.feature])


def _hits(page: Mapping[str, Any], pool: Mapping[str, list[str]]) -> Iterator[Hit]:
    for url, title, snippet in page.get("ads", ()):
        yield Hit(feature=Feature.AD, title=title, url=url, snippet=snippet, displayed_url=url.split("/")[2])
    if "answer" in page:
        words, *cited = page["answer"]
        links = tuple(Link(title=pool[name][1], url=pool[name][0]) for name in cited)
        yield Hit(feature=Feature.AI_ANSWER, title=page["query"], snippet=words, links=links)
    if "panel" in page:
        yield Hit(feature=Feature.KNOWLEDGE_PANEL, title=page["panel"][0], snippet=page["panel"][1])
    yield from (_row(pool[name]) for name in page["rows"])
    yield from (Hit(feature=Feature.PEOPLE_ALSO_ASK, title=text) for text in page.get("questions", ()))
    yield from (Hit(feature=Feature.RELATED_SEARCHES, title=text) for text in page.get("related", ()))


def _row(row: list[str]) -> Hit:
    url, title, snippet, written, rating = row
    return Hit(
        feature=Feature.ORGANIC,
        title=title,
        url=url,
        snippet=snippet,
        date=read_date(written, TAKEN) if written else None,
        rating=read_rating(rating) if rating else None,
    )


def _evidence(file: str) -> Evidence:
    return Evidence(sha256=hashlib.sha256(file.encode()).hexdigest(), size=40_000 + 311 * len(file), file=file)


# ---------------------------------------------------------------- beside the pages


def profiles() -> Iterator[ReviewProfile]:
    yield ReviewProfile(
        site="trustpilot.com",
        url="https://www.trustpilot.com/review/lumivelo.example",
        subject="Lumivelo",
        rating=AggregateRating(value=4.6, best=5, worst=1, rating_count=1284, review_count=1284),
        histogram={"5": 963, "4": 167, "3": 51, "2": 29, "1": 74},
        reviews=(Review(date="2026-11-12", language="en", replied=True), Review(date="2026-10-30", language="en")),
        outcome=NOTHING,
        fetched_at=TAKEN,
        evidence=_evidence("trustpilot-lumivelo.html"),
    )
    yield ReviewProfile(
        site="otzovik.com",
        url="https://otzovik.com/reviews/elektrovelosiped_lumivelo_aurora_7/",
        subject="Люмивело Aurora 7",
        rating=AggregateRating(value=2.4, best=5, worst=1, review_count=187),
        outcome=NOTHING,
        fetched_at=TAKEN,
        evidence=_evidence("otzovik-lumivelo.html"),
    )
    yield ReviewProfile(
        site="dianping.com",
        url="https://www.dianping.com/shop/lumivelo",
        subject="露米维洛体验店",
        rating=AggregateRating(value=4.9, best=5, worst=1, rating_count=3),
        outcome=NOTHING,
        fetched_at=TAKEN,
        source="manual",
    )
    yield ReviewProfile(
        site="yelp.com",
        url="https://www.yelp.com/biz/lumivelo-london",
        outcome=Outcome(status=Status.BLOCKED, kind="access_denied", why="status 403"),
        fetched_at=TAKEN,
        evidence=_evidence("yelp-lumivelo.html"),
    )


def failure() -> Failure:
    outcome = Outcome(status=Status.UNRECOGNISED, kind="unknown_source", why="no page in this file")
    return Failure(what="holiday-photo.html", outcome=outcome, evidence=_evidence("holiday-photo.html"))


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "report")
