"""Calendar links by the pages, and the calendars behind them, without a login."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import icalendar
import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.calendars.limits import ASKS_PER_LINK
from confhub.http.context import Services
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.registry.values import EndpointDraft
from confhub.sessions.values import Participants, SessionInput
from tests.plugins.website import PASSWORD, Province, Reader

Somebody = Callable[..., Awaitable[Reader]]

_LINK = re.compile(r"data-calendar-link>[^<]*(/feeds/[\w-]+\.ics)<")


@pytest.fixture
async def somebody(server: TestServer, services: Services) -> AsyncIterator[Somebody]:
    """Makes an account with a role at a unit, and logs it in."""
    async with AsyncExitStack() as stack:

        async def make(unit_id: UnitId, role: Role = Role.ORGANIZER) -> Reader:
            grants = [GrantWish(role, unit_id)]
            await services.accounts.create_account(SYSTEM, "canbo", PASSWORD, "Cán bộ", grants, "vi")
            client = await stack.enter_async_context(TestClient(server, cookie_jar=CookieJar(unsafe=True)))
            reader = Reader(client, headers={"Accept-Language": "en"})
            await reader.log_in("canbo")
            return reader

        yield make


async def planned(services: Services, province: Province, title: str, unit: str = "left") -> SessionId:
    chair, where = getattr(province, f"{unit}_room").id, getattr(province, unit)
    draft = EndpointDraft(f"P.{len(title)}", f"Phòng {title}", where.id)
    room = (await services.registry.create_endpoint(SYSTEM, draft)).id
    form = SessionInput(
        title=title, kind="meeting", unit_id=where.id,
        starts_at=services.clock.now() + timedelta(days=2), length_min=60, chair_endpoint_id=chair,
        participants=Participants(include_endpoints=(room,)),
    )  # fmt: skip
    made = (await services.sessions.create(SYSTEM, form)).session.id
    await services.sessions.schedule(SYSTEM, made)
    return made


async def made(reader: Reader, place: str) -> str:
    await reader.get(place)
    page = await reader.post(place)
    found = _LINK.search(page.text)
    assert found, page.text
    return found[1]


def titles(text: str) -> list[str]:
    return sorted(str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(text).walk("VEVENT"))


async def test_a_unit_s_link_shows_its_branch_to_whoever_has_it(
    somebody: Somebody, admin: Reader, server: TestServer, services: Services, province: Province
) -> None:
    await planned(services, province, "Họp Hạ Hoà")
    await planned(services, province, "Họp Đoan Hùng", "right")
    reader = await somebody(province.left.id)
    link = await made(reader, f"/units/{province.left.id}/calendar-link")
    again = await reader.get(f"/units/{province.left.id}/calendar-link")
    assert link not in again.text, "it is shown once"
    async with TestClient(server) as anybody:
        answer = await anybody.get(link)
        text = await answer.text()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        assert titles(text) == ["Họp Hạ Hoà"]
        assert "Đơn vị tổ chức: Huyện Hạ Hoà" in text.replace("\r\n ", "")
        same = await anybody.get(link, headers={"If-None-Match": answer.headers["ETag"]})
        assert (same.status, await same.read()) == (304, b"")
        await planned(services, province, "Họp thêm")
        other = await anybody.get(link, headers={"If-None-Match": answer.headers["ETag"]})
        assert titles(await other.text()) == ["Họp Hạ Hoà", "Họp thêm"]
        assert (await anybody.head(link)).status == 200
    await reader.client.close()


async def test_a_new_link_ends_the_one_before_and_a_revoked_one_is_unknown(
    somebody: Somebody, admin: Reader, server: TestServer, services: Services, province: Province
) -> None:
    await planned(services, province, "Họp Hạ Hoà")
    reader = await somebody(province.left.id)
    place = f"/endpoints/{province.left_room.id}/calendar-link"
    old, new = await made(reader, place), await made(reader, place)
    assert (await reader.get(old)).status == 404
    assert titles((await reader.get(new)).text) == ["Họp Hạ Hoà"]
    assert (await reader.post(f"{place}/revoke")).location == f"{place}?done=link_revoked"
    gone = await reader.get(new)
    assert (gone.status, "Họp" in gone.text) == (404, False)
    assert (await reader.post(f"{place}/revoke")).status == 404
    assert (await reader.get("/feeds/" + "x" * 32 + ".ics")).status == 404
    await reader.client.close()


async def test_the_link_shows_what_its_maker_may_see_at_that_moment(
    somebody: Somebody,
    admin: Reader,
    server: TestServer,
    services: Services,
    province: Province,
    clock: ManualClock,
) -> None:
    await planned(services, province, "Họp Hạ Hoà")
    reader = await somebody(province.left.id)
    links = [
        await made(reader, place)
        for place in (
            f"/units/{province.left.id}/calendar-link", f"/endpoints/{province.left_room.id}/calendar-link"
        )
    ]  # fmt: skip
    (account,) = [one for one in await services.accounts.accounts(SYSTEM) if one.username == "canbo"]
    await services.accounts.update_account(
        SYSTEM, account.id, "Cán bộ", [GrantWish(Role.ORGANIZER, province.right.id)]
    )
    for link in links:
        answer = await reader.get(link)
        assert (answer.status, titles(answer.text)) == (200, [])
        assert "Hạ Hoà" not in answer.text
    await services.accounts.disable_account(SYSTEM, account.id)
    assert [(await reader.get(link)).status for link in links] == [404, 404]
    await reader.client.close()


@pytest.mark.parametrize("things", ["units", "endpoints"])
async def test_no_link_and_no_address_outside_of_one_s_branch(
    somebody: Somebody, admin: Reader, server: TestServer, services: Services, province: Province, things: str
) -> None:
    reader = await somebody(province.left.id)
    key = province.right.id if things == "units" else province.right_room.id
    for number in (key, 987_654_321):
        place = f"/{things}/{number}/calendar-link"
        assert (await reader.get(place)).status == 404
        assert (await reader.post(place)).status == 404
        assert (await reader.post(f"{place}/revoke")).status == 404
        assert (await reader.post(f"{place}/address", {"address": "a@example.vn"})).status == 404
    own = province.left.id if things == "units" else province.left_room.id
    place = f"/{things}/{own}/calendar-link"
    assert (await reader.get(place)).status == 200
    refused = await reader.post(f"{place}/address", {"address": "a@example.vn"})
    assert refused.status == 403, "an organizer edits no units"
    await reader.client.close()


async def test_one_s_own_link_has_the_sessions_that_one_planned(admin: Reader, services: Services) -> None:
    link = await made(admin, "/profile/calendar-link")
    assert titles((await admin.get(link)).text) == []
    assert (await admin.get("/profile")).text.count('href="/profile/calendar-link"') == 1


async def test_a_link_asked_for_again_and_again_is_refused_before_it_is_looked_up(
    admin: Reader, services: Services, province: Province, clock: ManualClock
) -> None:
    link = await made(admin, f"/units/{province.left.id}/calendar-link")
    asked = [(await admin.get(link)).status for _ in range(ASKS_PER_LINK + 5)]
    assert asked == [200] * ASKS_PER_LINK + [429] * 5
    refused = await admin.get(link)
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    clock.advance(601)
    assert (await admin.get(link)).status == 200


async def test_an_address_is_kept_and_what_is_none_is_told_at_its_field(
    admin: Reader, province: Province
) -> None:
    for place in (f"/units/{province.left.id}", f"/endpoints/{province.left_room.id}"):
        here = f"{place}/calendar-link"
        await admin.get(here)
        for wrong in ("a", "a@b\r\nBcc: c@d.vn", "a@b.vn, c@d.vn", "a" * 300 + "@b.vn", "ă@b.vn"):
            refused = await admin.post(f"{here}/address", {"address": wrong})
            assert refused.status == 422, wrong
            assert "This is not an e-mail address" in refused.text or "at most" in refused.text
        assert (
            await admin.post(f"{here}/address", {"address": " vp@example.vn "})
        ).location == f"{here}?done=saved"
        assert 'value="vp@example.vn"' in (await admin.get(here)).text
        assert (await admin.post(f"{here}/address", {"address": ""})).status == 303
        assert 'value="vp@example.vn"' not in (await admin.get(here)).text


async def test_a_room_without_an_address_shows_its_unit_s(admin: Reader, province: Province) -> None:
    await admin.get(f"/units/{province.left.id}/calendar-link")
    await admin.post(f"/units/{province.left.id}/calendar-link/address", {"address": "huyen@example.vn"})
    page = await admin.get(f"/endpoints/{province.left_room.id}/calendar-link")
    assert "the unit’s address, huyen@example.vn" in page.text
