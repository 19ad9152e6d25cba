"""The columns of an import file: what they are called, in both languages, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final, Literal

from confhub.i18n.folding import fold
from confhub.kernel.errors import DomainError
from confhub.kernel.permissions import Permission
from confhub.registry.plan import FIELD_LABELS
from confhub.sheets.choices import NOTHING, Said
from confhub.sheets.column_memory import Memory
from confhub.sheets.errors import ColumnMissing, ColumnTwice
from confhub.sheets.headings import (
    COMMON,
    ENDPOINT,
    ENDPOINT_ALONE,
    TIER,
    TYPE,
    UNIT,
    UNIT_ALONE,
    WRITTEN,
    by_heading,
    ways,
)
from confhub.sheets.layout import Heading, find_heading, headings_like
from confhub.sheets.table import Table

What = Literal["tier", "unit", "endpoint"]

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

CHOICES_WRITTEN: Final[Mapping[str, str]] = {
    "kind": "phòng họp (room), trường quay (studio)",
    "bandwidth_profile": "đầy đủ (full), thấp (low), âm thanh (audio)",
    "status": "đang dùng (active), ngừng dùng (retired)",
}
"""What may stand in a field, as offices write it, with the English words."""

FIELDS: Final[Mapping[str, str]] = {**FIELD_LABELS, "type": "What the row is"}
"""What a column may be chosen to be: field → message id. Columns of notes are known and not read."""

MEMORY: Final = Memory("units", Permission.ENDPOINT_EDIT, FIELDS)


@dataclass(frozen=True, slots=True)
class Header:
    """Which field stands in which column (from 0). `what` is None where a type column says it per row.
    `problems`: what keeps the sheet from being read, with the heading concerned."""

    what: What | None
    found: Heading
    fields: dict[str, int]
    problems: tuple[tuple[DomainError, str | None], ...] = ()

    def heading(self, field: str) -> str:
        """The field's heading as the file writes it, or else as offices do."""
        said = next((one.heading for one in self.found.columns if one.field == field), "")
        return said or WRITTEN.get(field, field)


def sheet_kind(name: str) -> What | None:
    """What a sheet with this name holds."""
    return _SHEETS.get(fold(name))


def read_header(table: Table, said: Said = NOTHING) -> Header | None:
    """Find the heading and read it; columns that are not known are not read. None where there is none.

    What the rows are is known from the sheet's name, or else from a type column, or else from the other
    columns.
    """
    kind = sheet_kind(table.name)
    anything = find_heading(table, _ANY, _is_heading, Said(said.heading))
    if kind is None and anything is not None:
        told = {way for one in anything.columns if one.place not in said.fields for way in ways(one.heading)}
        kind = _kind(told | set(said.fields.values()))
    found = find_heading(table, _KNOWN[kind], _is_heading, said)
    if found is None:
        return None
    twice = [one.heading for one in found.columns if one.why == "twice"]
    problems: list[tuple[DomainError, str | None]] = [(ColumnTwice(value=one), one) for one in twice]
    if "code" not in found.fields:
        problems.append((ColumnMissing(value=WRITTEN["code"]), None))
    return Header(kind, found, found.fields, tuple(problems))


def possible_headings(table: Table, said: Said = NOTHING) -> list[Heading]:
    """The sheet's heading; where none is found and nothing was said, whatever may be it."""
    header = read_header(table, said)
    if header is not None:
        return [header.found]
    return headings_like(table, _ANY) if said.heading is None else []


def _is_heading(fields: Set[str], _filled: int) -> bool:
    return bool(fields & {"code", "name"}) and len(fields) >= 2


def _kind(present: Set[str]) -> What | None:
    if present & {"type", "loai", "row type", "loai dong"} and not present & {"ma diem cau", "ten diem cau"}:
        return None
    if present & set(TIER["rank"]):
        return "tier"
    if present & (set(UNIT["tier"]) | set(UNIT["parent"])):
        return "unit"
    return "endpoint"


_KNOWN: Final[dict[What | None, dict[str, str]]] = {
    "tier": by_heading(COMMON, TIER),
    "unit": by_heading(COMMON, UNIT, UNIT_ALONE),
    "endpoint": by_heading(COMMON, ENDPOINT, ENDPOINT_ALONE),
    None: by_heading(COMMON, TIER, UNIT, ENDPOINT, TYPE),
}
_ANY: Final = by_heading(COMMON, TIER, UNIT, UNIT_ALONE, ENDPOINT, TYPE, ENDPOINT_ALONE)
