"""Who is heard: LiveKit's speakers_changed from the router's audio levels."""

from __future__ import annotations

from collections.abc import Sequence

from livekit.protocol import models, rtc

from confhub.relay.forward.router import SpeakerLevel
from confhub.relay.room.participant import House, Participant
from confhub.relay.room.tracks.publication import Publication

_LEVEL_STEPS = 8


class Speakers:
    """Tells changes only, each audience its own: the hall everybody who speaks, the stage view the stage."""

    def __init__(self, room: House) -> None:
        self._room = room
        self._active: dict[str, float] = {}
        self._active_slots: dict[str, float] = {}

    def update(self, levels: Sequence[SpeakerLevel]) -> None:
        """The router's newest window; a participant with several tracks counts by its loudest."""
        loudest: dict[str, float] = {}
        slots: dict[str, float] = {}
        for level in levels:
            publication = level.track.owner
            if isinstance(publication, Publication) and level.active and publication.may_flow:
                sid = publication.owner.sid
                loudest[sid] = max(loudest.get(sid, 0.0), self._quantized(level.level))
                for slot in self._room.slots.sounding(publication):
                    slots[slot.sid] = loudest[sid]
        self._send(self._visible(_changes(self._active, loudest)), stage=False)
        self._send(_changes(self._active_slots, slots), stage=True)
        self._active, self._active_slots = loudest, slots

    def greet(self, viewer: Participant) -> None:
        """Who speaks, to one viewer that came new: a steady voice is no change later on."""
        heard = self._active_slots if viewer.is_stage_viewer else self._active
        told = _changes({}, heard)
        self._tell(viewer, told if viewer.is_stage_viewer else self._visible(told))

    def tell_all(self, viewer: Participant) -> None:
        """Who speaks and who does not, to one viewer that may have missed a change."""
        if viewer.is_stage_viewer:
            heard, seen = self._active_slots, [slot.sid for slot in self._room.slots.participants()]
        else:
            heard = self._active
            seen = [p.sid for p in self._room.participants.values() if not p.permission.hidden]
        told = [models.SpeakerInfo(sid=s, level=heard.get(s, 0.0), active=s in heard) for s in seen]
        self._tell(viewer, told)

    @staticmethod
    def _tell(viewer: Participant, told: list[models.SpeakerInfo]) -> None:
        if told:
            viewer.send(rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=told)))

    def forget(self, participant: Participant) -> None:
        """It left; a departure says enough."""
        self._active.pop(participant.sid, None)

    def _visible(self, changes: list[models.SpeakerInfo]) -> list[models.SpeakerInfo]:
        """Those of participants that the hall knows of."""
        known = self._room.by_sid
        return [info for info in changes if info.sid in known and not known[info.sid].permission.hidden]

    @staticmethod
    def _quantized(level: float) -> float:
        return max(1, round(level * _LEVEL_STEPS)) / _LEVEL_STEPS

    def _send(self, changes: list[models.SpeakerInfo], *, stage: bool) -> None:
        if not changes:
            return
        payload = rtc.SignalResponse(
            speakers_changed=rtc.SpeakersChanged(speakers=changes)
        ).SerializeToString()
        for viewer in self._room.participants.values():
            if viewer.is_stage_viewer is stage:
                viewer.send_bytes(payload)


def _changes(before: dict[str, float], now: dict[str, float]) -> list[models.SpeakerInfo]:
    changes = [
        models.SpeakerInfo(sid=sid, level=level, active=True)
        for sid, level in now.items()
        if before.get(sid) != level
    ]
    return changes + [models.SpeakerInfo(sid=sid, active=False) for sid in before if sid not in now]
