"""Finds a browser: Playwright's own, an installed Chrome, Edge or Chromium, or Debian's chromium package.

Live collection will drive it; until then the set-up says which one it would be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SETTING = "REPAUDIT_BROWSER"
NAMES = ("google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge", "chromium", "chromium-browser")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
ANSWER_SECONDS = 10
MEND = (
    "No browser found; pages can still be imported. To collect live and print PDF, run `playwright install chromium`, "
    "install Chrome, Edge or Chromium (Debian: apt-get install chromium), "
    f"or set {SETTING} to the program of one."
)


class Browser(NamedTuple):
    """Path of the program and its own version line; both empty where none was found."""

    path: str
    version: str

    @property
    def words(self) -> str:
        return f"Browser: {self.version} ({self.path})" if self.path else MEND


def find_browser() -> Browser:
    """The first candidate that starts and says its version."""
    for path in candidates():
        answer = _version(path)
        if answer:
            return Browser(path, answer)
    return Browser("", "")


def candidates() -> Iterator[str]:
    """In order: own setting, Playwright's build, programs on PATH, usual places."""
    yield from filter(None, [os.environ.get(SETTING), bundled()])
    yield from filter(None, map(shutil.which, NAMES))
    yield from (place for place in PLACES if Path(place).exists())


def bundled() -> str:
    """Where Playwright's own Chromium would be; "" where it was never installed."""
    from playwright.sync_api import Error, sync_playwright  # noqa: TID251

    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return ""
    return path if Path(path).exists() else ""


def _version(path: str) -> str:
    """`--version` proves that the program starts; on Windows it opens a window instead, there the file is enough."""
    if os.name == "nt":
        return Path(path).stem
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
