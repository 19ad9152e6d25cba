"""Between the preview of a tree and its application: how somebody said that the file is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    with op.batch_alter_table("import_draft") as table:
        table.add_column(sa.Column("choices", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("import_draft") as table:
        table.drop_column("choices")
