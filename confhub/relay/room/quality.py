"""Connection quality as LiveKit's clients show it, from loss, layers and delay."""

from __future__ import annotations

from livekit.protocol import models, rtc

from confhub.relay.room.participant import House, Participant

Quality = models.ConnectionQuality

_PER_LOSS = 1000.0
"""Points of 100 for a share lost: LiveKit's weight of video: 2 % are good, 6 % are poor."""
_PER_LAYER = 35.0
"""Points for each layer that the line holds a picture down, as in LiveKit: one is good, two are poor."""
_GOOD_ABOVE, _EXCELLENT_ABOVE = 40.0, 80.0


def judge(participant: Participant) -> tuple[Quality, float]:
    """(quality, mean opinion score): LOST without signalling or connection, else by loss on both ways, by
    layers the line holds back, and by delay."""
    media = participant.media
    if participant.signal_lost_s is not None or not participant.was_active or media is None:
        return Quality.LOST, 1.0
    stats = media.stats()
    loss = max(stats.loss_down, stats.loss_up)
    points = 100.0 - max(loss * _PER_LOSS, stats.steps_missing * _PER_LAYER)
    points = max(0.0, points - _delay_points(stats.rtt_s, stats.jitter_s))
    if points > _EXCELLENT_ABOVE:
        return Quality.EXCELLENT, opinion(points)
    return (Quality.GOOD if points > _GOOD_ABOVE else Quality.POOR), opinion(points)


def _delay_points(rtt_s: float | None, jitter_s: float) -> float:
    """What delay costs (ITU-T G.107 in LiveKit's simple form): one way, and twice the jitter."""
    delay_ms = (rtt_s or 0.0) * 500 + jitter_s * 2000
    return delay_ms / 40 if delay_ms < 160 else (delay_ms - 120) / 10


def opinion(points: float) -> float:
    """The mean opinion score (1 to 4.5) of 0..100 points (ITU-T G.107, annex B)."""
    return 1 + 0.035 * points + points * (points - 60) * (100 - points) * 7e-6


def tell_changes(room: House) -> None:
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


def tell_all(room: House, viewer: Participant) -> None:
    """To one viewer: everybody's as they were seen last."""
    seen = []
    for participant in room.participants.values():
        if participant.quality is None or (participant.permission.hidden and participant is not viewer):
            continue
        sids = [participant.sid] if participant is viewer or not viewer.is_stage_viewer else [
            slot.sid for slot in room.slots.showing(participant)
        ]  # fmt: skip
        seen += [rtc.ConnectionQualityInfo(participant_sid=s, quality=participant.quality) for s in sids]
    payload = _serialize(seen)
    if payload is not None:
        viewer.send_bytes(payload)


def _serialize(updates: list[rtc.ConnectionQualityInfo]) -> bytes | None:
    if not updates:
        return None
    update = rtc.ConnectionQualityUpdate(updates=updates)
    return rtc.SignalResponse(connection_quality=update).SerializeToString()
