"""A phone's way, by plain forms and by JSON: the room's code, who one is, once a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from confhub.checkin import limits
from confhub.checkin.models import PersonEvent, Way
from confhub.checkin.values import Policy
from confhub.http.render import web_dir
from confhub.kernel.ids import EndpointId, SessionId
from tests.functional.hub_attendance.conftest import officer
from tests.functional.hub_checkin.conftest import ROOM, Hall

PROVINCE = officer("/1/", 1)
SESSION = SessionId(1)


@dataclass
class Phone:
    """A browser without scripts: keeps cookies, reads the last page's hidden fields, sends forms."""

    client: ClientSession
    page: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    status: int = 0
    headers: Any = None

    async def get(self, path: str) -> Phone:
        async with self.client.get(path, headers={"Accept-Language": "en"}) as answer:
            return await self._read(answer)

    async def post(self, path: str, **fields: str) -> Phone:
        data = {**self.fields, **fields}
        async with self.client.post(path, data=data, headers={"Accept-Language": "en"}) as answer:
            return await self._read(answer)

    async def _read(self, answer: Any) -> Phone:
        self.status, self.page, self.headers = answer.status, await answer.text(), answer.headers
        self.fields = dict(re.findall(r'type="hidden" name="(csrf_token|visit)" value="([^"]+)"', self.page))
        return self

    def people(self) -> dict[str, str]:
        """Name → number of the people offered."""
        found = re.findall(r'class="person" name="attendee" value="(\d+)"><b>([^<]+)</b>', self.page)
        return {name: number for number, name in found}


Phones = Callable[[], Phone]


@pytest.fixture
async def phone(hall: Hall) -> AsyncIterator[Callable[[], Phone]]:
    """Makes phones; all come from one address."""
    made: list[Phone] = []

    def make() -> Phone:
        made.append(Phone(hall.phone()))
        return made[-1]

    yield make
    for one in made:
        await one.client.close()


async def code(hall: Hall, room: int = ROOM) -> tuple[str, str]:
    """(path of the QR code's address, six digits) on the room's screen now."""
    found = await hall.services.codes.code(EndpointId(room), SESSION, "http://hub")
    return found.url.removeprefix("http://hub"), found.six


async def kinds(hall: Hall) -> list[tuple[int, str, str]]:
    async with hall.house.database.reading() as tx:
        e = PersonEvent
        rows = await tx.execute(select(e.attendee_id, e.kind, e.way).order_by(e.id))
        return [(row[0], row[1], row[2]) for row in rows]


async def test_scanned_found_by_name_checked_in_and_out(hall: Hall, phone: Phones) -> None:
    path, _ = await code(hall)
    one = await phone().get(path)
    assert (one.status, "Phòng họp xã Ấm Hạ" in one.page) == (200, True)
    assert one.headers["Referrer-Policy"] == "same-origin"
    assert one.headers["Cache-Control"] == "no-store"
    await one.post("/c/who", q="lê ho")
    assert one.people() == {"Lê Hoà": "4"}
    await one.post("/c/check-in", kind="in", attendee="4")
    assert (one.status, "You are checked in" in one.page, "Lê Hoà" in one.page) == (200, True, True)
    await one.post("/c/check-in", kind="out", attendee="4")
    assert "You have checked out" in one.page
    assert await kinds(hall) == [(4, "in", "qr"), (4, "out", "qr")]
    assert (await hall.states())[4] == "out"
    hall.house.clock.advance(40)
    again = await one.get((await code(hall))[0])
    assert "Are you back?" in again.page  # the phone is known


async def test_two_people_of_one_name_are_told_apart(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/who", q="an")
    assert one.page.count("<b>Nguyễn Văn An</b>") == 2
    await one.post("/c/who", q="a")
    assert (one.status, "Type at least 2 letters of the name." in one.page) == (422, True)
    await one.post("/c/who", q="Phạm Lan")  # of another room
    assert one.people() == {}


async def test_a_photographed_code_works_within_the_margin_and_not_after(hall: Hall, phone: Phones) -> None:
    path, _ = await code(hall)
    period = limits.QR_PERIOD_S
    left = period - hall.house.clock.now().timestamp() % period
    hall.house.clock.advance(left + 19.9)
    one = await phone().get(path)
    assert one.status == 200
    hall.house.clock.advance(0.2)
    two = await phone().get(path)
    assert (two.status, "This code is no longer valid." in two.page) == (410, True)
    assert (await phone().get(path[:-1] + ("0" if path[-1] != "0" else "1"))).status == 410
    assert (await phone().get("/c/abc")).status == 422
    hall.house.clock.advance(limits.VISIT_TTL.total_seconds())
    await one.post("/c/check-in", kind="in", attendee="4")
    assert (one.status, "Scan the room" in one.page) == (410, True)  # the visit is over as well
    assert await kinds(hall) == []


async def test_a_margin_of_nothing_ends_a_code_with_its_period(hall: Hall, phone: Phones) -> None:
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(scan_margin_s=0))
    path, _ = await code(hall)
    hall.house.clock.advance(limits.QR_PERIOD_S)
    assert (await phone().get(path)).status == 410


async def test_six_digits_count_with_their_room_alone(hall: Hall, phone: Phones) -> None:
    _, six = await code(hall)
    one = await phone().get("/c")
    await one.post("/c", room="H3", six=six)
    assert (one.status, "This is not the code that the room shows now." in one.page) == (422, True)
    assert 'value="H3"' in one.page
    await one.post("/c", room="h4", six=f"{six[:3]} {six[3:]}")
    assert "Who are you?" in one.page
    await one.post("/c/check-in", kind="in", attendee="3")
    assert await kinds(hall) == [(3, "in", "code")]


async def test_five_failures_hold_up_a_phone_and_no_other_one(hall: Hall, phone: Phones) -> None:
    _, six = await code(hall)
    wrong = f"{(int(six) + 1) % 1_000_000:06d}"
    one = await phone().get("/c")
    for _ in range(limits.DEVICE_FAILURES_FREE):
        await one.post("/c", room="H4", six=wrong)
        assert one.status == 422
    await one.post("/c", room="H4", six=six)
    assert (one.status, "Wait 15 minutes" in one.page) == (429, True)
    other = await phone().get("/c")  # from the same address
    await other.post("/c", room="H4", six=six)
    assert other.status == 200
    hall.house.clock.advance(limits.DEVICE_WAIT_S + 1)
    await one.post("/c", room="H4", six=(await code(hall))[1])
    assert one.status == 200


async def test_many_phones_guessing_in_one_room_are_held_up_together(hall: Hall, phone: Phones) -> None:
    _, six = await code(hall)
    wrong = f"{(int(six) + 1) % 1_000_000:06d}"
    for _ in range(limits.ROOM_FAILURES_MAX // limits.DEVICE_FAILURES_FREE):
        one = await phone().get("/c")
        for _ in range(limits.DEVICE_FAILURES_FREE):
            await one.post("/c", room="H4", six=wrong)
    late = await phone().get("/c")
    await late.post("/c", room="H4", six=six)
    assert late.status == 429
    scanned = await phone().get((await code(hall))[0])
    assert scanned.status == 200  # the QR code goes on


async def test_one_phone_is_one_person(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/check-in", kind="in", attendee="3")
    await one.get((await code(hall))[0])
    await one.post("/c/check-in", kind="in", attendee="4")
    assert one.status == 409
    assert [person for person, _, _ in await kinds(hall)] == [3]
    stolen = one.fields["visit"]
    other = await phone().get("/c")
    await other.post("/c/check-in", visit=stolen, kind="in", attendee="4")
    assert other.status == 410  # a ticket is its phone's


async def test_a_badge_a_guest_and_what_is_wrong_with_them(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/check-in", kind="in", badge="NO-SUCH-BADGE")
    assert (one.status, '<details class="card" open>' in one.page) == (422, True)
    await one.post("/c/check-in", kind="in", badge=f" {hall.badges[4].lower()} ")
    assert (one.status, "Đỗ Mạnh" in one.page) == (200, True)
    guest = await phone().get((await code(hall))[0])
    for name in ("x" * 500, "Lê\u202eVăn", "\u200b"):
        await guest.post("/c/check-in", kind="in", guest_name=name)
        assert guest.status == 422, name
        assert 'class="fault"' in guest.page
    await guest.post("/c/check-in", kind="in", guest_name="=HYPERLINK(1) Khách", guest_position="Báo Phú Thọ")
    assert (guest.status, "=HYPERLINK(1) Khách" in guest.page) == (200, True)
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(guests=False))
    late = await phone().get((await code(hall))[0])
    assert "I am not on the list" not in late.page
    await late.post("/c/check-in", kind="in", guest_name="Khách")
    assert late.status == 422


async def test_a_way_that_was_not_chosen_is_closed(hall: Hall, phone: Phones) -> None:
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy((Way.TABLET,)))
    path, six = await code(hall)
    assert (await phone().get(path)).status == 422
    one = await phone().get("/c")
    await one.post("/c", room="H4", six=six)
    assert one.status == 422


async def test_a_prompt_asks_the_known_phone_to_confirm(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/check-in", kind="in", attendee="4")
    hall.house.clock.advance(60)
    await hall.services.plans.prompt_now(PROVINCE, SESSION)
    await one.get((await code(hall))[0])
    assert "Please confirm that you are here" in one.page
    await one.post("/c/check-in", kind="confirm", attendee="4")
    assert "your presence is confirmed" in one.page
    assert [kind for _, kind, _ in await kinds(hall)] == ["in", "confirm"]


async def test_another_language_and_a_reload_lose_nothing(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/who", language="vi")
    assert (one.status, 'lang="vi"' in one.page) == (200, True)
    async with one.client.get("/c/check-in", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/c")
    await one.post("/c/who", language="xx")
    assert one.status == 422


async def test_the_whole_page_has_less_than_30_kb(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    total = len(one.page.encode())
    for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', one.page):
        async with one.client.get(asset) as answer:
            assert answer.status == 200, asset
            total += len(await answer.read())
    assert total < 30_000
    assert "vendor" not in one.page
    assert (web_dir() / "static" / "js" / "phone" / "main.js").is_file()


async def test_the_page_works_for_a_script_as_well(hall: Hall) -> None:
    async with hall.phone() as client:
        path, _ = await code(hall)
        async with client.post("/api/v1/phone/visit", json={"token": path.removeprefix("/c/")}) as answer:
            visit = (await answer.json())["visit"]
        async with client.post("/api/v1/phone/search", json={"visit": visit, "q": "tran thi"}) as answer:
            assert [one["name"] for one in (await answer.json())["people"]] == ["Trần Thị Bình"]
        body = {"visit": visit, "kind": "in", "attendee": 3}
        for result in ("stored", "doubled"):
            async with client.post("/api/v1/phone/check-in", json=body) as answer:
                assert (answer.status, (await answer.json())["result"]) == (200, result)
    assert await kinds(hall) == [(3, "in", "qr")]
