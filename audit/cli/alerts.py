"""Alerts: what the newest audit has to tell, sent once, outside the quiet hours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, current_audit, emit, now, open_brief, open_store, say
from audit.errors import RepauditError, UsageError
from audit.seal import digest

if TYPE_CHECKING:
    from audit.alerts import Alert
    from audit.brief import Brief
    from audit.store import Store
    from audit.tables_alerts import HookTable, MailTable

NEW_ALERTS = 10
"""Exit code: there is something new to tell. 0 = nothing."""
SEEN = "seen"
KEPT = timedelta(days=7)
"""An alert that could not be sent is tried again for a week."""


class Channel(NamedTuple):
    name: str
    send: Callable[[Sequence[Alert]], None]


@app.command()
def alerts(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """Tell what is new and bad by the rules of the brief; exit code 10 where there is something."""
    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        fresh, troubles = tell_alerts(brief, store)
    if as_json:
        emit({"alerts": [alert.model_dump(mode="json") for alert in fresh], "undelivered": troubles})
    else:
        for line in [alert.text for alert in fresh] or ["Nothing new to tell."]:
            say(line)
        for trouble in troubles:
            say(f"Not delivered: {trouble}")
    if fresh:
        raise typer.Exit(NEW_ALERTS)


def tell_alerts(brief: Brief, store: Store) -> tuple[list[Alert], list[str]]:
    """Score the newest snapshot, remember what is new, send what was not sent; new alerts, and what went wrong."""
    from audit.alerts import alerts as found_in
    from audit.alerts import quiet

    audit, at, name = current_audit(brief, store), now(), brief.brand.name
    fresh = [
        alert
        for alert in found_in(audit, brief.alerts)
        if store.series.first_alert(name, alert.key, SEEN, at, alert.model_dump_json())
    ]
    troubles = [] if quiet(brief.alerts, at) else list(_sent(brief, store))
    return fresh, troubles


def _sent(brief: Brief, store: Store) -> Iterator[str]:
    """Send everything seen lately that a channel did not have yet; a sentence for every channel that failed."""
    from audit.alerts import Alert

    name, at = brief.brand.name, now()
    seen = [Alert.model_validate_json(text) for text in store.series.alerts(name, SEEN, at - KEPT)]
    for channel in channels(brief):
        unsent = [a for a in seen if store.series.first_alert(name, a.key, channel.name, at, a.model_dump_json())]
        if not unsent:
            continue
        try:
            channel.send(unsent)
        except RepauditError as error:
            for alert in unsent:
                store.series.forget_alert(name, alert.key, channel.name)
            yield str(error)


def channels(brief: Brief) -> Iterator[Channel]:
    """Mail and webhooks of the brief. A channel is known by a digest: its address may be a secret."""
    if brief.alerts.mail is not None:
        box = brief.alerts.mail
        yield Channel(f"mail:{digest(box.server, *box.to)[:16]}", partial(_mail, box))
    for table in brief.alerts.hooks:
        yield Channel(f"hook:{digest(table.shape, table.url, table.chat)[:16]}", partial(_hook, table))


def _mail(box: MailTable, found: Sequence[Alert]) -> None:
    from audit.alerts import one_message
    from spiders.gate.post import Mailbox, mail

    host, _, port = box.server.rpartition(":")
    user, password = (os.environ.get(f"REPAUDIT_SMTP_{name}", "") for name in ("USER", "PASSWORD"))
    mail(Mailbox(host.strip("[]"), int(port), box.tls, box.sender, box.to, user, password), *one_message(found))


def _hook(table: HookTable, found: Sequence[Alert]) -> None:
    from audit.alerts import one_message
    from audit.tables_alerts import HookShape
    from spiders.gate.post import hook, slack, telegram

    subject, text = one_message(found)
    body: object = {"alerts": [alert.model_dump(mode="json") for alert in found]}
    if table.shape is HookShape.SLACK:
        body = slack(f"{subject}\n{text}")
    elif table.shape is HookShape.TELEGRAM:
        body = telegram(f"{subject}\n{text}", table.chat)
    hook(_address(table.url), body)


def _address(url: str) -> str:
    if not url.startswith("env:"):
        return url
    name = url.removeprefix("env:")
    found = os.environ.get(name, "")
    if not found.startswith(("https://", "http://")):
        raise UsageError("holds no address of a webhook.", where=f"environment variable {name}", mend="Set it.")
    return found
