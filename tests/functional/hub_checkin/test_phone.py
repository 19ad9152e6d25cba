"""A phone's way, by plain forms and by JSON: the room's code, who one is, once a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import select, update

from confhub.checkin import limits
from confhub.checkin.models import PersonEvent
from confhub.checkin.values import Policy, Way
from confhub.http.render import web_dir
from confhub.kernel.ids import EndpointId, SessionId
from confhub.people.models import AttendeeRow
from confhub.rosters.models import SessionAttendee
from tests.plugins.attendance import officer
from tests.plugins.checkin import ROOM, Hall

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
        """Name → what stands for them, of the people offered; of several with one name the last."""
        found = re.findall(r'class="person" name="attendee" value="([^"]+)"><b>([^<]+)</b>', self.page)
        return {name: pick for pick, name in found}

    async def choose(self, name: str, kind: str = "in") -> Phone:
        """Find oneself by one's name, and tap it."""
        await self.post("/c/who", q=name)
        return await self.post("/c/check-in", kind=kind, attendee=self.people()[name])

    async def tap(self, kind: str) -> Phone:
        """Press the page's own button, for whom the page is about."""
        found = re.search(r'type="hidden" name="attendee" value="([^"]+)"', self.page)
        assert found, self.page
        return await self.post("/c/check-in", kind=kind, attendee=found[1])


Phones = Callable[[], Phone]


@asynccontextmanager
async def phones_of(hall: Hall) -> AsyncIterator[Phones]:
    """Makes phones; all come from one address."""
    made: list[Phone] = []

    def make() -> Phone:
        made.append(Phone(hall.phone()))
        return made[-1]

    yield make
    for one in made:
        await one.client.close()


@pytest.fixture
async def phone(hall: Hall) -> AsyncIterator[Phones]:
    async with phones_of(hall) as make:
        yield make


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
    await one.choose("Lê Hoà")
    assert (one.status, "You are checked in" in one.page, "Lê Hoà" in one.page) == (200, True, True)
    await one.tap("out")
    assert "You have checked out" in one.page
    assert await kinds(hall) == [(4, "in", "qr"), (4, "out", "qr")]
    assert (await hall.states())[4] == "out"
    hall.house.clock.advance(40)
    again = await one.get((await code(hall))[0])
    assert "Are you back?" in again.page  # the phone is known


async def test_two_people_of_one_name_are_told_apart(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/who", q="nguyen van an")
    assert one.page.count("<b>Nguyễn Văn An</b>") == 2
    await one.post("/c/who", q="a")
    assert (one.status, "Type at least 2 letters of the name." in one.page) == (422, True)
    await one.post("/c/who", q="Phạm Lan")  # of another room
    assert one.people() == {}


@pytest.mark.both_databases
async def test_who_comes_to_the_list_is_found_soon_and_a_new_name_within_a_minute(
    hall: Hall, phone: Phones
) -> None:
    house = hall.house
    one = await phone().get((await code(hall))[0])
    await one.post("/c/who", q="Lê Hoà")
    assert list(one.people()) == ["Lê Hoà"]
    async with house.database.transaction() as tx:
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == 4).values(name="Lê Hoà Bình"))
        elsewhere = SessionAttendee.attendee_id == 6
        await tx.execute(update(SessionAttendee).where(elsewhere).values(endpoint_id=ROOM))
    await one.post("/c/who", q="Phạm Lan")
    assert one.people() == {}
    house.clock.advance(limits.ROOM_LIST_FOR_S + 1)
    await one.post("/c/who", q="Phạm Lan")
    assert list(one.people()) == ["Phạm Lan"]
    await one.post("/c/who", q="Lê Hoà Bình")  # read along, as the list changed
    assert list(one.people()) == ["Lê Hoà Bình"]
    async with house.database.transaction() as tx:
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == 4).values(name="Lê Hoà An"))
    house.clock.advance(limits.ROOM_LIST_FOR_S + 1)
    await one.post("/c/who", q="Lê Hoà An")
    assert one.people() == {}
    house.clock.advance(limits.ROOM_NAMES_FOR_S)
    await one.post("/c/who", q="Lê Hoà An")
    assert list(one.people()) == ["Lê Hoà An"]


@pytest.mark.both_databases
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
    await one.post("/c/who", q="Lê Hoà")
    hall.house.clock.advance(limits.VISIT_TTL.total_seconds())
    await one.post("/c/check-in", kind="in", attendee=one.people()["Lê Hoà"])
    assert (one.status, "Scan the room" in one.page) == (410, True)  # the visit is over as well
    assert await kinds(hall) == []


@pytest.mark.both_databases
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
    await one.choose("Trần Thị Bình")
    assert await kinds(hall) == [(3, "in", "code")]


async def test_five_failures_hold_up_a_phone_and_no_other_one(hall: Hall, phone: Phones) -> None:
    _, six = await code(hall)
    wrong = f"{(int(six) + 1) % 1_000_000:06d}"
    one = await phone().get("/c")
    for _ in range(limits.DEVICE_FAILURES_FREE):
        await one.post("/c", room="H4", six=wrong)
        assert one.status == 422
    await one.post("/c", room="H4", six=six)
    assert (one.status, "Wait 15 min" in one.page) == (429, True)
    other = await phone().get("/c")  # from the same address
    await other.post("/c", room="H4", six=six)
    assert other.status == 200
    hall.house.clock.advance(limits.DEVICE_WAIT_S + 1)
    await one.post("/c", room="H4", six=(await code(hall))[1])
    assert one.status == 200


async def test_guessing_costs_the_guesser_and_closes_no_room(hall: Hall, phone: Phones) -> None:
    """Ever new phones are wrong by the dozen: whoever reads the screen types two codes, the guesser is lucky
    twice; the QR code asks for nothing more."""
    _, six = await code(hall)
    wrong = f"{(int(six) + 1) % 1_000_000:06d}"
    for _ in range(limits.ROOM_FAILURES_FREE // limits.DEVICE_FAILURES_FREE + 1):
        one = await phone().get("/c")
        for _ in range(limits.DEVICE_FAILURES_FREE):
            await one.post("/c", room="H4", six=wrong)
    honest = await phone().get("/c")
    await honest.post("/c", room="H4", six=six)
    assert (honest.status, "somebody is guessing" in honest.page) == (409, True)
    await honest.post("/c", room="H4", six=six)
    assert honest.status == 409  # the same digits prove nothing more
    scanned = await phone().get((await code(hall))[0])
    assert scanned.status == 200  # the QR code goes on
    hall.house.clock.advance(limits.SIX_PERIOD_S)
    later = (await code(hall))[1]
    lucky = await phone().get("/c")
    await lucky.post("/c", room="H4", six=later)
    assert lucky.status == 409  # one right guess of another phone lets nobody in
    await honest.post("/c", room="H4", six=later)
    assert (honest.status, "Who are you?" in honest.page) == (200, True)
    hall.house.clock.advance(limits.ROOM_FAILURES_S)
    calm = await phone().get("/c")
    await calm.post("/c", room="H4", six=(await code(hall))[1])
    assert calm.status == 200


async def test_a_phone_waits_twice_as_long_each_time(hall: Hall, phone: Phones) -> None:
    one = await phone().get("/c")
    waits = []
    for wait in (limits.DEVICE_WAIT_S, 2 * limits.DEVICE_WAIT_S):
        _, six = await code(hall)
        for _ in range(limits.DEVICE_FAILURES_FREE):
            await one.post("/c", room="H4", six=f"{(int(six) + 1) % 1_000_000:06d}")
        await one.post("/c", room="H4", six=six)
        waits.append((one.status, one.headers.get("Retry-After")))
        hall.house.clock.advance(wait + 1)
    assert [status for status, _ in waits] == [429, 429]
    await one.post("/c", room="H4", six=(await code(hall))[1])
    assert one.status == 200


async def test_a_phone_reads_no_name_that_was_not_typed(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    for part in ("an", "nguyen", "nguyen van", "tran thi", "le", "h4", "nguyen van an do manh"):
        await one.post("/c/who", q=part)
        assert one.people() == {}, part
    await one.post("/c/who", q="BÌNH tran  thi")
    assert list(one.people()) == ["Trần Thị Bình"]
    assert "Xã Ấm Hạ" not in one.page.partition('id="found"')[2].partition("</form>")[0]


async def test_nobody_is_reached_by_counting_numbers(hall: Hall, phone: Phones) -> None:
    """A number, another visit's answer, and one with another number in it: no check-in, and no name."""
    other = await phone().get((await code(hall))[0])
    await other.post("/c/who", q="le hoa")
    (of_other,) = other.people().values()
    one = await phone().get((await code(hall))[0])
    await one.post("/c/who", q="do manh")
    (own,) = one.people().values()
    for pick in ("4", of_other, "4." + own.partition(".")[2], "x", "9" * 60):
        await one.post("/c/check-in", kind="in", attendee=pick)
        assert (one.status, "Lê Hoà" in one.page) == (422, False), pick
    assert await kinds(hall) == []


async def test_one_code_lets_in_no_more_people_than_its_room_has(
    hall: Hall, phone: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photographed code and no cookies: bounded by code, by the minute, and by the room."""
    monkeypatch.setattr(limits, "PHONES_LEAST", 3)
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy(scan_margin_s=300))
    path, _ = await code(hall)

    async def guest(number: int, way: str) -> int:
        one = await phone().get(way)
        await one.post("/c/check-in", kind="in", guest_name=f"Khách {number}")
        return one.status

    assert [await guest(number, path) for number in range(7)] == [200] * 5 + [429] * 2
    hall.house.clock.advance(61)
    assert await guest(10, path) == 429  # another minute, the same code
    fresh, _ = await code(hall)
    assert [await guest(number, fresh) for number in range(20, 26)] == [200] * 4 + [429] * 2
    assert len(await kinds(hall)) == 9  # five expected, a fourth more, and three


async def test_one_phone_is_one_person(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.choose("Trần Thị Bình")
    await one.get((await code(hall))[0])
    async with one.client.post(
        "/api/v1/phone/search", json={"visit": one.fields["visit"], "q": "Lê Hoà"}
    ) as answer:
        (found,) = (await answer.json())["people"]
    await one.post("/c/check-in", kind="in", attendee=found["id"])
    assert one.status == 409
    assert [person for person, _, _ in await kinds(hall)] == [3]
    stolen = one.fields["visit"]
    other = await phone().get("/c")
    await other.post("/c/check-in", visit=stolen, kind="in", attendee="4.x")
    assert other.status == 410  # a ticket is its phone's


async def test_who_came_by_a_phone_is_sent_away_and_answered_for_by_no_other_one(
    hall: Hall, phone: Phones
) -> None:
    own = await phone().get((await code(hall))[0])
    await own.choose("Lê Hoà")
    hall.house.clock.advance(60)
    other = await phone().get((await code(hall))[0])
    await other.post("/c/who", q="Lê Hoà")
    await other.post("/c/check-in", kind="out", attendee=other.people()["Lê Hoà"])
    assert (other.status, "came by another phone or browser" in other.page) == (409, True)
    await hall.services.plans.prompt_now(PROVINCE, SESSION)
    async with other.client.post(
        "/api/v1/phone/visit", json={"token": (await code(hall))[0].removeprefix("/c/")}
    ) as answer:
        visit = (await answer.json())["visit"]
    async with other.client.post("/api/v1/phone/search", json={"visit": visit, "q": "Lê Hoà"}) as answer:
        (found,) = (await answer.json())["people"]
    wish = {"visit": visit, "kind": "out", "attendee": found["id"]}
    async with other.client.post("/api/v1/phone/check-in", json=wish) as answer:
        assert (await answer.json())["error"]["code"] == "came_by_other_phone"
    assert [kind for _, kind, _ in await kinds(hall)] == ["in"]
    await other.post("/c/check-in", kind="out", badge=hall.badges[3])  # their own code says who it is
    assert [kind for _, kind, _ in await kinds(hall)] == ["in", "out"]


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


@pytest.mark.both_databases
async def test_a_way_that_was_not_chosen_is_closed(hall: Hall, phone: Phones) -> None:
    await hall.services.plans.set_policy(PROVINCE, SESSION, Policy((Way.TABLET,)))
    path, six = await code(hall)
    assert (await phone().get(path)).status == 422
    one = await phone().get("/c")
    await one.post("/c", room="H4", six=six)
    assert one.status == 422


async def test_a_prompt_asks_the_known_phone_to_confirm(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.choose("Lê Hoà")
    hall.house.clock.advance(60)
    await hall.services.plans.prompt_now(PROVINCE, SESSION)
    await one.get((await code(hall))[0])
    assert "Please confirm that you are here" in one.page
    await one.tap("confirm")
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
        async with client.post("/api/v1/phone/search", json={"visit": visit, "q": "tran thi binh"}) as answer:
            (found,) = (await answer.json())["people"]
            assert (found["name"], found["position"], found["unit"]) == ("Trần Thị Bình", None, "")
        body = {"visit": visit, "kind": "in", "attendee": found["id"]}
        for result in ("stored", "doubled"):
            async with client.post("/api/v1/phone/check-in", json=body) as answer:
                assert (answer.status, (await answer.json())["result"]) == (200, result)
    assert await kinds(hall) == [(3, "in", "qr")]


@pytest.mark.both_databases
@pytest.mark.parametrize(("waited_s", "counts_s"), [(0, 0), (90, 90), (500, 100)])
async def test_a_tap_that_had_to_wait_counts_from_the_tap_and_never_from_before_the_code(
    hall: Hall, waited_s: int, counts_s: int
) -> None:
    async with hall.phone() as client:
        path, _ = await code(hall)
        async with client.post("/api/v1/phone/visit", json={"token": path.removeprefix("/c/")}) as answer:
            visit = (await answer.json())["visit"]
        async with client.post("/api/v1/phone/search", json={"visit": visit, "q": "tran thi binh"}) as answer:
            (found,) = (await answer.json())["people"]
        hall.house.clock.advance(100)  # the hub was busy for most of it
        body = {"visit": visit, "attendee": found["id"], "waited_ms": 1000 * waited_s}
        async with client.post("/api/v1/phone/check-in", json=body) as answer:
            assert answer.status == 200
    async with hall.house.database.reading() as tx:
        at = await tx.scalar(select(PersonEvent.at))
    assert at == hall.house.clock.now() - timedelta(seconds=counts_s)
