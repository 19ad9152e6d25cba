"""What is said of people who were there: no technical reason makes anybody absent, late or leave early."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient
from sqlalchemy import update

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.attendance.models import AttendanceEvent
from confhub.checkin import deriving
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.deriving import Deriver
from confhub.checkin.errors import CorrectionNeedsVouching, CorrectionWithoutEffect, FiguresWouldChange
from confhub.checkin.figures import SessionPeople, Status, Stretch
from confhub.checkin.models import PersonEvent, PresencePrompt
from confhub.checkin.sealing import SealService
from confhub.checkin.values import Policy
from confhub.kernel.ids import AttendeeId, EndpointId, UnitId
from confhub.kernel.permissions import Role
from confhub.rosters import store as rosters
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import Participants, SessionInput
from tests.plugins.attendance import officer
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall, people_of
from tests.plugins.website import PASSWORD, Reader

HOUR = 3600
ORGANIZER = officer("/1/", 1, Role.ORGANIZER)
SILENT = 6
"""A room whose machine never connects; person 6 is on its list."""


async def play(
    hall: Hall,
    *events: tuple[int, int, str, float],
    connected: tuple[float, float] = (0, HOUR),
    prompt: tuple[int, int] | None = None,
    end: float = HOUR,
) -> None:
    """Room 5 connected from and to; (person, room, kind, second) as a tablet tells; and the session ends."""
    house = hall.house
    async with house.database.transaction() as tx:
        await rosters.freeze(tx, SESSION, house.live)
        for kind, second in zip(("joined", "left"), connected, strict=True):
            tx.add(
                AttendanceEvent(
                    session_id=1, endpoint_id=ROOM, source="relay", kind=kind, at=house.at(second),
                    received_at=house.at(second), connection="PA_5", key=f"{kind} 5",
                )
            )  # fmt: skip
        for number, (person, room, kind, second) in enumerate(events):
            tx.add(
                PersonEvent(
                    session_id=1, endpoint_id=room, attendee_id=person, kind=kind, way="tablet",
                    at=house.at(second), received_at=house.at(second), by="tablet:1", key=f"k{number}",
                )
            )  # fmt: skip
        if prompt is not None:
            opens, closes = map(house.at, prompt)
            tx.add(PresencePrompt(session_id=1, opens_at=opens, closes_at=closes, drawn_at=house.live))
    house.move_to(end + 60)
    await house.end(end)


async def set_plan(hall: Hall, **changed: Any) -> None:
    async with hall.house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).where(MeetingSession.id == 1).values(**changed))


async def figures(hall: Hall) -> SessionPeople:
    async with hall.house.database.reading() as tx:
        found = await deriving.compute(tx, SESSION, hall.house.clock.now())
    assert found is not None
    return found


async def test_checked_in_where_the_machine_never_connected_is_neither_present_nor_absent(hall: Hall) -> None:
    await play(hall, (6, SILENT, "in", 10))
    one, room = (await people_of(hall))[6], (await figures(hall)).rooms[SILENT]
    assert (one.status, one.millis, one.unconnected_millis) == (Status.NOT_CONNECTED, 0, 3590_000)
    assert one.first_at == hall.house.at(10)
    assert (room.checked_in, room.unconnected, room.without_leave) == (1, 1, 0)


async def test_such_time_counts_where_the_session_s_rule_says_so(hall: Hall) -> None:
    await play(hall, (6, SILENT, "in", 10))
    rule = Policy(unconnected_counts=True)
    await hall.services.plans.set_policy(PROVINCE, SESSION, rule, sure=True)
    one = (await people_of(hall))[6]
    assert (one.status, one.millis, one.unconnected_millis) == (Status.PRESENT, 3590_000, 0)
    assert one.completed


async def test_a_correction_with_a_reason_overrides_the_room_and_one_that_does_nothing_is_refused(
    hall: Hall,
) -> None:
    await play(hall, (6, SILENT, "in", 0))
    service, house = CorrectionService(hall.house.database, hall.house.clock), hall.house

    async def add(first: float, last: float, **more: bool) -> None:
        where = (AttendeeId(6), "add", EndpointId(SILENT))
        await service.add(PROVINCE, SESSION, *where, house.at(first), house.at(last), "Máy hỏng", **more)

    with pytest.raises(CorrectionNeedsVouching):
        await add(0, HOUR)
    await add(0, 1800, vouched=True)
    one = (await people_of(hall))[6]
    assert (one.spans, one.unconnected_millis) == ((Stretch(0, 1800_000),), 1800_000)
    with pytest.raises(CorrectionWithoutEffect):
        await add(0, 1800, vouched=True)
    (kept,) = await service.list(PROVINCE, SESSION, AttendeeId(6))
    assert kept.vouched


async def test_a_room_that_connects_late_makes_nobody_late(hall: Hall) -> None:
    await play(hall, (1, ROOM, "in", 0), connected=(1200, HOUR))
    one = (await people_of(hall))[1]
    assert (one.status, one.millis, one.unconnected_millis) == (Status.PRESENT, 2400_000, 1200_000)


@pytest.mark.parametrize(("counts", "taken"), [(True, 1600_000), (False, 0)])
async def test_an_unanswered_prompt_takes_minutes_and_makes_nobody_leave_early(
    hall: Hall, counts: bool, taken: int
) -> None:
    await play(hall, (1, ROOM, "in", 0), (2, ROOM, "in", 0), (2, ROOM, "confirm", 2010), prompt=(2000, 2120))
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(prompts_count=counts), sure=True)
    found = await people_of(hall)
    assert (found[1].status, found[1].prompt_millis) == (Status.PRESENT, taken)
    assert (found[1].millis, found[1].last_at) == (3600_000 - taken, hall.house.at(HOUR))
    assert (found[2].millis, found[2].prompt_millis) == (3600_000, 0)
    room = (await figures(hall)).rooms[ROOM]
    assert (room.unanswered, room.prompt_millis, room.left_early) == (1, taken, 0)


@pytest.mark.both_databases
async def test_switching_the_rule_says_what_it_changes_before_it_does(hall: Hall) -> None:
    await play(hall, (1, ROOM, "in", 0), (2, ROOM, "in", 0), prompt=(600, 720))
    with pytest.raises(FiguresWouldChange) as told:
        await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(prompts_count=True))
    assert told.value.params == {
        "people": 2, "minutes_before": 120, "minutes_after": 20, "completed_before": 2, "completed_after": 0,
        "late_before": 0, "late_after": 0, "left_early_before": 0, "left_early_after": 0,
        "late_rooms_before": 0, "late_rooms_after": 0,
    }  # fmt: skip
    assert not (await hall.services.plans.plan(PROVINCE, SESSION)).policy.prompts_count
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(guests=False))  # changes no figure


async def running(hall: Hall) -> SessionInput:
    """A session under way, in which person 1 and room 5 are late; its form, with all rooms."""
    await play(hall, (1, ROOM, "in", 600), (2, ROOM, "in", 0), connected=(400, HOUR))
    await set_plan(hall, state="live", actual_end=None)
    form = await hall.services.sessions.form(ORGANIZER, SESSION)
    return replace(form, participants=Participants(include_units=(UnitId(1),)))


async def test_margins_of_a_running_session_say_what_they_change_before_they_do(hall: Hall) -> None:
    form, sessions = await running(hall), hall.services.sessions
    assert (await people_of(hall))[1].status is Status.LATE
    with pytest.raises(FiguresWouldChange) as told:
        await sessions.update(ORGANIZER, SESSION, replace(form, late_min=15))
    changed = {name: value for name, value in told.value.params.items() if "late" in name or name == "people"}
    assert changed == {
        "people": 1, "late_before": 1, "late_after": 0, "late_rooms_before": 1, "late_rooms_after": 0,
    }  # fmt: skip
    assert (await sessions.get(ORGANIZER, SESSION)).session.late_min == 5
    assert (await people_of(hall))[1].status is Status.LATE
    await sessions.update(ORGANIZER, SESSION, replace(form, late_min=6, title="Học tập"))  # nobody's figure
    await sessions.update(ORGANIZER, SESSION, replace(form, late_min=15), sure=True)
    assert (await people_of(hall))[1].status is Status.PRESENT


async def test_switching_whether_the_plan_counts_says_what_it_changes(hall: Hall) -> None:
    form = await running(hall)
    await set_plan(hall, starts_at=hall.house.live + timedelta(minutes=10))
    form = replace(form, starts_at=hall.house.live + timedelta(minutes=10), by_plan=False)
    with pytest.raises(FiguresWouldChange) as told:
        await hall.services.sessions.update(ORGANIZER, SESSION, form)
    assert (told.value.params["late_before"], told.value.params["late_after"]) == (0, 1)


async def test_the_form_of_a_running_session_asks_once(hall: Hall) -> None:
    form = await running(hall)
    accounts = hall.services.accounts
    await accounts.create_account(
        SYSTEM, "quan-tri", PASSWORD, "quan-tri", [GrantWish(Role.ADMINISTRATOR, None)], "en"
    )
    sent = {
        "title": form.title, "kind": form.kind, "length_min": "60", "include_units": "1", "lobby_min": "60",
        "late_min": "15", "left_early_min": "5", "overrun_min": "30", "by_plan": "1",
    }  # fmt: skip
    async with TestClient(hall.server, cookie_jar=CookieJar(unsafe=True)) as client:
        officer = Reader(client, headers={"Accept-Language": "en"})
        await officer.log_in("quan-tri")
        asked = await officer.post("/sessions/1/edit", sent)
        assert asked.status == 409
        assert "late: 1 → 0" in asked.text
        assert "Save all the same" in asked.text
        saved = await officer.post("/sessions/1/edit", sent | {"sure": "1"})
    assert saved.location == "/sessions/1?done=saved"
    assert (await people_of(hall))[1].status is Status.PRESENT


@pytest.mark.both_databases
async def test_late_counts_from_the_later_of_plan_and_start(hall: Hall) -> None:
    live = hall.house.live
    await set_plan(hall, starts_at=live + timedelta(minutes=15), length_min=45)
    await play(hall, (1, ROOM, "in", 19 * 60), (2, ROOM, "in", 21 * 60), (3, ROOM, "in", 400))
    found = await people_of(hall)
    assert [found[one].status for one in (1, 2, 3)] == [Status.PRESENT, Status.LATE, Status.PRESENT]
    await set_plan(hall, by_plan=False)
    assert [(await people_of(hall))[one].status for one in (1, 3)] == [Status.LATE, Status.LATE]


@pytest.mark.both_databases
async def test_early_counts_to_the_earlier_of_plan_and_end(hall: Hall) -> None:
    await set_plan(hall, length_min=30)
    await play(
        hall, (1, ROOM, "in", 0), (1, ROOM, "out", 30 * 60), (2, ROOM, "in", 0), (2, ROOM, "out", 1400)
    )
    found = await people_of(hall)
    assert [found[one].status for one in (1, 2)] == [Status.PRESENT, Status.LEFT_EARLY]


async def test_who_sat_to_the_end_has_all_of_it(hall: Hall) -> None:
    await play(hall, (1, ROOM, "in", 0), connected=(-60, HOUR - 0.6))
    one = (await people_of(hall))[1]
    assert (one.millis, one.percent) == (3600_000, 10_000)


@pytest.mark.both_databases
async def test_a_room_whose_end_nobody_told_was_there_until_the_end(hall: Hall) -> None:
    house = hall.house
    await play(hall, (1, ROOM, "in", 0), connected=(-60, HOUR - 10))
    async with house.database.transaction() as tx:
        lost = update(AttendanceEvent).where(AttendanceEvent.kind == "left")
        await tx.execute(lost.values(kind="present", source="hub"))
    assert (await people_of(hall))[1].percent == 10_000


OLD_DIGEST = "7c03d56dc5ab06adc464f91d6b5fa0255d503e8a0ad6706e54110d21b2476682"
"""Of `over`, as the rules before these reckoned it."""


@pytest.mark.both_databases
async def test_attendance_that_was_closed_by_older_rules_keeps_its_figures(over: Hall) -> None:
    await set_plan(over, attendance_rules=1, starts_at=over.house.at(900))
    seals = SealService(over.house.database, over.house.clock)
    await Deriver(over.house.database, over.house.clock).derive_due()
    assert (await seals.rebuild(SESSION)).digest == OLD_DIGEST
    head = await seals.close(PROVINCE, SESSION)
    assert (await seals.verify(SESSION, head)).holds
    await seals.reopen(PROVINCE, SESSION, "Sót người")
    assert (await seals.rebuild(SESSION)).digest == OLD_DIGEST


@pytest.mark.both_databases
async def test_an_unanswered_prompt_is_shown_where_people_can_still_answer_it(hall: Hall) -> None:
    house = hall.house

    async def tell(key: str, person: int, kind: str, second: float) -> None:
        house.move_to(second)
        at = house.clock.now().isoformat()
        event = {"key": key, "kind": kind, "at": at, "attendee": person}
        async with hall.phone() as client:
            _, answer = await hall.tell(client, {"sent_at": at, "events": [event]})
        assert answer["results"][0]["result"] == "stored"

    async def silent() -> tuple[int, int, bool]:
        """By the live totals, by the report, and whether the tablet is told what was asked."""
        totals = await hall.services.checkin.totals(PROVINCE, SESSION)
        report = await hall.services.people_reports.session(PROVINCE, SESSION)
        async with hall.phone() as client:
            headers = {"Authorization": f"Bearer {hall.token}"}
            answer = await client.get("/api/v1/tablet/sessions/1", headers=headers)
            asked = (await answer.json())["asked"]
        return totals.total.unanswered, report.totals.unanswered, asked is not None

    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(prompts_count=True))
    await tell("a", 1, "in", 10)
    await tell("b", 2, "in", 20)
    assert await silent() == (0, 0, False)
    async with house.database.transaction() as tx:
        opens, closes = house.at(100), house.at(220)
        tx.add(PresencePrompt(session_id=1, opens_at=opens, closes_at=closes, drawn_at=house.live))
    await tell("c", 3, "in", 110)
    assert await silent() == (2, 2, True)
    await tell("d", 1, "confirm", 150)
    assert await silent() == (1, 1, True)
    house.move_to(300)
    assert await silent() == (1, 1, True)  # it takes minutes until the person is heard of
    await tell("e", 2, "confirm", 310)
    assert await silent() == (0, 0, True)
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(), sure=True)
    assert await silent() == (0, 0, False)  # nothing is left to be answered
