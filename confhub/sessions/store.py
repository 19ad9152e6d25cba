"""Reading sessions inside somebody's transaction: who may see them, and how rows become views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.db.base import as_written
from confhub.db.database import Tx
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId, EndpointId, FloorRequestId, Identity, MediaRoom, SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import (
    FloorRequest,
    MeetingSession,
    MuteOrder,
    SessionChange,
    SessionChoice,
    SessionEndpoint,
    StageGrant,
)
from confhub.sessions.values import (
    FloorEntry,
    FloorState,
    Participants,
    SessionChangeView,
    SessionDetails,
    SessionKind,
    SessionState,
    SessionView,
)

INCLUDE, EXCLUDE = "include", "exclude"

_EXPECTED = (
    select(func.count())
    .where(SessionEndpoint.session_id == MeetingSession.id, SessionEndpoint.expected_until.is_(None))
    .correlate(MeetingSession)
    .scalar_subquery()
)


def session_query() -> Select[Any]:
    """Selects (session, unit's name, unit's path, chair's name, rooms expected)."""
    return (
        select(MeetingSession, UnitColumns.name, UnitColumns.path, RoomColumns.name, _EXPECTED)
        .join(*UnitColumns.of(MeetingSession.unit_id))
        .outerjoin(*RoomColumns.of(MeetingSession.chair_endpoint_id))
    )


def visible_to(actor: Actor, permission: Permission = Permission.SESSION_VIEW) -> ColumnElement[bool]:
    """The condition on `session_query` that keeps sessions of the actor's branches, and sessions in which a
    room of the actor's branches takes part; drafts only for those who may edit them."""
    own_branch = exists(
        select(UnitColumns.id)
        .where(UnitColumns.id == MeetingSession.unit_id, branch_filter(actor, permission, UnitColumns.path))
        .correlate(MeetingSession)
    )
    return and_(or_(own_branch, _own_room(actor, permission)), shown_to(actor))


def visible_beside_unit(actor: Actor) -> ColumnElement[bool]:
    """The same on a statement that has joined the organizer's unit: of thousands of sessions, none is looked
    up in the tree again."""
    own_branch = branch_filter(actor, Permission.SESSION_VIEW, UnitColumns.path)
    editing = branch_filter(actor, Permission.SESSION_EDIT, UnitColumns.path)
    return and_(
        or_(own_branch, _own_room(actor, Permission.SESSION_VIEW)),
        or_(MeetingSession.state != SessionState.DRAFT.value, editing),
    )


def _own_room(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    return exists(
        select(SessionEndpoint.endpoint_id)
        .join(*UnitColumns.of(SessionEndpoint.unit_id))
        .where(
            SessionEndpoint.session_id == MeetingSession.id,
            branch_filter(actor, permission, UnitColumns.path),
        )
        .correlate(MeetingSession)
    )


def shown_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on sessions that leaves out drafts, but for those who may edit them: what is not settled
    is nobody else's to see, wherever sessions are listed."""
    editing = exists(
        select(UnitColumns.id)
        .where(
            UnitColumns.id == MeetingSession.unit_id,
            branch_filter(actor, Permission.SESSION_EDIT, UnitColumns.path),
        )
        .correlate(MeetingSession)
    )
    return or_(MeetingSession.state != SessionState.DRAFT.value, editing)


def organized_in(unit_id: UnitId) -> ColumnElement[bool]:
    """The condition on `session_query` that keeps sessions organized in the unit's branch."""
    branch = select(UnitColumns.path).where(UnitColumns.id == unit_id).scalar_subquery()
    return func.substr(UnitColumns.path, 1, func.length(branch)) == branch


def view_of(found: Row[Any] | Sequence[Any], actor: Actor) -> SessionView:
    """One line of `session_query` as this actor sees it."""
    row, unit_name, unit_path, chair_name, endpoints = tuple(found)
    return SessionView(
        id=SessionId(row.id),
        title=row.title,
        kind=SessionKind(row.kind),
        state=SessionState(row.state),
        state_since=row.state_since,
        unit_id=UnitId(row.unit_id),
        unit_name=unit_name,
        unit_path=unit_path,
        starts_at=row.starts_at,
        ends_at=row.starts_at + timedelta(minutes=row.length_min),
        length_min=row.length_min,
        lobby_min=row.lobby_min,
        late_min=row.late_min,
        left_early_min=row.left_early_min,
        by_plan=row.by_plan,
        auto_start=row.auto_start,
        auto_end=row.auto_end,
        overrun_min=row.overrun_min,
        floor_auto_accept=row.floor_auto_accept,
        chair_endpoint_id=None if row.chair_endpoint_id is None else EndpointId(row.chair_endpoint_id),
        chair_name=chair_name,
        media_room=None if row.media_room is None else MediaRoom(row.media_room),
        actual_start=row.actual_start,
        actual_end=row.actual_end,
        created_by=None if row.created_by is None else AccountId(row.created_by),
        created_at=row.created_at,
        endpoints=endpoints,
        may_edit=allows(actor, Permission.SESSION_EDIT, unit_path),
        may_control=allows(actor, Permission.SESSION_CONTROL, unit_path),
    )


async def visible_view(tx: Tx, actor: Actor, session_id: int) -> SessionView:
    """The session as the actor sees it; SessionUnknown."""
    query = session_query().where(MeetingSession.id == session_id, visible_to(actor))
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        raise SessionUnknown
    return view_of(found, actor)


async def details(tx: Tx, actor: Actor, session_id: int) -> SessionDetails:
    """The session with its choice of rooms and its life; SessionUnknown."""
    view = await visible_view(tx, actor, session_id)
    changes = await tx.scalars(
        select(SessionChange).where(SessionChange.session_id == session_id).order_by(SessionChange.id)
    )
    return SessionDetails(
        session=view,
        participants=await participants_of(tx, session_id),
        changes=tuple(
            SessionChangeView(SessionState(c.state), c.at, c.actor_name, c.reason) for c in changes
        ),
    )


async def participants_of(tx: Tx, session_id: int) -> Participants:
    """The organizer's choice as it was stored."""
    query = select(SessionChoice).where(SessionChoice.session_id == session_id).order_by(SessionChoice.id)
    units: list[UnitId] = []
    modes: dict[str, list[EndpointId]] = {INCLUDE: [], EXCLUDE: []}
    for choice in await tx.scalars(query):
        if choice.unit_id is not None:
            units.append(UnitId(choice.unit_id))
        elif choice.endpoint_id is not None:
            modes[choice.mode].append(EndpointId(choice.endpoint_id))
    return Participants(tuple(units), tuple(modes[EXCLUDE]), tuple(modes[INCLUDE]))


async def set_participants(tx: Tx, session_id: int, wanted: Participants) -> None:
    """Store the organizer's choice in place of the one before."""
    for old in await tx.scalars(select(SessionChoice).where(SessionChoice.session_id == session_id)):
        await tx.delete(old)
    tx.add_all(
        [SessionChoice(session_id=session_id, unit_id=u, mode=INCLUDE) for u in wanted.include_units]
        + [
            SessionChoice(session_id=session_id, endpoint_id=e, mode=mode)
            for mode, ids in ((EXCLUDE, wanted.exclude_endpoints), (INCLUDE, wanted.include_endpoints))
            for e in ids
        ]
    )


async def locked(tx: Tx, actor: Actor, session_id: int, permission: Permission) -> MeetingSession:
    """The session's row, locked for this transaction. SessionUnknown where the actor may not see it,
    Forbidden where it may see but not do this."""
    row = await locked_unchecked(tx, session_id)
    path = await path_of(tx, row)
    if not allows(actor, permission, path):
        await visible_view(tx, actor, session_id)
        raise Forbidden(permission=permission.value)
    return row


async def locked_unchecked(tx: Tx, session_id: int) -> MeetingSession:
    """The session's row, locked; SessionUnknown where there is none. Rights are the caller's matter."""
    query = select(MeetingSession).where(MeetingSession.id == session_id).with_for_update()
    row = (await tx.scalars(query)).one_or_none()
    if row is None:
        raise SessionUnknown
    return row


async def path_of(tx: Tx, row: MeetingSession) -> str:
    """The path of the session's branch."""
    return await tx.scalar(select(UnitColumns.path).where(UnitColumns.id == row.unit_id)) or "/"


async def waiting_hands(tx: Tx, session_id: int) -> list[FloorEntry]:
    """The queue for the floor, in the order of the hub's clock."""
    query = (
        select(FloorRequest)
        .where(
            FloorRequest.session_id == session_id, FloorRequest.state == as_written(FloorState.WAITING.value)
        )
        .order_by(FloorRequest.raised_at, FloorRequest.id)
    )
    return [floor_entry(row, place) for place, row in enumerate(await tx.scalars(query), 1)]


def floor_entry(row: FloorRequest, place: int) -> FloorEntry:
    """One waiting hand."""
    return FloorEntry(
        FloorRequestId(row.id),
        place,
        Identity(row.identity),
        None if row.endpoint_id is None else EndpointId(row.endpoint_id),
        row.display_name,
        row.raised_at,
    )


async def open_grants(tx: Tx, session_id: int) -> dict[str, StageGrant]:
    """Open grants by identity."""
    query = select(StageGrant).where(StageGrant.session_id == session_id, StageGrant.withdrawn_at.is_(None))
    return {row.identity: row for row in await tx.scalars(query.order_by(StageGrant.id))}


async def open_mutes(tx: Tx, session_id: int) -> list[MuteOrder]:
    """Mutes in force."""
    query = select(MuteOrder).where(MuteOrder.session_id == session_id, MuteOrder.lifted_at.is_(None))
    return list(await tx.scalars(query.order_by(MuteOrder.id)))
