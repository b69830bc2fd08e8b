"""New keywords: what engines propose about the brand and nobody asks yet, most often proposed first."""

from __future__ import annotations

from datetime import UTC, datetime

from audit.models import Brand, Feature, Keyword, Outcome, Serp, SerpQuery, SerpResult, Snapshot, Status
from audit.proposals import Proposal, propose

AT = datetime(2026, 3, 2, tzinfo=UTC)
BRAND = Brand(name="Lumivelo", aliases=("Люмивело",))


def serp(engine: str, *rows: tuple[Feature, str]) -> Serp:
    results = tuple(
        SerpResult(feature=feature, title=title, position=place, rank=place)
        for place, (feature, title) in enumerate(rows, start=1)
    )
    query = SerpQuery(engine=engine, keyword="Lumivelo")
    return Serp(query=query, fetched_at=AT, outcome=Outcome(status=Status.RESULTS), results=results, fallbacks={})


def test_proposals() -> None:
    serps = (
        serp(
            "google",
            (Feature.SUGGESTION, "lumivelo refund"),
            (Feature.SUGGESTION, "LUMIVELO reviews"),
            (Feature.RELATED_SEARCHES, "best e-bikes"),
            (Feature.ORGANIC, "Lumivelo recall"),
        ),
        serp("yandex", (Feature.RELATED_SEARCHES, "Lumivelo  Refund"), (Feature.SUGGESTION, "люмивело возврат")),
    )
    snapshot = Snapshot(
        brand=BRAND,
        taken_at=AT,
        tool="t",
        brief_digest="d",
        keywords=(Keyword(text="Lumivelo"), Keyword(text="lumivelo reviews")),
        plan=(),
        serps=serps,
    )
    assert propose(snapshot, BRAND) == (
        Proposal("lumivelo refund", ("google suggestion", "yandex related_searches")),
        Proposal("люмивело возврат", ("yandex suggestion",)),
    )
