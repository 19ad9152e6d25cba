"""What runs in a real room starts with nothing else of the repository there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import endpoints

STARTED = """
import importlib, sys
sys.modules["confhub"] = None
sys.path.insert(0, sys.argv.pop(1))
import endpoints
assert endpoints.__file__.startswith(sys.path[0]), endpoints.__file__
for name in ("agent.agent", "pairing", "asking", "room_command", "seats.kiosk", "seats.code_screen"):
    importlib.import_module("endpoints." + name)
from endpoints.main import main
sys.exit(main(sys.argv[1:]))
"""


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-I", "-c", STARTED, str(folder), *arguments]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The rooms' programs alone."""
    left = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(endpoints.__file__).parent, tmp_path / "endpoints", ignore=left)
    return tmp_path


@pytest.mark.parametrize("command", [("pair", "--help"), ("run", "--help"), ("systemd-unit",)])
def test_the_rooms_commands_start_alone(folder: Path, command: tuple[str, ...]) -> None:
    done = start(folder, *command)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("ExecStart=" if command == ("systemd-unit",) else f"{command[0]} [-h]") in done.stdout


@pytest.mark.parametrize("command", ["fleet", "studio", "crowd", "clip"])
def test_a_command_of_the_simulator_says_what_is_missing(folder: Path, command: str) -> None:
    done = start(folder, command, "--lang", "en", "--hub", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    said = (
        f"confhub-endpoint: The command {command} needs the whole of confhub, which is not installed here ("
    )
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_the_simulator_s_commands_are_listed_and_explain_themselves() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "endpoints.main", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for command in ("fleet", "studio", "crowd", "clip"):
        assert f"    {command} " in listed
        done = subprocess.run(
            [sys.executable, "-m", "endpoints.main", command, "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"usage: confhub-endpoint {command} [-h]")
