"""Looks at lists say who was on them, and no longer what was searched."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SEARCHED = re.compile(r"(?:; text=.*|, search .*?(?=, all$|, page \d+$|$))", re.DOTALL)
"""What somebody typed: names, which would outlive their erasure."""


def upgrade() -> None:
    """Looks at lists say who was on them, and no longer what was searched."""
    op.create_table(
        "seen_people",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_seen_people")),
    )
    with op.batch_alter_table("person_look", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_person_look_seen"), ["seen"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_person_look_seen_seen_people"), "seen_people", ["seen"], ["digest"]
        )
    looks = sa.table("person_look", sa.column("id"), sa.column("detail"))
    rows = op.get_bind().execute(
        sa.select(looks.c.id, looks.c.detail).where(
            looks.c.detail.like("%; text=%") | looks.c.detail.like("%, search %")
        )
    )
    for number, detail in rows.all():
        cleaned = SEARCHED.sub("", detail)
        op.get_bind().execute(looks.update().where(looks.c.id == number).values(detail=cleaned))


def downgrade() -> None:
    """Lists are rows without people again."""
    with op.batch_alter_table("person_look", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_person_look_seen_seen_people"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_person_look_seen"))
        batch_op.drop_column("seen")
    op.drop_table("seen_people")
