"""The table `[providers]` of a brief: which engines are asked through an API, and through whose host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from audit.models import Document

_SECRETS = frozenset({"key", "api_key", "apikey", "id", "user", "login", "password", "secret", "token"})


class Askable(NamedTuple):
    """What an API can be asked, as the spiders know it."""

    engines: tuple[str, ...]
    formats: tuple[str, ...] = ()
    own: bool = False
    """It runs on a host of the user's own and has no address of its own."""


class ProviderTable(Document):
    """One API. Its keys do not stand here: they come from the environment or from secrets.toml."""

    engines: tuple[str, ...] = Field(min_length=1)
    address: str = ""
    """Base address; empty = the vendor's own."""
    own_host: str = ""
    """Leave to dial this host although its address may be private: the host of `address`, a service of your own."""
    format: str = ""
    path: str = ""

    @model_validator(mode="before")
    @classmethod
    def _no_secrets(cls, value: Any) -> Any:
        if isinstance(value, dict) and _SECRETS & {str(name).lower() for name in value}:
            raise ValueError(
                "a secret does not stand in a brief; set it in the environment or write it to secrets.toml"
            )
        return value

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            whole = False
        if value and (not whole or "@" in parts.netloc or parts.query or parts.fragment):
            raise ValueError(
                "this is no base address; write it like 'https://searx.example', without user name and query"
            )
        return value.rstrip("/")

    @field_validator("own_host")
    @classmethod
    def _host(cls, value: str) -> str:
        if any(char in value for char in "/@? "):
            raise ValueError("this is no host name; write it like 'searx.lan', without http:// and port")
        return value.lower()

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and (not value.startswith("/") or any(char in value for char in "?#@ ")):
            raise ValueError("this is no path; write it like '/search/v1/web', without query")
        return value

    @model_validator(mode="after")
    def _own_host_is_the_address(self) -> ProviderTable:
        if self.own_host and self.address and (urlsplit(self.address).hostname or "") != self.own_host:
            raise ValueError("own_host is not the host of address; name the same host in both")
        return self


def check_providers(tables: Mapping[str, ProviderTable], known: Mapping[str, Askable] | None) -> None:
    """Raises `ValueError` for an API or an engine nobody can ask, or an engine asked of two. None = names unchecked."""
    taken: dict[str, str] = {}
    for name, table in tables.items():
        able = known.get(name) if known is not None else Askable(table.engines, (table.format,))
        if able is None:
            raise ValueError(f"{name!r} is no API that can be asked; known: {', '.join(known or ())}")
        for engine in table.engines:
            if engine not in able.engines:
                raise ValueError(f"{name} cannot be asked for {engine!r}; it can for {', '.join(able.engines)}")
            if engine in taken:
                raise ValueError(f"{engine!r} is asked of both {taken[engine]} and {name}; leave it to one of them")
            taken[engine] = name
        if table.format and table.format not in able.formats:
            forms = ", ".join(able.formats) or "none"
            raise ValueError(f"{table.format!r} is no format of {name}; it has {forms}")
