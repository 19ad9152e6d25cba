"""Participant updates, batched: one message for all that changed in a short while, serialized once per
audience."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from livekit.protocol import models, rtc

from confhub.relay.forward.agenda import NEVER
from confhub.relay.room import audience, limits
from confhub.relay.room.participant import House, Participant

_FIRST_DELAY_S = 0.005


def update_of(infos: Iterable[models.ParticipantInfo]) -> bytes:
    """One serialized `update`."""
    return rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=infos)).SerializeToString()


class Announcer:
    """Collects changed participants of one room and tells the others.

    The first change after a quiet while goes out at once, further ones wait until UPDATE_INTERVAL_S has
    passed: at `deadline` somebody calls `turn`. `on_sooner`: the deadline may be earlier than it was. Cost
    of a flush: one serialization for the hall, one for the stage, one for each changed stage viewer's own
    state. `after_flush` is called with the changed participants (subscriptions follow what was announced).
    """

    def __init__(
        self,
        room: House,
        after_flush: Callable[[Iterable[Participant]], None],
        on_sooner: Callable[[], None],
    ) -> None:
        self._room = room
        self._after_flush = after_flush
        self._changed: dict[str, Participant] = {}
        self._gone: dict[str, models.ParticipantInfo] = {}
        self._on_sooner = on_sooner
        self._last_s = -NEVER
        self.deadline = NEVER

    def changed(self, participant: Participant, now_s: float) -> None:
        """Tell others of this participant's present state, soon."""
        self._changed[participant.sid] = participant
        self._schedule(now_s)

    def left(self, participant: Participant, now_s: float) -> None:
        """It is gone: others are told DISCONNECTED."""
        self._changed.pop(participant.sid, None)
        if not participant.was_announced:
            return
        self._gone[participant.sid] = participant.gone_info()
        self._schedule(now_s)

    @property
    def has_departures(self) -> bool:
        """Is somebody's leaving still to be told? It must not reach those who join after it."""
        return bool(self._gone)

    def note_joined(self, viewer: Participant) -> list[models.ParticipantInfo]:
        """What a joining viewer is told of others in its join response."""
        others = self._seen_by(viewer)
        for other in others:
            other.was_announced = True
        return [other.info_for(viewer) for other in others]

    def told_to(self, viewer: Participant) -> list[models.ParticipantInfo]:
        """What a viewer that resumes is told: of itself and of others."""
        return [viewer.info(), *(other.info_for(viewer) for other in self._seen_by(viewer))]

    def _seen_by(self, viewer: Participant) -> list[Participant]:
        if viewer.is_stage_viewer:
            return self._room.slots.participants()
        return [p for p in self._room.participants.values() if p is not viewer and audience.sees(viewer, p)]

    def turn(self, now_s: float) -> None:
        """Send what has waited long enough."""
        if self.deadline <= now_s:
            self.flush(now_s)

    def flush(self, now_s: float) -> None:
        """Send what is waiting, now."""
        self.deadline = NEVER
        changed, gone = list(self._changed.values()), self._gone
        self._changed, self._gone = {}, {}
        if not changed and not gone:
            return
        self._last_s = now_s
        visible = [p for p in changed if not p.permission.hidden and not p.is_slot]
        for participant in visible:
            participant.was_announced = True
        self._tell_hall([p.info() for p in visible], list(gone.values()))
        self._tell_stage(changed)
        for participant in changed:
            if participant.permission.hidden:
                participant.send_bytes(update_of([participant.info()]))
        self._after_flush(changed)

    def hurry(self, now_s: float) -> None:
        """What is waiting goes out soon, however short ago the last batch was: a slot was pointed."""
        if self.deadline != NEVER:
            self._wait_until(now_s + _FIRST_DELAY_S)

    def close(self) -> None:
        """Forget everything; nothing is sent any more."""
        self.deadline = NEVER
        self._changed.clear()
        self._gone.clear()

    def _schedule(self, now_s: float) -> None:
        if self.deadline == NEVER:
            self._wait_until(max(now_s + _FIRST_DELAY_S, self._last_s + limits.UPDATE_INTERVAL_S))

    def _wait_until(self, at_s: float) -> None:
        self.deadline = at_s
        self._on_sooner()

    def _tell_hall(self, infos: list[models.ParticipantInfo], gone: list[models.ParticipantInfo]) -> None:
        hall = [p for p in self._room.participants.values() if not p.is_stage_viewer]
        if hall and (infos or gone):
            payload = update_of([*gone, *infos])
            for viewer in hall:
                viewer.send_bytes(payload)

    def _tell_stage(self, changed: list[Participant]) -> None:
        """Stage viewers hear of the slots, in the same bytes, and each of its own state."""
        slots = [p for p in changed if p.is_slot]
        payload = update_of([slot.info() for slot in slots]) if slots else None
        behind = self._room.slots.sids_behind() if slots else frozenset()
        own = {p.sid for p in changed if p.is_stage_viewer and not p.permission.hidden}
        if payload is None and not own:
            return
        for viewer in self._room.participants.values():
            if not viewer.is_stage_viewer:
                continue
            if payload is not None and viewer.sid in behind:
                viewer.send_bytes(update_of([slot.info_for(viewer) for slot in slots]))
            elif payload is not None:
                viewer.send_bytes(payload)
            if viewer.sid in own:
                viewer.send_bytes(update_of([viewer.info()]))
