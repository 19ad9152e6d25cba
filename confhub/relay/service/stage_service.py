"""confhub.Stage: what this relay can do beyond LiveKit, and its counters. JSON only."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from confhub.relay import native
from confhub.relay.room import limits, silence
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import Room
from confhub.relay.room.rooms import Rooms
from confhub.relay.room.stage.slot import Slot
from confhub.relay.room.tracks import lines
from confhub.relay.room.tracks.profile import Profile
from confhub.relay.room.traffic import Traffic
from confhub.relay.service import figures
from confhub.relay.service.twirp import Call, Methods, TwirpError, denied
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
            "GetStage": Call(None, self.get_stage),
            "PointSlot": Call(None, self.point_slot),
            "SetProfile": Call(None, self.set_profile),
            "GetFigures": Call(None, self.get_figures),
            "GetSilent": Call(None, self.get_silent),
        }

    def get_capabilities(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """Any valid token may ask. `instance` is new after each start."""
        return {"instance": self._rooms.host.instance, "stage_view": True, "slots": True, "profiles": True}

    def point_slot(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """`{room, slot, identity}` -> `{slot, identity, pending}`: put a participant that may publish behind
        a slot; identity "" empties it. The answer does not wait for the picture. not_found: no such room,
        slot or participant; failed_precondition: no grant, or a codec that slots do not carry."""
        room = self._room(grants, request)
        slot = room.slots.get(_text(request, "slot"))
        if slot is None:
            raise TwirpError("not_found", "there is no such slot")
        identity = _text(request, "identity")
        if identity:
            who = room.participants.get(identity)
            if who is None:
                raise TwirpError("not_found", "participant does not exist")
            if refusal := slot.refusal(who):
                raise TwirpError("failed_precondition", refusal)
        slot.point(identity, room.host.now())
        return {"slot": slot.name, "identity": slot.identity, "pending": slot.is_pending}

    def set_profile(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """`{room, identity, profile: full|low|audio}` -> `{identity, profile, changed}`, at once and for as
        long as the room lives. not_found: no such room or participant."""
        room = self._room(grants, request)
        who = room.participants.get(_text(request, "identity"))
        if who is None:
            raise TwirpError("not_found", "participant does not exist")
        try:
            profile = Profile(_text(request, "profile"))
        except ValueError as error:
            raise TwirpError("invalid_argument", "profile should be full, low or audio") from error
        changed = lines.set_profile(who, profile)
        return {"identity": who.identity, "profile": profile.value, "changed": changed}

    def get_stage(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """`{room}` -> `{slots: […]}`. `since_ms`: when the present identity was put there, 0 for never;
        `video_track`, `audio_track`: the source's own sids, "" where nothing flows; `reason`: why it is
        pending."""
        room = self._room(grants, request)
        return {"slots": [_slot_row(slot) for slot in room.slots]}

    def _room(self, grants: Grants, request: dict[str, Any]) -> Room:
        name = _text(request, "room")
        if not grants.room_admin or grants.room != name:
            raise denied()
        room = self._rooms.get(name)
        if room is None:
            raise TwirpError("not_found", "requested room does not exist")
        return room

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
            "loop_lag_worst_ms": round(self._rooms.worst_loop_lag_s * 1000, 1),
            "fanout": native.describe()["name"],
        }

    async def get_figures(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """`{rooms: [name…]}` (none: all) -> `{columns, rooms: {name: [row…]}}`, see `figures.COLUMNS`
        (roomList)."""
        rows = {
            room.name: await figures.rows(room.participants.values())
            for room in self._wanted(grants, request)
        }
        return {"columns": figures.COLUMNS, "rooms": rows}

    def get_silent(self, grants: Grants, request: dict[str, Any]) -> dict[str, Any]:
        """`{rooms: [name…]}` (none: all) -> `{rooms: {name: [[identity, since_ms]…]}}`: who is listed, but
        not heard any more; rooms where everybody is heard are left out (roomList)."""
        host = self._rooms.host
        now_s, wall_s = host.now(), host.wall()
        found = {
            room.name: [
                [identity, int((wall_s - (now_s - since_s)) * 1000)]
                for identity, since_s in silence.silent(room.participants.values(), now_s)
            ]
            for room in self._wanted(grants, request)
        }
        return {"rooms": {name: rows for name, rows in found.items() if rows}}

    def _wanted(self, grants: Grants, request: dict[str, Any]) -> list[Room]:
        if not grants.room_list:
            raise denied()
        wanted = request.get("rooms") or []
        if not isinstance(wanted, list) or len(wanted) > limits.ROOMS:
            raise TwirpError("invalid_argument", "rooms should be a list of names")
        return [room for room in self._rooms.all() if not wanted or room.name in wanted]

    def _traffic(self, participants: Iterable[Participant], total: Traffic) -> Traffic:
        for participant in participants:
            if participant.media is not None:
                total.add(participant.media.traffic())
            for publication in participant.publications.values():
                total.packets_received += publication.packets_received()
        return total


def _text(request: dict[str, Any], name: str) -> str:
    value = request.get(name, "")
    if not isinstance(value, str) or len(value) > limits.TEXT_MAX_CHARS:
        raise TwirpError("invalid_argument", f"{name} should be a short text")
    return value


def _slot_row(slot: Slot) -> dict[str, Any]:
    picture, sound = (track.source for track in slot.tracks)
    return {
        "slot": slot.name,
        "identity": slot.identity,
        "since_ms": slot.since_ms,
        "pending": slot.is_pending,
        "video_track": picture.sid if picture is not None else "",
        "audio_track": sound.sid if sound is not None else "",
        "reason": slot.reason,
    }


def _rss_bytes() -> int:
    """Resident memory now where the system tells, else the most it ever was."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
