"""Messages out: mail, webhooks, texts for an endpoint that judges. All to addresses the user named."""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import urlsplit

from audit.errors import RepauditError, UsageError

DEADLINE = 20.0
"""Seconds for a message; a desk that does not answer must not hold up a night's runs."""
PATIENCE = 60.0
"""Seconds for an endpoint: a model may take its time."""
LARGEST = 1_000_000
"""Bytes of its answer."""
HOME = ("127.0.0.1", "localhost", "::1")
_SLACK_LIMIT = 3000
_TELEGRAM_LIMIT = 4000
"""Characters; both services refuse longer texts."""


class UndeliveredError(RepauditError):
    """A message was not taken. It is kept and tried again the next time."""


class Mailbox(NamedTuple):
    host: str
    port: int
    tls: str
    """`starttls`, `tls` or `none`."""
    sender: str
    to: Sequence[str]
    user: str = ""
    password: str = ""


def mail(box: Mailbox, subject: str, text: str, trusted: ssl.SSLContext | None = None) -> None:
    """Send one mail. Raises `UndeliveredError` in one sentence, without user or password."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = box.sender, ", ".join(box.to), subject
    message.set_content(text)
    context = trusted or ssl.create_default_context()
    try:
        with _server(box, context) as server:
            if box.tls == "starttls":
                server.starttls(context=context)
            if box.user:
                server.login(box.user, box.password)
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise _undelivered(f"{box.host}:{box.port}", error) from None


def _server(box: Mailbox, context: ssl.SSLContext) -> smtplib.SMTP:
    if box.tls == "tls":
        return smtplib.SMTP_SSL(box.host, box.port, timeout=DEADLINE, context=context)
    return smtplib.SMTP(box.host, box.port, timeout=DEADLINE)


def hook(url: str, body: object, trusted: ssl.SSLContext | None = None) -> None:
    """Post JSON to a webhook. Raises `UndeliveredError`; the address may be a secret and is not repeated whole."""
    data = json.dumps(body, ensure_ascii=False).encode()
    head = {"Content-Type": "application/json", "User-Agent": "repaudit"}
    request = urllib.request.Request(url, data=data, headers=head, method="POST")  # noqa: S310 - http(s) by the brief
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), _NoRedirect(), urllib.request.HTTPSHandler(context=trusted)
    )
    try:
        with opener.open(request, timeout=DEADLINE):
            pass
    except (urllib.error.URLError, OSError, ValueError) as error:
        host = url.split("/")[2] if url.count("/") >= 2 else "the webhook"
        raise _undelivered(host.rpartition("@")[2], error) from None


def ask(address: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The answer of the user's endpoint. OSError where there is none, `UsageError` where texts would go in clear."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in HOME:
        raise UsageError("is not encrypted.", where=f"{parts.scheme}://{parts.hostname}", mend="Use https://.")
    request = urllib.request.Request(address, data=body, headers=dict(headers), method="POST")  # noqa: S310 - as checked
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    with opener.open(request, timeout=PATIENCE) as answer:
        return bytes(answer.read(LARGEST))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A message goes where the user said, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def _undelivered(host: str, error: Exception) -> UndeliveredError:
    code = getattr(error, "code", None) or getattr(error, "smtp_code", None)
    said = f"it answered {code}" if code else str(getattr(error, "reason", "") or type(error).__name__)
    return UndeliveredError(f"the message was not taken ({said}).", where=host, mend="It is sent again the next time.")


def slack(text: str) -> dict[str, str]:
    """What an incoming webhook of Slack takes; its three control characters are escaped."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": plain[:_SLACK_LIMIT]}


def telegram(text: str, chat: str) -> dict[str, str | bool]:
    """What `sendMessage` of the Telegram bot API takes: plain text, no parse mode, so that nothing is markup."""
    return {"chat_id": chat, "text": text[:_TELEGRAM_LIMIT], "disable_web_page_preview": True}
