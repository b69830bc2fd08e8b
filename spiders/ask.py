"""What is sent to an API: a request with a part that may be written anywhere, and secrets kept apart to the end."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from spiders.secret import Secret

Keys = Mapping[str, Secret]
"""The secrets of one provider by name: key, id, user."""
JSON = (("Accept", "application/json"),)


class CannotAskError(Exception):
    """This cell cannot be asked of this API; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a provider is reached, as the brief says; empty means the provider's usual way."""

    address: str = ""
    """Base address, without the path of the API."""
    format: str = ""
    """Which of its forms, where a provider has several: `html` or `xml`, `hub` or `openapi`."""
    path: str = ""
    """Path below the base address, where a vendor has moved it."""


@dataclass(frozen=True, slots=True, repr=False)
class ApiRequest:
    """One request. `url` and `headers` hold no secret and are what is archived and told; `sent_*` are for the wire."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = JSON
    body: bytes = b""
    secret_headers: tuple[tuple[str, Secret], ...] = field(default=())
    secret_parameters: tuple[tuple[str, Secret], ...] = field(default=())

    def __repr__(self) -> str:
        return f"ApiRequest({self.method} {self.url.partition('?')[0]})"

    @property
    def sent_url(self) -> str:
        """With the keys that this API takes in its address."""
        pairs = [(name, secret.reveal()) for name, secret in self.secret_parameters]
        return f"{self.url}{'&' if urlsplit(self.url).query else '?'}{urlencode(pairs)}" if pairs else self.url

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return tuple(secret for _, secret in (*self.secret_headers, *self.secret_parameters))

    @property
    def sent_headers(self) -> dict[str, str]:
        return dict(self.headers) | {name: secret.reveal() for name, secret in self.secret_headers}


def address(base: str, path: str, **parameters: str) -> str:
    """Base and path with the parameters that have a value, in their order."""
    asked = urlencode({name: value for name, value in parameters.items() if value}, quote_via=quote)
    return f"{base.rstrip('/')}/{path.lstrip('/')}" + (f"?{asked}" if asked else "")


def basic(keys: Keys) -> tuple[tuple[str, Secret], ...]:
    """The Authorization header of user and key (RFC 7617); none where either is missing."""
    if "user" not in keys or "key" not in keys:
        return ()
    pair = f"{keys['user'].reveal()}:{keys['key'].reveal()}".encode()
    return (("Authorization", Secret(f"Basic {base64.b64encode(pair).decode()}")),)
