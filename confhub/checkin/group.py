"""What a group of deliveries is checked against, read in a handful of statements whatever its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from confhub.access.rules import Actor
from confhub.checkin import bounds, limits, named, store
from confhub.checkin import group_queries as queries
from confhub.checkin.bounds import RoomPhones
from confhub.checkin.doors import Heard
from confhub.checkin.undone import DEVICE
from confhub.checkin.values import UNLIKE, Likeness, Named, Policy, RoomEvent, RoomHeads, Way
from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId, SessionId
from confhub.people import store as people
from confhub.rosters import store as rosters
from confhub.sessions.values import RoomState


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request brought. `at` of its events is the hub's clock already. `device`: a phone's.

    `actor`: an account that speaks for the room; its rights say which rooms it may speak for as well.
    `admitted_at`: since when the teller's door has been open, None where it has no past to answer for.
    `code`, `likeness`: of a phone's visit.
    """

    session_id: SessionId
    endpoint_id: EndpointId
    by: str
    received_at: datetime
    events: tuple[RoomEvent, ...] = ()
    heads: tuple[RoomHeads, ...] = ()
    device: str | None = None
    dry: bool = False
    actor: Actor | None = None
    admitted_at: datetime | None = None
    code: str = ""
    likeness: Likeness = UNLIKE
    waiting: int | None = None
    """What its sender says waits on it for this session after this one; None: it says nothing of that."""

    @property
    def weight(self) -> int:
        return len(self.events) + len(self.heads)


@dataclass(slots=True)
class SessionGate:
    """What a session's deliveries are checked against: whether it lets them in."""

    opened: datetime | None
    state: str
    sealed: bool
    started_at: datetime | None
    ended_at: datetime | None
    ways: frozenset[Way]
    guests: bool
    frozen: bool

    @property
    def ended(self) -> bool:
        return self.ended_at is not None


@dataclass(slots=True)
class Listed:
    """A person of the session's list."""

    attendee_id: int
    endpoint_id: int
    state: str
    state_at: datetime | None
    removed: bool
    name: str


class Room(NamedTuple):
    """A room of a session. `connected`: its machine is in the session now."""

    unit_id: int
    removed_at: datetime | None
    connected: bool


@dataclass(slots=True)
class Group:
    """A group's own memory, for the length of one transaction."""

    sessions: dict[int, SessionGate]
    rooms: dict[tuple[int, int], Room]
    listed: dict[tuple[int, int], Listed] = field(default_factory=dict)
    badges: dict[str, int] = field(default_factory=dict)
    register: dict[int, people.PersonName] = field(default_factory=dict)
    devices: dict[tuple[int, str], int] = field(default_factory=dict)
    known: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    """Key of a stored event → (session, kind, person)."""
    heard: dict[tuple[int, int], list[Heard]] = field(default_factory=dict)
    """(session, person) → what was told before and stands; only of those of whom it matters."""
    paths: dict[tuple[int, int], str] = field(default_factory=dict)
    """(session, room) → its unit's path: the rooms that these people belong to or sit in."""
    moves: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    """Key of a move that was asked for before → what became of it."""
    phones: dict[tuple[int, int], RoomPhones] = field(default_factory=dict)
    traces: dict[str, dict[str, Any]] = field(default_factory=dict)
    open_moves: dict[tuple[int, str], int] = field(default_factory=dict)
    """(session, who asks) → their requests that nobody has answered."""
    guests: dict[tuple[int, int], int] = field(default_factory=dict)
    named: dict[tuple[int, Named], list[int]] = field(default_factory=dict)
    """(session, code or name) → those of the session's list whom it fits."""
    visitors: dict[tuple[int, int], int] = field(default_factory=dict)
    """(session, room) → people of other rooms' lists who are there; read where a name was given."""
    expected: dict[tuple[int, int], int] = field(default_factory=dict)
    """(session, room) → people on its list; read where a number is out of the ordinary."""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    new_devices: list[dict[str, Any]] = field(default_factory=list)
    additions: defaultdict[int, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))
    """Session → guests who are new on its list: (person, room, unit)."""


def event_key(session_id: int, endpoint_id: int, key: str) -> str:
    """The key an event is stored under: the same key of another room or session is another event."""
    return f"{session_id}.{endpoint_id}:{key}"


async def prepare(tx: Tx, deliveries: Sequence[Delivery]) -> Group:
    """Everything that these deliveries are checked against; `sessions` lacks those that do not exist, and
    nothing more is read of them. Freezes the lists of sessions that are open and not frozen yet."""
    session_ids = {delivery.session_id for delivery in deliveries}
    group = Group(
        await _sessions(tx, session_ids), await _rooms(tx, session_ids, {d.endpoint_id for d in deliveries})
    )
    deliveries = [delivery for delivery in deliveries if delivery.session_id in group.sessions]
    if not deliveries:
        return group
    now = max(delivery.received_at for delivery in deliveries)
    for session_id, session in group.sessions.items():
        if not session.frozen and session.opened is not None and not session.sealed:
            await rosters.freeze(tx, session_id, now)
    events = [event for delivery in deliveries for event in delivery.events]
    if badges := {event.badge for event in events if event.badge is not None}:
        group.badges = await people.by_badges(tx, badges)
    await named.read(tx, group.named, group.visitors, _typed(deliveries))
    wanted: dict[int, set[int]] = defaultdict(set)
    for delivery in deliveries:
        for event in delivery.events:
            person = meant(group, delivery.session_id, event)
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
    await _read_expected(tx, group, deliveries)
    await _read_devices(tx, group, ((d.session_id, d.device) for d in deliveries if d.device is not None))
    await _read_phones(tx, group, deliveries)
    await _read_whereabouts(tx, group, deliveries)
    if any(event.guest is not None for event in events):
        await _read_guests(tx, group, deliveries)
    return group


def _typed(deliveries: Iterable[Delivery]) -> dict[tuple[int, int], set[Named]]:
    """(session, room) → the codes and names that were typed there."""
    typed: dict[tuple[int, int], set[Named]] = defaultdict(set)
    for delivery in deliveries:
        for event in delivery.events:
            if event.named is not None:
                typed[delivery.session_id, delivery.endpoint_id].add(event.named)
    return typed


async def _sessions(tx: Tx, session_ids: Iterable[int]) -> dict[int, SessionGate]:
    """Shared locks: nobody seals a session while a group writes into it."""
    rows = await tx.rows(queries.SESSIONS, {"sessions": list(session_ids)})
    default = Policy()
    return {
        sid: SessionGate(
            opened_at,
            state,
            sealed is not None,
            started,
            ended,
            frozenset(default.ways if ways is None else map(Way, filter(None, ways.split(",")))),
            default.guests if guests is None else guests,
            frozen is not None,
        )
        for sid, opened_at, state, sealed, started, ended, ways, guests, frozen in rows
    }  # fmt: skip


async def _rooms(
    tx: Tx, session_ids: set[SessionId], endpoint_ids: set[EndpointId]
) -> dict[tuple[int, int], Room]:
    found: dict[tuple[int, int], Room] = {}
    for part in store.parts(endpoint_ids):
        asked = {"sessions": list(session_ids), "rooms": part}
        for session_id, endpoint_id, unit_id, removed, state in await tx.rows(queries.ROOMS, asked):
            found[session_id, endpoint_id] = Room(unit_id, removed, state == RoomState.JOINED.value)
    return found


async def _read_listed(tx: Tx, group: Group, wanted: dict[int, set[int]]) -> None:
    for session_id, ids in wanted.items():
        for part in store.parts(ids):
            rows = await tx.rows(queries.LISTED, {"session": session_id, "people": part})
            for person, endpoint_id, state, state_at, removed, name in rows:
                group.listed[session_id, person] = Listed(
                    person, endpoint_id, state, state_at, removed is not None, name
                )


async def _read_expected(tx: Tx, group: Group, deliveries: Sequence[Delivery]) -> None:
    """How many are expected in the rooms that declare a number out of the ordinary."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for delivery in deliveries:
        if any(not one.sure and limits.heads_far(one.people, 0) for one in delivery.heads):
            wanted[delivery.session_id].add(delivery.endpoint_id)
    for session_id, rooms in wanted.items():
        asked = {"session": session_id, "rooms": list(rooms)}
        for endpoint_id, people_there in await tx.rows(bounds.LISTED, asked):
            group.expected[session_id, endpoint_id] = people_there


async def _read_devices(tx: Tx, group: Group, wanted: Iterable[tuple[int, str]]) -> None:
    """Of whom these phones are. `wanted`: (session, phone)."""
    by_session: dict[int, set[str]] = defaultdict(set)
    for session_id, device in wanted:
        by_session[session_id].add(device)
    for session_id, devices in by_session.items():
        for part in store.parts(devices):
            for device, person in await tx.rows(queries.DEVICES, {"session": session_id, "devices": part}):
                group.devices[session_id, device] = person


async def _read_phones(tx: Tx, group: Group, deliveries: Sequence[Delivery]) -> None:
    """The bounds of rooms in which a phone is new. One that is known already is no further one."""
    wanted: dict[int, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        if delivery.device is not None and (delivery.session_id, delivery.device) not in group.devices:
            wanted[delivery.session_id].append(delivery)
    for session_id, new in wanted.items():
        rooms, now = {one.endpoint_id for one in new}, max(one.received_at for one in new)
        found = await bounds.phones(tx, session_id, rooms, {one.code for one in new}, now)
        group.phones |= {(session_id, room): phones for room, phones in found.items()}


async def _read_whereabouts(tx: Tx, group: Group, deliveries: Sequence[Delivery]) -> None:
    """Where people are of whom a door must know it: those of another room's list, and those who have been
    told of before. Whoever comes for the first time, in the own room, costs nothing here."""
    wanted: dict[int, set[int]] = defaultdict(set)
    keys: set[str] = set()
    spoken_for: set[tuple[int, int]] = set()
    for delivery in deliveries:
        for event in delivery.events:
            asked = meant(group, delivery.session_id, event)
            one = listed_as(group, delivery.session_id, asked)
            if one is not None and (one.endpoint_id != delivery.endpoint_id or one.state != "expected"):
                wanted[delivery.session_id].add(one.attendee_id)
                keys.add(event_key(delivery.session_id, delivery.endpoint_id, event.key))
                if delivery.device is not None:
                    spoken_for.add((delivery.session_id, one.attendee_id))
    if not keys:
        return
    for session_id, people_ids in wanted.items():
        for part in store.parts(people_ids):
            rows = await tx.rows(queries.HEARD, {"session": session_id, "people": part})
            for person, at, kind, room, by in rows:
                group.heard.setdefault((session_id, person), []).append(Heard(at, kind, room, by))
    told = {who: phones_among(group.heard.get(who, ())) for who in spoken_for}
    await _read_devices(tx, group, ((who[0], device) for who, devices in told.items() for device in devices))
    await _read_paths(tx, group, wanted)
    await read_known(tx, group, keys)
    await _read_moves(tx, group, keys)


def phones_among(heard: Iterable[Heard]) -> set[str]:
    """The phones among those who told this."""
    tellers = (one.by.partition(":") for one in heard)
    return {mark for kind, _, mark in tellers if kind == DEVICE}


def meant(group: Group, session_id: int, event: RoomEvent) -> int | None:
    """Whose number the event gives, by number, badge, code or name; None for a guest, for nobody, and for a
    name that several have."""
    if event.badge is not None:
        return group.badges.get(event.badge)
    if event.named is not None:
        found = group.named.get((session_id, event.named), [])
        return found[0] if len(found) == 1 else None
    return event.attendee


def listed_as(group: Group, session_id: int, asked: int | None) -> Listed | None:
    """The list's entry of somebody, also under the number of a merged entry."""
    if asked is None:
        return None
    found = group.listed.get((session_id, asked))
    if found is None and asked in group.register:
        found = group.listed.get((session_id, group.register[asked].id))
    return found


async def _read_paths(tx: Tx, group: Group, wanted: dict[int, set[int]]) -> None:
    for session_id, people_ids in wanted.items():
        rooms = {group.listed[session_id, person].endpoint_id for person in people_ids}
        for person in people_ids:
            rooms |= {one.endpoint_id for one in group.heard.get((session_id, person), ())}
        for part in store.parts(rooms):
            for room, path in await tx.rows(queries.PATHS, {"session": session_id, "rooms": part}):
                group.paths[session_id, room] = path


async def _read_moves(tx: Tx, group: Group, keys: Iterable[str]) -> None:
    for part in store.parts(keys):
        for key, state in await tx.rows(queries.MOVES, {"keys": part}):
            group.asked[key] = state
    for session_id, by, count in await tx.rows(queries.OPEN_MOVES, {"sessions": list(group.sessions)}):
        group.open_moves[session_id, by] = count


async def _read_guests(tx: Tx, group: Group, deliveries: Sequence[Delivery]) -> None:
    """Guests that were stored before, by key; and how many each room has, without those of whom everything
    was taken back."""
    keys = {
        event_key(delivery.session_id, delivery.endpoint_id, event.key)
        for delivery in deliveries
        for event in delivery.events
        if event.guest is not None
    }
    await read_known(tx, group, keys)
    asked = {
        "sessions": list({d.session_id for d in deliveries}),
        "rooms": list({d.endpoint_id for d in deliveries}),
    }
    rows = await tx.rows(queries.GUESTS, asked)
    for session_id, endpoint_id, guests in rows:
        group.guests[session_id, endpoint_id] = guests


async def read_known(tx: Tx, group: Group, keys: Iterable[str]) -> None:
    """Events stored under these keys before."""
    for part in store.parts(keys):
        for key, session_id, kind, person in await tx.rows(queries.KNOWN, {"keys": part}):
            group.known[key] = (session_id, kind, person)
