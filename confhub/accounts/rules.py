"""Pure decisions of accounts: right usernames, and who may give whom which role."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from confhub.access.rules import Actor, allows
from confhub.accounts.errors import (
    BranchTooWide,
    LanguageUnknown,
    UsernameInvalid,
)
from confhub.accounts.models import USERNAME_MAX_CHARS
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission, Role

LANGUAGES: Final = ("vi", "en")
GRANTS_MAX: Final = 50
"""Roles of one account: one per district and some to spare."""

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]+")


def normal_username(typed: str) -> str:
    """How a username is compared: NFKC, lower case, no blanks around."""
    return unicodedata.normalize("NFKC", typed[:1000]).strip().lower()


def clean_username(typed: str, field: str = "username") -> str:
    """A username for a new account. Raises `UsernameInvalid`."""
    name = normal_username(typed)
    if len(name) > USERNAME_MAX_CHARS or not _USERNAME.fullmatch(name):
        raise UsernameInvalid(field=field, limit=USERNAME_MAX_CHARS)
    return name


def clean_language(language: str) -> str:
    """One of `LANGUAGES`. Raises `LanguageUnknown`."""
    if language not in LANGUAGES:
        raise LanguageUnknown(field="language")
    return language


def require_may_grant(actor: Actor, role: Role, path: str) -> None:
    """Raise `Forbidden` unless the actor may give `role` at `path`.

    Needs `ACCOUNT_EDIT` there, and every permission of the role there: nobody gives what he lacks.
    """
    if not allows(actor, Permission.ACCOUNT_EDIT, path):
        raise Forbidden(field="grants", permission=Permission.ACCOUNT_EDIT.value)
    if not all(allows(actor, permission, path) for permission in ROLE_PERMISSIONS[role]):
        raise Forbidden(field="grants", permission=role.value)


def require_may_touch(actor: Actor, grants: Iterable[str]) -> None:
    """Raise `BranchTooWide` unless every role of the account (by its path) lies in the actor's branches."""
    if not all(allows(actor, Permission.ACCOUNT_EDIT, path) for path in grants):
        raise BranchTooWide
