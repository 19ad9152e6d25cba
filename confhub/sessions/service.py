"""SessionService: sessions planned, changed, listed, and moved through their life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select, tuple_

from confhub.access.rules import Actor, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.engine.engine import MediaEngine
from confhub.i18n.folding import fold, like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError, Unavailable
from confhub.kernel.ids import EndpointId, Identity, MediaRoom, SessionId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS, PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.sessions import choosing, errors, floor, life, opening, owning, rules, store
from confhub.sessions.bookings import Bookings
from confhub.sessions.carrying import Carrier
from confhub.sessions.events import PresenceChanged, RoomOrdered, SessionChanged, StageStale
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.overlaps import PLANNED, Overlap, expected_in, overlaps
from confhub.sessions.rules import Step
from confhub.sessions.values import (
    PLAIN_FIELDS,
    SessionDetails,
    SessionInput,
    SessionKind,
    SessionPage,
    SessionState,
    SessionView,
    form_of,
)

log = structlog.get_logger(__name__)

Faults = list[DomainError]
Also = Callable[[Tx, SessionId], Awaitable[None]]
Effect = Callable[[Tx, MeetingSession, SessionInput, datetime], Awaitable[None]]


class SessionService:
    """Every method checks the actor's right in the session's branch, and raises SessionUnknown for a session
    outside of it. A step that was taken already is answered like one that is taken now, and changes nothing;
    one that leads nowhere raises WrongState, with who did what when. Tells `SessionChanged`, `RoomsCalled`,
    `RoomsChosen`, `RoomOrdered`, `PresenceChanged`."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        engine: MediaEngine,
        *,
        timezone: str = "Asia/Ho_Chi_Minh",
        effect: Effect | None = None,
        bookings: Bookings | None = None,
    ) -> None:
        """`timezone`: of the house, by which a session's day is reckoned for units' validity. `effect`: of a
        live session's form on the figures that layers above derive; raises where it has one. `bookings`:
        who has which room when."""
        self._effect, self._bookings = effect, bookings
        self._db, self._clock = db, clock
        self._engine, self._carrier = engine, Carrier(engine)
        self._zone = ZoneInfo(timezone)

    async def create(self, actor: Actor, wanted: SessionInput, *, also: Also | None = None) -> SessionDetails:
        """A new draft. `also`: what a layer above does in the same transaction. ValidationErrors with one
        error per field."""
        require_anywhere(actor, Permission.SESSION_EDIT)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            session = await self._add(
                tx, actor, wanted, now, rules.input_faults(wanted, now, start_fixed=False)
            )
            if also is not None:
                await also(tx, SessionId(session.id))
            return await store.details(tx, actor, session.id)

    async def form(self, actor: Actor, session_id: SessionId) -> SessionInput:
        """The session as its form shows it."""
        async with self._db.reading() as tx:
            view = await store.visible_view(tx, actor, session_id)
            participants = await store.participants_of(tx, session_id)
        return form_of(view, participants)

    async def update(
        self,
        actor: Actor,
        session_id: SessionId,
        wanted: SessionInput,
        *,
        seen: str | None = None,
        sure: bool = False,
        conflict_reason: str = "",
    ) -> SessionDetails:
        """Change a session that has not ended; `seen`: see `kernel.versions`. Once scheduled, rooms are
        matched anew; while live, rooms added are expected from now and rooms gone are expected until now,
        and start, unit and chair are fixed (FixedWhileLive). ValidationErrors, WrongState; unless `sure`,
        what the effect on a live session's figures raises; what the bookings raise where another session
        has rooms, without a `conflict_reason` or at all."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await self._book_alone(tx)
            await owning.alone(tx)
            session = await store.locked(tx, actor, session_id, Permission.SESSION_EDIT)
            state = SessionState(session.state)
            if state not in rules.EDITABLE:
                raise errors.WrongState(state=state.value)
            check_seen(seen, (await store.details(tx, actor, session_id)).input)
            faults = _fixed_faults(session, wanted) if state is SessionState.LIVE else []
            same_start = wanted.starts_at == session.starts_at
            faults += rules.input_faults(wanted, now, start_fixed=same_start or state is SessionState.LIVE)
            if state is SessionState.LIVE and not faults and not sure and self._effect is not None:
                await self._effect(tx, session, wanted, now)
            gone = await self._fill(tx, actor, session, wanted, now, faults)
            if self._bookings is not None:
                await self._bookings.edited(tx, session.id, wanted, now)
            await self._settle(tx, actor, session, conflict_reason)
            record(
                tx, actor, "sessions:session:edit", "session", session.id, now,
                path=await store.path_of(tx, session), title=session.title, starts_at=session.starts_at,
            )  # fmt: skip
            tx.tell(SessionChanged(SessionId(session.id)))
            details = await store.details(tx, actor, session_id)
        await self._send_out(details.session.media_room, gone)
        return details

    async def overlaps(self, actor: Actor, session_id: SessionId) -> tuple[Overlap, ...]:
        """Other sessions that have rooms of this one at its hours, while it can still be planned otherwise; a
        draft's rooms are those that scheduling would choose. SessionUnknown."""
        async with self._db.reading() as tx:
            details = await store.details(tx, actor, session_id)
            session = details.session
            if session.state not in PLANNED:
                return ()
            rooms: Collection[int]
            if session.state is SessionState.DRAFT:
                rooms, _ = await choosing.choose(tx, actor, details.input, self._day(session.starts_at))
            else:
                rooms = await expected_in(tx, session_id)
            return await overlaps(tx, actor, session.starts_at, session.length_min, rooms, besides=session_id)

    async def would_overlap(
        self, actor: Actor, wanted: SessionInput, session_id: SessionId | None = None
    ) -> tuple[Overlap, ...]:
        """The same for a form that is being filled in, of the rooms in it that the actor may invite; nothing
        while its hours cannot be. `session_id`: the session that it changes."""
        require_anywhere(actor, Permission.SESSION_EDIT)
        faults = rules.input_faults(wanted, self._clock.now(), start_fixed=False)
        if any(fault.field in ("starts_at", "length_min") for fault in faults):
            return ()
        async with self._db.reading() as tx:
            rooms, _ = await choosing.choose(tx, actor, wanted, self._day(wanted.starts_at))
            return await overlaps(tx, actor, wanted.starts_at, wanted.length_min, rooms, besides=session_id)

    async def schedule(
        self, actor: Actor, session_id: SessionId, *, conflict_reason: str = ""
    ) -> SessionView:
        """draft → scheduled: its rooms are worked out. ValidationErrors, WrongState; what the bookings raise
        where another session has rooms, without a `conflict_reason` or at all."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await self._book_alone(tx)
            session = await store.locked(tx, actor, session_id, Permission.SESSION_EDIT)
            view = await store.visible_view(tx, actor, session_id)
            if not await life.is_wanted(tx, session, Step.SCHEDULE, self._zone):
                return view
            wanted = form_of(view, await store.participants_of(tx, session_id))
            faults = rules.input_faults(wanted, now, start_fixed=False)
            rooms, more = await choosing.choose(tx, actor, wanted, self._day(wanted.starts_at))
            rules.refuse(faults + more + choosing.readiness_faults(wanted, rooms))
            await choosing.match_rooms(tx, session, rooms, now)
            await life.take_step(tx, actor, session, Step.SCHEDULE, now, view.unit_path)
            await self._settle(tx, actor, session, conflict_reason)
            await tx.flush()
            return await store.visible_view(tx, actor, session_id)

    async def cancel(self, actor: Actor, session_id: SessionId, reason: str = "") -> SessionView:
        """Any state before live → cancelled; rooms in the lobby are sent out. `reason` (one line) stays in
        the session's history and in the audit. ReasonTooLong, TextNotPrintable."""
        reason = rules.reason_of(reason)
        return await self._step(actor, session_id, Step.CANCEL, Permission.SESSION_EDIT, reason)

    async def open_lobby(self, actor: Actor, session_id: SessionId) -> SessionView:
        """scheduled → lobby, by hand before its time or by the clock: the rooms are called."""
        return await self._step(actor, session_id, Step.OPEN_LOBBY, Permission.SESSION_CONTROL)

    async def start(self, actor: Actor, session_id: SessionId) -> SessionView:
        """scheduled or lobby → live, now. Rooms not yet called are called."""
        return await self._step(actor, session_id, Step.START, Permission.SESSION_CONTROL)

    async def end(self, actor: Actor, session_id: SessionId) -> SessionView:
        """live → ended, now: grants are withdrawn, the media room is closed."""
        return await self._step(actor, session_id, Step.END, Permission.SESSION_CONTROL)

    async def archive(self, actor: Actor, session_id: SessionId) -> SessionView:
        """ended → archived."""
        return await self._step(actor, session_id, Step.ARCHIVE, Permission.SESSION_EDIT)

    async def move(self, actor: Actor, session_id: SessionId, step: Step) -> SessionView:
        """Any step but SCHEDULE, by its name: for the clock."""
        right = Permission.SESSION_EDIT if step in (Step.CANCEL, Step.ARCHIVE) else Permission.SESSION_CONTROL
        return await self._step(actor, session_id, step, right)

    async def get(self, actor: Actor, session_id: SessionId) -> SessionDetails:
        """One session: visible to whoever may view its branch, or the branch of one of its rooms."""
        async with self._db.reading() as tx:
            return await store.details(tx, actor, session_id)

    async def list(
        self,
        actor: Actor,
        *,
        states: Sequence[SessionState] = (),
        text: str = "",
        kind: SessionKind | None = None,
        unit_id: UnitId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        offset: int = 0,
        limit: int = PAGE_SIZE,
        newest_first: bool = True,
        after: tuple[datetime, int] | None = None,
    ) -> SessionPage:
        """Sessions the actor may view, by start. `text` is searched without diacritics in the title;
        `unit_id` keeps those organized in its branch; `since`/`until` bound `starts_at`. `after`: of the page
        before, instead of `offset`."""
        query = store.session_query().where(store.visible_to(actor))
        if states:
            query = query.where(MeetingSession.state.in_([state.value for state in states]))
        if text.strip():
            pattern = like_pattern(text[:NAME_MAX_CHARS])
            query = query.where(MeetingSession.search_key.like(pattern, escape="\\"))
        if kind is not None:
            query = query.where(MeetingSession.kind == kind.value)
        if unit_id is not None:
            query = query.where(store.organized_in(unit_id))
        if since is not None:
            query = query.where(MeetingSession.starts_at >= since)
        if until is not None:
            query = query.where(MeetingSession.starts_at < until)
        start = MeetingSession.starts_at
        order = (start.desc(), MeetingSession.id.desc()) if newest_first else (start, MeetingSession.id)
        limit = min(max(limit, 1), PAGE_SIZE_MAX)
        page = query.order_by(*order).limit(limit + 1)
        if after is None:
            page = page.offset(min(max(offset, 0), 10**9))
        else:
            place = tuple_(start, MeetingSession.id)
            page = page.where(place < after if newest_first else place > after)
        async with self._db.reading() as tx:
            total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = (await tx.execute(page)).all()
        views = tuple(store.view_of(row, actor) for row in rows[:limit])
        more = len(rows) > limit
        return SessionPage(views, total, (views[-1].starts_at, int(views[-1].id)) if more else None)

    async def _add(
        self, tx: Tx, actor: Actor, wanted: SessionInput, now: datetime, faults: Faults
    ) -> MeetingSession:
        session = MeetingSession(
            state=SessionState.DRAFT.value, state_since=now, created_by=actor.account_id, created_at=now
        )
        await self._fill(tx, actor, session, wanted, now, faults)
        life.note_state(tx, actor, session, SessionState.DRAFT, now)
        record(
            tx, actor, "sessions:session:create", "session", session.id, now,
            path=await store.path_of(tx, session), title=session.title,
        )  # fmt: skip
        tx.tell(SessionChanged(SessionId(session.id)))
        await tx.flush()
        return session

    async def _fill(
        self,
        tx: Tx,
        actor: Actor,
        session: MeetingSession,
        wanted: SessionInput,
        now: datetime,
        faults: Faults,
    ) -> tuple[SessionEndpoint, ...]:
        """Write the form into the rows; gives the rooms that take part no longer."""
        rooms, more = await choosing.choose(tx, actor, wanted, self._day(wanted.starts_at))
        faults = faults + more
        if session.state != SessionState.DRAFT.value:
            faults += choosing.readiness_faults(wanted, rooms)
        rules.refuse(faults)
        session.title = wanted.title.strip()
        session.search_key = fold(session.title)
        session.kind = wanted.kind
        session.unit_id = wanted.unit_id
        session.starts_at = wanted.starts_at
        session.chair_endpoint_id = wanted.chair_endpoint_id
        for name in PLAIN_FIELDS:
            setattr(session, name, getattr(wanted, name))
        tx.add(session)
        await tx.flush()
        await store.set_participants(tx, session.id, wanted.participants)
        matched = await choosing.match_rooms(tx, session, rooms, now)
        if SessionState(session.state) in rules.OPEN:
            await self._follow_while_open(tx, session, matched, now)
        return matched.gone

    async def _follow_while_open(
        self, tx: Tx, session: MeetingSession, matched: choosing.Matched, now: datetime
    ) -> None:
        for row in matched.gone:
            await floor.leave_stage(tx, session.id, [row.identity], now)
            tx.tell(RoomOrdered(EndpointId(row.endpoint_id)))
        changed = [*matched.added, *(row.endpoint_id for row in matched.gone)]
        await owning.settle(tx, owning.rooms_named(changed), now)
        for endpoint_id in changed:
            tx.tell(PresenceChanged(SessionId(session.id), endpoint_id=EndpointId(endpoint_id)))
        for identity in await life.seat_chair(tx, session, now):
            tx.tell(StageStale(SessionId(session.id), identity=Identity(identity)))

    async def _step(
        self, actor: Actor, session_id: SessionId, step: Step, right: Permission, reason: str = ""
    ) -> SessionView:
        now = self._clock.now()
        async with self._db.transaction() as tx:
            if step in (Step.CANCEL, Step.END):
                await self._book_alone(tx)
            await owning.alone(tx)
            session = await store.locked(tx, actor, session_id, right)
            if await life.is_wanted(tx, session, step, self._zone):
                path = await store.path_of(tx, session)
                await life.take_step(tx, actor, session, step, now, path, reason)
                if SessionState(session.state) in rules.OVER:
                    await self._settle(tx, actor, session, "")
                await tx.flush()
            view = await store.visible_view(tx, actor, session_id)
        if view.media_room is not None:
            if view.open:
                await self._open_room(session_id)
            elif view.state in (SessionState.ENDED, SessionState.CANCELLED):
                await self._carrier.close_room(view.media_room)
        return view

    async def _book_alone(self, tx: Tx) -> None:
        if self._bookings is not None:
            await self._bookings.alone(tx)

    async def _settle(self, tx: Tx, actor: Actor, session: MeetingSession, reason: str) -> None:
        if self._bookings is not None:
            await self._bookings.settle(tx, actor, [session.id], reason=reason)

    async def _open_room(self, session_id: SessionId) -> None:
        try:
            await opening.open_room(self._db, self._engine, session_id)
        except Unavailable as error:  # the clockwork opens it when the engine is back
            log.warning("room not opened now", session=session_id, reason=error.params.get("reason"))

    async def _send_out(self, media_room: MediaRoom | None, gone: Sequence[SessionEndpoint]) -> None:
        if media_room is not None:
            for row in gone:
                await self._carrier.remove(media_room, Identity(row.identity), self._clock.now())

    def _day(self, starts_at: datetime) -> date:
        try:
            return starts_at.astimezone(self._zone).date()
        except OverflowError:  # the last or the first hours of the calendar: refused as too far, or past
            return starts_at.date()


def _fixed_faults(session: MeetingSession, wanted: SessionInput) -> list[DomainError]:
    return [
        errors.FixedWhileLive(field=name)
        for name in ("unit_id", "starts_at", "chair_endpoint_id")
        if getattr(session, name) != getattr(wanted, name)
    ]
