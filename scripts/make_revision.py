"""Writes an Alembic revision from the difference between the tables in code and the newest revision.

    python scripts/make_revision.py "Add the thing" [--initial]

`--initial` starts over with one first revision (only before a release has been published), under the number
of the newest one, so that a database that stands there is current. What the tables in code do not say (the
columns' order, defaults that the database fills in) is put in by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from confhub.db import migrate


def _write(connection: Connection, message: str, revision: str | None) -> None:
    config = migrate.alembic_config(connection)
    command.upgrade(config, "head")
    command.revision(config, message, autogenerate=True, rev_id=revision)


async def _run(message: str, revision: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/empty.db")
        async with engine.begin() as connection:
            await connection.run_sync(_write, message, revision)
        await engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message")
    parser.add_argument("--initial", action="store_true")
    args = parser.parse_args()
    versions = Path(migrate.MIGRATIONS) / "versions"
    versions.mkdir(exist_ok=True)
    known = sorted(versions.glob("*.py"))
    newest = int(known[-1].name[:4])
    if args.initial:
        for file in known:
            file.unlink()
    asyncio.run(_run(args.message, f"{newest if args.initial else newest + 1:04d}"))


if __name__ == "__main__":
    main()
