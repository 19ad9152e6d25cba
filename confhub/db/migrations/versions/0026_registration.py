"""Registration: closing dates, links, what units answered, and whom they name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Five tables."""
    op.create_table(
        "registration",
        sa.Column("session_id", ID, autoincrement=False, nullable=False),
        sa.Column("closes_at", AT, nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_registration_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_closes_at"), "registration", ["closes_at"])
    op.create_table(
        "registration_unit",
        sa.Column("session_id", ID, autoincrement=False, nullable=False),
        sa.Column("unit_id", ID, autoincrement=False, nullable=False),
        sa.Column("told_at", AT, nullable=False),
        _of_registration("registration_unit"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_registration_unit_unit_id_unit")),
        sa.PrimaryKeyConstraint("session_id", "unit_id", name=op.f("pk_registration_unit")),
    )
    op.create_table(
        "registration_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        _of_registration("registration_link"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_registration_link_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_registration_link_token_hash")),
    )
    op.create_index("ix_registration_link_session_id_unit_id", "registration_link", ["session_id", "unit_id"])
    op.create_table(
        "registration_answer",
        sa.Column("id", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("choice", sa.String(length=12), nullable=False),
        sa.Column("comes_at", AT, nullable=True),
        sa.Column("said", sa.String(length=500), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("endpoint_id", ID, nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        _of_registration("registration_answer"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_registration_answer_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_registration_answer_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_answer")),
    )
    op.create_index(op.f("ix_registration_answer_unit_id"), "registration_answer", ["unit_id"])
    op.create_index(
        "ix_registration_answer_session_id_unit_id", "registration_answer", ["session_id", "unit_id"]
    )
    op.create_table(
        "registration_delegate",
        sa.Column("answer_id", ID, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["registration_answer.id"],
            name=op.f("fk_registration_delegate_answer_id_registration_answer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("answer_id", "place", name=op.f("pk_registration_delegate")),
    )
    op.create_index(op.f("ix_registration_delegate_name_key"), "registration_delegate", ["name_key"])


def _of_registration(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session_id"],
        ["registration.session_id"],
        name=op.f(f"fk_{table}_session_id_registration"),
        ondelete="CASCADE",
    )


def downgrade() -> None:
    """Back."""
    for table in (
        "registration_delegate", "registration_answer", "registration_link", "registration_unit",
        "registration",
    ):  # fmt: skip
        op.drop_table(table)
