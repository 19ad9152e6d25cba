"""RoomService, asked by LiveKit's own client and by bare HTTP."""

import aiohttp
import jwt
import pytest
from livekit import api

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import KEY, SECRET, frequency_of, token
from tests.functional.relay.signal import Signal
from tests.plugins.relay import Join


async def test_rooms_are_made_listed_changed_and_deleted(livekit: api.LiveKitAPI) -> None:
    made = await livekit.room.create_room(
        api.CreateRoomRequest(
            name="hall", empty_timeout=60, departure_timeout=5, max_participants=3, metadata="m"
        )
    )
    assert made.sid.startswith("RM_")
    assert (made.empty_timeout, made.departure_timeout, made.max_participants) == (60, 5, 3)
    listed = await livekit.room.list_rooms(api.ListRoomsRequest())
    assert [room.name for room in listed.rooms] == ["hall"]
    assert not (await livekit.room.list_rooms(api.ListRoomsRequest(names=["other"]))).rooms
    again = await livekit.room.create_room(api.CreateRoomRequest(name="hall"))
    assert again.sid == made.sid
    changed = await livekit.room.update_room_metadata(
        api.UpdateRoomMetadataRequest(room="hall", metadata="n")
    )
    assert changed.metadata == "n"
    await livekit.room.delete_room(api.DeleteRoomRequest(room="hall"))
    assert not (await livekit.room.list_rooms(api.ListRoomsRequest())).rooms


async def test_a_full_room_lets_nobody_else_in(relay: Relay, livekit: api.LiveKitAPI) -> None:
    await livekit.room.create_room(api.CreateRoomRequest(name="hall", max_participants=1))
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await Signal(http, relay.port, token("binh")).__aenter__()
        assert refused.value.status == 503


async def test_participants_are_listed_found_changed_and_removed(join: Join, livekit: api.LiveKitAPI) -> None:
    anna = await join("anna")
    listed = await livekit.room.list_participants(api.ListParticipantsRequest(room="hall"))
    assert [p.identity for p in listed.participants] == ["anna"]
    updated = await livekit.room.update_participant(
        api.UpdateParticipantRequest(
            room="hall", identity="anna", name="A", metadata="m", attributes={"k": "v"}
        )
    )
    assert (updated.name, updated.metadata, updated.attributes["k"]) == ("A", "m", "v")
    found = await livekit.room.get_participant(api.RoomParticipantIdentity(room="hall", identity="anna"))
    assert found.sid == updated.sid
    await livekit.room.remove_participant(api.RoomParticipantIdentity(room="hall", identity="anna"))
    await anna.heard.event("disconnected")
    assert not (await livekit.room.list_participants(api.ListParticipantsRequest(room="hall"))).participants


async def test_a_removed_identity_is_refused_with_its_old_tokens_only(
    relay: Relay, livekit: api.LiveKitAPI
) -> None:
    old = token("anna")
    claims = api.TokenVerifier(KEY, SECRET).verify(old)
    assert claims.identity == "anna"
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, old) as anna:
        await anna.expect("join")
        issued_s = jwt.decode(old, options={"verify_signature": False})["nbf"]
        await livekit.room.remove_participant(
            api.RoomParticipantIdentity(room="hall", identity="anna", revoke_token_ts=issued_s)
        )
        await anna.expect("leave")
        url = f"http://127.0.0.1:{relay.port}/rtc/validate"
        async with http.get(url, params={"access_token": old}) as answer:
            assert answer.status == 401
            assert "withdrawn" in await answer.text()
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        later = jwt.decode(old, options={"verify_signature": False}) | {
            "nbf": issued_s + 1,
            "iat": issued_s + 1,
        }
        fresh = jwt.encode(later, SECRET, algorithm="HS256")
        async with http.get(url, params={"access_token": fresh}) as answer:
            assert (answer.status, await answer.text()) == (200, "success")


async def test_subscriptions_are_ended_and_begun_by_the_server(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    anna, binh = await join("anna"), await join("binh")
    published = await anna.sound(440)
    await frequency_of(await binh.track("audio", "anna"))
    room = relay.rooms.get("hall")
    publication = room.publication(published.sid) if room is not None else None
    assert publication is not None
    request = api.UpdateSubscriptionsRequest(
        room="hall", identity="binh", track_sids=[published.sid], subscribe=False
    )
    await livekit.room.update_subscriptions(request)
    assert not publication.subscribers
    request.subscribe = True
    await livekit.room.update_subscriptions(request)
    await binh.heard.until(lambda: len(binh.heard.all("track")) == 2)
    assert abs(await frequency_of(binh.heard.all("track")[-1][1]) - 440) <= 3


@pytest.mark.parametrize(
    ("grants", "method", "status", "code"),
    [
        ({"room_list": True}, "CreateRoom", 401, "unauthenticated"),
        ({"room_create": True}, "ListRooms", 401, "unauthenticated"),
        ({"room_admin": True, "room": "other"}, "ListParticipants", 401, "unauthenticated"),
        ({"room_admin": True, "room": "hall"}, "GetParticipant", 404, "not_found"),
        ({"room_create": True}, "DeleteRoom", 404, "not_found"),
        ({"room_admin": True, "room": "hall"}, "NoSuchMethod", 404, "bad_route"),
    ],
)
async def test_what_is_refused_is_refused_in_twirps_words(
    relay: Relay, grants: dict[str, object], method: str, status: int, code: str
) -> None:
    access = api.AccessToken(KEY, SECRET).with_grants(api.VideoGrants(**grants)).to_jwt()  # type: ignore[arg-type]
    body = {"room": "hall", "identity": "nobody", "name": "hall"}
    url = f"http://127.0.0.1:{relay.port}/twirp/livekit.RoomService/{method}"
    headers = {"Authorization": f"Bearer {access}"}
    async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=headers) as answer:
        assert answer.status == status
        assert (await answer.json())["code"] == code


async def test_json_is_spoken_as_well_as_protobuf(relay: Relay) -> None:
    grants = api.VideoGrants(room_create=True, room_list=True)
    headers = {"Authorization": f"Bearer {api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()}"}
    base = f"http://127.0.0.1:{relay.port}/twirp/livekit.RoomService/"
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.post(base + "CreateRoom", json={"name": "hall", "emptyTimeout": 9}) as answer:
            assert (await answer.json())["empty_timeout"] == 9
        async with http.post(
            base + "CreateRoom", data=b"{", headers={"Content-Type": "application/json"}
        ) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "malformed")
        async with http.post(
            base + "ListRooms", data=b"\xff", headers={"Content-Type": "application/protobuf"}
        ) as a:
            assert (await a.json())["code"] == "malformed"


async def test_the_relay_says_what_it_can_beyond_livekit(relay: Relay) -> None:
    admin = api.AccessToken(KEY, SECRET).with_grants(api.VideoGrants(room_list=True)).to_jwt()
    base = f"http://127.0.0.1:{relay.port}/twirp/confhub.Stage/"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {admin}"}) as http:
        async with http.post(base + "GetCapabilities", json={}) as answer:
            assert await answer.json() == {
                "instance": relay.instance,
                "stage_view": True,
                "slots": True,
                "profiles": True,
            }
        async with http.post(base + "GetStats", json={}) as answer:
            stats = await answer.json()
            names = "packets_sent packets_received bytes_sent send_drops participants cpu_s rss_mb"
            assert set(stats) == {*names.split(), "loop_lag_ms", "loop_lag_worst_ms", "fanout"}
    async with aiohttp.ClientSession() as http, http.post(base + "GetCapabilities", json={}) as answer:
        assert answer.status == 401
