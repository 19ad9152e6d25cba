"""Rows of a file of people read into clean values, and what is wrong with each cell. Runs in a thread."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

from confhub.i18n.identity import identity_key
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.org.rules import clean_code
from confhub.people.rules import clean_birth_date, clean_email, clean_visible
from confhub.registry.columns import HeaderProblem
from confhub.registry.import_errors import CellError, ColumnUnnamed, FormulaCell
from confhub.registry.import_rows import Problems, read_date
from confhub.registry.rules import clean_phone
from confhub.registry.sheets import Cell, SheetError, Table
from confhub.rosters.columns import Header, read_header
from confhub.rosters.import_errors import PeopleFileEmpty

Tell = Callable[[str, int, int], None]
"""What is told of the progress: reading | checking | writing, rows done, rows in all. From any thread."""

TELL_EVERY: Final = 2_000
"""Rows between two words of progress."""

_ORDINARY = re.compile("[A-Za-z0-9À-ɏẠ-ỹ.,/()'’–-]+(?: [A-Za-z0-9À-ɏẠ-ỹ.,/()'’–-]+)*")
"""Letters that are composed and visible for certain: most names need no closer look."""


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody."""


@dataclass(slots=True)
class PersonRow:
    """One row. What the file leaves empty is None; unit and room are texts, looked up later. `key`: the name
    as an identity."""

    row: int
    name: str
    key: str
    code: str | None
    unit: str | None
    position: str | None
    birth_date: date | None
    phone: str | None
    email: str | None
    room: str | None
    birth_year: int | None = None
    sheet: int = 0

    @property
    def born(self) -> date | int | None:
        """The day of birth, or the year alone."""
        return self.birth_date or self.birth_year

    @property
    def key_of_row(self) -> str:
        """Names the row among all sheets."""
        return f"{self.sheet}.{self.row}"


@dataclass(slots=True)
class PeopleRows:
    """What a file says."""

    rows: list[PersonRow] = field(default_factory=list)
    header: Header = field(default_factory=lambda: Header(0, {}, {}))
    sheet: str = ""
    problems: Problems = field(default_factory=Problems)

    def sheet_of(self, row: PersonRow) -> str:
        """The name of the row's sheet."""
        return self.sheet

    def fail(self, row: PersonRow, error: DomainError, name: str) -> None:
        """Keep a problem of a row's field."""
        self.problems.add(error, self.sheet, row.row, self.header.heading(name))


def read_rows(tables: list[Table] | SheetError, today: date, tell: Tell = quiet) -> PeopleRows:
    """Everything that the tables say of people, and everything wrong with them (or with the file itself).

    Blocking; raises nothing.
    """
    found = PeopleRows()
    if isinstance(tables, SheetError):
        told = PeopleFileEmpty() if tables.error.code == "file_empty" else tables.error
        found.problems.add(told, tables.sheet, tables.row, None)
        return found
    tables = [table for table in tables if any(table.rows)]
    problem: HeaderProblem | None = None
    for table in tables:
        try:
            header = read_header(table)
        except HeaderProblem as error:
            problem = problem or error
            found.sheet = found.sheet or table.name
            continue
        found.header, found.sheet, problem = header, table.name, None
        _read_table(table, found, today, tell)
        break
    if problem is not None:
        for one, heading in problem.errors:
            found.problems.add(one, found.sheet, problem.row, heading)
    elif not found.problems.total and not found.rows:
        found.problems.add(PeopleFileEmpty(), "", None, None)
    return found


def _read_table(table: Table, found: PeopleRows, today: date, tell: Tell) -> None:
    header, problems = found.header, found.problems
    places = set(header.fields.values())
    width = max(places) + 1
    read = {name: place for name, place in header.fields.items() if name in _PARSERS}
    columns = {place: name for name, place in read.items()}
    bad: dict[int, list[int]] = {}
    for row, column in table.formulas:
        if column - 1 in columns:
            bad.setdefault(row, []).append(column - 1)
    body = table.rows[header.row :]
    for number, cells in enumerate(body, header.row + 1):
        if number % TELL_EVERY == 0:
            tell("reading", number - header.row, len(body))
        if not any(cells):
            continue
        odd = len(cells) > width or len(places) < width
        if odd and any(cell != "" for place, cell in enumerate(cells) if place not in places):
            problems.add(ColumnUnnamed(), table.name, number, None)
            continue
        before = problems.total
        for place in sorted(bad.get(number, ())):
            problems.add(FormulaCell(), table.name, number, header.heading(columns[place]))
        values: dict[str, Any] = {}
        for name, place in read.items():
            cell = cells[place] if place < len(cells) else ""
            try:
                values[name] = _PARSERS[name](cell)
            except DomainError as error:
                if place not in bad.get(number, ()):
                    problems.add(error, table.name, number, header.headings[name])
        try:
            clean_birth_date(values.get("birth_date"), today)
        except DomainError as error:
            problems.add(error, table.name, number, header.heading("birth_date"))
        if problems.total != before:
            continue
        name = values["name"]
        found.rows.append(
            PersonRow(
                number,
                name,
                identity_key(name),
                values.get("code"),
                values.get("unit") or values.get("unit_name"),
                values.get("position"),
                values.get("birth_date"),
                values.get("phone"),
                values.get("email"),
                values.get("room") or values.get("room_name"),
            )
        )


def _plain(cell: Cell) -> str:
    text = cell.isoformat() if isinstance(cell, date) else cell
    if text.startswith("#") and text.rstrip("!?/0").isascii() and text[1:2].isupper():
        raise CellError
    return text


def _name(cell: Cell) -> str:
    text = _plain(cell)
    if len(text) <= NAME_MAX_CHARS and _ORDINARY.fullmatch(text) and not text.isdigit():
        return text
    return clean_visible(text, "name")


@lru_cache(maxsize=4096)
def _known_text(text: str) -> str | None:
    return clean_visible(text, "text") if text.strip() else None


def _text(cell: Cell) -> str | None:
    return _known_text(_plain(cell)) if cell != "" else None


def _code(cell: Cell) -> str | None:
    return clean_code(_plain(cell)) if cell != "" else None


def _phone(cell: Cell) -> str | None:
    return clean_phone(_plain(cell), "phone") if cell != "" else None


def _email(cell: Cell) -> str | None:
    return clean_email(_plain(cell)) if cell != "" else None


def _date(cell: Cell) -> date | None:
    return read_date(_plain(cell) if isinstance(cell, str) else cell, "birth_date")


_PARSERS: Final[dict[str, Callable[[Cell], Any]]] = {
    "name": _name,
    "code": _code,
    "unit": _text,
    "unit_name": _text,
    "position": _text,
    "birth_date": _date,
    "phone": _phone,
    "email": _email,
    "room": _text,
    "room_name": _text,
}
"""How each field's cell is read."""
