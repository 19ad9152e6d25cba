"""What a group of deliveries becomes in one transaction: checked together, stored together, each told apart.

A handful of statements whatever the group's size; nothing is read for a single event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from confhub.attendance.roomlog import OFFSET_TOLERATED
from confhub.checkin import limits, store
from confhub.checkin.errors import (
    AttendanceSealed,
    BadgeUnknown,
    BeforeSession,
    DeviceTaken,
    GuestsClosed,
    InFuture,
    KeyTaken,
    PersonNotInSession,
    PersonUnknown,
    RoomNotInSession,
    SessionCancelled,
    TooManyGuests,
    VisitUsed,
    WayClosed,
    WhoMissing,
)
from confhub.checkin.models import CheckinDevice, CheckinPolicy, PersonEvent, PersonKind, Way
from confhub.checkin.values import Policy, Result, RoomEvent, RoomHeads, Told
from confhub.db.database import Tx
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.people import store as people
from confhub.people.models import AttendeeRow
from confhub.people.rules import clean_draft
from confhub.people.values import PersonDraft
from confhub.rosters import store as rosters
from confhub.rosters.models import SessionAttendee, SessionRoster
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import MeetingSession, SessionChange, SessionEndpoint
from confhub.sessions.values import SessionState

ALWAYS_OPEN: Final = frozenset({Way.FILE, Way.OFFICER})
"""Ways that no policy closes: an officer stands behind them."""

_STATES: Final = {PersonKind.IN: "in", PersonKind.CONFIRM: "in", PersonKind.OUT: "out"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request brought. `at` of its events is the hub's clock already. `device`: a phone's."""

    session_id: SessionId
    endpoint_id: EndpointId
    by: str
    received_at: datetime
    events: tuple[RoomEvent, ...] = ()
    heads: tuple[RoomHeads, ...] = ()
    device: str | None = None
    dry: bool = False

    @property
    def weight(self) -> int:
        return len(self.events) + len(self.heads)


@dataclass(slots=True)
class _Session:
    """What a session's deliveries are checked against."""

    opened: datetime | None
    state: str
    sealed: bool
    ended: bool
    ways: frozenset[Way]
    guests: bool
    frozen: bool


@dataclass(slots=True)
class _Listed:
    """A person of the session's list."""

    attendee_id: int
    endpoint_id: int
    state: str
    state_at: datetime | None
    removed: bool
    name: str


@dataclass(slots=True)
class _Group:
    """A group's own memory, for the length of one transaction."""

    sessions: dict[int, _Session]
    rooms: dict[tuple[int, int], tuple[int, datetime | None]]
    listed: dict[tuple[int, int], _Listed] = field(default_factory=dict)
    badges: dict[str, int] = field(default_factory=dict)
    register: dict[int, people.PersonName] = field(default_factory=dict)
    devices: dict[tuple[int, str], int] = field(default_factory=dict)
    known: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    """Key of a stored event → (session, kind, person)."""
    guests: dict[tuple[int, int], int] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    new_devices: list[dict[str, Any]] = field(default_factory=list)


def event_key(session_id: int, endpoint_id: int, key: str) -> str:
    """The key an event is stored under: the same key of another room or session is another event."""
    return f"{session_id}.{endpoint_id}:{key}"


def offset_of(received_at: datetime, sent_at: datetime | None, newest: datetime | None) -> timedelta:
    """What to add to a device's times to have the hub's, as with rooms' logs: zero within two seconds.

    Without `sent_at` only a clock ahead is noticed, by its newest event.
    """
    if sent_at is not None:
        offset = received_at - sent_at
    else:
        offset = min(received_at - newest, timedelta(0)) if newest is not None else timedelta(0)
    return offset if abs(offset) > OFFSET_TOLERATED else timedelta(0)


async def write(tx: Tx, deliveries: Sequence[Delivery]) -> list[list[Told]]:
    """Store what is right of all deliveries; for each one, what became of its events and its head counts.

    A session that does not exist raises SessionUnknown: its delivery is then tried, and told, alone.
    """
    group = await _prepare(tx, deliveries)
    told: list[list[Told]] = []
    for delivery in deliveries:
        answers = [await _event(tx, group, delivery, event) for event in delivery.events]
        answers += [_head(group, delivery, head) for head in delivery.heads]
        told.append(answers)
    if all(delivery.dry for delivery in deliveries):
        return told
    await _store(tx, group)
    return await _doubled(tx, group, deliveries, told)


async def _prepare(tx: Tx, deliveries: Sequence[Delivery]) -> _Group:
    session_ids = {delivery.session_id for delivery in deliveries}
    group = _Group(
        await _sessions(tx, session_ids), await _rooms(tx, session_ids, {d.endpoint_id for d in deliveries})
    )
    if missing := session_ids - group.sessions.keys():
        raise SessionUnknown(field="session_id", session=min(missing))
    now = max(delivery.received_at for delivery in deliveries)
    for session_id, session in group.sessions.items():
        if not session.frozen and session.opened is not None and not session.sealed:
            await rosters.freeze(tx, session_id, now)
    events = [event for delivery in deliveries for event in delivery.events]
    if badges := {event.badge for event in events if event.badge is not None}:
        group.badges = await people.by_badges(tx, badges)
    wanted: dict[int, set[int]] = defaultdict(set)
    for delivery in deliveries:
        for event in delivery.events:
            person = event.attendee if event.badge is None else group.badges.get(event.badge)
            if person is not None:
                wanted[delivery.session_id].add(person)
    await _read_listed(tx, group, wanted)
    strangers = {person for sid, ids in wanted.items() for person in ids if (sid, person) not in group.listed}
    if strangers:
        group.register = await people.names(tx, strangers)
        await _read_listed(
            tx,
            group,
            {
                sid: {group.register[person].id for person in ids if person in group.register}
                for sid, ids in wanted.items()
            },
        )
    await _read_devices(tx, group, deliveries)
    if any(event.guest is not None for event in events):
        await _read_guests(tx, group, deliveries)
    return group


async def _sessions(tx: Tx, session_ids: Iterable[int]) -> dict[int, _Session]:
    """Shared locks: nobody seals a session while a group writes into it."""
    s, c, p, r = MeetingSession, SessionChange, CheckinPolicy, SessionRoster
    opened = (
        select(func.min(c.at))
        .where(c.session_id == s.id, c.state.in_([SessionState.LOBBY.value, SessionState.LIVE.value]))
        .correlate(s)
        .scalar_subquery()
    )
    rows = await tx.execute(
        select(s.id, opened, s.state, s.sealed_at, s.actual_end, p.ways, p.guests, r.frozen_at)
        .outerjoin(p, p.session_id == s.id)
        .outerjoin(r, r.session_id == s.id)
        .where(s.id.in_(list(session_ids)))
        .with_for_update(read=True, of=s)
    )
    default = Policy()
    return {
        sid: _Session(
            opened_at,
            state,
            sealed is not None,
            ended is not None,
            frozenset(default.ways if ways is None else map(Way, filter(None, ways.split(",")))),
            default.guests if guests is None else guests,
            frozen is not None,
        )
        for sid, opened_at, state, sealed, ended, ways, guests, frozen in rows
    }


async def _rooms(
    tx: Tx, session_ids: set[SessionId], endpoint_ids: set[EndpointId]
) -> dict[tuple[int, int], tuple[int, datetime | None]]:
    e = SessionEndpoint
    query = select(e.session_id, e.endpoint_id, e.unit_id, e.removed_at).where(e.session_id.in_(session_ids))
    found: dict[tuple[int, int], tuple[int, datetime | None]] = {}
    for part in store.parts(endpoint_ids):
        for session_id, endpoint_id, unit_id, removed in await tx.execute(
            query.where(e.endpoint_id.in_(part))
        ):
            found[session_id, endpoint_id] = (unit_id, removed)
    return found


async def _read_listed(tx: Tx, group: _Group, wanted: dict[int, set[int]]) -> None:
    a = SessionAttendee
    query = select(
        a.attendee_id, a.endpoint_id, a.state, a.state_at, a.removed_at, AttendeeRow.name
    ).join(AttendeeRow, AttendeeRow.id == a.attendee_id)  # fmt: skip
    for session_id, ids in wanted.items():
        for part in store.parts(ids):
            rows = await tx.execute(query.where(a.session_id == session_id, a.attendee_id.in_(part)))
            for person, endpoint_id, state, state_at, removed, name in rows:
                group.listed[session_id, person] = _Listed(
                    person, endpoint_id, state, state_at, removed is not None, name
                )


async def _read_devices(tx: Tx, group: _Group, deliveries: Sequence[Delivery]) -> None:
    wanted: dict[int, set[str]] = defaultdict(set)
    for delivery in deliveries:
        if delivery.device is not None:
            wanted[delivery.session_id].add(delivery.device)
    d = CheckinDevice
    for session_id, devices in wanted.items():
        for part in store.parts(devices):
            query = select(d.device, d.attendee_id).where(d.session_id == session_id, d.device.in_(part))
            for device, person in await tx.execute(query):
                group.devices[session_id, device] = person


async def _read_guests(tx: Tx, group: _Group, deliveries: Sequence[Delivery]) -> None:
    """Guests that were stored before, by key; and how many each room has."""
    keys = {
        event_key(delivery.session_id, delivery.endpoint_id, event.key)
        for delivery in deliveries
        for event in delivery.events
        if event.guest is not None
    }
    await _read_known(tx, group, keys)
    a = SessionAttendee
    rows = await tx.execute(
        select(a.session_id, a.endpoint_id, func.count())
        .where(
            a.session_id.in_({d.session_id for d in deliveries}),
            a.endpoint_id.in_({d.endpoint_id for d in deliveries}),
            a.origin == rosters.GUEST,
        )
        .group_by(a.session_id, a.endpoint_id)
    )
    for session_id, endpoint_id, guests in rows:
        group.guests[session_id, endpoint_id] = guests


async def _read_known(tx: Tx, group: _Group, keys: Iterable[str]) -> None:
    e = PersonEvent
    for part in store.parts(keys):
        rows = await tx.execute(
            select(e.key, e.session_id, e.kind, e.attendee_id).where(e.key.in_(part))
        )  # fmt: skip
        for key, session_id, kind, person in rows:
            group.known[key] = (session_id, kind, person)


def _refusal(
    group: _Group, delivery: Delivery, at: datetime, way: Way | None
) -> type[DomainError] | None:  # fmt: skip
    """What speaks against anything of this delivery at this moment, whoever it is."""
    session = group.sessions[delivery.session_id]
    if session.sealed:
        return AttendanceSealed
    if session.state == SessionState.CANCELLED.value:
        return SessionCancelled
    room = group.rooms.get((delivery.session_id, delivery.endpoint_id))
    if room is None or (room[1] is not None and at > room[1]):
        return RoomNotInSession
    if session.opened is None or at < session.opened - limits.EARLY:
        return BeforeSession
    if at > delivery.received_at + limits.AHEAD:
        return InFuture
    if way is not None and way not in session.ways and way not in ALWAYS_OPEN:
        return WayClosed
    return None


async def _event(tx: Tx, group: _Group, delivery: Delivery, event: RoomEvent) -> Told:
    refusal = _refusal(group, delivery, event.at, event.way)
    if refusal is not None:
        return Told(event.key, Result.REFUSED, error=refusal())
    key = event_key(delivery.session_id, delivery.endpoint_id, event.key)
    try:
        if sum(who is not None for who in (event.attendee, event.badge, event.guest)) != 1:
            raise WhoMissing
        if event.guest is not None:
            person = await _guest(tx, group, delivery, event, key)
        else:
            person = await _person(tx, group, delivery, event)
        _take_device(group, delivery, person, event.at)
    except DomainError as error:
        return Told(event.key, Result.REFUSED, error=error)
    before = group.rows.get(key)
    if before is None:
        group.rows[key] = {
            "session_id": delivery.session_id,
            "endpoint_id": delivery.endpoint_id,
            "attendee_id": person.attendee_id,
            "kind": event.kind.value,
            "way": event.way.value,
            "at": event.at,
            "received_at": delivery.received_at,
            "by": delivery.by,
            "key": key,
        }
    elif (before["attendee_id"], before["kind"]) != (person.attendee_id, event.kind.value):
        return Told(event.key, Result.REFUSED, error=KeyTaken())
    result = Result.STORED if before is None else Result.DOUBLED
    return Told(event.key, result, person.attendee_id, name=person.name, at=event.at)


async def _person(tx: Tx, group: _Group, delivery: Delivery, event: RoomEvent) -> _Listed:
    """The person of the list that the event means; one of the register becomes a guest by a badge."""
    asked = event.attendee
    if event.badge is not None:
        asked = group.badges.get(event.badge)
        if asked is None:
            raise BadgeUnknown(field="badge")
    assert asked is not None, "exactly one of the three was given"
    found = group.listed.get((delivery.session_id, asked))
    if found is None and asked in group.register:
        asked = group.register[asked].id
        found = group.listed.get((delivery.session_id, asked))
    if found is not None and not found.removed:
        return found
    known = group.register.get(asked)
    if found is None and known is None:
        raise PersonUnknown(field="attendee")
    if event.badge is None or not group.sessions[delivery.session_id].guests:
        raise PersonNotInSession(field="attendee")
    if found is not None:
        return found  # taken off the list: present all the same, expected no more
    assert known is not None, "who is not on the list was looked up in the register"
    _room_for_guest(group, delivery)
    return await _add_guest(tx, group, delivery, known.id, UnitId(known.unit_id), known.name)


async def _guest(tx: Tx, group: _Group, delivery: Delivery, event: RoomEvent, key: str) -> _Listed:
    assert event.guest is not None, "asked for a guest only"
    before = group.known.get(key)
    row = group.rows.get(key)
    person_id = before[2] if before is not None else row["attendee_id"] if row is not None else None
    if person_id is not None:
        return group.listed.get((delivery.session_id, person_id)) or _Listed(
            person_id, delivery.endpoint_id, "in", event.at, False, event.guest.name
        )
    if not group.sessions[delivery.session_id].guests:
        raise GuestsClosed(field="guest")
    if delivery.device is not None and (delivery.session_id, delivery.device) in group.devices:
        raise DeviceTaken
    _room_for_guest(group, delivery)
    unit_id = UnitId(group.rooms[delivery.session_id, delivery.endpoint_id][0])
    draft = clean_draft(PersonDraft(event.guest.name, unit_id, position=event.guest.position))
    if delivery.dry:
        return _Listed(0, delivery.endpoint_id, "expected", None, False, draft.name)
    person_id = await people.insert(tx, draft, delivery.received_at)
    return await _add_guest(tx, group, delivery, person_id, unit_id, draft.name)


def _room_for_guest(group: _Group, delivery: Delivery) -> None:
    room = (delivery.session_id, delivery.endpoint_id)
    if group.guests.get(room, 0) >= limits.GUESTS_A_ROOM_MAX:
        raise TooManyGuests(max=limits.GUESTS_A_ROOM_MAX)
    group.guests[room] = group.guests.get(room, 0) + 1


async def _add_guest(
    tx: Tx, group: _Group, delivery: Delivery, person_id: int, unit_id: UnitId, name: str
) -> _Listed:
    if not delivery.dry:
        await rosters.add_to_session(
            tx,
            delivery.session_id,
            person_id,
            delivery.endpoint_id,
            unit_id,
            rosters.GUEST,
            delivery.received_at,
        )
    listed = _Listed(person_id, delivery.endpoint_id, "expected", None, False, name)
    group.listed[delivery.session_id, person_id] = listed
    return listed


def _take_device(group: _Group, delivery: Delivery, person: _Listed, at: datetime) -> None:
    """One phone, one person, one session."""
    if delivery.device is None:
        return
    holder = group.devices.get((delivery.session_id, delivery.device))
    if holder is None:
        group.devices[delivery.session_id, delivery.device] = person.attendee_id
        group.new_devices.append(
            {
                "session_id": delivery.session_id,
                "device": delivery.device,
                "attendee_id": person.attendee_id,
                "at": at,
            }
        )
    elif holder != person.attendee_id:
        raise DeviceTaken


def _head(group: _Group, delivery: Delivery, head: RoomHeads) -> Told:
    refusal = _refusal(group, delivery, head.at, None)
    if refusal is not None:
        return Told(head.key, Result.REFUSED, error=refusal())
    key = event_key(delivery.session_id, delivery.endpoint_id, head.key)
    if key in group.heads:
        return Told(head.key, Result.DOUBLED, at=head.at)
    group.heads[key] = {
        "session_id": delivery.session_id,
        "endpoint_id": delivery.endpoint_id,
        "people": head.people,
        "at": head.at,
        "received_at": delivery.received_at,
        "by": delivery.by,
        "key": key,
    }
    return Told(head.key, Result.STORED, at=head.at)


async def _store(tx: Tx, group: _Group) -> None:
    new = await store.add_events(tx, list(group.rows.values()))
    heads = await store.add_heads(tx, list(group.heads.values()))
    await _read_known(tx, group, group.rows.keys() - new)
    group.rows = {key: row for key, row in group.rows.items() if key in new}
    group.heads = {key: row for key, row in group.heads.items() if key in heads}
    if group.new_devices:
        await (await tx.connection()).execute(
            store.upsert(tx, CheckinDevice).on_conflict_do_nothing(), group.new_devices
        )
    await _move_states(tx, group)
    touched = {row["session_id"] for row in (*group.rows.values(), *group.heads.values())}
    if late := [session_id for session_id in touched if group.sessions[session_id].ended]:
        await store.mark_stale(tx, late)
    for session_id in touched:
        tx.tell("checkin.events", session_id)


_MOVE = (
    update(SessionAttendee.__table__)  # type: ignore[arg-type]
    .where(
        SessionAttendee.session_id == bindparam("of_session"),
        SessionAttendee.attendee_id == bindparam("of_person"),
        SessionAttendee.state_at.is_(None) | (SessionAttendee.state_at <= bindparam("new_at")),
    )
    .values(state=bindparam("new_state"), state_at=bindparam("new_at"))
)


async def _move_states(tx: Tx, group: _Group) -> None:
    """Live presence follows the newest event of each person."""
    newest: dict[tuple[int, int], dict[str, Any]] = {}
    for row in group.rows.values():
        who = (row["session_id"], row["attendee_id"])
        if who not in newest or newest[who]["new_at"] <= row["at"]:
            newest[who] = {
                "of_session": who[0],
                "of_person": who[1],
                "new_at": row["at"],
                "new_state": _STATES[PersonKind(row["kind"])],
            }
    if newest:
        await (await tx.connection()).execute(_MOVE, [newest[who] for who in sorted(newest)])


async def _doubled(
    tx: Tx, group: _Group, deliveries: Sequence[Delivery], told: list[list[Told]]
) -> list[list[Told]]:
    """The answers, now that the database said which keys were new."""
    answers: list[list[Told]] = []
    for delivery, one in zip(deliveries, told, strict=True):
        events = [
            _settled(group, delivery, event, answer)
            for event, answer in zip(delivery.events, one, strict=False)
        ]
        heads = [
            answer
            if answer.result is not Result.STORED
            or event_key(delivery.session_id, delivery.endpoint_id, head.key) in group.heads
            else Told(head.key, Result.DOUBLED, at=head.at)
            for head, answer in zip(delivery.heads, one[len(delivery.events) :], strict=True)
        ]
        answers.append([*events, *heads])
    return answers


def _settled(group: _Group, delivery: Delivery, event: RoomEvent, answer: Told) -> Told:
    if answer.result is Result.REFUSED:
        return answer
    key = event_key(delivery.session_id, delivery.endpoint_id, event.key)
    if key in group.rows:
        return answer
    session_id, kind, person = group.known.get(key, (delivery.session_id, event.kind.value, answer.attendee))
    if (session_id, kind) != (delivery.session_id, event.kind.value) or (
        event.guest is None and person != answer.attendee
    ):
        return Told(event.key, Result.REFUSED, error=KeyTaken())
    if delivery.device is not None and answer.attendee is not None:
        listed = group.listed.get((delivery.session_id, answer.attendee))
        if listed is not None and listed.state != _STATES[event.kind]:
            return Told(event.key, Result.REFUSED, error=VisitUsed())
    return Told(event.key, Result.DOUBLED, person, name=answer.name, at=answer.at)
