"""Sessions that come again, days off, and who has which room when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEGINS = {
    "sqlite": "CAST(strftime('%s', s.starts_at) AS INTEGER)",
    "postgresql": "CAST(floor(EXTRACT(EPOCH FROM s.starts_at)) AS BIGINT)",
}
"""A session's start in seconds since 1970."""


def upgrade() -> None:
    """Seven tables; rooms of sessions that are planned or held now are booked."""
    op.create_table(
        "booking_rule",
        sa.Column("unit_id", ID, autoincrement=False, nullable=False),
        sa.Column("on_conflict", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_booking_rule_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_booking_rule")),
    )
    op.create_table(
        "series",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=60), nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("search_key", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=300), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("on_days_off", sa.String(length=10), nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("made_until", sa.Date(), nullable=False),
        sa.Column("look_on", sa.Date(), nullable=False),
        sa.Column("stopped", sa.String(length=60), nullable=True),
        sa.Column("previous_id", ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name=op.f("fk_series_created_by_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["previous_id"], ["series.id"], name=op.f("fk_series_previous_id_series")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_series_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("uid", name=op.f("uq_series_uid")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_look_on"), ["look_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "unit_day_off",
        sa.Column("unit_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_day_off_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "day", name=op.f("pk_unit_day_off")),
    )
    op.create_table(
        "room_buffer",
        sa.Column("endpoint_id", ID, autoincrement=False, nullable=False),
        sa.Column("setup_min", sa.Integer(), nullable=False),
        sa.Column("clear_min", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_room_buffer_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_room_buffer")),
    )
    op.create_table(
        "room_booking",
        sa.Column("session_id", ID, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", ID, autoincrement=False, nullable=False),
        sa.Column("from_s", sa.BigInteger(), nullable=False),
        sa.Column("until_s", sa.BigInteger(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range((endpoint_id << 36) + from_s, (endpoint_id << 36) + until_s)"), "&&"),
            where=sa.text("exclusive"),
            using="gist",
            name="room_booking_exclusive",
        ).ddl_if(dialect="postgresql"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_room_booking_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_room_booking_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "endpoint_id", name=op.f("pk_room_booking")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("room_booking", schema=None) as batch_op:
        batch_op.create_index(
            "ix_room_booking_from_s", ["from_s", "until_s", "endpoint_id", "session_id"], unique=False
        )

    op.create_table(
        "series_occurrence",
        sa.Column("series_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", ID, nullable=True),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_series_occurrence_series_id_series")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_series_occurrence_session_id_session"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("series_id", "day", name=op.f("pk_series_occurrence")),
        sa.UniqueConstraint("session_id", name=op.f("uq_series_occurrence_session_id")),
    )
    begins = BEGINS[op.get_bind().dialect.name]
    op.execute(
        "INSERT INTO room_booking (session_id, endpoint_id, from_s, until_s, exclusive) "  # noqa: S608 - ours
        f"SELECT e.session_id, e.endpoint_id, {begins}, {begins} + 60 * s.length_min, false "
        "FROM session_endpoint e JOIN session s ON s.id = e.session_id "
        "WHERE s.state IN ('scheduled', 'lobby', 'live') "
        "AND e.expected_until IS NULL AND e.removed_at IS NULL"
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("series_occurrence")
    with op.batch_alter_table("room_booking", schema=None) as batch_op:
        batch_op.drop_index("ix_room_booking_from_s")

    op.drop_table("room_booking")
    op.drop_table("room_buffer")
    op.drop_table("unit_day_off")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_unit_id"))
        batch_op.drop_index(batch_op.f("ix_series_look_on"))

    op.drop_table("series")
    op.drop_table("booking_rule")
