"""The shelf of engines that may judge a text in place of the shipped words; file name = engine name.

All answer one question by one protocol, so that one harness (`repaudit evaluate`) scores any of them. Everything
but `shipped` is off until a brief (`[meaning] engine = "..."`) or `--engine` asks for it. Nothing here knows a
network: what has to leave the machine goes through a callable the command line hands in.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from audit.combine import Shares
from audit.errors import UsageError

SHIPPED = "shipped"
Post = Callable[[str, Mapping[str, str], bytes], bytes]
"""(address, headers, body) -> the answer's body; raises OSError where there is none."""


class Masked(Protocol):
    """A secret: its text form is a mask, `reveal` gives the value."""

    def reveal(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Question:
    """One search result to be judged from the brand's point of view."""

    title: str
    snippet: str
    language: str = ""
    names: tuple[str, ...] = ()
    kind: str = ""
    """The page type's value."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an engine may need; each file says what it does need."""

    model: str = ""
    address: str = ""
    consent: str = ""
    key: Masked | None = None
    post: Post | None = None
    session: Any = None
    """For tests: stands in for what `model` would load."""


class Judge(Protocol):
    """An engine. `p` is None where it cannot read the text: that is not neutral."""

    name: str

    def p(self, question: Question) -> Shares | None: ...


def names() -> tuple[str, ...]:
    """Every engine of the shelf, in order of name."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def judge(name: str, options: Options | None = None) -> Judge:
    """An engine by name. UsageError where it is none, or lacks what it needs."""
    if name not in names():
        raise UsageError(f"{name!r} is no engine of meaning.", where="engine", mend=f"Known: {', '.join(names())}.")
    made: Judge = import_module(f"audit.judges.{name}").make(options or Options())
    return made


def of_polarity(polarity: float, spread: float = 0.5) -> Shares:
    """Probabilities of a polarity -1..1: the stronger it is, the less is left for neutral."""
    strength = min(1.0, abs(polarity) / spread)
    neutral = (1 - strength) * 0.7 + 0.1
    taken, other = (1 - neutral) * (0.5 + 0.45 * strength), (1 - neutral) * (0.5 - 0.45 * strength)
    return (other, neutral, taken) if polarity >= 0 else (taken, neutral, other)
