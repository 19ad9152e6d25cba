"""When each room was back after a fault: by its diary where it connected anew, else by its gap in media."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from confhub.simulator.drill.outcome import Coming


def first_packets(diaries: Iterable[Path]) -> dict[str, list[float]]:
    """By room, when each of its connections had its first packet, Unix seconds, ascending."""
    found: dict[str, list[float]] = {}
    for path in diaries:
        for file in (path, path.with_name(path.name + ".open")):
            if not file.exists():
                continue
            for line in file.read_text().splitlines():
                entry = json.loads(line)
                at = datetime.fromisoformat(entry["from"]).timestamp()
                found.setdefault(entry["code"], []).append(at)
    return {code: sorted(times) for code, times in found.items()}


def after_kill(
    rooms: Sequence[str], firsts: Mapping[str, Sequence[float]], killed_at: float, able_at: float
) -> Coming:
    """Rooms that connected anew after a kill, timed from when they could. All of them had to."""
    coming = Coming(affected=len(rooms))
    for room in rooms:
        anew = [at for at in firsts.get(room, ()) if at > killed_at]
        if anew:
            coming.back_s.append(max(0.0, min(anew) - able_at))
        else:
            coming.missing += 1
    return coming


def after_line(
    rooms: Sequence[str], rejoins: Iterable[Mapping[str, Any]], dead_at: float, back_at: float
) -> Coming:
    """Rooms whose line died: from its coming back to their first packet. `rejoins`: the rooms' own
    `{"room", "lost_at_ms", "back_at_ms"}`; one that lost nothing had nothing sent to it."""
    wanted = set(rooms)
    last: dict[str, float | None] = {}
    for rejoin in rejoins:
        lost_s = float(rejoin["lost_at_ms"]) / 1000
        if rejoin["room"] in wanted and dead_at - 2 <= lost_s <= back_at:
            back_ms = rejoin.get("back_at_ms")
            last[rejoin["room"]] = float(back_ms) / 1000 if back_ms else None
    coming = Coming(affected=len(rooms), missing=len(rooms) - len(last))
    for at in last.values():
        if at is None:
            coming.missing += 1
        else:
            coming.back_s.append(max(0.0, at - back_at))
    return coming
