"""APIs asked instead of result pages: which cells, with which keys, to which hosts, and what their answers say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from audit.brief import Brief
from audit.errors import UsageError
from audit.models import Outcome, Page, Serp, SerpQuery, Status
from audit.tables_providers import Askable
from spiders import registry
from spiders.archive.visits import Context, Purpose
from spiders.ask import ApiRequest, CannotAskError, Way
from spiders.gate.egress import OwnHost
from spiders.provider import Provider, parse_document, without_secrets
from spiders.run import Errand
from spiders.secret import FILE, Keyring, Secret, variable

SOURCE = "api:"
"""Begins the source of a page that an API sent; its name follows."""


class Asked(NamedTuple):
    """An errand to an API, and the very request."""

    errand: Errand
    request: ApiRequest


def askable() -> dict[str, Askable]:
    """Every API that can be asked live, for the brief to be checked against."""
    return {
        name: Askable(plug.asks, plug.formats, own=not plug.address and not plug.formats)
        for name, plug in registry.providers().items()
        if plug.asks
    }


def secret_names() -> dict[str, tuple[str, ...]]:
    """Names of the secrets each API is asked with."""
    return {name: (*plug.needs, *plug.takes) for name, plug in registry.providers().items() if plug.asks}


def keyring(folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Keyring:
    """The secrets at hand, from environment and file; `folder` is that of the brief. Raises `UsageError`."""
    return Keyring.read(secret_names(), folder=folder, environment=os.environ if environment is None else environment)


class Apis:
    """The APIs of one brief with their keys. Raises `UsageError` for a key or a host that is missing."""

    def __init__(self, brief: Brief, keys: Keyring, environment: Mapping[str, str] | None = None) -> None:
        self._brief, self._keys = brief, keys
        self._environment = os.environ if environment is None else environment
        self._ways = {name: self._way(name) for name in brief.providers}
        self.secrets = [secret for name in brief.providers for secret in keys.of(name).values()]
        for name in brief.providers:
            self._check(registry.providers()[name])

    @property
    def own(self) -> tuple[OwnHost, ...]:
        """Hosts of the user's own that the brief lets these requests, and no others, go to."""
        named = [self._ways[name].address for name, table in self._brief.providers.items() if table.own_host]
        return tuple(_place(address) for address in named)

    def asked(self, cells: Iterable[SerpQuery]) -> list[Asked]:
        """The requests for those of these cells that an API is asked for, and can be."""
        return [self._asked(cell) for cell in cells if self._brief.asked_of(cell) and not self.cannot(cell)]

    def errand(self, cell: SerpQuery) -> Errand:
        """What is kept of a cell's request: where it goes, without any secret."""
        name = self._brief.asked_of(cell)
        context = Context(country=cell.country, language=cell.language, device=cell.device.value)
        url = registry.providers()[name].homepage if self.cannot(cell) else self._request(cell).url
        return Errand(url, Purpose.SERP, cell, site=SOURCE + name, context=context)

    def cannot(self, cell: SerpQuery) -> str:
        """Why the API of this cell has no way to ask it, or ""."""
        plug = registry.providers()[self._brief.asked_of(cell)]
        if cell.page > plug.pages:
            return f"{plug.name} cannot be asked for page {cell.page} alone"
        try:
            self._request(cell)
        except CannotAskError as error:
            return str(error)
        return ""

    def _asked(self, cell: SerpQuery) -> Asked:
        return Asked(self.errand(cell), self._request(cell))

    def _request(self, cell: SerpQuery) -> ApiRequest:
        name = self._brief.asked_of(cell)
        return registry.providers()[name].ask(cell, self._keys.of(name), self._ways[name])

    def _way(self, name: str) -> Way:
        table = self._brief.providers[name]
        return Way(table.address or self._environment.get(variable(name, "address"), ""), table.format, table.path)

    def _check(self, plug: Provider) -> None:
        """Before anything is sent: every key is there, and none will travel in the clear to somebody else's host."""
        name, table, keys = plug.name, self._brief.providers[plug.name], self._keys.of(plug.name)
        missing = [need for need in plug.needs if need not in keys]
        if missing:
            variables = " and ".join(variable(name, need) for need in missing)
            mend = f"Set {variables}, or write it into {FILE} under [{name}]."
            raise UsageError(f"{name} cannot be asked without its {' and '.join(missing)}.", mend=mend)
        address = self._ways[name].address or plug.address
        if not address and not plug.formats:
            mend = f"Write address under [providers.{name}], or set {variable(name, 'address')}."
            raise UsageError(f"{name} runs on a host of your own, and none is named.", mend=mend)
        if table.own_host and _place(address).host != table.own_host:
            raise UsageError(f"own_host of {name} is not the host of its address.", mend="Name the same host in both.")
        if address.startswith("http://") and keys and not table.own_host:
            raise UsageError(f"{name} would get its key without encryption.", mend="Use https, or name own_host.")


def _place(address: str) -> OwnHost:
    parts = urlsplit(address)
    return OwnHost((parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80))


def by_hand(errand: Errand) -> Asked:
    """An errand whose address a person wrote with the key in it: the key is taken apart before anything is kept."""
    public = without_secrets(errand.url)
    kept = {name for name, _ in parse_qsl(urlsplit(public).query, keep_blank_values=True)}
    pairs = parse_qsl(urlsplit(errand.url).query, keep_blank_values=True)
    hidden = tuple((name, Secret(value)) for name, value in pairs if name not in kept)
    return Asked(errand._replace(url=public), ApiRequest("GET", public, headers=(), secret_parameters=hidden))


def read_answer(page: Page, cell: SerpQuery) -> Serp:
    """What the page of an API says about the cell it was asked for."""
    plug = registry.providers()[page.source.removeprefix(SOURCE)]
    document = parse_document(page.body) if page.body and not page.failure else None
    inner = plug.unwrap(page, document) if document is not None and plug.recognises(document) else None
    if inner is not None:
        return registry.engines()[cell.engine].parse(inner, cell).model_copy(update={"query": cell, "url": page.url})
    serps = plug.read(page, cell)
    own = next((serp for serp in serps if serp.query.engine == cell.engine), None)
    return (own or _of_another(serps[0])).model_copy(update={"query": cell})


def _of_another(serp: Serp) -> Serp:
    """An answer for another engine answers nothing; a refusal of the whole request stays one."""
    if not serp.outcome.answered:
        return serp
    outcome = Outcome(status=Status.UNRECOGNISED, kind="other_engine", why=f"this is an answer of {serp.query.engine}")
    return serp.model_copy(update={"outcome": outcome, "results": ()})
