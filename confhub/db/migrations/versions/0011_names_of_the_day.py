"""Names, codes, positions and the tree stand with each session as they were on its day.

Sessions that are under way or over get those of now, which is the best that is known; `frozen_at` tells.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PIECE = 5_000
"""Rows written at a time."""
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SORTED = sa.String().with_variant(sa.String(collation="C"), "postgresql")
PATH = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade() -> None:
    """Names, codes, positions and the tree stand with each session as they were on its day."""
    op.create_table(
        "frozen_person",
        sa.Column("id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=True),
        sa.Column("sort_key", SORTED, nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=65), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_frozen_person_attendee_id_attendee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_person")),
    )
    op.create_index(op.f("ix_frozen_person_attendee_id"), "frozen_person", ["attendee_id"])
    op.create_table(
        "frozen_room",
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sort_key", SORTED, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_frozen_room_session_id_session"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_frozen_room_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("session_id", "endpoint_id", name=op.f("pk_frozen_room")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "frozen_unit",
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("path", PATH, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sort_key", SORTED, nullable=False),
        sa.Column("tier_id", BIG, nullable=False),
        sa.Column("tier_name", sa.String(length=200), nullable=False),
        sa.Column("tier_name_en", sa.String(length=200), nullable=False),
        sa.Column("tier_rank", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_frozen_unit_session_id_session"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_frozen_unit_unit_id_unit")),
        sa.PrimaryKeyConstraint("session_id", "unit_id", name=op.f("pk_frozen_unit")),
        sqlite_with_rowid=False,
    )
    op.add_column("session_attendee", sa.Column("frozen_id", BIG, nullable=True))
    _freeze_people()
    _freeze_rooms_and_units()


def _freeze_people() -> None:
    bind = op.get_bind()
    person, listed, frozen = (
        sa.table(name, *(sa.column(column) for column in columns))
        for name, columns in (
            ("attendee", ("id", "code", "name", "position", "sort_key", "search_key")),
            ("session_attendee", ("attendee_id", "frozen_id")),
            (
                "frozen_person",
                ("id", "attendee_id", "code", "name", "position", "sort_key", "search_key", "salt", "mark"),
            ),
        )
    )
    names = (person.c.code, person.c.name, person.c.position, person.c.sort_key, person.c.search_key)
    known = sa.exists().where(listed.c.attendee_id == person.c.id)
    last = 0
    while True:
        query = sa.select(person.c.id.label("attendee_id"), *names).where(known, person.c.id > last)
        rows = bind.execute(query.order_by(person.c.id).limit(PIECE)).mappings().all()
        if not rows:
            break
        bind.execute(frozen.insert(), [{**row, "salt": secrets.token_hex(16), "mark": ""} for row in rows])
        last = rows[-1]["attendee_id"]
    own = sa.select(frozen.c.id).where(frozen.c.attendee_id == listed.c.attendee_id).scalar_subquery()
    bind.execute(listed.update().values(frozen_id=own))


def _freeze_rooms_and_units() -> None:
    bind = op.get_bind()
    bind.execute(
        sa.text(
            "INSERT INTO frozen_room (session_id, endpoint_id, code, name, kind, sort_key) "
            "SELECT e.session_id, r.id, r.code, r.name, r.kind, r.sort_key FROM session_endpoint e "
            "JOIN endpoint r ON r.id = e.endpoint_id JOIN session s ON s.id = e.session_id "
            "WHERE s.state NOT IN ('draft', 'scheduled')"
        )
    )

    tree: dict[int, Any] = {
        row["unit_id"]: dict(row)
        for row in bind.execute(
            sa.text(
                "SELECT u.id AS unit_id, u.parent_id, u.path, u.code, u.name, u.sort_key, "
                "u.tier_id, t.name AS tier_name, t.name_en AS tier_name_en, t.rank AS tier_rank "
                "FROM unit u JOIN tier t ON t.id = u.tier_id"
            )
        ).mappings()
    }
    held = bind.execute(
        sa.text("SELECT id, unit_id FROM session WHERE state NOT IN ('draft', 'scheduled') ORDER BY id")
    ).all()
    frozen = sa.table(
        "frozen_unit",
        sa.column("frozen_at", sa.DateTime(timezone=True)),
        *(sa.column(name) for name in ("session_id", *next(iter(tree.values()), {}))),
    )
    now = datetime.now(UTC)
    for session_id, organizer in held:
        own = {organizer}
        for source in ("session_endpoint", "session_attendee"):
            query = f"SELECT DISTINCT unit_id FROM {source} WHERE session_id = :session"  # noqa: S608
            own |= set(bind.execute(sa.text(query), {"session": session_id}).scalars())
        wanted = {int(part) for one in own for part in tree[one]["path"].split("/") if part}
        rows = [
            {"session_id": session_id, "frozen_at": now, **tree[one]} for one in sorted(wanted) if one in tree
        ]
        bind.execute(frozen.insert(), rows)


def downgrade() -> None:
    """Reports show the names of today again."""
    op.drop_column("session_attendee", "frozen_id")
    op.drop_table("frozen_unit")
    op.drop_table("frozen_room")
    op.drop_index(op.f("ix_frozen_person_attendee_id"), table_name="frozen_person")
    op.drop_table("frozen_person")
