"""Scheduled reports, from the plan to a real mail server."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, func, select, update

from confhub.accounts.models import AccountRow, RoleGrantRow
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role
from confhub.kernel.ports import free_port
from confhub.org.errors import UnitNotFound
from confhub.people.models import PersonLook
from confhub.post.allowed import RecipientForbidden
from confhub.post.mailer import Mailer
from confhub.post.models import Outbox
from confhub.post.worker import Post
from confhub.reports.drawing.files import ReportFiles
from confhub.reports.mailing.letters import Letters
from confhub.reports.mailing.rules import Every, Format, RecipientsInvalid
from confhub.reports.mailing.schedules import (
    REPORT,
    SCHEDULES_MAX,
    ScheduleDraft,
    ScheduleService,
    ScheduleUnknown,
    TooManySchedules,
)
from confhub.reports.people.service import PeopleReportService
from tests.plugins.attendance import House, officer
from tests.plugins.reports import PROVINCE, Session

pytestmark = pytest.mark.both_databases

ALL = (Format.PDF, Format.XLSX, Format.CSV)
AFTER = ScheduleDraft(UnitId(1), Every.SESSION, ALL, "vi", "a@phutho.example.vn, b@phutho.example.vn")


class Inbox:
    """What the mail server took; `refuse`: its answer to the next recipients, but for the welcome ones;
    `hangs`: until it is set, it answers nothing."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.reached: list[list[str]] = []
        self.refuse = ""
        self.welcome: set[str] = set()
        self.hangs: threading.Event | None = None

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # type: ignore[no-untyped-def] # noqa: N802
        if self.hangs is not None:
            await asyncio.to_thread(self.hangs.wait)
        if self.refuse and address not in self.welcome:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # type: ignore[no-untyped-def] # noqa: N802
        self.messages.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.reached.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    port = free_port()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    yield inbox, port
    server.stop()


@pytest.fixture
async def planned(session: Session) -> Session:
    """Account 1 is the province's training officer; nothing is planned yet, the session is just over."""
    async with session.house.database.transaction() as tx:
        tx.add(
            AccountRow(
                id=1, username="canbo", display_name="Cán bộ", password_hash="x", language="vi",
                created_at=session.house.live, sort_key="c", search_key="can bo",
            )
        )  # fmt: skip
        await tx.flush()
        tx.add(RoleGrantRow(account_id=1, role=Role.TRAINING_OFFICER.value, unit_id=1))
    return session


@pytest.fixture
async def schedules(
    house: House, reports: PeopleReportService, inbox: tuple[Inbox, int], tmp_path: Path
) -> AsyncIterator[ScheduleService]:
    files = ReportFiles(reports, house.clock, tmp_path / "files")
    letters = Letters(reports, files, Catalogue.load(), "https://hop.example.vn/")
    mailer = Mailer(f"smtp://127.0.0.1:{inbox[1]}?tls=none", "hop@phutho.example.vn", house.clock)
    post = Post(house.database, house.clock)
    made = ScheduleService(
        house.database, house.clock, letters, "Asia/Ho_Chi_Minh", post, mailer, ("phutho.example.vn",)
    )
    post.carry(REPORT, made.send)
    yield made
    await files.close()


def parts(message: EmailMessage) -> tuple[str, dict[str, bytes]]:
    """(text, file ending → content)."""
    text, *files = message.iter_parts()
    return text.get_content(), {
        (file.get_filename() or "").rpartition(".")[2]: file.get_payload(decode=True) for file in files
    }  # type: ignore[return-value]


async def ended_again(planned: Session, number: int) -> None:
    """Another session of the branch that ends after the plan was made, its figures derived."""
    await planned.another(number, days=1)


async def test_after_each_session_its_report_goes_out_once_with_all_files(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    taken, _ = inbox
    await schedules.add(PROVINCE, AFTER)
    await ended_again(planned, 2)
    planned.house.clock.advance(timedelta(days=1, minutes=5).total_seconds())
    assert await schedules.send_due() == 0  # its rooms' last words are still awaited
    planned.house.clock.advance(3600)
    assert await schedules.send_due() == 1
    assert await schedules.send_due() == 0
    (message,) = taken.messages
    assert message["To"] == "a@phutho.example.vn, b@phutho.example.vn"
    assert message["Subject"] == "Kết quả điểm danh “Học tập Nghị quyết – đợt 1”, ngày 03/03/2026"
    text, files = parts(message)
    assert "Số người được triệu tập: 1" in text
    assert "Điểm danh chưa chốt" in text
    assert "https://hop.example.vn/sessions/2/people" in text
    assert set(files) == {"pdf", "xlsx", "csv"}
    assert files["csv"].startswith(b"\xef\xbb\xbf")
    assert "BÁO CÁO" in PdfReader(io.BytesIO(files["pdf"])).pages[0].extract_text()
    assert "Tổng quan" in CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"])).sheet_names
    async with planned.house.database.reading() as tx:
        looks = (await tx.scalars(select(PersonLook))).all()
    assert [look.what for look in looks] == ["report_file"], "the three files of one letter"
    (schedule,) = await schedules.mine(PROVINCE)
    assert [one.state for one in schedule.deliveries] == ["sent"]


async def test_sessions_that_ended_before_the_plan_are_not_mailed(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    planned.house.clock.advance(1)
    await schedules.add(PROVINCE, AFTER)
    planned.house.clock.advance(3600)
    assert await schedules.send_due() == 0
    assert inbox[0].messages == []


async def test_a_month_is_reported_on_the_first_of_the_next(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    await schedules.add(PROVINCE, replace(AFTER, every=Every.MONTH, language="en"))
    planned.house.clock.advance(timedelta(days=20).total_seconds())
    assert await schedules.send_due() == 0
    planned.house.clock.advance(
        (datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC) - planned.house.clock.now()).total_seconds()
    )
    assert await schedules.send_due() == 1
    assert await schedules.send_due() == 0
    (message,) = inbox[0].messages
    assert message["Subject"] == "Attendance of Tỉnh Phú Thọ from 1 Mar 2026 to 31 Mar 2026"
    text, files = parts(message)
    assert "People expected: 9" in text
    assert set(files) == {"pdf", "xlsx", "csv"}
    assert b"By month" not in files["csv"]
    assert CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"])).sheet_names[0] == "By month"


async def test_a_refused_mail_is_tried_later_and_given_up_in_the_end(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    taken, clock = inbox[0], planned.house.clock
    await schedules.add(PROVINCE, replace(AFTER, formats=(Format.CSV,)))
    await ended_again(planned, 2)
    clock.advance(timedelta(days=1, hours=2).total_seconds())
    taken.refuse = "451 try later"
    assert await schedules.send_due() == 0
    (waiting,) = (await schedules.mine(PROVINCE))[0].deliveries
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "try later" in waiting.error
    assert await schedules.send_due() == 0  # not before its time
    assert (await schedules.mine(PROVINCE))[0].deliveries[0].attempts == 1
    taken.refuse = ""
    clock.advance(61)
    assert await schedules.send_due() == 1
    assert (await schedules.mine(PROVINCE))[0].deliveries[0].state == "sent"
    await ended_again(planned, 3)
    taken.refuse = "550 no such mailbox"
    for _ in range(7):
        await schedules.send_due()
        clock.advance(timedelta(hours=25).total_seconds())
    newest = (await schedules.mine(PROVINCE))[0].deliveries[0]
    assert newest.state == "given_up"


async def test_one_refused_address_gets_its_report_later_and_the_other_does_not_get_it_twice(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    taken, clock = inbox[0], planned.house.clock
    await schedules.add(PROVINCE, replace(AFTER, formats=(Format.CSV,)))
    await ended_again(planned, 2)
    clock.advance(timedelta(days=1, hours=2).total_seconds())
    taken.refuse, taken.welcome = "452 mailbox full", {"a@phutho.example.vn"}
    assert await schedules.send_due() == 0
    (waiting,) = (await schedules.mine(PROVINCE))[0].deliveries
    assert (waiting.state, waiting.error) == ("waiting", "b@phutho.example.vn: 452 mailbox full")
    taken.refuse = ""
    clock.advance(61)
    assert await schedules.send_due() == 1
    assert await schedules.send_due() == 0
    assert taken.reached == [["a@phutho.example.vn"], ["b@phutho.example.vn"]]
    assert len({one["Message-ID"] for one in taken.messages}) == 1, "one letter"


async def test_a_mail_server_that_hangs_or_is_away_for_a_week_loses_and_doubles_nothing(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    taken, clock = inbox[0], planned.house.clock
    await schedules.add(PROVINCE, replace(AFTER, formats=(Format.CSV,)))
    await ended_again(planned, 2)
    clock.advance(timedelta(days=1, hours=2).total_seconds())
    taken.hangs = threading.Event()
    sender, working = "hop@phutho.example.vn", schedules._mailer
    hangs = Mailer(f"smtp://127.0.0.1:{inbox[1]}?tls=none", sender, clock, timeout_s=0.2)
    schedules._mailer = hangs
    assert await schedules.send_due() == 0
    taken.hangs.set()
    schedules._mailer = Mailer(f"smtp://127.0.0.1:{free_port()}?tls=none", sender, clock)
    for _ in range(7):
        clock.advance(86_400)
        assert await schedules.send_due() == 0
    (waiting,) = (await schedules.mine(PROVINCE))[0].deliveries
    assert (waiting.state, waiting.attempts) == ("waiting", 8)
    schedules._mailer, taken.hangs = working, None
    clock.advance(3600)
    assert await schedules.send_due() == 1
    assert taken.reached == [["a@phutho.example.vn", "b@phutho.example.vn"]]


async def test_who_lost_the_right_is_sent_nothing(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    await schedules.add(PROVINCE, AFTER)
    await ended_again(planned, 2)
    async with planned.house.database.transaction() as tx:
        await tx.execute(delete(RoleGrantRow))
    planned.house.clock.advance(timedelta(days=1, hours=2).total_seconds())
    assert await schedules.send_due() == 0
    assert inbox[0].messages == []
    async with planned.house.database.transaction() as tx:
        await tx.execute(update(AccountRow).values(disabled_at=planned.house.clock.now()))
    planned.house.clock.advance(120)
    assert await schedules.send_due() == 0
    assert inbox[0].messages == []


async def test_a_paused_plan_makes_up_for_nothing_when_it_goes_on(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    number = await schedules.add(PROVINCE, AFTER)
    await schedules.pause(PROVINCE, number, paused=True)
    await ended_again(planned, 2)
    planned.house.clock.advance(timedelta(days=1, hours=2).total_seconds())
    assert await schedules.send_due() == 0
    await schedules.pause(PROVINCE, number, paused=False)
    planned.house.clock.advance(3600)
    assert await schedules.send_due() == 0
    assert inbox[0].messages == []


async def test_a_plan_is_its_makers_alone_and_goes_with_its_deliveries(
    planned: Session, schedules: ScheduleService
) -> None:
    number = await schedules.add(PROVINCE, AFTER)
    other = replace(PROVINCE, account_id=AccountId(2))
    assert await schedules.mine(other) == []
    for step in (schedules.delete(other, number), schedules.pause(other, number, paused=True)):
        with pytest.raises(ScheduleUnknown):
            await step
    await ended_again(planned, 2)
    planned.house.clock.advance(timedelta(days=1, hours=2).total_seconds())
    await schedules.send_due()
    await schedules.delete(PROVINCE, number)
    async with planned.house.database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(Outbox)) == 0


async def test_plans_outside_the_branch_and_bad_addresses_are_refused(
    planned: Session, schedules: ScheduleService
) -> None:
    told = []
    for actor, draft in ((officer("/1/2/", 2), AFTER), (PROVINCE, replace(AFTER, unit_id=UnitId(99)))):
        with pytest.raises(UnitNotFound) as error:
            await schedules.add(actor, draft)
        told.append(str(error.value))
    assert told[0] == told[1], "elsewhere is told as nowhere"
    with pytest.raises(RecipientsInvalid):
        await schedules.add(PROVINCE, replace(AFTER, recipients="ai đó"))
    for _ in range(SCHEDULES_MAX):
        await schedules.add(PROVINCE, AFTER)
    with pytest.raises(TooManySchedules):
        await schedules.add(PROVINCE, AFTER)


async def test_without_a_mail_server_plans_wait(
    planned: Session, reports: PeopleReportService, tmp_path: Path, clock: ManualClock
) -> None:
    files = ReportFiles(reports, clock, tmp_path / "files")
    letters = Letters(reports, files, Catalogue.load(), "https://hop.example.vn")
    post = Post(planned.house.database, clock)
    silent = ScheduleService(planned.house.database, clock, letters, "Asia/Ho_Chi_Minh", post)
    await silent.add(PROVINCE, AFTER)
    assert not silent.can_send
    assert await silent.send_due() == 0


async def test_reports_go_to_allowed_addresses_alone(planned: Session, schedules: ScheduleService) -> None:
    for stranger in ("a@elsewhere.vn", "a@phutho.example.vn.evil.vn", "a@notphutho.example.vn"):
        with pytest.raises(RecipientForbidden) as told:
            await schedules.add(PROVINCE, replace(AFTER, recipients=f"b@phutho.example.vn, {stranger}"))
        assert told.value.field == "recipients"
        assert "phutho.example.vn" in str(told.value.params["allowed"])
    assert await schedules.add(PROVINCE, replace(AFTER, recipients="a@hahoa.PHUTHO.example.vn"))


async def test_what_is_allowed_is_asked_again_when_it_is_sent(
    planned: Session, schedules: ScheduleService, inbox: tuple[Inbox, int]
) -> None:
    await schedules.add(PROVINCE, AFTER)
    await ended_again(planned, 2)
    planned.house.clock.advance(2 * 86_400)
    schedules._allowed = ("phutho.gov.vn",)
    assert await schedules.send_due() == 0
    assert inbox[0].messages == []
    (schedule,) = await schedules.mine(PROVINCE)
    assert "a@phutho.example.vn" in schedule.deliveries[0].error, "its owner is told"
