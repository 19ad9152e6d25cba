"""What a group of deliveries becomes in one transaction: checked together, stored together, each told apart.

A handful of statements whatever the group's size; nothing is read for a single event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from confhub.checkin import limits, owing, store, whereabouts
from confhub.checkin.admitting import admit, refused_moment
from confhub.checkin.doors import Heard, Verdict
from confhub.checkin.errors import (
    BadgeUnknown,
    BeforeSession,
    GuestNeverCame,
    GuestsClosed,
    HeadsUnlikely,
    InFuture,
    KeyTaken,
    PersonAmbiguous,
    PersonNotInSession,
    PersonUnknown,
    TooManyGuests,
    VisitUsed,
    WayClosed,
    WhoMissing,
)
from confhub.checkin.group import Delivery, Group, Listed, event_key, prepare, read_known
from confhub.checkin.models import CheckinDevice, CheckinMove, PhoneTrace
from confhub.checkin.phone_errors import DeviceTaken
from confhub.checkin.values import Named, PersonKind, Result, RoomEvent, RoomHeads, Told, Way
from confhub.db.database import Tx
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import UnitId
from confhub.people import store as people
from confhub.people.rules import clean_draft
from confhub.people.values import PersonDraft
from confhub.rosters import store as rosters
from confhub.sessions.errors import AttendanceSealed, RoomNotInSession, SessionCancelled, SessionUnknown
from confhub.sessions.values import SessionState

ALWAYS_OPEN: Final = frozenset({Way.FILE, Way.OFFICER})
"""Ways that no policy closes: an officer stands behind them."""

_STATES: Final = {PersonKind.IN: "in", PersonKind.CONFIRM: "in", PersonKind.OUT: "out"}


async def write(tx: Tx, deliveries: Sequence[Delivery]) -> list[list[Told]]:
    """Store what is right of all deliveries; for each one, what became of its events and its head counts.

    Raises what one of them is refused with as a whole: SessionUnknown.
    """
    told: list[list[Told]] = []
    for one in await write_apart(tx, deliveries):
        if isinstance(one, DomainError):
            raise one
        told.append(one)
    return told


async def write_apart(tx: Tx, deliveries: Sequence[Delivery]) -> list[list[Told] | DomainError]:
    """As `write`; what a delivery is refused with as a whole stands in its place, the others are stored."""
    group = await prepare(tx, deliveries)
    good = [delivery for delivery in deliveries if delivery.session_id in group.sessions]
    stored = iter(await _write(tx, group, good) if good else ())
    return [
        next(stored)
        if delivery.session_id in group.sessions
        else SessionUnknown(field="session_id", session=delivery.session_id)
        for delivery in deliveries
    ]


async def _write(tx: Tx, group: Group, deliveries: Sequence[Delivery]) -> list[list[Told]]:
    told: list[list[Told]] = []
    for delivery in deliveries:
        answers = [await _event(tx, group, delivery, event) for event in delivery.events]
        answers += [_head(group, delivery, head) for head in delivery.heads]
        told.append(answers)
    if all(delivery.dry for delivery in deliveries):
        for key in group.known.keys() & group.rows.keys():
            del group.rows[key]  # as the database would say: it is there already
        return await _doubled(tx, group, deliveries, told)
    await _store(tx, group, max(delivery.received_at for delivery in deliveries))
    await owing.note(tx, group, deliveries)
    return await _doubled(tx, group, deliveries, told)


def _refusal(
    group: Group, delivery: Delivery, at: datetime, way: Way | None, kind: PersonKind | None = None
) -> DomainError | None:
    """What speaks against anything of this delivery at this moment, whoever it is."""
    refusal = _refusal_of_session(group, delivery, at, way)
    return refusal() if refusal is not None else refused_moment(group, delivery, at, kind)


def _refusal_of_session(
    group: Group, delivery: Delivery, at: datetime, way: Way | None
) -> type[DomainError] | None:  # fmt: skip
    session = group.sessions[delivery.session_id]
    if session.sealed:
        return AttendanceSealed
    if session.state == SessionState.CANCELLED.value:
        return SessionCancelled
    room = group.rooms.get((delivery.session_id, delivery.endpoint_id))
    if room is None or (room.removed_at is not None and at > room.removed_at):
        return RoomNotInSession
    if session.opened is None or at < session.opened - limits.EARLY:
        return BeforeSession
    if at > delivery.received_at + limits.AHEAD:
        return InFuture
    if way is not None and way not in session.ways and way not in ALWAYS_OPEN:
        return WayClosed
    return None


async def _event(tx: Tx, group: Group, delivery: Delivery, event: RoomEvent) -> Told:
    key = event_key(delivery.session_id, delivery.endpoint_id, event.key)
    refusal = _refusal(group, delivery, event.at, event.way, event.kind)
    if refusal is not None:
        return Told(event.key, Result.REFUSED, error=refusal)
    try:
        given = (event.attendee, event.badge, event.guest, event.named)
        if sum(who is not None for who in given) != 1:
            raise WhoMissing
        if event.guest is not None:
            person = await _guest(tx, group, delivery, event, key)
        else:
            person = _person(group, delivery, event)
            _room_for_phone(group, delivery)
            _own_phone(group, delivery, person)
            if key not in group.known and admit(group, delivery, event, person, key) is Verdict.CONSENT:
                return Told(event.key, Result.WAITING, person.attendee_id, name=person.name, at=event.at)
        if key in group.known:  # it changes nothing, perhaps taken back since; `_settled` says what it was
            return Told(event.key, Result.STORED, person.attendee_id, name=person.name, at=event.at)
        if event.badge is not None:
            _receive_guest(group, delivery, event, person)
        _take_device(group, delivery, person, event.at, key)
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
        if delivery.device is not None:
            group.traces[key] = _trace(group, delivery, key)
        heard = Heard(event.at, event.kind.value, delivery.endpoint_id, delivery.by)
        group.heard.setdefault((delivery.session_id, person.attendee_id), []).append(heard)
    elif (before["attendee_id"], before["kind"]) != (person.attendee_id, event.kind.value):
        return Told(event.key, Result.REFUSED, error=KeyTaken())
    result = Result.STORED if before is None else Result.DOUBLED
    return Told(event.key, result, person.attendee_id, name=person.name, at=event.at)


def _person(group: Group, delivery: Delivery, event: RoomEvent) -> Listed:
    """The person of the list that the event means; by a badge, one of the register who becomes a guest."""
    asked = event.attendee
    if event.badge is not None:
        asked = group.badges.get(event.badge)
        if asked is None:
            raise BadgeUnknown(field="badge")
    if event.named is not None:
        asked = _named(group, delivery, event.named)
    assert asked is not None, "exactly one of the four was given"
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
    return Listed(known.id, delivery.endpoint_id, "expected", None, False, known.name)


def _receive_guest(group: Group, delivery: Delivery, event: RoomEvent, person: Listed) -> None:
    """Whom a badge brought who is on no list of the session, once nothing speaks against the event: a refused
    one leaves no guest. Raises GuestNeverCame, TooManyGuests."""
    if (delivery.session_id, person.attendee_id) in group.listed:
        return
    if event.kind is PersonKind.OUT:
        raise GuestNeverCame(field="badge")
    _room_for_guest(group, delivery)
    unit_id = UnitId(group.register[person.attendee_id].unit_id)
    _add_guest(group, delivery, person.attendee_id, unit_id, person.name)


def _named(group: Group, delivery: Delivery, typed: Named) -> int:
    """The one of the session's list whom a code or a name fits."""
    found = group.named[delivery.session_id, typed]
    if not found:
        raise PersonNotInSession(field="code" if typed.code else "name")
    if len(found) > 1:
        raise PersonAmbiguous(field="name", name=typed.name)
    return found[0]


async def _guest(tx: Tx, group: Group, delivery: Delivery, event: RoomEvent, key: str) -> Listed:
    assert event.guest is not None, "asked for a guest only"
    before = group.known.get(key)
    row = group.rows.get(key)
    person_id = before[2] if before is not None else row["attendee_id"] if row is not None else None
    if person_id is not None:
        return group.listed.get((delivery.session_id, person_id)) or Listed(
            person_id, delivery.endpoint_id, "in", event.at, False, event.guest.name
        )
    if not group.sessions[delivery.session_id].guests:
        raise GuestsClosed(field="guest")
    if event.kind is PersonKind.OUT:
        raise GuestNeverCame(field="guest")
    if delivery.device is not None and (delivery.session_id, delivery.device) in group.devices:
        raise DeviceTaken
    _room_for_phone(group, delivery)
    _room_for_guest(group, delivery)
    unit_id = UnitId(group.rooms[delivery.session_id, delivery.endpoint_id].unit_id)
    draft = clean_draft(PersonDraft(event.guest.name, unit_id, position=event.guest.position))
    if delivery.dry:
        return Listed(0, delivery.endpoint_id, "expected", None, False, draft.name)
    person_id = await people.insert(tx, draft, delivery.received_at)
    return _add_guest(group, delivery, person_id, unit_id, draft.name)


def _room_for_phone(group: Group, delivery: Delivery) -> None:
    """A phone that is new in this session is one more for its room's bounds, whatever becomes of it."""
    new = delivery.device is not None and (delivery.session_id, delivery.device) not in group.devices
    phones = group.phones.get((delivery.session_id, delivery.endpoint_id))
    if new and phones is not None:
        phones.admit(delivery.code)


def _room_for_guest(group: Group, delivery: Delivery) -> None:
    room = (delivery.session_id, delivery.endpoint_id)
    if group.guests.get(room, 0) >= limits.GUESTS_A_ROOM_MAX:
        raise TooManyGuests(max=limits.GUESTS_A_ROOM_MAX)
    group.guests[room] = group.guests.get(room, 0) + 1


def _add_guest(group: Group, delivery: Delivery, person_id: int, unit_id: UnitId, name: str) -> Listed:
    if not delivery.dry:
        group.additions[delivery.session_id].append((person_id, delivery.endpoint_id, unit_id))
    listed = Listed(person_id, delivery.endpoint_id, "expected", None, False, name)
    group.listed[delivery.session_id, person_id] = listed
    return listed


def _own_phone(group: Group, delivery: Delivery, person: Listed) -> None:
    """One phone, one person, one session."""
    holder = group.devices.get((delivery.session_id, delivery.device or ""))
    if holder not in (None, person.attendee_id):
        raise DeviceTaken


def _take_device(group: Group, delivery: Delivery, person: Listed, at: datetime, key: str) -> None:
    """`key`: of the event; only one that is new takes the phone."""
    _own_phone(group, delivery, person)
    if delivery.device is not None and (delivery.session_id, delivery.device) not in group.devices:
        group.devices[delivery.session_id, delivery.device] = person.attendee_id
        group.new_devices.append(
            {
                "session_id": delivery.session_id,
                "device": delivery.device,
                "attendee_id": person.attendee_id,
                "at": at,
                "key": key,
            }
        )


def _trace(group: Group, delivery: Delivery, key: str) -> dict[str, Any]:
    room = group.rooms[delivery.session_id, delivery.endpoint_id]
    return {
        "key": key,
        "session_id": delivery.session_id,
        "endpoint_id": delivery.endpoint_id,
        "device": delivery.device,
        "code": delivery.code,
        "network": delivery.likeness.network,
        "browser": delivery.likeness.browser,
        "silent": not room.connected,
        "at": delivery.received_at,
    }


def _head(group: Group, delivery: Delivery, head: RoomHeads) -> Told:
    refusal = _refusal(group, delivery, head.at, None)
    if refusal is not None:
        return Told(head.key, Result.REFUSED, error=refusal)
    expected = group.expected.get((delivery.session_id, delivery.endpoint_id), 0)
    if not head.sure and limits.heads_far(head.people, expected):
        error = HeadsUnlikely(field="people", people=head.people, expected=expected)
        return Told(head.key, Result.REFUSED, error=error)
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


async def _store(tx: Tx, group: Group, now: datetime) -> None:
    for session_id, places in group.additions.items():
        await rosters.add_to_session(tx, session_id, places, rosters.GUEST, now)
    new = await store.add_events(tx, list(group.rows.values()))
    heads = await store.add_heads(tx, list(group.heads.values()))
    await read_known(tx, group, group.rows.keys() - new)
    for key in group.rows.keys() - new:  # stored before, and perhaps taken back since
        _forget(group, group.rows[key])
    group.rows = {key: row for key, row in group.rows.items() if key in new}
    group.heads = {key: row for key, row in group.heads.items() if key in heads}
    if traces := [trace for key, trace in group.traces.items() if key in new]:
        await tx.rows(tx.only_new(PhoneTrace), traces)
    if group.moves:
        await tx.rows(tx.only_new(CheckinMove), list(group.moves.values()))
    taken = [one for one in group.new_devices if one.pop("key") in new]
    if taken:
        await tx.rows(tx.only_new(CheckinDevice), taken)
    await _move_states(tx, group)
    touched = {row["session_id"] for row in (*group.rows.values(), *group.heads.values())}
    if late := [session_id for session_id in touched if group.sessions[session_id].ended]:
        await store.mark_stale(tx, late)


def _forget(group: Group, row: dict[str, Any]) -> None:
    heard = Heard(row["at"], row["kind"], row["endpoint_id"], row["by"])
    group.heard[row["session_id"], row["attendee_id"]].remove(heard)


async def _move_states(tx: Tx, group: Group) -> None:
    """Live presence follows what was heard of each person."""
    moved = {(row["session_id"], row["attendee_id"]) for row in group.rows.values()}
    if moved:
        rows = [whereabouts.row(*who, group.heard[who]) for who in sorted(moved)]
        await tx.rows(whereabouts.SET_IF_NEWER, rows)


async def _doubled(
    tx: Tx, group: Group, deliveries: Sequence[Delivery], told: list[list[Told]]
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


def _settled(group: Group, delivery: Delivery, event: RoomEvent, answer: Told) -> Told:
    if answer.result in (Result.REFUSED, Result.WAITING):
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
