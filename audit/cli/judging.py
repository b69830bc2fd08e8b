"""Which engine judges the words of a brief or an evaluation, and the one way a text may leave for an endpoint."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.judges import Judge
    from audit.tables_meaning import MeaningTable

KEY = "REPAUDIT_ENDPOINT_KEY"
"""Environment variable that holds the endpoint's key; a key never stands in a brief."""


def judge_of(table: MeaningTable) -> Judge | None:
    """The engine a brief asks for; None for the shipped one. UsageError where it lacks what it needs."""
    from audit.judges import SHIPPED, Options, judge
    from spiders.gate.post import ask
    from spiders.secret import Secret

    if table.engine == SHIPPED:
        return None
    key = os.environ.get(KEY, "")
    options = Options(
        model=table.model,
        address=table.address,
        consent=table.consent,
        key=Secret(key) if key else None,
        post=ask,
    )
    return judge(table.engine, options)
