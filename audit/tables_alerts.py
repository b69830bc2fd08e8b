"""The table `[alerts]` of a brief: what is worth a message, to whom it goes, and when nobody is to be woken."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from audit.models import Document
from audit.tables_schedule import Zone

_HOURS = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")
_VARIABLE = re.compile(r"^env:[A-Z][A-Z0-9_]*$")
_SERVER = re.compile(r"^[A-Za-z0-9.\[\]:-]+:\d{1,5}$")


class AlertRule(StrEnum):
    NEW_NEGATIVE = "new_negative"
    FIRST_NEGATIVE = "first_negative"
    SCORE_FELL = "score_fell"
    RATING_MOVED = "rating_moved"
    BAD_SUGGESTION = "bad_suggestion"
    PAGE_REMOVED = "page_removed"
    COVERAGE_FELL = "coverage_fell"


class HookShape(StrEnum):
    """What a webhook is sent: our own JSON, or what Slack or Telegram understand."""

    JSON = "json"
    SLACK = "slack"
    TELEGRAM = "telegram"


class MailTable(Document):
    """Mail by SMTP; user and password come from REPAUDIT_SMTP_USER and REPAUDIT_SMTP_PASSWORD."""

    server: str
    """`host:port`."""
    sender: str = Field(min_length=3)
    to: tuple[str, ...] = Field(min_length=1)
    tls: str = "starttls"
    """`starttls`, `tls` (from the first byte), or `none` for a server on this machine."""

    @field_validator("server")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if not _SERVER.match(value) or not 0 < int(value.rpartition(":")[2]) < 65_536:
            raise ValueError(f"{value!r} is no mail server; write it like 'mail.acme.example:587'")
        return value

    @field_validator("tls")
    @classmethod
    def _known_way(cls, value: str) -> str:
        if value not in ("starttls", "tls", "none"):
            raise ValueError(f"{value!r} is not known; write 'starttls', 'tls' or 'none'")
        return value

    @field_validator("sender", "to")
    @classmethod
    def _one_line(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for address in (value,) if isinstance(value, str) else value:
            if "@" not in address or any(c in address for c in "\r\n"):
                raise ValueError(f"{address!r} is no mail address; write it like 'desk@acme.example'")
        return value


class HookTable(Document):
    """A webhook. Its address often is a secret: then write `url = "env:NAME"` and keep it in the environment."""

    url: str
    shape: HookShape = HookShape.JSON
    chat: str = ""
    """Telegram: the chat that is written to."""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")) and not _VARIABLE.match(value):
            raise ValueError("a webhook is an https:// address, or 'env:NAME' of the variable that holds it")
        return value

    @model_validator(mode="after")
    def _chat_for_telegram(self) -> Self:
        if self.shape is HookShape.TELEGRAM and not self.chat:
            raise ValueError("Telegram needs the chat to write to; add: chat = '...'")
        return self


class AlertsTable(Document):
    rules: tuple[AlertRule, ...] = tuple(AlertRule)
    top: int = Field(default=10, ge=1, le=20)
    """A new negative within these places."""
    first_negative_above: int = Field(default=4, ge=2, le=11)
    """The first negative stands above this place."""
    rating_move: float = Field(default=0.2, gt=0)
    coverage_move: float = Field(default=0.05, gt=0, le=1)
    quiet: str = ""
    """Hours without messages, like `22:00-07:00`; what happens then is sent afterwards."""
    timezone: Zone = "UTC"
    mail: MailTable | None = None
    hooks: tuple[HookTable, ...] = ()

    @field_validator("quiet")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value and not _HOURS.match(value):
            raise ValueError(f"{value!r} are no hours; write them like '22:00-07:00'")
        return value
