"""AgendaService: what a session goes through, item by item."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from confhub.access.rules import Actor
from confhub.agenda import errors, store
from confhub.agenda.limits import (
    ITEM_MIN_MAX,
    ITEM_TITLE_MAX_CHARS,
    PRESENTER_MAX_CHARS,
    SPEAKING_ROOMS_MAX,
)
from confhub.agenda.models import AgendaItemRow, SpeakingRoomRow
from confhub.agenda.values import Agenda, ItemDraft, Room
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org.rules import Checks, clean_optional, clean_text
from confhub.sessions.store import locked, path_of, visible_view
from confhub.sessions.values import SessionState


class AgendaService:
    """Whoever sees a session sees its agenda; changing it needs `SESSION_EDIT` at its unit."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def agenda(self, actor: Actor, session_id: int) -> Agenda:
        """The agenda with the documents that the actor may read. `SessionUnknown`."""
        async with self._db.reading() as tx:
            return await store.agenda_of(tx, actor, session_id)

    async def rooms(self, actor: Actor, session_id: int) -> list[Room]:
        """Those that may speak to an item: the rooms that take part. `SessionUnknown`."""
        async with self._db.reading() as tx:
            await visible_view(tx, actor, session_id)
            return await store.rooms_of(tx, session_id)

    async def add(self, actor: Actor, session_id: int, draft: ItemDraft) -> int:
        """One more item, at the end; gives its number. Raises what is wrong with the draft, `TooManyItems`,
        `AgendaClosed`."""
        draft = _clean(draft)
        async with self._db.transaction() as tx:
            path = await _open(tx, actor, session_id)
            (item_id,) = await store.append(tx, session_id, [draft])
            self._record(tx, actor, session_id, path, "add", title=draft.title)
            return item_id

    async def change(
        self, actor: Actor, session_id: int, item_id: int, draft: ItemDraft, *, seen: str | None = None
    ) -> None:
        """Another title, length, presenter or other rooms. `seen`: see `kernel.versions`. As `add`, and
        `ItemUnknown`."""
        draft = _clean(draft)
        async with self._db.transaction() as tx:
            path = await _open(tx, actor, session_id)
            row = _found(await store.rows_of(tx, session_id), item_id)
            speaking = await tx.scalars(
                select(SpeakingRoomRow.endpoint_id).where(SpeakingRoomRow.item_id == item_id)
            )
            rooms = tuple(EndpointId(one) for one in speaking)
            check_seen(seen, ItemDraft(row.title, row.minutes, row.presenter, rooms))
            row.title, row.minutes, row.presenter = draft.title, draft.minutes, draft.presenter
            await store.speak(tx, session_id, item_id, draft.rooms, known=rooms)
            self._record(tx, actor, session_id, path, "change", title=draft.title)

    async def move(self, actor: Actor, session_id: int, item_id: int, place: int) -> None:
        """Put the item at `place`, from 0; beyond the end, at the end. `ItemUnknown`, `AgendaClosed`."""
        async with self._db.transaction() as tx:
            path = await _open(tx, actor, session_id)
            rows = await store.rows_of(tx, session_id)
            row = _found(rows, item_id)
            rows.remove(row)
            rows.insert(max(place, 0), row)
            _number(rows)
            self._record(tx, actor, session_id, path, "move", title=row.title)

    async def remove(self, actor: Actor, session_id: int, item_id: int) -> None:
        """Take an item off; its documents stay with the session. `ItemUnknown`, `AgendaClosed`."""
        async with self._db.transaction() as tx:
            path = await _open(tx, actor, session_id)
            rows = await store.rows_of(tx, session_id)
            row = _found(rows, item_id)
            await tx.delete(row)
            _number(one for one in rows if one is not row)
            self._record(tx, actor, session_id, path, "remove", title=row.title)

    async def take_over(self, actor: Actor, session_id: int, source_id: int) -> int:
        """Append the items of another session that the actor sees, with their rooms as far as these take
        part here, without documents; gives how many came. `SessionUnknown`, `TooManyItems`,
        `AgendaClosed`."""
        async with self._db.transaction() as tx:
            path = await _open(tx, actor, session_id)
            await visible_view(tx, actor, source_id)
            drafts = await store.drafts_here(tx, session_id, await store.drafts_of(tx, source_id))
            if drafts:
                await store.append(tx, session_id, drafts)
                self._record(tx, actor, session_id, path, "copy", source=source_id, count=len(drafts))
            return len(drafts)

    def _record(self, tx: Tx, actor: Actor, session_id: int, path: str, verb: str, **details: object) -> None:
        now = self._clock.now()
        record(tx, actor, f"agenda:item:{verb}", "session", session_id, now, path=path, **details)


async def _open(tx: Tx, actor: Actor, session_id: int) -> str:
    """Hold the session, whose agenda may be changed; gives its branch. `SessionUnknown`, `Forbidden`,
    `AgendaClosed`."""
    session = await locked(tx, actor, session_id, Permission.SESSION_EDIT)
    if SessionState(session.state) not in store.AGENDA_OPEN:
        raise errors.AgendaClosed
    return await path_of(tx, session)


def _clean(draft: ItemDraft) -> ItemDraft:
    checks = Checks()
    title = checks.take(lambda: clean_text(draft.title, "title", ITEM_TITLE_MAX_CHARS), "")
    presenter = checks.take(lambda: clean_optional(draft.presenter, "presenter", PRESENTER_MAX_CHARS), None)
    rooms = tuple(dict.fromkeys(draft.rooms))
    if not 1 <= draft.minutes <= ITEM_MIN_MAX:
        checks.errors.append(errors.MinutesOutOfRange(field="minutes", max_min=ITEM_MIN_MAX))
    if len(rooms) > SPEAKING_ROOMS_MAX:
        checks.errors.append(errors.TooManySpeakingRooms(field="rooms", max_count=SPEAKING_ROOMS_MAX))
    checks.finish()
    return ItemDraft(title, draft.minutes, presenter or "", rooms)


def _found(rows: list[AgendaItemRow], item_id: int) -> AgendaItemRow:
    row = next((one for one in rows if one.id == item_id), None)
    if row is None:
        raise errors.ItemUnknown
    return row


def _number(rows: Iterable[AgendaItemRow]) -> None:
    for place, row in enumerate(rows):
        row.place = place
