"""Where somebody is checked in who is on the list of another room."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INDEX = "ix_session_attendee_session_id_visits_endpoint_id"


def upgrade() -> None:
    """One column, and the index that a room's tablet reads its visitors by."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("session_attendee") as table:
        table.add_column(sa.Column("visits_endpoint_id", kind, nullable=True))
    op.create_index(_INDEX, "session_attendee", ["session_id", "visits_endpoint_id"])


def downgrade() -> None:
    """Forget it."""
    op.drop_index(_INDEX, "session_attendee")
    with op.batch_alter_table("session_attendee") as table:
        table.drop_column("visits_endpoint_id")
