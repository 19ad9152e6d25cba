"""Bandwidth profiles in running sessions: which one holds for a room, and carrying it to the engine."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import func, select

from confhub.db.database import Database, Tx
from confhub.engine.engine import MediaEngine
from confhub.engine.errors import ParticipantGone
from confhub.engine.types import EngineParticipant
from confhub.kernel.errors import DomainError
from confhub.kernel.events import Bus, Event
from confhub.kernel.ids import EndpointId, Identity, MediaRoom, SessionId
from confhub.registry.events import EndpointChanged
from confhub.registry.published import RoomColumns
from confhub.registry.values import BandwidthProfile
from confhub.sessions.events import ProfileChanged
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.rules import OPEN

log = structlog.get_logger(__name__)

_OPEN = [state.value for state in OPEN]
EFFECTIVE = func.coalesce(SessionEndpoint.profile, RoomColumns.bandwidth_profile)
"""The session's own word about a room, else the room's."""


async def profile_of(tx: Tx, session_id: SessionId, endpoint_id: EndpointId) -> BandwidthProfile:
    """What holds for that room in that session; full where it is not in it."""
    query = (
        select(EFFECTIVE)
        .select_from(SessionEndpoint)
        .join(*RoomColumns.of(SessionEndpoint.endpoint_id))
        .where(SessionEndpoint.session_id == session_id, SessionEndpoint.endpoint_id == endpoint_id)
    )
    return BandwidthProfile(await tx.scalar(query) or BandwidthProfile.FULL)


class ProfileKeeper:
    """The database is the truth; this carries it to the engine: at once on `ProfileChanged` and
    `EndpointChanged`, and at each reconciliation."""

    def __init__(self, db: Database, engine: MediaEngine, bus: Bus) -> None:
        self._db, self._engine, self._bus = db, engine, bus

    async def run(self) -> None:
        """Listen until cancelled. One task, owned by app."""
        with self._bus.subscribe(ProfileChanged, EndpointChanged) as news:
            async for event in news:
                try:
                    await self._follow(event)
                except DomainError as error:
                    log.warning("profile not carried out now", reason=error.code)
                except Exception:  # containment: one event's fault; the clockwork repairs
                    log.exception("profile not carried out")

    async def repair(self, session_id: SessionId, participants: Sequence[EngineParticipant]) -> None:
        """Put right who has another profile at the engine than here: after a restart of the relay, say."""
        wanted = {identity: (room, profile) for room, identity, profile in await self._rooms(session_id)}
        for who in participants:
            room, profile = wanted.get(who.identity, (None, BandwidthProfile.FULL))
            if room is not None and profile.value != (who.profile or BandwidthProfile.FULL.value):
                await self._carry(room, who.identity, profile)

    async def _follow(self, event: Event) -> None:
        match event:
            case ProfileChanged(session_id, endpoint_id):
                found = await self._rooms(session_id, endpoint_id)
            case EndpointChanged(endpoint_id) if endpoint_id is not None:
                found = await self._rooms(None, endpoint_id)
            case _:
                return  # too many to tell: the next reconciliation looks at everybody
        for media_room, identity, profile in found:
            await self._carry(media_room, identity, profile)

    async def _carry(self, media_room: MediaRoom, identity: Identity, profile: BandwidthProfile) -> None:
        try:
            await self._engine.set_profile(media_room, identity, profile.value)
        except ParticipantGone:
            return  # its next token says it

    async def _rooms(
        self, session_id: SessionId | None, endpoint_id: int | None = None
    ) -> list[tuple[MediaRoom, Identity, BandwidthProfile]]:
        """Rooms in open sessions with the profile that holds."""
        query = (
            select(MeetingSession.media_room, SessionEndpoint.identity, EFFECTIVE)
            .select_from(SessionEndpoint)
            .join(MeetingSession, MeetingSession.id == SessionEndpoint.session_id)
            .join(*RoomColumns.of(SessionEndpoint.endpoint_id))
            .where(MeetingSession.state.in_(_OPEN), MeetingSession.media_room.is_not(None))
        )
        if session_id is not None:
            query = query.where(MeetingSession.id == session_id)
        if endpoint_id is not None:
            query = query.where(SessionEndpoint.endpoint_id == endpoint_id)
        async with self._db.reading() as tx:
            rows = await tx.execute(query)
        return [
            (MediaRoom(room), Identity(identity), BandwidthProfile(profile))
            for room, identity, profile in rows
            if room
        ]
