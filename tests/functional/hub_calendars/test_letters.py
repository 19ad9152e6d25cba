"""Sessions and series by letters, from the desk to a real mail server and into calendars not ours."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update

from confhub.access.rules import SYSTEM
from confhub.calendars.contacts import ContactService
from confhub.calendars.letters import LETTER, LetterService
from confhub.calendars.marking import ToldBookings
from confhub.calendars.models import InvitationRow, LetterMark
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.ids import EndpointId
from confhub.kernel.ports import free_port
from confhub.post.mailer import Mailer
from confhub.post.models import Outbox
from confhub.post.worker import Post
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.service import SeriesService
from confhub.scheduling.values import SeriesDetails, Standing
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.service import SessionService
from confhub.sessions.values import Participants
from tests.plugins.calendars import Client, Inbox, Shown, by_ical, by_icalendar, told
from tests.plugins.scheduling import HANOI, Desk
from tests.plugins.sessions import ORGANIZER

pytestmark = pytest.mark.both_databases

MONDAY = date(2026, 4, 6)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ADDRESSES = {EndpointId(n): f"room{n}@example.vn" for n in (2, 3, 4)}
ZONE = "Asia/Ho_Chi_Minh"


@dataclass
class Office:
    """An organizer's desk, a mail server, and the calendars of those whom it reaches."""

    desk: Desk
    letters: LetterService
    post: Post
    inbox: Inbox
    clients: dict[str, Client]
    read: dict[str, int]

    async def tell(self) -> int:
        """Let the clock's servant do its turn, and the receivers read their letters; how many came."""
        await self.letters.send_due()
        came = 0
        for address, letters in self.inbox.letters.items():
            new = letters[self.read.get(address, 0) :]
            self.read[address] = len(letters)
            for letter in new:
                self.clients.setdefault(address, Client()).take(letter)
            came += len(new)
        return came

    async def ours(self, room: EndpointId) -> Shown:
        """What the database has for a room."""
        s, p = MeetingSession, SessionEndpoint
        query = (
            select(s.starts_at, s.length_min, s.title)
            .join(p, p.session_id == s.id)
            .where(p.endpoint_id == room, p.expected_until.is_(None), s.state == "scheduled")
        )
        async with self.desk.db.reading() as tx:
            rows = (await tx.execute(query)).all()
        return sorted(
            (start.astimezone(HANOI), (start + timedelta(minutes=length)).astimezone(HANOI), title)
            for start, length, title in rows
        )

    async def agree(self) -> None:
        """Both readers find in each receiver's calendar what the hub has for their room."""
        for room, address in ADDRESSES.items():
            written = self.clients[address].written() if address in self.clients else Client().written()
            wanted = await self.ours(room)
            assert by_icalendar(written) == wanted, address
            assert by_ical(written) == wanted, address

    def last(self, room: int) -> tuple[str, list[bool], str]:
        """The newest letter of a room: method, for each event whether it is about one date, subject."""
        letter = self.inbox.letters[ADDRESSES[EndpointId(room)]][-1]
        found = told(letter)
        dates = ["RECURRENCE-ID" in one for one in found.walk("VEVENT")]
        return str(found["METHOD"]), dates, str(letter["Subject"])


@pytest.fixture
def mail() -> Iterator[tuple[Inbox, int]]:
    inbox, port = Inbox(), free_port()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    yield inbox, port
    server.stop()


@pytest.fixture
async def office(desk: Desk, mail: tuple[Inbox, int]) -> Office:
    bookings = ToldBookings(desk.clock, ZONE)
    inbox, port = mail
    mailer = Mailer(f"smtp://127.0.0.1:{port}?tls=none", "hop@example.vn", desk.clock, timeout_s=2)
    post = Post(desk.db, desk.clock)
    letters = LetterService(
        desk.db, desk.clock, post, mailer, Catalogue.load(), sender="hop@example.vn", allowed=("example.vn",),
        home="https://hop.example.vn", timezone=ZONE,
    )  # fmt: skip
    post.carry(LETTER, letters.send, longest_s=20)
    contacts = ContactService(desk.db, desk.clock, ("example.vn",))
    for room, address in ADDRESSES.items():
        await contacts.set_room(SYSTEM, room, address)
    told_desk = replace(
        desk,
        sessions=SessionService(desk.db, desk.clock, desk.sessions._engine, bookings=bookings),
        series=SeriesService(desk.db, desk.clock, bookings, ZONE),
    )
    return Office(told_desk, letters, post, inbox, {}, {})


async def planned(office: Office, **changed: object) -> SeriesDetails:
    made = await office.desk.planned(MONDAY, **changed)  # type: ignore[arg-type]
    assert await office.tell() == 3
    await office.agree()
    return made


async def test_a_new_series_is_one_invitation_to_each_room(office: Office) -> None:
    made = await planned(office, how=OnDaysOff.SKIP)
    method, dates, subject = office.last(3)
    assert (method, dates, subject) == ("REQUEST", [False], "Giấy mời: Giao ban tuần")
    (event,) = told(office.inbox.letters[ADDRESSES[EndpointId(3)]][0]).walk("VEVENT")
    assert (str(event["UID"]), int(event["SEQUENCE"])) == (made.series.uid, 0)
    assert str(event["ORGANIZER"]) == "mailto:hop@example.vn"
    assert str(event["ATTENDEE"]) == "mailto:room3@example.vn"
    assert await office.tell() == 0, "the same is not told twice"


async def skip_one(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    await office.desk.series.skip(ORGANIZER, made.series.id, MONDAY + 2 * WEEK)
    return "CANCEL", [True], "Hủy: Giao ban tuần (20/04/2026)"


async def skip_first(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    await office.desk.series.skip(ORGANIZER, made.series.id, MONDAY)
    return "CANCEL", [True], "Hủy: Giao ban tuần (06/04/2026)"


async def skip_two(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    await office.desk.series.skip(ORGANIZER, made.series.id, MONDAY + 2 * WEEK)
    await office.desk.series.skip(ORGANIZER, made.series.id, MONDAY + 4 * WEEK)
    return "REQUEST", [False], "Thay đổi: Giao ban tuần"


async def give_back(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    await skip_one(office, made)
    await office.tell()
    await office.agree()
    await office.desk.series.give_back(ORGANIZER, made.series.id, MONDAY + 2 * WEEK)
    return "REQUEST", [False], "Thay đổi: Giao ban tuần"


async def move_one(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    key = made.occurrences[1].session_id
    assert key is not None
    form = office.desk.form(MONDAY + WEEK + DAY, 14, title="Họp bù 😀", length_min=90)
    await office.desk.sessions.update(ORGANIZER, key, form)
    return "REQUEST", [True], "Thay đổi: Họp bù 😀 (13/04/2026)"


async def put_back(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    await move_one(office, made)
    await office.tell()
    await office.agree()
    await office.desk.series.put_back(ORGANIZER, made.series.id, MONDAY + WEEK)
    return "REQUEST", [True], "Thay đổi: Giao ban tuần (13/04/2026)"


async def change_all(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    wanted = office.desk.weekly(MONDAY, 14, title="Giao ban mới")
    await office.desk.series.update(ORGANIZER, made.series.id, wanted)
    return "REQUEST", [False], "Thay đổi: Giao ban mới"


async def this_and_following(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    wanted = office.desk.weekly(MONDAY + 3 * WEEK + DAY, 15, count=5, title="Thứ Ba")
    after = await office.desk.series.update(ORGANIZER, made.series.id, wanted, from_day=MONDAY + 3 * WEEK)
    assert after.series.uid != made.series.uid
    return "REQUEST", [False], "Giấy mời: Thứ Ba"


async def end(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    await office.desk.series.end(ORGANIZER, made.series.id)
    return "CANCEL", [False], "Hủy: Giao ban tuần"


async def withdraw_from_one(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    key = made.occurrences[1].session_id
    assert key is not None
    form = office.desk.form(MONDAY + WEEK, participants=Participants(include_endpoints=(EndpointId(4),)))
    await office.desk.sessions.update(ORGANIZER, key, form)
    return "CANCEL", [True], "Không còn mời dự: Giao ban tuần (13/04/2026)"


async def withdraw(office: Office, made: SeriesDetails) -> tuple[str, list[bool], str]:
    fewer = Participants(include_endpoints=(EndpointId(4),))
    wanted = office.desk.weekly(MONDAY, participants=fewer)
    await office.desk.series.update(ORGANIZER, made.series.id, wanted)
    return "CANCEL", [False], "Không còn mời dự: Giao ban tuần"


Step = Callable[[Office, SeriesDetails], Awaitable[tuple[str, list[bool], str]]]
STEPS: list[Step] = [
    skip_one, skip_first, skip_two, give_back, move_one, put_back, change_all, this_and_following, end,
    withdraw_from_one, withdraw,
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_is_told_in_the_right_way_and_every_calendar_agrees(office: Office, step: Step) -> None:
    made = await planned(office)
    wanted = await step(office, made)
    assert await office.tell() > 0
    assert office.last(3) == wanted
    await office.agree()
    assert await office.tell() == 0
    sequences = [
        int(told(one).walk("VEVENT")[0]["SEQUENCE"])
        for one in office.inbox.letters["room3@example.vn"]
        if str(told(one).walk("VEVENT")[0]["UID"]) == made.series.uid
    ]
    assert sequences == list(range(len(sequences)))


@pytest.mark.parametrize("seed", range(3))
async def test_many_steps_in_any_order(office: Office, seed: int) -> None:
    made = await planned(office, count=10)
    dice = random.Random(seed)
    for _ in range(12):
        one = dice.choice((await office.desk.series.get(ORGANIZER, made.series.id)).occurrences)
        if one.standing in (Standing.SKIPPED, Standing.DAY_OFF):
            await office.desk.series.give_back(ORGANIZER, made.series.id, one.day)
        elif one.standing is Standing.EDITED:
            await office.desk.series.put_back(ORGANIZER, made.series.id, one.day)
        elif dice.random() < 0.4:
            await office.desk.series.skip(ORGANIZER, made.series.id, one.day)
        else:
            assert one.session_id is not None
            rooms = dice.sample((EndpointId(3), EndpointId(4)), dice.choice((1, 2)))
            form = office.desk.form(
                one.day + dice.choice((0, 1)) * DAY, dice.choice((8, 14)),
                participants=Participants(include_endpoints=tuple(rooms)),
            )  # fmt: skip
            await office.desk.sessions.update(ORGANIZER, one.session_id, form)
        if dice.random() < 0.7:
            await office.tell()
            await office.agree()
    await this_and_following(office, made)
    await office.tell()
    await office.agree()


async def test_a_room_in_a_few_dates_only_has_those_and_loses_them_one_by_one(office: Office) -> None:
    only_two = Participants(include_endpoints=(EndpointId(4),))
    made = await office.desk.planned(MONDAY, participants=only_two)
    assert await office.tell() == 2
    keys = [made.occurrences[n].session_id for n in (1, 3)]
    for n, key in zip((1, 3), keys, strict=True):
        assert key is not None
        await office.desk.sessions.update(ORGANIZER, key, office.desk.form(MONDAY + n * WEEK))
    await office.tell()
    await office.agree()
    assert office.last(3)[:2] == ("REQUEST", [True, True])
    await office.desk.series.skip(ORGANIZER, made.series.id, MONDAY + WEEK)
    await office.tell()
    assert office.last(3)[:2] == ("CANCEL", [True])
    await office.agree()


async def test_a_single_session_is_told_moved_and_cancelled(office: Office) -> None:
    key = await office.desk.single(MONDAY)
    assert await office.tell() == 3
    await office.agree()
    await office.desk.sessions.update(ORGANIZER, key, office.desk.form(MONDAY, 15))
    assert await office.tell() == 3
    assert office.last(4) == ("REQUEST", [False], "Thay đổi: Giao ban tuần")
    await office.agree()
    await office.desk.sessions.cancel(ORGANIZER, key, "Trùng lịch")
    assert await office.tell() == 3
    assert office.last(4) == ("CANCEL", [False], "Hủy: Giao ban tuần")
    await office.agree()


async def test_a_session_that_is_cancelled_in_its_lobby_is_told_of(office: Office) -> None:
    key = await office.desk.single(MONDAY)
    assert await office.tell() == 3
    async with office.desk.db.transaction() as tx:
        await tx.execute(update(MeetingSession).where(MeetingSession.id == key).values(state="lobby"))
    await office.desk.sessions.cancel(ORGANIZER, key)
    assert await office.tell() == 3
    assert office.last(3)[0] == "CANCEL"
    await office.agree()


async def test_two_hubs_at_the_same_moment_tell_it_once(office: Office) -> None:
    made = await office.desk.planned(MONDAY)
    other = LetterService(
        office.desk.db, office.desk.clock, office.post, None, Catalogue.load(), sender="hop@example.vn",
        allowed=("example.vn",), home="https://hop.example.vn", timezone=ZONE,
    )  # fmt: skip
    await asyncio.gather(office.letters.note_due(), other.note_due())
    await office.desk.series.skip(ORGANIZER, made.series.id, MONDAY + WEEK)
    await asyncio.gather(other.note_due(), office.letters.note_due())
    assert await office.tell() == 6
    await office.agree()


async def test_what_is_long_over_is_forgotten_and_what_waits_is_kept(office: Office) -> None:
    await planned(office, count=2)
    office.inbox.refuse = "450 Not now"
    await office.desk.planned(MONDAY + DAY, count=2)
    await office.tell()
    office.desk.clock.advance(90 * 86_400)
    await office.letters.forget_over()
    async with office.desk.db.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(InvitationRow)) == 0
        assert set(await tx.scalars(select(Outbox.done_at))) == {None}


async def test_a_draft_is_told_to_nobody(office: Office) -> None:
    await office.desk.sessions.create(ORGANIZER, office.desk.form(MONDAY))
    assert await office.tell() == 0


async def test_an_open_ended_series_that_is_ended_halfway_keeps_what_was(office: Office) -> None:
    made = await office.desk.planned(MONDAY, count=None)
    assert await office.tell() == 3
    office.desk.clock.advance(50 * 86_400)
    await office.desk.series.end(ORGANIZER, made.series.id)
    await office.tell()
    method, dates, _ = office.last(3)
    assert (method, dates) == ("REQUEST", [False])
    await office.agree()


async def test_whoever_gets_an_address_later_is_told_of_what_was_announced(office: Office) -> None:
    contacts = ContactService(office.desk.db, office.desk.clock, ("example.vn",))
    await contacts.set_room(SYSTEM, EndpointId(3), "")
    await office.desk.planned(MONDAY)
    assert await office.tell() == 2
    await contacts.set_room(SYSTEM, EndpointId(3), ADDRESSES[EndpointId(3)])
    assert await office.tell() == 1
    await office.agree()


async def test_what_lies_in_the_past_is_not_told_of(office: Office) -> None:
    made = await planned(office)
    office.desk.clock.advance(45 * 86_400)
    async with office.desk.db.transaction() as tx:
        first = made.occurrences[0].session_id
        await tx.execute(update(MeetingSession).where(MeetingSession.id == first).values(state="cancelled"))
        tx.add(LetterMark(session_id=first))
    assert await office.tell() == 0


async def test_a_server_that_refuses_one_address_loses_nothing_and_doubles_nothing(office: Office) -> None:
    office.inbox.refuse = "450 4.7.1 Greylisted"
    office.inbox.welcome = {ADDRESSES[EndpointId(2)], ADDRESSES[EndpointId(4)]}
    await office.desk.planned(MONDAY)
    assert await office.tell() == 2
    async with office.desk.db.reading() as tx:
        (waiting,) = (await tx.scalars(select(Outbox).where(Outbox.done_at.is_(None)))).all()
    assert waiting.address == "room3@example.vn"
    assert "Greylisted" in waiting.last_error
    office.inbox.refuse = ""
    office.desk.clock.advance(20)
    assert await office.tell() == 1
    await office.agree()
    assert {len(one) for one in office.inbox.letters.values()} == {1}


async def test_a_server_that_hangs_loses_nothing_and_doubles_nothing(office: Office) -> None:
    office.inbox.hangs = threading.Event()
    await office.desk.planned(MONDAY)
    assert await office.tell() == 0
    office.inbox.hangs.set()
    office.inbox.hangs = None
    office.desk.clock.advance(3_601)
    while await office.tell():
        office.desk.clock.advance(3_601)
    await office.agree()
    names = {str(one["Message-ID"]) for letters in office.inbox.letters.values() for one in letters}
    assert len(names) == 3, "a letter that came twice has one name"


async def test_a_server_that_is_away_keeps_everything_waiting_and_the_order_does_not_matter(
    office: Office, mail: tuple[Inbox, int]
) -> None:
    office.inbox.refuse = "451 4.3.0 Try again"
    made = await office.desk.planned(MONDAY)
    assert await office.tell() == 0
    await office.desk.series.skip(ORGANIZER, made.series.id, MONDAY + WEEK)
    assert await office.tell() == 0
    office.inbox.refuse = ""
    office.desk.clock.advance(3_601)
    assert await office.tell() == 6
    await office.agree()


async def test_an_address_that_is_not_allowed_any_more_is_refused_and_stands_on_the_page(
    office: Office,
) -> None:
    office.letters._allowed = ("elsewhere.vn",)
    await office.desk.planned(MONDAY)
    assert await office.tell() == 0
    async with office.desk.db.reading() as tx:
        given_up = await tx.scalar(select(func.count()).where(Outbox.given_up_at.is_not(None)))
    assert given_up == 3
