"""Permissions as `scope:resource:action`, and the roles that carry them. Rights follow the tree."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What may be done in a branch of the tree."""

    UNIT_VIEW = "org:unit:view"
    UNIT_EDIT = "org:unit:edit"
    ENDPOINT_VIEW = "registry:endpoint:view"
    ENDPOINT_EDIT = "registry:endpoint:edit"
    ENDPOINT_PAIR = "registry:endpoint:pair"
    ACCOUNT_VIEW = "accounts:account:view"
    ACCOUNT_EDIT = "accounts:account:edit"
    AUDIT_VIEW = "audit:entry:view"
    SESSION_VIEW = "sessions:session:view"
    SESSION_EDIT = "sessions:session:edit"
    SESSION_CONTROL = "sessions:session:control"
    SESSION_JOIN = "sessions:session:join"
    REPORT_VIEW = "reports:report:view"


class Role(StrEnum):
    """A role is held in one branch: it counts for its unit and everything below."""

    ADMINISTRATOR = "administrator"
    ORGANIZER = "organizer"
    TRAINING_OFFICER = "training_officer"
    OPERATOR = "operator"
    VIEWER = "viewer"


_VIEWING = frozenset({Permission.UNIT_VIEW, Permission.ENDPOINT_VIEW, Permission.SESSION_VIEW})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ORGANIZER: _VIEWING
    | {
        Permission.SESSION_EDIT,
        Permission.SESSION_CONTROL,
        Permission.SESSION_JOIN,
        Permission.REPORT_VIEW,
    },
    Role.TRAINING_OFFICER: _VIEWING | {Permission.SESSION_JOIN, Permission.REPORT_VIEW},
    Role.OPERATOR: _VIEWING | {Permission.ENDPOINT_PAIR, Permission.SESSION_JOIN},
    Role.VIEWER: _VIEWING,
}
