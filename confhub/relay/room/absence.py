"""A client whose signalling was away: what it hears when it is back.

Nothing of what was sent to a lost socket is known to have arrived, so each state is told anew, not each
message.
"""

from __future__ import annotations

from livekit.protocol import models, rtc

from confhub.relay.room import people, quality
from confhub.relay.room.announcer import update_of
from confhub.relay.room.data import datatracks
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import Room
from confhub.relay.room.tracks import encodings, lines, publishing, subscribing


def tell(room: Room, participant: Participant) -> None:
    """Everything that may have changed while it was away; `reconnect` was sent just before."""
    for publication in participant.publications.values():
        if publication.server_muted:
            publication.has_untold_mute = not publication.client_muted
            publishing.tell_muted(participant, publication)
    gone = () if participant.is_stage_viewer else room.departures.since(
        participant.joined_s, set(room.participants)
    )  # fmt: skip
    participant.send_bytes(update_of([*gone, *room.announcer.told_to(participant)]))
    participant.send(rtc.SignalResponse(room_update=rtc.RoomUpdate(room=room.info())))
    subscribing.tell_permissions(participant)
    lines.tell_all(participant)
    room.speakers.tell_all(participant)
    quality.tell_all(room, participant)
    for cid, publication in participant.pending.items():
        publishing.tell_published(participant, cid, publication)
    for publication in participant.publications.values():
        if publication.was_subscribed:
            subscribing.tell_subscribed(publication)
        encodings.ask(publication)
    datatracks.tell_handles(participant)
    people.send_token(participant)


def agree(participant: Participant, state: rtc.SyncState) -> bool:
    """Compare what the client says it publishes with what is known. What was withdrawn while it was away is
    told now; what it may publish and nobody knows is published anew by a full reconnect, as LiveKit does:
    False."""
    known = {*participant.publications, *(p.sid for p in participant.pending.values())}
    allows = participant.permission.allows_source
    for published in state.publish_tracks:
        if published.HasField("track") and published.track.sid not in known:
            if allows(published.track.source):
                return _send_anew(participant)
            response = rtc.TrackUnpublishedResponse(track_sid=published.track.sid)
            participant.send(rtc.SignalResponse(track_unpublished=response))
    known = {info.sid for info in participant.data_tracks.values()}
    for data in state.publish_data_tracks:
        if data.HasField("info") and data.info.sid not in known:
            if participant.permission.can_publish_data:
                return _send_anew(participant)
            gone = rtc.UnpublishDataTrackResponse(info=data.info)
            participant.send(rtc.SignalResponse(unpublish_data_track_response=gone))
    return True


def _send_anew(participant: Participant) -> bool:
    if participant.room is not None:
        participant.room.dismiss(
            participant, models.DisconnectReason.STATE_MISMATCH, rtc.LeaveRequest.Action.RECONNECT
        )
    return False
