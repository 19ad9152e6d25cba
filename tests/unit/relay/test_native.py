"""The compiled twin is there wherever it can be, and which twin runs is what was asked for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from confhub.relay import native
from confhub.relay.forward.fanout_py import PyFanOut
from confhub.relay.forward.twins import new_fanout
from tests.unit.relay.fanoutkit import needs_compiled

pytestmark = pytest.mark.sockets

ROOT = Path(__file__).parents[3]


def can_compile() -> bool:
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    return shutil.which(os.environ.get("CC", "cc")) is not None and headers.exists()


@pytest.mark.skipif(not can_compile(), reason="no C compiler or no Python headers here")
@pytest.mark.skipif(os.environ.get(native.ENVIRONMENT) == "python", reason="refused in the environment")
def test_where_there_is_a_compiler_the_compiled_twin_runs() -> None:
    told = subprocess.run(
        [sys.executable, "scripts/native.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout == ""
    assert native.describe()["name"] == "compiled", f"{native.describe()}; `make native` shows why"


@needs_compiled
def test_a_twin_is_chosen_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_asked", "auto")
    monkeypatch.setattr(native, "_reason", "")
    native.choose("python")
    assert isinstance(new_fanout(lambda: 1.0), PyFanOut)
    assert native.describe() == {"name": "python", "gso": False, "gro": False, "reason": "asked for"}
    native.choose("compiled")
    assert isinstance(new_fanout(lambda: 1.0), native.fanout.FanOut)
    with pytest.raises(ValueError, match="one of auto, compiled, python"):
        native.choose("rust")


def test_the_environment_can_refuse_everything_compiled() -> None:
    script = (
        "from confhub.relay import native\n"
        "from confhub.relay.forward.lane import Lane, PyLane\n"
        "assert native.fanout is None and Lane is PyLane\n"
        "assert native.describe()['name'] == 'python'\n"
        "try: native.choose('compiled')\n"
        "except native.NotBuiltError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, native.ENVIRONMENT: "python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "CONFHUB_FANOUT=python" in done.stdout


def test_without_a_compiler_building_goes_on_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "confhub" / "relay" / "native"
    folder.mkdir(parents=True)
    (folder / "_probe.pyx").write_text("def one(): return 1\n", encoding="ascii")
    stale = folder / "_probe.cpython-0-old.so"
    stale.touch()
    shutil.copy(ROOT / "setup.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--inplace"],
        cwd=tmp_path,
        env={**os.environ, "CC": "/bin/false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "without the compiled twin, the Python one runs (confhub.relay.native._probe" in done.stderr
    assert not stale.exists(), "an older build must not run with newer Python"


@pytest.mark.parametrize("name", ["python", pytest.param("compiled", marks=needs_compiled)])
def test_a_relay_says_at_its_start_which_twin_it_runs(name: str) -> None:
    command = [sys.executable, "-m", "confhub.relay", "--port", "0", "--udp-port", "0", "--fanout", name]
    environment = {**os.environ, "LIVEKIT_KEYS": "key: a-secret-of-at-least-32-characters"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdout is not None
        ready = json.loads(relay.stdout.readline())
        relay.terminate()
        assert relay.wait(10) == 0
    assert ready["fanout"] == name


def test_a_twin_that_is_not_there_is_refused_with_its_setting() -> None:
    environment = {**os.environ, "LIVEKIT_KEYS": "key: a-secret-of-at-least-32-characters"}
    done = subprocess.run(
        [sys.executable, "-m", "confhub.relay", "--fanout", "compiled"],
        cwd=ROOT,
        env={**environment, native.ENVIRONMENT: "python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--fanout (CONFHUB_FANOUT)" in done.stderr
