"""By which rules attendance is reckoned, and what missing connections and unanswered prompts took of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MILLIS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS: dict[str, dict[str, tuple[sa.types.TypeEngine[Any], str]]] = {
    "session": {"by_plan": (sa.Boolean(), "1"), "attendance_rules": (sa.Integer(), "2")},
    "checkin_policy": {"unconnected_counts": (sa.Boolean(), "0")},
    "person_presence": {"unconnected_millis": (_MILLIS, "0"), "prompt_millis": (_MILLIS, "0")},
    "room_totals": {
        "unconnected": (sa.Integer(), "0"),
        "unanswered": (sa.Integer(), "0"),
        "unconnected_millis": (_MILLIS, "0"),
        "prompt_millis": (_MILLIS, "0"),
    },
}


def upgrade() -> None:
    """Attendance that was ever closed keeps the rules that it was closed by; all other is derived anew."""
    for name, columns in _COLUMNS.items():
        with op.batch_alter_table(name) as table:
            for column, (kind, value) in columns.items():
                default = sa.true() if value == "1" else sa.false() if kind.python_type is bool else value
                table.add_column(sa.Column(column, kind, nullable=False, server_default=default))
    op.execute("UPDATE session SET attendance_rules = 1 WHERE id IN (SELECT session_id FROM attendance_seal)")
    derived, session = (
        sa.table("derived_state", sa.column("session_id"), sa.column("stale")),
        sa.table("session", sa.column("id"), sa.column("attendance_rules")),
    )
    anew = sa.select(session.c.id).where(session.c.attendance_rules != 1)
    op.execute(sa.update(derived).where(derived.c.session_id.in_(anew)).values(stale=sa.true()))


def downgrade() -> None:
    """Forget them."""
    for name, columns in _COLUMNS.items():
        with op.batch_alter_table(name) as table:
            for column in columns:
                table.drop_column(column)
