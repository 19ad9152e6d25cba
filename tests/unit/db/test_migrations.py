"""The revisions and the tables in code say the same, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from confhub.db import migrate
from confhub.db.base import Base
from confhub.db.database import Database
from confhub.db.migrate import load_models, upgrade
from confhub.kernel.errors import StartError


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgresql")
    return url


def _differences(connection: Connection) -> list[object]:
    load_models()
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def test_an_upgraded_database_has_exactly_the_tables_in_code(empty_url: str) -> None:
    database = Database(empty_url)
    await upgrade(database)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await database.close()


async def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    database = Database(empty_url)
    await upgrade(database)
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO tier (code, name, name_en, rank) VALUES ('x', 'X', 'X', 1)"))
    await upgrade(database)
    async with database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM tier")) == 1
    await database.close()


async def test_sqlite_reads_a_rooms_list_by_its_index_from_the_first_day(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hub.db'}")
    try:
        await upgrade(database)
        query = (
            "SELECT * FROM session_attendee WHERE session_id = 1 AND endpoint_id = 2 AND removed_at IS NULL"
        )
        async with database.engine.connect() as connection:
            plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")).all()
    finally:
        await database.close()
    assert "ix_session_attendee_session_id_endpoint_id_state" in str(plan)


async def test_a_database_of_a_newer_program_is_refused_with_the_setting_to_change(empty_url: str) -> None:
    database = Database(empty_url)
    await upgrade(database)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StartError, match="--database "):
        await upgrade(database)
    await database.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////nowhere/at/all/hub.db",
        "postgresql+asyncpg://nobody@/none?host=/nowhere/at/all",
    ],
)
async def test_a_database_that_cannot_be_reached_is_refused_with_the_setting_to_change(url: str) -> None:
    database = Database(url)
    with pytest.raises(StartError, match="--database "):
        await upgrade(database)
    await database.close()


async def test_sessions_from_before_get_the_names_of_the_upgrade(empty_url: str) -> None:
    database = Database(empty_url)
    await migrate._work(database, lambda sync: command.upgrade(migrate.alembic_config(sync), "0010"))
    async with database.engine.begin() as connection:
        for statement in OLD:
            await connection.execute(text(statement))
    await upgrade(database)
    async with database.reading() as tx:
        people = (await tx.execute(text(
            "SELECT a.session_id, f.attendee_id, f.code, f.name, length(f.salt), f.mark "
            "FROM session_attendee a JOIN frozen_person f ON f.id = a.frozen_id ORDER BY a.session_id"
        ))).all()  # fmt: skip
        units = (await tx.execute(text("SELECT session_id, unit_id, name, tier_name FROM frozen_unit"))).all()
        rooms = (await tx.execute(text("SELECT session_id, endpoint_id, code FROM frozen_room"))).all()
    assert [tuple(row) for row in people] == [
        (1, 7, "CB7", "Ân Thị Ý", 32, ""),
        (2, 7, "CB7", "Ân Thị Ý", 32, ""),
    ]
    assert sorted(tuple(row) for row in units) == [
        (one, unit, name, "Tỉnh") for one in (1, 2) for unit, name in ((1, "Tỉnh"), (2, "Xã"))
    ]
    assert [tuple(row) for row in rooms] == [(1, 3, "H1")]
    await database.close()


async def test_what_waited_was_sent_or_was_given_up_stands_in_the_outbox(empty_url: str) -> None:
    database = Database(empty_url)
    await migrate._work(database, lambda sync: command.upgrade(migrate.alembic_config(sync), "0019"))
    async with database.engine.begin() as connection:
        for statement in (*OLD[:3], *OLD[4:5], *UNSENT):
            await connection.execute(text(statement))
    await upgrade(database)
    async with database.reading() as tx:
        found = [tuple(row) for row in await tx.execute(text(
            "SELECT kind, key, about, unit_id, address, title, attempts, forgiven, last_error, "
            "due_at IS NOT NULL, done_at IS NOT NULL, given_up_at IS NOT NULL FROM outbox ORDER BY id"
        ))]  # fmt: skip
        times = {row[0]: str(row[1])[:19] for row in await tx.execute(text("SELECT key, due_at FROM outbox"))}
        kept = (await tx.execute(text("SELECT id, voided FROM learning_statement ORDER BY id"))).all()
    mail = "a@b.vn, c@d.vn"
    assert found == [
        ("learning", "s1", "session:1", 2, "", "attended", 1, 1, "", False, True, False),
        ("learning", "s2", "session:1", 2, "", "attended", 9, 9, "503", True, False, False),
        ("learning", "s3", "session:1", 2, "", "voided", 1, 1, "400", False, False, True),
        ("report", "4:session:1", "schedule:4", 1, mail, "Báo cáo", 1, 0, "", False, True, False),
        ("report", "4:session:2", "schedule:4", 1, mail, "", 2, 0, "451", True, False, False),
        ("report", "4:session:3", "schedule:4", 1, mail, "", 7, 0, "550", False, False, True),
    ]
    assert times["s2"] == times["4:session:2"] == "2026-01-03 00:00:00"
    assert [(row[0], bool(row[1])) for row in kept] == [("s1", True), ("s2", False), ("s3", False)]
    await database.close()


_AT = "'2026-01-0{} 00:00:00'"
_STATEMENT = (
    "INSERT INTO learning_statement (id, verb, attendee_id, body, created_at, sent_at, attempts, next_at, "
    "error, subject, voided, is_refused) VALUES ('{}', '{}', 7, '{{}}', '2026-01-01 00:00:00', {}, {}, "
    "'2026-01-03 00:00:00', '{}', 'session:1', {}, {})"
)
_DELIVERY = (
    "INSERT INTO report_delivery (id, schedule_id, key, subject, created_at, sent_at, attempts, next_at, "
    "error) VALUES ({0}, 4, '4:session:{0}', '{1}', '2026-01-01 00:00:00', {2}, {3}, {4}, '{5}')"
)
UNSENT = (
    "INSERT INTO account (id, username, display_name, password_hash, language, created_at, sort_key, "
    "search_key) VALUES (1, 'canbo', 'Cán bộ', 'x', 'vi', '2026-01-01 00:00:00', 'c', 'c')",
    _STATEMENT.format("s1", "attended", _AT.format(2), 1, "", "TRUE", "FALSE"),
    _STATEMENT.format("s2", "attended", "NULL", 9, "503", "FALSE", "FALSE"),
    _STATEMENT.format("s3", "voided", "NULL", 1, "400", "FALSE", "TRUE"),
    "INSERT INTO report_schedule (id, account_id, unit_id, what, every, formats, language, recipients, "
    "created_at) VALUES (4, 1, 1, 'session', 'session', 'pdf', 'vi', '[\"a@b.vn\", \"c@d.vn\"]', "
    "'2026-01-01 00:00:00')",
    _DELIVERY.format(1, "Báo cáo", _AT.format(2), 1, "NULL", ""),
    _DELIVERY.format(2, "", "NULL", 2, _AT.format(3), "451"),
    _DELIVERY.format(3, "", "NULL", 7, "NULL", "550"),
)
"""What was on its way when reports and statements had outboxes of their own."""


_SESSION = (
    "INSERT INTO session (id, title, search_key, kind, state, state_since, unit_id, starts_at, length_min, "
    "lobby_min, late_min, left_early_min, auto_start, auto_end, overrun_min, floor_auto_accept, created_at) "
    "VALUES ({id}, 'x', 'x', 'training', '{state}', '2026-01-01 00:00:00', 1, '2026-01-01 00:00:00', 60, 60, "
    "5, 5, TRUE, TRUE, 30, TRUE, '2026-01-01 00:00:00')"
)
OLD = (
    "INSERT INTO tier (id, code, name, name_en, rank) VALUES (1, 'p', 'Tỉnh', 'Province', 1)",
    "INSERT INTO unit (id, code, name, tier_id, parent_id, path, sort_key, search_key) "
    "VALUES (1, 'U1', 'Tỉnh', 1, NULL, '/1/', 'a', 'a')",
    "INSERT INTO unit (id, code, name, tier_id, parent_id, path, sort_key, search_key) "
    "VALUES (2, 'U2', 'Xã', 1, 1, '/1/2/', 'b', 'b')",
    "INSERT INTO endpoint (id, code, name, unit_id, kind, bandwidth_profile, created_at, sort_key, "
    "search_key) VALUES (3, 'H1', 'Hội trường', 2, 'room', 'full', '2026-01-01 00:00:00', 'a', 'a')",
    "INSERT INTO attendee (id, code, name, unit_id, badge, sort_key, search_key, name_key, created_at) "
    "VALUES (7, 'CB7', 'Ân Thị Ý', 2, '0000000000000000', 'y', 'y', 'y', '2026-01-01 00:00:00')",
    _SESSION.format(id=1, state="ended"),
    _SESSION.format(id=2, state="archived"),
    _SESSION.format(id=3, state="scheduled"),
    "INSERT INTO session_endpoint (session_id, endpoint_id, unit_id, identity, is_chair, state, mic_on, "
    "camera_on) VALUES (1, 3, 2, 'room-h1', FALSE, 'left', FALSE, FALSE)",
    *(
        "INSERT INTO session_attendee (session_id, attendee_id, endpoint_id, unit_id, origin, added_at, "
        f"state) VALUES ({one}, 7, 3, 2, 'roster', '2026-01-01 00:00:00', 'expected')"
        for one in (1, 2)
    ),
)
"""A house of one room as the revision before had it: two sessions that are over, one that is planned."""
