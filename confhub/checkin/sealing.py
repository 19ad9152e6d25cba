"""Use cases of closing, verifying, reopening and rebuilding a session's attendance.

Closing takes two steps. First the session is marked, so that from that commit on nothing is stored any more;
then its figures are derived and its chain is hashed, which for 40,000 people takes some seconds and holds
up no other session's check-ins. Where the hub stops in between, `finish_due` goes on.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from confhub.access.rules import Actor, allows, stood_below
from confhub.audit.service import record
from confhub.checkin import chain, derived, deriving, limits, same
from confhub.checkin.errors import (
    HeadReopened,
    HeadUnknown,
    NotEnded,
    NotSealed,
    RoomsOwe,
    SealedAlready,
)
from confhub.checkin.figures import FormerSeal
from confhub.checkin.inputs import newest_seal
from confhub.checkin.models import AttendanceSeal
from confhub.checkin.owing import Owing, owing
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.org.paper_service import letterhead_of
from confhub.org.papers import Letterhead
from confhub.people.rules import clean_reason
from confhub.sessions import store as sessions
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import FrozenUnit, MeetingSession, SessionEndpoint


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a seal. `holds`: nothing was changed. `changed`: the parts whose rows are not those that
    were sealed, with what was sealed and what is there; `places`: their rows that differ; `head_given`: the
    head that the asker read on paper, if any, is this seal's; `former`: it is that of an earlier closing,
    which was opened again (neither: unknown, or altered); `names_sealed`: the seal covers names and tree;
    `closings_known`: the earlier closings can still be checked by it (`chain.closings_known`);
    `figures_hold`: the derived figures are those
    that follow from what is stored."""

    session_id: int
    head: str
    sealed_at: datetime
    sealed_by: str
    holds: bool
    changed: tuple[tuple[chain.Segment, chain.Segment], ...]
    seal_holds: bool
    head_given: bool
    figures_hold: bool
    rows: int
    places: tuple[chain.Place, ...] = ()
    former: FormerSeal | None = None
    names_sealed: bool = True
    closings_known: bool = True

    @property
    def stored_hold(self) -> bool:
        """Whether what is stored is what was sealed, whatever head the asker read."""
        return self.seal_holds and self.figures_hold and not self.changed


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Derived anew. `digest`: SHA-256 of the figures; `before`: of those that were stored, "" for none;
    `identical`: the stored rows, read back, were the same to the byte."""

    session_id: int
    digest: str
    before: str
    identical: bool
    people: int


class SealService:
    """Rights by the branch of the session's organizer (`ATTENDANCE_SEAL`)."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        """`timezone`: IANA name of the zone in which errors name moments."""
        self._db = db
        self._clock = clock
        self._zone = ZoneInfo(timezone)

    async def owing(self, actor: Actor, session_id: SessionId) -> list[Owing]:
        """The rooms' devices that may still have check-ins to deliver: all of them for whoever may close,
        for others those of rooms whose reports they see. Raises SessionUnknown."""
        async with self._db.reading() as tx:
            await sessions.visible_view(tx, actor, session_id)
            row = await tx.get_one(MeetingSession, session_id)
            found = await owing(tx, session_id, row.actual_end)
            if not found or allows(actor, Permission.ATTENDANCE_SEAL, await sessions.path_of(tx, row)):
                return found
            e, u = SessionEndpoint, FrozenUnit
            seen = stood_below(actor, Permission.REPORT_VIEW, u.path)
            of_day = (u.session_id == e.session_id) & (u.unit_id == e.unit_id)
            rooms = select(e.endpoint_id).join(u, of_day)
            shown = set(await tx.scalars(rooms.where(e.session_id == session_id, seen)))
            return [one for one in found if one.endpoint_id in shown]

    async def close(self, actor: Actor, session_id: SessionId, *, even_so: bool = False) -> str:
        """Close an ended session's attendance; the chain's head. `even_so`: rooms may still owe check-ins,
        which are then lost. Raises SessionUnknown, Forbidden, NotEnded, SealedAlready, RoomsOwe."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await sessions.locked(tx, actor, session_id, Permission.ATTENDANCE_SEAL)
            path = await sessions.path_of(tx, row)
            if row.sealed_at is not None:
                raise SealedAlready(field="session")
            if row.actual_end is None:
                raise NotEnded(field="session")
            owed = await owing(tx, session_id, row.actual_end)
            codes = sorted({one.code for one in owed})
            if owed and not even_so:
                raise RoomsOwe(count=len(codes), rooms=_few(codes))
            before = await _newest(tx, session_id)
            row.sealed_at = now
            tx.add(
                AttendanceSeal(
                    session_id=session_id, sealed_at=now, sealed_by=actor.name, head="",
                    previous=before.head if before is not None else "", segments=[],
                    merges=sorted((await same.now(tx, session_id)).items()),
                )
            )  # fmt: skip
            owed_by = {"owing": codes} if codes else {}
            record(tx, actor, "checkin:attendance:seal", "session", session_id, now, path=path, **owed_by)
        return await self._finish(session_id)

    async def reopen(self, actor: Actor, session_id: SessionId, reason: str) -> None:
        """Open a closed attendance again; the seal stays and says so. Raises SessionUnknown, Forbidden,
        NotSealed, and what is wrong with the reason."""
        now = self._clock.now()
        cleaned = clean_reason(reason)
        async with self._db.transaction() as tx:
            row = await sessions.locked(tx, actor, session_id, Permission.ATTENDANCE_SEAL)
            path = await sessions.path_of(tx, row)
            seal = await _newest(tx, session_id)
            if row.sealed_at is None or seal is None:
                raise NotSealed(field="session")
            row.sealed_at = None
            seal.reopened_at, seal.reopened_by, seal.reopen_reason = now, actor.name, cleaned
            record(
                tx, actor, "checkin:attendance:reopen", "session", session_id, now,
                path=path, reason=cleaned, head=seal.head,
            )  # fmt: skip

    async def finish_due(self) -> int:
        """The clock's servant: seals that were begun and not finished."""
        async with self._db.reading() as tx:
            query = select(AttendanceSeal.session_id).where(AttendanceSeal.head == "")
            begun = [SessionId(one) for one in await tx.scalars(query)]
        for session_id in begun:
            await self._finish(session_id)
        return len(begun)

    async def verify(
        self, session_id: SessionId, head: str | None = None, *, actor: Actor | None = None
    ) -> Verification:
        """Hash everything anew and compare. `head`: as read on a printed report. `actor`: only where the
        session is visible; without one for the terminal. It tells of no person. Raises SessionUnknown, and
        where the attendance is open NotSealed, HeadReopened, HeadUnknown."""
        given = head.strip().lower() if head is not None else None
        async with self._db.reading() as tx:
            if actor is not None:
                await sessions.visible_view(tx, actor, session_id)
            if await tx.get(MeetingSession, session_id) is None:
                raise SessionUnknown(field="session")
            seal = await _newest(tx, session_id)
            view = await newest_seal(tx, session_id)
            former = next((one for one in view.former if one.head == given), None) if view else None
            if seal is None or seal.reopened_at is not None or not seal.head:
                raise self._open(given, former)
            sealed, marks = _kept(seal)
            version = chain.version_of(session_id, seal.previous, sealed, seal.head)
            now = await chain.hashed_as_they_are(tx, session_id, version)
            known = await chain.closings_known(tx, session_id, version)
            figures_hold = await self._hold(tx, session_id)
            by_name = {one.segment.name: one for one in now}
            changed: list[tuple[chain.Segment, chain.Segment]] = []
            places: list[chain.Place] = []
            marks_hold = True
            hidden = await chain.hidden(tx, session_id)
            for one in sealed:
                if one.name == "closings" and not known:
                    continue
                there = by_name.get(one.name, _NOTHING)
                if there.segment != one:
                    changed.append((one, there.segment))
                    kept = marks.get(one.name, b"")
                    places += await chain.places(tx, session_id, one.name, kept, there, version)
                elif taken := [place for place in hidden if place.part == one.name]:
                    changed.append((one, there.segment))
                    places += taken
                elif marks.get(one.name, there.marks) != there.marks:
                    marks_hold = False
        seal_holds = (
            marks_hold
            and chain.head(session_id, seal.previous, sealed, version) == seal.head
            and len(sealed) == len(now)
        )
        head_given = given is None or given == seal.head
        return Verification(
            session_id=session_id,
            head=seal.head,
            sealed_at=seal.sealed_at,
            sealed_by=seal.sealed_by,
            holds=not changed and seal_holds and head_given and figures_hold,
            changed=tuple(changed),
            seal_holds=seal_holds,
            head_given=head_given,
            figures_hold=figures_hold,
            rows=sum(one.segment.rows for one in now),
            places=tuple(places),
            former=former,
            names_sealed=version >= chain.NAMED_SINCE,
            closings_known=known,
        )

    def _open(self, given: str | None, former: FormerSeal | None) -> NotSealed:
        """What to say of an attendance that is not closed, and of the head that was given."""
        if given is None:
            return NotSealed(field="session")
        if former is None:
            return HeadUnknown(field="head")

        def local(moment: datetime) -> str:
            return f"{moment.astimezone(self._zone):%d/%m/%Y %H:%M}"

        return HeadReopened(
            field="head", closed=local(former.sealed_at), by=former.reopened_by,
            at=local(former.reopened_at), reason=former.reason,
        )  # fmt: skip

    async def rebuild(self, session_id: SessionId) -> Rebuilt:
        """Derive the figures anew, compare them with the stored ones, and store them where they differ.
        Checks no right: for the terminal. Raises SessionUnknown, NotEnded."""
        async with self._db.transaction() as tx:
            row = await tx.get(MeetingSession, session_id)
            if row is None:
                raise SessionUnknown(field="session")
            if row.actual_end is None:
                raise NotEnded(field="session")
            rebuilt = await self._figures(tx, session_id)
            if not rebuilt.identical:
                await deriving.derive(tx, session_id, self._clock.now())
        return rebuilt

    async def _hold(self, tx: Tx, session_id: int) -> bool:
        try:
            return (await self._figures(tx, session_id)).identical
        except chain.UNREADABLE:
            return False

    async def _figures(self, tx: Tx, session_id: int) -> Rebuilt:
        """The figures as they follow from what is stored, beside those that stand in the tables."""
        now = self._clock.now()
        computed = await deriving.compute(tx, session_id, now)
        frame = await deriving.frame_alone(tx, session_id, now)
        if computed is None or frame is None or computed.live is None:
            return Rebuilt(session_id, "", "", identical=True, people=0)
        stored = await derived.read(tx, session_id, frame)
        wanted = await asyncio.to_thread(derived.digest, computed)
        found = await asyncio.to_thread(derived.digest, stored)
        state = await derived.state(tx, session_id)
        return Rebuilt(
            session_id,
            wanted,
            found if state is not None else "",
            identical=state is not None and wanted == found == state.digest,
            people=len(computed.people),
        )

    async def _finish(self, session_id: SessionId) -> str:
        """Derive, hash, and write the head: nothing comes in any more."""
        async with self._db.transaction() as tx:
            await deriving.derive(tx, session_id, self._clock.now())
            seal = await _newest(tx, session_id)
            if seal is not None and not seal.head:
                seal.letterhead = asdict(await _letterhead(tx, session_id))
        async with self._db.reading() as tx:
            found = await chain.hashed(tx, session_id)
        async with self._db.transaction() as tx:
            await tx.alone("attendance-seal")
            seal = await _newest(tx, session_id)
            if seal is None:
                raise NotSealed(field="session")
            if not seal.head:
                seal.segments = [[*one.segment, b64encode(one.marks).decode()] for one in found]
                seal.head = chain.head(session_id, seal.previous, [one.segment for one in found])
            return seal.head


_NOTHING = chain.Hashed(chain.Segment("", 0, ""), b"")


async def _letterhead(tx: Tx, session_id: int) -> Letterhead:
    """What the organizer's papers are headed and signed with now, by the names and the tree of the day."""
    u, s = FrozenUnit, MeetingSession
    query = select(u.unit_id, u.name, u.path).where(u.session_id == session_id)
    units = {row.unit_id: row for row in await tx.execute(query)}
    organizer = await tx.scalar(select(s.unit_id).where(s.id == session_id))
    assert organizer in units, "deriving freezes them"
    names = {number: row.name for number, row in units.items()}
    return await letterhead_of(tx, units[organizer].path, names)


def _few(codes: list[str]) -> str:
    shown = ", ".join(codes[: limits.OWING_TOLD_MAX])
    return f"{shown} …" if len(codes) > limits.OWING_TOLD_MAX else shown


def _kept(seal: AttendanceSeal) -> tuple[list[chain.Segment], dict[str, bytes]]:
    """The parts that were sealed, and their rows' marks where there are any; what is no mark names no row."""
    marks: dict[str, bytes] = {}
    for name, _, _, *kept in seal.segments:
        if not kept:
            continue
        try:
            marks[name] = b64decode(kept[0], validate=True)
        except (ValueError, TypeError):
            marks[name] = b""
    return [chain.Segment(*one[:3]) for one in seal.segments], marks


async def _newest(tx: Tx, session_id: int) -> AttendanceSeal | None:
    query = select(AttendanceSeal).where(AttendanceSeal.session_id == session_id)
    return (
        await tx.scalars(
            query.order_by(AttendanceSeal.id.desc()).limit(1).execution_options(populate_existing=True)
        )
    ).first()
