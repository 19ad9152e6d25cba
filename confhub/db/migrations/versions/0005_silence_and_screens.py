"""Since when a participant is not heard any more, and since when it shows a screen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = ("session_endpoint", "session_person")
_COLUMNS = ("silent_since", "screen_since")


def upgrade() -> None:
    """Since when a participant is not heard any more, and since when it shows a screen."""
    for name in _TABLES:
        with op.batch_alter_table(name) as table:
            for column in _COLUMNS:
                table.add_column(sa.Column(column, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Forget both."""
    for name in _TABLES:
        with op.batch_alter_table(name) as table:
            for column in _COLUMNS:
                table.drop_column(column)
