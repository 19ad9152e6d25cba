"""Pure decisions of accounts: right usernames and passwords, and who may give whom which role."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from confhub.access.rules import Actor, allows
from confhub.accounts.errors import (
    BranchTooWide,
    LanguageUnknown,
    PasswordCommon,
    PasswordTooLong,
    PasswordTooShort,
    UsernameInvalid,
)
from confhub.accounts.models import USERNAME_MAX_CHARS
from confhub.kernel.errors import Forbidden
from confhub.kernel.limits import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission, Role

LANGUAGES: Final = ("vi", "en")
GRANTS_MAX: Final = 50
"""Roles of one account: one per district and some to spare."""

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]+")
_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_COMMON = {"passwordpassword", "password123", "matkhau123", "matkhau1234", "administrator", "confhub123"}


def normal_username(typed: str) -> str:
    """How a username is compared: NFKC, lower case, no blanks around."""
    return unicodedata.normalize("NFKC", typed[:1000]).strip().lower()


def clean_username(typed: str, field: str = "username") -> str:
    """A username for a new account. Raises `UsernameInvalid`."""
    name = normal_username(typed)
    if len(name) > USERNAME_MAX_CHARS or not _USERNAME.fullmatch(name):
        raise UsernameInvalid(field=field, limit=USERNAME_MAX_CHARS)
    return name


def check_password(password: str, username: str, field: str = "password") -> None:
    """Raise `PasswordTooShort`, `PasswordTooLong` or `PasswordCommon`."""
    if len(password) < PASSWORD_MIN_CHARS:
        raise PasswordTooShort(field=field, limit=PASSWORD_MIN_CHARS)
    if len(password) > PASSWORD_MAX_CHARS:
        raise PasswordTooLong(field=field, limit=PASSWORD_MAX_CHARS)
    lowered = password.lower()
    in_a_row = any(lowered in row or lowered in row[::-1] for row in _ROWS)
    if len(set(lowered)) < 3 or lowered in _COMMON or in_a_row or lowered == username.lower():
        raise PasswordCommon(field=field)


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
