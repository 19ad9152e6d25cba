"""One hub with its own relay for a module's tests, and a hall: browsers of persons and of rooms before it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser

from tests.browser.room.hall import PASSWORD, Hall, Hub
from tests.plugins.browsers import close_all
from tests.programs import Program, run

PROVINCE = """type,code,name,name_en,rank,tier,parent,unit
tier,province,Cấp tỉnh,Province,1,,,
unit,T,Tỉnh,,,province,,
endpoint,T.00,Trường quay tỉnh,,,,,T
endpoint,T.01,Điểm cầu Một,,,,,T
endpoint,T.02,Điểm cầu Hai,,,,,T
"""


def confhub(data: Path, *arguments: str, typed: str = "") -> None:
    """Run one `confhub` command to its end."""
    done = run("confhub.cli.main", *arguments, "--data", str(data), typed=typed)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that speaks English, with an administrator and three rooms."""
    data = tmp_path_factory.mktemp("hub")
    province = data / "province.csv"
    province.write_text(PROVINCE, "utf-8")
    confhub(data, "user", "add", "admin", "--password-stdin", typed=PASSWORD + "\n")
    confhub(data, "import", str(province))
    command = ["confhub.cli.main", "run", "--data", str(data), "--port", "0"]
    command += ["--host", "0.0.0.0"]  # Firefox never connects to a relay on loopback
    command += ["--relay-port", "0", "--relay-udp-port", "0", "--default-language", "en"]
    with (data / "hub.log").open("wb") as log:
        running = Program(*command, stderr=log)
        try:
            said = map(re.compile(r"ready: (http\S+)").search, running.stdout)
            found = next(filter(None, said), None)
            assert found, (data / "hub.log").read_text()
            address = urlsplit(found[1])
            yield Hub(f"{address.scheme}://127.0.0.1:{address.port}", data)
        finally:
            running.terminate()
            running.wait(30)
            running.stdout.close()


@pytest.fixture
async def hall(hub: Hub, chromium: Browser, tmp_path: Path) -> AsyncIterator[Hall]:
    """An organizer who is logged in; any script error in any browser fails the test."""
    hall = await Hall.opened(chromium, hub, tmp_path)
    yield hall
    await close_all(chromium)
    assert hall.faults == []
