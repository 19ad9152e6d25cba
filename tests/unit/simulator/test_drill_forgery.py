"""The forgers' bounds: each can be missed, and nothing that was not tried holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from confhub.kernel.errors import StartError
from confhub.simulator.drill.forgers import SENDS_AWAY
from confhub.simulator.drill.forgery import Forgery
from confhub.simulator.drill.options import Fault, read_faults

HELD = Forgery(
    answers={
        "tablet": {"stored": 20, "waiting": 30, "too_many_moves": 970},
        "operator": {"not_on_room_list": 1000},
        "phone": {"person_unknown": 144},
        SENDS_AWAY: {"came_without_phone": 24},
    },
    stored=20,
    undone=20,
    noted=2168,
    from_unix=100.0,
    to_unix=120.0,
    p95_s=0.3,
    p95_calm_s=0.16,
    counted=50,
    counted_calm=50,
)


def missed(**changed: Any) -> list[str]:
    return [bound.name for bound in replace(HELD, **changed).bounds() if not bound.held]


def test_a_forgery_that_was_beaten_off_misses_nothing() -> None:
    assert missed() == []
    assert HELD.attempts == 2168


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"answers": {"tablet": {"waiting": 1}, "phone": {"person_unknown": 1}}}, "forgers: all doors tried"),
        (
            {"answers": HELD.answers | {"phone": {"unheard 500": 1, "person_unknown": 1}}},
            "forgers: all doors tried",
        ),
        ({"strayed": 1}, "forgers: 0 people of other rooms changed"),
        (
            {"answers": HELD.answers | {SENDS_AWAY: {"stored": 1, "came_without_phone": 24}}},
            "forgers: nobody sent away by a phone",
        ),
        ({"names": 1}, "forgers: 0 names told"),
        ({"noted": 2167}, "forgers: every attempt in the audit"),
        ({"p95_s": 0.33}, "forgers: honest check-ins as fast as before"),
        ({"counted": 0}, "forgers: honest check-ins as fast as before"),
        ({"undone": 19}, "forgers: one undo takes all back"),
        ({"left": 1}, "forgers: one undo takes all back"),
        ({"stored": 0, "undone": 0}, "forgers: one undo takes all back"),
    ],
)
def test_each_bound_can_be_missed(changed: dict[str, Any], name: str) -> None:
    assert missed(**changed) == [name]


def test_times_are_taken_during_the_attack_and_as_long_before() -> None:
    found = replace(HELD)
    found.take_times([(79.0, 9.0), (81.0, 0.1), (99.0, 0.2), (100.0, 0.3), (119.0, 0.4), (120.0, 9.0)])
    assert (found.counted_calm, found.counted) == (2, 2)
    assert (found.p95_calm_s, found.p95_s) == (0.2, 0.4)
    found.take_times([])
    assert (found.p95_s, found.counted) == (0.0, 0)


def test_forgers_are_a_fault_that_needs_people() -> None:
    from argparse import ArgumentParser

    from confhub.cli.drill import add_parser, read_options

    parser = ArgumentParser()
    add_parser(parser.add_subparsers())
    assert read_faults("forgers") == (Fault.FORGERS,)
    with pytest.raises(StartError):
        read_options(parser.parse_args(["drill", "--faults", "forgers"]))
    alone = read_options(parser.parse_args(["drill", "--faults", "all"]))
    assert Fault.FORGERS not in alone.faults
    peopled = read_options(parser.parse_args(["drill", "--faults", "all", "--people", "400"]))
    assert peopled.faults == tuple(Fault)
