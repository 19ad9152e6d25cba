"""What LiveKit's clients rely on, message by message, asked with bare signalling in both modes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from livekit.protocol import models, rtc

from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import KEY, SECRET, token
from tests.functional.relay.signal import Signal


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    relay = Relay(Settings(keys={KEY: SECRET}, port=0, udp_port=0))
    await relay.start()
    yield relay
    await relay.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("v0", [True, False])
async def test_the_first_message_is_join_with_what_clients_need(
    relay: Relay, http: aiohttp.ClientSession, v0: bool
) -> None:
    async with Signal(http, relay.port, token("anna"), v0=v0) as anna:
        first = await anna.next()
        join = first.join
        assert first.WhichOneof("message") == "join"
        assert join.participant.sid.startswith("PA_")
        assert join.room.sid.startswith("RM_")
        assert join.subscriber_primary is v0
        assert (join.ping_interval, join.ping_timeout, join.fast_publish) == (5, 15, True)
        assert join.server_info.edition == models.ServerInfo.Edition.Standard
        mimes = {codec.mime.lower() for codec in join.enabled_publish_codecs}
        assert {"video/vp8", "video/h264", "audio/opus"} <= mimes
        seconds = [(await anna.next()).WhichOneof("message") for _ in range(2)]
        assert seconds == (["offer", "refresh_token"] if v0 else ["refresh_token", "update"])


async def test_two_connections_are_publisher_first_without_the_right_to_subscribe(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    async with Signal(http, relay.port, token("anna", can_subscribe=False), v0=True) as anna:
        assert (await anna.expect("join")).subscriber_primary is False


async def test_track_published_echoes_every_shared_field(relay: Relay, http: aiohttp.ClientSession) -> None:
    request = rtc.AddTrackRequest(
        cid="cam", name="front", type="VIDEO", source="CAMERA", width=1280, height=720, muted=True,
        stream="s", encryption="GCM", backup_codec_policy="SIMULCAST",
        layers=[models.VideoLayer(quality=q, width=w, height=w, rid=r) for q, w, r in ((0, 320, "q"), (2,
        1280, "f"))], simulcast_codecs=[
            rtc.SimulcastCodec(codec="vp8", cid="cam"), rtc.SimulcastCodec(codec="h264", cid="backup"),
        ],
        packet_trailer_features=["PTF_USER_TIMESTAMP"],
    )  # fmt: skip
    async with Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        await anna.socket.send_bytes(rtc.SignalRequest(add_track=request).SerializeToString())
        answer = await anna.expect("track_published")
    info = answer.track
    assert answer.cid == "cam"
    assert info.sid.startswith("TR_")
    assert info.simulcast
    shared = {field.name for field in request.DESCRIPTOR.fields} & {
        field.name for field in info.DESCRIPTOR.fields
    }
    assert len(shared - {"sid"}) >= 14
    for name in shared - {"sid"}:
        assert getattr(info, name) == getattr(request, name), name
    assert [(codec.mime_type, codec.cid) for codec in info.codecs] == [
        ("video/vp8", "cam"),
        ("video/h264", "backup"),
    ]


async def test_a_source_without_the_right_is_refused_by_request_response(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    async with Signal(http, relay.port, token("anna", can_publish_sources=["microphone"])) as anna:
        await anna.expect("join")
        await anna.send(addTrack={"cid": "mic", "type": "AUDIO", "source": "MICROPHONE"})
        await anna.expect("track_published")
        await anna.send(addTrack={"cid": "cam", "type": "VIDEO", "source": "CAMERA"})
        refusal = await anna.expect("request_response")
        assert refusal.reason == rtc.RequestResponse.Reason.NOT_ALLOWED
        assert refusal.add_track.cid == "cam"


async def test_pings_are_answered_old_and_new(relay: Relay, http: aiohttp.ClientSession) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        await anna.send(pingReq={"timestamp": 1234, "rtt": 5})
        pong = await anna.expect("pong_resp")
        assert pong.last_ping_timestamp == 1234
        await anna.send(ping=1)
        assert await anna.expect("pong") > 0


@pytest.mark.parametrize("v0", [True, False])
async def test_a_resume_is_answered_by_reconnect_then_by_everyone(
    relay: Relay, http: aiohttp.ClientSession, v0: bool
) -> None:
    async with (
        Signal(http, relay.port, token("binh")) as binh,
        Signal(http, relay.port, token("anna")) as anna,
    ):
        await binh.expect("join")
        sid = (await anna.expect("join")).participant.sid
        wish = {"reconnect": 1, "sid": sid} if v0 else {"reconnect": True, "participant_sid": sid}
        async with Signal(http, relay.port, token("anna"), v0=v0, **wish) as again:
            assert (await again.next()).WhichOneof("message") == "reconnect"
            second = await again.next()
            assert {info.identity for info in second.update.participants} == {"anna", "binh"}
            await anna.closed()


@pytest.mark.parametrize(
    ("scenario", "action"),
    [
        ("leaveRequestFullReconnect", rtc.LeaveRequest.Action.RECONNECT),
        ("serverLeave", rtc.LeaveRequest.Action.DISCONNECT),
        ("migration", rtc.LeaveRequest.Action.RESUME),
        ("nodeFailure", None),
    ],
)
async def test_scenarios_act(
    relay: Relay, http: aiohttp.ClientSession, scenario: str, action: rtc.LeaveRequest.Action | None
) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        await anna.send(simulate={scenario: True})
        if action is not None:
            assert (await anna.expect("leave")).action == action
        await anna.closed()


async def test_settings_and_subscriptions_of_unknown_tracks_are_survived(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        await anna.send(trackSetting={"trackSids": ["TR_later"], "disabled": True})
        await anna.send(subscription={"trackSids": ["TR_none"], "subscribe": True})
        answer = await anna.expect("subscription_response")
        assert (answer.track_sid, answer.err) == ("TR_none", models.SubscriptionError.SE_TRACK_NOTFOUND)
        for quiet in ({"trickle": {"candidateInit": "{}"}}, {"mute": {"sid": "TR_x", "muted": True}}):
            await anna.send(**quiet)
        await anna.send(updateLayers={"trackSid": "TR_x"})
        await anna.send(syncState={"trackSidsDisabled": ["TR_x"]})
        await anna.settle()


async def test_validate_says_yes_or_why_not_and_always_allows_every_origin(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    for path in ("/rtc/validate", "/rtc/v1/validate"):
        url = f"http://127.0.0.1:{relay.port}{path}"
        async with http.get(url, params={"access_token": token("anna")}) as answer:
            assert (answer.status, await answer.text()) == (200, "success")
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            async with http.get(url, headers=headers) as answer:
                assert answer.status == 401
                assert await answer.text()
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
        async with http.options(url) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
