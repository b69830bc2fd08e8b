"""From where a browser looks: locale, time zone, coordinates and device of a market."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from audit.models import Device, SerpQuery

DESKTOP = {"width": 1366, "height": 900}
PHONE = "Pixel 7"  # a device Playwright knows: viewport, touch, scale and the phone's own user agent
ACCURACY = 5_000  # metres: a town, not a person


class Place(NamedTuple):
    """A market as a searcher's device shows it."""

    country: str = ""
    language: str = ""
    device: Device = Device.DESKTOP

    @classmethod
    def of(cls, query: SerpQuery) -> Place:
        return cls(query.country, query.language, query.device)

    @property
    def locale(self) -> str:
        """`ru-KZ`; "" where the market names no language."""
        return f"{self.language}-{self.country}" if self.language and self.country else self.language


@cache
def _places() -> dict[str, Any]:
    return tomllib.loads(files("spiders.browser").joinpath("places.toml").read_text("utf-8"))


def options(place: Place, devices: dict[str, Any]) -> dict[str, Any]:
    """Options of `browser.new_context` for a place; a country that is not listed keeps this machine's zone."""
    found: dict[str, Any] = {"accept_downloads": False, "service_workers": "block"}
    if place.device is Device.PHONE:
        found |= {k: v for k, v in devices[PHONE].items() if k != "default_browser_type"}
    else:
        found["viewport"] = DESKTOP
    if place.locale:
        found["locale"] = place.locale
    known = _places().get(place.country)
    if known:
        latitude, longitude = known["at"]
        found["timezone_id"] = known["zone"]
        found["geolocation"] = {"latitude": latitude, "longitude": longitude, "accuracy": ACCURACY}
    return found
