"""302 rooms on LiveKit's Go SDK (pion) in one relay: every one of them sees and hears, without a gap."""

from __future__ import annotations

import asyncio

import pytest

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import token
from tests.functional.relay.golang import Go, gopeer
from tests.functional.relay.ways import UDP_ONLY

pytestmark = [pytest.mark.alone, UDP_ONLY]

ROOMS = 302
_JOIN_TOGETHER = 25
"""All of them at once is another test's matter; one machine carries both sides here."""
_SOUND_PACKETS = 400
"""Eight seconds."""


async def test_302_go_clients_receive_picture_and_sound_without_a_gap(relay: Relay) -> None:
    rooms = [f"room:{number}" for number in range(ROOMS)]
    url = f"ws://127.0.0.1:{relay.port}"
    async with Go(gopeer()) as go:
        await go.join("chair", url, token("chair"))
        sound = await go.publish("chair", "audio")
        sids = {sound, await go.publish("chair", "video")}
        for first in range(0, ROOMS, _JOIN_TOGETHER):
            wave = rooms[first : first + _JOIN_TOGETHER]
            await asyncio.gather(*(go.join(who, url, token(who)) for who in wave))
        for who in rooms:
            for sid in sids:
                await go.event("track", who, lambda what, sid=sid: what["sid"] == sid)
        go.anew()
        await go.receives(rooms[0], sound, _SOUND_PACKETS)
        figures = await go.figures()
    seen = {(found["who"], found["sid"]) for found in figures if found["count"] > _SOUND_PACKETS / 4}
    assert seen == {(who, sid) for who in rooms for sid in sids}
    faults = [found for found in figures if found["missing"] or found["wrong"]]
    assert not faults, (len(faults), faults[:3])
