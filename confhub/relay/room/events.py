"""How a participant looks to the outside: in answers to servers and in webhooks."""

from __future__ import annotations

from livekit.protocol import models

from confhub.relay.room.participant import LAST_SEEN_ATTRIBUTE, Participant


def service_info(participant: Participant) -> models.ParticipantInfo:
    """ParticipantInfo for RoomService answers and webhooks: with the time the relay last saw the participant
    (`confhub.last_seen_ms`, unix ms UTC), where its token asked for a confhub view. Never told to clients."""
    info = participant.info()
    room, media = participant.room, participant.media
    if participant.has_view and room is not None and media is not None:
        seen_s = media.last_seen_s()
        if seen_s is not None:
            ago_s = max(0.0, room.host.now() - seen_s)
            info.attributes[LAST_SEEN_ATTRIBUTE] = str(int((room.host.wall() - ago_s) * 1000))
    return info
