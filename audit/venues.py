"""Where a result stands: a venue the field knows by name, or at least the kind of page its address tells.

Facts are in `venues.toml`. Registrable domains come from the list bundled with tldextract: no network, no
cache on disk, so the same address is the same venue everywhere.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from tldextract import TLDExtract  # noqa: TID251 - the one importer

from audit.models import PageType

_FILE = Path(__file__).with_name("venues.toml")
_split = TLDExtract(suffix_list_urls=(), cache_dir=None)

_GOVERNMENT = re.compile(
    r"(^|\.)(gov|gouv|gob|gub|govt|gc|mil)(\.[a-z]{2})?$|\.go\.(kr|jp|id|th)$|(^|\.)(court|courts|sud|police)\.[a-z]{2}$|(^|\.)europa\.eu$"
)
_HOST_SHAPES: tuple[tuple[str, PageType], ...] = (
    (r"(^|[.-])(forums?|community|boards?|bbs|club|cafe)[.-]|forum|phpbb", PageType.FORUM),
    (r"(^|[.-])blogs?[.-]|[.-]blog\.|diary|dnevnik|shchodennyk|[a-z]notes?\.|notatky|zametki|guru\.", PageType.BLOG),
    (r"(^|[.-])(jobs?|careers?|vacanc\w*|rabota|robota|work)[.-]|vakansii", PageType.JOB_BOARD),
    (r"(^|[.-])(help|support|notice)[.]", PageType.OTHER),
    (r"(^|[.-])(shops?|store|market|buy)[.-]|[.-](shop|store)$|-shop\b", PageType.SHOP),
    (r"(^|[.-])wiki[.-]|pedia\.|\.wiki$", PageType.ENCYCLOPEDIA),
    (
        r"(tech|retail|agro|agri|auto|logisti|pharma?|hospitality|hotel|energy|solar|crypto|fintech|insurance|aviation"
        r"|shipping|packaging|grocer|adtech|marketing|realty|construction)\w*-?(news|today|weekly|wire|times|insider"
        r"|journal|world|daily|magazine|dive|week|review|brief)\.|[a-z]{2,}-magazine\.",
        PageType.INDUSTRY_MEDIA,
    ),
    (r"(^|[.-])(news|gazeta|press|media)[.-]|news\.|novosti|novyny|gazet|hazeta|times\.|herald|tribune", PageType.NEWS),
    (
        r"vestnik|visnyk|segodnya|sohodni|[.-]vesti|[.-]visti|lenta\b|-pulse\b|chronicle|gazette|observer",
        PageType.NEWS,
    ),
    (r"[a-z]post\.|ilbo\.|shinmun|sinmun|daily", PageType.NEWS),
    (r"complain|scam|ripoff|tousu|jubao|gobal\.|moshenn|shahrai|zhalob|skarg", PageType.COMPLAINT_SITE),
    (r"review|rating|otzyv|otzov|vidguk|vidhuk|koubei|dianping|opinion", PageType.REVIEW_SITE),
    (r"(^|[.-])(qa|ask|answers?|otvet\w*|zhidao|wenda)[.-]", PageType.QUESTION_ANSWER),
    (r"(^|[.-])(video|tv|tube)[.-]|tube\.", PageType.VIDEO),
    (r"reestr|reyestr|registry|lookup|catalog|katalog|[.-]data\.|^top-", PageType.DIRECTORY),
    (r"\.edu(\.[a-z]{2})?$|\.ac\.[a-z]{2}$", PageType.OFFICIAL),
    (r"(^|[.-])(maps?|directory|catalog|katalog|spravka|info)[.-]", PageType.DIRECTORY),
)
_PATH_SHAPES: tuple[tuple[str, PageType], ...] = (
    (r"^/(\w\w/)?(news|novosti|novyny|press|article)s?(/|$)|/20\d\d/\d\d?/\d\d?/", PageType.NEWS),
    (r"^/(\w\w/)?(forums?|community|threads?|topics?|boards?|bbs)(/|$)|viewtopic|showthread", PageType.FORUM),
    (r"^/(\w\w/)?blogs?(/|$)", PageType.BLOG),
    (r"^/(\w\w/)?(jobs?|careers?|vacanc\w*|vakansii|vakansiyi)(/|$)", PageType.JOB_BOARD),
    (r"^/(\w\w/)?(reviews?|otzyvy?|vidguky?|vidhuky?)(/|$)", PageType.REVIEW_SITE),
    (r"^/(\w\w/)?(product|products|shop|store|item|goods|dp|cart)s?(/|$)", PageType.SHOP),
    (r"^/(\w\w/)?wiki(/|$)", PageType.ENCYCLOPEDIA),
    (r"^/(\w\w/)?(videos?|watch)(/|$)", PageType.VIDEO),
    (r"^/(\w\w/)?(questions?|faq|answers?)(/|$)", PageType.QUESTION_ANSWER),
)


@dataclass(frozen=True, slots=True)
class Venue:
    """A place the field names. `complaint`: what stands there is a complaint; `works`: it is about books or films."""

    name: str
    page_type: PageType
    hosts: tuple[str, ...]
    path: str = ""
    complaint: bool = False
    works: bool = False
    region: str = ""


@lru_cache(maxsize=65536)
def venue(host: str, path: str = "") -> Venue | None:
    """The known venue of a host (as `address.host_of` writes it), the most exact entry first; None else."""
    index = _index()
    for name in _entries_of(host):
        entries = index.get(name, ())
        exact = [entry for entry in entries if entry.path and _under(path, entry.path)]
        if found := max(exact, key=lambda e: len(e.path), default=None) or next(
            (e for e in entries if not e.path), None
        ):
            return found
    return None


def page_type_of(host: str, path: str = "") -> PageType:
    """What kind of page an address promises: its venue's, else told from its shape, else OTHER."""
    known = venue(host, path)
    if known:
        return known.page_type
    if is_government(host):
        return PageType.GOVERNMENT
    return _shape_of(host, _HOST_SHAPES) or _shape_of(path, _PATH_SHAPES) or PageType.OTHER


@lru_cache(maxsize=65536)
def _shape_of(text: str, shapes: tuple[tuple[str, PageType], ...]) -> PageType | None:
    return next((kind for shape, kind in shapes if re.search(shape, text[:400])), None)


@lru_cache(maxsize=65536)
def is_government(host: str) -> bool:
    """True for hosts only a state can have (.gov, .gov.ua, .go.kr, .gov.cn) and for courts."""
    return bool(_GOVERNMENT.search(host.partition(":")[0].lower()))


@lru_cache(maxsize=65536)
def registrable(host: str) -> str:
    """`example.co.uk` of `shop.example.co.uk`; the host itself where it has no public suffix."""
    bare = host.partition(":")[0].lower()
    return _split(bare).top_domain_under_public_suffix or bare


@lru_cache(maxsize=65536)
def telling_part(host: str) -> str:
    """`example` of `shop.example.co.uk`: the label its owner chose."""
    found = _split(host.partition(":")[0].lower())
    return str(found.domain if found.suffix or not found.subdomain else found.subdomain.rpartition(".")[2])


def venues() -> tuple[Venue, ...]:
    """Every entry of the file, in its order; one with two hosts appears once."""
    return tuple(dict.fromkeys(entry for entries in _index().values() for entry in entries))


def _under(path: str, beginning: str) -> bool:
    rest = path.removeprefix(beginning)
    return rest != path and (rest == "" or not rest[0].isalpha())


@lru_cache(maxsize=65536)
def _entries_of(host: str) -> tuple[str, ...]:
    """Names of the index that could hold a host, the most exact first."""
    parts = host.partition(":")[0].lower().strip(".").split(".")
    names = [".".join(parts[at:]) for at in range(len(parts))]
    return (*names, *(f"{name}." for name in _under_any_suffix(host)))


def _under_any_suffix(host: str) -> list[str]:
    found = _split(host.partition(":")[0].lower())
    subdomain = f"{found.subdomain}.{found.domain}" if found.subdomain else ""
    return [name for name in (subdomain, found.domain) if name]


@cache
def _index() -> dict[str, tuple[Venue, ...]]:
    index: dict[str, list[Venue]] = {}
    for kind, entries in tomllib.loads(_FILE.read_text(encoding="utf-8")).items():
        for name, facts in entries.items():
            hosts = tuple(facts["hosts"])
            for host, path in (entry.partition("/")[::2] for entry in hosts):
                place = Venue(
                    name=name,
                    page_type=PageType(kind),
                    hosts=hosts,
                    path=f"/{path}" if path else "",
                    complaint=bool(facts.get("complaint", False)),
                    works=bool(facts.get("works", False)),
                    region=str(facts.get("region", "")),
                )
                index.setdefault(host, []).append(place)
    return {host: tuple(places) for host, places in index.items()}
