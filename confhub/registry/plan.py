"""The plan of an import: what would be added, changed and retired, and what is wrong with the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from confhub.sheets.choices import ReadingChoices
from confhub.sheets.column_memory import ReadSheet
from confhub.sheets.file_letters import Letters
from confhub.sheets.first_rows import FirstRows
from confhub.sheets.hidden import HiddenPart
from confhub.sheets.preview import FieldChange, Ignored, ImportProblem, Skipped

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
class ImportLine:
    """What happens to one entry."""

    what: Literal["tier", "unit", "endpoint"]
    action: Literal["added", "changed", "retired"]
    code: str
    name: str
    row: int | None
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do, or did. With `problems`, or while it is not said what becomes of texts in an
    old font and of what is hidden, nothing is done and `token` is empty; `draft` is the file's, for looking
    at it anew."""

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
    hidden: tuple[HiddenPart, ...] = ()
    """Sheets, rows and columns that the workbook hides."""
    computed: int = 0
    """Cells whose value is the one that a formula had when the file was saved."""
    skipped: tuple[Skipped, ...] = ()
    """The first rows that are no entries."""
    skips: dict[str, int] = field(default_factory=dict)
    """How many rows are no entries, by the reason."""

    @property
    def letters_open(self) -> bool:
        """Whether it is not said what becomes of texts in an old font."""
        return self.letters is not None and not self.choices.letters

    @property
    def hidden_open(self) -> bool:
        """Whether it is not said what becomes of what is hidden."""
        return bool(self.hidden) and not self.choices.hidden

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
