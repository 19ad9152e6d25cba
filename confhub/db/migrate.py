"""Bringing a database's schema to the program's version, by Alembic, off the event loop."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import pkgutil
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

import confhub
from confhub.db.database import Database
from confhub.kernel.errors import StartError

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

    Raises `StartError` when the database cannot be reached or was written by a newer program.
    """
    url = database.url.render_as_string(hide_password=False)
    await asyncio.to_thread(_upgrade_blocking, url, database.url.render_as_string())


def _upgrade_blocking(url: str, shown: str) -> None:
    # A loop and an engine of this thread's own: the hub's loop goes on meanwhile.
    try:
        _check_file(url)
        asyncio.run(_upgrade(url))
    except (DBAPIError, OSError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StartError(
            f"The database {shown} cannot be used: {reason}. "
            "Check --database (CONFHUB_DATABASE_URL) or the data folder, --data (CONFHUB_DATA_DIR)."
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


async def _upgrade(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
    finally:
        await engine.dispose()


logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
