"""Rooms' lines over a real relay: sampled, stored, shown to who may see them; profiles changed live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import func, select

from confhub.audit.models import AuditRow
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.kernel.clock import SystemClock
from confhub.kernel.errors import Forbidden, Unavailable
from confhub.kernel.ids import EndpointId, Identity, SessionId
from confhub.kernel.permissions import Role
from confhub.registry.service import RegistryService
from confhub.registry.values import BandwidthProfile, EndpointDraft, EndpointKind
from confhub.relay.service.server import Relay, Settings
from confhub.sessions.errors import NotInSession, SessionUnknown
from confhub.sessions.models import RoomQuality
from confhub.sessions.profiles import ProfileKeeper
from confhub.sessions.quality import QualityService
from tests.contract.engine.clients import Client
from tests.functional.hub_sessions.test_stage_restored import eventually
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
ADMIN = actor(1, Role.ADMINISTRATOR, 1)
HA_HOA, DOAN_HUNG = EndpointId(3), EndpointId(4)
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function FfiHandle:pytest.PytestUnraisableExceptionWarning"
    ),
    pytest.mark.both_databases,
]


@dataclass
class Lines:
    """A hub with a relay, its sampling at hand, and its profile keeper at work."""

    hub: Hub
    quality: QualityService
    keeper: ProfileKeeper

    async def profile_at_relay(self, session: SessionId, identity: str) -> str | None:
        media_room = (await self.hub.sessions.get(ORGANIZER, session)).session.media_room
        assert media_room is not None
        present = await self.hub.engine.participants(media_room)
        return next(who.profile for who in present if who.identity == identity)

    async def enter(self, session: SessionId, endpoint: EndpointId) -> Client:
        ticket = await self.hub.join.token_for_endpoint(principal(endpoint), session)
        return await Client(self.hub.engine, ticket.media_room, ticket.identity).join(ticket.token)


@pytest.fixture
async def lines(database: Database) -> AsyncIterator[Lines]:
    clock = SystemClock()
    async with database.transaction() as tx:
        await settle(tx, clock.now())
    relay = Relay(Settings(keys={KEY: SECRET}, port=0, udp_port=0))
    await relay.start()
    engine = MediaEngine(f"http://127.0.0.1:{relay.port}", KEY, SECRET, clock)
    await engine.start()
    keeper = ProfileKeeper(database, engine, database.bus)
    task = asyncio.create_task(keeper.run())
    try:
        hub = services(database, clock, engine)  # type: ignore[arg-type]
        yield Lines(hub, QualityService(database, clock, engine), keeper)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.close()
        await relay.stop()


async def test_a_sampled_room_is_shown_to_its_branch_and_kept(lines: Lines) -> None:
    session = await lines.hub.live_now()
    room = await lines.enter(session, HA_HOA)
    try:
        assert await lines.quality.sample() == 1
        assert await lines.quality.sample() == 1
        (line,) = await lines.quality.lines(VIEWER, session)
        assert (line.endpoint_id, line.newest.layer, len(line.losses)) == (HA_HOA, -1, 2)
        assert [row.endpoint_id for row in await lines.quality.lines(DISTRICT_ORGANIZER, session)] == [HA_HOA]
        assert await lines.quality.lines(OTHER_ORGANIZER, session) == []
        before = await lines.quality.series(ORGANIZER, session, HA_HOA)
        await lines.quality.flush()
        assert await lines.quality.series(ORGANIZER, session, HA_HOA) == before
        assert len(before) == 2
        with pytest.raises(NotInSession):
            await lines.quality.series(OTHER_ORGANIZER, session, HA_HOA)
        with pytest.raises(SessionUnknown):
            await lines.quality.series(ORGANIZER, SessionId(999), HA_HOA)
        async with lines.hub.db.reading() as tx:
            assert await tx.scalar(select(func.count()).select_from(RoomQuality)) == 1
    finally:
        await room.leave()


async def test_a_minute_that_could_not_be_stored_is_stored_later(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await lines.hub.live_now()
    room = await lines.enter(session, HA_HOA)
    try:
        assert await lines.quality.sample() == 1
        before = await lines.quality.series(ORGANIZER, session, HA_HOA)
        with monkeypatch.context() as away:
            away.setattr(lines.hub.db, "transaction", _refused)
            with pytest.raises(Unavailable):
                await lines.quality.flush()
        assert await lines.quality.series(ORGANIZER, session, HA_HOA) == before
        await lines.quality.flush()
        async with lines.hub.db.reading() as tx:
            assert await tx.scalar(select(func.count()).select_from(RoomQuality)) == 1
    finally:
        await room.leave()


def _refused() -> None:
    raise Unavailable


async def test_a_profile_changed_in_the_session_reaches_the_room_and_is_audited(lines: Lines) -> None:
    session = await lines.hub.live_now()
    room = await lines.enter(session, HA_HOA)
    try:
        assert await lines.profile_at_relay(session, "room:H1") == "full"
        with pytest.raises(Forbidden):
            await lines.hub.control.set_profile(VIEWER, session, HA_HOA, BandwidthProfile.LOW)
        await lines.hub.control.set_profile(DISTRICT_ORGANIZER, session, HA_HOA, BandwidthProfile.AUDIO)

        async def is_audio() -> bool:
            return await lines.profile_at_relay(session, "room:H1") == "audio"

        await eventually(is_audio)
        snapshot = await lines.hub.live.snapshot(ORGANIZER, session)
        row = next(row for row in snapshot.rows if row.endpoint_id == HA_HOA)
        assert (row.profile, row.own_profile) == (BandwidthProfile.AUDIO, BandwidthProfile.FULL)
        async with lines.hub.db.reading() as tx:
            entries = await tx.scalars(select(AuditRow.action))
            assert "sessions:room:profile" in set(entries)
    finally:
        await room.leave()


async def test_a_profile_changed_in_the_registry_reaches_the_running_session(lines: Lines) -> None:
    session = await lines.hub.live_now()
    room = await lines.enter(session, HA_HOA)
    registry = RegistryService(lines.hub.db, lines.hub.clock)
    try:
        endpoint = await registry.endpoint(ADMIN, HA_HOA)
        draft = EndpointDraft(
            endpoint.code,
            endpoint.name,
            endpoint.unit_id,
            EndpointKind.ROOM,
            BandwidthProfile.LOW,
            None,
            None,
        )
        await registry.update_endpoint(ADMIN, HA_HOA, draft)

        async def is_low() -> bool:
            return await lines.profile_at_relay(session, "room:H1") == "low"

        await eventually(is_low)
        await registry.update_endpoint(ADMIN, HA_HOA, replace(draft, bandwidth_profile=BandwidthProfile.FULL))

        async def is_full() -> bool:
            return await lines.profile_at_relay(session, "room:H1") == "full"

        await eventually(is_full)
    finally:
        await room.leave()


async def test_the_next_token_and_the_reconciliation_say_the_same(lines: Lines) -> None:
    session = await lines.hub.live_now()
    await lines.hub.control.set_profile(ORGANIZER, session, DOAN_HUNG, BandwidthProfile.LOW)
    room = await lines.enter(session, DOAN_HUNG)
    media_room = (await lines.hub.sessions.get(ORGANIZER, session)).session.media_room
    assert media_room is not None
    try:
        assert await lines.profile_at_relay(session, "room:H2") == "low"
        await lines.hub.engine.set_profile(media_room, Identity("room:H2"), "audio")
        await lines.keeper.repair(session, await lines.hub.engine.participants(media_room))
        assert await lines.profile_at_relay(session, "room:H2") == "low"
    finally:
        await room.leave()
