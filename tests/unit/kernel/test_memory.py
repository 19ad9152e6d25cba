"""The C library is told to keep little; in a process of its own, as it cannot be taken back."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import threading
from confhub.kernel import memory

def rss_mb():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024

def flood(kept):  # large blocks, a small one that stays between any two of them
    large = []
    for _ in range(60):
        large.append(bytearray(1_000_000))
        kept.append(bytes(2_000))

assert memory.keep_little()
kept = []
before = rss_mb()
for _ in range(4):
    threads = [threading.Thread(target=flood, args=(kept,)) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
print(rss_mb() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heaps")
def test_a_flood_in_many_threads_leaves_little_behind() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 20  # 480 MB were taken four times
