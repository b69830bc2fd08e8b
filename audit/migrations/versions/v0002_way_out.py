"""Live collection: the archives of runs, and what the way out remembers of each host."""

import sqlalchemy as sa  # noqa: TID251
from alembic import op  # noqa: TID251

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("run", "file", "size", "sha256", "snapshot")),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "suspensions",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("host", "kind")),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "spendings",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("host", "day")),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "turns",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("free", sa.Float, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back; use the copy made before the upgrade")
