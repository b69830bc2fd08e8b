"""Snapshot and labels -> Audit: does the good or the bad dominate what a searcher meets?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache

from audit.checks import find
from audit.curve import Curve, curves, load
from audit.doubt import Doubt
from audit.models import Audit, Label, Method, Origin, Owner, Scope, Score, Snapshot, Verdict
from audit.shares import Cell, PageShares, cells, coverage, mean, pages
from audit.verdict import verdicts

TOP_3, TOP_10 = 3, 10


def score(
    snapshot: Snapshot,
    labels: Mapping[str, Label],
    label_keys: Mapping[str, str],
    previous: Audit | None = None,
    *,
    method: Method,
    made_at: datetime,
) -> Audit:
    """Score a snapshot. `labels` by key and `label_keys` (result id to key) come from `audit.classify`.

    `previous` is the last audit of the brand: without it nothing counts as new. Raises `UsageError` for an
    unknown curve.
    """
    curve = load(method.curve)
    method = method.model_copy(update={"curve_version": curve.version})

    @cache
    def under(name: str) -> tuple[Cell, ...]:
        return cells(snapshot, labels, label_keys, load(name), method)

    chosen = under(curve.name)
    others = [c for c in curves().values() if c.in_range and c.name != curve.name]
    doubt = Doubt(labels, others, method)

    def line(scope: Scope, wanted: Callable[[Cell], bool], **names: str) -> Score:
        picked = [cell for cell in chosen if wanted(cell)]
        told = doubt.of(lambda c: [cell for cell in under(c.name if c else curve.name) if wanted(cell)])
        low, high = (told.low, told.high) if told else (None, None)
        return _line(scope, picked, low, high, **names)

    scores = (line(Scope.BRAND, lambda _: True), *_lines(chosen, line))
    found = find(snapshot, labels, label_keys, chosen, scores, method)
    return Audit(
        snapshot=snapshot,
        made_at=made_at,
        method=method,
        curve=_printed(curve),
        curve_source=f"{curve.source} ({curve.year}); {curve.kind}",
        labels=dict(labels),
        label_keys=dict(label_keys),
        scores=scores,
        verdicts=(
            (Verdict.NOT_ENOUGH,)  # a table of positions knows only the rows it lists
            if snapshot.origin is Origin.POSITIONS
            else verdicts(scores[0], chosen, method, previous)
        ),
        findings=found,
    )


def _lines(chosen: Sequence[Cell], line: Callable[..., Score]) -> list[Score]:
    """One line an engine, a keyword and an answered page, in the order of the plan."""
    engines = dict.fromkeys(cell.query.engine for cell in chosen)
    keywords = dict.fromkeys(cell.query.keyword for cell in chosen)
    answered = [page.serp for page in pages(chosen)]
    return [
        *(line(Scope.ENGINE, lambda c, e=e: c.query.engine == e, engine=e) for e in engines),
        *(line(Scope.KEYWORD, lambda c, k=k: c.query.keyword == k, keyword=k) for k in keywords),
        *(
            line(
                Scope.PAGE,
                lambda c, q=serp.query: c.query == q,
                engine=serp.query.engine,
                keyword=serp.query.keyword,
                serp=serp.id,
            )
            for serp in answered
        ),
    ]


def _line(scope: Scope, picked: Sequence[Cell], low: float | None, high: float | None, **names: str) -> Score:
    negatives = [item for page in pages(picked) for item in page.negatives]
    shares: dict[str, Callable[[PageShares], float | None]] = {
        "dominance": lambda page: page.dominance,
        "positive": lambda page: page.positive,
        "negative": lambda page: page.negative,
        "neutral": lambda page: page.neutral,
        "control": lambda page: page.control,
        "hostile": lambda page: page.hostile,
        "exposure": lambda page: page.exposure,
    }
    return Score(
        scope=scope,
        low=low,
        high=high,
        unlabelled=mean(picked, lambda page: page.unread) or 0.0,
        first_negative=min((item.place for item in negatives), default=None),
        negatives_top3=sum(item.place <= TOP_3 for item in negatives),
        negatives_top10=sum(item.place <= TOP_10 for item in negatives),
        owned_top10=sum(
            item.label.owner in (Owner.OWNED, Owner.MANAGED) and item.place <= TOP_10
            for page in pages(picked)
            for item in page.items
        ),
        items=sum(len(page.items) for page in pages(picked)),
        coverage=coverage(picked),
        **{name: mean(picked, figure) for name, figure in shares.items()},
        **names,
    )


def _printed(curve: Curve) -> tuple[float, ...]:
    """The curve as shares of page one, which is how the report prints it."""
    weights = curve.weights()
    return tuple(weight / sum(weights) for weight in weights)
