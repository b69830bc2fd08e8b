"""The page behind a result: title, main text, language and date. The only importer of trafilatura."""

from __future__ import annotations

import re
from typing import Any

from audit.models import Landing, Outcome, Page, Status
from spiders import guards, strangers
from spiders.tree import Tree, UnreadableError, attr

LONGEST = 5_000  # characters of main text that are kept: enough to judge, too little to republish
SHORTEST = 120  # characters under which there is no main text worth the name


def read_landing(page: Page) -> Landing:
    """What the page says, or the named reason why nothing can be said. Never raises for any bytes."""
    if page.failure or not page.body.strip():
        return _landing(page, Outcome(status=Status.FAILED, kind=page.failure or "Empty", why="no body"))
    if page.status is not None and page.status >= 400:
        return _landing(page, Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {page.status}"))
    try:
        tree = Tree.of(page.body, page.header("content-type"))
    except UnreadableError as error:
        return _landing(page, Outcome(status=Status.FAILED, kind=error.kind, why=error.why))
    refused = _refused(page, tree)
    return _landing(page, refused) if refused else _read(page, tree)


def _refused(page: Page, tree: Tree) -> Outcome | None:
    kind = guards.shared_challenge(page, tree)
    if kind:
        return Outcome(status=Status.BLOCKED, kind=kind, why=f"mark of {kind}")
    cut = guards.truncated(page.body)
    if cut:
        return Outcome(status=Status.FAILED, kind="Truncated", why=cut)
    judged = strangers.judge(tree)
    return judged if judged is not None and judged.status is Status.BLOCKED else None


def _read(page: Page, tree: Tree) -> Landing:
    found = _extracted(tree.source, page.url)
    text = " ".join(str(found.get("text") or "").split())
    if len(text) < SHORTEST:
        return _landing(page, Outcome(status=Status.UNRECOGNISED, kind="layout", why="no main text"), title=tree.title)
    return _landing(
        page,
        Outcome(status=Status.RESULTS, why=f"{len(text)} characters of main text"),
        title=str(found.get("title") or tree.title),
        text=text[:LONGEST],
        language=re.sub(r"[^a-z].*", "", attr(tree.one("html"), "lang").lower())[:3],
        published=str(found.get("date") or "") or None,
    )


def _extracted(source: str, url: str) -> dict[str, Any]:
    from trafilatura import bare_extraction  # noqa: TID251 - heavy: only where pages are read

    try:
        found = bare_extraction(source, url=url or None, with_metadata=True, include_comments=False)
    except Exception:  # a stranger's page breaks the library in ways it does not list
        return {}
    if found is None:
        return {}
    return found if isinstance(found, dict) else dict(found.as_dict())


def _landing(page: Page, outcome: Outcome, **facts: Any) -> Landing:
    return Landing(url=page.url, outcome=outcome, fetched_at=page.fetched_at, evidence=page.evidence, **facts)
