"""The revisions and the tables in code say the same, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from confhub.db.base import Base
from confhub.db.database import Database
from confhub.db.migrate import is_current, load_models, upgrade
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


@pytest.mark.parametrize("revision", ["0001", "0010"])
async def test_a_database_from_before_the_first_revision_is_refused_with_the_way_out(
    empty_url: str, revision: str
) -> None:
    database = Database(empty_url)
    await upgrade(database)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = :old"), {"old": revision})
        await tx.execute(text("INSERT INTO tier (code, name, name_en, rank) VALUES ('x', 'X', 'X', 1)"))
    for ask in (upgrade, is_current):
        with pytest.raises(StartError, match=rf"revision {revision}.* once .*--database "):
            await ask(database)
    async with database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM tier")) == 1, "nothing was touched"
    await database.close()


async def test_what_stood_at_the_newest_revision_is_current(empty_url: str) -> None:
    database = Database(empty_url)
    await upgrade(database)
    assert await is_current(database)
    await database.close()
