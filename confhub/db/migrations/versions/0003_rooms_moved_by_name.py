"""Rooms that were moved into a session by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rooms that were moved into a session by name."""
    with op.batch_alter_table("session_endpoint") as table:
        table.add_column(sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("placed_by", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Forget who moved them."""
    with op.batch_alter_table("session_endpoint") as table:
        table.drop_column("placed_by")
        table.drop_column("placed_at")
