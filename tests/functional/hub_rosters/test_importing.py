"""People from files: looked at first, applied as a whole, the same file twice changes nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date

import pytest
import xlsxwriter
from sqlalchemy import func, select

from confhub.access.rules import SYSTEM
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.people.models import AttendeeRow
from confhub.registry.errors import ChoiceImpossible, ImportDraftGone, PreviewStale
from confhub.rosters.errors import QuestionsOpen
from confhub.rosters.importing import PeopleImportService
from confhub.rosters.models import RosterEntry
from confhub.rosters.plan import ImportChoices, PeoplePlan
from confhub.training.store import title_and_path
from tests.plugins.attendance import House, house, officer

pytestmark = pytest.mark.both_databases

__all__ = ["house"]

HEAD = "Mã đại biểu;Họ và tên;Mã đơn vị;Chức vụ;Ngày sinh;Mã điểm cầu\n"
BASE = f"{HEAD}CB1;Nguyễn Văn An;U4;Chủ tịch;03/09/1980;H4\nCB2;Lê Thị Hoà;U4;;;H4\n;Trần Đức;U5;;;H5\n"


@pytest.fixture
def imports(house: House) -> PeopleImportService:
    return PeopleImportService(house.database, house.clock, title_and_path)


async def take(imports: PeopleImportService, text: str, choices: ImportChoices | None = None) -> PeoplePlan:
    """Preview and apply a CSV file."""
    plan = await imports.preview(SYSTEM, "dai-bieu.csv", text.encode(), choices)
    assert plan.ok, plan.problems
    return await imports.apply(SYSTEM, plan.token)


async def lists(house: House) -> dict[str, int]:
    """Name → room of the standing lists."""
    async with house.database.reading() as tx:
        query = select(AttendeeRow.name, RosterEntry.endpoint_id)
        rows = await tx.execute(query.join(RosterEntry, RosterEntry.attendee_id == AttendeeRow.id))
        return {row[0]: row[1] for row in rows}


async def count(house: House) -> int:
    async with house.database.reading() as tx:
        return await tx.scalar(select(func.count()).select_from(AttendeeRow)) or 0


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, day)
            elif isinstance(value, tuple):
                sheet.write_formula(number, column, value[0], None, value[1])
            else:
                sheet.write(number, column, value)
    book.close()
    return file.getvalue()


async def test_people_and_lists_come_in_and_the_same_file_changes_nothing(
    house: House, imports: PeopleImportService
) -> None:
    plan = await imports.preview(SYSTEM, "dai-bieu.csv", BASE.encode())
    assert (plan.counts["added"], plan.counts["listed"], plan.changes) == (3, 3, 6)
    assert await count(house) == 0  # nothing before it is applied
    await imports.apply(SYSTEM, plan.token)
    assert await lists(house) == {"Nguyễn Văn An": 5, "Lê Thị Hoà": 5, "Trần Đức": 6}
    with pytest.raises(ImportDraftGone):
        await imports.apply(SYSTEM, plan.token)
    again = await take(imports, BASE)
    assert (again.changes, again.counts["unchanged"], await count(house)) == (0, 3, 3)


async def test_who_is_known_by_code_or_by_name_unit_and_birth_date(
    house: House, imports: PeopleImportService
) -> None:
    await take(imports, BASE)
    more = f"{HEAD}CB1;Nguyễn Văn An;U5;Bí thư;;\n;Trần Đức;U5;Công chức;01/02/1990;\n;Trần Đức;U4;;;\n"
    open_ones = await imports.preview(SYSTEM, "dai-bieu.csv", more.encode())
    assert (open_ones.questions_open, open_ones.token) == (1, "")
    done = await take(imports, more, ImportChoices(by_name="update"))
    assert (done.counts["changed"], done.counts["added"]) == (2, 1)
    async with house.database.reading() as tx:
        rows = await tx.execute(
            select(AttendeeRow.name, AttendeeRow.unit_id, AttendeeRow.position, AttendeeRow.birth_date)
            .order_by(AttendeeRow.id)
        )  # fmt: skip
        found = [tuple(row) for row in rows]
    assert found == [
        ("Nguyễn Văn An", 5, "Bí thư", date(1980, 9, 3)),
        ("Lê Thị Hoà", 4, None, None),
        ("Trần Đức", 5, "Công chức", date(1990, 2, 1)),
        ("Trần Đức", 4, None, None),
    ]
    kept = await take(imports, f"{HEAD}CB2;Tên Khác;U4;;;\n", ImportChoices(by_code="skip"))
    assert kept.counts["skipped"] == 1
    other = f"{HEAD};Trần Đức;U4;;05/05/1975;\n"
    await take(imports, other, ImportChoices(by_name="update"))  # no date on one side: said for all
    assert await count(house) == 4
    await take(imports, f"{HEAD};Trần Đức;U4;;06/06/1976;\n")  # another date: another person
    assert await count(house) == 5


async def test_a_workbook_with_a_title_dates_and_two_rows_of_one_person(
    house: House, imports: PeopleImportService
) -> None:
    rows = [
        ["DANH SÁCH TRIỆU TẬP"],
        [],
        ["STT", "Họ và tên", "Đơn vị", "Ngày sinh", "Điểm cầu"],
        [1, "Phạm Lan", "Xã Ấm Hạ", date(1985, 4, 30), "Phòng họp xã Ấm Hạ"],
        [2, "Phạm Lan", "Xã Ấm Hạ", date(1985, 4, 30), ""],
    ]
    plan = await imports.preview(SYSTEM, "danh sách.xlsx", workbook(rows))
    assert plan.ok, plan.problems
    assert (plan.counts["added"], plan.counts["twice"]) == (1, 1)
    await imports.apply(SYSTEM, plan.token)
    assert await lists(house) == {"Phạm Lan": 5}


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        (f"{HEAD}CB1;;U4;;;\n", "Họ và tên", "text_missing"),
        (f"{HEAD}CB1;{'x' * 500};U4;;;\n", "Họ và tên", "text_too_long"),
        (f"{HEAD}CB1;Lê\u202eVăn;U4;;;\n", "Họ và tên", "text_unreadable"),
        (f"{HEAD}CB1;Lê\u200bVăn;U4;;;\n", "Họ và tên", "text_unreadable"),
        (f"{HEAD}CB1;Lê Văn;U99;;;\n", "Mã đơn vị", "unit_unknown"),
        (f"{HEAD}CB1;Lê Văn;;;;\n", "Mã đơn vị", "unit_missing"),
        (f"{HEAD}CB1;Lê Văn;U4;;31/02/1990;\n", "Ngày sinh", ""),
        (f"{HEAD}CB1;Lê Văn;U4;;01/01/2090;\n", "Ngày sinh", "birth_date_invalid"),
        (f"{HEAD}CB1;Lê Văn;U4;;;XX\n", "Mã điểm cầu", "endpoint_unknown"),
        ("Mã đại biểu;Mã đơn vị\nCB1;U4\n", None, ""),
        ("tên lạ;cột lạ\na;b\n", None, "header_missing"),
        ("", None, "file_empty"),
    ],
)
async def test_each_mistake_is_told_with_row_column_and_remedy_and_nothing_is_written(
    house: House, imports: PeopleImportService, text: str, column: str | None, code: str
) -> None:
    plan = await imports.preview(SYSTEM, "sai.csv", text.encode())
    assert (plan.ok, plan.token) == (False, "")
    problem = plan.problems[0]
    assert problem.remedy
    if column is not None:
        assert (problem.row, problem.column) == (2, column)
    if code:
        assert problem.code == code
    assert await count(house) == 0


async def test_a_formula_without_a_value_is_refused_and_one_with_a_value_is_read(
    house: House, imports: PeopleImportService
) -> None:
    head = ["Họ và tên", "Mã đơn vị"]
    plan = await imports.preview(SYSTEM, "f.xlsx", workbook([head, [("=B2", "Trần An"), "U4"]]))
    assert (plan.ok, plan.computed, plan.lines["added"][0].name) == (True, 1, "Trần An")
    book = workbook([head, [("=1+1", ""), "U4"]])
    for name, content in (("f.csv", f"{HEAD}CB1;=HYPERLINK(1) An;U4;;;\n".encode()), ("f.xlsx", book)):
        plan = await imports.preview(SYSTEM, name, content)
        problem = plan.problems[0]
        assert (plan.ok, problem.code, problem.row, problem.column) == (False, "cell_formula", 2, "Họ và tên")
    assert await count(house) == 0


async def test_files_that_are_none_are_refused(imports: PeopleImportService) -> None:
    whole = workbook([["Họ và tên", "Mã đơn vị"], ["An", "U4"]])
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 200_000_000)
    for name, content in (
        ("half.xlsx", whole[: len(whole) // 2]),
        ("bomb.xlsx", bomb.getvalue()),
        ("picture.csv", bytes(range(256)) * 10),
        ("large.csv", b"x" * (10 * 2**20 + 1)),
    ):
        plan = await imports.preview(SYSTEM, name, content)
        assert not plan.ok, name
        assert plan.problems[0].message, name


async def test_a_branch_imports_its_own_people_and_lists_only(
    house: House, imports: PeopleImportService
) -> None:
    district = officer("/1/2/", 2)
    good = await imports.preview(district, "a.csv", f"{HEAD}CB1;An;U4;;;H4\n".encode())
    assert good.ok
    bad = await imports.preview(district, "a.csv", f"{HEAD}CB1;An;U5;;;\nCB2;Ba;U4;;;H5\n".encode())
    assert [problem.column for problem in bad.problems] == ["Mã đơn vị", "Mã điểm cầu"]
    with pytest.raises(Forbidden):
        await imports.preview(officer("/1/", 1, Role.VIEWER), "a.csv", BASE.encode())
    with pytest.raises(ChoiceImpossible):
        await imports.preview(SYSTEM, "a.csv", BASE.encode(), ImportChoices(roster="session"))


async def test_what_changed_since_the_preview_is_not_overwritten(
    house: House, imports: PeopleImportService
) -> None:
    await take(imports, BASE)
    changed = BASE.replace("Chủ tịch", "Bí thư")
    plan = await imports.preview(SYSTEM, "a.csv", changed.encode())
    async with house.database.transaction() as tx:
        row = (await tx.scalars(select(AttendeeRow).where(AttendeeRow.code == "CB1"))).one()
        row.position = "Phó Chủ tịch"
    with pytest.raises(PreviewStale):
        await imports.apply(SYSTEM, plan.token)
    again = await imports.preview(SYSTEM, "a.csv", changed.encode())
    house.clock.advance(31 * 60)
    with pytest.raises(ImportDraftGone):
        await imports.apply(SYSTEM, again.token)


async def test_a_session_s_list_is_filled_and_rooms_that_are_not_in_it_are_refused(
    house: House, imports: PeopleImportService
) -> None:
    done = await take(imports, BASE, ImportChoices(roster="session", session_id=1))
    assert done.counts["listed"] == 3
    async with house.database.reading() as tx:
        assert set(await tx.scalars(select(RosterEntry.session_id))) == {1}


async def test_what_a_branch_said_of_its_columns_is_remembered_for_its_next_file(
    house: House, imports: PeopleImportService
) -> None:
    head = "Họ và tên;Mã đơn vị;Liên hệ;Số CCCD\n"
    district = officer("/1/2/", 2)
    first = await imports.preview(district, "a.csv", f"{head}An;U4;912345678;1\n".encode())
    [header] = first.read
    assert [(one.heading, one.sample) for one in header.heading.columns if one.field is None] == [
        ("Liên hệ", ("912345678",)),
        ("Số CCCD", ("1",)),
    ]
    again = await imports.revise(district, first.draft, ImportChoices(columns={"0.2": "phone"}))
    assert [(one.phone, one.marks) for one in again.lines["added"]] == [("0912345678", ("zero",))]
    with pytest.raises(ImportDraftGone):
        await imports.revise(district, first.draft, ImportChoices())
    await imports.apply(district, again.token)
    later = await imports.preview(district, "b.csv", f"{head}Bình;U4;987654321;2\n".encode())
    assert (later.lines["added"][0].phone, later.read[0].remembered) == ("0987654321", True)
    elsewhere = await imports.preview(SYSTEM, "b.csv", f"{head}Chi;U5;987654321;3\n".encode())
    assert (elsewhere.lines["added"][0].phone, elsewhere.read[0].remembered) == ("", False)
    with pytest.raises(ChoiceImpossible):
        await imports.revise(SYSTEM, elsewhere.draft, ImportChoices(columns={"0.2": "badge"}))


async def test_nothing_is_written_while_a_question_is_open(
    house: House, imports: PeopleImportService
) -> None:
    text = f"{HEAD};Lê Văn Hùng;U4;;;\n;Lê Văn Hùng;U4;;;\n"
    asked = await imports.preview(SYSTEM, "a.csv", text.encode())
    assert (asked.ok, asked.token, asked.questions_open) == (True, "", 1)
    with pytest.raises(QuestionsOpen):
        await imports.apply(SYSTEM, asked.draft)
    assert await count(house) == 0
    two = await imports.revise(SYSTEM, asked.draft, ImportChoices(answers={asked.questions[0].key: "new"}))
    await imports.apply(SYSTEM, two.token)
    assert await count(house) == 2
    again = await imports.preview(SYSTEM, "a.csv", text.encode())
    assert (again.changes, again.counts["unchanged"], again.questions_open) == (0, 2, 0)


async def test_more_questions_than_are_shown_are_answered_part_after_part_or_all_at_once(
    house: House, imports: PeopleImportService
) -> None:
    base = "".join(f";Lê Văn Hùng {number};U4;;01/02/1990;\n" for number in range(250))
    await take(imports, HEAD + base)
    rows = "".join(f";Lê Văn Hùng {number};U4;Kế toán;;\n" for number in range(250)) + ";Trần Đức;U5;;;\n" * 2
    first = await imports.preview(SYSTEM, "a.csv", (HEAD + rows).encode(), ImportChoices(by_name="ask"))
    assert (first.questions_total, first.questions_open, len(first.questions)) == (251, 251, 200)
    assert first.questions_of_kind == {"known": 250, "twin": 1}
    answers = {one.key: "new" for one in first.questions}
    second = await imports.revise(SYSTEM, first.draft, ImportChoices(answers=answers))
    assert (second.questions_open, second.questions_page, second.questions_pages) == (51, 2, 2)
    open_ones = [one for one in second.questions if not one.answer]
    assert len(open_ones) == len(second.questions) == 51
    assert not {one.key for one in open_ones} & set(answers)
    back = await imports.revise(SYSTEM, second.draft, ImportChoices(page=1))
    assert {one.key: one.answer for one in back.questions} == answers, (
        "answered ones are there to be looked at"
    )
    changed = ImportChoices(answers={back.questions[7].key: ""}, page=1)
    other = await imports.revise(SYSTEM, back.draft, changed)
    assert (other.questions[7].answer, other.questions_open) == ("", 52)
    second = await imports.revise(SYSTEM, other.draft, ImportChoices(answers={back.questions[7].key: "new"}))
    assert (second.questions_page, second.questions_open) == (2, 51)

    general = {"all.known": "same", open_ones[0].key: "new"}
    third = await imports.revise(SYSTEM, second.draft, ImportChoices(answers=general))
    assert (third.questions_open, third.counts["added"], third.token) == (
        1,
        202,
        "",
    )  # the twin is another kind
    taken_back = await imports.revise(SYSTEM, third.draft, ImportChoices(answers={"all.known": ""}))
    assert taken_back.questions_open == 50
    last = ImportChoices(answers={"all.known": "same", "all.twin": "new"})
    whole = await imports.revise(SYSTEM, taken_back.draft, last)
    assert (whole.questions_open, whole.counts["added"]) == (0, 203)
    await imports.apply(SYSTEM, whole.token)
    assert await count(house) == 453


async def test_one_answer_for_all_settles_nothing_where_several_come_into_question(
    imports: PeopleImportService,
) -> None:
    text = f"{HEAD}A1;Lê Hùng;U4;;01/02/1990;\nA2;Lê Hùng;U4;;01/02/1991;\nA3;Lê Lan;U4;;01/02/1990;\n"
    await take(imports, text)
    again = f"{HEAD};Lê Hùng;U4;;;\n;Lê Lan;U4;Kế toán;;\n"
    plan = await imports.preview(SYSTEM, "a.csv", again.encode())
    assert plan.questions_open == 2
    plan = await imports.revise(SYSTEM, plan.draft, ImportChoices(answers={"all.known": "same"}))
    assert [(one.about.name, one.answer) for one in plan.questions] == [
        ("Lê Hùng", ""),
        ("Lê Lan", plan.questions[1].others[0].ref),
    ]
