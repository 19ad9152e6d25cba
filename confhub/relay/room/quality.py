"""Connection quality as LiveKit's clients show it, from loss on both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from confhub.relay.room.participant import Participant

if TYPE_CHECKING:
    from confhub.relay.room.room import Room

Quality = models.ConnectionQuality

_STEPS = ((0.02, Quality.EXCELLENT, 4.6), (0.06, Quality.GOOD, 3.8), (1.01, Quality.POOR, 2.5))
"""Loss below -> quality and score (a mean opinion score); LiveKit's thresholds, without its jitter model."""


def judge(participant: Participant) -> tuple[Quality, float]:
    """LOST without signalling or connection, else by the worst loss of any of its tracks."""
    if participant.signal_lost_s is not None or not participant.was_active:
        return Quality.LOST, 1.0
    losses = [p.up.stats().loss for p in participant.publications.values() if p.up is not None]
    losses += [s.down.loss for s in participant.subscriptions.values() if s.down is not None]
    worst = max(losses, default=0.0)
    return next((quality, score) for below, quality, score in _STEPS if worst < below)


def tell_changes(room: Room) -> None:
    """`connection_quality`: what changed since the last look; the stage view hears of the stage and of
    itself."""
    changes: dict[str, rtc.ConnectionQualityInfo] = {}
    for participant in room.participants.values():
        if not participant.was_active:
            continue
        quality, score = judge(participant)
        if quality != participant.quality:
            participant.quality = quality
            changes[participant.sid] = rtc.ConnectionQualityInfo(
                participant_sid=participant.sid, quality=quality, score=score
            )
    if not changes:
        return
    shown = [info for sid, info in changes.items() if not room.by_sid[sid].permission.hidden]
    staged = [
        rtc.ConnectionQualityInfo(participant_sid=slot.sid, quality=info.quality, score=info.score)
        for info in shown
        for slot in room.slots.showing(room.by_sid[info.participant_sid])
    ]
    hall_bytes = _serialize(shown)
    stage_bytes = _serialize(staged)
    for viewer in room.participants.values():
        payload = stage_bytes if viewer.is_stage_viewer else hall_bytes
        if payload is not None:
            viewer.send_bytes(payload)
        own = changes.get(viewer.sid)
        if own is not None and (viewer.is_stage_viewer or own not in shown):
            own_bytes = _serialize([own])
            if own_bytes is not None:
                viewer.send_bytes(own_bytes)


def _serialize(updates: list[rtc.ConnectionQualityInfo]) -> bytes | None:
    if not updates:
        return None
    update = rtc.ConnectionQualityUpdate(updates=updates)
    return rtc.SignalResponse(connection_quality=update).SerializeToString()
