"""Words of the reports on people, as message ids: for pages and files alike."""

from __future__ import annotations

from typing import Final

from confhub.reports.people.model import PersonStatus

STATUS_WORDS: Final[dict[PersonStatus, str]] = {
    PersonStatus.PRESENT: "Present",
    PersonStatus.LATE: "Late",
    PersonStatus.LEFT_EARLY: "Left early",
    PersonStatus.LATE_LEFT_EARLY: "Late, left early",
    PersonStatus.NOT_CONNECTED: "Checked in, room not connected",
    PersonStatus.WITH_LEAVE: "Absent with leave",
    PersonStatus.WITHOUT_LEAVE: "Absent without leave",
    PersonStatus.NOT_EXPECTED: "Not expected",
    PersonStatus.IN: "Checked in",
    PersonStatus.OUT: "Checked out",
    PersonStatus.AWAITED: "Not here yet",
}

WAY_WORDS: Final[dict[str, str]] = {
    "tablet": "Tablet",
    "qr": "QR code",
    "code": "Six digits",
    "badge": "Badge",
    "file": "From a file",
    "officer": "Officer",
}

EVENT_WORDS: Final[dict[str, str]] = {
    "in": "Checked in",
    "out": "Checked out",
    "confirm": "Confirmed presence",
}
TELLER_WORDS: Final[dict[str, str]] = {"tablet": "Tablet", "account": "Account", "device": "Own phone"}

ACTION_WORDS: Final[dict[str, str]] = {"add": "Presence added", "remove": "Presence taken away"}
"""What a correction did."""

FIGURE_WORDS: Final[dict[str, str]] = {
    "rooms": "Rooms expected",
    "connected": "Rooms connected",
    "heads_rooms": "Rooms with a head count",
    "heads": "Declared heads",
    "expected": "People expected",
    "checked_in": "Checked in",
    "guests": "of them guests",
    "on_time": "On time, to the end",
    "late": "Late",
    "left_early": "Left early",
    "unconnected": "Checked in, room not connected",
    "unanswered": "Presence prompt not answered",
    "with_leave": "Absent with leave",
    "without_leave": "Absent without leave",
    "completed": "Completed",
}
"""Field of `PeopleFigures` → its words, in the order of a report."""
