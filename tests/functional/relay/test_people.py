"""Names, metadata, attributes, coming and going, as SDK clients are told of them."""

import asyncio

import pytest
from livekit import api, rtc

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import DEADLINE_S, Person, token
from tests.plugins.relay import Join


async def test_everybody_learns_who_is_there_and_who_leaves(join: Join) -> None:
    anna = await join("anna", attributes={"seat": "1"}, metadata="chair")
    binh = await join("binh")
    assert await anna.heard.event("came") == "binh"
    seen = binh.room.remote_participants["anna"]
    assert (seen.name, seen.metadata, seen.attributes) == ("Anna", "chair", {"seat": "1"})
    await binh.room.disconnect()
    assert await anna.heard.event("went") == "binh"


@pytest.mark.parametrize("single", [True, False])
async def test_with_the_right_one_changes_own_name_metadata_and_attributes(join: Join, single: bool) -> None:
    anna = await join("anna", single=single, can_update_own_metadata=True)
    binh = await join("binh")
    await anna.me.set_name("Anna of Hue")
    await anna.me.set_metadata("speaker")
    await anna.me.set_attributes({"hand": "up"})
    assert await binh.heard.event("name") == ("anna", "Anna of Hue")
    assert await binh.heard.event("metadata") == ("anna", "speaker")
    assert await binh.heard.event("attributes") == ("anna", {"hand": "up"})


async def test_without_the_right_the_change_is_refused(join: Join) -> None:
    anna, binh = await join("anna"), await join("binh", can_update_own_metadata=True)
    await anna.me.set_metadata("speaker")
    await binh.me.set_metadata("chair")
    await anna.heard.event("came")
    await anna.heard.until(lambda: anna.room.remote_participants["binh"].metadata == "chair")
    assert binh.room.remote_participants["anna"].metadata == ""
    assert binh.heard.all("metadata") == [("binh", "chair")]


async def test_a_second_client_of_the_same_identity_sends_the_first_away(join: Join) -> None:
    first = await join("anna")
    watcher = await join("binh")
    second = await join("anna")
    assert await first.heard.event("disconnected") == rtc.DisconnectReason.DUPLICATE_IDENTITY
    assert second.room.isconnected()
    await watcher.heard.event("went")
    await watcher.heard.until(lambda: "anna" in watcher.room.remote_participants)


async def test_a_hidden_participant_is_not_told_of(join: Join) -> None:
    anna = await join("anna")
    hidden = await join("hidden", hidden=True)
    binh = await join("binh")
    assert set(hidden.room.remote_participants) >= {"anna"}
    await anna.heard.event("came", lambda who: who == "binh")
    assert "hidden" not in anna.room.remote_participants
    assert "hidden" not in binh.room.remote_participants


async def test_room_metadata_reaches_everybody(join: Join, livekit: api.LiveKitAPI) -> None:
    anna = await join("anna")
    await livekit.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="hall", metadata="agenda 2"))
    assert await anna.heard.event("room_metadata") == "agenda 2"


async def test_many_join_at_once_and_all_are_there(join: Join, relay: Relay) -> None:
    people = await asyncio.gather(*(join(f"p{number}", single=number % 2 == 0) for number in range(12)))
    for person in people:
        await person.heard.until(lambda person=person: len(person.room.remote_participants) == 11)
    room = relay.rooms.get("hall")
    assert room is not None
    assert len(room.participants) == 12


async def test_an_expired_and_a_forged_token_are_refused_with_words(relay: Relay) -> None:
    for bad in (token("anna", ttl_s=-600), token("anna")[:-4] + "AAAA"):
        person = Person("anna")
        with pytest.raises(rtc.ConnectError):
            await asyncio.wait_for(
                person.connect(f"ws://127.0.0.1:{relay.port}", bad, single=True), DEADLINE_S
            )
