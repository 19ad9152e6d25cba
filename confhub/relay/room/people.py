"""What a participant is called and may do: changed by itself, with the right to, or by the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from livekit.protocol import rtc

from confhub.relay.room import limits
from confhub.relay.room.announcer import update_of
from confhub.relay.room.participant import Participant
from confhub.relay.room.permission import SOURCE_NAMES, Permission
from confhub.relay.room.tracks import publishing, subscribing
from confhub.relay.wire import tokens

Reason = rtc.RequestResponse.Reason


def exceeded(name: str, metadata: str, attributes: dict[str, str]) -> str | None:
    """LiveKit's words for what is too long, None where all is well."""
    if len(name) > limits.NAME_MAX_CHARS:
        return "name length exceeds limits"
    if len(metadata.encode()) > limits.METADATA_MAX_BYTES:
        return "metadata size exceeds limits"
    if sum(len(k.encode()) + len(v.encode()) for k, v in attributes.items()) > limits.ATTRIBUTES_MAX_BYTES:
        return "attribute size exceeds limits"
    return None


def update_own(participant: Participant, request: rtc.UpdateParticipantMetadata) -> None:
    """`update_metadata`: answered by request_response; empty name and metadata mean no change."""
    reason, text = Reason.OK, ""
    too_long = exceeded(request.name, request.metadata, participant.attributes | dict(request.attributes))
    if not participant.permission.can_update_metadata:
        reason, text = Reason.NOT_ALLOWED, "does not have permission to update own metadata"
    elif too_long is not None:
        reason, text = Reason.LIMIT_EXCEEDED, too_long
    else:
        update(participant, request.name, request.metadata, dict(request.attributes))
        participant.send_bytes(
            update_of([participant.info()])
        )  # SDKs repeat what they know in the next request
    if request.request_id or reason != Reason.OK:
        response = rtc.RequestResponse(
            request_id=request.request_id, reason=reason, message=text, update_metadata=request
        )
        participant.send(rtc.SignalResponse(request_response=response))


def update(participant: Participant, name: str, metadata: str, attributes: dict[str, str]) -> None:
    """Set what is not empty; an empty attribute value removes the attribute."""
    changed = participant.set_attributes(attributes.items())
    if name and name != participant.name:
        participant.name = name
        changed = True
    if metadata and metadata != participant.metadata:
        participant.metadata = metadata
        changed = True
    if changed:
        participant.touch()
        if not participant.has_view:
            send_token(participant)  # it says so too


def set_permission(participant: Participant, permission: Permission) -> None:
    """UpdateParticipant: gates close with the very next packet, then tracks, subscriptions and words
    follow."""
    old = participant.permission
    if permission == old:
        return
    participant.permission = permission
    publishing.enforce(participant)
    if participant.room is not None and not permission.can_publish:
        participant.room.slots.vacate(participant, participant.now())
    if old.can_subscribe and not permission.can_subscribe:
        subscribing.drop_all(participant)
        if participant.media is not None:
            participant.media.refresh()
    elif permission.can_subscribe and not old.can_subscribe:
        subscribing.reconcile_viewer(participant)
    participant.touch()
    send_token(participant)


def refreshed_token(participant: Participant) -> str | None:
    """A token to rejoin with. For a confhub view: the joining token's grants; else what is granted now.

    None where the key that signed the joining token is configured no more.
    """
    room = participant.room
    if room is None:
        return None
    grants = participant.grants
    if not participant.has_view:
        grants = replace(grants, claims=_present_claims(participant))
    try:
        return tokens.mint(grants, room.host.keys, room.host.wall(), limits.TOKEN_TTL_S)
    except tokens.TokenError:
        return None


def _present_claims(participant: Participant) -> dict[str, Any]:
    claims = dict(participant.grants.claims)
    now = participant.permission
    names: dict[int, str] = {int(number): name for name, number in SOURCE_NAMES.items()}
    video = dict(claims.get("video") or {})
    video |= {
        "canPublish": now.can_publish,
        "canSubscribe": now.can_subscribe,
        "canPublishData": now.can_publish_data,
        "canUpdateOwnMetadata": now.can_update_metadata,
        "hidden": now.hidden,
    }
    video["canPublishSources"] = [names[s] for s in sorted(now.can_publish_sources) if s in names]
    if not video["canPublishSources"]:
        del video["canPublishSources"]
    claims |= {"video": video, "name": participant.name, "metadata": participant.metadata}
    claims["attributes"] = dict(participant.attributes)
    return claims


def send_token(participant: Participant) -> None:
    """`refresh_token`."""
    token = refreshed_token(participant)
    if token is not None and participant.room is not None:
        participant.newest_token_s = int(participant.room.host.wall())
        participant.send(rtc.SignalResponse(refresh_token=token))
