"""The columns of a file of people, as they are found and as somebody chooses them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

from confhub.kernel.permissions import Permission
from confhub.sheets.choices import NOTHING, Said
from confhub.sheets.column_memory import Memory, ReadSheet
from confhub.sheets.headings import PEOPLE, WRITTEN_OF_PEOPLE, by_heading
from confhub.sheets.layout import Heading, find_heading, headings_like
from confhub.sheets.table import Table

KNOWN: Final = by_heading(PEOPLE)

FIELDS: Final[Mapping[str, str]] = {
    "name": "Full name",
    "family": "Family and middle name",
    "given": "Given name",
    "code": "Code",
    "unit": "Unit's code",
    "unit_name": "Unit",
    "position": "Position",
    "birth_date": "Date or year of birth",
    "birth_day": "Day of birth",
    "birth_month": "Month of birth",
    "phone": "Phone",
    "email": "E-mail",
    "room": "Endpoint's code",
    "room_name": "Endpoint",
}
"""What a column may be chosen to be: field → message id. Columns of notes are known and not read."""

TELLING: Final = (
    "code",
    "unit",
    "unit_name",
    "position",
    "birth_date",
    "phone",
    "email",
    "room",
    "room_name",
)
"""What only people have, beside a name: a group's heading has none of it."""


MEMORY: Final = Memory("people", Permission.PERSON_EDIT, FIELDS)


@dataclass(frozen=True, slots=True)
class Header(ReadSheet):
    """A sheet that people were read from."""

    def text(self, field: str) -> str:
        """The field's heading as the file writes it, or else as offices do."""
        wanted = {field, f"{field}_name"} if field != "name" else {"name", "family", "given"}
        said = next((one.heading for one in self.heading.columns if one.field in wanted), "")
        return said or WRITTEN_OF_PEOPLE.get(field, field)


def read_heading(table: Table, said: Said = NOTHING) -> Heading | None:
    """The heading of a list of people; titles may stand above it. None where there is none."""
    return find_heading(table, KNOWN, _is_of_people, said)


def possible_headings(table: Table, said: Said = NOTHING) -> list[Heading]:
    """The sheet's heading; where none is found and nothing was said, whatever may be it."""
    heading = read_heading(table, said)
    if heading is not None:
        return [heading]
    return headings_like(table, KNOWN) if said.heading is None else []


def _is_of_people(fields: Set[str], filled: int) -> bool:
    named = bool(fields & {"name", "family", "given"})
    return (len(fields) >= 2 and (named or "code" in fields)) or ("name" in fields and filled == 1)
