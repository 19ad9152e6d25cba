"""Rows of an import file read into wishes: clean values per entry, and what is wrong with each cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from confhub.i18n.folding import fold
from confhub.kernel.errors import DomainError
from confhub.org.rules import check_dates, clean_code, clean_optional, clean_text
from confhub.registry.columns import CHOICES, CHOICES_WRITTEN, Header, What, possible_headings, read_header
from confhub.registry.import_errors import ChoiceUnknown, CodeTwice, HeaderMissing, RankInvalid, TypeUnknown
from confhub.registry.rules import clean_phone, with_zero
from confhub.sheets.choices import LEFT_OUT, NOTHING, Chosen, Said
from confhub.sheets.column_memory import ReadSheet
from confhub.sheets.errors import CellError, DateInvalid, FileEmpty, FormulaCell
from confhub.sheets.file_letters import Letters, in_unicode
from confhub.sheets.first_rows import FirstRows, first_rows
from confhub.sheets.hidden import HiddenPart
from confhub.sheets.layout import Heading
from confhub.sheets.office_rows import LeftOut, body
from confhub.sheets.preview import Ignored, Problems
from confhub.sheets.table import Cell, SheetError, Table, cell_text, said

Value = str | int | date | None

_ISO = re.compile(r"([0-9]{4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{1,2})(?:[ T]0?0:00(?::00)?)?")
_VIETNAMESE = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})(?: 0?0:00(?::00)?)?")


@dataclass(slots=True)
class Wish:
    """One row: what it says of one entry. A field that is not in `values` is left as it is."""

    what: What
    code: str
    values: dict[str, Value]
    sheet: str
    row: int
    header: Header

    def fail(self, problems: Problems, error: DomainError, field_name: str) -> None:
        """Keep a problem of one of its fields."""
        problems.add(error, self.sheet, self.row, self.header.heading(field_name))


@dataclass(slots=True)
class Wishes:
    """What a file says: tiers, units and endpoints by code, in the file's order."""

    tier: dict[str, Wish] = field(default_factory=dict)
    unit: dict[str, Wish] = field(default_factory=dict)
    endpoint: dict[str, Wish] = field(default_factory=dict)
    read: list[ReadSheet] = field(default_factory=list)
    letters: Letters | None = None
    ignored: list[Ignored] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    first_rows: tuple[FirstRows, ...] = ()
    hidden: tuple[HiddenPart, ...] = ()
    computed: int = 0

    def of(self, what: What) -> dict[str, Wish]:
        """The wishes of one kind."""
        table: dict[str, Wish] = getattr(self, what)
        return table


def read_wishes(
    tables: list[Table] | SheetError, chosen: Chosen | None = None, *, keep_letters: bool = False
) -> tuple[Wishes, Problems]:
    """Everything that the file's tables say, and everything wrong with them (or with the file itself).

    Texts in an old font are converted unless `keep_letters`. Blocking; runs in a thread.
    """
    wishes, problems = Wishes(), Problems()
    if isinstance(tables, SheetError):
        problems.add(tables.error, tables.sheet, tables.row, None)
        return wishes, problems
    tables, wishes.letters = in_unicode(tables, keep=keep_letters)
    wishes.first_rows = first_rows(tables)
    for place, table in enumerate(tables):
        wanted = (chosen or {}).get(place, NOTHING)
        if any(table.rows) and wanted.heading != LEFT_OUT:
            _read_table(place, table, wanted, wishes, problems)
    if not problems.total and not (wishes.tier or wishes.unit or wishes.endpoint):
        problems.add(FileEmpty(), "", None, None)
    return wishes, problems


def headings_of(
    tables: list[Table], chosen: Chosen, *, keep_letters: bool = False
) -> dict[int, list[Heading]]:
    """Each sheet's heading as it stands; where none is found, all that may be it. Blocking."""
    converted, _ = in_unicode(tables, keep=keep_letters)
    return {
        place: possible_headings(table, Said(chosen.get(place, NOTHING).heading))
        for place, table in enumerate(converted)
    }


def _read_table(place: int, table: Table, said: Said, wishes: Wishes, problems: Problems) -> None:
    header = read_header(table, said)
    if header is None:
        problems.add(HeaderMissing(), table.name, 1, None)
        return
    found, rows = body(table, header.found, TELLING)
    wishes.read.append(ReadSheet(place, table.name, found))
    wishes.computed += table.computed
    wishes.ignored += [
        Ignored(table.name, one.heading, one.sample) for one in found.columns if one.field is None
    ]
    for error, heading in header.problems:
        problems.add(error, table.name, found.row, heading)
    for row in rows if not header.problems else ():
        number, cells = row.number, row.cells
        if row.why:
            wishes.left_out.add(table.name, row)
            continue
        wish = _read_row(table, header, number, cells, problems)
        if wish is None:
            continue
        known = wishes.of(wish.what)
        if wish.code in known:
            error = CodeTwice(value=wish.code, first=known[wish.code].row)
            problems.add(error, table.name, number, header.heading("code"))
        else:
            known[wish.code] = wish


def _read_row(
    table: Table, header: Header, number: int, cells: list[Cell], problems: Problems
) -> Wish | None:
    def fail(error: DomainError, name: str) -> None:
        problems.add(error, table.name, number, header.heading(name))

    before = problems.total
    raw = {name: cells[place] if place < len(cells) else "" for name, place in header.fields.items()}
    for name, place in header.fields.items():
        if (number, place + 1) in table.formulas:
            fail(FormulaCell(), name)
        elif isinstance(raw[name], str) and str(raw[name]).startswith("#"):
            fail(CellError(), name)
    what = header.what
    if what is None:
        what = _what(str(raw.get("type", "")))
        if what is None:
            fail(TypeUnknown(value=str(raw.get("type", ""))), "type")
            return None
    values: dict[str, Value] = {}
    for name, parse in FIELDS[what].items():
        if name not in raw:
            continue
        try:
            values[name] = parse(raw[name], name)
        except DomainError as error:
            fail(error, name)
    for first, last in _DATES:
        start, end = values.get(first), values.get(last)
        if isinstance(start, date) and isinstance(end, date):
            try:
                check_dates(start, end)
            except DomainError as error:
                fail(error, last)
    if problems.total != before:
        return None
    return Wish(what, str(values.pop("code")), values, table.name, number, header)


TELLING: Final = ("code", "unit", "tier", "parent")
"""What only entries have, beside a name: a group's heading has none of it."""

_DATES: Final = (("valid_from", "valid_to"),)


def _what(text: str) -> What | None:
    names: dict[str, What] = {"tier": "tier", "unit": "unit", "endpoint": "endpoint"}
    return names.get(CHOICES["type"].get(fold(text), ""))


def _text(cell: Cell) -> str:
    return cell_text(cell)


def _code(cell: Cell, name: str) -> str:
    return clean_code(_text(cell), name)


def _code_or_none(cell: Cell, name: str) -> str | None:
    return clean_code(said(cell), name) if said(cell) else None


def _name(cell: Cell, name: str) -> str:
    return clean_text(_text(cell), name)


def _optional(cell: Cell, name: str) -> str | None:
    return clean_optional(said(cell), name)


def _phone(cell: Cell, name: str) -> str | None:
    phone = clean_phone(said(cell), name)
    return with_zero(phone) if phone is not None else None


def _rank(cell: Cell, name: str) -> int:
    text = _text(cell)
    if not text.isascii() or not text.isdigit() or len(text) > 2 or int(text) < 1:
        raise RankInvalid(field=name, value=text)
    return int(text)


def read_date(cell: Cell, name: str) -> date | None:
    """A date cell, or a date as people type it; None for nothing. Raises `DateInvalid`."""
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    if not isinstance(cell, str):
        raise DateInvalid(field=name, value=cell_text(cell))
    if not said(cell):
        return None
    for pattern, order in ((_ISO, (0, 1, 2)), (_VIETNAMESE, (2, 1, 0))):
        match = pattern.fullmatch(cell)
        if match:
            parts = match.groups()
            try:
                return date(*(int(parts[place]) for place in order))
            except ValueError:
                break
    raise DateInvalid(field=name, value=cell)


def _choice(cell: Cell, name: str) -> str | None:
    text = said(cell)
    if not text:
        return None
    found = CHOICES[name].get(fold(text))
    if found is None:
        raise ChoiceUnknown(field=name, value=text, choices=CHOICES_WRITTEN[name])
    return found


Parser = Callable[[Cell, str], Value]

FIELDS: Final[dict[What, dict[str, Parser]]] = {
    "tier": {"code": _code, "name": _name, "name_en": _optional, "rank": _rank},
    "unit": {
        "code": _code,
        "name": _name,
        "tier": _code,
        "parent": _code_or_none,
        "valid_from": read_date,
        "valid_to": read_date,
        "status": _choice,
    },
    "endpoint": {
        "code": _code,
        "name": _name,
        "unit": _code,
        "kind": _choice,
        "bandwidth_profile": _choice,
        "operator_name": _optional,
        "operator_phone": _phone,
        "status": _choice,
    },
}
"""Which fields an entry has, and how each cell is read."""


def wishes_in_order(wishes: Wishes) -> Iterator[Wish]:
    """Tiers, then units, then endpoints."""
    yield from wishes.tier.values()
    yield from wishes.unit.values()
    yield from wishes.endpoint.values()
