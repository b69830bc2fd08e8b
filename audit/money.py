"""Money at risk: the client's own figures beside one published survey. Optional, and never presented as loss.

Nothing here was observed: people were asked what they would do. The sentence of every language says so.
"""

from __future__ import annotations

from math import floor, log10

from audit.curve import load
from audit.models import Audit, Finding, Verdict
from audit.shares import PageShares, cells, mean, pages, pure_brand
from audit.tables_schedule import MoneyTable

SURVEY = (0.22, 0.44, 0.592, 0.70)
"""Customers "at risk" by 1, 2, 3, 4 or more negative articles on page one: Moz (2015), 1,000 consumers asked."""
SURVEY_NAME, SURVEY_PEOPLE = "Moz 2015", 1000
_DIGITS = 2  # of an amount: more would claim a precision nobody has


def money(audit: Audit, table: MoneyTable | None) -> tuple[Finding, ...]:
    """One finding where the client gave figures and a negative stands on a page of the bare name; else none."""
    if table is None or Verdict.NOT_ENOUGH in audit.verdicts:
        return ()
    curve = load(audit.method.curve)
    asked = pure_brand(cells(audit.snapshot, audit.labels, audit.label_keys, curve, audit.method))
    share = mean(asked, put_off)
    if not share:
        return ()
    amount = _rounded(table.revenue * table.looked_up * share)
    bad = [item.id for page in pages(asked) for item in page.negatives]
    facts: dict[str, str | int | float | None] = {
        "share": share,
        "revenue": table.revenue,
        "looked_up": table.looked_up,
        "amount": amount,
        "currency": table.currency,
        "source": table.source,
        "survey": SURVEY_NAME,
        "people": SURVEY_PEOPLE,
    }
    return (Finding(check="money", subject="brand", value=amount, weight=0.0, evidence=tuple(bad[:5]), facts=facts),)


def put_off(page: PageShares) -> float | None:
    """What the survey has for a page with this many negatives; the same address twice is one article."""
    if not page.items:
        return None
    number = len({item.label.address or item.id for item in page.negatives})
    return SURVEY[min(number, len(SURVEY)) - 1] if number else 0.0


def _rounded(amount: float) -> float:
    return float(round(amount, _DIGITS - 1 - floor(log10(amount))))
