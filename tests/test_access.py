"""WCAG 2.2 AA in a real browser: every language, light and dark, on paper and on a phone, by keyboard and zoomed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest

from audit.models import Audit
from reports.render import html
from reports.words import languages
from spiders.browser.program import find_browser
from tests.golden.make import AUDIT, STYLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page  # noqa: TID251

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW, WIDE = 320, 1280
"""CSS pixels: a small phone, which is also 1280 at 400 % (WCAG 1.4.10), and a desk."""
PROGRAM = find_browser().path

pytestmark = pytest.mark.skipif(not PROGRAM, reason="no browser is installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: TID251

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=languages())
def page(request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The report of one language with every fold open, so that nothing escapes the check."""
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    path = tmp_path_factory.mktemp("reports") / f"{request.param}.html"
    path.write_text(html(audit, style=STYLE, language=request.param, expanded=True), "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    yield page
    context.close()


def broken_rules(page: Page, **narrowed: Any) -> list[str]:
    """What axe finds, as `rule: element`. It is put in from outside: the report itself may run no script."""
    page.evaluate(AXE.read_text("utf-8"))
    asked = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]} | narrowed
    found = page.evaluate(f"axe.run(document, {json.dumps(asked)})")
    return [f"{v['id']}: {n['target']} {n['html'][:120]}" for v in found["violations"] for n in v["nodes"][:3]]


def test_no_rule_of_wcag_is_broken(page: Page) -> None:
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(color_scheme="light")
    assert broken_rules(page) == []


def test_no_contrast_is_too_low_in_the_dark(page: Page) -> None:
    """Nothing but colours differs from the light."""
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    assert broken_rules(page, runOnly=["color-contrast"]) == []


def test_the_checker_finds_what_is_broken(browser: Browser) -> None:
    """The positive control: a page with three faults."""
    context = browser.new_context()
    page = context.new_page()
    page.goto("data:text/html,<title>x</title><p style='color:%23bbb'>pale</p><img src='x'>")
    rules = {line.partition(":")[0] for line in broken_rules(page)}
    assert {"color-contrast", "image-alt", "html-has-lang"} <= rules
    context.close()


@pytest.mark.parametrize("width", [NARROW, WIDE // 2])
def test_nothing_scrolls_sideways(page: Page, width: int) -> None:
    """A small phone (the desk at 400 %), and the desk at 200 %; wide tables scroll in frames the keyboard reaches."""
    page.set_viewport_size({"width": width, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    unreachable = "e => e.scrollWidth > e.clientWidth && e.tabIndex < 0"
    assert page.evaluate(f"[...document.querySelectorAll('.scroll')].filter({unreachable}).length") == 0


def test_the_keyboard_goes_in_page_order_and_shows_where_it_is(page: Page) -> None:
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.evaluate("window.scrollTo(0, 0); document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    places = []
    for _ in range(30):
        page.keyboard.press("Tab")
        places.append(page.evaluate(FOCUS))
    assert all(place["outline"] != "none" and place["width"] >= 2 for place in places)
    assert [place["index"] for place in places] == sorted(place["index"] for place in places)
    page.evaluate("document.querySelector('.skip').focus()")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#verdict"


def test_nothing_is_told_by_colour_alone(page: Page) -> None:
    """Every square and every mark holds a sign, and a word or a number beside it."""
    said = page.evaluate("[...document.querySelectorAll('.matrix a.c, .m, .sev, .light')].map(e => e.textContent)")
    assert len(said) > 200
    assert [text for text in said if not re.fullmatch(r"\s*[▲●▼○◆–]\s*[\w (].*", text, re.DOTALL)] == []


FOCUS = """() => {
  const here = document.activeElement, style = getComputedStyle(here);
  const index = [...document.querySelectorAll('a, summary, [tabindex]')].indexOf(here);
  return {index, outline: style.outlineStyle, width: parseFloat(style.outlineWidth)};
}"""
