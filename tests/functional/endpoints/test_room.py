"""The room's program as a real process: log over SIGKILL, the kiosk's ticket, no credential in sight."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from endpoints.seats.kiosk import find_browser
from tests.functional.endpoints.hub_fixture import StandInHub
from tests.plugins.endpoints import LiveKit, Program

CODE, CREDENTIAL = "H44.01.02", "ep_very_secret"

# A browser of the tests: writes what it was started with, follows the page's form like a browser, and stays.
BROWSER = """#!{python}
import html, json, os, re, sys, time, urllib.parse, urllib.request
page = urllib.parse.unquote(sys.argv[-1].removeprefix("file://"))
text = open(page, encoding="utf-8").read()
action = html.unescape(re.search('action="([^"]*)"', text)[1])
ticket = html.unescape(re.search('name="ticket" value="([^"]*)"', text)[1])
facts = {{"argv": sys.argv, "mode": os.stat(page).st_mode & 0o777, "page": text, "pid": os.getpid(),
         "environ": dict(os.environ)}}
urllib.request.urlopen(action, urllib.parse.urlencode({{"ticket": ticket}}).encode())
with open("{out}", "a", encoding="utf-8") as file:
    file.write(json.dumps(facts) + "\\n")
time.sleep(600)
"""


@pytest.fixture
def paired(hub: StandInHub, tmp_path: Path) -> Path:
    """The state folder of a paired room."""
    hub.credentials[CREDENTIAL] = CODE
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    record = {
        "hub": hub.url,
        "code": CODE,
        "name": "Hội trường",
        "unit": "Việt Trì",
        "credential": CREDENTIAL,
    }
    (folder / "credential.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    path = tmp_path / "browser"
    path.write_text(BROWSER.format(python=sys.executable, out=tmp_path / "browser.jsonl"))
    path.chmod(0o755)
    return path


def starts(folder: Path) -> list[dict[str, object]]:
    path = folder.parent / "browser.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 15.0) -> None:
    """For things that give no signal of their own: other processes, LiveKit's list of tracks."""
    async with asyncio.timeout(timeout_s):
        for _ in range(int(timeout_s * 20)):
            if await condition():
                return
            await asyncio.sleep(0.05)
    raise AssertionError("never so")


async def _no(value: bool) -> bool:
    return not value


async def test_the_kiosk_opens_the_session_by_a_ticket_and_shows_no_credential(
    hub: StandInHub, program: Program, paired: Path, browser: Path
) -> None:
    process = await program("run", "--state", paired, "--kiosk-browser", browser, "--log-level", "debug")
    await hub.until(lambda: CODE in hub.sockets)
    assert hub.hellos[CODE][0]["mode"] == "kiosk"
    await hub.open_session()
    await hub.until(lambda: hub.entered == [CODE])
    await hub.until(lambda: hub.events(CODE) == ["joined"])
    (facts,) = starts(paired)
    assert facts["mode"] == stat.S_IRUSR | stat.S_IWUSR
    assert CREDENTIAL not in json.dumps(facts)
    argv = facts["argv"]
    assert isinstance(argv, list)
    assert "--kiosk" in argv
    assert not any(ticket in " ".join(argv) for ticket in ("tk_", "ticket="))
    command_line = await asyncio.to_thread(Path(f"/proc/{process.pid}/cmdline").read_bytes)
    assert CREDENTIAL.encode() not in command_line
    assert not any(CREDENTIAL in request for request in hub.requests)
    await hub.end_session()
    await hub.until(lambda: hub.events(CODE) == ["joined", "left"])
    process.terminate()
    _, log = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 0
    assert CREDENTIAL.encode() not in log
    assert b"tk_" not in log
    assert "enter.html" not in await asyncio.to_thread(os.listdir, paired)
    assert not alive(int(str(facts["pid"])))


async def test_a_browser_that_dies_is_started_again_with_a_new_ticket(
    hub: StandInHub, program: Program, paired: Path, browser: Path
) -> None:
    await program("run", "--state", paired, "--kiosk-browser", browser)
    await hub.until(lambda: CODE in hub.sockets)
    await hub.open_session()
    await hub.until(lambda: hub.events(CODE) == ["joined"])
    os.kill(int(str(starts(paired)[0]["pid"])), signal.SIGKILL)
    await hub.until(lambda: hub.events(CODE) == ["joined", "lost", "joined"])
    assert hub.entered == [CODE, CODE]


async def test_a_removed_room_closes_its_browser_and_does_not_come_back(
    hub: StandInHub, program: Program, paired: Path, browser: Path
) -> None:
    await program("run", "--state", paired, "--kiosk-browser", browser)
    await hub.until(lambda: CODE in hub.sockets)
    await hub.open_session()
    await hub.until(lambda: hub.events(CODE) == ["joined"])
    hub.removed.add(CODE)
    os.kill(int(str(starts(paired)[0]["pid"])), signal.SIGKILL)
    await hub.until(lambda: hub.beats[CODE][-1]["state"] == "idle")
    assert len(starts(paired)) == 1


async def test_the_log_survives_sigkill_and_no_number_is_used_twice(
    hub: StandInHub, program: Program, paired: Path, browser: Path
) -> None:
    hub.acknowledge = False
    for rounds in (1, 2, 3):
        process = await program("run", "--state", paired, "--kiosk-browser", browser)
        await hub.until(lambda: CODE in hub.sockets)
        if hub.session is None:
            await hub.open_session()
        wanted = ["joined", "lost"] * (rounds - 1) + ["joined"]
        await hub.until(lambda wanted=wanted: hub.events(CODE) == wanted)  # type: ignore[misc]
        process.kill()
        await process.wait()
        os.killpg(int(str(starts(paired)[-1]["pid"])), signal.SIGKILL)
        await hub.until(lambda: CODE not in hub.sockets)
    by_number: dict[int, set[tuple[str, str]]] = {}
    for number, connection, event in hub.log[CODE]:
        by_number.setdefault(number, set()).add((connection, event))
    assert all(len(meanings) == 1 for meanings in by_number.values())


async def test_a_revoked_credential_ends_the_session_and_is_not_hammered(
    hub: StandInHub, program: Program, paired: Path, browser: Path
) -> None:
    process = await program("run", "--state", paired, "--kiosk-browser", browser)
    await hub.until(lambda: CODE in hub.sockets)
    await hub.open_session()
    await hub.until(lambda: hub.events(CODE) == ["joined"])
    hub.revoked.add(CREDENTIAL)
    before = len(hub.requests)
    await hub.sockets[CODE].close(code=4003)
    assert process.stderr is not None
    line = await asyncio.wait_for(process.stderr.readline(), 10)
    assert b"credential_revoked" in line
    pid = int(str(starts(paired)[0]["pid"]))
    await until(lambda: _no(alive(pid)))
    assert len(hub.requests) == before


async def test_a_headless_room_joins_with_the_livekit_sdk_and_publishes_when_granted(
    hub: StandInHub, program: Program, paired: Path, livekit: LiveKit
) -> None:
    hub.media_url, hub.can_publish = livekit.url, {CODE}
    process = await program("run", "--state", paired, "--headless")
    await hub.until(lambda: CODE in hub.sockets)
    await hub.open_session()
    await hub.until(lambda: hub.events(CODE) == ["joined"])
    assert hub.hellos[CODE][0]["mode"] == "headless"
    rooms = livekit.api()
    try:

        async def publishes(number: int) -> bool:
            return len(await rooms.tracks(hub.media_room, f"room:{CODE}")) == number

        await until(lambda: publishes(2))
        await rooms.allow(hub.media_room, f"room:{CODE}", publish=False)
        await until(lambda: publishes(0))
    finally:
        await rooms.close()
    await hub.end_session()
    await hub.until(lambda: hub.events(CODE) == ["joined", "left"])
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 15) == 0


async def test_a_real_chromium_enters_the_session_and_closes_at_its_end(
    hub: StandInHub, program: Program, paired: Path
) -> None:
    if find_browser(None) is None:
        pytest.fail("no Chromium") if os.environ.get("CI") else pytest.skip("no Chromium")
    flags = ("--no-sandbox", "--headless=new", "--disable-gpu")
    await program("run", "--state", paired, *(f"--browser-flag={flag}" for flag in flags))
    await hub.until(lambda: CODE in hub.sockets)
    await hub.open_session()
    await hub.until(lambda: hub.entered == [CODE], timeout_s=30)
    await hub.until(lambda: hub.events(CODE) == ["joined"])
    await hub.end_session()
    await hub.until(lambda: hub.events(CODE) == ["joined", "left"])
