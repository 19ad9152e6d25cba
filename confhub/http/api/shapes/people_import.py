"""What the API answers on an import of people: its dry run."""

from __future__ import annotations

from typing import Any, Literal

from confhub.http.shapes import Answer


class FieldChangeOut(Answer):
    """One field of one entry: what stands there now, and what the file says, as text."""

    field: str
    old: str
    new: str


class PlanLineOut(Answer):
    """What happens to one row. `room`: the list's room it would come to, where that changes."""

    row: int
    action: Literal["added", "changed", "skipped", "unchanged"]
    name: str
    code: str | None
    unit_name: str
    match: Literal["", "code", "name", "file_code", "file_name"]
    changes: list[FieldChangeOut]
    room: str
    sheet: str
    born: str
    """Day or year of birth, as it was read."""
    phone: str
    marks: list[str]
    """Keys of `import_rows.MARKS`: what was done to the row."""


class ToldOut(Answer):
    """A person as a question tells them: of the register, or (`row`) of the file."""

    ref: str
    name: str
    code: str | None
    unit_name: str
    position: str | None
    born: str
    phone: str | None
    sheet: str
    row: int | None


class QuestionOut(Answer):
    """`key`: of the row, `sheet.row`. `options`: `new`, and a candidate's `ref` each; or rename | skip.
    `answer`: the one that was given, else empty."""

    key: str
    kind: Literal["twin", "known", "renamed", "letters", "sheet", "hidden"]
    about: ToldOut
    others: list[ToldOut]
    options: list[str]
    answer: str


class ColumnOut(Answer):
    """`place` from 0. `field`: None where it is not read; then `why`: unknown | twice | unnamed | chosen.
    `sample`: the first values, once the rows below were looked at."""

    place: int
    heading: str
    field: str | None
    why: str
    sample: list[str]


class HeadingOut(Answer):
    """`row`: the last row of it, from 1, or the one above the first entry; `first`: as `Said.heading`.
    `digest`: the same for the same texts in the same places."""

    row: int
    columns: list[ColumnOut]
    digest: str
    first: int


class SheetHeaderOut(Answer):
    """A sheet that people were read from."""

    sheet: int
    name: str
    heading: HeadingOut
    remembered: bool


class FirstRowsOut(Answer):
    """`sheet`: its place in the workbook, from 0. `rows`: those on top that are not empty, numbered."""

    sheet: int
    name: str
    rows: list[tuple[int, list[str]]]


class HiddenPartOut(Answer):
    """`kind`: a key of `hidden.PARTS`. `places`: rows (`4–9, 12`) or columns (`C, E`). `sample`: what the
    first ones say."""

    kind: Literal["sheet", "rows", "columns"]
    sheet: str
    count: int
    places: str
    sample: list[str]


class SkippedOut(Answer):
    """A row that is no entry. `why`: a key of `office_rows.REASONS`."""

    sheet: str
    row: int
    why: str
    text: str


class ImportProblemOut(Answer):
    """One thing wrong. `row` counts from 1 as spreadsheet programs show it; `column` is the header's text.

    `message` and `remedy` are message ids (English templates) for `params`.
    """

    sheet: str
    row: int | None
    column: str | None
    code: str
    message: str
    remedy: str
    params: dict[str, Any]


class ImportChoicesOut(Answer):
    """What the person chose. `by_code`: update | skip. `by_name`: ask | update | skip | add; `ask` asks for
    each pair that may be one person. `twins`: two rows of the file that may be one: ask | one | two.
    `roster`: what the column of rooms fills: standing | session | course | none. `unit_id`: for rows that
    name no unit. `answers`: a question's key → the option chosen; `all.` and a kind → the answer to
    all of that kind without one of their own (`questions.FOR_ALL`). `columns`: `sheet.column`, both from 0, →
    the field that it holds (`columns.FIELDS`), or "" for one that is not read. `headings`: sheet, from 0, →
    the row of its heading, as `layout.Said` has it. `page`: of the questions, from 1; 0: the first with an
    open one."""

    by_code: str
    by_name: str
    roster: str
    session_id: int | None
    course_id: int | None
    unit_id: int | None
    twins: str
    answers: dict[str, str]
    columns: dict[str, str]
    headings: dict[str, int]
    page: int


class PeoplePlanOut(Answer):
    """What an import would do, or did. With `problems` or open questions nothing is done, and `token` is
    empty; `draft` is the file's, for looking at it anew with other choices.

    `questions`: those of one page, answered or not, in the file's order. `counts`: added, changed, skipped,
    unchanged; by_code, by_name (rows whose person was known so); twice (rows whose person stands in an
    earlier row); listed, moved (on the rooms' lists). `lines`: the first of each action, and of the rows that
    stand twice.
    """

    filename: str
    choices: ImportChoicesOut
    rows: int
    counts: dict[str, int]
    lines: dict[str, list[PlanLineOut]]
    problems: list[ImportProblemOut]
    problems_total: int
    token: str
    draft: str
    read: list[SheetHeaderOut]
    """The sheets that people were read from, with their columns."""
    first_rows: list[FirstRowsOut]
    """What stands on top of each sheet."""
    hidden: list[HiddenPartOut]
    """Sheets, rows and columns that the workbook hides; whether they are taken is a question."""
    skipped: list[SkippedOut]
    """The first rows that are nobody's."""
    skips: dict[str, int]
    """How many rows are nobody's, by the reason."""
    read_as: list[tuple[str, str]]
    """Units written short, and what they were read as."""
    computed: int
    """Cells whose value is the one that a formula had when the file was saved."""
    questions: list[QuestionOut]
    questions_page: int
    questions_pages: int
    questions_total: int
    questions_open: int
    questions_of_kind: dict[str, int]
