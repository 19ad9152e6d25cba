"""Small writes in one transaction: who goes along, and what becomes of them where it fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from confhub.db.database import Database, Tx
from confhub.db.together import Together


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite with an empty table of numbers."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'confhub.db'}")
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE kept (n INTEGER PRIMARY KEY)"))
    yield database
    await database.close()


class Kept:
    """Writes numbers, and notes with whom."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    async def write(self, tx: Tx, numbers: Sequence[int]) -> None:
        self.groups.append(list(numbers))
        await tx.rows(text("INSERT INTO kept VALUES (:n)"), [{"n": n} for n in numbers])


async def stored(database: Database) -> list[int]:
    return [row.n for row in await database.ask(text("SELECT n FROM kept ORDER BY n"))]


async def test_who_comes_while_another_writes_goes_along(database: Database) -> None:
    kept = Kept()
    together = Together(database, kept.write)
    async with database.transaction():
        flood = [together.submit(n) for n in range(100)]
        await asyncio.sleep(0)
        assert kept.groups == []
    await asyncio.gather(*flood)
    assert kept.groups == [list(range(100))]
    assert await stored(database) == list(range(100))


async def test_a_flood_stands_before_nobody_more_than_once(database: Database) -> None:
    order: list[str] = []

    async def write(_tx: Tx, numbers: Sequence[int]) -> None:
        order.append(f"{len(numbers)} of the flood")

    async def honest() -> None:
        async with database.transaction():
            order.append("honest")

    together = Together(database, write)
    async with database.transaction():
        flood = [together.submit(n) for n in range(50)]
        await asyncio.sleep(0)
        other = asyncio.create_task(honest())
        await asyncio.sleep(0)
        flood += [together.submit(n) for n in range(50)]
    await asyncio.gather(other, *flood)
    assert order == ["honest", "100 of the flood"]


async def test_a_caller_who_goes_away_takes_nobody_along(database: Database) -> None:
    kept = Kept()
    together = Together(database, kept.write)
    async with database.transaction():
        tasks = [together.submit(n) for n in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
    assert [type(one) for one in await asyncio.gather(*tasks, return_exceptions=True)] == [
        asyncio.CancelledError,
        type(None),
        type(None),
    ]
    assert await stored(database) == [0, 1, 2]


async def test_what_fails_is_told_to_all_of_it_and_the_next_ones_are_written(database: Database) -> None:
    async def write(tx: Tx, numbers: Sequence[int]) -> None:
        await tx.rows(text("INSERT INTO kept VALUES (:n)"), [{"n": n} for n in numbers])
        if 1 in numbers:
            raise ValueError("not this one")

    together = Together(database, write)
    async with database.transaction():
        tasks = [together.submit(n) for n in (0, 1)]
        await asyncio.sleep(0)
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(one) for one in told] == ["not this one"] * 2
    await together.submit(2)
    assert await stored(database) == [2]
