"""Whose page a result is, and whether it is about the brand at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from audit.address import host_of, normal_address, path_of
from audit.bearer import features, model, share
from audit.lexicon import lexicon
from audit.models import Brand, Hit, Owner, PageType
from audit.names import host_carries, mentions, scripts_of
from audit.sentiment import Reading
from audit.tongue import language_of
from audit.venues import Venue, is_government, telling_part, venue

_OF_BUSINESSES = frozenset({PageType.REVIEW_SITE, PageType.COMPLAINT_SITE, PageType.APP_STORE, PageType.JOB_BOARD})
"""Pages of these kinds have businesses for their subject: a word of another bearer there is chance."""


def owner_of(url: str, brand: Brand) -> Owner:
    """Whose page it is, by the brief first; a known venue is a third party, any other host unknown."""
    address = normal_address(url)
    host = host_of(url)
    if not host:
        return Owner.UNKNOWN
    if _among(host, brand.hostile):
        return Owner.HOSTILE
    if _among(host, brand.domains):
        return Owner.OWNED
    if any(_begins(address, normal_address(profile.url)) for profile in brand.profiles):
        return Owner.MANAGED
    if _among(host, brand.partners):
        return Owner.EARNED
    if any(_among(host, competitor.domains) for competitor in brand.competitors):
        return Owner.COMPETITOR
    if venue(host, path_of(url)) or is_government(host):
        return Owner.THIRD_PARTY
    return Owner.UNKNOWN


def about_brand(hit: Hit, brand: Brand, language: str = "", owner: Owner | None = None) -> bool:
    """False for another bearer of the name, and where neither words nor address name the brand.

    `language` and `owner` where they are known already.
    """
    if (owner or owner_of(hit.url, brand)) in (Owner.OWNED, Owner.MANAGED):
        return True
    text = f"{hit.title} ¦ {hit.snippet} ¦ {hit.source}"
    first = language or language_of(text)
    if brand.namesakes and _named(text, brand.namesakes, first or "en"):
        return False
    names = (*brand.names, *brand.products)
    if any(_named(text, names, code) for code in dict.fromkeys([*([first] if first else []), *scripts_of(names)])):
        return True
    return host_carries(telling_part(host_of(hit.url)), names, lexicon("en")) or _in_address(hit.url, names)


def bearer_features(reading: Reading, kind: PageType, owner: Owner, place: Venue | None) -> dict[str, float]:
    """What tells another bearer of the name from the brand; empty where no words can make another of it: on the
    brand's own pages, beside the name in full, on a page about businesses (unless its venue is about books or films).
    """
    works = bool(place and place.works)
    if reading.named is None or owner in (Owner.OWNED, Owner.MANAGED) or (kind in _OF_BUSINESSES and not works):
        return {}
    found = features(reading.named)
    return {} if "whole" in found else found


def of_another_bearer(reading: Reading, kind: PageType, owner: Owner, place: Venue | None, rated: bool) -> bool:
    """True where the words are of a surname, a village, a novel: another bearer of the same name."""
    found = bearer_features(reading, kind, owner, place)
    works = bool(place and place.works)
    return bool(found) and share(found, kind, rated=rated, works=works) >= model().another_from


def _among(host: str, hosts: Sequence[str]) -> bool:
    wanted = (host_of(entry) for entry in hosts)
    return any(host == own or host.endswith(f".{own}") for own in wanted if own)


def _begins(address: str, beginning: str) -> bool:
    rest = address.removeprefix(beginning)
    return bool(beginning) and (address == beginning or (rest != address and rest[0] in "/?"))


def _named(text: str, names: Sequence[str], code: str) -> bool:
    lex = lexicon(code)
    return mentions(lex.prepare(text), names, lex)


def _in_address(url: str, names: Sequence[str]) -> bool:
    slug = re.sub(r"[^a-z0-9]", "", path_of(url).casefold())
    return any(len(flat) > 3 and flat in slug for flat in (re.sub(r"[^a-z0-9]", "", name.casefold()) for name in names))
