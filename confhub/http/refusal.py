"""The one way from a domain error back to the form that caused it."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from confhub.http.errors import field_errors, status_of
from confhub.kernel.errors import Conflict, DomainError, Forbidden, Gone, Invalid, TooMany, ValidationErrors

FORM_ERRORS = (Invalid, ValidationErrors, Conflict, TooMany, Forbidden, Gone)
"""Errors that are drawn in the form that caused them; others get a page of their own."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a form's page says of why it was not carried out. `errors`: field → sentence in the reader's
    language, what concerns no field under an empty name."""

    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200

    @property
    def problem(self) -> str:
        """All sentences as one text, for a page that has no fields to show them at."""
        return " ".join(self.errors.values())


NOT_REFUSED = Refusal()
"""A form that is drawn for the first time."""


def refusal(request: web.Request, error: DomainError | None) -> Refusal:
    """What the page says of `error`, once a request: guesses are written into the audit trail by it."""
    return NOT_REFUSED if error is None else Refusal(field_errors(request, error), status_of(error))
