"""Live presence on the session's list, as it follows from what was told of each person and stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, case, update

from confhub.checkin.doors import Heard, place_at
from confhub.rosters.models import SessionAttendee

SET: Final = (
    update(SessionAttendee.__table__)  # type: ignore[arg-type]
    .where(
        SessionAttendee.session_id == bindparam("of_session"),
        SessionAttendee.attendee_id == bindparam("of_person"),
    )
    .values(
        state=bindparam("new_state"),
        state_at=bindparam("new_at"),
        visits_endpoint_id=case(
            (SessionAttendee.endpoint_id == bindparam("new_room"), None), else_=bindparam("new_room")
        ),
    )
)
"""One statement for many people: an account that took in a file may have told of everybody."""

SET_IF_NEWER: Final = SET.where(
    SessionAttendee.state_at.is_(None) | (SessionAttendee.state_at <= bindparam("new_at"))
)


def row(session_id: int, person: int, heard: Sequence[Heard]) -> dict[str, Any]:
    """What these statements set: a check-out of a room that somebody has left for another says nothing about
    that one; of whom nothing is told, they are expected."""
    last = max((one.at for one in heard), default=None)
    place = place_at(heard, last) if last is not None else None
    return {
        "of_session": session_id,
        "of_person": person,
        "new_at": last,
        "new_state": "expected" if last is None else "in" if place is not None else "out",
        "new_room": place.endpoint_id if place is not None else None,
    }
