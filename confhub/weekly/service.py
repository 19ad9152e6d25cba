"""WeeklyService: a unit's weeks: what stands in them, who approved them, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import func, select

from confhub.access.rules import Actor, allows, require
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen, version_of
from confhub.org.paper_service import letterhead_of
from confhub.org.store import unit_by_id
from confhub.scheduling.days_off import DaysOff
from confhub.scheduling.occurrences import days_off
from confhub.scheduling.room_settings import unit_path
from confhub.weekly import errors, reading, rules
from confhub.weekly.limits import ENTRIES_MAX
from confhub.weekly.models import EntryRow, NoteRow, ScheduleRow
from confhub.weekly.values import (
    TEXTS,
    Day,
    EntryDraft,
    Line,
    MarkedLine,
    NoteDraft,
    Reach,
    SessionNote,
    Week,
    WeekState,
)

_DAY: Final = timedelta(days=1)
_LINES: Final = TypeAdapter(list[Line])
_WORKING_DAYS: Final = 5


class WeeklyService:
    """What is published is for everybody who may view the unit's sessions; what is not, for those who may
    edit sessions there, and those who approve. Sessions come in by themselves: they are shown to whoever may
    view the unit's sessions, which all of them are."""

    def __init__(self, db: Database, clock: Clock, timezone: str) -> None:
        """`timezone`: of the house, in which days and hours are."""
        self._db, self._clock, self._zone = db, clock, ZoneInfo(timezone)

    def this_week(self) -> str:
        """The name of the week that it is."""
        return rules.week_name(self._clock.now().astimezone(self._zone).date())

    async def get(self, actor: Actor, unit_id: UnitId, week: str) -> Week:
        """The week. NotFound, Forbidden, WeekUnknown."""
        monday = rules.monday_of(week)
        async with self._db.reading() as tx:
            path = await unit_path(tx, actor, unit_id, Permission.SESSION_VIEW)
            return await self._week(tx, actor, unit_id, path, monday)

    async def entry(self, actor: Actor, unit_id: UnitId, week: str, entry_id: int) -> EntryDraft:
        """An own entry, for who may edit it. NotFound, Forbidden, WeekUnknown, EntryUnknown."""
        monday = rules.monday_of(week)
        async with self._db.reading() as tx:
            await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            return _draft_of(await _entry(tx, unit_id, monday, entry_id))

    async def add(self, actor: Actor, unit_id: UnitId, week: str, draft: EntryDraft) -> int:
        """A new entry; its number. NotFound, Forbidden, WeekUnknown, WeekFull, and what is wrong with a
        field."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.SESSION_EDIT)
            clean = rules.clean_entry(draft, monday)
            await _check_room(tx, unit_id, monday)
            row = EntryRow(unit_id=unit_id, changed_at=now, **asdict(clean))
            tx.add(row)
            await _unapproved(tx, unit_id, monday)
            await tx.flush()
            record(tx, actor, "weekly:entry:add", "unit", unit_id, now, path=path, week=week,
                   number=row.id, content=clean.content, day=clean.day)  # fmt: skip
            return row.id

    async def edit(
        self, actor: Actor, unit_id: UnitId, week: str, entry_id: int, draft: EntryDraft,
        *, seen: str | None = None,
    ) -> None:  # fmt: skip
        """Another content, in the same week. `seen`: see `kernel.versions`. Raises as `add`, EntryUnknown,
        ChangedMeanwhile."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.SESSION_EDIT)
            row = await _entry(tx, unit_id, monday, entry_id)
            before = _draft_of(row)
            check_seen(seen, before)
            clean = rules.clean_entry(draft, monday)
            if clean == before:
                return
            for name, value in asdict(clean).items():
                setattr(row, name, value)
            row.changed_at = now
            await _unapproved(tx, unit_id, monday)
            record(tx, actor, "weekly:entry:edit", "unit", unit_id, now, path=path, week=week,
                   number=row.id, changes=_changes(asdict(before), asdict(clean)))  # fmt: skip

    async def remove(self, actor: Actor, unit_id: UnitId, week: str, entry_id: int) -> None:
        """Take an entry out; on a schedule that is approved it stands as removed. Raises as `edit`."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.SESSION_EDIT)
            row = await _entry(tx, unit_id, monday, entry_id)
            await _unapproved(tx, unit_id, monday)
            schedule = await tx.get(ScheduleRow, (unit_id, monday))
            if schedule is not None and schedule.told is not None:
                row.removed_at = now
            else:
                await tx.delete(row)
            record(tx, actor, "weekly:entry:remove", "unit", unit_id, now, path=path, week=week,
                   number=entry_id, content=row.content, day=row.day)  # fmt: skip

    async def session(self, actor: Actor, unit_id: UnitId, week: str, session_id: SessionId) -> SessionNote:
        """A session of that week and what is written of it. Raises as `entry`."""
        monday = rules.monday_of(week)
        async with self._db.reading() as tx:
            path = await unit_path(tx, actor, unit_id, Permission.SESSION_EDIT)
            line = await self._session_line(tx, unit_id, path, monday, session_id)
            note = reading.note_of(await tx.get(NoteRow, (unit_id, session_id)))
        return SessionNote(session_id, line.content, line, note)

    async def note(
        self, actor: Actor, unit_id: UnitId, week: str, session_id: SessionId, draft: NoteDraft,
        *, seen: str | None = None,
    ) -> None:  # fmt: skip
        """Write of a session who leads it, who comes, where, and who prepares it; what is empty follows from
        the session. The session itself stays as it is. Raises as `edit`."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.SESSION_EDIT)
            await self._session_line(tx, unit_id, path, monday, session_id)
            row = await tx.get(NoteRow, (unit_id, session_id))
            before = reading.note_of(row)
            check_seen(seen, before)
            clean = rules.clean_note(draft)
            if clean == before:
                return
            if row is None:
                row = NoteRow(unit_id=unit_id, session_id=session_id)
                tx.add(row)
            for name in TEXTS:
                setattr(row, name, getattr(clean, name))
            row.changed_at = now
            await _unapproved(tx, unit_id, monday)
            record(tx, actor, "weekly:session:note", "unit", unit_id, now, path=path, week=week,
                   session_id=session_id, changes=_changes(asdict(before), asdict(clean)))  # fmt: skip

    async def copy_last(self, actor: Actor, unit_id: UnitId, week: str) -> int:
        """The own entries of the week before, on the same weekdays, but for those that are here already; how
        many. NotFound, Forbidden, WeekUnknown, WeekFull, NothingToCopy."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.SESSION_EDIT)
            have = {_said(one) for one in await reading.entry_lines(tx, unit_id, monday)}
            wanted = []
            for line in await reading.entry_lines(tx, unit_id, monday - rules.DAYS * _DAY):
                day = line.day + rules.DAYS * _DAY
                if (day, line.begins, line.content) not in have:
                    wanted.append(EntryDraft(day, line.begins, line.content, line.ends,
                                             *(getattr(line, name) for name in TEXTS)))  # fmt: skip
            if not wanted:
                raise errors.NothingToCopy
            await _check_room(tx, unit_id, monday, len(wanted))
            tx.add_all(EntryRow(unit_id=unit_id, changed_at=now, **asdict(one)) for one in wanted)
            await _unapproved(tx, unit_id, monday)
            record(tx, actor, "weekly:week:copy", "unit", unit_id, now, path=path, week=week,
                   count=len(wanted))  # fmt: skip
        return len(wanted)

    async def set_reach(self, actor: Actor, unit_id: UnitId, week: str, reach: Reach) -> None:
        """Whose sessions come in, from this week on. NotFound, Forbidden, WeekUnknown."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.SESSION_EDIT)
            if await _reach(tx, unit_id, monday) is reach:
                return
            row = await _schedule(tx, unit_id, monday)
            row.reach = reach.value
            await _unapproved(tx, unit_id, monday)
            record(tx, actor, "weekly:week:reach", "unit", unit_id, now, path=path, week=week, reach=reach)

    async def approve(self, actor: Actor, unit_id: UnitId, week: str, *, seen: str | None = None) -> None:
        """Approved by name, as it stands. `seen`: the version that was read; ChangedMeanwhile where lines
        have changed since. NotFound, Forbidden, WeekUnknown, NotADraft."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.WEEK_APPROVE)
            lines, _ = await self._lines(tx, unit_id, path, monday, await _reach(tx, unit_id, monday))
            check_seen(seen, *lines)
            row = await _schedule(tx, unit_id, monday)
            if row.state != WeekState.DRAFT.value:
                raise errors.NotADraft
            row.state, row.approved_name, row.approved_at = WeekState.APPROVED.value, actor.name, now
            row.told = _LINES.dump_python(lines, mode="json")
            record(tx, actor, "weekly:week:approve", "unit", unit_id, now, path=path, week=week,
                   count=len(lines))  # fmt: skip

    async def publish(self, actor: Actor, unit_id: UnitId, week: str) -> None:
        """For everybody with a right to the unit's sessions. NotFound, Forbidden, WeekUnknown,
        NotApproved."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.SESSION_EDIT)
            row = await _schedule(tx, unit_id, monday)
            if row.state != WeekState.APPROVED.value:
                raise errors.NotApproved
            row.state, row.published_name, row.published_at = WeekState.PUBLISHED.value, actor.name, now
            record(tx, actor, "weekly:week:publish", "unit", unit_id, now, path=path, week=week)

    async def reopen(self, actor: Actor, unit_id: UnitId, week: str) -> None:
        """A draft again, nothing of it is told as changed. NotFound, Forbidden, WeekUnknown, StillADraft."""
        monday = rules.monday_of(week)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await self._begin(tx, actor, unit_id, Permission.WEEK_APPROVE)
            row = await _schedule(tx, unit_id, monday)
            if row.state == WeekState.DRAFT.value:
                raise errors.StillADraft
            record(tx, actor, "weekly:week:reopen", "unit", unit_id, now, path=path, week=week,
                   before=row.state)  # fmt: skip
            _to_draft(row)

    # -- inside a transaction ------------------------------------------------------------------------

    async def _begin(self, tx: Tx, actor: Actor, unit_id: UnitId, permission: Permission) -> str:
        """One writer of a unit's schedules at a time; the unit's path. NotFound, Forbidden."""
        await tx.alone(f"weekly.{unit_id}")
        path = await unit_path(tx, actor, unit_id, Permission.SESSION_VIEW)
        require(actor, permission, path)
        return path

    async def _lines(
        self, tx: Tx, unit_id: UnitId, path: str, monday: date, reach: Reach
    ) -> tuple[list[Line], bool]:
        sessions, more = await reading.session_lines(tx, unit_id, path, reach, monday, self._zone)
        return [*await reading.entry_lines(tx, unit_id, monday), *sessions], more

    async def _session_line(
        self, tx: Tx, unit_id: UnitId, path: str, monday: date, session_id: SessionId
    ) -> Line:
        reach = await _reach(tx, unit_id, monday)
        lines, _ = await reading.session_lines(tx, unit_id, path, reach, monday, self._zone)
        found = next((one for one in lines if one.session_id == session_id), None)
        if found is None:
            raise errors.EntryUnknown
        return found

    async def _week(self, tx: Tx, actor: Actor, unit_id: UnitId, path: str, monday: date) -> Week:
        row = await tx.get(ScheduleRow, (unit_id, monday))
        state = WeekState.DRAFT if row is None else WeekState(row.state)
        may_edit, may_approve = (
            allows(actor, one, path) for one in (Permission.SESSION_EDIT, Permission.WEEK_APPROVE)
        )
        hidden = state is not WeekState.PUBLISHED and not may_edit and not may_approve
        reach = await _reach(tx, unit_id, monday)
        lines: list[Line] = []
        shown: list[MarkedLine] = []
        more = False
        if not hidden:
            lines, more = await self._lines(tx, unit_id, path, monday, reach)
            shown = await _marked(tx, unit_id, lines, row)
        off = await days_off(tx, unit_id)
        unit = await unit_by_id(tx, unit_id)
        return Week(
            unit_id, unit.name, monday, state, reach,
            row.approved_name if row else "", row.approved_at if row else None,
            row.published_name if row else "", row.published_at if row else None,
            _days(monday, shown, off, actor.language), more, hidden, may_edit, may_approve,
            version_of(*lines), await letterhead_of(tx, path),
        )  # fmt: skip


async def _marked(
    tx: Tx, unit_id: UnitId, lines: Sequence[Line], row: ScheduleRow | None
) -> list[MarkedLine]:
    if row is None or row.told is None or row.approved_at is None:
        return rules.marked(lines, None, {}, {})
    told = _LINES.validate_python(row.told)
    now, before = ({one.key: one for one in some} for some in (lines, told))
    gone = [key for key in before if key not in now]
    changed = [key for key in {**now, **before} if now.get(key) != before.get(key)]
    ends = await reading.why_gone(tx, gone)
    when = await reading.last_changes(tx, unit_id, changed, row.approved_at)
    return rules.marked(lines, told, ends, when)


def _days(monday: date, lines: Sequence[MarkedLine], off: DaysOff, language: str) -> tuple[Day, ...]:
    """Monday to Friday, and the days of the weekend on which there is something."""
    found = []
    for number in range(rules.DAYS):
        day = monday + number * _DAY
        own = tuple(one for one in lines if one.line.day == day)
        if own or number < _WORKING_DAYS:
            found.append(Day(day, off.name(day, "vi" if language == "vi" else "en") or "", own))
    return tuple(found)


async def _schedule(tx: Tx, unit_id: UnitId, monday: date) -> ScheduleRow:
    """Its row, made where there is none."""
    row = await tx.get(ScheduleRow, (unit_id, monday))
    if row is None:
        reach = await _reach(tx, unit_id, monday)
        row = ScheduleRow(unit_id=unit_id, monday=monday, reach=reach.value, state=WeekState.DRAFT.value)
        tx.add(row)
        await tx.flush()
    return row


async def _reach(tx: Tx, unit_id: UnitId, monday: date) -> Reach:
    """What was said of this week, or of the last one before that anything was said of; else the branch."""
    w = ScheduleRow
    query = select(w.reach).where(w.unit_id == unit_id, w.monday <= monday)
    found = await tx.scalar(query.order_by(w.monday.desc()).limit(1))
    return Reach.BRANCH if found is None else Reach(found)


async def _unapproved(tx: Tx, unit_id: UnitId, monday: date) -> None:
    """Whoever changes what was approved and not published makes a draft of it again."""
    row = await tx.get(ScheduleRow, (unit_id, monday))
    if row is not None and row.state == WeekState.APPROVED.value:
        _to_draft(row)


def _to_draft(row: ScheduleRow) -> None:
    row.state, row.told = WeekState.DRAFT.value, None
    row.approved_name, row.approved_at, row.published_name, row.published_at = "", None, "", None


async def _entry(tx: Tx, unit_id: UnitId, monday: date, entry_id: int) -> EntryRow:
    """EntryUnknown."""
    row = await tx.get(EntryRow, entry_id)
    if (
        row is None
        or row.unit_id != unit_id
        or row.removed_at is not None
        or not monday <= row.day < monday + rules.DAYS * _DAY
    ):
        raise errors.EntryUnknown
    return row


async def _check_room(tx: Tx, unit_id: UnitId, monday: date, more: int = 1) -> None:
    """WeekFull."""
    e = EntryRow
    last = monday + (rules.DAYS - 1) * _DAY
    count = select(func.count()).where(e.unit_id == unit_id, e.day.between(monday, last))
    if (await tx.scalar(count) or 0) + more > ENTRIES_MAX:
        raise errors.WeekFull(max_count=ENTRIES_MAX)


def _draft_of(row: EntryRow) -> EntryDraft:
    return EntryDraft(row.day, row.begins, row.content, row.ends, *(getattr(row, name) for name in TEXTS))


def _said(line: Line) -> tuple[date, object, str]:
    return (line.day, line.begins, line.content)


def _changes(before: dict[str, object], after: dict[str, object]) -> dict[str, list[str]]:
    return {
        name: ["" if one is None else str(one) for one in (before[name], after[name])]
        for name in before
        if before[name] != after[name]
    }
