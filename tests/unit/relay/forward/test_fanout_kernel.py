"""What the kernel refuses is counted exactly, and a kernel that cuts no runs is served all the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.relay.fanoutkit import TWINS, needs_compiled

ROOT = Path(__file__).parents[4]
SHIM = Path(__file__).with_name("kernel_shim.c")
SCENARIO = """
import ctypes, json, os, sys
sys.path.insert(0, sys.argv[1])
from confhub.relay import native
from confhub.relay.forward.cargo import Cargo
from tests.unit.relay.fanoutkit import PLAIN, TWINS, Subscriber
twin = next(twin for twin in TWINS if twin.name == sys.argv[2])
fanout = twin.new(lambda: 1.0)
first = Subscriber(twin)
subscribers = [first, *(Subscriber(twin, seed, sender=first.sender) for seed in range(1, 5))]
lanes = [twin.lane(s.path, 100 + n, 96, PLAIN, 0, 0, 0) for n, s in enumerate(subscribers)]
arrived = [[] for _ in subscribers]
for burst in range(int(sys.argv[3])):
    for index in range(8):
        cargo = Cargo(8 * burst + index, 0, 0, bytes(900 if index < 6 else 30 * index))
        cargo.lanes = tuple(lanes)
        fanout.queue(cargo)
    fanout.flush()
    for mine, subscriber in zip(arrived, subscribers):
        mine += [datagram.hex() for datagram in subscriber.datagrams()]
print(json.dumps({
    "counters": [s.counters() for s in subscribers],
    "lanes": [lane.packets for lane in lanes],
    "arrived": arrived,
    "cuts_runs": native.fanout.cuts_runs(),
    "runs": ctypes.CDLL(None).shim_runs() if "LD_PRELOAD" in os.environ else None,
}))
"""
BURSTS, BURST = 4, 8
SENT = BURSTS * BURST


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("needs a C compiler")
    binary = tmp_path_factory.mktemp("shim") / "kernel_shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", str(SHIM), "-o", str(binary), "-ldl"], check=True)
    return binary


def play(twin: str, shim: Path | None = None, bursts: int = BURSTS, **refusals: str) -> dict[str, object]:
    """The scenario in a process whose kernel refuses so."""
    environment = {**os.environ, **refusals}
    if shim is not None:
        environment["LD_PRELOAD"] = str(shim)
    done = subprocess.run(
        [sys.executable, "-c", SCENARIO, str(ROOT), twin, str(bursts)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome: dict[str, object] = json.loads(done.stdout)
    return outcome


@needs_compiled
@pytest.mark.parametrize("twin", [twin.name for twin in TWINS])
@pytest.mark.parametrize("is_short", [False, True])
def test_what_finds_the_buffer_full_is_dropped_and_counted(twin: str, is_short: bool, shim: Path) -> None:
    refusals = {"FULL_EVERY": "4"} | ({"SHORT": "1"} if is_short else {})
    outcome = play(twin, shim, **refusals)
    counters, lanes, arrived = outcome["counters"], outcome["lanes"], outcome["arrived"]
    assert isinstance(counters, list)
    assert isinstance(lanes, list)
    assert isinstance(arrived, list)
    assert sum(dropped for _, _, dropped, _ in counters) > 0
    for (packets, octets, dropped, errors), lane, datagrams in zip(counters, lanes, arrived, strict=True):
        assert packets == lane == len(datagrams)
        assert octets == sum(len(datagram) // 2 - 16 for datagram in datagrams)
        assert packets + dropped == SENT
        assert errors == 0


@needs_compiled
def test_a_burst_waits_for_a_buffer_that_is_full_for_a_moment(shim: Path) -> None:
    expected = play("python")
    outcome = play("compiled", shim, FULL_EVERY="3", ROOM="1")
    assert outcome["arrived"] == expected["arrived"]
    assert outcome["counters"] == expected["counters"]


@needs_compiled
def test_a_burst_does_not_wait_for_ever(shim: Path) -> None:
    outcome = play("compiled", shim, FULL_EVERY="1", ROOM="1")
    assert outcome["counters"] == [[0, 0, SENT, 0]] * 5


@needs_compiled
@pytest.mark.parametrize("cuts", ["unknown", "EINVAL", "EIO"])
def test_a_kernel_that_cuts_no_runs_gets_packets_one_by_one(cuts: str, shim: Path) -> None:
    expected = play("python")
    outcome = play("compiled", shim, CUTS=cuts)
    assert outcome["arrived"] == expected["arrived"]
    assert outcome["counters"] == expected["counters"]
    assert outcome["lanes"] == [SENT] * 5
    assert outcome["cuts_runs"] == (cuts != "unknown")


@needs_compiled
def test_one_refused_run_does_not_cost_a_path_its_runs_for_ever(shim: Path) -> None:
    expected = play("python", bursts=200)
    outcome = play("compiled", shim, bursts=200, CUTS="first", SHORT="1")
    assert outcome["arrived"] == expected["arrived"]
    runs = outcome["runs"]
    assert isinstance(runs, int)
    assert 5 * 100 <= runs < 5 * 200, "one run a burst and path, but for a while after the refused one"
