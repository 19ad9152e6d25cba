"""Reading a session for a report on people: header, rooms, and whose persons. Inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from confhub.access.rules import Actor, allows_anywhere
from confhub.attendance.reader import margins_of
from confhub.attendance.rules import Span
from confhub.checkin.inputs import newest_seal
from confhub.checkin.sources import undone
from confhub.db.database import Tx
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.reports.people import roll_up, store
from confhub.reports.people.lines import PersonQuery
from confhub.reports.people.model import (
    PeopleFigures,
    PeopleFilter,
    PeopleHeader,
    PeopleReport,
    RoomFigures,
)
from confhub.reports.session.facts import SessionShown, room_facts, seen, visible
from confhub.reports.session.units import RoomFacts, UnitFacts, tree_order
from confhub.sessions.models import MeetingSession


@dataclass(frozen=True, slots=True)
class Read:
    """A session's report with what it was made from."""

    report: PeopleReport
    units: Mapping[int, UnitFacts]


async def person_query(
    tx: Tx, actor: Actor, session: SessionShown, wanted: PeopleFilter
) -> PersonQuery | None:
    """The question for these persons; None where the wanted branch is none of the session's."""
    branch = "/"
    if wanted.unit_id is not None:
        unit = session.names.units.get(wanted.unit_id)
        if unit is None:
            return None
        branch = unit.path
    rooms = await room_facts(tx, actor, session, Permission.REPORT_PEOPLE)
    among = [room for room in rooms if room.unit.path.startswith(branch)]
    return PersonQuery(session, wanted, among, settled=await is_derived(tx, session))


async def is_derived(tx: Tx, session: SessionShown) -> bool:
    return session.row.actual_end is not None and (await store.derived(tx, session.row.id)).there


async def read(tx: Tx, actor: Actor, session_id: SessionId, now: datetime, zone: ZoneInfo) -> Read:
    """A session's report; raises `SessionUnknown`."""
    session = await visible(tx, actor, session_id, Permission.REPORT_VIEW)
    rooms, units = await room_facts(tx, actor, session), session.names.units
    allowed = await seen(tx, actor, session, Permission.REPORT_VIEW)
    derived = await store.derived(tx, session_id)
    over = session.row.actual_end is not None
    settled = over and derived.there
    lines = (
        await store.settled_rooms(tx, session_id)
        if settled
        else await store.moving_rooms(tx, session_id, now)
    )
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
        roll_up.by_unit(((room.unit_id, room.figures) for room in found), units, allowed.at),
        tuple(found),
        tuple(await undone(tx, session_id, [room.endpoint_id for room in found])),
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
    return replace(figures, rooms=0, connected=0)


def _early_until(row: MeetingSession) -> datetime:
    """Nobody who leaves after it leaves early; as far as it is known."""
    planned = row.starts_at + timedelta(minutes=row.length_min)
    if row.actual_start is None or row.actual_end is None:
        return planned
    live = Span(row.actual_start, row.actual_end)
    return margins_of(row, live).early_until or row.actual_end


async def _header(
    tx: Tx,
    actor: Actor,
    session: SessionShown,
    now: datetime,
    zone: ZoneInfo,
    *,
    settled: bool,
    whole: bool,
) -> PeopleHeader:
    row = session.row

    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone) if moment is not None else None

    may_people = False
    if allows_anywhere(actor, Permission.REPORT_PEOPLE):
        may_people = bool(await room_facts(tx, actor, session, Permission.REPORT_PEOPLE))
    policy = await store.policy(tx, row.id, now)
    return PeopleHeader(
        session_id=row.id,
        title=row.title,
        kind=row.kind,
        state=row.state,
        unit_id=row.unit_id,
        unit_name=session.unit.name,
        unit_path=session.unit.path,
        parent_name=session.parent_name,
        starts_at=row.starts_at.astimezone(zone),
        actual_start=local(row.actual_start),
        actual_end=local(row.actual_end),
        late_min=row.late_min,
        left_early_min=row.left_early_min,
        complete_percent=policy.complete_percent,
        by_plan=row.by_plan,
        late_from=max(row.starts_at, row.actual_start or row.starts_at).astimezone(zone),
        early_until=_early_until(row).astimezone(zone),
        unconnected_counts=policy.unconnected_counts,
        prompts=policy.prompts,
        prompts_count=policy.prompts_count,
        rules=row.attendance_rules,
        timezone=zone.key,
        made_at=now.astimezone(zone),
        settled=settled,
        seal=await newest_seal(tx, row.id),
        names_at=local(session.names_at),
        may_people=may_people,
        whole=whole,
    )
