"""Whoever never came cannot leave as a guest: it is refused in words, and no empty guest is left."""

from __future__ import annotations

import html

import pytest

from confhub.checkin.models import CheckinDevice, PersonEvent
from confhub.people.models import AttendeeRow
from confhub.rosters.models import SessionAttendee
from tests.functional.hub_checkin.test_phone import Phones, code, phone
from tests.functional.hub_checkin.test_tablet import batch, event, results
from tests.plugins.checkin import Hall

__all__ = ["phone"]

pytestmark = pytest.mark.both_databases

STRANGER = 6
"""Somebody of the register who is on no list of the session."""


async def stored(hall: Hall) -> tuple[int, ...]:
    tables = (AttendeeRow, SessionAttendee, PersonEvent, CheckinDevice)
    return tuple([await hall.count(table) for table in tables])


async def test_a_guest_who_leaves_by_phone_before_coming_is_told_so(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/who", q="Lê Hoà")  # freezes the list
    before = await stored(hall)
    await one.post("/c/check-in", kind="out", guest_name="Khách Vội")
    assert one.status == 409
    assert "Nobody came as this guest, so there is nobody to check out." in html.unescape(one.page)
    await one.post("/c/check-in", kind="out", badge=hall.badges[STRANGER])
    assert one.status == 409
    assert await stored(hall) == before
    await one.post("/c/check-in", kind="in", guest_name="Khách Vội")
    assert one.status == 200
    await one.tap("out")
    assert one.status == 200
    people, listed, events, _ = await stored(hall)
    assert (people - before[0], listed - before[1], events - before[2]) == (1, 1, 2)


async def test_a_tablet_checks_out_no_guest_who_never_came(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    before = await stored(hall)
    badge = {"badge": hall.badges[STRANGER], "way": "badge"}
    never = [("refused", "guest_never_came")]
    assert await results(hall, batch(hall, event(hall, "g", kind="out", guest={"name": "Khách"}))) == never
    assert await results(hall, batch(hall, event(hall, "b", kind="out", **badge))) == never
    assert await stored(hall) == before
    both = batch(hall, event(hall, "c", **badge), event(hall, "d", kind="out", **badge))
    assert await results(hall, both) == [("stored", None), ("stored", None)]
    assert await results(hall, both) == [("doubled", None), ("doubled", None)]


async def test_a_badge_that_is_refused_for_its_phone_leaves_no_guest(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.choose("Lê Hoà")
    assert one.status == 200
    before = await stored(hall)
    await one.get((await code(hall))[0])
    await one.post("/c/check-in", kind="in", badge=hall.badges[STRANGER])
    assert one.status == 409
    assert await stored(hall) == before
