"""What was moved from one unit to another at once, so that it can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from confhub.db.base import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "unit_move",
        sa.Column("id", kind, nullable=False),
        sa.Column("from_id", kind, nullable=False),
        sa.Column("to_id", kind, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["unit.id"], name=op.f("fk_unit_move_from_id_unit")),
        sa.ForeignKeyConstraint(["to_id"], ["unit.id"], name=op.f("fk_unit_move_to_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_move")),
    )
    op.create_index(op.f("ix_unit_move_from_id"), "unit_move", ["from_id"])
    op.create_index(op.f("ix_unit_move_to_id"), "unit_move", ["to_id"])


def downgrade() -> None:
    """Forget it."""
    op.drop_table("unit_move")
