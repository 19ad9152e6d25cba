"""Names are identities: whom the rows of a file are about, and what is asked before it is settled."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest

from confhub.access.rules import SYSTEM
from confhub.rosters.import_rows import PeopleRows, read_rows
from confhub.rosters.plan import ImportChoices
from confhub.rosters.planning import Planned, plan, resolve_units
from confhub.rosters.register import FIELDS, Known, Place, Places, Present
from confhub.sheets.files import read_tables

HEAD = "Mã;Họ và tên;Mã đơn vị;Ngày sinh;Điện thoại\n"
UNITS = Places([Place(1, "U1", "Xã Ấm Hạ", "/1/"), Place(2, "U2", "Xã Hạ Hòa", "/2/")])


def person(number: int, name: str, **fields: Any) -> Known:
    """Of the register, in unit 1."""
    now = {**dict.fromkeys(FIELDS), "name": name, "unit_id": 1, **fields}
    return Known(number, now, dict(now), "/1/")


def look(
    text: str, choices: ImportChoices | None = None, people: tuple[Known, ...] = ()
) -> tuple[Planned, PeopleRows]:
    choices = choices or ImportChoices()
    found = read_rows(read_tables("a.csv", (HEAD + text).encode()), date(2026, 1, 1))
    present = Present(UNITS, Places([]), [*people])
    return plan(found, resolve_units(found, UNITS, choices), present, SYSTEM, choices), found


def test_a_tone_or_a_letter_makes_another_person() -> None:
    names = ["Nguyễn Thị Hoa", "Nguyễn Thị Hòa", "Nguyễn Thị Hóa", "Trần Văn Tuân", "Trần Văn Tuấn"]
    planned, _ = look("".join(f";{name};U1;;\n" for name in names))
    assert [one.now["name"] for one in planned.added] == names
    assert not planned.questions.total


def test_the_same_name_typed_in_another_way_is_asked_about_and_never_swallowed() -> None:
    ways = ["Nguyễn Thị Hoà", "nguyễn  thị HÒA", unicodedata.normalize("NFD", "Nguyễn Thị Hòa")]
    text = "".join(f";{name};U1;;\n" for name in ways)
    planned, _ = look(text)
    assert [one.now["name"] for one in planned.added] == ways[:1]
    assert [(one.kind, one.key, one.options) for one in planned.questions.asked] == [
        ("twin", "0.3", ("row:0.2", "new")),
        ("twin", "0.4", ("row:0.2", "new")),
    ]
    answers = {"0.3": "new", "0.4": "row:0.2"}
    planned, _ = look(text, ImportChoices(answers=answers))
    assert (len(planned.added), planned.counts["twice"], planned.questions.open) == (2, 1, 0)


@pytest.mark.parametrize(("twins", "people"), [("one", 1), ("two", 2)])
def test_namesakes_without_a_date_are_two_people_or_asked(twins: str, people: int) -> None:
    text = ";Lê Văn Hùng;U1;;\n;Lê Văn Hùng;U1;;\n"
    planned, _ = look(text)
    assert (len(planned.added), planned.questions.open) == (1, 1)
    planned, _ = look(text, ImportChoices(twins=twins))
    assert (len(planned.added), planned.questions.open) == (people, 0)


def test_the_same_day_of_birth_is_the_same_person_unless_the_phone_speaks_against_it() -> None:
    planned, _ = look(";Lê Văn Hùng;U1;03/09/1980;\n;LÊ VĂN HÙNG;U1;03/09/1980;0912345678\n")
    assert (len(planned.added), planned.counts["twice"], planned.questions.total) == (1, 1, 0)
    assert planned.added[0].now["phone"] == "0912345678"
    planned, _ = look(";Lê Văn Hùng;U1;03/09/1980;0912000000\n;Lê Văn Hùng;U1;03/09/1980;0912345678\n")
    assert planned.questions.open == 1


def test_a_later_row_never_renames_the_register() -> None:
    toan = person(7, "Phạm Văn Toàn")
    planned, _ = look(";Phạm Văn Toán;U1;;\n", people=(toan,))
    assert [one.now["name"] for one in planned.added] == ["Phạm Văn Toán"]
    assert not planned.changed
    planned, _ = look(";PHẠM VĂN TOÀN;U1;;0912345678\n", ImportChoices(by_name="update"), (toan,))
    assert (planned.changed[0].now["name"], planned.changed[0].now["phone"]) == (
        "Phạm Văn Toàn",
        "0912345678",
    )


def test_somebody_known_by_name_alone_is_asked_about_where_the_row_would_change_them() -> None:
    def toan() -> Known:
        return person(7, "Phạm Văn Toàn")

    same, _ = look(";Phạm Văn Toàn;U1;;\n", people=(toan(),))
    assert (same.counts["unchanged"], same.questions.total) == (1, 0)
    asked, _ = look(";Phạm Văn Toàn;U1;01/02/1990;\n", people=(toan(),))
    assert [(one.kind, one.options) for one in asked.questions.asked] == [("known", ("id:7", "new"))]
    assert not asked.changed
    assert not asked.added
    done, _ = look(";Phạm Văn Toàn;U1;01/02/1990;\n", ImportChoices(answers={"0.2": "id:7"}), (toan(),))
    assert done.changed[0].now["birth_date"] == date(1990, 2, 1)
    other, _ = look(";Phạm Văn Toàn;U1;01/02/1990;\n", ImportChoices(answers={"0.2": "new"}), (toan(),))
    assert (len(other.added), len(other.changed)) == (1, 0)
    wrong, _ = look(";Phạm Văn Toàn;U1;01/02/1990;\n", ImportChoices(answers={"0.2": "id:8"}), (toan(),))
    assert wrong.questions.open == 1


def test_two_namesakes_come_again_as_the_two() -> None:
    two = (person(1, "Lê Văn Hùng"), person(2, "Lê Văn Hùng"))
    planned, _ = look(";Lê Văn Hùng;U1;;\n;Lê Văn Hùng;U1;;\n", people=two)
    assert (planned.counts["unchanged"], planned.questions.total, len(planned.added)) == (2, 0, 0)
    marked = (person(1, "Lê Văn Hùng", phone="0912345678"), person(2, "Lê Văn Hùng"))
    planned, _ = look(";Lê Văn Hùng;U1;;\n;Lê Văn Hùng;U1;;0912345678\n", people=marked)
    assert (planned.counts["unchanged"], planned.questions.total, len(planned.added)) == (2, 0, 0)


def test_one_code_with_two_names_is_refused_in_a_file_and_asked_about_in_the_register() -> None:
    _, found = look("CB1;Lê Văn An;U1;;\nCB1;Lê Văn Ân;U1;;\n")
    assert [(one.code, one.row) for one in found.problems.kept] == [("code_of_another", 3)]
    hoa = person(5, "Lê Thị Hoà", code="CB2")
    planned, _ = look("CB2;Lê Thị Hoa;U1;;\n", people=(hoa,))
    assert [(one.kind, one.options) for one in planned.questions.asked] == [("renamed", ("rename", "skip"))]
    assert not planned.changed
    planned, _ = look("CB2;Lê Thị Hoa;U1;;\n", ImportChoices(answers={"0.2": "rename"}), (hoa,))
    assert planned.changed[0].now["name"] == "Lê Thị Hoa"


def test_units_and_rooms_are_told_apart_by_their_tones() -> None:
    places = Places([Place(1, "A", "Xã Hạ Hòa", "/1/"), Place(2, "B", "Xã Hạ Hoa", "/2/")])
    assert [one.id for one in places.find("xã hạ hoà")] == [1]
    assert [one.id for one in places.find("XÃ HẠ HOA")] == [2]
    assert places.find("Xa Ha Hoa") == []
