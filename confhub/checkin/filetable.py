"""Attendance lists as offices write them: which rows of which sheets, and what an hour says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final

from confhub.checkin.errors import TimeUnreadable
from confhub.checkin.values import Result
from confhub.kernel.errors import DomainError
from confhub.kernel.permissions import Permission
from confhub.sheets.choices import LEFT_OUT, NOTHING, Chosen, ReadingChoices, Said
from confhub.sheets.column_memory import Memory, ReadSheet
from confhub.sheets.file_letters import Letters, in_unicode
from confhub.sheets.first_rows import FirstRows, first_rows
from confhub.sheets.headings import ATTENDANCE, WRITTEN_OF_PEOPLE, by_heading
from confhub.sheets.hidden import HiddenPart
from confhub.sheets.layout import Heading, find_heading, headings_like
from confhub.sheets.office_rows import LeftOut, body
from confhub.sheets.preview import Ignored, Skipped
from confhub.sheets.table import Cell, Table, cell_text, said

KNOWN: Final = by_heading(ATTENDANCE)

FIELDS: Final[Mapping[str, str]] = {
    "name": "Full name",
    "family": "Family and middle name",
    "given": "Given name",
    "code": "Code",
    "badge": "Badge",
    "unit": "Unit",
    "room": "Endpoint",
    "came": "Time in",
    "went": "Time out",
}
"""What a column may be chosen to be: field → message id."""

MEMORY: Final = Memory("attendance", Permission.CHECKIN_RUN, FIELDS)

PERSON: Final = frozenset({"code", "badge", "name", "given"})
HOURS: Final = frozenset({"came", "went"})
"""A list says of each of them at least one."""

TELLING: Final = ("code", "badge", "unit", "room", "came", "went")
"""What only people have, beside a name: a group's heading has none of it."""

_CLOCK = re.compile(
    r"([0-9]{1,2})\s*+(?::|h|g|giờ)\s*+"
    r"(?:([0-9]{1,2})\s*+(?:(?::|')\s*+([0-9]{1,2})?|phút|p)?)?\s*+(SA|CH|AM|PM|sáng|trưa|chiều|tối)?",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"(?:([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})|([0-9]{4})[/\-]([0-9]{1,2})[/\-]([0-9]{1,2}))"
)
_ISO_T = re.compile(r"(?<=[0-9])T(?=[0-9])")
_WEEKDAY = re.compile(
    r"(?:thứ\s(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|t[2-7]|cn)\s*+,?+\s*+", re.IGNORECASE
)
_AFTERNOON: Final = ("CH", "PM", "CHIỀU", "TỐI")
_SERIAL = re.compile(r"[0-9]{1,5}[.,][0-9]{3,17}")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's day 0, local to whoever typed
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row that may be a person's: the cells by field; `name` put together of family's and given one.
    `formula`: a field of it with a formula that has no value."""

    sheet: int
    number: int
    name: str
    cells: dict[str, Cell]
    formula: str = ""


@dataclass(slots=True)
class FileRows:
    """All sheets of a file. `unread`: sheets without a list, by place, with their names; `lacking`: sheets
    without a column for the person, or for hours, with the field."""

    rows: list[FileRow] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    read: list[ReadSheet] = field(default_factory=list)
    lacking: dict[int, str] = field(default_factory=dict)
    first_rows: tuple[FirstRows, ...] = ()
    ignored: list[Ignored] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    unread: dict[int, str] = field(default_factory=dict)
    letters: Letters | None = None
    computed: int = 0

    def column(self, sheet: int, wanted: str | None) -> str:
        """A field's heading as the sheet writes it, or else as offices do; nothing for what is no field."""
        read = next(one for one in self.read if one.sheet == sheet)
        texts = (one.heading for one in read.heading.columns if one.field == wanted)
        return next(filter(None, texts), WRITTEN_OF_PEOPLE.get(wanted or "", ""))


@dataclass(frozen=True, slots=True)
class FileLine:
    """What became of one row of a file. `column`: the heading of the cell at fault, where it is one."""

    row: int
    name: str
    result: Result
    attendee: int | None
    error: DomainError | None
    sheet: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """What became of a file, or would become of it (`dry`). `ignored`: columns that are not read; `skipped`:
    the first rows that are nobody's; `skips`: how many there are, by the reason."""

    dry: bool
    lines: tuple[FileLine, ...]
    stored: int
    doubled: int
    refused: int
    ignored: tuple[Ignored, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    skips: dict[str, int] = field(default_factory=dict)
    letters: Letters | None = None
    """Of texts in an old font: how they are read, or would be."""
    choices: ReadingChoices = field(default_factory=ReadingChoices)
    read: tuple[ReadSheet, ...] = ()
    """The sheets that were read, with their columns."""
    first_rows: tuple[FirstRows, ...] = ()
    """What stands on top of each sheet."""
    hidden: tuple[HiddenPart, ...] = ()
    """Sheets, rows and columns that the workbook hides."""
    computed: int = 0
    """Cells whose value is the one that a formula had when the file was saved."""


def read(tables: list[Table], chosen: Chosen | None = None, *, keep_letters: bool = False) -> FileRows:
    """The rows of every sheet; texts in an old font are converted unless `keep_letters`."""
    tables, letters = in_unicode(tables, keep=keep_letters)
    found = FileRows(names=[table.name for table in tables], letters=letters, first_rows=first_rows(tables))
    for place, table in enumerate(tables):
        wanted = (chosen or {}).get(place, NOTHING)
        if not any(table.rows) or wanted.heading == LEFT_OUT:
            continue
        heading = find_heading(table, KNOWN, _is_list, wanted)
        if heading is None:
            found.unread[place] = table.name
        else:
            _take(place, table, heading, found)
    return found


def headings_of(
    tables: list[Table], chosen: Chosen, *, keep_letters: bool = False
) -> dict[int, list[Heading]]:
    """Each sheet's heading as it stands; where none is found, all that may be it."""
    converted, _ = in_unicode(tables, keep=keep_letters)
    return {
        place: _possible_headings(table, Said(chosen.get(place, NOTHING).heading))
        for place, table in enumerate(converted)
    }


def _possible_headings(table: Table, said: Said) -> list[Heading]:
    heading = find_heading(table, KNOWN, _is_list, said)
    if heading is not None:
        return [heading]
    return headings_like(table, KNOWN) if said.heading is None else []


def _is_list(fields: Set[str], _filled: int) -> bool:
    return bool(fields & PERSON) and bool(fields & HOURS)


def _take(place: int, table: Table, heading: Heading, found: FileRows) -> None:
    heading, rows = body(table, heading, TELLING)
    found.read.append(ReadSheet(place, table.name, heading))
    found.computed += table.computed
    found.ignored += [
        Ignored(table.name, one.heading, one.sample) for one in heading.columns if one.field is None
    ]
    for wanted, first in ((PERSON, "name"), (HOURS, "came")):
        if not heading.fields.keys() & wanted:
            found.lacking[place] = first
            return
    for row in rows:
        if row.why:
            found.left_out.add(table.name, row)
            continue
        cells = {name: row.cells[at] for name, at in heading.fields.items() if at < len(row.cells)}
        parts = (cells.get(name, "") for name in ("name", "family", "given"))
        name = " ".join(" ".join(cell_text(part).split()) for part in parts if part != "")
        formula = next(
            (name for name, at in heading.fields.items() if (row.number, at + 1) in table.formulas), ""
        )
        found.rows.append(FileRow(place, row.number, name, cells, formula))


def hour_of(cell: Cell, column: str) -> datetime | time | None:
    """What a cell says: a local moment, or an hour of the session's day; None for nothing.

    Excel's own times, with a day or without, also where the cell lost its format and shows the fraction of a
    day; `8:05`, `11:24:10 CH`, `7h30`, `22/11/2026 08:05`. Raises `TimeUnreadable`.
    """
    if isinstance(cell, (datetime, time)):
        return cell
    text = " ".join(_ISO_T.sub(" ", said(cell)).split())
    if not text:
        return None
    wrong = TimeUnreadable(field=column, value=text[:40])
    if weekday := _WEEKDAY.match(text):
        text = text[weekday.end() :]
    if _SERIAL.fullmatch(text):
        return _of_serial(float(text.replace(",", ".")), wrong)
    day = _DAY.match(text)
    hour = _CLOCK.fullmatch(text[day.end() :].strip(" ,-") if day is not None else text)
    if hour is None and day is None:
        day = _DAY.search(text)
        hour = _CLOCK.fullmatch(text[: day.start()].strip(" ,-")) if day and text.endswith(day[0]) else None
    if hour is None:
        raise wrong
    try:
        moment = _clock(hour)
        if day is None:
            return moment
        parts = [int(part) for part in day.groups() if part]
        year, month, number = parts if day[4] else reversed(parts)
        return datetime.combine(datetime(year, month, number), moment)  # noqa: DTZ001 - the zone comes later
    except ValueError:
        raise wrong from None


def _clock(found: re.Match[str]) -> time:
    hour, half = int(found[1]), (found[4] or "").upper()
    if half and not 1 <= hour <= 12:
        raise ValueError(hour)
    if half:
        noon = half == "TRƯA" and hour != 11  # 11 giờ trưa is before noon
        hour = hour % 12 + (12 if half in _AFTERNOON or noon else 0)
    return time(hour, int(found[2] or 0), int(found[3] or 0))


def _of_serial(days: float, wrong: TimeUnreadable) -> datetime | time:
    """A day, or a part of one, as Excel counts; days of people who live now."""
    seconds = round(days * _DAY_S)
    if seconds < _DAY_S:
        return (_EPOCH + timedelta(seconds=seconds)).time()
    if not 20_000 < days < 80_000:
        raise wrong
    return _EPOCH + timedelta(seconds=seconds)
