"""What can be wished of a drill, and what its words mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from confhub.kernel.errors import StartError


class Fault(StrEnum):
    """What is done to the province, in the order in which it is done. `WAVE` is how the rooms join."""

    WAVE = "wave"
    FORGERS = "forgers"
    FLOOR = "floor"
    LOSS_1 = "loss-1"
    LOSS_5 = "loss-5"
    LOSS_10 = "loss-10"
    JITTER = "jitter"
    DEAD_LINE = "dead-line"
    STRANGERS = "strangers"
    KILL_RELAY = "kill-relay"
    KILL_HUB = "kill-hub"
    KILL_AGENTS = "kill-agents"


KILLS = frozenset({Fault.KILL_RELAY, Fault.KILL_HUB, Fault.KILL_AGENTS})

NONE, ALL = "none", "all"


def read_faults(text: str) -> tuple[Fault, ...]:
    """`none`, `all`, or names separated by commas. StartError naming what is not known."""
    if text == NONE:
        return ()
    if text == ALL:
        return tuple(Fault)
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Fault)]
    if unknown or not names:
        known = ", ".join(Fault)
        raise StartError(f"--faults: {(unknown[0] if unknown else text)!r} is none of {known}, none, all.")
    return tuple(fault for fault in Fault if fault in names)


@dataclass(frozen=True, slots=True)
class DrillOptions:
    """`folder` None: one in the system's place for temporary files, removed at the end unless `keep`.
    `minutes` of live time at least; `brisk`: every fault lasts a fifth of its time; `burn`: busy programs
    beside it; `fan_out`: which twin the relay runs here, told with the figures."""

    rooms: int
    minutes: float
    picture: str
    faults: tuple[Fault, ...]
    json_file: Path | None
    folder: Path | None = None
    keep: bool = False
    brisk: bool = False
    seed: int = 1
    people: int = 0
    burn: int = 0
    fan_out: str = ""

    def has(self, faults: Sequence[Fault] | frozenset[Fault]) -> bool:
        """Is any of them wished?"""
        return any(fault in faults for fault in self.faults)
