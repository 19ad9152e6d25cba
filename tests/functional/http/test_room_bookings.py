"""A unit's rule for rooms wanted twice, its days off, and a room's set-up, by the pages: inside, outside."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Role
from confhub.registry.values import EndpointDraft
from confhub.scheduling.bookings import OnConflict
from confhub.scheduling.errors import RoomsTaken
from confhub.scheduling.room_settings import Buffers, OwnDay
from confhub.sessions.values import Participants, SessionInput
from tests.plugins.website import PASSWORD, Province, Reader

FOUNDED = OwnDay(date(2026, 5, 5), "Ngày thành lập")


@pytest.fixture
async def viewer(
    admin: Reader, server: TestServer, services: Services, province: Province
) -> AsyncIterator[Reader]:
    """Somebody who may look at the left branch, and nothing else."""
    grants = [GrantWish(Role.VIEWER, province.left.id)]
    await services.accounts.create_account(SYSTEM, "xem", PASSWORD, "Người xem", grants, "en")
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        found = Reader(client, headers={"Accept-Language": "en"})
        await found.log_in("xem")
        yield found


def version(page: str) -> str:
    found = re.findall(r'name="version" value="([^"]+)"', page)
    assert found, page
    return str(found[-1])


async def test_a_rule_is_set_and_given_back_to_the_unit_above(
    admin: Reader, services: Services, province: Province
) -> None:
    here = f"/units/{province.left.id}/bookings"
    await admin.get(here)
    assert (await admin.post(f"{here}/rule", {"own": "refuse"})).location == f"{here}?done=saved"
    found = await services.room_settings.booking_rule(SYSTEM, province.left.id)
    assert (found.own, found.in_force) == (OnConflict.REFUSE, OnConflict.REFUSE)
    assert "In force now: Refused, with who" in (await admin.get(here)).text
    assert (await admin.post(f"{here}/rule", {"own": "never"})).status == 422
    assert (await admin.post(f"{here}/rule", {"own": ""})).status == 303
    assert (await services.room_settings.booking_rule(SYSTEM, province.left.id)).own is None


async def test_of_two_who_set_the_rule_the_second_is_told(admin: Reader, province: Province) -> None:
    here = f"/units/{province.left.id}/bookings"
    opened = version((await admin.get(here)).text)
    assert (await admin.post(f"{here}/rule", {"own": "reason", "version": opened})).status == 303
    second = await admin.post(f"{here}/rule", {"own": "refuse", "version": opened})
    assert (second.status, "data-changed-meanwhile" in second.text) == (412, True)


async def test_a_day_off_is_added_changed_and_removed(
    admin: Reader, services: Services, province: Province
) -> None:
    unit, here = province.left.id, f"/units/{province.left.id}/bookings"
    await admin.get(here)
    added = await admin.post(f"{here}/days", {"day": "05/05/2026", "name": " Ngày thành lập "})
    assert added.location == f"{here}?done=added"
    assert await services.room_settings.days_off(SYSTEM, unit) == (FOUNDED,)
    twice = await admin.post(f"{here}/days", {"day": "05/05/2026", "name": "Khác"})
    assert (twice.status, "already: Ngày thành lập" in twice.text) == (422, True)
    nameless = await admin.post(f"{here}/days", {"day": "06/05/2026", "name": " "})
    assert (nameless.status, 'value="06/05/2026"' in nameless.text) == (422, True)
    opened = await admin.get(f"{here}?change=2026-05-05")
    seen = version(opened.text)
    moved = {"was": "2026-05-05", "day": "07/05/2026", "name": "Nghỉ bù", "version": seen}
    assert (await admin.post(f"{here}/days", moved)).location == f"{here}?done=saved"
    assert await services.room_settings.days_off(SYSTEM, unit) == (OwnDay(date(2026, 5, 7), "Nghỉ bù"),)
    again = await admin.post(f"{here}/days", moved)
    assert (again.status, "no longer there" in again.text) == (409, True)
    assert (await admin.post(f"{here}/days/delete", {"was": "2026-05-07"})).status == 303
    assert (await admin.post(f"{here}/days/delete", {"was": "2026-05-07"})).status == 409
    assert await services.room_settings.days_off(SYSTEM, unit) == ()


async def test_the_trail_names_the_day_off(admin: Reader, services: Services, province: Province) -> None:
    unit = province.left.id
    await services.room_settings.change_day_off(SYSTEM, unit, None, FOUNDED)
    await services.room_settings.change_day_off(SYSTEM, unit, FOUNDED.day, None)
    found = await services.audit.entries(SYSTEM, action="scheduling:unit:days_off")
    removed, added = (one.details for one in found[:2])
    assert (removed["day_removed"], removed["count"]) == ("2026-05-05", 0)
    assert (added["day"], added["name"], added["count"]) == ("2026-05-05", "Ngày thành lập", 1)


async def test_of_two_who_change_a_day_off_the_second_is_told(
    admin: Reader, services: Services, province: Province
) -> None:
    unit, here = province.left.id, f"/units/{province.left.id}/bookings"
    await services.room_settings.change_day_off(SYSTEM, unit, None, FOUNDED)
    seen = version((await admin.get(f"{here}?change=2026-05-05")).text)
    first = {"was": "2026-05-05", "day": "05/05/2026", "name": "Một", "version": seen}
    assert (await admin.post(f"{here}/days", first)).status == 303
    second = await admin.post(f"{here}/days", first | {"name": "Hai"})
    assert (second.status, "data-changed-meanwhile" in second.text) == (412, True)
    assert 'value="Hai"' in second.text
    knowingly = first | {"name": "Hai", "version": version(second.text)}
    assert (await admin.post(f"{here}/days", knowingly)).status == 303
    assert [one.name for one in await services.room_settings.days_off(SYSTEM, unit)] == ["Hai"]


async def test_a_room_s_minutes_are_set(admin: Reader, services: Services, province: Province) -> None:
    room = province.left_room.id
    here = f"/endpoints/{room}/bookings"
    await admin.get(here)
    assert (await admin.post(here, {"setup_min": "30", "clear_min": "15"})).status == 303
    assert await services.room_settings.buffers(SYSTEM, room) == Buffers(30, 15)
    wrong = await admin.post(here, {"setup_min": "241", "clear_min": "15"})
    assert (wrong.status, "between 0 and 240 minutes" in wrong.text) == (422, True)
    assert (await admin.post(here, {"setup_min": "x", "clear_min": ""})).status == 422
    assert await services.room_settings.buffers(SYSTEM, room) == Buffers(30, 15)


async def test_who_may_look_reads_and_changes_nothing(
    viewer: Reader, services: Services, province: Province
) -> None:
    unit, room = f"/units/{province.left.id}/bookings", f"/endpoints/{province.left_room.id}/bookings"
    for here in (unit, room):
        page = await viewer.get(here)
        assert (page.status, f'action="{here}' in page.text) == (200, False)
    sent = {"own": "refuse", "day": "05/05/2026", "name": "A", "setup_min": "1", "clear_min": "1"}
    for here in (f"{unit}/rule", f"{unit}/days", room):
        assert (await viewer.post(here, sent)).status == 403
    assert (await services.room_settings.booking_rule(SYSTEM, province.left.id)).own is None
    assert await services.room_settings.days_off(SYSTEM, province.left.id) == ()
    assert await services.room_settings.buffers(SYSTEM, province.left_room.id) == Buffers()


async def test_another_branch_is_as_unknown_as_nowhere(viewer: Reader, province: Province) -> None:
    await viewer.get("/")
    sent = {"own": "", "day": "05/05/2026", "name": "A", "was": "2026-05-05"}
    for number, room in ((province.right.id, province.right_room.id), (987_654, 987_654)):
        unit = f"/units/{number}/bookings"
        assert (await viewer.get(unit)).status == 404
        assert (await viewer.get(f"/endpoints/{room}/bookings")).status == 404
        minutes = {"setup_min": "1", "clear_min": "1"}
        assert (await viewer.post(f"/endpoints/{room}/bookings", minutes)).status == 404
        for what in ("rule", "days", "days/delete"):
            assert (await viewer.post(f"{unit}/{what}", sent)).status == 404


async def test_a_room_that_moves_to_another_unit_follows_that_unit_s_rule(
    admin: Reader, services: Services, province: Province
) -> None:
    await services.room_settings.set_booking_rule(SYSTEM, province.right.id, OnConflict.REFUSE)
    room = province.left_room
    form = SessionInput(
        title="Giao ban", kind="meeting", unit_id=province.top.id,
        starts_at=services.clock.now() + timedelta(days=2), length_min=60, chair_endpoint_id=room.id,
        participants=Participants(include_endpoints=(province.right_room.id,)),
    )  # fmt: skip
    alone = replace(form, participants=Participants(include_endpoints=(await another(services, province),)))
    first, second, third = [
        (await services.sessions.create(SYSTEM, one)).session.id for one in (form, alone, alone)
    ]
    await services.sessions.schedule(SYSTEM, first)
    await services.sessions.schedule(SYSTEM, second)
    draft = EndpointDraft(room.code, room.name, province.right.id)
    await services.registry.update_endpoint(SYSTEM, room.id, draft)
    with pytest.raises(RoomsTaken) as refused:
        await services.sessions.schedule(SYSTEM, third)
    assert refused.value.params["room"] == room.name


async def another(services: Services, province: Province) -> EndpointId:
    draft = EndpointDraft("P.2", "Phòng họp số 2", province.left.id)
    return (await services.registry.create_endpoint(SYSTEM, draft)).id
