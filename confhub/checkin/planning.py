"""Use cases of a session's policy, breaks and presence prompts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import delete, func, select

from confhub.access.rules import Actor, allows
from confhub.audit.service import record
from confhub.checkin import effects, limits, store
from confhub.checkin.errors import (
    BreakInvalid,
    BreakNotFound,
    BreakOpen,
    BreaksOverlap,
    MarginOutOfRange,
    NoBreakOpen,
    NotLive,
    PercentOutOfRange,
    TooManyBreaks,
    TooManyPrompts,
    WaysMissing,
)
from confhub.checkin.events import PolicyChanged, PromptChanged
from confhub.checkin.models import CheckinPolicy, PresencePrompt, SessionBreak
from confhub.checkin.values import BreakView, OpenPrompt, Policy, Way
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org.rules import Checks
from confhub.sessions import store as sessions
from confhub.sessions.errors import AttendanceSealed, SessionCancelled
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import SessionState

SETTING = (Permission.SESSION_EDIT, Permission.ATTENDANCE_CORRECT)
"""Any of these at the session's unit: who sets how it is checked in."""
RUNNING = (Permission.SESSION_CONTROL, Permission.ATTENDANCE_CORRECT)
"""Any of these: who calls breaks and prompts."""

_chance = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Plan:
    """How a session is checked in, for its organizers. `prompts`: those that have opened; the moments of
    others are nobody's to know. `policy.secret` is left out."""

    policy: Policy
    breaks: tuple[BreakView, ...]
    prompts: tuple[OpenPrompt, ...]
    live: bool
    ended: bool
    sealed: bool
    may_set: bool
    may_run: bool


class PlanService:
    """Rights by the branch of the session's organizer. Tells PolicyChanged and PromptChanged."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def plan(self, actor: Actor, session_id: SessionId) -> Plan:
        """For whoever sees the session. Raises SessionUnknown."""
        now = self._clock.now()
        async with self._db.reading() as tx:
            await sessions.visible_view(tx, actor, session_id)
            row = await tx.get_one(MeetingSession, session_id)
            path = await sessions.path_of(tx, row)
            prompts = await store.prompts_of(tx, session_id)
            return Plan(
                policy=_public(await store.policy_of(tx, session_id)),
                breaks=tuple(map(_view, await _breaks(tx, session_id))),
                prompts=tuple(one for one in prompts if one.opens_at <= now),
                live=row.state == SessionState.LIVE.value,
                ended=row.actual_end is not None,
                sealed=row.sealed_at is not None,
                may_set=_may(actor, path, SETTING),
                may_run=_may(actor, path, RUNNING),
            )

    async def set_policy(
        self,
        actor: Actor,
        session_id: SessionId,
        policy: Policy,
        *,
        seen: str | None = None,
        sure: bool = False,
    ) -> Policy:
        """Set every field but the secret. Raises SessionUnknown, Forbidden, AttendanceSealed,
        SessionCancelled, and what is wrong with each field; unless `sure`, FiguresWouldChange where
        somebody's figures would be others. `seen`: see `kernel.versions`."""
        ways = tuple(way for way in Way if way in policy.ways and way not in (Way.FILE, Way.OFFICER))
        _check(policy, ways)
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, session_id, SETTING)
            check_seen(seen, _public(await store.policy_of(tx, session_id)))
            if not sure:
                await effects.check_policy(tx, session_id, policy, self._clock.now())
            stored = await store.write_policy(
                tx,
                session_id,
                Policy(
                    ways, policy.scan_margin_s, policy.guests, policy.prompts, policy.prompts_count,
                    policy.complete_percent, policy.unconnected_counts,
                ),
            )  # fmt: skip
            await store.mark_stale(tx, [row.id])
            record(
                tx, actor, "checkin:policy:set", "session", session_id, self._clock.now(), path=path,
                ways=[way.value for way in ways], scan_margin_s=stored.scan_margin_s, guests=stored.guests,
                prompts=stored.prompts, prompts_count=stored.prompts_count,
                complete_percent=stored.complete_percent, unconnected_counts=stored.unconnected_counts,
            )  # fmt: skip
            tx.tell(PolicyChanged(session_id))
            return _public(stored)

    # -- breaks -----------------------------------------------------------------------------------------

    async def begin_break(self, actor: Actor, session_id: SessionId) -> BreakView:
        """A break begins now. Raises NotLive, BreakOpen, TooManyBreaks."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, session_id, RUNNING)
            if row.state != SessionState.LIVE.value:
                raise NotLive(field="session")
            there = await _breaks(tx, session_id)
            if any(one.ends_at is None for one in there):
                raise BreakOpen(field="session")
            if any(one.ends_at is not None and one.ends_at > now for one in there):
                raise BreaksOverlap(field="session")
            return _view(await self._add(tx, actor, row, path, there, now, None))

    async def end_break(self, actor: Actor, session_id: SessionId) -> BreakView:
        """The running break ends now. Raises NoBreakOpen."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            _, path = await self._open(tx, actor, session_id, RUNNING)
            found = next((one for one in await _breaks(tx, session_id) if one.ends_at is None), None)
            if found is None:
                raise NoBreakOpen(field="session")
            found.ends_at = max(now, found.starts_at)
            await self._told(tx, actor, session_id, path, "end", found)
            return _view(found)

    async def add_break(
        self, actor: Actor, session_id: SessionId, starts_at: datetime, ends_at: datetime
    ) -> BreakView:
        """A break that was not called while it ran, or one that is planned. Raises BreakInvalid,
        BreaksOverlap, TooManyBreaks."""
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, session_id, RUNNING)
            first = row.actual_start or row.starts_at
            last = row.actual_end or first + timedelta(minutes=row.length_min)
            if not first <= starts_at < ends_at <= max(last, self._clock.now()):
                raise BreakInvalid(field="starts_at")
            there = await _breaks(tx, session_id)
            if any(one.starts_at < ends_at and (one.ends_at or ends_at) > starts_at for one in there):
                raise BreaksOverlap(field="starts_at")
            return _view(await self._add(tx, actor, row, path, there, starts_at, ends_at))

    async def remove_break(self, actor: Actor, session_id: SessionId, break_id: int) -> None:
        """It was none; the audit trail keeps it. Raises BreakNotFound."""
        async with self._db.transaction() as tx:
            _, path = await self._open(tx, actor, session_id, RUNNING)
            found = next((one for one in await _breaks(tx, session_id) if one.id == break_id), None)
            if found is None:
                raise BreakNotFound(field="break")
            await tx.execute(delete(SessionBreak).where(SessionBreak.id == break_id))
            await self._told(tx, actor, session_id, path, "remove", found)

    async def _add(
        self,
        tx: Tx,
        actor: Actor,
        row: MeetingSession,
        path: str,
        there: Sequence[SessionBreak],
        starts_at: datetime,
        ends_at: datetime | None,
    ) -> SessionBreak:
        if len(there) >= limits.BREAKS_MAX:
            raise TooManyBreaks(max=limits.BREAKS_MAX)
        made = SessionBreak(session_id=row.id, starts_at=starts_at, ends_at=ends_at, by=actor.name)
        tx.add(made)
        await tx.flush()
        await self._told(tx, actor, SessionId(row.id), path, "begin" if ends_at is None else "add", made)
        return made

    async def _told(
        self, tx: Tx, actor: Actor, session_id: SessionId, path: str, what: str, one: SessionBreak
    ) -> None:
        await store.mark_stale(tx, [session_id])
        record(
            tx, actor, f"checkin:break:{what}", "session", session_id, self._clock.now(),
            path=path, starts_at=one.starts_at, ends_at=one.ends_at,
        )  # fmt: skip

    # -- prompts ----------------------------------------------------------------------------------------

    async def prompt_now(self, actor: Actor, session_id: SessionId) -> OpenPrompt:
        """Ask everybody to confirm from now on, for some minutes. Raises NotLive, TooManyPrompts (one is
        open, or the session has had as many as it may)."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, session_id, RUNNING)
            if row.state != SessionState.LIVE.value:
                raise NotLive(field="session")
            there = await store.prompts_of(tx, session_id)
            if store.open_prompt(there, now) is not None or len(there) >= 2 * limits.PROMPTS_MAX:
                raise TooManyPrompts(max=limits.PROMPTS_MAX)
            made = PresencePrompt(
                session_id=session_id, opens_at=now, closes_at=now + limits.PROMPT_OPEN, drawn_at=now
            )
            tx.add(made)
            await tx.flush()
            record(tx, actor, "checkin:prompt:open", "session", session_id, now, path=path)
            tx.tell(PromptChanged(session_id))
            return OpenPrompt(made.id, made.opens_at, made.closes_at)

    async def draw_due(self) -> int:
        """The clock's servant: draw the prompts of sessions that went live, once; how many were drawn."""
        now = self._clock.now()
        s, p, q = MeetingSession, CheckinPolicy, PresencePrompt
        drawn = (
            select(func.count())
            .where(q.session_id == s.id, q.opens_at > q.drawn_at)
            .correlate(s)
            .scalar_subquery()
        )
        query = (
            select(s.id, s.actual_start, s.length_min, p.prompts)
            .join(p, p.session_id == s.id)
            .where(s.state == SessionState.LIVE.value, s.actual_start.is_not(None), p.prompts > 0, drawn == 0)
        )
        async with self._db.reading() as tx:
            due = (await tx.execute(query)).all()
        count = 0
        for session_id, start, length_min, wanted in due:
            assert start is not None, "asked for sessions that began"
            moments = moments_of(_chance, start, start + timedelta(minutes=length_min), now, wanted)
            if not moments:
                continue
            async with self._db.transaction() as tx:
                await tx.alone(f"checkin.prompts.{session_id}")
                if await tx.scalar(
                    select(q.id).where(q.session_id == session_id, q.opens_at > q.drawn_at).limit(1)
                ):
                    continue
                for at in moments:
                    tx.add(
                        q(session_id=session_id, opens_at=at, closes_at=at + limits.PROMPT_OPEN, drawn_at=now)
                    )
                tx.tell(PromptChanged(SessionId(session_id)))
                count += len(moments)
        return count

    # -- inside -----------------------------------------------------------------------------------------

    async def _open(
        self, tx: Tx, actor: Actor, session_id: SessionId, permissions: Sequence[Permission]
    ) -> tuple[MeetingSession, str]:
        """The locked row and its branch, where one of the permissions is held and nothing is closed."""
        await sessions.visible_view(tx, actor, session_id)
        row = await sessions.locked_unchecked(tx, session_id)
        path = await sessions.path_of(tx, row)
        if not _may(actor, path, permissions):
            raise Forbidden(permission=permissions[0].value)
        if row.sealed_at is not None:
            raise AttendanceSealed(field="session")
        if row.state == SessionState.CANCELLED.value:
            raise SessionCancelled(field="session")
        return row, path


def moments_of(chance: Random, start: datetime, end: datetime, now: datetime, wanted: int) -> list[datetime]:
    """Random moments of what is left of the planned time: not in its first and last tenth, some minutes
    apart where there is room for that; as many as fit."""
    edge = (end - start) * limits.PROMPT_EDGE
    first, last = max(start + edge, now + timedelta(seconds=1)), end - edge - limits.PROMPT_OPEN
    room = (last - first).total_seconds()
    if room <= 0 or wanted <= 0:
        return []
    apart = min(limits.PROMPT_APART.total_seconds(), room / wanted)
    free = room - (wanted - 1) * apart
    places = sorted(chance.uniform(0, free) for _ in range(wanted))
    return [first + timedelta(seconds=place + number * apart) for number, place in enumerate(places)]


def _check(policy: Policy, ways: Sequence[Way]) -> None:
    low, high = limits.SCAN_MARGIN_MIN_S, limits.SCAN_MARGIN_MAX_S
    checks = Checks()
    if not ways:
        checks.errors.append(WaysMissing(field="ways"))
    if not low <= policy.scan_margin_s <= high:
        checks.errors.append(MarginOutOfRange(field="scan_margin_s", min=low, max=high))
    if not 1 <= policy.complete_percent <= 100:
        checks.errors.append(PercentOutOfRange(field="complete_percent"))
    if not 0 <= policy.prompts <= limits.PROMPTS_MAX:
        checks.errors.append(TooManyPrompts(field="prompts", max=limits.PROMPTS_MAX))
    checks.finish()


def _may(actor: Actor, path: str, permissions: Sequence[Permission]) -> bool:
    return any(allows(actor, permission, path) for permission in permissions)


def _public(policy: Policy) -> Policy:
    return Policy(
        policy.ways, policy.scan_margin_s, policy.guests, policy.prompts, policy.prompts_count,
        policy.complete_percent, policy.unconnected_counts,
    )  # fmt: skip


async def _breaks(tx: Tx, session_id: int) -> Sequence[SessionBreak]:
    b = SessionBreak
    query = select(b).where(b.session_id == session_id).order_by(b.starts_at, b.id)
    return (await tx.scalars(query)).all()


def _view(row: SessionBreak) -> BreakView:
    return BreakView(row.id, row.starts_at, row.ends_at, row.by)
