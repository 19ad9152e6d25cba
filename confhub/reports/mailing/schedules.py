"""Use cases of scheduled reports: planned by an account, seen with its rights, each sent once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, update

from confhub.access.rules import Actor, require_anywhere
from confhub.accounts.logins import actor_by_id
from confhub.audit.service import record
from confhub.checkin.published import DerivedColumns
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Conflict, DomainError, NotFound
from confhub.kernel.ids import AccountId, SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.store import unit_by_id, visible_unit
from confhub.post import outbox
from confhub.post.allowed import check_allowed
from confhub.post.mailer import Attachment, Mailer, MailFailed, MailServerAway
from confhub.post.published import ParcelColumns
from confhub.post.values import Draft, Fate, Outcome, Parcel
from confhub.post.worker import Post
from confhub.reports.mailing.rules import (
    Every,
    Format,
    clean_formats,
    clean_recipients,
    next_at,
    period_before,
    period_named,
)
from confhub.reports.models import ReportSchedule
from confhub.sessions.published import SessionColumns
from confhub.sessions.values import SessionState

SCHEDULES_MAX: Final = 20
"""Of one account: one for each of its units and rhythms."""
SETTLE: Final = timedelta(minutes=10)
"""After a session's end the rooms' last reports come in; then its report goes out."""
LOOK_BACK: Final = timedelta(days=3)
"""A session that ended while the hub was away for longer is not mailed any more."""
DELIVERIES_SHOWN: Final = 20
REPORT: Final = "report"
"""The kind of parcel that a report is."""
LONGEST_S: Final = 900.0
"""One report may be three files of 40,000 people, for a mail server on a slow line."""

log = structlog.get_logger(__name__)


class ScheduleUnknown(NotFound):
    """There is none, or it is another account's."""

    code = "schedule_unknown"
    message = "There is no such scheduled report, or it is somebody else's."


class TooManySchedules(Conflict):
    """The account has as many as it may have."""

    code = "too_many_schedules"
    message = "You have {limit} scheduled reports already."
    remedy = "Delete one that is no longer needed."


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """A scheduled report as typed. `recipients`: addresses with commas, blanks or new lines between them."""

    unit_id: UnitId
    every: Every
    formats: tuple[Format, ...]
    language: str
    recipients: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One report on its way. `state`: sent | waiting | given_up."""

    subject: str
    created_at: datetime
    sent_at: datetime | None
    attempts: int
    next_at: datetime | None
    error: str

    @property
    def state(self) -> str:
        return "sent" if self.sent_at is not None else "waiting" if self.next_at is not None else "given_up"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduled report, with its newest deliveries."""

    id: int
    unit_id: UnitId
    unit_name: str
    every: Every
    formats: tuple[Format, ...]
    language: str
    recipients: tuple[str, ...]
    next_at: datetime | None
    created_at: datetime
    paused_at: datetime | None
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A report ready to be sent."""

    subject: str
    text: str
    files: tuple[Attachment, ...]


class Maker(Protocol):
    """Makes the reports, with the rights of `actor`; raises DomainError where it may not see them."""

    async def session(
        self, actor: Actor, session_id: SessionId, formats: Sequence[Format], language: str
    ) -> Letter:
        """A session's report."""

    async def unit(
        self, actor: Actor, unit_id: UnitId, first: date, last: date, formats: Sequence[Format], language: str
    ) -> Letter:
        """A unit's report over whole days, both ends counted."""


class ScheduleService:
    """One's own scheduled reports; `REPORT_VIEW` is needed in the unit, when planned and when sent."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        maker: Maker,
        timezone: str,
        post: Post,
        mailer: Mailer | None = None,
        allowed: Sequence[str] = (),
    ) -> None:
        """`mailer` None: reports can be planned, and wait until the hub knows a mail server. `allowed`:
        domains and addresses that they may go to, asked when planned and when sent."""
        self._db = db
        self._clock = clock
        self._maker = maker
        self._zone = ZoneInfo(timezone)
        self._post = post
        self._mailer = mailer
        self._allowed = tuple(allowed)

    @property
    def can_send(self) -> bool:
        """Does the hub know a mail server?"""
        return self._mailer is not None

    # -- planning ----------------------------------------------------------------------------------

    async def mine(self, actor: Actor) -> list[Schedule]:
        """The actor's scheduled reports, oldest first, each with its newest deliveries."""
        require_anywhere(actor, Permission.REPORT_VIEW)
        s = ReportSchedule
        async with self._db.reading() as tx:
            query = select(s, UnitColumns.name).join(*UnitColumns.of(s.unit_id)).order_by(s.id)
            rows = (await tx.execute(query.where(s.account_id == actor.account_id))).all()
            return [_shown(row, unit, await _deliveries(tx, row.id)) for row, unit in rows]

    async def add(self, actor: Actor, draft: ScheduleDraft) -> int:
        """Plan a report; gives its id. Raises what is wrong with the draft, TooManySchedules."""
        recipients, formats = clean_recipients(draft.recipients), clean_formats(draft.formats)
        if self._mailer is not None:  # without a mail server there is no rule yet, and nothing leaves
            check_allowed(recipients, self._allowed)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone(f"report.schedule.{actor.account_id}")
            unit = await visible_unit(tx, actor, UnitId(draft.unit_id), Permission.REPORT_VIEW)
            known = await tx.scalars(
                select(ReportSchedule.id).where(ReportSchedule.account_id == actor.account_id)
            )
            if len(known.all()) >= SCHEDULES_MAX:
                raise TooManySchedules(limit=SCHEDULES_MAX)
            assert actor.account_id is not None, "the hub itself plans no reports"
            row = ReportSchedule(
                account_id=actor.account_id,
                unit_id=draft.unit_id,
                what="session" if draft.every is Every.SESSION else "unit",
                every=draft.every.value,
                formats=",".join(formats),
                language=draft.language,
                recipients=recipients,
                next_at=next_at(draft.every, now, self._zone),
                created_at=now,
            )
            tx.add(row)
            await tx.flush()
            record(
                tx, actor, "reports:schedule:add", "report_schedule", row.id, now, path=unit.path,
                every=draft.every, recipients=recipients,
            )  # fmt: skip
        return row.id

    async def pause(self, actor: Actor, schedule_id: int, *, paused: bool) -> None:
        """Stop sending, or go on: from then on, nothing is made up for. Raises ScheduleUnknown."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await _own(tx, actor, schedule_id)
            row.paused_at = now if paused else None
            if not paused:
                row.created_at = now
                row.next_at = next_at(Every(row.every), now, self._zone)
            action = "reports:schedule:pause" if paused else "reports:schedule:resume"
            record(tx, actor, action, "report_schedule", row.id, now)

    async def delete(self, actor: Actor, schedule_id: int) -> None:
        """Forget it, and what it sent. Raises ScheduleUnknown."""
        async with self._db.transaction() as tx:
            row = await _own(tx, actor, schedule_id)
            record(tx, actor, "reports:schedule:delete", "report_schedule", row.id, self._clock.now())
            await tx.delete(row)
            p = ParcelColumns
            await outbox.forget(tx, p.kind == REPORT, p.about == _about(schedule_id))

    # -- sending (the clock's servant, and the post) ---------------------------------------------------

    async def send_due(self) -> int:
        """Note what is due, then send what waits; gives how many went out."""
        if self._mailer is None:
            return 0
        await self._note_due()
        return await self._post.send_due(REPORT)

    async def _note_due(self) -> None:
        now = self._clock.now()
        s = ReportSchedule
        async with self._db.reading() as tx:
            running = list(await tx.scalars(select(s).where(s.paused_at.is_(None))))
            due: list[tuple[ReportSchedule, str]] = [
                (row, f"{row.id}:{period_before(Every(row.every), row.next_at, self._zone).key}")
                for row in running
                if row.next_at is not None and row.next_at <= now
            ]
            for row in running:
                if row.every == Every.SESSION.value:
                    due += [(row, f"{row.id}:session:{number}") for number in await _ended(tx, row, now)]
            keys = [key for _, key in due]
            known = select(ParcelColumns.key).where(ParcelColumns.kind == REPORT, ParcelColumns.key.in_(keys))
            there = set(await tx.scalars(known))
        if not due:
            return
        new = [
            Draft(key, _about(row.id), row.unit_id, tuple(row.recipients))
            for row, key in due
            if key not in there
        ]
        async with self._db.transaction() as tx:
            await outbox.put(tx, REPORT, new, now)
            for row, _ in due:
                if row.next_at is not None:
                    after = next_at(Every(row.every), now, self._zone)
                    await tx.execute(
                        update(ReportSchedule).where(ReportSchedule.id == row.id).values(next_at=after)
                    )

    async def send(self, parcels: Sequence[Parcel]) -> dict[int, Outcome]:
        """The post's sender: each report is made anew at each try, with the rights of that moment."""
        assert self._mailer is not None, "without a mail server nobody carries reports"
        return {parcel.id: await self._sent(parcel, self._mailer) for parcel in parcels}

    async def _sent(self, parcel: Parcel, mailer: Mailer) -> Outcome:
        async with self._db.reading() as tx:
            schedule = await tx.get(ReportSchedule, int(parcel.about.rpartition(":")[2]))
            actor = await actor_by_id(tx, AccountId(schedule.account_id)) if schedule is not None else None
        title = None
        try:
            if schedule is None or actor is None:
                raise ScheduleUnknown  # the account was closed: nobody's rights are left to see it with
            check_allowed(parcel.addresses, self._allowed)
            letter = await self._make(actor, schedule, parcel.key)
            title = letter.subject
            refused = await mailer.send(
                schedule.recipients, letter.subject, letter.text, letter.files,
                only=parcel.addresses, name=parcel.name,
            )  # fmt: skip
        except (DomainError, MailFailed) as failure:
            log.warning("report not sent", about=parcel.about, error=str(failure))
            fate = Fate.AWAY if isinstance(failure, MailServerAway) else Fate.LATER
            return Outcome(fate, str(failure), title=title)
        if refused:
            reason = "; ".join(f"{address}: {said}" for address, said in refused.items())
            return Outcome(Fate.LATER, reason, left=tuple(refused), title=title)
        return Outcome(Fate.SENT, title=title)

    async def _make(self, actor: Actor, schedule: ReportSchedule, key: str) -> Letter:
        formats = [Format(name) for name in schedule.formats.split(",")]
        if schedule.every == Every.SESSION.value:
            session_id = SessionId(int(key.rpartition(":")[2]))
            return await self._maker.session(actor, session_id, formats, schedule.language)
        period = period_named(Every(schedule.every), key.partition(":")[2])
        unit_id = UnitId(schedule.unit_id)
        return await self._maker.unit(actor, unit_id, period.first, period.last, formats, schedule.language)


async def _ended(tx: Tx, row: ReportSchedule, now: datetime) -> list[int]:
    """Sessions of the branch that ended since it was planned, and whose figures stand."""
    s, unit = SessionColumns, await unit_by_id(tx, row.unit_id)
    query = (
        select(s.id)
        .join(*UnitColumns.of(s.unit_id))
        .join(*DerivedColumns.on(DerivedColumns.session_id == s.id))
        .where(
            s.state.in_([SessionState.ENDED.value, SessionState.ARCHIVED.value]),
            s.actual_end <= now - SETTLE,
            s.actual_end > max(row.created_at, now - LOOK_BACK),
            DerivedColumns.stale.is_(False),
            UnitColumns.path.startswith(unit.path, autoescape=True),
        )
    )
    return list(await tx.scalars(query))


async def _own(tx: Tx, actor: Actor, schedule_id: int) -> ReportSchedule:
    row = await tx.get(ReportSchedule, schedule_id)
    if row is None or actor.account_id is None or row.account_id != actor.account_id:
        raise ScheduleUnknown
    return row


async def _deliveries(tx: Tx, schedule_id: int) -> tuple[Delivery, ...]:
    p = ParcelColumns
    query = (
        select(p.title, p.made_at, p.done_at, p.attempts, p.due_at, p.last_error)
        .where(p.kind == REPORT, p.about == _about(schedule_id))
        .order_by(p.id.desc())
        .limit(DELIVERIES_SHOWN)
    )
    return tuple(Delivery(*one) for one in await tx.execute(query))


def _about(schedule_id: int) -> str:
    return f"schedule:{schedule_id}"


def _shown(row: ReportSchedule, unit_name: str, deliveries: tuple[Delivery, ...]) -> Schedule:
    return Schedule(
        id=row.id,
        unit_id=UnitId(row.unit_id),
        unit_name=unit_name,
        every=Every(row.every),
        formats=tuple(Format(name) for name in row.formats.split(",")),
        language=row.language,
        recipients=tuple(str(one) for one in row.recipients),
        next_at=row.next_at,
        created_at=row.created_at,
        paused_at=row.paused_at,
        deliveries=deliveries,
    )
