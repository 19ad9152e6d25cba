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
    REPORT_PEOPLE = "reports:people:view"
    PERSON_VIEW = "people:person:view"
    PERSON_EDIT = "people:person:edit"
    PERSON_ERASE = "people:person:erase"
    ROSTER_EDIT = "rosters:roster:edit"
    ABSENCE_DECIDE = "rosters:absence:decide"
    CHECKIN_RUN = "checkin:checkin:run"
    ATTENDANCE_CORRECT = "checkin:attendance:correct"
    ATTENDANCE_SEAL = "checkin:attendance:seal"
    COURSE_VIEW = "training:course:view"
    COURSE_EDIT = "training:course:edit"
    CERTIFICATE_ISSUE = "training:certificate:issue"
    POST_KEEP = "post:parcel:keep"
    WEEK_APPROVE = "weekly:week:approve"


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
        Permission.REPORT_PEOPLE,
        Permission.PERSON_VIEW,
        Permission.ROSTER_EDIT,
        Permission.CHECKIN_RUN,
        Permission.COURSE_VIEW,
    },
    Role.TRAINING_OFFICER: _VIEWING
    | {
        Permission.SESSION_JOIN,
        Permission.REPORT_VIEW,
        Permission.REPORT_PEOPLE,
        Permission.PERSON_VIEW,
        Permission.PERSON_EDIT,
        Permission.ROSTER_EDIT,
        Permission.ABSENCE_DECIDE,
        Permission.CHECKIN_RUN,
        Permission.ATTENDANCE_CORRECT,
        Permission.ATTENDANCE_SEAL,
        Permission.COURSE_VIEW,
        Permission.COURSE_EDIT,
        Permission.CERTIFICATE_ISSUE,
        Permission.POST_KEEP,
    },
    Role.OPERATOR: _VIEWING
    | {Permission.ENDPOINT_PAIR, Permission.SESSION_JOIN, Permission.CHECKIN_RUN, Permission.PERSON_VIEW},
    Role.VIEWER: _VIEWING,
}
