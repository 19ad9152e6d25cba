"""The message table: one handler for each request a client sends over signalling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.protocol import models, rtc

from confhub.relay.room import absence, people, simulate
from confhub.relay.room.data import blobs, datatracks
from confhub.relay.room.participant import Participant
from confhub.relay.room.tracks import publishing, subscribing

Handler = Callable[[Participant, Any], None]


def handle(participant: Participant, request: rtc.SignalRequest) -> None:
    """Dispatch one request; kinds not known here are ignored. Raises SdpError for an unusable description."""
    kind = request.WhichOneof("message")
    handler = HANDLERS.get(kind or "")
    if handler is not None:
        handler(participant, getattr(request, kind or ""))


def _offer(participant: Participant, message: rtc.SessionDescription) -> None:
    if participant.media is not None:
        participant.media.offer(message)


def _answer(participant: Participant, message: rtc.SessionDescription) -> None:
    if participant.media is not None:
        participant.media.answer(message)


def _leave(participant: Participant, message: rtc.LeaveRequest) -> None:
    room, link = participant.room, participant.link
    participant.link = None
    if room is not None:
        room.leave(participant, models.DisconnectReason.CLIENT_INITIATED)
    if link is not None:
        link.close()


def _ping(participant: Participant, timestamp: int) -> None:
    """The old ping carries nothing back but the server's time."""
    participant.send(rtc.SignalResponse(pong=_wall_ms(participant)))


def _ping_req(participant: Participant, message: rtc.Ping) -> None:
    pong = rtc.Pong(last_ping_timestamp=message.timestamp, timestamp=_wall_ms(participant))
    participant.send(rtc.SignalResponse(pong_resp=pong))


def _wall_ms(participant: Participant) -> int:
    return int(participant.room.host.wall() * 1000) if participant.room is not None else 0


def sync_state(participant: Participant, message: rtc.SyncState) -> None:
    """After a resume the client says what it had: subscriptions it turned off, tracks it paused, and what it
    published: of that it may have missed the end."""
    if not absence.agree(participant, message):
        return
    if message.HasField("subscription"):
        subscription = message.subscription
        sids = subscribing.all_sids(subscription.track_sids, subscription.participant_tracks)
        if sids and (not subscription.subscribe or not participant.auto_subscribe):
            subscribing.update(participant, sids, subscription.subscribe)
    for sid in message.track_sids_disabled:
        known = participant.subscriptions.get(sid)
        if known is not None and not known.settings.disabled:
            known.settings.disabled = True
            known.apply(participant.now())
    if message.HasField("data_subscription"):
        datatracks.update_subscription(participant, message.data_subscription)


def _ignore(participant: Participant, message: object) -> None:
    """trickle: ICE-lite learns the client's address from its checks."""


HANDLERS: dict[str, Handler] = {
    "offer": _offer,
    "answer": _answer,
    "trickle": _ignore,
    "add_track": publishing.add_track,
    "mute": publishing.mute,
    "subscription": subscribing.request,
    "track_setting": subscribing.apply_settings,
    "leave": _leave,
    "update_layers": publishing.update_layers,
    "subscription_permission": subscribing.set_rules,
    "sync_state": sync_state,
    "simulate": simulate.simulate,
    "ping": _ping,
    "ping_req": _ping_req,
    "update_metadata": people.update_own,
    "update_audio_track": publishing.update_audio,
    "update_video_track": publishing.update_video,
    "publish_data_track_request": datatracks.publish,
    "unpublish_data_track_request": datatracks.unpublish,
    "update_data_subscription": datatracks.update_subscription,
    "store_data_blob_request": blobs.store,
    "get_data_blob_request": blobs.get,
}
