"""The stage as the hub drives it: grants by UpdateParticipant, slots by confhub.Stage."""

from __future__ import annotations

import datetime
from typing import Any

import aiohttp
from livekit import api

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import KEY, SECRET

STAGE = {"confhub.view": "stage"}
SLOTS = {"stage:chair", "stage:speaker", "stage:content"}


class Refused(Exception):
    """(Twirp's code, its words)."""


async def permit(livekit: api.LiveKitAPI, identity: str, can_publish: bool, room: str = "hall") -> None:
    """Give or withdraw the right to publish."""
    await livekit.room.update_participant(
        api.UpdateParticipantRequest(
            room=room,
            identity=identity,
            permission=api.ParticipantPermission(can_subscribe=True, can_publish=can_publish),
        )
    )


async def ask(relay: Relay, method: str, *, admin: bool = True, room: str = "hall", **fields: Any) -> Any:
    """One call of confhub.Stage. Raises Refused."""
    grants = api.VideoGrants(room_admin=admin, room=room)
    token = api.AccessToken(KEY, SECRET).with_grants(grants).with_ttl(datetime.timedelta(seconds=60)).to_jwt()
    url = f"http://127.0.0.1:{relay.port}/twirp/confhub.Stage/{method}"
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            url, json={"room": "hall", **fields}, headers={"Authorization": f"Bearer {token}"}
        ) as response,
    ):
        body = await response.json()
        if response.status != 200:
            raise Refused(body["code"], body["msg"])
        return body


async def point(relay: Relay, slot: str, identity: str) -> Any:
    """PointSlot."""
    return await ask(relay, "PointSlot", slot=slot, identity=identity)


async def behind(relay: Relay) -> dict[str, Any]:
    """GetStage, by slot."""
    return {row["slot"]: row for row in (await ask(relay, "GetStage"))["slots"]}
