"""Everything of one device or code is taken back in one step; the events stay, sealed and counted no more."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from confhub.audit.models import AuditRow
from confhub.checkin import limits
from confhub.checkin.deriving import Deriver
from confhub.checkin.errors import NothingToUndo, SourceUnknown
from confhub.checkin.models import CheckinMove, PersonEvent, PhoneTrace, UndoneEvent
from confhub.checkin.patterns import Remark, Trace, alike, remarks
from confhub.checkin.sealing import SealService
from confhub.checkin.undone import Undone
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Role
from confhub.rosters.models import SessionAttendee
from confhub.sessions.errors import SessionUnknown
from tests.functional.hub_checkin.test_doors import HERE, OTHER, THERE, other_room
from tests.functional.hub_checkin.test_plan_page import officer  # noqa: F401 - a fixture
from tests.functional.hub_checkin.test_tablet import batch, event, results
from tests.plugins.attendance import officer as account
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall, people_of
from tests.plugins.website import Reader

pytestmark = pytest.mark.both_databases

WHY = "Máy tính bảng ở tay người khác"


async def undo(hall: Hall, source: str, **more: Any) -> Undone:
    return await hall.services.undoing.undo(more.pop("actor", PROVINCE), SESSION, source, WHY, **more)


async def tablet_of(hall: Hall, room: int = ROOM) -> str:
    (one,) = await hall.services.tablets.list(PROVINCE, EndpointId(room))
    return f"tablet:{one.id}"


async def guest_by_phone(hall: Hall, number: int) -> int:
    path = (await hall.services.codes.code(EndpointId(ROOM), SESSION, "")).url
    async with hall.phone() as client:
        async with client.post("/api/v1/phone/visit", json={"token": path.removeprefix("/c/")}) as answer:
            visit = (await answer.json())["visit"]
        body = {"visit": visit, "guest": {"name": f"Khách {number}"}}
        async with client.post("/api/v1/phone/check-in", json=body) as answer:
            return answer.status


async def test_all_of_one_tablet_goes_and_what_others_told_stays(hall: Hall) -> None:
    other = await other_room(hall)
    forged = [event(hall, f"f{one}", one) for one in (1, 2, 3)] + [event(hall, "g", guest={"name": "Ai đó"})]
    await results(hall, batch(hall, *forged, heads=6))
    await results(other, batch(other, event(other, "own", 6)))
    assert (await hall.services.checkin.totals(PROVINCE, SESSION)).total.present == 5
    source = await tablet_of(hall)
    found = await undo(hall, source)
    assert (found.events, found.heads, found.people) == (4, 1, 4)
    total = (await hall.services.checkin.totals(PROVINCE, SESSION)).total
    assert (total.present, total.came, total.guests, total.heads) == (1, 1, 0, 0)
    assert (await hall.states())[6] == "in"
    assert await hall.count(PersonEvent) == 5  # nothing was deleted
    assert await hall.count(UndoneEvent) == 4
    async with hall.phone() as client:  # the tablet is shut out
        hall.house.clock.advance(limits.TABLET_SEEN_FOR_S + 1)
        assert (await hall.tell(client, batch(hall, event(hall, "again", 1))))[0] == 403
    with pytest.raises(NothingToUndo):
        await undo(hall, source)
    async with hall.house.database.reading() as tx:
        row = await tx.scalar(select(AuditRow).where(AuditRow.action == "checkin:source:undo"))
    assert row is not None
    assert (row.details["reason"], row.details["people"]) == (WHY, 4)


async def test_figures_follow_and_the_seal_covers_it(over: Hall) -> None:
    assert {one for one, person in (await people_of(over)).items() if person.millis} == {1, 2, 3}
    deriver = Deriver(over.house.database, over.house.clock)
    await deriver.derive_due()
    found = await undo(over, await tablet_of(over))
    assert found.events == 4
    assert await deriver.derive_due() == 1
    assert not any(person.millis for person in (await people_of(over)).values())
    seals = SealService(over.house.database, over.house.clock)
    head = await seals.close(PROVINCE, SESSION)
    assert (await seals.verify(SESSION, head)).holds
    async with over.house.database.transaction() as tx:
        row = await tx.scalar(select(UndoneEvent).limit(1))
        assert row is not None
        await tx.delete(row)
    verified = await seals.verify(SESSION, head)
    assert not verified.holds
    assert [one.name for one, _ in verified.changed] == ["undone_events"]
    with pytest.raises(DomainError):
        await undo(over, "tablet:1")


async def test_a_seal_of_before_knows_when_something_is_taken_back_behind_it(over: Hall) -> None:
    seals = SealService(over.house.database, over.house.clock)
    source = await tablet_of(over)
    head = await seals.close(PROVINCE, SESSION)
    from confhub.sessions.models import MeetingSession

    async with over.house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).values(sealed_at=None))
    await undo(over, source)
    async with over.house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).values(sealed_at=over.house.clock.now()))
    assert not (await seals.verify(SESSION, head)).holds


async def test_one_code_is_taken_back_and_its_bounds_are_free_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PHONES_LEAST", 1)
    assert [await guest_by_phone(hall, one) for one in range(6)] == [200] * 5 + [429]
    sources, undone = await hall.services.undoing.sources(PROVINCE, SESSION)
    (code,) = [one for one in sources if one.kind == "code"]
    assert (code.people, code.alike, undone) == (5, 5, [])
    assert set(code.remarks) == {Remark.SILENT, Remark.ALIKE}  # the room of this test never connected
    await undo(hall, code.name)
    assert (await hall.services.checkin.totals(PROVINCE, SESSION)).total.guests == 0
    hall.house.clock.advance(limits.QR_PERIOD_S)
    assert await guest_by_phone(hall, 9) == 200
    _, (one,) = await hall.services.undoing.sources(PROVINCE, SESSION)
    assert (one.people, one.reason, one.author) == (5, WHY, PROVINCE.name)


async def test_a_visitor_who_was_forged_is_at_home_again(hall: Hall) -> None:
    """By a badge: 1 is of the first room, and sat there before."""
    other = await other_room(hall)
    await results(hall, batch(hall, event(hall, "a", 1)))
    hall.house.clock.advance(10)
    await results(hall, batch(hall, event(hall, "out", 1, "out")))
    hall.house.clock.advance(10)
    told = await results(other, batch(other, event(other, "b", badge=hall.badges[0], way="badge")))
    assert told == [("stored", None)]

    async def where() -> tuple[str, int | None]:
        a = SessionAttendee
        async with hall.house.database.reading() as tx:
            row = (await tx.execute(select(a.state, a.visits_endpoint_id).where(a.attendee_id == 1))).one()
        return row[0], row[1]

    assert await where() == ("in", OTHER)
    await undo(hall, await tablet_of(other, OTHER))
    assert await where() == ("out", None)


async def test_one_phone_is_taken_back_by_its_mark(hall: Hall) -> None:
    assert await guest_by_phone(hall, 1) == 200
    assert await guest_by_phone(hall, 2) == 200
    async with hall.house.database.reading() as tx:
        device = await tx.scalar(select(PhoneTrace.device).limit(1))
    assert (await undo(hall, f"device:{device}")).people == 1


async def test_an_officer_takes_back_within_the_branch_alone(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    source = await tablet_of(hall)
    for actor in (THERE, account("/1/2/", 2, Role.OPERATOR)):
        with pytest.raises((NothingToUndo, SessionUnknown)):
            await undo(hall, source, actor=actor)
    assert (await hall.services.undoing.sources(THERE, SESSION))[0] == []
    assert (await undo(hall, source, actor=HERE)).people == 1
    for wrong in ("x", "code:5", "code:x.qr.1", "tablet"):
        with pytest.raises((SourceUnknown, NothingToUndo)):
            await undo(hall, wrong)


async def test_what_it_asked_of_other_rooms_goes_too(hall: Hall) -> None:
    other = await other_room(hall)
    await results(other, batch(other, event(other, "own", 6), event(other, "b", 1)))
    await undo(hall, await tablet_of(other, OTHER), shut_out=False)
    async with hall.house.database.reading() as tx:
        assert await tx.scalar(select(CheckinMove.state)) == "declined"
    assert await results(other, batch(other, event(other, "new", 6))) == [("stored", None)]


async def test_the_page_and_the_api_tell_and_take_back(hall: Hall, officer: Reader) -> None:  # noqa: F811
    await results(hall, batch(hall, event(hall, "a", 1)))
    path, source = "/desk/sessions/1/devices", await tablet_of(hall)
    answer = await officer.get(path)
    page = " ".join(answer.text.split())
    assert answer.status == 200, page
    assert ("Tablet máy 1" in page, f'value="{source}"' in page) == (True, True)
    assert (await officer.post(path, {"source": source, "reason": ""})).status == 422
    assert (await officer.post(path, {"source": source, "reason": WHY})).status == 303
    page = (await officer.get(path)).text
    assert (WHY in page, "Nobody has been checked in yet" in page) == (True, True)
    report = await officer.get("/sessions/1/people")
    assert (report.status, WHY in report.text, "from one tablet" in report.text) == (200, True, True)
    status, told = await officer.call("GET", "/api/v1/sessions/1/checkin/sources")
    assert status == 200
    assert (told["sources"], [one["source"] for one in told["undone"]]) == ([], [source])
    body = {"source": source, "reason": WHY}
    status, told = await officer.call("POST", "/api/v1/sessions/1/checkin/undo", body)
    assert (status, told["error"]["code"]) == (409, "nothing_to_undo")


async def test_marks_of_phones_go_with_the_addresses_of_the_trail(hall: Hall) -> None:
    assert await guest_by_phone(hall, 1) == 200
    hall.house.clock.advance(300 * 24 * 3600)
    await hall.services.retention.run_due()
    async with hall.house.database.reading() as tx:
        assert await tx.scalar(select(PhoneTrace.network)) != ""
    hall.house.clock.advance(100 * 24 * 3600)
    await hall.services.retention.run_due()
    async with hall.house.database.reading() as tx:
        assert tuple((await tx.execute(select(PhoneTrace.network, PhoneTrace.browser))).one()) == ("", "")


def test_what_stands_out() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 11, 22, 1, tzinfo=UTC)

    def trace(second: float, network: str = "n", browser: str = "b", *, silent: bool = False) -> Trace:
        return Trace(start + timedelta(seconds=second), network, browser, silent)

    hall = [trace(one, "wifi", f"kind {one % 4}") for one in range(130)]
    assert remarks(hall) == ()
    assert remarks([trace(0, silent=True)]) == (Remark.SILENT,)
    script = [trace(one / 10) for one in range(40)]
    assert remarks(script) == (Remark.BURST, Remark.ALIKE)
    one_phone = [trace(20 * one) for one in range(5)]
    assert (remarks(one_phone), alike(one_phone)) == ((Remark.ALIKE,), 5)
