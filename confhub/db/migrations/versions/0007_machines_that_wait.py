"""Machines that show a code on their screen and wait for somebody to say which room they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    op.create_table(
        "pairing_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_pairing_request_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_request")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_pairing_request_code_hash")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_pairing_request_device_hash")),
    )
    op.create_index(op.f("ix_pairing_request_endpoint_id"), "pairing_request", ["endpoint_id"])
    op.create_index(op.f("ix_pairing_request_expires_at"), "pairing_request", ["expires_at"])
    op.create_index(op.f("ix_pairing_request_network"), "pairing_request", ["network"])


def downgrade() -> None:
    """Back."""
    op.drop_table("pairing_request")
