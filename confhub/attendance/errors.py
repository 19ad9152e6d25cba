"""Errors of attendance."""

from __future__ import annotations

from confhub.kernel.errors import Unavailable


class AttendanceBusy(Unavailable):
    """More presence events wait than the database takes; the sender keeps its own and comes back."""

    code = "attendance_busy"
    message = "The hub is busy storing attendance."
    remedy = "Send it again in a moment."


class RoomClockUnmeasured(Unavailable):
    """A room's clock is not the hub's, and no round trip says by how much; the room keeps its log."""

    code = "room_clock_unmeasured"
    message = "The hub cannot tell what this device's clock is off by."
