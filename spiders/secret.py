"""Secrets: one masked type, where they are read from, and a scrubber for all that is written.

A key never stands in a brief. It comes from the environment (`REPAUDIT_BRAVE_API_KEY`) or from a secrets file: the one
`REPAUDIT_SECRETS` names, else `secrets.toml` beside the brief, a table a provider with `key`, and `id` or `user` where
the provider asks for two. The environment wins. No message here ever holds a value.
"""

from __future__ import annotations

import base64
import difflib
import hmac
import html
import json
import logging
import os
import re
import stat
import tomllib
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Self, final
from urllib.parse import quote, quote_plus

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from audit.errors import UsageError

MASK = "***"
FILE, FILE_VARIABLE, PREFIX = "secrets.toml", "REPAUDIT_SECRETS", "REPAUDIT_"
SHORTEST = 6  # characters: a shorter value would be scrubbed out of ordinary words
LONGEST = 4_096
LARGEST_FILE = 65_536  # bytes
_PLAIN = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_QUERY = re.compile(r"(\w[\w+.-]*://[^\s?#\"'<>]*)\?[^\s\"'<>]+")
_USERINFO = re.compile(r"(\w[\w+.-]*://)[^\s/?#@\"'<>]+@")


@final
class Secret:
    """A value that shows itself only to `reveal`: masked in text, format and JSON, never pickled."""

    __slots__ = ("_value",)
    __hash__: ClassVar[None]  # type: ignore[assignment]  # a hash could be looked up

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for the one place that sends it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        """Takes the same time wherever two secrets differ; a plain text is never equal."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        masked = core_schema.plain_serializer_function_ser_schema(
            lambda _: MASK, return_schema=core_schema.str_schema()
        )
        return core_schema.is_instance_schema(cls, serialization=masked)


# ---------------------------------------------------------------- where they come from


def variable(provider: str, name: str) -> str:
    """The environment variable of a secret: `REPAUDIT_SERPAPI_KEY`, `REPAUDIT_DATAFORSEO_USER`."""
    return f"{PREFIX}{provider}_{name}".upper()


class Keyring:
    """The secrets at hand, by provider and name."""

    def __init__(self, held: Mapping[str, Mapping[str, Secret]] | None = None) -> None:
        self._held = {provider: dict(names) for provider, names in (held or {}).items()}

    def __repr__(self) -> str:
        return f"Keyring({', '.join(sorted(self._held))})"

    def of(self, provider: str) -> dict[str, Secret]:
        return dict(self._held.get(provider, {}))

    def all(self) -> list[Secret]:
        return [secret for names in self._held.values() for secret in names.values()]

    @classmethod
    def read(
        cls, known: Mapping[str, Iterable[str]], *, folder: Path | None = None, environment: Mapping[str, str]
    ) -> Keyring:
        """From file and environment; `known` says which names each provider takes, `folder` is that of the brief.

        Raises `UsageError` for a file that others can read, that is none, or that holds what nobody asked for.
        """
        path = secrets_path(folder, environment)
        held = _of_file(path, known) if path is not None else {}
        for provider, names in known.items():
            for name in names:
                value = environment.get(variable(provider, name), "")
                if value:
                    held.setdefault(provider, {})[name] = checked(value, variable(provider, name))
        return cls(held)


def secrets_path(folder: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The secrets file there is, or None. Raises `UsageError` where the environment names one that is not there."""
    named = environment.get(FILE_VARIABLE, "")
    path = Path(named) if named else (folder or Path()) / FILE
    if path.exists():
        return path
    if named:
        raise UsageError("the secrets file is not there.", where=FILE_VARIABLE, mend="Name a file, or unset it.")
    return None


def checked(value: object, where: str) -> Secret:
    """The value as a `Secret`. Raises `UsageError`, without it, for what no provider hands out."""
    if not isinstance(value, str):
        raise UsageError("a secret is a text in quotes.", where=where)
    if not SHORTEST <= len(value) <= LONGEST:
        raise UsageError(f"a secret has {SHORTEST} to {LONGEST} characters.", where=where, mend="Copy it once more.")
    if not _PLAIN.fullmatch(value):
        raise UsageError("a secret has no blanks and only ASCII characters.", where=where, mend="Copy it once more.")
    return Secret(value)


def _of_file(path: Path, known: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Secret]]:
    where = path.name
    try:
        tables = tomllib.loads(_private_text(path))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line \d+", str(error))
        at = f"{where}, {line.group()}" if line else where
        raise UsageError("is not valid TOML.", where=at, mend="Values stand in quotes.") from None
    held: dict[str, dict[str, Secret]] = {}
    for provider, table in tables.items():
        if provider not in known or not isinstance(table, dict):
            raise _unknown(provider, known, where, "provider", '[brave_api] and below it key = "..."')
        for name, value in table.items():
            names = tuple(known[provider])
            if name not in names:
                raise _unknown(name, names, f"{where}: {provider}", "secret of this provider", f"{', '.join(names)}")
            held.setdefault(provider, {})[name] = checked(value, f"{where}: {provider}.{name}")
    return held


def _unknown(name: str, known: Iterable[str], where: str, what: str, form: str) -> UsageError:
    """Says the name only where it looks like one: people paste values in the wrong place."""
    told = repr(name) if _NAME.fullmatch(name) else "something"
    near = difflib.get_close_matches(name, list(known), n=1)
    mend = f"Did you mean '{near[0]}'?" if near else f"Write {form}."
    return UsageError(f"{told} is no {what} known here.", where=where, mend=mend)


def _private_text(path: Path) -> str:
    """The text of a file that only its owner can read, judged on the opened file itself."""
    where = path.name
    try:
        with path.open("rb") as stream:
            facts = os.fstat(stream.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise UsageError("the secrets file is no file.", where=where)
            if os.name == "posix" and facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                mend = f"chmod 600 {where}"
                raise UsageError("the secrets file can be read by others.", where=where, mend=mend)
            return stream.read(LARGEST_FILE).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        mend = "Save it as UTF-8 text that you can read."
        raise UsageError("the secrets file cannot be read.", where=where, mend=mend) from None


# ---------------------------------------------------------------- what is written


class Scrubber:
    """Takes known secrets out of text and bytes, in every spelling a program or a server may give them."""

    def __init__(self, secrets: Iterable[Secret | str] = ()) -> None:
        values = {s.reveal() if isinstance(s, Secret) else s for s in secrets}
        masks = {form: mask for value in values if len(value) >= SHORTEST for form, mask in _spellings(value)}
        longest_first = sorted(masks, key=len, reverse=True)
        self._masks = masks
        self._raw = {form.encode(): mask.encode() for form, mask in masks.items()}
        self._text = re.compile("|".join(map(re.escape, longest_first))) if masks else None
        self._bytes = re.compile(b"|".join(re.escape(form.encode()) for form in longest_first)) if masks else None

    def __repr__(self) -> str:
        return "Scrubber()"

    def text(self, text: str) -> str:
        """The text without known secrets."""
        return self._text.sub(lambda m: self._masks[m.group()], text) if self._text is not None else text

    def body(self, body: bytes) -> bytes:
        """The bytes without known secrets; the very same bytes where there was none."""
        return self._bytes.sub(lambda m: self._raw[m.group()], body) if self._bytes is not None else body

    def line(self, text: str) -> str:
        """A line for a log: without known secrets, and without queries and user names of addresses."""
        return without_queries(self.text(text))


def without_queries(text: str) -> str:
    """Any text without the queries and the user names of the addresses in it."""
    return _USERINFO.sub(rf"\1{MASK}@", _QUERY.sub(rf"\1?{MASK}", text))


def _spellings(value: str) -> Iterator[tuple[str, str]]:
    """Forms in which a value travels, each with what takes its place: plain, escaped, percent and base64."""
    plain = {value, json.dumps(value)[1:-1], json.dumps(value)[1:-1].replace("/", "\\/"), html.escape(value)}
    percent = {quote(value, safe=""), quote(value), quote_plus(value), quote(quote(value, safe=""), safe="")}
    for form in plain | percent | {_ESCAPE.sub(lambda m: m.group().lower(), form) for form in percent}:
        yield form, MASK
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            yield (
                _core(code(bytes(shift) + value.encode()), shift),
                _core(code(bytes(shift) + b"*" * len(value)), shift),
            )


def _core(coded: bytes, shift: int) -> str:
    """The characters of a base64 text that the value alone decides, wherever in a longer text it stands."""
    begin = -(-shift * 8 // 6)
    whole = coded.rstrip(b"=")
    return whole[begin : len(whole) - (1 if coded.endswith(b"=") else 0)].decode()


class _Watch:
    """What makes log records while secrets are about: one at a time, however many ask for it."""

    def __init__(self) -> None:
        self._scrubbers: list[Scrubber] = []
        self._before: Any = None

    def begin(self, scrubber: Scrubber) -> None:
        if not self._scrubbers:
            self._before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self._record)
        self._scrubbers.append(scrubber)

    def end(self, scrubber: Scrubber) -> None:
        self._scrubbers.remove(scrubber)
        if not self._scrubbers:
            logging.setLogRecordFactory(self._before)

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """The record with its words joined and cleaned, traceback included: no handler sees anything else."""
        record: logging.LogRecord = self._before(*args, **kwargs)
        try:
            record.msg, record.args = self._clean(record.getMessage()), ()
        except Exception:  # words and arguments that do not fit: the arguments are dropped
            record.msg, record.args = self._clean(str(record.msg)), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self._clean("".join(traceback.format_exception(*record.exc_info)).rstrip())
        record.exc_info = None
        return record

    def _clean(self, text: str) -> str:
        for scrubber in self._scrubbers:
            text = scrubber.text(text)
        return without_queries(text)


_WATCH = _Watch()


@contextmanager
def logs_scrubbed(scrubber: Scrubber) -> Iterator[None]:
    """While it lasts, no log record of this process holds a known secret, a query or a user name of an address."""
    _WATCH.begin(scrubber)
    try:
        yield
    finally:
        _WATCH.end(scrubber)
