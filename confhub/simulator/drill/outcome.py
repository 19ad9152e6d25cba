"""What a drill measured, its bounds held or missed, and how it is told: a table, JSON, and one last line."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from confhub.simulator.drill.bounds import Bound, percentile
from confhub.simulator.drill.forgery import Forgery
from confhub.simulator.drill.siege import LOGIN_MAX_S, LOGS_MAX_BYTES, MEMORY_MAX_MB, PAGE_MAX_S, Siege
from confhub.simulator.province.people_outcome import PeopleOutcome
from confhub.simulator.province.usage import Costs
from confhub.simulator.truth.rooms import AFTER_KILL_S, TOLERANCE_S

__all__ = ["Bound", "Coming", "DrillOutcome", "percentile"]

LOSS_MAX = 0.0001
RELAY_CORE_MAX = 0.40
SWITCH_P95_MAX_MS = 250.0
BACK_AFTER_RELAY_MAX_S = 5.0
BACK_AFTER_LINE_MAX_S = 2.0
LEFT_OVER_MIN = 1 / 3
"""Of one processor, on average while the session is live, with people who check in."""
ATTACKS_LEAST = 9
"""The strangers' attacks; and their log-in."""


@dataclass(slots=True)
class Coming:
    """How the rooms came back after one fault. Seconds from when they could; `missing`: not back in time."""

    affected: int = 0
    missing: int = 0
    back_s: list[float] = field(default_factory=list)
    what: str = ""

    @property
    def longest_s(self) -> float:
        """Of those that came back; inf where one did not."""
        if self.missing:
            return float("inf")
        return max(self.back_s, default=0.0)

    def told(self) -> str:
        """For a person."""
        if not self.affected:
            return "no room noticed"
        longest = max(self.back_s, default=0.0)
        text = f"{len(self.back_s)} of {self.affected} rooms back"
        if self.back_s:
            text += f", p50 {percentile(self.back_s, 50):.1f} s, longest {longest:.1f} s"
        return text + (f" {self.what}" if self.what else "")


@dataclass(slots=True)
class DrillOutcome(Costs):
    """The figures of --json. `packets_*` count RTP in the rooms; `applied`: the loss really made."""

    rooms: int
    picture: str
    faults: list[str]
    picture_reason: str = ""
    burn: int = 0
    live_s: float = 0.0
    rooms_joined: int = 0
    join_s: list[float] = field(default_factory=list)
    rooms_with_picture: int = 0
    rooms_with_sound: int = 0
    packets_sent: int = 0
    packets_received: int = 0
    packets_lost: int = 0
    packets_per_s: float = 0.0
    rooms_socket_drops: int = 0
    relay_socket_drops: int = 0
    rooms_longest_round_s: float = 0.0
    applied: dict[str, float] = field(default_factory=dict)
    receiver: str = ""
    fan_out: str = ""
    floor_changes: int = 0
    switch_ms: list[float] = field(default_factory=list)
    switches_missing: int = 0
    refusals: list[str] = field(default_factory=list)
    renegotiations: int = 0
    freezes: int = 0
    freeze_s: float = 0.0
    back: dict[str, Coming] = field(default_factory=dict)
    intruder_sent: int = 0
    intruder_heard: int = 0
    relay_core: float = 0.0
    left_over: float = 0.0
    restarts: int = 0
    attendance_rows: int = 0
    attendance_differences: int = 0
    people: PeopleOutcome | None = None
    siege: Siege | None = None
    forgery: Forgery | None = None

    @property
    def loss(self) -> float:
        """Share of the packets for the rooms that did not reach one, whoever lost them."""
        return self.packets_lost / max(1, self.packets_received + self.packets_lost)

    @property
    def loss_before_rooms(self) -> float:
        """The same without what the rooms' own full sockets dropped: relay and line."""
        lost = max(0, self.packets_lost - self.rooms_socket_drops)
        return lost / max(1, self.packets_received + self.packets_lost)

    @property
    def is_lenient(self) -> bool:
        """Intervals may be 15 s off instead of 2: something was killed, or other programs took the
        machine."""
        return bool(self.restarts or self.burn)

    def bounds(self) -> list[Bound]:
        """Every statement of this drill; beside busy programs those on timing are void."""
        return [replace(one, void=bool(one.timing and self.burn)) for one in self._bounds()]

    def _bounds(self) -> list[Bound]:
        found = [
            Bound(
                "every room joined", self.rooms_joined == self.rooms, f"{self.rooms_joined} of {self.rooms}"
            ),
            Bound(
                "attendance differences 0", not self.attendance_differences, str(self.attendance_differences)
            ),
        ]
        if self.people is not None:
            found += self._people_bounds(self.people)
            idle = f"{self.left_over:.2f} of {os.cpu_count() or 1}"
            left = self.left_over >= LEFT_OVER_MIN
            found.append(Bound("a third of one processor left over", left, idle, timing=True))
        if not self.faults:
            found += self._calm_bounds()
        if "floor" in self.faults:
            found += self._switch_bounds()
        for fault, limit_s in (
            ("kill-relay", BACK_AFTER_RELAY_MAX_S),
            ("dead-line", BACK_AFTER_LINE_MAX_S),
        ):
            if fault in self.back:
                coming = self.back[fault]
                name, back = f"{fault}: back within {limit_s:.0f} s", coming.longest_s <= limit_s
                found.append(Bound(name, back, coming.told(), timing=True))
        if self.siege is not None:
            found += _siege_bounds(self.siege)
        if self.forgery is not None:
            found += self.forgery.bounds()
        if "kill-agents" in self.back:
            coming = self.back["kill-agents"]
            found.append(Bound("kill-agents: every room back", not coming.missing, coming.told()))
        if self.intruder_sent or self.faults:
            value = f"{self.intruder_sent:,} packets sent, heard in {self.intruder_heard} rooms"
            found.append(
                Bound("nobody off stage heard", self.intruder_sent > 0 and not self.intruder_heard, value)
            )
        return found

    def _people_bounds(self, people: PeopleOutcome) -> list[Bound]:
        gone = people.lost + people.doubled
        off = people.intervals_off + people.people_off
        totals = [*people.totals_off, *people.not_added_up]
        within = f"within {AFTER_KILL_S if self.is_lenient else TOLERANCE_S:.0f} s"
        lost = f"{people.lost} and {people.doubled} of {people.people_compared:,}"
        came = f"{people.check_ins:,} check-ins, {people.by_phone:,} by phone"
        return [
            Bound("people checked in", people.check_ins > 0, came),
            Bound("0 people lost or doubled", not gone, lost),
            Bound(f"intervals of people {within}", not off, f"{off} off of {people.intervals_compared:,}"),
            Bound("totals of people as they were", not totals, "; ".join(totals) or "all"),
            Bound("the crowd answered as due", not people.surprised, f"{people.surprised} answers not"),
        ]

    def _calm_bounds(self) -> list[Bound]:
        found = [
            Bound(f"{label} in every room", rooms == self.rooms, f"{rooms} of {self.rooms}")
            for label, rooms in (("picture", self.rooms_with_picture), ("sound", self.rooms_with_sound))
        ]
        lost = f"{self.loss_before_rooms:.4%}"
        if self.rooms_socket_drops:
            lost += f" ({self.loss:.4%} with {self.rooms_socket_drops:,} dropped by the rooms' full sockets)"
        came = self.packets_received > 0 and self.loss_before_rooms <= LOSS_MAX
        found.append(Bound(f"loss ≤ {LOSS_MAX:.2%}", came, lost, timing=True))
        if self.picture == "720p":
            core = f"{self.relay_core:.1%} at {self.packets_per_s:,.0f} packets/s"
            small = 0 < self.relay_core <= RELAY_CORE_MAX
            found.append(Bound(f"relay ≤ {RELAY_CORE_MAX:.0%} of a core", small, core, timing=True))
        return found

    def _switch_bounds(self) -> list[Bound]:
        p95 = percentile([*self.switch_ms, *[float("inf")] * self.switches_missing], 95)
        seen = f"p50 {percentile(self.switch_ms, 50):.0f} ms, p95 {p95:.0f} ms"
        seen += f" of {len(self.switch_ms)} in {self.floor_changes} changes, {self.switches_missing} not seen"
        return [
            Bound(
                f"floor switch p95 ≤ {SWITCH_P95_MAX_MS:.0f} ms", p95 <= SWITCH_P95_MAX_MS, seen, timing=True
            ),
            Bound("0 renegotiations", not self.renegotiations, str(self.renegotiations)),
        ]

    def write(self, path: Path) -> None:
        """The figures as one JSON object, lists of times as percentiles."""
        values = asdict(self) | {"loss": self.loss, "loss_before_rooms": self.loss_before_rooms}
        for name in ("join_s", "switch_ms"):
            values[name] = _spread(getattr(self, name))
        if self.siege is not None:
            for name in ("page_s", "login_s"):
                seconds = getattr(self.siege, name)
                values["siege"][name] = _spread(seconds) | {"p99": percentile(seconds, 99)}
        values["back"] = {
            fault: {"affected": coming.affected, "missing": coming.missing, **_spread(coming.back_s)}
            for fault, coming in self.back.items()
        }
        values["bounds"] = [asdict(bound) for bound in self.bounds()]
        values["held"] = not any(bound.missed for bound in self.bounds())
        path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def _siege_bounds(siege: Siege) -> list[Bound]:
    p99 = percentile(siege.page_s, 99)
    pages = f"p50 {percentile(siege.page_s, 50):.2f} s, p99 {p99:.2f} s of {len(siege.page_s)}"
    pages += f", {siege.pages_failed} failed"
    in_p99 = percentile(siege.login_s, 99)
    log_ins = f"p50 {percentile(siege.login_s, 50):.2f} s, p99 {in_p99:.2f} s of {len(siege.login_s)}"
    log_ins += f", {siege.logins_failed} failed"
    came_in = in_p99 <= LOGIN_MAX_S and not siege.logins_failed
    lost = siege.rooms_before - siege.rooms_least
    memory = (
        f"{siege.memory_before_mb:.0f} MB, up to {siege.memory_peak_mb:.0f}, then {siege.memory_after_mb:.0f}"
    )
    attacks = ", ".join(
        f"{name} {what.get('tried', sum(what.values())):,}" for name, what in siege.done.items()
    )
    attacks += f"; of the log-ins {siege.done.get('logins', {}).get('401', 0):,} had their password checked"
    served = p99 <= PAGE_MAX_S and not siege.pages_failed
    outside = {"tried", "gone", "403"}  # it stood before the door
    came_through = [siege.done.get(name, {}).keys() - outside for name in ("feeds", "logins")]
    made = len(siege.done) > ATTACKS_LEAST and all(came_through)
    return [
        Bound("strangers: all attacks made", made, attacks or "none", timing=True),
        Bound(f"strangers: an honest page p99 ≤ {PAGE_MAX_S:.0f} s", served, pages, timing=True),
        Bound(f"strangers: an honest log-in p99 ≤ {LOGIN_MAX_S:.0f} s", came_in, log_ins, timing=True),
        Bound(
            "strangers: no room leaves",
            siege.rooms_before > 0 and not lost,
            f"{lost} of {siege.rooms_before}",
        ),
        Bound(
            f"strangers: memory back within {MEMORY_MAX_MB:.0f} MB", siege.grown_mb <= MEMORY_MAX_MB, memory
        ),
        Bound(
            "strangers: logs grow ≤ 1 MB",
            siege.logs_bytes <= LOGS_MAX_BYTES,
            f"{siege.logs_bytes / 1024:,.0f} kB",
        ),
    ]


def _spread(values: Sequence[float]) -> dict[str, float | int | None]:
    spread: dict[str, float | int | None] = {"count": len(values)}
    for name, percent in (("p50", 50), ("p95", 95), ("max", 100)):
        spread[name] = round(percentile(values, percent), 3) if values else None
    return spread
