"""What a room owes, by what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from confhub.desk.rules import REMINDABLE, Need, Phase, RoomFacts, needs

ORDERLY = RoomFacts(
    connected=True, expected=40, checked_in=38, present=38, heads=38, missing=2, explained=2, pending=0
)
LONG = timedelta(minutes=30)


@pytest.mark.parametrize("phase", list(Phase))
def test_a_room_that_has_done_everything_owes_nothing(phase: Phase) -> None:
    assert needs(ORDERLY, phase, LONG) == ()


@pytest.mark.parametrize(
    ("change", "phase", "owed"),
    [
        ({"connected": False, "checked_in": 0, "heads": None}, Phase.LIVE, Need.NOT_CONNECTED),
        ({"expected": 0, "missing": 0, "explained": 0}, Phase.AHEAD, Need.NO_ROSTER),
        ({"checked_in": 0, "present": 0, "heads": 0}, Phase.LIVE, Need.NO_CHECK_IN),
        ({"heads": None}, Phase.LIVE, Need.NO_HEAD_COUNT),
        ({"heads": 60}, Phase.LIVE, Need.HEADS_DIFFER),
        ({"pending": 3}, Phase.AHEAD, Need.ABSENCES_PENDING),
        ({"explained": 1}, Phase.OVER, Need.ABSENT_UNEXPLAINED),
    ],
)
def test_each_shortcoming_is_named(change: dict[str, object], phase: Phase, owed: Need) -> None:
    assert needs(replace(ORDERLY, **change), phase, LONG) == (owed,)  # type: ignore[arg-type]


def test_a_room_without_check_ins_has_ten_minutes_to_sit_down() -> None:
    empty = replace(ORDERLY, checked_in=0, present=0, heads=40)
    assert Need.NO_CHECK_IN not in needs(empty, Phase.LIVE, timedelta(minutes=9))
    assert Need.NO_CHECK_IN in needs(empty, Phase.LIVE, timedelta(minutes=10))


@pytest.mark.parametrize(("heads", "differs"), [(35, False), (42, False), (43, True), (33, True)])
def test_heads_may_differ_by_a_tenth(heads: int, differs: bool) -> None:
    found = needs(replace(ORDERLY, heads=heads), Phase.LIVE, LONG)
    assert (Need.HEADS_DIFFER in found) is differs


def test_a_room_that_is_away_is_telephoned_and_not_reminded() -> None:
    assert Need.NOT_CONNECTED not in REMINDABLE
    assert Need.ABSENCES_PENDING not in REMINDABLE
