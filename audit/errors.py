"""Everything that can go wrong, as one tree. Messages say what, where, and what to do next.

    RepauditError                 exit 1
    ├── UsageError                exit 2   a wrong option, a file that is not there
    │   └── BriefError            exit 2   brief.toml: file, key, mend
    ├── StoreError                exit 3   the store cannot be opened, is full, or was altered
    │   └── AlreadyRunningError   exit 3   another run of the same brand is going on
    ├── NotEnoughError            exit 4   nothing to score: no snapshot, no answered query
    ├── DocumentError             exit 5   a stored document of an unknown schema, or broken JSON
    └── RenderError               exit 6   the report could not be written

Only `audit.cli` turns them into exit codes; no traceback reaches a user.
"""

from __future__ import annotations


class RepauditError(Exception):
    """Root of the tree. `exit_code` is what the shell sees."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(sentence(what, where, mend))


class UsageError(RepauditError):
    """The caller asked for something that cannot be: a wrong option, a missing file."""

    exit_code = 2


class BriefError(UsageError):
    """A brief that cannot be read; `where` is `file: key` or `file:line`."""


class StoreError(RepauditError):
    """The store cannot be opened, is full, or its seal does not match."""

    exit_code = 3


class AlreadyRunningError(StoreError):
    """Another process is at the same work; the message names it and its age."""


class NotEnoughError(RepauditError):
    """There is nothing to score yet."""

    exit_code = 4


class DocumentError(RepauditError):
    """A stored document that this version cannot read."""

    exit_code = 5


class RenderError(RepauditError):
    """The report could not be made or written."""

    exit_code = 6


def sentence(what: str, where: str, mend: str) -> str:
    """Join the three parts every message has into one line."""
    parts = f"{where}: {what}" if where else what
    return f"{parts} {mend}".strip() if mend else parts
