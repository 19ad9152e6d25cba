"""Checks of the machine: memory, open files, socket buffers, clock, the packet path, free space."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from confhub.cli.doctor.findings import N_, Finding, Verdict
from confhub.kernel.limits import OPEN_FILES
from confhub.relay import native
from confhub.relay.transport.limits import SOCKET_BUFFER_BYTES
from confhub.settings import Settings

OPEN_FILES_NEEDED = 4096
"""302 rooms hold a socket to hub and relay each, pages and uploads some more."""
MEMORY_NEEDED_MB = 1024
"""Hub and relay with 302 rooms need about 400 MB; the database's cache and the system the rest."""
SPACE_NEEDED_MB = 1024


def packet_path(settings: Settings) -> Iterator[Finding]:
    """Which fan-out would run, and what the kernel does for it."""
    if settings.livekit_url:
        return
    found = native.describe()
    name = N_("Packet path")
    if found["name"] == "compiled":
        kernel = ["UDP_SEGMENT"] * found["gso"] + ["UDP_GRO"] * found["gro"]
        yield Finding(
            name, Verdict.OK, N_("compiled; the kernel's help: {kernel}"),
            params={"kernel": ", ".join(kernel) or "–"},
        )  # fmt: skip
    else:
        yield Finding(
            name,
            Verdict.WARNING,
            N_("Python only ({reason}): enough for 302 rooms at 180p, not at 720p"),
            N_("Install a C compiler and Python's headers (gcc, python3-dev), then `make setup`."),
            {"reason": found["reason"]},
        )


def open_files(settings: Settings) -> Iterator[Finding]:
    """The limit that hub and relay have: they raise their own to what the system lets them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    name, params = N_("Open files"), {"soft": soft, "needed": OPEN_FILES_NEEDED}
    if soft >= OPEN_FILES_NEEDED:
        yield Finding(name, Verdict.OK, N_("limit {soft}"), params=params)
    else:
        remedy = N_("Raise it to {needed}: `ulimit -Hn {needed}`, or LimitNOFILE={needed} in the service.")
        yield Finding(name, Verdict.WARNING, N_("limit {soft}"), remedy, params)


def socket_buffers(settings: Settings) -> Iterator[Finding]:
    """A frame to 302 rooms is thousands of packets at once; a small buffer drops them."""
    if settings.livekit_url:
        return
    for label, key in ((N_("Send buffer"), "wmem_max"), (N_("Receive buffer"), "rmem_max")):
        try:
            allowed = int(Path("/proc/sys/net/core", key).read_text())
        except (OSError, ValueError):
            continue  # a system without these files, or one that hides them
        params = {"allowed": allowed // 1024, "needed": SOCKET_BUFFER_BYTES // 1024, "key": key,
                  "bytes": SOCKET_BUFFER_BYTES}  # fmt: skip
        if allowed >= SOCKET_BUFFER_BYTES or os.geteuid() == 0:  # root may go past the limit
            yield Finding(label, Verdict.OK, N_("{needed} kB can be had"), params=params)
        else:
            remedy = N_("`sysctl -w net.core.{key}={bytes}`, and the same line in /etc/sysctl.d.")
            yield Finding(label, Verdict.WARNING, N_("{allowed} kB of {needed} kB"), remedy, params)


def memory(settings: Settings) -> Iterator[Finding]:
    """What is free now."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free_mb = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError, IndexError):
        return
    verdict = Verdict.OK if free_mb >= MEMORY_NEEDED_MB else Verdict.WARNING
    remedy = "" if verdict is Verdict.OK else N_("For 302 rooms have {needed} MB free.")
    params = {"free": free_mb, "needed": MEMORY_NEEDED_MB}
    yield Finding(N_("Memory"), verdict, N_("{free} MB free"), remedy, params)


def processors(settings: Settings) -> Iterator[Finding]:
    """Hub and relay are a process each."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    verdict = Verdict.OK if count >= 2 else Verdict.WARNING
    remedy = "" if verdict is Verdict.OK else N_("Give it two: one for the hub, one for the relay.")
    python = ".".join(map(str, sys.version_info[:3]))
    found = "{count}, Python {python}"
    yield Finding(N_("Processors"), verdict, found, remedy, {"count": count, "python": python})


def space(settings: Settings) -> Iterator[Finding]:
    """Of the file system that the data folder is, or will be, on."""
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free // 2**20
    verdict = Verdict.OK if free_mb >= SPACE_NEEDED_MB else Verdict.WARNING
    remedy = "" if verdict is Verdict.OK else N_("Keep {needed} MB free in {folder}.")
    params = {"free": free_mb, "needed": SPACE_NEEDED_MB, "folder": folder}
    yield Finding(N_("Disk"), verdict, N_("{free} MB free"), remedy, params)
