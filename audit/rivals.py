"""Competitors measured like the brand: the same classes of keywords, the same engines, method and run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from audit.brief import Brief
from audit.models import Audit, Competitor, Rival, RivalKeyword, Scope
from audit.tables import BrandTable, CollectTable

SAME_DAY = timedelta(hours=24)
"""Pages of a rival that are older or newer than this are of another day, and are not put beside the brand's."""


def rival_briefs(brief: Brief) -> tuple[Brief, ...]:
    """A brief for every competitor with `measure = true`: its name in every market, and nobody's own keywords.

    Its competitors are the others and the brand itself, so that a page about those is not called its own.
    """
    return tuple(_brief(brief, competitor) for competitor in brief.competitors if competitor.measure)


def _brief(brief: Brief, rival: Competitor) -> Brief:
    told = brief.brand
    others = tuple(c.model_copy(update={"measure": False}) for c in brief.competitors if c is not rival)
    brand = Competitor(name=told.name, aliases=told.aliases, domains=told.domains)
    changed = {
        "brand": BrandTable(name=rival.name, aliases=rival.aliases, domains=rival.domains),
        "competitors": (brand, *others),
        "markets": tuple(m.model_copy(update={"brand": "", "keywords": (), "pages": 1}) for m in brief.markets),
        "demand": {},
        "collect": CollectTable(suggestions=False),
        "figures": (),
    }
    return brief.model_copy(update=changed)


def rival(audit: Audit) -> Rival:
    """What the brand's report shows of a rival's audit."""
    score, kinds = audit.score, {k.text: k.kind.value for k in audit.snapshot.keywords}
    keywords = tuple(
        RivalKeyword(
            keyword=line.keyword,
            kind=kinds.get(line.keyword, ""),
            dominance=line.dominance,
            negative=line.negative,
            first_negative=line.first_negative,
        )
        for line in audit.scores
        if line.scope is Scope.KEYWORD
    )
    return Rival(
        name=audit.snapshot.brand.name,
        dominance=score.dominance,
        low=score.low,
        high=score.high,
        positive=score.positive,
        negative=score.negative,
        neutral=score.neutral,
        control=score.control,
        first_negative=score.first_negative,
        negatives_top10=score.negatives_top10,
        coverage=score.coverage,
        keywords=keywords,
        ratings={p.site: p.rating for p in audit.snapshot.profiles if p.rating is not None},
    )


def unmeasured(brief: Brief, measured: Sequence[Rival]) -> tuple[Rival, ...]:
    """Rivals that were to be measured and were not: shown as such, never left out in silence."""
    known = {each.name for each in measured}
    return tuple(Rival(name=c.name, dominance=None) for c in brief.competitors if c.measure and c.name not in known)
