"""What changed while a client's signalling was away is right when it is back."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from livekit import api
from livekit.protocol import models, rtc

from confhub.relay.room.participant import Participant
from confhub.relay.service.server import Relay
from tests.functional.relay.clients import KEY, SECRET, token
from tests.functional.relay.signal import Signal
from tests.plugins.relay import Join

VERSIONS = pytest.mark.parametrize("v0", [True, False], ids=["two connections", "one connection"])


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def _resume(
    http: aiohttp.ClientSession, relay: Relay, sid: str, access_token: str, *, v0: bool = True, **more: Any
) -> Signal:
    wish = {"reconnect": 1, "sid": sid} if v0 else {"reconnect": True, "participant_sid": sid}
    return Signal(http, relay.port, access_token, v0=v0, **wish, **more)


def _there(relay: Relay, identity: str) -> Participant:
    room = relay.rooms.get("hall")
    assert room is not None
    return room.participants[identity]


async def _last(signal: Signal, kind: str) -> Any:
    await signal.settle()
    return [getattr(r, kind) for r in signal.got if r.WhichOneof("message") == kind][-1]


async def _add_sound(signal: Signal, **more: Any) -> str:
    request = {"cid": "mic", "type": "AUDIO", "source": "MICROPHONE", **more}
    await signal.send(add_track=request)
    sid = (await signal.expect("track_published")).track.sid
    assert isinstance(sid, str)
    return sid


@VERSIONS
async def test_who_left_meanwhile_is_told_as_gone(
    relay: Relay, http: aiohttp.ClientSession, v0: bool
) -> None:
    async with (
        Signal(http, relay.port, token("binh")) as binh,
        Signal(http, relay.port, token("chi")) as chi,
        Signal(http, relay.port, token("anna")) as anna,
    ):
        sid = (await anna.expect("join")).participant.sid
        await binh.send(leave={})
        await binh.closed()
        await anna.socket.close()
        await chi.send(leave={})
        await chi.closed()
        async with _resume(http, relay, sid, token("anna"), v0=v0) as again:
            told = {info.identity: info.state for info in (await again.expect("update")).participants}
    gone = models.ParticipantInfo.State.DISCONNECTED
    assert told.pop("anna") != gone
    assert told == {"binh": gone, "chi": gone}


async def test_who_left_and_is_back_is_told_as_there(relay: Relay, http: aiohttp.ClientSession) -> None:
    async with (
        Signal(http, relay.port, token("binh")) as binh,
        Signal(http, relay.port, token("anna")) as anna,
    ):
        sid = (await anna.expect("join")).participant.sid
        await anna.socket.close()
        await binh.send(leave={})
        await binh.closed()
        async with Signal(http, relay.port, token("binh")) as binh_again:
            new = (await binh_again.expect("join")).participant.sid
            async with _resume(http, relay, sid, token("anna")) as again:
                told = (await again.expect("update")).participants
                assert [info.sid for info in told if info.identity == "binh"] == [new]


async def test_a_token_that_ran_out_meanwhile_costs_nothing(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    short = token("anna", ttl_s=1)
    async with Signal(http, relay.port, short) as anna:
        sid = (await anna.expect("join")).participant.sid
        fresh = await anna.expect("refresh_token")
    claims = api.TokenVerifier(KEY, SECRET).verify(fresh)
    assert claims.identity == "anna"
    async with _resume(http, relay, sid, fresh) as again:
        assert (await again.next()).WhichOneof("message") == "reconnect"


async def test_a_fresh_token_follows_name_metadata_and_attributes(
    relay: Relay, http: aiohttp.ClientSession, livekit: api.LiveKitAPI
) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        await anna.expect("refresh_token")
        for change in ({"name": "An"}, {"metadata": "m"}, {"attributes": {"k": "v"}}):
            wish = api.UpdateParticipantRequest(room="hall", identity="anna", **change)
            await livekit.room.update_participant(wish)
            claims = api.TokenVerifier(KEY, SECRET).verify(await anna.expect("refresh_token"))
        assert (claims.name, claims.metadata, claims.attributes) == ("An", "m", {"k": "v"})


async def test_a_removed_participant_comes_back_by_none_of_its_tokens(
    relay: Relay, http: aiohttp.ClientSession, livekit: api.LiveKitAPI
) -> None:
    joining = token("anna")
    async with Signal(http, relay.port, joining) as anna:
        await anna.expect("join")
        fresh = await anna.expect("refresh_token")
        issued = _there(relay, "anna").newest_token_s
        wish = api.RoomParticipantIdentity(room="hall", identity="anna", revoke_token_ts=issued - 30)
        await livekit.room.remove_participant(wish)
    for old in (joining, fresh):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with Signal(http, relay.port, old):
                pass


@VERSIONS
async def test_a_mute_by_the_server_is_heard_and_not_undone_by_an_older_state(
    relay: Relay, http: aiohttp.ClientSession, v0: bool, livekit: api.LiveKitAPI
) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        sid = (await anna.expect("join")).participant.sid
        track = await _add_sound(anna)
    here = _there(relay, "anna")
    here.publications[track] = here.pending.pop("mic")  # as if its media had been negotiated
    wish = api.MuteRoomTrackRequest(room="hall", identity="anna", track_sid=track, muted=True)
    await livekit.room.mute_published_track(wish)
    async with _resume(http, relay, sid, token("anna"), v0=v0) as again:
        assert (await again.expect("mute")).muted
        await again.send(mute={"sid": track, "muted": False})  # what it took for true when it left
        assert (await again.expect("mute")).muted
        assert here.publications[track].info.muted
        await again.send(mute={"sid": track, "muted": True})
        await again.send(mute={"sid": track, "muted": False})  # the person's own wish
        await again.settle()
        assert not here.publications[track].info.muted


async def test_a_track_whose_right_was_withdrawn_meanwhile_is_told_as_unpublished(
    relay: Relay, http: aiohttp.ClientSession, livekit: api.LiveKitAPI
) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        sid = (await anna.expect("join")).participant.sid
        track = await _add_sound(anna)
    wish = api.UpdateParticipantRequest(room="hall", identity="anna")
    wish.permission.can_subscribe = True
    await livekit.room.update_participant(wish)
    had = {"publish_tracks": [{"cid": "mic", "track": {"sid": track, "source": "MICROPHONE"}}]}
    async with _resume(http, relay, sid, token("anna")) as again:
        await again.send(sync_state=had)
        assert (await again.expect("track_unpublished")).track_sid == track


async def test_a_track_that_nobody_knows_is_published_anew_by_a_full_reconnect(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        sid = (await anna.expect("join")).participant.sid
    had = {"publish_tracks": [{"cid": "mic", "track": {"sid": "TR_unknown", "source": "MICROPHONE"}}]}
    async with _resume(http, relay, sid, token("anna")) as again:
        await again.send(sync_state=had)
        assert (await again.expect("leave")).action == rtc.LeaveRequest.Action.RECONNECT


async def test_a_lost_answer_to_add_track_is_given_again(relay: Relay, http: aiohttp.ClientSession) -> None:
    async with Signal(http, relay.port, token("anna")) as anna:
        sid = (await anna.expect("join")).participant.sid
        track = await _add_sound(anna)
    async with _resume(http, relay, sid, token("anna")) as again:
        assert (await again.expect("track_published")).track.sid == track


async def test_room_metadata_names_rules_speakers_and_qualities_are_told_anew(
    relay: Relay, http: aiohttp.ClientSession, livekit: api.LiveKitAPI, join: Join
) -> None:
    speaker = await join("binh")
    publication = await speaker.sound(440)
    async with Signal(http, relay.port, token("anna")) as anna:
        sid = (await anna.expect("join")).participant.sid
        await anna.expect("speakers_changed")
    room = relay.rooms.get("hall")
    assert room is not None
    await livekit.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="hall", metadata="new"))
    name = api.UpdateParticipantRequest(room="hall", identity="binh", name="Bình")
    await livekit.room.update_participant(name)
    speaker.me.set_track_subscription_permissions(allow_all_participants=False)
    await speaker.heard.until(lambda: _there(relay, "binh").has_subscriber_rules)
    _there(relay, "binh").quality = models.ConnectionQuality.POOR
    room.speakers._active.clear()  # it fell silent
    async with _resume(http, relay, sid, token("anna")) as again:
        await again.settle()
        assert (await _last(again, "room_update")).room.metadata == "new"
        told = {info.identity: info for info in again.participants()}
        assert told["binh"].name == "Bình"
        rule = await _last(again, "subscription_permission_update")
        assert (rule.track_sid, rule.allowed) == (publication.sid, False)
        silent = {
            info.sid: info.active
            for info in next(r for r in again.got if r.HasField("speakers_changed")).speakers_changed.speakers
        }
        assert silent[told["binh"].sid] is False
        qualities = {
            info.participant_sid: info.quality for info in (await _last(again, "connection_quality")).updates
        }
        assert qualities[told["binh"].sid] == models.ConnectionQuality.POOR


async def test_data_tracks_that_a_rule_takes_away_are_taken_away(
    relay: Relay, http: aiohttp.ClientSession
) -> None:
    settings = rtc.ConnectionSettings(auto_subscribe=True, auto_subscribe_data_track=True)
    async with (
        Signal(http, relay.port, token("anna"), connection_settings=settings) as anna,
        Signal(http, relay.port, token("binh")) as binh,
    ):
        await anna.expect("join")
        await binh.expect("join")
        await binh.send(publish_data_track_request={"pub_handle": 1, "name": "heat"})
        handles = await anna.expect("data_track_subscriber_handles")
        assert len(handles.sub_handles) == 1
        await binh.send(subscription_permission={"all_participants": False})
        assert len((await anna.expect("data_track_subscriber_handles")).sub_handles) == 0
        await binh.send(subscription_permission={"all_participants": True})
        assert len((await anna.expect("data_track_subscriber_handles")).sub_handles) == 1
