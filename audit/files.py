"""Small dealings with the user's files: read, write whole or not at all, name safely."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from audit.errors import RepauditError, UsageError

LONGEST_NAME = 80


def read_text(path: Path) -> str:
    """A UTF-8 file's text; `UsageError` where it cannot be read."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error}).", where=str(path), mend="Name a UTF-8 text file.") from None


def write_text(path: Path, text: str, kind: type[RepauditError] = UsageError) -> None:
    """Write beside, then rename: a half report is worse than none. Raises `kind`."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_text(text, "utf-8", newline="")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        mend = "Name a folder that exists and is yours."
        raise kind(f"cannot be written ({error.strerror}).", where=str(path), mend=mend) from None


def file_name(brand: str) -> str:
    """A brand as a file name: letters and digits of any script, nothing a path could use."""
    return "-".join("".join(c if c.isalnum() else " " for c in brand).split())[:LONGEST_NAME] or "audit"


def moment(text: str, where: str) -> datetime | None:
    """An ISO time of an option, UTC where it names no zone; None for ""."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time.", where=where, mend="Write it like 2026-11-20T09:00Z.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
