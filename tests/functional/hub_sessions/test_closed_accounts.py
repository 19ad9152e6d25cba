"""People whose account is closed, whose rights go, or whose logins end: out of the media room at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher

from confhub.access.rules import SYSTEM, Actor
from confhub.accounts.passwords import Passwords
from confhub.accounts.service import AccountService
from confhub.accounts.values import GrantWish
from confhub.kernel.ids import AccountId, SessionId, UnitId
from confhub.kernel.permissions import Role
from tests.contract.engine.clients import Client
from tests.functional.hub_sessions.running import Running, eventually, media_room_of, running
from tests.plugins.sessions import actor

__all__ = ["running"]
pytestmark = pytest.mark.filterwarnings(
    # the SDK complains from a finalizer when the server dropped a handle before it did
    "ignore:Exception ignored in. <function FfiHandle:pytest.PytestUnraisableExceptionWarning"
)

PASSWORD = "một câu dài dễ nhớ"


@dataclass
class Person:
    """Somebody in a running session by browser."""

    running: Running
    accounts: AccountService
    session: SessionId
    actor: Actor
    client: Client

    async def is_out(self) -> bool:
        media_room = await media_room_of(self.running, self.session)
        return await self.running.there(media_room, self.client.identity) is None

    @property
    def id(self) -> AccountId:
        assert self.actor.account_id is not None
        return self.actor.account_id


@pytest.fixture
async def person(running: Running) -> AsyncIterator[Person]:
    hub = running.hub
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts = AccountService(hub.db, hub.clock, passwords=cheap)
    made = await accounts.create_account(
        SYSTEM, "an", PASSWORD, "Nguyễn An", [GrantWish(Role.ORGANIZER, UnitId(1))]
    )
    session = await hub.live_now()
    who = actor(made.id, Role.ORGANIZER, 1)
    client = await running.enter_with(await hub.join.token_for_person(who, session))
    found = Person(running, accounts, session, who, client)
    assert not await found.is_out()
    yield found
    await client.leave()


End = Callable[[Person], Awaitable[object]]


@pytest.mark.parametrize(
    "end",
    [
        lambda p: p.accounts.disable_account(SYSTEM, p.id),
        lambda p: p.accounts.update_account(SYSTEM, p.id, "Nguyễn An", [GrantWish(Role.VIEWER, UnitId(1))]),
        lambda p: p.accounts.set_password(SYSTEM, p.id, PASSWORD + " khác"),
    ],
    ids=["closed", "without the right to join", "every login ended"],
)
async def test_they_are_sent_out_at_once(person: Person, end: End) -> None:
    await end(person)
    await eventually(person.is_out)


async def test_who_keeps_the_right_to_join_stays(person: Person) -> None:
    wish = [GrantWish(Role.OPERATOR, UnitId(1))]
    await person.accounts.update_account(SYSTEM, person.id, "Nguyễn An", wish)
    await person.running.hub.stage.repair(person.session)
    assert not await person.is_out()
