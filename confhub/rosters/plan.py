"""The plan of an import of people: what would be added, changed and left alone, and what is wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from confhub.registry.errors import ChoiceImpossible
from confhub.rosters.columns import FIELDS, Header
from confhub.rosters.questions import Question
from confhub.rosters.values import Scope
from confhub.sheets.choices import Said, by_sheet
from confhub.sheets.first_rows import FirstRows
from confhub.sheets.hidden import HiddenPart
from confhub.sheets.preview import FieldChange, ImportProblem, Skipped

Action = Literal["added", "changed", "skipped", "unchanged"]
Match = Literal["", "code", "name", "file_code", "file_name"]
"""How a row's person was known: not at all, in the register by code or by name, unit and birth date, or
from an earlier row of the file."""

FIELD_LABELS: Final = {
    "code": "Code",
    "name": "Full name",
    "unit_id": "Unit",
    "position": "Position",
    "birth_date": "Date of birth",
    "birth_year": "Year of birth",
    "phone": "Phone",
    "email": "E-mail",
    "retired_at": "Out of use",
}
"""Message ids for `FieldChange.field`."""


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What the person chose. `by_code`: update | skip. `by_name`: ask | update | skip | add; `ask` asks for
    each pair that may be one person. `twins`: two rows of the file that may be one: ask | one | two.
    `roster`: what the column of rooms fills: standing | session | course | none. `unit_id`: for rows that
    name no unit. `answers`: a question's key → the option chosen; `all.` and a kind → the answer to
    all of that kind without one of their own (`questions.FOR_ALL`). `columns`: `sheet.column`, both from 0, →
    the field that it holds (`columns.FIELDS`), or "" for one that is not read. `headings`: sheet, from 0, →
    the row of its heading, as `layout.Said` has it. `page`: of the questions, from 1; 0: the first with an
    open one."""

    by_code: str = "update"
    by_name: str = "ask"
    roster: str = "standing"
    session_id: int | None = None
    course_id: int | None = None
    unit_id: int | None = None
    twins: str = "ask"
    answers: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    headings: dict[str, int] = field(default_factory=dict)
    page: int = 0

    def checked(self) -> ImportChoices:
        """The same. Raises `ChoiceImpossible`."""
        for name, offered in (
            ("by_code", ("update", "skip")),
            ("by_name", ("ask", "update", "skip", "add")),
            ("twins", ("ask", "one", "two")),
            ("roster", ("standing", "session", "course", "none")),
        ):
            if getattr(self, name) not in offered:
                raise ChoiceImpossible(field=name)
        if (self.session_id is not None) != (self.roster == "session"):
            raise ChoiceImpossible(field="session_id")
        if (self.course_id is not None) != (self.roster == "course"):
            raise ChoiceImpossible(field="course_id")
        if any(field not in ("", *FIELDS) for field in self.columns.values()):
            raise ChoiceImpossible(field="columns")
        return self

    def said(self) -> dict[int, Said]:
        """What was said of each sheet."""
        return by_sheet(self.columns, self.headings)

    @property
    def scope(self) -> Scope | None:
        """Whose list the rooms fill; None for no list."""
        return None if self.roster == "none" else Scope(self.session_id, self.course_id)

    def plain(self) -> dict[str, Any]:
        """For a column of JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """What happens to one row. `room`: the list's room it would come to, where that changes."""

    row: int
    action: Action
    name: str
    code: str | None
    unit_name: str
    match: Match
    changes: tuple[FieldChange, ...] = ()
    room: str = ""
    sheet: str = ""
    born: str = ""
    """Day or year of birth, as it was read."""
    phone: str = ""
    marks: tuple[str, ...] = ()
    """Keys of `import_rows.MARKS`: what was done to the row."""


@dataclass(frozen=True, slots=True)
class PeoplePlan:
    """What an import would do, or did. With `problems` or open questions nothing is done, and `token` is
    empty; `draft` is the file's, for looking at it anew with other choices.

    `questions`: those of one page, answered or not, in the file's order. `counts`: added, changed, skipped,
    unchanged; by_code, by_name (rows whose person was known so); twice (rows whose person stands in an
    earlier row); listed, moved (on the rooms' lists). `lines`: the first of each action, and of the rows that
    stand twice.
    """

    filename: str
    choices: ImportChoices
    rows: int
    counts: dict[str, int]
    lines: dict[str, tuple[PersonLine, ...]] = field(default_factory=dict)
    problems: tuple[ImportProblem, ...] = ()
    problems_total: int = 0
    token: str = ""
    draft: str = ""
    read: tuple[Header, ...] = ()
    """The sheets that people were read from, with their columns."""
    first_rows: tuple[FirstRows, ...] = ()
    """What stands on top of each sheet."""
    hidden: tuple[HiddenPart, ...] = ()
    """Sheets, rows and columns that the workbook hides; whether they are taken is a question."""
    skipped: tuple[Skipped, ...] = ()
    """The first rows that are nobody's."""
    skips: dict[str, int] = field(default_factory=dict)
    """How many rows are nobody's, by the reason."""
    read_as: tuple[tuple[str, str], ...] = ()
    """Units written short, and what they were read as."""
    computed: int = 0
    """Cells whose value is the one that a formula had when the file was saved."""
    questions: tuple[Question, ...] = ()
    questions_page: int = 1
    questions_pages: int = 1
    questions_total: int = 0
    questions_open: int = 0
    questions_of_kind: dict[str, int] = field(default_factory=dict)

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of the sheets that people were read from."""
        return tuple(header.name for header in self.read)

    @property
    def ok(self) -> bool:
        """Whether nothing in the file is wrong; it can be applied where no question is open either."""
        return not self.problems_total

    @property
    def changes(self) -> int:
        """How many people and places in lists would be touched; 0 when the same file comes again."""
        return sum(self.counts.get(name, 0) for name in ("added", "changed", "listed", "moved"))
