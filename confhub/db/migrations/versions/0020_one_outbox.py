"""One outbox for all that leaves the hub: reports by e-mail, and statements for the learning record store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

STATEMENTS = """
INSERT INTO outbox (kind, key, about, unit_id, address, title, payload, made_at, due_at, attempts, forgiven,
                    last_error, holder, done_at, given_up_at)
SELECT 'learning', s.id, s.subject, a.unit_id, '', s.verb, '{}', s.created_at,
       CASE WHEN s.sent_at IS NULL AND NOT s.is_refused THEN s.next_at END, s.attempts, s.attempts,
       s.error, '', s.sent_at, CASE WHEN s.sent_at IS NULL AND s.is_refused THEN s.next_at END
FROM learning_statement s JOIN attendee a ON a.id = s.attendee_id
ORDER BY s.created_at, s.id
"""
"""Of the refused ones it is not known when; they come up among what could not be delivered."""


def upgrade() -> None:
    """One table; what waited, was sent, or was given up stands in it."""
    op.create_table(
        "outbox",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("unit_id", BIG, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("forgiven", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("given_up_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_outbox_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_outbox_kind_key")),
    )
    op.create_index(op.f("ix_outbox_about"), "outbox", ["about"])
    op.create_index(op.f("ix_outbox_unit_id"), "outbox", ["unit_id"])
    op.create_index("ix_outbox_kind_due_at", "outbox", ["kind", "due_at"])
    op.execute(STATEMENTS)
    _reports()
    op.drop_index("ix_report_delivery_schedule_id", table_name="report_delivery")
    op.drop_table("report_delivery")
    with op.batch_alter_table("learning_statement") as table:
        table.drop_index("ix_learning_statement_sent_at_next_at")
        for name in ("sent_at", "attempts", "next_at", "error", "is_refused"):
            table.drop_column(name)


def _reports() -> None:
    """Deliveries of scheduled reports; the addresses are those of the schedule."""
    moment, text = sa.column("created_at", MOMENT), sa.String()
    delivery = sa.table(
        "report_delivery", sa.column("id", BIG), sa.column("schedule_id", BIG), sa.column("key", text),
        sa.column("subject", text), moment, sa.column("sent_at", MOMENT), sa.column("attempts", sa.Integer()),
        sa.column("next_at", MOMENT), sa.column("error", text),
    )  # fmt: skip
    schedule = sa.table(
        "report_schedule", sa.column("id", BIG), sa.column("unit_id", BIG), sa.column("recipients", sa.JSON())
    )
    outbox = sa.table(
        "outbox", *(sa.column(name, text) for name in ("kind", "key", "about", "address", "title")),
        sa.column("unit_id", BIG), sa.column("payload", sa.JSON()), sa.column("made_at", MOMENT),
        sa.column("due_at", MOMENT), sa.column("attempts", sa.Integer()), sa.column("forgiven", sa.Integer()),
        *(sa.column(name, text) for name in ("last_error", "holder")), sa.column("done_at", MOMENT),
        sa.column("given_up_at", MOMENT),
    )  # fmt: skip
    d, s = delivery.c, schedule.c
    query = (
        sa.select(
            d.schedule_id, d.key, s.unit_id, s.recipients, d.subject, d.created_at, d.next_at, d.attempts,
            d.error, d.sent_at,
        )
        .join(schedule, s.id == d.schedule_id)
        .order_by(d.id)
    )  # fmt: skip
    rows = [
        {
            "kind": "report", "key": key, "about": f"schedule:{schedule_id}", "unit_id": unit_id,
            "address": ", ".join(recipients), "title": subject, "payload": {}, "made_at": made_at,
            "due_at": None if sent_at else next_at, "attempts": attempts, "forgiven": 0, "last_error": error,
            "holder": "", "done_at": sent_at, "given_up_at": made_at if not (sent_at or next_at) else None,
        }
        for schedule_id, key, unit_id, recipients, subject, made_at, next_at, attempts, error, sent_at
        in op.get_bind().execute(query)
    ]  # fmt: skip
    if rows:
        op.get_bind().execute(sa.insert(outbox), rows)


def downgrade() -> None:
    """There is no way back: what was sent since would be sent anew."""
    raise NotImplementedError("revision 0020 cannot be taken back; restore the database from before it")
