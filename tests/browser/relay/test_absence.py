"""livekit-client in Chromium: who takes a track, and what is right again after the signalling was away."""

import time

import pytest
from livekit import api
from playwright.async_api import Page

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import GREEN, token

MODES = pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])


async def _join(page: Page, relay: Relay, name: str, single: bool, ttl_s: int = 600) -> None:
    arguments = [name, f"ws://127.0.0.1:{relay.port}", token(name, ttl_s=ttl_s), single]
    await page.evaluate("([n, u, t, s]) => join(n, u, t, s, {})", arguments)


@MODES
async def test_a_publisher_takes_its_tracks_away_from_whom_it_excludes_and_gives_them_again(
    page: Page, relay: Relay, single: bool
) -> None:
    for name in ("anna", "binh", "chi"):
        await _join(page, relay, name, single)
    await page.evaluate("show('anna', 'rgb(0, 200, 0)', false)")
    await page.evaluate("sound('anna', 660)")
    for name in ("binh", "chi"):
        for kind in ("video", "audio"):
            await page.evaluate("([n, k]) => until(n, `track ${k} anna`)", [name, kind])
    only_chi = "[{participantIdentity: 'chi', allowAll: true}]"
    await page.evaluate(
        f"people.anna.room.localParticipant.setTrackSubscriptionPermissions(false, {only_chi})"
    )
    for kind in ("video", "audio"):
        await page.evaluate("(k) => until('binh', `lost ${k} anna`)", kind)
    statuses = (
        "[...people.binh.room.remoteParticipants.get('anna').trackPublications.values()]"
        ".map((p) => [p.permissionStatus, p.isSubscribed])"
    )
    assert await page.evaluate(statuses) == [["not_allowed", False]] * 2
    events = await page.evaluate("people.chi.events")
    assert not [event for event in events if event.startswith("lost")]

    await page.evaluate("people.anna.room.localParticipant.setTrackSubscriptionPermissions(true)")
    await page.evaluate("until('binh', 'track video anna', 2)")
    await page.evaluate("until('binh', 'track audio anna', 2)")
    await page.evaluate("(colour) => picture('binh', 'anna', 0, colour)", list(GREEN))


@MODES
async def test_a_join_token_that_ran_out_does_not_stop_a_resume(
    page: Page, relay: Relay, single: bool
) -> None:
    began_s = time.time()
    await _join(page, relay, "anna", single, ttl_s=2)
    relay.rooms.host.wall = lambda: began_s + 60 + time.time() - began_s  # a minute on
    await page.evaluate("people.anna.room.simulateScenario('signal-reconnect')")
    await page.evaluate("until('anna', 'reconnected')")
    assert "disconnected" not in await page.evaluate("people.anna.events")


@MODES
async def test_what_happened_while_the_signalling_was_away_is_right_after_it(
    page: Page, relay: Relay, single: bool, livekit: api.LiveKitAPI
) -> None:
    for name in ("anna", "binh", "chi"):
        await _join(page, relay, name, single)
    await page.evaluate("sound('anna', 440)")
    await page.evaluate("sound('binh', 660)")
    await page.evaluate("until('anna', 'track audio binh')")
    await page.evaluate("away('anna')")
    await page.evaluate("until('anna', 'signalReconnecting')")

    await page.evaluate("people.chi.room.disconnect()")
    await page.evaluate("until('binh', 'went chi')")
    muted = next(iter(relay.rooms.all()[0].participants["anna"].publications))
    wish = api.MuteRoomTrackRequest(room="hall", identity="anna", track_sid=muted, muted=True)
    await livekit.room.mute_published_track(wish)
    await livekit.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="hall", metadata="new"))
    await page.evaluate("people.binh.room.localParticipant.setMicrophoneEnabled(false)")
    for colour in ("rgb(0, 200, 0)", "rgb(0, 0, 200)", "rgb(200, 0, 0)", "rgb(0, 200, 200)"):
        await page.evaluate("(c) => show('binh', c, false, {source: 'unknown'})", colour)

    await page.evaluate("back()")
    await page.evaluate("until('anna', 'reconnected')")
    await page.evaluate("until('anna', 'went chi')")
    await page.evaluate("until('anna', 'track video binh', 4)")
    assert await page.evaluate("[...people.anna.room.remoteParticipants.keys()]") == ["binh"]
    assert await page.evaluate("people.anna.room.metadata") == "new"
    assert await page.evaluate("people.anna.room.remoteParticipants.get('binh').isMicrophoneEnabled") is False
    await page.wait_for_function("!people.anna.room.localParticipant.isMicrophoneEnabled")
    await livekit.room.get_participant(api.RoomParticipantIdentity(room="hall", identity="anna"))
    assert relay.rooms.all()[0].participants["anna"].publications[muted].info.muted
    events = await page.evaluate("people.anna.events")
    assert events.count("reconnected") == 1
    assert not {"reconnecting", "disconnected"} & set(events)
