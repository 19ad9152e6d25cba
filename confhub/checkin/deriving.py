"""Deriving a session's attendance of people from what is stored: computed, written down, kept up to date."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from confhub.attendance import rules as connections
from confhub.attendance.rules import Span
from confhub.checkin import inputs, rules, totals
from confhub.checkin.figures import PersonFigures, SessionPeople
from confhub.checkin.inputs import Inputs
from confhub.checkin.models import PersonKind
from confhub.checkin.rules import Change, Event, Frame, Place, Prompt, RoomFrame, Stretch
from confhub.checkin.totals import RoomFacts
from confhub.db.database import Tx
from confhub.rosters.store import GUEST


async def compute(tx: Tx, session_id: int, now: datetime) -> SessionPeople | None:
    """A session's people and rooms from the stored events, by person; live or ended. None: no such session.

    The reading is here, the reckoning in a thread.
    """
    found = await inputs.read(tx, session_id, now)
    return await asyncio.to_thread(people_of, found) if found is not None else None


def people_of(found: Inputs) -> SessionPeople:
    """The whole session. Pure."""
    live = found.attendance.live
    breaks = tuple(_breaks(found, live)) if live is not None else ()
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
    )


def _breaks(found: Inputs, live: Span) -> list[Span]:
    """The breaks inside live time; one that is still open goes on until its end."""
    given = [
        Span(start, end if end is not None else live.end)
        for start, end in found.breaks
        if start < (end if end is not None else live.end)
    ]
    return connections.intersect(connections.union(given), [live])


def frame_of(found: Inputs, live: Span | None, breaks: Collection[Span]) -> Frame:
    """What counts for everybody."""
    if live is None:
        return Frame(found.now, False, 0, (), {}, complete_percent=found.complete_percent)
    start = live.start

    def stretches(spans: Collection[Span]) -> list[Stretch]:
        return rules.union(
            (rules.millis_after(start, span.start), rules.millis_after(start, span.end)) for span in spans
        )

    counted = rules.subtract(stretches([live]), stretches(breaks))
    end = rules.micros_after(start, live.end)
    prompts = [
        Prompt(rules.micros_after(start, opens), rules.micros_after(start, closes))
        for opens, closes in found.prompts
    ]
    return Frame(
        start=start,
        ended=found.attendance.ended,
        live_millis=rules.millis_after(start, live.end),
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
        late_millis=found.late_min * 60_000,
        left_early_millis=found.left_early_min * 60_000,
        complete_percent=found.complete_percent,
    )


def persons_of(found: Inputs, frame: Frame) -> list[PersonFigures]:
    """Everybody on the list or with an event or a correction, by number; not who was taken off and never
    came."""
    events: dict[int, list[Event]] = defaultdict(list)
    ways: dict[int, list[str]] = defaultdict(list)
    first_room: dict[int, tuple[Event, int]] = {}
    start, ranks = frame.start, rules.RANKS
    for attendee_id, endpoint_id, kind, way, at, key in found.events:
        event = Event(rules.micros_after(start, at), ranks[kind], key, endpoint_id)
        events[attendee_id].append(event)
        if kind != PersonKind.OUT:
            ways[attendee_id].append(way)
    changes: dict[int, list[Change]] = defaultdict(list)
    for attendee_id, action, value in found.corrections:
        changes[attendee_id].append(_change(action, value, start))
    places = {}
    for one in found.people:
        here = one.attendee_id in events or one.attendee_id in changes
        if one.removed_at is None or here:
            places[one.attendee_id] = Place(
                one.attendee_id,
                one.endpoint_id,
                one.unit_id,
                one.removed_at is None and one.origin != GUEST,
                one.attendee_id in found.away,
                tuple(ways.get(one.attendee_id, ())),
            )
    for attendee_id in (events.keys() | changes.keys()) - places.keys():
        endpoint_id = (
            min(events[attendee_id]).endpoint_id
            if events.get(attendee_id)
            else changes[attendee_id][0].endpoint_id
        )
        places[attendee_id] = Place(
            attendee_id, endpoint_id, found.units[endpoint_id], False, False, tuple(ways.get(attendee_id, ()))
        )
    return [
        rules.person(places[number], events.get(number, ()), changes.get(number, ()), frame)
        for number in sorted(places)
    ]


def _change(action: str, value: dict[str, str], start: datetime) -> Change:
    return Change(
        action == "add",
        int(value["endpoint_id"]),
        rules.millis_after(start, datetime.fromisoformat(value["from"])),
        rules.millis_after(start, datetime.fromisoformat(value["to"])),
    )
