"""SQLite's driver, with one way to the connection's thread and back for a statement.

SQLAlchemy's own adapter goes four times: a cursor, the statement, its rows, the cursor's end; BEGIN and each
rollback cost as much as a statement. Each way wakes a thread and then the loop, which on a small question is
most of what it costs. Here the thread does all of it in one go; a transaction is begun with the first
statement that is asked in it, nobody waits for the end of one that only reads, and one that is committed is
not rolled back as well. Streams are left as they are.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_


class _Done:
    """What is left of a cursor whose rows have been read."""

    __slots__ = ("arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, cursor: sqlite3.Cursor | None) -> None:
        self.arraysize = 1
        self.description = cursor.description if cursor is not None else None
        self.rowcount = cursor.rowcount if cursor is not None else -1
        self.lastrowid = cursor.lastrowid if cursor is not None else None

    def close(self) -> None:
        """It is closed."""


_NOT_ASKED: Final = _Done(None)


class OneHopCursor(AsyncAdapt_aiosqlite_cursor):
    """One statement: asked, read to its end and closed in the connection's thread."""

    __slots__ = ()
    _awaitable_cursor_close = False

    def __init__(self, adapt_connection: OneHopConnection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor: Any = _NOT_ASKED
        self._rows: deque[Any] = deque()
        self._soft_closed_memoized: Any = EMPTY_DICT

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._ask(operation, parameters or (), many=False)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._ask(operation, seq_of_parameters, many=True)

    async def _ask(self, operation: str, parameters: Any, *, many: bool) -> None:
        adapted: Any = self._adapt_connection
        async with adapted._execute_mutex:
            begin = adapted.beginning()
            self._cursor, self._rows = await self._connection._execute(
                _run, self._connection._conn, begin, operation, parameters, many
            )


def _run(
    connection: sqlite3.Connection, begin: str, operation: str, parameters: Sequence[Any], many: bool
) -> tuple[_Done, deque[Any]]:
    """In the connection's thread."""
    if begin:
        connection.execute(begin).close()
    cursor = connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(operation, parameters)
        rows = deque(cursor.fetchall() if cursor.description else ())
        return _Done(cursor), rows
    finally:
        cursor.close()


class OneHopConnection(AsyncAdapt_aiosqlite_connection):
    """`write` and `read` say what the transaction that comes does, `read_once` that it is one statement."""

    __slots__ = ("_asked", "_begin", "_once", "_reading")
    _cursor_cls: type[Any] = OneHopCursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin = ""
        self._asked = self._reading = self._once = False

    def read_once(self) -> None:
        """Until the next rollback: one statement that reads, which is a view by itself: no BEGIN, no end."""
        self._once = True

    def read(self) -> None:
        """Until the next rollback: BEGIN goes along with the first statement."""
        self._begin, self._reading = "BEGIN", True

    def write(self) -> None:
        """Until the next commit or rollback: the lock for writing is taken with the first statement."""
        self._begin = "BEGIN IMMEDIATE"

    def beginning(self) -> str:
        """The BEGIN that is due, as something is being asked now; it is due no longer."""
        begin, self._begin, self._asked = self._begin, "", True
        return begin

    def cursor(self, server_side: bool = False) -> AsyncAdapt_dbapi_cursor:
        """A stream asks by itself: what is due is asked before it."""
        if server_side and (begin := self.beginning()):
            self._cursor_cls(self).execute(begin)
        return super().cursor(server_side)

    def commit(self) -> None:
        """Costs nothing where nothing was asked, and leaves nothing to roll back."""
        if self._asked:
            super().commit()
        self._begin, self._asked = "", False

    def rollback(self) -> None:
        """What only read is ended without waiting for it: whatever this connection is asked next comes after
        that. Costs nothing where nothing was asked."""
        asked, reading = self._asked and not self._once, self._reading
        self._begin, self._asked, self._reading, self._once = "", False, False, False
        raw = self._connection._connection
        if asked and reading and raw is not None:
            self._connection._tx.put_nowait((None, raw.rollback))
        elif asked:
            super().rollback()


class OneHopDriver(AsyncAdapt_aiosqlite_dbapi):
    """The module that SQLAlchemy takes for the driver."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> OneHopConnection:
        """As the adapter does it, with our own connection around the driver's."""
        connection = aiosqlite.connect(*args, **options)
        connection._thread.daemon = True
        return OneHopConnection(self, await_(connection))
