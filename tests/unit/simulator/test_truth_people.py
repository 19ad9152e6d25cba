"""The comparison of a crowd's truth with a report: a right report passes, each kind of wrong one is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from confhub.attendance.rules import Span
from confhub.simulator.truth.people import (
    WITH_LEAVE,
    WITHOUT_LEAVE,
    Expected,
    Reported,
    Setting,
    Wrong,
    added_up,
    checked_in,
    compare,
)
from confhub.simulator.truth.played import Truth, TruthUnreadable, guest_key, read_truth

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LIVE = Span(T0, T0 + timedelta(seconds=600))
SETTING = Setting(LIVE, (LIVE,), complete_percent=80, tolerance_s=2.0)
GUEST = guest_key("A", "Lê Khách")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def spans(*bounds: tuple[float, float]) -> tuple[Span, ...]:
    return tuple(Span(at(start), at(end)) for start, end in bounds)


def line(what: str, room: str, seconds: float, *, until: float | None = None, **more: Any) -> str:
    told = {"what": what, "room": room, "at": at(seconds).isoformat(), "way": "tablet", **more}
    return json.dumps(told | ({"until": at(until).isoformat()} if until is not None else {}))


TRUTH = read_truth(
    [
        line("in", "A", -30, person=1),
        line("in", "A", 60, person=2),
        line("out", "A", 300, person=2),
        line("in", "B", 100, person=3),
        line("in", "A", 400, person=3),
        line("in", "A", 200, guest="Lê Khách"),
        line("in", "B", 50, until=53, person=6),
        line("in", "A", 60, person=7),
        line("out", "A", 200, person=7),
        line("in", "A", 400, person=7),
        line("heads", "A", 100, people=40),
        line("heads", "A", 90, people=7),
        json.dumps({"what": "refused", "why": "code_expired", "room": "B"}),
        "",
    ]
)
EXPECTED = {
    "1": Expected("A"),
    "2": Expected("A"),
    "3": Expected("B"),
    "4": Expected("A", with_leave=True),
    "5": Expected("B"),
    "6": Expected("B"),
    "7": Expected("A"),
}
CONNECTIONS = {"A": spans((-60, 610)), "B": spans((-60, 250), (252, 610))}


def right() -> dict[str, Reported]:
    """A report that says what is true, within 2 s."""
    return {
        "1": Reported("1", "A", True, spans((0, 600)), True),
        "2": Reported("2", "A", True, spans((61.5, 299)), False),
        "3": Reported("3", "B", True, spans((100, 600)), True),
        "4": Reported("4", "A", True, (), False, WITH_LEAVE),
        "5": Reported("5", "B", True, (), False, WITHOUT_LEAVE),
        "6": Reported("6", "B", True, spans((54, 600)), True),
        "7": Reported("7", "A", True, spans((60, 200), (400, 600)), False),
        GUEST: Reported(GUEST, "A", False, spans((200, 600)), False),
    }


def found(rows: dict[str, Reported] | list[Reported], truth: Truth = TRUTH) -> list[tuple[str, Wrong]]:
    listed = list(rows.values()) if isinstance(rows, dict) else rows
    outcome = compare(truth, EXPECTED, listed, CONNECTIONS, SETTING)
    return [(difference.person, difference.wrong) for difference in outcome.differences]


def test_a_right_report_has_no_difference_and_its_totals_hold() -> None:
    rows = right()
    outcome = compare(TRUTH, EXPECTED, rows.values(), CONNECTIONS, SETTING)
    assert outcome.differences == []
    assert outcome.furthest_s == 4.0, "the phone was asked for three seconds"
    totals = added_up(rows.values()) | {"heads": 40}
    assert totals["checked_in"] == 6
    assert totals["completed"] == 3
    assert all(outcome.totals[name].holds(value) for name, value in totals.items())
    assert outcome.totals["heads"].low == outcome.totals["heads"].high == 40
    assert TRUTH.refused == {"code_expired": 1}
    assert TRUTH.by_way() == {"tablet": 8}


def change(person: str, **values: Any) -> Callable[[dict[str, Reported]], None]:
    def apply(rows: dict[str, Reported]) -> None:
        rows[person] = replace(rows[person], **values)

    return apply


@pytest.mark.parametrize(
    ("wrong", "person", "apply"),
    [
        (Wrong.LOST, "1", lambda rows: rows.pop("1")),
        (Wrong.LOST, "5", lambda rows: rows.pop("5")),
        (Wrong.LOST, GUEST, lambda rows: rows.pop(GUEST)),
        (Wrong.LOST, "1", change("1", spans=(), completed=False, absent=WITHOUT_LEAVE)),
        (Wrong.NOT_THERE, "5", change("5", spans=spans((10, 20)), absent="")),
        (Wrong.ROOM, "3", change("3", room="A")),
        (Wrong.MISSING, "7", change("7", spans=spans((60, 200)))),
        (Wrong.END, "3", change("3", spans=spans((100, 200), (280, 600)), completed=False)),
        (Wrong.EXTRA, "2", change("2", spans=spans((60, 300), (400, 450)))),
        (Wrong.START, "2", change("2", spans=spans((63, 300)))),
        (Wrong.START, "2", change("2", spans=spans((57, 300)))),
        (Wrong.END, "2", change("2", spans=spans((60, 303)))),
        (Wrong.END, "2", change("2", spans=spans((60, 297)))),
        (Wrong.OUTSIDE, "1", change("1", spans=spans((-5, 600)))),
        (Wrong.OUTSIDE, "1", change("1", spans=spans((0, 400), (300, 600)))),
        (Wrong.STATUS, "1", change("1", completed=False)),
        (Wrong.STATUS, "2", change("2", completed=True)),
        (Wrong.STATUS, "4", change("4", absent=WITHOUT_LEAVE)),
        (Wrong.STATUS, "5", change("5", absent=WITH_LEAVE)),
        (Wrong.STATUS, "1", change("1", expected=False)),
    ],
)
def test_each_kind_of_wrong_report_is_found(
    wrong: Wrong, person: str, apply: Callable[[dict[str, Reported]], object]
) -> None:
    rows = right()
    apply(rows)
    assert (person, wrong) in found(rows)
    assert {who for who, _ in found(rows)} == {person}


def test_somebody_twice_and_somebody_who_never_was_are_doubled() -> None:
    rows = [*right().values(), right()["1"]]
    assert found(rows) == [("1", Wrong.DOUBLED)]
    stranger = Reported("A: Ai đó", "A", False, spans((1, 2)), False)
    assert found([*right().values(), stranger]) == [("A: Ai đó", Wrong.DOUBLED)]


def test_a_moment_that_the_hub_named_may_lie_anywhere_while_it_was_asked() -> None:
    late = right() | {"6": Reported("6", "B", True, spans((54.9, 600)), True)}
    assert found(late) == []
    later = right() | {"6": Reported("6", "B", True, spans((55.1, 600)), True)}
    assert found(later) == [("6", Wrong.START)]


def test_whoever_sits_in_a_room_that_is_away_is_not_there() -> None:
    cut = {**CONNECTIONS, "A": spans((-60, 100), (130, 610))}
    rows = right() | {
        "1": Reported("1", "A", True, spans((0, 100), (130, 600)), True),
        "2": Reported("2", "A", True, spans((60, 100), (130, 300)), False),
        "7": Reported("7", "A", True, spans((60, 100), (130, 200), (400, 600)), False),
    }
    assert compare(TRUTH, EXPECTED, rows.values(), cut, SETTING).differences == []
    outcome = compare(TRUTH, EXPECTED, right().values(), cut, SETTING)
    assert outcome.count(Wrong.END) == 3


def test_breaks_do_not_count() -> None:
    setting = Setting(LIVE, spans((0, 120), (180, 600)), 80, 2.0)
    rows = {
        name: replace(row, spans=tuple(_without(row.spans, 120, 180)), completed=row.completed)
        for name, row in right().items()
    }
    assert compare(TRUTH, EXPECTED, rows.values(), CONNECTIONS, setting).differences == []
    assert compare(TRUTH, EXPECTED, right().values(), CONNECTIONS, setting).count(Wrong.END) == 5


def _without(whole: tuple[Span, ...], start: float, end: float) -> list[Span]:
    parts = [Span(span.start, min(span.end, at(start))) for span in whole]
    parts += [Span(max(span.start, at(end)), span.end) for span in whole]
    return [span for span in parts if span.start < span.end]


def test_totals_that_the_truth_does_not_allow_are_seen() -> None:
    outcome = compare(TRUTH, EXPECTED, right().values(), CONNECTIONS, SETTING)
    for name, value in {"expected": 5, "checked_in": 7, "guests": 0, "completed": 4, "heads": 47}.items():
        assert not outcome.totals[name].holds(value)


def test_who_checks_in_elsewhere_has_left_the_room_before() -> None:
    assert checked_in(TRUTH.moments["3"], LIVE.end) == [
        ("B", Span(at(100), at(400))),
        ("A", Span(at(400), at(600))),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"what": "in"}',
        line("jump", "A", 0, person=1),
        line("in", "", 0, person=1),
        line("in", "A", 0, person="x"),
        line("in", "A", 10, until=5, person=1),
        line("heads", "A", 0, people=-1),
        json.dumps({"what": "in", "room": "A", "at": "2026-03-02T01:00:00", "way": "tablet", "person": 1}),
        line("in", "A", 0, person=1, note="x" * 3000),
    ],
)
def test_a_line_that_is_not_understood_is_named(text: str) -> None:
    with pytest.raises(TruthUnreadable, match="line 2"):
        read_truth([line("in", "A", 0, person=1), text])
