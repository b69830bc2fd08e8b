"""Any page to what it says: finds out whose page it is, then lets that plug read it.

Engines and review sites are told apart by addresses and marks; a review site's own address counts for more than its
engine's host (www.google.com/maps). A page of somebody else than the named one is never read as theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.models import Outcome, Page, ReviewProfile, Serp, SerpQuery, Status
from spiders import guards, registry, strangers
from spiders.engine import Engine
from spiders.provider import parse_document
from spiders.site import BY_CLAIMED_ADDRESS, ReviewSite
from spiders.state import json_document
from spiders.tree import Tree, UnreadableError

SURE = 10  # one mark of its own; less is a stranger
STRANGER = 20  # this many points of another engine, and none of the named one, prove a mix-up
SURE_ENGINE = 30  # three marks of an engine: a review site's marks can no longer win
HEAD = 8_192  # bytes in which a page names its engine
UNKNOWN, GENERAL = "unknown", "schema_org"
_HTML_STARTS = (b"<", b"\xef\xbb\xbf<")
_NOT_PAGES = {
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"PK\x03\x04": "a zip",
}


def read(
    page: Page, *, engine: str = "", site: str = "", query: SerpQuery | None = None
) -> tuple[Serp | ReviewProfile, ...]:
    """Read one page. An API response may hold the answers of several engines; everything else gives one reading.

    `engine` or `site` skips the finding out; a page of another one is then told apart. Never raises for any bytes.
    """
    failed = _unread(page)
    answered = _from_document(page, site, query) if failed is None else None
    if answered is not None:
        return answered
    try:
        tree = Tree.of(page.body, page.header("content-type")) if failed is None else None
    except UnreadableError as error:
        failed, tree = Outcome(status=Status.FAILED, kind=error.kind, why=error.why), None
    if failed is not None or tree is None:
        outcome = failed or Outcome(status=Status.FAILED, kind="Empty")
        return (_site_failure(page, site, outcome) if site else _serp(page, outcome, engine or UNKNOWN, query),)
    return (_from_html(page, tree, engine, site, query),)


def _unread(page: Page) -> Outcome | None:
    """Why there is nothing to read, or None."""
    if page.failure or not page.body or page.body.isspace():
        return Outcome(status=Status.FAILED, kind=page.failure or "Empty", why="no body")
    refused = next((name for mark, name in _NOT_PAGES.items() if page.body.startswith(mark)), "")
    return Outcome(status=Status.FAILED, kind="NotHtml", why=refused) if refused else None


def _site_failure(page: Page, site: str, outcome: Outcome) -> ReviewProfile:
    return ReviewProfile(
        site=registry.site(site).name,
        url=page.url,
        outcome=outcome,
        fetched_at=page.fetched_at,
        source=page.source,
        evidence=page.evidence,
    )


def read_profile(page: Page, tree: Tree | None = None) -> ReviewProfile:
    """What the page's own markup says about its main subject, for pages of any site."""
    return registry.sites()[GENERAL].parse(page, tree)


def _from_html(page: Page, tree: Tree, engine: str, site: str, query: SerpQuery | None) -> Serp | ReviewProfile:
    found, sureness = recognise(page, tree)
    if site:
        return _as_site(page, tree, registry.site(site), found if sureness >= STRANGER else None)
    if engine:
        return _as_engine(page, tree, registry.engines()[engine], (found, sureness), query)
    place, certainty = recognise_site(page, tree, sureness)
    if place is not None and certainty > sureness:
        return _by_marks(page, tree, place, certainty)
    return found.parse(page, query, tree) if found is not None else _stranger(page, tree, query)


def _by_marks(page: Page, tree: Tree, place: ReviewSite, certainty: int) -> ReviewProfile:
    """Marks alone may be borrowed: where they lead to nothing, the page's own markup is asked as well."""
    profile = place.parse(page, tree)
    if certainty >= BY_CLAIMED_ADDRESS or profile.outcome.status is not Status.UNRECOGNISED:
        return profile
    general = read_profile(page, tree)
    return general if general.outcome.answered else profile


def _as_engine(
    page: Page, tree: Tree, named: Engine, other: tuple[Engine | None, int], query: SerpQuery | None
) -> Serp:
    found, sureness = other
    if found is not None and found is not named and sureness >= STRANGER and not named.recognises(page, tree):
        outcome = Outcome(status=Status.UNRECOGNISED, kind="other_engine", why=f"this is a page of {found.name}")
        return _serp(page, outcome, named.name, query)
    return named.parse(page, query, tree)


def _as_site(page: Page, tree: Tree, named: ReviewSite, engine: Engine | None) -> ReviewProfile:
    """The named plug reads the page, unless it is surely somebody else's and not a bit the named one's."""
    profile = named.parse(page, tree)
    if named.name == GENERAL or profile.outcome.status in (Status.BLOCKED, Status.FAILED):
        return profile
    if named.recognises(page, tree):
        return profile
    place, certainty = recognise_site(page, tree)
    sure = place is not None and (certainty >= STRANGER or place.parse(page, tree).outcome.answered)
    other, kind = (place, "other_site") if sure else (engine, "other_engine")
    if other is None or other is named:
        return profile
    outcome = Outcome(status=Status.UNRECOGNISED, kind=kind, why=f"this is a page of {other.name}")
    return _emptied(profile, outcome)


def _emptied(profile: ReviewProfile, outcome: Outcome) -> ReviewProfile:
    nothing = {"subject": "", "rating": None, "histogram": None, "reviews": (), "warnings": ()}
    return profile.model_copy(update={**nothing, "outcome": outcome})


def _stranger(page: Page, tree: Tree, query: SerpQuery | None) -> Serp | ReviewProfile:
    """A page of no engine: the rating it shows, or what it says of itself, or UNRECOGNISED."""
    profile = read_profile(page, tree)
    if profile.outcome.status is not Status.UNRECOGNISED:
        return profile
    cut = guards.truncated(page.body)
    outcome = strangers.judge(tree) or (Outcome(status=Status.FAILED, kind="Truncated", why=cut) if cut else None)
    return profile if outcome is None else _serp(page, outcome, UNKNOWN, query)


def recognise_site(page: Page, tree: Tree, enough: int = 0) -> tuple[ReviewSite | None, int]:
    """The review site whose page this most surely is, and how surely; (None, 0) for a stranger.

    `enough` is how surely an engine has it: then only an address of the site can win, and its marks are not asked.
    """
    plugs = [plug for plug in registry.sites().values() if plug.hosts]
    if enough >= SURE_ENGINE:
        plugs = [plug for plug in plugs if plug.owns(page.url)]
    scored = [(plug.recognises(page, tree), plug) for plug in plugs]
    certainty, best = max(scored, key=lambda pair: pair[0], default=(0, None))
    return (best, certainty) if certainty >= SURE else (None, 0)


def recognise(page: Page, tree: Tree) -> tuple[Engine | None, int]:
    """The engine whose page this most surely is, and how surely; (None, 0) for a stranger.

    Engines are asked in the order of how often the head of the page names them, until one is certain.
    """
    head = page.body[:HEAD]
    named = sorted(registry.engines().values(), key=lambda plug: -head.count(plug.name.encode()))
    sureness, best = 0, None
    for plug in sorted(named, key=lambda plug: not plug.owns(page.url)):
        found = plug.recognises(page, tree)
        if found >= 10 * len(plug.marks):  # every mark it has
            found = max(found, SURE_ENGINE)
        if found > sureness:
            sureness, best = found, plug
        if sureness >= SURE_ENGINE:
            break
    return (best, sureness) if sureness >= SURE else (None, 0)


def _from_document(page: Page, site: str, query: SerpQuery | None) -> tuple[Serp | ReviewProfile, ...] | None:
    """An answer in JSON or XML: of an API, of a review site, or of nobody known. None for a page."""
    is_xml = page.body.lstrip()[:5] == b"<?xml"
    data = json_document(page.body)
    if data is None and not is_xml:
        return None
    document = parse_document(page.body)
    for provider in registry.providers().values() if document is not None and not site else ():
        if provider.recognises(document):
            inner = provider.unwrap(page, document)
            return read(inner, query=query) if inner is not None else provider.serps(page, document, query)
    if is_xml:
        return None
    named = registry.site(site) if site else None
    plugs = [plug for plug in registry.sites().values() if plug.document(data) is not None]
    if named is not None and named.name != GENERAL and plugs and named not in plugs:
        outcome = Outcome(status=Status.UNRECOGNISED, kind="other_site", why=f"this is an answer of {plugs[0].name}")
        return (_emptied(named.parse(page), outcome),)
    if plugs:
        return ((named if named in plugs else plugs[0]).parse(page),)
    outcome = Outcome(status=Status.UNRECOGNISED, kind="unknown_source", why="JSON or XML of no API that is read here")
    return (_serp(page, outcome, UNKNOWN, query),)


def _serp(page: Page, outcome: Outcome, engine: str, query: SerpQuery | None) -> Serp:
    return Serp(
        query=query or SerpQuery(engine=engine, keyword=""),
        url=page.url,
        fetched_at=page.fetched_at,
        outcome=outcome,
        evidence=page.evidence,
        source=page.source,
        fallbacks={},
    )


def sources() -> Sequence[str]:
    """Names that `--engine` takes."""
    return tuple(registry.engines())
