"""The stage view: such a participant hears of the stage's slots and of itself, of nobody else."""

import aiohttp
from livekit import api

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import RED, colour_of, is_close, token
from tests.functional.relay.signal import Signal
from tests.functional.relay.stage import SLOTS, STAGE, permit, point
from tests.plugins.relay import Join


async def test_five_rooms_see_the_slots_fill_and_empty_and_nobody_else(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    rooms = [await join(f"room:{n}", attributes=STAGE, can_publish=False) for n in range(5)]
    chair = await join("room:chair", attributes=STAGE, can_publish=False)
    await permit(livekit, "room:chair", can_publish=True)
    await chair.heard.until(lambda: chair.me.permissions.can_publish)
    await chair.show(RED)
    await point(relay, "chair", "room:chair")
    for room in rooms:
        assert is_close(await colour_of(await room.track("video", "stage:chair")), RED)
    await permit(livekit, "room:chair", can_publish=False)
    for room in rooms:
        await room.heard.event("muted", lambda what: what[0] == "stage:chair")
    for room in (*rooms, chair):
        assert set(room.room.remote_participants) == SLOTS
        assert not room.heard.all("came")
        assert not room.heard.all("went")
    assert chair.room.isconnected()


async def test_the_control_room_sees_everybody(join: Join) -> None:
    for number in range(3):
        await join(f"room:{number}", attributes=STAGE, can_publish=False)
    operator = await join("operator", hidden=True, can_publish=False)
    assert set(operator.room.remote_participants) == {"room:0", "room:1", "room:2"}


async def test_the_view_comes_from_the_token_alone(relay: Relay) -> None:
    access = token("room:1", attributes=STAGE, can_publish=False, can_update_own_metadata=True)
    async with (
        aiohttp.ClientSession() as http,
        Signal(http, relay.port, token("anna", can_publish=False)),
        Signal(http, relay.port, access) as room,
    ):
        joined = await room.expect("join")
        await room.send(update_metadata={"attributes": {"confhub.view": "hall"}, "requestId": 5})
        await room.expect("request_response")
        assert {info.identity for info in joined.other_participants} == SLOTS
        assert all(track.muted for info in joined.other_participants for track in info.tracks)
        assert [codec.mime for codec in joined.enabled_publish_codecs] == ["video/VP8", "audio/opus"]
        assert all(info.identity == "room:1" for info in room.participants())
        assert all(info.attributes["confhub.view"] == "stage" for info in room.participants())


async def test_a_refreshed_token_of_a_room_never_carries_the_granted_right(
    relay: Relay, livekit: api.LiveKitAPI
) -> None:
    access = token("room:1", attributes=STAGE, can_publish=False)
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, access) as room:
        await room.expect("join")
        await permit(livekit, "room:1", can_publish=True)
        refreshed = await room.expect("refresh_token")
    claims = api.TokenVerifier("devkey", "a-secret-of-at-least-32-characters-long").verify(refreshed)
    assert claims.video is not None
    assert claims.video.can_publish is False
    assert claims.attributes == STAGE


async def test_forty_rooms_joining_at_once_tell_each_other_nothing(relay: Relay) -> None:
    async with aiohttp.ClientSession() as http:
        signals = [
            Signal(http, relay.port, token(f"room:{n}", attributes=STAGE, can_publish=False))
            for n in range(40)
        ]
        for signal in signals:
            await signal.__aenter__()
            await signal.expect("join")
        for signal in signals:
            await signal.settle()
        for number, signal in enumerate(signals):
            assert {info.identity for info in signal.participants()} <= {f"room:{number}"}
            assert len(signal.got) <= 6
            await signal.socket.close()
