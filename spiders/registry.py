"""Finds the shelves: file name = plug-in name, one class a file."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType
from typing import TypeVar

import spiders.engines
import spiders.providers
import spiders.sites
from spiders.engine import Engine
from spiders.provider import Provider
from spiders.site import ReviewSite

T = TypeVar("T")


def _modules(package: ModuleType) -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def plugs(package: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Plug-in classes of a shelf by file name; a test holds `name` to the file name."""
    found: dict[str, type[T]] = {}
    for module in _modules(package):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
                found[module.__name__.rpartition(".")[2]] = value
    return found


@cache
def engines() -> dict[str, Engine]:
    """Every engine of the shelf, ready to parse, by name."""
    return {name: plug() for name, plug in plugs(spiders.engines, Engine).items()}  # type: ignore[type-abstract]


@cache
def providers() -> dict[str, Provider]:
    """Every API whose saved responses can be read, by name."""
    return {name: plug() for name, plug in plugs(spiders.providers, Provider).items()}  # type: ignore[type-abstract]


@cache
def sites() -> dict[str, ReviewSite]:
    """Every review site of the shelf, ready to parse, by name; `schema_org` reads all others."""
    return {name: plug() for name, plug in plugs(spiders.sites, ReviewSite).items()}  # type: ignore[type-abstract]


def site(name: str) -> ReviewSite:
    """The plug a person means by a name or a host ("Trustpilot", "banki.ru"); the general reader for any other."""
    plain = name.strip().lower().removeprefix("www.")
    known = sites().get(re.sub(r"[^a-z0-9]+", "_", plain).strip("_"))
    owner = next((plug for plug in sites().values() if plug.owns(f"https://{plain}/")), None)
    return known or owner or sites()["schema_org"]
