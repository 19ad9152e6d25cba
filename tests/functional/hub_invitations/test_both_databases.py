"""Registration on SQLite and PostgreSQL: of the dates of a series, by two at once, and told by letters."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from confhub.access.rules import SYSTEM
from confhub.calendars.contacts import ContactService
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.invitations.answering import AnswerService
from confhub.invitations.errors import RegistrationOver, SessionOff
from confhub.invitations.holding import InvitationHolder
from confhub.invitations.letters import REGISTRATION, RegistrationLetters
from confhub.invitations.models import RegistrationAnswer, RegistrationLink
from confhub.invitations.registering import RegistrationService
from confhub.invitations.reminding import ReminderService
from confhub.invitations.values import Choice, Wish
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.ports import free_port
from confhub.post.mailer import Mailer
from confhub.post.models import Outbox
from confhub.post.worker import Post
from confhub.sessions.models import MeetingSession
from tests.plugins.scheduling import Desk, desk
from tests.plugins.sessions import ORGANIZER

__all__ = ["desk"]
pytestmark = pytest.mark.both_databases

MONDAY = date(2026, 4, 6)
ZONE = "Asia/Ho_Chi_Minh"


async def opened(desk: Desk, session: SessionId) -> tuple[RegistrationService, AnswerService, UnitId]:
    """Its registration until the start, and a unit that is invited."""
    organizer = RegistrationService(desk.db, desk.clock, can_send=True)
    view = (await desk.sessions.get(ORGANIZER, session)).session
    await organizer.set_closing(SYSTEM, session, view.starts_at)
    (unit, *_) = [one.unit_id for one in (await organizer.of(SYSTEM, session)).units]
    return organizer, AnswerService(desk.db, desk.clock, Catalogue.load().into("vi")), unit


async def test_each_date_of_a_series_has_a_registration_of_its_own(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    first, second, *_ = [one.session_id for one in await desk.dates(made.series.id)]
    assert first is not None
    assert second is not None
    organizer, door, unit = await opened(desk, first)
    token = await organizer.renew_link(SYSTEM, first, unit)
    await door.answer(token, Wish(Choice.COMES, delegates="Nguyễn Văn An"))
    assert (await organizer.of(SYSTEM, first)).counts["comes"] == 1
    other = await organizer.of(SYSTEM, second)
    assert (other.closes_at, other.counts.get("comes")) == (None, None)
    await desk.series.skip(ORGANIZER, made.series.id, MONDAY)
    with pytest.raises(SessionOff):
        await door.asked(token)


async def test_two_answers_at_once_are_both_kept_and_the_last_holds(desk: Desk) -> None:
    session = await desk.single(MONDAY)
    organizer, door, unit = await opened(desk, session)
    token = await organizer.renew_link(SYSTEM, session, unit)
    wishes = [Wish(Choice.COMES, delegates=f"Nguyễn Văn {n}A\nLê Thị {n}B") for n in range(6)]
    await asyncio.gather(*(door.answer(token, wish) for wish in wishes))
    record = await organizer.record_of(SYSTEM, session, unit)
    assert (len(record.answers), len(record.delegates)) == (6, 2)
    desk.clock.advance(timedelta(days=60).total_seconds())
    with pytest.raises(RegistrationOver):
        await door.answer(token, wishes[0])


async def test_the_servant_tells_each_unit_once_whatever_it_is_asked(desk: Desk) -> None:
    session = await desk.single(MONDAY)
    organizer, _, unit = await opened(desk, session)
    await ContactService(desk.db, desk.clock, ("example.vn",)).set_unit(SYSTEM, unit, "xa@example.vn")
    letters = RegistrationLetters(
        desk.db, desk.clock, Post(desk.db, desk.clock), None, Catalogue.load().into("vi"), Formats("vi", ZONE)
    )
    await asyncio.gather(*(letters.note_due() for _ in range(3)))
    await letters.note_due()
    async with desk.db.reading() as tx:
        parcels = list(await tx.scalars(select(Outbox.key).where(Outbox.kind == "registration")))
    assert parcels == [f"{session}:{unit}:first"]
    (told,) = [one for one in (await organizer.of(SYSTEM, session)).units if one.unit_id == unit]
    assert told.told_at == desk.clock.now()
    assert await organizer.remind(SYSTEM, session) == 1


async def test_answers_go_with_their_session_long_after_it(desk: Desk) -> None:
    session = await desk.single(MONDAY)
    organizer, door, unit = await opened(desk, session)
    token = await organizer.renew_link(SYSTEM, session, unit)
    await door.answer(token, Wish(Choice.COMES, delegates="Nguyễn Văn An"))
    desk.clock.advance(timedelta(days=600).total_seconds())
    await organizer.forget_over()
    async with desk.db.transaction() as tx:
        assert await tx.scalar(select(func.count()).select_from(RegistrationAnswer)) == 0
        assert await tx.scalar(select(func.count()).select_from(MeetingSession)) == 1
        assert await InvitationHolder().export(tx, 987_654) == {}


async def test_a_reminder_is_put_into_the_outbox_once_whatever_the_servant_is_asked(desk: Desk) -> None:
    session = await desk.single(MONDAY)
    unit = UnitId(1)
    await ContactService(desk.db, desk.clock, ("example.vn",)).set_unit(SYSTEM, unit, "tinh@example.vn")
    reminders = ReminderService(
        desk.db, desk.clock, Post(desk.db, desk.clock), None, Catalogue.load().into("vi"), Formats("vi", ZONE)
    )
    await reminders.set(SYSTEM, session, [24])
    starts_at = (await desk.sessions.get(ORGANIZER, session)).session.starts_at
    desk.clock.advance((starts_at - desk.clock.now() - timedelta(hours=24)).total_seconds())
    await asyncio.gather(*(reminders.note_due() for _ in range(3)))
    await reminders.note_due()
    async with desk.db.reading() as tx:
        keys = list(await tx.scalars(select(Outbox.key).where(Outbox.kind == "reminder")))
    assert [one.split(":")[:2] for one in keys] == [[str(session), "24"]]
    await reminders.forget_over()


async def test_letters_that_reach_nobody_leave_the_links_that_were_sent_before(desk: Desk) -> None:
    session = await desk.single(MONDAY)
    organizer, door, unit = await opened(desk, session)
    await ContactService(desk.db, desk.clock, ("example.vn",)).set_unit(SYSTEM, unit, "xa@example.vn")
    token = await organizer.renew_link(SYSTEM, session, unit)
    mailer = Mailer(f"smtp://127.0.0.1:{free_port()}?tls=none", "hop@example.vn", desk.clock, timeout_s=2)
    post = Post(desk.db, desk.clock)
    letters = RegistrationLetters(
        desk.db, desk.clock, post, mailer, Catalogue.load().into("vi"), Formats("vi", ZONE),
        allowed=("example.vn",),
    )  # fmt: skip
    post.carry(REGISTRATION, letters.send, longest_s=20)
    for _ in range(8):
        assert await letters.send_due() == 0
        desk.clock.advance(3_600)
    async with desk.db.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(RegistrationLink)) == 1
    assert (await door.asked(token)).answer is None
