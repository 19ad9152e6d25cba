"""What can be wished of a demo run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`seconds`: live time, None until Ctrl-C. `port` 0, or one that is taken: any free one. `people`: on
    the rooms' lists."""

    data: Path
    host: str
    port: int
    rooms: int
    seconds: float | None
    json_file: Path | None
    seed: int
    people: int = 0
