"""The connection log: numbers never used twice, nothing lost that was synced, presence kept once."""

from __future__ import annotations

from pathlib import Path

import pytest

from endpoints.agent.journal import MAX_UNACKNOWLEDGED, Journal, JournalError

AT = "2026-03-02T01:00:00.000Z"


async def test_entries_survive_a_restart_until_they_are_acknowledged(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log")
    room = journal.room("H1")
    room.add("joined", 7, "PA_1", AT)
    room.add("lost", 7, "PA_1", AT)
    await journal.sync()
    again = Journal(tmp_path / "log")
    assert [(e.seq, e.event) for e in again.room("H1").pending(10)] == [(1, "joined"), (2, "lost")]
    again.room("H1").acknowledge(1)
    await again.sync()
    assert [e.seq for e in Journal(tmp_path / "log").room("H1").pending(10)] == [2]


async def test_numbers_go_on_after_a_restart_even_when_all_was_acknowledged(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log")
    journal.room("H1").add("joined", 7, "PA_1", AT)
    journal.room("H1").acknowledge(1)
    await journal.sync()
    assert Journal(tmp_path / "log").room("H1").add("joined", 7, "PA_2", AT).seq == 2
    assert Journal(tmp_path / "log").room("H1").add("joined", 7, "PA_2", AT).seq == 2  # not synced: unseen


async def test_a_line_torn_by_a_crash_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    journal = Journal(path)
    journal.room("H1").add("joined", 7, "PA_1", AT)
    await journal.sync()
    with path.open("ab") as file:
        file.write(b'{"c":"H1","s":2,"t":"2026-03')
    reopened = Journal(path)
    assert [e.seq for e in reopened.room("H1").pending(10)] == [1]
    reopened.room("H1").add("left", 7, "PA_1", AT)
    await reopened.sync()
    assert [e.event for e in Journal(path).room("H1").pending(10)] == ["joined", "left"]


def test_only_the_newest_presence_of_a_connection_is_kept() -> None:
    room = Journal(None).room("H1")
    room.add("joined", 7, "PA_1", AT)
    for _ in range(5):
        room.add("present", 7, "PA_1", AT)
    room.add("present", 7, "PA_2", AT)
    assert [(e.event, e.seq) for e in room.pending(10)] == [("joined", 1), ("present", 6), ("present", 7)]


def test_two_weeks_without_hub_do_not_fill_the_memory() -> None:
    room = Journal(None).room("H1")
    for number in range(MAX_UNACKNOWLEDGED + 50):
        room.add("joined", 7, f"PA_{number}", AT)
    pending = room.pending(10**6)
    assert len(pending) == MAX_UNACKNOWLEDGED
    assert pending[-1].seq == MAX_UNACKNOWLEDGED + 50


async def test_a_file_of_acknowledged_entries_is_compacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("endpoints.agent.journal.COMPACT_BYTES", 4000)
    journal = Journal(tmp_path / "log")
    room = journal.room("H1")
    for number in range(200):
        entry = room.add("joined", 7, f"PA_{number}", AT)
        room.acknowledge(entry.seq)
        await journal.sync()
    assert (tmp_path / "log").stat().st_size < 5000
    assert Journal(tmp_path / "log").room("H1").add("left", 7, "PA_199", AT).seq == 201


async def test_rooms_of_one_fleet_share_a_file_and_keep_apart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log")
    for code in ("H1", "H2", "H3"):
        journal.room(code).add("joined", 7, f"PA_{code}", AT)
    await journal.sync()
    again = Journal(tmp_path / "log")
    assert {code: room.pending(9)[0].connection for code, room in again.rooms.items()} == {
        "H1": "PA_H1",
        "H2": "PA_H2",
        "H3": "PA_H3",
    }


async def test_a_folder_that_cannot_be_written_is_an_error_of_the_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        Journal(tmp_path / "missing" / "log")
    journal = Journal(tmp_path / "log")
    (tmp_path / "log").unlink()
    (tmp_path / "log").mkdir()
    journal.room("H1").add("joined", 7, "PA_1", AT)
    with pytest.raises(JournalError):
        await journal.sync()
    (tmp_path / "log").rmdir()
    await journal.sync()
    assert [e.seq for e in Journal(tmp_path / "log").room("H1").pending(9)] == [1]


def test_the_log_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    Journal(tmp_path / "log")
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600
