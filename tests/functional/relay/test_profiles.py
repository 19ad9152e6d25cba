"""Bandwidth profiles: from the token, changed live, and seen in the figures."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from livekit import api, rtc

from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import KEY, RED, SECRET, Person, token
from tests.functional.relay.stage import Refused, ask
from tests.functional.relay.test_layers import _move_bars
from tests.plugins.relay import Join

METRICS_TOKEN = "a-token-for-the-monitoring"
LOW_WIDTH = 320


async def _figures(relay: Relay, identity: str) -> dict[str, Any]:
    """The newest row of one participant."""
    grants = api.VideoGrants(room_list=True)
    bearer = api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()
    url = f"http://127.0.0.1:{relay.port}/twirp/confhub.Stage/GetFigures"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {bearer}"}) as http,
        http.post(url, json={"rooms": ["hall"]}) as response,
    ):
        answer = await response.json()
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rooms"]["hall"]]
    return next(row for row in rows if row["identity"] == identity)


async def _until(
    relay: Relay, identity: str, holds: Callable[[dict[str, Any]], bool] = lambda row: True, **wanted: Any
) -> dict[str, Any]:
    """The first row that has these values; asks again and again, as monitoring does."""
    async with asyncio.timeout(20):
        while True:
            row = await _figures(relay, identity)
            if holds(row) and all(row[name] == value for name, value in wanted.items()):
                return row
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def _simulcast(person: Person) -> AsyncIterator[None]:
    source = rtc.VideoSource(1280, 720)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    painting = asyncio.create_task(_move_bars(source))
    options = rtc.TrackPublishOptions(
        source=rtc.TrackSource.SOURCE_CAMERA, simulcast=True, video_codec=rtc.VideoCodec.VP8
    )
    await person.me.publish_track(track, options)
    yield
    painting.cancel()
    await asyncio.gather(painting, return_exceptions=True)


async def _until_small(stream: rtc.VideoStream) -> None:
    """While the lowest layer has not begun, the lowest that has stands in."""
    async with asyncio.timeout(20):
        async for event in stream:
            if event.frame.width <= LOW_WIDTH:
                return
    raise AssertionError("the track ended")


async def test_a_room_of_the_low_profile_gets_the_lowest_layer_until_it_is_changed(
    join: Join, relay: Relay
) -> None:
    anna = await join("anna")
    binh = await join("binh", attributes={"confhub.profile": "low"})
    async with _simulcast(anna):
        await anna.sound(440)
        stream = rtc.VideoStream(await binh.track("video", "anna"))
        await _until_small(stream)
        row = await _until(relay, "binh", layer=0)
        assert row["profile"] == "low"

        answer = await ask(relay, "SetProfile", identity="binh", profile="audio")
        assert answer == {"identity": "binh", "profile": "audio", "changed": True}
        await _until(relay, "binh", layer=-1)
        heard = (await _figures(relay, "binh"))["down_packets"]
        await _until(relay, "binh", lambda row: row["down_packets"] > heard + 25)

        await ask(relay, "SetProfile", identity="binh", profile="full")
        row = await _until(relay, "binh", layer=2)
        assert row["limited"] == 0
        await stream.aclose()


async def test_a_changed_profile_holds_when_the_room_joins_again_with_its_old_token(
    join: Join, relay: Relay
) -> None:
    anna = await join("anna")
    await anna.show(RED)
    binh = await join("binh")
    await binh.track("video", "anna")
    await ask(relay, "SetProfile", identity="binh", profile="audio")
    await binh.leave()
    again = await join("binh")
    await again.track("video", "anna")
    assert again.me.attributes["confhub.profile"] == "audio"
    row = await _until(relay, "binh", profile="audio")
    assert row["layer"] == -1


async def test_profiles_are_for_whoever_administers_the_room(join: Join, relay: Relay) -> None:
    await join("anna")
    with pytest.raises(Refused, match="unauthenticated"):
        await ask(relay, "SetProfile", admin=False, identity="anna", profile="low")
    with pytest.raises(Refused, match="invalid_argument"):
        await ask(relay, "SetProfile", identity="anna", profile="half")
    with pytest.raises(Refused, match="not_found"):
        await ask(relay, "SetProfile", identity="nobody", profile="low")


async def test_metrics_are_told_to_who_has_the_token() -> None:
    relay = Relay(Settings(keys={KEY: SECRET}, port=0, udp_port=0, metrics_token=METRICS_TOKEN))
    await relay.start()
    room = Person("room:H44.01")
    try:
        await room.connect(f"ws://127.0.0.1:{relay.port}", token("room:H44.01", room="s1"), single=True)
        url = f"http://127.0.0.1:{relay.port}/metrics"
        async with aiohttp.ClientSession() as http:
            async with http.get(url) as response:
                assert response.status == 401
            async with http.get(url, headers={"Authorization": f"Bearer {METRICS_TOKEN}"}) as response:
                lines = (await response.text()).splitlines()
    finally:
        await room.leave()
        await relay.stop()
    assert "confhub_relay_participants 1" in lines
    assert 'confhub_relay_endpoint_layer{endpoint="H44.01",room="s1"} -1' in lines
    assert any(line.startswith("confhub_relay_fanout_info{twin=") for line in lines)
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    told = {line.partition("{")[0].split()[0] for line in lines if not line.startswith("#")}
    assert len(told) > 20
    assert told <= set(names)


async def test_without_a_token_there_are_no_metrics(relay: Relay) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{relay.port}/metrics", headers={"Authorization": "Bearer "}) as response,
    ):
        assert response.status == 404
