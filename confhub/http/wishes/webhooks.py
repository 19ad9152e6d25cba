"""Webhooks, as both doors ask for them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confhub.webhooks.limits import URL_MAX_CHARS
from confhub.webhooks.values import HookDraft, Topic


class HookFields(BaseModel):
    """An address, what is told to it, and whether it is switched on."""

    url: str = Field(min_length=1, max_length=URL_MAX_CHARS)
    topics: list[Topic] = Field(default=[], max_length=50)
    active: bool = True

    def draft(self) -> HookDraft:
        """As the service takes it."""
        return HookDraft(self.url, tuple(dict.fromkeys(self.topics)), self.active)
