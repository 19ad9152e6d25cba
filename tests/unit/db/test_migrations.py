"""The revisions and the tables in code say the same, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

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
