"""Who gets a token for the media room, what stands in it, and who does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from json import loads

import jwt
import pytest

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.errors import EngineUnavailable
from confhub.engine.types import EventKind
from confhub.kernel.clock import ManualClock
from confhub.kernel.errors import Forbidden, Unauthenticated
from confhub.kernel.ids import Identity, SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.sessions.errors import (
    NotInSession,
    RemovedFromSession,
    SessionNotOpen,
    SessionUnknown,
    TooManyPages,
)
from confhub.sessions.join import PAGES_MAX
from confhub.sessions.values import Participants
from tests.plugins.sessions import (
    DISTRICT_ORGANIZER,
    ORGANIZER,
    OTHER_ORGANIZER,
    VIEWER,
    Hub,
    actor,
    principal,
    services,
    settle,
)

KEY, SECRET = "hub", "a-secret-of-at-least-32-characters-long"


@pytest.fixture(scope="module")
def relay_url() -> Iterator[str]:
    command = [sys.executable, "-m", "confhub.relay", "--port", "0", "--udp-port", "0"]
    process = subprocess.Popen(
        [*command, "--log-level", "error"], env={"LIVEKIT_KEYS": f"{KEY}: {SECRET}"}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{loads(process.stdout.readline())['port']}"
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture
async def joined_hub(database: Database, clock: ManualClock, relay_url: str) -> AsyncIterator[Hub]:
    """A hub whose media server answers."""
    async with database.transaction() as tx:
        await settle(tx, clock.now())
    engine = MediaEngine(relay_url, KEY, SECRET, clock)
    await engine.start()
    yield services(database, clock, engine)
    await engine.close()


async def test_a_rooms_token_lets_it_hear_and_nothing_else(joined_hub: Hub) -> None:
    hub = joined_hub
    session = await hub.in_lobby()
    ticket = await hub.join.token_for_endpoint(principal(3), session)
    claims = jwt.decode(ticket.token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    now = int(hub.clock.now().timestamp())
    assert (claims["sub"], claims["name"]) == ("room:H1", "Phòng họp Hạ Hoà")
    assert (claims["iat"], claims["nbf"], claims["exp"]) == (now, now, now + 600)
    assert claims["attributes"] == {"confhub.view": "stage", "confhub.profile": "full"}
    assert claims["video"] == {
        "roomJoin": True,
        "room": ticket.media_room,
        "canSubscribe": True,
        "canPublish": False,
        "canPublishData": False,
        "canUpdateOwnMetadata": False,
    }


async def test_no_token_before_the_lobby_after_the_end_or_for_a_stranger(joined_hub: Hub) -> None:
    hub = joined_hub
    scheduled = await hub.scheduled()
    with pytest.raises(SessionNotOpen):
        await hub.join.token_for_endpoint(principal(3), scheduled)
    only = Participants(include_units=(UnitId(3),))
    session = await hub.live_now(participants=only)
    with pytest.raises(SessionUnknown):
        await hub.join.token_for_endpoint(principal(3), session)
    with pytest.raises(SessionUnknown):
        await hub.join.token_for_endpoint(principal(3), SessionId(999))
    await hub.sessions.end(ORGANIZER, session)
    with pytest.raises(SessionNotOpen):
        await hub.join.token_for_endpoint(principal(4), session)


async def test_a_person_joins_in_the_own_branch_only(joined_hub: Hub) -> None:
    hub = joined_hub
    session = await hub.live_now(participants=Participants(include_units=(UnitId(2),)))
    assert (await hub.join.token_for_person(ORGANIZER, session)).identity.startswith("user:1-")
    assert (await hub.join.token_for_person(DISTRICT_ORGANIZER, session)).identity.startswith("user:2-")
    with pytest.raises(SessionUnknown):
        await hub.join.token_for_person(OTHER_ORGANIZER, session)
    with pytest.raises(Forbidden):
        await hub.join.token_for_person(VIEWER, session)
    with pytest.raises(Unauthenticated):
        await hub.join.token_for_person(Actor(None, "?", "vi", ORGANIZER.grants), session)


async def test_a_page_comes_back_as_itself_and_never_as_somebody_else(joined_hub: Hub) -> None:
    hub = joined_hub
    session = await hub.live_now()
    mine = (await hub.join.token_for_person(ORGANIZER, session)).identity
    assert (await hub.join.token_for_person(ORGANIZER, session, mine)).identity == mine
    theirs = await hub.join.token_for_person(DISTRICT_ORGANIZER, session, mine)
    assert theirs.identity.startswith("user:2-")
    with pytest.raises(NotInSession):
        await hub.control.raise_person_hand(DISTRICT_ORGANIZER, session, mine)
    with pytest.raises(NotInSession):
        await hub.control.raise_person_hand(ORGANIZER, session, Identity("room:H1"))


async def test_a_person_raises_its_hand_and_gets_the_floor_by_its_own_name(joined_hub: Hub) -> None:
    hub = joined_hub
    session = await hub.live_now()
    officer = replace(actor(4, Role.TRAINING_OFFICER, 1), name="Ban Tuyên giáo")
    page = (await hub.join.token_for_person(officer, session)).identity
    await hub.tell(session, EventKind.JOINED, page)
    assert (await hub.control.raise_person_hand(officer, session, page)).display_name == "Ban Tuyên giáo"
    await hub.control.give_floor(ORGANIZER, session, page)
    assert (await hub.control.person_standing(officer, session, page)).on_stage
    snapshot = await hub.live.snapshot(ORGANIZER, session)
    assert [(p.display_name, p.on_stage) for p in snapshot.people] == [("Ban Tuyên giáo", True)]
    await hub.control.give_back_person_floor(officer, session, page)
    assert not (await hub.control.person_standing(officer, session, page)).on_stage


@pytest.mark.both_databases
async def test_a_removed_person_does_not_come_back_under_another_identity(joined_hub: Hub) -> None:
    hub = joined_hub
    session = await hub.live_now()
    page = (await hub.join.token_for_person(DISTRICT_ORGANIZER, session)).identity
    await hub.control.remove(ORGANIZER, session, page)
    with pytest.raises(RemovedFromSession):
        await hub.join.token_for_person(DISTRICT_ORGANIZER, session)
    await hub.control.let_in_again(ORGANIZER, session, page)
    assert await hub.join.token_for_person(DISTRICT_ORGANIZER, session)


async def test_pages_of_one_account_are_bounded_and_closed_ones_are_used_again(joined_hub: Hub) -> None:
    hub = joined_hub
    session = await hub.live_now()
    pages = [(await hub.join.token_for_person(ORGANIZER, session)).identity for _ in range(PAGES_MAX)]
    assert (await hub.join.token_for_person(ORGANIZER, session)).identity in pages
    await hub.joins(session, *pages)
    with pytest.raises(TooManyPages):
        await hub.join.token_for_person(ORGANIZER, session)


async def test_no_token_while_the_media_server_has_never_answered(hub: Hub) -> None:
    session = await hub.live_now()
    with pytest.raises(EngineUnavailable):
        await hub.join.token_for_endpoint(principal(3), session)


@pytest.mark.both_databases
async def test_a_person_whose_page_is_closed_for_a_minute_has_no_place_any_more(joined_hub: Hub) -> None:
    hub = joined_hub
    h1 = Identity("room:H1")
    session = await hub.live_now()
    page = (await hub.join.token_for_person(ORGANIZER, session)).identity
    await hub.joins(session, page, h1)
    for identity in (page, h1):
        await hub.control.give_floor(ORGANIZER, session, identity)
        await hub.tell(session, EventKind.LEFT, identity, f"PA_{identity}")
    for seconds, places in ((59, {"room:TQ", page, h1}), (2, {"room:TQ", h1})):
        hub.clock.advance(seconds)
        await hub.stage.repair(session, [])
        stage = (await hub.live.snapshot(ORGANIZER, session)).stage
        assert {entry.identity for entry in stage} == places  # a room comes back under its own name
