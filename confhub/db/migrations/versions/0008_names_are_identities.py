"""Names compared by letters and tones; a year of birth alone; how a branch's files name their columns."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT_ONCE = 5_000


def upgrade() -> None:
    """Every name's key anew, a column, a table."""
    _rekey(identity_key)
    with op.batch_alter_table("attendee") as table:
        table.add_column(sa.Column("birth_year", sa.Integer(), nullable=True))
    path = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
    op.create_table(
        "remembered_columns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch", path, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("headings", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remembered_columns")),
        sa.UniqueConstraint(
            "branch", "kind", "headings", name=op.f("uq_remembered_columns_branch_kind_headings")
        ),
    )


def downgrade() -> None:
    """Names compared as they are searched for."""
    op.drop_table("remembered_columns")
    with op.batch_alter_table("attendee") as table:
        table.drop_column("birth_year")
    _rekey(fold)


def _rekey(key: Callable[[str], str]) -> None:
    """Nobody's key is empty but of those whose name was erased."""
    connection = op.get_bind()
    people = sa.table("attendee", sa.column("id"), sa.column("name"), sa.column("name_key"))
    change = people.update().where(people.c.id == sa.bindparam("of")).values(name_key=sa.bindparam("key"))
    last = 0
    while True:
        query = sa.select(people.c.id, people.c.name).where(people.c.id > last, people.c.name_key != "")
        part = connection.execute(query.order_by(people.c.id).limit(AT_ONCE)).all()
        if not part:
            return
        connection.execute(change, [{"of": row[0], "key": key(row[1])} for row in part])
        last = part[-1][0]
