"""The same html on paper, through the browser. With spiders.browser the only importer of playwright.

The browser gets the text and nothing else: scripts off, offline, every request refused. Page numbers, running head
and page breaks are the style sheet's (`@page`, `@media print`).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.errors import RenderError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page  # noqa: TID251

PATIENCE = 120_000  # milliseconds; a report of 60 pages takes about two seconds
A4 = {"width": 794, "height": 1123}  # CSS pixels at 96 a inch
PICTURE_WIDTH, PICTURE_HEIGHT = 640, 1600
"""What a captured page is scaled to: its first two screens stay legible, and 60 of them stay below 6 MB."""
PICTURE_QUALITY = 55  # of 100, JPEG
_MEND = "`repaudit browser` says which browser was found; the html report needs none."


def pdf(html: str, *, program: str, sandbox: bool = True) -> bytes:
    """The report on A4: tagged, with an outline, links kept. `html` was rendered with `expanded=True`.

    `program` is a Chromium's path. Raises `RenderError` where it does not start or cannot print.
    """
    with _page(program, sandbox) as page:
        page.emulate_media(media="print", color_scheme="light")
        page.set_content(html, wait_until="load", timeout=PATIENCE)
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)


def thumbnails(
    pictures: Iterable[tuple[str, bytes]], *, program: str, sandbox: bool = True
) -> Iterator[tuple[str, str]]:
    """Screenshots made small, one at a time: (name, PNG or JPEG) -> (name, JPEG as a data URI).

    Wide ones shrink to `PICTURE_WIDTH`; what is longer than `PICTURE_HEIGHT` then is cut. Raises `RenderError`.
    """
    with _page(program, sandbox) as page:
        for name, picture in pictures:
            yield name, data_uri(_shrunk(page, picture), "image/jpeg")


def data_uri(body: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(body).decode()}"


def picture_type(body: bytes) -> str:
    """PNG or JPEG by its first bytes, else ""."""
    return {b"\x89PNG": "image/png", b"\xff\xd8\xff\xe0": "image/jpeg"}.get(
        body[:4], "image/jpeg" if body.startswith(b"\xff\xd8\xff") else ""
    )


def _shrunk(page: Page, picture: bytes) -> bytes:
    mime = picture_type(picture)
    if not mime:
        raise RenderError("a kept screenshot is neither PNG nor JPEG.", mend="Leave out --pictures.")
    style = f"display:block;width:{PICTURE_WIDTH}px;max-height:{PICTURE_HEIGHT}px;object-fit:cover;object-position:top"
    page.set_content(f'<body style="margin:0"><img style="{style}" src="{data_uri(picture, mime)}">', timeout=PATIENCE)
    return page.locator("img").screenshot(type="jpeg", quality=PICTURE_QUALITY, timeout=PATIENCE)


@contextmanager
def _page(program: str, sandbox: bool) -> Iterator[Page]:
    from playwright.sync_api import Error, sync_playwright  # noqa: TID251

    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=sandbox)
            try:
                yield _sealed(browser)
            finally:
                browser.close()
    except Error as error:
        words = error.message.splitlines()[0] if error.message else type(error).__name__
        raise RenderError(f"the browser could not print ({words}).", where=program, mend=_MEND) from None


def _sealed(browser: Browser) -> Page:
    """A page that runs nothing and reaches nothing."""
    options: Mapping[str, object] = {"java_script_enabled": False, "offline": True, "viewport": A4}
    context = browser.new_context(**options, service_workers="block", locale="en-GB")  # type: ignore[arg-type]
    context.route("**/*", lambda route: route.abort())
    return context.new_page()
