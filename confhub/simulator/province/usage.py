"""What processes and the machine have used, from the kernel's own accounting."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True, kw_only=True)
class Costs:
    """What hub, relay and rooms used in a whole run: seconds of CPU, most memory."""

    relay_cpu_s: float = 0.0
    hub_cpu_s: float = 0.0
    fleet_cpu_s: float = 0.0
    relay_rss_mb: float = 0.0
    hub_rss_mb: float = 0.0


@dataclass
class Usage:
    """CPU and memory of one program over its restarts; sampled, since a dead process tells nothing more."""

    cpu_by_pid: dict[int, float] = field(default_factory=dict)
    peak_rss_mb: float = 0.0

    @property
    def cpu_s(self) -> float:
        """User and system seconds of all its processes."""
        return sum(self.cpu_by_pid.values())

    def sample(self, pid: int | None) -> None:
        """Read the process's present figures; a process that is gone keeps its last."""
        if pid is None:
            return
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        self.cpu_by_pid[pid] = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak_rss_mb = max(self.peak_rss_mb, int(line.split()[1]) / 1024)


def busy_and_all_s() -> tuple[float, float]:
    """(busy, all) seconds of all processors since the machine was started, from Linux' /proc/stat."""
    values = [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = values[3] + values[4]
    return (sum(values) - idle) / _TICKS_PER_S, sum(values) / _TICKS_PER_S


def left_over(before: tuple[float, float], after: tuple[float, float]) -> float:
    """How many processors were idle between two of these, on average."""
    busy, all_s = (later - earlier for earlier, later in zip(before, after, strict=True))
    return (os.cpu_count() or 1) * (all_s - busy) / all_s if all_s > 0 else 0.0
