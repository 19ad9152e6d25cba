"""Words of attendance: who reports what."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

CONNECTION_MAX_CHARS: Final = 100
"""A LiveKit participant sid has 15 characters, a UUID 36; an agent's own scheme fits as well."""


class Source(StrEnum):
    """Who reported: the relay's webhook, the room's own log, the hub's reconciliation, the hub itself."""

    RELAY = "relay"
    ROOM = "room"
    RECONCILE = "reconcile"
    HUB = "hub"


class Kind(StrEnum):
    """What was reported. `left`: known to have gone at `at`. `lost`: noticed as gone at `at` only."""

    JOINED = "joined"
    PRESENT = "present"
    LEFT = "left"
    LOST = "lost"
