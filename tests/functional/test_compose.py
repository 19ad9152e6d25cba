"""docker-compose.yml: valid by the published schema, and each service's command line starts as it stands."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))[
        "services"
    ]
    return found


def test_the_file_is_valid_by_the_published_compose_schema() -> None:
    done = subprocess.run(
        [
            SCRIPTS / "check-jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            ROOT / "docker-compose.yml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_built_from_what_the_repository_has() -> None:
    copied = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for name in ("requirements/run.txt", "scripts/vendor.py"):
        assert name in copied
        assert (ROOT / name).is_file()


def test_the_health_check_asks_a_real_database(services: dict[str, Any], postgresql_server: Path) -> None:
    kind, *command = services["database"]["healthcheck"]["test"]
    assert kind == "CMD"
    found = shutil.which(command[0]) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{command[0]}"))), None
    )
    if found is None:
        reason = "no pg_isready on this machine"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    done = subprocess.run([found, *command[1:], "-h", postgresql_server], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


async def test_the_hub_starts_by_its_command_line_on_postgresql(
    services: dict[str, Any], empty_postgresql: str, tmp_path: Path
) -> None:
    service = services["confhub"]
    values = {
        name: "" if str(value).startswith("${CONFHUB") else value
        for name, value in service["environment"].items()
    }
    values |= {
        "CONFHUB_DATA_DIR": str(tmp_path),
        "CONFHUB_DATABASE_URL": empty_postgresql.replace("postgresql+asyncpg", "postgresql"),
        "CONFHUB_ADVERTISE": "127.0.0.1",
        # the container's ports are its own; here any free ones
        "CONFHUB_PORT": "0",
        "CONFHUB_RELAY_PORT": "0",
        "CONFHUB_RELAY_UDP_PORT": "0",
    }
    process = await asyncio.create_subprocess_exec(
        *service["command"],
        env={
            **os.environ,
            **values,
            "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            printed = ""
            while "confhub is ready" not in printed:
                line = (await process.stdout.readline()).decode()
                assert line, f"ended before it was ready: {printed}"
                printed += line
        port = int(printed.rsplit(":", 1)[1])
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{port}/setup") as page,
        ):
            assert page.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = await process.communicate()
    assert process.returncode == 0, rest.decode()
