"""confhub.Stage: what this relay can do beyond LiveKit, and its counters. JSON only."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from confhub.relay.room.participant import Participant
from confhub.relay.room.rooms import Rooms
from confhub.relay.room.traffic import Traffic
from confhub.relay.service.twirp import Call, Methods, denied
from confhub.relay.wire.tokens import Grants

_PAGE_BYTES = resource.getpagesize()


class StageService:
    """A LiveKit server answers bad_route to all of this, which is how a caller tells them apart."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def methods(self) -> Methods:
        """Twirp method -> call."""
        return {
            "GetCapabilities": Call(None, self.get_capabilities),
            "GetStats": Call(None, self.get_stats),
        }

    def get_capabilities(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """Any valid token may ask. `instance` is new after each start."""
        return {"instance": self._rooms.host.instance, "stage_view": True}

    def get_stats(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """Counters of the process since its start (roomAdmin or roomList). With `identity_prefix`: traffic
        of the participants now here whose identity begins so, since each one's connection began."""
        if not grants.room_admin and not grants.room_list:
            raise denied()
        prefix = str(request.get("identity_prefix", ""))
        here = (p for room in self._rooms.all() for p in room.participants.values())
        participants = [p for p in here if p.identity.startswith(prefix)]
        begun = Traffic() if prefix else replace(self._rooms.host.retired)
        return {
            **asdict(self._traffic(participants, begun)),
            "participants": len(participants),
            "cpu_s": round(time.process_time(), 3),
            "rss_mb": round(_rss_bytes() / 2**20, 1),
            "loop_lag_ms": round(self._rooms.loop_lag_s * 1000, 1),
        }

    def _traffic(self, participants: Iterable[Participant], total: Traffic) -> Traffic:
        for participant in participants:
            if participant.media is not None:
                total.add(participant.media.traffic())
            for publication in participant.publications.values():
                total.packets_received += publication.packets_received()
        return total


def _rss_bytes() -> int:
    """Resident memory now where the system tells, else the most it ever was."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
