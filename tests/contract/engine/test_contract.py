"""What the hub relies on, of the embedded relay and of a LiveKit server alike. Differences are stated by
capability, never skipped."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from livekit import rtc

from confhub.engine.engine import MediaEngine
from confhub.engine.errors import (
    EngineRefused,
    ParticipantGone,
    SlotRefused,
    WebhookRefused,
    WebhookUnreadable,
)
from confhub.engine.tokens import joining_token
from confhub.engine.types import SPEAKER_SOURCES, EngineEvent, EventKind, Source, StageSlot
from confhub.kernel.clock import SystemClock
from confhub.kernel.ids import Identity, MediaRoom
from tests.contract.engine.clients import Client
from tests.plugins.engines import KEY, SECRET, House

SLOTS = {"stage:chair", "stage:speaker", "stage:content"}
HALL, STUDIO = Identity("room:HALL"), Identity("room:STUDIO")
SILENCE_S = 1.0
"""Fifteen pictures' time: what is still forwarded shows within it."""


@pytest.fixture
async def media_room(engine: MediaEngine, request: pytest.FixtureRequest) -> MediaRoom:
    room = MediaRoom(f"s-{abs(hash(request.node.nodeid)):x}")
    await engine.open_room(room)
    return room


async def speaking(engine: MediaEngine, media_room: MediaRoom, who: Client) -> None:
    """Put somebody on stage as the speaker, and let it publish its picture."""
    await engine.put_on_stage(media_room, who.identity, SPEAKER_SOURCES)
    await who.until(who.may_publish)
    await engine.point_slot(media_room, StageSlot.SPEAKER, who.identity)
    await who.publish_picture()


def place(engine: MediaEngine, speaker: str) -> str:
    """Under which identity the rooms see the speaker."""
    return "stage:speaker" if engine.capabilities.slots else speaker


async def refused(who: Client) -> None:
    """A picture without the grant: the engine refuses it, or never answers, which is all a client sees."""
    with pytest.raises((TimeoutError, rtc.participant.PublishTrackError)):
        async with asyncio.timeout(SILENCE_S):
            await who.publish_picture()


def test_capabilities_say_what_the_engine_is(engine: MediaEngine, house: House) -> None:
    known = engine.capabilities
    relay = house.kind == "relay"
    assert (known.stage_view, known.last_seen, known.revokes_tokens) == (relay, relay, relay)
    assert known.slots == relay


async def test_a_wrong_key_is_refused_at_the_start(house: House) -> None:
    stranger = MediaEngine(house.url, KEY, "another-secret-of-32-characters-or-more", SystemClock())
    with pytest.raises(EngineRefused):
        await stranger.start()
    await stranger.close()


async def test_a_room_is_opened_once_and_closed_as_often_as_wanted(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    first = await engine.open_room(media_room)
    assert (await engine.open_room(media_room)).instance == first.instance
    assert [room.instance for room in await engine.rooms([media_room])] == [first.instance]
    async with Client(engine, media_room, HALL) as hall:
        await engine.close_room(media_room)
        await hall.until(lambda: not hall.room.isconnected())
    await engine.close_room(media_room)
    assert await engine.participants(media_room) == []
    assert (await engine.open_room(media_room)).instance != first.instance


async def test_a_joining_token_opens_the_door_and_lets_nobody_publish(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    async with Client(engine, media_room, HALL, "Hội trường") as hall:
        assert not hall.may_publish()
        (seen,) = await engine.participants(media_room)
        assert (seen.identity, seen.name, seen.connected) == (HALL, "Hội trường", True)
        assert seen.sid == hall.room.local_participant.sid
        assert (seen.can_publish, seen.hidden) == (False, not engine.capabilities.stage_view)
        assert abs(seen.joined_at - datetime.now(UTC)) < timedelta(seconds=10)
        assert (seen.last_seen is not None) == engine.capabilities.last_seen
        await refused(hall)
        (seen,) = await engine.participants(media_room)
        assert seen.tracks == ()


async def test_an_expired_token_opens_nothing(engine: MediaEngine, media_room: MediaRoom) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    token = joining_token(KEY, SECRET, long_ago, media_room, HALL, "Hall", hidden=False)
    late = Client(engine, media_room, HALL)
    with pytest.raises(rtc.ConnectError):
        await late.join(token)


async def test_rooms_hear_of_the_stage_and_not_of_each_other(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    async with (
        Client(engine, media_room, HALL) as hall,
        Client(engine, media_room, "room:OTHER") as other,
        Client(engine, media_room, STUDIO) as studio,
    ):
        await engine.put_on_stage(media_room, STUDIO, SPEAKER_SOURCES)
        if engine.capabilities.slots:  # the stage is the same places all the time, whoever is behind them
            await studio.until(studio.may_publish)
            assert hall.others() == other.others() == studio.others() == SLOTS
        else:
            await hall.until(lambda: STUDIO in hall.others())
            await other.until(lambda: STUDIO in other.others())
            assert (hall.others(), other.others(), studio.others()) == ({STUDIO}, {STUDIO}, set())
        await engine.take_off_stage(media_room, STUDIO)
        await studio.until(lambda: not studio.may_publish())
        # LiveKit does not announce re-hiding: once on stage, visible for the session
        assert hall.others() == (SLOTS if engine.capabilities.slots else {STUDIO})


async def test_who_is_on_stage_reaches_the_rooms_and_who_is_taken_off_does_not(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    async with Client(engine, media_room, HALL) as hall, Client(engine, media_room, STUDIO) as studio:
        await speaking(engine, media_room, studio)
        await hall.until(lambda: hall.frames.get(place(engine, STUDIO), 0) >= 3)
        seen = {who.identity: who for who in await engine.participants(media_room)}
        assert seen[STUDIO].can_publish
        assert set(seen[STUDIO].sources) == set(SPEAKER_SOURCES)
        await engine.take_off_stage(media_room, STUDIO)
        await studio.until(lambda: not studio.may_publish())
        await asyncio.sleep(0.3)  # what was under way when it was withdrawn
        before = hall.frames[place(engine, STUDIO)]
        await asyncio.sleep(SILENCE_S)  # nothing may come: only time can show it
        assert hall.frames[place(engine, STUDIO)] == before
        assert not any(who.tracks or who.can_publish for who in await engine.participants(media_room))


async def test_the_rooms_follow_the_slot_from_one_speaker_to_the_next(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    async with (
        Client(engine, media_room, HALL) as hall,
        Client(engine, media_room, STUDIO) as first,
        Client(engine, media_room, "room:NEXT") as second,
    ):
        for speaker in (first, second):
            await engine.put_on_stage(media_room, speaker.identity, SPEAKER_SOURCES)
            await speaker.until(speaker.may_publish)
            await speaker.publish_picture()
        await _until_published(engine, media_room, first.identity, second.identity)
        for speaker in (first, second, first):
            assert await engine.point_slot(media_room, StageSlot.SPEAKER, speaker.identity) is False
            seen_as = place(engine, speaker.identity)
            count = hall.frames.get(seen_as, 0)
            await hall.until(lambda key=seen_as, n=count: hall.frames.get(key, 0) >= n + 5)  # type: ignore[misc]
            (row,) = [s for s in await engine.stage(media_room) if s.slot is StageSlot.SPEAKER]
            assert (row.identity, row.pending) == (speaker.identity, False)
            assert row.since is not None
        assert await engine.point_slot(media_room, StageSlot.SPEAKER, None) is False
        assert all(row.identity is None for row in await engine.stage(media_room))
        await asyncio.sleep(0.3)  # what was under way when it was emptied
        before = dict(hall.frames)
        await asyncio.sleep(SILENCE_S)  # nobody's turn: only time can show that nothing comes
        assert hall.frames == before


async def _until_published(engine: MediaEngine, media_room: MediaRoom, *identities: str) -> None:
    """A fresh track shows in the engine's lists a moment later."""
    async with asyncio.timeout(10):
        while True:
            there = await engine.participants(media_room)
            if {who.identity for who in there if who.tracks} >= set(identities):
                return
            await asyncio.sleep(0.05)


async def test_a_slot_waits_for_what_is_not_published_yet_and_takes_nobody_without_the_right(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    async with Client(engine, media_room, HALL) as hall, Client(engine, media_room, STUDIO) as studio:
        if engine.capabilities.slots:
            with pytest.raises(SlotRefused):
                await engine.point_slot(media_room, StageSlot.CHAIR, STUDIO)
        await engine.put_on_stage(media_room, STUDIO, SPEAKER_SOURCES)
        await studio.until(studio.may_publish)
        assert await engine.point_slot(media_room, StageSlot.CHAIR, STUDIO) is True
        await studio.publish_picture()
        seen_as = "stage:chair" if engine.capabilities.slots else STUDIO
        await hall.until(lambda: hall.frames.get(seen_as, 0) >= 3)
    assert await engine.stage(MediaRoom("s-nowhere")) == []


async def test_only_the_granted_sources_are_taken(engine: MediaEngine, media_room: MediaRoom) -> None:
    async with Client(engine, media_room, HALL), Client(engine, media_room, STUDIO) as studio:
        await engine.put_on_stage(media_room, STUDIO, [Source.MICROPHONE])
        await studio.until(studio.may_publish)
        await studio.publish_sound()
        await refused(studio)
        seen = {who.identity: who for who in await engine.participants(media_room)}
        assert [track.source for track in seen[STUDIO].tracks] == [Source.MICROPHONE]


async def test_a_mute_holds_and_says_which_tracks(engine: MediaEngine, media_room: MediaRoom) -> None:
    async with Client(engine, media_room, HALL) as hall, Client(engine, media_room, STUDIO) as studio:
        await speaking(engine, media_room, studio)
        publication = await studio.publish_sound()
        seen_as = place(engine, STUDIO)
        await hall.until(lambda: len(hall.room.remote_participants[seen_as].track_publications) == 2)
        muted: list[str] = []
        async with asyncio.timeout(10):
            while not muted:  # a fresh track shows in the engine's lists a moment later
                muted = await engine.mute(media_room, STUDIO, Source.MICROPHONE)
        assert muted == [publication.sid]
        tracks = hall.room.remote_participants[seen_as].track_publications.values()
        heard = next(track for track in tracks if track.kind == rtc.TrackKind.KIND_AUDIO)
        await hall.until(lambda: heard.muted)
        await hall.until(lambda: hall.frames.get(seen_as, 0) >= 3)  # the picture goes on
        assert await engine.mute(media_room, STUDIO, Source.SCREEN_SHARE) == []


async def test_orders_for_somebody_who_is_not_there(engine: MediaEngine, media_room: MediaRoom) -> None:
    nobody = Identity("room:NOBODY")
    with pytest.raises(ParticipantGone):
        await engine.put_on_stage(media_room, nobody, SPEAKER_SOURCES)
    with pytest.raises(ParticipantGone):
        await engine.mute(media_room, nobody, Source.MICROPHONE)
    with pytest.raises(ParticipantGone):
        await engine.point_slot(media_room, StageSlot.SPEAKER, nobody)
    await engine.take_off_stage(media_room, nobody)
    await engine.remove(media_room, nobody, datetime.now(UTC))
    await engine.set_room_metadata(MediaRoom("s-nowhere"), "{}")


async def test_who_is_removed_comes_back_with_a_new_token_only(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    old = engine.mint_token(media_room, HALL, "Hall")
    async with Client(engine, media_room, HALL) as hall:
        removed_at = datetime.now(UTC)
        await engine.remove(media_room, HALL, removed_at)
        await hall.until(lambda: not hall.room.isconnected())
    again = Client(engine, media_room, HALL)
    if engine.capabilities.revokes_tokens:
        with pytest.raises(rtc.ConnectError):
            await again.join(old)
    else:  # LiveKit lets the old token in: the hub sends it out whenever it joins
        await again.join(old)
        await engine.remove(media_room, HALL, removed_at)
        await again.until(lambda: not again.room.isconnected())
    await engine.allow_again(media_room, HALL)
    later = datetime.fromtimestamp(int(removed_at.timestamp()) + 1, UTC)
    token = joining_token(
        KEY, SECRET, later, media_room, HALL, "Hall", hidden=not engine.capabilities.stage_view
    )
    await asyncio.sleep(max(0.0, (later - datetime.now(UTC)).total_seconds()))  # the token's first second
    back = await Client(engine, media_room, HALL).join(token)
    assert back.room.isconnected()
    await back.leave()


async def test_room_metadata_reaches_everybody(engine: MediaEngine, media_room: MediaRoom) -> None:
    async with Client(engine, media_room, HALL) as hall:
        hall.room.on("room_metadata_changed", lambda *_: hall.changed.set())
        await engine.set_room_metadata(media_room, '{"speaker":"Hạ Hoà"}')
        await hall.until(lambda: hall.room.metadata == '{"speaker":"Hạ Hoà"}')


async def test_webhooks_tell_joins_tracks_and_leaves(
    engine: MediaEngine, media_room: MediaRoom, house: House
) -> None:
    async def told(kind: EventKind, identity: str | None) -> EngineEvent:
        return await house.postbox.wait_for(
            engine, lambda e: (e.kind, e.media_room, e.identity) == (kind, media_room, identity)
        )

    instance = (await engine.open_room(media_room)).instance
    async with Client(engine, media_room, STUDIO) as studio, Client(engine, media_room, HALL) as hall:
        await speaking(engine, media_room, studio)
        await hall.until(lambda: hall.frames.get(place(engine, STUDIO), 0) >= 1)
        sid = studio.room.local_participant.sid
        published = await told(EventKind.TRACK_PUBLISHED, STUDIO)
        assert published.track is not None
        assert published.track.source is Source.CAMERA
        await engine.take_off_stage(media_room, STUDIO)
        await told(EventKind.TRACK_UNPUBLISHED, STUDIO)
    joined = await told(EventKind.JOINED, STUDIO)
    left = await told(EventKind.LEFT, STUDIO)
    for event in (joined, published, left):
        assert (event.connection, event.instance) == (sid, instance)
    assert abs(joined.at - datetime.now(UTC)) < timedelta(seconds=60)
    assert joined.joined_at is not None
    if engine.capabilities.last_seen:
        assert left.last_seen is not None
        assert joined.joined_at <= left.last_seen <= left.at + timedelta(seconds=1)
    await engine.close_room(media_room)
    assert (await told(EventKind.FINISHED, None)).instance == instance


async def test_a_webhook_is_believed_only_with_its_signature(engine: MediaEngine, house: House) -> None:
    room = MediaRoom("s-signed")
    await engine.open_room(room)
    await house.postbox.wait_for(engine, lambda e: e.media_room == room)
    body, authorization = house.postbox.letters()[-1]
    with pytest.raises(WebhookRefused):
        engine.receive_webhook(body.replace(b"s-", b"t-") + b" ", authorization)
    for wrong in ("", "Bearer x", authorization[:-3] + "abc", "é"):
        with pytest.raises(WebhookRefused):
            engine.receive_webhook(body, wrong)
    with pytest.raises(WebhookUnreadable):
        engine.receive_webhook(b"x" * 300_000, authorization)


async def test_figures_count_rooms_and_participants(engine: MediaEngine, media_room: MediaRoom) -> None:
    async with Client(engine, media_room, HALL) as hall, Client(engine, media_room, STUDIO) as studio:
        await speaking(engine, media_room, studio)
        await hall.until(lambda: hall.frames.get(place(engine, STUDIO), 0) >= 1)
        stats = await engine.stats()
        assert stats.rooms >= 1
        if engine.capabilities.stage_view:
            assert stats.cpu_s is not None
            assert stats.rss_mb is not None
            assert stats.packets_in is not None
            assert stats.packets_out is not None
            assert stats.participants >= 2
            assert min(stats.cpu_s, stats.rss_mb, stats.packets_in, stats.packets_out) > 0


async def test_who_is_listed_but_not_heard_is_told_where_the_engine_knows_it(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    """Everybody here is heard; silence itself is proved by a killed process, in the hub's tests."""
    await engine.open_room(media_room)
    async with Client(engine, media_room, "room:1"):
        assert await engine.silent([media_room]) == {}
    assert await engine.silent([]) == {}
