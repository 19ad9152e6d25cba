"""What is asked for of agendas and documents."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confhub.agenda.limits import SPEAKING_ROOMS_MAX
from confhub.agenda.values import DocumentDraft, ItemDraft, Readers
from confhub.http.shapes import RowId
from confhub.kernel.ids import EndpointId

TEXT_MAX_CHARS = 5_000
"""A shape's cap only; the services know the real bounds and name them."""


class ItemWish(BaseModel):
    """An item. `rooms`: those that speak to it."""

    title: str = Field(max_length=TEXT_MAX_CHARS)
    minutes: int = Field(ge=-100_000, le=100_000)
    presenter: str = Field("", max_length=TEXT_MAX_CHARS)
    rooms: list[RowId] = Field(default_factory=list, max_length=10 * SPEAKING_ROOMS_MAX)

    def draft(self) -> ItemDraft:
        """The same, as the service takes it."""
        rooms = tuple(EndpointId(one) for one in self.rooms)
        return ItemDraft(self.title, self.minutes, self.presenter, rooms)


class DocumentWish(BaseModel):
    """A document's own words. `readers`: `participants`, whoever sees the session, or `branch`, the branch of
    the organizing unit. `item_id`: the item it belongs to; null: the whole session."""

    title: str = Field(max_length=TEXT_MAX_CHARS)
    readers: Readers = Readers.PARTICIPANTS
    item_id: RowId | None = None

    def draft(self) -> DocumentDraft:
        """The same, as the service takes it."""
        return DocumentDraft(self.title, self.readers, self.item_id)
