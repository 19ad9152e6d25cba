"""The plan of the lines' faults, and what carries it out at its times.

PLAN.json: {"seed": 1, "epoch": unix seconds, "faults": [{"from_s", "to_s", "kind": "loss" | "jitter" |
"dead", "percent" | "ms", "way": "down" | "up" | "both", "rooms": [first, last_exclusive]}]}; rooms by their
place in the credentials file. It is read again whenever the file's time changes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confhub.simulator.rtc.line import Way
from confhub.simulator.rtc.roomline import WAYS, RoomLine

log = logging.getLogger(__name__)

MAX_PLAN_BYTES = 1024 * 1024
MAX_FAULTS = 1000  # a drill has a dozen
MAX_JITTER_MS = 5000
LOOK_EVERY_S = 0.25  # how often the file's time is looked at
_KINDS = ("loss", "jitter", "dead")


class PlanError(ValueError):
    """The file is no plan; the text says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of some rooms' lines, from and to in seconds after the plan's epoch. `amount`: probability of
    loss, or seconds of jitter."""

    from_s: float
    to_s: float
    kind: str
    ways: tuple[Way, ...]
    first: int
    end: int
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A seed for all lines, and the faults; an epoch of 0 has not come yet."""

    seed: int = 0
    epoch: float = 0.0
    faults: tuple[Fault, ...] = ()

    def of(self, room: int, now: float) -> dict[Way, tuple[float, float, bool]]:
        """What a room's line suffers at a Unix time; losses add up, the longest jitter counts."""
        found: dict[Way, tuple[float, float, bool]] = {}
        for fault in self.faults:
            if fault.first <= room < fault.end and fault.from_s <= now - self.epoch < fault.to_s:
                for way in fault.ways:
                    loss, jitter_s, dead = found.get(way, (0.0, 0.0, False))
                    if fault.kind == "loss":
                        loss = 1 - (1 - loss) * (1 - fault.amount)
                    elif fault.kind == "jitter":
                        jitter_s = max(jitter_s, fault.amount)
                    found[way] = (loss, jitter_s, dead or fault.kind == "dead")
        return found

    def next_change(self, now: float) -> float:
        """Unix time of the next beginning or end; inf when nothing follows."""
        edges = [self.epoch + at for fault in self.faults for at in (fault.from_s, fault.to_s)]
        return min((at for at in edges if at > now), default=float("inf"))


def parse(data: bytes) -> Plan:
    """The plan in `data`. Raises PlanError."""
    try:
        body = json.loads(data) if len(data) <= MAX_PLAN_BYTES else None
    except (ValueError, RecursionError) as error:
        raise PlanError("not JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("faults"), list):
        raise PlanError("not a plan")
    if len(body["faults"]) > MAX_FAULTS:
        raise PlanError(f"more than {MAX_FAULTS} faults")
    seed = body.get("seed", 0)
    if type(seed) is not int:
        raise PlanError("seed is not a whole number")
    return Plan(seed, _number(body, "epoch", 0.0), tuple(_fault(fault) for fault in body["faults"]))


def _number(body: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = body.get(name, default)
    if type(value) not in (int, float) or not -1e12 < value < 1e12:
        raise PlanError(f"{name} is not a number")
    return float(value)


def _fault(body: object) -> Fault:
    if not isinstance(body, dict):
        raise PlanError("a fault is not an object")
    kind, way = body.get("kind"), body.get("way", "both")
    rooms = body.get("rooms", [0, 1 << 30])
    if kind not in _KINDS or way not in (*WAYS, "both"):
        raise PlanError("a fault of unknown kind or way")
    if not isinstance(rooms, list) or len(rooms) != 2 or any(type(number) is not int for number in rooms):
        raise PlanError("rooms is not [first, last_exclusive]")
    amount = 0.0
    if kind == "loss":
        amount = min(max(_number(body, "percent"), 0.0), 100.0) / 100
    elif kind == "jitter":
        amount = min(max(_number(body, "ms"), 0.0), MAX_JITTER_MS) / 1000
    ways = WAYS if way == "both" else (way,)
    return Fault(_number(body, "from_s"), _number(body, "to_s"), kind, ways, rooms[0], rooms[1], amount)


def line_seed(seed: int, room: int) -> int:
    """The seed of a room's own line: far from its neighbours'."""
    return (seed * 0x9E3779B97F4A7C15 + (room + 1) * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF


class FaultDirector:
    """`run` until cancelled. `lines`: by the room's place in the credentials file."""

    def __init__(
        self,
        path: Path,
        lines: Mapping[int, RoomLine],
        call: Callable[[Callable[[float], None]], None],
    ) -> None:
        self._path, self._lines, self._call = path, lines, call
        self._plan = Plan()
        self._seen = 0
        self._applied: dict[int, dict[Way, tuple[float, float, bool]]] = {}

    async def run(self) -> None:
        """Looks at the file, and applies what is due when it is due."""
        while True:
            await self._look()
            now = time.time()
            for room, line in self._lines.items():
                faults = self._plan.of(room, now)
                if faults != self._applied.get(room, {}):
                    self._applied[room] = faults
                    line.apply(faults, self._call)
            wait_s = self._plan.next_change(now) - time.time()
            await asyncio.sleep(min(max(wait_s, 0.001), LOOK_EVERY_S))

    async def _look(self) -> None:
        try:
            seen = await asyncio.to_thread(lambda: self._path.stat().st_mtime_ns)
            if seen == self._seen:
                return
            self._seen = seen
            self._plan = parse(await asyncio.to_thread(self._path.read_bytes))
        except OSError as error:
            log.info("no plan of faults: %s", error.strerror)
        except PlanError as error:
            log.warning("%s: %s; the plan before goes on", self._path, error)

    def counts(self) -> dict[str, int]:
        """What was really applied, in datagrams of all rooms; good lines are not counted."""
        sums = [line.datagrams.counts() for line in self._lines.values()]
        names = ("down_dropped", "down_passed", "up_dropped", "up_passed", "delayed")
        return {name: sum(counts[number] for counts in sums) for number, name in enumerate(names)}


def seed_of(path: Path) -> int:
    """The plan's seed for the lines that are made now; 0 where there is no plan yet."""
    try:
        return parse(path.read_bytes()).seed
    except (OSError, PlanError):
        return 0
