"""Who speaks on a session page: the room whose kiosk it is, or the logged-in person. One face for both."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from confhub.access.rules import Actor
from confhub.http.context import Services, actor, kiosk_or_none, services
from confhub.kernel.ids import Identity, SessionId, endpoint_identity
from confhub.registry.values import EndpointPrincipal
from confhub.sessions.values import JoinTicket, MyStanding


@dataclass(frozen=True, slots=True)
class RoomParty:
    """A room, by its kiosk's cookie."""

    hub: Services
    principal: EndpointPrincipal
    session_id: SessionId

    async def token(self) -> JoinTicket:
        return await self.hub.join.token_for_endpoint(self.principal, self.session_id)

    async def standing(self) -> MyStanding:
        return await self.hub.control.standing(self.principal, self.session_id)

    async def raise_hand(self) -> None:
        await self.hub.control.raise_hand(self.principal, self.session_id)

    async def lower_hand(self) -> None:
        await self.hub.control.lower_hand(self.principal, self.session_id)

    async def give_back(self) -> None:
        await self.hub.control.give_back_floor(self.principal, self.session_id)


@dataclass(frozen=True, slots=True)
class PersonParty:
    """A logged-in person; `identity` is that of the page's ticket, empty before there was one."""

    hub: Services
    actor: Actor
    session_id: SessionId
    identity: Identity

    async def token(self) -> JoinTicket:
        return await self.hub.join.token_for_person(self.actor, self.session_id, self.identity or None)

    async def standing(self) -> MyStanding:
        if self.identity:
            return await self.hub.control.person_standing(self.actor, self.session_id, self.identity)
        session = (await self.hub.sessions.get(self.actor, self.session_id)).session
        return MyStanding(
            session.id, session.state, self.identity, False, None, None, False, False, (), False, ()
        )

    async def raise_hand(self) -> None:
        await self.hub.control.raise_person_hand(self.actor, self.session_id, self.identity)

    async def lower_hand(self) -> None:
        await self.hub.control.lower_person_hand(self.actor, self.session_id, self.identity)

    async def give_back(self) -> None:
        await self.hub.control.give_back_person_floor(self.actor, self.session_id, self.identity)


def party(request: web.Request, session_id: int, identity: str = "") -> RoomParty | PersonParty:
    """The page's owner; a room's cookie for this very session speaks before a login.

    Raises Unauthenticated.
    """
    session = SessionId(session_id)
    kiosk = kiosk_or_none(request)
    if kiosk is not None and kiosk.session_id == session:
        return RoomParty(services(request), kiosk.endpoint, session)
    return PersonParty(services(request), actor(request), session, Identity(identity))


def concerns(party: RoomParty | PersonParty) -> tuple[str, int | None]:
    """(identity, endpoint id or None) that events about this party name."""
    if isinstance(party, RoomParty):
        return endpoint_identity(party.principal.code), party.principal.endpoint_id
    return party.identity, None
