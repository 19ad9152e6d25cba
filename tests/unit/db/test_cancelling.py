"""Requests are cancelled whenever somebody leaves: the database lets go of them."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from confhub.db.database import Database

SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) "
    "SELECT max(x) FROM n",
    "postgresql": "SELECT pg_sleep(1)",
}


async def test_a_request_cancelled_twice_leaves_nothing_behind_and_the_database_working(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as tx:
            await tx.connection()
            begun.set()
            await tx.execute(text(SLOW[database.url.get_backend_name()]))

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
