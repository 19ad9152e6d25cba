"""The rooms' diary: when each connection's first and last authenticated packet came; one line a connection.

Ended connections stand in FILE. Those still open stand in FILE.open, rewritten every second or two; a fleet
that
was killed and is started again moves them from there into FILE.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from confhub.simulator.fleet.files import replace_file
from confhub.simulator.rtc.peer import PeerStats
from endpoints.agent.clock import iso


def line(code: str, session: int | str, connection: str, stats: PeerStats) -> dict[str, Any]:
    """One record, times ISO 8601 UTC with milliseconds."""
    return {
        "code": code,
        "session": session,
        "connection": connection,
        "from": iso(stats.first_packet_at),
        "to": iso(stats.last_packet_at),
    }


class Diary:
    """Called in worker threads; `path` None writes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._open_path = path.with_name(path.name + ".open") if path is not None else None
        if path is not None and self._open_path is not None and self._open_path.exists():
            self._append(path, self._open_path.read_bytes())
            self._open_path.unlink()

    @staticmethod
    def _append(path: Path, data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    def write(self, ended: list[dict[str, Any]], still_open: list[dict[str, Any]]) -> None:
        """Appends what ended, replaces what is open. Raises OSError."""
        if self._path is None or self._open_path is None:
            return
        if ended:
            self._append(self._path, _lines(ended))
        replace_file(self._open_path, _lines(still_open))

    def close(self, ended: list[dict[str, Any]]) -> None:
        """The last lines; nothing is open any more. Raises OSError."""
        if self._path is None or self._open_path is None:
            return
        self._append(self._path, _lines(ended))
        self._open_path.unlink(missing_ok=True)


def _lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
