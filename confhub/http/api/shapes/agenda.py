"""What the API answers on agendas and documents."""

from __future__ import annotations

from datetime import datetime

from confhub.agenda.values import Readers
from confhub.http.shapes import Answer
from confhub.sessions.values import SessionState


class AgendaRoomOut(Answer):
    """A room that speaks to an item."""

    id: int
    code: str
    name: str
    unit_name: str


class DocumentVersionOut(Answer):
    """One file; `size` in bytes, `sha256` in hex."""

    number: int
    size: int
    pages: int
    sha256: str
    added_at: datetime
    added_by: str


class DocumentOut(Answer):
    """A document with its versions, the newest first; `GET /api/v1/documents/{id}/versions/{number}` gives
    the file. `version`: of its words, for If-Match."""

    id: int
    title: str
    readers: Readers
    item_id: int | None
    version: str
    versions: list[DocumentVersionOut]


class AgendaItemOut(Answer):
    """An item, with when it begins and ends by the plan: one after the other, from the start.
    `version`: for If-Match."""

    id: int
    title: str
    minutes: int
    presenter: str
    rooms: list[AgendaRoomOut]
    starts_at: datetime
    ends_at: datetime
    documents: list[DocumentOut]
    version: str


class AgendaOut(Answer):
    """A session's agenda, with the documents that the asker may read; `documents`: those of the whole
    session. `minutes`: of all items together; `planned_min`: of the session."""

    session_id: int
    title: str
    state: SessionState
    starts_at: datetime
    minutes: int
    planned_min: int
    items: list[AgendaItemOut]
    documents: list[DocumentOut]
    may_edit: bool
    may_file: bool
