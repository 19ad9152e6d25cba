"""Whose row it is, where thousands have one name."""

from __future__ import annotations

from datetime import date

import pytest

from confhub.access.rules import SYSTEM
from confhub.rosters.import_rows import read_rows
from confhub.rosters.plan import ImportChoices
from confhub.rosters.planning import plan, resolve_units
from confhub.rosters.register import Place, Places, Present
from confhub.sheets.files import read_tables

ROWS = 3_000
HEAD = "Mã;Họ và tên;Mã đơn vị;Ngày sinh\n"


def counts(rows: list[str], choices: ImportChoices) -> dict[str, int]:
    found = read_rows(read_tables("a.csv", (HEAD + "".join(rows)).encode()), date(2026, 1, 1))
    units = Places([Place(1, "U1", "Xã Ấm Hạ", "/1/")])
    planned = plan(found, resolve_units(found, units, choices), Present(units, Places([])), SYSTEM, choices)
    assert not found.problems.total
    return dict(planned.counts)


@pytest.mark.parametrize(
    ("row", "choices", "added"),
    [
        ("CB{number};Nguyễn Văn An;U1;\n", ImportChoices(), ROWS),
        (";Nguyễn Văn An;U1;\n", ImportChoices(twins="one"), 1),
        (";Nguyễn Văn An;U1;\n", ImportChoices(twins="two"), ROWS),
        (";Nguyễn Văn An;U1;\n", ImportChoices(by_name="add"), ROWS),
        (";Nguyễn Văn An;U1;{day:02}/03/{year}\n", ImportChoices(), 28 * 20),
    ],
)
def test_code_then_name_unit_and_birth_date_tell_people_apart(
    row: str, choices: ImportChoices, added: int
) -> None:
    rows = [
        row.format(number=number, day=1 + number % 28, year=1960 + number // 28 % 20)
        for number in range(ROWS)
    ]
    assert counts(rows, choices)["added"] == added


def test_a_row_without_a_code_means_the_one_of_its_name_and_many_are_nobody() -> None:
    one = ["CB1;Nguyễn Văn An;U1;01/02/1980\n", ";Nguyễn Văn An;U1;\n"]
    assert counts(one, ImportChoices(twins="one")) == {"added": 1, "unchanged": 1, "twice": 1}
    two = ["CB1;Nguyễn Văn An;U1;\n", "CB2;Nguyễn Văn An;U1;\n", ";Nguyễn Văn An;U1;\n"]
    found = read_rows(read_tables("a.csv", (HEAD + "".join(two)).encode()), date(2026, 1, 1))
    units = Places([Place(1, "U1", "Xã Ấm Hạ", "/1/")])
    choices = ImportChoices(twins="one")
    plan(found, resolve_units(found, units, choices), Present(units, Places([])), SYSTEM, choices)
    assert [problem.code for problem in found.problems.kept] == ["person_ambiguous"]
