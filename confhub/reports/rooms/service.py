"""Use cases of reports: a session's attendance report, for the asker's branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from confhub.access.rules import Actor, require_anywhere
from confhub.attendance.reader import SessionAttendance, session_attendance
from confhub.checkin.figures import SealView
from confhub.checkin.inputs import newest_seal
from confhub.db.database import Database
from confhub.files.csv_file import csv_bytes
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.reports.rooms import compose
from confhub.reports.rooms.model import ReportFilter, ReportHeader, RoomRow, SessionReport
from confhub.reports.rooms.table import csv_name, rooms_table
from confhub.reports.session.facts import Seen, SessionShown, room_facts, seen, visible
from confhub.reports.session.units import RoomFacts, UnitFacts, tree_order


class ReportService:
    """Reads only. Rows, totals and roll-ups are those of the branches in which the actor holds
    `Permission.REPORT_VIEW`."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        timezone: str = "Asia/Ho_Chi_Minh",
        catalogue: Catalogue | None = None,
    ) -> None:
        """`timezone`: IANA name of the zone that reports are written in."""
        self._db = db
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._catalogue = catalogue

    async def session_report(
        self, actor: Actor, session_id: SessionId, wanted: ReportFilter | None = None
    ) -> SessionReport:
        """The report over the rooms of the actor's branches.

        Raises `Forbidden` for an actor who may see no report at all, `SessionUnknown` for a session that is
        not there or has nothing in the actor's branches.
        """
        require_anywhere(actor, Permission.REPORT_VIEW)
        now = self._clock.now()
        async with self._db.reading() as tx:
            session = await visible(tx, actor, session_id, Permission.REPORT_VIEW)
            rooms = await room_facts(tx, actor, session)
            allowed = await seen(tx, actor, session, Permission.REPORT_VIEW)
            attendance = await session_attendance(tx, session_id, now)
            seal = await newest_seal(tx, session_id)
        assert attendance is not None, "the session was read in the same transaction"
        return self._compose(session, rooms, allowed, attendance, seal, wanted or ReportFilter(), now)

    async def csv(
        self,
        actor: Actor,
        session_id: SessionId,
        wanted: ReportFilter | None = None,
        *,
        language: str | None = None,
    ) -> tuple[str, bytes]:
        """(file name, content) of all filtered rows as CSV for Excel; see `files.csv_file`.

        `language`: the actor's, unless given. Raises as `session_report`.
        """
        language = language or actor.language
        reader = replace(actor, language=language)
        report = await self.session_report(reader, session_id, wanted)
        if self._catalogue is None:
            self._catalogue = Catalogue.load()
        table = rooms_table(report, self._catalogue.into(language), language)
        return csv_name(report), csv_bytes(table, language)

    def _compose(
        self,
        session: SessionShown,
        rooms: Sequence[RoomFacts],
        allowed: Seen,
        attendance: SessionAttendance,
        seal: SealView | None,
        wanted: ReportFilter,
        now: datetime,
    ) -> SessionReport:
        units = session.names.units
        rows = self._rows(rooms, units, attendance)
        unit = units.get(wanted.unit_id) if wanted.unit_id is not None else None
        branch = unit.path if unit is not None else None
        found = compose.matching(rows, wanted, branch)
        if wanted.unit_id is not None and branch is None:
            found = []  # a unit without rooms here, or outside the actor's branches
        return SessionReport(
            header=self._header(session, attendance, seal, now),
            totals=compose.totals(rows),
            tiers=compose.by_tier(rows, units),
            branches=compose.by_branch(rows, units, allowed.at),
            rows=tuple(found),
            arrivals=compose.arrivals(rows, attendance.live, self._zone),
        )

    def _rows(
        self, rooms: Sequence[RoomFacts], units: Mapping[int, UnitFacts], attendance: SessionAttendance
    ) -> list[RoomRow]:
        """Every room expected in live time, the chair first, then as the tree is read."""
        order = tree_order(units)
        ordered = sorted(rooms, key=lambda room: (not room.is_chair, order(room.unit.path), room.sort_key))
        figures = {int(endpoint_id): one for endpoint_id, one in attendance.rooms.items()}
        return [
            compose.row(room, figures[room.endpoint_id], self._zone)
            for room in ordered
            if attendance.live is None or figures[room.endpoint_id].expected is not None
        ]

    def _header(
        self, session: SessionShown, attendance: SessionAttendance, seal: SealView | None, now: datetime
    ) -> ReportHeader:
        row = session.row

        def local(moment: datetime | None) -> datetime | None:
            return moment.astimezone(self._zone) if moment is not None else None

        return ReportHeader(
            session_id=row.id,
            title=row.title,
            kind=row.kind,
            state=row.state,
            unit_name=session.unit.name,
            starts_at=row.starts_at.astimezone(self._zone),
            length_min=row.length_min,
            actual_start=local(row.actual_start),
            actual_end=local(row.actual_end),
            late_min=row.late_min,
            left_early_min=row.left_early_min,
            chair_code=session.chair.code if session.chair else None,
            chair_name=session.chair.name if session.chair else None,
            timezone=self._zone.key,
            made_at=now.astimezone(self._zone),
            live_minutes=compose.live_minutes(attendance.live),
            settled=attendance.ended,
            seal=seal,
            names_at=local(session.names_at),
        )
