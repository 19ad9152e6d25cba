"""Data tracks (LiveKit protocol 17+): published by handle, subscribed by sid, forwarded with the
subscriber's handle.

A packet is 12 bytes of header, the handle in bytes 2 and 3 (big endian), and a payload that passes untouched.
"""

from __future__ import annotations

from collections.abc import Iterable

from livekit.protocol import models, rtc

from confhub.relay.room import audience, ids, limits
from confhub.relay.room.participant import Participant

_LABEL = "_data_track"
_HEADER_BYTES = 12
_MAX_HANDLE = 65_535

Reason = rtc.RequestResponse.Reason


def publish(participant: Participant, request: rtc.PublishDataTrackRequest) -> None:
    """Answer with publish_data_track_response, or with LiveKit's request_response."""
    refusal = _refusal(participant, request)
    if refusal is not None:
        reason, text = refusal
        response = rtc.RequestResponse(reason=reason, message=text, publish_data_track=request)
        participant.send(rtc.SignalResponse(request_response=response))
        return
    info = models.DataTrackInfo(
        pub_handle=request.pub_handle,
        sid=ids.new_sid(ids.DATA_TRACK),
        name=request.name,
        encryption=request.encryption,
    )
    if request.HasField("frame_encoding"):
        info.frame_encoding.CopyFrom(request.frame_encoding)
    if request.HasField("schema"):
        info.schema.CopyFrom(request.schema)
    participant.data_tracks[info.pub_handle] = info
    answer = rtc.PublishDataTrackResponse(info=info)
    participant.send(rtc.SignalResponse(publish_data_track_response=answer))
    participant.touch()
    _auto_subscribe(participant, info)


def _refusal(participant: Participant, request: rtc.PublishDataTrackRequest) -> tuple[Reason, str] | None:
    tracks = participant.data_tracks
    if not participant.permission.can_publish_data:
        return Reason.NOT_ALLOWED, "does not have permission to publish data"
    if not 0 < request.pub_handle <= _MAX_HANDLE:
        return Reason.INVALID_HANDLE, "handle should be > 0 AND < 65536"
    if not 0 < len(request.name) <= limits.NAME_MAX_CHARS:
        return Reason.INVALID_NAME, "name should not be empty and should not exceed 256 characters"
    if request.pub_handle in tracks:
        return Reason.DUPLICATE_HANDLE, "a data track with same handle already exists"
    if any(info.name == request.name for info in tracks.values()):
        return Reason.DUPLICATE_NAME, "a data track with same name already exists"
    if len(tracks) >= limits.DATA_TRACKS_PER_PARTICIPANT:
        return Reason.LIMIT_EXCEEDED, f"more than {limits.DATA_TRACKS_PER_PARTICIPANT} data tracks"
    return None


def unpublish(participant: Participant, request: rtc.UnpublishDataTrackRequest) -> None:
    """Take a data track back."""
    info = participant.data_tracks.pop(request.pub_handle, None)
    if info is None:
        response = rtc.RequestResponse(reason=Reason.NOT_FOUND, unpublish_data_track=request)
        participant.send(rtc.SignalResponse(request_response=response))
        return
    _forget(participant, info.sid)
    answer = rtc.UnpublishDataTrackResponse(info=info)
    participant.send(rtc.SignalResponse(unpublish_data_track_response=answer))
    participant.touch()


def unpublish_all(participant: Participant) -> None:
    """It leaves, or lost the right."""
    for info in list(participant.data_tracks.values()):
        _forget(participant, info.sid)
    participant.data_tracks.clear()


def _forget(publisher: Participant, sid: str) -> None:
    if publisher.room is None:
        return
    for viewer in publisher.room.participants.values():
        handles = [handle for handle, (_, known) in viewer.data_handles.items() if known == sid]
        for handle in handles:
            del viewer.data_handles[handle]


def _find(viewer: Participant, sid: str) -> Participant | None:
    """Who publishes that data track, if the viewer may know."""
    if viewer.room is None:
        return None
    for publisher in viewer.room.participants.values():
        if publisher is not viewer and any(info.sid == sid for info in publisher.data_tracks.values()):
            return publisher if audience.sees(viewer, publisher) else None
    return None


def _auto_subscribe(publisher: Participant, info: models.DataTrackInfo) -> None:
    room = publisher.room
    if room is None:
        return
    for viewer in room.participants.values():
        if not viewer.auto_subscribe_data or viewer is publisher or not audience.sees(viewer, publisher):
            continue
        if _subscribe(viewer, publisher, info.sid):
            tell_handles(viewer)


def apply_rules(publisher: Participant) -> None:
    """Its subscription_permission changed: who may not take its data tracks any more loses them."""
    room = publisher.room
    if room is None or not publisher.data_tracks:
        return
    for viewer in room.participants.values():
        lost = [
            handle
            for handle, (owner, sid) in viewer.data_handles.items()
            if owner is publisher and not publisher.allows_subscriber(viewer, sid)
        ]
        for handle in lost:
            del viewer.data_handles[handle]
        if lost:
            tell_handles(viewer)
    for info in publisher.data_tracks.values():
        _auto_subscribe(publisher, info)


def _subscribe(viewer: Participant, publisher: Participant, sid: str) -> bool:
    """True if it is new."""
    if not viewer.permission.can_subscribe or not publisher.allows_subscriber(viewer, sid):
        return False
    if (
        any(known == sid for _, known in viewer.data_handles.values())
        or len(viewer.data_handles) >= _MAX_HANDLE
    ):
        return False
    viewer.next_data_handle = viewer.next_data_handle % _MAX_HANDLE + 1
    while viewer.next_data_handle in viewer.data_handles:
        viewer.next_data_handle = viewer.next_data_handle % _MAX_HANDLE + 1
    viewer.data_handles[viewer.next_data_handle] = (publisher, sid)
    return True


def update_subscription(viewer: Participant, request: rtc.UpdateDataSubscription) -> None:
    """`update_data_subscription`: the viewer takes or leaves data tracks; the answer is the table of
    handles."""
    for update in list(request.updates)[: limits.IDS_PER_REQUEST]:
        if update.subscribe:
            publisher = _find(viewer, update.track_sid)
            if publisher is not None:
                _subscribe(viewer, publisher, update.track_sid)
        else:
            for handle in [h for h, (_, sid) in viewer.data_handles.items() if sid == update.track_sid]:
                del viewer.data_handles[handle]
    tell_handles(viewer)


def tell_handles(viewer: Participant) -> None:
    """`data_track_subscriber_handles`: handle -> whose track. Nothing for who never took one."""
    if not viewer.next_data_handle:
        return
    message = rtc.DataTrackSubscriberHandles()
    for handle, (publisher, sid) in viewer.data_handles.items():
        entry = message.sub_handles[handle]
        entry.publisher_identity = publisher.identity
        entry.publisher_sid = publisher.sid
        entry.track_sid = sid
    viewer.send(rtc.SignalResponse(data_track_subscriber_handles=message))


def route(sender: Participant, payload: bytes) -> None:
    """One packet on `_data_track`: to each subscriber, under the handle it was told."""
    room = sender.room
    if room is None or len(payload) < _HEADER_BYTES or not sender.permission.can_publish_data:
        return
    info = sender.data_tracks.get(int.from_bytes(payload[2:4], "big"))
    if info is None or not sender.data_bucket.take(room.host.now()):
        return
    for viewer, handle in _takers(room.participants.values(), info.sid):
        if viewer.media is not None:
            viewer.media.send_data(_LABEL, payload[:2] + handle.to_bytes(2, "big") + payload[4:])


def _takers(viewers: Iterable[Participant], sid: str) -> list[tuple[Participant, int]]:
    return [(v, handle) for v in viewers for handle, (_, known) in v.data_handles.items() if known == sid]
