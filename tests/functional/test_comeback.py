"""Relay, hub and rooms are killed during a session: all come back, and attendance keeps its truth."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.alone  # one poor window of sound is told for the rest of a run

ROOMS = 8
BACK_WITHIN_S = 60.0


def read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def until(what: str, holds: Callable[[], bool], demo: subprocess.Popen[bytes]) -> None:
    """Look until it holds; fails when it does not within the time that a session may be without its rooms."""
    deadline = time.monotonic() + BACK_WITHIN_S
    while not holds():
        assert demo.poll() is None, f"the demo ended while waiting for {what}"
        assert time.monotonic() < deadline, f"{what}: not within {BACK_WITHIN_S:.0f} s"
        time.sleep(0.1)


def pid_of(parent: int, *words: str) -> int:
    """The child process of `parent` whose command line holds all these words."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if int(stat[1]) == parent and all(word in command for word in words):
                return int(entry.name)
    raise AssertionError(f"no child with {words}")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = (tmp_path / "demo.log").open("wb")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "confhub", "demo", "--rooms", str(ROOMS), "--data", str(tmp_path / "demo"),
            "--port", "0", "--json", str(tmp_path / "demo.json"),
        ],
        stdout=log, stderr=log, env={**os.environ, "DEMO_SECONDS": ""},
    )  # fmt: skip
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    log.close()


def test_everything_comes_back_after_sigkill_and_no_room_loses_a_minute(
    demo: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    relay, fleet = folder / "relay.json", folder / "fleet-status.json"

    def all_back() -> bool:
        now = read(fleet)
        return (
            now.get("joined") == now.get("with_picture") == now.get("with_sound") == ROOMS
            and now.get("connected") == ROOMS
        )

    def report_is_live() -> bool:
        return "The session ends" in (tmp_path / "demo.log").read_text()

    until("the session", lambda: report_is_live() and all_back(), demo)

    killed = read(relay)["pid"]
    os.kill(killed, signal.SIGKILL)
    until("another relay", lambda: read(relay).get("pid") not in (None, killed), demo)
    until("the rooms' leaving the dead relay", lambda: not all_back(), demo)
    until("picture and sound after the relay's death", all_back, demo)

    os.kill(pid_of(demo.pid, "confhub", "run"), signal.SIGKILL)
    until("the rooms' losing the dead hub", lambda: read(fleet).get("connected") == 0, demo)
    until("the rooms' finding the new hub", all_back, demo)
    assert read(relay)["pid"] != killed

    os.kill(pid_of(demo.pid, "endpoints.main", "fleet"), signal.SIGKILL)
    until("the rooms' program beginning anew", lambda: not all_back(), demo)
    until("picture and sound after the rooms' death", all_back, demo)

    demo.send_signal(signal.SIGINT)
    demo.wait(90)
    told = (tmp_path / "demo.log").read_text()
    found = read(tmp_path / "demo.json")
    assert found["restarts"] == 3, told
    assert found["rooms_joined"] == ROOMS, told
    assert found["attendance_rows"] == ROOMS + 1, told
    assert found["attendance_differences"] == 0, told
