"""JoinService: media tokens for rooms and persons, and which rooms are to be called now."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.engine.engine import TOKEN_TTL_S, MediaEngine
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden, Unauthenticated
from confhub.kernel.ids import EndpointId, Identity, MediaRoom, SessionId, user_identity
from confhub.kernel.permissions import Permission
from confhub.registry.values import EndpointPrincipal
from confhub.sessions import joining, owning, store
from confhub.sessions.errors import (
    RemovedFromSession,
    SessionNotOpen,
    SessionOver,
    SessionUnknown,
    TooManyPages,
)
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson
from confhub.sessions.profiles import profile_of
from confhub.sessions.rules import OPEN, OVER
from confhub.sessions.values import Call, JoinTicket, RoomState, SessionKind, SessionState

PAGES_MAX = 20
"""Pages one account may have open in one session: several machines, some reloads that lost their identity."""

_NOT_COME = (RoomState.EXPECTED.value, RoomState.CALLED.value)


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

    async def call_for(self, principal: EndpointPrincipal) -> Call | None:
        """The session this room belongs to now: told at each reconnect. Where it is not there yet, it counts
        as called now: the machine that was off did not hear the call before."""
        which = owning.rooms_named([principal.endpoint_id])
        calls = await self._calls(which)
        if not calls:
            return None
        async with self._db.transaction() as tx:
            where = (await owning.belongings(tx, which)).get(principal.endpoint_id)
            if where is not None and where.row.state in _NOT_COME:
                owning.note_called(where.row, self._clock.now())
                tx.tell("session.room", where.claim.session_id, endpoint_id=principal.endpoint_id)
        return calls[0]

    async def calls_of(self, session_id: SessionId, endpoint_id: EndpointId | None = None) -> list[Call]:
        """Whom to call for a session (all rooms that belong to it now, or one): what the gateway asks on
        `session.call`. Empty where the session is not open."""
        which = owning.rooms_of(session_id) if endpoint_id is None else owning.rooms_named([endpoint_id])
        return [call for call in await self._calls(which) if call.session_id == session_id]

    async def expected_endpoints(self, session_id: SessionId) -> list[EndpointId]:
        """Every room of the session that is not removed or dropped: whom to tell of its state."""
        query = select(SessionEndpoint.endpoint_id).where(
            SessionEndpoint.session_id == session_id,
            SessionEndpoint.removed_at.is_(None),
            SessionEndpoint.expected_until.is_(None),
        )
        async with self._db.reading() as tx:
            return [EndpointId(key) for key in await tx.scalars(query)]

    async def _calls(self, which: ColumnElement[bool]) -> list[Call]:
        async with self._db.reading() as tx:
            found = await owning.belongings(tx, which)
            wanted = {where.claim.session_id for where in found.values()}
            sessions = {
                row.id: row
                for row in await tx.scalars(select(MeetingSession).where(MeetingSession.id.in_(wanted)))
            }
        return [_call(sessions[where.claim.session_id], endpoint_id) for endpoint_id, where in found.items()]

    def _ticket(
        self, session_id: SessionId, media_room: MediaRoom, identity: Identity, name: str, profile: str = ""
    ) -> JoinTicket:
        token = self._engine.mint_token(media_room, identity, name, profile=profile)
        return JoinTicket(session_id, media_room, identity, token, TOKEN_TTL_S)


def _call(session: MeetingSession, endpoint_id: EndpointId) -> Call:
    return Call(
        SessionId(session.id),
        endpoint_id,
        session.title,
        SessionKind(session.kind),
        SessionState(session.state),
        session.starts_at,
    )


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
