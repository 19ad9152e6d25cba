"""The columns of an import file: what they are called, in both languages, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from confhub.i18n.folding import fold
from confhub.kernel.errors import DomainError
from confhub.registry.import_errors import (
    ColumnMissing,
    ColumnTwice,
    ColumnUnknown,
    FileEmpty,
    HeaderMissing,
)
from confhub.registry.sheets import Cell, Table

What = Literal["tier", "unit", "endpoint"]
Names = Mapping[str, tuple[str, ...]]

HEADER_WITHIN_ROWS: Final = 20
"""A title and a few remarks may stand above the table."""

_COMMON: Final[Names] = {
    "code": ("code", "ma"),
    "name": ("name", "ten"),
    "status": ("status", "trang thai", "tinh trang"),
    "note": ("note", "notes", "remark", "remarks", "ghi chu", "stt", "tt", "so tt", "no", "#"),
}
_TIER: Final[Names] = {
    "code": ("ma cap", "tier code"),
    "name": ("ten cap",),
    "name_en": ("name_en", "english name", "ten tieng anh"),
    "rank": ("rank", "thu bac"),
}
_UNIT: Final[Names] = {
    "tier": ("tier", "cap", "cap hanh chinh"),
    "parent": ("parent", "parent code", "cap tren", "don vi cap tren", "ma don vi cap tren", "truc thuoc"),
    "valid_from": ("valid_from", "valid from", "hieu luc tu", "tu ngay"),
    "valid_to": ("valid_to", "valid to", "hieu luc den", "den ngay"),
}
_UNIT_ALONE: Final[Names] = {
    "code": ("ma don vi", "unit code"),
    "name": ("ten don vi", "unit name", "don vi"),
}
_ENDPOINT: Final[Names] = {
    "unit": ("unit", "unit code", "don vi", "ma don vi", "thuoc don vi"),
    "kind": ("kind", "loai diem cau", "loai phong"),
    "bandwidth_profile": (
        "bandwidth_profile",
        "bandwidth profile",
        "bandwidth",
        "bang thong",
        "duong truyen",
    ),
    "operator_name": ("operator_name", "operator name", "operator", "can bo phu trach", "nguoi phu trach"),
    "operator_phone": ("operator_phone", "operator phone", "phone", "dien thoai", "so dien thoai"),
}
_ENDPOINT_ALONE: Final[Names] = {
    "code": ("ma diem cau", "endpoint code"),
    "name": ("ten diem cau", "endpoint name", "diem cau"),
    "kind": ("loai", "type"),
}
_TYPE: Final[Names] = {"type": ("type", "row type", "loai", "loai dong")}

_SHEETS: Final[dict[str, What]] = {
    "tiers": "tier", "tier": "tier", "cap": "tier",
    "units": "unit", "unit": "unit", "don vi": "unit",
    "endpoints": "endpoint", "endpoint": "endpoint", "diem cau": "endpoint",
}  # fmt: skip

REQUIRED: Final[dict[What, tuple[str, ...]]] = {
    "tier": ("code", "name", "rank"),
    "unit": ("code", "name", "tier"),
    "endpoint": ("code", "name", "unit"),
}
"""What a new entry cannot be made without."""

CHOICES: Final[dict[str, dict[str, str]]] = {
    "type": {
        "tier": "tier", "cap": "tier",
        "unit": "unit", "don vi": "unit",
        "endpoint": "endpoint", "diem cau": "endpoint",
    },
    "kind": {"room": "room", "phong hop": "room", "studio": "studio", "truong quay": "studio"},
    "bandwidth_profile": {
        "full": "full", "day du": "full", "cao": "full",
        "low": "low", "thap": "low", "yeu": "low",
        "audio": "audio", "am thanh": "audio",
    },
    "status": {
        "active": "active", "dang dung": "active", "hoat dong": "active", "su dung": "active",
        "retired": "retired", "ngung dung": "retired", "ngung hoat dong": "retired", "thoi dung": "retired",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """Which field stands in which column (from 0). `what` is None where a type column says it per row."""

    what: What | None
    row: int
    fields: dict[str, int]
    headings: dict[str, str]

    def heading(self, field: str) -> str:
        """The field's heading as the file writes it."""
        return self.headings.get(field, field)


class HeaderProblem(Exception):
    """The header cannot be used: `errors` with the heading concerned, or None, and the row."""

    def __init__(self, errors: list[tuple[DomainError, str | None]], row: int | None) -> None:
        super().__init__("header")
        self.errors, self.row = errors, row


def sheet_kind(name: str) -> What | None:
    """What a sheet with this name holds."""
    return _SHEETS.get(fold(name))


def read_header(table: Table, what: What | None) -> Header:
    """Find the row of headings and read it. Raises `HeaderProblem`.

    `what` is known from the sheet's name, or else from a type column, or else from the headings.
    """
    if not any(table.rows):
        raise HeaderProblem([(FileEmpty(), None)], None)
    for index, cells in enumerate(table.rows[:HEADER_WITHIN_ROWS]):
        headings = [_folded(cell) for cell in cells]
        if "code" in headings or any(heading.startswith("ma") for heading in headings):
            kind = what or _kind(headings)
            known = _known(kind)
            if sum(heading in known for heading in headings) >= 2:
                return _header(cells, headings, known, kind, index + 1)
    raise HeaderProblem([(HeaderMissing(), None)], 1)


def _folded(cell: Cell) -> str:
    return fold(cell).strip(" *:") if isinstance(cell, str) else ""


def _kind(headings: list[str]) -> What | None:
    present = set(headings)
    if present & {"type", "loai", "row type", "loai dong"} and not present & {"ma diem cau", "ten diem cau"}:
        return None
    if present & set(_TIER["rank"]):
        return "tier"
    if present & (set(_UNIT["tier"]) | set(_UNIT["parent"])):
        return "unit"
    return "endpoint"


def _known(kind: What | None) -> dict[str, str]:
    groups: dict[What | None, tuple[Names, ...]] = {
        "tier": (_COMMON, _TIER),
        "unit": (_COMMON, _UNIT, _UNIT_ALONE),
        "endpoint": (_COMMON, _ENDPOINT, _ENDPOINT_ALONE),
        None: (_COMMON, _TIER, _UNIT, _ENDPOINT, _TYPE),
    }
    return {name: field for group in groups[kind] for field, names in group.items() for name in names}


def _header(
    cells: list[Cell], headings: list[str], known: dict[str, str], kind: What | None, row: int
) -> Header:
    errors: list[tuple[DomainError, str | None]] = []
    fields: dict[str, int] = {}
    shown: dict[str, str] = {}
    for place, (cell, heading) in enumerate(zip(cells, headings, strict=True)):
        if cell == "":
            continue
        field = known.get(heading)
        if field is None:
            errors.append((ColumnUnknown(value=str(cell)), str(cell)))
        elif field in fields and field != "note":
            errors.append((ColumnTwice(value=str(cell)), str(cell)))
        else:
            fields[field], shown[field] = place, str(cell)
    if "code" not in fields:
        errors.append((ColumnMissing(value="code"), None))
    if errors:
        raise HeaderProblem(errors, row)
    return Header(kind, row, fields, shown)
