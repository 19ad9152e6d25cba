"""What is told of check-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confhub.kernel.events import Event
from confhub.kernel.ids import EndpointId, SessionId


@dataclass(frozen=True, slots=True)
class PolicyChanged(Event):
    """A session's rules of check-in changed."""

    topic: ClassVar[str] = "checkin.policy"
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class PromptChanged(Event):
    """A session asks, or no longer asks, whether people are there."""

    topic: ClassVar[str] = "checkin.prompt"
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class TabletChanged(Event):
    """A room's tablets or their codes changed."""

    topic: ClassVar[str] = "checkin.tablet"
    endpoint_id: EndpointId
