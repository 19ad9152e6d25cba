"""Broken and hostile clients: each costs itself only, and the others go on hearing each other."""

import asyncio
import base64
import gzip
import os
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from livekit.protocol import models, rtc

from confhub.relay.room import limits
from confhub.relay.service.server import Relay
from tests.functional.relay.clients import frequency_of, token
from tests.functional.relay.signal import Signal
from tests.plugins.relay import Join


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


_OFFER_START = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff" * 64,
        os.urandom(2_000),
        rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp="garbage")).SerializeToString(),
        rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp=_OFFER_START)).SerializeToString(),
        rtc.SignalRequest(
            offer=rtc.SessionDescription(type="offer", sdp=_OFFER_START + "m=audio 9 X 0\r\na=mid:0\r\n")
        ).SerializeToString(),
    ],
    ids=["no protobuf", "noise", "no sdp", "no section", "no credentials"],
)
async def test_an_unreadable_request_ends_that_client_alone(
    relay: Relay, http: aiohttp.ClientSession, frame: bytes
) -> None:
    async with Signal(http, relay.port, token("good")) as good, Signal(http, relay.port, token("bad")) as bad:
        await good.expect("join")
        await bad.expect("join")
        await bad.socket.send_bytes(frame)
        await bad.closed()
        await good.settle()


async def test_text_unknown_and_oversized_frames_are_survived(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    async with Signal(http, relay.port, token("good")) as good, Signal(http, relay.port, token("bad")) as bad:
        await good.expect("join")
        await bad.expect("join")
        await bad.socket.send_str("hello")
        await bad.socket.send_bytes(b"")
        await bad.socket.send_bytes(b"\xfa\x3f\x00")
        await bad.settle()
        await bad.socket.send_bytes(b"x" * (limits.SIGNAL_MESSAGE_MAX_BYTES + 1))
        await bad.closed()
        await good.settle()


async def test_tracks_beyond_the_cap_are_refused(relay: Relay, http: aiohttp.ClientSession) -> None:
    async with Signal(http, relay.port, token("bad")) as bad:
        await bad.expect("join")
        for number in range(limits.TRACKS_PER_PARTICIPANT + 5):
            await bad.send(addTrack={"cid": f"c{number}", "type": "AUDIO", "source": "MICROPHONE"})
        await bad.settle()
        kinds = bad.kinds()
        assert kinds.count("track_published") == limits.TRACKS_PER_PARTICIPANT
        assert kinds.count("request_response") == 5


async def test_a_flood_of_requests_is_cut(relay: Relay, http: aiohttp.ClientSession) -> None:
    async with Signal(http, relay.port, token("good")) as good, Signal(http, relay.port, token("bad")) as bad:
        await bad.expect("join")
        request = rtc.SignalRequest(
            track_setting=rtc.UpdateTrackSettings(track_sids=["TR_x"])
        ).SerializeToString()
        for _ in range(limits.SIGNAL_BURST + 500):
            await bad.socket.send_bytes(request)
        await bad.closed()
        await good.expect("join")


async def test_a_few_huge_requests_are_a_flood_as_well(relay: Relay, http: aiohttp.ClientSession) -> None:
    async with Signal(http, relay.port, token("good")) as good, Signal(http, relay.port, token("bad")) as bad:
        await bad.expect("join")
        sids = [f"TR_{number}" for number in range(60_000)]
        request = rtc.SignalRequest(
            track_setting=rtc.UpdateTrackSettings(track_sids=sids)
        ).SerializeToString()
        for _ in range(2 + limits.SIGNAL_BURST * limits.SIGNAL_BYTES_PER_REQUEST // len(request)):
            await bad.socket.send_bytes(request)
        await bad.closed()
        await good.expect("join")
        await good.settle()


async def test_text_frames_count_as_requests(relay: Relay, http: aiohttp.ClientSession) -> None:
    async with Signal(http, relay.port, token("bad")) as bad:
        await bad.expect("join")
        for _ in range(limits.SIGNAL_BURST + 500):
            await bad.socket.send_str("hello")
        await bad.closed()


async def test_unusable_join_requests_are_refused_with_words(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    bomb = gzip.compress(b"\0" * (limits.JOIN_REQUEST_MAX_BYTES * 20))
    wrapped = rtc.WrappedJoinRequest(compression="GZIP", join_request=bomb)  # type: ignore[arg-type]
    texts = ["*", "AAAA", base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()]
    for text in texts:
        url = f"http://127.0.0.1:{relay.port}/rtc/v1"
        async with http.get(url, params={"access_token": token("bad"), "join_request": text}) as answer:
            assert answer.status == 400
            assert "join_request" in await answer.text()
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_noise_on_the_media_port_disturbs_nobody(join: Join, relay: Relay) -> None:
    anna, binh = await join("anna"), await join("binh")
    await anna.sound(440)
    track = await binh.track("audio", "anna")
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", relay.udp_port)
    )
    for size in range(0, 1_400, 7):
        transport.sendto(os.urandom(size))
    assert abs(await frequency_of(track) - 440) <= 3
    transport.close()


async def test_an_offer_of_another_codec_is_answered_inactive(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    async with Signal(http, relay.port, token("bad")) as client:
        await client.expect("join")
        await client.send(addTrack={"cid": "cam", "type": "VIDEO", "source": "CAMERA"})
        await client.expect("track_published")
        await client.send(offer={"type": "offer", "sdp": _h265_offer(), "id": 3})
        assert (await client.expect("track_unpublished")).track_sid.startswith("TR_")
        answer = await client.expect("answer")
        assert answer.id == 3
        assert "a=inactive" in answer.sdp


def _h265_offer() -> str:
    fingerprint = ":".join(["AB"] * 32)
    lines: list[Any] = [
        "m=video 9 UDP/TLS/RTP/SAVPF 98",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:" + "p" * 24,
        f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:actpass",
        "a=sendonly",
        "a=msid:- cam",
        "a=rtcp-mux",
        "a=rtpmap:98 H265/90000",
    ]
    return _OFFER_START + "".join(f"{line}\r\n" for line in lines)


async def test_metadata_that_is_too_large_is_refused(relay: Relay, http: aiohttp.ClientSession) -> None:
    access = token("anna", can_update_own_metadata=True)
    async with Signal(http, relay.port, access) as anna:
        await anna.expect("join")
        await anna.send(updateMetadata={"metadata": "x" * (limits.METADATA_MAX_BYTES + 1), "requestId": 9})
        response = await anna.expect("request_response")
        assert (response.request_id, response.reason) == (9, rtc.RequestResponse.Reason.LIMIT_EXCEEDED)
        await anna.settle()
        assert all(
            info.metadata == "" for info in anna.participants() if isinstance(info, models.ParticipantInfo)
        )
