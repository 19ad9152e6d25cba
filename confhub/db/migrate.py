"""Bringing a database's schema to the program's version, by Alembic, off the event loop."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import pkgutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

import confhub
from confhub.db.database import Database
from confhub.kernel.errors import StartError

Result = TypeVar("Result")
MADE_ONE = "Make all revisions of the database one"
"""The commit after which there is none before the first one of today."""
MIGRATIONS = Path(__file__).parent / "migrations"


def load_models() -> None:
    """Import every subject's tables, so that `Base.metadata` knows them all."""
    for package in pkgutil.iter_modules(confhub.__path__, "confhub."):
        if package.ispkg and importlib.util.find_spec(f"{package.name}.models") is not None:
            importlib.import_module(f"{package.name}.models")


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file; `connection` is the one that it shall work on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; does nothing when it is there already.

    Raises `StartError` when the database cannot be reached, was written by a newer program, or by one from
    before the revisions were made one.
    """
    await _work(database, _upgrade)


SIZES = (
    ("session_attendee", "session_attendee", "40000 40000 1"),
    ("session_attendee", "ix_session_attendee_session_id_endpoint_id_state", "40000 40000 133 70"),
    ("session_attendee", "ix_session_attendee_attendee_id", "40000 1"),
    ("session_attendee", "ix_session_attendee_session_id_visits_endpoint_id", "40000 40000 5"),
)
"""(table, index, rows and rows for one value of its first column, of its first two …), as ANALYZE notes them,
of a province: 40,000 people in a session, 133 in a room. Without them SQLite reads a whole session for one
room's list; fixed, its plans are the same on a new hub's first day as later. PostgreSQL counts by itself."""


class TooOld(Exception):
    """The database stands at a revision that the first one of today has in it."""


def _found(connection: Connection) -> tuple[str, ...]:
    """The revision that the database stands at; none for a new one. Raises `TooOld`."""
    script = ScriptDirectory.from_config(alembic_config())
    found = MigrationContext.configure(connection).get_current_heads()
    first = str(script.get_base())
    for one in found:
        if one.isdigit() and len(one) == len(first) and one < first:
            raise TooOld(f"it stands at revision {one}, and this program begins at {first}")
    return found


def _upgrade(connection: Connection) -> None:
    _found(connection)
    command.upgrade(alembic_config(connection), "head")
    if connection.dialect.name != "sqlite":
        return
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").first():
        connection.exec_driver_sql("ANALYZE tier")  # the way to make the table that holds them
    for table in {table for table, _, _ in SIZES}:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table,))
    for sizes in SIZES:
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", sizes)


async def is_current(database: Database) -> bool:
    """Whether `upgrade` would find nothing to do. Writes nothing; raises as `upgrade` does."""

    def compare(connection: Connection) -> bool:
        script = ScriptDirectory.from_config(alembic_config())
        found = _found(connection)
        script.get_revisions(found)  # CommandError for one that this program does not know
        return found == (script.get_current_head(),)

    return await _work(database, compare)


async def _work(database: Database, work: Callable[[Connection], Result]) -> Result:
    url = database.url.render_as_string(hide_password=False)
    return await asyncio.to_thread(_work_blocking, url, database.url.render_as_string(), work)


def _work_blocking(url: str, shown: str, work: Callable[[Connection], Result]) -> Result:
    # A loop and an engine of this thread's own: the hub's loop goes on meanwhile.
    try:
        _check_file(url)
        return asyncio.run(_connected(url, work))
    except (DBAPIError, OSError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StartError(
            f"The database {shown} cannot be used: {reason}. "
            "Check --database (CONFHUB_DATABASE_URL) or the data folder, --data (CONFHUB_DATA_DIR)."
        ) from error
    except TooOld as error:
        raise StartError(
            f"The database {shown} is older than this program can read: {error}. Start on it once the "
            f"confhub of the commit before “{MADE_ONE}” (git log --grep), which brings it there, then this "
            "one; or name another database with --database (CONFHUB_DATABASE_URL)."
        ) from error
    except CommandError as error:
        raise StartError(
            f"The database {shown} does not fit this program: {error}. "
            "Start the newer confhub that wrote it, or name another database with --database "
            "(CONFHUB_DATABASE_URL)."
        ) from error


def _check_file(url: str) -> None:
    # aiosqlite, where it cannot open a file, leaves a thread that speaks to a loop already closed.
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        sqlite3.connect(parsed.database).close()


async def _connected(url: str, work: Callable[[Connection], Result]) -> Result:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
