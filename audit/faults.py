"""What databases and disks say when they fail, as one sentence and its mend."""

from __future__ import annotations

import re

# What databases say, as one sentence and its mend; first match wins.
CAUSES = (
    (
        "disk is full|no space left",
        "the disk is full",
        "Free some space and start again; nothing acknowledged is lost.",
    ),
    ("database is locked", "another run is writing to the store", "Wait for it to end, then start again."),
    ("not a database", "this file is not a store", "Name another file, or a new one."),
    ("malformed|corrupt", "the store is damaged", "Restore it from a copy; `verify` lists what is affected."),
    ("readonly|permission denied", "the store cannot be written", "Check who may write to the file and its folder."),
    ("unable to open", "the store cannot be opened", "Check that the folder exists and may be written."),
    ("disk i/o error", "the disk reports an error", "Check the disk; nothing acknowledged is lost."),
    (
        "no such table|no such column|does not exist",
        "this is not a store of repaudit",
        "Name another file, or a new one.",
    ),
    (
        "connection|could not translate|authentication|password",
        "the database server does not answer",
        "Check address, user and network.",
    ),
)


def fault(said: str) -> tuple[str, str]:
    """Sentence and mend for a driver's message; an unknown one is quoted by its first line."""
    for pattern, what, mend in CAUSES:
        if re.search(pattern, said, re.IGNORECASE):
            return what, mend
    return f"the store failed: {next(iter(said.splitlines()), 'no reason given')}", ""
