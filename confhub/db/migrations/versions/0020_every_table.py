"""Every table: all revisions up to this one, made one while no version had been released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
PATH = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
SORT_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Every table."""
    op.create_table(
        "account",
        sa.Column("id", BIG, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("sort_key", SORT_KEY, nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("must_change", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_actor_name_id", "audit_entry", ["actor_name", "id"])
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_index(op.f("ix_audit_entry_path"), "audit_entry", ["path"])
    op.create_index("ix_audit_entry_subject_subject_id", "audit_entry", ["subject", "subject_id"])

    op.create_table(
        "certificate_series",
        sa.Column("series", sa.String(length=80), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_certificate_series")),
    )
    op.create_table(
        "checkin_key",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_key")),
    )
    op.create_table(
        "failed_attempt",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_failed_attempt")),
    )
    op.create_index(op.f("ix_failed_attempt_last_at"), "failed_attempt", ["last_at"])

    op.create_table(
        "import_draft",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("choices", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_import_draft")),
    )
    op.create_index(op.f("ix_import_draft_expires_at"), "import_draft", ["expires_at"])

    op.create_table(
        "job_lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_lease")),
    )
    op.create_table(
        "learning_mark",
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_learning_mark")),
    )
    op.create_table(
        "people_draft",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("seen", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_people_draft")),
    )
    op.create_index(op.f("ix_people_draft_expires_at"), "people_draft", ["expires_at"])

    op.create_table(
        "people_retention",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("contact_months", sa.Integer(), nullable=True),
        sa.Column("person_months", sa.Integer(), nullable=True),
        sa.Column("looks_months", sa.Integer(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("ran_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_retention")),
    )
    op.create_table(
        "remembered_columns",
        sa.Column("id", BIG, nullable=False),
        sa.Column("branch", PATH, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("headings", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remembered_columns")),
        sa.UniqueConstraint(
            "branch", "kind", "headings", name=op.f("uq_remembered_columns_branch_kind_headings")
        ),
    )
    op.create_table(
        "seen_people",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_id", BIG, nullable=False),
        sa.Column("last_id", BIG, nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_seen_people")),
    )
    op.create_table(
        "tier",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier")),
        sa.UniqueConstraint("code", name=op.f("uq_tier_code")),
    )
    op.create_table(
        "known_origin",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_known_origin_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", "key", name=op.f("pk_known_origin")),
    )
    op.create_index(op.f("ix_known_origin_seen_at"), "known_origin", ["seen_at"])

    op.create_table(
        "login",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_account_id_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login")),
    )
    op.create_index(op.f("ix_login_account_id"), "login", ["account_id"])
    op.create_index(op.f("ix_login_expires_at"), "login", ["expires_at"])

    op.create_table(
        "login_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_code_account_id_account")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_login_code")),
    )
    op.create_index(op.f("ix_login_code_account_id"), "login_code", ["account_id"])
    op.create_index(op.f("ix_login_code_expires_at"), "login_code", ["expires_at"])

    op.create_table(
        "unit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("tier_id", BIG, nullable=False),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("path", PATH, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("sort_key", SORT_KEY, nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id_unit")),
        sa.ForeignKeyConstraint(["tier_id"], ["tier.id"], name=op.f("fk_unit_tier_id_tier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_index(op.f("ix_unit_parent_id"), "unit", ["parent_id"])
    op.create_index(op.f("ix_unit_path"), "unit", ["path"])
    op.create_index(op.f("ix_unit_tier_id"), "unit", ["tier_id"])

    op.create_table(
        "attendee",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("position", sa.String(length=200), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("badge", sa.String(length=16), nullable=False),
        sa.Column("sort_key", SORT_KEY, nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("merged_into_id", BIG, nullable=True),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["attendee.id"], name=op.f("fk_attendee_merged_into_id_attendee")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_attendee_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendee")),
        sa.UniqueConstraint("badge", name=op.f("uq_attendee_badge")),
        sa.UniqueConstraint("code", name=op.f("uq_attendee_code")),
    )
    op.create_index(op.f("ix_attendee_merged_into_id"), "attendee", ["merged_into_id"])
    op.create_index(op.f("ix_attendee_name_key"), "attendee", ["name_key"])
    op.create_index("ix_attendee_unit_id_sort_key", "attendee", ["unit_id", "sort_key"])

    op.create_table(
        "course",
        sa.Column("id", BIG, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("measure", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("grace_min", sa.Integer(), nullable=False),
        sa.Column("number_pattern", sa.String(length=60), nullable=False),
        sa.Column("issue_place", sa.String(length=200), nullable=False),
        sa.Column("signer_name", sa.String(length=200), nullable=False),
        sa.Column("signer_position", sa.String(length=200), nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name=op.f("fk_course_created_by_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_course_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
    )
    op.create_index(op.f("ix_course_unit_id"), "course", ["unit_id"])

    op.create_table(
        "endpoint",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("bandwidth_profile", sa.String(length=20), nullable=False),
        sa.Column("operator_name", sa.String(length=200), nullable=True),
        sa.Column("operator_phone", sa.String(length=40), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("sort_key", SORT_KEY, nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_endpoint_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
        sa.UniqueConstraint("code", name=op.f("uq_endpoint_code")),
    )
    op.create_index(op.f("ix_endpoint_unit_id"), "endpoint", ["unit_id"])

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
    op.create_index("ix_outbox_kind_due_at", "outbox", ["kind", "due_at"])
    op.create_index(op.f("ix_outbox_unit_id"), "outbox", ["unit_id"])

    op.create_table(
        "report_schedule",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("every", sa.String(length=10), nullable=False),
        sa.Column("formats", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_report_schedule_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_report_schedule_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_index(op.f("ix_report_schedule_account_id"), "report_schedule", ["account_id"])
    op.create_index(op.f("ix_report_schedule_next_at"), "report_schedule", ["next_at"])

    op.create_table(
        "role_grant",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("unit_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id_account")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_role_grant_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_unit_id"), "role_grant", ["unit_id"])
    op.create_index(
        "uq_role_grant_in_house",
        "role_grant",
        ["account_id", "role"],
        unique=True,
        sqlite_where=sa.text("unit_id IS NULL"),
        postgresql_where=sa.text("unit_id IS NULL"),
    )
    op.create_index("uq_role_grant_in_unit", "role_grant", ["account_id", "role", "unit_id"], unique=True)

    op.create_table(
        "unit_move",
        sa.Column("id", BIG, nullable=False),
        sa.Column("from_id", BIG, nullable=False),
        sa.Column("to_id", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["unit.id"], name=op.f("fk_unit_move_from_id_unit")),
        sa.ForeignKeyConstraint(["to_id"], ["unit.id"], name=op.f("fk_unit_move_to_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_move")),
    )
    op.create_index(op.f("ix_unit_move_from_id"), "unit_move", ["from_id"])
    op.create_index(op.f("ix_unit_move_to_id"), "unit_move", ["to_id"])

    op.create_table(
        "unit_paper",
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("agency", sa.String(length=200), nullable=True),
        sa.Column("parent", sa.String(length=200), nullable=True),
        sa.Column("symbol", sa.String(length=40), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("office", sa.String(length=200), nullable=True),
        sa.Column("signer", sa.String(length=200), nullable=True),
        sa.Column("addressee", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_unit_paper_unit_id_unit"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_paper")),
    )
    op.create_table(
        "attendee_merge",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kept_id", BIG, nullable=False),
        sa.Column("dropped_id", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["dropped_id"], ["attendee.id"], name=op.f("fk_attendee_merge_dropped_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["attendee.id"], name=op.f("fk_attendee_merge_kept_id_attendee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendee_merge")),
    )
    op.create_index(op.f("ix_attendee_merge_dropped_id"), "attendee_merge", ["dropped_id"])
    op.create_index(op.f("ix_attendee_merge_kept_id"), "attendee_merge", ["kept_id"])

    op.create_table(
        "certificate",
        sa.Column("id", BIG, nullable=False),
        sa.Column("course_id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=True),
        sa.Column("revoke_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_certificate_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_certificate_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
        sa.UniqueConstraint("token", name=op.f("uq_certificate_token")),
    )
    op.create_index(op.f("ix_certificate_attendee_id"), "certificate", ["attendee_id"])
    op.create_index("ix_certificate_course_id_attendee_id", "certificate", ["course_id", "attendee_id"])

    op.create_table(
        "checkin_tablet",
        sa.Column("id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code_expires_at", MOMENT, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("csrf", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_checkin_tablet_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_tablet")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_checkin_tablet_code_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_checkin_tablet_token_hash")),
    )
    op.create_index(op.f("ix_checkin_tablet_endpoint_id"), "checkin_tablet", ["endpoint_id"])

    op.create_table(
        "course_person",
        sa.Column("course_id", BIG, autoincrement=False, nullable=False),
        sa.Column("attendee_id", BIG, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("millis", BIG, nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_course_person_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_person_course_id_course"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", "attendee_id", name=op.f("pk_course_person")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_course_person_attendee_id", "course_person", ["attendee_id"])

    op.create_table(
        "course_state",
        sa.Column("course_id", BIG, autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("derived_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_state_course_id_course"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_course_state")),
    )
    op.create_table(
        "credential",
        sa.Column("id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_credential_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_credential_token_hash")),
    )
    op.create_index(op.f("ix_credential_endpoint_id"), "credential", ["endpoint_id"])

    op.create_table(
        "endpoint_status",
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("online_since", MOMENT, nullable=True),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("session_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_endpoint_status_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_endpoint_status")),
    )
    op.create_table(
        "frozen_person",
        sa.Column("id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=True),
        sa.Column("sort_key", SORT_KEY, nullable=False),
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
        "learning_statement",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_learning_statement_attendee_id_attendee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_statement")),
    )
    op.create_index(op.f("ix_learning_statement_attendee_id"), "learning_statement", ["attendee_id"])
    op.create_index(op.f("ix_learning_statement_subject"), "learning_statement", ["subject"])

    op.create_table(
        "pairing_code",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_pairing_code_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_pairing_code_code_hash")),
    )
    op.create_index(op.f("ix_pairing_code_endpoint_id"), "pairing_code", ["endpoint_id"])

    op.create_table(
        "pairing_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=True),
        sa.Column("refused_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_pairing_request_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_request")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_pairing_request_code_hash")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_pairing_request_device_hash")),
    )
    op.create_index(op.f("ix_pairing_request_endpoint_id"), "pairing_request", ["endpoint_id"])
    op.create_index(op.f("ix_pairing_request_expires_at"), "pairing_request", ["expires_at"])
    op.create_index(op.f("ix_pairing_request_network"), "pairing_request", ["network"])

    op.create_table(
        "people_distinct",
        sa.Column("first_id", BIG, autoincrement=False, nullable=False),
        sa.Column("second_id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_id"], ["attendee.id"], name=op.f("fk_people_distinct_first_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["attendee.id"], name=op.f("fk_people_distinct_second_id_attendee")
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_people_distinct")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_look",
        sa.Column("id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seen", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_person_look_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["seen"], ["seen_people.digest"], name=op.f("fk_person_look_seen_seen_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_look")),
    )
    op.create_index(op.f("ix_person_look_at"), "person_look", ["at"])
    op.create_index("ix_person_look_attendee_id_at", "person_look", ["attendee_id", "at"])
    op.create_index(op.f("ix_person_look_seen"), "person_look", ["seen"])

    op.create_table(
        "session",
        sa.Column("id", BIG, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("search_key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", MOMENT, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("length_min", sa.Integer(), nullable=False),
        sa.Column("lobby_min", sa.Integer(), nullable=False),
        sa.Column("late_min", sa.Integer(), nullable=False),
        sa.Column("left_early_min", sa.Integer(), nullable=False),
        sa.Column("auto_start", sa.Boolean(), nullable=False),
        sa.Column("auto_end", sa.Boolean(), nullable=False),
        sa.Column("overrun_min", sa.Integer(), nullable=False),
        sa.Column("floor_auto_accept", sa.Boolean(), nullable=False),
        sa.Column("chair_endpoint_id", BIG, nullable=True),
        sa.Column("media_room", sa.String(length=60), nullable=True),
        sa.Column("media_instance", sa.String(length=60), nullable=True),
        sa.Column("actual_start", MOMENT, nullable=True),
        sa.Column("actual_end", MOMENT, nullable=True),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=True),
        sa.Column("by_plan", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("attendance_rules", sa.Integer(), server_default="2", nullable=False),
        sa.ForeignKeyConstraint(
            ["chair_endpoint_id"], ["endpoint.id"], name=op.f("fk_session_chair_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name=op.f("fk_session_created_by_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_session_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("media_room", name=op.f("uq_session_media_room")),
    )
    op.create_index(op.f("ix_session_chair_endpoint_id"), "session", ["chair_endpoint_id"])
    op.create_index("ix_session_state_starts_at", "session", ["state", "starts_at"])
    op.create_index(op.f("ix_session_unit_id"), "session", ["unit_id"])

    op.create_table(
        "absence_notice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_absence_notice_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_absence_notice_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence_notice")),
    )
    op.create_index(op.f("ix_absence_notice_attendee_id"), "absence_notice", ["attendee_id"])
    op.create_index(
        "uq_absence_notice_open",
        "absence_notice",
        ["session_id", "attendee_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )

    op.create_table(
        "attendance_correction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("old", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_attendance_correction_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_attendance_correction_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_correction")),
    )
    op.create_index(
        "ix_attendance_correction_session_id_attendee_id",
        "attendance_correction",
        ["session_id", "attendee_id"],
    )

    op.create_table(
        "attendance_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("seq", BIG, nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_attendance_event_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_attendance_event_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_event")),
        sa.UniqueConstraint("key", name=op.f("uq_attendance_event_key")),
    )
    op.create_index("ix_attendance_event_session_endpoint", "attendance_event", ["session_id", "endpoint_id"])

    op.create_table(
        "attendance_mark",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", BIG, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_attendance_mark_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_attendance_mark_session_id_session")
        ),
        sa.PrimaryKeyConstraint(
            "session_id", "endpoint_id", "source", "connection", "at", name=op.f("pk_attendance_mark")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attendance_observation",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_attendance_observation_session_id_session")
        ),
        sa.PrimaryKeyConstraint("session_id", "at", name=op.f("pk_attendance_observation")),
    )
    op.create_table(
        "attendance_seal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("sealed_by", sa.String(length=200), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("merges", sa.JSON(), nullable=False),
        sa.Column("reopened_at", MOMENT, nullable=True),
        sa.Column("reopened_by", sa.String(length=200), nullable=True),
        sa.Column("reopen_reason", sa.String(length=500), nullable=True),
        sa.Column("letterhead", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_attendance_seal_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_seal")),
    )
    op.create_index(op.f("ix_attendance_seal_session_id"), "attendance_seal", ["session_id"])

    op.create_table(
        "checkin_device",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_checkin_device_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_checkin_device_session_id_session")
        ),
        sa.PrimaryKeyConstraint("session_id", "device", name=op.f("pk_checkin_device")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkin_move",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("from_endpoint_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_checkin_move_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_checkin_move_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["from_endpoint_id"], ["endpoint.id"], name=op.f("fk_checkin_move_from_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_checkin_move_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_move")),
        sa.UniqueConstraint("key", name=op.f("uq_checkin_move_key")),
    )
    op.create_index(
        "ix_checkin_move_session_id_from_endpoint_id",
        "checkin_move",
        ["session_id", "from_endpoint_id", "state"],
    )

    op.create_table(
        "checkin_policy",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("ways", sa.String(length=100), nullable=False),
        sa.Column("scan_margin_s", sa.Integer(), nullable=False),
        sa.Column("guests", sa.Boolean(), nullable=False),
        sa.Column("prompts", sa.Integer(), nullable=False),
        sa.Column("prompts_count", sa.Boolean(), nullable=False),
        sa.Column("complete_percent", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("unconnected_counts", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_checkin_policy_session_id_session")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_checkin_policy")),
    )
    op.create_table(
        "checkin_undo",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("endpoint_id", BIG, nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_checkin_undo_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_checkin_undo_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_undo")),
    )
    op.create_index(op.f("ix_checkin_undo_session_id"), "checkin_undo", ["session_id"])

    op.create_table(
        "course_session",
        sa.Column("course_id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("makes_up_for", BIG, nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_session_course_id_course"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["makes_up_for"], ["session.id"], name=op.f("fk_course_session_makes_up_for_session")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_course_session_session_id_session")
        ),
        sa.PrimaryKeyConstraint("course_id", "session_id", name=op.f("pk_course_session")),
    )
    op.create_index(op.f("ix_course_session_session_id"), "course_session", ["session_id"])

    op.create_table(
        "derived_state",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("derived_at", MOMENT, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=400), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_derived_state_session_id_session")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_derived_state")),
    )
    op.create_table(
        "floor_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=False),
        sa.Column("endpoint_id", BIG, nullable=True),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_floor_request_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_floor_request_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_request")),
    )
    op.create_index(op.f("ix_floor_request_session_id"), "floor_request", ["session_id"])
    op.create_index(
        "uq_floor_request_waiting",
        "floor_request",
        ["session_id", "identity"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )

    op.create_table(
        "frozen_room",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", BIG, autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sort_key", SORT_KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_frozen_room_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_frozen_room_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "endpoint_id", name=op.f("pk_frozen_room")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "frozen_unit",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("unit_id", BIG, autoincrement=False, nullable=False),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("path", PATH, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sort_key", SORT_KEY, nullable=False),
        sa.Column("tier_id", BIG, nullable=False),
        sa.Column("tier_name", sa.String(length=200), nullable=False),
        sa.Column("tier_name_en", sa.String(length=200), nullable=False),
        sa.Column("tier_rank", sa.Integer(), nullable=False),
        sa.Column("frozen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_frozen_unit_session_id_session"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_frozen_unit_unit_id_unit")),
        sa.PrimaryKeyConstraint("session_id", "unit_id", name=op.f("pk_frozen_unit")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "head_count",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_head_count_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_head_count_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_count")),
        sa.UniqueConstraint("key", name=op.f("uq_head_count_key")),
    )
    op.create_index("ix_head_count_session_id_endpoint_id", "head_count", ["session_id", "endpoint_id"])

    op.create_table(
        "kiosk_login",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("credential_id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_kiosk_login_credential_id_credential")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_kiosk_login_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_kiosk_login")),
    )
    op.create_index(op.f("ix_kiosk_login_credential_id"), "kiosk_login", ["credential_id"])
    op.create_index(op.f("ix_kiosk_login_endpoint_id"), "kiosk_login", ["endpoint_id"])
    op.create_index(op.f("ix_kiosk_login_expires_at"), "kiosk_login", ["expires_at"])

    op.create_table(
        "kiosk_ticket",
        sa.Column("ticket_hash", sa.String(length=64), nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("credential_id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_kiosk_ticket_credential_id_credential")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_kiosk_ticket_endpoint_id_endpoint")
        ),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_kiosk_ticket")),
    )
    op.create_index(op.f("ix_kiosk_ticket_credential_id"), "kiosk_ticket", ["credential_id"])
    op.create_index(op.f("ix_kiosk_ticket_endpoint_id"), "kiosk_ticket", ["endpoint_id"])
    op.create_index(op.f("ix_kiosk_ticket_expires_at"), "kiosk_ticket", ["expires_at"])

    op.create_table(
        "mute_order",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("tracks", sa.String(length=400), nullable=False),
        sa.Column("muted_at", MOMENT, nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_mute_order_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute_order")),
    )
    op.create_index(op.f("ix_mute_order_session_id"), "mute_order", ["session_id"])
    op.create_index(
        "uq_mute_order_open",
        "mute_order",
        ["session_id", "identity", "source"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )

    op.create_table(
        "person_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_person_event_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_person_event_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_person_event_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_event")),
        sa.UniqueConstraint("key", name=op.f("uq_person_event_key")),
    )
    op.create_index("ix_person_event_session_id_attendee_id", "person_event", ["session_id", "attendee_id"])

    op.create_table(
        "person_presence",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("attendee_id", BIG, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("expected", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("ways", sa.String(length=60), nullable=False),
        sa.Column("first_at", MOMENT, nullable=True),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("millis", BIG, nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("prompts", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.Column("unconnected_millis", BIG, server_default="0", nullable=False),
        sa.Column("prompt_millis", BIG, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_person_presence_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_person_presence_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_person_presence_session_id_session")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_person_presence_unit_id_unit")),
        sa.PrimaryKeyConstraint("session_id", "attendee_id", name=op.f("pk_person_presence")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_person_presence_attendee_id_session_id", "person_presence", ["attendee_id", "session_id"]
    )
    op.create_index(
        "ix_person_presence_session_id_endpoint_id", "person_presence", ["session_id", "endpoint_id"]
    )

    op.create_table(
        "phone_trace",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.String(length=16), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_phone_trace_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_phone_trace_session_id_session")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_phone_trace")),
    )
    op.create_index(
        "ix_phone_trace_session_id_endpoint_id_at", "phone_trace", ["session_id", "endpoint_id", "at"]
    )

    op.create_table(
        "presence_prompt",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("opens_at", MOMENT, nullable=False),
        sa.Column("closes_at", MOMENT, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_presence_prompt_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_prompt")),
    )
    op.create_index(op.f("ix_presence_prompt_session_id"), "presence_prompt", ["session_id"])

    op.create_table(
        "room_delivery",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("heard_at", MOMENT, nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_room_delivery_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_room_delivery_session_id_session")
        ),
        sa.PrimaryKeyConstraint("session_id", "by", name=op.f("pk_room_delivery")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "room_quality",
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("minute_at", MOMENT, nullable=False),
        sa.Column("samples", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_room_quality_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_room_quality_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "endpoint_id", "minute_at", name=op.f("pk_room_quality")),
    )
    op.create_index(op.f("ix_room_quality_endpoint_id"), "room_quality", ["endpoint_id"])

    op.create_table(
        "room_reminder",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_room_reminder_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_room_reminder_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_reminder")),
    )
    op.create_index("ix_room_reminder_session_id_endpoint_id", "room_reminder", ["session_id", "endpoint_id"])

    op.create_table(
        "room_totals",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", BIG, autoincrement=False, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("room_millis", BIG, nullable=False),
        sa.Column("heads", sa.Integer(), nullable=True),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("checked_in", sa.Integer(), nullable=False),
        sa.Column("guests", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("left_early", sa.Integer(), nullable=False),
        sa.Column("with_leave", sa.Integer(), nullable=False),
        sa.Column("without_leave", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("person_millis", BIG, nullable=False),
        sa.Column("unconnected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unanswered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unconnected_millis", BIG, server_default="0", nullable=False),
        sa.Column("prompt_millis", BIG, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_room_totals_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_room_totals_session_id_session")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_room_totals_unit_id_unit")),
        sa.PrimaryKeyConstraint("session_id", "endpoint_id", name=op.f("pk_room_totals")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_room_totals_started_at", "room_totals", ["started_at"])

    op.create_table(
        "roster_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("attendee_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=True),
        sa.Column("course_id", BIG, nullable=True),
        sa.Column("excluded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_roster_entry_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_roster_entry_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_roster_entry_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_entry")),
    )
    op.create_index(op.f("ix_roster_entry_attendee_id"), "roster_entry", ["attendee_id"])
    op.create_index(op.f("ix_roster_entry_endpoint_id"), "roster_entry", ["endpoint_id"])
    op.create_index(
        "uq_roster_entry_course",
        "roster_entry",
        ["course_id", "attendee_id"],
        unique=True,
        sqlite_where=sa.text("course_id IS NOT NULL"),
        postgresql_where=sa.text("course_id IS NOT NULL"),
    )
    op.create_index(
        "uq_roster_entry_session",
        "roster_entry",
        ["session_id", "attendee_id"],
        unique=True,
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_index(
        "uq_roster_entry_standing",
        "roster_entry",
        ["attendee_id"],
        unique=True,
        sqlite_where=sa.text("session_id IS NULL AND course_id IS NULL"),
        postgresql_where=sa.text("session_id IS NULL AND course_id IS NULL"),
    )

    op.create_table(
        "session_attendee",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("attendee_id", BIG, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_at", MOMENT, nullable=True),
        sa.Column("frozen_id", BIG, nullable=True),
        sa.Column("visits_endpoint_id", BIG, nullable=True),
        sa.Column("touched", BIG, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendee.id"], name=op.f("fk_session_attendee_attendee_id_attendee")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_session_attendee_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_session_attendee_session_id_session")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_session_attendee_unit_id_unit")),
        sa.PrimaryKeyConstraint("session_id", "attendee_id", name=op.f("pk_session_attendee")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_session_attendee_attendee_id"), "session_attendee", ["attendee_id"])
    op.create_index(
        "ix_session_attendee_session_id_endpoint_id_state",
        "session_attendee",
        ["session_id", "endpoint_id", "state"],
    )
    op.create_index(
        "ix_session_attendee_session_id_visits_endpoint_id",
        "session_attendee",
        ["session_id", "visits_endpoint_id"],
    )

    op.create_table(
        "session_break",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_session_break_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_break")),
    )
    op.create_index(op.f("ix_session_break_session_id"), "session_break", ["session_id"])

    op.create_table(
        "session_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_session_change_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_change")),
    )
    op.create_index(op.f("ix_session_change_session_id"), "session_change", ["session_id"])

    op.create_table(
        "session_choice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=True),
        sa.Column("endpoint_id", BIG, nullable=True),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_session_choice_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_session_choice_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_session_choice_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_choice")),
    )
    op.create_index(op.f("ix_session_choice_session_id"), "session_choice", ["session_id"])

    op.create_table(
        "session_endpoint",
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=False),
        sa.Column("is_chair", sa.Boolean(), nullable=False),
        sa.Column("expected_from", MOMENT, nullable=True),
        sa.Column("expected_until", MOMENT, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("called_at", MOMENT, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("connection", sa.String(length=60), nullable=True),
        sa.Column("connected_since", MOMENT, nullable=True),
        sa.Column("last_seen_at", MOMENT, nullable=True),
        sa.Column("mic_on", sa.Boolean(), nullable=False),
        sa.Column("camera_on", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=True),
        sa.Column("placed_at", MOMENT, nullable=True),
        sa.Column("placed_by", sa.String(length=200), nullable=True),
        sa.Column("silent_since", MOMENT, nullable=True),
        sa.Column("screen_since", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_session_endpoint_endpoint_id_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_session_endpoint_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_session_endpoint_unit_id_unit")),
        sa.PrimaryKeyConstraint("session_id", "endpoint_id", name=op.f("pk_session_endpoint")),
    )
    op.create_index(op.f("ix_session_endpoint_endpoint_id"), "session_endpoint", ["endpoint_id"])
    op.create_index(
        "uq_session_endpoint_identity", "session_endpoint", ["session_id", "identity"], unique=True
    )

    op.create_table(
        "session_person",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("connection", sa.String(length=60), nullable=True),
        sa.Column("connected_since", MOMENT, nullable=True),
        sa.Column("last_seen_at", MOMENT, nullable=True),
        sa.Column("mic_on", sa.Boolean(), nullable=False),
        sa.Column("camera_on", sa.Boolean(), nullable=False),
        sa.Column("silent_since", MOMENT, nullable=True),
        sa.Column("screen_since", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_session_person_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_session_person_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_person")),
    )
    op.create_index(op.f("ix_session_person_account_id"), "session_person", ["account_id"])
    op.create_index("uq_session_person_identity", "session_person", ["session_id", "identity"], unique=True)

    op.create_table(
        "session_roster",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("frozen_at", MOMENT, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_session_roster_session_id_session")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_roster")),
    )
    op.create_table(
        "stage_grant",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("slot", sa.String(length=10), nullable=False),
        sa.Column("sources", sa.String(length=100), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_stage_grant_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_grant")),
    )
    op.create_index(op.f("ix_stage_grant_session_id"), "stage_grant", ["session_id"])
    op.create_index(
        "uq_stage_grant_open",
        "stage_grant",
        ["session_id", "identity"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )

    op.create_table(
        "undone_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("undo_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["person_event.id"], name=op.f("fk_undone_event_event_id_person_event")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_undone_event_session_id_session")
        ),
        sa.ForeignKeyConstraint(
            ["undo_id"], ["checkin_undo.id"], name=op.f("fk_undone_event_undo_id_checkin_undo")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_undone_event")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_undone_event_session_id", "undone_event", ["session_id"])
    op.create_index(op.f("ix_undone_event_undo_id"), "undone_event", ["undo_id"])

    op.create_table(
        "undone_heads",
        sa.Column("head_id", BIG, autoincrement=False, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("undo_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["head_id"], ["head_count.id"], name=op.f("fk_undone_heads_head_id_head_count")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_undone_heads_session_id_session")
        ),
        sa.ForeignKeyConstraint(
            ["undo_id"], ["checkin_undo.id"], name=op.f("fk_undone_heads_undo_id_checkin_undo")
        ),
        sa.PrimaryKeyConstraint("head_id", name=op.f("pk_undone_heads")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_undone_heads_session_id", "undone_heads", ["session_id"])
    op.create_index(op.f("ix_undone_heads_undo_id"), "undone_heads", ["undo_id"])


def downgrade() -> None:
    """There is nothing before it."""
    raise NotImplementedError("there is no revision before the first one")
