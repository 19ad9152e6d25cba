"""Requests are cancelled whenever somebody leaves: the database lets go of them."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from confhub.db.database import Database

SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) "
    "SELECT max(x) FROM n",
    "postgresql": "SELECT pg_sleep(1)",
}


@pytest.mark.parametrize("alone", [False, True])
async def test_a_request_cancelled_twice_leaves_nothing_behind_and_the_database_working(
    database: Database, alone: bool
) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        slow = text(SLOW[database.url.get_backend_name()])
        if alone:
            begun.set()
            await database.ask(slow)
        async with database.transaction() as tx:
            await tx.connection()
            begun.set()
            await tx.execute(slow)

    before = asyncio.all_tasks()
    task = asyncio.create_task(work())
    await begun.wait()
    for _ in range(20):
        await asyncio.sleep(0)  # into the statement, and after a cancellation into giving the connection up
    task.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=20)
    assert task.cancelled()
    left = asyncio.all_tasks() - before
    for other in left:
        other.cancel()
    if left:
        _, pending = await asyncio.wait(left, timeout=20)
        assert not pending
    async with database.reading() as tx:
        assert await tx.scalar(text("SELECT 1")) == 1
    assert [tuple(row) for row in await database.ask(text("SELECT 1"))] == [(1,)]


async def test_a_writer_cancelled_before_its_rows_were_read_holds_up_no_other(tmp_path: Path) -> None:
    """The garbage collector is off: nothing but the database itself lets go of the lock."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'confhub.db'}")
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE kept (n INTEGER)"))
    loop, cancelled = asyncio.get_running_loop(), threading.Event()

    def cancel() -> int:
        """Called by SQLite amid the statement; returns once the task that waits for it was cancelled."""
        loop.call_soon_threadsafe(lambda: (task.cancel(), cancelled.set()))
        return int(cancelled.wait(20))

    async def work() -> None:
        async with database.transaction() as tx:
            raw = await (await tx.connection()).get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.create_function("cancel", 0, cancel)
            await tx.execute(text("INSERT INTO kept VALUES (cancel()) RETURNING n"))

    gc.disable()
    try:
        task = asyncio.create_task(work())
        await asyncio.wait({task}, timeout=20)
        assert cancelled.is_set()
        assert task.cancelled()
        async with database.transaction() as tx:
            await tx.execute(text("INSERT INTO kept VALUES (2)"))
            assert list(await tx.scalars(text("SELECT n FROM kept"))) == [2]
    finally:
        gc.enable()
        await database.close()
