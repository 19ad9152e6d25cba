"""The audit trail is read by who did it, and by branch, each by its index."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two indexes."""
    op.create_index("ix_audit_entry_actor_name_id", "audit_entry", ["actor_name", "id"])
    op.create_index(op.f("ix_audit_entry_path"), "audit_entry", ["path"])


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("ix_audit_entry_path"), table_name="audit_entry")
    op.drop_index("ix_audit_entry_actor_name_id", table_name="audit_entry")
