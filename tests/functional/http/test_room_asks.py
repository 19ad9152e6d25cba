"""The program of an unpaired room, against the real hub: it shows a code, and goes on as a paired room."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from confhub.access.rules import SYSTEM
from confhub.http.context import Services
from confhub.kernel.clock import ManualClock
from confhub.kernel.ports import free_port
from confhub.registry import asking
from confhub.registry.rules import ASKING_TTL_S
from endpoints.asking import Asked, parse_asked
from endpoints.seats.code_screen import code_page
from tests.plugins.endpoints import Program, program  # noqa: F401 - a fixture
from tests.plugins.website import Province

# A browser of the tests: says that it was opened, and on what, and stays.
BROWSER = """#!{python}
import os, sys, time
with open("{out}.new", "w", encoding="utf-8") as file:
    file.write(f"{{os.getpid()}} {{sys.argv[-1]}}")
os.rename("{out}.new", "{out}")
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines are told to come back each second."""
    monkeypatch.setattr(asking, "POLL_EVERY_S", 1)


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    path = tmp_path / "browser"
    path.write_text(BROWSER.format(python=sys.executable, out=tmp_path / "opened"))
    path.chmod(0o755)
    return path


async def read_until(process: asyncio.subprocess.Process, pattern: str) -> re.Match[str]:
    """The first line of the program that fits."""
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while line := (await process.stdout.readline()).decode():
            if found := re.search(pattern, line):
                return found
    raise AssertionError(f"never said: {pattern}")


async def code_shown(process: asyncio.subprocess.Process) -> str:
    return (await read_until(process, r"^ +((?:[A-Z] ){4}- (?:[A-Z] ){3}[A-Z])$"))[1].replace(" ", "")


async def written(path: Path) -> str:
    """What another program writes into a file: it gives no other signal."""
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(path.exists):  # noqa: ASYNC110 - no signal to wait for
            await asyncio.sleep(0.05)
    return await asyncio.to_thread(path.read_text)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_an_unpaired_room_shows_a_code_on_its_screen_and_is_paired_once_it_was_typed(
    program: Program, browser: Path, server: TestServer, services: Services, province: Province,  # noqa: F811
    clock: ManualClock, tmp_path: Path,
) -> None:  # fmt: skip
    hub, folder = str(server.make_url("")).rstrip("/"), tmp_path / "state"
    process = await program("run", "--hub", hub, "--state", folder, "--kiosk-browser", browser)
    assert (await read_until(process, r"Open (\S+) and type"))[1] == f"{hub}/pairing"
    code = await code_shown(process)
    pid, address = (await written(tmp_path / "opened")).split(" ", 1)
    assert address == f"file://{folder}/pairing.html"
    page = await asyncio.to_thread((folder / "pairing.html").read_text)
    assert code in page
    assert f"{hub}/pairing" in page

    room = province.left_room.id
    waiting = await services.asking.find(SYSTEM, room, code, "10.0.0.1")
    assert (waiting.address, waiting.machine) == ("127.0.0.1", socket.gethostname()[:200])
    await services.asking.approve(SYSTEM, room, code, "10.0.0.1")
    clock.advance(10)
    await read_until(process, r"Paired as endpoint H44\.01\.01")
    await read_until(process, r"Endpoint H44\.01\.01 is running")
    kept = json.loads(await asyncio.to_thread((folder / "credential.json").read_text))
    assert (await services.pairing.authenticate(kept["credential"])).endpoint_id == room
    assert (folder / "credential.json").stat().st_mode & 0o777 == 0o600
    assert not (folder / "pairing.html").exists()
    assert not alive(int(pid))
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_an_expired_code_is_replaced_by_itself_and_a_refused_room_says_so(
    program: Program, server: TestServer, services: Services, province: Province,  # noqa: F811
    clock: ManualClock, tmp_path: Path,
) -> None:  # fmt: skip
    hub = str(server.make_url("")).rstrip("/")
    process = await program("run", "--headless", "--hub", hub, "--state", tmp_path / "state")
    first = await code_shown(process)
    clock.advance(ASKING_TTL_S)
    await read_until(process, "The code has expired. Asking for a new one.")
    second = await code_shown(process)
    assert second != first
    await services.asking.refuse(SYSTEM, province.left_room.id, second, "10.0.0.1")
    clock.advance(10)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, b"was refused" in errors) == (1, True)
    assert not (tmp_path / "state" / "credential.json").exists()


async def test_a_room_waits_for_a_hub_that_is_away_and_ends_when_told(
    program: Program,  # noqa: F811
    tmp_path: Path,
) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    process = await program("run", "--headless", "--hub", away, "--state", tmp_path / "state")
    await read_until(process, "cannot be reached")
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


RIGHT = {
    "device_code": "x", "user_code": "BB", "verification_uri": "https://h",
    "expires_in_s": 9, "interval_s": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[" * 100_000,
        "[]",
        "{}",
        json.dumps({**RIGHT, "expires_in_s": "9"}),
        json.dumps({**RIGHT, "user_code": "B\x1b[2J"}),
        json.dumps({**RIGHT, "verification_uri": "javascript:1"}),
        json.dumps({**RIGHT, "verification_uri": "https://h/\x1b"}),
    ],
)
def test_what_is_no_hub_s_answer_is_not_shown(answer: str) -> None:
    assert parse_asked(json.dumps(RIGHT)) is not None
    assert parse_asked(answer) is None


def test_the_hub_cannot_make_the_room_ask_without_a_pause_or_never_again_nor_write_into_its_page() -> None:
    body = {"device_code": "x", "user_code": "BB<b>", "verification_uri": 'https://h/?a="<i>'}
    hasty = parse_asked(json.dumps({**body, "expires_in_s": -5, "interval_s": 0}))
    lazy = parse_asked(json.dumps({**body, "expires_in_s": 10**30, "interval_s": 10**30}))
    assert isinstance(hasty, Asked)
    assert isinstance(lazy, Asked)
    assert (hasty.expires_in_s, hasty.interval_s) == (1, 1)
    assert (lazy.expires_in_s, lazy.interval_s) == (3600, 60)
    page = code_page(hasty)
    assert b"BB&lt;b&gt;" in page
    assert b"<i>" not in page
