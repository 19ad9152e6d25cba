"""What a participant may publish, and that a withdrawn right is silence at once."""

import pytest
from livekit import api, rtc

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import RED, Person, colour_of, frequency_of, is_close
from tests.plugins.relay import Join

ROOM = "hall"


async def _permit(livekit: api.LiveKitAPI, identity: str, **permission: object) -> None:
    request = api.UpdateParticipantRequest(
        room=ROOM, identity=identity, permission=api.ParticipantPermission(can_subscribe=True, **permission)
    )
    await livekit.room.update_participant(request)


@pytest.mark.parametrize("single", [True, False])
async def test_a_grant_opens_and_its_withdrawal_ends_the_track(
    join: Join, livekit: api.LiveKitAPI, single: bool
) -> None:
    anna = await join("anna", single=single, can_publish=False)
    binh = await join("binh", single=single)
    await _permit(livekit, "anna", can_publish=True)
    await anna.heard.until(lambda: anna.me.permissions.can_publish)
    published = await anna.show(RED)
    assert is_close(await colour_of(await binh.track("video", "anna")), RED)
    await _permit(livekit, "anna", can_publish=False)
    assert await binh.heard.event("unpublished") == ("anna", published.sid)
    info = await livekit.room.get_participant(api.RoomParticipantIdentity(room=ROOM, identity="anna"))
    assert not info.tracks


async def test_nothing_is_forwarded_after_a_withdrawal_though_the_client_sends_on(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    anna, binh = await join("anna"), await join("binh")
    await anna.sound(440)
    await frequency_of(await binh.track("audio", "anna"))
    room = relay.rooms.get(ROOM)
    assert room is not None
    (publication,) = room.participants["anna"].publications.values()
    (subscription,) = publication.subscribers.values()
    down = subscription.down
    assert down is not None
    await _permit(livekit, "anna", can_publish=False)
    sent = down.stats().packets
    await _one_more_second_of_media(binh, join)
    assert down.stats().packets == sent


async def test_a_server_mute_silences_until_the_person_unmutes(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    anna, binh = await join("anna"), await join("binh")
    published = await anna.sound(440)
    await frequency_of(await binh.track("audio", "anna"))
    answer = await livekit.room.mute_published_track(
        api.MuteRoomTrackRequest(room=ROOM, identity="anna", track_sid=published.sid, muted=True)
    )
    assert answer.track.muted
    for person in (anna, binh):
        await person.heard.event("muted")
    room = relay.rooms.get(ROOM)
    publication = room.publication(published.sid) if room is not None else None
    assert publication is not None
    assert publication.up is not None
    assert not publication.up.is_open
    with pytest.raises(api.TwirpError) as refused:
        await livekit.room.mute_published_track(
            api.MuteRoomTrackRequest(room=ROOM, identity="anna", track_sid=published.sid, muted=False)
        )
    assert refused.value.code == "failed_precondition"
    published.track.unmute()
    await binh.heard.event("unmuted")
    assert abs(await frequency_of(await binh.track("audio", "anna")) - 440) <= 3


async def test_a_publisher_chooses_its_subscribers(join: Join) -> None:
    anna, binh, chi = await join("anna"), await join("binh"), await join("chi")
    anna.me.set_track_subscription_permissions(
        allow_all_participants=False,
        participant_permissions=[rtc.ParticipantTrackPermission(participant_identity="binh", allow_all=True)],
    )
    await anna.sound(440)
    assert abs(await frequency_of(await binh.track("audio", "anna")) - 440) <= 3
    await chi.heard.event("published")
    assert not chi.heard.all("track")
    anna.me.set_track_subscription_permissions(allow_all_participants=True)
    assert abs(await frequency_of(await chi.track("audio", "anna")) - 440) <= 3


@pytest.mark.parametrize("single", [True, False])
async def test_without_the_right_to_subscribe_one_joins_and_is_heard_and_gets_data(
    join: Join, livekit: api.LiveKitAPI, single: bool
) -> None:
    anna, binh = await join("anna", single=single, can_subscribe=False), await join("binh")
    await anna.sound(440)
    await binh.sound(880)
    assert abs(await frequency_of(await binh.track("audio", "anna")) - 440) <= 3
    await livekit.room.send_data(api.SendDataRequest(room=ROOM, data=b"note", kind=0, topic="t"))
    assert (await anna.heard.event("data", lambda p: p.topic == "t")).data == b"note"
    assert not anna.heard.all("track")


async def _one_more_second_of_media(listener: Person, join: Join) -> None:
    """Another speaker is heard for a second meanwhile: time passes by packets, not by the clock."""
    other = await join("other")
    await other.sound(880)
    assert abs(await frequency_of(await listener.track("audio", "other")) - 880) <= 3
