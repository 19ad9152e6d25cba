"""Intervals and figures of one room, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from confhub.attendance.rules import (
    Evidence,
    Margins,
    Span,
    figures,
    intersect,
    presence,
    present_over_time,
    union,
)
from confhub.attendance.values import Kind, Source

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MARGINS = Margins(timedelta(minutes=5), timedelta(minutes=5))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def span(start: float, end: float) -> Span:
    return Span(at(start), at(end))


def relay(kind: Kind, seconds: float, connection: str = "PA_1") -> Evidence:
    return Evidence(Source.RELAY, kind, at(seconds), connection, at(seconds))


def room(kind: Kind, seconds: float, connection: str = "own-1") -> Evidence:
    return Evidence(Source.ROOM, kind, at(seconds), connection, at(seconds + 60))


def mark(seconds: float, connection: str = "PA_1") -> Evidence:
    return Evidence(Source.RECONCILE, Kind.PRESENT, at(seconds), connection, at(seconds))


def missed_leave(seconds: float, noticed: float, connection: str = "PA_1") -> Evidence:
    return Evidence(Source.RECONCILE, Kind.LEFT, at(seconds), connection, at(noticed))


def looks(until: float, since: float = 0) -> list[datetime]:
    return [at(s) for s in range(int(since), int(until) + 1, 15)]


def test_a_join_and_a_leave_make_one_interval() -> None:
    events = [relay(Kind.JOINED, 10), relay(Kind.LEFT, 500)]
    assert presence(events, looks(600)) == [span(10, 500)]


def test_gaps_under_five_seconds_are_closed_and_longer_ones_are_not() -> None:
    events = [
        relay(Kind.JOINED, 0, "a"), relay(Kind.LEFT, 100, "a"),
        relay(Kind.JOINED, 104.9, "b"), relay(Kind.LEFT, 200, "b"),
        relay(Kind.JOINED, 205, "c"), relay(Kind.LEFT, 300, "c"),
    ]  # fmt: skip
    assert presence(events, looks(600)) == [span(0, 200), span(205, 300)]


def test_a_resume_keeps_one_interval_however_long_the_silence() -> None:
    events = [relay(Kind.JOINED, 0), mark(15), mark(75), relay(Kind.LEFT, 300)]
    assert presence(events, looks(300)) == [span(0, 300)]


def test_overlapping_connections_are_never_counted_twice() -> None:
    events = [
        relay(Kind.JOINED, 0, "a"), relay(Kind.LEFT, 200, "a"),
        relay(Kind.JOINED, 100, "b"), relay(Kind.LEFT, 300, "b"),
    ]  # fmt: skip
    found = figures(presence(events, looks(600)), live=span(0, 600), ended=True, margins=MARGINS)
    assert found.seconds == 300
    assert found.percent == 50


def test_an_interval_ends_when_last_known_present_not_when_a_timeout_noticed() -> None:
    events = [relay(Kind.JOINED, 0), mark(90), relay(Kind.LOST, 130)]
    assert presence(events, looks(600)) == [span(0, 90)]


def test_after_a_kill_of_the_relay_the_rooms_log_fills_up_to_what_it_really_saw() -> None:
    events = [
        relay(Kind.JOINED, 0), mark(90), missed_leave(90, noticed=105),
        room(Kind.JOINED, 0), room(Kind.LEFT, 101),
        relay(Kind.JOINED, 110, "PA_2"), relay(Kind.LEFT, 300, "PA_2"),
    ]  # fmt: skip
    assert presence(events, looks(600)) == [span(0, 101), span(110, 300)]


def test_without_a_room_log_a_kill_costs_one_heartbeat_at_most() -> None:
    events = [relay(Kind.JOINED, 0), mark(90), missed_leave(90, noticed=105)]
    assert presence(events, looks(600)) == [span(0, 90)]


def test_the_rooms_log_does_not_stretch_what_the_relay_saw_end() -> None:
    events = [
        relay(Kind.JOINED, 10), relay(Kind.LEFT, 200),
        room(Kind.JOINED, 0), room(Kind.LEFT, 400),
    ]  # fmt: skip
    assert presence(events, looks(600)) == [span(10, 200)]


def test_a_room_that_noticed_its_loss_late_is_believed_for_one_heartbeat_only() -> None:
    lost = [relay(Kind.JOINED, 0), mark(90), missed_leave(90, noticed=400)]
    own = [room(Kind.JOINED, 0), room(Kind.PRESENT, 95), room(Kind.LOST, 300)]
    assert presence([*lost, *own], looks(600)) == [span(0, 110)]


def test_the_rooms_log_counts_while_the_hub_was_not_looking() -> None:
    away = [*looks(120), *looks(600, since=300)]
    events = [room(Kind.JOINED, 150), room(Kind.LEFT, 250)]
    assert presence(events, away) == [span(150, 250)]


def test_a_claim_of_a_room_that_nobody_saw_while_all_looked_is_not_believed() -> None:
    assert presence([room(Kind.JOINED, 150), room(Kind.LEFT, 250)], looks(600)) == []


def test_a_missed_join_begins_with_the_first_sign_and_the_rooms_log_fills_before_it() -> None:
    events = [mark(45), relay(Kind.LEFT, 300), room(Kind.JOINED, 33), room(Kind.LEFT, 300)]
    assert presence(events, looks(600)) == [span(33, 300)]


def test_while_live_an_open_connection_lasts_until_now() -> None:
    events = [relay(Kind.JOINED, 0), mark(90)]
    assert presence(events, looks(90), now=at(100)) == [span(0, 100)]


def test_while_live_a_connection_silent_for_long_is_not_drawn_to_now() -> None:
    events = [relay(Kind.JOINED, 0), mark(90)]
    assert presence(events, looks(90), now=at(200)) == [span(0, 90)]


def test_minutes_count_within_live_time_only() -> None:
    found = figures([span(-100, 50), span(90, 400)], live=span(0, 100), ended=True, margins=MARGINS)
    assert found.spans == (span(0, 50), span(90, 100))
    assert found.seconds == 60


def test_late_is_first_present_more_than_the_margin_after_live_began() -> None:
    def late(start: float) -> bool:
        return figures([span(start, 3600)], live=span(0, 3600), ended=True, margins=MARGINS).late

    assert not late(300)
    assert late(300.5)


def test_left_early_is_last_present_more_than_the_margin_before_the_end() -> None:
    def early(end: float) -> bool:
        return figures([span(0, end)], live=span(0, 3600), ended=True, margins=MARGINS).left_early

    assert not early(3300)
    assert early(3299.5)


def test_nobody_has_left_early_while_the_session_is_live() -> None:
    found = figures([span(0, 60)], live=span(0, 3600), ended=False, margins=MARGINS)
    assert not found.left_early


def test_never_came_is_no_second_in_live_time() -> None:
    lobby_only = figures([span(-600, 0)], live=span(0, 100), ended=True, margins=MARGINS)
    assert not lobby_only.came
    assert not lobby_only.late
    assert not lobby_only.left_early
    assert figures([span(0, 1)], live=span(0, 100), ended=True, margins=MARGINS).came


def test_a_room_added_while_live_is_expected_from_that_moment() -> None:
    found = figures(
        [span(1010, 3600)], live=span(0, 3600), ended=True, margins=MARGINS, expected_from=at(1000)
    )
    assert not found.late
    assert found.expected == span(1000, 3600)
    assert round(found.percent, 2) == round(100 * 2590 / 2600, 2)


def test_a_room_dropped_while_live_is_expected_until_that_moment() -> None:
    found = figures(
        [span(0, 1000)], live=span(0, 3600), ended=False, margins=MARGINS, expected_until=at(1000)
    )
    assert found.percent == 100
    assert not found.left_early


def test_a_room_dropped_before_live_began_is_not_expected() -> None:
    found = figures([], live=span(0, 100), ended=True, margins=MARGINS, expected_until=at(-5))
    assert found.expected is None


def test_before_live_there_are_no_figures() -> None:
    assert figures([span(0, 10)], live=None, ended=False, margins=MARGINS).expected is None


def test_union_joins_what_touches() -> None:
    assert union([span(5, 9), span(0, 5), span(20, 30)]) == [span(0, 9), span(20, 30)]


def test_intersect_keeps_what_lies_in_both() -> None:
    assert intersect([span(0, 10), span(20, 30)], [span(5, 25)]) == [span(5, 10), span(20, 25)]


def test_presence_over_time_counts_rooms_at_each_moment() -> None:
    rooms = [[span(0, 10)], [span(5, 10), span(20, 30)]]
    assert present_over_time(rooms, [at(s) for s in (0, 5, 10, 15, 20, 31)]) == [1, 2, 2, 0, 1, 0]
