"""The drill's verdict: every bound is held or missed by what was measured, and nothing unmeasured holds."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from confhub.simulator.drill.burning import burning
from confhub.simulator.drill.outcome import Coming, DrillOutcome, percentile
from confhub.simulator.drill.telling import tell
from confhub.simulator.province.people_outcome import PeopleOutcome


def calm(**changed: Any) -> DrillOutcome:
    """A drill without faults that held."""
    values: dict[str, Any] = {
        "rooms": 302,
        "picture": "720p",
        "faults": [],
        "rooms_joined": 302,
        "rooms_with_picture": 302,
        "rooms_with_sound": 302,
        "packets_received": 9_000_000,
        "packets_per_s": 80_000.0,
        "relay_core": 0.31,
        "left_over": 0.9,
    }
    return DrillOutcome(**values | changed)


def rough(**changed: Any) -> DrillOutcome:
    """A drill of faults that held."""
    values: dict[str, Any] = {
        "rooms": 6,
        "picture": "180p",
        "faults": ["floor", "dead-line", "kill-relay"],
        "rooms_joined": 6,
        "floor_changes": 2,
        "switch_ms": [80.0] * 8 + [200.0] * 2,
        "back": {"kill-relay": Coming(6, 0, [1.0] * 6), "dead-line": Coming(2, 0, [0.4, 1.9])},
        "intruder_sent": 1000,
    }
    return DrillOutcome(**values | changed)


def missed(outcome: DrillOutcome) -> list[str]:
    return [bound.name for bound in outcome.bounds() if not bound.held]


def test_drills_that_held_miss_nothing() -> None:
    assert missed(calm()) == []
    assert missed(rough()) == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"rooms_joined": 301}, "every room joined"),
        ({"rooms_with_picture": 301}, "picture in every room"),
        ({"rooms_with_sound": 0}, "sound in every room"),
        ({"packets_lost": 901}, "loss ≤ 0.01%"),
        ({"packets_received": 0}, "loss ≤ 0.01%"),
        ({"relay_core": 0.41}, "relay ≤ 40% of a core"),
        ({"relay_core": 0.0}, "relay ≤ 40% of a core"),
        ({"attendance_differences": 1}, "attendance differences 0"),
    ],
)
def test_each_bound_of_a_calm_drill_can_be_missed(changed: dict[str, Any], name: str) -> None:
    assert missed(calm(**changed)) == [name]


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"switch_ms": [80.0] * 9 + [260.0]}, "floor switch p95 ≤ 250 ms"),
        ({"switches_missing": 1}, "floor switch p95 ≤ 250 ms"),
        ({"switch_ms": []}, "floor switch p95 ≤ 250 ms"),
        ({"renegotiations": 1}, "0 renegotiations"),
        ({"back": {"kill-relay": Coming(6, 0, [5.1])}}, "kill-relay: back within 5 s"),
        ({"back": {"kill-relay": Coming(6, 1, [1.0] * 5)}}, "kill-relay: back within 5 s"),
        ({"back": {"dead-line": Coming(2, 0, [2.1])}}, "dead-line: back within 2 s"),
        ({"intruder_heard": 1}, "nobody off stage heard"),
        ({"intruder_sent": 0}, "nobody off stage heard"),
    ],
)
def test_each_bound_of_a_drill_of_faults_can_be_missed(changed: dict[str, Any], name: str) -> None:
    assert missed(rough(**changed)) == [name]


def test_what_the_rooms_own_full_sockets_dropped_is_told_but_not_laid_to_the_relay() -> None:
    outcome = calm(packets_lost=5_000, rooms_socket_drops=4_900)
    assert missed(outcome) == []
    assert "4,900 dropped" in next(bound.value for bound in outcome.bounds() if bound.name.startswith("loss"))
    assert missed(calm(packets_lost=5_000, rooms_socket_drops=4_000)) == ["loss ≤ 0.01%"]


def test_the_relays_share_of_a_core_is_bound_at_720p_alone() -> None:
    assert missed(calm(picture="180p", relay_core=0.9)) == []


def test_percentiles_are_the_nearest_ranks_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, percent) for percent in (50, 95, 100)] == [50, 95, 100]
    assert percentile([3.0], 50) == 3.0
    assert math.isnan(percentile([], 95))


@pytest.mark.parametrize(
    ("outcome", "code", "word"), [(rough(), 0, "HELD"), (rough(rooms_joined=5), 1, "MISSED")]
)
def test_the_last_line_is_the_verdict(outcome: DrillOutcome, code: int, word: str) -> None:
    console = Console(width=100, record=True)
    assert tell(console, outcome, []) == code
    assert console.export_text().strip().splitlines()[-1].startswith(word)


def test_the_figures_are_written_with_their_bounds(tmp_path: Path) -> None:
    rough(intruder_heard=2).write(tmp_path / "drill.json")
    found = json.loads((tmp_path / "drill.json").read_text())
    assert found["held"] is False
    assert found["switch_ms"]["p95"] == 200
    assert found["back"]["dead-line"] == {
        "affected": 2,
        "missing": 0,
        "count": 2,
        "p50": 0.4,
        "p95": 1.9,
        "max": 1.9,
    }
    assert {bound["name"]: bound["held"] for bound in found["bounds"]}["nobody off stage heard"] is False


def crowd(**changed: Any) -> PeopleOutcome:
    """People of whom the report says what is true."""
    values: dict[str, Any] = {
        "people": 40_000,
        "ways": {"tablet": 35_000, "qr": 2_200, "code": 900},
        "totals": {"checked_in": (38_000, 37_990, 38_010), "expected": (40_000, 40_000, 40_000)},
    }
    return PeopleOutcome(**values | changed)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"lost": 1}, "0 people lost or doubled"),
        ({"doubled": 1}, "0 people lost or doubled"),
        ({"intervals_off": 1}, "intervals of people within 2 s"),
        ({"people_off": 1}, "intervals of people within 2 s"),
        ({"totals": {"expected": (39_999, 40_000, 40_000)}}, "totals of people as they were"),
        ({"not_added_up": ["checked in: 1, but 2 persons"]}, "totals of people as they were"),
        ({"surprised": 1}, "the crowd answered as due"),
        ({"ways": {}}, "people checked in"),
    ],
)
def test_every_bound_of_people_is_missed_by_what_breaks_it(changed: dict[str, Any], name: str) -> None:
    assert missed(calm(people=crowd())) == []
    assert missed(calm(people=crowd(**changed))) == [name]
    assert crowd().shortfalls() == []
    assert len(crowd(**changed).shortfalls()) == 1


def test_people_are_told_and_written_with_the_rest(tmp_path: Path) -> None:
    console = Console(record=True, width=120)
    outcome = calm(people=crowd(differences=["H44.01.01: lost"], lost=1))
    assert tell(console, outcome, []) == 1
    text = console.export_text()
    assert "38,100: code 900, qr 2,200, tablet 35,000" in text
    assert "H44.01.01: lost" in text
    outcome.write(tmp_path / "drill.json")
    assert json.loads((tmp_path / "drill.json").read_text())["people"]["lost"] == 1


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"lost": 1}, "0 people lost or doubled"),
        ({"doubled": 9}, "0 people lost or doubled"),
        ({"intervals_off": 16_929}, "intervals of people within 15 s"),
        ({"totals": {"expected": (39_999, 40_000, 40_000)}}, "totals of people as they were"),
        ({"surprised": 1}, "the crowd answered as due"),
    ],
)
def test_beside_busy_programs_timing_is_void_and_people_are_not(
    changed: dict[str, Any], name: str, tmp_path: Path
) -> None:
    slow = {"relay_core": 0.9, "packets_lost": 1_000_000, "left_over": 0.3}
    assert len(missed(calm(people=crowd(), **slow))) == 3
    console = Console(record=True, width=120)
    assert tell(console, calm(people=crowd(), burn=2, **slow), []) == 0
    assert "2 busy programs ran beside it: bounds on timing are void" in console.export_text()
    outcome = calm(people=crowd(**changed), burn=2, **slow)
    assert tell(Console(record=True), outcome, []) == 1
    outcome.write(tmp_path / "drill.json")
    told = json.loads((tmp_path / "drill.json").read_text())
    assert (told["burn"], told["held"]) == (2, False)
    bounds = told["bounds"]
    assert [one["name"] for one in bounds if not one["held"] and not one["void"]] == [name]
    void = {"loss ≤ 0.01%", "relay ≤ 40% of a core", "a third of one processor left over"}
    assert {one["name"] for one in bounds if one["void"]} == void


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_busy_programs_run_for_the_length_of_the_drill() -> None:
    async with burning(2) as pids:
        assert len(set(pids)) == 2
        assert all(is_there(pid) for pid in pids)
    assert not any(is_there(pid) for pid in pids)
