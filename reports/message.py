"""The sentences of a locale file: a small, strict part of ICU MessageFormat.

Translators meet only `{name}`, `{name, kind}` and `{name, plural, one {# page} other {# pages}}`; plural
categories are those of CLDR. Quoting by apostrophe is left out on purpose: apostrophes are letters in Ukrainian.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*")
_SELECTOR = re.compile(r"\s*(=\d+|[a-z]+)\s*\{")


class MessageError(ValueError):
    """A locale sentence that breaks the grammar; found by the locale tests, never by a client."""


@dataclass(frozen=True)
class Slot:
    """A hole in a sentence. `kind` is a way to write the value; `choices` is filled for plurals only."""

    name: str
    kind: str = ""
    choices: tuple[tuple[str, Message], ...] = ()


@dataclass(frozen=True)
class Count:
    """`#` within a plural: the number itself."""

    name: str


Message = tuple["str | Slot | Count", ...]


@cache
def parse(text: str) -> Message:
    """Sentence to parts. Raises `MessageError` with the place where the grammar breaks."""
    parts, end = _message(text, 0, "")
    if end != len(text):
        raise MessageError(f"unmatched brace at {end} in {text!r}")
    return parts


def names(message: Message) -> frozenset[str]:
    """Every name a sentence asks for: two locales of one key must agree on them."""
    return frozenset(_names(message))


def plurals(message: Message) -> Iterator[Slot]:
    """The plural slots of a sentence, at any depth."""
    for part in message:
        if isinstance(part, Slot):
            if part.kind == "plural":
                yield part
            for _, choice in part.choices:
                yield from plurals(choice)


def _names(message: Message) -> Iterator[str]:
    for part in message:
        if isinstance(part, Slot):
            yield part.name
            for _, choice in part.choices:
                yield from _names(choice)


def _message(text: str, at: int, counted: str) -> tuple[Message, int]:
    parts: list[str | Slot | Count] = []
    while at < len(text) and text[at] != "}":
        if text[at] == "{":
            slot, at = _slot(text, at + 1)
            parts.append(slot)
        elif text[at] == "#" and counted:
            parts.append(Count(counted))
            at += 1
        else:
            stop = re.compile(r"[{}#]" if counted else r"[{}]").search(text, at)
            end = stop.start() if stop else len(text)
            parts.append(text[at:end])
            at = end
    return tuple(parts), at


def _slot(text: str, at: int) -> tuple[Slot, int]:
    name, at = _word(text, at)
    if text[at : at + 1] == "}":
        return Slot(name), at + 1
    kind, at = _word(text, _past(text, at, ","))
    if kind != "plural":
        return Slot(name, kind), _past(text, at, "}")
    choices, at = _choices(text, _past(text, at, ","), name)
    return Slot(name, kind, choices), _past(text, at, "}")


def _choices(text: str, at: int, name: str) -> tuple[tuple[tuple[str, Message], ...], int]:
    choices: list[tuple[str, Message]] = []
    while match := _SELECTOR.match(text, at):
        selector = match[1]
        if not selector.startswith("=") and selector not in CATEGORIES:
            raise MessageError(f"unknown plural category {selector!r} in {text!r}")
        message, at = _message(text, match.end(), name)
        at = _past(text, at, "}")
        choices.append((selector, message))
    if "other" not in dict(choices):
        raise MessageError(f"a plural without `other` in {text!r}")
    return tuple(choices), re.compile(r"\s*").match(text, at).end()  # type: ignore[union-attr]


def _word(text: str, at: int) -> tuple[str, int]:
    match = _NAME.match(text, at)
    if match is None:
        raise MessageError(f"a name is missing at {at} in {text!r}")
    return match[1], match.end()


def _past(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise MessageError(f"{mark!r} is missing at {at} in {text!r}")
    return at + 1
