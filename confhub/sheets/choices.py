"""How a file is read, as somebody said: where its headings are, what its columns hold, its letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from confhub.sheets.hidden import HiddenChoice

LettersChoice = Literal["", "convert", "keep"]
"""What somebody said of texts in an old font; nothing so far."""

LEFT_OUT: Final = 0
"""Said in place of a heading's row: the sheet is not read."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of a sheet. `heading`: the row, from 1, in which the heading begins; below 0: there
    is none, and the first entry stands in that row; `LEFT_OUT`; None: nothing was said of it. `fields`:
    place → field, or "" for a column that is not read."""

    heading: int | None = None
    fields: Mapping[int, str] = field(default_factory=dict)


NOTHING: Final = Said()

Chosen = Mapping[int, Said]
"""What was said of each sheet, by its place."""


@dataclass(frozen=True, slots=True)
class ReadingChoices:
    """How the file is read, as somebody said. `letters`: of texts in an old font. `columns`: `sheet.column`,
    both from 0, → the field that it holds (`columns.FIELDS`), or "" for one that is not read. `headings`:
    sheet, from 0, → the row of its heading, as `layout.Said` has it. `hidden`: of what a workbook hides."""

    letters: LettersChoice = ""
    columns: dict[str, str] = field(default_factory=dict)
    headings: dict[str, int] = field(default_factory=dict)
    hidden: HiddenChoice = ""

    def said(self) -> dict[int, Said]:
        """What was said of each sheet."""
        return by_sheet(self.columns, self.headings)


def by_sheet(columns: Mapping[str, str], headings: Mapping[str, int]) -> dict[int, Said]:
    """`sheet.column` → field and sheet → row of the heading, as forms and drafts have them, by sheet."""
    fields: dict[int, dict[int, str]] = {}
    for key, name in columns.items():
        sheet, _, place = key.partition(".")
        if sheet.isdecimal() and place.isdecimal() and len(key) < 12:
            fields.setdefault(int(sheet), {})[int(place)] = name
    rows = {int(sheet): row for sheet, row in headings.items() if sheet.isdecimal() and len(sheet) < 12}
    return {sheet: Said(rows.get(sheet), fields.get(sheet, {})) for sheet in fields.keys() | rows.keys()}


def by_place(chosen: Chosen) -> dict[str, str]:
    """`sheet.column` → field again."""
    return {f"{sheet}.{place}": name for sheet, said in chosen.items() for place, name in said.fields.items()}


def by_heading_row(chosen: Chosen) -> dict[str, int]:
    """Sheet → row of the heading again."""
    return {str(sheet): said.heading for sheet, said in chosen.items() if said.heading is not None}


def over(known: Chosen, chosen: Chosen) -> dict[int, Said]:
    """What was chosen, over what is known from before."""
    found: dict[int, Said] = {}
    for sheet in known.keys() | chosen.keys():
        old, new = known.get(sheet, NOTHING), chosen.get(sheet, NOTHING)
        heading = old.heading if new.heading is None else new.heading
        found[sheet] = Said(heading, {**old.fields, **new.fields})
    return found
