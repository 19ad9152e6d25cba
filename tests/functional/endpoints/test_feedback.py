"""Transport-wide feedback against the servers themselves: a LiveKit that lives by it, LiveKit, the relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from livekit import api

from bench import servers
from confhub.relay.wire.dtls import DtlsIdentity
from confhub.simulator.clip.encode import FORMATS, encode
from confhub.simulator.rtc.connection import MediaConnection, Tools
from confhub.simulator.rtc.loop import MediaLoop
from confhub.simulator.rtc.negotiation import TRANSPORT_ID
from tests.functional.endpoints.hub_fixture import KEY, SECRET
from tests.plugins.endpoints import LiveKit, require_livekit
from tests.unit.simulator.twins import BOTH, twin

pytestmark = pytest.mark.calm

ESTIMATING = ", congestion_control: {use_send_side_bwe: true}"
ENOUGH = 150  # packets: two seconds of picture and sound

Start = Callable[[Path], AbstractContextManager[servers.Server]]


class Hall:
    """A room that sends a clip, and one that receives it."""

    def __init__(self, tools: Tools, url: str, key: str, secret: str) -> None:
        self._url, self._key, self._secret = url, key, secret
        clip = encode(FORMATS["180p"], 2, 1)
        self._sender, self.room = (
            MediaConnection(tools, name, on_joined=_ignore, on_token=_ignore, clip=of)
            for name, of in (("sender", clip), ("room", None))
        )

    def _token(self, name: str) -> str:
        grants = api.VideoGrants(room_join=True, room="hall", can_publish=name == "sender")
        return api.AccessToken(self._key, self._secret).with_identity(name).with_grants(grants).to_jwt()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[MediaConnection]:
        """Until enough came."""
        tasks = [
            asyncio.create_task(self._sender.run(self._url, self._token("sender"))),
            asyncio.create_task(self.room.run(self._url, self._token("room"))),
        ]
        try:
            async with asyncio.timeout(20):
                while self.room.stats.received < ENOUGH:
                    assert not any(task.done() for task in tasks)
                    await asyncio.sleep(0.05)  # the figures are the only signal
            yield self.room
        finally:
            self._sender.stop()
            self.room.stop()
            assert await asyncio.gather(*tasks) == ["left", "left"]


def _ignore(_told: str) -> None:
    pass


@asynccontextmanager
async def tools(name: str) -> AsyncIterator[Tools]:
    media = MediaLoop(twin(name))
    media.start()
    async with aiohttp.ClientSession() as http:
        yield Tools(http, media, DtlsIdentity(datetime.now(UTC)), "test")
    await asyncio.to_thread(media.stop)


@BOTH
async def test_a_livekit_that_estimates_by_it_gets_feedback_all_the_time(name: str, tmp_path: Path) -> None:
    server = LiveKit(require_livekit(), tmp_path, ESTIMATING)
    await server.start()
    try:
        async with tools(name) as made, Hall(made, server.url, KEY, SECRET).open() as room:
            assert room._receiver.feedback_id == TRANSPORT_ID
            stats = room.stats
            seconds = stats.last_packet_at - stats.first_media_at
            assert 5 * (seconds - 1) <= stats.feedbacks <= 10 * seconds + 1
            assert stats.has_picture
    finally:
        await server.kill()


async def test_a_livekit_that_does_not_number_its_packets_gets_none(livekit: LiveKit) -> None:
    async with tools("auto") as made, Hall(made, livekit.url, KEY, SECRET).open() as room:
        assert room._receiver.feedback_id == TRANSPORT_ID
        assert room.stats.feedbacks == 0
        assert room.stats.has_picture


@BOTH
async def test_the_relay_neither_negotiates_nor_gets_it(name: str, tmp_path: Path) -> None:
    with servers.relay(tmp_path) as server:
        hall = (server.url.replace("http", "ws", 1), servers.KEY, servers.SECRET)
        async with tools(name) as made, Hall(made, *hall).open() as room:
            assert room._receiver.feedback_id == 0
            assert room.stats.feedbacks == 0
            assert room.stats.has_picture
