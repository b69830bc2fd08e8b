"""Time: which snapshot was taken when and for which due time, points of the trend, and alerts that were sent."""

import json

import sqlalchemy as sa  # noqa: TID251
from alembic import op  # noqa: TID251

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    captures = op.create_table(
        "captures",
        sa.Column("snapshot", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("taken_at", "plan", "slot", "origin")),
        sa.Column("brand", sa.Text, nullable=False, index=True),
        sa.Column("capture", sa.Integer, nullable=False),
        sa.Column("claim", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "points",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("brand", sa.Text, nullable=False, index=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("snapshot", "subject", "method", "document")),
        sa.UniqueConstraint("snapshot", "subject"),
    )
    op.create_table(
        "alerts",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("brand", sa.Text, nullable=False, index=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key", "channel", "at", "document")),
        sa.UniqueConstraint("brand", "key", "channel"),
    )
    _fill(captures)


def _fill(captures: sa.Table) -> None:
    """Snapshots of older stores belong to no due time: each is its own claim."""
    link = op.get_bind()
    rows = link.exec_driver_sql("SELECT id, brand, taken_at, document FROM snapshots").all()
    for name, brand, taken_at, document in rows:
        try:
            plan = str(json.loads(document).get("brief_digest", ""))
        except ValueError:
            plan = ""  # altered; the seal tells
        fixed = {"slot": "", "origin": "import", "capture": 1, "claim": name}
        link.execute(captures.insert().values(snapshot=name, brand=brand, taken_at=taken_at, plan=plan, **fixed))


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back; use the copy made before the upgrade")
