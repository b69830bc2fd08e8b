"""The browser: which one there is, and the Playwright SERP fetcher. The only importer of playwright but the PDF."""

from spiders.browser.program import Browser, find_browser

__all__ = ["Browser", "find_browser"]
