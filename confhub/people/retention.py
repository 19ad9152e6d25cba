"""Use cases of retention: how long people's data is kept, what would go, and letting it go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from confhub.access.rules import ROOT_PATH, SYSTEM, Actor, require
from confhub.audit.erasing import Trail
from confhub.audit.service import forget_addresses, record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.paging import offset_of
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.people import looks, store
from confhub.people.errors import RetentionInvalid
from confhub.people.holding import entries_of, entries_of_all, forget_contact, reached_by
from confhub.people.limits import ERASE_AT_ONCE, RETENTION_MONTHS_MAX
from confhub.people.models import AttendeeRow, PeopleRetention, PersonLook
from confhub.people.privacy import PrivacyService
from confhub.people.rules import months_before
from confhub.people.values import Retention, RetentionPreview, RetentionRun

log = structlog.get_logger(__name__)

EVERY = timedelta(days=1)

DEFAULT: Final = Retention(looks_months=24, is_on=True)
"""Until an administrator says otherwise: what is needed for nothing else goes by itself. People, their
contact and their attendance are the agency's records; how long those are kept is for the agency to say."""

ADDRESS_MONTHS: Final = 12
"""Addresses in the audit trail: long enough to look into an attack; the entries themselves stay."""

Attended = Callable[[], Select[int, datetime]]
"""Selects (attendee id, moment of a session that they belonged to), in any number of lines."""

Forget = Callable[[Tx, datetime], Awaitable[None]]
"""Empties what tells of addresses, older than that moment."""


class RetentionService:
    """Needs `PERSON_ERASE` for the whole house: the limits are one for all."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        privacy: PrivacyService,
        attended: Attended | None = None,
        forget: Forget | None = None,
    ) -> None:
        """`forget`: what else goes with the addresses of the audit trail."""
        self._forget = forget
        self._db = db
        self._clock = clock
        self._privacy = privacy
        self._attended = attended
        self._looks = looks.LookBook(db, clock)

    async def limits(self, actor: Actor) -> Retention:
        """The limits as they are set; `DEFAULT` to begin with."""
        require(actor, Permission.PERSON_ERASE, ROOT_PATH)
        async with self._db.reading() as tx:
            return _retention_of(await tx.get(PeopleRetention, 1))

    async def set_limits(self, actor: Actor, wanted: Retention, *, seen: str | None = None) -> Retention:
        """Set the limits. Raises `RetentionInvalid`. `seen`: see `kernel.versions`."""
        require(actor, Permission.PERSON_ERASE, ROOT_PATH)
        for field in ("contact_months", "person_months", "looks_months"):
            months = getattr(wanted, field)
            if months is not None and not 1 <= months <= RETENTION_MONTHS_MAX:
                raise RetentionInvalid(field=field, limit=RETENTION_MONTHS_MAX)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone("people.retention")
            row = await tx.get(PeopleRetention, 1)
            before = _retention_of(row)
            check_seen(seen, before)
            if row is None:
                row = PeopleRetention(id=1)
                tx.add(row)
            row.contact_months, row.person_months = wanted.contact_months, wanted.person_months
            row.looks_months, row.is_on = wanted.looks_months, wanted.is_on
            row.changed_at, row.changed_by = now, actor.name
            changes = {
                name: [getattr(before, name), getattr(wanted, name)]
                for name in ("contact_months", "person_months", "looks_months", "is_on")
                if getattr(before, name) != getattr(wanted, name)
            }
            if changes:
                record(tx, actor, "people:retention:change", "retention", 1, now, changes=changes)
            return wanted

    async def preview(self, actor: Actor, *, page: int = 1, size: int = PAGE_SIZE) -> RetentionPreview:
        """Exactly what would go if the stored limits were applied now."""
        require(actor, Permission.PERSON_ERASE, ROOT_PATH)
        size = min(max(size, 1), PAGE_SIZE_MAX)
        page = min(max(page, 1), 10**6)
        now = self._clock.now()
        async with self._db.reading() as tx:
            limits = _retention_of(await tx.get(PeopleRetention, 1))
            due = _Due(limits, now, self._attended)
            query = due.people()
            counted = query.with_only_columns(
                func.count(), func.coalesce(func.sum(due.whole()), 0), maintain_column_froms=True
            )
            total, whole = (await tx.execute(counted)).one()
            ordered = query.order_by(due.last, AttendeeRow.sort_key, AttendeeRow.id)
            lines = (await tx.execute(ordered.offset(offset_of(page, size)).limit(size))).all()
            old_looks = await tx.scalar(select(func.count()).where(due.old_looks())) or 0
        await self._looks.told(actor, "retention", [line[0].id for line in lines])
        rows = [(store.person_of(line), line[3], bool(line[4])) for line in lines]
        return RetentionPreview(total - whole, whole, old_looks, rows, total, page, size)

    async def run(self, actor: Actor) -> RetentionRun:
        """Let go what the stored limits say, some hundred people to a transaction."""
        require(actor, Permission.PERSON_ERASE, ROOT_PATH)
        contacts = people = 0
        trail = await self._trail()
        while True:
            now = self._clock.now()
            async with self._db.transaction() as tx:
                await tx.alone("people.person")
                limits = _retention_of(await tx.get(PeopleRetention, 1))
                due = _Due(limits, now, self._attended)
                ordered = due.people().order_by(AttendeeRow.id).limit(ERASE_AT_ONCE)
                lines = (await tx.execute(ordered)).all()
                called = await self._called(tx, [(line[0].id, bool(line[4])) for line in lines])
                for row, _, path, _, whole in lines:
                    if whole:
                        await self._privacy.forget(tx, row.id, now)
                        record(tx, actor, "people:person:erase", "person", row.id, now,
                               path=path, reason="retention")  # fmt: skip
                        people += 1
                    else:
                        await forget_contact(tx, await entries_of(tx, row.id))
                        contacts += 1
                if lines:
                    await tx.flush()
                    await trail.forget(tx, called)
                    continue
                dropped = await self._drop_looks(tx, due)
                done = RetentionRun(contacts, people, dropped)
                if any((contacts, people, dropped)):
                    record(tx, actor, "people:retention:apply", "retention", 1, now,
                           contacts=contacts, people=people, looks=dropped)  # fmt: skip
            break
        if any((contacts, people, dropped)):
            await self._privacy.forgotten()
        return done

    async def _trail(self) -> Trail:
        """The audit trail, looked through for all that is about to go, before anybody has to wait for it."""
        async with self._db.reading() as tx:
            due = _Due(_retention_of(await tx.get(PeopleRetention, 1)), self._clock.now(), self._attended)
            query = due.people().with_only_columns(AttendeeRow.id, due.whole(), maintain_column_froms=True)
            lines = [(number, bool(whole)) for number, whole in await tx.execute(query)]
            parts = range(0, len(lines), ERASE_AT_ONCE)
            called = [text for at in parts for text in await self._called(tx, lines[at : at + ERASE_AT_ONCE])]
            trail = Trail(called)
            await trail.read_on(tx)
        return trail

    async def _called(self, tx: Tx, due: Sequence[tuple[int, bool]]) -> list[str]:
        """What names those who go as a whole, and by what the others are reached. `due`: (id, whole)."""
        some = [number for number, whole in due if not whole]
        reached = await reached_by(tx, await entries_of_all(tx, some))
        return [*await self._privacy.called(tx, [number for number, whole in due if whole]), *reached]

    async def run_due(self) -> None:
        """The servants' daily round: applies the limits, unless an administrator switched that off."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone("people.retention")
            row = await tx.get(PeopleRetention, 1)
            if row is None:
                row = PeopleRetention(id=1, changed_at=now, changed_by=SYSTEM.name, is_on=DEFAULT.is_on,
                                      looks_months=DEFAULT.looks_months)  # fmt: skip
                tx.add(row)
            if not row.is_on or (row.ran_at is not None and row.ran_at + EVERY > now):
                return
            row.ran_at = now
            await forget_addresses(tx, months_before(now, ADDRESS_MONTHS))
            if self._forget is not None:
                await self._forget(tx, months_before(now, ADDRESS_MONTHS))
        done = await self.run(SYSTEM)
        log.info("retention applied", contacts=done.contacts, people=done.people, looks=done.looks)

    async def _drop_looks(self, tx: Tx, due: _Due) -> int:
        count = await tx.scalar(select(func.count()).where(due.old_looks())) or 0
        if count:
            await tx.execute(
                delete(PersonLook).where(due.old_looks()).execution_options(synchronize_session=False)
            )
            await looks.drop_unseen(tx)
        return count


class _Due:
    """The conditions of the limits at one moment. The person's last moment is their last session's end, or
    their entry into the register where that is later."""

    def __init__(self, limits: Retention, now: datetime, attended: Attended | None) -> None:
        self._limits, self._now = limits, now
        self.last: ColumnElement[datetime] = AttendeeRow.created_at.expression
        self._sessions: Any = None
        if attended is not None:
            raw = attended().subquery("attended")
            attendee_id, at = raw.c
            owner = func.coalesce(AttendeeRow.merged_into_id, AttendeeRow.id)
            self._sessions = (
                select(owner.label("attendee_id"), func.max(at).label("at"))
                .select_from(raw)
                .join(AttendeeRow, AttendeeRow.id == attendee_id)
                .group_by(owner)
                .subquery("last_session")
            )
            at = self._sessions.c.at
            self.last = case((at > AttendeeRow.created_at, at), else_=AttendeeRow.created_at)

    def _older_than(self, months: int | None) -> ColumnElement[bool]:
        if months is None:
            return false()
        return self.last < months_before(self._now, months)

    def whole(self) -> ColumnElement[int]:
        """1 where the whole person goes, 0 where only contact and date of birth do."""
        return case((self._older_than(self._limits.person_months), 1), else_=0)

    def people(self) -> Select[AttendeeRow, str, str, datetime, int]:
        """Selects (row, unit's name, unit's path, last moment, whole)."""
        query = store.person_query().add_columns(self.last, self.whole())
        if self._sessions is not None:
            query = query.outerjoin(self._sessions, self._sessions.c.attendee_id == AttendeeRow.id)
        follower = aliased(AttendeeRow)
        merged = exists().where(follower.merged_into_id == AttendeeRow.id, _reachable(follower))
        return query.where(
            AttendeeRow.merged_into_id.is_(None),
            AttendeeRow.erased_at.is_(None),
            or_(
                self._older_than(self._limits.person_months),
                and_(or_(_reachable(AttendeeRow), merged), self._older_than(self._limits.contact_months)),
            ),
        )

    def old_looks(self) -> ColumnElement[bool]:
        """Looks beyond their limit."""
        if self._limits.looks_months is None:
            return false()
        return PersonLook.at < months_before(self._now, self._limits.looks_months)


def _reachable(entry: type[AttendeeRow]) -> ColumnElement[bool]:
    kept = (entry.phone, entry.email, entry.birth_date, entry.birth_year)
    return or_(*(column.is_not(None) for column in kept))


async def stored(tx: Tx) -> Retention:
    """The limits as they are set."""
    return _retention_of(await tx.get(PeopleRetention, 1))


def _retention_of(row: PeopleRetention | None) -> Retention:
    if row is None:
        return DEFAULT
    return Retention(row.contact_months, row.person_months, row.looks_months, row.is_on)
