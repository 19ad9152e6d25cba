"""Deriving a session's attendance of people from what is stored: computed, written down, kept up to date.

Figures are written down once a session has ended, and again whenever something came in since (an agent's late
diary, a file, a correction): `Deriver.derive_due` compares marks of what is stored. While a session is live,
they are computed where somebody asks.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select

from confhub.attendance import rules as connections
from confhub.attendance.rules import Span
from confhub.checkin import derived, inputs, rules, same, totals
from confhub.checkin.figures import PersonFigures, SessionPeople, Stretch
from confhub.checkin.inputs import Inputs
from confhub.checkin.models import DerivedState
from confhub.checkin.rules import Change, Event, Frame, Place, Prompt, RoomFrame
from confhub.checkin.totals import RoomFacts
from confhub.checkin.values import PersonKind
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.rosters import freezing
from confhub.sessions.published import SessionColumns

FRESH: Final = timedelta(hours=48)
"""How long after its end a session is looked at for what came in; later, only where something says so."""


class Deriver:
    """The clock's servant of derived figures. Told: `people` (session id) when they were written anew."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def derive_due(self) -> int:
        """Write the figures of every ended session whose stored ones no longer say what is true; how many."""
        s, d = SessionColumns, DerivedState
        recently = self._clock.now() - FRESH
        query = (
            select(s.id, d.mark, d.stale)
            .outerjoin(d, d.session_id == s.id)
            .where(
                s.actual_start.is_not(None),
                s.actual_end.is_not(None),
                or_(d.session_id.is_(None), d.stale.is_(True), s.actual_end > recently),
            )
            .order_by(s.id)
        )
        async with self._db.reading() as tx:
            found = (await tx.execute(query)).all()
            due = [
                session_id
                for session_id, mark, stale in found
                if stale is not False or mark != await inputs.mark(tx, session_id)
            ]
        for session_id in due:
            async with self._db.transaction() as tx:
                await derive(tx, session_id, self._clock.now())
        return len(due)


async def derive(tx: Tx, session_id: int, now: datetime) -> str:
    """Compute the session's figures and write them down, with the names of whoever has none yet; their
    digest, "" where it never went live."""
    await freezing.freeze(tx, session_id, now)
    found, mark = await compute_marked(tx, session_id, now)
    if found is None or found.live is None:
        return ""
    summed = await asyncio.to_thread(derived.digest, found)
    await derived.write(tx, found, summed, mark, now)
    return summed


async def compute_marked(tx: Tx, session_id: int, now: datetime) -> tuple[SessionPeople | None, str]:
    """As `compute`, with the mark of what it was computed from. What comes in between the two readings is
    later than the mark, and so makes it stale."""
    mark = await inputs.mark(tx, session_id)
    return await compute(tx, session_id, now), mark


async def compute(
    tx: Tx, session_id: int, now: datetime, only: Collection[int] | None = None
) -> SessionPeople | None:
    """A session's people and rooms from the stored events, by person; live or ended. None: no such session.

    `only`: these people alone; the rooms' totals are theirs then. The reading is here, the reckoning in a
    thread.
    """
    found = await inputs.read(tx, session_id, now, only)
    return await asyncio.to_thread(people_of, found) if found is not None else None


async def frame_alone(tx: Tx, session_id: int, now: datetime) -> SessionPeople | None:
    """The session's own side, without people and rooms; None: no such session."""
    s = SessionColumns
    query = select(s.actual_start, s.actual_end, s.attendance_rules).where(s.id == session_id)
    session = (await tx.execute(query)).one_or_none()
    if session is None:
        return None
    start, end, ruled = session
    until = end if end is not None else now
    live = Span(start, until) if start is not None and start < until else None
    breaks = tuple(_breaks(await inputs.breaks(tx, session_id), live)) if live is not None else ()
    return SessionPeople(
        session_id=session_id,
        live=live,
        ended=end is not None,
        breaks=breaks,
        counted_millis=derived.counted_within(live, breaks) if live is not None else 0,
        people=(),
        rooms={},
        seal=await inputs.newest_seal(tx, session_id),
        rules=ruled,
    )


def people_of(found: Inputs) -> SessionPeople:
    """The whole session. Pure."""
    live = found.attendance.live
    breaks = tuple(_breaks(found.breaks, live)) if live is not None else ()
    frame = frame_of(found, live, breaks)
    facts = {
        int(endpoint_id): RoomFacts(
            int(endpoint_id),
            found.units[int(endpoint_id)],
            round(figures.seconds * 1000),
            found.heads.get(int(endpoint_id)),
        )
        for endpoint_id, figures in found.attendance.rooms.items()
    }
    people = tuple(persons_of(found, frame))
    return SessionPeople(
        session_id=found.session_id,
        live=live,
        ended=found.attendance.ended,
        breaks=breaks,
        counted_millis=frame.counted_millis,
        people=people,
        rooms=totals.by_room(people, facts),
        seal=found.seal,
        rules=found.rules,
    )


def _breaks(stored: Collection[tuple[datetime, datetime | None]], live: Span) -> list[Span]:
    """The breaks inside live time; one that is still open goes on until its end."""
    given = [
        Span(start, end if end is not None else live.end)
        for start, end in stored
        if start < (end if end is not None else live.end)
    ]
    return connections.intersect(connections.union(given), [live])


def frame_of(found: Inputs, live: Span | None, breaks: Collection[Span]) -> Frame:
    """What counts for everybody."""
    if live is None:
        return Frame(found.now, False, (), {}, complete_percent=found.complete_percent)
    start = live.start

    def stretches(spans: Collection[Span]) -> list[Stretch]:
        return rules.union(
            (rules.millis_after(start, span.start), rules.millis_after(start, span.end)) for span in spans
        )

    counted = rules.subtract(stretches([live]), stretches(breaks))
    end = rules.micros_after(start, live.end)
    margins = found.margins
    late_from, early_until = margins.late_from or start, margins.early_until or live.end
    prompts = [
        Prompt(rules.micros_after(start, opens), rules.micros_after(start, closes))
        for opens, closes in found.prompts
    ]
    return Frame(
        start=start,
        ended=found.attendance.ended,
        counted=tuple(counted),
        rooms={
            int(endpoint_id): RoomFrame(
                tuple(rules.intersect(stretches(figures.spans), counted)),
                tuple(rules.intersect(stretches([figures.expected]), counted)) if figures.expected else (),
            )
            for endpoint_id, figures in found.attendance.rooms.items()
        },
        prompts=tuple(one for one in prompts if one.opens >= 0 and one.closes <= end),
        prompts_cut=found.prompts_cut,
        late_millis=rules.millis_of(margins.late),
        left_early_millis=rules.millis_of(margins.left_early),
        complete_percent=found.complete_percent,
        late_from=rules.millis_after(start, late_from),
        early_until=rules.millis_after(start, early_until),
        unconnected_counts=found.unconnected_counts,
        version=found.rules,
    )


def persons_of(found: Inputs, frame: Frame) -> list[PersonFigures]:
    """Everybody on the list or with an event or a correction, by number; not who was taken off and never
    came. Whoever stands there under several merged entries is one person."""
    events: dict[int, list[Event]] = defaultdict(list)
    ways: dict[int, list[str]] = defaultdict(list)
    start, ranks = frame.start, rules.RANKS
    lead = _leading(found)
    for entry, endpoint_id, kind, way, at, key in found.events:
        attendee_id = lead.get(entry, entry)
        event = Event(rules.micros_after(start, at), ranks[kind], key, endpoint_id)
        events[attendee_id].append(event)
        if kind != PersonKind.OUT:
            ways[attendee_id].append(way)
    changes: dict[int, list[Change]] = defaultdict(list)
    for entry, action, value in found.corrections:
        changes[lead.get(entry, entry)].append(_change(action, value, start))
    places = _listed(found, events.keys() | changes.keys(), ways, lead)
    for attendee_id in sorted((events.keys() | changes.keys()) - places.keys()):
        own = events.get(attendee_id)
        room = min(own).endpoint_id if own else changes[attendee_id][0].endpoint_id
        if room in found.units:
            places[attendee_id] = Place(
                attendee_id, room, found.units[room], expected=False, ways=tuple(ways.get(attendee_id, ()))
            )
    return [
        rules.person(places[number], events.get(number, ()), changes.get(number, ()), frame)
        for number in sorted(places)
    ]


def _leading(found: Inputs) -> Mapping[int, int]:
    if not found.same:
        return {}
    told = {one[0] for one in found.events} | {one[0] for one in found.corrections}
    return same.leading(told | {one.attendee_id for one in found.people}, found.same)


def _listed(
    found: Inputs, heard_of: Collection[int], ways: Mapping[int, list[str]], lead: Mapping[int, int]
) -> dict[int, Place]:
    """Where everybody counts; of several entries of one person the last, by `same.weight`, stays."""
    places: dict[int, Place] = {}
    for one in sorted(found.people, key=lambda one: same.weight(one, lead)) if lead else found.people:
        number = lead.get(one.attendee_id, one.attendee_id)
        if one.removed_at is None or number in heard_of:
            places[number] = Place(
                number,
                one.endpoint_id,
                one.unit_id,
                same.weight(one, lead)[0],
                one.attendee_id in found.away,
                tuple(ways.get(number, ())),
            )
    return places


def _change(action: str, value: Mapping[str, Any], start: datetime) -> Change:
    return Change(
        action == "add",
        int(value["endpoint_id"]),
        rules.millis_after(start, datetime.fromisoformat(value["from"])),
        rules.millis_after(start, datetime.fromisoformat(value["to"])),
        value.get("vouched") is True,
    )
