"""The connection log: what the room itself saw, kept until the hub has acknowledged it; survives SIGKILL.

One append-only file of JSON lines for one or many rooms, written and fsynced in a worker thread, in groups.
Lines: {"c": room, "s": seq, "t": time, "e": event, "x": session, "k": connection},
{"c": room, "ack": seq} and {"c": room, "next": seq}.
A line torn by a crash is skipped. An entry may be sent once `sync` returned after it, so a sequence number
that
the hub has seen is never used again.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from endpoints.agent.clock import iso, unix

EVENTS = ("joined", "present", "left", "lost")
MAX_UNACKNOWLEDGED = 5000  # a room; two weeks without hub. Beyond it the oldest go first
MAX_LINE_BYTES = 1024
MAX_UNWRITTEN = 100_000  # lines kept while the disk takes nothing
COMPACT_BYTES = 1024 * 1024  # a file larger than this, and than four times its content, is rewritten
MAX_FILE_BYTES = 256 * 1024 * 1024  # more than compaction ever leaves behind: not ours


class JournalError(OSError):
    """The log's file cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of one connection; `at` is ISO 8601 UTC with milliseconds and Z."""

    seq: int
    at: str
    event: str
    session: int | str
    connection: str

    def message(self) -> dict[str, Any]:
        """As the heartbeat carries it."""
        return {
            "seq": self.seq,
            "at": self.at,
            "event": self.event,
            "session": self.session,
            "connection": self.connection,
        }


class RoomLog:
    """One room's entries that are not acknowledged yet. Of "present" only the newest of a connection is
    kept."""

    def __init__(self, journal: Journal, room: str) -> None:
        self._journal, self._room = journal, room
        self._entries: dict[int, Entry] = {}
        self._next = 1
        self.open_connection: Entry | None = None  # joined or present, and neither left nor lost since

    def add(self, event: str, session: int | str, connection: str, at: str) -> Entry:
        """Appends; becomes durable with the next `Journal.sync`."""
        entry = Entry(self._next, at, event, session, connection)
        self.restore(entry)
        self._journal.write({"c": self._room, **_packed(entry)})
        return entry

    def restore(self, entry: Entry) -> None:
        """Takes an entry in, from `add` or from the file."""
        self._next = max(self._next, entry.seq + 1)
        if entry.event == "present":
            for old in [e for e in self._entries.values() if _same_presence(e, entry)]:
                del self._entries[old.seq]
        self._entries[entry.seq] = entry
        while len(self._entries) > MAX_UNACKNOWLEDGED:
            del self._entries[next(iter(self._entries))]
        self.open_connection = entry if entry.event in ("joined", "present") else None

    def move(self, entries: Sequence[Entry], by_s: float) -> None:
        """Entries that are still here happened so much later by the clock that is right; durable as `add`."""
        for entry in entries:
            at = unix(entry.at)
            if not by_s or at is None or self._entries.get(entry.seq) != entry:
                continue
            moved = replace(entry, at=iso(at + by_s))
            self._entries[entry.seq] = moved
            if self.open_connection == entry:
                self.open_connection = moved
            self._journal.write({"c": self._room, **_packed(moved)})

    def acknowledge(self, through: int) -> None:
        """The hub has stored everything up to and including `through`."""
        gone = self._forget(through)
        if gone:
            self._journal.write({"c": self._room, "ack": max(gone)})

    def restore_acknowledged(self, through: int) -> None:
        """`acknowledge` as it stands in the file."""
        self._forget(through)
        self._next = max(self._next, through + 1)

    def _forget(self, through: int) -> list[int]:
        gone = [seq for seq in self._entries if seq <= through]
        for seq in gone:
            del self._entries[seq]
        return gone

    def pending(self, limit: int) -> list[Entry]:
        """The oldest unacknowledged entries."""
        return [entry for _, entry in zip(range(limit), self._entries.values(), strict=False)]

    def snapshot(self) -> Iterator[dict[str, Any]]:
        """Lines that restore this room: where its numbers go on, then what is not acknowledged."""
        yield {"c": self._room, "next": self._next}
        for entry in self._entries.values():
            yield {"c": self._room, **_packed(entry)}

    def restore_next(self, number: int) -> None:
        """The number of the next entry as it stands in the file."""
        self._next = max(self._next, number)


def _same_presence(old: Entry, new: Entry) -> bool:
    return old.event == "present" and old.connection == new.connection


def _packed(entry: Entry) -> dict[str, Any]:
    return {"s": entry.seq, "t": entry.at, "e": entry.event, "x": entry.session, "k": entry.connection}


class Journal:
    """The file of one or many rooms' logs. `path` None keeps everything in memory (a fleet without a
    state)."""

    def __init__(self, path: Path | None) -> None:
        self.rooms: dict[str, RoomLog] = {}
        self._path = path
        self._unwritten: list[str] = []
        self._syncing: asyncio.Task[None] | None = None
        self._size = 0
        if path is not None:
            self._load(path)
            self._rewrite(path)

    def room(self, name: str) -> RoomLog:
        """The log of a room, empty for one never seen."""
        if name not in self.rooms:
            self.rooms[name] = RoomLog(self, name)
        return self.rooms[name]

    def write(self, line: dict[str, Any]) -> None:
        """Queues a line for the next `sync`."""
        if self._path is not None:
            self._unwritten.append(json.dumps(line, separators=(",", ":"), ensure_ascii=False))

    async def sync(self) -> None:
        """Returns when everything written before is on the disk. Raises JournalError."""
        if self._path is None:
            return
        while self._unwritten or self._syncing is not None:
            covered = not self._unwritten  # what was written before is in the flush that runs
            if self._syncing is None:
                self._syncing = asyncio.create_task(self._flush(self._path))
                covered = True
            await asyncio.shield(self._syncing)
            if covered:
                return

    async def _flush(self, path: Path) -> None:
        lines, self._unwritten = self._unwritten, []
        try:
            await self._write_out(path, lines)
        except OSError as error:
            self._unwritten = (lines + self._unwritten)[-MAX_UNWRITTEN:]
            raise JournalError(str(error)) from error
        finally:
            self._syncing = None  # here, not in a callback: `sync` must never see a task that is done

    async def _write_out(self, path: Path, lines: list[str]) -> None:
        data = "".join(line + "\n" for line in lines).encode()
        snapshot: bytes | None = None
        if self._size + len(data) > COMPACT_BYTES:
            compact = self._snapshot()
            if len(compact) * 4 < self._size:
                snapshot = compact
        if snapshot is not None:
            await asyncio.to_thread(_replace, path, snapshot)
            self._size = len(snapshot)
        else:
            await asyncio.to_thread(_append, path, data)
            self._size += len(data)

    def _snapshot(self) -> bytes:
        lines = [line for room in self.rooms.values() for line in room.snapshot()]
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()

    def _load(self, path: Path) -> None:
        try:
            if path.exists():
                if path.stat().st_size > MAX_FILE_BYTES:
                    raise JournalError(f"{path} is too large for a connection log")
                for line in path.read_bytes().split(b"\n"):
                    self._restore(line)
        except OSError as error:
            raise JournalError(str(error)) from error

    def _restore(self, line: bytes) -> None:
        record = parse_line(line)
        if record is None:
            return
        room = self.room(record["c"])
        if "ack" in record:
            room.restore_acknowledged(record["ack"])
        elif "next" in record:
            room.restore_next(record["next"])
        else:
            room.restore(Entry(record["s"], record["t"], record["e"], record["x"], record["k"]))

    def _rewrite(self, path: Path) -> None:
        data = self._snapshot()
        try:
            _replace(path, data)
        except OSError as error:
            raise JournalError(str(error)) from error
        self._size = len(data)


def parse_line(line: bytes) -> dict[str, Any] | None:
    """A valid record, or None for a torn, foreign or empty line."""
    if not 0 < len(line) <= MAX_LINE_BYTES:
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("c"), str):
        return None
    for key in ("ack", "next"):
        if key in record:
            return record if _is_seq(record[key]) else None
    good = (
        _is_seq(record.get("s"))
        and isinstance(record.get("t"), str)
        and record.get("e") in EVENTS
        and isinstance(record.get("x"), int | str)
        and isinstance(record.get("k"), str)
    )
    return record if good else None


def _is_seq(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 60


def _append(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    _append(temporary, data)
    temporary.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
