"""Which rule of which market stands behind a legal light (deliverable reference, section 5). Ids, no sentences.

The report's language file says each rule with the date it was last checked; nothing here is legal advice.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from audit.models import Light, Snapshot


class Topic(StrEnum):
    """What an action touches that a law speaks about."""

    REVIEWS = "reviews"
    """Asking for reviews, answering them, working with those who praise."""
    REMOVAL = "removal"
    """Having something corrected, taken down or delisted."""
    CONTENT = "content"
    """Publishing to hold the first page."""
    SUGGESTIONS = "suggestions"
    """What engines put beside the name."""
    ADS = "ads"
    """Advertising on a name."""


_EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"  # the 27 of the Union
EU = frozenset(_EU.split())
NOT_EXAMINED = "not_examined"


class Statute(NamedTuple):
    id: str
    countries: frozenset[str]
    topics: frozenset[Topic]
    cautions: frozenset[Topic] = frozenset()
    """Topics that are yellow under it although they are green elsewhere."""


STATUTES: tuple[Statute, ...] = (
    Statute("us_ftc_465", frozenset({"US"}), frozenset({Topic.REVIEWS, Topic.REMOVAL, Topic.CONTENT})),
    Statute(
        "cn_2013_21",
        frozenset({"CN"}),
        frozenset({Topic.REVIEWS, Topic.REMOVAL, Topic.CONTENT}),
        frozenset({Topic.CONTENT}),
    ),
    Statute("kr_network_44_2", frozenset({"KR"}), frozenset({Topic.REMOVAL})),
    Statute("eu_2019_2161", EU, frozenset({Topic.REVIEWS})),
    Statute("eu_gdpr_17", EU, frozenset({Topic.REMOVAL})),
    Statute("de_suggestions", frozenset({"DE"}), frozenset({Topic.SUGGESTIONS})),
    Statute("fr_suggestions", frozenset({"FR"}), frozenset({Topic.SUGGESTIONS})),
    Statute("ru_forgotten", frozenset({"RU"}), frozenset({Topic.REMOVAL})),
)
RULE_IDS = (*(statute.id for statute in STATUTES), NOT_EXAMINED)


def markets(snapshot: Snapshot) -> tuple[str, ...]:
    """Countries of the plan, the one with most questions first."""
    counts = Counter(query.country.upper() for query in snapshot.plan if query.country)
    return tuple(country for country, _ in counts.most_common())


def rules(topic: Topic | None, countries: tuple[str, ...]) -> tuple[str, ...]:
    """Rules on a topic, in the order of the markets; `not_examined` where none of ours speaks about it there."""
    if topic is None:
        return ()
    found = [s.id for country in countries for s in STATUTES if country in s.countries and topic in s.topics]
    return tuple(dict.fromkeys(found)) or (NOT_EXAMINED,)


def light(usual: Light, topic: Topic | None, countries: tuple[str, ...]) -> Light:
    """The strictest light among the markets."""
    strict = any(topic in s.cautions and not s.countries.isdisjoint(countries) for s in STATUTES)
    return Light.YELLOW if strict else usual
