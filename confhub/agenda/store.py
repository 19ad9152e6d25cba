"""Rows of agendas and documents, inside somebody's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, select

from confhub.access.rules import Actor, allows
from confhub.agenda import errors
from confhub.agenda.limits import ITEMS_MAX
from confhub.agenda.models import AgendaItemRow, DocumentRow, SpeakingRoomRow, VersionRow
from confhub.agenda.values import Agenda, Document, Item, ItemDraft, Readers, Room, Version
from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.sessions.published import PlaceColumns
from confhub.sessions.store import visible_view
from confhub.sessions.values import SessionState, SessionView

AGENDA_OPEN = (SessionState.DRAFT, SessionState.SCHEDULED, SessionState.LOBBY, SessionState.LIVE)
DOCUMENTS_OPEN = (*AGENDA_OPEN, SessionState.ENDED)
"""Minutes and resolutions come when the session is over."""


def may_read(actor: Actor, readers: str, view: SessionView) -> bool:
    """Whether the actor, who sees the session, may read a document of it."""
    return readers == Readers.PARTICIPANTS or allows(actor, Permission.SESSION_VIEW, view.unit_path)


async def agenda_of(tx: Tx, actor: Actor, session_id: int) -> Agenda:
    """The agenda with the documents that the actor may read. `SessionUnknown`."""
    view = await visible_view(tx, actor, session_id)
    rooms = await _speaking(tx, session_id)
    documents = await _documents(tx, actor, view)
    items, starts_at = [], view.actual_start or view.starts_at
    for row in await rows_of(tx, session_id):
        ends_at = starts_at + timedelta(minutes=row.minutes)
        items.append(
            Item(
                row.id, row.title, row.minutes, row.presenter, tuple(rooms[row.id]), starts_at, ends_at,
                tuple(one for one in documents if one.item_id == row.id),
            )
        )  # fmt: skip
        starts_at = ends_at
    return Agenda(
        view.id, view.title, view.state, view.actual_start or view.starts_at, view.length_min, tuple(items),
        tuple(one for one in documents if one.item_id is None),
        may_edit=view.may_edit and view.state in AGENDA_OPEN,
        may_file=view.may_edit and view.state in DOCUMENTS_OPEN,
    )  # fmt: skip


async def rows_of(tx: Tx, session_id: int) -> list[AgendaItemRow]:
    """The session's items, in order."""
    items = select(AgendaItemRow).where(AgendaItemRow.session_id == session_id)
    return list(await tx.scalars(items.order_by(AgendaItemRow.place)))


async def rooms_of(tx: Tx, session_id: int) -> list[Room]:
    """The rooms that take part, by unit and name."""
    query = (
        select(RoomColumns.id, RoomColumns.code, RoomColumns.name, UnitColumns.name)
        .join(*PlaceColumns.on(PlaceColumns.endpoint_id == RoomColumns.id))
        .join(*UnitColumns.of(PlaceColumns.unit_id))
        .where(PlaceColumns.session_id == session_id, PlaceColumns.expected_until.is_(None))
        .order_by(UnitColumns.path, RoomColumns.sort_key, RoomColumns.id)
    )
    return [_room(row) for row in await tx.execute(query)]


def _room(row: Sequence[object]) -> Room:
    return Room(EndpointId(row[0]), str(row[1]), str(row[2]), str(row[3]))  # type: ignore[arg-type]


async def _speaking(tx: Tx, session_id: int) -> defaultdict[int, list[Room]]:
    query = (
        select(RoomColumns.id, RoomColumns.code, RoomColumns.name, UnitColumns.name, SpeakingRoomRow.item_id)
        .join(*RoomColumns.of(SpeakingRoomRow.endpoint_id))
        .join(*UnitColumns.of(RoomColumns.unit_id))
        .join(AgendaItemRow, AgendaItemRow.id == SpeakingRoomRow.item_id)
        .where(AgendaItemRow.session_id == session_id)
        .order_by(RoomColumns.sort_key, RoomColumns.id)
    )
    found: defaultdict[int, list[Room]] = defaultdict(list)
    for row in await tx.execute(query):
        found[row[4]].append(_room(row))
    return found


async def _documents(tx: Tx, actor: Actor, view: SessionView) -> list[Document]:
    query = (
        select(DocumentRow, VersionRow)
        .join(VersionRow, VersionRow.document_id == DocumentRow.id)
        .where(DocumentRow.session_id == view.id)
        .order_by(DocumentRow.id, VersionRow.number.desc())
    )
    versions: dict[int, list[Version]] = {}
    rows: dict[int, DocumentRow] = {}
    for row, version in await tx.execute(query):
        rows[row.id] = row
        versions.setdefault(row.id, []).append(
            Version(
                version.number,
                version.size,
                version.pages,
                version.sha256,
                version.added_at,
                version.added_by,
            )
        )
    return [
        Document(row.id, row.title, Readers(row.readers), row.item_id, tuple(versions[row.id]))
        for row in rows.values()
        if may_read(actor, row.readers, view)
    ]


async def drafts_of(tx: Tx, session_id: int) -> list[ItemDraft]:
    """The session's items as their forms show them, in order. Rights are the caller's matter."""
    rooms = await _speaking(tx, session_id)
    return [
        ItemDraft(row.title, row.minutes, row.presenter, tuple(room.id for room in rooms[row.id]))
        for row in await rows_of(tx, session_id)
    ]


async def drafts_here(tx: Tx, session_id: int, drafts: Sequence[ItemDraft]) -> list[ItemDraft]:
    """The same items without rooms that do not take part in this session."""
    here = await _here(tx, session_id)
    return [replace(one, rooms=tuple(room for room in one.rooms if room in here)) for one in drafts]


async def append(tx: Tx, session_id: int, drafts: Sequence[ItemDraft]) -> list[int]:
    """Put items at the end; gives their numbers. `TooManyItems`, `SpeakingRoomElsewhere`."""
    place = len(await rows_of(tx, session_id))
    if place + len(drafts) > ITEMS_MAX:
        raise errors.TooManyItems(max_count=ITEMS_MAX)
    rows = [
        AgendaItemRow(
            session_id=session_id, place=place + n, title=one.title, minutes=one.minutes,
            presenter=one.presenter,
        )
        for n, one in enumerate(drafts)
    ]  # fmt: skip
    tx.add_all(rows)
    await tx.flush()
    here = await _here(tx, session_id) if any(one.rooms for one in drafts) else set()
    for row, draft in zip(rows, drafts, strict=True):
        _speak(tx, row.id, draft.rooms, here)
    await tx.flush()
    return [row.id for row in rows]


async def speak(
    tx: Tx, session_id: int, item_id: int, rooms: Collection[EndpointId], known: Collection[EndpointId]
) -> None:
    """These rooms speak to the item from now on. `known`: they do already, and may have been withdrawn since.
    `SpeakingRoomElsewhere`."""
    here = await _here(tx, session_id) if rooms else set()
    await tx.execute(delete(SpeakingRoomRow).where(SpeakingRoomRow.item_id == item_id))
    _speak(tx, item_id, rooms, here | set(known))
    await tx.flush()


async def _here(tx: Tx, session_id: int) -> set[EndpointId]:
    return {room.id for room in await rooms_of(tx, session_id)}


def _speak(tx: Tx, item_id: int, rooms: Collection[EndpointId], allowed: set[EndpointId]) -> None:
    if not set(rooms) <= allowed:
        raise errors.SpeakingRoomElsewhere(field="rooms")
    tx.add_all(SpeakingRoomRow(item_id=item_id, endpoint_id=one) for one in rooms)
