"""Entries of weekly schedules, as both doors ask for them."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from confhub.weekly.values import EntryDraft, NoteDraft

TEXT_MAX_CHARS = 5_000
"""A shape's cap only; the service knows the real bounds and names them."""


class NoteFields(BaseModel):
    """Where, who leads, who comes, who prepares; empty: what follows from the session."""

    place: str = Field(default="", max_length=TEXT_MAX_CHARS)
    chair: str = Field(default="", max_length=TEXT_MAX_CHARS)
    participants: str = Field(default="", max_length=TEXT_MAX_CHARS)
    prepared_by: str = Field(default="", max_length=TEXT_MAX_CHARS)

    def note(self) -> NoteDraft:
        """As the service takes it."""
        return NoteDraft(self.place, self.chair, self.participants, self.prepared_by)


class EntryFields(NoteFields):
    """What is no session: its day, its hours in the house's zone, and what is done."""

    day: dt.date
    begins: dt.time
    ends: dt.time | None = None
    content: str = Field(min_length=1, max_length=TEXT_MAX_CHARS)

    def draft(self) -> EntryDraft:
        """As the service takes it; hours are to the minute, and carry no offset."""
        begins, ends = (
            None if one is None else one.replace(second=0, microsecond=0, tzinfo=None)
            for one in (self.begins, self.ends)
        )
        assert begins is not None, "the shape asks for it"
        return EntryDraft(
            self.day, begins, self.content, ends, self.place, self.chair, self.participants, self.prepared_by
        )
