"""A course's people as CSV for Moodle: one file for its upload of users, another for its import of grades.

UTF-8, comma and point, Moodle's own column names: the defaults of both its forms. A Vietnamese name's last
word is the given name (`firstname`), what stands before it is `lastname`. Moodle adds nobody without an
address, and nobody with that of another; one user whom it does not find ends the whole import of grades.
Whoever has no address of their own therefore has one under `.invalid` (RFC 2606): Moodle sends nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from confhub.files.csv_file import plain, safe
from confhub.kernel.rounding import percent
from confhub.reports.courses.tables import short_name
from confhub.training.values import CourseDetails, PersonProgress, PersonState

FIELD_MAX_CHARS: Final = 100
"""What Moodle's table of users holds of a name or an address; more breaks its upload off."""

_RESERVED: Final = ("guest", "admin")
"""Moodle takes the first for nobody's, and changes the second by no file."""

_NUMBERED: Final = "person-"


@dataclass(frozen=True, slots=True)
class _User:
    """As Moodle knows the person."""

    person: PersonProgress
    username: str
    email: str
    idnumber: str


def moodle_users(details: CourseDetails, people: Iterable[PersonProgress]) -> bytes:
    """For Moodle's *Upload users*: username, firstname, lastname, email, idnumber, course1 (short name).

    Not a column more: Moodle refuses the whole file for one whose name it does not know.
    """
    rows = [["username", "firstname", "lastname", "email", "idnumber", "course1"]]
    short = short_name(details)
    for user in _users(people):
        first, last = (_text(part) for part in split_name(user.person.name))
        rows.append([user.username, first, last, user.email, user.idnumber, short])
    return plain(rows)


def moodle_grades(details: CourseDetails, people: Iterable[PersonProgress]) -> bytes:
    """For Moodle's *Import grades*, where each column is mapped by hand: username (or email) is the user's,
    the idnumber only where everybody has a code; `<short name> (%)` is a grade of 0 to 100,
    `<short name> completed` 1 or 0."""
    short = short_name(details)
    rows: list[list[object]] = [["username", "idnumber", "email", f"{short} (%)", f"{short} completed"]]
    for user in _users(people):
        done = int(user.person.state is PersonState.COMPLETED)
        grade = str(percent(user.person.percent / 100))
        rows.append([user.username, user.idnumber, user.email, grade, done])
    return plain(rows)


def split_name(name: str) -> tuple[str, str]:
    """(firstname, lastname) for Moodle, which wants both: `Nguyễn Văn An` is An, of Nguyễn Văn. Of one word
    both are made."""
    words = name.split()
    if len(words) < 2:
        return (words[0], words[0]) if words else ("-", "-")
    return words[-1], " ".join(words[:-1])


def _users(people: Iterable[PersonProgress]) -> Iterator[_User]:
    """Each with a user name and an address that nobody else of the file has."""
    known: Sequence[PersonProgress] = list(people)
    names: dict[str, int] = {}
    addresses: dict[str, int] = {}
    for one in sorted(known, key=lambda one: one.attendee_id):
        names.setdefault((one.code or "").lower(), one.attendee_id)
        addresses.setdefault((one.email or "").lower(), one.attendee_id)
    for one in known:
        name, email = (one.code or "").lower(), one.email or ""
        taken = names[name] != one.attendee_id or name in ("", *_RESERVED) or name.startswith(_NUMBERED)
        username = f"{_NUMBERED}{one.attendee_id}" if taken else name
        if not email or len(email) > FIELD_MAX_CHARS or addresses[email.lower()] != one.attendee_id:
            email = f"{username}@no-address.invalid"
        yield _User(one, username, _text(email), _text(one.code or ""))


def _text(text: str) -> str:
    """No formula; no backslash either, which PHP's reader takes for an escape before a quotation mark."""
    return safe(text.replace("\\", "/")[:FIELD_MAX_CHARS])
