"""SQLite's driver with one way to its thread a statement: what it answers, and when it begins."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from confhub.db.database import Database


@pytest.fixture
async def numbers(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite with a table of three numbers."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'confhub.db'}")
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE kept (n INTEGER PRIMARY KEY)"))
        await tx.execute(text("INSERT INTO kept VALUES (:n)"), [{"n": n} for n in (1, 2, 3)])
    yield database
    await database.close()


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to connections' threads, one entry a time."""
    handed: list[str] = []
    hand = aiosqlite.Connection._execute

    async def noted(self: aiosqlite.Connection, what: Any, *args: Any, **more: Any) -> Any:
        handed.append(what.__name__)
        return await hand(self, what, *args, **more)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    return handed


async def test_a_read_waits_for_the_thread_once_a_statement(numbers: Database, ways: list[str]) -> None:
    async with numbers.reading() as tx:
        assert list(await tx.scalars(text("SELECT n FROM kept ORDER BY n"))) == [1, 2, 3]
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 3
    assert ways == ["_run", "_run"]


async def insert(numbers: Database, *values: int) -> None:
    async with numbers.transaction() as tx:
        for n in values:
            await tx.execute(text("INSERT INTO kept VALUES (:n)"), {"n": n})


async def test_one_question_is_one_way_to_the_thread(numbers: Database, ways: list[str]) -> None:
    put: list[Any] = []
    async with numbers.reading() as tx:
        raw = await (await tx.connection()).get_raw_connection()
        driver: Any = raw.driver_connection
    hand = driver._tx.put_nowait
    driver._tx = SimpleNamespace(put_nowait=lambda one: (put.append(one), hand(one))[1])
    ways.clear()
    rows = await numbers.ask(text("SELECT n FROM kept WHERE n > :least ORDER BY n"), {"least": 1})
    assert [row.n for row in rows] == [2, 3]
    assert ways == ["_run"]
    assert len(put) == 1  # no BEGIN and no ROLLBACK beside it


async def test_after_one_question_the_same_connection_reads_and_writes_as_before(numbers: Database) -> None:
    assert len(await numbers.ask(text("SELECT n FROM kept"))) == 3
    await insert(numbers, 4)
    with pytest.raises(IntegrityError):
        await insert(numbers, 5, 1)
    assert len(await numbers.ask(text("SELECT n FROM kept"))) == 4
    with pytest.raises(OperationalError):
        await numbers.ask(text("SELECT n FROM nothing"))
    async with numbers.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 4
        async with numbers.transaction() as other:
            await other.execute(text("DELETE FROM kept"))
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 4


async def test_a_reading_that_asks_nothing_goes_to_no_thread(numbers: Database, ways: list[str]) -> None:
    async with numbers.reading():
        pass
    assert ways == []


async def test_a_reading_stays_with_what_it_saw_first(numbers: Database) -> None:
    async with numbers.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 3
        async with numbers.transaction() as other:
            await other.execute(text("INSERT INTO kept VALUES (4)"))
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 3
    async with numbers.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 4


async def test_a_stream_stays_with_what_it_saw_first_as_well(numbers: Database) -> None:
    async with numbers.reading() as tx:
        stream = await tx.stream(text("SELECT n FROM kept ORDER BY n"))
        first = await stream.scalars().first()
        async with numbers.transaction() as other:
            await other.execute(text("DELETE FROM kept"))
        assert first == 1
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 3


async def test_what_a_statement_did_is_answered_as_the_driver_answers_it(numbers: Database) -> None:
    async with numbers.transaction() as tx:
        changed: Any = await tx.execute(text("UPDATE kept SET n = n + 10 WHERE n > 1"))
        assert changed.rowcount == 2
        made: Any = await tx.execute(text("INSERT INTO kept VALUES (20)"))
        assert made.lastrowid == 20
        given = await tx.execute(text("INSERT INTO kept VALUES (21) RETURNING n"))
        assert given.all() == [(21,)]
        empty = await tx.execute(text("SELECT n FROM kept WHERE n = 0"))
        assert empty.keys() == {"n"}
        assert empty.all() == []


async def test_errors_come_as_sqlalchemys_and_undo_the_transaction(numbers: Database) -> None:
    async def write() -> None:
        async with numbers.transaction() as tx:
            await tx.execute(text("INSERT INTO kept VALUES (9)"))
            await tx.execute(text("INSERT INTO kept VALUES (1)"))

    async def read() -> None:
        async with numbers.reading() as tx:
            await tx.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(IntegrityError):
        await write()
    with pytest.raises(OperationalError):
        await read()
    async with numbers.reading() as tx:
        assert list(await tx.scalars(text("SELECT n FROM kept ORDER BY n"))) == [1, 2, 3]


async def test_a_reading_leaves_no_transaction_on_its_connection(numbers: Database) -> None:
    async with numbers.reading() as tx:
        raw = (await (await tx.connection()).get_raw_connection()).driver_connection
        assert raw is not None
        await tx.scalar(text("SELECT 1"))
        assert raw.in_transaction
    await raw.execute_fetchall("SELECT 1")  # after what the thread was handed before
    assert not raw.in_transaction


async def test_what_was_written_on_a_connection_that_read_is_undone_before_anybody_goes_on(
    numbers: Database, ways: list[str]
) -> None:
    async with numbers.reading() as tx:
        await tx.scalar(text("SELECT 1"))
    with pytest.raises(IntegrityError):
        await _insert_one(numbers)
    assert ways[-1] == "rollback"


async def _insert_one(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO kept VALUES (1)"))


async def test_rows_are_of_the_transaction_that_asks_for_them(numbers: Database) -> None:
    async with numbers.transaction() as tx:
        await tx.rows(text("INSERT INTO kept VALUES (:n)"), [{"n": 4}, {"n": 5}])
        below = await tx.rows(text("SELECT n FROM kept WHERE n > :least ORDER BY n"), {"least": 3})
        assert below.scalars().all() == [4, 5]
        async with numbers.reading() as other:
            assert (await other.rows(text("SELECT count(*) FROM kept"))).scalar() == 3


async def test_a_write_waits_for_the_thread_once_a_statement_and_once_to_commit(
    numbers: Database, ways: list[str]
) -> None:
    await insert(numbers, 4, 5)
    assert ways == ["_run", "_run", "commit"]
    ways.clear()
    async with numbers.transaction():
        pass
    assert ways == []
    async with numbers.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 5


async def test_a_transaction_that_only_read_until_now_keeps_all_others_from_writing(
    numbers: Database, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "confhub.db", timeout=0, isolation_level=None)
    try:
        async with numbers.transaction() as tx:
            count = await tx.scalar(text("SELECT count(*) FROM kept"))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("DELETE FROM kept")
            await tx.execute(text("INSERT INTO kept VALUES (:n)"), {"n": count + 1})
        other.execute("DELETE FROM kept WHERE n < 4")
    finally:
        other.close()
    async with numbers.reading() as tx:
        assert list(await tx.scalars(text("SELECT n FROM kept"))) == [4]


async def test_what_is_asked_after_the_commit_is_a_transaction_of_its_own(numbers: Database) -> None:
    async with numbers.transaction() as tx:
        await tx.execute(text("INSERT INTO kept VALUES (4)"))
        await tx.commit()
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 4
    await insert(numbers, 5)
    with pytest.raises(IntegrityError):
        await insert(numbers, 6, 1)
    async with numbers.reading() as tx:
        assert list(await tx.scalars(text("SELECT n FROM kept ORDER BY n"))) == [1, 2, 3, 4, 5]
