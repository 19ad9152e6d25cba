"""What a benchmark ran on, and how its figures are condensed and shown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path


def describe() -> str:
    """One line: processor, cores, kernel, Python, the library that protects, and how busy the machine is."""
    cpu = platform.processor() or "?"
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, pylibsrtp {metadata.version('pylibsrtp')}, load {load}"
    )


def median(values: Sequence[float]) -> float:
    """The middle one; nan for none."""
    return statistics.median(values) if values else float("nan")


def spread(values: Sequence[float]) -> str:
    """ "2.31 (2.28 to 2.40)": median, least and most."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns by their widest cell, the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.ljust(w) if not i else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
