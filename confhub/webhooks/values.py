"""Webhooks as plain values, and what they tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Topic(StrEnum):
    """What can be told. Sessions and series are told to the branch that organizes them."""

    SESSION_PLANNED = "session.planned"
    SESSION_CHANGED = "session.changed"
    SESSION_CANCELLED = "session.cancelled"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SERIES_PLANNED = "series.planned"
    SERIES_CHANGED = "series.changed"
    SERIES_ENDED = "series.ended"
    REPORT_SEALED = "report.sealed"
    REPORT_REOPENED = "report.reopened"


TOLD: Final = {
    "sessions:session:schedule": Topic.SESSION_PLANNED,
    "sessions:session:edit": Topic.SESSION_CHANGED,
    "sessions:session:cancel": Topic.SESSION_CANCELLED,
    "sessions:session:start": Topic.SESSION_STARTED,
    "sessions:session:end": Topic.SESSION_ENDED,
    "scheduling:series:create": Topic.SERIES_PLANNED,
    "scheduling:series:edit": Topic.SERIES_CHANGED,
    "scheduling:series:split": Topic.SERIES_CHANGED,
    "scheduling:series:skip": Topic.SERIES_CHANGED,
    "scheduling:series:give_back": Topic.SERIES_CHANGED,
    "scheduling:series:put_back": Topic.SERIES_CHANGED,
    "scheduling:series:end": Topic.SERIES_ENDED,
    "checkin:attendance:seal": Topic.REPORT_SEALED,
    "checkin:attendance:reopen": Topic.REPORT_REOPENED,
}
"""Entry of the audit trail, which stands in the transaction of what it names → topic."""

TEST: Final = "webhook.test"
"""The type of what is sent to try an address."""


@dataclass(frozen=True, slots=True)
class HookDraft:
    """A webhook, as typed."""

    url: str
    topics: tuple[Topic, ...]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook without its secret. `old_until`: so long the secret before signs as well. `waiting`,
    `given_up`: parcels that did not arrive so far; `last_error`: why not."""

    id: int
    url: str
    topics: tuple[Topic, ...]
    active: bool
    old_until: datetime | None
    waiting: int
    given_up: int
    last_error: str
