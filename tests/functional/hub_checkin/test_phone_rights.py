"""Whom a phone may send away and answer for: those whom it brought, not a name that was typed on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from confhub.checkin.phone_errors import CameWithoutPhone
from confhub.checkin.values import PersonKind, Result, RoomEvent, Visit, Way
from confhub.kernel.ids import AttendeeId
from tests.functional.hub_checkin.test_doors import tell_as
from tests.functional.hub_checkin.test_phone import Phone, Phones, code, kinds, phones_of
from tests.functional.hub_checkin.test_tablet import batch, event, results
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall

pytestmark = pytest.mark.both_databases

LE_HOA = AttendeeId(4)
REMEDY = "Ask at the room"


@pytest.fixture
async def phone(hall: Hall) -> AsyncIterator[Phones]:
    async with phones_of(hall) as make:
        yield make


async def ticked(hall: Hall, kind: str = "in", *, key: str = "tick", ago_s: float = 0) -> None:
    """The room's tablet tells of Lê Hoà."""
    at = hall.house.clock.now() - timedelta(seconds=ago_s)
    assert await results(hall, batch(hall, event(hall, key, LE_HOA, kind, at=at))) == [("stored", None)]
    hall.house.clock.advance(60)


async def says(hall: Hall, one: Phone, kind: str) -> tuple[int, str]:
    """The phone scans the room's code and tells something of Lê Hoà; its page's status and text."""
    await one.get((await code(hall))[0])
    if 'name="attendee"' in one.page:
        known = one.page
        await one.tap(kind)
        assert "Lê Hoà" in known
    else:
        await one.choose("Lê Hoà", kind)
    hall.house.clock.advance(60)
    return one.status, one.page


async def test_who_was_ticked_off_is_sent_away_by_no_phone_that_knows_the_name(
    hall: Hall, phone: Phones
) -> None:
    await ticked(hall)
    status, page = await says(hall, phone(), "out")
    assert (status, "not by this phone" in page, REMEDY in page) == (409, True, True)
    assert await kinds(hall) == [(LE_HOA, "in", "tablet")]
    await ticked(hall, "out", key="tablet-out")
    assert (await hall.states())[LE_HOA] == "out"


async def test_saying_first_that_one_is_here_gives_a_phone_no_right_to_leave(
    hall: Hall, phone: Phones
) -> None:
    """Two steps: a check-in of somebody who is there already, then the check-out. The answer of a prompt is
    no better."""
    await ticked(hall)
    other = phone()
    assert (await says(hall, other, "in"))[0] == 200
    status, page = await says(hall, other, "out")
    assert (status, REMEDY in page, "Check out with a personal code" in page) == (409, True, True)
    await hall.services.plans.prompt_now(PROVINCE, SESSION)
    assert (await says(hall, other, "confirm"))[0] == 200
    hall.house.clock.advance(600)
    assert (await says(hall, other, "out"))[0] == 409
    assert "out" not in [kind for _, kind, _ in await kinds(hall)]
    await other.post("/c/check-in", kind="out", badge=hall.badges[3])
    assert (other.status, (await hall.states())[LE_HOA]) == (200, "out")


async def test_nobody_is_sent_away_before_the_tablet_could_say_that_they_came(
    hall: Hall, phone: Phones
) -> None:
    """The tablet had no line: what it ticked arrives after somebody's phone said that the person left."""
    assert (await says(hall, phone(), "out"))[0] == 409
    await ticked(hall, ago_s=300)
    assert (await kinds(hall), (await hall.states())[LE_HOA]) == ([(LE_HOA, "in", "tablet")], "in")


async def test_who_was_ticked_off_answers_a_prompt_by_their_own_phone_and_by_no_second_one(
    hall: Hall, phone: Phones
) -> None:
    await ticked(hall)
    await hall.services.plans.prompt_now(PROVINCE, SESSION)
    own, other = phone(), phone()
    assert (await says(hall, own, "in"))[0] == 200  # of a phone that is new, a check-in is the answer
    status, page = await says(hall, other, "in")
    assert (status, "came by another phone or browser" in page) == (409, True)
    assert (await says(hall, own, "confirm"))[0] == 200
    assert [kind for _, kind, _ in await kinds(hall)] == ["in", "in", "confirm"]


async def test_a_phone_that_was_theirs_sends_them_away_though_the_tablet_received_them_back(
    hall: Hall, phone: Phones
) -> None:
    own = phone()
    assert [(await says(hall, own, kind))[0] for kind in ("in", "out")] == [200, 200]
    await ticked(hall)
    assert (await says(hall, own, "out"))[0] == 200
    assert (await hall.states())[LE_HOA] == "out"


async def test_once_a_phone_is_taken_back_the_next_one_answers(hall: Hall, phone: Phones) -> None:
    """Somebody else's phone came first: what it told counts on, and it speaks for nobody."""
    first = phone()
    assert (await says(hall, first, "in"))[0] == 200
    own = phone()
    assert (await says(hall, own, "in"))[0] == 409
    (held,) = await hall.services.phones.of_person(PROVINCE, SESSION, LE_HOA)
    await hall.services.phones.take_back(PROVINCE, SESSION, held.device, "Máy của người khác")
    await hall.services.plans.prompt_now(PROVINCE, SESSION)
    assert (await says(hall, own, "in"))[0] == 200
    assert (await says(hall, first, "in"))[0] == 409
    hall.house.clock.advance(600)
    assert (await says(hall, first, "out"))[0] == 409
    assert [kind for _, kind, _ in await kinds(hall)] == ["in", "in"]


async def test_who_left_comes_back_by_another_phone(hall: Hall, phone: Phones) -> None:
    own, other = phone(), phone()
    assert [(await says(hall, own, kind))[0] for kind in ("in", "out")] == [200, 200]
    assert (await says(hall, other, "in"))[0] == 200
    assert [(await says(hall, one, "out"))[0] for one in (other, own)] == [200, 200]


async def test_officer_tablet_and_badge_send_away_who_came_by_a_phone(hall: Hall, phone: Phones) -> None:
    own = phone()
    assert (await says(hall, own, "in"))[0] == 200
    at = hall.house.clock.now()
    left = RoomEvent("officer-out", PersonKind.OUT, at, Way.TABLET, attendee=LE_HOA)
    (told,) = await tell_as(hall, PROVINCE, ROOM, left)
    assert told.error is None
    hall.house.clock.advance(60)
    await ticked(hall, key="again")
    other = await phone().get((await code(hall))[0])
    await other.post("/c/check-in", kind="out", badge=hall.badges[3])
    assert (other.status, (await hall.states())[LE_HOA]) == (200, "out")


async def test_what_was_taken_back_gives_no_right_when_it_is_offered_again(hall: Hall, phone: Phones) -> None:
    """One group: the old check-in once more, which changes nothing, and the check-out that builds on it."""
    one = await phone().get((await code(hall))[0])
    device = await hall.services.codes.device_of(
        one.client.cookie_jar.filter_cookies(hall.server.make_url("/"))["confhub_device"].value
    )
    assert device is not None

    async def visit() -> Visit:
        token = (await code(hall))[0].removeprefix("/c/")
        return (await hall.services.codes.visit_by_token(device, token)).visit

    first = await visit()
    checkin = hall.services.checkin
    await checkin.phone(first, PersonKind.IN, attendee=LE_HOA)
    await hall.services.phones.take_back(PROVINCE, SESSION, device, "Máy của người khác", check_ins=True)
    hall.house.clock.advance(60)
    await ticked(hall)
    again, away = await asyncio.gather(
        checkin.phone(first, PersonKind.IN, attendee=LE_HOA),
        checkin.phone(await visit(), PersonKind.OUT, attendee=LE_HOA),
        return_exceptions=True,
    )
    assert not isinstance(again, BaseException)
    assert again.result is Result.DOUBLED
    assert isinstance(away, CameWithoutPhone)
    assert (await hall.states())[LE_HOA] == "in"
