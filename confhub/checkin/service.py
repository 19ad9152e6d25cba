"""Use cases of checking in: what rooms and phones tell is stored, and read back for rooms and officers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cachetools import FIFOCache

from confhub.access.rules import ROOT_PATH, Actor
from confhub.audit.refusals import Refusals
from confhub.checkin import limits, live, sheets
from confhub.checkin.errors import CheckinBusy, ClockUnmeasured, NoPrompt, TooManyRefused, VisitExpired
from confhub.checkin.filetable import FileReceipt
from confhub.checkin.fromfile import FileReader, allowed_rooms
from confhub.checkin.group import Delivery
from confhub.checkin.values import (
    UNLIKE,
    Guest,
    Likeness,
    LiveTotals,
    Mark,
    PersonKind,
    Result,
    RoomEvent,
    RoomHeads,
    RoomSheet,
    RoomTeller,
    TabletSession,
    Told,
    Visit,
)
from confhub.checkin.writing import write_apart
from confhub.db.database import Database
from confhub.db.writer import GroupWriter
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.roundtrip import RoundTrip, offset_of
from confhub.people import looks
from confhub.people.looks import LookBook
from confhub.sessions.errors import SessionUnknown
from confhub.sheets.choices import ReadingChoices
from confhub.sheets.reading import FileReading

WINDOW_S: Final = 0.06
"""For others to be written along. A transaction of two costs what one does; nobody who taps notices."""

PACE_S: Final = 0.25
"""While many come: four transactions a second instead of fourteen, each of which costs much the same."""


class LastSaid:
    """When each teller last said what waits on it, so that saying the same again costs no transaction."""

    def __init__(self) -> None:
        self._numbers: FIFOCache[tuple[int, str], tuple[int, float]] = FIFOCache(limits.PRINCIPALS_MAX)

    def is_news(self, session_id: int, by: str, waiting: int, now_s: float) -> bool:
        """Another number than was stored, or long enough ago. `now_s`: monotonic."""
        before = self._numbers.get((session_id, by))
        return before is None or before[0] != waiting or now_s - before[1] >= limits.HEARD_EVERY_S

    def stored(self, session_id: int, by: str, waiting: int, now_s: float) -> None:
        """That was said at `now_s`, and is stored."""
        self._numbers[session_id, by] = (waiting, now_s)


class CheckinService:
    """Owns a task that writes what arrives together in one transaction: `await start()`, `await close()`.

    Without `start()` each call commits by itself. Told: `checkin.events` (session id), once a group.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        timezone: str = "Asia/Ho_Chi_Minh",
        files: FileReading | None = None,
        refusals: Refusals | None = None,
    ) -> None:
        """`files`, `refusals`: the hub's own."""
        self._refusals = refusals or Refusals(db, clock)
        self._refused: FIFOCache[str, tuple[int, datetime]] = FIFOCache(limits.PRINCIPALS_MAX)
        self._files = files or FileReading()
        self._db = db
        self._clock = clock
        self._timezone = timezone
        self._looks = LookBook(db, clock)
        self._said = LastSaid()
        self._writer: GroupWriter[Delivery, list[Told] | DomainError] = GroupWriter(
            db,
            write_apart,
            WINDOW_S,
            pace_s=PACE_S,
            name="checkin",
            busy=CheckinBusy,
            weigh=lambda one: one.weight,
        )

    @property
    def filling(self) -> float:
        """How full the queue of what waits to be stored is, 0 to 1."""
        return self._writer.filling

    async def start(self) -> None:
        """Start the writer (group commit)."""
        await self._writer.start()

    async def close(self) -> None:
        """Write what is waiting, and stop."""
        await self._writer.close()

    async def tell(
        self,
        teller: RoomTeller,
        session_id: SessionId,
        events: Sequence[RoomEvent],
        heads: Sequence[RoomHeads] = (),
        *,
        sent_at: datetime | None = None,
        trip: RoundTrip | None = None,
        waiting: int | None = None,
    ) -> list[Told]:
        """Store what a room tells; answers after the commit: the events, then the head counts.

        `trip`: the device's quickest round trip to the hub, by which a clock that is wrong is put right;
        `sent_at`: its clock when it sent this, which only tells that a clock is wrong; `waiting`: how many
        more events of this session wait on it.
        Raises SessionUnknown, CheckinBusy, ClockUnmeasured, TooManyRefused; everything else is refused event
        by event.
        """
        now = self._clock.now()
        self._check_refused(teller.by, now)
        offset = offset_of(trip, now, sent_at)
        if offset is None:
            raise ClockUnmeasured
        if offset:
            events = [replace(event, at=event.at + offset) for event in events]
            heads = [replace(head, at=head.at + offset) for head in heads]
        if not events and not heads and waiting is None:
            return []
        now_s = self._clock.monotonic()
        oldest = min([*(event.at for event in events), *(head.at for head in heads)], default=None)
        told = await self._submit(
            Delivery(
                session_id, teller.endpoint_id, teller.by, now, tuple(events), tuple(heads),
                actor=teller.actor, admitted_at=await self._admitted_at(teller, session_id, oldest, now),
                waiting=waiting,
            )
        )  # fmt: skip
        if waiting is not None:
            self._said.stored(session_id, teller.by, waiting, now_s)
        for one in told:
            self._note(one, teller.endpoint_id, teller.who or teller.by, teller.path)
        if refused := sum(one.result is Result.REFUSED for one in told):
            count, since = self._refused_of(teller.by, now)
            self._refused[teller.by] = (count + refused, since)
        return told

    def _refused_of(self, by: str, now: datetime) -> tuple[int, datetime]:
        """How much of a device was refused since when, in the minute that is running."""
        count, since = self._refused.get(by) or (0, now)
        return (0, now) if now - since > timedelta(seconds=limits.REFUSED_S) else (count, since)

    def _check_refused(self, by: str, now: datetime) -> None:
        """A device that tells what is refused over and over waits, and keeps nobody else waiting."""
        count, since = self._refused_of(by, now)
        if count >= limits.REFUSED_FREE:
            left = since + timedelta(seconds=limits.REFUSED_S) - now
            raise TooManyRefused(retry_after_s=max(1, round(left.total_seconds())))

    async def heard(self, teller: RoomTeller, session_id: SessionId, waiting: int) -> None:
        """A room's device asked for something, and said how much waits on it: kept where that is news. What a
        full writer did not take is news when it is said again."""
        now, now_s = self._clock.now(), self._clock.monotonic()
        if not self._said.is_news(session_id, teller.by, waiting, now_s):
            return
        delivery = Delivery(session_id, teller.endpoint_id, teller.by, now, waiting=waiting)
        try:
            await self._submit(delivery)
        except (SessionUnknown, CheckinBusy):
            return
        self._said.stored(session_id, teller.by, waiting, now_s)

    async def _submit(self, delivery: Delivery) -> list[Told]:
        """Answers after the commit. Raises SessionUnknown, CheckinBusy."""
        told = await self._writer.submit(delivery)
        if isinstance(told, DomainError):
            raise told
        return told

    def _note(self, told: Told, endpoint_id: int, who: str, path: str = ROOT_PATH) -> None:
        """What was refused, and what was asked of another room, is counted in the audit trail."""
        if told.result is Result.WAITING:
            self._refusals.note("checkin:move:ask", "endpoint", endpoint_id, who=who, path=path)
        elif told.error is not None:
            self._refusals.note(
                "checkin:person:refuse", "endpoint", endpoint_id, who=who, path=path, reason=told.error.code
            )

    async def _admitted_at(
        self, teller: RoomTeller, session_id: SessionId, oldest: datetime | None, now: datetime
    ) -> datetime | None:
        """A tablet: when it became the room's. An account: when it was first shown the room's list; asked
        only for what it tells of a while ago."""
        if teller.account_id is None or oldest is None or oldest > now - limits.AHEAD:
            return teller.admitted_at
        about, since = _about(teller, session_id), oldest - timedelta(days=1)
        async with self._db.reading() as tx:
            found = await looks.first_at(tx, teller.account_id, "tablet", about, since)
        return found or now

    async def phone(
        self,
        visit: Visit,
        kind: PersonKind,
        *,
        attendee: int | None = None,
        badge: str | None = None,
        guest: Guest | None = None,
        likeness: Likeness = UNLIKE,
        waited: timedelta = timedelta(0),
    ) -> Told:
        """One person's own check-in, check-out or confirmation; answers after the commit.

        The same once more with the same visit is `doubled`. `waited`: since the tap, where the hub did not
        answer at first; nobody came before the room's code was read. Raises VisitExpired, NoPrompt, and
        whatever the event is refused with.
        """
        now = self._clock.now()
        if now > visit.until:
            raise VisitExpired
        if kind is PersonKind.CONFIRM and visit.does is not PersonKind.CONFIRM:
            raise NoPrompt
        who = guest.name if guest is not None else badge or attendee
        # A key is kept for good, a name is not.
        mark = hashlib.sha256(f"{visit.nonce} {who}".encode()).hexdigest()[:16]
        event = RoomEvent(
            f"{visit.nonce}.{kind.value}.{mark}"[: limits.CLIENT_KEY_MAX_CHARS],
            kind,
            max(now - waited, min(now, visit.until - limits.VISIT_TTL)),
            visit.way,
            attendee,
            badge,
            guest,
        )
        delivery = Delivery(
            visit.session_id,
            visit.endpoint_id,
            f"device:{visit.device}",
            now,
            (event,),
            device=visit.device,
            code=visit.code,
            likeness=likeness,
        )
        (told,) = await self._submit(delivery)
        self._note(told, visit.endpoint_id, f"phone {visit.device[:8]}")
        if told.result is Result.REFUSED:
            assert told.error is not None, "a refusal says why"
            raise told.error
        return told

    async def sessions(self, endpoint_id: EndpointId) -> list[TabletSession]:
        """The room's sessions: open ones, ended ones that are not sealed (48 h), scheduled ones (24 h)."""
        async with self._db.reading() as tx:
            return await sheets.sessions_of(tx, endpoint_id, self._clock.now())

    async def sheet(self, teller: RoomTeller, session_id: SessionId, since: Mark | None = None) -> RoomSheet:
        """All that a room's tablet needs for one session; that it was shown is written down.

        `since`: the mark of the list that the tablet has. Raises SessionUnknown.
        """
        found = await sheets.sheet_of(self._db, teller.endpoint_id, session_id, self._clock.now(), since)
        shown = [one.id for one in found.people]
        await self._looks.told_more(teller.reader, "tablet", shown, detail=_about(teller, session_id))
        return found

    async def totals(self, actor: Actor, session_id: SessionId) -> LiveTotals:
        """Live figures by room and tier, within the branches where the actor holds `REPORT_VIEW`.

        Raises SessionUnknown, Forbidden.
        """
        async with self._db.reading() as tx:
            return await live.totals(tx, actor, session_id, self._clock.now())

    async def may_take_file(self, actor: Actor, session_id: SessionId) -> None:
        """Raise SessionUnknown, or Forbidden where no row may be taken; a door asks before it reads."""
        async with self._db.reading() as tx:
            await allowed_rooms(tx, actor, session_id)

    async def from_file(
        self,
        actor: Actor,
        session_id: SessionId,
        filename: str,
        content: bytes,
        *,
        dry: bool = True,
        choices: ReadingChoices | None = None,
    ) -> FileReceipt:
        """Check-ins and check-outs out of a CSV or XLSX file; `dry` only says what would become of it.

        Needs `CHECKIN_RUN` in each row's room's branch. `choices`: how the file is read. Raises
        SessionUnknown, `ChoiceImpossible`, what the file as a whole is refused with, and where it would be
        stored ColumnMissing (there is no list in it) and `LettersOpen` (nothing was said of texts in an old
        font).
        """
        reader = FileReader(self._db, self._clock, self._timezone, self._files)
        return await reader.take(
            actor, session_id, filename, content, self._submit, dry=dry,
            choices=choices or ReadingChoices(),
        )  # fmt: skip


def _about(teller: RoomTeller, session_id: SessionId) -> str:
    """Which list was shown, as the log of looks says it."""
    return f"room {teller.code}; session {session_id}"
