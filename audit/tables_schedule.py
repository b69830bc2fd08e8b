"""The tables `[schedule]` and `[money]` of a brief: when it is asked again, and the client's own figures."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator

from audit.models import Document

_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
_CURRENCY = re.compile(r"^[A-Z]{3}$")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value!r} is no time zone; write it like 'Europe/Kyiv'") from None
    return value


Zone = Annotated[str, AfterValidator(_zone)]
"""A name of the time zone database."""


class Every(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Weekday(StrEnum):
    """In the order of `datetime.date.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """Monday is 0."""
        return list(Weekday).index(self)


class ScheduleTable(Document):
    """When a brief is due. The clock is that of `timezone`, through every change of its daylight saving."""

    every: Every = Every.WEEKLY
    at: str = "06:30"
    timezone: Zone = "UTC"
    weekday: Weekday = Weekday.MON
    """Of a weekly run."""
    day: int = Field(default=1, ge=1, le=31)
    """Of a monthly run; in a shorter month its last day."""

    @field_validator("at")
    @classmethod
    def _time(cls, value: str) -> str:
        if not _TIME.match(value):
            raise ValueError(f"{value!r} is no time of day; write it like '06:30'")
        return value


class MoneyTable(Document):
    """The client's own figures for the section on money at risk; without this table there is none."""

    revenue: float = Field(gt=0)
    """A year's revenue from customers who could look the brand up before they buy."""
    looked_up: float = Field(gt=0, le=1)
    """Share of them who do: the client's own measurement or estimate."""
    currency: str
    source: str = Field(min_length=1)
    """Whose figures these are, and of when; printed beside them."""

    @field_validator("currency")
    @classmethod
    def _code(cls, value: str) -> str:
        if not _CURRENCY.match(value):
            raise ValueError(f"{value!r} is no currency; write three capital letters, like 'EUR' (ISO 4217)")
        return value
