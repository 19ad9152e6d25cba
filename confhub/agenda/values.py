"""What goes in and out of the agenda's services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.versions import version_of
from confhub.sessions.values import SessionState


class Readers(StrEnum):
    """Who may read a document: whoever sees the session, those of invited rooms included; or the branch of
    the organizing unit alone."""

    PARTICIPANTS = "participants"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item as typed. `minutes`: how long it takes. `presenter`: who presents it, in words. `rooms`: those
    that speak to it."""

    title: str
    minutes: int
    presenter: str = ""
    rooms: tuple[EndpointId, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentDraft:
    """A document's own words. `item_id`: the item it belongs to; None: the whole session."""

    title: str
    readers: Readers = Readers.PARTICIPANTS
    item_id: int | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the session."""

    id: EndpointId
    code: str
    name: str
    unit_name: str


@dataclass(frozen=True, slots=True)
class Version:
    """One file of a document. `size` in bytes; `sha256` in hex."""

    number: int
    size: int
    pages: int
    sha256: str
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that the asker may read; the newest version first."""

    id: int
    title: str
    readers: Readers
    item_id: int | None
    versions: tuple[Version, ...]

    @property
    def draft(self) -> DocumentDraft:
        """The document's words as their form shows them."""
        return DocumentDraft(self.title, self.readers, self.item_id)

    @property
    def version(self) -> str:
        """Of its words; see `kernel.versions`."""
        return version_of(self.draft)


@dataclass(frozen=True, slots=True)
class Item:
    """An item, with when it begins and ends by the plan, and its documents."""

    id: int
    title: str
    minutes: int
    presenter: str
    rooms: tuple[Room, ...]
    starts_at: datetime
    ends_at: datetime
    documents: tuple[Document, ...]

    @property
    def draft(self) -> ItemDraft:
        """The item as its form shows it."""
        return ItemDraft(self.title, self.minutes, self.presenter, tuple(room.id for room in self.rooms))

    @property
    def version(self) -> str:
        """See `kernel.versions`."""
        return version_of(self.draft)


@dataclass(frozen=True, slots=True)
class Agenda:
    """A session's agenda. `documents`: those of the whole session. `minutes`: of all items together;
    `planned_min`: of the session. `may_edit`: its items; `may_file`: its documents."""

    session_id: SessionId
    title: str
    state: SessionState
    starts_at: datetime
    planned_min: int
    items: tuple[Item, ...]
    documents: tuple[Document, ...]
    may_edit: bool
    may_file: bool

    @property
    def minutes(self) -> int:
        return sum(item.minutes for item in self.items)

    @property
    def every_document(self) -> Sequence[Document]:
        return [*self.documents, *(one for item in self.items for one in item.documents)]


@dataclass(frozen=True, slots=True)
class Opened:
    """A version that the asker may read. `pieces`: how many there are to ask for."""

    version_id: int
    title: str
    number: int
    size: int
    sha256: str
    pieces: int
