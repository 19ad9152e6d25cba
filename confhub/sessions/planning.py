"""Many sessions planned at once: the same form at several hours. Inside somebody's transaction, who has asked
`Bookings.alone`; the organizer's rights in the form's units and rooms are checked here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, delete, insert, literal, or_, select, update

from confhub.access.rules import Actor
from confhub.db.database import Tx
from confhub.i18n.folding import fold
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import SessionId, endpoint_identity
from confhub.org.published import UnitColumns
from confhub.sessions import choosing, life, owning, rules, store
from confhub.sessions.choosing import Chosen
from confhub.sessions.events import RoomsChosen, SessionChanged
from confhub.sessions.models import MeetingSession, SessionChange, SessionChoice, SessionEndpoint
from confhub.sessions.rules import Step
from confhub.sessions.values import PLAIN_FIELDS, RoomState, SessionInput, SessionState

UNTOUCHED: Final = (SessionState.DRAFT, SessionState.SCHEDULED)
"""States in which a session may be planned anew together with others: no room has been called."""
_IDS_AT_ONCE: Final = 500

_SESSION = cast(Table, MeetingSession.__table__)
_CHANGE = cast(Table, SessionChange.__table__)
_CHOICE = cast(Table, SessionChoice.__table__)
_PLACE = cast(Table, SessionEndpoint.__table__)


async def checked(
    tx: Tx, actor: Actor, wanted: SessionInput, days: Sequence[date], now: datetime, *, start_fixed: bool
) -> list[dict[int, Chosen]]:
    """For each of these days, in order, the rooms that the form brings on it. ValidationErrors, one per
    field; a unit that does not exist on one of the days is one."""
    faults: list[DomainError] = rules.input_faults(wanted, now, start_fixed=start_fixed)
    found: list[dict[int, Chosen]] = []
    known: dict[date | None, dict[int, Chosen]] = {}
    turns = await _turns(tx, days)
    for day in days:
        turn = max((one for one in turns if one <= day), default=None)
        if turn not in known:
            known[turn], more = await choosing.choose(tx, actor, wanted, day)
            faults += more or choosing.readiness_faults(wanted, known[turn])
        found.append(known[turn])
    rules.refuse(faults)
    return found


async def _turns(tx: Tx, days: Sequence[date]) -> list[date]:
    """The days between the first and the last on which units come into being, or are no more."""
    if not days:
        return []
    first, last = min(days), max(days)
    u = UnitColumns
    begun = select(u.valid_from).where(u.valid_from > first, u.valid_from <= last).distinct()
    over = select(u.valid_to).where(u.valid_to >= first, u.valid_to < last).distinct()
    found = {day for day in await tx.scalars(begun) if day is not None}
    found |= {date.fromordinal(day.toordinal() + 1) for day in await tx.scalars(over) if day is not None}
    return sorted(found)


async def plan(
    tx: Tx,
    actor: Actor,
    wanted: SessionInput,
    starts: Sequence[datetime],
    now: datetime,
    zone: tzinfo,
    *,
    state: SessionState = SessionState.SCHEDULED,
    created_by: int | None = None,
) -> list[SessionId]:
    """New sessions, one at each of `starts`, in `state` (DRAFT or SCHEDULED); in their order. Raises as
    `checked`."""
    if not starts:
        return []
    days = [at.astimezone(zone).date() for at in starts]
    form = replace(wanted, starts_at=starts[0])
    rooms = await checked(tx, actor, form, days, now, start_fixed=False)
    common = _columns(wanted) | {
        "state": state.value,
        "state_since": now,
        "created_by": actor.account_id if created_by is None else created_by,
        "created_at": now,
    }
    statement = insert(_SESSION).returning(_SESSION.c.id, sort_by_parameter_order=True)
    made = await tx.rows(statement, [common | {"starts_at": at} for at in starts])
    ids = [SessionId(row[0]) for row in made]
    noted = {"state": state.value, "at": now, "actor_id": actor.account_id, "actor_name": actor.name}
    await tx.rows(insert(_CHANGE), [noted | {"session_id": key, "reason": ""} for key in ids])
    await _choose(tx, wanted, ids)
    for some, chosen in _alike(ids, rooms):
        await _place(tx, wanted, some, chosen)
    for key in ids:
        tx.tell(SessionChanged(key))
    return ids


async def replan(
    tx: Tx,
    actor: Actor,
    wanted: SessionInput,
    starts: Mapping[SessionId, datetime],
    now: datetime,
    zone: tzinfo,
) -> None:
    """Give these sessions, all of them UNTOUCHED, the form and their hours. Raises as `checked`."""
    if not starts:
        return
    ids = list(starts)
    first = min(starts.values())
    days = [starts[key].astimezone(zone).date() for key in ids]
    form = replace(wanted, starts_at=first)
    rooms = await checked(tx, actor, form, days, now, start_fixed=False)
    statement = (
        update(_SESSION)
        .where(_SESSION.c.id == bindparam("key"))
        .values(**{name: bindparam(name) for name in (*_columns(wanted), "starts_at")})
    )
    await tx.rows(statement, [_columns(wanted) | {"key": key, "starts_at": starts[key]} for key in ids])
    for part in _portions(ids):
        await tx.rows(delete(_CHOICE).where(_CHOICE.c.session_id.in_(part)))
    await _choose(tx, wanted, ids)
    for some, chosen in _alike(ids, rooms):
        await _match(tx, wanted, some, chosen)
    for key in ids:
        tx.tell(SessionChanged(key))
        tx.tell(RoomsChosen(key))


async def cancel(tx: Tx, actor: Actor, session_ids: Iterable[SessionId], now: datetime, reason: str) -> None:
    """Cancel these sessions, all of them UNTOUCHED."""
    await owning.alone(tx)
    for key in session_ids:
        row = await store.locked_unchecked(tx, key)
        await life.take_step(tx, actor, row, Step.CANCEL, now, await store.path_of(tx, row), reason)


def _columns(wanted: SessionInput) -> dict[str, Any]:
    title = wanted.title.strip()
    return {
        "title": title,
        "search_key": fold(title),
        "kind": wanted.kind,
        "unit_id": wanted.unit_id,
        "chair_endpoint_id": wanted.chair_endpoint_id,
        **{name: getattr(wanted, name) for name in PLAIN_FIELDS},
    }


async def _choose(tx: Tx, wanted: SessionInput, ids: Sequence[int]) -> None:
    """Write the choice for the first, and copy it to the others."""
    await store.set_participants(tx, ids[0], wanted.participants)
    await tx.flush()
    c = _CHOICE.c
    copied = (
        select(_SESSION.c.id, c.unit_id, c.endpoint_id, c.mode)
        .select_from(_CHOICE)
        .where(c.session_id == ids[0])
    )
    for some in _portions(ids[1:]):
        rows = copied.join(_SESSION, _SESSION.c.id.in_(some)).order_by(_SESSION.c.id, c.id)
        await tx.rows(insert(_CHOICE).from_select(["session_id", "unit_id", "endpoint_id", "mode"], rows))


async def _place(tx: Tx, wanted: SessionInput, ids: Sequence[int], rooms: Mapping[int, Chosen]) -> None:
    """Seat the rooms in the first of these new sessions, and copy that to the others."""
    if not rooms:
        return
    await tx.rows(insert(_PLACE), [_row(wanted, ids[0], room) for room in rooms.values()])
    names = list(_row(wanted, 0, next(iter(rooms.values()))))
    columns = [_SESSION.c.id if name == "session_id" else _PLACE.c[name] for name in names]
    copied = select(*columns).select_from(_PLACE).where(_PLACE.c.session_id == ids[0])
    for some in _portions(ids[1:]):
        await tx.rows(insert(_PLACE).from_select(names, copied.join(_SESSION, _SESSION.c.id.in_(some))))


async def _match(tx: Tx, wanted: SessionInput, ids: Sequence[int], rooms: Mapping[int, Chosen]) -> None:
    """Make the rooms of these sessions those: what stands stays as it is."""
    p = _PLACE.c
    for key in ids:
        seated = set(await tx.scalars(select(p.endpoint_id).where(p.session_id == key)))
        gone = list(seated - rooms.keys())
        for some in _portions(gone):
            await tx.rows(delete(_PLACE).where(p.session_id == key, p.endpoint_id.in_(some)))
        if new := [_row(wanted, key, room) for room in rooms.values() if room.id not in seated]:
            await tx.rows(insert(_PLACE), new)
    leads = p.endpoint_id == wanted.chair_endpoint_id if wanted.chair_endpoint_id else literal(value=False)
    for some in _portions(ids):
        wrong = or_(p.is_chair, leads)
        await tx.rows(update(_PLACE).where(p.session_id.in_(some), wrong).values(is_chair=leads))


def _row(wanted: SessionInput, session_id: int, room: Chosen) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "endpoint_id": room.id,
        "unit_id": room.unit_id,
        "identity": endpoint_identity(room.code),
        "is_chair": room.id == wanted.chair_endpoint_id,
        "state": RoomState.EXPECTED.value,
        "mic_on": False,
        "camera_on": False,
    }


def _alike(
    ids: Sequence[SessionId], rooms: Sequence[dict[int, Chosen]]
) -> list[tuple[list[SessionId], dict[int, Chosen]]]:
    """Sessions that have the same rooms, together."""
    groups: list[tuple[list[SessionId], dict[int, Chosen]]] = []
    for key, chosen in zip(ids, rooms, strict=True):
        if groups and groups[-1][1] is chosen:
            groups[-1][0].append(key)
        else:
            groups.append(([key], chosen))
    return groups


def _portions(ids: Collection[int]) -> list[Sequence[int]]:
    listed = list(ids)
    return [listed[at : at + _IDS_AT_ONCE] for at in range(0, len(listed), _IDS_AT_ONCE)]
