"""Webhooks, received and verified with LiveKit's own library."""

import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import KEY, SECRET, Person, token
from tests.functional.relay.receiver import Receiver
from tests.functional.relay.signal import Signal


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
async def relay(receiver: Receiver) -> AsyncIterator[Relay]:
    relay = Relay(Settings(keys={KEY: SECRET}, port=0, udp_port=0, webhook_urls=[receiver.url]))
    await relay.start()
    yield relay
    await relay.stop()


async def test_a_visit_is_told_in_order_and_signed(relay: Relay, receiver: Receiver) -> None:
    anna = Person("anna")
    await anna.connect(f"ws://127.0.0.1:{relay.port}", token("anna"), single=True)
    published = await anna.sound(440)
    await receiver.event("track_published")
    await anna.me.unpublish_track(published.sid)
    await receiver.event("track_unpublished")
    await anna.leave()
    left = await receiver.event("participant_left")
    names = ["participant_joined", "track_published", "track_unpublished", "participant_left"]
    assert receiver.names("anna") == names
    assert receiver.events[0].event == "room_started"
    assert left.room.name == "hall"
    assert len({event.id for event in receiver.events}) == len(receiver.events)
    assert all(abs(event.created_at - time.time()) < 60 for event in receiver.events)
    track = next(event.track for event in receiver.events if event.event == "track_published")
    assert (track.sid, track.mime_type) == (published.sid, "audio/opus")


async def test_a_failing_receiver_gets_the_events_again_and_in_order(
    relay: Relay, receiver: Receiver
) -> None:
    receiver.failures = 3
    anna = Person("anna")
    await anna.connect(f"ws://127.0.0.1:{relay.port}", token("anna"), single=True)
    await anna.heard.until(lambda: receiver.attempts > 0)
    await anna.leave()
    await receiver.event("participant_left")
    assert receiver.names("anna") == ["participant_joined", "participant_left"]
    assert receiver.failures == 0


async def test_who_never_connected_media_is_told_as_aborted(relay: Relay, receiver: Receiver) -> None:
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("ghost")) as ghost:
        await ghost.expect("join")
        await ghost.send(leave={"reason": "CLIENT_INITIATED"})
        await receiver.event("participant_connection_aborted", identity="ghost")
    assert receiver.names("ghost") == ["participant_connection_aborted"]


async def test_for_a_stage_viewer_the_last_time_it_was_seen_is_told(relay: Relay, receiver: Receiver) -> None:
    room = Person("room:H1")
    access = token("room:H1", attributes={"confhub.view": "stage"})
    before_ms = time.time() * 1000
    await room.connect(f"ws://127.0.0.1:{relay.port}", access, single=True)
    await receiver.event("participant_joined")
    await room.leave()
    left = await receiver.event("participant_left")
    seen_ms = int(left.participant.attributes["confhub.last_seen_ms"])
    assert before_ms <= seen_ms <= time.time() * 1000
    assert "confhub.last_seen_ms" not in room.me.attributes
