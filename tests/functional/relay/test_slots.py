"""Stage slots: subscribed once, pointed at one room after the other, for unmodified clients."""

import asyncio

import pytest
from livekit import api, rtc

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import BLUE, GREEN, RED, Person, colour_of, frequency_of, is_close
from tests.functional.relay.stage import STAGE, Refused, ask, behind, permit, point
from tests.plugins.relay import Join


async def _on_deck(
    join: Join, livekit: api.LiveKitAPI, identity: str, colour: tuple[int, int, int], tone_hz: int
) -> Person:
    person = await join(identity, attributes=STAGE, can_publish=False)
    await permit(livekit, identity, can_publish=True)
    await person.heard.until(lambda: person.me.permissions.can_publish)
    await person.show(colour)
    await person.sound(tone_hz)
    return person


async def _until_colour(track: rtc.RemoteTrack, colour: tuple[int, int, int]) -> None:
    async with asyncio.timeout(15):
        while not is_close(await colour_of(track, 1), colour):
            pass


async def _until_tone(track: rtc.RemoteTrack, tone_hz: int) -> None:
    async with asyncio.timeout(20):
        while abs(await frequency_of(track) - tone_hz) > 3:
            pass


@pytest.mark.parametrize("single", [True, False])
async def test_a_room_subscribes_once_and_follows_every_speaker(
    join: Join, livekit: api.LiveKitAPI, relay: Relay, single: bool
) -> None:
    await _on_deck(join, livekit, "room:a", RED, 440)
    await _on_deck(join, livekit, "room:b", GREEN, 880)
    answer = await point(relay, "speaker", "room:a")
    assert answer == {"slot": "speaker", "identity": "room:a", "pending": False}
    viewer = await join("room:v", attributes=STAGE, can_publish=False, single=single)
    picture = await viewer.track("video", "stage:speaker")
    sound = await viewer.track("audio", "stage:speaker")
    await _until_colour(picture, RED)
    await _until_tone(sound, 440)
    await point(relay, "speaker", "room:b")
    await _until_colour(picture, GREEN)
    await _until_tone(sound, 880)
    await point(relay, "speaker", "room:a")
    await _until_colour(picture, RED)
    await _until_tone(sound, 440)
    assert set(viewer.room.remote_participants) == {"stage:chair", "stage:speaker", "stage:content"}
    assert len(viewer.heard.all("track")) == 6
    assert not viewer.heard.all("untrack")
    assert not viewer.heard.all("went")


async def test_a_withdrawn_grant_empties_the_slot(join: Join, livekit: api.LiveKitAPI, relay: Relay) -> None:
    await _on_deck(join, livekit, "room:a", RED, 440)
    viewer = await join("room:v", attributes=STAGE, can_publish=False)
    await point(relay, "speaker", "room:a")
    await _until_colour(await viewer.track("video", "stage:speaker"), RED)
    await viewer.heard.until(lambda: len(viewer.heard.all("unmuted")) == 2)
    row = (await behind(relay))["speaker"]
    assert row["identity"] == "room:a"
    assert row["video_track"].startswith("TR_VC")
    assert row["audio_track"].startswith("TR_AM")
    await permit(livekit, "room:a", can_publish=False)
    row = (await behind(relay))["speaker"]
    assert (row["identity"], row["video_track"], row["audio_track"]) == ("", "", "")
    await viewer.heard.until(lambda: len(viewer.heard.all("muted")) == 2)
    assert not viewer.heard.all("untrack")


async def test_tracks_that_come_later_are_taken_when_they_come(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    viewer = await join("room:v", attributes=STAGE, can_publish=False)
    chair = await join("room:chair", attributes=STAGE, can_publish=False)
    await permit(livekit, "room:chair", can_publish=True)
    assert (await point(relay, "chair", "room:chair"))["pending"] is True
    assert (await behind(relay))["chair"]["reason"] == "the participant has published nothing yet"
    await chair.heard.until(lambda: chair.me.permissions.can_publish)
    await chair.sound(440)
    await _until_tone(await viewer.track("audio", "stage:chair"), 440)
    await chair.show(BLUE)
    await _until_colour(await viewer.track("video", "stage:chair"), BLUE)
    assert (await behind(relay))["chair"]["pending"] is False


async def test_who_stands_in_a_slot_gets_nothing_of_itself_and_is_told_so(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    chair = await _on_deck(join, livekit, "room:chair", BLUE, 440)
    speaker = await _on_deck(join, livekit, "room:a", RED, 880)
    await point(relay, "chair", "room:chair")
    await point(relay, "speaker", "room:a")
    await _until_colour(await speaker.track("video", "stage:chair"), BLUE)
    await _until_tone(await speaker.track("audio", "stage:chair"), 440)
    await _until_colour(await chair.track("video", "stage:speaker"), RED)
    await _until_tone(await chair.track("audio", "stage:speaker"), 880)
    room = relay.rooms.get("hall")
    assert room is not None
    for slot, person, identity in (("speaker", speaker, "room:a"), ("chair", chair, "room:chair")):
        found = room.slots.get(slot)
        assert found is not None
        for track in found.tracks:
            own = track.subscribers[room.participants[identity].sid]
            assert own.down is not None
            assert own.down.source is None
        told = person.room.remote_participants[f"stage:{slot}"].track_publications.values()
        assert all(publication.muted for publication in told)
    await point(relay, "speaker", "")
    await point(relay, "chair", "room:a")
    await _until_colour(await chair.track("video", "stage:chair"), RED)
    publications = chair.room.remote_participants["stage:chair"].track_publications.values()
    await chair.heard.until(lambda: not any(publication.muted for publication in publications))


async def test_the_hall_sees_people_and_no_slots(join: Join, livekit: api.LiveKitAPI, relay: Relay) -> None:
    operator = await join("operator", hidden=True, can_publish=False)
    await _on_deck(join, livekit, "room:a", RED, 440)
    await point(relay, "speaker", "room:a")
    assert is_close(await colour_of(await operator.track("video", "room:a")), RED)
    assert set(operator.room.remote_participants) == {"room:a"}
    listed = await livekit.room.list_participants(api.ListParticipantsRequest(room="hall"))
    assert {who.identity for who in listed.participants} == {"operator", "room:a"}


async def test_who_may_not_publish_or_is_not_there_stands_in_no_slot(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    await join("room:a", attributes=STAGE, can_publish=False)
    for slot, identity, code in (
        ("speaker", "room:a", "failed_precondition"),
        ("speaker", "room:b", "not_found"),
        ("balcony", "room:a", "not_found"),
        ("x" * 2000, "room:a", "invalid_argument"),
    ):
        with pytest.raises(Refused) as refused:
            await point(relay, slot, identity)
        assert refused.value.args[0] == code
    for grants in ({"admin": False}, {"room": "other"}):
        with pytest.raises(Refused) as refused:
            await ask(relay, "PointSlot", slot="speaker", identity="", **grants)  # type: ignore[arg-type]
        assert refused.value.args[0] == "unauthenticated"
    with pytest.raises(rtc.ConnectError):
        await join("stage:chair")


async def test_another_codec_is_refused_with_its_reason(
    join: Join, livekit: api.LiveKitAPI, relay: Relay
) -> None:
    anna = await join("anna")
    source = rtc.VideoSource(320, 180)
    options = rtc.TrackPublishOptions(
        source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False, video_codec=rtc.VideoCodec.H264
    )
    watcher = await join("watcher")
    await anna.me.publish_track(rtc.LocalVideoTrack.create_video_track("camera", source), options)
    await watcher.heard.event("published")
    with pytest.raises(Refused) as refused:
        await point(relay, "speaker", "anna")
    assert refused.value.args == ("failed_precondition", "video/H264 is not taken: a slot is VP8 and Opus")
    await anna.sound(440)
    await watcher.heard.until(lambda: len(watcher.heard.all("published")) == 2)
    assert (await point(relay, "speaker", "anna"))["pending"] is False
    assert (await behind(relay))["speaker"]["video_track"] == ""
