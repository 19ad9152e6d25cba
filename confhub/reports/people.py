"""Use cases of reports on people: a session's figures, its persons, its curve; a period; a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from confhub.access.rules import Actor, allows, allows_anywhere, require_anywhere
from confhub.db.database import Database, Tx
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.org.models import UnitRow
from confhub.people.store import note_look
from confhub.reports import curve, roll_up
from confhub.reports import people_store as store
from confhub.reports.compose import RoomFacts, UnitFacts, tree_order
from confhub.reports.facts import SessionFacts, room_facts, session_facts
from confhub.reports.people_model import (
    Moment,
    PeopleFigures,
    PeopleFilter,
    PeopleHeader,
    PeopleReport,
    PersonPage,
    RoomFigures,
)
from confhub.reports.person_lines import PersonQuery
from confhub.sessions.errors import SessionUnknown

LOOK = "report"
"""What `person_look` calls a reading of persons in a report."""


@dataclass(frozen=True, slots=True)
class Read:
    """A session's report with what it was made from."""

    report: PeopleReport
    units: dict[int, UnitFacts]


class PeopleReportService:
    """Reads only, but for the note of who looked at persons. Figures are those of the branches in which
    the actor holds `REPORT_VIEW`, persons those where it holds `REPORT_PEOPLE`; the room's unit decides."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        timezone: str = "Asia/Ho_Chi_Minh",
        folder: Path | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        """`timezone`: IANA name of the zone that reports are written in. `folder`: where files are made."""
        self._db = db
        self._clock = clock
        self._zone = ZoneInfo(timezone)

    async def session(self, actor: Actor, session_id: SessionId) -> PeopleReport:
        """The figures of a session by tier, unit and room.

        Raises `Forbidden` for an actor who may see no report at all, `SessionUnknown` for a session that is
        not there or has nothing in the actor's branches.
        """
        require_anywhere(actor, Permission.REPORT_VIEW)
        async with self._db.reading() as tx:
            return (await read(tx, actor, session_id, self._clock.now(), self._zone)).report

    async def persons(
        self, actor: Actor, session_id: SessionId, wanted: PeopleFilter, *, page: int = 1, size: int = 100
    ) -> PersonPage:
        """One page of the persons in Vietnamese order; that somebody looked is written down.

        Raises `Forbidden` without `REPORT_PEOPLE` in any branch, `SessionUnknown`.
        """
        require_anywhere(actor, Permission.REPORT_PEOPLE)
        now = self._clock.now()
        async with self._db.reading() as tx:
            session = await visible(tx, actor, session_id, Permission.REPORT_PEOPLE)
            query = await person_query(tx, actor, session, wanted)
            total = await query.count(tx) if query is not None else 0
            pages = max(1, -(-total // size))
            page = min(max(1, page), pages)
            rows = []
            if query is not None:
                ids = await query.ids(tx, offset=(page - 1) * size, limit=size)
                rows = await query.lines(tx, ids, self._zone, session.row.actual_start)
        if rows:
            async with self._db.transaction() as tx:
                note_look(tx, actor, LOOK, now, detail=_look(session, wanted, page, len(rows)))
        return PersonPage(tuple(rows), total, page, pages)

    async def curve(self, actor: Actor, session_id: SessionId) -> tuple[Moment, ...]:
        """People and rooms present over live time, in the actor's branches. Raises as `session`."""
        require_anywhere(actor, Permission.REPORT_VIEW)
        now = self._clock.now()
        async with self._db.reading() as tx:
            session = await visible(tx, actor, session_id, Permission.REPORT_VIEW)
            rooms, _ = await room_facts(tx, actor, session_id)
            there = await _is_derived(tx, session)
            counted = {room.endpoint_id for room in rooms if room.counted}
            found = await curve.moments(tx, session_id, counted, now, settled=there)
        return tuple(Moment(one.at.astimezone(self._zone), one.people, one.rooms) for one in found)


def _look(session: SessionFacts, wanted: PeopleFilter, page: int, rows: int) -> str:
    """What a list was of, for the note of who looked."""
    asked = [f"{name}={value}" for name, value in _asked(wanted) if value not in (None, "")]
    return "; ".join([f"session {session.row.id}", f"page {page}", f"{rows} persons", *asked])


def _asked(wanted: PeopleFilter) -> Sequence[tuple[str, object]]:
    return [
        ("unit", wanted.unit_id),
        ("endpoint", wanted.endpoint_id),
        ("status", wanted.status.value if wanted.status else None),
        ("way", wanted.way),
        ("completed", wanted.completed),
        ("text", wanted.text),
    ]


async def visible(tx: Tx, actor: Actor, session_id: SessionId, permission: Permission) -> SessionFacts:
    """The session; raises `SessionUnknown` where the actor holds `permission` over none of it."""
    session = await session_facts(tx, session_id)
    if session is None:
        raise SessionUnknown(field="session")
    if not allows(actor, permission, session.unit_path):
        rooms, _ = await room_facts(tx, actor, session_id, permission)
        if not rooms:
            raise SessionUnknown(field="session")
    return session


async def person_query(
    tx: Tx, actor: Actor, session: SessionFacts, wanted: PeopleFilter
) -> PersonQuery | None:
    """The question for these persons; None where the wanted branch is none of the house."""
    branch = None
    if wanted.unit_id is not None:
        unit = await tx.get(UnitRow, wanted.unit_id)
        if unit is None:
            return None
        branch = unit.path
    return PersonQuery(actor, session.row.id, wanted, branch, settled=await _is_derived(tx, session))


async def _is_derived(tx: Tx, session: SessionFacts) -> bool:
    return session.row.actual_end is not None and (await store.derived(tx, session.row.id)).there


async def read(tx: Tx, actor: Actor, session_id: SessionId, now: datetime, zone: ZoneInfo) -> Read:
    """A session's report; raises `SessionUnknown`."""
    session = await session_facts(tx, session_id)
    rooms, units = await room_facts(tx, actor, session_id)
    if session is None or not (rooms or allows(actor, Permission.REPORT_VIEW, session.unit_path)):
        raise SessionUnknown(field="session")
    derived = await store.derived(tx, session_id)
    over = session.row.actual_end is not None
    settled = over and derived.there
    lines = await (store.settled_rooms if settled else store.moving_rooms)(tx, session_id)
    order = tree_order(units)
    ordered = sorted(rooms, key=lambda room: (not room.is_chair, order(room.unit.path), room.sort_key))
    found = [_room(room, lines[room.endpoint_id]) for room in ordered if room.endpoint_id in lines]
    header = await _header(
        tx, actor, session, now, zone, settled=settled and derived.fresh, whole=len(found) == len(lines)
    )
    report = PeopleReport(
        header,
        roll_up.total(room.figures for room in found),
        roll_up.by_tier(found, units),
        roll_up.by_unit(
            ((room.unit_id, room.figures) for room in found),
            units,
            lambda path: allows(actor, Permission.REPORT_VIEW, path),
        ),
        tuple(found),
    )
    return Read(report, units)


def _room(room: RoomFacts, line: store.RoomLine) -> RoomFigures:
    figures = line.figures if room.counted else _uncounted(line.figures)
    return RoomFigures(
        endpoint_id=room.endpoint_id,
        code=room.code,
        name=room.name,
        unit_id=room.unit.id,
        unit_name=room.unit.name,
        unit_path=room.unit.path,
        tier_name=room.unit.tier_name,
        is_chair=room.is_chair,
        heads=line.heads,
        room_millis=line.room_millis,
        figures=figures,
    )


def _uncounted(figures: PeopleFigures) -> PeopleFigures:
    """A studio is a source, not a receiving room: its people count, itself does not."""
    from dataclasses import replace

    return replace(figures, rooms=0, connected=0)


async def _header(
    tx: Tx, actor: Actor, session: SessionFacts, now: datetime, zone: ZoneInfo, *, settled: bool, whole: bool
) -> PeopleHeader:
    row = session.row

    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone) if moment is not None else None

    unit = await tx.get_one(UnitRow, row.unit_id)
    parent = await tx.get(UnitRow, unit.parent_id) if unit.parent_id is not None else None
    may_people = False
    if allows_anywhere(actor, Permission.REPORT_PEOPLE):
        may_people = bool((await room_facts(tx, actor, SessionId(row.id), Permission.REPORT_PEOPLE))[0])
    return PeopleHeader(
        session_id=row.id,
        title=row.title,
        kind=row.kind,
        state=row.state,
        unit_id=row.unit_id,
        unit_name=session.unit_name,
        unit_path=session.unit_path,
        parent_name=parent.name if parent is not None else "",
        starts_at=row.starts_at.astimezone(zone),
        actual_start=local(row.actual_start),
        actual_end=local(row.actual_end),
        late_min=row.late_min,
        left_early_min=row.left_early_min,
        complete_percent=await store.complete_percent(tx, row.id),
        timezone=zone.key,
        made_at=now.astimezone(zone),
        settled=settled,
        seal=await store.seal(tx, row.id),
        may_people=may_people,
        whole=whole,
    )
