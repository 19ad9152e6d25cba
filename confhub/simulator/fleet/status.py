"""The fleet's figures: one object a second, for the status file and the terminal."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from confhub.simulator.fleet.files import replace_file
from confhub.simulator.fleet.room import SimulatedRoom
from confhub.simulator.rtc.loop import MediaLoop


@dataclass(slots=True)
class Status:
    """Counts of rooms, packets since the start, seconds from the first call; the status file's fields."""

    rooms: int = 0
    connected: int = 0  # rooms whose WebSocket to the hub is open
    called: int = 0
    joined: int = 0
    with_picture: int = 0
    with_sound: int = 0
    publishing: int = 0
    packets_received: int = 0
    packets_lost: int = 0
    packets_sent: int = 0
    decode_rooms: int = 0
    decode_checked: int = 0
    decode_ok: int = 0
    connections: int = 0
    first_join_s: float | None = None
    last_join_s: float | None = None
    cpu_s: float = 0.0
    media_us_per_packet: float = 0.0
    media_longest_round_s: float = 0.0
    receiver: str = ""  # which twin reads the packets: "compiled" or "python"
    renegotiations: int = 0  # offers that the server asked for after the join's
    freezes: int = 0  # gaps of more than a second between frames of one picture that was due
    freeze_s: float = 0.0  # their sum, in all rooms
    faults: dict[str, int] = field(default_factory=dict)  # what was really applied: see faults.py
    rejoins: list[dict[str, Any]] = field(default_factory=list)  # see room.Rejoin
    switches: list[dict[str, Any]] = field(default_factory=list)  # see proofs.Switch
    pid: int = 0
    at: float = 0.0
    final: bool = False


def measure(rooms: Iterable[SimulatedRoom], media: MediaLoop, *, final: bool = False) -> Status:
    """The figures now."""
    status = Status(pid=os.getpid(), at=time.time(), cpu_s=round(time.process_time(), 3), final=final)
    joins: list[float] = []
    calls: list[float] = []
    for room in rooms:
        verdict = room.verdict()
        status.rooms += 1
        status.connected += room.agent.link.connected
        status.called += verdict.state == "called"
        status.joined += verdict.joined
        status.with_picture += verdict.picture
        status.with_sound += verdict.sound
        status.publishing += verdict.publishing
        status.packets_received += verdict.received
        status.packets_lost += verdict.lost
        status.packets_sent += verdict.sent
        status.connections += verdict.connections
        status.renegotiations += room.seat.renegotiations
        status.freezes += verdict.freezes
        status.freeze_s += verdict.freeze_s
        status.rejoins += [asdict(rejoin) for rejoin in room.rejoins()]
        if room.check is not None:
            status.decode_rooms += 1
            status.decode_checked += room.check.checked
            status.decode_ok += room.check.ok
        joins += [verdict.joined_at] if verdict.joined_at else []
        calls += [verdict.called_at] if verdict.called_at else []
    if joins and calls:
        status.first_join_s = round(min(joins) - min(calls), 3)
        status.last_join_s = round(max(joins) - min(calls), 3)
    status.media_us_per_packet = round(media.busy_s * 1e6 / max(1, media.packets), 2)
    status.freeze_s = round(status.freeze_s, 3)
    status.receiver = media.twin.name
    status.media_longest_round_s = round(media.longest_round_s, 3)
    return status


def write(status: Status, path: Path) -> None:
    """Replaces the status file. Raises OSError."""
    replace_file(path, (json.dumps(fields(status)) + "\n").encode())


def fields(status: Status) -> dict[str, Any]:
    """The status as JSON has it; its long lists are not copied."""
    return {name: getattr(status, name) for name in Status.__slots__}
