"""Known devices and networks, one-time logins, passwords to be changed, addresses in the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every account that is there keeps its password."""
    op.create_table(
        "known_origin",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_known_origin_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", "key", name=op.f("pk_known_origin")),
    )
    op.create_index(op.f("ix_known_origin_seen_at"), "known_origin", ["seen_at"])
    op.create_table(
        "login_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_code_account_id_account")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_login_code")),
    )
    op.create_index(op.f("ix_login_code_account_id"), "login_code", ["account_id"])
    op.create_index(op.f("ix_login_code_expires_at"), "login_code", ["expires_at"])
    with op.batch_alter_table("account") as batch_op:
        batch_op.add_column(sa.Column("must_change", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("audit_entry") as batch_op:
        batch_op.add_column(sa.Column("address", sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("audit_entry") as batch_op:
        batch_op.drop_column("address")
    with op.batch_alter_table("account") as batch_op:
        batch_op.drop_column("must_change")
    op.drop_table("login_code")
    op.drop_table("known_origin")
