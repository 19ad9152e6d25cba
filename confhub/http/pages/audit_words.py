"""The audit trail in words: what was done, on what, and what changed, as a person reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from confhub.audit.actions import ACTIONS, SCOPES, SUBJECTS
from confhub.audit.service import AuditEntry, Search
from confhub.checkin import errors as checkin_errors
from confhub.http.pages.choices import KIND_NAMES, PROFILE_NAMES, ROLE_NAMES
from confhub.i18n.folding import fold
from confhub.i18n.formats import Formats
from confhub.kernel.errors import DomainError
from confhub.sessions import errors as session_errors

LIST_SHOWN: Final = 5
"""Of a longer list the first ones and the count are shown; the JSON of the trail has all."""

DETAILS: Final = {
    "address": "E-mail address",
    "after": "Current rights",
    "approved": "Granted",
    "attendee_id": "Person no.",
    "attendee_ids": "Person no.",
    "bandwidth_profile": "Bandwidth",
    "before": "Before",
    "birth_date": "Date of birth",
    "birth_year": "Year of birth",
    "code": "Code",
    "complete_percent": "Share that completes",
    "contact_months": "Months until contact data are deleted",
    "contacts": "Contact data",
    "correction_id": "Correction no.",
    "count": "Number",
    "course_id": "Course no.",
    "day_removed": "Day off removed",
    "dropped": "Entry merged in, no.",
    "email": "E-mail",
    "ends_at": "End",
    "every": "How often",
    "fields": "Changed",
    "filled": "Taken from it",
    "first": "From number",
    "grants": "Rights",
    "guests": "Guests",
    "head": "Seal",
    "identity": "Participant",
    "instead_of": "Instead of number",
    "into": "Into session no.",
    "is_on": "Deletes automatically",
    "kind": "Kind",
    "last": "To number",
    "last_day": "Last day",
    "list": "List",
    "listed": "Added to lists",
    "looks": "Viewing log",
    "looks_months": "Months the viewing log is kept",
    "machine": "Machine",
    "machine_address": "Machine's address",
    "makes_up_for": "Makes up for session no.",
    "merge": "Merge no.",
    "moved": "Moved",
    "added": "Added",
    "changed": "Changed",
    "name": "Name",
    "display_name": "Display name",
    "number": "Certificate number",
    "operator_name": "Operator",
    "operator_phone": "Operator's phone",
    "other": "Other entry, no.",
    "out_of": "Out of session no.",
    "parent_id": "Parent unit, no.",
    "people": "People",
    "person_months": "Months until people are deleted",
    "phone": "Phone",
    "position": "Position",
    "profile": "Bandwidth",
    "prompts": "Presence prompts",
    "prompts_count": "Prompts count",
    "unconnected_counts": "Time counts also while the room is not connected",
    "reason": "Reason",
    "refused_as": "Refused because",
    "owing": "Rooms that had not delivered everything",
    "recipients": "Recipients",
    "replaced": "Replaced another machine",
    "room": "Endpoint",
    "rooms": "Rooms",
    "roster": "List",
    "scan_margin_s": "Seconds of grace for scans",
    "session": "Session",
    "session_id": "Session no.",
    "sessions": "Sessions, in order",
    "source": "Source",
    "sources": "Sources",
    "starts_at": "Start",
    "tablet": "Tablet no.",
    "tier_id": "Tier no.",
    "title": "Title",
    "to": "New room",
    "to_unit": "To the unit",
    "from": "From the unit",
    "roles": "Roles",
    "lists": "Places on standing lists",
    "unit": "Unit",
    "unit_id": "Unit no.",
    "username": "User name",
    "valid_from": "Valid from",
    "valid_to": "Valid to",
    "version": "Version",
    "ways": "Ways to check in",
    "week": "Week",
    "content": "Content",
    "day": "Day",
}
"""Name of a detail or of a changed field → its word."""

VALUES: Final = {
    "true": "yes",
    "false": "no",
    "microphone": "Microphone",
    "camera": "Camera",
    "screen_share": "Screen",
    "screen_share_audio": "Sound of the screen",
    "active": "in use",
    "retired": "taken out of use",
    "retention": "past its retention period",
    "standing": "standing list",
    "course": "list of the course",
    "session": "list of the session",
    "pending": "not decided yet",
    "approved": "granted",
    "refused": "refused",
    "tablet": "tablet",
    "qr": "QR code",
    "six_digits": "six digits",
    "badge": "badge",
    "file": "file",
    "daily": "every day",
    "weekly": "every week",
    "monthly": "every month",
    **{role.value: words for role, words in ROLE_NAMES.items()},
    **{profile.value: words for profile, words in PROFILE_NAMES.items()},
    **{kind.value: words for kind, words in KIND_NAMES.items()},
}
"""Codes that stand as values → their words."""

_REASONS: Final = {
    one.code: one.message
    for one in (*vars(session_errors).values(), *vars(checkin_errors).values())
    if isinstance(one, type) and issubclass(one, DomainError) and "{" not in one.message
} | {"not_in_session": checkin_errors.PersonNotInSession.message}
"""Codes of refused check-ins → what the one who was refused read; the last is how older rows call it."""

_PAGES: Final = {
    "account": "/accounts/{}", "session": "/sessions/{}", "endpoint": "/endpoints/{}", "unit": "/units/{}",
    "person": "/people/{}", "course": "/courses/{}", "roster": "/endpoints/{}", "retention": "/privacy",
    "report_schedule": "/reports",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the trail in words. `address` is the subject's page, where it has one."""

    action: str
    subject: str
    address: str | None
    details: list[tuple[str, str]]


def tell(entry: AuditEntry, say: Callable[[str], str], formats: Formats) -> Told:
    """`entry` in the reader's language; a code of an older version stands as it is."""
    page = _PAGES.get(entry.subject)
    subject = say(SUBJECTS.get(entry.subject, entry.subject))
    numbered = entry.subject_id if not entry.subject_id.isdigit() else say("no. {}").format(entry.subject_id)
    words = _Words(say, formats)
    return Told(
        action=say(ACTIONS.get(entry.action, entry.action)),
        subject=f"{subject}: {entry.subject_name}" if entry.subject_name else f"{subject} {numbered}",
        address=page.format(entry.subject_id) if page else None,
        details=words.details(entry.details),
    )


def by_scope(say: Callable[[str], str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """(words of a scope, its actions as (code, words)), in the reader's language."""
    return [
        (say(words), [(code, say(told)) for code, told in ACTIONS.items() if code.startswith(f"{scope}:")])
        for scope, words in SCOPES.items()
    ]


def search_for(text: str, say: Callable[[str], str]) -> Search | None:
    """What the reader looks for by `text`: also the actions whose words in the reader's language hold it."""
    folded = fold(text)
    if not folded:
        return None
    return Search(text, frozenset(code for code, words in ACTIONS.items() if folded in fold(say(words))))


@dataclass(frozen=True, slots=True)
class _Words:
    say: Callable[[str], str]
    formats: Formats

    def details(self, details: Mapping[str, Any]) -> list[tuple[str, str]]:
        """(word, value) of each detail that says something; `changes` one by one."""
        lines: list[tuple[str, str]] = []
        for name, value in details.items():
            if name == "changes" and isinstance(value, dict):
                lines += self.details(value)
            elif value not in (None, "", [], {}):
                lines.append((self.say(DETAILS.get(name, name)), self._value(name, value)))
        return lines

    def _value(self, name: str, value: Any) -> str:
        if name == "refused_as":
            return self.say(_REASONS.get(str(value), str(value)))
        if isinstance(value, list) and name not in _LISTS and len(value) == 2:
            return f"{self._plain(value[0])} → {self._plain(value[1])}"
        if isinstance(value, list):
            told = self._field if name == "fields" else self._plain
            return self._list([told(item) for item in value])
        return self._plain(value)

    def _field(self, name: str) -> str:
        return self.say(DETAILS.get(name, name))

    def _list(self, items: Sequence[str]) -> str:
        shown = ", ".join(items[:LIST_SHOWN])
        return f"{shown} … ({len(items)})" if len(items) > LIST_SHOWN else shown

    def _plain(self, value: Any) -> str:
        if value is None or value == "":
            return "—"
        if isinstance(value, bool):
            return self.say(VALUES["true" if value else "false"])
        if isinstance(value, list):
            return self._list([self._plain(item) for item in value])
        text = str(value)
        if text in VALUES:
            return self.say(VALUES[text])
        moment = _moment(text)
        if isinstance(moment, dt.datetime):
            return self.formats.datetime(moment)
        return text if moment is None else self.formats.date(moment)


_LISTS: Final = frozenset(
    {
        "after",
        "attendee_ids",
        "fields",
        "filled",
        "grants",
        "owing",
        "recipients",
        "sessions",
        "sources",
        "ways",
    }
)
"""Details that are lists; any other pair is what was and what is."""


def _moment(text: str) -> dt.datetime | dt.date | None:
    """The moment or the date that `text` is in ISO 8601, as the trail keeps them."""
    if len(text) < 10 or text[4:5] != "-" or text[7:8] != "-":
        return None
    try:
        if len(text) == 10:
            return dt.date.fromisoformat(text)
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
