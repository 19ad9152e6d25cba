"""What each device of a room says waits on it for a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "room_delivery",
        sa.Column("session_id", big, autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("endpoint_id", big, nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_room_delivery_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_room_delivery_session_id_session")
        ),
        sa.PrimaryKeyConstraint("session_id", "by", name=op.f("pk_room_delivery")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("room_delivery")
