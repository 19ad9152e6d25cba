"""When what happens: the faults one after the other over live time, and the plan of the rooms' lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from confhub.simulator.drill.options import KILLS, Fault

CALM_S = 5.0
"""Between two faults, at the beginning and at the end: what one leaves behind does not count for the next."""
BRISK = 1 / 5
BRISK_CALM_S = 3.0
"""The rooms tell their figures each second; what belongs to which fault must stay visible."""
JITTER_MS = 30
DEAD_S = 20.0
FLOOR_EVERY_S = 5.0
FORGERS_S = 20.0
STRANGERS_S = 60.0
"""Nine attacks in turn and all together; then the hub comes to rest."""
AFTER_LINE_S = 3.0
"""Watched after a dead line is back."""

_LENGTHS_S = {
    Fault.FORGERS: FORGERS_S,
    Fault.FLOOR: 6 * FLOOR_EVERY_S,
    Fault.LOSS_1: 10.0,
    Fault.LOSS_5: 10.0,
    Fault.LOSS_10: 10.0,
    Fault.JITTER: 10.0,
    Fault.DEAD_LINE: DEAD_S + AFTER_LINE_S,
    Fault.STRANGERS: STRANGERS_S,
    Fault.KILL_RELAY: 15.0,
    Fault.KILL_HUB: 15.0,
    Fault.KILL_AGENTS: 20.0,
}
_BRISK_KILL_S = 6.0
"""Programs take the time they take to come back."""
_LOSS_PERCENT = {Fault.LOSS_1: 1.0, Fault.LOSS_5: 5.0, Fault.LOSS_10: 10.0}


@dataclass(frozen=True, slots=True)
class Phase:
    """One fault's time, in seconds of live time. `back_s`: when the line is good again."""

    fault: Fault
    from_s: float
    to_s: float

    @property
    def back_s(self) -> float:
        """The end of what is done to the lines."""
        return self.to_s - AFTER_LINE_S if self.fault is Fault.DEAD_LINE else self.to_s


@dataclass(frozen=True, slots=True)
class Plan:
    """`live_s`: how long the session is live; at least what the faults take."""

    phases: tuple[Phase, ...]
    live_s: float

    def phase(self, fault: Fault) -> Phase | None:
        """The fault's time, None where it is not drilled."""
        return next((phase for phase in self.phases if phase.fault is fault), None)


def make_plan(faults: Sequence[Fault], minutes: float, *, brisk: bool = False) -> Plan:
    """The faults in their order. What is left of the minutes goes to the floor's changes, else stays calm."""
    lengths = {fault: _length(fault, brisk) for fault in faults if fault in _LENGTHS_S}
    calm_s = BRISK_CALM_S if brisk else CALM_S
    needed_s = sum(lengths.values()) + calm_s * (len(lengths) + 1)
    spare_s = max(0.0, minutes * 60 - needed_s)
    if Fault.FLOOR in lengths:
        lengths[Fault.FLOOR] += spare_s // FLOOR_EVERY_S * FLOOR_EVERY_S
    return Plan(tuple(_phases(lengths, calm_s)), max(needed_s, minutes * 60))


def _length(fault: Fault, brisk: bool) -> float:
    if not brisk:
        return _LENGTHS_S[fault]
    if fault in KILLS:
        return _BRISK_KILL_S
    if fault is Fault.FLOOR:
        return 2 * FLOOR_EVERY_S
    if fault is Fault.DEAD_LINE:
        return DEAD_S * BRISK + AFTER_LINE_S
    return _LENGTHS_S[fault] * BRISK


def _phases(lengths: dict[Fault, float], calm_s: float) -> Iterator[Phase]:
    at_s = calm_s
    for fault in Fault:
        if fault in lengths:
            yield Phase(fault, at_s, at_s + lengths[fault])
            at_s += lengths[fault] + calm_s


def hit_by_dead_line(rooms: int) -> range:
    """The rooms whose lines die: the first third, as one branch's exchange would take with it."""
    return range(max(1, rooms // 3))


def line_faults(plan: Plan, rooms: int, epoch: float, seed: int) -> dict[str, Any]:
    """The fleet's plan file; `epoch` is the Unix time of going live."""
    found: list[dict[str, Any]] = []
    for phase in plan.phases:
        hit = range(rooms)
        wish: dict[str, Any]
        if phase.fault in _LOSS_PERCENT:
            wish = {"kind": "loss", "percent": _LOSS_PERCENT[phase.fault]}
        elif phase.fault is Fault.JITTER:
            wish = {"kind": "jitter", "ms": JITTER_MS}
        elif phase.fault is Fault.DEAD_LINE:
            wish, hit = {"kind": "dead"}, hit_by_dead_line(rooms)
        else:
            continue
        wish |= {"from_s": phase.from_s, "to_s": phase.back_s, "way": "both", "rooms": [hit.start, hit.stop]}
        found.append(wish)
    return {"seed": seed, "epoch": epoch, "faults": found}
