"""A course's files as Moodle's own importers read them.

What Moodle accepts stands in its source, github.com/moodle/moodle, main branch, as read in November 2026:

- `public/lib/csvlib.class.php`: each row has as many cells as the heading; `fgetcsv` escapes by a backslash.
- `public/admin/tool/uploaduser/locallib.php`: an unknown or doubled column ends the upload.
- `public/admin/tool/uploaduser/classes/process.php`: first, last and user name are needed; `guest` is
  refused; a user name is what `PARAM_USERNAME` leaves of it; a new user without an address is not added,
  nor one with that of another.
- `public/grade/import/csv/classes/load_data.php`: a user who is not found, or found twice, ends the import;
  a new column's grade lies between 0 and 100.
- `public/lib/moodlelib.php`: `email_to_user` sends nothing to `.invalid`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from confhub.kernel.ids import AttendeeId, UnitId
from confhub.reports.courses.moodle import moodle_grades, moodle_users
from confhub.training.values import CourseDetails, PersonProgress, PersonState

STANDARD = {
    "id", "username", "email", "emailstop", "city", "country", "lang", "timezone", "mailformat",
    "maildisplay", "maildigest", "htmleditor", "autosubscribe", "institution", "department", "idnumber",
    "phone1", "phone2", "address", "description", "descriptionformat", "password", "auth", "oldusername",
    "suspended", "theme", "deleted", "mnethostid", "interests", "firstnamephonetic", "lastnamephonetic",
    "middlename", "alternatename", "firstname", "lastname",
}  # fmt: skip
SPECIAL = re.compile(
    r"(category|categoryrole|cohort|course|enrolperiod|enrolstatus|enroltimestart|group|role|sysrole|type)\d+"
)
COURSE = cast(CourseDetails, SimpleNamespace(course=SimpleNamespace(title="Bồi dưỡng (đợt 1), 2026", id=7)))


def person(number: int, name: str, code: str | None = None, email: str | None = None) -> PersonProgress:
    return PersonProgress(
        AttendeeId(number), code, name, None, UnitId(1), "Xã", PersonState.COMPLETED, 60.0, 100.0, (), None,
        email,
    )  # fmt: skip


def php_rows(content: bytes) -> list[list[str]]:
    """As `fgetcsv` reads: within quotation marks a backslash keeps the mark behind it from closing."""
    text = content.decode("utf-8").replace("\r\n", "\n").strip()
    rows: list[list[str]] = [[""]]
    quoted, at = False, 0
    while at < len(text):
        char = text[at]
        if quoted and char == "\\" and text[at + 1 : at + 2] == '"':
            rows[-1][-1] += '\\"'
            at += 1
        elif quoted and char == '"' and text[at + 1 : at + 2] == '"':
            rows[-1][-1] += '"'
            at += 1
        elif char == '"' and (quoted or not rows[-1][-1]):
            quoted = not quoted
        elif char == "," and not quoted:
            rows[-1].append("")
        elif char == "\n" and not quoted:
            rows.append([""])
        else:
            rows[-1][-1] += char
        at += 1
    return rows


def table(content: bytes) -> list[dict[str, str]]:
    heading, *rows = php_rows(content)
    assert {len(row) for row in rows} == {len(heading)}, "csvweirdcolumns"
    return [dict(zip(heading, row, strict=True)) for row in rows]


PEOPLE = [
    person(1, "Nguyễn Văn An", "CB.01", "an@phutho.vn"),
    person(2, "Lê Thị Hoa", None, None),
    person(3, "Trần Bình", "cb.01", "AN@phutho.vn"),
    person(4, "Đỗ Chi", "guest", "xa@phutho.vn"),
    person(5, "Hà Dung", "person-2", "xa@phutho.vn"),
    person(6, 'Phạm, "Tý \\" Văn \\', "CB-6.", f"{'a' * 60}@{'b' * 60}.vn"),
    person(7, " ".join(["Tôn Nữ Công Huyền"] * 11), "admin", "huyen@phutho.vn"),
    person(8, "Ánh", "Z9", ""),
]


def test_the_users_file_has_what_moodle_knows_and_adds_everybody() -> None:
    users = table(moodle_users(COURSE, PEOPLE))
    assert all(name in STANDARD or SPECIAL.fullmatch(name) for name in users[0])
    assert len(users) == len(PEOPLE)
    for user in users:
        assert "" not in (user["firstname"], user["lastname"]), "Moodle wants both"
        assert re.fullmatch(r"[-.@_a-z0-9]+", user["username"]), "what PARAM_USERNAME leaves of it"
        assert user["username"] not in {"guest", "admin"}
        assert re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", user["email"]), "nobody is added without an address"
        assert max(len(user[name]) for name in ("firstname", "lastname", "email", "username")) <= 100
        assert user["course1"] == "boi-duong-dot-1-2026-7"
    assert len({user["username"] for user in users}) == len(users)
    assert len({user["email"].lower() for user in users}) == len(users), "nor with the address of another"
    assert [user["username"] for user in users][:5] == [
        "cb.01",
        "person-2",
        "person-3",
        "person-4",
        "person-5",
    ]
    assert [user["email"] for user in users][:5] == [
        "an@phutho.vn", "person-2@no-address.invalid", "person-3@no-address.invalid", "xa@phutho.vn",
        "person-5@no-address.invalid",
    ]  # fmt: skip
    assert (users[0]["firstname"], users[0]["lastname"], users[0]["idnumber"]) == (
        "An",
        "Nguyễn Văn",
        "CB.01",
    )
    assert users[5]["lastname"] == 'Phạm, "Tý /" Văn'


@pytest.mark.parametrize("people", [PEOPLE, PEOPLE[::-1]], ids=["by number", "the other way"])
def test_every_grade_finds_its_user(people: list[PersonProgress]) -> None:
    users = {user["username"]: user for user in table(moodle_users(COURSE, PEOPLE))}
    grades = table(moodle_grades(COURSE, people))
    for one, grade in zip(people, grades, strict=True):
        user = users[grade["username"]]
        assert (user["email"], user["idnumber"]) == (grade["email"], grade["idnumber"])
        assert user["idnumber"] == (one.code or "")
        assert 0 <= float(grade["boi-duong-dot-1-2026-7 (%)"]) <= 100
        assert grade["boi-duong-dot-1-2026-7 completed"] == "1"


def test_a_formula_stays_text_as_in_moodles_own_files() -> None:
    made: Any = replace(PEOPLE[0], name="=HYPERLINK(1) Đức")
    assert table(moodle_users(COURSE, [made]))[0]["lastname"] == "'=HYPERLINK(1)"
