"""Schema steps of the store, oldest first. A step that was released is never edited; a new one follows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection  # noqa: TID251

HEAD = "0004"
"""Newest step in `versions`."""
STEPS = Path(__file__).parent


def _config() -> Any:
    """alembic is imported here and below: a store at HEAD needs none of it."""
    from alembic.config import Config  # noqa: TID251

    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def known(version: str | None) -> bool:
    """True for a new store and for every step of this version; False for a step of a newer one."""
    from alembic.script import ScriptDirectory  # noqa: TID251

    return version is None or version in {
        step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()
    }


def upgrade(connection: Connection) -> None:
    """Run the missing steps inside the caller's transaction."""
    from alembic import command  # noqa: TID251

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
