"""The plan of an import: what would be added, changed and retired, and what is wrong with the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from confhub.registry.file_letters import Letters, LettersChoice
from confhub.registry.first_rows import FirstRows
from confhub.registry.layout import Said
from confhub.registry.remembered import ReadSheet, by_sheet

FIELD_LABELS: Final = {
    "code": "Code",
    "name": "Name",
    "name_en": "English name",
    "rank": "Rank",
    "tier": "Tier",
    "parent": "Parent unit",
    "valid_from": "Valid from",
    "valid_to": "Valid to",
    "unit": "Unit",
    "kind": "Kind",
    "bandwidth_profile": "Bandwidth",
    "operator_name": "Operator",
    "operator_phone": "Operator's phone",
    "status": "Status",
}
"""Message ids for `FieldChange.field`."""


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


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What happens to one entry."""

    what: Literal["tier", "unit", "endpoint"]
    action: Literal["added", "changed", "retired"]
    code: str
    name: str
    row: int | None
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingChoices:
    """How the file is read, as somebody said. `letters`: of texts in an old font. `columns`: `sheet.column`,
    both from 0, → the field that it holds (`columns.FIELDS`), or "" for one that is not read. `headings`:
    sheet, from 0, → the row of its heading, as `layout.Said` has it."""

    letters: LettersChoice = ""
    columns: dict[str, str] = field(default_factory=dict)
    headings: dict[str, int] = field(default_factory=dict)

    def said(self) -> dict[int, Said]:
        """What was said of each sheet."""
        return by_sheet(self.columns, self.headings)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do, or did. With `problems`, or while it is not said what becomes of texts in an
    old font, nothing is done and `token` is empty; `draft` is the file's, for looking at it anew."""

    filename: str
    lines: tuple[ImportLine, ...]
    unchanged: int
    problems: tuple[ImportProblem, ...]
    problems_total: int
    token: str = ""
    ended: int = 0
    """Rooms in use that the file names and whose unit's last day is over: no session can invite them."""
    ended_on: date | None = None
    """The latest of those last days."""
    ignored: tuple[Ignored, ...] = ()
    draft: str = ""
    choices: ReadingChoices = field(default_factory=ReadingChoices)
    read: tuple[ReadSheet, ...] = ()
    """The sheets that were read, with their columns."""
    first_rows: tuple[FirstRows, ...] = ()
    """What stands on top of each sheet."""
    letters: Letters | None = None
    """Of texts in an old font: how they are read, or would be."""
    skipped: tuple[Skipped, ...] = ()
    """The first rows that are no entries."""
    skips: dict[str, int] = field(default_factory=dict)
    """How many rows are no entries, by the reason."""

    @property
    def letters_open(self) -> bool:
        """Whether it is not said what becomes of texts in an old font."""
        return self.letters is not None and not self.choices.letters

    @property
    def ok(self) -> bool:
        """Whether the file can be applied."""
        return not self.problems

    def count(self, action: str, what: str | None = None) -> int:
        """How many entries would be `added`, `changed` or `retired`, of one kind or of all."""
        return sum(1 for line in self.lines if line.action == action and what in (None, line.what))

    @property
    def changes(self) -> int:
        """How many entries would be touched; 0 when the same file comes again."""
        return len(self.lines)
