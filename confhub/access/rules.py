"""Rights follow the tree: a role held in a unit counts there and in everything below it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission, Role

ROOT_PATH: Final = "/"
"""The path above every root unit: a grant here counts for the whole house, even while it has no unit."""

_PATH = re.compile(r"/(?:[0-9]+/)*")


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in the branch below `path`; `unit_id` is None for the whole house (`path` is "/")."""

    role: Role
    unit_id: UnitId | None
    path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a logged-in account (or the hub itself, `account_id` None) with its grants.

    `language` is a catalogue's name ("vi", "en"): messages for this actor are written in it.
    """

    account_id: AccountId | None
    name: str
    language: str
    grants: tuple[Grant, ...] = ()


SYSTEM: Final = Actor(None, "confhub", "vi", (Grant(Role.ADMINISTRATOR, None, ROOT_PATH),))
"""The hub itself, for jobs and the command line: may do everything everywhere."""


def within(path: str, branch: str) -> bool:
    """Whether the unit at `path` is the branch's own unit or lies below it."""
    return path.startswith(branch)


def allows(actor: Actor, permission: Permission, path: str) -> bool:
    """Whether one of the actor's grants carries `permission` at the unit with this path."""
    return any(
        permission in ROLE_PERMISSIONS[grant.role] and within(path, grant.path) for grant in actor.grants
    )


def allowed_then(actor: Actor, permission: Permission, path: str) -> bool:
    """As `allows`, for a path in the tree of another day: by the units that roles are held in, wherever they
    stand today."""
    return any(
        permission in ROLE_PERMISSIONS[grant.role] and (grant.unit_id is None or f"/{grant.unit_id}/" in path)
        for grant in actor.grants
    )


def units_held(actor: Actor, permission: Permission) -> frozenset[int] | None:
    """The units that the actor holds `permission` in, of their own; None for the whole house."""
    held = {grant.unit_id for grant in actor.grants if permission in ROLE_PERMISSIONS[grant.role]}
    return None if None in held else frozenset(one for one in held if one is not None)


def stood_below(
    actor: Actor, permission: Permission, path_column: InstrumentedAttribute[str] | ColumnElement[str]
) -> ColumnElement[bool]:
    """`allowed_then` as the condition on a column of paths in the trees of other days."""
    held = units_held(actor, permission)
    if held is None:
        return true()
    return or_(false(), *(path_column.like(f"%/{unit_id}/%") for unit_id in sorted(held)))


def allows_anywhere(actor: Actor, permission: Permission) -> bool:
    """Whether the actor holds `permission` in any branch: decides if a menu entry is shown."""
    return any(permission in ROLE_PERMISSIONS[grant.role] for grant in actor.grants)


def require(actor: Actor, permission: Permission, path: str) -> None:
    """Raise `Forbidden` unless the actor holds `permission` at `path`."""
    if not allows(actor, permission, path):
        raise Forbidden(permission=permission.value)


def require_anywhere(actor: Actor, permission: Permission) -> None:
    """Raise `Forbidden` unless the actor holds `permission` in some branch."""
    if not allows_anywhere(actor, permission):
        raise Forbidden(permission=permission.value)


def branches(actor: Actor, permission: Permission) -> tuple[str, ...]:
    """The paths of the branches where the actor holds `permission`, none of them inside another."""
    paths = sorted({grant.path for grant in actor.grants if permission in ROLE_PERMISSIONS[grant.role]})
    outer: list[str] = []
    for path in paths:
        if not any(within(path, branch) for branch in outer):
            outer.append(path)
    return tuple(outer)


def branch_filter(
    actor: Actor, permission: Permission, path_column: InstrumentedAttribute[str] | ColumnElement[str]
) -> ColumnElement[bool]:
    """The condition on a unit's path column that keeps the rows where the actor holds `permission`."""
    paths = branches(actor, permission)
    if not paths:
        return false()
    if ROOT_PATH in paths:
        return true()
    return or_(*(below(path, path_column) for path in paths))


def below(path: str, path_column: InstrumentedAttribute[str] | ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that keeps the branch at `path`: its own unit and everything under it."""
    assert _PATH.fullmatch(path), "a path holds digits and slashes only, so LIKE needs no escape"
    condition: Any = path_column.like(f"{path}%")
    return condition  # type: ignore[no-any-return]
