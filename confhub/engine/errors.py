"""What can go wrong between hub and engine, wrapped once."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class EngineUnavailable(Unavailable):
    """The engine does not answer, answers too late, or answers with a fault of its own."""

    code = "engine_unavailable"
    message = "The media server does not answer."
    remedy = "Try again in a moment; if the problem remains, tell the operator."


class EngineRefused(Unavailable):
    """The engine refuses the hub's key or the wish itself: a wrong setting, or our bug."""

    code = "engine_refused"
    message = "The media server refused the request."
    remedy = "Check the media server's key and secret in the settings."


class ParticipantGone(NotFound):
    """The participant or its media room is not (or no longer) there."""

    code = "participant_gone"
    message = "This participant is not connected now."


class SlotRefused(Conflict):
    """The engine does not put this participant behind the slot: it may not publish, or with a codec that not
    every room can decode."""

    code = "slot_refused"
    message = "This participant cannot be shown on the stage now."


class WebhookRefused(Forbidden):
    """A webhook whose signature does not fit the body, or was made with another key."""

    code = "webhook_refused"
    message = "The signature of this message is not valid."
    remedy = "Check the media server's key and secret in the settings."


class WebhookUnreadable(Invalid):
    """A signed webhook that is not one of LiveKit's messages."""

    code = "webhook_unreadable"
    message = "This message cannot be read."
