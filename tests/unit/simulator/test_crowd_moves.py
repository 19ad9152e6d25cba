"""Which of the moves that wait a room's operator grants: the one that answers the tablet's own event."""

from __future__ import annotations

from typing import Any

import pytest

from confhub.simulator.crowd.tablet import move_of
from confhub.simulator.crowd.truth import moment

AT = 1_772_413_200.25


def move(number: int, *, person: int = 7, to: str = "Xã A", at: float = AT) -> dict[str, Any]:
    return {"id": number, "attendee": person, "to_room": to, "at": moment(at)}


@pytest.mark.parametrize(
    "forged",
    [
        move(1, at=AT - 3.0),
        move(1, at=AT + 0.5),
        move(1, to="Xã B"),
        move(1, person=8),
        move(1, at=AT - 0.01),
    ],
)
def test_a_move_that_a_forger_asked_for_is_not_granted_in_its_place(forged: dict[str, Any]) -> None:
    own = move(2, at=AT + 0.002)
    assert move_of([forged, own], 7, "Xã A", AT, 0.02) == 2
    assert move_of([own, forged], 7, "Xã A", AT, 0.02) == 2


@pytest.mark.parametrize("moves", [[], [move(1, at=AT - 3.0), move(2, to="Xã B"), move(3, person=8)]])
def test_where_nobody_asks_for_it_nothing_is_granted(moves: list[dict[str, Any]]) -> None:
    assert move_of(moves, 7, "Xã A", AT, 0.02) is None
