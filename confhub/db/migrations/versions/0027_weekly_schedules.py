"""Weekly schedules of units."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TEXTS = ("place", "chair", "participants", "prepared_by")


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "weekly_schedule",
        sa.Column("unit_id", ID, autoincrement=False, nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("reach", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("approved_name", sa.String(length=200), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("published_name", sa.String(length=200), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("told", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_weekly_schedule_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "monday", name=op.f("pk_weekly_schedule")),
    )
    op.create_table(
        "weekly_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("content", sa.String(length=1000), nullable=False),
        *(sa.Column(name, sa.String(length=500), nullable=False) for name in TEXTS),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_weekly_entry_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_entry")),
    )
    op.create_index("ix_weekly_entry_unit_id_day", "weekly_entry", ["unit_id", "day"])
    op.create_table(
        "weekly_session_note",
        sa.Column("unit_id", ID, autoincrement=False, nullable=False),
        sa.Column("session_id", ID, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.String(length=500), nullable=False) for name in TEXTS),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_weekly_session_note_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_weekly_session_note_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "session_id", name=op.f("pk_weekly_session_note")),
    )  # fmt: skip


def downgrade() -> None:
    """Back."""
    for table in ("weekly_session_note", "weekly_entry", "weekly_schedule"):
        op.drop_table(table)
