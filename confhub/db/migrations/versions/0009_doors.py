"""Doors of check-in: moves that wait for consent, what was taken back at once, what is known of phones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Five tables."""
    op.create_table(
        "checkin_move",
        sa.Column("id", _ID, nullable=False),
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("from_endpoint_id", _ID, nullable=False),
        sa.Column("endpoint_id", _ID, nullable=False),
        sa.Column("attendee_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_checkin_move_session_id_session")
        ),
        sa.ForeignKeyConstraint(
            ["from_endpoint_id"], ["endpoint.id"], name=op.f("fk_checkin_move_from_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_checkin_move_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_checkin_move_attendee_id_attendee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_move")),
        sa.UniqueConstraint("key", name=op.f("uq_checkin_move_key")),
    )
    op.create_index(
        "ix_checkin_move_session_id_from_endpoint_id",
        "checkin_move",
        ["session_id", "from_endpoint_id", "state"],
    )
    op.create_table(
        "checkin_undo",
        sa.Column("id", _ID, nullable=False),
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("endpoint_id", _ID, nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author_id", _ID, nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_checkin_undo_session_id_session")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_checkin_undo_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_undo")),
    )
    op.create_index(op.f("ix_checkin_undo_session_id"), "checkin_undo", ["session_id"])
    _undone("undone_event", "event_id", "person_event")
    _undone("undone_heads", "head_id", "head_count")
    op.create_table(
        "phone_trace",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("endpoint_id", _ID, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.String(length=16), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_phone_trace_session_id_session")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_phone_trace_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_phone_trace")),
    )
    op.create_index(
        "ix_phone_trace_session_id_endpoint_id_at", "phone_trace", ["session_id", "endpoint_id", "at"]
    )


def _undone(table: str, column: str, of: str) -> None:
    op.create_table(
        table,
        sa.Column(column, _ID, autoincrement=False, nullable=False),
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("undo_id", _ID, nullable=False),
        sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f(f"fk_{table}_session_id_session")),
        sa.ForeignKeyConstraint(
            ["undo_id"], ["checkin_undo.id"], name=op.f(f"fk_{table}_undo_id_checkin_undo")
        ),
        sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{table}_session_id", table, ["session_id"])
    op.create_index(op.f(f"ix_{table}_undo_id"), table, ["undo_id"])


def downgrade() -> None:
    """Back."""
    for table in ("phone_trace", "undone_heads", "undone_event", "checkin_undo", "checkin_move"):
        op.drop_table(table)
