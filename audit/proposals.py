"""New keywords from what the engines propose: suggestions and related searches that the plan does not ask yet.

One capture proposes, a person decides: suggestions are volatile and can be bought (keywords reference, section 3).
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from audit.models import Brand, Feature, Snapshot

PROPOSING = frozenset({Feature.SUGGESTION, Feature.RELATED_SEARCHES, Feature.PEOPLE_ALSO_ASK})


class Proposal(NamedTuple):
    """A query nobody asked yet, and where it was proposed (engine and surface)."""

    text: str
    seen: tuple[str, ...]


def propose(snapshot: Snapshot, brand: Brand) -> tuple[Proposal, ...]:
    """Proposed queries that name the brand and are not in the plan, those proposed in most places first."""
    asked = {_plain(keyword.text) for keyword in snapshot.keywords}
    names = [_plain(name) for name in brand.names]
    places: dict[str, dict[str, None]] = defaultdict(dict)
    texts: dict[str, str] = {}
    for serp in snapshot.serps:
        for result in serp.results:
            plain = _plain(result.title)
            if result.feature in PROPOSING and plain not in asked and any(name and name in plain for name in names):
                texts.setdefault(plain, result.title)
                places[plain][f"{serp.query.engine} {result.feature.value}"] = None
    ranked = sorted(places, key=lambda plain: (-len(places[plain]), texts[plain]))
    return tuple(Proposal(texts[plain], tuple(places[plain])) for plain in ranked)


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
