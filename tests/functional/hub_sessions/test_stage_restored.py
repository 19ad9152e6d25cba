"""The database is the truth: after joins, kills and removals a real relay follows what is stored."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from livekit import rtc

from confhub.access.rules import SYSTEM
from confhub.engine.types import Source
from confhub.kernel.ids import EndpointId, Identity, SessionId
from confhub.registry.models import CredentialRow
from confhub.registry.pairing import PairingService
from confhub.sessions.errors import NotConnected
from tests.contract.engine.clients import Client
from tests.functional.hub_sessions.running import (
    PATIENCE_S,
    Running,
    eventually,
    joined,
    media_room_of,
    running,
)
from tests.plugins.sessions import ORGANIZER, principal

__all__ = ["running"]
pytestmark = pytest.mark.filterwarnings(
    # the SDK complains from a finalizer when the server dropped a handle before it did
    "ignore:Exception ignored in. <function FfiHandle:pytest.PytestUnraisableExceptionWarning"
)


async def test_the_chair_may_publish_as_soon_as_it_joins_and_a_room_may_not(running: Running) -> None:
    session = await running.hub.live_now()
    async with AsyncExitStack() as clients:
        chair = await running.enter(session, 1)
        clients.push_async_callback(chair.leave)
        room = await running.enter(session, 3)
        clients.push_async_callback(room.leave)
        await chair.until(chair.may_publish)
        await chair.publish_picture()
        await room.until(lambda: room.frames.get("stage:chair", 0) > 0)
        assert not room.may_publish()


async def test_the_floor_given_and_taken_reaches_the_room(running: Running) -> None:
    session = await running.hub.live_now()
    async with AsyncExitStack() as clients:
        room = await running.enter(session, 3)
        clients.push_async_callback(room.leave)
        await eventually(lambda: joined(running, session, "H1"))
        await running.hub.control.give_floor(ORGANIZER, session, Identity("room:H1"))
        await room.until(room.may_publish)
        await running.hub.control.take_floor(ORGANIZER, session, Identity("room:H1"))
        await room.until(lambda: not room.may_publish())


async def test_after_the_relays_death_grants_and_mutes_are_back_and_nobody_else_speaks(
    running: Running,
) -> None:
    session = await running.hub.live_now()
    h1, media_room = Identity("room:H1"), await media_room_of(running, session)
    async with AsyncExitStack() as clients:
        speaker = await running.enter(session, 3)
        await eventually(lambda: joined(running, session, "H1"))
        await running.hub.control.give_floor(ORGANIZER, session, h1)
        await speaker.until(speaker.may_publish)
        await running.hub.control.mute(ORGANIZER, session, h1)
        await running.kill_relay()
        await speaker.leave()

        again = await running.enter(session, 3)
        clients.push_async_callback(again.leave)
        silent = await running.enter(session, 4)
        clients.push_async_callback(silent.leave)
        await again.until(again.may_publish)
        publication = await again.publish_sound()
        await again.until(lambda: publication.muted)
        assert not silent.may_publish()
        who = await running.there(media_room, h1)
        assert who is not None
        assert [(t.source, t.muted) for t in who.tracks] == [(Source.MICROPHONE, True)]


async def test_a_room_that_unmuted_itself_is_not_muted_again_by_another_order(running: Running) -> None:
    session = await running.hub.live_now()
    h1, media_room = Identity("room:H1"), await media_room_of(running, session)

    async def is_muted(wanted: bool) -> bool:
        who = await running.there(media_room, h1)
        return who is not None and [track.muted for track in who.tracks] == [wanted]

    async with AsyncExitStack() as clients:
        room = await running.enter(session, 3)
        clients.push_async_callback(room.leave)
        await eventually(lambda: joined(running, session, "H1"))
        await running.hub.control.give_floor(ORGANIZER, session, h1)
        await room.until(room.may_publish)
        publication = await room.publish_sound()
        await eventually(lambda: is_muted(False))
        await running.hub.control.mute(ORGANIZER, session, h1)
        await room.until(lambda: publication.muted)
        assert isinstance(publication.track, rtc.LocalTrack)
        publication.track.unmute()
        await eventually(lambda: is_muted(False))
        await running.hub.control.allow_screen(ORGANIZER, session, h1, allowed=True)
        assert await is_muted(False)


async def test_the_clockwork_repairs_what_no_webhook_told(running: Running) -> None:
    session = await running.hub.live_now()
    media_room = await media_room_of(running, session)
    async with AsyncExitStack() as clients:
        room = await running.enter(session, 3)
        clients.push_async_callback(room.leave)
        await running.hub.engine.put_on_stage(media_room, Identity("room:H1"), [Source.CAMERA])
        await room.until(room.may_publish)  # a grant that nobody stored
        await running.clockwork.reconcile()
        await room.until(lambda: not room.may_publish())


async def test_a_removed_room_is_out_even_with_an_old_token_after_the_relays_death(
    running: Running,
) -> None:
    session = await running.hub.live_now()
    h1, media_room = Identity("room:H1"), await media_room_of(running, session)
    old = await running.hub.join.token_for_endpoint(principal(3), session)
    room = await running.enter_with(old)
    await eventually(lambda: joined(running, session, "H1"))
    await running.hub.control.remove(ORGANIZER, session, h1)
    await room.until(lambda: not room.room.isconnected())
    await running.kill_relay()  # it has forgotten whom to refuse
    for _ in range(3):
        with pytest.raises(rtc.ConnectError):
            await running.enter_with(old)
    assert await running.there(media_room, h1) is None
    await room.leave()


async def test_nobody_gets_in_before_the_new_relay_has_heard_who_is_to_stay_out(running: Running) -> None:
    session = await running.hub.live_now()
    media_room = await media_room_of(running, session)
    removed, welcome = [await running.hub.join.token_for_endpoint(principal(n), session) for n in (3, 4)]
    await running.hub.control.remove(ORGANIZER, session, Identity("room:H1"))
    reopen, running.relay.on_restart = running.relay.on_restart, None
    assert reopen is not None
    await running.kill_relay()
    for ticket in (removed, welcome):
        with pytest.raises(rtc.ConnectError):
            await running.enter_with(ticket)
    assert await running.hub.engine.rooms([media_room]) == []
    await reopen()
    with pytest.raises(rtc.ConnectError):
        await running.enter_with(removed)
    room = await running.enter_with(welcome)
    await eventually(lambda: joined(running, session, welcome.identity.removeprefix("room:")))
    await room.leave()


@pytest.mark.parametrize("killed", [False, True])
async def test_a_token_of_an_ended_session_opens_nothing(running: Running, killed: bool) -> None:
    session = await running.hub.live_now()
    ticket = await running.hub.join.token_for_endpoint(principal(3), session)
    room = await running.enter_with(ticket)
    await running.hub.sessions.end(ORGANIZER, session)
    await room.until(lambda: not room.room.isconnected())
    await room.leave()
    if killed:
        await running.kill_relay()
    with pytest.raises(rtc.ConnectError):
        await running.enter_with(ticket)
    assert await running.hub.engine.rooms([ticket.media_room]) == []


async def test_a_machine_that_was_unpaired_stays_out_after_the_relays_death(running: Running) -> None:
    session = await running.hub.live_now()
    pairing = PairingService(running.hub.db, running.hub.clock)
    await pair(pairing, EndpointId(3))
    old = await running.hub.join.token_for_endpoint(principal(3), session)
    room = await running.enter_with(old)
    await eventually(lambda: joined(running, session, "H1"))
    await pairing.revoke_credentials(SYSTEM, EndpointId(3))
    await room.until(lambda: not room.room.isconnected())
    await room.leave()
    await running.kill_relay()
    with pytest.raises(rtc.ConnectError):
        await running.enter_with(old)


async def test_a_room_whose_credential_is_revoked_is_sent_out(running: Running) -> None:
    session = await running.hub.live_now()
    db, clock = running.hub.db, running.hub.clock
    async with db.transaction() as tx:
        tx.add(CredentialRow(endpoint_id=3, token_hash="c", machine="", created_at=clock.now()))
    room = await running.enter(session, 3)
    await eventually(lambda: joined(running, session, "H1"))
    await PairingService(db, clock).revoke_credentials(SYSTEM, EndpointId(3))
    await room.until(lambda: not room.room.isconnected())
    await room.leave()


async def test_a_room_paired_anew_changes_its_machine_in_the_running_session(running: Running) -> None:
    session = await running.hub.live_now()
    media_room = await media_room_of(running, session)
    pairing = PairingService(running.hub.db, running.hub.clock)
    await pair(pairing, EndpointId(3))
    old_ticket = await running.hub.join.token_for_endpoint(principal(3), session)
    old = await running.enter_with(old_ticket)
    await eventually(lambda: joined(running, session, "H1"))

    await pair(pairing, EndpointId(3))
    await old.until(lambda: not old.room.isconnected())
    await old.leave()
    with pytest.raises(rtc.ConnectError):
        await running.enter_with(old_ticket)
    async with AsyncExitStack() as clients:
        new = await enter_as_a_room_does(running, session)
        clients.push_async_callback(new.leave)
        await eventually(lambda: floor_given(running, session, "H1"))
        await new.until(new.may_publish)
        await running.clockwork.reconcile()
        who = await running.there(media_room, "room:H1")
        assert who is not None
        assert who.sid == new.room.local_participant.sid
        assert who.can_publish
        assert new.room.isconnected()


async def pair(pairing: PairingService, endpoint_id: EndpointId) -> None:
    slip = await pairing.issue(SYSTEM, endpoint_id)
    await pairing.redeem(slip.code, "127.0.0.1", "0.1", "pc")


async def enter_as_a_room_does(running: Running, session: SessionId) -> Client:
    """A token of the very second of a removal is refused; a room then asks for another one."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await running.enter(session, 3)
            except rtc.ConnectError:
                await asyncio.sleep(0.3)


async def floor_given(running: Running, session: SessionId, code: str) -> bool:
    """Gives the floor, once the hub has heard that the room is there."""
    try:
        await running.hub.control.give_floor(ORGANIZER, session, Identity(f"room:{code}"))
    except NotConnected:
        return False
    return True
