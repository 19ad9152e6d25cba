"""Rows of a file of people read into clean values, and what is wrong with each cell. Runs in a thread."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from confhub.i18n.identity import identity_key
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.org.rules import clean_code
from confhub.people.rules import clean_birth_date, clean_birth_year, clean_email, clean_visible
from confhub.registry.import_rows import read_date
from confhub.registry.rules import clean_phone, with_zero
from confhub.rosters.columns import TELLING, Header, possible_headings, read_heading
from confhub.rosters.import_errors import (
    NameWithoutLetters,
    PeopleFileEmpty,
    PeopleHeaderMissing,
    SeveralNames,
)
from confhub.sheets.choices import LEFT_OUT, NOTHING, Chosen, Said
from confhub.sheets.errors import CellError, ColumnMissing, DateInvalid, FormulaCell
from confhub.sheets.file_letters import Letters, in_unicode
from confhub.sheets.first_rows import FirstRows, first_rows
from confhub.sheets.headings import WRITTEN_OF_PEOPLE
from confhub.sheets.hidden import HiddenPart
from confhub.sheets.layout import Heading
from confhub.sheets.office_rows import LeftOut, Row, body
from confhub.sheets.preview import Problems
from confhub.sheets.table import Cell, SheetError, Table, cell_text, said

Tell = Callable[[str, int, int], None]
"""What is told of the progress: reading | checking | writing, rows done, rows in all. From any thread."""

TELL_EVERY: Final = 2_000
"""Rows between two words of progress."""

MARKS: Final = {
    "zero": "0 put back in front of the phone",
    "year": "year of birth alone",
    "century": "year of birth written with two digits",
    "serial": "day of birth out of a spreadsheet's number",
    "group": "unit from the heading of the group",
}
"""What was done to a row: message ids."""

_ORDINARY = re.compile("[A-Za-z0-9À-ɏẠ-ỹ.,/()'’–-]+(?: [A-Za-z0-9À-ɏẠ-ỹ.,/()'’–-]+)*")
"""Letters that are composed and visible for certain: most names need no closer look."""

_YEAR = re.compile(
    r"(?:[0.\-_… ]{0,4}[/.\-][0.\-_… ]{0,4}[/.\-]\s*+|(?:0?[1-9]|1[0-2])[/.\-])?+([12][0-9]{3})"
)
_SHORT = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{2})")
_SERIAL = re.compile(r"[1-9][0-9]{4}")
_DAY_0: Final = date(1899, 12, 30)
"""Of a spreadsheet's days."""

OLDEST: Final = 90
"""Years that somebody on a list may have lived: `03/09/36` is of 1936 in 2026, `03/09/35` of 2035 no less."""

_SURNAMES: Final = frozenset({
    "nguyễn", "trần", "lê", "phạm", "hoàng", "huỳnh", "phan", "vũ", "võ", "đặng", "bùi", "đỗ", "hồ", "ngô",
    "dương", "lý", "đinh", "trịnh", "đoàn", "lương",
})  # fmt: skip
"""Those of nine people in ten: a line in a cell that begins with one begins another person."""

_LETTER = re.compile(r"[^\W\d_]")


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody."""


@dataclass(slots=True)
class PersonRow:
    """One row. What the file leaves empty is None; unit and room are texts, looked up later. `key`: the name
    as an identity. `group`: the heading of the group that it stands in. `marks`: keys of `MARKS`."""

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
    group: str = ""
    marks: tuple[str, ...] = ()

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
    """What a file says. `unread`: sheets without a list of people, by place. `computed`: cells with a
    formula's last value."""

    rows: list[PersonRow] = field(default_factory=list)
    headers: dict[int, Header] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    left_out: LeftOut = field(default_factory=LeftOut)
    unread: dict[int, str] = field(default_factory=dict)
    letters: Letters | None = None
    computed: int = 0
    first_rows: tuple[FirstRows, ...] = ()
    hidden: tuple[HiddenPart, ...] = ()

    def sheet_of(self, row: PersonRow) -> str:
        """The name of the row's sheet."""
        return self.headers[row.sheet].name

    def fail(self, row: PersonRow, error: DomainError, name: str) -> None:
        """Keep a problem of a row's field."""
        header = self.headers[row.sheet]
        self.problems.add(error, header.name, row.row, header.text(name))


def read_rows(
    tables: list[Table] | SheetError,
    today: date,
    tell: Tell = quiet,
    chosen: Chosen | None = None,
    *,
    keep_letters: bool = False,
) -> PeopleRows:
    """Everything that the tables say of people, and everything wrong with them (or with the file itself).

    Texts in an old font are converted unless `keep_letters`. Blocking; raises nothing.
    """
    found = PeopleRows()
    if isinstance(tables, SheetError):
        told = PeopleFileEmpty() if tables.error.code == "file_empty" else tables.error
        found.problems.add(told, tables.sheet, tables.row, None)
        return found
    tables, found.letters = in_unicode(tables, keep=keep_letters)
    found.first_rows = first_rows(tables)
    for place, table in enumerate(tables):
        wanted = (chosen or {}).get(place, NOTHING)
        if not any(table.rows) or wanted.heading == LEFT_OUT:
            continue
        heading = read_heading(table, wanted)
        if heading is None:
            found.unread[place] = table.name
            continue
        heading, rows = body(table, heading, TELLING)
        header = found.headers[place] = Header(place, table.name, heading)
        if not heading.fields.keys() & {"name", "family", "given"}:
            found.problems.add(ColumnMissing(value=WRITTEN_OF_PEOPLE["name"]), table.name, heading.row, None)
            continue
        _read_table(table, header, rows, found, today, tell)
    if not found.headers and not found.problems.total:
        first = next(iter(found.unread.values()), "")
        missing = PeopleHeaderMissing() if found.unread else PeopleFileEmpty()
        found.problems.add(missing, first, 1 if found.unread else None, None)
    elif not found.problems.total and not found.rows:
        found.problems.add(PeopleFileEmpty(), "", None, None)
    return found


def headings_of(
    tables: list[Table], chosen: Chosen, *, keep_letters: bool = False
) -> dict[int, list[Heading]]:
    """Each sheet's heading as it stands; where none is found, all that may be it. Blocking."""
    converted, _ = in_unicode(tables, keep=keep_letters)
    return {
        place: possible_headings(table, Said(chosen.get(place, NOTHING).heading))
        for place, table in enumerate(converted)
    }


def _read_table(
    table: Table, header: Header, rows: list[Row], found: PeopleRows, today: date, tell: Tell
) -> None:
    columns = [(one.place, one.field) for one in header.heading.columns if one.field in _PARSERS]
    places = {place for place, _ in columns}
    bad: dict[int, list[int]] = {}
    for number, column in table.formulas:
        if column - 1 in places:
            bad.setdefault(number, []).append(column - 1)
    found.computed += table.computed
    for row in rows:
        if row.number % TELL_EVERY == 0:
            tell("reading", row.number - header.heading.row, len(table.rows) - header.heading.row)
        if row.why:
            found.left_out.add(table.name, row)
            continue
        person = _person(row, columns, bad.get(row.number, []), header, found, today)
        if person is not None:
            found.rows.append(person)


def _person(
    row: Row, columns: list[tuple[int, Any]], bad: list[int], header: Header, found: PeopleRows, today: date
) -> PersonRow | None:
    problems, cells = found.problems, row.cells
    before = problems.total
    values: dict[str, Any] = {}
    for place, name in columns:
        if place in bad:
            problems.add(FormulaCell(), header.name, row.number, header.text(name))
            continue
        cell = cells[place] if place < len(cells) else ""
        if cell == "" and name != "name":
            continue
        try:
            values.setdefault(name, _PARSERS[name](cell))
        except DomainError as error:
            problems.add(error, header.name, row.number, header.text(name))
    name = values.get("name") or " ".join(filter(None, (values.get("family"), values.get("given"))))
    marks = []
    day = year = None
    try:
        born = _put_together(values)
        if isinstance(born, _Born):
            marks.append(born.mark)
            born = born.on(today)
        day, year = (born, None) if isinstance(born, date) else (None, born)
        clean_birth_date(day, today)
        clean_birth_year(year, today)
    except DomainError as error:
        problems.add(error, header.name, row.number, header.text("birth_date"))
    if problems.total == before and not name:
        problems.add(_missing_name(), header.name, row.number, header.text("name"))
    if problems.total != before:
        return None
    phone = values.get("phone")
    if phone is not None and (mended := with_zero(phone)) != phone:
        phone = mended
        marks.append("zero")
    if year is not None:
        marks.append("year")
    unit = values.get("unit") or values.get("unit_name")
    room = values.get("room") or values.get("room_name")
    return PersonRow(
        row.number, name, identity_key(name), values.get("code"), unit, values.get("position"), day, phone,
        values.get("email"), room, year, header.sheet, row.group, tuple(marks),
    )  # fmt: skip


def _missing_name() -> DomainError:
    try:
        clean_visible("", "name")
    except DomainError as error:
        return error
    raise AssertionError("an empty name is refused")


def _plain(cell: Cell) -> str:
    text = cell_text(cell)
    if text.startswith("#") and text.rstrip("!?/0").isascii() and text[1:2].isupper():
        raise CellError
    return text


def _name(cell: Cell) -> str:
    text = _plain(cell)
    if "\n" in text or ";" in text:
        _one_name(text)
    if not (len(text) <= NAME_MAX_CHARS and _ORDINARY.fullmatch(text)):
        text = clean_visible(text, "name")
    if not _LETTER.search(text):
        raise NameWithoutLetters(field="name", value=text)
    return text


def _one_name(text: str) -> None:
    """Raise `SeveralNames` where lines of the cell, or what stands between its semicolons, are people each; a
    name may go on in a second line."""
    lines = [line.split() for line in re.split(r"[\n;]", text) if line.strip()]
    others = [line for line in lines[1:] if len(line) > 1 and line[0].casefold() in _SURNAMES]
    if others and len(lines[0]) > 1:
        raise SeveralNames(field="name", value=" ; ".join(" ".join(line) for line in lines)[:120])


@lru_cache(maxsize=4096)
def _known_text(text: str) -> str | None:
    return clean_visible(text, "text") if text.strip() else None


def _text(cell: Cell) -> str | None:
    return _known_text(_said(cell)) if cell != "" else None


def _code(cell: Cell) -> str | None:
    text = _said(cell)
    return clean_code(text) if text else None


def _phone(cell: Cell) -> str | None:
    return clean_phone(_said(cell), "phone")


def _email(cell: Cell) -> str | None:
    return clean_email(_said(cell))


def _said(cell: Cell) -> str:
    return said(_plain(cell))


@dataclass(frozen=True, slots=True)
class _Born:
    """A day of birth that is not written in full."""

    day: date
    mark: str

    def on(self, today: date) -> date:
        """The day, in the century in which somebody may live who is on a list of today."""
        far = self.mark == "century" and today.year - self.day.year > OLDEST
        return date(self.day.year + 100, self.day.month, self.day.day) if far else self.day


def _born(cell: Cell) -> date | int | _Born | None:
    """A day of birth, or a year where that is all the cell says (`1980`, `9/1980`, `../../1980`).
    Or a day whose year has two digits, or that lost its format and is a number."""
    if isinstance(cell, datetime):
        return cell.date()
    text = _plain(cell) if not isinstance(cell, date) else cell
    if isinstance(text, str):
        text = re.sub(r" ?([/.\-]) ?", r"\1", " ".join(_said(text).split()))
        if found := _YEAR.fullmatch(text):
            return int(found[1])
        if _SERIAL.fullmatch(text):
            return _Born(_DAY_0 + timedelta(days=int(text)), "serial")
        if found := _SHORT.fullmatch(text):
            century = "20" if found[3] == "00" else "19"  # only one of them had a 29th of February
            day = read_date(f"{found[1]}/{found[2]}/{century}{found[3]}", "birth_date")
            assert day is not None, "it is no empty cell"
            return _Born(day, "century")
    return read_date(text, "birth_date")


def _number(cell: Cell) -> int | None:
    """A day or a month in a column of its own; None for nothing. Raises `DateInvalid`."""
    text = _said(cell)
    if text and not (text.isascii() and text.isdigit() and len(text) < 3):
        raise DateInvalid(field="birth_date", value=text)
    return int(text) if text else None


def _put_together(values: dict[str, Any]) -> Any:
    """The birth of a row: day, month and year in three columns are one day. Raises `DateInvalid`."""
    born, day, month = (values.get(name) for name in ("birth_date", "birth_day", "birth_month"))
    if born is None and (day or month):
        raise DateInvalid(field="birth_date", value=f"{day or ''}/{month or ''}")
    if not (isinstance(born, int) and day and month):
        return born
    try:
        return date(born, month, day)
    except ValueError:
        raise DateInvalid(field="birth_date", value=f"{day}/{month}/{born}") from None


_PARSERS: Final[dict[str, Callable[[Cell], Any]]] = {
    "name": _name,
    "family": _text,
    "given": _text,
    "code": _code,
    "unit": _text,
    "unit_name": _text,
    "position": _text,
    "birth_date": _born,
    "birth_day": _number,
    "birth_month": _number,
    "phone": _phone,
    "email": _email,
    "room": _text,
    "room_name": _text,
}
"""How each field's cell is read."""
