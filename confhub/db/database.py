"""The database: one engine, and the scope of one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final

from sqlalchemy import Executable, Result, Row, event, func, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.util.concurrency import greenlet_spawn, in_greenlet

from confhub.db.base import Base
from confhub.db.one_hop import OneHopDriver
from confhub.db.turns import Turns
from confhub.kernel.events import Bus, Event, InProcessBus

POOL_WAIT_S = 120.0
"""A wave of 302 rooms coming back queues for a connection; who waits longer finds a database that stands."""

CONNECTIONS = 20
"""Kept once they are open: opening one costs a thread, a file and six statements. The last one given back is
taken first, as its cache holds what is asked for now."""

STATEMENTS: Final = 256
"""That a SQLite connection keeps planned: all that a hub in session asks, with lists of some lengths."""

_CONNECTION: Final = "connection"
"""Under this name a transaction keeps the connection that it has begun on."""


class Tx(AsyncSession):
    """One transaction. Events told to it are published only after its commit."""

    def tell(self, event: Event) -> None:
        """Publish the event once this transaction has been committed."""
        self.info.setdefault("events", []).append(event)

    async def rows(
        self, statement: Executable, asked: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> Result[*tuple[Any, ...]]:
        """What a statement over columns gives, asked without the ORM: a third of what `execute` costs, where
        the statement is made once, with `bindparam`, and `asked` fills it in: many times, where it is a list.
        Flushes nothing."""
        connection: AsyncConnection = self.info.get(_CONNECTION) or await self.connection()
        return await connection.execute(statement, asked)

    async def alone(self, matter: str) -> None:
        """Until this transaction ends, no other one that asks for the same `matter` goes on.

        For rules over several rows (no cycle in the tree, one administrator left). SQLite has one
        writer anyway; PostgreSQL takes an advisory lock.
        """
        if self.get_bind().dialect.name == "postgresql":
            await self.execute(select(func.pg_advisory_xact_lock(func.hashtext(matter))))

    def upsert(self, model: type[Base]) -> Any:
        """The dialect's INSERT into the model's table, which knows ON CONFLICT."""
        return _insert(self.get_bind().dialect.name, model)

    def only_new(self, model: type[Base], *returning: Any) -> Any:
        """The INSERT that leaves alone what is there, and gives these columns of what was not; made once."""
        return _only_new(self.get_bind().dialect.name, model, *returning)


@cache
def _insert(dialect: str, model: type[Base]) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(inspect(model).local_table)


@cache
def _only_new(dialect: str, model: type[Base], *returning: Any) -> Any:
    statement = _insert(dialect, model).on_conflict_do_nothing()
    return statement.returning(*returning) if returning else statement


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours (below), not the driver's
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "cache_size=-512",  # kB; the system caches the file, and what another one writes empties this anyway
        "secure_delete=ON",  # what was deleted is overwritten, whatever the system's SQLite was built with
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _give_up_sqlite(connection: Any) -> None:
    """End a connection whose work was cancelled. SQLAlchemy's own way, cancelled once more, stops the
    driver's thread under a close that waits for it, which never ends, and holds up the program's exit.

    Rolled back first: SQLite closes no connection while a statement that was not read to its end (an UPDATE
    with RETURNING) lives on in a traceback. Its lock would stop all writers until that is collected."""
    if in_greenlet():
        try:
            connection.rollback()
        finally:
            connection.close()
    else:
        connection.terminate()  # the garbage collector's case: nothing can be waited for


class Database:
    """One engine over SQLite (WAL) or PostgreSQL. SQLite has one writer: writers queue here."""

    def __init__(self, url: str, bus: Bus | None = None) -> None:
        """`url`: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`."""
        self.url = make_url(url)
        self.bus = bus or InProcessBus()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {
            "pool_size": CONNECTIONS,
            "max_overflow": 0,
            "pool_use_lifo": True,
            "pool_timeout": POOL_WAIT_S,
        }
        if self.is_sqlite:
            options["module"] = OneHopDriver()
            options["connect_args"] = {"cached_statements": STATEMENTS}
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        self._turns = Turns()
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _tune_sqlite)
            self.engine.sync_engine.dialect.do_terminate = _give_up_sqlite  # type: ignore[assignment,method-assign]

    @asynccontextmanager
    async def transaction(self, *, later: bool = False) -> AsyncIterator[Tx]:
        """A read-write transaction: committed at the end of the block, rolled back on any exception.

        `later`: what is written in the background, which lets others go first where there is one writer.
        """
        if self.is_sqlite:
            async with self._turns.turn(later=later), self._scope() as tx:
                yield tx
        else:
            async with self._scope() as tx:
                yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A read-only transaction: one consistent view, never committed."""
        connection = await self.engine.connect()
        tx = Tx(connection, expire_on_commit=False)
        tx.info[_CONNECTION] = connection
        try:
            await self._read_only(connection)
            yield tx
        finally:
            if self.is_sqlite:  # whose end is waited for by nobody
                await _end(tx, connection)
            else:
                await asyncio.shield(asyncio.create_task(_end(tx, connection)))

    async def ask(self, statement: Executable, asked: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """What one statement over columns gives, as `Tx.rows`, which reads and is alone: one way to the
        database for it all, at half of what `reading` and `rows` cost."""
        return await greenlet_spawn(self._ask, statement, asked)

    def _ask(self, statement: Executable, asked: Mapping[str, Any] | None) -> Sequence[Row[Any]]:
        with self.engine.sync_engine.connect() as connection:
            if self.is_sqlite:
                connection.connection.dbapi_connection.read_once()  # type: ignore[union-attr]
            return connection.execute(statement, asked).all()

    async def _read_only(self, connection: AsyncConnection) -> None:
        if self.is_sqlite:
            raw = await connection.get_raw_connection()
            raw.dbapi_connection.read()  # type: ignore[union-attr]
        else:
            await connection.execution_options(isolation_level="REPEATABLE READ")

    @asynccontextmanager
    async def _scope(self) -> AsyncIterator[Tx]:
        async with Tx(self.engine, expire_on_commit=False) as tx:
            if self.is_sqlite:
                connection = tx.info[_CONNECTION] = await tx.connection()
                (await connection.get_raw_connection()).dbapi_connection.write()  # type: ignore[union-attr]
            try:
                yield tx
                await tx.commit()
            except BaseException:
                await tx.rollback()
                raise
        for told in tx.info.get("events", ()):
            self.bus.publish(told)

    async def forget_deleted(self) -> None:
        """Take what was deleted out of SQLite's write-ahead log as well: it keeps pages as they were before.

        Readers that are at it hold a part of the log; `Database` then leaves it to the next call. PostgreSQL
        has its own VACUUM.
        """
        if not self.is_sqlite:
            return
        async with self._turns.turn(later=True), self.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def _end(tx: Tx, connection: AsyncConnection) -> None:
    """Of a reading transaction. What was read stays readable; a session that was not asked has no end."""
    if tx.in_transaction():
        await tx.close()
    await connection.close()
