"""Finding a participant of a session by its media identity, room or person, inside a transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from confhub.access.rules import Actor
from confhub.db.database import Tx
from confhub.kernel.errors import Unauthenticated
from confhub.kernel.ids import EndpointId, Identity
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.registry.values import EndpointPrincipal
from confhub.sessions.errors import NotInSession
from confhub.sessions.models import SessionEndpoint, SessionPerson
from confhub.sessions.values import RoomState


@dataclass(frozen=True, slots=True)
class Participant:
    """A room or a person of a session. `row` is the present row, `path` the room's branch."""

    identity: Identity
    display_name: str
    endpoint_id: EndpointId | None
    path: str | None
    row: SessionEndpoint | SessionPerson

    @property
    def is_here(self) -> bool:
        """Connected, heard and welcome: may be given the floor."""
        row = self.row
        return row.removed_at is None and row.state == RoomState.JOINED.value and row.silent_since is None


async def by_identity(tx: Tx, session_id: int, identity: str) -> Participant:
    """NotInSession where the session knows no such participant, or has dropped it."""
    query = (
        select(SessionEndpoint, RoomColumns.name, UnitColumns.path)
        .join(*RoomColumns.of(SessionEndpoint.endpoint_id))
        .join(*UnitColumns.of(RoomColumns.unit_id))
        .where(
            SessionEndpoint.session_id == session_id,
            SessionEndpoint.identity == identity,
            SessionEndpoint.expected_until.is_(None),
        )
    )
    found = (await tx.execute(query)).one_or_none()
    if found is not None:
        row, name, path = found
        return Participant(Identity(identity), name, EndpointId(row.endpoint_id), path, row)
    person = await tx.scalar(
        select(SessionPerson).where(
            SessionPerson.session_id == session_id, SessionPerson.identity == identity
        )
    )
    if person is None:
        raise NotInSession(field="identity")
    return Participant(Identity(identity), person.display_name, None, None, person)


async def by_endpoint(tx: Tx, session_id: int, principal: EndpointPrincipal) -> Participant:
    """The room itself asks; NotInSession."""
    identity = await tx.scalar(
        select(SessionEndpoint.identity).where(
            SessionEndpoint.session_id == session_id, SessionEndpoint.endpoint_id == principal.endpoint_id
        )
    )
    if identity is None:
        raise NotInSession
    return await by_identity(tx, session_id, identity)


async def by_person(tx: Tx, session_id: int, actor: Actor, identity: str) -> Participant:
    """The person itself asks, for a page of its own; NotInSession for anybody else's identity."""
    if actor.account_id is None:
        raise Unauthenticated
    found = await by_identity(tx, session_id, identity)
    if not isinstance(found.row, SessionPerson) or found.row.account_id != actor.account_id:
        raise NotInSession(field="identity")
    return found
