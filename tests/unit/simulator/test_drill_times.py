"""Switch times and returns, computed from what the rooms wrote down."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from confhub.simulator.drill.floor import Change, switch_times
from confhub.simulator.drill.returning import after_kill, after_line, first_packets


def switch(room: str, source: str, at_ms: float) -> dict[str, object]:
    return {"room": room, "source": source, "at_ms": at_ms}


def test_a_switch_is_timed_in_every_room_but_the_speakers_own() -> None:
    changes = [Change(1000, "a", "one"), Change(6000, "b", "two")]
    seen = [
        switch("b", "one", 1080),
        switch("c", "one", 1100),
        switch("a", "two", 6050),
        switch("c", "two", 6070),
    ]
    assert switch_times(changes, seen, ["a", "b", "c"]) == ([80, 100, 50, 70], 0)


def test_a_room_that_never_saw_the_new_speaker_or_only_after_the_next_is_missing() -> None:
    changes = [Change(1000, "a", "one"), Change(6000, "b", "two")]
    seen = [switch("c", "one", 6100), switch("c", "two", 6080), switch("a", "two", 5000)]
    assert switch_times(changes, seen, ["a", "b", "c"]) == ([80], 3)


def test_a_killed_relays_rooms_count_from_when_it_listened_again() -> None:
    firsts = {"a": [10.0, 101.0], "b": [11.0, 99.5], "c": [12.0]}
    coming = after_kill(["a", "b", "c"], firsts, 99.0, 100.0)
    assert (coming.affected, coming.missing, sorted(coming.back_s)) == (3, 1, [0.0, 1.0])
    assert coming.longest_s == float("inf")


def test_a_dead_lines_rooms_count_from_when_it_was_back() -> None:
    rejoins = [
        {"room": "a", "lost_at_ms": 50_100, "back_at_ms": 70_400},
        {"room": "b", "lost_at_ms": 50_100, "back_at_ms": None},
        {"room": "d", "lost_at_ms": 50_100, "back_at_ms": 71_000},
        {"room": "c", "lost_at_ms": 90_000, "back_at_ms": 91_000},
    ]
    coming = after_line(["a", "b", "c"], rejoins, 50.0, 70.0)
    assert (coming.affected, coming.missing) == (3, 2)
    assert [round(value, 3) for value in coming.back_s] == [0.4]


def test_first_packets_are_read_from_closed_and_open_connections(tmp_path: Path) -> None:
    def line(code: str, at: float) -> str:
        moment = datetime.fromtimestamp(at, UTC).isoformat()
        return (
            json.dumps({"code": code, "session": 1, "connection": "x", "from": moment, "to": moment}) + "\n"
        )

    (tmp_path / "one.jsonl").write_text(line("a", 200) + line("b", 150))
    (tmp_path / "one.jsonl.open").write_text(line("a", 100))
    assert first_packets([tmp_path / "one.jsonl", tmp_path / "none.jsonl"]) == {"a": [100, 200], "b": [150]}
