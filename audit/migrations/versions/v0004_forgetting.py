"""Forgetting: a tombstone for everything that was taken out by request or by age, and where reports were written."""

import sqlalchemy as sa  # noqa: TID251
from alembic import op  # noqa: TID251

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "name", "at", "why", "subject", "was", "now")),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "reports",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("brand", "path", "made_at")),
    )


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back; use the copy made before the upgrade")
