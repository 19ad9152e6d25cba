"""JoinService: media tokens for rooms and persons, and what rooms are to do now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.engine.engine import TOKEN_TTL_S, MediaEngine
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden, Unauthenticated
from confhub.kernel.ids import EndpointId, Identity, MediaRoom, SessionId, user_identity
from confhub.kernel.permissions import Permission
from confhub.registry.values import EndpointPrincipal
from confhub.sessions import joining, orders, owning, store
from confhub.sessions.errors import (
    RemovedFromSession,
    SessionNotOpen,
    SessionOver,
    SessionUnknown,
    TooManyPages,
)
from confhub.sessions.events import PresenceChanged
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson
from confhub.sessions.orders import Standing
from confhub.sessions.profiles import profile_of
from confhub.sessions.rules import OPEN, OVER
from confhub.sessions.values import JoinTicket, RoomState, SessionState

PAGES_MAX = 20
"""Pages one account may have open in one session: several machines, some reloads that lost their identity."""


class JoinService:
    """A token is minted only while the session is open (lobby or live) and the asker is not removed."""

    def __init__(self, db: Database, clock: Clock, engine: MediaEngine) -> None:
        self._db, self._clock, self._engine = db, clock, engine

    async def token_for_endpoint(self, principal: EndpointPrincipal, session_id: SessionId) -> JoinTicket:
        """SessionUnknown (the room is not in it), SessionNotOpen, RemovedFromSession, RoomInOtherSession."""
        async with self._db.reading() as tx:
            found = await tx.execute(
                select(MeetingSession, SessionEndpoint)
                .join(SessionEndpoint, SessionEndpoint.session_id == MeetingSession.id)
                .where(
                    MeetingSession.id == session_id,
                    SessionEndpoint.endpoint_id == principal.endpoint_id,
                    SessionEndpoint.expected_until.is_(None),
                )
            )
            line = found.one_or_none()
            if line is None:
                raise SessionUnknown
            session, row = line
            media_room = _open_room(session.state, session.media_room, session.lobby_min)
            if row.removed_at is not None:
                raise RemovedFromSession
            await owning.require_here(tx, session_id, principal.endpoint_id)
            profile = await profile_of(tx, session_id, principal.endpoint_id)
        return self._ticket(session_id, media_room, Identity(row.identity), principal.name, profile.value)

    async def token_for_person(
        self, actor: Actor, session_id: SessionId, identity: Identity | None = None
    ) -> JoinTicket:
        """For a logged-in person with SESSION_JOIN in the session's branch or the branch of one of its rooms.
        `identity`: the one of the same page's earlier ticket, to come back as the same participant; anything
        else is ignored. SessionUnknown, SessionNotOpen, RemovedFromSession, Forbidden, TooManyPages."""
        if actor.account_id is None:
            raise Unauthenticated
        async with self._db.transaction() as tx:
            view = await store.visible_view(tx, actor, session_id)
            if not await joining.may_join(tx, actor, view.id, view.unit_path):
                raise Forbidden(permission=Permission.SESSION_JOIN.value)
            media_room = _open_room(view.state, view.media_room, view.lobby_min)
            mine = await tx.scalars(
                select(SessionPerson).where(
                    SessionPerson.session_id == session_id, SessionPerson.account_id == actor.account_id
                )
            )
            pages = {row.identity: row for row in mine}
            if any(row.removed_at is not None for row in pages.values()):
                raise RemovedFromSession
            if identity is None or identity not in pages:
                identity = _page_to_reuse(pages) or user_identity(actor.account_id)
            if identity not in pages:
                tx.add(
                    SessionPerson(
                        session_id=session_id,
                        account_id=actor.account_id,
                        identity=identity,
                        display_name=actor.name,
                        created_at=self._clock.now(),
                        state=RoomState.EXPECTED.value,
                    )
                )
        return self._ticket(session_id, media_room, identity, actor.name)

    async def standings(
        self,
        rooms: Collection[EndpointId],
        sessions: Collection[SessionId] = (),
        arrived: Collection[EndpointId] = (),
    ) -> dict[EndpointId, Standing]:
        """What each of these rooms is to do now, as `orders.standings`. `arrived`: connected just now; where
        they are not in their session yet they count as called now: a machine that was off did not hear the
        call before."""
        async with self._db.reading() as tx:
            found = await orders.standings(tx, rooms, sessions)
        missing = [room for room in arrived if found[room].missing]
        if not missing:
            return found
        async with self._db.transaction() as tx:
            for room, where in (await owning.belongings(tx, owning.rooms_named(missing))).items():
                owning.note_called(where.row, self._clock.now())
                tx.tell(PresenceChanged(where.claim.session_id, endpoint_id=room))
            await tx.flush()
            return await orders.standings(tx, rooms, sessions)

    def _ticket(
        self, session_id: SessionId, media_room: MediaRoom, identity: Identity, name: str, profile: str = ""
    ) -> JoinTicket:
        token = self._engine.mint_token(media_room, identity, name, profile=profile)
        return JoinTicket(session_id, media_room, identity, token, TOKEN_TTL_S)


def _open_room(state: str, media_room: str | None, lobby_min: int) -> MediaRoom:
    if SessionState(state) in OVER:
        raise SessionOver
    if SessionState(state) not in OPEN or media_room is None:
        raise SessionNotOpen(lobby_min=lobby_min)
    return MediaRoom(media_room)


def _page_to_reuse(pages: dict[str, SessionPerson]) -> Identity | None:
    """Past PAGES_MAX, a page that is not connected any more gives its identity to the new one."""
    if len(pages) < PAGES_MAX:
        return None
    for identity, row in pages.items():
        if row.state != RoomState.JOINED.value:
            return Identity(identity)
    raise TooManyPages(max_count=PAGES_MAX)
