"""Rights follow the tree."""

from __future__ import annotations

import pytest

from confhub.access.rules import (
    SYSTEM,
    Actor,
    Grant,
    allows,
    allows_anywhere,
    branches,
    require,
    require_anywhere,
)
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission, Role


def _actor(role: Role, path: str = "/1/2/") -> Actor:
    return Actor(AccountId(7), "somebody", "vi", (Grant(role, UnitId(2), path),))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_a_role_counts_in_its_branch_and_nowhere_else(role: Role, permission: Permission) -> None:
    held = permission in ROLE_PERMISSIONS[role]
    actor = _actor(role)
    assert allows(actor, permission, "/1/2/") is held
    assert allows(actor, permission, "/1/2/30/") is held
    for outside in ("/", "/1/", "/1/20/", "/1/3/", "/2/"):
        assert not allows(actor, permission, outside)


def test_requiring_a_missing_right_is_forbidden() -> None:
    require(_actor(Role.OPERATOR), Permission.ENDPOINT_PAIR, "/1/2/9/")
    with pytest.raises(Forbidden):
        require(_actor(Role.OPERATOR), Permission.ENDPOINT_PAIR, "/1/3/")
    with pytest.raises(Forbidden):
        require_anywhere(_actor(Role.VIEWER), Permission.ENDPOINT_PAIR)


def test_the_hub_itself_may_do_everything() -> None:
    assert all(allows(SYSTEM, permission, "/4/5/") for permission in Permission)


def test_nobody_may_do_anything_without_a_role() -> None:
    nobody = Actor(AccountId(1), "nobody", "vi")
    assert not any(allows_anywhere(nobody, permission) for permission in Permission)


def test_a_branch_inside_another_is_named_once() -> None:
    grants = tuple(Grant(Role.VIEWER, None, path) for path in ("/1/2/3/", "/1/2/", "/4/", "/1/20/"))
    actor = Actor(None, "x", "vi", grants)
    assert branches(actor, Permission.UNIT_VIEW) == ("/1/2/", "/1/20/", "/4/")
