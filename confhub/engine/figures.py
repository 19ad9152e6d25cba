"""What an engine tells of its participants' lines: figures by name, and profiles set live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from livekit.protocol import models
from livekit.protocol import room as messages

from confhub.engine import translation
from confhub.engine.errors import ParticipantGone
from confhub.engine.tokens import PROFILE_ATTRIBUTE
from confhub.engine.twirp import TwirpCaller
from confhub.kernel.ids import Identity, MediaRoom

Figures = Mapping[str, Any]
"""Of one participant: `identity`, `quality`, `rtt_ms`, `layer`, `down_loss_permille`, `down_bps`, …"""

_PICTURES = (models.TrackSource.CAMERA, models.TrackSource.SCREEN_SHARE)


async def figures(caller: TwirpCaller, media_rooms: Sequence[MediaRoom]) -> dict[MediaRoom, list[Figures]]:
    """One question for all rooms; empty where the engine tells no figures, and for what cannot be read."""
    answer = await caller.ask_stage("GetFigures", {"rooms": list(media_rooms)}) or {}
    columns, rooms = answer.get("columns"), answer.get("rooms")
    if not isinstance(columns, list) or not isinstance(rooms, dict):
        return {}
    return {
        MediaRoom(name): [dict(zip(columns, row, strict=False)) for row in rows if isinstance(row, list)]
        for name, rows in rooms.items()
        if isinstance(rows, list)
    }


async def silent(
    caller: TwirpCaller, media_rooms: Sequence[MediaRoom]
) -> dict[MediaRoom, dict[Identity, datetime]]:
    """One question for all rooms; empty for what cannot be read."""
    answer = await caller.ask_stage("GetSilent", {"rooms": list(media_rooms)}) or {}
    rooms = answer.get("rooms")
    if not isinstance(rooms, dict):
        return {}
    return {
        MediaRoom(name): {
            Identity(row[0]): translation.moment(row[1] / 1000)
            for row in rows
            if isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], int)
        }
        for name, rows in rooms.items()
        if isinstance(rows, list)
    }


async def set_on_relay(caller: TwirpCaller, media_room: MediaRoom, identity: Identity, profile: str) -> None:
    """ParticipantGone where it is not there."""
    wish = {"room": media_room, "identity": identity, "profile": profile}
    await caller.ask_stage("SetProfile", wish, room=media_room)


async def set_on_cluster(
    caller: TwirpCaller, media_room: MediaRoom, identity: Identity, profile: str
) -> None:
    """LiveKit's own means: audio first is no subscription to pictures; what low means is the client's.
    ParticipantGone where it is not there."""
    everybody = await caller.ask(
        caller.rooms.list_participants(messages.ListParticipantsRequest(room=media_room))
    )
    if all(info.identity != identity for info in everybody.participants):
        raise ParticipantGone
    await caller.ask(
        caller.rooms.update_participant(
            messages.UpdateParticipantRequest(
                room=media_room, identity=identity, attributes={PROFILE_ATTRIBUTE: profile}
            )
        )
    )
    pictures = [
        track.sid
        for info in everybody.participants
        if info.identity != identity
        for track in info.tracks
        if track.source in _PICTURES
    ]
    if pictures:
        wish = messages.UpdateSubscriptionsRequest(
            room=media_room, identity=identity, track_sids=pictures, subscribe=profile != "audio"
        )
        await caller.ask(caller.rooms.update_subscriptions(wish))
