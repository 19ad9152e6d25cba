"""Group commit: who is written together, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from confhub.db.database import Database, Tx
from confhub.db.writer import ENOUGH, GroupWriter

groups: list[list[int]] = []


async def write(_tx: Tx, items: Sequence[int]) -> list[int]:
    groups.append(list(items))
    return list(items)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    groups.clear()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'confhub.db'}")
    yield database
    await database.close()


async def test_few_are_written_together_once_the_window_is_over(database: Database) -> None:
    writer = GroupWriter(database, write, 0.05, name="few")
    await writer.start()
    assert await asyncio.gather(*(writer.submit(one) for one in range(3))) == [0, 1, 2]
    await writer.close()
    assert groups == [[0, 1, 2]]


async def test_enough_are_written_without_waiting_for_others(database: Database) -> None:
    writer = GroupWriter(database, write, 3600.0, name="many")
    await writer.start()
    first = asyncio.create_task(writer.submit(0))
    await asyncio.sleep(0)  # the window is open
    many = asyncio.gather(*(writer.submit(one) for one in range(1, ENOUGH + 1)))
    async with asyncio.timeout(30):
        assert [await first, *await many] == list(range(ENOUGH + 1))
    await writer.close()
    assert groups == [list(range(ENOUGH + 1))]


async def test_enough_that_came_during_a_transaction_are_next_at_once(database: Database) -> None:
    going, free = asyncio.Event(), asyncio.Event()

    async def slowly(tx: Tx, items: Sequence[int]) -> list[int]:
        going.set()
        await free.wait()
        return await write(tx, items)

    writer = GroupWriter(database, slowly, 3600.0, name="waiting")
    await writer.start()
    first = asyncio.gather(*(writer.submit(one) for one in range(ENOUGH + 1)))
    await going.wait()
    second = asyncio.gather(*(writer.submit(one) for one in range(ENOUGH + 1)))
    await asyncio.sleep(0)  # they wait
    free.set()
    async with asyncio.timeout(30):
        await asyncio.gather(first, second)
    await writer.close()
    assert [len(group) for group in groups] == [ENOUGH + 1, ENOUGH + 1]


async def test_who_comes_after_a_pause_is_written_at_once_and_the_next_ones_at_the_pace(
    database: Database,
) -> None:
    writer = GroupWriter(database, write, 0.0, pace_s=3600.0, name="paced")
    await writer.start()
    assert await writer.submit(0) == 0
    second = asyncio.create_task(writer.submit(1))
    async with database.reading() as tx:  # the loop goes on meanwhile
        await tx.execute(text("SELECT 1"))
    many = asyncio.gather(*(writer.submit(one) for one in range(2, ENOUGH + 2)))
    async with asyncio.timeout(30):
        assert [await second, *await many] == list(range(1, ENOUGH + 2))
    await writer.close()
    assert groups == [[0], list(range(1, ENOUGH + 2))]
