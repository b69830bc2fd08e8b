"""Data that pages carry for their own scripts: JSON in script tags, in assignments, in strings, in chunks.

It outlives class names: the scripts that draw the page read the same fields for years. Everything here is bounded
and gives an empty answer for what is no JSON; nothing is ever run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import cast
from weakref import WeakKeyDictionary

from spiders.markup import Node, Value
from spiders.tree import MAX_BYTES, Tree

MAX_WALK = 400_000  # values walked on one page; the largest recorded state holds some 60,000
_GUARD = (b")]}'", b"for(;;);", b"while(1);")  # put before JSON so that no script tag can run it
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_CALLBACK = re.compile(
    r"AF_initDataCallback\(\{.{0,120}?data:\s*(?:function\(\)\s*\{\s*return\s*)?(?=[\[{])", re.DOTALL
)
_CHUNK = re.compile(r"self\.__next_f\.push\(\s*(?=\[)")
_RECORD = re.compile(r"^[0-9a-f]{1,6}:(?=[\[{])", re.MULTILINE)
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def json_document(body: bytes) -> Value:
    """The JSON a whole answer is, with the guards in front that some sites write; None for anything else."""
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    guard = next((mark for mark in _GUARD if start.startswith(mark)), b"")
    if len(body) > MAX_BYTES or (not guard and start[:1] not in (b"{", b"[")):
        return None
    text = body.decode("utf-8-sig", "replace").lstrip().removeprefix(guard.decode())
    return _loaded(text)


def script(tree: Tree, css: str) -> Value:
    """The JSON of the first script of the selector that holds any."""
    return once(tree, css, lambda: next((v for s in tree.all(css) if (v := _loaded(s.text())) is not None), None))


def assigned(tree: Tree, name: str) -> Value:
    """What `name = …` holds: an object, or the JSON within `JSON.parse('…')` or a string."""
    return once(tree, "=" + name, lambda: _assigned(tree.source, name))


def callbacks(tree: Tree) -> list[Value]:
    """The data of Google's `AF_initDataCallback` calls, without their keys, which move from year to year."""
    found = once(tree, "AF", lambda: [_raw(tree.source, m.end()) for m in _CALLBACK.finditer(tree.source)])
    return cast("list[Value]", found)


def chunks(tree: Tree) -> list[Value]:
    """The records of Next.js pages that arrive in pieces (`self.__next_f.push`)."""
    return cast("list[Value]", once(tree, "flight", lambda: list(_records(tree.source))))


def find(value: Value, *keys: str) -> Iterator[Node]:
    """Every object below that has all these keys, in page order."""
    stack, left = [value], MAX_WALK
    while stack and left:
        left -= 1
        item = stack.pop()
        if isinstance(item, list):
            stack += [part for part in reversed(item) if isinstance(part, list | dict)]
        elif isinstance(item, dict):
            if all(key in item for key in keys):
                yield item
            stack += [part for part in reversed(item.values()) if isinstance(part, list | dict)]


def lists(value: Value) -> Iterator[list[Value]]:
    """Every list below, outer ones first."""
    stack, left = [value], MAX_WALK
    while stack and left:
        left -= 1
        item = stack.pop()
        if isinstance(item, list):
            yield item
        parts = item if isinstance(item, list) else item.values() if isinstance(item, dict) else ()
        stack += [part for part in reversed(list(parts)) if isinstance(part, list | dict)]


def dig(value: Value, *path: str | int) -> Value:
    """A field of a field of an item; None as soon as one is missing."""
    for step in path:
        if isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        elif isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def node(value: Value) -> Node:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


# ---------------------------------------------------------------- reading


def _loaded(text: str) -> Value:
    try:
        return cast("Value", json.loads(text, strict=False, parse_constant=lambda _: None))
    except (ValueError, RecursionError):
        return None


def _raw(text: str, at: int) -> Value:
    try:
        return cast("Value", _DECODER.raw_decode(text, at)[0])
    except (ValueError, RecursionError):
        return None


def _assigned(source: str, name: str) -> Value:
    pattern = re.compile(rf"(?<![\w$]){re.escape(name)}(?:[\"']\])?\s*=\s*(?:JSON\.parse\(\s*)?(?=[\[{{\"'])")
    for match in pattern.finditer(source):
        at = match.end()
        found = _raw(source, at) if source[at] in "[{" else _loaded(_string(source, at))
        if isinstance(found, list | dict):
            return found
    return None


def _string(source: str, at: int) -> str:
    """The JavaScript string that begins here, unescaped; "" where it does not end."""
    quote = source[at]
    match = re.compile(rf"[^{quote}\\]*(?:\\.[^{quote}\\]*)*{quote}", re.DOTALL).match(source, at + 1)
    return "" if match is None else _ESCAPE.sub(_unescaped, match.group()[:-1])


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else _PLAIN_ESCAPES.get(code, code)


def _records(source: str) -> Iterator[Value]:
    parts = [_raw(source, match.end()) for match in _CHUNK.finditer(source)]
    text = "".join(part for part in (dig(item, 1) for item in parts) if isinstance(part, str))
    for match in _RECORD.finditer(text):
        found = _raw(text, match.end())
        if found is not None:
            yield found


_READ: WeakKeyDictionary[Tree, dict[str, Value]] = WeakKeyDictionary()  # read once per tree, forgotten with it


def once(tree: Tree, key: str, read: Callable[[], Value]) -> Value:
    """What `read` gives, computed on the first call for this tree."""
    known = _READ.setdefault(tree, {})
    if key not in known:
        known[key] = read()
    return known[key]
