"""One trial: a server, a crowd of rooms in a process of its own, and what was measured of the server."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.servers import ROOT, Server

ROOMS = 302
LOSS_MAX = 0.001
"""A server that loses more does less work than the other: the comparison is void."""
SKEW_MAX = 0.005
"""Packets sent just before the count and read just after it: one or two of a room's thousand."""
WARM_S = 6.0
"""Between the last room's first packet and the count: what a join brings with it (keyframes, five seconds of
silence in empty slots) is over."""

Start = Callable[[Path], AbstractContextManager[Server]]


class Failed(Exception):
    """The trial did not come to its end; the text says at what."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a trial watches; 0 leaves a part out."""

    rooms: int = ROOMS
    window_s: float = 12.0
    idle_s: float = 20.0


@dataclass(slots=True)
class Trial:
    """One server's figures. `join_*`: from the first room's request until each shows the chair's picture."""

    server: str
    join_s: float = 0.0
    join_cpu_s: float = 0.0
    rooms_join_cpu_s: float = 0.0
    connected_s: float = 0.0
    packets: int = 0
    packets_per_s: float = 0.0
    loss: float = 0.0
    us_per_packet: float = 0.0
    rss_mb: float = 0.0
    idle_cpu_percent: float = 0.0

    @property
    def is_void(self) -> bool:
        """Did it lose too much to be compared?"""
        return self.loss > LOSS_MAX


class Crowd:
    """The rooms' process."""

    def __init__(self, server: Server, rooms: int) -> None:
        argv = [sys.executable, "-m", "bench.crowd", server.name, server.url, str(server.pid), str(rooms)]
        self._process = subprocess.Popen(
            argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, name: str, *arguments: object) -> dict[str, Any]:
        """One command and its answer. Raises Failed."""
        assert self._process.stdin is not None, "piped above"
        assert self._process.stdout is not None, "piped above"
        self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": f"{name}: the rooms' process ended"}
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def end(self) -> None:
        """The process is gone, be it by force."""
        assert self._process.stdin is not None, "piped above"
        assert self._process.stdout is not None, "piped above"
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def run(start: Start, plan: Plan) -> Trial:
    """One whole trial on a fresh server. Raises Failed."""
    with tempfile.TemporaryDirectory(prefix="confhub-bench-") as folder, start(Path(folder)) as server:
        crowd = Crowd(server, plan.rooms)
        try:
            trial = Trial(server.name)
            _join(crowd, trial)
            if plan.window_s:
                _forward(crowd, trial, plan)
            trial.rss_mb = server.rss_mb()
            if plan.idle_s:
                _rest(crowd, trial, plan)
            crowd.do("close")
        finally:
            crowd.end()
    return trial


def _join(crowd: Crowd, trial: Trial) -> None:
    crowd.do("open")
    crowd.do("stage", True)
    found = crowd.do("join")
    trial.connected_s = found["connected_s"]
    trial.join_s, trial.join_cpu_s = found["join_s"], found["join_cpu_s"]
    trial.rooms_join_cpu_s = found["own_cpu_s"]


def _forward(crowd: Crowd, trial: Trial, plan: Plan) -> None:
    crowd.do("idle", WARM_S)
    found = crowd.do("window", plan.window_s)
    received, lost, wanted = found["received"], found["lost"], found["wanted"]
    trial.packets = received
    trial.packets_per_s = received / found["seconds"]
    trial.us_per_packet = found["cpu_s"] * 1e6 / max(1, received)
    missing = 1 - received / max(1, wanted)
    trial.loss = max(lost / max(1, received + lost), missing if missing > SKEW_MAX else 0.0)


def _rest(crowd: Crowd, trial: Trial, plan: Plan) -> None:
    crowd.do("stage", False)
    crowd.do("idle", WARM_S)
    found = crowd.do("idle", plan.idle_s)
    trial.idle_cpu_percent = 100 * found["cpu_s"] / found["seconds"]
