"""What the crowd really did, whatever the hub answered: JSON lines, see `confhub.simulator.truth.played`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class TruthFile:
    """Lines are kept until `flush`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[str] = []
        path.write_bytes(b"")

    def came(
        self, kind: str, way: str, room: str, at: float, until: float, *, person: int = 0, guest: str = ""
    ) -> None:
        """Somebody checked in or out, at some moment between the two Unix times."""
        who: dict[str, Any] = {"guest": guest} if guest else {"person": person}
        line = {"what": kind, **who, "room": room, "at": moment(at), "way": way}
        self._add(line if until == at else line | {"until": moment(until)})

    def heads(self, room: str, people: int, at: float) -> None:
        """A head count."""
        self._add({"what": "heads", "room": room, "people": people, "at": moment(at)})

    def refused(self, why: str, room: str) -> None:
        """Tried, and by the rules never counted."""
        self._add({"what": "refused", "why": why, "room": room})

    def _add(self, line: dict[str, Any]) -> None:
        self._lines.append(json.dumps(line, ensure_ascii=False) + "\n")

    def flush(self) -> None:
        """Append what was told since the last time. Raises OSError."""
        lines, self._lines = self._lines, []
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(lines)


def moment(unix: float) -> str:
    """ISO 8601 with its zone, to the microsecond."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="microseconds")
