"""What is told of the training officer's desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confhub.kernel.events import Event
from confhub.kernel.ids import EndpointId, SessionId


@dataclass(frozen=True, slots=True)
class RoomReminded(Event):
    """A room of a session was reminded of what it owes."""

    topic: ClassVar[str] = "room.reminder"
    endpoint_id: EndpointId
    session_id: SessionId
