"""Whether one event may come in by its door: the facts of a group, put before the table of `doors`."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from confhub.access.rules import allows
from confhub.checkin import limits
from confhub.checkin.doors import (
    Door,
    Heard,
    Moment,
    Person,
    Verdict,
    brought,
    decide,
    moment_of,
    place_at,
)
from confhub.checkin.errors import (
    MoveDeclined,
    NotAdmittedThen,
    NotOnRoomList,
    PersonNotInSession,
    SessionOver,
    TooManyMoves,
    TooManyVisitors,
)
from confhub.checkin.group import Delivery, Group, Listed, phones_among
from confhub.checkin.models import DECLINED, OPEN
from confhub.checkin.phone_errors import CameByOtherPhone, CameWithoutPhone
from confhub.checkin.values import PersonKind, RoomEvent, Way
from confhub.kernel.errors import DomainError
from confhub.kernel.permissions import Permission
from confhub.sessions.errors import AttendanceSealed

REFUSALS: Final[dict[Verdict, type[DomainError]]] = {
    Verdict.GUEST_ONLY: PersonNotInSession,
    Verdict.NOT_THIS_ROOM: NotOnRoomList,
    Verdict.OVER: SessionOver,
    Verdict.CLOSED: AttendanceSealed,
}


class Stand(NamedTuple):
    """Where somebody is at an event's moment. `other`: the room that answers for them, if it is not this
    one: where they sit, or else belong."""

    person: Person
    leaves: Heard | None
    other: int


def moment(group: Group, delivery: Delivery, at: datetime) -> Moment:
    """When it happened, as the table sees it."""
    session = group.sessions[delivery.session_id]
    return moment_of(at, delivery.received_at, session.started_at, session.ended_at, closed=session.sealed)


def refused_moment(
    group: Group, delivery: Delivery, at: datetime, kind: PersonKind | None
) -> DomainError | None:
    """What speaks against this moment, whoever it is. A check-out after the end says nothing and harms
    nobody; what happened before the end is taken from whoever was admitted then. `kind` None: heads."""
    when = moment(group, delivery, at)
    if when is Moment.OVER and kind in (PersonKind.IN, PersonKind.CONFIRM):
        return SessionOver(field="at")
    admitted = delivery.admitted_at
    if when is Moment.LATE and admitted is not None and at < admitted - limits.EARLY:
        return NotAdmittedThen(field="at")
    return None


def stand(group: Group, delivery: Delivery, person: Listed, at: datetime) -> Stand:
    """Where the person belongs and sits, seen from this delivery's room."""
    heard = group.heard.get((delivery.session_id, person.attendee_id), ())
    here = delivery.endpoint_id
    place = place_at(heard, at)
    leaves = place if place is not None and place.endpoint_id != here else None
    received = any(one.endpoint_id == here and one.kind != PersonKind.OUT for one in heard)
    known = Person.HERE if person.endpoint_id == here or received else Person.ELSEWHERE
    return Stand(known, leaves, leaves.endpoint_id if leaves is not None else person.endpoint_id)


def admit(group: Group, delivery: Delivery, event: RoomEvent, person: Listed, key: str) -> Verdict:
    """`ALLOWED`, `VISITOR` or `CONSENT`; raises what the table refuses with.

    A request that stands already is asked for once more; one that was declined stays so.
    """
    where = stand(group, delivery, person, event.at)
    if event.badge is None and delivery.device is not None:
        _check_phone(group, delivery, event, person)
    if event.kind is PersonKind.OUT:  # takes nobody away from anywhere: says that the stay here is over
        if where.person is Person.ELSEWHERE:
            raise NotOnRoomList(field="attendee")
        return Verdict.ALLOWED
    when = moment(group, delivery, event.at)
    door = _door(group, delivery, event, person, where)
    verdict = decide(door, where.person, when, leaves=where.leaves is not None)
    if verdict in REFUSALS:
        raise REFUSALS[verdict](field="attendee")
    if verdict is Verdict.VISITOR and event.named is not None:
        _receive(group, delivery)
    if verdict is Verdict.CONSENT:
        _ask(group, delivery, event, person, where.other, key)
    return verdict


def _check_phone(group: Group, delivery: Delivery, event: RoomEvent, person: Listed) -> None:
    """A name alone, typed on a phone, neither sends somebody away nor answers for them.

    Away goes who was brought by this phone. For somebody who is here a phone answers (a check-in answers as a
    confirmation does) that counts for them, or the first one to do so: on 130 phones, not in a queue at the
    tablet. Who is in no room comes by any phone.
    """
    assert delivery.device is not None, "asked for phones only"
    heard = group.heard.get((delivery.session_id, person.attendee_id), ())
    place = place_at(heard, event.at)
    if event.kind is PersonKind.IN and (place is None or place.endpoint_id != delivery.endpoint_id):
        return
    holds = group.devices.get((delivery.session_id, delivery.device)) == person.attendee_id
    if holds and (event.kind is not PersonKind.OUT or brought(heard, delivery.by)):
        return
    others = phones_among(heard) - {delivery.device}
    if any(group.devices.get((delivery.session_id, one)) == person.attendee_id for one in others):
        raise CameByOtherPhone(field="attendee")
    if event.kind is PersonKind.OUT:
        raise CameWithoutPhone(field="attendee")


def _door(group: Group, delivery: Delivery, event: RoomEvent, person: Listed, where: Stand) -> Door:
    if event.way is Way.FILE:
        return Door.FILE
    holder = group.devices.get((delivery.session_id, delivery.device or ""))
    if holder == person.attendee_id and (where.leaves is None or where.leaves.by == delivery.by):
        return Door.OWN_PHONE
    if delivery.actor is not None:
        path = group.paths.get((delivery.session_id, where.other))
        if path is not None and allows(delivery.actor, Permission.CHECKIN_RUN, path):
            return Door.OFFICER
    if event.badge is not None:
        return Door.BADGE
    if event.named is not None:
        return Door.NAMED
    if delivery.device is not None:
        return Door.PHONE
    return Door.OPERATOR if delivery.actor is not None else Door.TABLET


def _receive(group: Group, delivery: Delivery) -> None:
    room = (delivery.session_id, delivery.endpoint_id)
    if group.visitors.get(room, 0) >= limits.VISITORS_A_ROOM_MAX:
        raise TooManyVisitors(max=limits.VISITORS_A_ROOM_MAX)
    group.visitors[room] = group.visitors.get(room, 0) + 1


def _ask(group: Group, delivery: Delivery, event: RoomEvent, person: Listed, other: int, key: str) -> None:
    state = group.asked.get(key)
    if state == DECLINED:
        raise MoveDeclined(field="attendee")
    if state is not None or key in group.moves:
        return
    asks = (delivery.session_id, delivery.by)
    most = limits.MOVES_OPEN_MAX if delivery.device is None else limits.PHONE_MOVES_OPEN_MAX
    if group.open_moves.get(asks, 0) >= most:
        raise TooManyMoves(field="attendee", max=most)
    group.open_moves[asks] = group.open_moves.get(asks, 0) + 1
    group.moves[key] = {
        "session_id": delivery.session_id,
        "from_endpoint_id": other,
        "endpoint_id": delivery.endpoint_id,
        "attendee_id": person.attendee_id,
        "kind": event.kind.value,
        "way": event.way.value,
        "at": event.at,
        "received_at": delivery.received_at,
        "by": delivery.by,
        "key": key,
        "state": OPEN,
    }
