"""The demo's verdict: every shortfall is told, and a run that holds has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from confhub.simulator.demo.outcome import Outcome
from confhub.simulator.province.people_outcome import PeopleOutcome


def held() -> Outcome:
    return Outcome(
        rooms_expected=302,
        rooms_joined=302,
        join_s=8.0,
        rooms_with_picture=302,
        rooms_with_sound=302,
        rooms_decoded=10,
        rooms_decoded_ok=10,
        packets_sent=100_000,
        packets_received=99_950,
        attendance_rows=303,
    )


def test_a_run_that_held_has_no_shortfall() -> None:
    assert held().shortfalls() == []


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("rooms_joined", 301, "rooms joined"),
        ("rooms_with_picture", 301, "picture"),
        ("rooms_with_sound", 0, "sound"),
        ("rooms_decoded", 9, "decoded"),
        ("rooms_decoded_ok", 9, "decoded"),
        ("packets_received", 99_000, "loss"),
        ("packets_sent", 0, "loss"),
        ("attendance_rows", 302, "report rows"),
        ("attendance_differences", 1, "differences"),
    ],
)
def test_each_way_of_falling_short_is_told(field: str, value: int, told: str) -> None:
    outcome = held()
    setattr(outcome, field, value)
    [shortfall] = outcome.shortfalls()
    assert told in shortfall


def test_more_received_than_sent_is_no_loss_but_a_wrong_figure_is_told() -> None:
    outcome = held()
    outcome.packets_received = outcome.packets_sent + 5_000
    assert any("more" in shortfall for shortfall in outcome.shortfalls())


def test_after_a_kill_the_lost_packets_of_the_dead_do_not_count() -> None:
    outcome = held()
    outcome.packets_received, outcome.restarts = 50_000, 1
    assert outcome.shortfalls() == []


def test_what_was_measured_is_written_as_json(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    held().write(file)
    found = json.loads(file.read_text())
    wanted = {
        "rooms_expected", "rooms_joined", "join_s", "rooms_with_picture", "rooms_with_sound", "packets_sent",
        "packets_received", "attendance_rows", "attendance_differences", "relay_cpu_s", "hub_cpu_s",
        "relay_rss_mb", "hub_rss_mb",
    }  # fmt: skip
    assert wanted <= set(found)


def test_what_is_wrong_with_people_is_a_shortfall_of_the_demo() -> None:
    outcome = held()
    outcome.people = PeopleOutcome(40_000, ways={"tablet": 38_000})
    assert outcome.shortfalls() == []
    outcome.people.lost = 2
    assert outcome.shortfalls() == ["people lost: 2"]
