"""The audit trail is read by the account that did it, under whatever name."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index."""
    op.create_index("ix_audit_entry_actor_id_id", "audit_entry", ["actor_id", "id"])


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_audit_entry_actor_id_id", table_name="audit_entry")
