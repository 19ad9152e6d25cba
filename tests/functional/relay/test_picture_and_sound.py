"""Unmodified SDK clients publish a picture and a tone and see and hear each other's, in both connection
modes."""

import pytest
from livekit import rtc

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import BLUE, GREEN, RED, colour_of, frequency_of, is_close
from tests.plugins.relay import Join


@pytest.mark.parametrize(
    ("speaker", "listener"), [(True, True), (False, False), (True, False), (False, True)]
)
async def test_the_same_picture_and_tone_arrive(join: Join, speaker: bool, listener: bool) -> None:
    anna = await join("anna", single=speaker)
    binh = await join("binh", single=listener)
    await anna.show(RED)
    await anna.sound(440)
    assert is_close(await colour_of(await binh.track("video", "anna")), RED)
    assert abs(await frequency_of(await binh.track("audio", "anna")) - 440) <= 3


@pytest.mark.parametrize("single", [True, False])
async def test_a_late_joiner_gets_what_is_already_published(join: Join, single: bool) -> None:
    anna = await join("anna")
    await anna.show(GREEN)
    await anna.sound(700)
    binh = await join("binh", single=single)
    assert is_close(await colour_of(await binh.track("video", "anna")), GREEN)
    assert abs(await frequency_of(await binh.track("audio", "anna")) - 700) <= 3


@pytest.mark.parametrize("single", [True, False])
async def test_both_ways_at_once_between_three_people(join: Join, single: bool) -> None:
    people = [await join(name, single=single) for name in ("anna", "binh", "chi")]
    for person, colour in zip(people, (RED, GREEN, BLUE), strict=True):
        await person.show(colour)
    for viewer in people:
        for other, colour in zip(people, (RED, GREEN, BLUE), strict=True):
            if other is not viewer:
                track = await viewer.track("video", other.identity)
                assert is_close(await colour_of(track, frames=2), colour)


@pytest.mark.parametrize("single", [True, False])
async def test_more_tracks_than_the_first_offer_had_room_for(join: Join, single: bool) -> None:
    viewer = await join("viewer", single=single)
    names = [f"p{number}" for number in range(5)]
    for name in names:
        person = await join(name)
        await person.sound(300)
    for name in names:
        assert (await viewer.track("audio", name)).kind == rtc.TrackKind.KIND_AUDIO


@pytest.mark.parametrize("single", [True, False])
async def test_a_section_is_used_again_after_its_track_went(join: Join, single: bool) -> None:
    anna = await join("anna")
    binh = await join("binh", single=single)
    for colour in (RED, BLUE, GREEN):
        publication = await anna.show(colour)
        _, track = await binh.heard.event("track", lambda w, sid=publication.sid: w[1].sid == sid)
        assert is_close(await colour_of(track), colour)
        await anna.me.unpublish_track(publication.sid)
        await binh.heard.event("unpublished", lambda w, sid=publication.sid: w[1] == sid)


async def test_a_subscription_can_be_ended_and_taken_again(join: Join) -> None:
    anna = await join("anna")
    binh = await join("binh")
    await anna.show(RED)
    first = await binh.track("video", "anna")
    publication = binh.room.remote_participants["anna"].track_publications[first.sid]
    publication.set_subscribed(False)
    await binh.heard.event("untrack")
    publication.set_subscribed(True)
    await binh.heard.until(lambda: len(binh.heard.all("track")) == 2)
    assert is_close(await colour_of(binh.heard.all("track")[-1][1]), RED)


async def test_mute_is_told_and_unmute_brings_the_sound_back(join: Join, relay: Relay) -> None:
    anna = await join("anna")
    binh = await join("binh")
    published = await anna.sound(500)
    track = await binh.track("audio", "anna")
    published.track.mute()
    await binh.heard.event("muted")
    room = relay.rooms.get("hall")
    publication = room.publication(published.sid) if room is not None else None
    assert publication is not None
    assert publication.info.muted
    published.track.unmute()
    await binh.heard.event("unmuted")
    assert abs(await frequency_of(track) - 500) <= 3


async def test_who_speaks_is_told_and_who_falls_silent_too(join: Join) -> None:
    anna = await join("anna")
    binh = await join("binh")
    published = await anna.sound(500)
    await binh.heard.event("speakers", lambda who: who == ["anna"])
    published.track.mute()
    await binh.heard.event("speakers", lambda who: who == [])
