"""RegistrationService: an organizer asks the invited units who comes, reads their answers, and reminds."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from confhub.access.rules import Actor, allows, require
from confhub.audit.service import record
from confhub.calendars.contacts import unit_addresses
from confhub.db.database import Database, Tx
from confhub.invitations import store
from confhub.invitations.errors import (
    ClosingInvalid,
    NotRegistering,
    TooLateToRegister,
    UnitNotInvited,
)
from confhub.invitations.letters import REGISTRATION, put
from confhub.invitations.limits import KEPT, LETTERS_KEPT, REMIND_EVERY
from confhub.invitations.models import RegistrationAnswer, RegistrationLink, RegistrationRow, RegistrationUnit
from confhub.invitations.values import Record, Registration, UnitAnswer
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.post import outbox
from confhub.post.published import ParcelColumns
from confhub.registry.published import RoomColumns
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.store import visible_view
from confhub.sessions.values import SessionState, SessionView

_BEFORE = (SessionState.DRAFT, SessionState.SCHEDULED, SessionState.LOBBY)


class RegistrationService:
    """Who may view a session sees the answers of the units of their branch; who may edit it sees all of them,
    with the delegates, sets the closing date, makes links, and reminds."""

    def __init__(self, db: Database, clock: Clock, *, can_send: bool) -> None:
        """`can_send`: the hub knows a mail server."""
        self._db, self._clock, self._can_send = db, clock, can_send

    async def of(self, actor: Actor, session_id: int) -> Registration:
        """The session's, with its units in order. SessionUnknown."""
        now = self._clock.now()
        async with self._db.reading() as tx:
            view = await visible_view(tx, actor, session_id)
            facts = await store.facts_of(tx, session_id)
            units = await self._units(tx, actor, view)
        is_open = facts is not None and facts.state in store.OPEN_STATES and now < facts.closes_at
        return Registration(
            view.id, view.title, view.starts_at, None if facts is None else facts.closes_at, is_open,
            view.may_edit, self._can_send, units,
        )  # fmt: skip

    async def record_of(self, actor: Actor, session_id: int, unit_id: int) -> Record:
        """All that a unit answered, and whom it names. SessionUnknown, Forbidden, UnitNotInvited."""
        async with self._db.reading() as tx:
            await _editable(tx, actor, session_id)
            a = RegistrationAnswer
            query = select(a).where(a.session_id == session_id, a.unit_id == unit_id).order_by(a.id.desc())
            rows = list(await tx.scalars(query))
            if not rows and not await store.rooms_of(tx, session_id, unit_id):
                raise UnitNotInvited
            name = await tx.scalar(select(UnitColumns.name).where(UnitColumns.id == unit_id)) or ""
            room = await tx.scalar(
                select(RoomColumns.name).where(RoomColumns.id == (rows[0].endpoint_id if rows else None))
            )
            delegates = await store.delegates_of(tx, rows[0].id) if rows else ()
        return Record(UnitId(unit_id), name, tuple(store.given(row) for row in rows), room or "", delegates)

    async def set_closing(self, actor: Actor, session_id: int, closes_at: datetime) -> None:
        """Units may answer from now until then; those with an address are told once. SessionUnknown,
        Forbidden, TooLateToRegister, ClosingInvalid."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            view = await _editable(tx, actor, session_id)
            if view.state not in _BEFORE or view.starts_at <= now:
                raise TooLateToRegister
            if not now < closes_at <= view.starts_at:
                raise ClosingInvalid(field="closes_at")
            row = await tx.get(RegistrationRow, session_id)
            if row is None:
                tx.add(RegistrationRow(session_id=session_id, closes_at=closes_at, opened_at=now))
            else:
                row.closes_at = closes_at
            _note(tx, actor, "open", view, now, closes_at=closes_at.isoformat())

    async def close(self, actor: Actor, session_id: int) -> None:
        """Nobody answers from now on; what was answered stays. SessionUnknown, Forbidden, NotRegistering."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            view = await _editable(tx, actor, session_id)
            row = await tx.get(RegistrationRow, session_id)
            if row is None or row.closes_at <= now:
                raise NotRegistering
            row.closes_at = now
            _note(tx, actor, "close", view, now)

    async def renew_link(self, actor: Actor, session_id: int, unit_id: int) -> str:
        """The unit's links before are void; a new one's secret, which is stored nowhere. SessionUnknown,
        Forbidden, NotRegistering, UnitNotInvited."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            view = await self._open(tx, actor, session_id)
            if not await store.rooms_of(tx, session_id, unit_id):
                raise UnitNotInvited
            await store.void_links(tx, session_id, unit_id)
            token = await store.make_link(tx, session_id, unit_id, now)
            _note(tx, actor, "link", view, now, unit_id=unit_id)
        return token

    async def revoke_links(self, actor: Actor, session_id: int, unit_id: int) -> None:
        """None of the unit's is valid any more. SessionUnknown, Forbidden, UnitNotInvited."""
        now, link = self._clock.now(), RegistrationLink
        async with self._db.transaction() as tx:
            view = await _editable(tx, actor, session_id)
            mine = select(link.id).where(link.session_id == session_id, link.unit_id == unit_id)
            if await tx.scalar(mine.limit(1)) is None:
                raise UnitNotInvited
            await store.void_links(tx, session_id, unit_id)
            _note(tx, actor, "revoke", view, now, unit_id=unit_id)

    async def remind(self, actor: Actor, session_id: int, unit_ids: Collection[int] | None = None) -> int:
        """A letter with a link to each unit that has not answered (`unit_ids`: of these), at most one in
        `REMIND_EVERY`; how many were put into the outbox. SessionUnknown, Forbidden, NotRegistering."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            view = await self._open(tx, actor, session_id)
            answered = set(await store.newest(tx, session_id))
            wanted = set(await unit_addresses(tx, session_id) if self._can_send else ()) - answered
            if unit_ids is not None:
                wanted &= set(unit_ids)
            since = f"remind-{int(now.timestamp() // REMIND_EVERY.total_seconds())}"
            sent = await put(tx, view, sorted(wanted), since, now)
            if sent:
                _note(tx, actor, "remind", view, now, units=sent)
        return sent

    async def delegates_file(self, actor: Actor, session_id: int) -> bytes:
        """The delegates whom the answers that hold name, as a list that the import of people reads: name,
        position, unit, room. SessionUnknown, Forbidden."""
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(("Họ và tên", "Chức vụ", "Mã đơn vị", "Mã điểm cầu"))
        now = self._clock.now()
        async with self._db.transaction() as tx:
            view = await _editable(tx, actor, session_id)
            answers = await store.newest(tx, session_id)
            codes = await tx.execute(
                select(UnitColumns.id, UnitColumns.code).where(UnitColumns.id.in_(answers))
            )
            units = {row[0]: row[1] for row in codes}
            ids = {row.endpoint_id for row in answers.values()}
            found = await tx.execute(select(RoomColumns.id, RoomColumns.code).where(RoomColumns.id.in_(ids)))
            rooms = {row[0]: row[1] for row in found}
            people = 0
            for unit_id, answer in answers.items():
                for one in await store.delegates_of(tx, answer.id) if answer.people else ():
                    room = rooms.get(answer.endpoint_id or 0, "")
                    table.writerow((one.name, one.position, units[unit_id], room))
                    people += 1
            _note(tx, actor, "take", view, now, people=people)
        return out.getvalue().encode("utf-8-sig")

    async def forget_over(self) -> None:
        """Answers, delegates and links of sessions that began long ago, and letters that arrived long ago."""
        until, s, r = self._clock.now() - KEPT, SessionColumns, RegistrationRow
        p = ParcelColumns
        async with self._db.transaction() as tx:
            old = select(s.id).where(s.starts_at < until)
            await tx.execute(
                delete(r)
                .where(r.closes_at < until, r.session_id.in_(old))
                .execution_options(synchronize_session=False)
            )
            arrived = p.done_at < self._clock.now() - LETTERS_KEPT
            await outbox.forget(tx, p.kind == REGISTRATION, arrived)

    async def _open(self, tx: Tx, actor: Actor, session_id: int) -> SessionView:
        view = await _editable(tx, actor, session_id)
        facts = await store.facts_of(tx, session_id)
        if facts is None or facts.state not in store.OPEN_STATES or self._clock.now() >= facts.closes_at:
            raise NotRegistering
        return view

    async def _units(self, tx: Tx, actor: Actor, view: SessionView) -> tuple[UnitAnswer, ...]:
        p, u, link, told = PlaceColumns, UnitColumns, RegistrationLink, RegistrationUnit
        query = (
            select(u.id, u.name, u.path, func.count())
            .select_from(p.rows())
            .join(*RoomColumns.of(p.endpoint_id))
            .join(*u.of(RoomColumns.unit_id))
            .where(p.session_id == view.id, p.expected_until.is_(None), p.removed_at.is_(None))
            .group_by(u.id, u.name, u.path, u.sort_key)
            .order_by(u.sort_key, u.id)
        )
        rows = (await tx.execute(query)).all()
        answers = await store.newest(tx, view.id)
        reachable = await unit_addresses(tx, view.id)
        when = select(told.unit_id, told.told_at).where(told.session_id == view.id)
        letters = {row[0]: row[1] for row in await tx.execute(when)}
        links = Counter(await tx.scalars(select(link.unit_id).where(link.session_id == view.id)))
        return tuple(
            UnitAnswer(
                UnitId(key), name, rooms, key in reachable, letters.get(key), links[key],
                store.given(answers[key]) if key in answers else None,
            )
            for key, name, path, rooms in rows
            if view.may_edit or allows(actor, Permission.SESSION_VIEW, path)
        )  # fmt: skip


async def _editable(tx: Tx, actor: Actor, session_id: int) -> SessionView:
    view = await visible_view(tx, actor, session_id)
    require(actor, Permission.SESSION_EDIT, view.unit_path)
    return view


def _note(tx: Tx, actor: Actor, verb: str, view: SessionView, now: datetime, **details: Any) -> None:
    action = f"invitations:registration:{verb}"
    record(tx, actor, action, "session", SessionId(view.id), now, path=view.unit_path, **details)
