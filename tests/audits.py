"""Small snapshots for tests of the arithmetic: pages as signs, `+` `-` `0`, `?` unread, `x` not the brand, `o` own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from audit.models import (
    Audit,
    Brand,
    Cause,
    Evidence,
    Feature,
    Keyword,
    KeywordKind,
    Label,
    LabelOrigin,
    Method,
    Outcome,
    Owner,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
)
from audit.score import score

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
SENTIMENTS = {"+": 1.0, "-": -1.0, "0": 0.0, "o": 0.0, "?": None, "x": 0.0, "h": -1.0, "!": -1.0, "p": 0.5, "m": -0.5}


def query(engine: str, keyword: str, page: int = 1) -> SerpQuery:
    return SerpQuery(engine=engine, keyword=keyword, country="GB", language="en", page=page)


def snapshot_of(
    pages: Mapping[tuple[str, str], str | None],
    *,
    demand: Mapping[str, float] | None = None,
    shares: Mapping[str, float] | None = None,
    indexes: Mapping[str, str] | None = None,
    kinds: Mapping[str, KeywordKind] | None = None,
) -> Snapshot:
    """`pages` maps (engine, keyword) to a string of signs, None for a cell that was not answered."""
    keywords = dict.fromkeys(keyword for _, keyword in pages)
    kinds = kinds or {}
    return Snapshot(
        brand=Brand(name="Acme", domains=("acme.example",)),
        taken_at=NOW,
        tool="test",
        brief_digest="d",
        keywords=tuple(
            Keyword(text=k, language="en", kind=kinds.get(k, KeywordKind.BRAND), demand=(demand or {}).get(k, 1.0))
            for k in keywords
        ),
        plan=tuple(query(engine, keyword) for engine, keyword in pages),
        engine_shares=dict(shares or {}),
        engine_indexes=dict(indexes or {}),
        serps=tuple(
            serp_of(f"s{n}", engine, keyword, signs)
            for n, ((engine, keyword), signs) in enumerate(pages.items(), start=1)
            if signs is not None
        ),
    )


def serp_of(name: str, engine: str, keyword: str, signs: str) -> Serp:
    results = tuple(
        SerpResult(
            feature=Feature.ORGANIC,
            title=f"{sign} {place}",
            url=f"https://{engine}{place}.example/{keyword.replace(' ', '-')}",
            position=place,
            rank=place,
        )
        for place, sign in enumerate(signs, start=1)
    )
    return Serp(
        id=name,
        query=query(engine, keyword),
        fetched_at=NOW,
        outcome=Outcome(status=Status.RESULTS),
        results=results,
        evidence=Evidence(sha256="0" * 64, file=f"{name}.html"),
        fallbacks={},
    )


def labels_of(
    snapshot: Snapshot, *, confidence: float = 0.8, by: LabelOrigin = LabelOrigin.LEXICON
) -> dict[str, Label]:
    found = {}
    for serp in snapshot.serps:
        for result in serp.results:
            sign = result.title[0]
            key = f"{serp.id}-{result.position}"
            found[key] = Label(
                key=key,
                address=f"{result.url}?{ord(sign)}",
                sentiment=SENTIMENTS[sign],
                confidence=confidence,
                about_brand=sign != "x",
                owner={"o": Owner.OWNED, "h": Owner.HOSTILE}.get(sign, Owner.THIRD_PARTY),
                severity=4 if sign == "!" else 0,
                cause=Cause.UNKNOWN,
                by=LabelOrigin.UNREAD if sign == "?" else by,
            )
    return found


def keys_of(snapshot: Snapshot) -> dict[str, str]:
    return {f"{s.id}/{r.position}": f"{s.id}-{r.position}" for s in snapshot.serps for r in s.results}


def audit_of(
    pages: Mapping[tuple[str, str], str | None] | str,
    *,
    method: Method | None = None,
    previous: Audit | None = None,
    labels: Sequence[Label] = (),
    confidence: float = 0.8,
    **more: Mapping[str, object],
) -> Audit:
    """The audit of these pages; a bare string is one brand page on google."""
    cells = {("google", "acme"): pages} if isinstance(pages, str) else pages
    snapshot = snapshot_of(cells, **more)  # type: ignore[arg-type]
    known = labels_of(snapshot, confidence=confidence) | {label.key: label for label in labels}
    return score(snapshot, known, keys_of(snapshot), previous, method=method or Method(), made_at=NOW)
