"""When each line of a session's list was written last: tablets ask for what changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; a list that was written before is asked for as a whole once."""
    touched = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("session_attendee", sa.Column("touched", touched, nullable=False, server_default="0"))


def downgrade() -> None:
    """Back."""
    op.drop_column("session_attendee", "touched")
