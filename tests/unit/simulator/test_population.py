"""The province's people: the same for the same seed, as many as wished, told apart, and importable."""

from __future__ import annotations

from collections import Counter
from datetime import date

from confhub.rosters.import_rows import read_rows
from confhub.sheets.files import read_tables
from confhub.simulator.province.population import as_csv, as_xlsx, populate

ROOMS = [(f"H44.01.{number:02d}", f"H44.01.{number:02d}") for number in range(30)]
TODAY = date(2026, 3, 2)


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    assert populate(ROOMS, 600, 1) == populate(ROOMS, 600, 1)
    assert populate(ROOMS, 600, 1) != populate(ROOMS, 600, 2)


def test_as_many_as_wished_in_every_room() -> None:
    people = populate(ROOMS, 4000, 1)
    sizes = Counter(one.room for one in people)
    assert len(people) == 4000
    assert sizes.keys() == {room for room, _ in ROOMS}
    assert 70 < min(sizes.values()) < max(sizes.values()) < 200
    assert sum(Counter(one.room for one in populate(ROOMS, 31, 1)).values()) == 31


def test_names_repeat_and_yet_everybody_can_be_told_apart() -> None:
    people = populate(ROOMS, 4000, 1)
    assert len({one.name for one in people}) < 3800
    codes = [one.code for one in people if one.code]
    assert len(set(codes)) == len(codes) < 4000
    named = Counter((one.unit, one.name) for one in people)
    assert all(named[one.unit, one.name] == 1 for one in people if not one.code)
    assert any(number > 1 for number in named.values())


def test_both_files_are_read_without_a_problem() -> None:
    people = populate(ROOMS, 300, 1)
    for filename, content in (("a.csv", as_csv(people)), ("a.xlsx", as_xlsx(people))):
        found = read_rows(read_tables(filename, content), TODAY)
        assert found.problems.total == 0
        assert [(row.name, row.code, row.birth_date, row.room) for row in found.rows] == [
            (one.name, one.code or None, one.birth_date, one.room) for one in people
        ]
