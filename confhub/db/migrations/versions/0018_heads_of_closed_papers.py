"""What a closed attendance's papers are headed and signed with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; attendance that was closed before keeps none."""
    op.add_column("attendance_seal", sa.Column("letterhead", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("attendance_seal", "letterhead")
