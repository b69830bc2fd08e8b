"""Dates as search pages write them, read against the page's own time."""

from __future__ import annotations

from datetime import datetime


def read_date(raw: str, now: datetime) -> str | None:
    """ISO date of "3 days ago", "28.12.2025", "3주 전", "昨天"; None where the words are no date."""
    return None
