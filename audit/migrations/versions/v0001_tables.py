"""The first tables: blobs, fetches, snapshots, labels, audits."""

import sqlalchemy as sa  # noqa: TID251
from alembic import op  # noqa: TID251

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "fetches",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("sha256", sa.Text, sa.ForeignKey("blobs.sha256"), nullable=False, index=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "snapshots",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("brand", sa.Text, nullable=False, index=True),
        sa.Column("taken_at", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("seal", sa.Text, nullable=True),
    )
    op.create_table(
        "labels",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("brand", sa.Text, nullable=False, index=True),
        sa.Column("saved_at", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "audits",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("brand", sa.Text, nullable=False, index=True),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back; use the copy made before the upgrade")
