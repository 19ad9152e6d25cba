"""What the hub has used and how late its loop was, from the kernel's accounting and its own metrics."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from confhub.simulator.province.usage import busy_and_all_s

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_BUCKET = re.compile(r'confhub_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)')


@dataclass(frozen=True, slots=True)
class Reading:
    """One moment. Seconds since the start; `buckets`: upper bound in seconds → looks up to it."""

    serving_s: float
    children_s: float
    busy_s: float
    spent_s: float
    rss_mb: float
    buckets: dict[float, int]


class Meter:
    """One hub. `course`: how its lag went, for whoever wants to know when."""

    def __init__(self, url: str, token: str, pid: int, relay: Callable[[], int | None]) -> None:
        self._url, self._token, self._pid, self._relay = url, token, pid, relay
        self.course: list[dict[str, float]] = []

    async def read(self) -> Reading:
        """Now."""
        text = await self._metrics()
        buckets = {float(le): int(count) for le, count in _BUCKET.findall(text)}
        own, ended = _cpu(self._pid)
        living = sum(sum(_cpu(pid)) for pid in _descendants(self._pid, self._relay()))
        busy_s, spent_s = busy_and_all_s()
        return Reading(own, ended + living, busy_s, spent_s, _rss_mb(self._pid), buckets)

    async def note(self, at_s: float) -> None:
        """Add to the course: the last ten seconds' lag, and CPU so far."""
        text = await self._metrics()
        values = dict(re.findall(r"^confhub_(\w+) ([\d.e-]+)$", text, re.MULTILINE))
        own, ended = _cpu(self._pid)
        self.course.append(
            {
                "at_s": round(at_s, 1),
                "p99_ms": round(1e3 * float(values["loop_lag_p99_seconds"]), 1),
                "worst_ms": round(1e3 * float(values["loop_lag_worst_seconds"]), 1),
                "cpu_s": round(own + ended, 2),
                "rss_mb": round(_rss_mb(self._pid), 1),
            }
        )

    async def _metrics(self) -> str:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http,
            http.get(f"{self._url}/metrics", headers=headers) as answer,
        ):
            answer.raise_for_status()
            return await answer.text()


def figures(before: Reading, after: Reading, took_s: float) -> dict[str, Any]:
    """Of the window between the two."""
    serving = after.serving_s - before.serving_s
    children = after.children_s - before.children_s
    looks = {le: after.buckets[le] - before.buckets[le] for le in after.buckets}
    return {
        "seconds": took_s,
        "cpu_share": (serving + children) / took_s,
        "serving_share": serving / took_s,
        "cpu_s": serving + children,
        "lag_p50_ms": 1e3 * quantile(looks, 0.5),
        "lag_p99_ms": 1e3 * quantile(looks, 0.99),
        "rss_mb": after.rss_mb,
        "machine_busy": (after.busy_s - before.busy_s) / max(1e-9, after.spent_s - before.spent_s),
    }


def quantile(buckets: dict[float, int], share: float) -> float:
    """As Prometheus' histogram_quantile: evenly spread within a bucket; beyond the last bound, that bound."""
    bounds = sorted(buckets)
    wanted = share * buckets[bounds[-1]]
    low, under = 0.0, 0
    for bound in bounds:
        if buckets[bound] >= wanted:
            if bound == float("inf"):
                return low
            inside = buckets[bound] - under
            return low + (bound - low) * ((wanted - under) / inside if inside else 0.0)
        low, under = bound, buckets[bound]
    return low


def _cpu(pid: int) -> tuple[float, float]:
    """(seconds of the process itself, of its children that have ended); zeros where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    own, ended = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return own / _TICKS_PER_S, ended / _TICKS_PER_S


def _descendants(pid: int, without: int | None) -> Iterator[int]:
    """Children, their children and so on; not `without` and what is below it."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(one) for one in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            if child != without:
                yield child
                yield from _descendants(child, without)


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
