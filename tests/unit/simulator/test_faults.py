"""The plan of the lines' faults: what it says when, and that a new plan is followed."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confhub.simulator.fleet.faults import FaultDirector, PlanError, line_seed, parse, seed_of
from confhub.simulator.rtc.line import PyLine
from confhub.simulator.rtc.roomline import RoomLine

LOSS = {"from_s": 10, "to_s": 30, "kind": "loss", "percent": 50, "way": "both", "rooms": [2, 4]}
JITTER = {"from_s": 20, "to_s": 40, "kind": "jitter", "ms": 30, "way": "down"}
DEAD = {"from_s": 50, "to_s": 70, "kind": "dead", "way": "up", "rooms": [0, 1]}


def plan_of(*faults: dict[str, Any], epoch: float = 1000.0) -> bytes:
    return json.dumps({"seed": 1, "epoch": epoch, "faults": faults}).encode()


def test_each_room_suffers_what_the_plan_says_at_its_time() -> None:
    plan = parse(plan_of(LOSS, LOSS, JITTER, DEAD))
    assert plan.of(2, 1009.9) == {}
    assert plan.of(1, 1010.0) == {}
    assert plan.of(3, 1010.0) == {"down": (0.75, 0.0, False), "up": (0.75, 0.0, False)}
    assert plan.of(3, 1020.0)["down"] == (0.75, 0.03, False)
    assert plan.of(9, 1030.0) == {"down": (0.0, 0.03, False)}
    assert plan.of(0, 1050.0) == {"up": (0.0, 0.0, True)}
    assert plan.of(0, 1070.0) == {}
    assert [plan.next_change(at) for at in (0.0, 1010.0, 1040.0, 1070.0)] == [1010, 1020, 1050, float("inf")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "rain"},
        {"way": "sideways"},
        {"rooms": [1]},
        {"rooms": [0, "2"]},
        {"percent": "much"},
        {"from_s": None},
        {"to_s": True},
    ],
)
def test_a_wrong_fault_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        parse(plan_of(LOSS | wrong))


def test_neighbouring_rooms_lose_different_packets() -> None:
    lines = [PyLine(line_seed(1, room)) for room in range(3)]
    fates = []
    for line in lines:
        line.set("down", 0.5, 0.0, False)
        fates.append([line.fate("down") for _ in range(64)])
    assert fates[0] != fates[1] != fates[2]
    assert line_seed(1, 0) == line_seed(1, 0) != line_seed(2, 0)


async def test_the_plan_is_followed_and_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    lines = {room: RoomLine(PyLine(room)) for room in (0, 1)}
    changed = asyncio.Event()

    def call(command: Callable[[float], None]) -> None:
        command(0.0)
        changed.set()

    director = FaultDirector(path, lines, call)
    running = asyncio.create_task(director.run())
    assert seed_of(path) == 0
    try:
        dead = DEAD | {"from_s": 0, "to_s": 0.3, "way": "both"}
        path.write_bytes(plan_of(dead, epoch=time.time()))
        assert seed_of(path) == 1
        async with asyncio.timeout(5):
            await changed.wait()
        assert lines[0].datagrams.dead
        assert not lines[1].datagrams.dead
        assert lines[0].datagrams.fate("down") == -1.0
        async with asyncio.timeout(5):
            await lines[0].alive()  # the fault is over
        assert not lines[0].datagrams.dead
        changed.clear()
        path.write_text("{broken")
        os.utime(path, ns=(1, 1))
        path.write_bytes(plan_of(LOSS | {"from_s": 0, "to_s": 9, "rooms": [1, 2]}, epoch=time.time()))
        async with asyncio.timeout(5):
            await changed.wait()
        fates = [lines[1].datagrams.fate("up") for _ in range(100)]
        counts = director.counts()
        assert counts["up_dropped"] == fates.count(-1.0)
        assert counts["up_dropped"] + counts["up_passed"] == 100
        assert counts["down_dropped"] == 1
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
