"""What a room's tablet tells is stored once, refused with a reason, and shown to its officers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from confhub.access.rules import SYSTEM
from confhub.checkin import sheets
from confhub.checkin.models import CheckinPolicy, PersonEvent
from confhub.checkin.service import CheckinService
from confhub.checkin.values import Guest, PersonKind, RoomEvent, RoomHeads, RoomTeller, Way
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.people.models import AttendeeRow
from confhub.registry.errors import EndpointNotFound
from confhub.rosters import store as rosters
from confhub.rosters.models import SessionAttendee
from confhub.rosters.values import Scope
from confhub.sessions.models import MeetingSession
from tests.plugins.attendance import House, add_session, officer
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall

pytestmark = pytest.mark.asyncio


def event(hall: Hall, key: str, person: int | None = None, kind: str = "in", **more: Any) -> dict[str, Any]:
    at = more.pop("at", hall.house.clock.now())
    who = {"attendee": person} if person is not None else {}
    return {"key": key, "kind": kind, "at": at.isoformat(), **who, **more}


def batch(hall: Hall, *events: dict[str, Any], heads: int | None = None) -> dict[str, Any]:
    now = hall.house.clock.now().isoformat()
    counts = [] if heads is None else [{"key": f"h{heads}", "people": heads, "at": now}]
    return {"sent_at": now, "events": list(events), "head_counts": counts}


async def results(hall: Hall, body: dict[str, Any], session: int = 1) -> list[tuple[str, str | None]]:
    async with hall.phone() as client:
        status, answer = await hall.tell(client, body, session)
    assert status == 200, answer
    return [(one["result"], one["code"]) for one in answer["results"]]


@pytest.mark.both_databases
async def test_the_list_of_the_room_has_its_people_and_no_badge(hall: Hall) -> None:
    async with hall.phone() as client:
        answer = await client.get(
            "/api/v1/tablet/sessions/1", headers={"Authorization": f"Bearer {hall.token}"}
        )
        text = await answer.text()
        sheet = await answer.json()
        listed = await client.get(
            "/api/v1/tablet/sessions", headers={"Authorization": f"Bearer {hall.token}"}
        )
        sessions = await listed.json()
    assert [one["id"] for one in sessions["sessions"]] == [1]
    assert sorted(one["id"] for one in sheet["people"]) == [1, 2, 3, 4, 5]
    assert not any(badge in text for badge in hall.badges)


async def test_a_list_that_is_asked_for_again_says_what_has_changed_since(hall: Hall) -> None:
    async def people() -> list[dict[str, Any]]:
        async with hall.phone() as client:
            bearer = {"Authorization": f"Bearer {hall.token}"}
            answer = await client.get("/api/v1/tablet/sessions/1", headers=bearer)
            found: list[dict[str, Any]] = (await answer.json())["people"]
            return found

    before = await people()
    assert len(before) == 5
    assert await people() == before
    async with hall.house.database.transaction() as tx:  # as another hub, or the terminal: nobody is told
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == 2).values(position="Bí thư"))
    renamed = await people()
    assert {one["id"]: one["position"] for one in renamed}[2] == "Bí thư"
    await results(hall, batch(hall, event(hall, "a", 1), event(hall, "g", guest={"name": "Khách"})))
    after = await people()
    assert {one["id"]: one["state"] for one in after}[1] == "in"
    assert len(after) == 6
    assert [one for one in after if one["id"] in (2, 3, 4, 5)] == [one for one in renamed if one["id"] != 1]


async def read_list(hall: Hall, since: str = "", token: str = "") -> dict[str, Any]:
    """What a tablet gets: with the mark `since`, what changed."""
    async with hall.phone() as client:
        query = {"since": since} if since else {}
        bearer = {"Authorization": f"Bearer {token or hall.token}"}
        answer = await client.get("/api/v1/tablet/sessions/1", params=query, headers=bearer)
        found: dict[str, Any] = await answer.json()
    assert answer.status == 200, found
    return found


async def long_ago(hall: Hall) -> None:
    """Nothing on the list was written lately."""
    async with hall.house.database.transaction() as tx:
        await tx.execute(update(SessionAttendee).values(touched=1))


@pytest.mark.both_databases
async def test_of_a_list_that_is_asked_for_by_its_mark_only_those_who_changed_are_told(hall: Hall) -> None:
    async with hall.house.database.transaction() as tx:
        await rosters.freeze(tx, SESSION, hall.house.clock.now())
    first = await read_list(hall)
    assert (first["whole"], first["listed"], len(first["people"])) == (True, 5, 5)
    await long_ago(hall)
    again = await read_list(hall, first["mark"])
    assert (again["whole"], again["listed"], again["people"]) == (False, 5, [])
    await results(hall, batch(hall, event(hall, "a", 3)))
    after = await read_list(hall, again["mark"])
    assert [(one["id"], one["state"]) for one in after["people"]] == [(3, "in")]
    await results(hall, batch(hall, event(hall, "g", guest={"name": "Khách"})))
    guest = await read_list(hall, after["mark"])
    assert guest["listed"] == 6
    assert {"Khách"} < {one["name"] for one in guest["people"]}


@pytest.mark.both_databases
async def test_visitors_are_told_each_time_and_whoever_was_taken_off_is_missing_in_the_number(
    hall: Hall,
) -> None:
    async with hall.house.database.transaction() as tx:
        await rosters.freeze(tx, SESSION, hall.house.clock.now())
    first = await read_list(hall)
    await results(hall, batch(hall, event(hall, "v", named={"name": "Phạm Lan", "unit": "Xã Chí Đám"})))
    await long_ago(hall)
    here = await read_list(hall, first["mark"])
    assert [(one["id"], one["origin"]) for one in here["people"]] == [(6, sheets.VISITOR)]
    assert here["listed"] == 5
    await hall.services.rosters.remove(PROVINCE, ROOM, [2], Scope(SESSION))
    fewer = await read_list(hall, here["mark"])
    assert (fewer["whole"], fewer["listed"]) == (False, 4)
    left = [one["id"] for one in (await read_list(hall))["people"]]
    assert left == [one["id"] for one in first["people"] if one["id"] != 2] + [6]


@pytest.mark.both_databases
async def test_a_notice_of_absence_is_told_with_what_changed(hall: Hall) -> None:
    async with hall.house.database.transaction() as tx:
        await rosters.freeze(tx, SESSION, hall.house.clock.now())
    mark = (await read_list(hall))["mark"]
    for state, step in (
        ("pending", lambda: hall.services.absences.enter(PROVINCE, SESSION, 2, "Ốm")),
        ("approved", lambda: hall.services.absences.decide(PROVINCE, SESSION, [1], approve=True)),
        (None, lambda: hall.services.absences.withdraw(PROVINCE, SESSION, 1)),
    ):
        await long_ago(hall)
        await step()
        told = await read_list(hall, mark)
        assert [(one["id"], one["absence"]) for one in told["people"]] == [(2, state)]


async def test_a_mark_of_a_minute_ago_gets_the_whole_list(hall: Hall) -> None:
    async with hall.house.database.transaction() as tx:
        await rosters.freeze(tx, SESSION, hall.house.clock.now())
    read_at = int((await read_list(hall))["mark"].partition("-")[0])
    await long_ago(hall)
    assert (await read_list(hall, f"{read_at}-{read_at - sheets.WHOLE_FOR_S + 30}"))["people"] == []
    for whole_at in (read_at - sheets.WHOLE_FOR_S, read_at + 3600, 0):
        assert len((await read_list(hall, f"{read_at}-{whole_at}"))["people"]) == 5, whole_at
    async with hall.phone() as client:
        bearer = {"Authorization": f"Bearer {hall.token}"}
        for wrong in ("x", "1", "1-", "-1", "1-2-3", "9" * 13 + "-1", "１-１"):
            answer = await client.get("/api/v1/tablet/sessions/1", params={"since": wrong}, headers=bearer)
            assert (answer.status, (await answer.json())["error"]["field"]) == (422, "since"), wrong


async def test_before_the_lobby_opens_the_list_is_told_as_it_would_be_and_then_as_it_is(hall: Hall) -> None:
    expected = await read_list(hall)
    assert (expected["whole"], expected["listed"], len(expected["people"])) == (True, 5, 5)
    again = await read_list(hall, expected["mark"])
    assert (again["whole"], len(again["people"])) == (True, 5)
    async with hall.house.database.transaction() as tx:
        await rosters.freeze(tx, SESSION, hall.house.clock.now())
    frozen = await read_list(hall, again["mark"])
    assert (frozen["listed"], len(frozen["people"])) == (5, 5)


async def test_the_same_batch_three_times_is_stored_once(hall: Hall) -> None:
    body = batch(
        hall, event(hall, "a", 1), event(hall, "b", 2), event(hall, "g", guest={"name": "Khách"}), heads=40
    )
    first = await results(hall, body)
    second = await results(hall, body)
    third = await results(hall, body)
    assert first == [("stored", None)] * 4
    assert second == third == [("doubled", None)] * 4
    assert await hall.count(PersonEvent) == 3
    assert await hall.count(AttendeeRow) == 8


async def test_two_people_of_one_name_in_one_room_are_two(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    states = await hall.states()
    assert (states[1], states[2]) == ("in", "expected")


async def test_a_bad_event_is_refused_alone_with_its_reason(hall: Hall) -> None:
    now = hall.house.clock.now()
    body = batch(
        hall,
        event(hall, "good", 1),
        event(hall, "early", 2, at=now - timedelta(hours=2)),
        event(hall, "future", 2, at=now + timedelta(minutes=3)),
        event(hall, "nobody", 999),
        event(hall, "badge", badge="0000-0000-0000-0000", way="badge"),
        event(hall, "stranger", 7),
        event(hall, "both", 1, badge=hall.badges[0]),
        event(hall, "hidden", guest={"name": "A\u202eB"}),
        event(hall, "good", 3),
    )
    assert await results(hall, body) == [
        ("stored", None),
        ("refused", "before_session"),
        ("refused", "in_future"),
        ("refused", "person_unknown"),
        ("refused", "badge_unknown"),
        ("refused", "person_not_in_session"),
        ("refused", "who_missing"),
        ("refused", "text_unreadable"),
        ("refused", "key_taken"),
    ]


@pytest.mark.both_databases
async def test_somebody_of_another_place_is_a_guest_by_badge_and_only_where_guests_may_come(
    hall: Hall,
) -> None:
    assert await results(hall, batch(hall, event(hall, "a", badge=hall.badges[6], way="badge"))) == [
        ("stored", None)
    ]
    async with hall.house.database.transaction() as tx:
        from confhub.checkin import store

        await store.secret_of(tx, 1)
        await tx.execute(update(CheckinPolicy).values(guests=False, ways="tablet"))
    assert await results(
        hall,
        batch(
            hall,
            event(hall, "b", guest={"name": "Khách"}),
            event(hall, "c", badge=hall.badges[0], way="badge"),
        ),
    ) == [("refused", "guests_closed"), ("refused", "way_closed")]


async def measured(hall: Hall, wrong: timedelta) -> dict[str, str]:
    """The round trip that a tablet with such a clock makes to the hub."""
    async with hall.phone() as client:
        answer = await (await client.get("/api/v1/time")).json()
    device = hall.house.clock.now() + wrong
    return {**answer, "asked_at": device.isoformat(), "heard_at": device.isoformat()}


@pytest.mark.parametrize("hours", [-7, 5])
async def test_a_clock_that_is_hours_wrong_is_put_right_by_its_round_trip(hall: Hall, hours: int) -> None:
    wrong = timedelta(hours=hours)
    clock, happened = await measured(hall, wrong), hall.house.clock.now()
    hall.house.clock.advance(77)  # the hub was away, or the answer slow: no business of the clock
    told = event(hall, "a", 1, at=happened + wrong)
    body = {"clock": clock, "sent_at": (happened + wrong).isoformat(), "events": [told]}
    assert await results(hall, body) == [("stored", None)]
    assert await results(hall, body) == [("doubled", None)]
    async with hall.house.database.reading() as tx:
        stored = await tx.get_one(PersonEvent, 1)
    assert stored.at == happened


@pytest.mark.both_databases
async def test_a_right_clock_is_left_alone_when_a_batch_comes_late(hall: Hall) -> None:
    clock, happened = await measured(hall, timedelta(0)), hall.house.clock.now()
    hall.house.clock.advance(77)
    body = {"clock": clock, "sent_at": happened.isoformat(), "events": [event(hall, "a", 1, at=happened)]}
    assert await results(hall, body) == [("stored", None)]
    async with hall.house.database.reading() as tx:
        assert (await tx.get_one(PersonEvent, 1)).at == happened


@pytest.mark.parametrize("off_s", [-77, -7 * 3600, 5 * 3600])
async def test_without_a_round_trip_a_strange_clock_is_asked_for_one_and_nothing_is_stored(
    hall: Hall, off_s: int
) -> None:
    sent = hall.house.clock.now() + timedelta(seconds=off_s)
    body = {"sent_at": sent.isoformat(), "events": [event(hall, "a", 1, at=sent)]}
    async with hall.phone() as client:
        status, answer = await hall.tell(client, body)
    assert (status, answer["error"]["code"]) == (503, "clock_unmeasured")  # so that it is offered again
    assert await hall.count(PersonEvent) == 0


async def test_an_older_event_that_comes_late_does_not_move_the_state(hall: Hall) -> None:
    now = hall.house.clock.now()
    await results(hall, batch(hall, event(hall, "out", 1, "out", at=now)))
    await results(hall, batch(hall, event(hall, "in", 1, "in", at=now - timedelta(minutes=5))))
    assert (await hall.states())[1] == "out"


async def test_a_sealed_session_takes_nothing(hall: Hall) -> None:
    async with hall.house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).values(sealed_at=hall.house.clock.now()))
    assert (
        await results(hall, batch(hall, event(hall, "a", 1), heads=3))
        == [("refused", "attendance_sealed")] * 2
    )
    assert await hall.count(PersonEvent) == 0


async def test_a_room_of_another_session_is_refused(hall: Hall) -> None:
    async with hall.house.database.transaction() as tx:
        await add_session(tx, 2, "s2", hall.house.live, [2, 3])
    assert await results(hall, batch(hall, event(hall, "a", 1)), session=2) == [
        ("refused", "room_not_in_session")
    ]


async def test_an_unknown_session_costs_the_others_of_the_group_nothing(hall: Hall) -> None:
    async with hall.phone() as client:
        bad, good = await asyncio.gather(
            hall.tell(client, batch(hall, event(hall, "x", 1)), session=99),
            hall.tell(client, batch(hall, event(hall, "a", 1))),
        )
    assert bad[0] == 404
    assert good[1]["results"][0]["result"] == "stored"


async def test_a_revoked_tablet_is_out_at_once(hall: Hall) -> None:
    (tablet,) = await hall.services.tablets.list(SYSTEM, EndpointId(ROOM))
    await hall.services.tablets.revoke(SYSTEM, tablet.id)
    async with hall.phone() as client:
        status, answer = await hall.tell(client, batch(hall, event(hall, "a", 1)))
    assert (status, answer["error"]["code"]) == (403, "tablet_unknown")


async def test_a_tablet_at_work_is_out_with_the_next_thing_it_says(hall: Hall) -> None:
    (tablet,) = await hall.services.tablets.list(SYSTEM, EndpointId(ROOM))
    async with hall.phone() as client:
        before = await hall.tell(client, batch(hall, event(hall, "a", 1)))
        await hall.services.tablets.revoke(SYSTEM, tablet.id)
        after = await hall.tell(client, batch(hall, event(hall, "b", 2)))
    assert (before[0], after[0]) == (200, 403)
    assert (await hall.states())[2] == "expected"


async def test_a_tablet_at_work_is_out_once_its_room_is_retired(hall: Hall) -> None:
    principal = await hall.services.tablets.principal_of(hall.token)
    assert principal is not None
    await hall.services.registry.retire_endpoint(SYSTEM, EndpointId(ROOM))
    assert await hall.services.tablets.principal_of(hall.token) is None


async def test_a_tablet_that_leaves_is_out_at_once(hall: Hall) -> None:
    principal = await hall.services.tablets.principal_of(hall.token)
    assert principal is not None
    await hall.services.tablets.leave(principal)
    assert await hall.services.tablets.principal_of(hall.token) is None


async def test_a_code_for_a_tablet_counts_once_and_for_a_day(hall: Hall) -> None:
    slip = await hall.services.tablets.issue(SYSTEM, EndpointId(ROOM))
    hall.house.clock.advance(24 * 3600)
    async with hall.phone() as client:
        late = await client.post("/api/v1/tablet/enter", json={"code": slip.code, "name": ""})
        fresh = await hall.services.tablets.issue(SYSTEM, EndpointId(ROOM))
        good = await client.post("/api/v1/tablet/enter", json={"code": fresh.code.lower(), "name": "máy"})
        again = await client.post("/api/v1/tablet/enter", json={"code": fresh.code, "name": "máy"})
        assert [late.status, good.status, again.status] == [410, 200, 409]
        assert (await good.json())["endpoint"]["id"] == ROOM


async def test_tablets_are_the_matter_of_their_branch(hall: Hall) -> None:
    tablets = hall.services.tablets
    await tablets.issue(officer("/1/2/", 2, Role.OPERATOR), EndpointId(ROOM))
    with pytest.raises(EndpointNotFound):
        await tablets.issue(officer("/1/3/", 3, Role.OPERATOR), EndpointId(ROOM))
    with pytest.raises(Forbidden):
        await tablets.issue(officer("/1/2/", 2, Role.VIEWER), EndpointId(ROOM))
    with pytest.raises(EndpointNotFound):
        await tablets.teller_for(officer("/1/3/", 3, Role.TRAINING_OFFICER), EndpointId(ROOM))


@pytest.mark.both_databases
async def test_live_figures_are_apart_and_of_the_own_branch(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1), event(hall, "g", guest={"name": "Khách"}), heads=40))
    totals = await hall.services.checkin.totals(officer("/1/2/", 2), SessionId(1))
    assert {room.endpoint_id for room in totals.rooms} == {3, 5}
    room = next(room for room in totals.rooms if room.endpoint_id == ROOM)
    assert (room.expected, room.present, room.came, room.guests, room.heads) == (5, 2, 2, 1, 40)
    assert (totals.total.expected, totals.total.rooms_told) == (5, 1)
    with pytest.raises(Forbidden):
        await hall.services.checkin.totals(officer("/1/2/", 2, Role.VIEWER), SessionId(1))
    assert UnitId(4) == room.unit_id


async def test_a_file_afterwards_is_tried_first_and_stored_once(hall: Hall, house: House) -> None:
    # The session begins at 08:00 local time.
    content = "Họ tên,Giờ vào,Giờ ra\nTrần Thị Bình,08:00,08:01\nNguyễn Văn An,08:00,\nLê Hoà,xx,\n".encode()
    house.clock.advance(600)
    take = hall.services.checkin.from_file
    dry = await take(SYSTEM, SessionId(1), "a.csv", content)
    assert await hall.count(PersonEvent) == 0
    real = await take(SYSTEM, SessionId(1), "a.csv", content, dry=False)
    again = await take(SYSTEM, SessionId(1), "b.csv", content, dry=False)
    codes = [(line.result.value, line.error.code if line.error else None) for line in real.lines]
    assert codes == [("stored", None), ("refused", "person_ambiguous"), ("refused", "time_unreadable")]
    assert (dry.stored, real.stored, again.doubled) == (1, 1, 1)
    assert await hall.count(PersonEvent) == 2


@pytest.mark.both_databases
async def test_names_of_guests_are_kept_as_text_or_refused_by_length(hall: Hall) -> None:
    formula = "=HYPERLINK(1) Khách"
    body = batch(
        hall,
        event(hall, "long", guest={"name": "x" * 500}),
        event(hall, "formula", guest={"name": formula}),
        event(hall, "blank", guest={"name": "\u200b"}),
        event(hall, "after", 1),
    )
    told = await results(hall, body)
    assert [one[0] for one in told] == ["refused", "stored", "refused", "stored"]
    assert all(code for result, code in told if result == "refused")
    async with hall.house.database.reading() as tx:
        assert await tx.scalar(select(AttendeeRow.name).order_by(AttendeeRow.id.desc()).limit(1)) == formula


async def test_a_batch_repeated_to_a_restarted_hub_is_doubled(hall: Hall) -> None:
    body = batch(hall, event(hall, "a", 1), event(hall, "g", guest={"name": "Khách"}), heads=7)
    assert await results(hall, body) == [("stored", None)] * 3
    await hall.services.checkin.close()
    fresh = CheckinService(hall.house.database, hall.house.clock, "Asia/Ho_Chi_Minh")
    await fresh.start()
    try:
        now = hall.house.clock.now()
        told = await fresh.tell(
            (await hall.services.tablets.principal_of(hall.token)).teller,  # type: ignore[union-attr]
            SessionId(1),
            [
                RoomEvent("a", PersonKind.IN, now, Way.TABLET, attendee=1),
                RoomEvent("g", PersonKind.IN, now, Way.TABLET, guest=Guest("Khách")),
            ],
            [RoomHeads("h7", 7, now)],
            sent_at=now,
        )
    finally:
        await fresh.close()
    assert [one.result.value for one in told] == ["doubled"] * 3
    assert (await hall.count(PersonEvent), await hall.count(AttendeeRow)) == (2, 8)


async def test_heads_far_from_the_list_are_asked_about_and_no_room_holds_a_city(hall: Hall) -> None:
    async with hall.phone() as client:
        at = hall.house.clock.now().isoformat()

        async def declare(key: str, people: int, **more: bool) -> Any:
            heads = [{"key": key, "people": people, "at": at, **more}]
            return await hall.tell(client, {"sent_at": at, "events": [], "head_counts": heads})

        _, answer = await declare("a", 51)  # five are expected
        assert [(one["result"], one["code"]) for one in answer["results"]] == [("refused", "heads_unlikely")]
        _, answer = await declare("b", 51, sure=True)
        assert answer["results"][0]["result"] == "stored"
        _, answer = await declare("c", 50)
        assert answer["results"][0]["result"] == "stored"
        status, _ = await declare("d", 99_999, sure=True)
        assert status == 422


@pytest.mark.both_databases
async def test_a_delegate_in_another_room_is_found_by_code_or_name_and_counts_once(hall: Hall) -> None:
    """Person 6 of room 6 sits in room 5: a visitor there, in room 5 at home, one person in every count."""
    at = hall.house.clock.now().isoformat()
    async with hall.house.database.transaction() as tx:
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == 6).values(code="CB-6"))

    async with hall.phone() as client:

        async def receive(key: str, **named: str) -> tuple[str, str | None]:
            events = [{"key": key, "kind": "in", "at": at, "named": named}]
            _, answer = await hall.tell(client, {"sent_at": at, "events": events})
            return answer["results"][0]["result"], answer["results"][0]["code"]

        assert await receive("a", code="CB-7") == ("refused", "person_not_in_session")
        assert await receive("b", name="Phạm Lan", unit="Xã Ấm Hạ") == ("refused", "person_not_in_session")
        assert await receive("c", name="Nguyễn Văn An", unit="Xã Ấm Hạ") == ("refused", "person_ambiguous")
        assert await receive("d", name="phạm  lan", unit="xã chí đám") == ("stored", None)
        assert await receive("e", code="cb-6") == ("stored", None)

    async def sheet(room: int) -> dict[int, Any]:
        found = await sheets.sheet_of(hall.house.database, room, 1, hall.house.clock.now())
        return {one.id: one for one in found.people}

    here, home = await sheet(ROOM), await sheet(6)
    assert (here[6].origin, here[6].state, here[6].home) == ("visitor", "in", "=HYPERLINK(1) xã Chí Đám")
    assert (home[6].origin, home[6].state, home[6].elsewhere) == ("roster", "in", "Phòng họp xã Ấm Hạ")
    totals = await hall.services.checkin.totals(PROVINCE, SESSION)
    assert (totals.total.present, totals.total.guests, totals.total.expected) == (1, 0, 6)
    assert await hall.count(AttendeeRow) == 7  # nobody was made anew


async def test_whoever_sits_in_another_room_is_not_taken_out_of_it_by_a_name(hall: Hall) -> None:
    house = hall.house
    other = RoomTeller(EndpointId(6), "H5", "H5", UnitId(5), "/1/3/5/", "tablet:9")
    seated = RoomEvent("s", PersonKind.IN, house.clock.now(), Way.TABLET, attendee=6)
    (told,) = await hall.services.checkin.tell(other, SESSION, [seated])
    assert told.result.value == "stored"
    at = house.clock.now().isoformat()
    async with hall.phone() as client:
        named = {"name": "Phạm Lan", "unit": "Xã Chí Đám"}
        body = {"sent_at": at, "events": [{"key": "x", "kind": "in", "at": at, "named": named}]}
        _, answer = await hall.tell(client, body)
    assert answer["results"][0]["result"] == "waiting"
    assert await hall.count(PersonEvent) == 1
