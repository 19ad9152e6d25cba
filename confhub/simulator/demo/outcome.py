"""What a demo run measured, what it must hold, and how it is told: a table, and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from confhub.simulator.province.people_outcome import PeopleOutcome
from confhub.simulator.province.usage import Costs

LOSS_MAX = 0.001
"""One packet in a thousand, of those handed to the kernel for the rooms."""


@dataclass(slots=True)
class Outcome(Costs):
    """The figures of DEMO_JSON. `packets_*` count RTP to and in the rooms; times are seconds."""

    rooms_expected: int
    rooms_joined: int = 0
    join_s: float | None = None
    rooms_with_picture: int = 0
    rooms_with_sound: int = 0
    rooms_decoded: int = 0
    rooms_decoded_ok: int = 0
    packets_sent: int = 0
    packets_received: int = 0
    attendance_rows: int = 0
    attendance_differences: int = 0
    live_s: float = 0.0
    restarts: int = 0
    picture: str = ""
    people: PeopleOutcome | None = None

    @property
    def loss(self) -> float:
        """Share of sent packets that no room authenticated."""
        if self.packets_sent <= 0:
            return 1.0
        return max(0.0, 1 - self.packets_received / self.packets_sent)

    def shortfalls(self) -> list[str]:
        """Every way in which the run fell short; empty: it holds."""
        rooms = self.rooms_expected
        found = []
        for label, value in (
            ("rooms joined", self.rooms_joined),
            ("rooms with picture", self.rooms_with_picture),
            ("rooms with sound", self.rooms_with_sound),
        ):
            if value != rooms:
                found.append(f"{label}: {value} of {rooms}")
        if self.rooms_decoded_ok != self.rooms_decoded or self.rooms_decoded < min(10, rooms):
            found.append(
                f"decoded picture and tone right in {self.rooms_decoded_ok} of {self.rooms_decoded} rooms"
            )
        if self.restarts == 0 and self.loss > LOSS_MAX:
            found.append(f"packet loss: {self.loss:.3%} (bound {LOSS_MAX:.1%})")
        if self.restarts == 0 and self.packets_received > self.packets_sent * (1 + LOSS_MAX) > 0:
            found.append(
                f"{self.packets_received:,} packets received, more than the {self.packets_sent:,} sent"
            )
        if self.attendance_rows != rooms + 1:
            found.append(
                f"report rows: {self.attendance_rows} (the {rooms} rooms and the chair: {rooms + 1})"
            )
        if self.attendance_differences:
            found.append(
                f"attendance differences between report and rooms' diaries: {self.attendance_differences}"
            )
        if self.people is not None:
            found += self.people.shortfalls()
        return found

    def write(self, path: Path) -> None:
        """The figures as one JSON object."""
        values = asdict(self) | {"loss": self.loss, "shortfalls": self.shortfalls()}
        path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
