"""DocumentService: the papers of a session, each in versions; PDF that does nothing by itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from sqlalchemy import bindparam, func, select

from confhub.access.rules import Actor
from confhub.agenda import errors, store
from confhub.agenda.checking import PdfChecking
from confhub.agenda.limits import DOCUMENTS_MAX, PIECE_BYTES, SESSION_MAX_BYTES, VERSIONS_MAX
from confhub.agenda.models import AgendaItemRow, DocumentRow, PieceRow, VersionRow
from confhub.agenda.values import DocumentDraft, Opened
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org.rules import clean_text
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.store import locked, path_of, visible_view
from confhub.sessions.values import SessionState, SessionView

_PIECE = select(PieceRow.content).where(
    PieceRow.version_id == bindparam("version"), PieceRow.number == bindparam("number")
)


class DocumentService:
    """Reading needs what the document says (`Readers`), everything else `SESSION_EDIT` at the session's
    unit."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._checking = PdfChecking()

    async def require_may_add(self, actor: Actor, session_id: int) -> None:
        """Raises `SessionUnknown`, `Forbidden`, `DocumentsClosed`."""
        async with self._db.reading() as tx:
            _require_open(await visible_view(tx, actor, session_id))

    async def require_may_renew(self, actor: Actor, document_id: int) -> None:
        """Raises `DocumentUnknown`, `Forbidden`, `DocumentsClosed`."""
        async with self._db.reading() as tx:
            row = await _readable(tx, actor, document_id)
            _require_open(await visible_view(tx, actor, row.session_id))

    async def add(self, actor: Actor, session_id: int, draft: DocumentDraft, content: bytes) -> int:
        """A new document of the session; gives its number. Raises what is wrong with the draft or the file
        (`PdfChecking.pages`), `TooManyDocuments`, `DocumentsTooLarge`, `DocumentsClosed`."""
        draft = _clean(draft)
        await self.require_may_add(actor, session_id)
        pages = await self._checking.pages(content)
        async with self._db.transaction(later=True) as tx:
            path = await _open(tx, actor, session_id)
            await _check_item(tx, session_id, draft.item_id)
            count = select(func.count()).select_from(DocumentRow).where(DocumentRow.session_id == session_id)
            if (await tx.scalar(count) or 0) >= DOCUMENTS_MAX:
                raise errors.TooManyDocuments(max_count=DOCUMENTS_MAX)
            row = DocumentRow(
                session_id=session_id, item_id=draft.item_id, title=draft.title, readers=draft.readers.value
            )
            tx.add(row)
            await tx.flush()
            await self._store(tx, actor, row, 1, content, pages)
            self._record(tx, actor, row, path, "add")
            return row.id

    async def renew(self, actor: Actor, document_id: int, content: bytes) -> int:
        """A newer version; gives its number. As `add`, and `DocumentUnknown`, `SameVersion`,
        `TooManyVersions`."""
        await self.require_may_renew(actor, document_id)
        pages = await self._checking.pages(content)
        async with self._db.transaction(later=True) as tx:
            row, path = await _document(tx, actor, document_id)
            newest = (
                await tx.execute(
                    select(VersionRow.number, VersionRow.sha256)
                    .where(VersionRow.document_id == document_id)
                    .order_by(VersionRow.number.desc())
                    .limit(1)
                )
            ).one()
            if newest.number >= VERSIONS_MAX:
                raise errors.TooManyVersions(max_count=VERSIONS_MAX)
            if newest.sha256 == hashlib.sha256(content).hexdigest():
                raise errors.SameVersion(field="file")
            await self._store(tx, actor, row, newest.number + 1, content, pages)
            self._record(tx, actor, row, path, "renew")
            return int(newest.number) + 1

    async def change(
        self, actor: Actor, document_id: int, draft: DocumentDraft, *, seen: str | None = None
    ) -> None:
        """Another title, other readers, or another item. `seen`: see `kernel.versions`."""
        draft = _clean(draft)
        async with self._db.transaction() as tx:
            row, path = await _document(tx, actor, document_id)
            check_seen(seen, DocumentDraft(row.title, type(draft.readers)(row.readers), row.item_id))
            await _check_item(tx, row.session_id, draft.item_id)
            row.title, row.readers, row.item_id = draft.title, draft.readers.value, draft.item_id
            self._record(tx, actor, row, path, "change")

    async def remove(self, actor: Actor, document_id: int) -> int:
        """Forget a document with all its versions; gives the session it was of."""
        async with self._db.transaction() as tx:
            row, path = await _document(tx, actor, document_id)
            await tx.delete(row)
            self._record(tx, actor, row, path, "remove")
            return row.session_id

    async def session_of(self, actor: Actor, document_id: int) -> int:
        """The session of a document that the actor may read. `DocumentUnknown`."""
        async with self._db.reading() as tx:
            return (await _readable(tx, actor, document_id)).session_id

    async def opened(self, actor: Actor, document_id: int, number: int) -> Opened:
        """A version that the actor may read. `DocumentUnknown`."""
        async with self._db.reading() as tx:
            row = await _readable(tx, actor, document_id)
            v = VersionRow
            version = await tx.scalar(select(v).where(v.document_id == document_id, v.number == number))
            if version is None:
                raise errors.DocumentUnknown
            pieces = -(-version.size // PIECE_BYTES)
            return Opened(version.id, row.title, version.number, version.size, version.sha256, pieces)

    async def pieces(self, opened: Opened) -> AsyncIterator[bytes]:
        """The version's bytes, one after the other. A document removed meanwhile ends early."""
        for number in range(opened.pieces):
            rows = await self._db.ask(_PIECE, {"version": opened.version_id, "number": number})
            if not rows:
                return
            yield rows[0][0]

    async def _store(
        self, tx: Tx, actor: Actor, row: DocumentRow, number: int, content: bytes, pages: int
    ) -> None:
        taken = await tx.scalar(
            select(func.coalesce(func.sum(VersionRow.size), 0))
            .join(DocumentRow, DocumentRow.id == VersionRow.document_id)
            .where(DocumentRow.session_id == row.session_id)
        )
        left = SESSION_MAX_BYTES - int(taken or 0)
        if len(content) > left:
            raise errors.DocumentsTooLarge(
                field="file", max_mb=SESSION_MAX_BYTES >> 20, left_mb=max(left, 0) >> 20
            )
        version = VersionRow(
            document_id=row.id, number=number, size=len(content), pages=pages,
            sha256=await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest()),
            added_at=self._clock.now(), added_by=actor.name,
        )  # fmt: skip
        tx.add(version)
        await tx.flush()
        for piece, start in enumerate(range(0, len(content), PIECE_BYTES)):
            tx.add(
                PieceRow(version_id=version.id, number=piece, content=content[start : start + PIECE_BYTES])
            )
            await tx.flush()

    def _record(self, tx: Tx, actor: Actor, row: DocumentRow, path: str, verb: str) -> None:
        record(
            tx, actor, f"agenda:document:{verb}", "session", row.session_id, self._clock.now(),
            path=path, title=row.title,
        )  # fmt: skip


def _require_open(view: SessionView) -> None:
    """What `_open` asks, without holding the session: for whoever is about to send a file."""
    if not view.may_edit:
        raise Forbidden(permission=Permission.SESSION_EDIT.value)
    if view.state not in store.DOCUMENTS_OPEN:
        raise errors.DocumentsClosed


async def _open(tx: Tx, actor: Actor, session_id: int) -> str:
    """Hold the session, whose documents may be changed; gives its branch."""
    session = await locked(tx, actor, session_id, Permission.SESSION_EDIT)
    if SessionState(session.state) not in store.DOCUMENTS_OPEN:
        raise errors.DocumentsClosed
    return await path_of(tx, session)


async def _readable(tx: Tx, actor: Actor, document_id: int) -> DocumentRow:
    row = await tx.get(DocumentRow, document_id)
    if row is None:
        raise errors.DocumentUnknown
    try:
        view = await visible_view(tx, actor, row.session_id)
    except SessionUnknown:
        raise errors.DocumentUnknown from None
    if not store.may_read(actor, row.readers, view):
        raise errors.DocumentUnknown
    return row


async def _document(tx: Tx, actor: Actor, document_id: int) -> tuple[DocumentRow, str]:
    """A document that the actor may change, its session held, and the branch. `DocumentUnknown`,
    `Forbidden`, `DocumentsClosed`."""
    row = await _readable(tx, actor, document_id)
    return row, await _open(tx, actor, row.session_id)


async def _check_item(tx: Tx, session_id: int, item_id: int | None) -> None:
    if item_id is None:
        return
    known = select(AgendaItemRow.id).where(
        AgendaItemRow.id == item_id, AgendaItemRow.session_id == session_id
    )
    if await tx.scalar(known) is None:
        raise errors.ItemUnknown


def _clean(draft: DocumentDraft) -> DocumentDraft:
    return DocumentDraft(clean_text(draft.title, "title"), draft.readers, draft.item_id)
