"""What a room of a session still owes: pure decisions of the training officer's desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

CHECK_IN_GRACE: Final = timedelta(minutes=10)
"""So long after going live a room without any check-in is asked for it; people are still sitting down."""

HEADS_OFF_SHARE: Final = 0.1
HEADS_OFF_LEAST: Final = 3
"""Declared heads and people present may differ by a tenth, and by three: somebody is always at the door."""


class Need(StrEnum):
    """What is missing. The order is that of the desk: the gravest first."""

    NOT_CONNECTED = "not_connected"
    NO_ROSTER = "no_roster"
    NO_CHECK_IN = "no_check_in"
    NO_HEAD_COUNT = "no_head_count"
    PROMPT_UNANSWERED = "prompt_unanswered"
    HEADS_DIFFER = "heads_differ"
    ABSENCES_PENDING = "absences_pending"
    ABSENT_UNEXPLAINED = "absent_unexplained"


REMINDABLE: Final[dict[Need, str]] = {
    Need.NO_ROSTER: "roster",
    Need.NO_CHECK_IN: "check_in",
    Need.NO_HEAD_COUNT: "head_count",
    Need.PROMPT_UNANSWERED: "prompt",
    Need.HEADS_DIFFER: "head_count",
    Need.ABSENT_UNEXPLAINED: "absences",
}
"""What its room is reminded of. One that is not connected is telephoned; a notice waits for its officer."""


class Phase(StrEnum):
    """Where the session stands, as far as needs go."""

    AHEAD = "ahead"
    LOBBY = "lobby"
    LIVE = "live"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What is known of one room. `connected`: now, or after the end whether it ever was.

    `heads`: the newest head count, None for none. `missing`: expected people who have not been in.
    `explained`: those of them with a notice of absence that was not refused. `pending`: notices to decide.
    `unanswered`: checked in, and silent since the newest presence prompt that can still be answered.
    """

    connected: bool
    expected: int
    checked_in: int
    present: int
    heads: int | None
    missing: int
    explained: int
    pending: int
    unanswered: int = 0


def needs(room: RoomFacts, phase: Phase, live_for: timedelta) -> tuple[Need, ...]:
    """What the room owes now. `live_for`: since the session went live, zero before."""
    found: list[Need] = []
    if phase is Phase.LIVE and not room.connected:
        found.append(Need.NOT_CONNECTED)
    if not room.expected:
        found.append(Need.NO_ROSTER)
    if phase in (Phase.LIVE, Phase.OVER) and room.connected:
        waited = phase is Phase.OVER or live_for >= CHECK_IN_GRACE
        if room.expected and not room.checked_in and waited:
            found.append(Need.NO_CHECK_IN)
        if room.heads is None:
            found.append(Need.NO_HEAD_COUNT)
        if phase is Phase.LIVE and room.unanswered:
            found.append(Need.PROMPT_UNANSWERED)
        if (
            room.heads is not None
            and phase is Phase.LIVE
            and room.checked_in
            and _differ(room.heads, room.present)
        ):
            found.append(Need.HEADS_DIFFER)
    if room.pending:
        found.append(Need.ABSENCES_PENDING)
    if phase is Phase.OVER and room.missing > room.explained:
        found.append(Need.ABSENT_UNEXPLAINED)
    return tuple(found)


def _differ(heads: int, present: int) -> bool:
    return abs(heads - present) > max(HEADS_OFF_LEAST, HEADS_OFF_SHARE * max(heads, present))
