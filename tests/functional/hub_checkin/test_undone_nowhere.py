"""What was taken back comes back nowhere, and is said wherever the figures are read."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import event as events
from sqlalchemy import select

from confhub.checkin import limits
from confhub.checkin.holding import CheckinHolder
from confhub.checkin.models import Correction, PersonEvent
from confhub.checkin.sealing import SealService
from confhub.reports.drawing.files import What
from confhub.reports.people import curve
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import PeopleFilter
from tests.functional.hub_checkin.test_doors import HERE, OTHER, THERE, moves, other_room, say
from tests.functional.hub_checkin.test_plan_page import officer  # noqa: F401 - a fixture
from tests.functional.hub_checkin.test_tablet import batch, event, results
from tests.functional.hub_checkin.test_undoing import WHY, tablet_of, undo
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall
from tests.plugins.website import Reader


def counted(hall: Hall) -> list[str]:
    """The statements that are asked from now on."""
    found: list[str] = []
    engine = hall.house.database.engine.sync_engine
    events.listen(engine, "before_cursor_execute", lambda *args: found.append(args[2]))
    return found


async def test_offered_again_with_something_new_it_moves_nobody(hall: Hall) -> None:
    now = hall.house.clock.now()
    forged = event(hall, "in", 1, at=now)
    await results(hall, batch(hall, forged))
    await undo(hall, await tablet_of(hall), shut_out=False)
    left = event(hall, "out", 1, "out", at=now - timedelta(seconds=5))
    assert await results(hall, batch(hall, forged, left)) == [("doubled", None), ("stored", None)]
    assert (await hall.states())[1] == "out"


async def test_forged_guests_leave_room_for_true_ones(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GUESTS_A_ROOM_MAX", 1)
    await results(hall, batch(hall, event(hall, "g", guest={"name": "Ai đó"})))
    full = await results(hall, batch(hall, event(hall, "h", guest={"name": "Bà Khách"})))
    assert full == [("refused", "too_many_guests")]
    await undo(hall, await tablet_of(hall), shut_out=False)
    assert await results(hall, batch(hall, event(hall, "i", guest={"name": "Bà Khách"}))) == [
        ("stored", None)
    ]


@pytest.mark.both_databases
async def test_a_person_s_page_and_data_say_what_counts_no_more(over: Hall, officer: Reader) -> None:  # noqa: F811
    await undo(over, await tablet_of(over))
    person = await over.services.people_reports.person(PROVINCE, SESSION, 1)
    assert [one.undone_at for one in person.events] == [over.house.clock.now()]
    async with over.house.database.reading() as tx:
        (line,) = (await CheckinHolder().export(tx, 1))["check_ins"]
    assert line["taken_back_at"] == over.house.clock.now()
    page = (await officer.get("/sessions/1/people/persons/1")).text
    assert "Taken back, counts no more" in page


async def test_every_file_of_a_closed_report_says_it(over: Hall) -> None:
    await undo(over, await tablet_of(over))
    await SealService(over.house.database, over.house.clock).close(PROVINCE, SESSION)
    said = f"{PROVINCE.name} took back at"
    what = "all that one tablet had told (check-ins: 4, people: 3, head counts: 1)"
    files = over.services.report_files
    made = {
        form: (await files.make(PROVINCE, What(SESSION), form, "en", "https://h"))[1]
        for form in ("xlsx", "pdf")
    }
    book = CalamineWorkbook.from_filelike(io.BytesIO(made["xlsx"]))
    table = await PeopleCsv(over.services.people_reports, over.services.catalogue).session(
        PROVINCE, SESSION, PeopleFilter(), "en"
    )
    told = {
        "csv": table[1].decode("utf-8-sig"),
        "xlsx": str(book.get_sheet_by_name("Rules").to_python()),
        "pdf": " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made["pdf"])).pages),
    }
    for form, text in told.items():
        plain = " ".join(text.split())
        assert said in plain, form
        assert what in plain, form
        assert WHY in plain, form


async def test_an_undoing_is_told_to_readers_of_its_rooms_alone(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    await undo(hall, await tablet_of(hall))
    reports = hall.services.people_reports
    assert [one.reason for one in (await reports.session(HERE, SESSION)).undoings] == [WHY]
    assert (await reports.session(THERE, SESSION)).undoings == ()


async def test_a_late_check_out_of_the_room_that_was_left_takes_nobody_off_the_curve(hall: Hall) -> None:
    async with hall.house.database.transaction() as tx:
        for second, kind, room in ((10, "in", ROOM), (60, "in", OTHER), (90, "out", ROOM)):
            at = hall.house.at(second)
            tx.add(
                PersonEvent(
                    session_id=SESSION, endpoint_id=room, attendee_id=1, kind=kind, way="tablet", at=at,
                    received_at=at, by="tablet:1", key=f"{kind}{room}",
                )
            )  # fmt: skip
    hall.house.move_to(600)
    async with hall.house.database.reading() as tx:
        now = hall.house.clock.now()
        there = await curve.moments(tx, SESSION, {ROOM, OTHER}, now, settled=False)
        first = await curve.moments(tx, SESSION, {ROOM}, now, settled=False)
    assert (there[-1].people, first[-1].people) == (1, 0)


async def test_many_people_cost_no_more_statements_than_one(hall: Hall) -> None:
    async def cost(key: str, people: tuple[int, ...]) -> int:
        await results(hall, batch(hall, *(event(hall, f"{key}{one}", one) for one in people)))
        statements = counted(hall)
        await undo(hall, await tablet_of(hall), shut_out=False)
        return len(statements)

    assert await cost("a", (1,)) == await cost("b", (1, 2, 3, 4, 5))


@pytest.mark.both_databases
async def test_corrections_of_many_are_listed_by_the_same_statements(over: Hall) -> None:
    async def cost() -> int:
        statements = counted(over)
        await over.services.corrections.list(PROVINCE, SESSION)
        return len([one for one in statements if one.startswith("SELECT")])

    one = await cost()
    async with over.house.database.transaction() as tx:
        row = await tx.scalar(select(Correction))
        assert row is not None
        columns = [column.name for column in Correction.__table__.columns if column.name != "id"]
        for person in (1, 3, 4, 5):
            tx.add(Correction(**{name: getattr(row, name) for name in columns} | {"attendee_id": person}))
    assert await cost() == one


async def test_an_answer_to_a_move_locks_the_session_first_as_an_undoing_does(hall: Hall) -> None:
    other = await other_room(hall)
    await results(other, batch(other, event(other, "b", 1)))
    (asked,) = await moves(hall)
    statements = counted(hall)
    assert (await say(hall, asked["id"], grant=True))[0] == 200
    read = [one.partition("FROM")[2].split()[0] for one in statements if one.startswith("SELECT")]
    assert read.index("session") < read.index("checkin_move")
