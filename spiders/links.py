"""Links of a box as a reader sees them: each address once."""

from __future__ import annotations

from collections.abc import Iterable

from audit.models import Link


def named_once(pairs: Iterable[tuple[str, str]]) -> tuple[Link, ...]:
    """Every address of (address, name) pairs once, in page order, with the longest name its links give it."""
    names: dict[str, str] = {}
    for url, name in pairs:
        if len(name) > len(names.setdefault(url, "")):
            names[url] = name
    return tuple(Link(title=name, url=url) for url, name in names.items())
