"""ReminderService: letters some hours before a session starts, to those whose rooms take part.

What is due is found out anew each time: a session that moved is reminded of its new hours, one that was
cancelled of nothing. The same letter is never put into the outbox twice, since its key says which it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Row, delete, select, update

from confhub.access.rules import Actor, require
from confhub.audit.service import record
from confhub.calendars.reading import addressed
from confhub.db.database import Database, Tx
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.invitations.errors import HoursUnknown, TooLateToRegister
from confhub.invitations.limits import LETTERS_KEPT, REMINDED_BEFORE_H, REMINDER_LATE, SESSIONS_AT_ONCE
from confhub.invitations.models import SessionReminder
from confhub.invitations.store import OPEN_STATES
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.post import outbox
from confhub.post.allowed import RecipientForbidden, check_allowed
from confhub.post.mailer import Mailer, MailFailed, MailServerAway
from confhub.post.published import ParcelColumns
from confhub.post.values import Draft, Fate, Outcome, Parcel
from confhub.post.worker import Post
from confhub.sessions.published import SessionColumns
from confhub.sessions.store import visible_view
from confhub.sessions.values import SessionState

REMINDER: Final = "reminder"
"""The kind of parcel."""
_BEFORE: Final = (SessionState.DRAFT, SessionState.SCHEDULED)

log = structlog.get_logger(__name__)


class ReminderService:
    """Setting asks for the right to edit the session; the rest is the clock's servant's, and the post's."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        post: Post,
        mailer: Mailer | None,
        translate: Translate,
        formats: Formats,
        *,
        allowed: Sequence[str] = (),
        home: str = "",
    ) -> None:
        """`translate`, `formats`: of all letters. `allowed`: domains and addresses that letters may go to.
        `home`: the hub's address."""
        self._db, self._clock, self._post, self._mailer = db, clock, post, mailer
        self._translate, self._formats = translate, formats
        self._allowed, self._home = tuple(allowed), home.rstrip("/")

    async def of(self, actor: Actor, session_id: int) -> tuple[int, ...]:
        """Hours before the start, the most first. SessionUnknown."""
        async with self._db.reading() as tx:
            await visible_view(tx, actor, session_id)
            return await _hours(tx, session_id)

    async def set(self, actor: Actor, session_id: int, hours: Collection[int]) -> tuple[int, ...]:
        """These, in place of those before; what lies behind already is not made up for. SessionUnknown,
        Forbidden, TooLateToRegister, HoursUnknown."""
        wanted, now, r = set(hours), self._clock.now(), SessionReminder
        if not wanted <= set(REMINDED_BEFORE_H):
            raise HoursUnknown(field="hours", offered=", ".join(map(str, REMINDED_BEFORE_H)))
        async with self._db.transaction() as tx:
            view = await visible_view(tx, actor, session_id)
            require(actor, Permission.SESSION_EDIT, view.unit_path)
            if view.state not in _BEFORE or view.starts_at <= now:
                raise TooLateToRegister
            before = set(await _hours(tx, session_id))
            await tx.execute(
                delete(r)
                .where(r.session_id == session_id, r.hours.in_(before - wanted))
                .execution_options(synchronize_session=False)
            )
            tx.add_all([r(session_id=session_id, hours=one) for one in sorted(wanted - before)])
            await tx.flush()
            if wanted != before:
                record(
                    tx, actor, "invitations:reminder:set", "session", session_id, now, path=view.unit_path,
                    hours=sorted(wanted),
                )  # fmt: skip
        return tuple(sorted(wanted, reverse=True))

    async def send_due(self) -> int:
        """Put into the outbox what is due, then send what waits; gives how many letters went out."""
        if self._mailer is None:
            return 0
        await self.note_due()
        return await self._post.send_due(REMINDER)

    async def note_due(self) -> None:
        """A letter to each address of a session's rooms, for each reminder whose moment has come."""
        now, s, r = self._clock.now(), SessionColumns, SessionReminder
        farthest = now + timedelta(hours=max(REMINDED_BEFORE_H))
        query = (
            select(s.id, s.unit_id, s.title, s.starts_at, r.hours)
            .join(*s.of(r.session_id))
            .where(s.state.in_(OPEN_STATES), s.starts_at > now, s.starts_at <= farthest)
            .where(r.sent_for.is_(None) | (r.sent_for != s.starts_at))
            .order_by(s.starts_at, s.id, r.hours)
        )
        async with self._db.reading() as tx:
            due = [
                row for row in await tx.execute(query) if row.starts_at - timedelta(hours=row.hours) <= now
            ]
        for row in due[:SESSIONS_AT_ONCE]:
            async with self._db.transaction() as tx:
                missed = now - (row.starts_at - timedelta(hours=row.hours)) > REMINDER_LATE
                if not missed:
                    places = (await addressed(tx, [row.id])).get(row.id, {})
                    drafts = [_draft(row, one, rooms) for one, rooms in places.items()]
                    await outbox.put(tx, REMINDER, drafts, now)
                await tx.execute(
                    update(r)
                    .where(r.session_id == row.id, r.hours == row.hours)
                    .values(sent_for=row.starts_at)
                    .execution_options(synchronize_session=False)
                )

    async def send(self, parcels: Sequence[Parcel]) -> Mapping[int, Outcome]:
        """The post's sender."""
        assert self._mailer is not None, "without a mail server nobody carries letters"
        return {parcel.id: await self._sent(parcel, self._mailer) for parcel in parcels}

    async def forget_over(self) -> None:
        """Letters that arrived long ago."""
        p, until = ParcelColumns, self._clock.now() - LETTERS_KEPT
        async with self._db.transaction() as tx:
            await outbox.forget(tx, p.kind == REMINDER, p.done_at < until)

    async def _sent(self, parcel: Parcel, mailer: Mailer) -> Outcome:
        said, s = parcel.payload, SessionColumns
        query = (
            select(s.state, s.starts_at, s.length_min, s.title, UnitColumns.name)
            .join(*UnitColumns.of(s.unit_id))
            .where(s.id == int(said["session_id"]))
        )
        async with self._db.reading() as tx:
            row = (await tx.execute(query)).one_or_none()
        off = row is None or row[0] not in OPEN_STATES or row[1] <= self._clock.now()
        if row is None or off or row[1] != datetime.fromisoformat(said["starts_at"]):
            return Outcome(Fate.REFUSED, self._translate("The session was cancelled, moved, or has begun."))
        subject, text = self._words(row, said["rooms"], int(said["session_id"]))
        try:
            check_allowed(parcel.addresses, self._allowed)
            await mailer.send(parcel.addresses, subject, text, (), name=parcel.name)
        except RecipientForbidden as forbidden:
            return Outcome(Fate.REFUSED, str(forbidden))
        except MailFailed as failure:
            log.warning("letter not sent", about=parcel.about, error=str(failure))
            return Outcome(Fate.AWAY if isinstance(failure, MailServerAway) else Fate.LATER, str(failure))
        return Outcome(Fate.SENT, title=subject[:200])

    def _words(
        self, row: Row[str, datetime, int, str, str], rooms: Sequence[str], session_id: int
    ) -> tuple[str, str]:
        _, fmt = self._translate, self._formats
        _state, starts_at, length_min, title, unit = row
        ends_at = starts_at + timedelta(minutes=length_min)
        lines = [
            _("{unit} reminds you of this session:").format(unit=unit),
            "",
            title,
            f"{fmt.long_date(starts_at)}, {fmt.time(starts_at)}–{fmt.time(ends_at)}",
            f"{_('Rooms')}: {', '.join(rooms)}",
            "",
            f"{self._home}/sessions/{session_id}",
        ]
        return _("Reminder: {title}, {time}").format(title=title, time=fmt.datetime(starts_at)), "\n".join(
            lines
        ) + "\n"


async def _hours(tx: Tx, session_id: int) -> tuple[int, ...]:
    r = SessionReminder
    query = select(r.hours).where(r.session_id == session_id).order_by(r.hours.desc())
    return tuple(await tx.scalars(query))


def _draft(row: Row[int, int, str, datetime, int], address: str, rooms: Sequence[str]) -> Draft:
    """Of one address; the same at the same hour is the same letter."""
    mark = hashlib.sha256(address.encode()).hexdigest()[:24]
    return Draft(
        key=f"{row.id}:{row.hours}:{int(row.starts_at.timestamp())}:{mark}",
        about=f"session:{row.id}",
        unit_id=row.unit_id,
        address=(address,),
        title=row.title[:200],
        payload={"session_id": row.id, "starts_at": row.starts_at.isoformat(), "rooms": list(rooms)},
    )
