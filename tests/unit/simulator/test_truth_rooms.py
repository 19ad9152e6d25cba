"""The comparison of diaries with a report: a right report passes, each kind of wrong one is rejected."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.attendance.rules import Span
from confhub.simulator.truth.errors import DiaryUnreadable
from confhub.simulator.truth.rooms import (
    AFTER_KILL_S,
    DiaryEntry,
    Difference,
    Wrong,
    compare,
    read_diary,
)

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


LIVE = (at(0), at(600))


def diary(*spans: tuple[float, float], code: str = "A") -> list[DiaryEntry]:
    return [DiaryEntry(code, "1", f"c{i}", Span(at(a), at(b))) for i, (a, b) in enumerate(spans)]


def said(*spans: tuple[float, float]) -> list[tuple[datetime, datetime]]:
    return [(at(a), at(b)) for a, b in spans]


def wrongs(found: list[Difference]) -> list[Wrong]:
    return [difference.wrong for difference in found]


def test_a_right_report_has_no_difference() -> None:
    entries = diary((-50, 100), (200, 601)) + diary((10, 590), code="B")
    report = {"A": said((0, 101.5), (199, 600)), "B": said((11, 590)), "C": []}
    assert compare(entries, report, LIVE) == []


def test_a_short_stretch_at_the_edge_is_compared_with_its_own() -> None:
    """A relay that was killed twelve seconds after going live: both sides have the stretch before."""
    entries = diary((-31, 12.1), (18.3, 600))
    assert compare(entries, {"A": said((0, 12.3), (18.1, 600))}, LIVE, tolerance_s=AFTER_KILL_S) == []
    assert compare(entries, {"A": said((18.1, 600))}, LIVE, tolerance_s=AFTER_KILL_S) == []
    far = compare(entries, {"A": said((0, 40), (80, 600))}, LIVE, tolerance_s=AFTER_KILL_S)
    assert wrongs(far) == [Wrong.END_OFF, Wrong.INTERVAL_EXTRA]


def test_a_room_missing_from_the_report_is_a_difference() -> None:
    assert wrongs(compare(diary((0, 600)), {}, LIVE)) == [Wrong.ROOM_MISSING]


def test_a_room_reported_as_never_come_is_a_difference() -> None:
    assert wrongs(compare(diary((0, 600)), {"A": []}, LIVE)) == [Wrong.ROOM_MISSING]


def test_a_room_that_received_nothing_is_a_difference() -> None:
    assert wrongs(compare([], {"A": said((0, 600))}, LIVE)) == [Wrong.ROOM_EXTRA]


def test_a_missing_interval_is_a_difference() -> None:
    found = compare(diary((0, 100), (200, 600)), {"A": said((0, 100))}, LIVE)
    assert wrongs(found) == [Wrong.INTERVAL_MISSING]


def test_an_extra_interval_is_a_difference() -> None:
    found = compare(diary((0, 100)), {"A": said((0, 100), (200, 600))}, LIVE)
    assert wrongs(found) == [Wrong.INTERVAL_EXTRA]


def test_a_gap_that_the_report_papered_over_is_a_difference() -> None:
    found = compare(diary((0, 100), (200, 600)), {"A": said((0, 600))}, LIVE)
    assert set(wrongs(found)) == {Wrong.END_OFF, Wrong.INTERVAL_MISSING}


def test_a_gap_that_the_report_invented_is_a_difference() -> None:
    found = compare(diary((0, 600)), {"A": said((0, 300), (307, 600))}, LIVE)
    assert Wrong.INTERVAL_EXTRA in wrongs(found)


@pytest.mark.parametrize(("start", "wrong"), [(2.1, Wrong.START_OFF), (-2.1, Wrong.START_OFF)])
def test_a_start_off_by_more_than_two_seconds_is_a_difference(start: float, wrong: Wrong) -> None:
    assert wrongs(compare(diary((50, 500)), {"A": said((50 + start, 500))}, LIVE)) == [wrong]


@pytest.mark.parametrize("off", [2.1, -2.1])
def test_an_end_off_by_more_than_two_seconds_is_a_difference(off: float) -> None:
    assert wrongs(compare(diary((50, 500)), {"A": said((50, 500 + off))}, LIVE)) == [Wrong.END_OFF]


@pytest.mark.parametrize("off", [2.0, -2.0, 0.0])
def test_a_bound_within_two_seconds_is_none(off: float) -> None:
    assert compare(diary((50, 500)), {"A": said((50 + off, 500 - off))}, LIVE) == []


def test_after_a_kill_fifteen_seconds_are_tolerated_and_no_more() -> None:
    assert compare(diary((50, 500)), {"A": said((50, 486))}, LIVE, tolerance_s=AFTER_KILL_S) == []
    found = compare(diary((50, 500)), {"A": said((50, 484))}, LIVE, tolerance_s=AFTER_KILL_S)
    assert wrongs(found) == [Wrong.END_OFF]


def test_a_connection_that_a_killed_room_had_not_written_down_yet_is_none() -> None:
    """Back after one kill, killed again 2.6 s later, before its diary had the connection."""
    entries = diary((0, 400), (427.8, 471.5))
    report = {"A": said((0, 400), (415.3, 417.9), (427.7, 471.7))}
    assert compare(entries, report, LIVE, tolerance_s=AFTER_KILL_S) == []
    found = compare(entries, report, LIVE)
    assert wrongs(found) == [Wrong.INTERVAL_EXTRA]
    longer = {"A": said((0, 400), (402, 417.9), (427.7, 471.7))}
    assert wrongs(compare(entries, longer, LIVE, tolerance_s=AFTER_KILL_S)) == [Wrong.INTERVAL_EXTRA]


def test_a_difference_tells_both_sides_in_one_zone() -> None:
    vietnam = timezone(timedelta(hours=7))
    report = [(at(50).astimezone(vietnam), at(484).astimezone(vietnam))]
    (found,) = compare(diary((50, 500)), {"A": report}, LIVE)
    assert "report 01:00:50.000000–01:08:04.000000Z, diary 01:00:50.000000–01:08:20.000000Z" in str(found)


def test_an_interval_out_of_live_time_is_a_difference() -> None:
    found = compare(diary((-10, 600)), {"A": said((-10, 600))}, LIVE)
    assert wrongs(found) == [Wrong.OUTSIDE_LIVE]


def test_overlapping_intervals_are_a_difference() -> None:
    found = compare(diary((0, 600)), {"A": said((0, 400), (300, 600))}, LIVE)
    assert wrongs(found) == [Wrong.OUTSIDE_LIVE]


def test_an_interval_that_ends_before_it_begins_is_a_difference() -> None:
    assert wrongs(compare(diary((0, 600)), {"A": said((400, 300))}, LIVE)) == [Wrong.OUTSIDE_LIVE]


def test_gaps_about_five_seconds_may_be_joined_by_either_side() -> None:
    assert compare(diary((0, 300), (304.9, 600)), {"A": said((0, 299.8), (305, 600))}, LIVE) == []
    assert compare(diary((0, 300), (305.1, 600)), {"A": said((0, 600))}, LIVE) == []


def test_two_rooms_swapped_are_told_as_such() -> None:
    entries = diary((0, 600), code="A") + diary((100, 600), code="B")
    found = compare(entries, {"A": said((100, 600)), "B": said((0, 600))}, LIVE)
    assert [(d.code, d.wrong) for d in found] == [("A", Wrong.START_OFF), ("B", Wrong.START_OFF)]
    assert "off by" in str(found[0])


def test_the_diary_of_another_session_is_left_aside() -> None:
    line = {"code": "A", "session": 7, "connection": "c", "from": "2026-03-02T01:00:00.000Z",
            "to": "2026-03-02T01:00:09.500Z"}  # fmt: skip
    other = line | {"session": 8}
    entries = read_diary([json.dumps(line), "", json.dumps(other)], 7)
    assert entries == [DiaryEntry("A", "7", "c", Span(at(0), at(9.5)))]


GOOD = {
    "code": "A",
    "session": 7,
    "connection": "c",
    "from": "2026-03-02T01:00:00Z",
    "to": "2026-03-02T01:00:09Z",
}


@pytest.mark.parametrize(
    "broken",
    [
        "{", "[]", "1", "null", '"x"', "[" * 5000,
        *(json.dumps({k: v for k, v in GOOD.items() if k != gone}) for gone in GOOD),
        json.dumps(GOOD | {"from": "2026-03-02T01:00:00"}),
        json.dumps(GOOD | {"from": 5}),
        json.dumps(GOOD | {"from": "yesterday"}),
        json.dumps(GOOD | {"to": "2026-03-02T00:00:00Z"}),
        json.dumps(GOOD | {"code": ""}),
        json.dumps(GOOD | {"session": [1]}),
        json.dumps(GOOD | {"connection": "x" * 3000}),
    ],
)  # fmt: skip
def test_a_broken_line_is_named_by_its_number(broken: str) -> None:
    with pytest.raises(DiaryUnreadable) as caught:
        read_diary([json.dumps(GOOD), broken], 7)
    assert caught.value.params["line"] == 2


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(DiaryUnreadable):
        read_diary([text], 7)
