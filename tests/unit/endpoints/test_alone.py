"""What runs in a real room starts with nothing else of the repository there, and without the simulation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import endpoints

SIMULATION = ("crowd", "fleet", "native", "simulated.py")

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
    left = shutil.ignore_patterns("__pycache__", *SIMULATION)
    shutil.copytree(Path(endpoints.__file__).parent, tmp_path / "endpoints", ignore=left)
    return tmp_path


@pytest.mark.parametrize("command", [("pair", "--help"), ("run", "--help"), ("systemd-unit",)])
def test_the_rooms_commands_start_alone(folder: Path, command: tuple[str, ...]) -> None:
    done = start(folder, *command)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("ExecStart=" if command == ("systemd-unit",) else f"{command[0]} [-h]") in done.stdout


def test_the_simulation_is_not_there(folder: Path) -> None:
    credentials = folder / "credentials"
    credentials.write_text("")
    done = start(folder, "fleet", "--hub", "http://127.0.0.1:1", "--credentials", str(credentials))
    assert done.returncode != 0
    assert "ModuleNotFoundError" in done.stderr
