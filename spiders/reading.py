"""Any page to what it says: finds out whose page it is, then lets that plug read it."""

from __future__ import annotations

from collections.abc import Sequence

from audit.models import Outcome, Page, ReviewProfile, Serp, SerpQuery, Status
from spiders import guards, registry, strangers
from spiders.engine import Engine
from spiders.provider import parse_document
from spiders.site import read_profile
from spiders.tree import Tree, UnreadableError

SURE = 10  # one mark of its own; less is a stranger
STRANGER = 20  # this many points of another engine, and none of the named one, prove a mix-up
UNKNOWN = "unknown"
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

    `engine` or `site` skips the finding out; a page of another engine is then told apart. Never raises for any bytes.
    """
    if page.failure or not page.body.strip():
        return (_failed(page, page.failure or "Empty", "no body", engine, query),)
    refused = _not_a_page(page.body)
    if refused:
        return (_failed(page, "NotHtml", refused, engine, query),)
    answered = _from_provider(page, query)
    if answered is not None:
        return answered
    try:
        tree = Tree.of(page.body, page.header("content-type"))
    except UnreadableError as error:
        return (_failed(page, error.kind, error.why, engine, query),)
    return (_from_html(page, tree, engine, site, query),)


def _from_html(page: Page, tree: Tree, engine: str, site: str, query: SerpQuery | None) -> Serp | ReviewProfile:
    if site:
        return read_profile(page, tree)
    found, sureness = recognise(page, tree)
    if engine:
        named = registry.engines()[engine]
        if found is not None and found is not named and sureness >= STRANGER and not named.recognises(page, tree):
            outcome = Outcome(status=Status.UNRECOGNISED, kind="other_engine", why=f"this is a page of {found.name}")
            return _serp(page, outcome, engine, query)
        return named.parse(page, query, tree)
    return found.parse(page, query, tree) if found is not None else _stranger(page, tree, query)


def _stranger(page: Page, tree: Tree, query: SerpQuery | None) -> Serp | ReviewProfile:
    """A page of no engine: the rating it shows, or what it says of itself, or UNRECOGNISED."""
    profile = read_profile(page, tree)
    if profile.outcome.status is not Status.UNRECOGNISED:
        return profile
    cut = guards.truncated(page.body)
    outcome = strangers.judge(tree) or (Outcome(status=Status.FAILED, kind="Truncated", why=cut) if cut else None)
    return profile if outcome is None else _serp(page, outcome, UNKNOWN, query)


def recognise(page: Page, tree: Tree) -> tuple[Engine | None, int]:
    """The engine whose page this most surely is, and how surely; (None, 0) for a stranger."""
    scored = [(plug.recognises(page, tree), plug) for plug in registry.engines().values()]
    sureness, best = max(scored, key=lambda pair: pair[0])
    return (best, sureness) if sureness >= SURE else (None, 0)


def _from_provider(page: Page, query: SerpQuery | None) -> tuple[Serp | ReviewProfile, ...] | None:
    start = page.body.lstrip()[:5]
    if start[:1] not in (b"{", b"[") and start != b"<?xml":
        return None
    document = parse_document(page.body)
    if document is None:
        return None
    for provider in registry.providers().values():
        if provider.recognises(document):
            inner = provider.unwrap(page, document)
            return read(inner, query=query) if inner is not None else provider.serps(page, document, query)
    outcome = Outcome(status=Status.UNRECOGNISED, kind="unknown_source", why="JSON or XML of no API that is read here")
    return (_serp(page, outcome, UNKNOWN, query),) if start != b"<?xml" else None


def _not_a_page(body: bytes) -> str:
    return next((name for mark, name in _NOT_PAGES.items() if body.startswith(mark)), "")


def _failed(page: Page, kind: str, why: str, engine: str, query: SerpQuery | None) -> Serp:
    return _serp(page, Outcome(status=Status.FAILED, kind=kind, why=why), engine or UNKNOWN, query)


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
