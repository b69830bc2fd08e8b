"""What an audit says of its own labels, and of the reviews: the engine against people, corrected shares, themes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.judges import Judge
    from audit.models import Audit, Label, Snapshot
    from audit.store import Store

OLDER = 12
"""Snapshots looked back for results that people labelled and the newest no longer shows: a year of monthly audits."""


def with_trust(audit: Audit, brief: Brief, store: Store, people: Sequence[Label], judge: Judge | None) -> Audit:
    from audit.agreement import pairs, validations
    from audit.prevalence import prevalences
    from audit.themes import themes

    found = pairs(_newest_first(store, audit.snapshot), people, method=audit.method, judge=judge)
    history = store.all_labels(brief.brand.name) if people else ()
    rows = [label for label in audit.labels.values() if label.address]  # suggestions and questions are no results
    update = {
        "validations": validations(found, history),
        "prevalence": prevalences(rows, found),
        "themes": themes(audit.snapshot.profiles, audit.snapshot.brand.names),
    }
    return audit.model_copy(update=update)


def _newest_first(store: Store, snapshot: Snapshot) -> Iterator[Snapshot]:
    """This snapshot, then older ones: each is opened only when somebody asks for it."""
    yield snapshot
    older = [each for each in store.snapshots(snapshot.brand.name) if each.whole and each.taken_at < snapshot.taken_at]
    for entry in reversed(older[-OLDER:]):
        yield store.snapshot(entry.id)
