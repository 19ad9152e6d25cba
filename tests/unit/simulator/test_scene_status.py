"""Several fleets' figures as one: added up, joined, or the last and the longest of them."""

from __future__ import annotations

from typing import Any

from confhub.simulator.province.scene import merged


def test_counts_add_up_lists_join_and_times_keep_the_first_and_the_last() -> None:
    one: dict[str, Any] = {
        "joined": 3,
        "switches": [1],
        "first_join_s": 0.5,
        "last_join_s": 2.0,
        "faults": {"down_dropped": 4},
        "receiver": "compiled",
        "final": False,
    }
    other = one | {"joined": 4, "switches": [2], "first_join_s": None, "last_join_s": 3.0}
    assert merged([one, other]) == {
        "joined": 7,
        "switches": [1, 2],
        "first_join_s": 0.5,
        "last_join_s": 3.0,
        "faults": {"down_dropped": 8},
        "receiver": "compiled",
        "final": False,
    }


def test_what_only_one_of_them_tells_stands_and_nobody_tells_nothing() -> None:
    assert merged([{}, {"joined": 2}, {"packets_received": 5}]) == {"joined": 2, "packets_received": 5}
    assert merged([]) == {}
