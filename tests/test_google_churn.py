"""Google renames its classes every year or two: recorded pages with every name changed must still give their rows.

The pages are changed in memory only. What is renamed or taken away here is what has been renamed before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path

import pytest

from audit.models import Page, Serp, Status
from spiders.registry import engines
from tests import corpus
from tests.test_engines import FIXTURES

FLOOR = 0.95  # of the organic rows, in order and with their address
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
GOOGLE = engines()["google"]
TRUTHS = [t for t in corpus.truths() if t["engine"] == "google"] if corpus.available() else []
PAGES = sorted((corpus.CORPUS / "serp" / "google").glob("*.html")) if corpus.available() else []
recorded = pytest.mark.skipif(not corpus.available(), reason="../shared/corpus is not beside this checkout")

_CLASS = re.compile(rb"""(\sclass=)(?:(["'])(.*?)\2|([^\s"'>]+))""", re.DOTALL)
_DATA = re.compile(rb"""\sdata-[\w-]+(?:=(?:"[^"]*"|'[^']*'|[^\s>]*))?(?=[\s/>])""")
_ID = re.compile(rb"""(\sid=)(["']?)([^"'\s>]+)""")


def _new_name(name: bytes) -> bytes:
    return b"x" + sha1(name, usedforsecurity=False).hexdigest()[:8].encode()


def classes_renamed(body: bytes) -> bytes:
    def renamed(match: re.Match[bytes]) -> bytes:
        names = match[3] if match[2] else match[4]
        return match[1] + b'"' + b" ".join(_new_name(name) for name in names.split()) + b'"'

    return _CLASS.sub(renamed, body)


def data_removed(body: bytes) -> bytes:
    return _DATA.sub(b"", body)


def ids_renamed(body: bytes) -> bytes:
    return _ID.sub(lambda match: match[1] + match[2] + _new_name(match[3]), body)


def headings_gone(body: bytes) -> bytes:
    """The heading becomes a plain block, as on the phone pages of 2018."""
    return re.sub(rb"<(/?)h3\b", rb"<\1div", body)


def all_renamed(body: bytes) -> bytes:
    return data_removed(classes_renamed(body))


Change = Callable[[bytes], bytes]
CHANGES: tuple[Change, ...] = (classes_renamed, data_removed, all_renamed, ids_renamed)


def read(body: bytes) -> Serp:
    return GOOGLE.parse(Page(body=body, fetched_at=NOW))


@recorded
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_truth_pages_keep_their_rows(change: Change) -> None:
    readings = [corpus.compare(t, read(change((corpus.CORPUS / t["file"]).read_bytes()))) for t in TRUTHS]
    agreed, wanted, given = (sum(getattr(r, name) for r in readings) for name in ("agreed", "wanted", "given"))
    notes = [(r.file, r.notes) for r in readings if r.notes]
    assert agreed >= FLOOR * wanted, notes
    assert agreed >= FLOOR * given, notes


@recorded
@pytest.mark.parametrize("change", [*CHANGES, headings_gone], ids=lambda change: change.__name__)
def test_every_recorded_page_keeps_its_rows(change: Change) -> None:
    """Against our own reading of the page as it was: also pages without truth."""
    kept = wanted = given = 0
    for path in PAGES:
        before = read(path.read_bytes())
        if before.outcome.status is Status.RESULTS:
            after = read(change(path.read_bytes()))
            rows = [{"final_url": r.url, "title": r.title} for r in before.organic]
            kept += len(corpus.align(rows, after.organic))
            wanted, given = wanted + len(rows), given + len(after.organic)
    assert kept >= FLOOR * wanted
    assert kept >= FLOOR * given


@recorded
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_pages_without_rows_stay_what_they_are(change: Change) -> None:
    """A challenge, a shell, an empty page: new names make none of them a page of results."""
    for entry in corpus.classes():
        if entry["engine_or_site"] == "google":
            before = (corpus.CORPUS / entry["file"]).read_bytes()
            if entry["page_class"] in ("captcha", "empty", "js_required", "shell_without_results"):
                assert read(change(before)).outcome.status is not Status.RESULTS, entry["file"]


@pytest.mark.parametrize("change", [classes_renamed, ids_renamed], ids=lambda change: change.__name__)
@pytest.mark.parametrize("case", ["results", "results-2013", "results-basic", "results-boxes", "results-phone"])
def test_fixtures_keep_their_rows(case: str, change: Change) -> None:
    body = (Path(FIXTURES) / "google" / case / "page.html").read_bytes()
    assert [r.url for r in read(change(body)).organic] == [r.url for r in read(body).organic]


@pytest.mark.parametrize("case", ["results", "results-boxes", "results-phone"])
def test_fixtures_keep_snippets_and_stars(case: str) -> None:
    body = (Path(FIXTURES) / "google" / case / "page.html").read_bytes()
    before, after = read(body), read(classes_renamed(body))
    assert [r.snippet for r in after.organic] == [r.snippet for r in before.organic]
    assert [r.rating for r in after.organic] == [r.rating for r in before.organic]
    assert [r.date for r in after.organic] == [r.date for r in before.organic]
