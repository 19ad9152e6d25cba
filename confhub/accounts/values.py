"""What accounts hand out: frozen, never a database row, never a password hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from confhub.access.rules import Actor
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role of an account, with the unit's name for reading; `unit_id` None is the whole house."""

    role: Role
    unit_id: UnitId | None
    unit_name: str | None
    path: str


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account as administrators see it."""

    id: AccountId
    username: str
    display_name: str
    language: str
    created_at: datetime
    disabled_at: datetime | None
    grants: tuple[RoleGrant, ...]

    @property
    def written(self) -> tuple[object, ...]:
        """What a form sets of it: name and roles."""
        return self.display_name, tuple((grant.role.value, grant.unit_id) for grant in self.grants)


@dataclass(frozen=True, slots=True)
class LoginTicket:
    """A fresh login: `token` goes into the cookie and is shown nowhere else; `csrf` into the pages."""

    account_id: AccountId
    token: str
    csrf: str
    expires_at: datetime
    language: str
    device: str
    """The browser's cookie by which it is known from now on."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who stands behind a login cookie."""

    actor: Actor
    account_id: AccountId
    username: str
    csrf: str
    must_change: bool = False
    """Nothing but the change of the password is open."""


@dataclass(frozen=True, slots=True)
class GrantWish:
    """A role to be given; `unit_id` None is the whole house."""

    role: Role
    unit_id: UnitId | None
