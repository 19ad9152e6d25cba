"""Data blobs: schemas of data tracks, stored by their publisher and read by others in the room."""

from __future__ import annotations

from livekit.protocol import rtc

from confhub.relay.room import limits
from confhub.relay.room.participant import Participant

Reason = rtc.RequestResponse.Reason


def store(participant: Participant, request: rtc.StoreDataBlobRequest) -> None:
    """Keep the blob under its key, once and for all; answered, or refused by request_response."""
    key = request.blob.key.SerializeToString(deterministic=True)
    blobs = participant.blobs
    fits = 0 < len(request.blob.contents) <= limits.DATA_BLOB_MAX_BYTES and len(key) <= limits.TEXT_MAX_CHARS
    has_room = key not in blobs and len(blobs) < limits.DATA_BLOBS_PER_PARTICIPANT
    if not participant.permission.can_publish_data:
        _refuse(participant, request.request_id, Reason.NOT_ALLOWED)
    elif not fits or not has_room:
        _refuse(participant, request.request_id, Reason.LIMIT_EXCEEDED)
    else:
        blobs[key] = request.blob
        answer = rtc.StoreDataBlobResponse(request_id=request.request_id, key=request.blob.key)
        participant.send(rtc.SignalResponse(store_data_blob_response=answer))


def get(participant: Participant, request: rtc.GetDataBlobRequest) -> None:
    """Read a participant's blob by key."""
    room = participant.room
    owner = room.participants.get(request.participant_identity) if room is not None else None
    key = request.key.SerializeToString(deterministic=True)
    blob = owner.blobs.get(key) if owner is not None else None
    if blob is None:
        _refuse(participant, request.request_id, Reason.NOT_FOUND)
        return
    answer = rtc.GetDataBlobResponse(request_id=request.request_id, blob=blob)
    participant.send(rtc.SignalResponse(get_data_blob_response=answer))


def _refuse(participant: Participant, request_id: int, reason: Reason) -> None:
    response = rtc.RequestResponse(request_id=request_id, reason=reason)
    participant.send(rtc.SignalResponse(request_response=response))
