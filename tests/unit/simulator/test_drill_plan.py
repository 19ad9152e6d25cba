"""The drill's plan: what is wished is read, faults do not overlap, and the rooms get their lines' part."""

from __future__ import annotations

import pytest

from confhub.kernel.errors import StartError
from confhub.simulator.drill.options import ALL, NONE, Fault, read_faults
from confhub.simulator.drill.plan import AFTER_LINE_S, CALM_S, hit_by_dead_line, line_faults, make_plan


def test_all_and_none_and_names_are_read_in_the_order_in_which_they_are_done() -> None:
    assert read_faults(NONE) == ()
    assert read_faults(ALL) == tuple(Fault)
    assert read_faults("kill-hub, loss-1") == (Fault.LOSS_1, Fault.KILL_HUB)


@pytest.mark.parametrize("text", ["loss-2", "loss-1,storm", "", ","])
def test_what_is_no_fault_is_named_together_with_those_that_are(text: str) -> None:
    with pytest.raises(StartError, match="loss-10, jitter"):
        read_faults(text)


def test_faults_follow_each_other_with_calm_between_and_the_session_lasts_to_their_end() -> None:
    plan = make_plan(tuple(Fault), 0.5)
    assert [phase.fault for phase in plan.phases] == [fault for fault in Fault if fault is not Fault.WAVE]
    ends = [0.0, *(phase.to_s for phase in plan.phases)]
    assert all(phase.from_s == end + CALM_S for phase, end in zip(plan.phases, ends, strict=False))
    assert plan.live_s == ends[-1] + CALM_S > 30


def test_minutes_that_are_left_over_go_to_the_floors_changes() -> None:
    short, long = (make_plan((Fault.FLOOR,), minutes) for minutes in (0.1, 2))
    (brief,), (wide,) = short.phases, long.phases
    assert wide.to_s - wide.from_s > brief.to_s - brief.from_s
    assert long.live_s == 120
    assert wide.to_s <= 120 - CALM_S


def test_without_faults_nothing_happens_for_the_minutes_wished() -> None:
    plan = make_plan((), 2)
    assert plan.phases == ()
    assert plan.live_s == 120
    assert line_faults(plan, 302, 1000.0, 1)["faults"] == []


def test_the_rooms_lines_are_told_in_the_fleets_words() -> None:
    plan = make_plan((Fault.LOSS_5, Fault.JITTER, Fault.DEAD_LINE, Fault.KILL_HUB), 2)
    wish = line_faults(plan, 302, 1000.0, 7)
    assert (wish["seed"], wish["epoch"]) == (7, 1000.0)
    assert [line["kind"] for line in wish["faults"]] == ["loss", "jitter", "dead"]
    assert wish["faults"][0] == {
        "kind": "loss",
        "percent": 5.0,
        "from_s": CALM_S,
        "to_s": CALM_S + 10,
        "way": "both",
        "rooms": [0, 302],
    }
    assert wish["faults"][2]["rooms"] == [0, 100] == [0, len(hit_by_dead_line(302))]


def test_a_dead_line_is_back_before_its_watch_is_over_and_dead_for_twenty_seconds() -> None:
    phase = make_plan((Fault.DEAD_LINE,), 1).phase(Fault.DEAD_LINE)
    assert phase is not None
    assert phase.back_s == phase.to_s - AFTER_LINE_S == phase.from_s + 20


def test_a_brisk_drill_is_shorter_but_gives_killed_programs_their_time() -> None:
    whole, brisk = (make_plan(tuple(Fault), 0.1, brisk=wish) for wish in (False, True))
    assert brisk.live_s < whole.live_s * 0.7
    kill = brisk.phase(Fault.KILL_RELAY)
    assert kill is not None
    assert kill.to_s - kill.from_s == 6
