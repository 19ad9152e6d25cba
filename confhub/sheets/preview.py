"""What every preview of a file shows: what is wrong, what is left out, how the file is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from confhub.kernel.errors import DomainError

PROBLEMS_SHOWN: Final = 200
"""Nobody corrects more at once; the rest is counted."""


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """One thing wrong. `row` counts from 1 as spreadsheet programs show it; `column` is the header's text.

    `message` and `remedy` are message ids (English templates) for `params`.
    """

    sheet: str
    row: int | None
    column: str | None
    code: str
    message: str
    remedy: str
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column that is not read, with its first values; without a heading where it has none."""

    sheet: str
    heading: str
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no entry. `why`: a key of `office_rows.REASONS`."""

    sheet: str
    row: int
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one entry: what stands there now, and what the file says, as text."""

    field: str
    old: str
    new: str


@dataclass(slots=True)
class Problems:
    """Everything found wrong, the first `PROBLEMS_SHOWN` kept."""

    kept: list[ImportProblem] = field(default_factory=list)
    total: int = 0

    def add(self, error: DomainError, sheet: str, row: int | None, column: str | None) -> None:
        """Keep one problem, if there is room."""
        self.total += 1
        if len(self.kept) < PROBLEMS_SHOWN:
            self.kept.append(
                ImportProblem(sheet, row, column, error.code, error.message, error.remedy, error.params)
            )
