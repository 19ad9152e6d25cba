"""Domain errors: a stable code, parameters, and English words that the catalogues translate.

A subject's `errors.py` subclasses one of the kinds below. `message` and `remedy` are message ids:
English sentences with {parameters}, looked up in the catalogue of the reader's language.
No HTTP status stands here; the doors map kinds to statuses in one place.
"""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """Wrong input or a refused wish. `field` names the input at fault, where there is one."""

    code: ClassVar[str] = "error"
    message: ClassVar[str] = "The request could not be completed."
    remedy: ClassVar[str] = ""

    def __init__(self, *, field: str | None = None, **params: object) -> None:
        super().__init__(self.code)
        self.field = field
        self.params = params

    def __str__(self) -> str:
        text = self.message.format(**self.params)
        return f"{text} {self.remedy.format(**self.params)}".rstrip()


class Invalid(DomainError):
    """The input's meaning is wrong (the shape was checked at the door)."""

    code = "invalid"
    message = "The value is not valid."


class NotFound(DomainError):
    """There is no such thing, or not in the asker's branch."""

    code = "not_found"
    message = "There is no such entry, or it is outside your branch."


class Forbidden(DomainError):
    """The asker may not do this here."""

    code = "forbidden"
    message = "You do not have the right to do this here."
    remedy = "Ask an administrator of this branch."


class Unauthenticated(DomainError):
    """Nobody is logged in, or the credential is unknown."""

    code = "unauthenticated"
    message = "You are not logged in."
    remedy = "Log in and try again."


class Conflict(DomainError):
    """The thing's present state does not allow it."""

    code = "conflict"
    message = "The entry was changed in the meantime or is in another state."
    remedy = "Reload the page and look again."


class Gone(DomainError):
    """It was there, and has expired."""

    code = "gone"
    message = "This has expired."


class TooMany(DomainError):
    """A rate or a count is over its limit. `retry_after_s` says when to come back."""

    code = "too_many_attempts"
    message = "Too many attempts."
    remedy = "Wait {retry_after_s} s and try again."


class TooManyAtOnce(TooMany):
    """The asker, or everybody together, has as many of it going on as there may be."""

    code = "too_many_at_once"
    message = "Too many of these are open at once."
    remedy = "Close a page that follows a session, or wait {retry_after_s} seconds and try again."


class Unavailable(DomainError):
    """The world outside failed: the engine or the database does not answer."""

    code = "unavailable"
    message = "A service that is needed does not answer."
    remedy = "Try again in a moment; if the problem remains, tell the operator."


class ValidationErrors(DomainError):
    """Several fields at fault at once. `errors` holds one error per field."""

    code = "invalid_fields"
    message = "Some fields need attention."

    def __init__(self, errors: list[DomainError]) -> None:
        super().__init__()
        self.errors = errors


class StartError(Exception):
    """The program cannot start. Its text names the setting to change; printed alone, exit code 2."""
